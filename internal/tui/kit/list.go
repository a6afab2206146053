package kit

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// List shows rows, moves a cursor over them and filters them as a person types.
// It draws only what is seen, and filters in the background: what was found last
// stays until the next answer is there.
type List struct {
	// Draw returns row i of Rows. The cursor is drawn by the list.
	Draw func(e *screen.Env, rows *rows.Rows, i, cols int) view.Line
	// Head is the row of titles above the list; nil for none.
	Head func(e *screen.Env, cols int) view.Line
	// Empty is what stands there instead of no rows.
	Empty i18n.Text
	// Open is called for the row under the cursor by Enter or a click on it.
	Open func(i int) tea.Cmd

	rows   *rows.Rows
	part   *rows.Found // the rows that a screen lets be shown; nil for all
	found  *rows.Found // what the filter lets be shown of them; nil for all
	cursor int         // in what is shown
	top    int
	height int // rows of the last Draw

	query   Field
	typing  bool
	turn    int
	pending bool   // what is found is not known yet
	want    string // names the row to which the cursor goes then
	stop    context.CancelFunc
}

// atOnce is how many rows are looked through at once, which takes a millisecond or
// two. In longer lists nothing is under the cursor until the search has ended.
const atOnce = 20_000

// found is the message that a search has ended.
type found struct {
	list *List
	turn int
	of   *rows.Rows
	got  *rows.Found
}

// Set replaces the rows. The cursor stays at the row with the same first cell, if
// it is still there nearby, else where it was.
func (l *List) Set(e *screen.Env, r *rows.Rows) tea.Cmd { return l.set(e, r, nil) }

// SetPart replaces the rows and lets only those at the places given be shown, in
// that order. The rows themselves are shared, so another part of a long list costs
// nothing but its places.
func (l *List) SetPart(e *screen.Env, r *rows.Rows, places []uint32) tea.Cmd {
	return l.set(e, r, rows.Only(r, places))
}

func (l *List) set(e *screen.Env, r *rows.Rows, part *rows.Found) tea.Cmd {
	key := l.want
	if i, ok := l.Current(); ok {
		key = l.rows.Cell(i, 0)
	}
	l.rows, l.part, l.found = r, part, nil
	l.want = key
	return l.search(e)
}

// locate puts the cursor on the row that it stood on, if that is nearby.
func (l *List) locate() {
	key := l.want
	l.want = ""
	if key != "" {
		const near = 1000
		for d := range near {
			for _, s := range [2]int{l.cursor - d, l.cursor + d} {
				if s >= 0 && s < l.Len() && l.rows.CellIs(l.row(s), 0, key) {
					l.cursor = s
					return
				}
			}
		}
	}
	l.clamp()
}

// Rows are the rows as set last.
func (l *List) Rows() *rows.Rows { return l.rows }

// Len is how many rows are shown now.
func (l *List) Len() int {
	switch {
	case l.found != nil:
		return len(l.found.Hits)
	case l.pending: // new rows are not seen before it is known which
		return 0
	case l.part != nil:
		return len(l.part.Hits)
	}
	return l.rows.Len()
}

func (l *List) row(shown int) int {
	switch {
	case l.found != nil:
		return int(l.found.Hits[shown])
	case l.part != nil:
		return int(l.part.Hits[shown])
	}
	return shown
}

// of is how many rows there are before the filter.
func (l *List) of() int {
	if l.part != nil {
		return len(l.part.Hits)
	}
	return l.rows.Len()
}

// Current is the row under the cursor, as an index into Rows.
func (l *List) Current() (i int, ok bool) {
	if l.pending || l.cursor < 0 || l.cursor >= l.Len() {
		return 0, false
	}
	return l.row(l.cursor), true
}

// Select puts the cursor on the row whose first cell is key.
func (l *List) Select(key string) bool {
	for s := range l.Len() {
		if l.rows.CellIs(l.row(s), 0, key) {
			l.cursor = s
			l.clamp()
			return true
		}
	}
	return false
}

// Typing reports whether letters go into the filter.
func (l *List) Typing() bool { return l.typing }

// Query is the filter in force.
func (l *List) Query() string { return l.query.Value() }

// Filter opens the filter for typing.
func (l *List) Filter() { l.typing = true }

// Update takes keys, pastes and answers of the search. handled is false for what
// is not the list's.
func (l *List) Update(e *screen.Env, msg tea.Msg) (cmd tea.Cmd, handled bool) {
	switch m := msg.(type) {
	case found:
		if m.list != l {
			return nil, false
		}
		switch {
		case m.turn != l.turn || m.of != l.rows:
		case m.got != nil:
			l.pending, l.found = false, m.got
			l.locate()
		case e.Ctx.Err() == nil: // it was ended with its screen, which may be opened again
			return l.search(e), true
		}
		return nil, true
	case tea.PasteMsg:
		if l.typing {
			l.query.Insert(m.Content)
			return l.search(e), true
		}
	case tea.KeyPressMsg:
		return l.key(e, tea.Key(m))
	}
	return nil, false
}

func (l *List) key(e *screen.Env, k tea.Key) (tea.Cmd, bool) {
	name := keymap.Name(k)
	if l.typing {
		switch name {
		case "enter":
			l.typing = false
			return nil, true
		case "esc":
			l.typing = false
			l.query.Set("")
			return l.search(e), true
		case "up", "down", "pgup", "pgdown":
			l.move(name)
			return nil, true
		}
		before := l.query.Value()
		if !l.query.Key(k) {
			return nil, false
		}
		if l.query.Value() != before {
			return l.search(e), true
		}
		return nil, true
	}
	switch name {
	case "enter":
		if i, ok := l.Current(); ok && l.Open != nil {
			return l.Open(i), true
		}
		return nil, l.Open != nil
	case "esc":
		if l.Query() != "" {
			l.query.Set("")
			return l.search(e), true
		}
		return nil, false
	case "/", ".": // the key of / on the Russian layout gives a full stop
		l.typing = true
		return nil, true
	}
	return nil, l.move(name)
}

func (l *List) move(key string) bool {
	page := max(l.height-1, 1)
	switch key {
	case "up", "k":
		l.cursor--
	case "down", "j":
		l.cursor++
	case "pgup", "ctrl+b":
		l.cursor -= page
	case "pgdown", "ctrl+f":
		l.cursor += page
	case "ctrl+u":
		l.cursor -= page / 2
	case "ctrl+d":
		l.cursor += page / 2
	case "home", "g":
		l.cursor = 0
	case "end", "G":
		l.cursor = l.Len() - 1
	default:
		return false
	}
	l.clamp()
	return true
}

func (l *List) clamp() { l.cursor = max(0, min(l.cursor, l.Len()-1)) }

// search starts a search for what is typed now and ends the one before it.
func (l *List) search(e *screen.Env) tea.Cmd {
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
	l.turn++
	query, turn, all, earlier := l.query.Value(), l.turn, l.rows, l.found
	if earlier == nil || !earlier.Serves(query) {
		earlier = l.part
	}
	l.pending = false
	switch {
	case len(rows.Words(query)) == 0 || all == nil:
		l.found = nil
		l.locate()
		return nil
	case all.Len() <= atOnce:
		l.found = all.Find(context.WithoutCancel(e.Ctx), query, earlier)
		l.locate()
		return nil
	}
	l.pending = true
	ctx, stop := context.WithCancel(e.Ctx)
	l.stop = stop
	return func() tea.Msg {
		defer stop()
		return found{l, turn, all, all.Find(ctx, query, earlier)}
	}
}

// View returns the list, exactly as many rows as the room has.
func (l *List) View(e *screen.Env, size view.Size) view.Frame {
	var out view.Frame
	if l.typing || l.Query() != "" {
		out = append(out, l.filterLine(e, size.W))
	}
	if l.Head != nil {
		out = append(out, view.Of(view.Text(theme.Muted, "  ")).With(l.Head(e, size.W-3).Spans...))
	}
	l.height = max(size.H-len(out), 1)
	if l.Len() == 0 {
		text := l.Empty
		switch {
		case l.pending:
			text = i18n.Text{RU: "Ищем…", EN: "Searching…"}
		case l.Query() != "":
			text = i18n.Text{RU: "Ничего не найдено. Esc — показать всё.", EN: "Nothing found. Esc shows everything."}
		}
		out = append(out, view.Blank())
		for _, l := range view.Wrap(theme.Muted, text.In(e.Lang), max(size.W-4, 8)) {
			out = append(out, view.Of(view.Text(theme.Plain, "  ")).With(l.Spans...))
		}
		return out
	}
	if l.cursor < l.top {
		l.top = l.cursor
	}
	if l.cursor >= l.top+l.height {
		l.top = l.cursor - l.height + 1
	}
	l.top = max(0, min(l.top, l.Len()-l.height))
	for s := l.top; s < min(l.top+l.height, l.Len()); s++ {
		line := l.Draw(e, l.rows, l.row(s), size.W-3)
		mark := "  "
		if s == l.cursor {
			mark = "› "
			line = line.On(theme.Selected)
		}
		row := view.Line{Spans: []view.Span{view.Text(theme.Plain, mark)}, Base: line.Base}
		row = row.With(line.Spans...).Fit(size.W - 1)
		out = append(out, row.With(l.bar(s-l.top)))
	}
	return out
}

// bar is the piece of the scroll bar beside a visible row.
func (l *List) bar(row int) view.Span {
	n := l.Len()
	if n <= l.height {
		return view.Text(theme.Shade, " ")
	}
	size := max(1, l.height*l.height/n)
	from := (l.height - size) * l.top / (n - l.height)
	if row >= from && row < from+size {
		return view.Text(theme.Shade, "█")
	}
	return view.Text(theme.Shade, "│")
}

func (l *List) filterLine(e *screen.Env, cols int) view.Line {
	count := fmt.Sprintf(" %d / %d ", l.Len(), l.of())
	left := view.Of(view.Text(theme.Accent, " / "))
	line, _ := l.query.Draw(max(cols-len(count)-4, 4), l.typing)
	left.Spans = append(left.Spans, line.Spans...)
	return view.Both(left, view.Of(view.Text(theme.Muted, count)), cols)
}

// Cursor is where the filter is typed, in the rows of View.
func (l *List) Cursor() (x, y int, ok bool) {
	if !l.typing {
		return 0, 0, false
	}
	_, at := l.query.Draw(1<<16, true)
	return 3 + at, 0, true
}

// Click puts the cursor on the row at y of View; a click on the row under the
// cursor opens it.
func (l *List) Click(_ *screen.Env, y int) tea.Cmd {
	if l.typing || l.Query() != "" {
		y--
	}
	if l.Head != nil {
		y--
	}
	at := l.top + y
	if y < 0 || at >= l.Len() {
		return nil
	}
	if at == l.cursor && l.Open != nil {
		return l.Open(l.row(at))
	}
	l.cursor = at
	return nil
}

// Scroll moves the cursor by some rows.
func (l *List) Scroll(lines int) {
	l.cursor += lines
	l.clamp()
}

// Close ends a search that is under way.
func (l *List) Close() {
	if l.stop != nil {
		l.stop()
	}
}
