package journal

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/audit"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// story is everything about one record.
type story struct {
	kit.Scrolled
	src  Source
	id   string
	data screen.Load[[]Story]
}

// Open reads the story of a record, or of an УИН.
func (s *story) Open(e *screen.Env, id string) tea.Cmd {
	if id != "" && id != s.id {
		s.data.Forget()
		s.id = id
		s.Top()
	}
	of := s.id
	return s.data.Start(e, "", func(ctx context.Context) ([]Story, error) { return s.src.Story(ctx, of) })
}

// Close ends the load.
func (s *story) Close(*screen.Env) { s.data.Stop() }

// AsOf says how old it is.
func (s *story) AsOf() (time.Time, bool, error) { return s.data.At, s.data.Loading, s.data.Err }

// Update takes data and scrolls.
func (s *story) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if s.data.Take(msg) {
		return nil, true
	}
	return nil, s.Scrolled.Update(msg)
}

// Actions is what can be done with a story.
func (s *story) Actions(*screen.Env) []screen.Action {
	return []screen.Action{{ID: "story.copy", Title: i18n.Text{RU: "скопировать номер записи", EN: "copy the record's id"}, Keys: []string{"c"}, Command: "epgu audit show " + s.id, Footer: true,
		Run: func() tea.Cmd { return screen.Copy(s.id) }}}
}

// Draw draws the records with their events.
func (s *story) Draw(e *screen.Env, size view.Size) view.Frame {
	if !s.data.Known() {
		return view.Frame{}.Fit(size)
	}
	cols := max(size.W-2, 10)
	var out view.Frame
	for i := range s.data.Value {
		x := &s.data.Value[i]
		out = append(out, view.Blank())
		switch {
		case x.Payment != nil:
			for n, m := range audit.HeadOf(x.Payment) {
				role := theme.Plain
				if n == 0 {
					role = theme.Strong
				}
				out = append(out, indent(view.Wrap(role, e.Say(m), cols), " ")...)
			}
		case x.Submission != nil:
			out = append(out, indent(view.Wrap(theme.Strong, e.Say(i18n.Text{RU: "Заявление «%s» (%s)", EN: "Application %q (%s)"}.With(x.Submission.Title, x.Submission.ID)), cols), " ")...)
		}
		out = append(out, view.Blank())
		for k := range x.Entries {
			ev := &x.Entries[k]
			out = append(out, view.Of(view.Text(theme.Muted, " "+ev.At.In(e.Location).Format("02.01.2006 15:04:05")+"  "), view.Text(theme.Plain, e.Say(audit.Step(ev)))))
			for _, m := range audit.Evidence(ev) {
				out = append(out, indent(view.Wrap(theme.Muted, e.Say(m), max(cols-22, 10)), "                      ")...)
			}
		}
	}
	if len(s.data.Value) == 0 {
		out = view.Frame{view.Blank(), view.Say(theme.Muted, "  "+e.T("В журнале об этом ничего нет.", "The journal holds nothing about it."))}
	}
	return s.View(out, size)
}

func indent(f view.Frame, by string) view.Frame {
	for i, l := range f {
		f[i] = view.Of(view.Text(theme.Plain, by)).With(l.Spans...)
	}
	return f
}
