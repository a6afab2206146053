package journal

import (
	"fmt"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// The stable codes of the journal's errors.
const (
	CodeNotFound  = "journal.not_found"
	CodeStale     = "journal.stale"
	CodeIllegal   = "journal.illegal_move"
	CodeOwner     = "journal.other_owner"
	CodeInvalid   = "journal.invalid"
	CodeCorrupt   = "journal.corrupt"
	CodeNoSpace   = "journal.no_space"
	CodeBusy      = "journal.busy"
	CodeClosed    = "journal.closed"
	CodeNewer     = "journal.newer_schema"
	CodeStore     = "journal.store"
	CodeUncertain = "journal.uncertain"
	CodeUnreached = "journal.unreachable"
	CodeDocument  = "journal.other_document"
)

// NotFoundError says that no record has this ID or key.
type NotFoundError struct{ ID string }

// Error returns the English text.
func (e *NotFoundError) Error() string { return fmt.Sprintf("journal: no record %s", e.ID) }

// Unwrap gives the error for people.
func (e *NotFoundError) Unwrap() error {
	return fault.New(exitcode.NotFound, CodeNotFound, i18n.Text{
		RU: "в журнале нет записи %s", EN: "the journal has no record %s"}.With(e.ID)).
		Advise(i18n.Say("запись называют номером платежа или УИН целиком; все записи: epgu audit export", "a record is named by the payment's id or the whole УИН; all records: epgu audit export"))
}

// StaleError says that a record is no longer in the state the transition
// starts from.
type StaleError struct {
	ID           string
	From, Actual State
}

// Error returns the English text.
func (e *StaleError) Error() string {
	return fmt.Sprintf("journal: %s is %s, not %s", e.ID, e.Actual, e.From)
}

// Unwrap gives the error for people.
func (e *StaleError) Unwrap() error {
	return fault.New(exitcode.Conflict, CodeStale, i18n.Text{
		RU: "запись %s уже в состоянии «%s», а не «%s»: её двигал кто-то ещё",
		EN: "record %s is already %s, not %s: somebody else moved it"}.With(e.ID, e.Actual, e.From))
}

// DocumentError says that the journal has another bank document for a payment
// than the one it is told about: the money may have left twice.
type DocumentError struct {
	ID        string
	Have, Got Document
}

// Error returns the English text.
func (e *DocumentError) Error() string {
	return fmt.Sprintf("journal: %s was settled by document %s, not by %s", e.ID, e.Have, e.Got)
}

// Unwrap gives the error for people.
func (e *DocumentError) Unwrap() error {
	return fault.New(exitcode.Partial, CodeDocument, i18n.Text{
		RU: "платёж %s уже проведён другим документом банка: %s; в выписке %s — деньги могли уйти дважды",
		EN: "payment %s was settled by another document of the bank, %s; the statement has %s: the money may have left twice"}.With(e.ID, e.Have, e.Got))
}

// IllegalError says that the rules forbid a move, or forbid it to this witness.
type IllegalError struct {
	ID       string
	From, To State
	Witness  Witness
}

// Error returns the English text.
func (e *IllegalError) Error() string {
	return fmt.Sprintf("journal: %s may not go from %s to %s on the word of %q", e.ID, e.From, e.To, e.Witness)
}

// Unwrap gives the error for people.
func (e *IllegalError) Unwrap() error {
	return fault.New(exitcode.Conflict, CodeIllegal, i18n.Text{
		RU: "запись %s нельзя перевести из «%s» в «%s» на основании «%s»",
		EN: "record %s may not go from %s to %s on the word of %s"}.With(e.ID, e.From, e.To, e.Witness))
}

// OwnerError says that a claimed or sending record belongs to another open
// journal.
type OwnerError struct{ ID, Owner string }

// Error returns the English text.
func (e *OwnerError) Error() string { return fmt.Sprintf("journal: %s belongs to %s", e.ID, e.Owner) }

// Unwrap gives the error for people.
func (e *OwnerError) Unwrap() error {
	return fault.New(exitcode.Conflict, CodeOwner, i18n.Text{
		RU: "запись %s сейчас ведёт другой процесс", EN: "another process is working on record %s"}.With(e.ID))
}

// InvalidError says that a record or a transition given to the journal is itself
// wrong; Index is its place in the call.
type InvalidError struct {
	Index int
	ID    string
	Field string
	What  string // for an engineer, English
}

// Error returns the English text.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("journal: item %d (%s): %s: %s", e.Index, e.ID, e.Field, e.What)
}

// Unwrap gives the error for people.
func (e *InvalidError) Unwrap() error {
	return fault.New(exitcode.Usage, CodeInvalid, i18n.Text{
		RU: "запись нельзя внести в журнал: поле %s: %s", EN: "the record cannot be journalled: field %s: %s"}.With(e.Field, e.What))
}

// CorruptError says that the journal was found torn, truncated or edited.
// Nothing is written to such a journal.
type CorruptError struct{ Bad BadEvent }

// Error returns the English text.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("journal: %s at event %d: %s", e.Bad.Fault, e.Bad.Seq, e.Bad.Detail)
}

// Unwrap gives the error for people.
func (e *CorruptError) Unwrap() error {
	return fault.New(exitcode.Failure, CodeCorrupt, i18n.Text{
		RU: "журнал повреждён или изменён: событие %d (%s); запись в него остановлена",
		EN: "the journal is damaged or was edited: event %d (%s); nothing more is written to it"}.With(e.Bad.Seq, e.Bad.Fault)).
		Advise(i18n.Say("сохраните копию каталога журнала и выполните: epgu audit verify",
			"keep a copy of the journal's folder and run: epgu audit verify"))
}

// NoSpace returns the error of a full disk or of a file at its limit.
func NoSpace(err error) error {
	return fault.New(exitcode.Failure, CodeNoSpace, i18n.Say(
		"журнал не записан: на диске нет места; ничего не отправлено",
		"the journal was not written: no space on the disk; nothing was sent")).
		Advise(i18n.Say("освободите место и повторите ту же команду", "free some space and repeat the same command")).Because(err)
}

// Busy returns the error of a journal that another process holds for too long.
func Busy(err error) error {
	return fault.New(exitcode.Conflict, CodeBusy, i18n.Say(
		"журнал занят другим процессом", "the journal is held by another process")).Because(err)
}

// Closed returns the error of a journal that was closed.
func Closed() error {
	return fault.New(exitcode.Failure, CodeClosed, i18n.Say("журнал уже закрыт", "the journal is closed"))
}

// Newer returns the error of a journal written by a later version of the programme.
func Newer(have, known int) error {
	return fault.New(exitcode.Conflict, CodeNewer, i18n.Text{
		RU: "журнал создан более новой версией программы (схема %d, известна %d)",
		EN: "the journal was made by a newer version of the programme (schema %d, known %d)"}.With(have, known)).
		Advise(i18n.Say("обновите программу", "update the programme"))
}

// Store returns the error of a store that failed; nothing was written.
func Store(err error) error {
	return fault.New(exitcode.Failure, CodeStore, i18n.Say(
		"журнал не удалось прочитать или записать", "the journal could not be read or written")).Because(err)
}

// Unreachable returns the error of a journal whose server does not answer;
// nothing was written.
func Unreachable(err error) error {
	return fault.New(exitcode.Unavailable, CodeUnreached, i18n.Say(
		"сервер журнала не отвечает; ничего не записано и не отправлено",
		"the journal's server does not answer; nothing was written or sent")).
		Advise(i18n.Say("проверьте адрес журнала и сеть и повторите", "check the journal's address and the network, then repeat")).Because(err)
}

// Uncertain returns the error of a commit whose outcome the store could not
// tell.
func Uncertain(err error) error {
	return fault.New(exitcode.Unknown, CodeUncertain, i18n.Say(
		"связь с журналом прервалась во время записи: записано ли, неизвестно",
		"the connection to the journal fell during the commit: whether it was written is unknown")).
		Advise(i18n.Say("повторите ту же команду: она перечитает журнал", "repeat the same command: it reads the journal again")).Because(err)
}
