package portaltest

import (
	"fmt"
	"net/http"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
)

func BenchmarkAStatusQuestion(b *testing.B) {
	p := Open(b, training.OutcomeApprove)
	who := Citizen()
	n := 0
	for b.Loop() {
		n++
		who.ClientID = fmt.Sprint(n / 1000) // under the limit of one system
		p.Get(who, "/api/gusmev/order/getOrdersStatus?orderIds=1").Want(http.StatusOK)
	}
}

func BenchmarkAPayment(b *testing.B) {
	p := Open(b, training.OutcomeApprove)
	who := Chief()
	p.Post(nil, training.Base+"/seed", training.SeedRequest{Seed: 1, Login: "oleg@example.org", Charges: 20000, Kind: "fine"}).Want(http.StatusOK)
	who.OrgOID, who.Permissions = 0, []string{"APIPGU"}
	var due []wire.Charge
	for cursor := ""; ; {
		var l wire.Page[wire.Charge]
		p.Get(who, wire.Base+"/charges?limit=200&cursor="+cursor).Want(http.StatusOK).Into(&l)
		due = append(due, l.Items...)
		if cursor = l.NextCursor; cursor == "" || len(due) > 5000 {
			break
		}
	}
	n := 0
	for b.Loop() {
		c := due[n%len(due)]
		n++
		id := fmt.Sprintf("0190c1f0-0000-7000-8000-%012d", n)
		p.Post(who, wire.Base+"/payments", wire.PaymentRequest{ID: id, UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "account"}, "Idempotency-Key", id)
	}
}
