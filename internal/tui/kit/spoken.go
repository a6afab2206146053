package kit

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// What is drawn is read out as it is drawn at these widths: a row of a list at one at
// which no column is left out or cut.
const (
	spokenWidth = 110
	spokenRow   = 400
)

// Said makes rows as they are drawn into rows to be read: no marks, no columns,
// no empty rows.
func Said(f view.Frame) []string {
	var out []string
	for _, l := range f {
		if s := saidLine(l); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func saidLine(l view.Line) string {
	s := strings.TrimSpace(strings.Trim(strings.TrimSpace(l.String()), "│█›•"))
	for strings.Contains(s, "   ") {
		s = strings.ReplaceAll(s, "   ", "  ")
	}
	return strings.ReplaceAll(s, "  ", ", ")
}

// Spoken reads the rows that are shown now, after the names of their columns. A list
// that has not come yet has none.
func (l *List) Spoken(e *screen.Env) screen.Spoken {
	if l.rows == nil {
		return screen.Spoken{}
	}
	out := screen.Spoken{Rows: l.Len(), Row: func(i int) string { return saidLine(l.Draw(e, l.rows, l.row(i), spokenRow)) },
		Point: func(i int) { l.cursor = i; l.clamp() }}
	if q := l.Query(); q != "" {
		out.Lines = []string{e.T("Поиск: ", "Filter: ") + q}
	}
	if out.Rows == 0 {
		out.Lines = append(out.Lines, l.Empty.In(e.Lang))
	} else if l.Head != nil {
		out.Lines = append(out.Lines, e.T("В строке: ", "In a row: ")+saidLine(l.Head(e, spokenRow)))
	}
	return out
}

// Search sets the filter, as typing it does.
func (l *List) Search(e *screen.Env, query string) tea.Cmd {
	l.query.Set(query)
	l.typing = false
	return l.search(e)
}

// Spoken asks for the fields one after the other.
func (f *Form) Spoken(e *screen.Env) screen.Spoken {
	out := screen.Spoken{Answer: func(e *screen.Env, answers []string) (tea.Cmd, bool) {
		for i, a := range answers {
			f.Fields[i].Set(a)
		}
		return f.Send(), false
	}}
	for _, in := range f.Fields {
		q := screen.Question{Label: in.Label.In(e.Lang), Hint: in.Hint.In(e.Lang), Secret: in.Secret, Given: in.Value()}
		if in.wrong != nil {
			q.Wrong = e.Say(in.wrong)
		}
		out.Ask = append(out.Ask, q)
	}
	return out
}

// Spoken reads the notice.
func (d *Notice) Spoken(e *screen.Env) screen.Spoken {
	return screen.Spoken{Lines: Said(d.Lines(e, spokenWidth))}
}

// Spoken asks whether to do it; the first answer does nothing.
func (d *Confirm) Spoken(e *screen.Env) screen.Spoken {
	answers := []string{e.T("Ничего не делать", "Do nothing"), d.Yes.In(e.Lang)}
	return screen.Spoken{Lines: Said(d.text(e, spokenWidth)), Rows: 2, Row: func(i int) string { return answers[i] }, Choose: func(i int) (tea.Cmd, bool) {
		if i == 1 {
			return d.Do(), true
		}
		return nil, true
	}}
}

// Spoken asks for what has to be typed.
func (d *Typed) Spoken(e *screen.Env) screen.Spoken {
	out := screen.Spoken{}
	if d.Lines != nil {
		out.Lines = Said(d.Lines(e, spokenWidth))
	}
	q := screen.Question{Label: e.Say(d.Ask), Secret: d.Secret, Given: d.Given}
	if d.wrong != nil {
		q.Wrong = e.Say(d.wrong)
	}
	out.Ask = []screen.Question{q}
	out.Answer = func(e *screen.Env, answers []string) (tea.Cmd, bool) {
		if answers[0] == "" {
			return d.Left(e), true
		}
		if d.wrong = d.Accept(answers[0]); d.wrong != nil {
			return nil, false
		}
		return d.Do(answers[0]), true
	}
	return out
}

// Spoken reads the options by their numbers.
func (d *Choice) Spoken(e *screen.Env) screen.Spoken {
	return screen.Spoken{Rows: len(d.Options), Row: func(i int) string {
		s := e.Say(d.Options[i].Title)
		if off := d.Options[i].Off; off != nil {
			s += " (" + e.Say(off) + ")"
		}
		return s
	}, Choose: func(i int) (tea.Cmd, bool) {
		if d.Options[i].Off != nil {
			return nil, false
		}
		return d.Do(i), true
	}}
}
