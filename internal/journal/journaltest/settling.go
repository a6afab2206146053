package journaltest

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
)

// paid plans a payment and moves it to paid on the word of a statement.
func paid(t *testing.T, j journal.Journal, p journal.Payment, d *journal.Document) {
	t.Helper()
	plan(t, j, p)
	send(t, j, p.ID)
	st := Step(p.ID, journal.Sending, journal.Paid, journal.Statement)
	st.Document = d
	move(t, j, st)
}

func returnedFrees(t *testing.T, open Opener) {
	j := open(t)
	a := NewPayment(1)
	a.Run, a.Row = "r", 1
	paid(t, j, a, &journal.Document{Number: "17", Day: "2026-07-03", BankID: "B1"})
	before, err := j.Payment(t.Context(), a.ID)
	if err != nil || !before.PaidAt.Equal(before.UpdatedAt) || before.PaidAt.IsZero() {
		t.Fatalf("paid %+v %v", before, err)
	}
	for _, w := range []journal.Witness{journal.Engine, journal.ChargeFlag} {
		_ = wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(a.ID, journal.Paid, journal.Returned, w)}))
	}
	back := Step(a.ID, journal.Paid, journal.Returned, journal.Operator)
	back.Document = &journal.Document{Number: "901", Day: "2026-07-09", Kopecks: a.AmountKopecks}
	move(t, j, back)
	got, err := open(t).Payment(t.Context(), a.ID)
	if err != nil || got.State != journal.Returned || got.ReturnedBy == nil || got.ReturnedBy.Number != "901" || got.SettledBy == nil || got.SettledBy.Number != "17" ||
		!got.PaidAt.Equal(before.PaidAt) || !got.UpdatedAt.After(got.PaidAt) {
		t.Fatalf("returned %+v %v", got, err)
	}
	// A new payment of the debt needs no override; the row that saw it come back is
	// not paid again by resuming its run.
	resumed := NewPayment(1)
	resumed.Run, resumed.Row = "r", 1
	outcome(t, plan(t, j, resumed)[0], journal.Duplicate)
	b := NewPayment(1)
	r := plan(t, j, b)[0]
	outcome(t, r, journal.Repeated)
	if r.Payment.LinkedTo != a.ID || r.Payment.SettledBy != nil || r.Payment.ReturnedBy != nil {
		t.Fatalf("the new payment %+v", r.Payment)
	}
	outcome(t, plan(t, j, NewPayment(1))[0], journal.Duplicate)
	for _, to := range []journal.State{journal.Paid, journal.Planned, journal.Unknown, journal.Refused} {
		_ = wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(a.ID, journal.Returned, to, journal.Operator)}))
	}
	Holds(t, j)
}

func documents(t *testing.T, open Opener) {
	j := open(t)
	p := NewPayment(1)
	plan(t, j, p)
	send(t, j, p.ID)
	d := &journal.Document{Number: "17", Day: "2026-07-03", Moved: "2026-07-04", Account: "40702810900000000001", Kopecks: p.AmountKopecks, File: "july.txt", Line: 12}
	early := Step(p.ID, journal.Sending, journal.Accepted, journal.Engine)
	early.Document = d
	_ = wantErr[*journal.InvalidError](t, j.Move(t.Context(), []journal.Transition{early}))
	move(t, j, Step(p.ID, journal.Sending, journal.Paid, journal.Engine)) // the portal said so, no document yet
	before, err := j.Payment(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	bare := Step(p.ID, journal.Paid, journal.Paid, journal.Statement)
	_ = wantErr[*journal.InvalidError](t, j.Move(t.Context(), []journal.Transition{bare}))
	seen := Step(p.ID, journal.Paid, journal.Paid, journal.Statement)
	seen.Document = d
	move(t, j, seen)
	got, err := open(t).Payment(t.Context(), p.ID)
	if err != nil || got.SettledBy == nil || *got.SettledBy != *d || !got.PaidAt.Equal(before.PaidAt) || !got.UpdatedAt.Equal(before.UpdatedAt) {
		t.Fatalf("the document was seen later: %+v %v", got, err)
	}
	same := Step(p.ID, journal.Paid, journal.Paid, journal.Statement)
	same.Document = &journal.Document{Number: "000017", Day: "2026-07-03", BankID: "B7", Kopecks: p.AmountKopecks}
	move(t, j, same)
	for _, other := range []journal.Document{{Number: "18", Day: "2026-07-03"}, {Number: "17", Day: "2026-07-05"}, {Number: "17", Day: "2026-07-03", BankID: "B8"}} {
		again := Step(p.ID, journal.Paid, journal.Paid, journal.Statement)
		again.Document = &other
		e := wantErr[*journal.DocumentError](t, j.Move(t.Context(), []journal.Transition{again}))
		if e.ID != p.ID || e.Got != other || e.Have.BankID != "B7" {
			t.Errorf("got %+v", e)
		}
	}
	for _, wrong := range []journal.Document{{}, {Number: "1", Day: "3.7.2026"}, {Number: "1", Kopecks: -1}} {
		again := Step(p.ID, journal.Paid, journal.Paid, journal.Statement)
		again.Document = &wrong
		_ = wantErr[*journal.InvalidError](t, j.Move(t.Context(), []journal.Transition{again}))
	}
	c, err := j.Counts(t.Context(), p.Run)
	if err != nil || c[journal.Paid].N != 1 {
		t.Errorf("counts %v %v", c, err)
	}
	Holds(t, j)
}
