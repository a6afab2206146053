package journaltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
)

func moveAtomic(t *testing.T, open Opener) {
	j := open(t)
	a, b := NewPayment(1), NewPayment(2)
	plan(t, j, a, b)
	err := j.Move(t.Context(), []journal.Transition{
		Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), Step(b.ID, journal.Claimed, journal.Sending, journal.Engine)})
	_ = wantErr[*journal.StaleError](t, err)
	err = j.Move(t.Context(), []journal.Transition{
		Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), Step(newID(), journal.Planned, journal.Claimed, journal.Engine)})
	_ = wantErr[*journal.NotFoundError](t, err)
	err = j.Move(t.Context(), []journal.Transition{
		Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), Step(b.ID, journal.Planned, journal.Accepted, journal.Engine)})
	_ = wantErr[*journal.IllegalError](t, err)
	bad := Step(b.ID, journal.Planned, journal.Refused, journal.Operator)
	bad.Evidence.Why = ""
	_ = wantErr[*journal.InvalidError](t, j.Move(t.Context(), []journal.Transition{Step(a.ID, journal.Planned, journal.Claimed, journal.Engine), bad}))
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
		_ = wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Unknown, to, journal.Engine)}))
	}
	for _, w := range []journal.Witness{journal.Statement, journal.ChargeFlag} {
		_ = wantErr[*journal.IllegalError](t, j.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Unknown, journal.Planned, w)}))
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
	_ = wantErr[*journal.OwnerError](t, b.Move(t.Context(), []journal.Transition{Step(p.ID, journal.Sending, journal.Planned, journal.Engine)}))
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

func begins(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 3)
	plan(t, j, ps[0])
	results, err := j.Begin(t.Context(), ps)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		have, err := j.Payment(t.Context(), r.Payment.ID)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case i == 0: // journalled before: left as it is
			if r.Outcome != journal.Duplicate || have.State != journal.Planned || have.Owner != "" {
				t.Errorf("%+v", have)
			}
		case r.Outcome != journal.Inserted || have.State != journal.Sending || have.Owner != j.Owner() || !have.LeaseUntil.IsZero():
			t.Errorf("%+v", have)
		}
		if diff := cmp.Diff(r.Payment, have); diff != "" {
			t.Errorf("told and kept differ: %s", diff)
		}
	}
	var kinds []string
	for e, err := range j.Events(t.Context(), journal.EventFilter{Subject: ps[2].ID}) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, string(e.Kind))
	}
	if want := []string{"payment.begun"}; !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
	if _, err := j.Begin(t.Context(), []journal.Payment{NewPayment(700), {}}); err == nil {
		t.Error("a wrong payment was begun")
	}
	counts, err := j.Counts(t.Context(), "r")
	if err != nil || counts[journal.Sending].N != 2 || counts[journal.Planned].N != 1 {
		t.Errorf("%v %v", counts, err)
	}
	Holds(t, j)
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
	_ = wantErr[*journal.OwnerError](t, a.Move(t.Context(), []journal.Transition{Step(ps[1].ID, journal.Claimed, journal.Sending, journal.Engine)}))
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
