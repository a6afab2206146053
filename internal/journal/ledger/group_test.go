package ledger_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// gate is a backend that holds nothing and commits when it is let.
type gate struct {
	ledger.Backend
	groups []int         // events of each commit
	pass   chan struct{} // one token lets one commit through
	fail   error
	calls  int
}

type gateTx struct {
	ledger.Tx
	events int
}

func (g *gate) Write(_ context.Context, f func(ledger.Tx) error) error {
	g.calls++
	tx := &gateTx{}
	if err := f(tx); err != nil {
		return err
	}
	<-g.pass
	if g.fail != nil {
		return g.fail
	}
	g.groups = append(g.groups, tx.events)
	return nil
}

func (g *gate) Known(context.Context) (string, bool, error) { return "", true, nil }

func (g *gate) Seal(context.Context, journal.Head) error { return nil }
func (g *gate) Close() error                             { return nil }

func (*gateTx) Head() (journal.Head, error)              { return journal.Head{}, nil }
func (*gateTx) Now() time.Time                           { return time.Unix(0, 0).UTC() }
func (*gateTx) ByIDs([]string) ([]*ledger.Entry, error)  { return nil, nil }
func (*gateTx) ByKeys([]string) ([]*ledger.Entry, error) { return nil, nil }
func (t *gateTx) Append(events []journal.Event) error    { t.events += len(events); return nil }
func (*gateTx) Insert([]*ledger.Entry) error             { return nil }
func (*gateTx) Update([]*ledger.Entry) error             { return nil }
func (*gateTx) Count([]ledger.Tally) error               { return nil }

func TestCallsThatComeDuringACommitShareTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{pass: make(chan struct{})}
		l := ledger.New(g, "owner")
		var wg sync.WaitGroup
		plan := func(n int) {
			wg.Go(func() {
				if _, err := l.Plan(context.Background(), []journal.Payment{journaltest.NewPayment(n)}); err != nil {
					t.Error(err)
				}
			})
		}
		plan(0)
		synctest.Wait() // the lone caller's commit is under way at once
		for n := range 50 {
			plan(n + 1)
		}
		synctest.Wait()
		g.pass <- struct{}{}
		g.pass <- struct{}{}
		wg.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if len(g.groups) != 2 || g.groups[0] != 1 || g.groups[1] != 50 {
			t.Errorf("51 calls were committed as %v", g.groups)
		}
	})
}

func TestOneWrongCallDoesNotSpoilItsGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{pass: make(chan struct{})}
		l := ledger.New(g, "owner")
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = l.Plan(context.Background(), []journal.Payment{journaltest.NewPayment(0)}) })
		synctest.Wait()
		var good, wrong error
		wg.Go(func() { _, good = l.Plan(context.Background(), []journal.Payment{journaltest.NewPayment(1)}) })
		wg.Go(func() {
			wrong = l.Move(context.Background(), []journal.Transition{journaltest.Step("none", journal.Planned, journal.Claimed, journal.Engine)})
		})
		synctest.Wait()
		g.pass <- struct{}{}
		g.pass <- struct{}{}
		wg.Wait()
		var nf *journal.NotFoundError
		if good != nil || !errors.As(wrong, &nf) || len(g.groups) != 2 {
			t.Errorf("good %v, wrong %v, groups %v", good, wrong, g.groups)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAFailedCommitFailsEveryCallOfItsGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{pass: make(chan struct{}), fail: journal.NoSpace(errors.New("full"))}
		l := ledger.New(g, "owner")
		var wg sync.WaitGroup
		errs := make([]error, 5)
		for n := range errs {
			wg.Go(func() { _, errs[n] = l.Plan(context.Background(), []journal.Payment{journaltest.NewPayment(n)}) })
		}
		synctest.Wait()
		close(g.pass)
		wg.Wait()
		for n, err := range errs {
			if err == nil {
				t.Errorf("call %d succeeded", n)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWaitsForTheCallsInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{pass: make(chan struct{})}
		l := ledger.New(g, "owner")
		var wg sync.WaitGroup
		for n := range 3 {
			wg.Go(func() {
				if _, err := l.Plan(context.Background(), []journal.Payment{journaltest.NewPayment(n)}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		wg.Go(func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		close(g.pass)
		wg.Wait()
		if len(g.groups) != 2 {
			t.Errorf("groups %v", g.groups)
		}
	})
}
