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

// What the count, the sum and the proof cost a payment: compare the two.
func BenchmarkAPaymentUnderAnAuthorisation(b *testing.B) {
	for _, bounded := range []bool{false, true} {
		b.Run(strconv.FormatBool(bounded), func(b *testing.B) {
			p := portaltest.Open(b, training.OutcomeApprove)
			who, chief := accountant(), issuedTo(b, p, portaltest.Chief())
			const rows = 1 << 14
			in := bounds(1, rows, 1_000_000_00)
			q := byRequisites(b, p, 0, 1, "")
			leaves := make([][]byte, rows)
			for i := range leaves {
				leaves[i] = leaf(i+1, &q, wire.Payee{})
			}
			grow(&in, leaves)
			chief.approves(b, &in, portaltest.Start())
			register(p, who, in).Want(http.StatusCreated)
			n := 0
			for b.Loop() {
				b.StopTimer()
				n++
				q.ID = payID(n)
				if bounded {
					q.AuthorisationID, q.Proof = in.ID, &wire.PaymentProof{Row: int64(n), Path: pathOf(n-1, leaves)}
				}
				b.StartTimer()
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
