package bulkpay

import (
	"errors"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Codes of how a run ends.
const (
	CodeUnknown     = "batch.unknown"
	CodeInterrupted = "batch.interrupted"
	CodeStopped     = "batch.stopped"
	CodePending     = "batch.pending"
	CodeRefused     = "batch.partly_refused"
)

// Err returns what the end of a run means for a script: nil when every row is
// paid. Uncertain payments come first, whatever else happened.
func (r *Report) Err() error {
	// What is left in hand when this run has ended is in the hands of another worker
	// that lives, unless the journal has failed us.
	unknown := r.Counts[journal.Unknown].N
	inHand := r.Counts[journal.Sending].N + r.Counts[journal.Claimed].N
	if r.Stop != nil && r.Stop.Reason == StoreFailed {
		unknown += r.Counts[journal.Sending].N
		inHand = 0
	}
	refused := r.Counts[journal.Refused].N
	returned := r.Counts[journal.Returned].N
	open := r.Counts[journal.Planned].N + r.Unbegun.N
	var cause error
	if r.Stop != nil {
		cause = r.Stop.Err
	}
	reconcile := i18n.Say("выполните: epgu batch reconcile ПЛАН; потом повторите ту же команду", "run: epgu batch reconcile PLAN; then repeat the same command")
	repeat := i18n.Say("повторите ту же команду: она продолжит с того же места", "repeat the same command: it goes on from the same place")
	switch {
	case unknown > 0:
		return fault.New(exitcode.Unknown, CodeUnknown, i18n.Text{
			RU: "исход неизвестен: %s; деньги могли уйти, повторно ничего не отправлено", EN: "the outcome of %s is unknown: the money may have moved, nothing was sent again"}.
			With(payments(unknown))).Advise(reconcile).Because(cause)
	case r.Stop != nil && r.Stop.Reason == Interrupted:
		return fault.New(exitcode.Interrupted, CodeInterrupted, i18n.Text{
			RU: "прервано: всё начатое доведено до конца и записано, не отправлено %s", EN: "interrupted: whatever was begun is finished and written down, %s not sent"}.
			With(payments(open))).Advise(repeat)
	case r.Stop != nil && cause != nil:
		exit := fault.ExitOf(cause)
		if exit == exitcode.Failure || exit == exitcode.Interrupted {
			exit = exitcode.Unavailable
			if r.Stop.Reason == StoreFailed || r.Stop.Reason == PlanFailed {
				exit = exitcode.Failure
			}
		}
		return stopped(exit, cause, open).Because(cause)
	case r.Stop != nil:
		return fault.New(exitcode.Partial, CodeStopped, i18n.Text{
			RU: "остановлено по заданному пределу, не отправлено %s", EN: "stopped at the given limit, %s not sent"}.With(payments(open))).Advise(repeat)
	case r.Duplicates > 0 || refused+returned > 0 || open-r.Waiting > 0:
		text := i18n.Text{
			RU: "оплачено не всё: отклонено %d, ключ занят другим платежом у %d, не отправлено %d", EN: "not everything is paid: %d refused, %d held by another payment, %d not sent"}.
			With(refused, r.Duplicates, max(0, open-r.Waiting))
		if returned > 0 {
			text = i18n.Text{
				RU: "оплачено не всё: отклонено %d, деньги вернулись у %d, ключ занят другим платежом у %d, не отправлено %d", EN: "not everything is paid: %d refused, money of %d came back, %d held by another payment, %d not sent"}.
				With(refused, returned, r.Duplicates, max(0, open-r.Waiting))
		}
		return fault.New(exitcode.Partial, CodeRefused, text).AdviseRun("epgu batch report")
	case inHand > 0:
		return fault.New(exitcode.Pending, CodePending, i18n.Text{
			RU: "%s отправляет другой процесс или другая машина, ещё не проведено %d", EN: "%s are being sent by another process or machine, %d not settled yet"}.
			With(payments(inHand), r.Counts[journal.Accepted].N)).Advise(repeat)
	case r.Counts[journal.Accepted].N > 0 || r.Waiting > 0:
		return fault.New(exitcode.Pending, CodePending, i18n.Text{
			RU: "всё отправлено, но %s ещё не проведено, а %d ждёт своего дня", EN: "everything is sent, but %s not settled yet and %d wait for their day"}.
			With(payments(r.Counts[journal.Accepted].N), r.Waiting)).Advise(repeat)
	}
	return nil
}

// stopped says what stopped a run, in the words of whoever did, and what helps.
func stopped(exit exitcode.Code, cause error, open int) *fault.Error {
	f := fault.New(exit, CodeStopped, i18n.Text{
		RU: "остановлено: всё начатое доведено до конца и записано, не отправлено %s", EN: "stopped: whatever was begun is finished and written down, %s not sent"}.
		With(payments(open)))
	f.Hint = i18n.Say("повторите ту же команду: она продолжит с того же места", "repeat the same command: it goes on from the same place")
	var why *fault.Error
	if errors.As(cause, &why) {
		f.Message = i18n.Text{
			RU: "остановлено: %s; всё начатое доведено до конца и записано, не отправлено %s",
			EN: "stopped: %s; whatever was begun is finished and written down, %s not sent"}.With(why.Message, payments(open))
		f.RequestID = why.RequestID
		if !why.Hint.IsZero() {
			f.Hint = why.Hint
		}
	}
	return f
}

func payments(n int) i18n.Counted {
	return i18n.Plural{One: "платёж", Few: "платежа", Many: "платежей", Sing: "payment", Plur: "payments"}.Count(n)
}
