package cabinet

import (
	"context"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Organisations returns those that the person acts for.
func (c *Client) Organisations(ctx context.Context) ([]wire.Organisation, error) {
	return whole[wire.Organisation](ctx, c, "/organisations")
}

// Members returns who may act for an organisation; only its chief is told.
func (c *Client) Members(ctx context.Context, org string) ([]wire.Member, error) {
	call := withID(c.call(http.MethodGet, "/organisations/{oid}/members", transport.Safe), "oid", org)
	var p wire.Page[wire.Member]
	if _, err := c.get(ctx, call, &p); err != nil {
		return nil, err
	}
	return p.Items, nil
}

// GivePowers gives a person powers in an organisation.
func (c *Client) GivePowers(ctx context.Context, org string, in wire.MemberInput) (*wire.Member, error) {
	return created[wire.Member](ctx, c, withID(c.call(http.MethodPost, "/organisations/{oid}/members", transport.Idempotent), "oid", org), in)
}

// TakePowers takes the powers of a person in an organisation back.
func (c *Client) TakePowers(ctx context.Context, org, person string) error {
	call := c.call(http.MethodDelete, "/organisations/{oid}/members/{person}", transport.Idempotent)
	call.PathParams = map[string]string{"oid": org, "person": person}
	return c.remove(ctx, call)
}

// SwitchRole asks for an authorisation code in another role. After a lost
// answer it is simply asked again: an unused code ends by itself.
func (c *Client) SwitchRole(ctx context.Context, req wire.RoleSwitch) (*wire.SignIn, error) {
	call := c.call(http.MethodPost, "/roles/switch", transport.Safe)
	call.Secrets = []string{req.Authorization.ClientSecret}
	var s wire.SignIn
	if _, err := c.send(ctx, call, req, &s); err != nil {
		return nil, err
	}
	return &s, nil
}
