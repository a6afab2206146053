package applications

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// The screens of this package.
const (
	ID     = "applications"
	CardID = "application"
)

// Entries are the screens of this package.
func Entries(src Source) []screen.Entry {
	return []screen.Entry{
		{ID: ID, Title: i18n.Text{RU: "Заявления", EN: "Applications"}, Key: "4", Command: "epgu application list",
			New: func() screen.Screen { return newBoard(src) },
			Objects: func(s screen.Screen) *rows.Rows {
				if all := s.(*board).data.Value; all != nil {
					return all.rows.View()
				}
				return nil
			}},
		{ID: CardID, Title: i18n.Text{RU: "Заявление", EN: "Application"}, Card: true, New: func() screen.Screen { return &card{src: src} }},
	}
}

// states are the parts of the board, as the flag --state of the command names
// them; the first is all of it.
func states() []string { return []string{"", "active", "correction", "unpaid", "final"} }

func stateTitle(s string) i18n.Text {
	switch s {
	case "active":
		return i18n.Text{RU: "в работе", EN: "under way"}
	case "correction":
		return i18n.Text{RU: "ждут исправления", EN: "to be mended"}
	case "unpaid":
		return i18n.Text{RU: "ждут оплаты", EN: "to be paid"}
	case "final":
		return i18n.Text{RU: "завершённые", EN: "ended"}
	}
	return i18n.Text{RU: "все", EN: "all"}
}

// in reports whether an application belongs to a part of the board.
func in(f flags, state string) bool {
	switch state {
	case "active":
		return f&final == 0
	case "correction":
		return f&correction != 0
	case "unpaid":
		return f&unpaid != 0
	case "final":
		return f&final != 0
	}
	return true
}

// board is the list of applications.
type board struct {
	src   Source
	data  screen.Load[*list]
	list  kit.List
	state int // in states
}

func newBoard(src Source) *board {
	b := &board{src: src}
	b.list.Head = head
	b.list.Draw = func(e *screen.Env, r *rows.Rows, i, cols int) view.Line {
		return line(e, r.Cells(i), b.data.Value.flags[i], cols)
	}
	b.list.Open = func(i int) tea.Cmd { return screen.Go(CardID, b.list.Rows().Cell(i, cellNumber)) }
	return b
}

// Open loads the board. With the number of an application that one is shown.
func (b *board) Open(e *screen.Env, arg string) tea.Cmd {
	cmd := b.data.Start(e, "applications", fetch(b.src))
	if arg != "" {
		return tea.Batch(cmd, screen.Go(CardID, arg))
	}
	return cmd
}

// Close ends the load and a search.
func (b *board) Close(*screen.Env) {
	b.data.Stop()
	b.list.Close()
}

// AsOf says how old the board is.
func (b *board) AsOf() (time.Time, bool, error) { return b.data.At, b.data.Loading, b.data.Err }

// Typing says whether the filter is being typed.
func (b *board) Typing() bool { return b.list.Typing() }

// Cursor is the place of the filter, below the line of parts.
func (b *board) Cursor() (x, y int, ok bool) {
	x, y, ok = b.list.Cursor()
	return x, y + 1, ok
}

// Click and Scroll work the list below the line of parts.
func (b *board) Click(e *screen.Env, _, y int) tea.Cmd { return b.list.Click(e, y-1) }

// Scroll moves the cursor.
func (b *board) Scroll(_ *screen.Env, lines int) tea.Cmd { b.list.Scroll(lines); return nil }

// Update takes data and keys.
func (b *board) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if b.data.Take(msg) {
		if !b.data.Known() {
			return nil, true
		}
		return b.show(e), true
	}
	return b.list.Update(e, msg)
}

// show puts into the list what belongs to the part in force.
func (b *board) show(e *screen.Env) tea.Cmd {
	all, state := b.data.Value, states()[b.state]
	if all == nil {
		return nil
	}
	b.list.Empty = i18n.Text{RU: "Заявлений ещё не было. Услуги: клавиша 3", EN: "Nothing was asked for yet. Services: key 3"}
	if state == "" {
		return b.list.Set(e, all.rows)
	}
	b.list.Empty = i18n.Text{RU: "Таких заявлений нет.", EN: "There are no such applications."}
	places := make([]uint32, 0, len(all.flags))
	for i, f := range all.flags {
		if in(f, state) {
			places = append(places, uint32(i))
		}
	}
	return b.list.SetPart(e, all.rows, places)
}

// Actions is what can be done with the board.
func (b *board) Actions(e *screen.Env) []screen.Action {
	i, ok := b.list.Current()
	id, uin := "", ""
	var none, paid i18n.Localised
	switch {
	case !ok:
		none = i18n.Say("заявление не выбрано", "no application is chosen")
		paid = none
	default:
		id, uin = b.list.Rows().Cell(i, cellNumber), b.list.Rows().Cell(i, cellUIN)
		if uin == "" {
			paid = i18n.Say("платить нечего", "nothing is due")
		}
	}
	next := (b.state + 1) % len(states())
	list := "epgu application list"
	if s := states()[next]; s != "" {
		list += " --state " + s
	}
	return []screen.Action{
		{ID: "applications.open", Title: i18n.Text{RU: "подробно", EN: "details"}, Keys: []string{"enter"}, Command: "epgu application view " + id, Off: none, Footer: true,
			Run: func() tea.Cmd { return screen.Go(CardID, id) }},
		{ID: "applications.state", Title: i18n.Text{RU: "другие", EN: "others"}, Keys: []string{"f"}, Command: list, Footer: true,
			Run: func() tea.Cmd { b.state = next; return b.show(e) }},
		{ID: "applications.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Footer: true,
			Run: func() tea.Cmd { b.list.Filter(); return nil }},
		{ID: "applications.pay", Title: i18n.Text{RU: "к оплате", EN: "to the charge"}, Keys: []string{"p"}, Command: "epgu bill view " + uin, Off: paid, Footer: true,
			Run: func() tea.Cmd { return screen.Go("charges", uin) }},
		{ID: "applications.repeat", Title: i18n.Text{RU: "подать такое же", EN: "apply again"}, Keys: []string{"r"}, Command: "epgu application create --repeat " + id, Off: none, Footer: true,
			Run: func() tea.Cmd { return screen.Go("apply", "repeat "+id) }},
	}
}

func columns() []kit.Column {
	return []kit.Column{
		{Width: 2, Role: theme.Warning}, {Share: 3}, {Share: 2}, {Width: 10, Role: theme.Muted, Least: 60}, {Width: 10, Role: theme.Muted, Least: 100}, {Width: 12, Role: theme.Muted, Least: 76},
	}
}

func head(e *screen.Env, cols int) view.Line {
	return kit.Row(columns(), cols, []string{"", e.T("Услуга", "Service"), e.T("Статус", "Status"), e.T("Изменено", "Changed"), e.T("Ждать до", "Expected"), e.T("Номер", "Number")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func line(e *screen.Env, cells []string, f flags, cols int) view.Line {
	return kit.Row(columns(), cols, []string{mark(f), cells[cellService], cells[cellStatus], dayIn(e, cells[cellUpdated]), dayIn(e, cells[cellExpected]), cells[cellNumber]},
		theme.Plain, theme.Plain, role(f))
}

// dayIn writes a day of a row as the language writes dates.
func dayIn(e *screen.Env, s string) string {
	if t, err := time.ParseInLocation(dayLayout, s, clock.Moscow()); err == nil {
		return e.Day(t)
	}
	return s
}

// mark says what an application wants of its owner: ! a correction or a document, ₽ a payment,
// ↓ the result can be had.
func mark(f flags) string {
	switch {
	case f&(correction|wanted) != 0:
		return "!"
	case f&unpaid != 0:
		return "₽"
	case f&result != 0:
		return "↓"
	}
	return ""
}

func role(f flags) theme.Role {
	switch {
	case f&(correction|wanted|unpaid) != 0:
		return theme.Warning
	case f&result != 0:
		return theme.Good
	case f&final != 0:
		return theme.Muted
	}
	return theme.Plain
}

// Draw draws the board.
func (b *board) Draw(e *screen.Env, size view.Size) view.Frame {
	if b.data.Value == nil {
		return view.Frame{}.Fit(size)
	}
	return append(view.Frame{b.states(e)}, b.list.View(e, view.Size{W: size.W, H: max(size.H-1, 1)})...).Fit(size)
}

// Spoken reads which applications are shown, and those.
func (b *board) Spoken(e *screen.Env) screen.Spoken {
	out := b.list.Spoken(e)
	if s := states()[b.state]; s != "" {
		out.Lines = append([]string{e.T("Только: ", "Only: ") + stateTitle(s).In(e.Lang)}, out.Lines...)
	}
	return out
}

// states names what may be shown, and what is.
func (b *board) states(e *screen.Env) view.Line {
	parts := view.Of(view.Text(theme.Plain, " "))
	for i, s := range states() {
		title := stateTitle(s).In(e.Lang)
		if i == b.state {
			parts = parts.With(view.Text(theme.Strong, "["+title+"] "))
		} else {
			parts = parts.With(view.Text(theme.Muted, " "+title+"  "))
		}
	}
	return parts
}
