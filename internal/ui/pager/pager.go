// Package pager shows long output through the user's pager, on a terminal
// only. cli may import it.
package pager

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/ui/width"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// errClosed is what a write returns after the user has left the pager.
var errClosed = errors.New("the pager was closed")

// Run calls print with a writer for what the user is to read. Output that fits
// the screen goes straight to it; as soon as it is longer, the pager of
// EPGU_PAGER or PAGER ("less" when neither is set and it is here) is started and
// gets all of it, and Run waits for the user to leave it. Without a terminal on
// stdin and stdout, with a pager set to nothing or "cat", with --no-pager or
// --no-input and in accessible mode print writes to ios.Out. What print writes
// to ios.ErrOut appears after the pager. A user who leaves early is no error.
func Run(ios *iostreams.IOStreams, print func(w io.Writer) error) (err error) {
	words, err := command(ios)
	if err != nil {
		return err
	}
	lines := ios.Height() - 1 // the shell's next prompt needs one
	if len(words) == 0 || lines < 1 {
		return print(ios.Out)
	}
	p := &paged{ios: ios, words: words, lines: lines, cols: max(1, ios.Width()), errOut: ios.ErrOut}
	defer func() {
		// What was printed before the error is worth reading, too.
		if closed := p.close(); err == nil {
			err = closed
		}
		if errors.Is(err, errClosed) {
			err = nil
		}
	}()
	return print(p)
}

// paged holds output back until it is longer than the screen.
type paged struct {
	ios    *iostreams.IOStreams
	words  []string
	lines  int // that fit the screen
	cols   int
	held   bytes.Buffer
	cmd    *exec.Cmd // nil until the output is too long
	pipe   io.WriteCloser
	errOut io.Writer
	notes  bytes.Buffer // they would tear the pager's screen: shown after it
}

// Write implements io.Writer.
func (p *paged) Write(b []byte) (int, error) {
	if p.cmd == nil {
		p.held.Write(b)
		if !longer(p.held.Bytes(), p.lines, p.cols) {
			return len(b), nil
		}
		if err := p.start(); err != nil {
			return 0, err
		}
		_, err := p.send(p.held.Bytes())
		p.held = bytes.Buffer{}
		return len(b), err
	}
	return p.send(b)
}

func (p *paged) start() error {
	// A pager handles Ctrl-C itself, so no context ends it.
	cmd, err := launch.Command(context.Background(), p.words, environ(os.Environ()))
	if err != nil {
		return notFound(p.words[0], err)
	}
	cmd.Stdout, cmd.Stderr = p.ios.Out, p.errOut
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return notFound(p.words[0], err)
	}
	p.cmd, p.pipe = cmd, pipe
	p.ios.ErrOut = &p.notes
	return nil
}

// send writes to the pager and turns the ways a closed pipe shows itself into
// errClosed.
func (p *paged) send(b []byte) (int, error) {
	n, err := p.pipe.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) {
		err = errClosed
	}
	return n, err
}

func (p *paged) close() error {
	if p.cmd == nil {
		_, err := p.ios.Out.Write(p.held.Bytes())
		return err
	}
	_ = p.pipe.Close()
	// The exit code of a pager says nothing about our work.
	_ = p.cmd.Wait()
	p.ios.ErrOut = p.errOut
	_, err := p.errOut.Write(p.notes.Bytes())
	return err
}

// longer reports whether text takes more lines of a screen cols wide.
func longer(text []byte, lines, cols int) bool {
	if len(text) < lines { // each line takes a byte at least
		return false
	}
	taken := 0
	for line := range bytes.Lines(text) {
		taken += 1 + max(0, width.String(strings.TrimSuffix(string(line), "\n"))-1)/cols
		if taken > lines {
			return true
		}
	}
	return false
}

// command returns the words of the pager to use, none for no pager.
func command(ios *iostreams.IOStreams) ([]string, error) {
	if !ios.IsStdoutTTY() || !ios.IsStdinTTY() || ios.NoInput || ios.NoPager || ios.Accessible() || ios.Dumb() {
		return nil, nil
	}
	value, set := ios.LookupEnv("EPGU_PAGER")
	if !set {
		value, set = ios.LookupEnv("PAGER")
	}
	if !set {
		if _, err := exec.LookPath("less"); err != nil {
			return nil, nil // nobody asked for one
		}
		value = "less"
	}
	words, err := launch.Words(value)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "pager.command",
			i18n.Text{RU: "не понимаю PAGER: %s", EN: "cannot read PAGER: %s"}.With(untrusted.Text(value)))
	}
	if len(words) > 0 && words[0] == "cat" {
		return nil, nil
	}
	return words, nil
}

// environ adds what less and lv need to show colours and to leave short
// output on the screen, unless the user has set them. What is shown is UTF-8, whatever
// the locale: less in a plain one shows Russian as <D0><9F>.
func environ(env []string) []string {
	less, lv, set := false, false, false
	for _, kv := range env {
		less = less || strings.HasPrefix(kv, "LESS=")
		lv = lv || strings.HasPrefix(kv, "LV=")
		set = set || strings.HasPrefix(kv, "LESSCHARSET=") || strings.HasPrefix(kv, "LESSCHARDEF=")
	}
	if !set {
		env = append(env, "LESSCHARSET=utf-8")
	}
	if !less {
		env = append(env, "LESS=FRX")
	}
	if !lv {
		env = append(env, "LV=-c")
	}
	return env
}

func notFound(name string, err error) error {
	return fault.New(exitcode.Usage, "pager.start", i18n.Text{RU: "не запускается программа просмотра %q", EN: "cannot start the pager %q"}.With(name)).
		Because(err).Advise(i18n.Say("исправьте PAGER или добавьте --no-pager", "mend PAGER or add --no-pager"))
}
