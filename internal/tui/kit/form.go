package kit

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Form is a few fields under one another. Tab and the arrows go between them,
// Enter goes to the next and from the last one submits.
type Form struct {
	Fields []*FormField
	// Submit is called when every field passes its check.
	Submit func() tea.Cmd

	at    int
	x, y  int
	lines []int // the field of each row of the last View
}

// FormField is one field of a form.
type FormField struct {
	Label i18n.Text
	Hint  i18n.Text
	Field
	// Check judges the value when the form is submitted; nil error is fine.
	Check func(value string) i18n.Localised
	wrong i18n.Localised
}

// At is the field in which the cursor stands.
func (f *Form) At() int { return f.at }

// Focus puts the cursor into a field.
func (f *Form) Focus(i int) { f.at = max(0, min(i, len(f.Fields)-1)) }

// Complain shows an error at a field and goes there.
func (f *Form) Complain(i int, m i18n.Localised) {
	f.Fields[i].wrong = m
	f.at = i
}

// Cursor is where the text goes in, in the rows of View.
func (f *Form) Cursor() (x, y int, ok bool) { return f.x, f.y, len(f.Fields) > 0 }

// Click goes to the field at row y of View.
func (f *Form) Click(y int) {
	if y >= 0 && y < len(f.lines) {
		f.Focus(f.lines[y])
	}
}

// Update takes keys and pastes; false means that the key is none of a form's.
func (f *Form) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if len(f.Fields) == 0 {
		return nil, false
	}
	in := f.Fields[f.at]
	switch m := msg.(type) {
	case tea.PasteMsg:
		in.Insert(m.Content)
		in.wrong = nil
		return nil, true
	case tea.KeyPressMsg:
		k := tea.Key(m)
		switch keymap.Name(k) {
		case "tab", "down":
			f.at = (f.at + 1) % len(f.Fields)
			return nil, true
		case "shift+tab", "up":
			f.at = (f.at + len(f.Fields) - 1) % len(f.Fields)
			return nil, true
		case "enter":
			if f.at < len(f.Fields)-1 {
				f.at++
				return nil, true
			}
			return f.Send(), true
		}
		if in.Key(k) {
			in.wrong = nil
			return nil, true
		}
	}
	return nil, false
}

// Send submits the form when every field passes its check, else it goes to the first
// that does not.
func (f *Form) Send() tea.Cmd {
	first := -1
	for i, in := range f.Fields {
		if in.wrong = nil; in.Check != nil {
			in.wrong = in.Check(in.Value())
		}
		if in.wrong != nil && first < 0 {
			first = i
		}
	}
	if first >= 0 {
		f.at = first
		return nil
	}
	return f.Submit()
}

// View draws the fields; the one with the cursor is always among the rows.
func (f *Form) View(e *screen.Env, size view.Size) view.Frame {
	labels := 0
	for _, in := range f.Fields {
		labels = max(labels, width.String(in.Label.In(e.Lang)))
	}
	narrow := size.W < labels+24
	var out view.Frame
	f.lines = f.lines[:0]
	for i, in := range f.Fields {
		mark := "  "
		if i == f.at {
			mark = "› "
		}
		label, x := in.Label.In(e.Lang), 2
		if narrow {
			out = append(out, view.Say(theme.Plain, mark+label))
		} else {
			x += labels + 2
		}
		line, at := in.Draw(min(max(size.W-x-1, 8), 48), i == f.at)
		if i == f.at {
			f.x, f.y = x+at, len(out)
		}
		head := view.Of(view.Text(theme.Plain, mark+width.Left(label, labels)+"  "))
		if narrow {
			head = view.Of(view.Text(theme.Plain, "  "))
		}
		out = append(out, head.With(line.Spans...))
		switch {
		case in.wrong != nil:
			out = append(out, indent(view.Wrap(theme.Bad, e.Say(in.wrong), max(size.W-x-1, 8)), x)...)
		case i == f.at && !in.Hint.IsZero():
			out = append(out, indent(view.Wrap(theme.Muted, in.Hint.In(e.Lang), max(size.W-x-1, 8)), x)...)
		}
		for len(f.lines) < len(out) {
			f.lines = append(f.lines, i)
		}
	}
	if over := f.y - size.H + 1; over > 0 {
		out, f.lines = out[over:], f.lines[over:]
		f.y -= over
	}
	return out
}

func indent(f view.Frame, cols int) view.Frame {
	for i, l := range f {
		f[i] = view.Of(view.Text(theme.Plain, width.Left("", cols))).With(l.Spans...)
	}
	return f
}
