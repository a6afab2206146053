package cabinet

import (
	"context"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// created sends a POST that may be repeated: the request carries a key.
func created[T any](ctx context.Context, c *Client, call *transport.Call, body any) (*T, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	call.Policy, call.IdempotencyKey, call.FreshKey = transport.Idempotent, key, true
	var out T
	if _, err := c.send(ctx, call, body, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// Register begins a registration; nobody needs to be signed in.
func (c *Client) Register(ctx context.Context, req wire.RegistrationRequest) (*wire.Challenge, error) {
	call := c.call(http.MethodPost, "/registrations", transport.Idempotent)
	call.Auth = transport.AuthNone
	return created[wire.Challenge](ctx, c, call, req)
}

// Recover begins the recovery of an account; nobody needs to be signed in.
func (c *Client) Recover(ctx context.Context, req wire.RecoveryRequest) (*wire.Challenge, error) {
	call := c.call(http.MethodPost, "/recoveries", transport.Idempotent)
	call.Auth = transport.AuthNone
	if req.Passport != nil {
		call.Secrets = []string{req.Passport.Number}
	}
	return created[wire.Challenge](ctx, c, call, req)
}

// AnswerRegistration answers a registration with its code and a password; an
// empty code asks for a new one to be sent.
func (c *Client) AnswerRegistration(ctx context.Context, id string, answer wire.ChallengeAnswer) (*wire.Challenge, error) {
	return c.answer(ctx, "/registrations/{id}/code", id, answer)
}

// AnswerRecovery is AnswerRegistration for a recovery; it ends every session
// of the account.
func (c *Client) AnswerRecovery(ctx context.Context, id string, answer wire.ChallengeAnswer) (*wire.Challenge, error) {
	return c.answer(ctx, "/recoveries/{id}/code", id, answer)
}

func (c *Client) answer(ctx context.Context, path, id string, answer wire.ChallengeAnswer) (*wire.Challenge, error) {
	call := withID(c.call(http.MethodPost, path, transport.Once), "id", id)
	call.Auth, call.Secrets = transport.AuthNone, []string{answer.Code, answer.Password}
	var out wire.Challenge
	if _, err := c.send(ctx, call, answer, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// Sessions returns the living sessions of the person, newest first.
func (c *Client) Sessions(ctx context.Context) ([]wire.Session, error) {
	return whole[wire.Session](ctx, c, "/sessions")
}

// EndSession ends one session; "current" is the one of the marker. One that
// has ended already is exit code 5.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.remove(ctx, withID(c.call(http.MethodDelete, "/sessions/{id}", transport.Idempotent), "id", id))
}

// EndOtherSessions ends every session but the one of the marker.
func (c *Client) EndOtherSessions(ctx context.Context) error {
	return c.remove(ctx, c.call(http.MethodDelete, "/sessions", transport.Idempotent))
}

// SignInHistory returns the latest sign-ins, newest first.
func (c *Client) SignInHistory(ctx context.Context) ([]wire.SignInEntry, error) {
	return whole[wire.SignInEntry](ctx, c, "/sign-in-history")
}

// ChangePassword changes the password; every other session ends. It is sent
// once: the old password does not fit a second time.
func (c *Client) ChangePassword(ctx context.Context, change wire.PasswordChange) error {
	call := c.call(http.MethodPut, "/me/password", transport.Once)
	call.Secrets = []string{change.Old, change.New}
	_, err := c.send(ctx, call, change, nil)
	return err
}

// LevelRequests returns the requests for a higher level, newest first; a
// positive wait lets the portal hold the answer until nothing is pending.
func (c *Client) LevelRequests(ctx context.Context, wait time.Duration) ([]wire.LevelRequest, error) {
	var p wire.Page[wire.LevelRequest]
	if _, err := c.get(ctx, waiting(c.call(http.MethodGet, "/level-requests", transport.Safe), wait), &p); err != nil {
		return nil, err
	}
	return p.Items, nil
}

// RequestLevel asks for the next level.
func (c *Client) RequestLevel(ctx context.Context, req wire.LevelRequestInput) (*wire.LevelRequest, error) {
	call := c.call(http.MethodPost, "/level-requests", transport.Idempotent)
	if req.Passport != nil {
		call.Secrets = []string{req.Passport.Number}
	}
	return created[wire.LevelRequest](ctx, c, call, req)
}

// Consents returns the consents that stand.
func (c *Client) Consents(ctx context.Context) ([]wire.Consent, error) {
	return whole[wire.Consent](ctx, c, "/consents")
}

// RevokeConsent takes a consent back.
func (c *Client) RevokeConsent(ctx context.Context, id string) error {
	return c.remove(ctx, withID(c.call(http.MethodDelete, "/consents/{id}", transport.Idempotent), "id", id))
}

// whole reads a list that the portal gives on one page.
func whole[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	items, _, err := Take(0, func(q PageQuery) (*wire.Page[T], error) {
		return page[T](ctx, c, path, transport.AuthRequired, q, query())
	})
	return items, err
}

// remove sends a DELETE. An earlier attempt, whose answer was lost, may have
// done it already.
func (c *Client) remove(ctx context.Context, call *transport.Call) error {
	_, err := c.get(ctx, call, nil)
	if te := transport.AsError(err); te != nil && te.Denied() && te.Status == http.StatusNotFound && te.Attempts > 1 {
		return nil
	}
	return err
}
