// Package errors prints an error to people or to scripts, always in the same
// shape, and turns the errors of the flag library into faults in the reader's
// language. app uses it once per run; cli may use PrintError for warnings. Nothing
// else may import it.
package errors

import (
	"context"
	"encoding/json"
	stderrors "errors"
	"fmt"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// PrintError writes err to stderr and returns the exit code that goes with it. For
// people: what happened, every place at fault, what to do next, the id of the
// request. With asJSON one object on one line:
//
//	{"code":…,"exit":…,"message":…,"hint":…,"requestId":…,"fields":[{"name":…,"message":…}]}
//
// All keys are always there. A nil error prints nothing.
func PrintError(ios *iostreams.IOStreams, err error, asJSON bool) exitcode.Code {
	if err == nil {
		return exitcode.OK
	}
	f := Explain(err)
	if asJSON {
		printJSON(ios, f)
	} else {
		printHuman(ios, f)
	}
	return f.Exit
}

// Explain returns the fault in err, or makes one: of what the operating system
// refused, of an interruption, or of an error that nobody foresaw.
func Explain(err error) *fault.Error {
	if f := fault.Of(err); f != nil {
		return f
	}
	switch {
	case stderrors.Is(err, context.Canceled):
		return fault.New(exitcode.Interrupted, "interrupted", i18n.Say("прервано", "interrupted"))
	}
	if f := fromSystem(err); f != nil {
		return f
	}
	return fault.New(exitcode.Failure, "unexpected",
		i18n.Text{RU: "непредвиденная ошибка: %s", EN: "unexpected error: %s"}.With(untrusted.Text(err.Error())))
}

func printHuman(ios *iostreams.IOStreams, f *fault.Error) {
	var b strings.Builder
	st := ios.ErrStyle()
	say := func(t i18n.Text) string { return t.In(ios.Lang) }

	label := say(i18n.Text{RU: "ошибка:", EN: "error:"})
	if f.Exit == exitcode.Interrupted {
		b.WriteString(ios.Say(f.Message) + "\n")
	} else {
		fmt.Fprintf(&b, "%s %s\n", st.Red(label), ios.Say(f.Message))
	}
	for _, field := range f.Fields {
		fmt.Fprintf(&b, "  %s: %s\n", st.Bold(ios.Say(field.Place())), ios.Say(field.Message))
	}
	if cause := causeOf(ios, f); cause != "" {
		b.WriteString(st.Dim(say(i18n.Text{RU: "причина: ", EN: "cause: "})+cause) + "\n")
	}
	if !f.Hint.IsZero() {
		hint := untrusted.CleanLines(f.Hint.In(ios.Lang))
		fmt.Fprintf(&b, "%s %s\n", st.Yellow(say(i18n.Text{RU: "что делать:", EN: "what to do:"})),
			strings.ReplaceAll(hint, "\n", "\n  "))
	}
	if f.RequestID != "" {
		b.WriteString(st.Dim(say(i18n.Text{RU: "запрос: ", EN: "request: "})+untrusted.Clean(f.RequestID)) + "\n")
	}
	fmt.Fprint(ios.ErrOut, b.String())
}

// causeOf returns the cause for people who will ask for help: the words of the
// fault underneath, else the technical text; nothing that was said already.
func causeOf(ios *iostreams.IOStreams, f *fault.Error) string {
	if f.Err == nil || stderrors.Is(f.Err, context.Canceled) {
		return ""
	}
	cause := untrusted.Clean(f.Err.Error())
	var inner *fault.Error
	if stderrors.As(f.Err, &inner) {
		cause = ios.Say(inner.Message)
	}
	if strings.Contains(cause, ios.Say(f.Message)) {
		return ""
	}
	return cause
}

// jsonError is the shape of an error for scripts.
type jsonError struct {
	Code      string        `json:"code"`
	Exit      exitcode.Code `json:"exit"`
	Message   string        `json:"message"`
	Hint      string        `json:"hint"`
	RequestID string        `json:"requestId"`
	Fields    []jsonField   `json:"fields"`
}

type jsonField struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

func printJSON(ios *iostreams.IOStreams, f *fault.Error) {
	out := jsonError{
		Code: f.Code, Exit: f.Exit, RequestID: untrusted.Clean(f.RequestID),
		Message: ios.Say(f.Message), Hint: untrusted.CleanLines(f.Hint.In(ios.Lang)),
		Fields: make([]jsonField, len(f.Fields)),
	}
	for i, field := range f.Fields {
		out.Fields[i] = jsonField{untrusted.Clean(field.Name), ios.Say(field.Message)}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// Strings and integers only: encoding cannot fail.
	_ = enc.Encode(out)
	_, _ = ios.ErrOut.Write(untrusted.EscapeJSON([]byte(b.String())))
}
