package serving

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// answer is the ResponseWriter of a request: each part of an answer has a deadline
// of its own, and a body that came too slowly is answered so, whatever the handler
// makes of its broken end.
type answer struct {
	http.ResponseWriter
	request *http.Request
	control *http.ResponseController
	limits  Limits
	body    *body // nil when the request has none
	begun   bool
	muted   bool // 408 has been said
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// allow sets the deadline for n bytes to leave.
func (a *answer) allow(n int) {
	allowed := a.limits.Grace + time.Duration(float64(n)/float64(a.limits.Rate)*float64(time.Second))
	_ = a.control.SetWriteDeadline(time.Now().Add(min(allowed, a.limits.Whole))) // the write tells whether the connection has gone
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.begun {
		return
	}
	a.allow(0)
	if status >= 100 && status < 200 {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	a.begun = true
	if a.body != nil && a.body.slow && status >= http.StatusBadRequest {
		a.muted = true
		a.tooSlow()
		return
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.muted {
		return len(b), nil
	}
	a.allow(len(b))
	return a.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (a *answer) Flush() {
	a.WriteHeader(http.StatusOK)
	_ = a.control.Flush() // a reader that has gone is nobody's error
}

// tooSlow answers 408 in the words of the API that was called, and ends the
// connection: the rest of the body is on its way there.
func (a *answer) tooSlow() {
	title := i18n.Say("Тело запроса шло слишком медленно", "The body of the request came too slowly")
	header := a.Header()
	for name := range header {
		if name != "X-Request-Id" {
			header.Del(name)
		}
	}
	lang := problem.Lang(a.request)
	kind, value := problem.ContentType, any(nil)
	if path := a.request.URL.Path; strings.HasPrefix(path, "/api/gusmev/") || strings.HasPrefix(path, "/api/nsi/") {
		kind, value = "application/json", gusmev.Error{Code: gusmev.ErrBadRequest, Message: untrusted.Text(title.In(lang))}
	} else {
		value = problem.New(http.StatusRequestTimeout, "request.too_slow", title).
			WithHint(i18n.Say("Запрос не выполнен; повторите его целиком", "The request was not carried out; repeat it whole")).
			Wire(lang, header.Get("X-Request-Id"), problem.SubjectOf(a.request))
	}
	b, err := json.Marshal(value)
	if err != nil {
		panic(err) // a struct of plain fields can be written as JSON
	}
	header.Set("Content-Type", kind)
	header.Set("Cache-Control", "no-store")
	header.Set("Connection", "close")
	a.ResponseWriter.WriteHeader(http.StatusRequestTimeout)
	_, _ = a.ResponseWriter.Write(append(b, '\n')) // a reader that has gone is nobody's error
}
