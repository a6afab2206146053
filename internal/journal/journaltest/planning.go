package journaltest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
)

func freshIsEmpty(t *testing.T, open Opener) {
	j := open(t)
	if r := Holds(t, j); r.Events != 0 || r.Records != 0 {
		t.Fatalf("a fresh journal reports %+v", r)
	}
	_, err := j.Payment(t.Context(), newID())
	_ = wantErr[*journal.NotFoundError](t, err)
	if fault.ExitOf(err) != exitcode.NotFound {
		t.Fatalf("exit %d", fault.ExitOf(err))
	}
	if got, err := j.Claim(t.Context(), journal.Claim{Run: "none", N: 5}); err != nil || len(got) != 0 {
		t.Fatalf("claim of nothing: %v %v", got, err)
	}
	if got, err := j.Recover(t.Context()); err != nil || got != (journal.Recovered{}) {
		t.Fatalf("recover of nothing: %v %v", got, err)
	}
}

func plannedIsKept(t *testing.T, open Opener) {
	j := open(t)
	p := NewPayment(1)
	p.Run, p.Row, p.Extra = "run", 7, json.RawMessage(`{"файл":"a.csv","<":1}`)
	r := plan(t, j, p)[0]
	outcome(t, r, journal.Inserted)
	got, err := open(t).Payment(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != journal.Planned || got.Attempt != 1 || got.CreatedAt.IsZero() || !got.CreatedAt.Equal(got.UpdatedAt) ||
		got.BusinessKey != p.Key() || got.CreatedAt.Location() != time.UTC {
		t.Fatalf("got %+v", got)
	}
	var a, b any
	if json.Unmarshal(got.Extra, &a) != nil || json.Unmarshal(p.Extra, &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Fatalf("extra %s", got.Extra)
	}
	want := p
	want.BusinessKey, want.State, want.Attempt, want.CreatedAt, want.UpdatedAt, want.Extra = got.BusinessKey, got.State, 1, got.CreatedAt, got.UpdatedAt, got.Extra
	if fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(r.Payment.CreatedAt) != fmt.Sprint(got.CreatedAt) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	p.ID = ""
	p.UIN = "18800000000000000099"
	if r := plan(t, j, p)[0]; len(r.Payment.ID) != 36 || r.Payment.ID[14] != '7' {
		t.Fatalf("made ID %q, want a UUIDv7", r.Payment.ID)
	}
	Holds(t, j)
}

func keyOnce(t *testing.T, open Opener) {
	j := open(t)
	a := NewPayment(1)
	a.Run, a.Row = "july", 1
	b := NewPayment(1)
	b.Run, b.Row, b.Via, b.PayeeName = "august", 9, journal.ViaBankFile, "другое имя"
	first := plan(t, j, a)[0]
	second := plan(t, open(t), b)[0]
	outcome(t, second, journal.Duplicate)
	if second.Payment.ID != first.Payment.ID || second.Payment.Run != "july" {
		t.Fatalf("the duplicate is of %+v", second.Payment)
	}
	outcome(t, plan(t, j, a)[0], journal.Duplicate) // the very same call again
	c, d := NewPayment(2), NewPayment(2)
	rs := plan(t, j, c, d)
	outcome(t, rs[0], journal.Inserted)
	outcome(t, rs[1], journal.Duplicate)
	if rs[1].Payment.ID != c.ID {
		t.Fatalf("within one call the duplicate is of %s, want %s", rs[1].Payment.ID, c.ID)
	}
	for _, s := range []journal.State{journal.Claimed, journal.Sending, journal.Accepted, journal.Paid} {
		from := state(t, j, a.ID)
		move(t, j, Step(a.ID, from, s, journal.Engine))
		b.ID = newID()
		outcome(t, plan(t, j, b)[0], journal.Duplicate)
	}
	if r := Holds(t, j); r.Records != 2 {
		t.Fatalf("%d records, want 2", r.Records)
	}
}

func keySpelling(t *testing.T, open Opener) {
	j := open(t)
	a, b := NewPayment(1), NewPayment(1)
	b.UIN = a.UIN[:4] + " " + a.UIN[4:8] + "-" + a.UIN[8:]
	b.Payer = " 7707\u00a0083893"
	plan(t, j, a)
	outcome(t, plan(t, j, b)[0], journal.Duplicate)
	c, d := NewPayment(2), NewPayment(2)
	c.UIN, d.UIN = "", "00000000000000000000"
	plan(t, j, c)
	outcome(t, plan(t, j, d)[0], journal.Duplicate)
	d.Period = "МС.07.2026"
	d.ID = newID()
	outcome(t, plan(t, j, d)[0], journal.Inserted)
}

// coded is a payment without УИН with an act code, "" for none.
func coded(n int, code string) journal.Payment {
	p := NewPayment(n)
	p.UIN, p.ActCode = "", code
	return p
}

func actCodes(t *testing.T, open Opener) {
	j := open(t)
	for i, r := range plan(t, j, coded(1, "0101"), coded(1, "0102"), coded(1, "0101")) {
		outcome(t, r, []journal.Outcome{journal.Inserted, journal.Inserted, journal.Duplicate}[i])
	}
	outcome(t, plan(t, j, coded(1, "0102"))[0], journal.Duplicate)
	if got := plan(t, j, coded(1, "0103"))[0]; got.Outcome != journal.Inserted || got.Payment.Attempt != 1 || got.Payment.ActCode != "0103" {
		t.Fatalf("%+v", got)
	}

	// What was journalled without a code may be any of them, before and in one call.
	old := plan(t, j, coded(2, ""))[0].Payment
	if got := plan(t, j, coded(2, "0101"))[0]; got.Outcome != journal.Duplicate || got.Payment.ID != old.ID {
		t.Fatalf("%+v", got)
	}
	both := plan(t, j, coded(3, ""), coded(3, "0101"))
	if both[1].Outcome != journal.Duplicate || both[1].Payment.ID != both[0].Payment.ID {
		t.Fatalf("%+v", both)
	}
	again := coded(2, "0101")
	again.Override = &journal.Override{Reason: "another act", Who: "demo"}
	if got := plan(t, j, again)[0]; got.Outcome != journal.Repeated || got.Payment.LinkedTo != old.ID || got.Payment.Attempt != 1 {
		t.Fatalf("%+v", got)
	}
	// A run that was begun without codes goes on with what it has.
	row := coded(4, "")
	row.Run, row.Row = "r", 1
	begun := plan(t, j, row)[0].Payment
	move(t, j, Step(begun.ID, journal.Planned, journal.Refused, journal.Operator))
	row.ID, row.ActCode = newID(), "0101"
	if got := plan(t, j, row)[0]; got.Outcome != journal.Duplicate || got.Payment.ID != begun.ID {
		t.Fatalf("%+v", got)
	}
	Holds(t, j)
}

func refusedRepeats(t *testing.T, open Opener) {
	j := open(t)
	a := NewPayment(1)
	plan(t, j, a)
	send(t, j, a.ID)
	tr := Step(a.ID, journal.Sending, journal.Refused, journal.Engine)
	tr.Reason = journal.Reason{Code: "no_funds", Text: "недостаточно средств"}
	move(t, j, tr)
	b := NewPayment(1)
	r := plan(t, j, b)[0]
	outcome(t, r, journal.Repeated)
	if r.Payment.LinkedTo != a.ID || r.Payment.Attempt != 2 {
		t.Fatalf("repeat %+v", r.Payment)
	}
	outcome(t, plan(t, j, NewPayment(1))[0], journal.Duplicate)
	all, err := j.ByKey(t.Context(), a.Key())
	if err != nil || len(all) != 2 || all[0].ID != a.ID || all[1].ID != b.ID || all[0].Reason != tr.Reason {
		t.Fatalf("by key %+v %v", all, err)
	}
	_ = wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(a.ID, journal.Refused, journal.Planned, journal.Operator)}))
	Holds(t, j)
}

func resumeKeepsRefused(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 2)
	ps[1].UIN = ps[0].UIN // two rows of one file with one УИН
	rs := plan(t, j, ps...)
	outcome(t, rs[1], journal.Duplicate)
	move(t, j, Step(ps[0].ID, journal.Planned, journal.Refused, journal.Operator))
	for i := range ps {
		ps[i].ID = newID()
	}
	for _, r := range plan(t, j, ps...) {
		outcome(t, r, journal.Duplicate)
	}
	again := ps[0]
	again.ID, again.LinkedTo = newID(), rs[0].Payment.ID
	outcome(t, plan(t, j, again)[0], journal.Repeated)
	lost := again
	lost.ID = newID() // the answer to the repeat was lost, and it is asked for again
	r := plan(t, j, lost)[0]
	outcome(t, r, journal.Duplicate)
	if r.Payment.ID != again.ID {
		t.Fatalf("duplicate of %s, want the repeat %s", r.Payment.ID, again.ID)
	}
	other := NewPayment(1)
	other.Run, other.Row = "another", 1
	outcome(t, plan(t, j, other)[0], journal.Duplicate)
}

func overridePays(t *testing.T, open Opener) {
	j := open(t)
	a := NewPayment(1)
	plan(t, j, a)
	send(t, j, a.ID)
	move(t, j, Step(a.ID, journal.Sending, journal.Paid, journal.Statement))
	b := NewPayment(1)
	b.Override = &journal.Override{Reason: "ошибочный возврат", Who: "demo chief"}
	r := plan(t, j, b)[0]
	outcome(t, r, journal.Repeated)
	if r.Payment.LinkedTo != a.ID || r.Payment.Override == nil || r.Payment.Override.At.IsZero() {
		t.Fatalf("override %+v", r.Payment)
	}
	// The same decision again, from a command that was cut off, is the same payment;
	// also when both stand in one call. Another reason is another decision.
	same, further := NewPayment(1), NewPayment(1)
	same.Override = &journal.Override{Reason: " Ошибочный  возврат", Who: "demo clerk"}
	further.Override = &journal.Override{Reason: "второй ребёнок", Who: "demo chief"}
	for _, r := range plan(t, open(t), same, same) {
		if outcome(t, r, journal.Duplicate); r.Payment.ID != b.ID || r.Payment.Override.Who != "demo chief" {
			t.Fatalf("the decision's payment is %s, got %+v", b.ID, r.Payment)
		}
	}
	twice := plan(t, j, further, func() journal.Payment { p := NewPayment(1); p.Override = further.Override; return p }())
	outcome(t, twice[0], journal.Repeated)
	if outcome(t, twice[1], journal.Duplicate); twice[1].Payment.ID != twice[0].Payment.ID {
		t.Fatalf("%+v", twice)
	}
	move(t, j, Step(further.ID, journal.Planned, journal.Refused, journal.Operator))
	move(t, j, Step(b.ID, journal.Planned, journal.Refused, journal.Operator))
	anew := NewPayment(1)
	anew.Override = b.Override
	outcome(t, plan(t, j, anew)[0], journal.Repeated) // what was refused may be tried again
	move(t, j, Step(anew.ID, journal.Planned, journal.Refused, journal.Operator))
	// The last is refused, but an earlier one is paid: the key is still taken.
	c := plan(t, j, NewPayment(1))[0]
	outcome(t, c, journal.Duplicate)
	if c.Payment.ID != a.ID {
		t.Fatalf("duplicate of %s, want the paid %s", c.Payment.ID, a.ID)
	}
	p, err := open(t).Payment(t.Context(), b.ID)
	if err != nil || p.Override == nil || p.Override.Who != "demo chief" {
		t.Fatalf("the chain keeps the override: %+v %v", p, err)
	}
	d := NewPayment(1)
	d.Override = &journal.Override{Reason: "no name"}
	_, err = j.Plan(t.Context(), []journal.Payment{d})
	_ = wantErr[*journal.InvalidError](t, err)
	Holds(t, j)
}

func wrongPayment(t *testing.T, open Opener) {
	j := open(t)
	for name, spoil := range map[string]func(*journal.Payment){
		"amountKopecks": func(p *journal.Payment) { p.AmountKopecks = 0 },
		"payer":         func(p *journal.Payment) { p.Payer = " - " },
		"via":           func(p *journal.Payment) { p.Via = "pigeon" },
		"uin":           func(p *journal.Payment) { p.UIN = "188:17" },
		"id":            func(p *journal.Payment) { p.ID = strings.ToUpper(p.ID) },
		"purpose":       func(p *journal.Payment) { p.Purpose = "a\x00b" },
		"payeeName":     func(p *journal.Payment) { p.PayeeName = "\xff" },
		"extra":         func(p *journal.Payment) { p.Extra = json.RawMessage(`{`) },
		"payeeAccount":  func(p *journal.Payment) { p.UIN, p.PayeeAccount = "0", "" },
		"run":           func(p *journal.Payment) { p.Run = strings.Repeat("r", 300) },
		"linkedTo":      func(p *journal.Payment) { p.LinkedTo = newID() },
	} {
		good, bad := NewPayment(1), NewPayment(2)
		spoil(&bad)
		_, err := j.Plan(t.Context(), []journal.Payment{good, bad})
		if e := wantErr[*journal.InvalidError](t, err); e.Field != name || e.Index != 1 {
			t.Errorf("%s: got %v", name, e)
		}
	}
	if _, err := j.Plan(t.Context(), make([]journal.Payment, journal.MaxGroup+1)); err == nil {
		t.Error("more than MaxGroup was taken")
	}
	if r := Holds(t, j); r.Records != 0 {
		t.Fatalf("%d records came in", r.Records)
	}
}

func idTaken(t *testing.T, open Opener) {
	j := open(t)
	a, b := NewPayment(1), NewPayment(2)
	plan(t, j, a)
	b.ID = a.ID
	_, err := j.Plan(t.Context(), []journal.Payment{b})
	_ = wantErr[*journal.InvalidError](t, err)
	c, d := NewPayment(3), NewPayment(4)
	d.ID = c.ID
	_, err = j.Plan(t.Context(), []journal.Payment{c, d})
	_ = wantErr[*journal.InvalidError](t, err)
	if r := Holds(t, j); r.Records != 1 {
		t.Fatalf("%d records", r.Records)
	}
}
