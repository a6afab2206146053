package signing

import (
	"context"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what certificates need of a portal; *cabinet.Client is one.
type Portal interface {
	RequestCertificate(ctx context.Context, requestPEM string) (*wire.IssuedCertificate, error)
	BindCertificate(ctx context.Context, certificatePEM string) (*wire.Certificate, error)
	ConfirmCertificate(ctx context.Context, id, code string) (*wire.Certificate, error)
	Certificates(ctx context.Context) ([]wire.Certificate, error)
	UnbindCertificate(ctx context.Context, id string) error
}

// Account is the certificates of an account at a portal. Every method fails
// with exit code 4 where the portal does not offer it.
type Account struct {
	Portal       Portal
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
}

func (a *Account) offered(ctx context.Context) error {
	caps, err := a.Capabilities(ctx)
	if err != nil {
		return err
	}
	return cabinet.Require(caps, wire.CapCertificates)
}

// Issue sends a request to the portal's authority and returns the certificate
// and that of the authority.
func (a *Account) Issue(ctx context.Context, requestPEM []byte) ([]*cert.Certificate, error) {
	if err := a.offered(ctx); err != nil {
		return nil, err
	}
	got, err := a.Portal.RequestCertificate(ctx, string(requestPEM))
	if err != nil {
		return nil, err
	}
	all, err := cert.ParseAll([]byte(got.CertificatePEM + "\n" + got.IssuerPEM))
	return all, gost.Explain(err)
}

// Bind begins to bind a certificate: a code goes to the phone.
func (a *Account) Bind(ctx context.Context, c *cert.Certificate) (*wire.Certificate, error) {
	if err := a.offered(ctx); err != nil {
		return nil, err
	}
	return a.Portal.BindCertificate(ctx, string(c.PEM()))
}

// Confirm gives the code of a binding that was begun for a certificate, maybe
// by an earlier run.
func (a *Account) Confirm(ctx context.Context, c *cert.Certificate, code string) (*wire.Certificate, error) {
	all, err := a.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, known := range all {
		if known.Hash == c.Hash() {
			return a.Portal.ConfirmCertificate(ctx, known.ID, code)
		}
	}
	return nil, fault.New(exitcode.NotFound, "cert.not_begun", i18n.Say("привязка этого сертификата не начата", "binding this certificate was not begun")).
		Advise(i18n.Say("начните без --code: придёт код", "begin without --code: a code will come"))
}

// List returns the certificates of the account.
func (a *Account) List(ctx context.Context) ([]wire.Certificate, error) {
	if err := a.offered(ctx); err != nil {
		return nil, err
	}
	return a.Portal.Certificates(ctx)
}

// Unbind takes a certificate off the account.
func (a *Account) Unbind(ctx context.Context, id string) error {
	if err := a.offered(ctx); err != nil {
		return err
	}
	return a.Portal.UnbindCertificate(ctx, id)
}
