package application

import (
	"bytes"
	"context"
	"os"
	"time"

	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// hook is the user's program that gets each event.
type hook struct {
	ios   *iostreams.IOStreams
	words []string
	runs  int
	bad   int
	last  error
}

func newHook(ios *iostreams.IOStreams, line string) (*hook, error) {
	words, err := launch.Words(line)
	if err == nil && len(words) > 0 {
		_, err = launch.Command(context.Background(), words, nil) // is there such a program?
	}
	if err != nil || len(words) == 0 {
		return nil, fault.New(exitcode.Usage, "watch.exec", i18n.Text{RU: "--exec: программа не запустится: %s", EN: "--exec: the program cannot be run: %s"}.With(line)).Because(err).
			Advise(i18n.Say("оболочка не участвует; для неё: --exec 'sh -c \"…\"'", "no shell is between; for one: --exec 'sh -c \"…\"'"))
	}
	return &hook{ios: ios, words: words}, nil
}

// run gives the program an event. A program that fails is counted, not the end.
func (h *hook) run(ctx context.Context, e tracking.Event) error {
	var event bytes.Buffer
	to := iostreams.System()
	to.Out, to.Lang, to.Location = &event, h.ios.Lang, h.ios.Location
	if err := output.Object(to, output.ForJSON("at", "orderId", "statusId", "status", "comment", "final", "unpaid", "message"), eventView(), e); err != nil {
		return err
	}
	cmd, err := launch.Command(ctx, h.words, os.Environ())
	if err == nil {
		cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &event, h.ios.ErrOut, h.ios.ErrOut, time.Second
		err = cmd.Run()
	}
	if h.runs++; err != nil {
		h.bad, h.last = h.bad+1, err
		h.ios.Note(i18n.Text{RU: "--exec: программа не справилась с событием заявления № %d: %v", EN: "--exec: the program failed on an event of application no. %d: %v"}.With(e.OrderID, err))
	}
	return ctx.Err()
}

// failed is nil when the program did well each time.
func (h *hook) failed() error {
	if h.bad == 0 {
		return nil
	}
	return fault.New(exitcode.Partial, "watch.exec_failed", i18n.Text{RU: "--exec: программа не справилась с событиями: %d из %d", EN: "--exec: the program failed on %d of %d events"}.With(h.bad, h.runs)).Because(h.last)
}
