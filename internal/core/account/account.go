// Package account is the life of a person's account at the portal:
// registration, recovery, password, sessions, history of sign-ins, level and
// consents. Commands and the TUI use it.
package account

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what the account needs of a portal; *cabinet.Client is one.
type Portal interface {
	Register(ctx context.Context, req wire.RegistrationRequest) (*wire.Challenge, error)
	Recover(ctx context.Context, req wire.RecoveryRequest) (*wire.Challenge, error)
	AnswerRegistration(ctx context.Context, id string, answer wire.ChallengeAnswer) (*wire.Challenge, error)
	AnswerRecovery(ctx context.Context, id string, answer wire.ChallengeAnswer) (*wire.Challenge, error)
	ChangePassword(ctx context.Context, change wire.PasswordChange) error
	Sessions(ctx context.Context) ([]wire.Session, error)
	EndSession(ctx context.Context, id string) error
	EndOtherSessions(ctx context.Context) error
	SignInHistory(ctx context.Context) ([]wire.SignInEntry, error)
	LevelRequests(ctx context.Context, wait time.Duration) ([]wire.LevelRequest, error)
	RequestLevel(ctx context.Context, req wire.LevelRequestInput) (*wire.LevelRequest, error)
	Consents(ctx context.Context) ([]wire.Consent, error)
	RevokeConsent(ctx context.Context, id string) error
	PersonPortal
}

// Service works on one portal. Every method fails with exit code 4 where the
// portal does not offer it.
type Service struct {
	Portal       Portal
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
}

// offered runs f when the portal has the capability.
func offered[T any](ctx context.Context, s *Service, c wire.Capability, f func() (T, error)) (T, error) {
	caps, err := s.Capabilities(ctx)
	if err == nil {
		err = cabinet.Require(caps, c)
	}
	if err != nil {
		var none T
		return none, err
	}
	return f()
}

func done(ctx context.Context, s *Service, c wire.Capability, f func() error) error {
	_, err := offered(ctx, s, c, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// Register begins a registration: a code goes to the phone or the mailbox.
func (s *Service) Register(ctx context.Context, req wire.RegistrationRequest) (*wire.Challenge, error) {
	return offered(ctx, s, wire.CapRegistration, func() (*wire.Challenge, error) { return s.Portal.Register(ctx, req) })
}

// Recover begins the recovery of an account.
func (s *Service) Recover(ctx context.Context, req wire.RecoveryRequest) (*wire.Challenge, error) {
	return offered(ctx, s, wire.CapRegistration, func() (*wire.Challenge, error) { return s.Portal.Recover(ctx, req) })
}

// Confirm answers a registration or a recovery, whichever has this id, with
// its code and the new password; an empty code asks for a new one to be sent.
func (s *Service) Confirm(ctx context.Context, id string, answer wire.ChallengeAnswer) (*wire.Challenge, error) {
	return offered(ctx, s, wire.CapRegistration, func() (*wire.Challenge, error) {
		c, err := s.Portal.AnswerRegistration(ctx, id, answer)
		if fault.ExitOf(err) == exitcode.NotFound {
			return s.Portal.AnswerRecovery(ctx, id, answer)
		}
		return c, err
	})
}

// ChangePassword changes the password; every other session ends.
func (s *Service) ChangePassword(ctx context.Context, old, fresh string) error {
	return done(ctx, s, wire.CapAccount, func() error {
		return s.Portal.ChangePassword(ctx, wire.PasswordChange{Old: old, New: fresh})
	})
}

// Sessions lists the living sessions, newest first.
func (s *Service) Sessions(ctx context.Context) ([]wire.Session, error) {
	return offered(ctx, s, wire.CapAccount, func() ([]wire.Session, error) { return s.Portal.Sessions(ctx) })
}

// EndSession ends one session.
func (s *Service) EndSession(ctx context.Context, id string) error {
	return done(ctx, s, wire.CapAccount, func() error { return s.Portal.EndSession(ctx, id) })
}

// EndOtherSessions ends every session but this one.
func (s *Service) EndOtherSessions(ctx context.Context) error {
	return done(ctx, s, wire.CapAccount, func() error { return s.Portal.EndOtherSessions(ctx) })
}

// History lists the latest sign-ins, newest first.
func (s *Service) History(ctx context.Context) ([]wire.SignInEntry, error) {
	return offered(ctx, s, wire.CapAccount, func() ([]wire.SignInEntry, error) { return s.Portal.SignInHistory(ctx) })
}

// LevelRequests lists the requests for a higher level, newest first; a positive
// wait waits that long for what is pending.
func (s *Service) LevelRequests(ctx context.Context, wait time.Duration) ([]wire.LevelRequest, error) {
	return offered(ctx, s, wire.CapAccount, func() ([]wire.LevelRequest, error) { return s.Portal.LevelRequests(ctx, wait) })
}

// RaiseLevel asks for the next level.
func (s *Service) RaiseLevel(ctx context.Context, req wire.LevelRequestInput) (*wire.LevelRequest, error) {
	return offered(ctx, s, wire.CapAccount, func() (*wire.LevelRequest, error) { return s.Portal.RequestLevel(ctx, req) })
}

// Consents lists the consents that stand.
func (s *Service) Consents(ctx context.Context) ([]wire.Consent, error) {
	return offered(ctx, s, wire.CapAccount, func() ([]wire.Consent, error) { return s.Portal.Consents(ctx) })
}

// RevokeConsent takes a consent back.
func (s *Service) RevokeConsent(ctx context.Context, id string) error {
	return done(ctx, s, wire.CapAccount, func() error { return s.Portal.RevokeConsent(ctx, id) })
}
