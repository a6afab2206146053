package gusmev

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var meta = wire.Meta{Region: "36000000000", ServiceCode: "10000000113", TargetCode: "-10000000113"}

// portal starts a hand-written portal and a client for it whose clock never
// really waits.
func portal(t *testing.T, mux *http.ServeMux, opts Options) (*Client, *clock.Manual) {
	t.Helper()
	s := httptest.NewServer(mux)
	base := &http.Transport{}
	clk := clock.NewManual(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	tc, err := transport.New(transport.Options{Base: base, Origins: []string{s.URL}, Clock: clk,
		Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tc.CloseIdle(); s.Close() })
	opts.Base = s.URL
	if opts.Pacer == nil {
		opts.Pacer = transport.NewPacer(Limits(), clk)
	}
	return New(tc, opts), clk
}

func wantFault(t *testing.T, err error, exit exitcode.Code, code string) *fault.Error {
	t.Helper()
	f, ok := err.(*fault.Error)
	if !ok {
		t.Fatalf("not a fault: %T %v", err, err)
	}
	if f.Exit != exit || f.Code != code {
		t.Fatalf("exit %d code %s, want %d %s: %v", f.Exit, f.Code, exit, code, err)
	}
	if f.Message.In(i18n.RU) == "" || f.Message.In(i18n.RU) == f.Message.In(i18n.EN) {
		t.Errorf("%s: the message is not in two languages: %q", code, f.Message.In(i18n.RU))
	}
	return f
}
