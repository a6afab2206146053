package billing

import (
	"errors"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The stable codes of errors about payments.
const (
	CodeAlreadyPaid = "payment.already_paid"
	CodeInFlight    = "payment.in_flight"
	CodeUnknown     = "payment.unknown"
	CodeRefused     = "payment.refused"
	CodePending     = "payment.pending"
	CodeNeedsCode   = "payment.needs_code"
)

// ErrElsewhere is the answer of whoever is asked for a code when the payment is
// being confirmed on a page of the portal: then it is only watched.
var ErrElsewhere = errors.New("the payment is confirmed on a page of the portal")

func receiptHint(id string) i18n.Message {
	if id == "" {
		return i18n.Message{}
	}
	return i18n.Text{RU: "квитанция: epgu pay receipt %s", EN: "receipt: epgu pay receipt %s"}.With(id)
}

// AlreadyPaid is the answer to paying what is paid: nothing is sent.
func AlreadyPaid(p journal.Payment) *fault.Error {
	receipt := p.ReceiptID
	if receipt == "" {
		receipt = "—"
	}
	return fault.New(exitcode.Conflict, CodeAlreadyPaid, i18n.Text{
		RU: "уже оплачено %s: платёж %s, квитанция %s; ничего не отправлено", EN: "already paid on %s: payment %s, receipt %s; nothing was sent"}.
		With(i18n.Moment(p.UpdatedAt.Local()), p.ID, receipt)).Advise(receiptHint(p.ID))
}

// PaidForThisReason is the answer to paying again what was paid again already, by
// the same reason: nothing is sent.
func PaidForThisReason(p journal.Payment) *fault.Error {
	return fault.New(exitcode.Conflict, CodeAlreadyPaid, i18n.Text{
		RU: "по этой причине уже оплачено ещё раз %s: платёж %s; ничего не отправлено", EN: "already paid again for this reason on %s: payment %s; nothing was sent"}.
		With(i18n.Moment(p.UpdatedAt.Local()), p.ID)).
		Advise(i18n.Say("одна причина — один платёж; если нужен ещё один, назовите другую причину: --again «другая причина»",
			"one reason is one payment; if one more is needed, give another reason: --again “another reason”"))
}

// InFlight is the answer to paying what is being paid.
func InFlight(p journal.Payment) *fault.Error {
	return fault.New(exitcode.Conflict, CodeInFlight, i18n.Text{
		RU: "этот платёж уже в пути (%s, «%s»); второй не отправлен", EN: "this payment is already on its way (%s, %s); no second one was sent"}.
		With(p.ID, stateTitle(p.State))).AdviseRun("epgu pay view " + p.ID)
}

// StillUnknown is the answer to paying what may have been paid.
func StillUnknown(p journal.Payment) *fault.Error {
	return fault.New(exitcode.Unknown, CodeUnknown, i18n.Text{
		RU: "исход платежа %s неизвестен: деньги могли уйти, поэтому ничего не отправлено", EN: "the outcome of payment %s is unknown: the money may have moved, so nothing was sent"}.With(p.ID)).
		Advise(i18n.Text{RU: "когда портал ответит, повторите команду: она сначала спросит его про этот платёж; вся история: epgu audit show %s",
			EN: "repeat the command when the portal answers: it asks about this very payment first; the whole story: epgu audit show %s"}.With(p.ID))
}

func pending(p journal.Payment) *fault.Error {
	return fault.New(exitcode.Pending, CodePending, i18n.Text{
		RU: "платёж %s принят, но ещё не проведён", EN: "payment %s is accepted but not settled yet"}.With(p.ID)).AdviseRun("epgu pay view " + p.ID)
}

func needsCode(p journal.Payment) *fault.Error {
	return fault.New(exitcode.Pending, CodeNeedsCode, i18n.Text{
		RU: "платёж %s ждёт кода подтверждения", EN: "payment %s waits for a confirmation code"}.With(p.ID)).
		Advise(i18n.Text{RU: "выполните: epgu pay %s --code КОД", EN: "run: epgu pay %s --code CODE"}.With(p.UIN))
}

// notWritten is the end of a payment that was sent, and about which nothing more
// could be written down: the next run asks the portal.
func notWritten(p journal.Payment, cause error) *fault.Error {
	return fault.New(exitcode.Unknown, "payment.not_written", i18n.Text{
		RU: "платёж %s отправлен, но ответ не удалось записать в журнал: исход неизвестен", EN: "payment %s was sent, but what came back could not be written to the journal: its outcome is unknown"}.With(p.ID)).
		Because(cause).Advise(i18n.Say("освободите место на диске или верните права на папку журнала и повторите команду: она сначала спросит портал про этот платёж",
		"free space on the disk, or give back the rights to the journal's folder, and repeat the command: it asks the portal about this very payment first"))
}

// confirmationUnknown is the end of a confirmation about which nobody can be asked.
func confirmationUnknown(p journal.Payment, cause error) *fault.Error {
	return fault.New(exitcode.Unknown, "payment.confirmation_unknown", i18n.Text{
		RU: "код отправлен, но подтверждён ли платёж %s, неизвестно", EN: "the code was sent, but whether payment %s is confirmed is unknown"}.With(p.ID)).
		Because(cause).AdviseRun("epgu pay view " + p.ID)
}

// notConfirmed is the end of a confirmation that the portal has not seen.
func notConfirmed(p journal.Payment, cause error) *fault.Error {
	return fault.New(exitcode.Unavailable, "payment.not_confirmed", i18n.Text{
		RU: "код до портала не дошёл: платёж %s всё ещё ждёт подтверждения", EN: "the code did not reach the portal: payment %s still waits for confirmation"}.With(p.ID)).
		Because(cause).Advise(i18n.Text{RU: "повторите ту же команду: epgu pay %s --code КОД", EN: "repeat the same command: epgu pay %s --code CODE"}.With(p.UIN))
}

func refusal(p journal.Payment, answer cabinet.Payment) *fault.Error {
	e := fault.New(exitcode.Refused, CodeRefused, i18n.Text{
		RU: "платёж %s отклонён: %s", EN: "payment %s was refused: %s"}.With(p.ID, untrusted.Text(p.Reason.Text)))
	if r := answer.Reason; r != nil && r.Advice != "" {
		e.Advise(i18n.Text{RU: "%s", EN: "%s"}.With(r.Advice))
	}
	return e
}

// outcome is the error that a payment's state stands for, nil when it is paid
// or on its way.
func outcome(p journal.Payment) error {
	switch p.State {
	case journal.Refused:
		return refusal(p, cabinet.Payment{})
	case journal.Unknown:
		return StillUnknown(p)
	}
	return nil
}

// reasonOf keeps the portal's words in the journal.
func reasonOf(err error) journal.Reason {
	var f *fault.Error
	if errors.As(err, &f) {
		return journal.Reason{Code: f.Code, Text: f.Message.In(i18n.EN)}
	}
	return journal.Reason{Code: "refused", Text: err.Error()}
}

func stateTitle(s journal.State) i18n.Text {
	switch s {
	case journal.Planned:
		return i18n.Text{RU: "намечен", EN: "planned"}
	case journal.Claimed:
		return i18n.Text{RU: "взят в работу", EN: "claimed"}
	case journal.Sending:
		return i18n.Text{RU: "отправляется", EN: "being sent"}
	case journal.Accepted:
		return i18n.Text{RU: "принят, ждёт проведения", EN: "accepted, not settled yet"}
	case journal.Paid:
		return i18n.Text{RU: "оплачен", EN: "paid"}
	case journal.Refused:
		return i18n.Text{RU: "отклонён", EN: "refused"}
	case journal.Returned:
		return i18n.Text{RU: "деньги вернулись", EN: "money returned"}
	}
	return i18n.Text{RU: "исход неизвестен", EN: "outcome unknown"}
}

// StateTitle is the state of a payment for people.
func StateTitle(s journal.State) i18n.Text { return stateTitle(s) }
