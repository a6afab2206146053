package bulkpay_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// asked counts the questions about each charge.
type asked struct {
	mu sync.Mutex
	n  map[string]int
	in func(uin string, n int) (*cabinet.Charge, error)
}

func (a *asked) charge(uin string) (*cabinet.Charge, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n == nil {
		a.n = map[string]int{}
	}
	a.n[uin]++
	if a.in != nil {
		return a.in(uin, a.n[uin])
	}
	return &cabinet.Charge{UIN: uin, State: "unpaid", DueKopecks: 1000}, nil
}

func (a *asked) total() (sum int) {
	for _, n := range a.n {
		sum += n
	}
	return sum
}

func aged(d time.Duration) func(*planfile.Row) {
	return func(r *planfile.Row) { r.Checked = start().Add(-d) }
}

func prepare(t *testing.T, b *bank, j journal.Journal, p *planfile.Plan, o bulkpay.Options) (*bulkpay.Run, *bulkpay.Precheck) {
	t.Helper()
	r := &bulkpay.Run{Portal: b, Journal: j, Plan: p, Clock: clock.NewManual(start()), Sched: bulkpay.NewGoroutines(64), Options: o}
	found, err := r.Precheck(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, found
}

func TestEveryChargeLookedAtLongAgoIsAskedForAtTheStartAndOnlyOnce(t *testing.T) {
	a := &asked{}
	b, j := &bank{charge: a.charge}, open(t, t.TempDir())
	r, found := prepare(t, b, j, plan(t, 300, aged(25*time.Hour)), bulkpay.Options{Recheck: 24 * time.Hour})
	if found.Checked != 300 || len(a.n) != 300 || found.Stale.N != 0 || b.sent != 0 {
		t.Fatalf("%+v, %d charges, %d sent", found, len(a.n), b.sent)
	}
	report, err := r.Execute(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantExit(t, report, exitcode.OK)
	if a.total() != 300 {
		t.Fatalf("%d questions about 300 charges", a.total())
	}
}

func TestChargesLookedAtLatelyCostNoQuestion(t *testing.T) {
	a := &asked{}
	_, found := prepare(t, &bank{charge: a.charge}, open(t, t.TempDir()), plan(t, 50, aged(time.Hour)), bulkpay.Options{Recheck: 24 * time.Hour})
	if found.Checked != 0 || a.total() != 0 {
		t.Fatalf("%+v, %d questions", found, a.total())
	}
}

func TestOneOldCheckAmongFreshOnesIsFound(t *testing.T) {
	a := &asked{}
	p := plan(t, 50, func(r *planfile.Row) {
		if r.N == 37 {
			r.Checked = start().Add(-25 * time.Hour)
		}
	})
	_, found := prepare(t, &bank{charge: a.charge}, open(t, t.TempDir()), p, bulkpay.Options{Recheck: 24 * time.Hour})
	if found.Checked != 1 || a.n["18000000000000000037"] != 1 {
		t.Fatalf("%+v %v", found, a.n)
	}
}

func TestAChargeNeverLookedAtIsAskedFor(t *testing.T) {
	a := &asked{}
	p := plan(t, 5, func(r *planfile.Row) {
		if r.N == 2 {
			r.Checked = time.Time{}
		}
	})
	_, found := prepare(t, &bank{charge: a.charge}, open(t, t.TempDir()), p, bulkpay.Options{Recheck: 24 * time.Hour})
	if found.Checked != 1 {
		t.Fatalf("%+v", found)
	}
}

func TestWhatChangedSinceThePlanIsNamedBeforeAnythingIsSent(t *testing.T) {
	a := &asked{in: func(uin string, _ int) (*cabinet.Charge, error) {
		c := &cabinet.Charge{UIN: uin, State: "unpaid", DueKopecks: 1000}
		switch uin[len(uin)-1] {
		case '2':
			c.State = "paid"
		case '3':
			c.DueKopecks = 2000
		case '4':
			c.State = "annulled"
		case '5':
			return nil, status(404, 0)
		}
		return c, nil
	}}
	b := &bank{charge: a.charge}
	_, found := prepare(t, b, open(t, t.TempDir()), plan(t, 6, aged(25*time.Hour)), bulkpay.Options{Recheck: 24 * time.Hour})
	got := map[int]string{}
	for _, c := range found.Changed {
		got[c.Row] = c.State
	}
	if b.sent != 0 || found.Checked != 6 || found.Paid.N != 1 || found.Stale.N != 3 || found.Stale.Kopecks != 3000 ||
		got[3] != "unpaid" || got[4] != "annulled" || got[5] != "not-found" {
		t.Fatalf("%+v", found)
	}
}

func TestOnlyRowsThatWouldBeSentAreAskedForAndCounted(t *testing.T) {
	a := &asked{}
	b, j := &bank{charge: a.charge}, open(t, t.TempDir())
	p := plan(t, 10, func(r *planfile.Row) {
		r.Checked = start().Add(-25 * time.Hour)
		if r.N == 4 || r.N == 9 {
			r.NotAfter = "2026-06-30"
		}
	})
	first := func(n int) bool { return n <= 5 }
	execute(t, t.Context(), b, j, p, bulkpay.Options{Want: first})
	a.n = nil
	_, found := prepare(t, b, j, p, bulkpay.Options{Recheck: 24 * time.Hour, Want: func(n int) bool { return n != 8 }})
	if found.Checked != 3 || found.Ended.N != 1 || found.First == nil || found.First.N != 9 || a.n["18000000000000000008"] != 0 {
		t.Fatalf("%+v %v", found, a.n)
	}
}

func TestAPortalThatAsksForAPauseIsWaitedForAndOneThatDoesNotAnswerIsNoVerdict(t *testing.T) {
	a := &asked{in: func(uin string, n int) (*cabinet.Charge, error) {
		if n < 3 {
			return nil, status(429, 2*time.Second)
		}
		return &cabinet.Charge{UIN: uin, State: "unpaid", DueKopecks: 1000}, nil
	}}
	_, found := prepare(t, &bank{charge: a.charge}, open(t, t.TempDir()), plan(t, 20, aged(25*time.Hour)), bulkpay.Options{Recheck: 24 * time.Hour})
	if found.Checked != 20 {
		t.Fatalf("%+v", found)
	}
	for _, code := range []int{401, 503} {
		a := &asked{in: func(string, int) (*cabinet.Charge, error) { return nil, status(code, 0) }}
		r := &bulkpay.Run{Portal: &bank{charge: a.charge}, Journal: open(t, t.TempDir()), Plan: plan(t, 20, aged(25*time.Hour)), Clock: clock.NewManual(start()),
			Options: bulkpay.Options{Recheck: 24 * time.Hour}}
		if _, err := r.Precheck(t.Context(), nil); err == nil {
			t.Errorf("%d: no error", code)
		}
	}
}

func TestAnInterruptedPrecheckSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := &asked{in: func(uin string, _ int) (*cabinet.Charge, error) {
		cancel()
		return &cabinet.Charge{UIN: uin, State: "unpaid", DueKopecks: 1000}, nil
	}}
	r := &bulkpay.Run{Portal: &bank{charge: a.charge}, Journal: open(t, t.TempDir()), Plan: plan(t, 200, aged(25*time.Hour)), Clock: clock.NewManual(start()),
		Options: bulkpay.Options{Recheck: 24 * time.Hour}}
	if _, err := r.Precheck(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestEveryPaymentOfARunNamesItsAuthorisation(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	var other []string
	b.before = func(_ int, req cabinet.PaymentRequest) error {
		if req.AuthorisationID != runID {
			other = append(other, req.AuthorisationID)
		}
		return nil
	}
	r := &bulkpay.Run{Portal: b, Journal: j, Plan: plan(t, 30, nil), Clock: clock.NewManual(start()), Sched: bulkpay.NewGoroutines(64), Authorisation: runID}
	report, err := r.Execute(t.Context())
	if err != nil || len(other) > 0 {
		t.Fatalf("%v: %s", err, strings.Join(other, ","))
	}
	wantExit(t, report, exitcode.OK)
}
