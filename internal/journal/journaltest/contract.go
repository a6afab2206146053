package journaltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

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
		{"PaymentsWithDifferentActCodesAreDifferentDebts", actCodes},
		{"ARefusedPaymentMayBeRepeatedAndIsLinked", refusedRepeats},
		{"ResumingARunNeverRepeatsWhatItSawRefused", resumeKeepsRefused},
		{"OnlyARecordedOverridePaysAKeyAgain", overridePays},
		{"MoneyThatCameBackFreesItsKey", returnedFrees},
		{"TheDocumentThatSettledAPaymentIsKeptAndAnotherIsRefused", documents},
		{"AWrongPaymentKeepsTheWholeCallOut", wrongPayment},
		{"TheIDOfAnotherRecordIsRefused", idTaken},
		{"AGroupOfMovesIsAllOrNothing", moveAtomic},
		{"OnePaymentMayMakeTwoStepsInOneMove", twoSteps},
		{"AStaleMoveNamesTheActualState", staleMove},
		{"TheEngineCannotMoveWhatIsUnknown", engineUnknown},
		{"OnlyTheOwnerMovesWhatItSends", ownerFence},
		{"ClaimsTakeRowsInOrderAndNeverTwice", claims},
		{"ClaimedByIDLeavesOutWhatIsNotPlanned", claimByID},
		{"WhatIsBegunIsSendingInOneCommit", begins},
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
