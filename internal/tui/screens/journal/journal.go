package journal

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/audit"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The screens of this package.
const (
	ID      = "journal"
	StoryID = "story"
)

// mostEvents bounds how far back the list goes: "epgu audit export" has all.
const mostEvents = 200_000

// Entries are the screens of this package.
func Entries(src Source) []screen.Entry {
	return []screen.Entry{
		{ID: ID, Title: i18n.Text{RU: "Журнал", EN: "Journal"}, Key: "9", Command: "epgu audit export", New: func() screen.Screen { return newEvents(src) }},
		{ID: StoryID, Title: i18n.Text{RU: "История записи", EN: "Story of a record"}, Card: true, New: func() screen.Screen { return &story{src: src} }},
	}
}

// The cells of a row.
const (
	cellSeq = iota
	cellAt  // RFC 3339
	cellSubject
	cellKind
	cellFrom
	cellTo
	cellWitness
	cellWho
)

// history is the events, the newest first, in little memory.
type history struct {
	rows *rows.Rows
	more bool // there are older ones
}

// events is the list of what was done.
type events struct {
	src      Source
	data     screen.Load[*history]
	list     kit.List
	proving  bool
	proof    *audit.Proof
	provedAt time.Time
	broken   error
}

// proved is the message that the chain was proved, or was not.
type proved struct {
	by    *events
	proof *audit.Proof
	err   error
}

func newEvents(src Source) *events {
	s := &events{src: src}
	s.list.Draw, s.list.Head = line, head
	s.list.Empty = i18n.Text{RU: "В журнале ещё ничего нет.", EN: "The journal holds nothing yet."}
	s.list.Open = func(i int) tea.Cmd { return screen.Go(StoryID, s.list.Rows().Cell(i, cellSubject)) }
	return s
}

// Open reads the journal.
func (s *events) Open(e *screen.Env, arg string) tea.Cmd {
	cmd := s.data.Start(e, "", func(ctx context.Context) (*history, error) {
		h := &history{rows: &rows.Rows{}}
		err := s.src.Events(ctx, func(ev Event) bool {
			if h.rows.Len() == mostEvents {
				h.more = true
				return false
			}
			c := &ev.Change
			h.rows.Append(strconv.FormatInt(ev.Seq, 10), ev.At.Format(time.RFC3339), ev.Subject, string(ev.Kind), string(c.From), string(c.To), string(c.Witness), c.Who)
			return ctx.Err() == nil
		})
		if err == nil {
			err = ctx.Err()
		}
		return h, err
	})
	if arg != "" {
		return tea.Batch(cmd, screen.Go(StoryID, arg))
	}
	return cmd
}

// Close ends the load and a search.
func (s *events) Close(*screen.Env) { s.data.Stop(); s.list.Close() }

// AsOf says how old the list is.
func (s *events) AsOf() (time.Time, bool, error) { return s.data.At, s.data.Loading, s.data.Err }

// Typing says whether the filter is being typed.
func (s *events) Typing() bool { return s.list.Typing() }

// Cursor is the place of the filter.
func (s *events) Cursor() (x, y int, ok bool) { return s.list.Cursor() }

// Click and Scroll work the list.
func (s *events) Click(e *screen.Env, _, y int) tea.Cmd { return s.list.Click(e, y) }

// Scroll moves the cursor.
func (s *events) Scroll(_ *screen.Env, lines int) tea.Cmd { s.list.Scroll(lines); return nil }

// Update takes data and keys.
func (s *events) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if s.data.Take(msg) {
		if s.data.Value == nil || s.list.Rows() == s.data.Value.rows {
			return nil, true
		}
		return s.list.Set(e, s.data.Value.rows), true
	}
	if m, ok := msg.(proved); ok {
		if m.by != s {
			return nil, false
		}
		s.proving, s.proof, s.broken, s.provedAt = false, m.proof, m.err, e.Clock.Now()
		return screen.Fail(m.err), true
	}
	return s.list.Update(e, msg)
}

// Actions is what can be done with the journal.
func (s *events) Actions(e *screen.Env) []screen.Action {
	i, ok := s.list.Current()
	subject := ""
	var none, busy i18n.Localised
	if ok {
		subject = s.list.Rows().Cell(i, cellSubject)
	} else {
		none = i18n.Say("в журнале ничего нет", "the journal holds nothing")
	}
	if s.proving {
		busy = i18n.Say("журнал уже проверяется", "the journal is being verified already")
	}
	ctx := e.Ctx
	return []screen.Action{
		{ID: "journal.verify", Title: i18n.Text{RU: "проверить цепочку", EN: "verify the chain"}, Keys: []string{"v"}, Command: "epgu audit verify", Off: busy, Footer: true,
			Run: func() tea.Cmd {
				s.proving = true
				return func() tea.Msg {
					p, err := s.src.Verify(ctx)
					return proved{s, p, err}
				}
			}},
		{ID: "journal.story", Title: i18n.Text{RU: "вся история записи", EN: "the record's whole story"}, Keys: []string{"enter"}, Command: "epgu audit show " + subject, Off: none, Footer: true,
			Run: func() tea.Cmd { return screen.Go(StoryID, subject) }},
		{ID: "journal.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Footer: true, Run: func() tea.Cmd { s.list.Filter(); return nil }},
		{ID: "journal.copy", Title: i18n.Text{RU: "скопировать номер записи", EN: "copy the record's id"}, Keys: []string{"c"}, Off: none, Run: func() tea.Cmd { return screen.Copy(subject) }},
	}
}

func columns() []kit.Column {
	return []kit.Column{{Width: 7, Right: true, Role: theme.Muted}, {Width: 16, Role: theme.Muted}, {Width: 36, Role: theme.Muted, Least: 112}, {Share: 2}, {Share: 1, Role: theme.Muted, Least: 70}}
}

func head(e *screen.Env, cols int) view.Line {
	return kit.Row(columns(), cols, []string{"№", e.T("Когда", "When"), e.T("Запись", "Record"), e.T("Что произошло", "What happened"), e.T("Кто", "Who")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func line(e *screen.Env, r *rows.Rows, i, cols int) view.Line {
	c := r.Cells(i)
	when := c[cellAt]
	if at, err := time.Parse(time.RFC3339, when); err == nil {
		when = e.Moment(at)
	}
	ev := audit.Entry{Event: journal.Event{Kind: journal.Kind(c[cellKind])}, Change: journal.Change{From: journal.State(c[cellFrom]), To: journal.State(c[cellTo]), Evidence: journal.Evidence{Witness: journal.Witness(c[cellWitness])}}}
	role := theme.Plain
	switch journal.State(c[cellTo]) {
	case journal.Paid:
		role = theme.Good
	case journal.Refused, journal.Unknown:
		role = theme.Bad
	}
	return kit.Row(columns(), cols, []string{c[cellSeq], when, c[cellSubject], e.Say(audit.Step(&ev)), c[cellWho]}, theme.Plain, theme.Plain, theme.Plain, role)
}

// Draw draws the list with the proof below it.
func (s *events) Draw(e *screen.Env, size view.Size) view.Frame {
	bottom := s.bottom(e, size.W)
	room := view.Size{W: size.W, H: size.H - len(bottom)}
	if !s.data.Known() {
		return append(view.Frame{}.Fit(room), bottom...)
	}
	return append(s.list.View(e, room).Fit(room), bottom...)
}

func (s *events) bottom(e *screen.Env, cols int) view.Frame {
	var out view.Frame
	if h := s.data.Value; h != nil && h.more {
		out = append(out, view.Say(theme.Muted, e.T("  Показаны последние 200 000 событий; все: epgu audit export", "  The last 200,000 events are shown; all of them: epgu audit export")).Fit(cols))
	}
	switch {
	case s.proving:
		out = append(out, view.Say(theme.Accent, e.T("  Пересчитываем цепочку…", "  Recomputing the chain…")))
	case s.proof == nil:
		out = append(out, view.Say(theme.Muted, e.T("  Цепочка ещё не проверялась: v", "  The chain was not verified yet: v")))
	case s.proof.Bad != nil:
		out = append(out, view.Wrap(theme.Bad, e.Say(i18n.Text{RU: "  ЦЕПОЧКА НЕ ЦЕЛА: %s, событие %d", EN: "  THE CHAIN DOES NOT HOLD: %s, event %d"}.With(audit.FaultTitle(s.proof.Bad.Fault), s.proof.Bad.Seq)), cols)...)
	case s.broken != nil:
		out = append(out, view.Wrap(theme.Bad, e.Say(i18n.Text{RU: "  Цепочка цела, но решений без верной подписи: %d", EN: "  The chain holds, but decisions without a valid signature: %d"}.With(s.proof.Decisions.BadN)), cols)...)
	default:
		out = append(out, view.Wrap(theme.Good, e.Say(i18n.Text{RU: "  Цепочка цела: событий %d, записей %d, решений людей %d · проверено в %s", EN: "  The chain holds: %d events, %d records, %d decisions of people · verified at %s"}.
			With(s.proof.Events, s.proof.Records, s.proof.Decisions.N, untrusted.Text(e.Moment(s.provedAt)))), cols)...)
	}
	return out
}

// Spoken reads the list and the proof.
func (s *events) Spoken(e *screen.Env) screen.Spoken {
	if s.list.Rows() == nil {
		return screen.Spoken{Lines: kit.Said(s.bottom(e, 110))}
	}
	out := s.list.Spoken(e)
	out.Lines = append(out.Lines, kit.Said(s.bottom(e, 110))...)
	return out
}
