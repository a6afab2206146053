package bank_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

// Whatever is sent, repeated, mistyped or left lying: no kopeck is lost or
// made, and no charge is paid twice.
func TestMoneyIsKeptWhateverIsSent(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			p := portaltest.Open(t, training.OutcomeApprove)
			who := portaltest.Citizen()
			p.Post(nil, training.Base+"/seed", training.SeedRequest{Seed: seed, Login: "petr@example.org", Charges: 30}).Want(http.StatusOK)
			start := balances(p)
			var charges wire.Page[wire.Charge]
			p.Get(who, wire.Base+"/charges?limit=200").Want(http.StatusOK).Into(&charges)
			draw := rand.New(rand.NewPCG(seed, 1))
			methods := []string{"account", "card", "wallet", "mobile"}
			var sent []wire.PaymentRequest
			for range 150 {
				switch draw.IntN(8) {
				case 0:
					p.Clock.Advance(time.Duration(draw.IntN(20*60)) * time.Second)
				case 1, 2: // the answer was lost: once more
					if len(sent) > 0 {
						q := sent[draw.IntN(len(sent))]
						p.Post(who, wire.Base+"/payments", q, "Idempotency-Key", q.ID)
					}
				case 3:
					if len(sent) > 0 {
						code := p.LatestCode("+7(900)0000001")
						if draw.IntN(3) == 0 {
							code = "nonsense"
						}
						p.Post(who, wire.Base+"/payments/"+sent[draw.IntN(len(sent))].ID+"/confirmation", wire.Confirmation{Code: code})
					}
				default:
					c := charges.Items[draw.IntN(len(charges.Items))]
					q := wire.PaymentRequest{ID: fmt.Sprintf("0190c1f0-0000-7000-8000-%012d", len(sent)), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: methods[draw.IntN(len(methods))]}
					p.Post(who, wire.Base+"/payments", q, "Idempotency-Key", q.ID)
					sent = append(sent, q)
				}
			}
			spent := map[string]int64{}
			paid := map[string]string{}
			var list wire.Page[wire.Payment]
			p.Get(who, wire.Base+"/payments?limit=200").Want(http.StatusOK).Into(&list)
			for _, x := range list.Items {
				if x.State == "refused" {
					continue
				}
				spent[x.Method] += x.AmountKopecks + x.FeeKopecks
				if other := paid[x.UIN]; other != "" {
					t.Errorf("УИН %s is paid by %s and %s", x.UIN, other, x.ID)
				}
				paid[x.UIN] = x.ID
			}
			if len(paid) < 5 {
				t.Fatalf("only %d charges are paid: nothing is proved", len(paid))
			}
			for method, now := range balances(p) {
				if now < 0 || start[method]-now != spent[method] {
					t.Errorf("%s: %d at first, %d now, %d spent", method, start[method], now, spent[method])
				}
			}
		})
	}
}

func balances(p *portaltest.Portal) map[string]int64 {
	var list wire.Page[wire.PaymentMethod]
	p.Get(portaltest.Citizen(), wire.Base+"/payment-methods").Want(http.StatusOK).Into(&list)
	out := map[string]int64{}
	for _, m := range list.Items {
		out[m.ID] = *m.BalanceKopecks
	}
	return out
}
