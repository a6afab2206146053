package registers

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// check is one register with what is wrong in it, cell by cell.
type check struct {
	src    Source
	office *office
	path   string
	data   screen.Load[*Checked]
	list   kit.List

	making *making
}

// making is a plan that is being made.
type making struct {
	output string
	began  time.Time
	rows   chan int
	seen   int
}

// The messages of making a plan.
type (
	looked struct {
		by   *check
		of   *making
		rows int
	}
	made struct {
		by    *check
		of    *making
		notes []i18n.Localised
		err   error
	}
)

func newCheck(src Source, o *office) *check {
	c := &check{src: src, office: o}
	c.list.Draw, c.list.Head = c.line, findingHead
	c.list.Empty = i18n.Text{RU: "Ошибок и замечаний нет. p — составить план.", EN: "Neither errors nor warnings. p makes a plan."}
	c.list.Open = func(i int) tea.Cmd { return c.explain(i) }
	return c
}

// Open checks a register. The check is made again when one comes back to it: the
// file may have been mended.
func (c *check) Open(e *screen.Env, path string) tea.Cmd {
	if path != "" && path != c.path {
		c.data.Forget()
		c.path = path
	}
	p := c.path
	return c.data.Start(e, "", func(ctx context.Context) (*Checked, error) { return c.src.Check(ctx, p) })
}

// Close ends the check and a search.
func (c *check) Close(*screen.Env) { c.data.Stop(); c.list.Close() }

// Title names the register.
func (c *check) Title(*screen.Env) i18n.Localised {
	return i18n.Text{RU: "Реестр %s", EN: "Register %s"}.With(untrusted.Text(filepath.Base(c.path)))
}

// AsOf says how old the check is.
func (c *check) AsOf() (time.Time, bool, error) { return c.data.At, c.data.Loading, c.data.Err }

// Typing says whether the filter is being typed.
func (c *check) Typing() bool { return c.list.Typing() }

// Cursor is the place of the filter.
func (c *check) Cursor() (x, y int, ok bool) {
	x, y, ok = c.list.Cursor()
	return x, y + headRows, ok
}

// Click and Scroll work the list.
func (c *check) Click(e *screen.Env, _, y int) tea.Cmd { return c.list.Click(e, y-headRows) }

// Scroll moves the cursor.
func (c *check) Scroll(_ *screen.Env, lines int) tea.Cmd { c.list.Scroll(lines); return nil }

// headRows is how many rows stand above the list.
const headRows = 3

// Update takes data and keys.
func (c *check) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if c.data.Take(msg) {
		all := &rows.Rows{}
		if c.data.Value != nil {
			for i, f := range c.data.Value.Findings {
				all.Append(fmt.Sprint(i), f.Heading, f.Code, f.Message.In(i18n.RU), f.Message.In(i18n.EN), fmt.Sprint(f.Line))
			}
		}
		return c.list.Set(e, all), true
	}
	switch m := msg.(type) {
	case looked:
		if m.by != c || m.of != c.making {
			return nil, m.by == c
		}
		c.making.seen = m.rows
		return c.next(e), true
	case made:
		if m.by != c || m.of != c.making {
			return nil, m.by == c
		}
		path := c.making.output
		c.making = nil
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return tea.Batch(screen.Go(PlanID, path), tellAll(i18n.Text{RU: "План составлен", EN: "The plan is made"}, m.notes)), true
	}
	return c.list.Update(e, msg)
}

// Actions is what can be done with a register.
func (c *check) Actions(e *screen.Env) []screen.Action {
	var off, none i18n.Localised
	switch {
	case c.making != nil:
		off = i18n.Say("план уже составляется", "a plan is being made already")
	case c.data.Value == nil:
		off = i18n.Say("реестр ещё не проверен", "the register is not checked yet")
	}
	i, ok := c.list.Current()
	if !ok {
		none = i18n.Say("ошибок нет", "there are no errors")
	}
	out := planName(c.path)
	return []screen.Action{
		{ID: "register.plan", Title: i18n.Text{RU: "составить план", EN: "make a plan"}, Keys: []string{"p"}, Command: "epgu batch plan " + kit.Shell(c.path) + " -o " + kit.Shell(out), Off: off, Footer: true,
			Run: func() tea.Cmd { return c.plan(e, out) }},
		{ID: "register.why", Title: i18n.Text{RU: "почему и как исправить", EN: "why, and how to mend it"}, Keys: []string{"enter"}, Command: "epgu batch check " + kit.Shell(c.path), Off: none, Footer: true,
			Run: func() tea.Cmd { return c.explain(i) }},
		{ID: "register.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Run: func() tea.Cmd { c.list.Filter(); return nil }},
		{ID: "register.again", Title: i18n.Text{RU: "проверить снова", EN: "check again"}, Keys: []string{"r"}, Command: "epgu batch check " + kit.Shell(c.path), Footer: true,
			Run: func() tea.Cmd { return c.Open(e, "") }},
	}
}

// planName is the usual name of a register's plan: beside it.
func planName(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".plan" }

// plan asks where the plan goes, and makes it. Bad rows are left out only when one
// says so.
func (c *check) plan(e *screen.Env, given string) tea.Cmd {
	bad := c.data.Value.Summary.Bad
	ask := func() tea.Cmd {
		return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Составить план", EN: "Make a plan"}, Given: given, Accept: vacant,
			Ask: i18n.Say("Куда записать план? Денег это не тронет.", "Where does the plan go? No money moves."),
			Do:  func(path string) tea.Cmd { return c.make(e, kit.Path(path), bad > 0) }})
	}
	if bad == 0 {
		return ask()
	}
	return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "В реестре ошибки", EN: "The register has errors"},
		Text: i18n.Text{RU: "Строк с ошибками: %d. Их можно оставить неоплаченными и составить план по остальным.", EN: "Rows with errors: %d. They can be left unpaid, and a plan made of the others."}.With(bad),
		Yes:  i18n.Text{RU: "Оставить их неоплаченными", EN: "Leave them unpaid"}, Do: ask})
}

func (c *check) make(e *screen.Env, output string, skipBad bool) tea.Cmd {
	m := &making{output: output, began: e.Clock.Now(), rows: make(chan int, 1)}
	c.making = m
	ctx, what := e.Ctx, Making{Register: c.path, Output: output, SkipBad: skipBad}
	command := "epgu batch plan " + kit.Shell(c.path) + " -o " + kit.Shell(output)
	if skipBad {
		command += " --skip-bad"
	}
	return tea.Batch(screen.Ran(command), c.next(e), func() tea.Msg {
		notes, err := c.src.Make(ctx, what, func(n int) {
			select {
			case m.rows <- n:
			default:
			}
		})
		close(m.rows)
		return made{c, m, notes, err}
	})
}

// next waits for news of the plan that is being made.
func (c *check) next(e *screen.Env) tea.Cmd {
	m, ctx, clock := c.making, e.Ctx, e.Clock
	return func() tea.Msg {
		n, ok := <-m.rows
		if !ok || clock.Sleep(ctx, tellEvery) != nil {
			return nil
		}
		return looked{c, m, n}
	}
}

// Busy says that a plan is being made.
func (c *check) Busy(*screen.Env) i18n.Localised {
	if c.making == nil {
		return nil
	}
	return i18n.Say("план ещё составляется; без него ничего не отправится", "a plan is still being made; nothing is sent without it")
}

func findingColumns() []kit.Column {
	return []kit.Column{{Width: 1}, {Width: 7, Right: true, Role: theme.Muted}, {Width: 4, Role: theme.Muted}, {Width: 18, Least: 76}, {Share: 3}}
}

func findingHead(e *screen.Env, cols int) view.Line {
	return kit.Row(findingColumns(), cols, []string{"", e.T("Строка", "Line"), e.T("Ст.", "Col"), e.T("Заголовок", "Heading"), e.T("Что не так", "What is wrong")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func (c *check) line(e *screen.Env, _ *rows.Rows, i, cols int) view.Line {
	f := &c.data.Value.Findings[i]
	mark, role := "!", theme.Bad
	if f.Severity == register.Warning {
		mark, role = "·", theme.Warning
	}
	line := ""
	if f.Line > 0 {
		line = fmt.Sprint(f.Line)
	}
	return kit.Row(findingColumns(), cols, []string{mark, line, f.ColumnName(), f.Heading, e.Say(f.Message)}, role)
}

// explain says all about one finding.
func (c *check) explain(i int) tea.Cmd {
	f := c.data.Value.Findings[i]
	return screen.Ask(&kit.Notice{Head: registers.SeverityText(f.Severity), Lines: func(e *screen.Env, cols int) view.Frame {
		place := e.Say(f.Place())
		if f.Line == 0 {
			place = e.T("весь файл", "the file as a whole")
		}
		if f.Number > 0 {
			place += fmt.Sprintf(e.T(", поле %d", ", field %d"), f.Number)
		}
		out := view.Wrap(theme.Muted, place, cols)
		if f.Heading != "" {
			out = append(out, view.Wrap(theme.Muted, "«"+f.Heading+"»", cols)...)
		}
		out = append(out, view.Wrap(theme.Strong, e.Say(f.Message), cols)...)
		for _, m := range []i18n.Message{f.Why, f.Hint} {
			if !m.IsZero() {
				out = append(append(out, view.Blank()), view.Wrap(theme.Plain, e.Say(m), cols)...)
			}
		}
		if f.Suggestion != "" {
			out = append(append(out, view.Blank()), view.Wrap(theme.Accent, e.T("Вероятно: ", "Probably: ")+f.Suggestion, cols)...)
		}
		return out
	}})
}

// Draw draws what the check came to and the list.
func (c *check) Draw(e *screen.Env, size view.Size) view.Frame {
	if c.data.Value == nil {
		return view.Frame{view.Blank(), view.Say(theme.Muted, "  "+e.T("Проверяем ", "Checking ")+c.path+"…")}.Fit(size)
	}
	s := &c.data.Value.Summary
	first := view.Of(view.Text(theme.Plain, "  "+e.T("Строк: ", "Rows: ")), view.Text(theme.Strong, fmt.Sprint(s.Rows)), view.Text(theme.Plain, e.T(" на ", ", ")), view.Text(theme.Strong, rubles(e, s.Totals.Kopecks)),
		view.Text(theme.Plain, e.T(" · без ошибок: ", " · without errors: ")), view.Text(theme.Good, fmt.Sprintf("%d, %s", s.Good.Rows, rubles(e, s.Good.Kopecks))))
	second := view.Of(view.Text(theme.Plain, "  "+e.T("Строк с ошибками: ", "Rows with errors: ")))
	role := theme.Good
	if s.Bad > 0 || s.Errors > 0 {
		role = theme.Bad
	}
	second = second.With(view.Text(role, fmt.Sprint(s.Bad)), view.Text(theme.Plain, e.T(" · ошибок: ", " · errors: ")), view.Text(role, fmt.Sprint(s.Errors)),
		view.Text(theme.Plain, e.T(" · замечаний: ", " · warnings: ")), view.Text(theme.Warning, fmt.Sprint(s.Warnings)))
	if s.Settled > 0 {
		second = second.With(view.Text(theme.Muted, fmt.Sprintf(e.T(" · оплачено по отчёту: %d", " · paid by the report: %d"), s.Settled)))
	}
	if c.data.Value.More > 0 {
		second = second.With(view.Text(theme.Muted, fmt.Sprintf(e.T(" · ещё %d — в файле .err", " · %d more in the .err file"), c.data.Value.More)))
	}
	top := view.Frame{first.Fit(size.W), second.Fit(size.W), view.Blank()}
	var bottom view.Frame
	if m := c.making; m != nil {
		bar := kit.Progress{Done: int64(m.seen), Of: int64(s.Rows), Since: m.began}
		bottom = view.Frame{view.Of(view.Text(theme.Accent, "  "+e.T("Смотрим начисления ", "Looking at the charges "))).With(bar.View(e, size.W-26).Spans...)}
	}
	body := c.list.View(e, view.Size{W: size.W, H: size.H - len(top) - len(bottom)}).Fit(view.Size{W: size.W, H: size.H - len(top) - len(bottom)})
	return append(append(top, body...), bottom...)
}

// Spoken reads the sums and the findings.
func (c *check) Spoken(e *screen.Env) screen.Spoken { return spoken(e, c, &c.list) }

// spoken reads the rows above a list and then the list.
func spoken(e *screen.Env, s screen.Screen, l *kit.List) screen.Spoken {
	top := kit.Said(s.Draw(e, view.Size{W: 110, H: headRows}))
	if l.Rows() == nil {
		return screen.Spoken{Lines: top}
	}
	out := l.Spoken(e)
	out.Lines = append(top, out.Lines...)
	return out
}
