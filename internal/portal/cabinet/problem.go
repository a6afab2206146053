package cabinet

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxFields bounds the fields of a problem that are shown.
const maxFields = 200

// ProblemError is a refusal as the portal put it (RFC 9457). It is inside the
// *fault.Error that the methods return: errors.As finds it.
type ProblemError struct {
	wire.Problem
	cause *transport.Error
}

// Error describes the refusal for logs.
func (e *ProblemError) Error() string {
	s := untrusted.Clean(e.Code) + ": " + e.Title.String()
	if e.Detail != "" {
		s += ": " + e.Detail.String()
	}
	return s
}

// Unwrap returns the transport's account of the call.
func (e *ProblemError) Unwrap() error { return e.cause }

// Explain turns a status answer that carries a problem into an error in the
// portal's own words, with the exit code of its status. Other errors come back
// as they are.
func Explain(err error) error {
	te := transport.AsError(err)
	if te == nil || te.Kind != transport.Status || !strings.Contains(te.ContentType, "json") {
		return err
	}
	var p wire.Problem
	if json.Unmarshal(te.Body, &p) != nil || p.Code == "" || p.Title == "" {
		return err
	}
	if p.Status == 0 {
		p.Status = te.Status
	}
	if te.RetryAfter == 0 && p.RetryAfterMS > 0 {
		te.RetryAfter = time.Duration(min(p.RetryAfterMS, (24*time.Hour).Milliseconds())) * time.Millisecond
	}
	exit := te.Exit()
	message := i18n.Text{RU: "%s", EN: "%s"}.With(p.Title)
	if p.Detail != "" {
		message = i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(p.Title, p.Detail)
	}
	f := fault.New(exit, untrusted.Clean(p.Code), message)
	f.Hint = hintOf(&p, exit)
	f.RequestID = te.RequestID
	if f.RequestID == "" {
		f.RequestID = untrusted.Clean(p.RequestID)
	}
	for _, field := range p.Fields[:min(len(p.Fields), maxFields)] {
		f.Fields = append(f.Fields, fault.Field{Name: untrusted.Clean(field.Field), Message: i18n.Text{RU: "%s", EN: "%s"}.With(field.Message)})
	}
	return f.Because(&ProblemError{Problem: p, cause: te})
}

func hintOf(p *wire.Problem, exit exitcode.Code) i18n.Message {
	switch {
	case exit == exitcode.Unknown: // stronger than whatever the portal advises
		return i18n.Say("не повторяйте вслепую: сначала узнайте на портале, что получилось", "do not repeat it blindly: first ask the portal what happened")
	case p.Hint != "":
		return i18n.Text{RU: "%s", EN: "%s"}.With(p.Hint)
	case p.Status == http.StatusUnauthorized:
		return i18n.Text{RU: "выполните: %s", EN: "run: %s"}.With("epgu auth login")
	}
	return i18n.Message{}
}

// lostFactor softens an unknown outcome: a sign-in is simply begun anew.
func lostFactor(err error) error {
	te := transport.AsError(err)
	if te == nil || !te.MayHaveHappened() {
		return err
	}
	f := fault.New(exitcode.Unavailable, "signin.lost", i18n.Say(
		"ответ портала на код потерян", "the portal's answer to the code was lost")).
		Advise(i18n.Say("войдите заново; прежний код больше не нужен", "sign in anew; the earlier code is of no more use"))
	f.RequestID = te.RequestID
	return f.Because(te)
}

// strangePayment is a good status with another payment than was asked for.
func strangePayment(requestID string) error {
	f := fault.New(exitcode.Unknown, "payment.strange_answer", i18n.Say(
		"портал ответил о другом платеже: прошёл ли этот, неизвестно", "the portal answered about another payment: whether this one went through is unknown")).
		Advise(i18n.Say("не повторяйте вслепую: сначала узнайте состояние платежа", "do not repeat it blindly: first ask for the payment's state"))
	f.RequestID = requestID
	return f
}
