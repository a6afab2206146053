package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Password asks for a secret and shows nothing while it is typed. When stdin
// is piped, the controlling terminal is asked instead, if there is one and a
// person sees stderr; never with --no-input. The terminal is given back as it
// was after an error, a panic, Ctrl-C or SIGTERM.
func (p *Prompter) Password(ctx context.Context, q Question) (string, error) {
	if p.ios.NoInput || !p.ios.IsStderrTTY() {
		return "", p.cannot(q)
	}
	in := p.ios.StdinFile()
	if !p.ios.IsStdinTTY() {
		tty, err := openTerminal()
		if err != nil {
			return "", p.cannot(q)
		}
		defer tty.Close()
		in = tty
	}
	for range attempts {
		secret, err := p.secret(ctx, in, p.ios.Say(q.Label)+": ")
		fmt.Fprintln(p.ios.ErrOut)
		if err != nil {
			return "", err
		}
		if secret == "" && q.Empty {
			return "", nil
		}
		if secret == "" {
			p.ios.Note(i18n.Say("ничего не введено", "nothing was typed"))
			continue
		}
		if q.Validate == nil {
			return secret, nil
		}
		if err = q.Validate(secret); err == nil {
			return secret, nil
		}
		p.complain(err)
	}
	return "", fault.New(exitcode.Usage, "prompt.no_answer",
		i18n.Text{RU: "нет подходящего ответа: %s", EN: "no suitable answer: %s"}.With(q.Label)).Advise(passFlag(q.Flag))
}

// secret shows label and reads a line without echo. A file is a terminal and is put
// in raw mode before the label is seen, or what is typed at once would be shown; a
// buffer (in tests) is read as it is.
func (p *Prompter) secret(ctx context.Context, in *os.File, label string) (string, error) {
	ctx, stop := withSignals(ctx)
	defer stop()
	var source io.Reader = p.ios.In
	if in != nil {
		state, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return "", fmt.Errorf("turn echo off: %w", err)
		}
		// A deferred call runs on return and on panic alike; a signal ends
		// ctx and so returns.
		defer func() { _ = term.Restore(int(in.Fd()), state) }()
		source = in
	}
	if _, err := fmt.Fprint(p.ios.ErrOut, label); err != nil {
		return "", err
	}
	return readSecret(ctx, source)
}

// readSecret edits a line as the terminal itself would: backspace takes a
// character back, Ctrl-U the line, Ctrl-C and Ctrl-D on an empty line give up.
func readSecret(ctx context.Context, in io.Reader) (string, error) {
	var line []byte
	err := readBytes(ctx, in, func(c byte) (bool, error) {
		switch c {
		case '\r', '\n':
			return true, nil
		case 0x03: // Ctrl-C
			return true, interrupted()
		case 0x04: // Ctrl-D
			if len(line) == 0 {
				return true, interrupted()
			}
			return true, nil
		case 0x08, 0x7f: // backspace
			_, size := utf8.DecodeLastRune(line)
			line = line[:len(line)-size]
		case 0x15: // Ctrl-U
			line = line[:0]
		default:
			if len(line) == maxLine {
				return true, fault.New(exitcode.Usage, "prompt.too_long", i18n.Say("слишком длинный ответ", "the answer is too long"))
			}
			line = append(line, c)
		}
		return false, nil
	})
	if errors.Is(err, io.EOF) {
		if len(line) == 0 {
			return "", interrupted()
		}
		err = nil
	}
	return string(line), err
}
