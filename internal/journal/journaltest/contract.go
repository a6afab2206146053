package journaltest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Opener opens another handle of one journal.
type Opener func(t testing.TB) journal.Journal

// Run holds a store to the contract. fresh makes a new empty journal and returns
// its opener; handles that a test leaves open are fresh's to close.
func Run(t *testing.T, fresh func(t testing.TB) Opener) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, open Opener)
	}{
		{"AFreshJournalIsEmptyAndHolds", freshIsEmpty},
		{"APlannedPaymentIsKeptAsGiven", plannedIsKept},
		{"TheSameKeyIsPlannedOnceWhateverTheRoadOrRun", keyOnce},
		{"AKeySpelledOtherwiseIsTheSameKey", keySpelling},
		{"ARefusedPaymentMayBeRepeatedAndIsLinked", refusedRepeats},
		{"ResumingARunNeverRepeatsWhatItSawRefused", resumeKeepsRefused},
		{"OnlyARecordedOverridePaysAKeyAgain", overridePays},
		{"AWrongPaymentKeepsTheWholeCallOut", wrongPayment},
		{"TheIDOfAnotherRecordIsRefused", idTaken},
		{"AGroupOfMovesIsAllOrNothing", moveAtomic},
		{"OnePaymentMayMakeTwoStepsInOneMove", twoSteps},
		{"AStaleMoveNamesTheActualState", staleMove},
		{"TheEngineCannotMoveWhatIsUnknown", engineUnknown},
		{"OnlyTheOwnerMovesWhatItSends", ownerFence},
		{"ClaimsTakeRowsInOrderAndNeverTwice", claims},
		{"ClaimedByIDLeavesOutWhatIsNotPlanned", claimByID},
		{"ADeadOwnersSendingBecomesUnknownAndItsClaimsReturn", recoverDead},
		{"ALivingOwnersSendingStaysItsOwn", recoverLiving},
		{"AnEndedLeaseReturnsAClaim", recoverLease},
		{"ALateReplyIsRecordedFromUnknown", lateReply},
		{"CountsFollowEveryMove", counts},
		{"AListNarrowsAndPages", lists},
		{"AListDoesNotHoldTheJournal", listNests},
		{"AllPaymentsOfAUINAreFound", byUIN},
		{"AnApplicationIsFoundAgainByItsContent", applications},
		{"AReservedNumberNeverChanges", reservedNumber},
		{"ChunksAreCountedWhileSending", chunks},
		{"EventsTellEverythingInOrder", events},
		{"AStoryIsThePaymentWithItsEvents", story},
		{"AnExportProvesItself", export},
		{"TwoHandlesAtOnceNeverPlanAKeyTwice", concurrentPlan},
		{"TwoHandlesAtOnceNeverClaimARowTwice", concurrentClaim},
		{"ACancelledCallWritesNothing", cancelled},
		{"AClosedJournalSaysSo", closed},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

// NewPayment returns the n-th of a set of payments that differ in their УИН.
func NewPayment(n int) journal.Payment {
	return journal.Payment{
		ID: newID(), Profile: "sandbox", Via: journal.ViaPortal, Payer: "7707083893",
		UIN: fmt.Sprintf("188%017d", n), AmountKopecks: 50_000 + int64(n), PayeeName: "УФК по г. Москве (тест)",
		PayeeAccount: "03100643000000017300", BIK: "004525988", KBK: "18210803010011050110", OKTMO: "45382000",
		Period: "0", Purpose: "Государственная пошлина, строка " + fmt.Sprint(n),
	}
}

// NewRun returns n payments of a run, rows 1 to n.
func NewRun(run string, n int) []journal.Payment {
	ps := make([]journal.Payment, n)
	for i := range ps {
		ps[i] = NewPayment(i + 1)
		ps[i].Run, ps[i].Row = run, i+1
	}
	return ps
}

// Proof is evidence of a witness.
func Proof(w journal.Witness) journal.Evidence {
	e := journal.Evidence{Witness: w, Details: json.RawMessage(`{"test":true}`)}
	if w == journal.Operator {
		e.Who, e.Why = "demo operator", "a test"
	}
	return e
}

// Step is a transition on the word of w.
func Step(id string, from, to journal.State, w journal.Witness) journal.Transition {
	return journal.Transition{ID: id, From: from, To: to, Evidence: Proof(w)}
}

func plan(t testing.TB, j journal.Journal, ps ...journal.Payment) []journal.PlanResult {
	t.Helper()
	rs, err := j.Plan(t.Context(), ps)
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return rs
}

func move(t testing.TB, j journal.Journal, ts ...journal.Transition) {
	t.Helper()
	if err := j.Move(t.Context(), ts); err != nil {
		t.Fatalf("move: %v", err)
	}
}

// send brings a planned payment to sending.
func send(t testing.TB, j journal.Journal, id string) {
	t.Helper()
	move(t, j, Step(id, journal.Planned, journal.Claimed, journal.Engine), Step(id, journal.Claimed, journal.Sending, journal.Engine))
}

func state(t testing.TB, j journal.Journal, id string) journal.State {
	t.Helper()
	p, err := j.Payment(t.Context(), id)
	if err != nil {
		t.Fatalf("payment %s: %v", id, err)
	}
	return p.State
}

// Holds verifies the journal.
func Holds(t testing.TB, j journal.Journal) journal.Report {
	t.Helper()
	r, err := j.Verify(t.Context())
	if err != nil || r.Bad != nil {
		t.Fatalf("the journal does not hold: %v %+v", err, r.Bad)
	}
	return r
}

func outcome(t testing.TB, r journal.PlanResult, want journal.Outcome) {
	t.Helper()
	if r.Outcome != want {
		t.Fatalf("outcome %d, want %d (%+v)", r.Outcome, want, r.Payment)
	}
}

func wantErr[T error](t testing.TB, err error) T {
	t.Helper()
	var e T
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want %T", err, err, e)
	}
	return e
}

func freshIsEmpty(t *testing.T, open Opener) {
	j := open(t)
	if r := Holds(t, j); r.Events != 0 || r.Records != 0 {
		t.Fatalf("a fresh journal reports %+v", r)
	}
	_, err := j.Payment(t.Context(), newID())
	wantErr[*journal.NotFoundError](t, err)
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
	wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(a.ID, journal.Refused, journal.Planned, journal.Operator)}))
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
	move(t, j, Step(b.ID, journal.Planned, journal.Refused, journal.Operator))
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
	wantErr[*journal.InvalidError](t, err)
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
	wantErr[*journal.InvalidError](t, err)
	c, d := NewPayment(3), NewPayment(4)
	d.ID = c.ID
	_, err = j.Plan(t.Context(), []journal.Payment{c, d})
	wantErr[*journal.InvalidError](t, err)
	if r := Holds(t, j); r.Records != 1 {
		t.Fatalf("%d records", r.Records)
	}
}

func moveAtomic(t *testing.T, open Opener) {
	j := open(t)
	a, b := NewPayment(1), NewPayment(2)
	plan(t, j, a, b)
	err := j.Move(t.Context(), []journal.Transition{
		Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), Step(b.ID, journal.Claimed, journal.Sending, journal.Engine)})
	wantErr[*journal.StaleError](t, err)
	err = j.Move(t.Context(), []journal.Transition{
		Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), Step(newID(), journal.Planned, journal.Claimed, journal.Engine)})
	wantErr[*journal.NotFoundError](t, err)
	err = j.Move(t.Context(), []journal.Transition{
		Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), Step(b.ID, journal.Planned, journal.Accepted, journal.Engine)})
	wantErr[*journal.IllegalError](t, err)
	bad := Step(b.ID, journal.Planned, journal.Refused, journal.Operator)
	bad.Evidence.Why = ""
	wantErr[*journal.InvalidError](t, j.Move(t.Context(), []journal.Transition{Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), bad}))
	if s := state(t, j, a.ID); s != journal.Planned {
		t.Fatalf("the first of a refused group is %s", s)
	}
	if r := Holds(t, j); r.Events != 2 {
		t.Fatalf("%d events, want 2", r.Events)
	}
}

func twoSteps(t *testing.T, open Opener) {
	j := open(t)
	p := NewPayment(1)
	plan(t, j, p)
	send(t, j, p.ID)
	got, err := j.Payment(t.Context(), p.ID)
	if err != nil || got.State != journal.Sending || got.Owner != j.Owner() || !got.LeaseUntil.IsZero() {
		t.Fatalf("got %+v %v", got, err)
	}
	tr := Step(p.ID, journal.Sending, journal.Accepted, journal.Engine)
	tr.PortalPaymentID, tr.Extra = "P-1", json.RawMessage(`{"n":1}`)
	tr.Reason = journal.Reason{Code: "wait", Text: "ждёт\xffбанка"}
	done := Step(p.ID, journal.Accepted, journal.Paid, journal.PortalByID)
	done.ReceiptID = "R-1"
	move(t, j, tr, done)
	got, err = open(t).Payment(t.Context(), p.ID)
	if err != nil || got.State != journal.Paid || got.PortalPaymentID != "P-1" || got.ReceiptID != "R-1" ||
		string(got.Extra) != `{"n":1}` || got.Reason != (journal.Reason{}) {
		t.Fatalf("got %+v %v", got, err)
	}
	Holds(t, j)
}

func staleMove(t *testing.T, open Opener) {
	j := open(t)
	p := NewPayment(1)
	plan(t, j, p)
	send(t, j, p.ID)
	err := j.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Planned, journal.Claimed, journal.Engine)})
	if e := wantErr[*journal.StaleError](t, err); e.Actual != journal.Sending || e.ID != p.ID {
		t.Fatalf("got %+v", e)
	}
	if fault.ExitOf(err) != exitcode.Conflict {
		t.Fatalf("exit %d", fault.ExitOf(err))
	}
}

func engineUnknown(t *testing.T, open Opener) {
	j := open(t)
	p := NewPayment(1)
	plan(t, j, p)
	send(t, j, p.ID)
	move(t, j, Step(p.ID, journal.Sending, journal.Unknown, journal.Engine))
	for _, to := range []journal.State{journal.Planned, journal.Sending, journal.Accepted, journal.Paid, journal.Refused} {
		wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Unknown, to, journal.Engine)}))
	}
	for _, w := range []journal.Witness{journal.Statement, journal.ChargeFlag} {
		wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Unknown, journal.Planned, w)}))
	}
	if got, err := j.Recover(t.Context()); err != nil || got != (journal.Recovered{}) || state(t, j, p.ID) != journal.Unknown {
		t.Fatalf("recover moved it: %v %v", got, err)
	}
	move(t, j, Step(p.ID, journal.Unknown, journal.Planned, journal.PortalByID))
}

func ownerFence(t *testing.T, open Opener) {
	a, b := open(t), open(t)
	p := NewPayment(1)
	plan(t, a, p)
	move(t, a, Step(p.ID, journal.Planned, journal.Claimed, journal.Engine))
	err := b.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Claimed, journal.Sending, journal.Engine)})
	if e := wantErr[*journal.OwnerError](t, err); e.Owner != a.Owner() {
		t.Fatalf("got %+v", e)
	}
	move(t, a, Step(p.ID, journal.Claimed, journal.Sending, journal.Engine))
	wantErr[*journal.OwnerError](t, b.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Sending, journal.Planned, journal.Engine)}))
	move(t, b, Step(p.ID, journal.Sending, journal.Paid, journal.PortalByID)) // a witness is a witness
}

func claims(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 10)
	slices.Reverse(ps)
	plan(t, j, ps...)
	other := NewRun("other", 3)
	for i := range other {
		other[i].UIN = fmt.Sprintf("999%017d", i)
	}
	plan(t, j, other...)
	next := 1
	for _, n := range []int{3, 4, 5} {
		got, err := j.Claim(t.Context(), journal.Claim{Run: "r", N: n, Lease: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got {
			if p.Row != next || p.State != journal.Claimed || p.Owner != j.Owner() || p.Purpose == "" || p.LeaseUntil.Sub(p.UpdatedAt) != time.Hour {
				t.Fatalf("claimed %+v, want row %d", p, next)
			}
			next++
		}
	}
	if next != 11 {
		t.Fatalf("claimed up to row %d", next-1)
	}
	Holds(t, j)
}

func claimByID(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 4)
	plan(t, j, ps...)
	move(t, j, Step(ps[1].ID, journal.Planned, journal.Refused, journal.Operator))
	got, err := j.Claim(t.Context(), journal.Claim{IDs: []string{ps[2].ID, ps[1].ID, ps[0].ID, ps[0].ID, newID()}})
	if err != nil || len(got) != 2 || got[0].ID != ps[2].ID || got[1].ID != ps[0].ID {
		t.Fatalf("claimed %+v %v", got, err)
	}
}

func recoverDead(t *testing.T, open Opener) {
	a, b := open(t), open(t)
	ps := NewRun("r", 5)
	plan(t, a, ps...)
	for _, p := range ps[:2] {
		send(t, a, p.ID)
	}
	if _, err := a.Claim(t.Context(), journal.Claim{Run: "r", N: 2, Lease: time.Hour}); err != nil {
		t.Fatal(err)
	}
	r, err := a.Prepare(t.Context(), NewSubmission(1))
	if err != nil {
		t.Fatal(err)
	}
	moveApps(t, a, AppStep(r.Submission.ID, journal.Prepared, journal.Sending, journal.Engine))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := b.Recover(t.Context())
	if err != nil || got != (journal.Recovered{Unknown: 3, Returned: 2}) {
		t.Fatalf("recovered %+v %v", got, err)
	}
	for i, want := range []journal.State{journal.Unknown, journal.Unknown, journal.Planned, journal.Planned, journal.Planned} {
		if s := state(t, b, ps[i].ID); s != want {
			t.Errorf("row %d is %s, want %s", i+1, s, want)
		}
	}
	s, err := b.Submission(t.Context(), r.Submission.ID)
	if err != nil || s.State != journal.Unknown || s.Reason.Code == "" {
		t.Fatalf("application %+v %v", s, err)
	}
	if got, err := b.Recover(t.Context()); err != nil || got != (journal.Recovered{}) {
		t.Fatalf("a second recover did %+v %v", got, err)
	}
	Holds(t, b)
}

func recoverLiving(t *testing.T, open Opener) {
	a, b := open(t), open(t)
	ps := NewRun("r", 2)
	plan(t, a, ps...)
	send(t, a, ps[0].ID)
	if _, err := a.Claim(t.Context(), journal.Claim{Run: "r", N: 1, Lease: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Recover(t.Context()); err != nil || got != (journal.Recovered{}) {
		t.Fatalf("recovered %+v %v from a living owner", got, err)
	}
	move(t, a, Step(ps[0].ID, journal.Sending, journal.Accepted, journal.Engine), Step(ps[1].ID, journal.Claimed, journal.Sending, journal.Engine))
}

func recoverLease(t *testing.T, open Opener) {
	a, b := open(t), open(t)
	ps := NewRun("r", 2)
	plan(t, a, ps...)
	if _, err := a.Claim(t.Context(), journal.Claim{Run: "r", N: 2, Lease: 1}); err != nil {
		t.Fatal(err)
	}
	move(t, a, Step(ps[0].ID, journal.Claimed, journal.Sending, journal.Engine))
	got, err := b.Recover(t.Context())
	if err != nil || got != (journal.Recovered{Returned: 1}) {
		t.Fatalf("recovered %+v %v", got, err)
	}
	if s := state(t, b, ps[0].ID); s != journal.Sending {
		t.Fatalf("time moved what is sending: %s", s)
	}
	if _, err := b.Claim(t.Context(), journal.Claim{Run: "r", N: 2}); err != nil {
		t.Fatal(err)
	}
	wantErr[*journal.OwnerError](t, a.Move(t.Context(), []journal.Transition{Step(ps[1].ID, journal.Claimed, journal.Sending, journal.Engine)}))
}

func lateReply(t *testing.T, open Opener) {
	a, b := open(t), open(t)
	p := NewPayment(1)
	plan(t, a, p)
	send(t, a, p.ID)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := open(t)
	err := late.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Sending, journal.Accepted, journal.Engine)})
	if e := wantErr[*journal.StaleError](t, err); e.Actual != journal.Unknown {
		t.Fatalf("got %+v", e)
	}
	move(t, late, Step(p.ID, journal.Unknown, journal.Accepted, journal.PortalByID))
}

func counts(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 4)
	plan(t, j, ps...)
	plan(t, j, NewPayment(77))
	send(t, j, ps[0].ID)
	move(t, j, Step(ps[0].ID, journal.Sending, journal.Paid, journal.Engine), Step(ps[1].ID, journal.Planned, journal.Refused, journal.Operator))
	got, err := open(t).Counts(t.Context(), "r")
	want := journal.Counts{
		journal.Planned: {N: 2, AmountKopecks: ps[2].AmountKopecks + ps[3].AmountKopecks},
		journal.Paid:    {N: 1, AmountKopecks: ps[0].AmountKopecks}, journal.Refused: {N: 1, AmountKopecks: ps[1].AmountKopecks}}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || got.Open() != 2 {
		t.Fatalf("counts %v %v, want %v", got, err, want)
	}
	if got, err := j.Counts(t.Context(), ""); err != nil || got[journal.Planned].N != 1 {
		t.Fatalf("counts of single payments %v %v", got, err)
	}
}

func rows(t testing.TB, j journal.Journal, f journal.Filter) []int {
	t.Helper()
	var out []int
	for p, err := range j.List(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Row)
	}
	return out
}

func lists(t *testing.T, open Opener) {
	j := open(t)
	const n = 1300 // more than two pages
	ps := NewRun("r", n)
	for i := range ps {
		if i%2 == 1 {
			ps[i].Via = journal.ViaBankFile
		}
	}
	between := NewRun("s", 3)
	for i := range between {
		between[i].UIN = fmt.Sprintf("777%017d", i)
	}
	plan(t, j, ps[:700]...)
	plan(t, j, between...)
	plan(t, j, ps[700:]...)
	if got := rows(t, j, journal.Filter{Run: "r"}); len(got) != n || got[0] != 1 || got[n-1] != n || !slices.IsSorted(got) {
		t.Fatalf("a run lists %d rows", len(got))
	}
	if got := rows(t, j, journal.Filter{Newest: true}); len(got) != n+3 || got[0] != n || got[len(got)-1] != 1 {
		t.Fatalf("newest first lists %d", len(got))
	}
	if got := rows(t, j, journal.Filter{Run: "r", Via: journal.ViaBankFile}); len(got) != n/2 {
		t.Fatalf("a road lists %d", len(got))
	}
	var ts []journal.Transition
	for _, p := range ps[:600] {
		ts = append(ts, Step(p.ID, journal.Planned, journal.Refused, journal.Operator))
	}
	move(t, j, ts...)
	if got := rows(t, j, journal.Filter{Run: "r", States: []journal.State{journal.Planned}}); len(got) != n-600 || got[0] != 601 {
		t.Fatalf("an open state lists %d", len(got))
	}
	if got := rows(t, j, journal.Filter{Run: "r", States: []journal.State{journal.Refused, journal.Paid}}); len(got) != 600 {
		t.Fatalf("final states list %d", len(got))
	}
	if got := rows(t, j, journal.Filter{Profile: "prod"}); len(got) != 0 {
		t.Fatalf("another profile lists %d", len(got))
	}
	p, err := j.Payment(t.Context(), ps[700].ID)
	if err != nil {
		t.Fatal(err)
	}
	since, until := rows(t, j, journal.Filter{Since: p.CreatedAt}), rows(t, j, journal.Filter{Until: p.CreatedAt})
	if len(since) != n-700 || len(until) != 703 {
		t.Fatalf("since lists %d, until %d", len(since), len(until))
	}
}

func listNests(t *testing.T, open Opener) {
	j := open(t)
	plan(t, j, NewRun("r", 20)...)
	seen := 0
	for p, err := range j.List(t.Context(), journal.Filter{Run: "r"}) {
		if err != nil {
			t.Fatal(err)
		}
		for q, err := range j.List(t.Context(), journal.Filter{Run: "r"}) {
			if err != nil {
				t.Fatal(err)
			}
			if q.ID == p.ID {
				move(t, j, Step(p.ID, journal.Planned, journal.Refused, journal.Operator))
				seen++
				break
			}
		}
	}
	if seen != 20 {
		t.Fatalf("moved %d of 20 while listing", seen)
	}
}

func byUIN(t *testing.T, open Opener) {
	j := open(t)
	a, b, c := NewPayment(1), NewPayment(1), NewPayment(2)
	b.Payer = "500100732259"
	plan(t, j, a, b, c)
	got, err := j.ByUIN(t.Context(), " "+a.UIN)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v %v", got, err)
	}
	for _, none := range []string{"", "0", "18"} {
		if got, err := j.ByUIN(t.Context(), none); err != nil || len(got) != 0 {
			t.Fatalf("УИН %q finds %d %v", none, len(got), err)
		}
	}
}

// NewSubmission returns the n-th of a set of applications.
func NewSubmission(n int) journal.Submission {
	return journal.Submission{ID: newID(), Profile: "sandbox", Applicant: "112-233-445 95", Service: "10000000109", TargetCode: "-10000000109",
		ContentKey: journal.ContentKey("112-233-445 95", "10000000109", "-10000000109", sha256.Sum256(fmt.Append(nil, n))), Title: "Заявление", ChunksTotal: 3}
}

// AppStep is a transition of an application on the word of w.
func AppStep(id string, from, to journal.State, w journal.Witness) journal.SubmissionTransition {
	return journal.SubmissionTransition{ID: id, From: from, To: to, Evidence: Proof(w)}
}

func moveApps(t testing.TB, j journal.Journal, ts ...journal.SubmissionTransition) {
	t.Helper()
	if err := j.MoveSubmissions(t.Context(), ts); err != nil {
		t.Fatalf("move: %v", err)
	}
}

func prepare(t testing.TB, j journal.Journal, s journal.Submission) journal.SubmissionResult {
	t.Helper()
	r, err := j.Prepare(t.Context(), s)
	if err != nil {
		t.Fatalf("prepare: %v", err)
	}
	return r
}

func applications(t *testing.T, open Opener) {
	a := open(t)
	s := NewSubmission(1)
	if r := prepare(t, a, s); r.Outcome != journal.Inserted || r.Submission.State != journal.Prepared {
		t.Fatalf("prepared %+v", r)
	}
	reserve := AppStep(s.ID, journal.Prepared, journal.Reserved, journal.Engine)
	reserve.OrderID = 1234567890123
	moveApps(t, a, reserve, AppStep(s.ID, journal.Reserved, journal.Sending, journal.Engine))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b := open(t)
	if _, err := b.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := prepare(t, b, NewSubmission(1)) // the next run
	if r.Outcome != journal.Duplicate || r.Submission.ID != s.ID || r.Submission.OrderID != reserve.OrderID || r.Submission.State != journal.Unknown {
		t.Fatalf("the next run finds %+v", r)
	}
	wantErr[*journal.IllegalError](t, b.MoveSubmissions(t.Context(), []journal.SubmissionTransition{AppStep(s.ID, journal.Unknown, journal.Reserved, journal.Engine)}))
	moveApps(t, b, AppStep(s.ID, journal.Unknown, journal.Reserved, journal.PortalByID), AppStep(s.ID, journal.Reserved, journal.Sending, journal.Engine),
		AppStep(s.ID, journal.Sending, journal.Accepted, journal.Engine))
	if r := prepare(t, b, NewSubmission(1)); r.Outcome != journal.Duplicate {
		t.Fatalf("an accepted application was prepared again: %+v", r)
	}
	again := NewSubmission(1)
	again.Override = &journal.Override{Reason: "нужно второе", Who: "demo"}
	if r := prepare(t, b, again); r.Outcome != journal.Repeated || r.Submission.LinkedTo != s.ID {
		t.Fatalf("override %+v", r)
	}
	all, err := b.SubmissionsByKey(t.Context(), s.ContentKey)
	if err != nil || len(all) != 2 || all[0].ID != s.ID {
		t.Fatalf("by key %+v %v", all, err)
	}
	n := 0
	for s, err := range b.ListSubmissions(t.Context(), journal.SubmissionFilter{States: []journal.State{journal.Prepared}, Newest: true}) {
		if err != nil || s.ID != again.ID {
			t.Fatalf("listed %+v %v", s, err)
		}
		n++
	}
	if n != 1 {
		t.Fatalf("listed %d", n)
	}
	if ps := rows(t, b, journal.Filter{}); len(ps) != 0 {
		t.Fatalf("applications appear among payments: %v", ps)
	}
	Holds(t, b)
}

func reservedNumber(t *testing.T, open Opener) {
	j := open(t)
	s := NewSubmission(1)
	prepare(t, j, s)
	wantErr[*journal.InvalidError](t, j.MoveSubmissions(t.Context(), []journal.SubmissionTransition{AppStep(s.ID, journal.Prepared, journal.Reserved, journal.Engine)}))
	reserve := AppStep(s.ID, journal.Prepared, journal.Reserved, journal.Engine)
	reserve.OrderID = 5
	moveApps(t, j, reserve)
	other := AppStep(s.ID, journal.Reserved, journal.Sending, journal.Engine)
	other.OrderID = 6
	wantErr[*journal.InvalidError](t, j.MoveSubmissions(t.Context(), []journal.SubmissionTransition{other}))
	moveApps(t, j, AppStep(s.ID, journal.Reserved, journal.Sending, journal.Engine))
	wantErr[*journal.InvalidError](t, j.MoveSubmissions(t.Context(), []journal.SubmissionTransition{AppStep(s.ID, journal.Sending, journal.Prepared, journal.Engine)}))
	Holds(t, j)
}

func chunks(t *testing.T, open Opener) {
	j := open(t)
	s := NewSubmission(1)
	prepare(t, j, s)
	moveApps(t, j, AppStep(s.ID, journal.Prepared, journal.Sending, journal.Engine))
	for n := 1; n <= 3; n++ {
		st := AppStep(s.ID, journal.Sending, journal.Sending, journal.Engine)
		st.ChunksSent = n
		moveApps(t, j, st)
	}
	got, err := j.Submission(t.Context(), s.ID)
	if err != nil || got.ChunksSent != 3 || got.ChunksTotal != 3 || got.State != journal.Sending {
		t.Fatalf("got %+v %v", got, err)
	}
	Holds(t, j)
}

func collect(t testing.TB, j journal.Journal, f journal.EventFilter) []journal.Event {
	t.Helper()
	var out []journal.Event
	for e, err := range j.Events(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func events(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 600)
	plan(t, j, ps...)
	send(t, j, ps[9].ID)
	all := collect(t, j, journal.EventFilter{})
	if len(all) != 602 || all[0].Seq != 1 || all[601].Seq != 602 {
		t.Fatalf("%d events", len(all))
	}
	newest := collect(t, j, journal.EventFilter{Newest: true, Limit: 3})
	if len(newest) != 3 || newest[0].Seq != 602 || newest[2].Seq != 600 {
		t.Fatalf("newest %+v", newest)
	}
	if got := collect(t, j, journal.EventFilter{After: 590, Limit: 5}); len(got) != 5 || got[0].Seq != 591 {
		t.Fatalf("after %+v", got)
	}
	one := collect(t, j, journal.EventFilter{Subject: ps[9].ID})
	if len(one) != 3 || one[0].Kind != journal.PaymentPlanned || one[2].Previous != one[1].Seq || one[1].Previous != one[0].Seq {
		t.Fatalf("of one payment %+v", one)
	}
	var c journal.Change
	if err := json.Unmarshal(one[2].Body, &c); err != nil || c.From != journal.Claimed || c.To != journal.Sending || c.Witness != journal.Engine || string(c.Details) != `{"test":true}` {
		t.Fatalf("change %+v %v", c, err)
	}
}

func story(t *testing.T, open Opener) {
	j := open(t)
	p := NewPayment(1)
	plan(t, j, p)
	move(t, j, Step(p.ID, journal.Planned, journal.Refused, journal.Operator))
	plan(t, j, NewPayment(1))
	got, err := j.Story(t.Context(), p.UIN)
	if err != nil || len(got) != 2 || got[0].Payment == nil || got[0].Payment.ID != p.ID || len(got[0].Events) != 2 || len(got[1].Events) != 1 {
		t.Fatalf("story %+v %v", got, err)
	}
	got, err = j.Story(t.Context(), p.ID)
	if err != nil || len(got) != 1 || got[0].Payment.State != journal.Refused {
		t.Fatalf("story %+v %v", got, err)
	}
	s := NewSubmission(1)
	prepare(t, j, s)
	got, err = j.Story(t.Context(), s.ID)
	if err != nil || len(got) != 1 || got[0].Submission == nil || got[0].Payment != nil {
		t.Fatalf("story %+v %v", got, err)
	}
	_, err = j.Story(t.Context(), "18899999999999999999")
	wantErr[*journal.NotFoundError](t, err)
}

func export(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 5)
	plan(t, j, ps...)
	send(t, j, ps[0].ID)
	var b bytes.Buffer
	if err := j.Export(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	var head journal.Head
	for line := range strings.Lines(b.String()) {
		var e journal.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Seq != head.Seq+1 || journal.Link(head.Hash, &e) != e.Hash {
			t.Fatalf("line %d does not follow from the one before: %s", e.Seq, line)
		}
		head = journal.Head{Seq: e.Seq, Hash: e.Hash}
	}
	if r := Holds(t, j); r.Head != head || head.Seq != 7 {
		t.Fatalf("exported up to %v, verified %v", head, r.Head)
	}
}

func concurrentPlan(t *testing.T, open Opener) {
	handles := []journal.Journal{open(t), open(t)}
	const keys = 60
	var mu sync.Mutex
	inserted := map[string]int{}
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for w := range 8 {
		j := handles[w%2]
		wg.Go(func() {
			for n := range keys {
				rs, err := j.Plan(context.Background(), []journal.Payment{NewPayment((n + 7*w) % keys)})
				if err != nil {
					errs <- err
					return
				}
				if rs[0].Outcome != journal.Duplicate {
					mu.Lock()
					inserted[rs[0].Payment.BusinessKey]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Fatal(err)
	}
	if len(inserted) != keys {
		t.Fatalf("%d keys, want %d", len(inserted), keys)
	}
	for k, n := range inserted {
		if n != 1 {
			t.Errorf("key %s was planned %d times", k, n)
		}
	}
	if r := Holds(t, handles[0]); r.Events != keys {
		t.Fatalf("%d events", r.Events)
	}
}

func concurrentClaim(t *testing.T, open Opener) {
	handles := []journal.Journal{open(t), open(t)}
	const n = 200
	plan(t, handles[0], NewRun("r", n)...)
	var mu sync.Mutex
	claimed := map[int]string{}
	var wg sync.WaitGroup
	errs := make(chan error, 6)
	for w := range 6 {
		j := handles[w%2]
		wg.Go(func() {
			for {
				got, err := j.Claim(context.Background(), journal.Claim{Run: "r", N: 7, Lease: time.Hour})
				if err != nil {
					errs <- err
					return
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, p := range got {
					if who, twice := claimed[p.Row]; twice {
						errs <- fmt.Errorf("row %d was claimed by %s and %s", p.Row, who, j.Owner())
						mu.Unlock()
						return
					}
					claimed[p.Row] = j.Owner()
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Fatal(err)
	}
	if len(claimed) != n {
		t.Fatalf("%d rows were claimed, want %d", len(claimed), n)
	}
	Holds(t, handles[1])
}

func cancelled(t *testing.T, open Opener) {
	j := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := j.Plan(ctx, []journal.Payment{NewPayment(1)})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if r := Holds(t, j); r.Events != 0 {
		t.Fatalf("%d events", r.Events)
	}
}

func closed(t *testing.T, open Opener) {
	j := open(t)
	plan(t, j, NewPayment(1))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatalf("a second close: %v", err)
	}
	_, err := j.Plan(t.Context(), []journal.Payment{NewPayment(2)})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != journal.CodeClosed {
		t.Fatalf("got %v", err)
	}
}
