// Package signin is the screen on which one signs in: by password and second
// factor, by certificate, by a push to a bound device, or on the portal's page in
// a browser.
package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/callback"
	"github.com/epgu-cli/epgu/internal/portal/training"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/ui/browser"
)

// Attempt is a sign-in under way; signin.Attempt is one.
type Attempt interface {
	Done() bool
	Factors() []wire.Factor
	Answer(ctx context.Context, kind, code string) error
	Push() *wire.Push
	AwaitPush(ctx context.Context, wait time.Duration) error
}

// Source is what this screen needs of the core.
type Source interface {
	// Begin starts a sign-in by password.
	Begin(ctx context.Context, user, password string) (Attempt, error)
	// KeptCode is the code of a second factor whose secret is kept here by the
	// person's choice; "" when none is.
	KeptCode(ctx context.Context, user string) string
	// Finish keeps the session of an attempt that is done.
	Finish(ctx context.Context, a Attempt) error
	// Roles are those in whose name the person who has just signed in may act; nil
	// when there is no choice. Act takes one on.
	Roles(ctx context.Context) []kit.Role
	Act(ctx context.Context, oid string) error
	// Certificates names the certificates with a key on this machine.
	Certificates() ([]string, error)
	// ByCertificate signs in by one of them.
	ByCertificate(ctx context.Context, name, pin string) error
	// ByAPIKey signs in by the API key of an organisation's employee; keep leaves it in
	// the vault, so that a session that has ended begins anew.
	ByAPIKey(ctx context.Context, key string, keep bool) error
	// ByToken takes a marker from elsewhere; checked is false when nobody here can
	// say for whom it was issued.
	ByToken(ctx context.Context, token string) (checked bool, err error)
	// ByBrowser signs in on the portal's page; told is called with its address.
	ByBrowser(ctx context.Context, told func(address string)) error
	// Demo lists the people of a training portal; nil elsewhere.
	Demo(ctx context.Context) []Demo
	// DemoCode is the code of a kind that a training portal has just sent, or its
	// authenticator shows; "" elsewhere.
	DemoCode(ctx context.Context, user, kind string) string
}

// Demo is a made-up person of a training portal.
type Demo struct{ Name, Login, Password string }

// browserTime is how long a person may take on the portal's page; the portal
// itself gives them 15 minutes.
const browserTime = 10 * time.Minute

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) Begin(ctx context.Context, user, password string) (Attempt, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn.SignIn.Begin(ctx, signin.Login{User: user, Password: password})
}

func (c core) KeptCode(ctx context.Context, user string) string {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return ""
	}
	code, err := conn.SignIn.KeptTOTP(ctx, user)
	if err != nil {
		return ""
	}
	return code
}

func (c core) Finish(ctx context.Context, a Attempt) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	own, ok := a.(*signin.Attempt)
	if !ok {
		return errors.New("an attempt of another source")
	}
	if err := own.Finish(ctx, nil); err != nil {
		return err
	}
	remember(ctx, conn.SignIn)
	return nil
}

// remember keeps who signed in. Whoever is in is in, even if the portal does not
// say now who that is.
func remember(ctx context.Context, s *signin.Service) { _, _ = s.Remember(ctx) }

func (c core) Roles(ctx context.Context) []kit.Role {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil
	}
	// A portal without organisations says so by an error. Whoever is in is in.
	list, _ := conn.Orgs.List(ctx)
	return kit.Roles(list)
}

func (c core) Act(ctx context.Context, oid string) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	if err := conn.SignIn.SwitchRole(ctx, oid); err != nil {
		return err
	}
	remember(ctx, conn.SignIn)
	return nil
}

func (c core) Certificates() ([]string, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, err
	}
	all, err := store.List()
	var names []string
	for _, e := range all {
		if e.HasKey && e.Certificate != nil {
			names = append(names, e.Name)
		}
	}
	return names, err
}

func (c core) ByCertificate(ctx context.Context, name, pin string) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	if err := conn.SignIn.OffersCertificate(ctx); err != nil {
		return err
	}
	store, err := signer.Store(c.f)
	if err != nil {
		return err
	}
	signer, err := store.Open(ctx, name, "", func(context.Context, string) ([]byte, error) { return []byte(pin), nil })
	if err != nil {
		return err
	}
	attempt, err := conn.SignIn.BeginCertificate(ctx, "")
	if err != nil {
		return err
	}
	if err := attempt.Sign(ctx, func(_ context.Context, text string) ([]byte, error) {
		return signer.SignDetached(strings.NewReader(text))
	}); err != nil {
		return err
	}
	if err := attempt.Finish(ctx, nil); err != nil {
		return err
	}
	remember(ctx, conn.SignIn)
	return nil
}

func (c core) ByAPIKey(ctx context.Context, key string, keep bool) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	if err := conn.SignIn.APIKey(ctx, key, keep); err != nil {
		return err
	}
	remember(ctx, conn.SignIn)
	return nil
}

func (c core) ByToken(ctx context.Context, token string) (bool, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return false, err
	}
	checked, err := conn.SignIn.WithToken(ctx, token)
	if err != nil {
		return false, err
	}
	remember(ctx, conn.SignIn)
	return checked, nil
}

func (c core) ByBrowser(ctx context.Context, told func(address string)) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	if conn.Embedded {
		return fault.New(exitcode.Refused, "auth.no_address", i18n.Say(
			"встроенный портал работает внутри этой программы, у него нет адреса для браузера", "the embedded portal runs inside this program and has no address for a browser")).
			Advise(i18n.Say("войдите паролем или поставьте портал на порт: epgu sandbox serve", "sign in by password, or put the portal on a port: epgu sandbox serve"))
	}
	listen, _, err := conn.SignIn.Redirects(ctx)
	if err != nil {
		return err
	}
	if !callback.Loopback(listen) {
		return fault.New(exitcode.Usage, "auth.paste", i18n.Say("этот портал возвращает только на https-адрес: ответ надо скопировать", "this portal leads back to an https address only: the answer has to be copied")).
			AdviseRun("epgu auth login --no-browser")
	}
	l, err := callback.Listen(ctx, listen, c.f.Language(ctx))
	if err != nil {
		return fault.New(exitcode.Failure, "auth.listen", i18n.Text{
			RU: "не удалось принять ответ портала на адресе %s", EN: "cannot listen on %s for the portal's answer"}.With(listen)).Because(err)
	}
	b, err := conn.SignIn.BeginBrowser(ctx, l.Address(), "")
	if err != nil {
		return errors.Join(err, l.Close())
	}
	told(b.Address())
	if err := browser.Open(ctx, c.f.IO, b.Address(), b.Hosts()); err != nil && fault.ExitOf(err) == exitcode.Refused {
		return errors.Join(err, l.Close())
	}
	limited, cancel := context.WithTimeout(ctx, browserTime)
	defer cancel()
	address, err := l.Wait(limited, func(address string) callback.Verdict {
		_, err := b.Code(address)
		var f *fault.Error
		switch {
		case err == nil:
			return callback.Accepted
		case errors.As(err, &f) && (f.Code == signin.CodeForeign || f.Exit == exitcode.Usage):
			return callback.Foreign
		}
		return callback.Refused
	})
	if err != nil {
		return err
	}
	code, err := b.Code(address)
	if err != nil {
		return err
	}
	if err := b.Finish(ctx, code); err != nil {
		return err
	}
	remember(ctx, conn.SignIn)
	return nil
}

func (c core) training(ctx context.Context) *training.Client {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil
	}
	return conn.Training
}

func (c core) Demo(ctx context.Context) []Demo {
	t := c.training(ctx)
	if t == nil {
		return nil
	}
	users, err := t.Users(ctx)
	if err != nil {
		return nil
	}
	var out []Demo
	for _, u := range users {
		out = append(out, Demo{u.Name.String(), u.Login, u.Password})
	}
	return out
}

func (c core) DemoCode(ctx context.Context, user, kind string) string {
	t := c.training(ctx)
	if t == nil {
		return ""
	}
	users, err := t.Users(ctx)
	if err != nil {
		return ""
	}
	for _, u := range users {
		switch {
		case !slices.Contains(append(u.Logins, u.Login), user):
		case kind == "totp":
			code, err := signin.TOTP(u.TOTPSecret, c.f.Clock.Now())
			if err == nil {
				return code
			}
		case (kind == "sms" || kind == "email") && len(u.Messages) > 0:
			return u.Messages[0].Code
		}
	}
	return ""
}
