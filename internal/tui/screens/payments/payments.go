package payments

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// The screens of this package.
const (
	ID     = "payments"
	CardID = "payment"
)

// Entries are the screens of this package.
func Entries(src Source) []screen.Entry {
	return []screen.Entry{
		{ID: ID, Title: i18n.Text{RU: "Платежи", EN: "Payments"}, Key: "6", Command: "epgu pay list",
			New: func() screen.Screen { return newPayments(src) },
			Objects: func(s screen.Screen) *rows.Rows {
				if l := s.(*payments).data.Value; l != nil {
					return l.rows.View()
				}
				return nil
			}},
		{ID: CardID, Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Card: true, New: func() screen.Screen { return &card{src: src} }},
	}
}

// payments is the list of what was paid.
type payments struct {
	src  Source
	data screen.Load[*list]
	list kit.List
}

func newPayments(src Source) *payments {
	p := &payments{src: src}
	p.list.Draw, p.list.Head = line, head
	p.list.Empty = i18n.Text{RU: "Платежей ещё не было.", EN: "Nothing has been paid yet."}
	p.list.Open = func(i int) tea.Cmd { return screen.Go(CardID, p.list.Rows().Cell(i, cellID)) }
	return p
}

// Open loads the list. With an id the card of that payment is shown.
func (p *payments) Open(e *screen.Env, arg string) tea.Cmd {
	cmd := p.data.Start(e, "payments", fetch(p.src))
	if arg != "" {
		return tea.Batch(cmd, screen.Go(CardID, arg))
	}
	return cmd
}

// Close ends the load and a search.
func (p *payments) Close(*screen.Env) {
	p.data.Stop()
	p.list.Close()
}

// AsOf says how old the list is.
func (p *payments) AsOf() (time.Time, bool, error) { return p.data.At, p.data.Loading, p.data.Err }

// Typing says whether the filter is being typed.
func (p *payments) Typing() bool { return p.list.Typing() }

// Cursor is the place of the filter.
func (p *payments) Cursor() (x, y int, ok bool) { return p.list.Cursor() }

// Click and Scroll work the list.
func (p *payments) Click(e *screen.Env, _, y int) tea.Cmd { return p.list.Click(e, y) }

// Scroll moves the cursor.
func (p *payments) Scroll(_ *screen.Env, lines int) tea.Cmd { p.list.Scroll(lines); return nil }

// Update takes data and keys.
func (p *payments) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if p.data.Take(msg) {
		if p.data.Value == nil || p.list.Rows() == p.data.Value.rows {
			return nil, true
		}
		return p.list.Set(e, p.data.Value.rows), true
	}
	return p.list.Update(e, msg)
}

// Actions is what can be done with the list.
func (p *payments) Actions(*screen.Env) []screen.Action {
	i, ok := p.list.Current()
	id := ""
	var none i18n.Localised
	if ok {
		id = p.list.Rows().Cell(i, cellID)
	} else {
		none = i18n.Say("платёж не выбран", "no payment is chosen")
	}
	return []screen.Action{
		{ID: "payments.open", Title: i18n.Text{RU: "подробно", EN: "details"}, Keys: []string{"enter"}, Command: "epgu pay view " + id, Off: none, Footer: true,
			Run: func() tea.Cmd { return screen.Go(CardID, id) }},
		{ID: "payments.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Footer: true,
			Run: func() tea.Cmd { p.list.Filter(); return nil }},
	}
}

func columns() []kit.Column {
	return []kit.Column{
		{Width: 16, Role: theme.Muted}, {Share: 3}, {Width: 14, Right: true, Role: theme.Strong}, {Width: 14}, {Width: 25, Role: theme.Muted, Least: 100},
	}
}

func head(e *screen.Env, cols int) view.Line {
	return kit.Row(columns(), cols, []string{e.T("Когда", "When"), e.T("За что", "For what"), e.T("Сумма", "Sum"), e.T("Состояние", "State"), "УИН"},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func line(e *screen.Env, r *rows.Rows, i, cols int) view.Line {
	c := r.Cells(i)
	when := c[cellAt]
	if at, err := time.Parse(time.RFC3339, when); err == nil {
		when = moment(e, at)
	}
	sum := c[cellSum]
	if k, err := billing.ParseRubles(sum); err == nil {
		sum = i18n.Rubles(e.Lang, k)
	}
	return kit.Row(columns(), cols, []string{when, c[cellTitle], sum, stateTitle(c[cellState]).In(e.Lang), c[cellUIN]},
		theme.Plain, theme.Plain, theme.Plain, stateRole(c[cellState]))
}

// moment writes a time with its date.
func moment(e *screen.Env, t time.Time) string {
	return e.Day(t) + " " + t.In(e.Location).Format("15:04")
}

// stateTitle names the portal's word for a payment as the commands do.
func stateTitle(s string) i18n.Text {
	if s == "confirming" {
		return i18n.Text{RU: "ждёт кода", EN: "needs a code"}
	}
	return billing.StateTitle(journal.State(s))
}

func stateRole(s string) theme.Role {
	switch journal.State(s) {
	case journal.Paid:
		return theme.Good
	case journal.Refused, journal.Unknown:
		return theme.Bad
	}
	return theme.Warning
}

// Spoken reads the list.
func (p *payments) Spoken(e *screen.Env) screen.Spoken { return p.list.Spoken(e) }

// Draw draws the list.
func (p *payments) Draw(e *screen.Env, size view.Size) view.Frame {
	if !p.data.Known() {
		return view.Frame{}.Fit(size)
	}
	return p.list.View(e, size).Fit(size)
}
