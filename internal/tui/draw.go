package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// The smallest terminal in which anything can be used.
const leastW, leastH = 20, 6

// hint is a piece of the footer that can be clicked.
type hint struct {
	from, to int
	action   screen.Action
}

// View draws everything that is seen.
func (r *Root) View() tea.View {
	v := tea.View{AltScreen: true, WindowTitle: "epgu"}
	if r.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if r.size.W < leastW || r.size.H < leastH {
		v.Content = view.Frame{view.Say(theme.Plain, r.env.T("Окно мало: ", "Too small: ")+"20×6")}.Fit(r.size).Render(r.theme)
		return v
	}
	frame, cursor := r.frame()
	v.Content = frame.Render(r.theme)
	v.Cursor = cursor
	return v
}

// Frame is what is seen, without its looks: for tests and for reading aloud.
func (r *Root) Frame() view.Frame {
	f, _ := r.frame()
	return f
}

func (r *Root) frame() (view.Frame, *tea.Cursor) {
	body := view.Size{W: r.size.W, H: r.size.H - 3}
	frame := view.Frame{r.header().Fit(r.size.W)}
	var cursor *tea.Cursor
	if top := r.top(); top != nil {
		frame = append(frame, top.screen.Draw(r.env, body).Fit(body)...)
		if t, ok := top.screen.(screen.Typing); ok && len(r.dialogs) == 0 && t.Typing() {
			if x, y, seen := t.Cursor(); seen && y < body.H && x < body.W {
				cursor = tea.NewCursor(x, y+1)
			}
		}
	} else {
		frame = append(frame, view.Frame{}.Fit(body)...)
	}
	if len(r.dialogs) > 0 {
		dim(frame[1:])
	}
	frame = append(frame, r.status().Fit(r.size.W), r.footer().Fit(r.size.W))
	for _, l := range r.dialogs {
		frame = r.over(frame, l)
		cursor = nil
		if t, ok := l.Dialog.(screen.Typing); ok && t.Typing() {
			if x, y, seen := t.Cursor(); seen {
				cursor = tea.NewCursor(r.origin[0]+x, r.origin[1]+y)
			}
		}
	}
	return frame, cursor
}

func (r *Root) header() view.Line {
	left := view.Of(view.Text(theme.Bar, " "+r.env.T("Госуслуги", "Gosuslugi"))).On(theme.Bar)
	var right view.Line
	if top := r.top(); top != nil {
		title := r.env.Say(top.entry.Title)
		if t, ok := top.screen.(screen.Titled); ok {
			title = r.env.Say(t.Title(r.env))
		}
		left = left.With(view.Text(theme.BarKey, " › "+title))
		if d, ok := top.screen.(screen.Dated); ok {
			at, loading, _ := d.AsOf()
			if s := r.asOf(at, loading); s != "" {
				right = right.With(view.Text(theme.Bar, s+" "))
			}
		}
	}
	before := func(s string) {
		if right.Width() > 1 {
			s += " · "
		} else {
			s += " "
		}
		right = view.Of(view.Text(theme.Bar, s)).With(right.Spans...)
	}
	if r.env.Training {
		before(r.env.T("учебный портал", "training portal"))
	}
	if r.env.Person != "" && r.size.W >= 100 {
		before(r.env.Person.String())
	}
	right.Base = theme.Bar
	out := view.Both(left, right, r.size.W)
	out.Base = theme.Bar
	return out
}

func (r *Root) asOf(at time.Time, loading bool) string {
	switch {
	case at.IsZero() && loading:
		return r.env.T("загружается…", "loading…")
	case at.IsZero():
		return ""
	case loading:
		return r.env.T("на ", "as of ") + r.env.Moment(at) + r.env.T(", обновляется…", ", refreshing…")
	}
	return r.env.T("на ", "as of ") + r.env.Moment(at)
}

// status is the row above the footer: what was just said, or what is wrong with
// the data.
func (r *Root) status() view.Line {
	if r.toast != nil {
		role, mark := theme.Good, " ✓ "
		if r.toast.Bad {
			role, mark = theme.Bad, " ! "
		}
		return view.Of(view.Text(role, mark+r.env.Say(r.toast.Text)))
	}
	if top := r.top(); top != nil {
		if d, ok := top.screen.(screen.Dated); ok {
			if _, _, err := d.AsOf(); err != nil {
				return view.Of(view.Text(theme.Bad, " ! "+r.env.T("Не обновлено", "Not refreshed")), view.Text(theme.Plain, " ("), view.Text(theme.Accent, "Ctrl-R"),
					view.Text(theme.Plain, r.env.T(" — повторить", " tries again")+r.next()+"): "), view.Text(theme.Bad, r.env.Say(faultOf(err).Message)))
			}
		}
	}
	return view.Blank()
}

// next says when a load is tried again by itself.
func (r *Root) next() string {
	if r.again.at.IsZero() {
		return ""
	}
	return r.env.T("; само — в ", "; by itself at ") + r.again.at.In(r.env.Location).Format("15:04:05")
}

// footer shows the keys that matter here. What has no room is under ?. A dialog tells of
// its own; those of the screen below it do nothing then and are not promised.
func (r *Root) footer() view.Line {
	out := view.Of(view.Text(theme.Bar, " ")).On(theme.Bar)
	r.hints = r.hints[:0]
	if len(r.dialogs) > 0 {
		return out.With(view.Text(theme.BarKey, "Esc"), view.Text(theme.Bar, " "+r.env.T("закрыть", "close")+"  "),
			view.Text(theme.BarKey, "Ctrl-C"), view.Text(theme.Bar, " "+r.env.T("выйти сразу", "quit at once")))
	}
	var actions []screen.Action
	if top := r.top(); top != nil {
		actions = append(actions, top.screen.Actions(r.env)...)
	}
	global := r.global()
	// Help and palette always have room: everything else can be found there.
	keep := 0
	for _, a := range global {
		if a.Footer {
			keep += hintWidth(r, a)
		}
	}
	used := 1
	add := func(a screen.Action, room int) {
		key := r.hintKey(a)
		if !a.Footer || key == "" || a.Off != nil {
			return
		}
		w := hintWidth(r, a)
		if used+w > room {
			return
		}
		r.hints = append(r.hints, hint{used, used + w, a})
		out = out.With(view.Text(theme.BarKey, keymap.Title(key)), view.Text(theme.Bar, " "+a.Title.In(r.env.Lang)+"  "))
		used += w
	}
	for _, a := range actions {
		add(a, r.size.W-keep)
	}
	for _, a := range global {
		add(a, r.size.W)
	}
	return out
}

// hintKey is the key to be shown for an action: while text is typed, one that is
// no text.
func (r *Root) hintKey(a screen.Action) string {
	top := r.top()
	typing := top != nil && isTyping(top.screen)
	for _, k := range r.env.Keys.Of(a.ID, a.Keys) {
		if !typing || strings.Contains(k, "+") || isFunction(k) || k == "esc" || k == "enter" {
			return k
		}
	}
	return ""
}

func hintWidth(r *Root, a screen.Action) int {
	key := r.hintKey(a)
	if key == "" {
		return 0
	}
	return width.String(keymap.Title(key)) + width.String(a.Title.In(r.env.Lang)) + 3
}

// over lays the box of a dialog over the frame.
func (r *Root) over(frame view.Frame, l *layer) view.Frame {
	inner := view.Size{W: min(r.size.W-6, 76), H: r.size.H - 6}
	if inner.H < 3 {
		inner.H = max(r.size.H-2, 1)
	}
	lines := l.Draw(r.env, inner)
	if len(lines) > inner.H {
		lines = lines[:inner.H]
	}
	title := " " + width.Truncate(r.env.Say(l.Title(r.env)), max(inner.W-4, 1)) + " "
	w := width.String(title) + 4
	for _, x := range lines {
		w = max(w, x.Width()+2)
	}
	w = min(w, inner.W+2)
	top := edge("╭─"+title, "╮", w)
	top.Spans = []view.Span{view.Text(theme.Shade, "╭─"), view.Text(theme.Strong, title), view.Text(theme.Shade, strings.TrimPrefix(top.String(), "╭─"+title))}
	box := view.Frame{top}
	for _, x := range lines {
		row := view.Of(view.Text(theme.Shade, "│ "))
		fit := x.Fit(w - 2)
		fit.Spans = base(fit)
		box = append(box, row.With(fit.Spans...).With(view.Text(theme.Shade, " │")))
	}
	box = append(box, edge("╰", "╯", w))
	x, y := (r.size.W-w-2)/2, max((r.size.H-len(box))/2, 0)
	r.origin = [2]int{x + 2, y + 1}
	return frame.Over(box, x, y)
}

// dim takes the looks of what is behind a dialog: nothing there can be chosen now.
func dim(frame view.Frame) {
	for i, l := range frame {
		spans := make([]view.Span, len(l.Spans))
		for n, s := range l.Spans {
			spans[n] = view.Span{Text: s.Text, Role: theme.Muted}
		}
		frame[i] = view.Line{Spans: spans}
	}
}

// base makes the look of a whole row that of its spans.
func base(l view.Line) []view.Span {
	if l.Base != theme.Selected {
		return l.Spans
	}
	out := make([]view.Span, len(l.Spans))
	for i, s := range l.Spans {
		out[i] = view.Span{Text: s.Text, Role: theme.Selected}
	}
	return out
}

// edge is the upper or lower edge of a box of w columns inside.
func edge(left, right string, w int) view.Line {
	n := w + 2 - width.String(left) - width.String(right)
	rule := make([]rune, max(n, 0))
	for i := range rule {
		rule[i] = '─'
	}
	return view.Say(theme.Shade, left+string(rule)+right)
}

func (r *Root) click(m tea.Mouse) tea.Cmd {
	if m.Button != tea.MouseLeft {
		return nil
	}
	if n := len(r.dialogs); n > 0 {
		return r.forDialog(r.dialogs[n-1], screen.ClickMsg{X: m.X - r.origin[0], Y: m.Y - r.origin[1]})
	}
	r.toast = nil
	if m.Y == r.size.H-1 {
		for _, h := range r.hints {
			if m.X >= h.from && m.X < h.to {
				return r.run(h.action)
			}
		}
		return nil
	}
	if top := r.top(); top != nil && m.Y >= 1 && m.Y < r.size.H-2 {
		if c, ok := top.screen.(screen.Clicked); ok {
			return c.Click(r.env, m.X, m.Y-1)
		}
	}
	return nil
}

// wheelLines is how far one notch of the wheel goes.
const wheelLines = 3

// wheel scrolls: what knows nothing of the mouse is given the arrow keys.
func (r *Root) wheel(m tea.Mouse) tea.Cmd {
	lines, key := wheelLines, tea.KeyDown
	switch m.Button {
	case tea.MouseWheelDown:
	case tea.MouseWheelUp:
		lines, key = -wheelLines, tea.KeyUp
	default: // sideways
		return nil
	}
	top := r.top()
	if top == nil {
		return nil
	}
	if c, ok := top.screen.(screen.Clicked); ok && len(r.dialogs) == 0 {
		return c.Scroll(r.env, lines)
	}
	var cmds []tea.Cmd
	for range wheelLines {
		arrow := tea.KeyPressMsg{Code: key}
		if n := len(r.dialogs); n > 0 {
			cmds = append(cmds, r.forDialog(r.dialogs[n-1], arrow))
			continue
		}
		cmd, _ := top.screen.Update(r.env, arrow)
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}
