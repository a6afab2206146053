package apply

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// mostChoices is how many choices one search returns; of more a person types
// another word.
const mostChoices = 50

// picker chooses one of several, which are searched while a person types.
type picker struct {
	head i18n.Localised
	// find runs in the background.
	find   func(ctx context.Context, text string) (list []forms.Option, more bool, err error)
	chosen func(o forms.Option) tea.Cmd
	// typed takes a text as it is, where it is typed line by line; may be nil.
	typed func(text string) tea.Cmd
	// over tells that the dialog is closed.
	over func()

	query kit.Field
	list  []forms.Option
	more  bool
	err   error
	known bool
	at    int
	pane  kit.Pane
	turn  int
	got   int  // the turn whose answer is in list
	enter bool // pressed before the answer to what is typed was there
	done  bool
	stop  context.CancelFunc
	x     int
}

// foundMsg is the end of a search.
type foundMsg struct {
	by   *picker
	turn int
	list []forms.Option
	more bool
	err  error
}

// Opened looks for what was typed to open it.
func (d *picker) Opened(e *screen.Env) tea.Cmd { return d.search(e) }

func (d *picker) search(e *screen.Env) tea.Cmd {
	if d.stop != nil {
		d.stop()
	}
	d.turn++
	turn, text := d.turn, d.query.Value()
	ctx, stop := context.WithCancel(e.Ctx)
	d.stop = stop
	return func() tea.Msg {
		defer stop()
		list, more, err := d.find(ctx, text)
		return foundMsg{d, turn, list, more, err}
	}
}

func (d *picker) take(m foundMsg) {
	if m.turn != d.turn {
		return
	}
	d.list, d.more, d.err, d.known, d.got = m.list, m.more, m.err, true, m.turn
	d.at = max(0, min(d.at, len(d.list)-1))
}

// Title is what is chosen.
func (d *picker) Title(*screen.Env) i18n.Localised { return d.head }

// Typing is always so.
func (d *picker) Typing() bool { return true }

// Cursor is where the search is typed.
func (d *picker) Cursor() (int, int, bool) { return d.x, 0, true }

// Left tells that nothing was chosen.
func (d *picker) Left(*screen.Env) tea.Cmd {
	d.over()
	return nil
}

// Update takes the search and the choice. An Enter that is quicker than the search
// means what will be found, never what was there before.
func (d *picker) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if d.done { // chosen before it was on the screen
		return nil, true
	}
	switch m := msg.(type) {
	case foundMsg:
		if m.by != d {
			return nil, false
		}
		d.take(m)
		if d.enter && d.got == d.turn {
			d.enter = false
			if len(d.list) > 0 {
				return d.choose(d.list[0])
			}
		}
		return nil, false
	case tea.PasteMsg:
		d.query.Insert(m.Content)
		d.at = 0
		return d.search(e), false
	case screen.ClickMsg:
		i, ok := d.pane.At(m)
		switch {
		case !ok || d.got != d.turn:
		case i == d.at:
			return d.choose(d.list[i])
		default:
			d.at = i
		}
		return nil, false
	case tea.KeyPressMsg:
		k := tea.Key(m)
		switch keymap.Name(k) {
		case "esc":
			return d.Left(e), true
		case "up":
			d.at = max(d.at-1, 0)
			return nil, false
		case "down", "tab":
			d.at = max(0, min(d.at+1, len(d.list)-1))
			return nil, false
		case "enter":
			if d.got != d.turn {
				d.enter = true
				return nil, false
			}
			if d.at >= len(d.list) {
				return nil, false
			}
			return d.choose(d.list[d.at])
		}
		before := d.query.Value()
		if d.query.Key(k) && d.query.Value() != before {
			d.at, d.enter = 0, false
			return d.search(e), false
		}
	}
	return nil, false
}

func (d *picker) choose(o forms.Option) (tea.Cmd, bool) {
	cmd := d.chosen(o)
	d.over()
	d.done = true
	return cmd, true
}

// Draw draws the search and what it found.
func (d *picker) Draw(e *screen.Env, size view.Size) view.Frame {
	line, at := d.query.Draw(max(size.W, 4), true)
	d.x = at
	out := view.Frame{line}
	from, to := d.pane.Fit(d.at, len(d.list), size.H-4, len(out))
	for i := from; i < to; i++ {
		mark, base := "  ", theme.Plain
		if i == d.at {
			mark, base = "› ", theme.Selected
		}
		out = append(out, view.Say(theme.Plain, mark+d.list[i].Title.String()).On(base).Fit(size.W))
	}
	switch {
	case d.err != nil:
		out = append(out, view.Wrap(theme.Bad, e.Say(messageOf(d.err)), size.W)...)
	case !d.known:
		out = append(out, view.Say(theme.Muted, e.T("  ищем…", "  searching…")))
	case len(d.list) == 0:
		out = append(out, view.Say(theme.Muted, e.T("  Ничего не найдено.", "  Nothing found.")))
	case d.more:
		out = append(out, view.Say(theme.Muted, e.T("  … есть и другие: наберите слово", "  … there are others: type a word")))
	}
	return append(out, view.Blank(), view.Say(theme.Muted, e.T("Enter — выбрать, Esc — закрыть", "Enter chooses, Esc closes")))
}

// Spoken asks for the answer itself where the choices are many, else for a number.
func (d *picker) Spoken(e *screen.Env) screen.Spoken {
	if d.typed != nil && (!d.known || d.more || len(d.list) == 0) {
		return screen.Spoken{Ask: []screen.Question{{Label: e.T("Название, слово из него или код", "The name, a word of it, or the code")}}, Answer: func(_ *screen.Env, answers []string) (tea.Cmd, bool) {
			d.over()
			if answers[0] == "" {
				return nil, true
			}
			return d.typed(answers[0]), true
		}}
	}
	return screen.Spoken{Rows: len(d.list), Row: func(i int) string { return d.list[i].Title.String() }, Choose: func(i int) (tea.Cmd, bool) { return d.choose(d.list[i]) }}
}
