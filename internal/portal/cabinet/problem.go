package cabinet

import (
	"errors"
	"net/http"
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

// Explain turns an answer that proves to be the portal's into an error in the
// portal's own words, with the exit code of its status. Other errors come back
// as they are.
func Explain(err error) error {
	te := transport.AsError(err)
	if te == nil || te.Kind != transport.Status || te.Proof == transport.Unproven {
		return err
	}
	p, ok := problemIn(te)
	if !ok {
		return err
	}
	if te.RetryAfter == 0 && p.RetryAfterMS > 0 {
		te.RetryAfter = time.Duration(min(p.RetryAfterMS, (24*time.Hour).Milliseconds())) * time.Millisecond
	}
	exit := te.Exit()
	message := i18n.Text{RU: "%s", EN: "%s"}.With(p.Title)
	if p.Detail != "" {
		message = i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(p.Title, p.Detail)
	}
	if exit == exitcode.Unknown {
		message = i18n.Text{RU: "%s; выполнен ли запрос, из ответа портала не видно", EN: "%s; the portal's answer does not say whether the request was carried out"}.With(message)
	}
	f := fault.New(exit, untrusted.Clean(p.Code), message)
	f.Hint = hintOf(&p, exit)
	f.RequestID = te.RequestID
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
	case exit == exitcode.NotFound:
		if list := listOf(p.Code); list != "" {
			return i18n.Text{RU: "проверьте номер: %s", EN: "check the number: %s"}.With(list)
		}
	}
	return i18n.Message{}
}

// listOf is the command that lists the things of which one was not found.
func listOf(code string) string {
	switch code {
	case "application.not_found":
		return "epgu application list"
	case "draft.not_found":
		return "epgu application draft list"
	case "payment.not_found":
		return "epgu pay list"
	case "charge.not_found":
		return "epgu bill list"
	case "appointment.not_found":
		return "epgu appointment list --state all"
	case "session.not_found":
		return "epgu auth sessions"
	case "device.not_found":
		return "epgu auth devices list"
	case "consent.not_found":
		return "epgu profile consents"
	case "organisation.not_found":
		return "epgu org list"
	case "member.not_found":
		return "epgu org members"
	}
	return ""
}

// lostFactor softens an unknown outcome: a sign-in is simply begun anew.
func lostFactor(err error) error {
	te := transport.AsError(err)
	if te == nil || !te.MayHaveHappened() {
		return err
	}
	f := fault.New(exitcode.Unavailable, "signin.lost", i18n.Say(
		"ответ портала на вход потерян: вошли вы или нет, неизвестно", "the portal's answer to the sign-in was lost: whether you are signed in is unknown")).
		Advise(i18n.Say("войдите заново; прежний код, если он был, больше не нужен", "sign in anew; an earlier code, if there was one, is of no more use"))
	f.RequestID = te.RequestID
	return f.Because(te)
}

// strangePayment is a good status with another payment than was asked about.
func (c *Client) strangePayment(call *transport.Call, resp *transport.Response) error {
	err := c.t.Strange(call, resp, errors.New("an answer about another payment"))
	te := transport.AsError(err)
	f := fault.New(te.Exit(), "payment.strange_answer", i18n.Say(
		"портал ответил о другом платеже, об этом его ответ ничего не говорит", "the portal answered about another payment: of this one the answer says nothing")).
		Advise(i18n.Say("не платите ещё раз: сначала узнайте состояние платежа (epgu pay view)", "do not pay again: first ask for the payment's state (epgu pay view)"))
	f.RequestID = resp.RequestID
	return f.Because(te)
}
