package auth

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// maxStdin bounds what is read of standard input as secrets, bytes: a marker
// has 1–4 kB.
const maxStdin = 64 << 10

// secrets reads secrets: a line of standard input each, or typed without echo.
// A secret is never an argument, which every process of the machine can read.
type secrets struct {
	f     *factory.Factory
	lines *bufio.Reader
}

func newSecrets(f *factory.Factory) *secrets {
	return &secrets{f: f, lines: bufio.NewReader(io.LimitReader(f.IO.In, maxStdin))}
}

// get returns the next secret. flag is the one that says that it comes by
// standard input; set tells whether the user gave it.
func (s *secrets) get(ctx context.Context, what i18n.Text, flag string, set bool) (string, error) {
	if !set || s.f.IO.IsStdinTTY() {
		return prompt.New(s.f.IO).Password(ctx, prompt.Question{Label: what, Flag: flag})
	}
	line, err := s.lines.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", fault.New(exitcode.Usage, "auth.no_secret", i18n.Text{
			RU: "на стандартном вводе нет строки: %s", EN: "standard input lacks the line: %s"}.With(what))
	}
	return line, nil
}

// newPassword asks for a new password, twice where a person types it.
func (s *secrets) newPassword(ctx context.Context, set bool) (string, error) {
	what := i18n.Text{RU: "Новый пароль (от 8 знаков, цифра, строчные и прописные)", EN: "New password (8 characters or more, a digit, letters in both cases)"}
	first, err := s.get(ctx, what, "--password-stdin", set)
	if err != nil || set && !s.f.IO.IsStdinTTY() {
		return first, err
	}
	second, err := s.get(ctx, i18n.Text{RU: "Ещё раз", EN: "Once more"}, "--password-stdin", set)
	if err != nil {
		return "", err
	}
	if first != second {
		return "", fault.New(exitcode.Usage, "auth.password_mismatch", i18n.Say("пароли не совпали, ничего не изменено", "the passwords differ; nothing was changed"))
	}
	return first, nil
}
