package bulkpay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// bank is a portal that keeps its promise and counts.
type bank struct {
	mu       sync.Mutex
	payments map[string]*cabinet.Payment
	sent     int
	before   func(n int, req cabinet.PaymentRequest) error // nil lets the n-th request through
	after    func(n int) error
	charge   func(uin string) (*cabinet.Charge, error)
}

func (b *bank) Pay(_ context.Context, req cabinet.PaymentRequest) (*cabinet.Payment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent++
	if b.before != nil {
		if err := b.before(b.sent, req); err != nil {
			return nil, err
		}
	}
	if b.payments == nil {
		b.payments = map[string]*cabinet.Payment{}
	}
	p := b.payments[req.ID]
	if p == nil {
		p = &cabinet.Payment{ID: req.ID, UIN: req.UIN, AmountKopecks: req.AmountKopecks, State: "paid", ReceiptID: req.ID}
		b.payments[req.ID] = p
	}
	if b.after != nil {
		if err := b.after(b.sent); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (b *bank) Payment(_ context.Context, id string, _ time.Duration) (*cabinet.Payment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.payments[id]; p != nil {
		return p, nil
	}
	return nil, status(404, 0)
}

func (b *bank) Charge(_ context.Context, uin string) (*cabinet.Charge, error) { return b.charge(uin) }

func status(code int, after time.Duration) error {
	proof := transport.ProvesRefused
	switch {
	case code == 401 || code == 429 || code == 503:
		proof = transport.ProvesPutOff
	case code >= 500 || after > 0:
		proof = transport.OwnWords
	}
	return (&transport.Error{Kind: transport.Status, Status: code, Policy: transport.Once, RetryAfter: after, Proof: proof}).Fault()
}

func lost() error {
	return (&transport.Error{Kind: transport.Lost, Policy: transport.Once, Err: errors.New("reset")}).Fault()
}

func start() time.Time { return time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC) }

const runID = "01980000-0000-7000-8000-000000000001"

func plan(t *testing.T, n int, change func(r *planfile.Row)) *planfile.Plan {
	return planOf(t, runID, n, change)
}

func planOf(t *testing.T, id string, n int, change func(r *planfile.Row)) *planfile.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: id, Profile: "demo", Payer: "7700000000", Method: "account"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		r := planfile.Row{Status: planfile.Pay, Kopecks: 1000, UIN: fmt.Sprintf("18%018d", i+1), Payer: "7700000000", Checked: start()}
		if change != nil {
			r.N = i + 1
			change(&r)
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func open(t *testing.T, dir string) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Clock: clock.NewManual(start())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func execute(t *testing.T, ctx context.Context, b *bank, j journal.Journal, p *planfile.Plan, o bulkpay.Options) *bulkpay.Report {
	t.Helper()
	r := &bulkpay.Run{Portal: b, Journal: j, Plan: p, Clock: clock.NewManual(start()), Sched: bulkpay.NewGoroutines(64), Options: o}
	report, err := r.Execute(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func wantExit(t *testing.T, r *bulkpay.Report, want exitcode.Code) {
	t.Helper()
	if got := fault.ExitOf(r.Err()); got != want {
		t.Fatalf("exit %d (%v), want %d; %+v", got, r.Err(), want, r)
	}
}

func TestEveryRowIsPaidOnceAndASecondRunSendsNothing(t *testing.T) {
	b, j, p := &bank{}, open(t, t.TempDir()), plan(t, 1000, nil)
	r := execute(t, t.Context(), b, j, p, bulkpay.Options{Group: 100})
	wantExit(t, r, exitcode.OK)
	if b.sent != 1000 || r.Counts[journal.Paid].N != 1000 || r.Counts[journal.Paid].AmountKopecks != 1_000_000 {
		t.Fatalf("%d sent, %+v", b.sent, r.Counts)
	}
	wantExit(t, execute(t, t.Context(), b, j, p, bulkpay.Options{}), exitcode.OK)
	if b.sent != 1000 {
		t.Fatalf("%d sent", b.sent)
	}
}

// A charge is one debt, whoever is named as its payer, also within one commit.
func TestAChargeThatTwoRowsNameWithTwoPayersIsPaidOnce(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	p := plan(t, 40, func(r *planfile.Row) {
		if r.N%2 == 0 {
			r.UIN, r.Payer = fmt.Sprintf("18%018d", r.N-1), "7700000001"
		}
	})
	r := execute(t, t.Context(), b, j, p, bulkpay.Options{Group: 40})
	wantExit(t, r, exitcode.Partial)
	if b.sent != 20 || r.Duplicates != 20 || r.Counts[journal.Paid].N != 20 || r.Unbegun.N != 0 {
		t.Fatalf("%d sent, %d held, %+v, %d not begun", b.sent, r.Duplicates, r.Counts, r.Unbegun.N)
	}
	again := execute(t, t.Context(), b, j, p, bulkpay.Options{Group: 3})
	if b.sent != 20 || again.Duplicates != 20 || again.Unbegun.N != 0 {
		t.Fatalf("the second run: %d sent, %d held, %d not begun", b.sent, again.Duplicates, again.Unbegun.N)
	}
}

// Few results wait for each other, so a commit serves many of them.
// A record that a bank file has begun would be looked for at the bank for ever.
func TestRowsBegunByABankFileAreLeftToThatRoad(t *testing.T) {
	for name, o := range map[string]bulkpay.Options{"all rows": {}, "some rows": {Want: func(row int) bool { return row <= 30 }}} {
		b, j, p := &bank{}, open(t, t.TempDir()), plan(t, 40, nil)
		for row, err := range p.ToPay(1) {
			if err != nil {
				t.Fatal(err)
			}
			if row.N%4 != 0 {
				continue
			}
			if _, err := j.Plan(t.Context(), []journal.Payment{row.Payment(p.Head(), journal.ViaBankFile)}); err != nil {
				t.Fatal(err)
			}
		}
		r := execute(t, t.Context(), b, j, p, o)
		wantExit(t, r, exitcode.Partial)
		if want := map[string]int{"all rows": 30, "some rows": 23}[name]; b.sent != want || r.Counts[journal.Paid].N != want || r.Counts[journal.Planned].N != 10 {
			t.Errorf("%s: %d sent, %+v", name, b.sent, r.Counts)
		}
	}
}

func TestResultsShareCommits(t *testing.T) {
	j := &counting{Journal: open(t, t.TempDir())}
	b := &bank{}
	r := &bulkpay.Run{Portal: b, Journal: j, Plan: plan(t, 600, nil), Clock: clock.NewManual(start()), Sched: bulkpay.NewGoroutines(64),
		Options: bulkpay.Options{Concurrency: 8}}
	if report, err := r.Execute(t.Context()); err != nil || report.Counts[journal.Paid].N != 600 {
		t.Fatalf("%+v, %v", report, err)
	}
	if n := j.moves.Load(); n > 100 {
		t.Errorf("%d commits of moves for 600 payments", n)
	}
}

// counting counts the commits of moves.
type counting struct {
	journal.Journal
	moves atomic.Int64
}

func (c *counting) Move(ctx context.Context, ts []journal.Transition) error {
	c.moves.Add(1)
	return c.Journal.Move(ctx, ts)
}

func TestACallWithOnlySomeRowsLeavesNoneForgotten(t *testing.T) {
	b, j, p := &bank{}, open(t, t.TempDir()), plan(t, 300, nil)
	want := func(list ...int) func(int) bool {
		return func(n int) bool {
			for _, l := range list {
				if l == n {
					return true
				}
			}
			return false
		}
	}
	wantExit(t, execute(t, t.Context(), b, j, p, bulkpay.Options{Want: want(200)}), exitcode.Partial)
	wantExit(t, execute(t, t.Context(), b, j, p, bulkpay.Options{Want: want(3, 5)}), exitcode.Partial)
	if b.sent != 3 {
		t.Fatalf("%d sent", b.sent)
	}
	wantExit(t, execute(t, t.Context(), b, j, p, bulkpay.Options{}), exitcode.OK)
	if b.sent != 300 {
		t.Fatalf("%d sent", b.sent)
	}
}

func TestASumIsNeverExceededAndTheNextCallGoesOn(t *testing.T) {
	b, j, p := &bank{}, open(t, t.TempDir()), plan(t, 50, nil)
	wantExit(t, execute(t, t.Context(), b, j, p, bulkpay.Options{MaxKopecks: 12_345}), exitcode.Partial)
	if b.sent != 12 {
		t.Fatalf("%d sent for 12 345 kopecks of 1 000 each", b.sent)
	}
	wantExit(t, execute(t, t.Context(), b, j, p, bulkpay.Options{}), exitcode.OK)
	if b.sent != 50 {
		t.Fatalf("%d sent", b.sent)
	}
}

func TestALostAnswerIsAskedForAndNotRepeated(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	b.after = func(n int) error {
		if n%10 == 0 {
			return lost()
		}
		return nil
	}
	wantExit(t, execute(t, t.Context(), b, j, plan(t, 60, nil), bulkpay.Options{Concurrency: 4}), exitcode.OK)
	if b.sent != 60 {
		t.Fatalf("%d sent: a payment was repeated", b.sent)
	}
}

func TestARequestThatNeverArrivedGoesOutAgainUnderTheSameID(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	ids := map[string]string{}
	b.before = func(n int, req cabinet.PaymentRequest) error {
		if first, again := ids[req.UIN]; again && first != req.ID {
			t.Errorf("%s went out as %s and as %s", req.UIN, first, req.ID)
		}
		ids[req.UIN] = req.ID
		if n == 3 {
			return lost()
		}
		return nil
	}
	wantExit(t, execute(t, t.Context(), b, j, plan(t, 20, nil), bulkpay.Options{Concurrency: 2}), exitcode.OK)
	if b.sent != 21 || len(b.payments) != 20 {
		t.Fatalf("%d sent, %d payments", b.sent, len(b.payments))
	}
}

func TestARefusalOfARepetitionLeavesThePaymentUnknown(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	b.before = func(n int, _ cabinet.PaymentRequest) error {
		if n == 1 {
			return lost()
		}
		return status(422, 0)
	}
	r := execute(t, t.Context(), b, j, plan(t, 1, nil), bulkpay.Options{})
	wantExit(t, r, exitcode.Unknown)
	if r.Counts[journal.Unknown].N != 1 || b.sent != 2 {
		t.Fatalf("%+v, %d sent", r.Counts, b.sent)
	}
}

func TestAStormOf429IsWaitedOut(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	b.before = func(n int, _ cabinet.PaymentRequest) error {
		if n%7 == 0 {
			return status(429, 3*time.Second)
		}
		return nil
	}
	held := 0
	r := execute(t, t.Context(), b, j, plan(t, 100, nil), bulkpay.Options{Concurrency: 8, Events: func(e bulkpay.Event) {
		if e.Kind == bulkpay.Held {
			held++
		}
	}})
	wantExit(t, r, exitcode.OK)
	if held == 0 || len(b.payments) != 100 {
		t.Fatalf("held %d times, %d payments", held, len(b.payments))
	}
}

func TestAnEndedSessionStopsTheRunAndRefusesNoRow(t *testing.T) {
	for _, code := range []int{401, 403} {
		b, j := &bank{}, open(t, t.TempDir())
		b.before = func(n int, _ cabinet.PaymentRequest) error {
			if n > 5 {
				return status(code, 0)
			}
			return nil
		}
		r := execute(t, t.Context(), b, j, plan(t, 40, nil), bulkpay.Options{Concurrency: 4})
		if r.Stop == nil || r.Stop.Reason != bulkpay.AboutUs || r.Counts[journal.Refused].N != 0 || r.Counts[journal.Unknown].N != 0 {
			t.Fatalf("%d: %+v", code, r)
		}
		b.before = nil
		wantExit(t, execute(t, t.Context(), b, j, plan(t, 40, nil), bulkpay.Options{}), exitcode.OK)
	}
}

func TestManyRefusalsInARowStopTheRun(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	b.before = func(int, cabinet.PaymentRequest) error { return status(422, 0) }
	r := execute(t, t.Context(), b, j, plan(t, 500, nil), bulkpay.Options{Concurrency: 4})
	if r.Stop == nil || r.Stop.Reason != bulkpay.Refusals || r.Counts[journal.Refused].N > 40 {
		t.Fatalf("%+v", r)
	}
}

func TestAnInterruptionFinishesWhatIsOnItsWay(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	b.before = func(n int, _ cabinet.PaymentRequest) error {
		if n == 10 {
			cancel()
		}
		return nil
	}
	r := execute(t, ctx, b, j, plan(t, 200, nil), bulkpay.Options{Concurrency: 4})
	wantExit(t, r, exitcode.Interrupted)
	if n := r.Counts[journal.Sending].N + r.Counts[journal.Unknown].N + r.Counts[journal.Claimed].N; n != 0 || r.Counts[journal.Paid].N != b.sent {
		t.Fatalf("%d sent, %+v", b.sent, r.Counts)
	}
	b.before = nil
	wantExit(t, execute(t, t.Context(), b, j, plan(t, 200, nil), bulkpay.Options{}), exitcode.OK)
	if b.sent != 200 {
		t.Fatalf("%d sent", b.sent)
	}
}

func TestARowWhoseTermHasEndedIsNotSent(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	p := plan(t, 10, func(r *planfile.Row) {
		switch r.N {
		case 4:
			r.NotAfter = "2026-06-30"
		case 5:
			r.NotAfter = "2026-07-01"
		case 6:
			r.NotBefore = "2026-07-02"
		}
	})
	r := execute(t, t.Context(), b, j, p, bulkpay.Options{})
	if b.sent != 8 || r.Counts[journal.Refused].N != 1 || r.Waiting != 1 {
		t.Fatalf("%d sent, %+v", b.sent, r)
	}
}

func TestAChargeLookedAtLongAgoIsLookedAtAgain(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	b.charge = func(uin string) (*cabinet.Charge, error) {
		c := &cabinet.Charge{UIN: uin, State: "unpaid", DueKopecks: 1000}
		switch uin[len(uin)-1] {
		case '2':
			c.State, c.PaymentID = "paid", "elsewhere"
		case '3':
			c.DueKopecks = 2000
		case '4':
			c.State = "annulled"
		}
		return c, nil
	}
	p := plan(t, 5, func(r *planfile.Row) { r.Checked = start().Add(-25 * time.Hour) })
	r := execute(t, t.Context(), b, j, p, bulkpay.Options{Recheck: 24 * time.Hour})
	if b.sent != 2 || r.Counts[journal.Paid].N != 3 || r.Counts[journal.Refused].N != 2 {
		t.Fatalf("%d sent, %+v", b.sent, r.Counts)
	}
}

func TestAnotherPlanOfTheSameListPaysNothingAgain(t *testing.T) {
	b, j := &bank{}, open(t, t.TempDir())
	wantExit(t, execute(t, t.Context(), b, j, plan(t, 30, nil), bulkpay.Options{}), exitcode.OK)
	other := planOf(t, "01980000-0000-7000-8000-000000000002", 30, func(r *planfile.Row) {
		r.Payer = "770000000012" // the same charges in another payer's name
	})
	r := execute(t, t.Context(), b, j, other, bulkpay.Options{})
	wantExit(t, r, exitcode.Partial)
	if b.sent != 30 || r.Duplicates != 30 {
		t.Fatalf("%d sent, %d duplicates", b.sent, r.Duplicates)
	}
}

func TestAProcessThatDiesLeavesOnlyWhatTheNextOneClearsUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	died, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Clock: clock.NewManual(start())})
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, 20, nil)
	b := &bank{}
	// The first process marks two rows as sending, sends one of them, and is gone.
	var planned []journal.Payment
	for r, err := range p.ToPay(1) {
		if err != nil {
			t.Fatal(err)
		}
		if planned = append(planned, r.Payment(p.Head(), journal.ViaPortal)); len(planned) == 2 {
			break
		}
	}
	results, err := died.Plan(t.Context(), planned)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		var ts []journal.Transition
		for _, s := range [][2]journal.State{{journal.Planned, journal.Claimed}, {journal.Claimed, journal.Sending}} {
			ts = append(ts, journal.Transition{ID: r.Payment.ID, From: s[0], To: s[1], Evidence: journal.Evidence{Witness: journal.Engine}})
		}
		if err := died.Move(t.Context(), ts); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := b.Pay(t.Context(), cabinet.PaymentRequest{ID: r.Payment.ID, UIN: r.Payment.UIN, AmountKopecks: r.Payment.AmountKopecks}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := died.Close(); err != nil {
		t.Fatal(err)
	}
	wantExit(t, execute(t, t.Context(), b, open(t, dir), p, bulkpay.Options{}), exitcode.OK)
	if b.sent != 20 || len(b.payments) != 20 {
		t.Fatalf("%d sent, %d payments", b.sent, len(b.payments))
	}
}

// inHand lets a worker of its own take the first rows of a plan as far as sending.
func inHand(t *testing.T, j journal.Journal, p *planfile.Plan, n int) {
	t.Helper()
	var ps []journal.Payment
	for r, err := range p.ToPay(1) {
		if err != nil {
			t.Fatal(err)
		}
		if ps = append(ps, r.Payment(p.Head(), journal.ViaPortal)); len(ps) == n {
			break
		}
	}
	if _, err := j.Plan(t.Context(), ps); err != nil {
		t.Fatal(err)
	}
	claimed, err := j.Claim(t.Context(), journal.Claim{Run: p.Head().ID, N: n})
	if err != nil || len(claimed) != n {
		t.Fatalf("%d claimed, %v", len(claimed), err)
	}
	for _, c := range claimed[1:] { // one stays claimed
		if err := j.Move(t.Context(), []journal.Transition{{ID: c.ID, From: journal.Claimed, To: journal.Sending, Evidence: journal.Evidence{Witness: journal.Engine}}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatAnotherWorkerHasInHandIsLeftToIt(t *testing.T) {
	b, dir, p := &bank{}, t.TempDir(), plan(t, 20, nil)
	inHand(t, open(t, dir), p, 3)
	r := execute(t, t.Context(), b, open(t, dir), p, bulkpay.Options{Wait: time.Minute})
	wantExit(t, r, exitcode.Pending)
	if b.sent != 17 || r.Counts[journal.Sending].N != 2 || r.Counts[journal.Claimed].N != 1 {
		t.Fatalf("%d sent, %+v", b.sent, r.Counts)
	}
}

func TestWhatAWorkerLeavesThatDiesMeanwhileIsTakenOver(t *testing.T) {
	b, dir, p := &bank{}, t.TempDir(), plan(t, 20, nil)
	other, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Clock: clock.NewManual(start())})
	if err != nil {
		t.Fatal(err)
	}
	inHand(t, other, p, 3)
	r := execute(t, t.Context(), b, open(t, dir), p, bulkpay.Options{Wait: time.Minute, Events: func(e bulkpay.Event) {
		if e.Kind == bulkpay.Asking {
			if err := other.Close(); err != nil {
				t.Error(err)
			}
		}
	}})
	wantExit(t, r, exitcode.OK)
	if b.sent != 20 || r.Counts[journal.Paid].N != 20 {
		t.Fatalf("%d sent, %+v", b.sent, r.Counts)
	}
}

// portions is a journal that notes how many rows it is given at once.
type portions struct {
	journal.Journal
	sizes []int
}

func (p *portions) Begin(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error) {
	p.sizes = append(p.sizes, len(payments))
	return p.Journal.Begin(ctx, payments)
}

func TestARunTakesFewRowsInHandAtFirst(t *testing.T) {
	j := &portions{Journal: open(t, t.TempDir())}
	wantExit(t, execute(t, t.Context(), &bank{}, j, plan(t, 1000, nil), bulkpay.Options{}), exitcode.OK)
	if len(j.sizes) < 4 || j.sizes[0] != 64 || slices.Max(j.sizes) > 512 {
		t.Fatalf("rows came in portions of %v", j.sizes)
	}
	whole := 0
	for _, n := range j.sizes {
		whole += n
	}
	if whole != 1000 {
		t.Fatalf("%d rows came in portions of %v", whole, j.sizes)
	}
}

func TestADebtThatSomebodyElseHasPaidIsPaidAndHoldsItsKey(t *testing.T) {
	j := open(t, t.TempDir())
	duplicate := func(_ int, req cabinet.PaymentRequest) error {
		if req.UIN != fmt.Sprintf("18%018d", 2) {
			return nil
		}
		return fault.New(exitcode.Conflict, "payment.duplicate", i18n.Say("уже оплачено", "paid already")).Because(status(409, 0))
	}
	charge := func(uin string) (*cabinet.Charge, error) {
		return &cabinet.Charge{UIN: uin, State: "paid", PaymentID: "somebody-elses"}, nil
	}
	r := &bulkpay.Run{Portal: &bank{before: duplicate, charge: charge}, Journal: j, Plan: plan(t, 3, nil), Clock: clock.NewManual(start()), Sched: bulkpay.NewGoroutines(64)}
	report, err := r.Execute(t.Context())
	if err != nil || report.Counts[journal.Paid].N != 3 || report.Err() != nil {
		t.Fatalf("%+v %v", report, err)
	}
	known, err := j.ByUIN(t.Context(), fmt.Sprintf("18%018d", 2))
	if err != nil || len(known) != 1 || known[0].State != journal.Paid {
		t.Fatalf("%+v %v", known, err)
	}
	stories, err := j.Story(t.Context(), known[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if last := stories[0].Events[len(stories[0].Events)-1]; !bytes.Contains(last.Body, []byte(`"witness":"charge-flag"`)) || !bytes.Contains(last.Body, []byte("somebody-elses")) {
		t.Errorf("the witness: %s", last.Body)
	}
	// A charge that is only being paid is no settled debt.
	paying := func(uin string) (*cabinet.Charge, error) { return &cabinet.Charge{UIN: uin, State: "unpaid"}, nil }
	j = open(t, t.TempDir())
	r = &bulkpay.Run{Portal: &bank{before: duplicate, charge: paying}, Journal: j, Plan: plan(t, 3, nil), Clock: clock.NewManual(start()), Sched: bulkpay.NewGoroutines(64)}
	if report, err = r.Execute(t.Context()); err != nil || report.Counts[journal.Refused].N != 1 {
		t.Fatalf("%+v %v", report, err)
	}
}
