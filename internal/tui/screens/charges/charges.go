package charges

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// The screens of this package.
const (
	ID     = "charges"
	CardID = "charge"
)

// mostAtOnce bounds a basket: more is work for a register.
const mostAtOnce = 200

// Entries are the screens of this package.
func Entries(src Source) []screen.Entry {
	till := &till{src: src}
	return []screen.Entry{
		{ID: ID, Title: i18n.Text{RU: "Начисления", EN: "Charges"}, Key: "2", Command: "epgu bill list",
			New: func() screen.Screen { return newList(src, till) },
			Objects: func(s screen.Screen) *rows.Rows {
				if l := s.(*Charges).data.Value; l != nil {
					return l.rows.View()
				}
				return nil
			}},
		{ID: CardID, Title: i18n.Text{RU: "Начисление", EN: "Charge"}, Card: true, New: func() screen.Screen { return &card{src: src, till: till} }},
		{ID: CodeID, Title: i18n.Text{RU: "Код для оплаты", EN: "Payment code"}, Card: true, New: func() screen.Screen { return &code{src: src} }},
	}
}

func day(t time.Time) string { return t.In(clock.Moscow()).Format("02.01.2006") }

// Charges is the list of what is due, with a basket.
type Charges struct {
	src    Source
	till   *till
	data   screen.Load[*list]
	list   kit.List
	basket map[string]int64 // УИН → kopecks
	moved  int              // of the till, as seen last
}

func newList(src Source, t *till) *Charges {
	c := &Charges{src: src, till: t, basket: map[string]int64{}}
	c.list.Draw = c.row
	c.list.Head = head
	c.list.Empty = i18n.Text{RU: "Платить нечего.", EN: "There is nothing to pay."}
	c.list.Open = func(i int) tea.Cmd { return screen.Go(CardID, c.list.Rows().Cell(i, cellUIN)) }
	return c
}

// Open loads what is due. With an УИН the card of that charge is shown.
func (c *Charges) Open(e *screen.Env, arg string) tea.Cmd {
	cmd := tea.Batch(c.data.Start(e, "charges", fetch(c.src, c.till.settled())), c.till.look(e))
	if arg != "" {
		return tea.Batch(cmd, screen.Go(CardID, arg))
	}
	return cmd
}

// Close ends a search; a payment under way goes on.
func (c *Charges) Close(*screen.Env) { c.list.Close() }

// End waits for the answer to a payment that was sent.
func (c *Charges) End(e *screen.Env) { c.till.end(e.Ctx) }

// Held is the basket.
func (c *Charges) Held() any {
	if len(c.basket) == 0 {
		return nil
	}
	return c.basket
}

// GiveBack takes the basket of the last time; what is no longer due leaves it.
func (c *Charges) GiveBack(_ *screen.Env, read func(into any) bool) tea.Cmd {
	held := map[string]int64{}
	if !read(&held) || len(c.basket) > 0 {
		return nil
	}
	c.basket = held
	var still tea.Cmd
	if c.data.Value != nil {
		still = c.keepBasket()
	}
	return tea.Batch(still, screen.Tell(i18n.Text{RU: "Корзина прошлого раза: начислений %d", EN: "The basket of the last time: %d charges"}.With(len(c.basket))))
}

// Busy says that a payment is under way.
func (c *Charges) Busy(*screen.Env) i18n.Localised {
	if c.till.events == nil {
		return nil
	}
	return i18n.Say("платёж ещё отправляется или ждёт ответа; он записан в журнал, и при следующем запуске будет видно, чем он кончился",
		"a payment is being sent or waits for its answer; it is in the journal, and the next start will show how it ended")
}

// AsOf says how old the list is.
func (c *Charges) AsOf() (time.Time, bool, error) { return c.data.At, c.data.Loading, c.data.Err }

// Typing says whether the filter is being typed.
func (c *Charges) Typing() bool { return c.list.Typing() }

// Cursor is the place of the filter.
func (c *Charges) Cursor() (int, int, bool) { return c.list.Cursor() }

// Click and Scroll work the list.
func (c *Charges) Click(e *screen.Env, _, y int) tea.Cmd { return c.list.Click(e, y) }

// Scroll moves the cursor.
func (c *Charges) Scroll(_ *screen.Env, lines int) tea.Cmd { c.list.Scroll(lines); return nil }

// Update takes data and keys.
func (c *Charges) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if c.data.Take(msg) {
		if c.data.Value == nil || c.list.Rows() == c.data.Value.rows {
			return nil, true
		}
		return tea.Batch(c.list.Set(e, c.data.Value.rows), c.keepBasket()), true
	}
	if m, ok := msg.(stillDue); ok {
		return nil, c.take(m)
	}
	if cmd, ok := c.till.take(e, msg); ok {
		if c.moved != c.till.moved {
			c.moved = c.till.moved
			c.basket = map[string]int64{}
			cmd = tea.Batch(cmd, c.data.Start(e, "charges", fetch(c.src, c.till.settled())))
		}
		return cmd, true
	}
	return c.list.Update(e, msg)
}

// stillDue is the message that what was in the basket has been looked for in a new
// list.
type stillDue struct {
	by    *Charges
	of    *rows.Rows
	asked map[string]bool
	sums  map[string]int64 // kopecks, of those that are there
}

// keepBasket looks for what is in the basket, in the background: the list is long.
func (c *Charges) keepBasket() tea.Cmd {
	if len(c.basket) == 0 {
		return nil
	}
	m := stillDue{by: c, of: c.data.Value.rows, asked: map[string]bool{}, sums: map[string]int64{}}
	for uin := range c.basket {
		m.asked[uin] = true
	}
	return func() tea.Msg {
		for uin, i := range m.of.Places(cellUIN, m.asked) {
			m.sums[uin] = due(m.of, i)
		}
		return m
	}
}

// take drops from the basket what is no longer due, and takes new sums.
func (c *Charges) take(m stillDue) bool {
	if m.by != c {
		return false
	}
	if m.of != c.data.Value.rows {
		return true
	}
	for uin := range m.asked {
		if _, in := c.basket[uin]; !in {
			continue
		}
		if sum, still := m.sums[uin]; still {
			c.basket[uin] = sum
		} else {
			delete(c.basket, uin)
		}
	}
	return true
}

func due(r *rows.Rows, i int) int64 {
	k, _ := billing.ParseRubles(r.Cell(i, cellDue))
	return k
}

// Actions is what can be done with charges.
func (c *Charges) Actions(e *screen.Env) []screen.Action {
	i, ok := c.list.Current()
	uin := ""
	var none i18n.Localised
	if ok {
		uin = c.list.Rows().Cell(i, cellUIN)
	} else {
		none = i18n.Say("начисление не выбрано", "no charge is chosen")
	}
	paying := none
	if c.till.busy() {
		paying = i18n.Say("один платёж уже идёт", "a payment is under way already")
	}
	return []screen.Action{
		{ID: "charges.pay", Title: i18n.Text{RU: "оплатить", EN: "pay"}, Keys: []string{"p"}, Command: "epgu pay " + strings.Join(c.chosen(), " "), Off: paying, Footer: true,
			Run: func() tea.Cmd { return c.till.quote(e, c.chosen()) }},
		{ID: "charges.basket", Title: i18n.Text{RU: "в корзину", EN: "basket"}, Keys: []string{"space", "b"}, Off: none, Footer: true,
			Run: func() tea.Cmd { return c.toggle(i) }},
		{ID: "charges.view", Title: i18n.Text{RU: "открыть", EN: "open"}, Keys: []string{"enter", "right", "l"}, Command: "epgu bill view " + uin, Off: none, Footer: true,
			Run: func() tea.Cmd { return screen.Go(CardID, uin) }},
		{ID: "charges.qr", Title: i18n.Text{RU: "код для оплаты (QR)", EN: "payment code (QR)"}, Keys: []string{"v"}, Command: "epgu pay qr " + uin, Off: none,
			Run: func() tea.Cmd { return screen.Go(CodeID, uin) }},
		{ID: "charges.all", Title: i18n.Text{RU: "все в корзину", EN: "all into the basket"}, Keys: []string{"a"}, Off: none,
			Run: func() tea.Cmd { return c.takeAll() }},
		{ID: "charges.none", Title: i18n.Text{RU: "очистить корзину", EN: "empty the basket"}, Keys: []string{"x"}, Off: none,
			Run: func() tea.Cmd { clear(c.basket); return nil }},
		{ID: "charges.copy", Title: i18n.Text{RU: "скопировать УИН", EN: "copy the УИН"}, Keys: []string{"c"}, Off: none,
			Run: func() tea.Cmd { return screen.Copy(uin) }},
	}
}

// chosen is what would be paid: the basket, else the charge under the cursor.
func (c *Charges) chosen() []string {
	if len(c.basket) > 0 {
		out := make([]string, 0, len(c.basket))
		for u := range c.basket {
			out = append(out, u)
		}
		slices.Sort(out)
		return out
	}
	if i, ok := c.list.Current(); ok {
		return []string{c.list.Rows().Cell(i, cellUIN)}
	}
	return nil
}

func (c *Charges) toggle(i int) tea.Cmd {
	uin := c.list.Rows().Cell(i, cellUIN)
	if _, in := c.basket[uin]; in {
		delete(c.basket, uin)
	} else {
		if len(c.basket) == mostAtOnce {
			return tooMany()
		}
		c.basket[uin] = due(c.list.Rows(), i)
	}
	c.list.Scroll(1)
	return nil
}

func tooMany() tea.Cmd {
	return screen.Tell(i18n.Text{RU: "В корзине уже %d: больше платят реестром", EN: "The basket holds %d already: pay more by a register"}.With(mostAtOnce))
}

func (c *Charges) takeAll() tea.Cmd {
	all := c.list.Rows()
	for i := range all.Len() {
		if len(c.basket) == mostAtOnce {
			return tooMany()
		}
		c.basket[all.Cell(i, cellUIN)] = due(all, i)
	}
	return nil
}

var columns = []kit.Column{
	{Width: 1, Role: theme.Accent},
	{Share: 3},
	{Width: 12, Right: true, Role: theme.Strong},
	{Width: 10, Role: theme.Muted, Least: 56},
	{Width: 10, Role: theme.Warning, Least: 76},
	{Width: 25, Role: theme.Muted, Least: 100},
}

func head(e *screen.Env, cols int) view.Line {
	return kit.Row(columns, cols, []string{"", e.T("За что", "For what"), e.T("К оплате", "Due"), e.T("До", "Until"), e.T("Скидка до", "Discount"), "УИН"},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func (c *Charges) row(e *screen.Env, r *rows.Rows, i, cols int) view.Line {
	cells := r.Cells(i)
	mark := ""
	if _, in := c.basket[cells[cellUIN]]; in {
		mark = "✓"
	}
	title := cells[cellTitle]
	if s := c.till.state(e, cells[cellUIN]); s != "" {
		title = "[" + s + "] " + title
	}
	return kit.Row(columns, cols, []string{mark, title, rubles(e, due(r, i)), dayIn(e, cells[cellUntil]), dayIn(e, cells[cellDiscount]), cells[cellUIN]})
}

func rubles(e *screen.Env, kopecks int64) string { return i18n.Rubles(e.Lang, kopecks) }

// dayIn writes 02.01.2006 as the language writes dates.
func dayIn(e *screen.Env, s string) string {
	if t, err := time.ParseInLocation("02.01.2006", s, clock.Moscow()); err == nil {
		return e.Day(t)
	}
	return s
}

// Spoken reads the list and the sums.
func (c *Charges) Spoken(e *screen.Env) screen.Spoken {
	s := c.list.Spoken(e)
	s.Lines = append(s.Lines, kit.Said(c.bottom(e, 100))...)
	return s
}

// Draw draws the list with the sum below it.
func (c *Charges) Draw(e *screen.Env, size view.Size) view.Frame {
	bottom := c.bottom(e, size.W)
	var out view.Frame
	if c.data.Known() {
		out = c.list.View(e, view.Size{W: size.W, H: size.H - len(bottom)})
	} else if !c.data.Loading {
		out = view.Frame{view.Blank()}
	}
	out = out.Fit(view.Size{W: size.W, H: size.H - len(bottom)})
	return append(out, bottom...)
}

func (c *Charges) bottom(e *screen.Env, cols int) view.Frame {
	out := c.till.lines(e, cols)
	if !c.data.Known() {
		return out
	}
	var basket int64
	for _, k := range c.basket {
		basket += k
	}
	left := view.Of(view.Text(theme.Muted, e.T("  Всего к оплате: ", "  Due in all: ")), view.Text(theme.Strong, rubles(e, c.data.Value.sum)))
	var right view.Line
	if n := len(c.basket); n > 0 {
		right = view.Of(view.Text(theme.Accent, e.Say(i18n.Text{RU: "✓ в корзине %d: ", EN: "✓ basket of %d: "}.With(n))), view.Text(theme.Strong, rubles(e, basket)+" "))
	}
	return append(out, view.Both(left, right, cols))
}
