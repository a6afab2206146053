package transport

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// debugHeader opens every debug log, so that whoever passes it on knows what it holds.
const debugHeader = "# epgu debug log: markers, passwords, codes and signatures are hidden as " + hidden + "; personal data may remain\n"

// debugLog writes a redacted account of requests and answers. A nil log is off.
type debugLog struct {
	mu     sync.Mutex
	w      io.Writer
	opened bool
}

func newDebugLog(w io.Writer) *debugLog {
	if w == nil {
		return nil
	}
	return &debugLog{w: w}
}

func (l *debugLog) write(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opened {
		l.opened = true
		s = debugHeader + s
	}
	_, _ = io.WriteString(l.w, s) // a full disk must not stop the work
}

// request logs what is about to leave, attempt by attempt.
func (l *debugLog) request(req *http.Request, a *attempt) {
	if l == nil {
		return
	}
	r := newRedactor(a.call, a.token)
	var b strings.Builder
	fmt.Fprintf(&b, "> %s %s%s", req.Method, untrusted.Clean(originOf(req.URL)), a.call.Path)
	if q := r.query(req.URL.Query()); q != "" {
		b.WriteString("?" + q)
	}
	b.WriteByte('\n')
	b.WriteString(r.header(req.Header))
	if body := a.call.Body; body != nil {
		b.WriteString(shown(r.body(body.Type, body.bytes), body.Size))
	}
	l.write(b.String())
}

// response logs an answer; body is nil when it was streamed elsewhere.
func (l *debugLog) response(resp *http.Response, body []byte, call *Call, token string) {
	if l == nil {
		return
	}
	r := newRedactor(call, token)
	var b strings.Builder
	fmt.Fprintf(&b, "< %d %s\n", resp.StatusCode, call.Path)
	b.WriteString(r.header(resp.Header))
	b.WriteString(shown(r.body(resp.Header.Get("Content-Type"), body), int64(len(body))))
	l.write(b.String())
}

// failure logs a request that got no whole answer.
func (l *debugLog) failure(e *Error, call *Call, token string) {
	if l == nil {
		return
	}
	cause := ""
	if e.Err != nil {
		cause = ": " + newRedactor(call, token).text(e.Err.Error())
	}
	l.write(fmt.Sprintf("! %s %s: %s%s\n", call.Method, call.Path, e.Kind, untrusted.Clean(cause)))
}

func shown(body string, size int64) string {
	if body == "" {
		if size == 0 {
			return ""
		}
		return fmt.Sprintf("  (%d bytes, not shown)\n", size)
	}
	return body + "\n"
}
