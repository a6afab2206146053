package signin

import (
	"context"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Browser is a sign-in on the portal's page.
type Browser struct {
	s    *Service
	esia *esia.Client
	auth *esia.Authorization
	org  string
}

// Redirects returns where the portal may send the browser back to: an address
// to listen on (which may be no loopback one), and one to be copied from.
func (s *Service) Redirects(ctx context.Context) (listen, paste string, err error) {
	c, err := s.ESIA(ctx)
	if err != nil {
		return "", "", err
	}
	listen, paste = c.Redirects()
	if paste == "" {
		return "", "", fault.New(exitcode.Usage, "auth.no_redirect", i18n.Text{
			RU: "у профиля %s нет адреса возврата", EN: "profile %s has no redirect address"}.With(s.Profile)).
			Advise(i18n.Text{RU: "задайте зарегистрированный: epgu config set redirect_uri АДРЕС --in-profile %s", EN: "set the registered one: epgu config set redirect_uri ADDRESS --in-profile %s"}.With(s.Profile))
	}
	return listen, paste, nil
}

// BeginBrowser makes the request that the portal's page answers. The code is
// bound to this process (PKCE).
func (s *Service) BeginBrowser(ctx context.Context, redirect, orgOID string) (*Browser, error) {
	c, err := s.ESIA(ctx)
	if err != nil {
		return nil, err
	}
	auth, err := c.Authorize(ctx, esia.AuthorizeOptions{PKCE: true, OrgOID: orgOID, RedirectURI: redirect})
	if err != nil {
		return nil, err
	}
	return &Browser{s: s, esia: c, auth: auth, org: orgOID}, nil
}

// Address is the page to open.
func (b *Browser) Address() string { return b.auth.URL() }

// Hosts are the hosts whose pages may be opened.
func (b *Browser) Hosts() []string { return b.esia.Hosts() }

// Code reads what the portal sent the browser back with: the whole address,
// its query, or a bare code.
func (b *Browser) Code(redirected string) (string, error) {
	cb, err := b.auth.ParseCallback(redirected)
	return cb.Code, err
}

// CodeForeign is the stable code of the error that Code returns for the answer
// to another request.
const CodeForeign = "esia.state"

// Finish turns the code into a session and keeps it in the vault.
func (b *Browser) Finish(ctx context.Context, code string) error {
	tokens, err := b.esia.Exchange(ctx, b.auth, code)
	if err != nil {
		return err
	}
	if err := b.s.keep(ctx, tokens, nil); err != nil {
		return err
	}
	if b.org == "" || b.org == formatOID(tokens.Claims.OrgOID) {
		return nil
	}
	// On the page the person chose nobody or somebody else.
	return b.s.SwitchRole(ctx, b.org)
}

// SwitchRole makes the session act for an organisation, or for the person
// himself when orgOID is empty.
func (s *Service) SwitchRole(ctx context.Context, orgOID string) error {
	if err := s.offers(ctx, wire.CapAccount); err != nil {
		return err
	}
	c, err := s.ESIA(ctx)
	if err != nil {
		return err
	}
	auth, err := c.Authorize(ctx, esia.AuthorizeOptions{OrgOID: orgOID})
	if err != nil {
		return err
	}
	state, err := s.Cabinet.SwitchRole(ctx, wire.RoleSwitch{Authorization: auth.Terminal(), OrgOID: orgOID})
	if err != nil {
		return explained(err)
	}
	tokens, err := redeem(ctx, c, auth, state)
	if err != nil {
		return err
	}
	if formatOID(tokens.Claims.OrgOID) != orgOID {
		return fault.New(exitcode.Refused, "auth.other_role", i18n.Say(
			"портал выдал маркер на другую роль; он не сохранён", "the portal issued a marker for another role; it was not kept"))
	}
	old, err := s.Vault.Load(ctx)
	if err != nil {
		return err
	}
	if err := s.keep(ctx, tokens, nil); err != nil {
		return err
	}
	// The session of the earlier role is of no more use. That it lives on when
	// this fails harms nobody: it ends by itself.
	if claims, err := esia.Peek(old.Access); err == nil && claims.SessionID != tokens.Claims.SessionID {
		_ = s.Cabinet.EndSession(ctx, claims.SessionID)
	}
	return nil
}
