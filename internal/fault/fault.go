// Package fault is the one error taxonomy of epgu: an error that reaches a
// person carries what happened, what to do next, and the exit code that a
// script sees; the same exit code decides whether a call may be repeated.
// Every package may import it.
package fault

import (
	"context"
	"errors"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Error is an error meant for people and scripts.
type Error struct {
	Exit      exitcode.Code
	Code      string       // stable word for scripts, dotted: "uin.check_digit"
	Message   i18n.Message // what happened, one sentence, no final full stop
	Hint      i18n.Message // what to do next; may be empty
	Run       string       // the command that the hint names, when it is one; may be empty
	RequestID string       // the portal's X-Request-Id, when there is one
	Fields    []Field      // all the places at fault, when the input is
	Err       error        // the cause; never shown without Message
}

// Field is one place in the input that is at fault.
type Field struct {
	Name    string       // the field as the user names it: "birthDate", "row 7, column УИН"; the same in every language
	At      i18n.Message // the same for people, when words stand in it; else zero
	Message i18n.Message // what is wrong and what was expected
}

// Placed returns a field whose place has words in it: a line, a row, a document.
func Placed(at, message i18n.Message) Field {
	return Field{Name: at.In(i18n.EN), At: at, Message: message}
}

// Place names the field to people.
func (f Field) Place() i18n.Message {
	if f.At.IsZero() {
		return i18n.Text{RU: "%s", EN: "%s"}.With(f.Name)
	}
	return f.At
}

// Told is the whole of it in one line for people: the place and what is wrong.
func (f Field) Told() i18n.Message {
	return i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(f.Place(), f.Message)
}

// New returns an error with an exit code, a stable code and a message.
func New(exit exitcode.Code, code string, message i18n.Message) *Error {
	return &Error{Exit: exit, Code: code, Message: message}
}

// Because adds the cause and returns the error itself.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

// Advise adds the hint and returns the error itself.
func (e *Error) Advise(hint i18n.Message) *Error { e.Hint = hint; return e }

// AdviseRun is Advise with a command that the user can run.
func (e *Error) AdviseRun(command string) *Error {
	e.Run = command
	return e.Advise(i18n.Text{RU: "выполните: %s", EN: "run: %s"}.With(command))
}

// Error returns the English text, for logs and tests; people see Message in
// their own language.
func (e *Error) Error() string {
	s := e.Message.In(i18n.EN)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is a fault with the same stable code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Of returns the fault that err stands for, nil when there is none in it. Of
// several that were joined it is the first, but one that says that an outcome is
// unknown goes before all others: whatever else failed, that has to be cleared up.
// The cause of a fault is not looked at: the fault says what it means by now.
func Of(err error) *Error {
	for err != nil {
		if f, ok := err.(*Error); ok {
			return f
		}
		switch e := err.(type) {
		case interface{ Unwrap() []error }:
			var first *Error
			for _, branch := range e.Unwrap() {
				f := Of(branch)
				if f != nil && (first == nil || f.Exit == exitcode.Unknown && first.Exit != exitcode.Unknown) {
					first = f
				}
			}
			return first
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		default:
			return nil
		}
	}
	return nil
}

// ExitOf returns the exit code that err stands for: that of the fault in it (Of),
// Interrupted for a cancelled context, Failure for anything else, OK for nil.
func ExitOf(err error) exitcode.Code {
	if err == nil {
		return exitcode.OK
	}
	if f := Of(err); f != nil {
		return f.Exit
	}
	if errors.Is(err, context.Canceled) {
		return exitcode.Interrupted
	}
	return exitcode.Failure
}
