package reconcile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

const run = "01980000-0000-7000-8000-000000000001"

func start() time.Time { return time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC) }

// witness is a portal that knows what a test tells it.
type witness struct {
	mu       sync.Mutex
	payments map[string]string // state by ID
	charges  map[string]string // state by УИН
	silent   bool
	asked    int
	before   func()
}

func answer(code int) error {
	return (&transport.Error{Kind: transport.Status, Status: code, Policy: transport.Safe, Proof: transport.OwnWords}).Fault()
}

func (w *witness) Payment(_ context.Context, id string, _ time.Duration) (*cabinet.Payment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.before != nil {
		w.before()
	}
	state := w.payments[id]
	switch {
	case w.silent:
		return nil, answer(503)
	case state == "":
		return nil, answer(404)
	}
	return &cabinet.Payment{ID: id, State: state, AmountKopecks: 1000, UIP: "uip-" + id}, nil
}

func (w *witness) Charge(_ context.Context, uin string) (*cabinet.Charge, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.silent {
		return nil, answer(503)
	}
	state := w.charges[uin]
	if state == "" {
		state = "unpaid"
	}
	return &cabinet.Charge{UIN: uin, State: state, DueKopecks: 1000}, nil
}

func open(t *testing.T, dir string, c clock.Clock) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// unknown journals n payments whose outcome is unknown.
func unknown(t *testing.T, j journal.Journal, n int) []journal.Payment {
	t.Helper()
	var list []journal.Payment
	for i := range n {
		list = append(list, journal.Payment{Profile: "demo", Run: run, Row: i + 1, Via: journal.ViaPortal, Payer: "7700000000", UIN: fmt.Sprintf("18%018d", i+1), AmountKopecks: 1000})
	}
	results, err := j.Plan(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	var ts []journal.Transition
	for i, r := range results {
		list[i] = r.Payment
		for _, s := range [][2]journal.State{{journal.Planned, journal.Claimed}, {journal.Claimed, journal.Sending}, {journal.Sending, journal.Unknown}} {
			ts = append(ts, journal.Transition{ID: r.Payment.ID, From: s[0], To: s[1], Evidence: journal.Evidence{Witness: journal.Engine}})
		}
	}
	if err := j.Move(t.Context(), ts); err != nil {
		t.Fatal(err)
	}
	return list
}

func all(t *testing.T, d *reconcile.Desk) map[int]reconcile.Finding {
	t.Helper()
	out := map[int]reconcile.Finding{}
	for f, err := range d.Run(t.Context(), run) {
		if err != nil {
			t.Fatal(err)
		}
		out[f.Payment.Row] = f
	}
	return out
}

func said(f reconcile.Finding) string {
	var parts []string
	for _, s := range f.Says {
		parts = append(parts, fmt.Sprintf("%d %s %s", s.Rank, s.Witness, s.What))
	}
	return strings.Join(parts, ", ")
}

func TestEveryWitnessIsShownWithItsRankAndOnlyProofMoves(t *testing.T) {
	j := open(t, t.TempDir(), clock.NewManual(start()))
	p := unknown(t, j, 6)
	w := &witness{payments: map[string]string{p[0].ID: "paid", p[1].ID: "refused", p[2].ID: "accepted"}, charges: map[string]string{p[4].UIN: "paid"}}
	later := clock.NewManual(start().AddDate(0, 0, 29))
	d := &reconcile.Desk{Portal: w, Journal: j, Clock: later}
	want := map[int]struct {
		says string
		to   journal.State
	}{
		1: {"1 portal-by-id paid", journal.Paid},
		2: {"1 portal-by-id refused", journal.Refused},
		3: {"1 portal-by-id accepted", journal.Accepted},
		4: {"1 portal-by-id not-found, 3 charge-flag unpaid", ""}, // too old: not found proves nothing
		5: {"1 portal-by-id not-found, 3 charge-flag paid", journal.Paid},
		6: {"1 portal-by-id not-found, 3 charge-flag unpaid", ""},
	}
	dry := *d
	dry.Dry = true
	for _, desk := range []*reconcile.Desk{&dry, d} {
		found := all(t, desk)
		for row, w := range want {
			if f := found[row]; said(f) != w.says || f.To != w.to {
				t.Errorf("row %d: %q → %q, want %q → %q", row, said(f), f.To, w.says, w.to)
			}
		}
	}
	for i, q := range p {
		now, err := j.Payment(t.Context(), q.ID)
		state := want[i+1].to
		if state == "" {
			state = journal.Unknown
		}
		if err != nil || now.State != state {
			t.Errorf("row %d is %s, want %s (%v)", i+1, now.State, state, err)
		}
	}
}

func TestNotFoundIsProofForTwentyEightDaysAndNeverAfterwards(t *testing.T) {
	for _, tc := range []struct {
		days float64
		to   journal.State
	}{{0, journal.Planned}, {27.9, journal.Planned}, {28.1, ""}, {30.1, ""}, {365, ""}, {-0.5, ""}} {
		j := open(t, t.TempDir(), clock.NewManual(start()))
		p := unknown(t, j, 1)
		d := &reconcile.Desk{Portal: &witness{}, Journal: j, Clock: clock.NewManual(start().Add(time.Duration(tc.days * 24 * float64(time.Hour))))}
		if f := all(t, d)[1]; f.To != tc.to {
			t.Errorf("after %v days: %q, want %q", tc.days, f.To, tc.to)
		}
		now, err := j.Payment(t.Context(), p[0].ID)
		if err != nil || tc.to == "" && now.State != journal.Unknown {
			t.Errorf("after %v days: %s %v", tc.days, now.State, err)
		}
	}
}

func TestAPortalThatForgotATakenPaymentLeavesItUnknown(t *testing.T) {
	j := open(t, t.TempDir(), clock.NewManual(start()))
	p := unknown(t, j, 1)
	w := &witness{payments: map[string]string{p[0].ID: "accepted"}}
	d := &reconcile.Desk{Portal: w, Journal: j, Clock: clock.NewManual(start())}
	all(t, d)
	w.payments = nil
	if f := all(t, d)[1]; f.To != journal.Unknown {
		t.Fatalf("%+v", f)
	}
	if f := all(t, d)[1]; f.To != "" {
		t.Fatalf("what was forgotten once is to be sent again: %+v", f)
	}
}

func TestASilentPortalMovesNothingAndSaysSo(t *testing.T) {
	j := open(t, t.TempDir(), clock.NewManual(start()))
	unknown(t, j, 1)
	d := &reconcile.Desk{Portal: &witness{silent: true}, Journal: j, Clock: clock.NewManual(start())}
	f := all(t, d)[1]
	if said(f) != "1 portal-by-id no-answer, 3 charge-flag no-answer" || f.To != "" || f.Says[0].Code == "" {
		t.Fatalf("%+v", f)
	}
}

// Two processes reconcile at once, each with a journal of its own on one folder.
func TestTwoWhoReconcileAtOnceDoNotDisturbEachOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	one := open(t, dir, clock.NewManual(start()))
	const n = 60
	p := unknown(t, one, n)
	two := open(t, dir, clock.NewManual(start()))
	w := &witness{payments: map[string]string{}}
	for i, q := range p {
		w.payments[q.ID] = []string{"paid", "refused", "accepted", ""}[i%4]
	}
	var both sync.WaitGroup
	for _, j := range []journal.Journal{one, two, one, two} {
		both.Add(1)
		go func() {
			defer both.Done()
			d := &reconcile.Desk{Portal: w, Journal: j, Clock: clock.NewManual(start())}
			for _, err := range d.Run(context.Background(), run) {
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	both.Wait()
	counts, err := one.Counts(t.Context(), run)
	if err != nil || counts[journal.Paid].N != n/4 || counts[journal.Refused].N != n/4 || counts[journal.Accepted].N != n/4 || counts[journal.Planned].N != n/4 {
		t.Errorf("%+v %v", counts, err)
	}
	for _, q := range p {
		stories, err := one.Story(t.Context(), q.ID)
		if err != nil {
			t.Fatal(err)
		}
		if moves := len(stories[0].Events); moves != 5 { // planned, claimed, sending, unknown, and one more
			t.Errorf("row %d has %d events", q.Row, moves)
		}
	}
	if r, err := one.Verify(t.Context()); err != nil || r.Bad != nil {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAPaymentThatSomebodyMovedMeanwhileIsReportedAsItIs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	one := open(t, dir, clock.NewManual(start()))
	p := unknown(t, one, 1)[0]
	two := open(t, dir, clock.NewManual(start()))
	w := &witness{} // knows nothing; meanwhile another witness proves it paid
	w.before = func() {
		w.before = nil
		if err := two.Move(t.Context(), []journal.Transition{{ID: p.ID, From: journal.Unknown, To: journal.Paid, Evidence: journal.Evidence{Witness: journal.Statement}}}); err != nil {
			t.Error(err)
		}
	}
	d := &reconcile.Desk{Portal: w, Journal: one, Clock: clock.NewManual(start())}
	if f := all(t, d)[1]; f.To != journal.Paid {
		t.Fatalf("%+v", f)
	}
}

func operator(t *testing.T, name string) approval.GOST {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := gost.NewAuthority(nil, cert.Name{CommonName: "Demo CA"}, start().AddDate(-1, 0, 0), start().AddDate(5, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := gost.IssueSigning(nil, ca, cert.Name{CommonName: untrusted.Text(name), SNILS: "00000000101"}, key.Public().(*gost3410.PublicKey), start().AddDate(0, -1, 0), start().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	s, err := gost.NewKeySigner(c, key)
	if err != nil {
		t.Fatal(err)
	}
	return approval.GOST{Key: s}
}

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

// decision returns the event of a payment's last move.
func decision(t *testing.T, j journal.Journal, id string) (*journal.Payment, *journal.Change) {
	t.Helper()
	stories, err := j.Story(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	events := stories[0].Events
	c := &journal.Change{}
	if err := json.Unmarshal(events[len(events)-1].Body, c); err != nil {
		t.Fatal(err)
	}
	return stories[0].Payment, c
}

func TestADecisionIsKeptWithAReasonAndASignatureThatCanBeCheckedLater(t *testing.T) {
	j := open(t, t.TempDir(), clock.NewManual(start()))
	p := unknown(t, j, 1)[0]
	d := &reconcile.Desk{Journal: j, Clock: clock.NewManual(start())}
	why := "звонок в банк 01.07,\nэкв. 17 \"оригинал\""
	now, err := d.Decide(t.Context(), reconcile.Decision{ID: p.ID, To: journal.Paid, Why: why}, operator(t, "Оператор Демо"))
	if err != nil || now.State != journal.Paid {
		t.Fatalf("%s %v", now.State, err)
	}
	q, c := decision(t, j, p.ID)
	if c.Who != "Оператор Демо" || c.Why != why || c.Witness != journal.Operator {
		t.Fatalf("%+v", c)
	}
	signed := reconcile.VerifyDecision(t.Context(), q, c, approval.Roots{})
	if !signed.Holds || signed.By.Name != "Оператор Демо" || !signed.At.Equal(start()) {
		t.Fatalf("%+v", signed)
	}
	for name, change := range map[string]func(q *journal.Payment, c *journal.Change){
		"another outcome": func(_ *journal.Payment, c *journal.Change) { c.To = journal.Refused },
		"another reason":  func(_ *journal.Payment, c *journal.Change) { c.Why += "!" },
		"another person":  func(_ *journal.Payment, c *journal.Change) { c.Who = "Другой Демо" },
		"another sum":     func(q *journal.Payment, _ *journal.Change) { q.AmountKopecks++ },
		"another payment": func(q *journal.Payment, _ *journal.Change) { q.ID = run },
		"another charge":  func(q *journal.Payment, _ *journal.Change) { q.UIN = "1" },
		"another signature": func(_ *journal.Payment, c *journal.Change) {
			c.Details = bytes.Replace(c.Details, []byte("A"), []byte("B"), 1)
		},
		"another moment": func(_ *journal.Payment, c *journal.Change) {
			c.Details = bytes.Replace(c.Details, []byte("2026-07-01T09"), []byte("2026-07-01T08"), 1)
		},
	} {
		q2, c2 := *q, *c
		change(&q2, &c2)
		if got := reconcile.VerifyDecision(t.Context(), &q2, &c2, approval.Roots{}); got.Holds || errors.Is(got.Err, reconcile.ErrUnsigned) && name != "another signature" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	c.Details = nil
	if got := reconcile.VerifyDecision(t.Context(), q, c, approval.Roots{}); got.Holds || !errors.Is(got.Err, reconcile.ErrUnsigned) {
		t.Errorf("%+v", got)
	}
}

func TestAllDecisionsOfAJournalAreCheckedAndTheUnsignedNamed(t *testing.T) {
	j := open(t, t.TempDir(), clock.NewManual(start()))
	ps := unknown(t, j, 4)
	d := &reconcile.Desk{Journal: j, Clock: clock.NewManual(start())}
	for i, to := range []journal.State{journal.Paid, journal.Refused} {
		if _, err := d.Decide(t.Context(), reconcile.Decision{ID: ps[i].ID, To: to, Why: "звонок в банк"}, operator(t, "Оператор Демо")); err != nil {
			t.Fatal(err)
		}
	}
	// What a signature was made for is not what is recorded.
	_, c := decision(t, j, ps[0].ID)
	for i, e := range []journal.Evidence{{Witness: journal.Operator, Who: "Оператор Демо", Why: "звонок в банк", Details: c.Details}, {Witness: journal.Operator, Who: "Никто", Why: "так"}} {
		if err := j.Move(t.Context(), []journal.Transition{{ID: ps[2+i].ID, From: journal.Unknown, To: journal.Paid, Evidence: e}}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := reconcile.VerifyDecisions(t.Context(), j, approval.Roots{})
	if err != nil || got.N != 4 || got.BadN != 2 || len(got.Bad) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if b := got.Bad[0]; b.Payment != ps[2].ID || b.Seq == 0 || errors.Is(b.Signed.Err, reconcile.ErrUnsigned) {
		t.Errorf("%+v", b)
	}
	if b := got.Bad[1]; b.Payment != ps[3].ID || b.Who != "Никто" || !errors.Is(b.Signed.Err, reconcile.ErrUnsigned) {
		t.Errorf("%+v", b)
	}
}

func TestADecisionThatMustNotBeTakenIsRefusedBeforeItIsSigned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	j := open(t, dir, clock.NewManual(start()))
	p := unknown(t, j, 3)
	d := &reconcile.Desk{Journal: j, Clock: clock.NewManual(start())}
	s := operator(t, "Оператор Демо")
	if _, err := d.Decide(t.Context(), reconcile.Decision{ID: p[0].ID, To: journal.Paid, Why: "банк подтвердил"}, s); err != nil {
		t.Fatal(err)
	}
	other := open(t, dir, clock.NewManual(start()))
	if err := other.Move(t.Context(), []journal.Transition{{ID: p[1].ID, From: journal.Unknown, To: journal.Planned, Evidence: journal.Evidence{Witness: journal.PortalByID}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Claim(t.Context(), journal.Claim{Run: run, IDs: []string{p[1].ID}}); err != nil {
		t.Fatal(err)
	}
	old := &reconcile.Desk{Journal: j, Clock: clock.NewManual(start().AddDate(0, 0, 29))}
	signs := 0
	counting := counted{s, &signs}
	for _, tc := range []struct {
		name string
		desk *reconcile.Desk
		x    reconcile.Decision
		code string
	}{
		{"a final one", d, reconcile.Decision{ID: p[0].ID, To: journal.Refused, Why: "передумали"}, "decision.final"},
		{"in another's hands", d, reconcile.Decision{ID: p[1].ID, To: journal.Refused, Why: "x"}, "decision.in_hand"},
		{"no reason", d, reconcile.Decision{ID: p[2].ID, To: journal.Paid, Why: "  "}, "decision.no_reason"},
		{"a very long reason", d, reconcile.Decision{ID: p[2].ID, To: journal.Paid, Why: strings.Repeat("x", 1001)}, "decision.reason_too_long"},
		{"an impossible outcome", d, reconcile.Decision{ID: p[2].ID, To: journal.Claimed, Why: "x"}, "decision.impossible"},
		{"again, after the portal may have forgotten", old, reconcile.Decision{ID: p[2].ID, To: journal.Planned, Why: "x"}, "decision.forgotten"},
	} {
		if _, err := tc.desk.Decide(t.Context(), tc.x, counting); codeOf(err) != tc.code {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.code)
		}
	}
	if signs != 0 {
		t.Errorf("%d signatures were made for nothing", signs)
	}
	now, err := d.Decide(t.Context(), reconcile.Decision{ID: p[2].ID, To: journal.Planned, Why: "портал подтвердил, что не приходил"}, s)
	if err != nil || now.State != journal.Planned || !billing.CarriedOf(&now).Lost {
		t.Errorf("%+v %v", now, err)
	}
}

type counted struct {
	approval.Signer
	n *int
}

func (c counted) Sign(ctx context.Context, content []byte, at time.Time) ([]byte, error) {
	*c.n++
	return c.Signer.Sign(ctx, content, at)
}
