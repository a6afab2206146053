package kit

import (
	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// Notice is a dialog that only tells something. Enter and Esc close it.
type Notice struct {
	Head  i18n.Localised
	Lines func(e *screen.Env, cols int) view.Frame
	// ByItself is set when no key of the person opened it.
	ByItself bool
	top, end int // end is the row that closes it
}

// Title is the title of the box.
func (d *Notice) Title(*screen.Env) i18n.Localised { return d.Head }

// Unasked reports whether it opened by itself.
func (d *Notice) Unasked() bool { return d.ByItself }

// Update closes it, or scrolls what does not fit.
func (d *Notice) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(screen.ClickMsg); ok {
		return nil, m.Y == d.end
	}
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	switch keymap.Name(tea.Key(k)) {
	case "down", "j", "pgdown":
		d.top++
	case "up", "k", "pgup":
		d.top = max(d.top-1, 0)
	case "enter", "esc", "q", "space":
		return nil, true
	}
	return nil, false
}

// Draw draws the lines.
func (d *Notice) Draw(e *screen.Env, size view.Size) view.Frame {
	lines := d.Lines(e, size.W)
	all := len(lines)
	d.top = max(0, min(d.top, len(lines)-(size.H-2)))
	lines = lines[d.top:min(len(lines), d.top+max(size.H-2, 1))]
	d.end = len(lines) + 1
	keys := e.T("Enter — закрыть", "Enter closes")
	if below := all - d.top - len(lines); below > 0 {
		keys += e.Say(i18n.Text{RU: "; ↓ — ещё строк: %d", EN: "; ↓ more lines: %d"}.With(below))
	} else if d.top > 0 {
		keys += e.T("; ↑ — выше", "; ↑ goes up")
	}
	return append(append(view.Frame(nil), lines...), view.Blank(), hint(keys))
}

func hint(s string) view.Line { return view.Say(theme.Muted, s) }

// Confirm asks before something is done. The answer that changes nothing is
// chosen to begin with, and no letter says yes by itself: one moves to Yes and
// presses Enter, or types y and then Enter.
type Confirm struct {
	Head i18n.Localised
	Text i18n.Localised
	// Lines are drawn instead of Text, where a sentence is not enough; may be nil.
	Lines func(e *screen.Env, cols int) view.Frame
	// Yes names what will be done: «Завершить сеанс», never only "yes".
	Yes      i18n.Text
	Do       func() tea.Cmd
	ByItself bool
	yes      bool
	y, split int // the row of the answers, and the column that is between them
}

// Title is the title of the box.
func (d *Confirm) Title(*screen.Env) i18n.Localised { return d.Head }

// Unasked reports whether it opened by itself.
func (d *Confirm) Unasked() bool { return d.ByItself }

func (d *Confirm) text(e *screen.Env, cols int) view.Frame {
	if d.Lines != nil {
		return d.Lines(e, cols)
	}
	return view.Wrap(theme.Plain, e.Say(d.Text), cols)
}

// Update takes the answer.
func (d *Confirm) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(screen.ClickMsg); ok {
		return d.click(m)
	}
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	switch keymap.Name(tea.Key(k)) {
	case "left", "right", "tab", "shift+tab", "h", "l":
		d.yes = !d.yes
	case "y":
		d.yes = true
	case "n":
		d.yes = false
	case "esc":
		return nil, true
	case "enter":
		if d.yes {
			return d.Do(), true
		}
		return nil, true
	}
	return nil, false
}

// click chooses an answer; a click on the one that is chosen confirms it, so that no
// single click does what cannot be undone.
func (d *Confirm) click(m screen.ClickMsg) (tea.Cmd, bool) {
	switch yes := m.X >= d.split; {
	case m.Y != d.y:
	case yes != d.yes:
		d.yes = yes
	case yes:
		return d.Do(), true
	default:
		return nil, true
	}
	return nil, false
}

// Draw draws the question and both answers.
func (d *Confirm) Draw(e *screen.Env, size view.Size) view.Frame {
	out := d.text(e, size.W)
	if room := size.H - 4; len(out) > room && room > 0 { // the answers are always seen
		out = append(out[:room-1:room-1], hint(e.T("… и ещё строк: ", "… more lines: ")+itoa(len(out)-room+1)))
	}
	no, yes := theme.Selected, theme.Plain
	noMark, yesMark := "› ", "  "
	if d.yes {
		no, yes, noMark, yesMark = yes, no, yesMark, noMark
	}
	left := view.Of(view.Text(no, noMark+e.T("Ничего не делать", "Do nothing")+" "), view.Text(theme.Plain, "   "))
	d.y, d.split = len(out)+1, left.Width()-2
	return append(out, view.Blank(), left.With(view.Text(yes, yesMark+d.Yes.In(e.Lang)+" ")),
		view.Blank(), hint(e.T("← → — выбрать, Enter — подтвердить", "← → choose, Enter confirms")))
}

// Typed asks for something to be typed before it is done: the sum of a payment,
// a name. Nothing but the right answer goes on.
type Typed struct {
	Head i18n.Localised
	// Lines say what will happen; drawn above the field.
	Lines func(e *screen.Env, cols int) view.Frame
	// Ask says what to type.
	Ask i18n.Localised
	// Accept judges the answer: nil goes on, an error is shown under the field.
	Accept func(answer string) i18n.Localised
	Do     func(answer string) tea.Cmd
	// Given stands in the field to begin with.
	Given string
	// OnLeave is called when the dialog is closed without an answer; may be nil.
	OnLeave func(e *screen.Env) tea.Cmd
	Secret  bool
	// ByItself is set when it opens when an answer comes, not by a key.
	ByItself bool

	field Field
	begun bool
	wrong i18n.Localised
	x, y  int
}

// begin puts what is given into the field, once.
func (d *Typed) begin() {
	if !d.begun {
		d.begun = true
		d.field.Set(d.Given)
	}
}

// Title is the title of the box.
func (d *Typed) Title(*screen.Env) i18n.Localised { return d.Head }

// Unasked reports whether it opened by itself.
func (d *Typed) Unasked() bool { return d.ByItself }

// Typing is always so.
func (d *Typed) Typing() bool { return true }

// Cursor is where the answer is typed.
func (d *Typed) Cursor() (int, int, bool) { return d.x, d.y, true }

// Left tells that nothing was answered.
func (d *Typed) Left(e *screen.Env) tea.Cmd {
	if d.OnLeave != nil {
		return d.OnLeave(e)
	}
	return nil
}

// Update takes what is typed.
func (d *Typed) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	d.begin()
	switch m := msg.(type) {
	case tea.PasteMsg:
		d.field.Insert(m.Content)
		d.wrong = nil
	case tea.KeyPressMsg:
		k := tea.Key(m)
		switch keymap.Name(k) {
		case "esc":
			return d.Left(e), true
		case "enter":
			answer := d.field.Value()
			if d.wrong = d.Accept(answer); d.wrong != nil {
				return nil, false
			}
			return d.Do(answer), true
		}
		if d.field.Key(k) {
			d.wrong = nil
		}
	}
	return nil, false
}

// Draw draws what will happen and the field.
func (d *Typed) Draw(e *screen.Env, size view.Size) view.Frame {
	d.begin()
	d.field.Secret = d.Secret
	var out view.Frame
	if d.Lines != nil {
		out = d.Lines(e, size.W)
	}
	tail := view.Wrap(theme.Strong, e.Say(d.Ask), size.W)
	line, at := d.field.Draw(min(size.W, 40), true)
	tail = append(tail, view.Line{Spans: line.Spans})
	fieldRow := len(tail) - 1
	if d.wrong != nil {
		tail = append(tail, view.Wrap(theme.Bad, e.Say(d.wrong), size.W)...)
	}
	tail = append(tail, view.Blank(), hint(e.T("Enter — подтвердить, Esc — ничего не делать", "Enter confirms, Esc does nothing")))
	// The field is always seen: what stands above it gives way.
	room := size.H - len(tail) - 1
	if len(out) > room && room > 0 {
		rest := len(out) - room + 1
		out = append(out[:room-1:room-1], hint(e.T("… и ещё строк: ", "… more lines: ")+itoa(rest)))
	} else if room <= 0 {
		out = nil
	}
	if len(out) > 0 {
		out = append(out, view.Blank())
	}
	d.x, d.y = at, len(out)+fieldRow
	return append(out, tail...)
}

// Choice asks for one of several.
type Choice struct {
	Head    i18n.Localised
	Options []Option
	Do      func(i int) tea.Cmd
	// OnLeave is called when nothing was chosen; may be nil.
	OnLeave func(e *screen.Env) tea.Cmd
	// ByItself is set when it opens when an answer comes, not by a key.
	ByItself bool
	at       int // in seen
	pane     Pane
	query    Field
	x        int
}

// fewOptions is how many options have a digit each; of more a person types a word.
const fewOptions = 9

func (d *Choice) many() bool { return len(d.Options) > fewOptions }

// Typing says that letters look for an option.
func (d *Choice) Typing() bool { return d.many() }

// Cursor is where they go.
func (d *Choice) Cursor() (int, int, bool) { return d.x, 0, d.many() }

// seen are the options that hold every word that was typed.
func (d *Choice) seen(e *screen.Env) []uint32 {
	r := &rows.Rows{}
	all := make([]uint32, len(d.Options))
	for i, o := range d.Options {
		r.Append(e.Say(o.Title))
		all[i] = uint32(i)
	}
	return r.Find(e.Ctx, d.query.Value(), rows.Only(r, all)).Hits
}

// choose takes the option under the cursor.
func (d *Choice) choose(seen []uint32) (tea.Cmd, bool) {
	if d.at >= len(seen) || d.Options[seen[d.at]].Off != nil {
		return nil, false
	}
	return d.Do(int(seen[d.at])), true
}

// Unasked reports whether it opened by itself.
func (d *Choice) Unasked() bool { return d.ByItself }

// Left tells that nothing was chosen.
func (d *Choice) Left(e *screen.Env) tea.Cmd {
	if d.OnLeave != nil {
		return d.OnLeave(e)
	}
	return nil
}

// Option is one of a choice.
type Option struct {
	Title i18n.Localised
	// Off says why it cannot be chosen; nil when it can.
	Off i18n.Localised
}

// Title is the title of the box.
func (d *Choice) Title(*screen.Env) i18n.Localised { return d.Head }

// Update moves and chooses. A digit chooses at once; where there are more options than
// digits, what is typed looks for one.
func (d *Choice) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	seen := d.seen(e)
	move := func(by int) { d.at = max(0, min(d.at+by, len(seen)-1)) }
	switch m := msg.(type) {
	case screen.ClickMsg:
		i, ok := d.pane.At(m)
		switch {
		case !ok:
		case i != d.at:
			d.at = i
		default:
			return d.choose(seen)
		}
	case tea.PasteMsg:
		if d.many() {
			d.query.Insert(m.Content)
			d.at = 0
		}
	case tea.KeyPressMsg:
		k := tea.Key(m)
		name := keymap.Name(k)
		switch name {
		case "up":
			move(-1)
			return nil, false
		case "down":
			move(1)
			return nil, false
		case "pgup":
			move(-d.pane.n)
			return nil, false
		case "pgdown":
			move(d.pane.n)
			return nil, false
		case "esc":
			return d.Left(e), true
		case "enter":
			return d.choose(seen)
		}
		if d.many() {
			if before := d.query.Value(); d.query.Key(k) && d.query.Value() != before {
				d.at = 0
			}
			return nil, false
		}
		switch name {
		case "k":
			move(-1)
		case "j":
			move(1)
		default:
			if n := int(name[0]) - '1'; len(name) == 1 && n >= 0 && n < len(d.Options) && d.Options[n].Off == nil {
				return d.Do(n), true
			}
		}
	}
	return nil, false
}

// Draw draws the options, those that have room: with their digits, or under what is
// looked for.
func (d *Choice) Draw(e *screen.Env, size view.Size) view.Frame {
	seen := d.seen(e)
	var out view.Frame
	if d.many() {
		line, at := d.query.Draw(max(size.W, 4), true)
		d.x = at
		out = append(out, line)
	}
	d.at = max(0, min(d.at, len(seen)-1))
	from, to := d.pane.Fit(d.at, len(seen), size.H-2-len(out), len(out))
	for i := from; i < to; i++ {
		o := d.Options[seen[i]]
		mark, base := "  ", theme.Plain
		if i == d.at {
			mark, base = "› ", theme.Selected
		}
		line := view.Of(view.Text(theme.Plain, mark))
		if !d.many() {
			line = line.With(view.Text(theme.Accent, itoa(i+1)+" "))
		}
		line = line.With(view.Text(theme.Plain, e.Say(o.Title)))
		if o.Off != nil {
			line = line.With(view.Text(theme.Muted, "  ("+e.Say(o.Off)+")"))
		}
		out = append(out, line.On(base).Fit(size.W))
	}
	switch {
	case len(seen) == 0:
		out = append(out, view.Say(theme.Muted, e.T("  Ничего не найдено.", "  Nothing found.")))
	case d.many():
		return append(out, view.Blank(), hint(e.T("Буквы — искать, Enter — выбрать, Esc — закрыть", "Letters search, Enter chooses, Esc closes")))
	}
	return append(out, view.Blank(), hint(e.T("Enter — выбрать, Esc — закрыть", "Enter chooses, Esc closes")))
}
