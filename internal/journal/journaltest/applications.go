package journaltest

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
)

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
	_ = wantErr[*journal.IllegalError](t, b.MoveSubmissions(t.Context(), []journal.SubmissionTransition{AppStep(s.ID, journal.Unknown, journal.Reserved, journal.Engine)}))
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
	cutOff := NewSubmission(1)
	cutOff.Override = &journal.Override{Reason: "Нужно второе ", Who: "demo"}
	if r := prepare(t, b, cutOff); r.Outcome != journal.Duplicate || r.Submission.ID != again.ID {
		t.Fatalf("the same decision made another application: %+v", r)
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
	_ = wantErr[*journal.InvalidError](t, j.MoveSubmissions(t.Context(), []journal.SubmissionTransition{AppStep(s.ID, journal.Prepared, journal.Reserved, journal.Engine)}))
	reserve := AppStep(s.ID, journal.Prepared, journal.Reserved, journal.Engine)
	reserve.OrderID = 5
	moveApps(t, j, reserve)
	other := AppStep(s.ID, journal.Reserved, journal.Sending, journal.Engine)
	other.OrderID = 6
	_ = wantErr[*journal.InvalidError](t, j.MoveSubmissions(t.Context(), []journal.SubmissionTransition{other}))
	moveApps(t, j, AppStep(s.ID, journal.Reserved, journal.Sending, journal.Engine))
	_ = wantErr[*journal.InvalidError](t, j.MoveSubmissions(t.Context(), []journal.SubmissionTransition{AppStep(s.ID, journal.Sending, journal.Prepared, journal.Engine)}))
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
