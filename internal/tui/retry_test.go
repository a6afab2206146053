package tui_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// line is a screen that is loaded over a network that fails now and then.
type line struct {
	data  screen.Load[string]
	fails int
	asked int
	exit  exitcode.Code
}

func (l *line) Open(e *screen.Env, _ string) tea.Cmd {
	return l.data.Start(e, "", func(context.Context) (string, error) {
		l.asked++
		if l.asked <= l.fails {
			return "", fault.New(l.exit, "network.down", i18n.Say("нет связи", "no connection"))
		}
		return fmt.Sprintf("загружено с попытки %d", l.asked), nil
	})
}
func (l *line) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) { return nil, l.data.Take(msg) }
func (l *line) Draw(_ *screen.Env, size view.Size) view.Frame {
	return view.Frame{view.Say(theme.Plain, l.data.Value)}.Fit(size)
}
func (l *line) Actions(*screen.Env) []screen.Action { return nil }
func (l *line) AsOf() (time.Time, bool, error)      { return l.data.At, l.data.Loading, l.data.Err }

// gated is a clock whose waits end when the test says so.
type gated struct {
	*clock.Manual
	gate chan struct{}
}

func (g *gated) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-g.gate:
		return g.Manual.Sleep(ctx, d)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func overLine(t *testing.T, l *line, waits int) (*drive.Driver, *gated) {
	at := time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())
	o := drive.Simple(at, i18n.RU, screen.Entry{ID: "line", Title: i18n.Text{RU: "Связь", EN: "Line"}, New: func() screen.Screen { return l }})
	g := &gated{clock.NewManual(at), make(chan struct{})}
	o.Env.Clock, o.Retry = g, 5*time.Second
	return drive.StartAllowing(t, o, 80, 24, waits), g
}

func TestALoadThatTheNetworkFailedIsTriedAgainByItselfWithDoublingWaits(t *testing.T) {
	l := &line{fails: 2, exit: exitcode.Unavailable}
	d, g := overLine(t, l, 1)
	d.Awaits("само — в 12:03:05").Sees("нет связи")
	g.gate <- struct{}{}
	d.Awaits("само — в 12:03:15")
	g.gate <- struct{}{}
	d.Allow(0).Awaits("загружено с попытки 3").Settle().SeesNot("нет связи", "само")
}

func TestALoadThatTheNetworkDidNotFailIsNotTriedAgain(t *testing.T) {
	d, _ := overLine(t, &line{fails: 1, exit: exitcode.Refused}, 0)
	d.Sees("нет связи").SeesNot("само")
}

func TestRefreshingByHandEndsTheWait(t *testing.T) {
	l := &line{fails: 1, exit: exitcode.Unavailable}
	d, g := overLine(t, l, 1)
	d.Awaits("само — в 12:03:05").Press("ctrl+r").Awaits("загружено с попытки 2").SeesNot("само")
	g.gate <- struct{}{}
	d.Allow(0).Settle()
	if l.asked != 2 {
		t.Errorf("asked %d times", l.asked)
	}
}
