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
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/untrusted"
	"github.com/epgu-cli/epgu/internal/vault"
)

// Service signs in at one portal.
type Service struct {
	Profile string
	Vault   *vault.Vault
	Cabinet *cabinet.Client
	// ESIA makes the client of the sign-in protocol; it needs the key of the
	// information system, so it is made only when somebody signs in or a marker
	// is refreshed.
	ESIA  func(ctx context.Context) (*esia.Client, error)
	Clock clock.Clock
}

// Login is what a person types.
type Login struct {
	User     string // phone, e-mail, СНИЛС or ИНН
	Password string
	OrgOID   string // act for this organisation; empty is for oneself
}

// Attempt is a sign-in under way in the terminal.
type Attempt struct {
	s     *Service
	esia  *esia.Client
	auth  *esia.Authorization
	state *wire.SignIn
}

// Begin starts a sign-in in the terminal, where the portal offers it.
func (s *Service) Begin(ctx context.Context, l Login) (*Attempt, error) {
	if err := s.Cabinet.Offers(ctx, wire.CapSignIn); err != nil {
		return nil, err
	}
	c, err := s.ESIA(ctx)
	if err != nil {
		return nil, err
	}
	auth, err := c.Authorize(ctx, esia.AuthorizeOptions{OrgOID: l.OrgOID})
	if err != nil {
		return nil, err
	}
	state, err := s.Cabinet.SignIn(ctx, wire.SignInRequest{Authorization: auth.Terminal(), Login: l.User, Password: l.Password, OrgOID: l.OrgOID})
	if err != nil {
		return nil, err
	}
	return &Attempt{s: s, esia: c, auth: auth, state: state}, nil
}

// Done reports whether nothing more is asked of the person.
func (a *Attempt) Done() bool { return a.state.State == "done" }

// Factors are the ways to prove oneself, best first.
func (a *Attempt) Factors() []wire.Factor { return a.state.Factors }

// Answer gives the code of a second factor; an empty code asks for a new one
// to be sent.
func (a *Attempt) Answer(ctx context.Context, kind, code string) error {
	state, err := a.s.Cabinet.Factor(ctx, a.state.ID, wire.FactorAnswer{Kind: kind, Code: strings.TrimSpace(code)})
	if err != nil {
		return err
	}
	a.state = state
	return nil
}

// Finish turns the finished sign-in into a session and keeps it in the vault.
func (a *Attempt) Finish(ctx context.Context) error {
	if a.state.AuthState != a.auth.State {
		return fault.New(exitcode.Failure, "signin.state", i18n.Say("портал ответил не на наш запрос входа", "the portal answered another sign-in request"))
	}
	tokens, err := a.esia.Exchange(ctx, a.auth, a.state.Code)
	if err != nil {
		return err
	}
	return a.s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		var f *fault.Error
		if errors.As(loadErr, &f) && f.Code == vault.CodeNewer {
			return loadErr
		}
		// A vault that does not open any more is replaced: the person is right here.
		put(sec, tokens)
		return nil
	})
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
	sec, err := s.Vault.Refresh(ctx, func(x vault.Secrets) bool {
		return x.Access != "" && x.Access != rejected && (x.Expires.IsZero() || x.Expires.Sub(now) > freshness)
	}, s.exchange)
	switch {
	case errors.Is(err, vault.ErrNotFound):
		return "", nil
	case errors.Is(err, vault.ErrRejected):
		return "", Ended().Because(err)
	case err != nil:
		return "", err
	}
	return sec.Access, nil
}

func (s *Service) exchange(ctx context.Context, sec vault.Secrets) (vault.Secrets, error) {
	if sec.Refresh == "" {
		if sec.Access == "" {
			return sec, vault.ErrNotFound
		}
		return sec, fmt.Errorf("no refresh marker: %w", vault.ErrRejected)
	}
	c, err := s.ESIA(ctx)
	if err != nil {
		return sec, err
	}
	t, err := c.Refresh(ctx, sec.Refresh)
	if err != nil {
		if e := transport.AsError(err); e != nil && e.Kind == transport.Status && fault.ExitOf(err) == exitcode.Auth {
			return sec, fmt.Errorf("%w: %w", vault.ErrRejected, err)
		}
		return sec, err
	}
	put(&sec, t)
	return sec, nil
}

// Ended says that the session is over.
func Ended() *fault.Error {
	return fault.New(exitcode.Auth, "auth.expired", i18n.Say("сеанс истёк", "the session has ended")).AdviseRun("epgu auth login")
}

// Logout ends the session: the markers leave the vault. What was kept by
// explicit choice (a TOTP secret) stays unless all is asked for.
func (s *Service) Logout(ctx context.Context, all bool) (was bool, err error) {
	err = s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		if loadErr != nil && !errors.Is(loadErr, vault.ErrNotFound) && !all {
			return loadErr
		}
		was = loadErr == nil && sec.HasTokens()
		if all {
			*sec = vault.Secrets{}
		} else {
			*sec = sec.WithoutTokens()
		}
		return nil
	})
	return was, err
}

// Store says where the secrets of the profile are.
func (s *Service) Store(ctx context.Context) (vault.Description, error) { return s.Vault.Describe(ctx) }

// Person is who acts.
type Person struct{ wire.Me }

// Name is the full name, or that of the organisation acted for.
func (p Person) Name() untrusted.Text {
	if p.Role.Kind == "organisation" {
		return p.Role.Name
	}
	parts := []string{p.LastName.Raw(), p.FirstName.Raw(), p.MiddleName.Raw()}
	return untrusted.Text(strings.TrimSpace(strings.Join(parts, " ")))
}

// Applicant identifies who applies: a person, or a person for an organisation.
func (p Person) Applicant() string {
	if p.Role.OrgOID != "" {
		return p.OID + "/" + p.Role.OrgOID
	}
	return p.OID
}

// Me asks the portal who is signed in.
func (s *Service) Me(ctx context.Context) (Person, error) {
	me, err := s.Cabinet.Me(ctx)
	if err != nil {
		return Person{}, err
	}
	return Person{*me}, nil
}

// Status is what is known of the session without asking the portal.
type Status struct {
	Profile  string
	SignedIn bool
	Store    vault.Description
	OID      string
	OrgOID   string
	Scopes   []string
	Expires  time.Time // of the marker; it is refreshed by itself
	Renews   bool      // there is a refresh marker
	Expired  bool
}

// Status reads the vault; the portal is not asked.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st := Status{Profile: s.Profile}
	var err error
	if st.Store, err = s.Vault.Describe(ctx); err != nil {
		return st, err
	}
	sec, err := s.Vault.Load(ctx)
	if errors.Is(err, vault.ErrNotFound) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	st.SignedIn, st.Scopes, st.Expires, st.Renews = sec.HasTokens(), sec.Scopes, sec.Expires, sec.Refresh != ""
	st.Expired = !sec.Expires.IsZero() && !sec.Expires.After(s.Clock.Now())
	if c, err := esia.Peek(sec.Access); err == nil {
		st.OID = fmt.Sprint(c.SubjectID)
		if c.OrgOID != 0 {
			st.OrgOID = fmt.Sprint(c.OrgOID)
		}
	}
	return st, nil
}
