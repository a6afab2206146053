// Package pager shows long output through the user's pager, on a terminal
// only. cli may import it.
package pager

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// errClosed is what a write returns after the user has left the pager.
var errClosed = errors.New("the pager was closed")

// Run calls print with what it writes to ios.Out going through the pager of
// EPGU_PAGER or PAGER, and waits for the user to leave it. Without a terminal
// on stdin and stdout, without a pager (also "cat"), with --no-input or in
// accessible mode print simply runs. What print writes to ios.ErrOut appears
// after the pager. A user who leaves early is no error.
func Run(ctx context.Context, ios *iostreams.IOStreams, print func() error) (err error) {
	words, err := command(ios)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return print()
	}
	cmd, err := launch.Command(ctx, words, environ(os.Environ()))
	if err != nil {
		return notFound(words[0], err)
	}
	out, errOut := ios.Out, ios.ErrOut
	cmd.Stdout, cmd.Stderr = out, errOut
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return notFound(words[0], err)
	}
	var notes bytes.Buffer // they would tear the pager's screen: shown after it
	ios.Out, ios.ErrOut = &closing{pipe}, &notes
	defer func() {
		ios.Out, ios.ErrOut = out, errOut
		_ = pipe.Close()
		// The exit code of a pager says nothing about our work.
		_ = cmd.Wait()
		_, _ = errOut.Write(notes.Bytes())
		if errors.Is(err, errClosed) {
			err = nil
		}
	}()
	return print()
}

// command returns the words of the pager to use, none for no pager.
func command(ios *iostreams.IOStreams) ([]string, error) {
	if !ios.IsStdoutTTY() || !ios.IsStdinTTY() || ios.NoInput || ios.Accessible() {
		return nil, nil
	}
	value := ios.Getenv("EPGU_PAGER")
	if value == "" {
		value = ios.Getenv("PAGER")
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
// output on the screen, unless the user has set them.
func environ(env []string) []string {
	less, lv := false, false
	for _, kv := range env {
		less = less || strings.HasPrefix(kv, "LESS=")
		lv = lv || strings.HasPrefix(kv, "LV=")
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
		Because(err).Advise(i18n.Say("исправьте PAGER или задайте EPGU_PAGER=cat", "mend PAGER or set EPGU_PAGER=cat"))
}

// closing turns the ways a closed pipe shows itself into errClosed.
type closing struct{ io.Writer }

func (c *closing) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) {
		err = errClosed
	}
	return n, err
}
