package cabinet_test

import (
	"net/http"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

// Whoever founds a company may be a founder: the person is offered as one, and so is
// the organisation that the person acts for.
func TestTheApplicantIsOfferedAsAFounder(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	var form wire.Form
	p.Get(portaltest.Citizen(), wire.Base+"/services/ooo-registration/form").Want(http.StatusOK).Into(&form)
	list := form.Suggestions["founders"]
	if len(list) != 1 || list[0].Title != "Учебный Пётр Примерович" || list[0].Values["kind"] != "person" || list[0].Values["lastName"] != "Учебный" || list[0].Values["passport"] == nil {
		t.Errorf("%+v", list)
	}
	form = wire.Form{}
	p.Get(portaltest.Chief(), wire.Base+"/services/ooo-registration/form").Want(http.StatusOK).Into(&form)
	list = form.Suggestions["founders"]
	if len(list) != 2 || list[1].Values["kind"] != "organisation" || list[1].Values["name"] == nil || list[1].Values["inn"] == nil {
		t.Errorf("%+v", list)
	}
	// In no group is the person put in unasked.
	if form.Prefill["founders"] != nil || form.Prefill["lastName"] == nil {
		t.Errorf("%v", form.Prefill)
	}
}
