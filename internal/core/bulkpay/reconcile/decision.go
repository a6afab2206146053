package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Decision is a person's word about one payment that no witness can settle.
type Decision struct {
	ID  string
	To  journal.State
	Why string
	// Document is the bank's document that the decision rests on: what settled the
	// payment, or what brought its money back. It may be nil.
	Document *journal.Document
}

// signedDecision is what the journal's evidence keeps of a signature. Together
// with the payment and the event it stands in, it is everything that was signed.
type signedDecision struct {
	Decision    int       `json:"decision"` // version of the statement
	At          time.Time `json:"at"`
	Certificate string    `json:"certificate"` // Streebog-256, hex
	Signature   []byte    `json:"signature"`   // detached CMS over the statement, DER
}

const decisionVersion = 1

// maxWhy bounds a reason, bytes.
const maxWhy = 1_000

// statement is what the person who decides signs, in words that can be read in any
// viewer of signatures; every value stands on a line of its own.
func statement(p *journal.Payment, from, to journal.State, who, why string, d *signedDecision) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "epgu payment decision %d\npayment %s\nrun %s row %d\nuin %q\nkopecks %d\nfrom %s\nto %s\nat %s\nby %q\ncertificate %s\nwhy %q\n",
		d.Decision, p.ID, p.Run, p.Row, p.UIN, p.AmountKopecks, from, to, d.At.UTC().Format(time.RFC3339), who, d.Certificate, why)
	return []byte(b.String())
}

// Decide signs a decision and records it with its signature. A payment that is
// final is not moved. That a payment never arrived, so that it may be sent again
// under its ID, can be decided only while the portal knows IDs of its age.
func (d *Desk) Decide(ctx context.Context, x Decision, s approval.Signer) (journal.Payment, error) {
	if !d.Dry {
		// What a dead process was sending is unknown and may be decided about.
		if _, err := d.Journal.Recover(ctx); err != nil {
			return journal.Payment{}, err
		}
	}
	p, err := d.Journal.Payment(ctx, x.ID)
	if err != nil {
		return p, err
	}
	t, err := d.decided(&p, x)
	if err != nil {
		return p, err
	}
	who := s.Identity()
	sd := &signedDecision{Decision: decisionVersion, At: d.Clock.Now().UTC().Truncate(time.Second), Certificate: who.Certificate}
	text := statement(&p, t.From, t.To, who.Name, x.Why, sd)
	if sd.Signature, err = s.Sign(ctx, text, sd.At); err != nil {
		return p, err
	}
	if _, err := (approval.Roots{}).Verify(ctx, text, sd.Signature, sd.At); err != nil {
		return p, err
	}
	details, err := json.Marshal(sd)
	if err != nil {
		return p, err
	}
	if len(details) > journal.MaxDetails {
		return p, fault.New(exitcode.Usage, "decision.signature", i18n.Say(
			"подпись слишком велика для журнала: в ней лишние сертификаты", "the signature is too large for the journal: it holds more certificates than the signer's")).
			Advise(i18n.Say("подпишите ключом и сертификатом из файлов: --key и --cert", "sign with a key and a certificate from files: --key and --cert"))
	}
	t.Evidence = journal.Evidence{Witness: journal.Operator, Who: who.Name, Why: x.Why, Details: details}
	if d.Dry {
		p.State = t.To
		return p, nil
	}
	if err := d.Journal.Move(ctx, []journal.Transition{t}); err != nil {
		return p, movedMeanwhile(err)
	}
	return d.Journal.Payment(ctx, x.ID)
}

// decided checks a decision before anybody signs it.
func (d *Desk) decided(p *journal.Payment, x Decision) (journal.Transition, error) {
	t := journal.Transition{ID: p.ID, From: p.State, To: x.To, Document: x.Document}
	switch {
	case strings.TrimSpace(x.Why) == "":
		return t, fault.New(exitcode.Usage, "decision.no_reason", i18n.Say("нужна причина: --why", "a reason is needed: --why"))
	case len(x.Why) > maxWhy:
		return t, fault.New(exitcode.Usage, "decision.reason_too_long", i18n.Say("причина слишком длинная", "the reason is too long"))
	case p.State.Final() && !(p.State == journal.Paid && x.To == journal.Returned):
		return t, fault.New(exitcode.Conflict, "decision.final", i18n.Text{
			RU: "по платежу %s всё уже решено: %s", EN: "payment %s is settled already: %s"}.With(p.ID, billing.StateTitle(p.State)))
	case p.State == journal.Sending || p.State == journal.Claimed:
		return t, fault.New(exitcode.Conflict, "decision.in_hand", i18n.Text{
			RU: "платёж %s сейчас в работе у другого процесса", EN: "another process is at work on payment %s"}.With(p.ID)).
			Advise(i18n.Say("дождитесь конца выполнения плана", "wait until the run of its plan has ended"))
	case !journal.PaymentMayMove(p.State, x.To, journal.Operator):
		return t, fault.New(exitcode.Conflict, "decision.impossible", i18n.Text{
			RU: "из состояния «%s» решением в «%s» не перевести", EN: "a decision cannot take a payment from %s to %s"}.With(billing.StateTitle(p.State), billing.StateTitle(x.To)))
	case x.To != journal.Planned:
		return t, nil
	}
	if !billing.StillKnown(p, d.Clock.Now()) {
		return t, fault.New(exitcode.Conflict, "decision.forgotten", i18n.Say(
			"платёж старше 28 дней: портал мог забыть его номер, и отправлять его снова нельзя", "the payment is older than 28 days: the portal may have forgotten its ID, and it must not go out again")).
			Advise(i18n.Say("если денег не было, решите --as refused и оплатите новым планом", "if no money has moved, decide --as refused and pay by a new plan"))
	}
	// The first sending may still be on its way: a refusal of the next proves nothing.
	carried := billing.CarriedOf(p)
	carried.Lost = true
	extra, err := carried.Extra()
	t.Extra = extra
	return t, err
}

// movedMeanwhile says in plain words that somebody else has moved the payment.
func movedMeanwhile(err error) error {
	var stale *journal.StaleError
	if errors.As(err, &stale) {
		return fault.New(exitcode.Conflict, "decision.moved", i18n.Text{
			RU: "тем временем платёж стал «%s»: решение не записано", EN: "the payment has become %s meanwhile: the decision was not recorded"}.With(billing.StateTitle(stale.Actual))).Because(err)
	}
	return err
}

// Signed is what became of checking a recorded decision.
type Signed struct {
	By    approval.Identity
	At    time.Time
	Holds bool
	Err   error // why it does not hold
}

// ErrUnsigned means that a decision was recorded without a signature.
var ErrUnsigned = errors.New("the decision bears no signature")

// VerifyDecision checks the signature under a decision that the journal holds: c
// is the body of an event of p. A decision that nobody has signed is ErrUnsigned.
func VerifyDecision(ctx context.Context, p *journal.Payment, c *journal.Change, v approval.Verifier) Signed {
	var d signedDecision
	if c.Witness != journal.Operator || json.Unmarshal(c.Details, &d) != nil || len(d.Signature) == 0 || d.Decision != decisionVersion {
		return Signed{Err: ErrUnsigned}
	}
	out := Signed{At: d.At}
	out.By, out.Err = v.Verify(ctx, statement(p, c.From, c.To, c.Who, c.Why, &d), d.Signature, d.At)
	if out.Err == nil && (out.By.Certificate != d.Certificate || out.By.Name != c.Who) {
		out.Err = fault.New(exitcode.Conflict, "decision.other_signer", i18n.Say("подпись сделана не тем, кто назван", "the signature is not of the person who is named"))
	}
	out.Holds = out.Err == nil
	return out
}
