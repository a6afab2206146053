package cabinet_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

// What the count and the sum cost a payment: compare the two.
func BenchmarkAPaymentUnderAnAuthorisation(b *testing.B) {
	for _, bounded := range []bool{false, true} {
		b.Run(strconv.FormatBool(bounded), func(b *testing.B) {
			p := portaltest.Open(b, training.OutcomeApprove)
			who, chief := accountant(), issuedTo(b, p, portaltest.Chief())
			in := bounds(1, 20_000_000, 1_000_000_00)
			chief.approves(b, &in, portaltest.Start())
			register(p, who, in).Want(http.StatusCreated)
			id := ""
			if bounded {
				id = in.ID
			}
			q := byRequisites(b, p, 0, 1, id)
			n := 0
			for b.Loop() {
				n++
				q.ID = payID(n)
				raw, err := json.Marshal(q)
				if err != nil {
					b.Fatal(err)
				}
				if a := p.Do(who, http.MethodPost, wire.Base+"/payments", bytes.TrimSpace(raw), "Idempotency-Key", q.ID); a.Status != http.StatusCreated {
					b.Fatalf("%s", a.Body)
				}
			}
		})
	}
}
