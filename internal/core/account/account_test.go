package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// portal answers what a test gives it and remembers what it was asked. A method
// that the test does not expect is a nil call and fails it.
type portal struct {
	account.Portal
	asked   []string
	missing error // of AnswerRegistration
	changes []wire.Change
}

func (p *portal) note(format string, args ...any) {
	p.asked = append(p.asked, fmt.Sprintf(format, args...))
}

func (p *portal) Register(_ context.Context, r wire.RegistrationRequest) (*wire.Challenge, error) {
	p.note("register %s", r.LastName)
	return &wire.Challenge{ID: "c"}, nil
}

func (p *portal) Recover(_ context.Context, r wire.RecoveryRequest) (*wire.Challenge, error) {
	p.note("recover %s", r.Login)
	return &wire.Challenge{ID: "c"}, nil
}

func (p *portal) AnswerRegistration(_ context.Context, id string, a wire.ChallengeAnswer) (*wire.Challenge, error) {
	p.note("registration %s %s", id, a.Code)
	return &wire.Challenge{State: "done"}, p.missing
}

func (p *portal) AnswerRecovery(_ context.Context, id string, a wire.ChallengeAnswer) (*wire.Challenge, error) {
	p.note("recovery %s %s", id, a.Code)
	return &wire.Challenge{State: "done"}, nil
}

func (p *portal) ChangePassword(_ context.Context, c wire.PasswordChange) error {
	p.note("password %s %s", c.Old, c.New)
	return nil
}

func (p *portal) Sessions(context.Context) ([]wire.Session, error) {
	p.note("sessions")
	return []wire.Session{{ID: "s"}}, nil
}
func (p *portal) EndSession(_ context.Context, id string) error { p.note("end %s", id); return nil }
func (p *portal) EndOtherSessions(context.Context) error        { p.note("end others"); return nil }
func (p *portal) SignInHistory(context.Context) ([]wire.SignInEntry, error) {
	p.note("sign-ins")
	return nil, nil
}

func (p *portal) LevelRequests(_ context.Context, wait time.Duration) ([]wire.LevelRequest, error) {
	p.note("levels %v", wait)
	return nil, nil
}

func (p *portal) RequestLevel(_ context.Context, r wire.LevelRequestInput) (*wire.LevelRequest, error) {
	p.note("level %s", r.Level)
	return &wire.LevelRequest{}, nil
}

func (p *portal) Consents(context.Context) ([]wire.Consent, error) {
	p.note("consents")
	return nil, nil
}
func (p *portal) RevokeConsent(_ context.Context, id string) error {
	p.note("withdraw %s", id)
	return nil
}

func (p *portal) Profile(context.Context) (*cabinet.Profile, error) {
	p.note("profile")
	return &cabinet.Profile{ETag: `"1"`}, nil
}

func (p *portal) EditProfile(_ context.Context, etag string, e wire.ProfileEdit) (*wire.ProfileEdited, error) {
	p.note("edit %s %s", etag, *e.INN)
	return &wire.ProfileEdited{}, nil
}

func (p *portal) Changes(_ context.Context, kind string, q cabinet.PageQuery) (*wire.Page[wire.Change], error) {
	p.note("changes %s %d %s", kind, q.Limit, q.Cursor)
	from := 0
	if q.Cursor != "" {
		_, _ = fmt.Sscan(q.Cursor, &from)
	}
	to := min(len(p.changes), from+min(q.Limit, 2)) // a portal of small pages
	page := &wire.Page[wire.Change]{Items: p.changes[from:to], Total: len(p.changes)}
	if to < len(p.changes) {
		page.NextCursor = fmt.Sprint(to)
	}
	return page, nil
}

func (p *portal) RevertChange(_ context.Context, id string, later bool) (*wire.ProfileEdited, error) {
	p.note("revert %s %v", id, later)
	return &wire.ProfileEdited{}, nil
}

func (p *portal) ChangeContact(_ context.Context, r wire.ContactChangeRequest) (*wire.ContactChange, error) {
	p.note("contact %s %s %s", r.Kind, r.Value, r.Password)
	return &wire.ContactChange{}, nil
}

func (p *portal) ConfirmContact(_ context.Context, id, code string) (*wire.ContactChange, error) {
	p.note("confirm %s %s", id, code)
	return &wire.ContactChange{}, nil
}

func (p *portal) Privacy(context.Context) (*cabinet.Privacy, error) {
	p.note("privacy")
	return &cabinet.Privacy{ETag: `"3"`}, nil
}

func (p *portal) EditPrivacy(_ context.Context, etag string, e wire.PrivacyEdit) (*wire.Privacy, error) {
	p.note("privacy %s %v", etag, e.Sharing)
	return &wire.Privacy{}, nil
}

func (p *portal) DeletionRequests(context.Context) ([]wire.DeletionRequest, error) {
	p.note("deletions")
	return nil, nil
}

func (p *portal) RequestDeletion(_ context.Context, what string) (*wire.DeletionRequest, error) {
	p.note("delete %s", what)
	return &wire.DeletionRequest{}, nil
}

func service(p *portal, offers ...wire.Capability) *account.Service {
	return &account.Service{Portal: p, Capabilities: func(context.Context) (*wire.Capabilities, error) {
		return &wire.Capabilities{Portal: "Портал", Capabilities: offers}, nil
	}}
}

func TestEachVerbAsksThePortalOnceAndOnlyWhereItIsOffered(t *testing.T) {
	inn := "960000000236"
	read := &cabinet.Profile{ETag: `"1"`}
	for _, c := range []struct {
		needs wire.Capability
		asked string
		call  func(ctx context.Context, s *account.Service) error
	}{
		{wire.CapRegistration, "register Учебный", func(ctx context.Context, s *account.Service) error {
			_, err := s.Register(ctx, wire.RegistrationRequest{LastName: "Учебный"})
			return err
		}},
		{wire.CapRegistration, "recover petr@example.org", func(ctx context.Context, s *account.Service) error {
			_, err := s.Recover(ctx, wire.RecoveryRequest{Login: "petr@example.org"})
			return err
		}},
		{wire.CapRegistration, "registration c 123", func(ctx context.Context, s *account.Service) error {
			_, err := s.Confirm(ctx, "c", wire.ChallengeAnswer{Code: "123"})
			return err
		}},
		{wire.CapAccount, "password old new", func(ctx context.Context, s *account.Service) error { return s.ChangePassword(ctx, "old", "new") }},
		{wire.CapAccount, "sessions", func(ctx context.Context, s *account.Service) error { _, err := s.Sessions(ctx); return err }},
		{wire.CapAccount, "end s", func(ctx context.Context, s *account.Service) error { return s.EndSession(ctx, "s") }},
		{wire.CapAccount, "end others", func(ctx context.Context, s *account.Service) error { return s.EndOtherSessions(ctx) }},
		{wire.CapAccount, "sign-ins", func(ctx context.Context, s *account.Service) error { _, err := s.History(ctx); return err }},
		{wire.CapAccount, "levels 1m0s", func(ctx context.Context, s *account.Service) error {
			_, err := s.LevelRequests(ctx, time.Minute)
			return err
		}},
		{wire.CapAccount, "level confirmed", func(ctx context.Context, s *account.Service) error {
			_, err := s.RaiseLevel(ctx, wire.LevelRequestInput{Level: wire.LevelConfirmed})
			return err
		}},
		{wire.CapAccount, "consents", func(ctx context.Context, s *account.Service) error { _, err := s.Consents(ctx); return err }},
		{wire.CapAccount, "withdraw 7", func(ctx context.Context, s *account.Service) error { return s.RevokeConsent(ctx, "7") }},
		{wire.CapProfileEdit, "profile", func(ctx context.Context, s *account.Service) error { _, err := s.Profile(ctx); return err }},
		{wire.CapProfileEdit, `edit "1" 960000000236`, func(ctx context.Context, s *account.Service) error {
			_, err := s.Edit(ctx, read, wire.ProfileEdit{INN: &inn})
			return err
		}},
		{wire.CapProfileEdit, "revert id true", func(ctx context.Context, s *account.Service) error { _, err := s.Revert(ctx, "id", true); return err }},
		{wire.CapProfileEdit, "contact email new@example.org Present-1", func(ctx context.Context, s *account.Service) error {
			_, err := s.ChangeContact(ctx, "email", "new@example.org", "Present-1")
			return err
		}},
		{wire.CapProfileEdit, "confirm id 123", func(ctx context.Context, s *account.Service) error {
			_, err := s.ConfirmContact(ctx, "id", "123")
			return err
		}},
		{wire.CapProfileEdit, "privacy", func(ctx context.Context, s *account.Service) error { _, err := s.Privacy(ctx); return err }},
		{wire.CapProfileEdit, `privacy "3" map[banks:false]`, func(ctx context.Context, s *account.Service) error {
			_, err := s.EditPrivacy(ctx, &cabinet.Privacy{ETag: `"3"`}, wire.PrivacyEdit{Sharing: map[string]bool{"banks": false}})
			return err
		}},
		{wire.CapProfileEdit, "deletions", func(ctx context.Context, s *account.Service) error { _, err := s.Deletions(ctx); return err }},
		{wire.CapProfileEdit, "delete messages", func(ctx context.Context, s *account.Service) error {
			_, err := s.RequestDeletion(ctx, "messages")
			return err
		}},
		{wire.CapProfileEdit, "changes contact 5 ", func(ctx context.Context, s *account.Service) error {
			_, _, err := s.Changes(ctx, "contact", 5)
			return err
		}},
	} {
		p := &portal{}
		if err := c.call(t.Context(), service(p, c.needs)); err != nil || strings.Join(p.asked, "; ") != c.asked {
			t.Errorf("%s: asked %q, %v", c.asked, p.asked, err)
		}
		p = &portal{}
		err := c.call(t.Context(), service(p))
		if fault.ExitOf(err) != exitcode.Refused || len(p.asked) > 0 {
			t.Errorf("%s without the capability: asked %q, %v", c.asked, p.asked, err)
		}
		broken := &account.Service{Portal: p, Capabilities: func(context.Context) (*wire.Capabilities, error) { return nil, errors.New("away") }}
		if err := c.call(t.Context(), broken); err == nil || len(p.asked) > 0 {
			t.Errorf("%s while the portal is away: asked %q, %v", c.asked, p.asked, err)
		}
	}
}

func TestACodeConfirmsARecoveryWhenNoRegistrationHasItsNumber(t *testing.T) {
	p := &portal{missing: fault.New(exitcode.NotFound, "challenge.not_found", i18n.Say("нет", "none"))}
	if c, err := service(p, wire.CapRegistration).Confirm(t.Context(), "c", wire.ChallengeAnswer{Code: "1"}); err != nil || c.State != "done" || len(p.asked) != 2 || p.asked[1] != "recovery c 1" {
		t.Errorf("%v %v", p.asked, err)
	}
	// A wrong code is told as it is: asking the other one would count it twice.
	p = &portal{missing: fault.New(exitcode.Auth, "challenge.wrong_code", i18n.Say("неверно", "wrong"))}
	if _, err := service(p, wire.CapRegistration).Confirm(t.Context(), "c", wire.ChallengeAnswer{Code: "1"}); err == nil || len(p.asked) != 1 {
		t.Errorf("%v %v", p.asked, err)
	}
}

func TestTheHistoryIsReadPageByPageAndCounted(t *testing.T) {
	p := &portal{}
	for i := range 5 {
		p.changes = append(p.changes, wire.Change{ID: fmt.Sprint("c", i)})
	}
	s := service(p, wire.CapProfileEdit)
	for _, c := range []struct{ limit, want int }{{0, 5}, {1, 1}, {3, 3}, {9, 5}} {
		list, total, err := s.Changes(t.Context(), "", c.limit)
		if err != nil || len(list) != c.want || total != 5 {
			t.Errorf("limit %d: %d of %d, %v", c.limit, len(list), total, err)
		}
	}
	if got, err := s.Change(t.Context(), "c4"); err != nil || got.ID != "c4" {
		t.Errorf("%+v %v", got, err)
	}
	_, err := s.Change(t.Context(), "x\x1b[2J")
	var f *fault.Error
	if !errors.As(err, &f) || f.Exit != exitcode.NotFound || f.Hint.IsZero() || strings.Contains(f.Message.In(i18n.RU), "\x1b") {
		t.Errorf("%v", err)
	}
}
