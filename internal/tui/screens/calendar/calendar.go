// Package calendar is the screen of a training portal's calendar: what day it has,
// and moving it forward, so that discounts end, terms pass and departments answer
// while one learns. No other portal has it.
package calendar

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/training"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ID names the screen.
const ID = "calendar"

// Source is what this screen needs of a training portal.
type Source interface {
	Clock(ctx context.Context) (*wire.Clock, error)
	Advance(ctx context.Context, by time.Duration) (*wire.AdvanceResult, error)
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) controls(ctx context.Context) (*training.Client, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if conn.Training == nil {
		return nil, fault.New(exitcode.Refused, "portal.not_training", i18n.Text{
			RU: "профиль %s — не учебный портал", EN: "profile %s is no training portal"}.With(conn.Profile))
	}
	return conn.Training, nil
}

func (c core) Clock(ctx context.Context) (*wire.Clock, error) {
	t, err := c.controls(ctx)
	if err != nil {
		return nil, err
	}
	return t.Clock(ctx)
}

func (c core) Advance(ctx context.Context, by time.Duration) (*wire.AdvanceResult, error) {
	t, err := c.controls(ctx)
	if err != nil {
		return nil, err
	}
	return t.Advance(ctx, by)
}

// Entry is the screen in the registry.
func Entry(src Source) screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Учебный календарь", EN: "Training calendar"}, Command: "epgu sandbox clock", Training: true,
		New: func() screen.Screen { return &calendar{src: src} }}
}

// calendar is the screen.
type calendar struct {
	src    Source
	data   screen.Load[*wire.Clock]
	moving bool
}

// advanced is the message that the calendar was moved.
type advanced struct {
	by     *calendar
	result *wire.AdvanceResult
	err    error
}

// Open asks what day it is there.
func (c *calendar) Open(e *screen.Env, _ string) tea.Cmd { return c.data.Start(e, "", c.src.Clock) }

// Close ends the load.
func (c *calendar) Close(*screen.Env) { c.data.Stop() }

// AsOf says how old it is.
func (c *calendar) AsOf() (time.Time, bool, error) { return c.data.At, c.data.Loading, c.data.Err }

// Update takes the answers.
func (c *calendar) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if c.data.Take(msg) {
		return nil, true
	}
	m, ok := msg.(advanced)
	if !ok || m.by != c {
		return nil, false
	}
	c.moving = false
	if m.err != nil {
		return screen.Fail(m.err), true
	}
	events := i18n.Plural{One: "событие", Few: "события", Many: "событий", Sing: "event", Plur: "events"}
	return tea.Batch(c.Open(e, ""), screen.Tell(i18n.Text{RU: "На портале %s; произошло: %s", EN: "It is %s at the portal; it brought %s"}.
		With(untrusted.Text(e.Day(m.result.Now)), events.Count(m.result.Events)))), true
}

// Actions is what can be done with the calendar.
func (c *calendar) Actions(e *screen.Env) []screen.Action {
	var off i18n.Localised
	if c.moving {
		off = i18n.Say("календарь уже двигается", "the calendar is moving already")
	}
	ctx := e.Ctx
	by := func(id, period string, title i18n.Text, key string) screen.Action {
		return screen.Action{ID: "calendar." + id, Title: title, Keys: []string{key}, Command: "epgu sandbox advance " + period, Off: off, Footer: true,
			Run: func() tea.Cmd { return c.advance(ctx, period) }}
	}
	return []screen.Action{
		by("day", "1d", i18n.Text{RU: "на день вперёд", EN: "a day forward"}, "d"),
		by("week", "1w", i18n.Text{RU: "на неделю", EN: "a week"}, "w"),
		{ID: "calendar.period", Title: i18n.Text{RU: "на другой срок", EN: "another period"}, Keys: []string{"p"}, Command: "epgu sandbox advance", Off: off, Footer: true,
			Run: func() tea.Cmd {
				return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Сдвинуть календарь", EN: "Move the calendar"}, Ask: i18n.Say("На сколько вперёд? Например, 3d, 2w или 36h; назад нельзя.", "How far forward? For example 3d, 2w or 36h; there is no way back."),
					Accept: func(s string) i18n.Localised {
						_, err := clock.ParsePeriod(strings.TrimSpace(s))
						var f *fault.Error
						if errors.As(err, &f) {
							return f.Message
						}
						return nil
					},
					Do: func(s string) tea.Cmd {
						s = strings.TrimSpace(s)
						return tea.Batch(screen.Ran("epgu sandbox advance "+kit.Shell(s)), c.advance(ctx, s))
					}})
			}},
	}
}

func (c *calendar) advance(ctx context.Context, period string) tea.Cmd {
	by, err := clock.ParsePeriod(period)
	if err != nil {
		return screen.Fail(err)
	}
	c.moving = true
	return func() tea.Msg {
		r, err := c.src.Advance(ctx, by)
		return advanced{c, r, err}
	}
}

// Draw draws the day and what it means.
func (c *calendar) Draw(e *screen.Env, size view.Size) view.Frame {
	out := view.Frame{view.Blank()}
	if v := c.data.Value; v != nil {
		skip := e.T("нет", "no")
		if v.SkipIdle {
			skip = e.T("да", "yes")
		}
		out = append(out, kit.Facts([]kit.Fact{
			{Name: e.T("На портале", "At the portal"), Value: e.Day(v.Now) + " " + v.Now.In(clock.Moscow()).Format("15:04"), Role: theme.Strong},
			{Name: e.T("Скорость", "Speed"), Value: fmt.Sprintf(e.T("×%g", "×%g"), v.Speed)},
			{Name: e.T("Ожидание пропускает дни", "Waiting skips idle time"), Value: skip},
		}, size.W)...)
	}
	out = append(out, view.Blank())
	text := e.T("Календарь есть только у учебного портала. Когда он идёт вперёд, кончаются скидки, проходят сроки, отвечают ведомства и проводятся платежи.",
		"Only a training portal has a calendar. As it moves on, discounts end, terms pass, departments answer and payments are settled.")
	for _, l := range view.Wrap(theme.Muted, text, max(size.W-4, 10)) {
		out = append(out, view.Of(view.Text(theme.Plain, " ")).With(l.Spans...))
	}
	if c.moving {
		out = append(out, view.Blank(), view.Say(theme.Accent, e.T(" Календарь двигается…", " The calendar is moving…")))
	}
	return out.Fit(size)
}
