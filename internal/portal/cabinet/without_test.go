package cabinet

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// refusing is a network that fails the test when anything is sent.
type refusing struct{ t *testing.T }

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.t.Errorf("%s %s was sent", req.Method, req.URL)
	return nil, io.ErrUnexpectedEOF
}

func TestAPortalWithoutACabinetIsNeverAskedAtUndocumentedAddresses(t *testing.T) {
	const base = "https://portal.example"
	tr, err := transport.New(transport.Options{Origins: []string{base}, Base: refusing{t}, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	c := New(tr.WithTokens(func(context.Context, string) (string, error) { return "marker", nil }), base).Without("state")
	ctx := context.Background()
	for name, call := range map[string]func() error{
		"capabilities": func() error { _, err := c.Capabilities(ctx); return err },
		"sign-in":      func() error { _, err := c.SignIn(ctx, wire.SignInRequest{}); return err },
		"me":           func() error { _, err := c.Me(ctx); return err },
		"service":      func() error { _, err := c.Service(ctx, "x"); return err },
		"services":     func() error { _, err := c.Services(ctx, ServiceQuery{}); return err },
		"form":         func() error { _, err := c.Form(ctx, "x"); return err },
		"charges":      func() error { _, err := c.Charges(ctx, ChargeQuery{}); return err },
		"pay":          func() error { _, err := c.Pay(ctx, wire.PaymentRequest{ID: "id"}); return err },
		"receipt":      func() error { _, err := c.Receipt(ctx, "id", io.Discard, 0); return err },
		"applications": func() error { _, err := c.Applications(ctx, ApplicationQuery{}); return err },
		"draft":        func() error { return c.DeleteDraft(ctx, "id") },
		"sessions":     func() error { return c.EndOtherSessions(ctx) },
	} {
		if err := call(); fault.ExitOf(err) != exitcode.Refused {
			t.Errorf("%s: %v, want a refusal with exit code 4", name, err)
		}
	}
}
