// Package audit proves the journal and tells what it holds in words: which event
// follows from what, on whose word, and whether the decisions of people bear their
// signatures. It writes nothing. Packages under internal/cli and internal/tui import
// it.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Proof is what was found of the chain and, where that holds, of the decisions.
type Proof struct {
	journal.Report
	Decisions *reconcile.Decisions // nil when the chain does not hold
}

// Verify recomputes the chain and checks the signature under every decision. The
// proof is there even when it does not hold, and then the error says why; without a
// proof the journal could not be read.
func Verify(ctx context.Context, j journal.Journal) (*Proof, error) {
	report, err := j.Verify(ctx)
	if err != nil && report.Bad == nil {
		return nil, err
	}
	found := &Proof{Report: report}
	if err != nil {
		return found, err
	}
	if found.Decisions, err = reconcile.VerifyDecisions(ctx, j, approval.Roots{}); err != nil {
		return nil, err
	}
	return found, brokenDecision(found.Decisions)
}

// brokenDecision names the first decision whose signature does not hold.
func brokenDecision(d *reconcile.Decisions) error {
	if d.BadN == 0 {
		return nil
	}
	b := &d.Bad[0]
	return fault.New(exitcode.Failure, "audit.decision", i18n.Text{
		RU: "цепочка цела, но подпись не подтверждает решений: %d; первое — по платежу %s, событие %d (%s): %s",
		EN: "the chain holds, but decisions without a valid signature: %d; the first is about payment %s, event %d (%s): %s"}.
		With(d.BadN, untrusted.Text(b.Payment), b.Seq, untrusted.Text(b.Who), SignatureTitle(&b.Signed))).
		AdviseRun("epgu audit show " + untrusted.Clean(b.Payment))
}

// FaultTitle names a damage for people.
func FaultTitle(f journal.Fault) i18n.Text {
	switch f {
	case journal.Edited:
		return i18n.Text{RU: "событие изменено", EN: "an event was edited"}
	case journal.Missing:
		return i18n.Text{RU: "событие пропало", EN: "an event is absent"}
	case journal.Reordered:
		return i18n.Text{RU: "события переставлены", EN: "events were reordered"}
	case journal.Truncated:
		return i18n.Text{RU: "конец журнала отрезан", EN: "the end is cut off"}
	case journal.Torn:
		return i18n.Text{RU: "файл повреждён", EN: "the file is damaged"}
	case journal.Headless:
		return i18n.Text{RU: "нет отметки о конце цепочки", EN: "the mark of the chain's end is absent"}
	case journal.Forked:
		return i18n.Text{RU: "отметка о конце — от другой цепочки", EN: "the mark of the end is of another chain"}
	case journal.Unfounded:
		return i18n.Text{RU: "запись не следует из событий", EN: "a record does not follow from its events"}
	case journal.Impossible:
		return i18n.Text{RU: "событие, которого не бывает", EN: "an event that the rules forbid"}
	}
	return i18n.Text{RU: string(f), EN: string(f)}
}

// Entry is one event of a story.
type Entry struct {
	journal.Event
	Change journal.Change
	first  *journal.Override // of the event that began the record
	Signed *reconcile.Signed // of a person's decision
}

// Who is the person behind an event, if there was one.
func (e *Entry) Who() string {
	if e.first != nil {
		return e.first.Who
	}
	return e.Change.Who
}

// Why is what was given as the reason: of a person, or of whoever refused.
func (e *Entry) Why() string {
	switch {
	case e.first != nil:
		return e.first.Reason
	case e.Change.Why != "":
		return e.Change.Why
	case e.Change.Reason != nil:
		return strings.TrimSpace(e.Change.Reason.Code + " " + e.Change.Reason.Text)
	}
	return ""
}

// Entries are the events of a story, read.
func Entries(ctx context.Context, s *journal.Story) ([]Entry, error) {
	rows := make([]Entry, 0, len(s.Events))
	for _, ev := range s.Events {
		e := Entry{Event: ev}
		switch ev.Kind {
		case journal.PaymentMoved, journal.SubmissionMoved:
			if err := json.Unmarshal(ev.Body, &e.Change); err != nil {
				return nil, journal.Store(err)
			}
			if e.Change.Witness == journal.Operator && s.Payment != nil {
				signed := reconcile.VerifyDecision(ctx, s.Payment, &e.Change, approval.Roots{})
				e.Signed = &signed
			}
		case journal.PaymentPlanned, journal.PaymentBegun, journal.SubmissionPrepared:
			var began struct {
				Override *journal.Override `json:"override"`
			}
			if err := json.Unmarshal(ev.Body, &began); err != nil {
				return nil, journal.Store(err)
			}
			if e.first = began.Override; ev.Kind == journal.PaymentBegun {
				e.Change = Begun()
			}
		}
		rows = append(rows, e)
	}
	return rows, nil
}

// Begun is what an event does that begins a payment as sending: it has no change of
// its own.
func Begun() journal.Change {
	return journal.Change{To: journal.Sending, Evidence: journal.Evidence{Witness: journal.Engine}}
}

// HeadOf says what a payment is.
func HeadOf(p *journal.Payment) []i18n.Message {
	lines := []i18n.Message{i18n.Text{RU: "Платёж %s: %s, %s", EN: "Payment %s: %s, %s"}.With(p.ID, i18n.Money(p.AmountKopecks), billing.StateTitle(p.State))}
	add := func(m i18n.Message) { lines = append(lines, m) }
	if p.UIN != "" {
		add(i18n.Text{RU: "УИН %s, плательщик %s", EN: "УИН %s, payer %s"}.With(p.UIN, p.Payer))
	} else {
		add(i18n.Text{RU: "без УИН, плательщик %s", EN: "no УИН, payer %s"}.With(p.Payer))
	}
	if p.PayeeName != "" || p.PayeeAccount != "" {
		add(i18n.Text{RU: "получатель %s, счёт %s", EN: "payee %s, account %s"}.With(p.PayeeName, p.PayeeAccount))
	}
	if p.Run != "" {
		add(i18n.Text{RU: "план %s, строка %d", EN: "plan %s, row %d"}.With(p.Run, p.Row))
	}
	if c := billing.CarriedOf(p); p.Via == journal.ViaBankFile {
		add(i18n.Text{RU: "поручение № %s в файле %s", EN: "order No. %s in file %s"}.With(c.Number, c.File))
	} else if p.Via == journal.ViaDirectBank {
		add(i18n.Text{RU: "поручение № %s, банк %s, пакет %s", EN: "order No. %s, bank %s, packet %s"}.With(c.Number, c.Bank, c.Packet))
	}
	if p.PortalPaymentID != "" {
		add(i18n.Text{RU: "номер у портала %s", EN: "the portal's number is %s"}.With(p.PortalPaymentID))
	}
	if p.LinkedTo != "" {
		add(i18n.Text{RU: "повторяет платёж %s", EN: "repeats payment %s"}.With(p.LinkedTo))
	}
	return lines
}

// Step says in words what an event did.
func Step(e *Entry) i18n.Message {
	switch e.Kind {
	case journal.PaymentPlanned:
		if e.first != nil {
			return i18n.Say("внесён в журнал повторно, по решению человека", "journalled again, by a person's decision")
		}
		return i18n.Say("внесён в журнал", "journalled")
	case journal.PaymentBegun:
		if e.first != nil {
			return i18n.Say("внесён в журнал повторно, по решению человека, и отправляется", "journalled again, by a person's decision, and sending")
		}
		return i18n.Say("внесён в журнал и отправляется", "journalled and sending")
	case journal.SubmissionPrepared:
		return i18n.Say("внесено в журнал", "journalled")
	}
	return i18n.Text{RU: "%s → %s: %s", EN: "%s → %s: %s"}.With(StateTitle(e.Kind, e.Change.From), StateTitle(e.Kind, e.Change.To), WitnessTitle(e.Change.Witness))
}

// StateTitle names a state that an event of this kind was about: those of a payment are
// named as everywhere else, those of an application by themselves. No state has no name.
func StateTitle(k journal.Kind, s journal.State) i18n.Text {
	switch {
	case s == "":
		return i18n.Text{}
	case k != journal.SubmissionPrepared && k != journal.SubmissionMoved:
		return billing.StateTitle(s)
	}
	switch s {
	case journal.Prepared:
		return i18n.Text{RU: "подготовлено", EN: "prepared"}
	case journal.Reserved:
		return i18n.Text{RU: "номер получен, не отправлено", EN: "numbered, not sent"}
	case journal.Sending:
		return i18n.Text{RU: "отправляется", EN: "being sent"}
	case journal.Accepted:
		return i18n.Text{RU: "принято", EN: "accepted"}
	case journal.Refused:
		return i18n.Text{RU: "отклонено", EN: "refused"}
	}
	return i18n.Text{RU: "исход неизвестен", EN: "outcome unknown"}
}

// KindTitle names what an event of the journal is about.
func KindTitle(k journal.Kind) i18n.Text {
	switch k {
	case journal.PaymentPlanned:
		return i18n.Text{RU: "платёж внесён в журнал", EN: "payment journalled"}
	case journal.PaymentBegun:
		return i18n.Text{RU: "платёж начат", EN: "payment begun"}
	case journal.PaymentMoved:
		return i18n.Text{RU: "состояние платежа", EN: "state of a payment"}
	case journal.SubmissionPrepared:
		return i18n.Text{RU: "подача подготовлена", EN: "submission prepared"}
	case journal.SubmissionMoved:
		return i18n.Text{RU: "состояние подачи", EN: "state of a submission"}
	}
	return i18n.Text{RU: string(k), EN: string(k)}
}

// WitnessTitle says on whose word.
func WitnessTitle(w journal.Witness) i18n.Text {
	switch w {
	case journal.Engine:
		return i18n.Text{RU: "записала программа", EN: "written by the programme"}
	case journal.PortalByID:
		return i18n.Text{RU: "ответ портала о платеже", EN: "the portal's word about the payment"}
	case journal.Statement:
		return i18n.Text{RU: "выписка банка", EN: "a bank statement"}
	case journal.ChargeFlag:
		return i18n.Text{RU: "начисление погашено", EN: "the charge is settled"}
	case journal.OwnFile:
		return i18n.Text{RU: "файл для банка", EN: "the file for the bank"}
	case journal.Operator:
		return i18n.Text{RU: "решение человека", EN: "a person's decision"}
	}
	return i18n.Text{RU: string(w), EN: string(w)}
}

// Evidence is what stands behind an event: a person, a reason, what was seen.
func Evidence(e *Entry) []i18n.Message {
	var out []i18n.Message
	if who := e.Who(); who != "" {
		out = append(out, i18n.Text{RU: "кто: %s", EN: "who: %s"}.With(who))
	}
	if why := e.Why(); why != "" {
		out = append(out, i18n.Text{RU: "почему: %s", EN: "why: %s"}.With(why))
	}
	if e.Signed != nil {
		out = append(out, SignatureTitle(e.Signed))
	} else if len(e.Change.Details) > 0 {
		out = append(out, i18n.Text{RU: "видно: %s", EN: "seen: %s"}.With(string(e.Change.Details)))
	}
	if until := e.Change.LeaseUntil; until != 0 {
		out = append(out, i18n.Text{RU: "процесс %s, не дольше %s", EN: "process %s, until %s"}.With(e.Change.Owner, time.UnixMicro(until).UTC().Format(time.TimeOnly)+" UTC"))
	}
	return out
}

// SignatureTitle says in words whether a decision's signature holds.
func SignatureTitle(s *reconcile.Signed) i18n.Message {
	switch {
	case s.Holds:
		return i18n.Text{RU: "подпись верна: %s, сертификат %s", EN: "the signature holds: %s, certificate %s"}.With(untrusted.Text(s.By.Name), s.By.Certificate)
	case errors.Is(s.Err, reconcile.ErrUnsigned):
		return i18n.Say("решение не подписано", "the decision bears no signature")
	}
	return i18n.Say("ПОДПИСЬ НЕДЕЙСТВИТЕЛЬНА", "THE SIGNATURE DOES NOT HOLD")
}
