package cabinet

import (
	"context"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// SecondFactor returns how the person confirms sign-ins.
func (c *Client) SecondFactor(ctx context.Context) (*wire.SecondFactor, error) {
	var f wire.SecondFactor
	if _, err := c.get(ctx, c.call(http.MethodGet, "/me/second-factor", transport.Safe), &f); err != nil {
		return nil, err
	}
	return &f, nil
}

// ChooseSecondFactor chooses what is offered first. It is sent once: a wrong
// password counts.
func (c *Client) ChooseSecondFactor(ctx context.Context, change wire.SecondFactorChange) error {
	call := c.call(http.MethodPut, "/me/second-factor", transport.Once)
	call.Secrets = []string{change.Password}
	_, err := c.send(ctx, call, change, nil)
	return err
}

// NewTOTP makes a secret for an application on a phone; it works from the first
// code on (ChangeTOTP). It takes the present password.
func (c *Client) NewTOTP(ctx context.Context, password string) (*wire.TOTPSetup, error) {
	call := c.call(http.MethodPost, "/me/totp", transport.Idempotent)
	call.Secrets = []string{password}
	return created[wire.TOTPSetup](ctx, c, call, wire.TOTPRequest{Password: password})
}

// ChangeTOTP turns the application on or off by a code. It is sent once: a code
// works once.
func (c *Client) ChangeTOTP(ctx context.Context, change wire.TOTPChange) error {
	call := c.call(http.MethodPut, "/me/totp", transport.Once)
	call.Secrets = []string{change.Code}
	_, err := c.send(ctx, call, change, nil)
	return err
}

// NewRecoveryCodes makes new recovery codes; the earlier ones stop working.
func (c *Client) NewRecoveryCodes(ctx context.Context, password string) (*wire.RecoveryCodes, error) {
	call := c.call(http.MethodPost, "/me/recovery-codes", transport.Idempotent)
	call.Secrets = []string{password}
	return created[wire.RecoveryCodes](ctx, c, call, wire.RecoveryCodesRequest{Password: password})
}
