package signin

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/vault"
)

// endLimit bounds the request that ends a session at the portal: signing out
// of this machine must not wait for a portal that is away.
const endLimit = 10 * time.Second

// LoggedOut says what a sign-out did.
type LoggedOut struct {
	Was      bool   // somebody was signed in
	AtPortal bool   // the portal has ended the session, too
	Browser  string // the page that ends the browser's session, where only a browser can
	Err      error  // why the portal has not ended the session
}

// Logout ends the session: at the portal as far as it can be done, and here in
// any case. What was kept by explicit choice (a TOTP secret, a password, an API
// key) stays unless all is asked for.
func (s *Service) Logout(ctx context.Context, all bool) (LoggedOut, error) {
	s.forget(true)
	var out LoggedOut
	if d, err := s.Vault.Describe(ctx); err == nil && d.Kind != vault.Env && d.Kind != vault.Command {
		if sec, err := s.Vault.Load(ctx); err == nil && sec.HasTokens() {
			s.endAtPortal(ctx, &out)
		}
	}
	err := s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		if loadErr != nil && !errors.Is(loadErr, vault.ErrNotFound) && !all {
			return loadErr
		}
		out.Was = out.Was || loadErr == nil && sec.HasTokens()
		if all {
			*sec = vault.Secrets{}
			return nil
		}
		*sec = sec.WithoutTokens()
		delete(sec.Extra, keptPerson)
		delete(sec.Extra, keptOrigins)
		return nil
	})
	return out, err
}

// Away makes s the session of a portal that cannot be opened, and err says why:
// signing out of this machine works all the same.
func (s *Service) Away(err error) {
	s.Capabilities = func(context.Context) (*wire.Capabilities, error) { return nil, err }
	s.ESIA = func(context.Context) (*esia.Client, error) { return nil, err }
}

func (s *Service) endAtPortal(ctx context.Context, out *LoggedOut) {
	out.Was = true
	limited, cancel := context.WithTimeout(ctx, endLimit)
	defer cancel()
	if out.Err = s.offers(limited, wire.CapAccount); out.Err == nil {
		out.Err = s.Cabinet.EndSession(limited, "current")
		// A session that the portal has ended already is ended.
		if exit := fault.ExitOf(out.Err); exit == exitcode.Auth || exit == exitcode.NotFound {
			out.Err = nil
		}
		out.AtPortal = out.Err == nil
		return
	}
	if c, err := s.ESIA(limited); err == nil {
		out.Browser = c.LogoutURL("")
	}
}
