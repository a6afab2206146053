// Package billing pays charges so that money never moves twice: every payment
// is journalled, durably, before anything is sent, and nothing whose outcome is
// unknown is sent again. Commands, the TUI and batch runs use it; it knows no
// terminal and no HTTP.
package billing

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/delivery"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what this package needs of the cabinet API.
type Portal interface {
	Charge(ctx context.Context, uin string) (*cabinet.Charge, error)
	// Pay sends a payment once; its ID is the idempotency key.
	Pay(ctx context.Context, req cabinet.PaymentRequest) (*cabinet.Payment, error)
	// Payment returns a payment by the ID that the client gave it; wait asks the
	// portal to answer when something happens, or after so long.
	Payment(ctx context.Context, id string, wait time.Duration) (*cabinet.Payment, error)
	ConfirmPayment(ctx context.Context, id, code string) (*cabinet.Payment, error)
	PaymentMethods(ctx context.Context) ([]cabinet.PaymentMethod, error)
}

// Ledger is the part of the journal that holds payments.
type Ledger interface {
	Plan(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error)
	Claim(ctx context.Context, claim journal.Claim) ([]journal.Payment, error)
	Move(ctx context.Context, transitions []journal.Transition) error
	Recover(ctx context.Context) (journal.Recovered, error)
	Payment(ctx context.Context, id string) (journal.Payment, error)
	ByUIN(ctx context.Context, uin string) ([]journal.Payment, error)
	ByKey(ctx context.Context, key string) ([]journal.Payment, error)
	List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error]
}

// Engine pays.
type Engine struct {
	Portal  Portal
	Journal Ledger
	Clock   clock.Clock
	Profile string

	mu   sync.Mutex
	self *self // who pays, once the portal has said it
}

// Quote is a payment that could be made now: the charge, the sum, and what the
// payer should know before saying yes.
type Quote struct {
	Charge        cabinet.Charge
	AmountKopecks int64
	Method        string
	Warnings      []i18n.Message
	Override      *journal.Override
	// Requisites are set for a payment without a charge; Charge then holds what
	// they say.
	Requisites *cabinet.Requisites
	// Via is the road, the portal when empty; Carried goes with the payment.
	Via     journal.Via
	Carried Carried

	resume *journal.Payment // planned earlier, never sent
}

// forBank is a portal that gives the texts of a charge as a bank must read them,
// in Russian, whatever language the interface speaks.
type forBank interface {
	ChargeForBank(ctx context.Context, uin string) (*cabinet.Charge, error)
}

// PayRequest says what to pay.
type PayRequest struct {
	UIN    string
	Method string
	// ExpectKopecks refuses any other sum; 0 does not check.
	ExpectKopecks int64
	// Override is a recorded decision to pay although the journal says no.
	Override *journal.Override
	// Via is the road, the portal when empty; Carried goes with the payment.
	Via     journal.Via
	Carried Carried
}

// Quote looks at the journal, then at the portal, and says what paying would
// mean. It sends nothing and moves only what a witness proves.
func (e *Engine) Quote(ctx context.Context, req PayRequest) (*Quote, error) {
	if _, err := e.Journal.Recover(ctx); err != nil {
		return nil, err
	}
	known, err := e.Journal.ByUIN(ctx, req.UIN)
	if err != nil {
		return nil, err
	}
	q := &Quote{Method: req.Method, Override: req.Override, Via: req.Via, Carried: req.Carried}
	if q.resume, err = e.held(ctx, known, req.Override); err != nil {
		return nil, err
	}
	look := e.Portal.Charge
	if p, ok := e.Portal.(forBank); ok && req.Via.ByBank() {
		look = p.ChargeForBank
	}
	charge, err := look(ctx, req.UIN)
	if err != nil {
		return nil, err
	}
	q.Charge = *charge
	switch q.Charge.State {
	case "paid":
		if req.Override == nil {
			return nil, fault.New(exitcode.Conflict, "payment.already_paid", i18n.Text{
				RU: "начисление %s уже оплачено", EN: "charge %s is already paid"}.With(req.UIN)).
				Advise(receiptHint(q.Charge.PaymentID))
		}
	case "annulled":
		return nil, fault.New(exitcode.Refused, "charge.annulled", i18n.Text{
			RU: "начисление %s отменено ведомством, платить не нужно", EN: "charge %s was annulled, there is nothing to pay"}.With(req.UIN))
	}
	if q.Charge.State == "forcibly-settled" {
		return nil, fault.New(exitcode.Conflict, "charge.forcibly_settled", i18n.Text{
			RU: "начисление %s уже взыскано принудительно, платить не нужно", EN: "charge %s was collected by force already, there is nothing to pay"}.With(req.UIN))
	}
	q.AmountKopecks = q.Charge.DueKopecks
	if q.AmountKopecks <= 0 {
		return nil, fault.New(exitcode.Conflict, "charge.nothing_due", i18n.Text{
			RU: "по начислению %s платить нечего", EN: "nothing is due on charge %s"}.With(req.UIN))
	}
	if req.ExpectKopecks != 0 && req.ExpectKopecks != q.AmountKopecks {
		return nil, fault.New(exitcode.Conflict, "charge.amount_differs", i18n.Text{
			RU: "к оплате %s, а вы указали %s; ничего не отправлено", EN: "%s is due, but you gave %s; nothing was sent"}.
			With(i18n.Money(q.AmountKopecks), i18n.Money(req.ExpectKopecks)))
	}
	return q, e.complete(ctx, q)
}

// complete finds out what a quote lacks: the way to pay and what to warn of.
func (e *Engine) complete(ctx context.Context, q *Quote) error {
	var err error
	if q.Method == "" && !q.Via.ByBank() {
		if q.Method, err = e.usualMethod(ctx); err != nil {
			return err
		}
	}
	facts := Facts{Now: e.Clock.Now()}
	if q.Requisites == nil {
		if facts.Self, err = e.identify(ctx); err != nil {
			return err
		}
	}
	if facts.Last, err = e.lastTo(ctx, q.Charge.Payee); err != nil {
		return err
	}
	q.Warnings = Warnings(q.Charge, facts)
	return nil
}

// held says whether the journal lets a payment be made again, settling first
// what a witness can settle. It returns one that was planned and never sent. A
// decision to pay again is one payment: only what was begun by the same reason
// stands for it, and a command that was cut off finishes that.
func (e *Engine) held(ctx context.Context, known []journal.Payment, override *journal.Override) (resume *journal.Payment, err error) {
	for _, p := range known {
		if p.Profile != e.Profile || override != nil && !journal.SameReason(p.Again(), override.Reason) {
			continue
		}
		if (p.State == journal.Unknown || p.State == journal.Accepted) && !p.Via.ByBank() {
			// The portal is asked first; nothing is sent on a guess. Of what went
			// straight to a bank it knows nothing.
			settled, err := e.Settle(ctx, p)
			if err != nil && p.State == journal.Unknown {
				return nil, StillUnknown(p).Because(err)
			}
			if err != nil {
				return nil, err
			}
			p = settled
		}
		switch p.State {
		case journal.Paid:
			if override != nil {
				return nil, PaidForThisReason(p)
			}
			return nil, AlreadyPaid(p)
		case journal.Unknown:
			return nil, StillUnknown(p)
		case journal.Accepted, journal.Claimed, journal.Sending:
			return nil, InFlight(p)
		case journal.Planned:
			if p.Run != "" {
				return nil, InFlight(p) // it belongs to a plan
			}
			resume = &p
		}
	}
	return resume, nil
}

// usualMethod is the way to pay when nobody names one: the portal's default,
// else the first.
func (e *Engine) usualMethod(ctx context.Context) (string, error) {
	methods, err := e.Portal.PaymentMethods(ctx)
	if err != nil {
		return "", err
	}
	for _, m := range methods {
		if m.Default {
			return m.ID, nil
		}
	}
	if len(methods) == 0 {
		return "", fault.New(exitcode.Refused, "payment.no_method", i18n.Say(
			"портал не предлагает ни одного способа оплаты", "the portal offers no way to pay"))
	}
	return methods[0].ID, nil
}

// Pay makes the payment of a quote: journal, send once, journal what came back.
// The payment it returns is what the journal holds afterwards.
func (e *Engine) Pay(ctx context.Context, q *Quote) (journal.Payment, error) {
	p, err := e.plan(ctx, q)
	if err != nil {
		return p, err
	}
	claimed, err := e.Journal.Claim(ctx, journal.Claim{IDs: []string{p.ID}})
	if err != nil {
		return p, err
	}
	if len(claimed) == 0 {
		return p, InFlight(p)
	}
	p = claimed[0]
	// From this commit on the request may be on its way: if this process dies,
	// the payment is unknown and only a witness moves it.
	if err := e.move(ctx, &p, journal.Sending, journal.Transition{}); err != nil {
		return p, err
	}
	answer, err := e.Portal.Pay(ctx, CarriedOf(&p).Request(&p, q.Method))
	var t journal.Transition
	fate := delivery.Lost
	if err == nil {
		var strange error
		if _, _, strange = Answered(&p, answer, journal.Engine); strange == nil {
			if err = e.record(ctx, &p, answer, journal.Engine); p.State == journal.Sending {
				err = notWritten(p, err)
			}
			return p, err
		}
		err = strange // a good answer, about something else
		t = Strange(&p, strange)
	} else if paid, settled := Elsewhere(ctx, e.Portal, &p, err); settled {
		if err := e.move(ctx, &p, paid.To, paid); err != nil {
			return p, err
		}
		return p, AlreadyPaid(p)
	} else {
		t, fate = Failed(&p, err)
	}
	if err2 := e.move(ctx, &p, t.To, t); err2 != nil && fate != delivery.NotDone {
		return p, notWritten(p, errors.Join(err, err2))
	} else if fate != delivery.Lost || err2 != nil {
		return p, errors.Join(err, err2)
	}
	// The answer is lost, not the portal: ask what it knows of this very id.
	settled, err2 := e.Settle(ctx, p)
	if err2 != nil || settled.State == journal.Unknown {
		return p, StillUnknown(p).Because(err)
	}
	if settled.State == journal.Planned {
		return settled, fault.New(exitcode.Unavailable, "payment.not_arrived", i18n.Say(
			"связь прервалась, платёж до портала не дошёл; деньги не списаны", "the connection broke and the payment did not reach the portal; no money moved")).
			Because(err).Advise(i18n.Say("повторите ту же команду", "repeat the same command"))
	}
	return settled, outcome(settled)
}

// plan journals the payment, or takes up one that was journalled and never sent.
func (e *Engine) plan(ctx context.Context, q *Quote) (journal.Payment, error) {
	via := q.Via
	if via == "" {
		via = journal.ViaPortal
	}
	if old := q.resume; old != nil {
		if old.AmountKopecks == q.AmountKopecks && old.Via == via && via == journal.ViaPortal {
			return *old, nil
		}
		if CarriedOf(old).Lost {
			return *old, StillUnknown(*old) // an earlier sending may yet arrive: it cannot be withdrawn
		}
		// The sum or the road has changed since: the old intention is withdrawn first.
		p := *old
		if err := e.move(ctx, &p, journal.Refused, journal.Transition{Reason: journal.Reason{Code: "amount.changed"}}); err != nil {
			return p, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return journal.Payment{}, err
	}
	c := q.Charge
	carried := q.Carried
	carried.Requisites = q.Requisites
	extra, err := carried.Extra()
	if err != nil {
		return journal.Payment{}, err
	}
	p := journal.Payment{
		ID: id.String(), Profile: e.Profile, Via: via, Payer: e.payerOf(c), UIN: c.UIN, AmountKopecks: q.AmountKopecks, Extra: extra,
		PayeeName: c.Payee.Name.String(), PayeeAccount: c.Payee.Account, BIK: c.Payee.BIK, KBK: c.Payee.KBK, OKTMO: c.Payee.OKTMO,
		Purpose: c.Purpose.String(), Override: q.Override,
	}
	if r := q.Requisites; r != nil {
		p.Period, p.ActCode = r.Period, r.ActCode
	}
	res, err := e.Journal.Plan(ctx, []journal.Payment{p})
	if err != nil {
		return p, err
	}
	got := res[0].Payment
	if res[0].Outcome == journal.Duplicate {
		switch got.State {
		case journal.Paid:
			if q.Override != nil {
				return got, PaidForThisReason(got)
			}
			return got, AlreadyPaid(got)
		case journal.Unknown:
			return got, StillUnknown(got)
		}
		return got, InFlight(got)
	}
	return got, nil
}

func (e *Engine) move(ctx context.Context, p *journal.Payment, to journal.State, t journal.Transition) error {
	t.ID, t.From, t.To = p.ID, p.State, to
	if t.Evidence.Witness == "" {
		t.Evidence.Witness = journal.Engine
	}
	// What was seen is written down even when the user has just pressed Ctrl-C.
	if err := e.Journal.Move(context.WithoutCancel(ctx), []journal.Transition{t}); err != nil {
		return err
	}
	p.State, p.Reason = to, t.Reason
	if t.Extra != nil {
		p.Extra = t.Extra
	}
	if t.ReceiptID != "" {
		p.ReceiptID = t.ReceiptID
	}
	if t.PortalPaymentID != "" {
		p.PortalPaymentID = t.PortalPaymentID
	}
	return nil
}

// record writes down what the portal says of a payment.
func (e *Engine) record(ctx context.Context, p *journal.Payment, answer *cabinet.Payment, w journal.Witness) error {
	t, ok, err := Answered(p, answer, w)
	if err != nil || !ok {
		return err
	}
	if err := e.move(ctx, p, t.To, t); err != nil {
		return err
	}
	if t.To == journal.Refused {
		return refusal(*p, *answer)
	}
	return nil
}

// Settle asks the portal about a payment that is unknown or accepted and
// records the answer. A portal that does not know the ID proves that it never
// arrived.
func (e *Engine) Settle(ctx context.Context, p journal.Payment) (journal.Payment, error) {
	answer, err := e.Portal.Payment(ctx, p.ID, 0)
	if fault.ExitOf(err) == exitcode.NotFound && err != nil {
		return e.unknownThere(ctx, p)
	}
	if err != nil {
		return p, err
	}
	err = e.record(ctx, &p, answer, journal.PortalByID)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == CodeRefused {
		err = nil // that it was refused is an answer, not a failure to get one
	}
	return p, err
}

// unknownThere records that the portal has never seen a payment, if that proves anything.
func (e *Engine) unknownThere(ctx context.Context, p journal.Payment) (journal.Payment, error) {
	t, ok, err := NotFound(&p, e.Clock.Now())
	if err != nil || !ok {
		return p, err
	}
	err = e.move(ctx, &p, t.To, t)
	return p, err
}

// Follow waits until an accepted payment is paid or refused, for at most so
// long. It returns exit code Pending when the time is up first.
func (e *Engine) Follow(ctx context.Context, id string, atMost time.Duration, confirm func(context.Context, cabinet.Factor) (string, error)) (journal.Payment, error) {
	p, err := e.Journal.Payment(ctx, id)
	if err != nil {
		return p, err
	}
	deadline := e.Clock.Now().Add(atMost)
	limited, cancel := context.WithTimeout(ctx, max(atMost, 0)) // reaches every request and its answer
	defer cancel()
	pause := 100 * time.Millisecond
	for p.State == journal.Accepted {
		left := deadline.Sub(e.Clock.Now())
		if left <= 0 || limited.Err() != nil && ctx.Err() == nil {
			return p, pending(p)
		}
		answer, err := e.Portal.Payment(limited, p.ID, min(left, 30*time.Second))
		if err == nil && answer.State == "confirming" && answer.Confirm != nil {
			if answer, err = e.confirm(ctx, limited, &p, answer, confirm); err != nil {
				return p, err
			}
		}
		switch {
		case err == nil:
			if err := e.record(ctx, &p, answer, journal.PortalByID); err != nil {
				return p, err
			}
			if p.State != journal.Accepted {
				return p, outcome(p)
			}
		case fault.ExitOf(err) == exitcode.NotFound:
			if p, err = e.unknownThere(ctx, p); err != nil {
				return p, err
			}
			return p, outcome(p)
		case limited.Err() != nil && ctx.Err() == nil:
			continue // in the middle of the question
		case fault.ExitOf(err) != exitcode.Unavailable:
			return p, err
		}
		if err := e.Clock.Sleep(ctx, min(pause, max(left, 0))); err != nil {
			return p, err
		}
		pause = min(2*pause, 5*time.Second)
	}
	return p, outcome(p)
}

// codeTime is the least that a confirmation gets.
const codeTime = 15 * time.Second

// confirm gives the code that a payment waits for and returns the payment as it
// is then. Whoever looks for the code takes the time they need, and the code is then sent
// all the same: its requests get what is left of the wait, or codeTime. An answer to the code that is lost, or proves nothing, is no matter: the
// payment itself is asked.
func (e *Engine) confirm(ctx, limited context.Context, p *journal.Payment, answer *cabinet.Payment, ask func(context.Context, cabinet.Factor) (string, error)) (*cabinet.Payment, error) {
	if ask == nil {
		return nil, needsCode(*p)
	}
	code, err := ask(ctx, *answer.Confirm)
	switch {
	case errors.Is(err, ErrElsewhere):
		return answer, nil
	case err != nil:
		return nil, err
	}
	left := codeTime
	if until, ok := limited.Deadline(); ok {
		left = max(left, time.Until(until))
	}
	limited, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	confirmed, err := e.Portal.ConfirmPayment(limited, p.ID, code)
	if err == nil || delivery.Of(err) != delivery.Lost {
		return confirmed, err
	}
	now, err2 := e.Portal.Payment(limited, p.ID, 0)
	if err2 != nil {
		return nil, confirmationUnknown(*p, errors.Join(err, err2))
	}
	if now.State == "confirming" {
		return nil, notConfirmed(*p, err)
	}
	return now, nil
}
