package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/vault"
)

// CodeNoClient is the stable code of the error of Service.ESIA when the
// profile has no key of an information system.
const CodeNoClient = "esia.no_client"

// APIKey signs in by the API key of an organisation's employee. With keep the
// key stays in the vault, and a marker that has ended is fetched anew by it.
func (s *Service) APIKey(ctx context.Context, key string, keep bool) error {
	c, err := s.ESIA(ctx)
	if err != nil {
		return err
	}
	tokens, err := c.APIKey(ctx, key)
	if err != nil {
		return err
	}
	return s.keep(ctx, tokens, func(sec *vault.Secrets) {
		if keep {
			keepFor(sec, tokens, "", map[string]string{keptAPIKey: key})
		}
	})
}

// WithToken begins a session by a marker from elsewhere. It is checked as far
// as the profile can: checked is false without a key of an information system,
// because then nobody can say for whom it was issued.
func (s *Service) WithToken(ctx context.Context, token string) (checked bool, err error) {
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= 0x20 || r >= 0x7f }) {
		return false, notAMarker(nil)
	}
	claims, err := esia.Peek(token)
	if err != nil {
		return false, notAMarker(err)
	}
	expires := time.Unix(claims.ExpiresAt, 0)
	if !expires.After(s.Clock.Now()) {
		return false, fault.New(exitcode.Auth, "auth.token_expired", i18n.Say("этот маркер уже истёк", "this marker has expired already")).AdviseRun("epgu auth login")
	}
	c, err := s.ESIA(ctx)
	var f *fault.Error
	switch {
	case errors.As(err, &f) && f.Code == CodeNoClient:
	case err != nil:
		return false, err
	default:
		if claims, err = c.VerifyAccess(ctx, token); err != nil {
			return false, err
		}
		checked = true
	}
	return checked, s.keep(ctx, &esia.Tokens{Access: token, Claims: *claims, ExpiresAt: expires}, nil)
}

func notAMarker(err error) error {
	return fault.New(exitcode.Usage, "auth.bad_token", i18n.Say("на стандартном вводе не маркер доступа", "standard input holds no access marker")).Because(err).
		Advise(i18n.Say("нужна одна строка из трёх частей через точку, как её печатает epgu auth token", "one line of three parts with dots between them is needed, as epgu auth token prints it"))
}

// KeptTOTP returns the code of the kept secret of the second factor; empty when
// none is kept for this login.
func (s *Service) KeptTOTP(ctx context.Context, user string) (string, error) {
	sec, err := s.Vault.Load(ctx)
	if errors.Is(err, vault.ErrNotFound) || err == nil && (sec.TOTPSeed == "" || sec.Extra[keptUser] != user) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return TOTP(sec.TOTPSeed, s.Clock.Now())
}

// errNothingKept says that an ended session cannot begin anew by itself.
var errNothingKept = errors.New("nothing is kept to sign in again with")

// again signs in by what the user chose to keep. It runs under the vault's
// lock, so it only reads the bag that it was given.
func (s *Service) again(ctx context.Context, sec vault.Secrets) (*esia.Tokens, error) {
	ended, err := esia.Peek(sec.Access)
	if err != nil || sec.Extra[keptOID] == "" || sec.Extra[keptOID] != formatOID(ended.SubjectID) {
		return nil, errNothingKept
	}
	if key := sec.Extra[keptAPIKey]; key != "" {
		c, err := s.ESIA(ctx)
		if err != nil {
			return nil, err
		}
		t, err := c.APIKey(ctx, key)
		return t, rejected(err, exitcode.Auth, exitcode.Refused)
	}
	if sec.TOTPSeed == "" || sec.Extra[keptPassword] == "" {
		return nil, errNothingKept
	}
	login := Login{User: sec.Extra[keptUser], Password: sec.Extra[keptPassword], OrgOID: formatOID(ended.OrgOID)}
	a, err := s.Begin(ctx, login)
	if err != nil {
		return nil, rejected(err, exitcode.Auth, exitcode.Refused)
	}
	if !slices.ContainsFunc(a.Factors(), func(f Factor) bool { return f.Kind == "totp" }) {
		return nil, errNothingKept
	}
	code, err := TOTP(sec.TOTPSeed, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	if err := a.Answer(ctx, "totp", code); err != nil {
		// The code may have been used a moment ago: then the next one will do.
		return nil, err
	}
	return a.tokens(ctx)
}
