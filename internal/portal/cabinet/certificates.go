package cabinet

import (
	"context"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// RequestCertificate sends a PKCS#10 request in PEM to the portal's authority.
func (c *Client) RequestCertificate(ctx context.Context, requestPEM string) (*wire.IssuedCertificate, error) {
	return created[wire.IssuedCertificate](ctx, c, c.call(http.MethodPost, "/certificate-requests", transport.Idempotent),
		wire.CertificateRequest{Request: requestPEM})
}

// BindCertificate begins to bind a certificate to the account: a code goes to
// the phone. A repetition sends another code for the same binding.
func (c *Client) BindCertificate(ctx context.Context, certificatePEM string) (*wire.Certificate, error) {
	return created[wire.Certificate](ctx, c, c.call(http.MethodPost, "/certificates", transport.Idempotent),
		wire.CertificateInput{CertificatePEM: certificatePEM})
}

// ConfirmCertificate confirms a binding by its code; an empty one asks for a
// new code to be sent. It is sent once: wrong codes are counted.
func (c *Client) ConfirmCertificate(ctx context.Context, id, code string) (*wire.Certificate, error) {
	call := withID(c.call(http.MethodPost, "/certificates/{id}/code", transport.Once), "id", id)
	call.Secrets = []string{code}
	var out wire.Certificate
	if _, err := c.send(ctx, call, wire.CertificateCode{Code: code}, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// Certificates returns the certificates of the account.
func (c *Client) Certificates(ctx context.Context) ([]wire.Certificate, error) {
	return whole[wire.Certificate](ctx, c, "/certificates")
}

// UnbindCertificate takes a certificate off the account.
func (c *Client) UnbindCertificate(ctx context.Context, id string) error {
	return c.remove(ctx, withID(c.call(http.MethodDelete, "/certificates/{id}", transport.Idempotent), "id", id))
}
