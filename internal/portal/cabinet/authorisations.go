package cabinet

import (
	"context"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Authorise registers what approvers have signed. Repeating it is harmless: the
// same ID with the same bounds answers with what is used.
func (c *Client) Authorise(ctx context.Context, req wire.AuthorisationRequest) (*wire.Authorisation, error) {
	call := c.call(http.MethodPost, "/payment-authorisations", transport.Idempotent)
	call.IdempotencyKey = req.ID
	var a wire.Authorisation
	if _, err := c.send(ctx, call, req, &a); err != nil {
		return nil, err
	}
	return &a, nil
}

// CheckApprover asks whether an approval by a certificate would count for the
// caller's payments.
func (c *Client) CheckApprover(ctx context.Context, certificatePEM string) (*wire.ApproverAnswer, error) {
	return created[wire.ApproverAnswer](ctx, c, c.call(http.MethodPost, "/approver-checks", transport.Idempotent), wire.ApproverQuestion{CertificatePEM: certificatePEM})
}

// Authorisation returns an authorisation with what is used of it.
func (c *Client) Authorisation(ctx context.Context, id string) (*wire.Authorisation, error) {
	var a wire.Authorisation
	if _, err := c.get(ctx, withID(c.call(http.MethodGet, "/payment-authorisations/{id}", transport.Safe), "id", id), &a); err != nil {
		return nil, err
	}
	return &a, nil
}
