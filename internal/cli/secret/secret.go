// Package secret reads the secrets that commands take: typed without echo, or a
// line of standard input each. A secret is never an argument, which every
// process of the machine can read.
package secret

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// maxStdin bounds what is read of standard input as secrets, bytes: a marker
// has 1–4 kB.
const maxStdin = 64 << 10

// Reader reads secrets one after another.
type Reader struct {
	ios   *iostreams.IOStreams
	lines *bufio.Reader
}

// NewReader returns a reader of what a person types, or of ios.In.
func NewReader(ios *iostreams.IOStreams) *Reader {
	return &Reader{ios: ios, lines: bufio.NewReader(io.LimitReader(ios.In, maxStdin))}
}

// Get returns the next secret. flag is the one that says that it comes by
// standard input; set tells whether the user gave it. Where nobody can answer it
// fails with exit code 2 and names flag; so it does (auth.no_secret) where
// standard input has no such line.
func (r *Reader) Get(ctx context.Context, what i18n.Text, flag string, set bool) (string, error) {
	if !set || r.ios.IsStdinTTY() {
		return prompt.New(r.ios).Password(ctx, prompt.Question{Label: what, Flag: flag})
	}
	line, err := r.lines.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", fault.New(exitcode.Usage, "auth.no_secret", i18n.Text{
			RU: "на стандартном вводе нет строки: %s", EN: "standard input lacks the line: %s"}.With(what))
	}
	return line, nil
}

// Present is what a command asks for that changes how an account is held: the
// password of today.
func Present() i18n.Text {
	return i18n.Text{RU: "Нынешний пароль", EN: "Present password"}
}
