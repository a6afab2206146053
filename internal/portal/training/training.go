// Package training is the client of the embedded portal's own controls: its
// calendar, demo people, faults and demo data. Only a training portal offers
// them, to loopback and in-process clients. core/training (or the commands of
// `epgu sandbox`) and internal/app may import it.
package training

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/training"
)

// Client steers a training portal. It is safe for concurrent use.
type Client struct {
	t    *transport.Client
	base string
}

// New returns a client of the training portal at base that sends through t.
func New(t *transport.Client, base string) *Client {
	return &Client{t: t, base: strings.TrimSuffix(base, "/")}
}

// do sends one request without a marker: the controls know no people.
func (c *Client) do(ctx context.Context, method, path string, policy transport.Policy, in, out any) error {
	call := &transport.Call{Method: method, Base: c.base, Path: wire.Base + path, Policy: policy, Auth: transport.AuthNone}
	call.Judge = cabinet.Judge(call)
	if in != nil {
		body, err := transport.JSON(in)
		if err != nil {
			return err
		}
		call.Body = body
	}
	if out == nil {
		_, err := c.t.Do(ctx, call)
		return cabinet.Explain(err)
	}
	_, err := c.t.JSON(ctx, call, out)
	return cabinet.Explain(err)
}

// Clock returns the portal's calendar.
func (c *Client) Clock(ctx context.Context) (*wire.Clock, error) {
	var out wire.Clock
	if err := c.do(ctx, http.MethodGet, "/clock", transport.Safe, nil, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// SetClock changes the speed of the calendar and whether it skips idle time.
func (c *Client) SetClock(ctx context.Context, patch wire.ClockPatch) (*wire.Clock, error) {
	var out wire.Clock
	// The same settings twice are the same settings.
	if err := c.do(ctx, http.MethodPatch, "/clock", transport.Safe, patch, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// Advance moves the calendar forward, whole seconds. It is sent once: time
// that was moved twice cannot be taken back.
func (c *Client) Advance(ctx context.Context, by time.Duration) (*wire.AdvanceResult, error) {
	var out wire.AdvanceResult
	if err := c.do(ctx, http.MethodPost, "/clock/advance", transport.Once, wire.Advance{Seconds: int64(by / time.Second)}, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// Users returns the demo people with their passwords and what came to their
// phones and mailboxes.
func (c *Client) Users(ctx context.Context) ([]wire.User, error) {
	var out struct {
		Items []wire.User `json:"items"`
	}
	if err := c.do(ctx, http.MethodGet, "/users", transport.Safe, nil, &out); err != nil {
		return nil, err
	}
	return out.Items, nil
}

// StrangersMessages returns what came to phones and mailboxes of people who have
// no account yet, newest first: the codes of registrations.
func (c *Client) StrangersMessages(ctx context.Context) ([]wire.Message, error) {
	var out struct {
		Items []wire.Message `json:"items"`
	}
	if err := c.do(ctx, http.MethodGet, "/messages", transport.Safe, nil, &out); err != nil {
		return nil, err
	}
	return out.Items, nil
}

// Faults returns the faults that the portal makes on purpose.
func (c *Client) Faults(ctx context.Context) (*wire.Faults, error) {
	var out wire.Faults
	if err := c.do(ctx, http.MethodGet, "/faults", transport.Safe, nil, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// SetFaults tells the portal which faults to make; the zero value is none.
func (c *Client) SetFaults(ctx context.Context, f wire.Faults) error {
	return c.do(ctx, http.MethodPut, "/faults", transport.Idempotent, f, nil)
}

// Reset returns the portal to its first day.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/reset", transport.Safe, nil, nil) // an empty portal emptied again is the same
}

// Seed fills the portal with demo charges. It is sent once.
func (c *Client) Seed(ctx context.Context, req wire.SeedRequest) error {
	return c.do(ctx, http.MethodPost, "/seed", transport.Once, req, nil)
}

// SignInClient returns the key that clients of this portal sign in with.
func (c *Client) SignInClient(ctx context.Context) (*wire.Client, error) {
	var out wire.Client
	if err := c.do(ctx, http.MethodGet, "/client", transport.Safe, nil, &out); err != nil {
		return nil, err
	}
	return &out, nil
}
