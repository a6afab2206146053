package billing_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

const uin = "18810177170325189254"

// bank is a portal that keeps money: what it did not see it did not take.
type bank struct {
	due      int64
	state    string // of the charge
	payments map[string]*cabinet.Payment
	received int // requests to pay that arrived
	moved    int64
	// next failure of Pay: before or after the work is done
	failBefore, failAfter error
	failAsk               error
	settle                string // state that a payment gets at once
}

func newBank() *bank {
	return &bank{due: 600000, state: "unpaid", payments: map[string]*cabinet.Payment{}, settle: "accepted"}
}

func (b *bank) Charge(context.Context, string) (*cabinet.Charge, error) {
	return &cabinet.Charge{UIN: uin, Kind: "duty", State: b.state, Title: "Пошлина", AmountKopecks: b.due, DueKopecks: b.due, PayerID: "1140000000000000000009",
		Payee: cabinet.Payee{Name: "УФК", KBK: "18810806000018003110"}}, nil
}

func (b *bank) Pay(_ context.Context, req cabinet.PaymentRequest) (*cabinet.Payment, error) {
	if b.failBefore != nil {
		return nil, b.failBefore
	}
	b.received++
	p, ok := b.payments[req.ID]
	if !ok {
		p = &cabinet.Payment{ID: req.ID, UIN: req.UIN, AmountKopecks: req.AmountKopecks, State: b.settle, ReceiptID: "r-" + req.ID}
		if b.settle == "refused" {
			p.Reason = &cabinet.Reason{Code: "insufficient_funds", Text: "Не хватает денег", Advice: "Пополните счёт"}
		} else {
			b.moved += req.AmountKopecks
		}
		b.payments[req.ID] = p
	}
	if b.failAfter != nil {
		return nil, b.failAfter
	}
	c := *p
	return &c, nil
}

func (b *bank) Payment(_ context.Context, id string, _ time.Duration) (*cabinet.Payment, error) {
	if b.failAsk != nil {
		return nil, b.failAsk
	}
	p, ok := b.payments[id]
	if !ok {
		return nil, fault.New(exitcode.NotFound, "payment.not_found", i18n.Say("нет", "none"))
	}
	if p.State == "accepted" {
		p.State = "paid"
	}
	c := *p
	return &c, nil
}

func (b *bank) ConfirmPayment(_ context.Context, id, code string) (*cabinet.Payment, error) {
	if code != "1234" {
		return nil, fault.New(exitcode.Refused, "payment.wrong_code", i18n.Say("не тот код", "wrong code"))
	}
	b.payments[id].State, b.payments[id].Confirm = "paid", nil
	c := *b.payments[id]
	return &c, nil
}

func (b *bank) PaymentMethods(context.Context) ([]cabinet.PaymentMethod, error) {
	return []cabinet.PaymentMethod{{ID: "card"}, {ID: "account", Default: true}}, nil
}

func lost() error {
	return (&transport.Error{Kind: transport.Lost, Method: "POST", Policy: transport.Once, Err: errors.New("reset")}).Fault()
}

func neverSent() error {
	return (&transport.Error{Kind: transport.NeverSent, Method: "POST", Policy: transport.Once, Err: errors.New("refused")}).Fault()
}

func status(code int) error {
	return (&transport.Error{Kind: transport.Status, Status: code, Method: "POST", Policy: transport.Once, Proof: transport.ProvesRefused}).Fault()
}

func open(t *testing.T, dir string) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Clock: standing()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// standing is the clock of both the engine and the journal.
func standing() clock.Clock { return clock.NewManual(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)) }

func engine(b *bank, j journal.Journal) *billing.Engine {
	return &billing.Engine{Portal: b, Journal: j, Clock: standing(), Profile: "sandbox"}
}

func pay(t *testing.T, e *billing.Engine) (journal.Payment, error) {
	t.Helper()
	q, err := e.Quote(t.Context(), billing.PayRequest{UIN: uin})
	if err != nil {
		return journal.Payment{}, err
	}
	p, err := e.Pay(t.Context(), q)
	if err != nil {
		return p, err
	}
	return e.Follow(t.Context(), p.ID, time.Minute, nil)
}

func wantExit(t *testing.T, err error, code exitcode.Code) {
	t.Helper()
	if got := fault.ExitOf(err); got != code {
		t.Fatalf("exit %d, want %d: %v", got, code, err)
	}
}

func wantMoved(t *testing.T, b *bank, kopecks int64) {
	t.Helper()
	if b.moved != kopecks {
		t.Fatalf("%d kopecks moved, want %d", b.moved, kopecks)
	}
}

func TestAPaidChargeIsNotPaidAgainAndNamesItsReceipt(t *testing.T) {
	b := newBank()
	e := engine(b, open(t, t.TempDir()))
	p, err := pay(t, e)
	if err != nil || p.State != journal.Paid {
		t.Fatalf("%+v, %v", p, err)
	}
	_, err = pay(t, e)
	wantExit(t, err, exitcode.Conflict)
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != billing.CodeAlreadyPaid || !strings.Contains(f.Message.In(i18n.EN), p.ReceiptID) {
		t.Fatalf("%v does not name receipt %s", err, p.ReceiptID)
	}
	wantMoved(t, b, 600000)
}

func TestALostAnswerIsAskedForAndNeverSentAgain(t *testing.T) {
	b := newBank()
	b.failAfter = lost()
	e := engine(b, open(t, t.TempDir()))
	// The portal answers the question, so the payment is known after all.
	p, err := pay(t, e)
	if err != nil || p.State != journal.Paid {
		t.Fatalf("%+v, %v", p, err)
	}
	if b.received != 1 {
		t.Fatalf("%d requests to pay arrived", b.received)
	}
	wantMoved(t, b, 600000)
}

func TestAnUnknownPaymentIsNotSentWhileThePortalDoesNotAnswer(t *testing.T) {
	b := newBank()
	b.failAfter, b.failAsk = lost(), status(503)
	e := engine(b, open(t, t.TempDir()))
	_, err := pay(t, e)
	wantExit(t, err, exitcode.Unknown)
	for range 3 {
		_, err = pay(t, e)
		wantExit(t, err, exitcode.Unknown)
	}
	if b.received != 1 {
		t.Fatalf("%d requests to pay arrived", b.received)
	}
	b.failAfter, b.failAsk = nil, nil
	_, err = pay(t, e)
	wantExit(t, err, exitcode.Conflict) // it was paid all along
	wantMoved(t, b, 600000)
}

func TestARequestThatNeverArrivedIsSentAgainUnderTheSameID(t *testing.T) {
	b := newBank()
	b.failBefore, b.failAsk = lost(), status(503)
	e := engine(b, open(t, t.TempDir()))
	first, err := pay(t, e)
	wantExit(t, err, exitcode.Unknown)
	b.failBefore, b.failAsk = nil, nil
	p, err := pay(t, e)
	if err != nil || p.State != journal.Paid || p.ID != first.ID {
		t.Fatalf("%+v, %v; first was %s", p, err, first.ID)
	}
	wantMoved(t, b, 600000)
}

func TestARequestThatDidNotLeaveMayBeRepeatedAtOnce(t *testing.T) {
	b := newBank()
	b.failBefore = neverSent()
	e := engine(b, open(t, t.TempDir()))
	_, err := pay(t, e)
	wantExit(t, err, exitcode.Unavailable)
	b.failBefore = nil
	if p, err := pay(t, e); err != nil || p.State != journal.Paid {
		t.Fatalf("%+v, %v", p, err)
	}
	wantMoved(t, b, 600000)
}

func TestADeadProcessLeavesAnUnknownPaymentThatOnlyThePortalMoves(t *testing.T) {
	dir := t.TempDir()
	b := newBank()
	// The process dies between the journal and the answer: what it had marked as
	// sending stays so.
	died, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Clock: standing()})
	if err != nil {
		t.Fatal(err)
	}
	res, err := died.Plan(t.Context(), []journal.Payment{{Profile: "sandbox", Via: journal.ViaPortal, Payer: "1140000000000000000009", UIN: uin, AmountKopecks: 600000}})
	if err != nil {
		t.Fatal(err)
	}
	id := res[0].Payment.ID
	if _, err := died.Claim(t.Context(), journal.Claim{IDs: []string{id}}); err != nil {
		t.Fatal(err)
	}
	if err := died.Move(t.Context(), []journal.Transition{{ID: id, From: journal.Claimed, To: journal.Sending, Evidence: journal.Evidence{Witness: journal.Engine}}}); err != nil {
		t.Fatal(err)
	}
	if err := died.Close(); err != nil {
		t.Fatal(err)
	}
	e := engine(b, open(t, dir))
	b.failAsk = status(503)
	_, err = pay(t, e)
	wantExit(t, err, exitcode.Unknown)
	wantMoved(t, b, 0)
	b.failAsk = nil
	p, err := pay(t, e) // the portal says that it never came: now it may be sent
	if err != nil || p.ID != id || p.State != journal.Paid {
		t.Fatalf("%+v, %v", p, err)
	}
	wantMoved(t, b, 600000)
}

func TestARefusedPaymentIsRepeatedAsANewLinkedOne(t *testing.T) {
	b := newBank()
	b.settle = "refused"
	e := engine(b, open(t, t.TempDir()))
	first, err := pay(t, e)
	wantExit(t, err, exitcode.Refused)
	var f *fault.Error
	if !errors.As(err, &f) || f.Hint.In(i18n.RU) != "Пополните счёт" {
		t.Fatalf("the portal's advice is lost: %v", err)
	}
	b.settle = "accepted"
	p, err := pay(t, e)
	if err != nil || p.ID == first.ID || p.LinkedTo != first.ID {
		t.Fatalf("%+v, %v; first was %s", p, err, first.ID)
	}
	wantMoved(t, b, 600000)
}

func TestADenialOnTheWireMovesNothing(t *testing.T) {
	b := newBank()
	b.failBefore = status(409)
	e := engine(b, open(t, t.TempDir()))
	p, err := pay(t, e)
	wantExit(t, err, exitcode.Conflict)
	if p.State != journal.Refused {
		t.Fatalf("%+v", p)
	}
	wantMoved(t, b, 0)
}

func TestAnotherSumThanExpectedSendsNothing(t *testing.T) {
	b := newBank()
	e := engine(b, open(t, t.TempDir()))
	_, err := e.Quote(t.Context(), billing.PayRequest{UIN: uin, ExpectKopecks: 1})
	wantExit(t, err, exitcode.Conflict)
	if b.received != 0 {
		t.Fatal("something was sent")
	}
}

func TestASumThatChangedSinceThePlanIsPlannedAnew(t *testing.T) {
	b := newBank()
	b.failBefore = neverSent()
	e := engine(b, open(t, t.TempDir()))
	_, err := pay(t, e)
	wantExit(t, err, exitcode.Unavailable)
	b.failBefore, b.due = nil, 300000 // a discount began
	p, err := pay(t, e)
	if err != nil || p.AmountKopecks != 300000 {
		t.Fatalf("%+v, %v", p, err)
	}
	wantMoved(t, b, 300000)
}

func TestTwoProcessesPayOneChargeOnce(t *testing.T) {
	dir := t.TempDir()
	b := newBank()
	one, two := engine(b, open(t, dir)), engine(b, open(t, dir))
	q1, err := one.Quote(t.Context(), billing.PayRequest{UIN: uin})
	if err != nil {
		t.Fatal(err)
	}
	q2, err := two.Quote(t.Context(), billing.PayRequest{UIN: uin})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Pay(t.Context(), q1); err != nil {
		t.Fatal(err)
	}
	_, err = two.Pay(t.Context(), q2)
	wantExit(t, err, exitcode.Conflict)
	wantMoved(t, b, 600000)
}

func TestACodeConfirmsAPaymentThatAsksForOne(t *testing.T) {
	b := newBank()
	b.settle = "confirming"
	e := engine(b, open(t, t.TempDir()))
	q, err := e.Quote(t.Context(), billing.PayRequest{UIN: uin, Method: "card"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Pay(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	b.payments[p.ID].Confirm = &cabinet.Factor{Kind: "sms", Target: "+7 *** 01"}
	_, err = e.Follow(t.Context(), p.ID, time.Minute, nil)
	wantExit(t, err, exitcode.Pending)
	got, err := e.Follow(t.Context(), p.ID, time.Minute, func(context.Context, cabinet.Factor) (string, error) { return "1234", nil })
	if err != nil || got.State != journal.Paid {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestRublesAreReadExactly(t *testing.T) {
	for in, want := range map[string]int64{
		"6000": 600000, "6000,5": 600050, "1 234,56": 123456, "1\u00a0234.56 ₽": 123456, "0,01": 1, "92233720368547758,07": 9223372036854775807,
	} {
		if got, err := billing.ParseRubles(in); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "-1", "1,234,56", "1.234", "abc", "1e3", "92233720368547758,08", ",5", "5,"} {
		if got, err := billing.ParseRubles(in); err == nil {
			t.Errorf("%q was read as %d", in, got)
		}
	}
}
