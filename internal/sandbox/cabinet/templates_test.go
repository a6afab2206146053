package cabinet_test

import (
	"net/http"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

func TestATemplateHasOneNameAndOneOwner(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, path := portaltest.Citizen(), base+"/application-templates"
	in := wire.TemplateInput{Name: " Отпуск ", Service: "zagranpasport", Data: map[string]any{"reason": "first"}}
	var kept wire.Template
	first := p.Post(who, path, in).Want(http.StatusCreated)
	first.Into(&kept)
	if kept.Name != "Отпуск" || kept.Service == "zagranpasport" || kept.Data["reason"] != "first" {
		t.Errorf("%+v", kept)
	}
	in.Name = "ОТПУСК"
	if code := p.Post(who, path, in).Want(http.StatusConflict).Code(); code != "template.exists" {
		t.Error(code)
	}
	in.Name, in.Data = "x", map[string]any{"reasons": "first"}
	p.Post(who, path, in).Want(http.StatusBadRequest)
	in.Name, in.Data = "a\nb", map[string]any{}
	p.Post(who, path, in).Want(http.StatusBadRequest)
	p.Get(portaltest.Chief(), path+"/"+kept.ID).Want(http.StatusNotFound)
	p.Do(portaltest.Chief(), http.MethodDelete, path+"/"+kept.ID, nil).Want(http.StatusNotFound)
	p.Get(nil, path).Want(http.StatusUnauthorized)

	body := []byte(`{"name":"Отпуск 2","service":"zagranpasport","data":{}}`)
	p.Do(who, http.MethodPut, path+"/"+kept.ID, body, "Content-Type", "application/json").Want(http.StatusPreconditionRequired)
	p.Do(who, http.MethodPut, path+"/"+kept.ID, body, "Content-Type", "application/json", "If-Match", `"9"`).Want(http.StatusPreconditionFailed)
	p.Do(who, http.MethodPut, path+"/"+kept.ID, body, "Content-Type", "application/json", "If-Match", first.Header.Get("ETag")).Want(http.StatusOK).Into(&kept)
	if kept.Name != "Отпуск 2" {
		t.Errorf("%+v", kept)
	}
	p.Do(who, http.MethodDelete, path+"/"+kept.ID, nil).Want(http.StatusNoContent)
	p.Get(who, path+"/"+kept.ID).Want(http.StatusNotFound)
}
