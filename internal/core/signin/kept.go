package signin

import (
	"context"
	"errors"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/vault"
)

// KeepTOTP keeps the secret of an authenticator (base32) for the person who is
// signed in, under the login that will be typed, so that this machine makes the
// codes by itself. With a password a session that has ended begins anew without
// a person, too. It is done by explicit choice only.
func (s *Service) KeepTOTP(ctx context.Context, login, password, secret string) error {
	if _, err := TOTP(secret, s.Clock.Now()); err != nil {
		return err
	}
	return s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		oid, err := owner(sec, loadErr)
		if err != nil {
			return err
		}
		if sec.Extra[keptUser] != login || sec.Extra[keptOID] != oid {
			delete(sec.Extra, keptPassword)
		}
		delete(sec.Extra, keptAPIKey)
		sec.TOTPSeed = secret
		extra(sec, keptUser, login)
		extra(sec, keptOID, oid)
		if password != "" {
			extra(sec, keptPassword, password)
		}
		return nil
	})
}

// owner is whose session the vault holds.
func owner(sec *vault.Secrets, loadErr error) (string, error) {
	if errors.Is(loadErr, vault.ErrNotFound) || loadErr == nil && !sec.HasTokens() {
		return "", NotSignedIn()
	}
	if loadErr != nil {
		return "", loadErr
	}
	claims, err := esia.Peek(sec.Access)
	if err != nil {
		return "", fault.New(exitcode.Auth, "auth.no_owner", i18n.Say("непонятно, чей это сеанс", "it is not clear whose session this is")).Because(err).AdviseRun("epgu auth login")
	}
	return formatOID(claims.SubjectID), nil
}

// ForgetTOTP removes the kept secret of an authenticator and the password kept
// with it, and reports whether there was one.
func (s *Service) ForgetTOTP(ctx context.Context) (was bool, err error) {
	sec, err := s.Vault.Load(ctx)
	if errors.Is(err, vault.ErrNotFound) || err == nil && sec.TOTPSeed == "" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		if errors.Is(loadErr, vault.ErrNotFound) {
			return nil
		}
		if loadErr != nil {
			return loadErr
		}
		was = sec.TOTPSeed != ""
		sec.TOTPSeed = ""
		delete(sec.Extra, keptPassword)
		delete(sec.Extra, keptUser)
		return nil
	})
	return was, err
}

// OwnTOTP returns the code that the kept secret of the person who is signed in
// makes now; empty when none is kept.
func (s *Service) OwnTOTP(ctx context.Context) (string, error) {
	sec, err := s.Vault.Load(ctx)
	if errors.Is(err, vault.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	claims, err := esia.Peek(sec.Access)
	if err != nil || sec.TOTPSeed == "" || sec.Extra[keptOID] != formatOID(claims.SubjectID) {
		return "", nil //nolint:nilerr // without a session of ours nothing is kept for it
	}
	return TOTP(sec.TOTPSeed, s.Clock.Now())
}
