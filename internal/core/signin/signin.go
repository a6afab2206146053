// Package signin brings a person into a profile and keeps them there: it signs
// in, keeps the session in the vault, gives every request its marker from one
// source and refreshes it. Commands and the TUI use it.
package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
	"github.com/epgu-cli/epgu/internal/vault"
)

// Service signs in at one portal. Status, and Logout without a portal, need
// only Profile, Vault and Clock.
type Service struct {
	Profile string
	Vault   *vault.Vault
	Cabinet *cabinet.Client
	// Capabilities says what the portal offers.
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
	// ESIA makes the client of the sign-in protocol; it needs the key of the
	// information system, so it is made only when somebody signs in or a marker
	// is refreshed.
	ESIA  func(ctx context.Context) (*esia.Client, error)
	Clock clock.Clock
	// Forget forgets what screens kept of whoever was signed in; nil when nothing is
	// kept. It is called before a session begins or ends.
	Forget func(out bool)
	// Origins are the addresses of the portal and of its ЕСИА. A session is bound
	// to those it began at.
	Origins string
}

// offers fails with exit code 4 when the portal lacks the capability.
func (s *Service) offers(ctx context.Context, capability wire.Capability) error {
	caps, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	return cabinet.Require(caps, capability)
}

// The names of the extra secrets in the vault. Those for signing in again are
// kept only by the user's explicit choice.
const (
	keptPerson   = "person" // JSON of wire.Me, so that status need not ask
	keptAPIKey   = "apiKey"
	keptUser     = "user"
	keptPassword = "password"
	keptOID      = "oid"     // whose the three above are
	keptOrigins  = "origins" // the addresses that the session belongs to
)

// keep begins a session: the markers replace those of an earlier one. A vault
// that does not open any more is replaced, since the person is right here.
func (s *Service) keep(ctx context.Context, t *esia.Tokens, more func(*vault.Secrets)) error {
	s.forget(false)
	return s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		var f *fault.Error
		if errors.As(loadErr, &f) && f.Code == vault.CodeNewer {
			return loadErr
		}
		*sec = sec.WithoutTokens()
		delete(sec.Extra, keptPerson)
		put(sec, t)
		extra(sec, keptOrigins, s.Origins)
		if more != nil {
			more(sec)
		}
		return nil
	})
}

func (s *Service) forget(out bool) {
	if s.Forget != nil {
		s.Forget(out)
	}
}

// keepFor lays what signs in again without a person into the bag.
func keepFor(sec *vault.Secrets, t *esia.Tokens, totp string, more map[string]string) {
	for _, name := range []string{keptAPIKey, keptUser, keptPassword} {
		delete(sec.Extra, name)
	}
	sec.TOTPSeed = totp
	extra(sec, keptOID, formatOID(t.Claims.SubjectID))
	for name, value := range more {
		extra(sec, name, value)
	}
}

// extra lays one more secret into the bag.
func extra(sec *vault.Secrets, name, value string) {
	if sec.Extra == nil {
		sec.Extra = map[string]string{}
	}
	sec.Extra[name] = value
}

// put lays new markers into the secrets.
func put(sec *vault.Secrets, t *esia.Tokens) {
	sec.Access, sec.ID, sec.TokenType, sec.Expires = t.Access, t.ID, "Bearer", t.ExpiresAt
	if t.Refresh != "" {
		sec.Refresh = t.Refresh
	}
	sec.Scopes = strings.Fields(t.Claims.Scope)
}

// freshness is how much life a marker must have left to be sent.
const freshness = 30 * time.Second

// Token is the transport's source of markers: the stored one, refreshed when it
// is about to end or the portal rejected it; empty when nobody is signed in.
func (s *Service) Token(ctx context.Context, rejected string) (string, error) {
	now := s.Clock.Now()
	foreign := false
	sec, err := s.Vault.Refresh(ctx, func(x vault.Secrets) bool {
		// The address of a profile may have been changed since; a session never
		// follows it to another server.
		foreign = x.Extra[keptOrigins] != "" && x.Extra[keptOrigins] != s.Origins
		return foreign || !x.HasTokens() || // nothing to refresh
			x.Access != "" && x.Access != rejected && (x.Expires.IsZero() || x.Expires.Sub(now) > freshness)
	}, s.exchange)
	switch {
	case errors.Is(err, vault.ErrNotFound):
		return "", nil
	case errors.Is(err, vault.ErrRejected):
		return "", Ended().Because(err)
	case err != nil:
		return "", err
	case foreign:
		return "", fault.New(exitcode.Auth, "auth.other_portal", i18n.Text{
			RU: "сеанс профиля %s принадлежит другому адресу: %s; маркер туда, куда не входили, не отправляется", EN: "the session of profile %s belongs to another address: %s; no marker goes where nobody signed in"}.
			With(s.Profile, untrusted.Text(sec.Extra[keptOrigins]))).AdviseRun("epgu auth login --profile " + s.Profile)
	}
	return sec.Access, nil
}

// exchange gets new markers: by the refresh marker, and when the portal does
// not take it any more, by what the user chose to keep for that.
func (s *Service) exchange(ctx context.Context, sec vault.Secrets) (vault.Secrets, error) {
	fresh, err := s.refresh(ctx, sec)
	if err == nil || !errors.Is(err, vault.ErrRejected) {
		return fresh, err
	}
	t, again := s.again(ctx, sec)
	if again == nil && formatOID(t.Claims.SubjectID) != sec.Extra[keptOID] {
		again = errNothingKept // never go on as somebody else
	}
	switch {
	case errors.Is(again, errNothingKept):
		return sec, err
	case again != nil:
		return sec, again
	}
	sec.Refresh = ""
	put(&sec, t)
	return sec, nil
}

func (s *Service) refresh(ctx context.Context, sec vault.Secrets) (vault.Secrets, error) {
	if sec.Refresh == "" {
		return sec, fmt.Errorf("no refresh marker: %w", vault.ErrRejected)
	}
	c, err := s.ESIA(ctx)
	if err != nil {
		return sec, err
	}
	t, err := c.Refresh(ctx, sec.Refresh, sec.Scopes)
	if err != nil {
		return sec, rejected(err, exitcode.Auth)
	}
	put(&sec, t)
	return sec, nil
}

// rejected marks a refusal for good with one of the exit codes; any other
// error comes back as it is and removes nothing.
func rejected(err error, exits ...exitcode.Code) error {
	e := transport.AsError(err)
	if e == nil || e.Kind != transport.Status {
		return err
	}
	for _, exit := range exits {
		if fault.ExitOf(err) == exit {
			return fmt.Errorf("%w: %w", vault.ErrRejected, err)
		}
	}
	return err
}

// Ended says that the session is over.
func Ended() *fault.Error {
	return fault.New(exitcode.Auth, "auth.expired", i18n.Say("сеанс истёк", "the session has ended")).AdviseRun("epgu auth login")
}

// NotSignedIn says that nobody is signed in.
func NotSignedIn() *fault.Error {
	return fault.New(exitcode.Auth, "auth.required", i18n.Say("никто не вошёл", "nobody is signed in")).AdviseRun("epgu auth login")
}

// Store says where the secrets of the profile are.
func (s *Service) Store(ctx context.Context) (vault.Description, error) { return s.Vault.Describe(ctx) }
