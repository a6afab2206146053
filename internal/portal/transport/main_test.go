package transport

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start returns a loopback server and a client for it, with a clock that
// never really waits.
func start(t *testing.T, h http.HandlerFunc, change func(*Options)) (*httptest.Server, *Client) {
	t.Helper()
	s := httptest.NewServer(h)
	opts := Options{Origins: []string{s.URL}, Clock: clock.NewManual(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)), Base: defaultBase()}
	if change != nil {
		change(&opts)
	}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseIdle(); s.Close() })
	return s, c
}

func fixed(token string) TokenSource {
	return func(context.Context, string) (string, error) { return token, nil }
}

// cut closes the connection of a request without an answer.
func cut(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_ = conn.Close()
}

func wantExit(t *testing.T, err error, want exitcode.Code) *Error {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want exit %d", want)
	}
	if got := fault.ExitOf(err); got != want {
		t.Fatalf("exit %d, want %d: %v", got, want, err)
	}
	return AsError(err)
}

// closedAddress returns a loopback address where nobody listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

// sink is a buffer that several goroutines may write to.
type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func body(s string) *Body {
	return &Body{Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }, Size: int64(len(s)), Type: "application/octet-stream"}
}

func russian(t *testing.T, err error) string {
	t.Helper()
	f, ok := err.(*fault.Error)
	if !ok {
		t.Fatalf("not a fault: %T %v", err, err)
	}
	return f.Message.In(i18n.RU) + " / " + f.Hint.In(i18n.RU)
}
