package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/vault"
)

// Login is what a person types.
type Login struct {
	User     string // phone, e-mail, СНИЛС or ИНН
	Password string
	OrgOID   string // act for this organisation; empty is for oneself
}

// Attempt is a sign-in under way in the terminal.
type Attempt struct {
	s     *Service
	login Login
	esia  *esia.Client
	auth  *esia.Authorization
	state *wire.SignIn
}

// Begin starts a sign-in in the terminal, where the portal offers it.
func (s *Service) Begin(ctx context.Context, l Login) (*Attempt, error) {
	if err := s.offers(ctx, wire.CapSignIn); err != nil {
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
		return nil, explained(err)
	}
	return &Attempt{s: s, login: l, esia: c, auth: auth, state: state}, nil
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

// Push is the request to a bound device that the sign-in waits for; nil when it
// waits for none.
func (a *Attempt) Push() *wire.Push {
	if a.Done() {
		return nil
	}
	return a.state.Push
}

// AwaitPush asks whether the push was decided, waiting at most so long. While
// it was not, the attempt is not done and Push is still pending.
func (a *Attempt) AwaitPush(ctx context.Context, wait time.Duration) error {
	if a.Push() == nil {
		return nil
	}
	state, err := a.s.Cabinet.PushAnswer(ctx, a.state.ID, a.state.Push.Number, wait)
	if err != nil {
		return err
	}
	a.state = state
	return nil
}

// KeepForCron is what Finish keeps so that an ended session can begin anew
// without a person: the login, the password and this secret of the second
// factor (base32).
type KeepForCron struct{ TOTPSecret string }

// Finish turns the finished sign-in into a session and keeps it in the vault;
// keep is nil unless the user chose to keep more.
func (a *Attempt) Finish(ctx context.Context, keep *KeepForCron) error {
	tokens, err := a.tokens(ctx)
	if err != nil {
		return err
	}
	return a.s.keep(ctx, tokens, func(sec *vault.Secrets) {
		if keep != nil {
			keepFor(sec, tokens, keep.TOTPSecret, map[string]string{keptUser: a.login.User, keptPassword: a.login.Password})
		}
	})
}

func (a *Attempt) tokens(ctx context.Context) (*esia.Tokens, error) {
	return redeem(ctx, a.esia, a.auth, a.state)
}

// explained puts a refusal by ЕСИА that the cabinet API passed on into the words
// of ЕСИА's own client, with its advice.
func explained(err error) error {
	var p *cabinet.ProblemError
	if !errors.As(err, &p) || !strings.HasPrefix(p.Code, "esia.") {
		return err
	}
	return esia.Explained(p.Detail.Raw(), err)
}

// redeem exchanges the code of a sign-in that the cabinet API has finished.
func redeem(ctx context.Context, c *esia.Client, auth *esia.Authorization, state *wire.SignIn) (*esia.Tokens, error) {
	if state.AuthState != auth.State {
		return nil, fault.New(exitcode.Failure, "signin.state", i18n.Say("портал ответил не на наш запрос входа", "the portal answered another sign-in request"))
	}
	return c.Exchange(ctx, auth, state.Code)
}
