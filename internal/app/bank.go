package app

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"path/filepath"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/external"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/untrusted"
	"github.com/epgu-cli/epgu/internal/vault"
)

// bank opens a bank's desk. A bank at the embedded portal is reached inside the
// process.
func (a *app) bank(ctx context.Context, f *factory.Factory, section *directbank.Section, asks factory.BankAsks) (*directbank.Desk, error) {
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(section.Address)
	if err != nil || u.Host == "" {
		return nil, fault.New(exitcode.Usage, "directbank.address", i18n.Text{RU: "адрес банка «%s» не годится: нужен вид https://имя/путь", EN: "the bank's address %q cannot be used: it must look like https://name/path"}.With(untrusted.Text(section.Address)))
	}
	opts := transport.Options{Origins: []string{u.Scheme + "://" + u.Host}, Clock: f.Clock, UserAgent: "epgu/" + f.Build.Version}
	if f.Flags.Debug {
		opts.Log = f.IO.ErrOut
	}
	if opts.Origins[0] == sandbox.Origin {
		p, err := a.embedded(ctx, f)
		if err != nil {
			return nil, err
		}
		opts.Base, opts.InProcess = p.Transport(), true
		a.tellTraining(f)
	}
	t, err := transport.New(opts)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "directbank.address", i18n.Text{RU: "адрес банка %s не годится: нужен https", EN: "the bank's address %s cannot be used: https is needed"}.With(untrusted.Text(section.Address))).Because(err)
	}
	a.onClose(closer(func() error { t.CloseIdle(); return nil }))
	o := client.Options{Address: section.Address, Customer: section.Customer, Version: section.Version, Transport: t, Clock: f.Clock, UserAgent: "epgu/" + f.Build.Version,
		Login: asks.Login, Session: bankSession{vault: session(s, f).Vault, name: "bank-session:" + section.Name}}
	if asks.OTP != nil {
		o.OTP = func(ctx context.Context, c client.Challenge) (string, error) { return asks.OTP(ctx, c.Phone, c.Code) }
	}
	if section.LogonCert != "" {
		if o.Certificate, o.Decrypt, err = logonBy(section, asks.Key); err != nil {
			return nil, err
		}
	}
	c, err := client.New(o)
	if err != nil {
		return nil, err
	}
	box := directbank.Disk{Dir: filepath.Join(s.Dirs.State, "banks", safeName(section.Name))}
	return &directbank.Desk{Section: section, Client: c, Box: box, Clock: f.Clock, Open: asks.Key}, nil
}

// mostSID bounds what a program decrypts, bytes.
const mostSID = 64 << 10

// logonBy gives the certificate that signs in, and what opens what the bank envelopes
// for it: the key of the certificate, or a program that has it. The key is asked for
// when a session is begun, not before.
func logonBy(section *directbank.Section, key func(ctx context.Context, name string) (gost.Signer, error)) (func(ctx context.Context) (*cert.Certificate, error), func(ctx context.Context, enveloped []byte) ([]byte, error), error) {
	var signer gost.Signer
	certificate := func(ctx context.Context) (*cert.Certificate, error) {
		if signer == nil {
			s, err := key(ctx, section.LogonCert)
			if err != nil {
				return nil, err
			}
			signer = s
		}
		return signer.Certificate(), nil
	}
	if section.Decrypt == "" {
		return certificate, func(_ context.Context, enveloped []byte) ([]byte, error) {
			out, err := gost.OpenEnveloped(signer, enveloped)
			return out, gost.Explain(err)
		}, nil
	}
	program, err := external.ParseSpec(section.Decrypt)
	if err != nil {
		return nil, nil, gost.Explain(err)
	}
	return certificate, func(ctx context.Context, enveloped []byte) ([]byte, error) {
		out, err := program.Run(ctx, bytes.NewReader(enveloped), mostSID)
		return out, gost.Explain(err)
	}, nil
}

// bankSession keeps a bank's session in the vault while it may live.
type bankSession struct {
	vault *vault.Vault
	name  string
}

func (b bankSession) Load(ctx context.Context) (string, error) {
	s, err := b.vault.Load(ctx)
	if err != nil { // without a session one is begun
		return "", ctx.Err()
	}
	return s.Extra[b.name], nil
}

func (b bankSession) Save(ctx context.Context, sid string) error {
	err := b.vault.Update(ctx, func(s *vault.Secrets, err error) error {
		if err != nil && !errors.Is(err, vault.ErrNotFound) {
			return err
		}
		if s.Extra == nil {
			s.Extra = map[string]string{}
		}
		s.Extra[b.name] = sid
		return nil
	})
	if err != nil { // the session lives in this process all the same
		return ctx.Err()
	}
	return nil
}

// embedded opens the embedded portal once.
func (a *app) embedded(ctx context.Context, f *factory.Factory) (*sandbox.Portal, error) {
	if a.portal != nil {
		return a.portal, nil
	}
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.Dirs.State, "sandbox")
	p, err := sandbox.Open(ctx, sandbox.Options{Dir: dir, Clock: f.Clock, SkipIdle: true})
	if err != nil {
		return nil, fault.New(exitcode.Failure, "sandbox.open", i18n.Text{
			RU: "встроенный портал не открывается: папка %s", EN: "the embedded portal cannot be opened: folder %s"}.With(dir)).Because(err).
			Advise(i18n.Say("проверьте права и место на диске; epgu doctor покажет больше", "check rights and space on the disk; epgu doctor tells more"))
	}
	a.onClose(p)
	a.portal = p
	return p, nil
}
