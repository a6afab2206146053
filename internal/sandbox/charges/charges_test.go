package charges_test

import (
	"net/http"
	"testing"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

func TestSeededChargesAreManyValidAndTheSameEveryTime(t *testing.T) {
	uins := func() map[string]int64 {
		p := portaltest.Open(t, training.OutcomeApprove)
		who := portaltest.Citizen()
		p.Post(nil, training.Base+"/seed", training.SeedRequest{Seed: 7, Login: "petr@example.org", Charges: 500, Kind: "fine"}).Want(http.StatusOK)
		out := map[string]int64{}
		for cursor := ""; ; {
			var list cabinet.Page[cabinet.Charge]
			p.Get(who, cabinet.Base+"/charges?limit=200&cursor="+cursor).Want(http.StatusOK).Into(&list)
			for _, c := range list.Items {
				if !requisites.ValidUIN(c.UIN) {
					t.Fatalf("УИН %s", c.UIN)
				}
				out[c.UIN] = c.AmountKopecks
			}
			if cursor = list.NextCursor; cursor == "" {
				if len(out) != list.Total || list.Total < 500 {
					t.Fatalf("%d different of %d", len(out), list.Total)
				}
				return out
			}
		}
	}
	one, two := uins(), uins()
	for uin, amount := range one {
		if two[uin] != amount {
			t.Fatalf("УИН %s: %d and %d", uin, amount, two[uin])
		}
	}
}

func TestAResetPortalIsBornAgainWithItsCharges(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	total := func() int {
		var list cabinet.Page[cabinet.Charge]
		p.Get(who, cabinet.Base+"/charges").Want(http.StatusOK).Into(&list)
		return list.Total
	}
	before := total()
	id := p.Submit(who, "90000000001", p.Zagranpasport(who))
	if after := total(); after != before+1 {
		t.Errorf("the duty of application %d is not there: %d charges", id, after)
	}
	p.Do(nil, http.MethodPost, training.Base+"/reset", nil).Want(http.StatusNoContent)
	if after := total(); after != before {
		t.Errorf("%d charges after the reset, %d at first", after, before)
	}
}

func TestAnImpossibleSeedIsAnAnswerAndNotACrash(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	for _, q := range []training.SeedRequest{{Seed: 1, Login: "petr@example.org", Charges: 1_000_000}, {Seed: 1, Login: "petr@example.org", Charges: 1, Kind: "gift"}} {
		p.Post(nil, training.Base+"/seed", q).Want(http.StatusUnprocessableEntity)
	}
}
