package charges

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// card is one charge.
type card struct {
	kit.Scrolled
	src   Source
	till  *till
	uin   string
	data  screen.Load[*wire.Charge]
	moved int // of the till, as seen last
}

// Open loads the charge.
func (c *card) Open(e *screen.Env, uin string) tea.Cmd {
	if uin != "" && uin != c.uin {
		c.data.Forget()
		c.uin = uin
		c.Top()
	}
	u := c.uin
	return tea.Batch(c.data.Start(e, "", func(ctx context.Context) (*wire.Charge, error) { return c.src.Charge(ctx, u) }), c.till.look(e))
}

// AsOf says how old it is.
func (c *card) AsOf() (time.Time, bool, error) { return c.data.At, c.data.Loading, c.data.Err }

// Update takes data and scrolls.
func (c *card) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if c.data.Take(msg) {
		return nil, true
	}
	if cmd, ok := c.till.take(e, msg); ok {
		if c.moved != c.till.moved {
			c.moved = c.till.moved
			cmd = tea.Batch(cmd, c.Open(e, ""))
		}
		return cmd, true
	}
	return nil, c.Scrolled.Update(msg)
}

// Actions is what can be done with one charge.
func (c *card) Actions(e *screen.Env) []screen.Action {
	var off i18n.Localised
	switch {
	case c.data.Value == nil:
		off = i18n.Say("начисление ещё не загружено", "the charge is not loaded yet")
	case c.data.Value.DueKopecks == 0:
		off = i18n.Say("платить нечего", "nothing is due")
	case c.till.busy():
		off = i18n.Say("один платёж уже идёт", "a payment is under way already")
	}
	unpaid := off
	if c.till.busy() && c.data.Value != nil && c.data.Value.DueKopecks > 0 {
		unpaid = nil
	}
	return []screen.Action{
		{ID: "charge.pay", Title: i18n.Text{RU: "оплатить", EN: "pay"}, Keys: []string{"p", "enter"}, Command: "epgu pay " + c.uin, Off: off, Footer: true,
			Run: func() tea.Cmd { return c.till.quote(e, []string{c.uin}) }},
		{ID: "charge.qr", Title: i18n.Text{RU: "код для оплаты (QR)", EN: "payment code (QR)"}, Keys: []string{"v"}, Command: "epgu pay qr " + c.uin, Off: unpaid, Footer: true,
			Run: func() tea.Cmd { return screen.Go(CodeID, c.uin) }},
		{ID: "charge.copy", Title: i18n.Text{RU: "скопировать УИН", EN: "copy the УИН"}, Keys: []string{"c"}, Footer: true,
			Run: func() tea.Cmd { return screen.Copy(c.uin) }},
	}
}

// Draw draws the card.
func (c *card) Draw(e *screen.Env, size view.Size) view.Frame {
	bottom := c.till.lines(e, size.W)
	var out view.Frame
	if ch := c.data.Value; ch != nil {
		out = facts(e, ch, c.till.state(e, ch.UIN), size.W)
	}
	return append(c.View(out, view.Size{W: size.W, H: size.H - len(bottom)}), bottom...)
}

func facts(e *screen.Env, c *wire.Charge, payment string, cols int) view.Frame {
	date := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return e.Day(*t)
	}
	f := func(ru, en, value string, role theme.Role) kit.Fact {
		return kit.Fact{Name: e.T(ru, en), Value: value, Role: role}
	}
	list := []kit.Fact{
		f("За что", "For what", c.Title.String(), theme.Strong),
		f("К оплате", "Due", rubles(e, c.DueKopecks), theme.Strong),
		f("Состояние", "State", stateTitle(c.State).In(e.Lang), theme.Plain),
		f("Платёж", "Payment", payment, theme.Accent),
		f("УИН", "УИН", c.UIN, theme.Plain),
		f("Начислено", "Charged", rubles(e, c.AmountKopecks), theme.Plain),
		f("Дата", "Issued", e.Day(c.IssuedAt), theme.Plain),
		f("Оплатить до", "Pay until", date(c.PayUntil), theme.Plain),
	}
	if c.Discount != nil {
		list = append(list, f("Скидка", "Discount", rubles(e, c.Discount.DueKopecks)+e.T(" до ", " until ")+e.Day(c.Discount.LastDay), theme.Warning))
	}
	if c.PaidKopecks > 0 {
		list = append(list, f("Уже оплачено", "Paid already", rubles(e, c.PaidKopecks), theme.Plain))
	}
	if d := c.Details; d != nil {
		list = append(list, f("Постановление", "Ruling", d.Ruling, theme.Plain), f("Когда", "When", date(d.At), theme.Plain), f("Где", "Where", d.Place.String(), theme.Plain),
			f("Статья", "Article", d.Article.String(), theme.Plain), f("Машина", "Vehicle", d.Plate, theme.Plain))
		if d.Photos > 0 {
			list = append(list, f("Снимков", "Photos", strconv.Itoa(d.Photos)+" (epgu bill photos "+c.UIN+")", theme.Plain))
		}
	}
	list = append(list, f("Назначение", "Purpose", c.Purpose.String(), theme.Plain), f("Получатель", "Payee", c.Payee.Name.String(), theme.Plain),
		f("ИНН, КПП", "ИНН, КПП", c.Payee.INN+", "+c.Payee.KPP, theme.Plain), f("Счёт", "Account", c.Payee.Account, theme.Plain),
		f("БИК", "БИК", c.Payee.BIK, theme.Plain), f("КБК", "КБК", c.Payee.KBK, theme.Plain), f("ОКТМО", "ОКТМО", c.Payee.OKTMO, theme.Plain),
		f("Плательщик", "Payer", c.PayerName.String(), theme.Plain))
	return append(view.Frame{view.Blank()}, kit.Facts(list, cols)...)
}

func stateTitle(s string) i18n.Text {
	switch s {
	case "unpaid":
		return i18n.Text{RU: "не оплачено", EN: "unpaid"}
	case "partly-paid":
		return i18n.Text{RU: "оплачено частично", EN: "partly paid"}
	case "paid":
		return i18n.Text{RU: "оплачено", EN: "paid"}
	case "annulled":
		return i18n.Text{RU: "отменено", EN: "annulled"}
	case "clarified":
		return i18n.Text{RU: "уточнено, ждёт оплаты", EN: "corrected, to be paid"}
	case "forcibly-settled":
		return i18n.Text{RU: "взыскано принудительно", EN: "collected by force"}
	}
	return i18n.Text{RU: s, EN: s}
}
