package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Kind says what became of a request that did not succeed.
type Kind int

// The kinds.
const (
	// NeverSent: no request reached the portal (no address, no connection, no
	// trusted certificate, or cancelled before that).
	NeverSent Kind = iota + 1
	// Lost: the request may have reached the portal; no whole answer came back.
	Lost
	// Status: an answer came with a status of 300 or more. Proof says what it is worth.
	Status
	// BadAnswer: the portal answered well and the body is not what it should be.
	BadAnswer
	// TooLarge: the answer is larger than the limit.
	TooLarge
	// Foreign: the address is not one of the profile's; nothing was sent.
	Foreign
	// Redirected: a reading call was sent elsewhere and did not follow; the portal has
	// moved, or the network wants a sign-in of its own.
	Redirected
)

// String returns the word used in incident records.
func (k Kind) String() string {
	switch k {
	case NeverSent, Foreign:
		return "not-sent"
	case Lost:
		return "lost"
	case Status, BadAnswer, TooLarge, Redirected:
		return "answered"
	}
	return "unknown"
}

var (
	errTooLarge = errors.New("answer is larger than the limit")
	errOpenBody = errors.New("open request body")
)

// Error says what became of one call. It is always inside a *fault.Error.
type Error struct {
	Kind        Kind
	Method      string
	Host        string
	Path        string // with {name} in place of values
	Policy      Policy
	Status      int         // 0 without an answer
	Header      http.Header // of an answer of kind Status, or Redirected
	Body        []byte      // of an answer of kind Status or BadAnswer, at most 64 KiB
	ContentType string
	RequestID   string        // the portal's, else ours
	SentID      string        // ours, as it was sent
	Proof       Proof         // of kind Status
	RetryAfter  time.Duration // what the portal asked for; 0 when it did not
	Attempts    int           // how many times the call was tried
	Err         error

	certificate  bool
	noCipher     bool
	unrepeatable bool
	freshKey     bool // see Call.FreshKey
	earlier      bool // an earlier attempt of the call may have been carried out
}

// Error describes the failure for logs, without query or values.
func (e *Error) Error() string {
	what := e.Kind.String()
	if e.Status != 0 {
		what = fmt.Sprintf("status %d", e.Status)
	}
	s := fmt.Sprintf("%s %s%s: %s", e.Method, e.Host, e.Path, what)
	if e.Err != nil {
		s += ": " + untrusted.Clean(e.Err.Error())
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// MayHaveHappened reports whether the portal may have acted on the request:
// then the outcome must be asked for before the request is made again. It is
// never true of a call that only reads. An answer rules it out only when it
// proves to be the portal's and to say so, whatever its status.
func (e *Error) MayHaveHappened() bool {
	if e.Policy == Safe {
		return false
	}
	switch e.Kind {
	case Lost, BadAnswer, TooLarge:
		return true
	case Status:
		return e.Proof < ProvesPutOff || e.Proof == ProvesPutOff && e.earlier
	}
	return e.earlier
}

// passing reports whether the same request may succeed a little later.
func (e *Error) passing() bool {
	if e.unrepeatable || e.certificate || e.noCipher || errors.Is(e.Err, context.Canceled) {
		return false
	}
	switch e.Kind {
	case NeverSent, Lost:
		return true
	case Status:
		switch {
		case e.Status == http.StatusTooManyRequests, e.Status == http.StatusBadGateway, e.Status == http.StatusServiceUnavailable, e.Status == http.StatusGatewayTimeout:
			return true
		case e.Status == http.StatusConflict && e.RetryAfter > 0:
			// "At work on it, ask later": the portal knows the request by its key
			// and will give the first answer.
			return true
		}
	case BadAnswer:
	default:
		return false
	}
	// Something in between answered: the portal itself may answer the next time, and
	// it knows a repetition.
	return e.Policy == Idempotent && e.Proof == Unproven && (e.Kind == BadAnswer || e.Status >= 400)
}

// Exit returns the exit code that the failure stands for.
func (e *Error) Exit() exitcode.Code {
	if e.MayHaveHappened() {
		if e.unrepeatableLater() {
			return exitcode.Unknown
		}
		return exitcode.Unavailable
	}
	switch e.Kind {
	case NeverSent, Lost, BadAnswer, Redirected:
		return exitcode.Unavailable
	case Foreign:
		return exitcode.Refused
	case Status:
		if e.Proof == Unproven {
			return exitcode.Unavailable
		}
		return statusExit(e.Status)
	}
	return exitcode.Failure
}

// unrepeatableLater reports whether the same request, made by a later call, would
// be another one to the portal.
func (e *Error) unrepeatableLater() bool { return e.Policy == Once || e.freshKey }

func statusExit(status int) exitcode.Code {
	switch status {
	case http.StatusUnauthorized:
		return exitcode.Auth
	case http.StatusNotFound, http.StatusGone:
		return exitcode.NotFound
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusLocked:
		return exitcode.Conflict
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return exitcode.Unavailable
	case http.StatusNotImplemented:
		return exitcode.Refused
	}
	if status >= 500 {
		return exitcode.Unavailable
	}
	return exitcode.Refused
}
