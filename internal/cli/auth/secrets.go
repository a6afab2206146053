package auth

import (
	"context"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/secret"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// secrets reads secrets, new passwords among them.
type secrets struct {
	f *factory.Factory
	*secret.Reader
}

func newSecrets(f *factory.Factory) *secrets {
	return &secrets{f: f, Reader: secret.NewReader(f.IO)}
}

// newPassword asks for a new password, twice where a person types it.
func (s *secrets) newPassword(ctx context.Context, set bool) (string, error) {
	what := i18n.Text{RU: "Новый пароль (от 8 знаков, цифра, строчные и прописные)", EN: "New password (8 characters or more, a digit, letters in both cases)"}
	first, err := s.Get(ctx, what, "--password-stdin", set)
	if err != nil || set && !s.f.IO.IsStdinTTY() {
		return first, err
	}
	second, err := s.Get(ctx, i18n.Text{RU: "Ещё раз", EN: "Once more"}, "--password-stdin", set)
	if err != nil {
		return "", err
	}
	if first != second {
		return "", fault.New(exitcode.Usage, "auth.password_mismatch", i18n.Say("пароли не совпали, ничего не изменено", "the passwords differ; nothing was changed"))
	}
	return first, nil
}
