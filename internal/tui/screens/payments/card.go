package payments

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// card is one payment.
type card struct {
	kit.Scrolled
	src  Source
	id   string
	data screen.Load[*wire.Payment]
}

// saved is the message that a receipt was saved, or was not.
type saved struct {
	by   *card
	path string
	err  error
}

// Open loads the payment.
func (c *card) Open(e *screen.Env, id string) tea.Cmd {
	if id != "" && id != c.id {
		c.data.Forget()
		c.id = id
		c.Top()
	}
	return c.data.Start(e, "", c.fetch(c.id))
}

// fetch asks the portal, and lets the journal learn what it says of a payment that
// it still waits for.
func (c *card) fetch(id string) func(ctx context.Context) (*wire.Payment, error) {
	return func(ctx context.Context) (*wire.Payment, error) {
		p, err := c.src.Payment(ctx, id)
		if err != nil {
			return nil, err
		}
		if _, err := c.src.Settle(ctx, id); err != nil && !gone(err) {
			return nil, err
		}
		return p, nil
	}
}

// Close ends the load.
func (c *card) Close(*screen.Env) { c.data.Stop() }

// AsOf says how old it is.
func (c *card) AsOf() (time.Time, bool, error) { return c.data.At, c.data.Loading, c.data.Err }

// Update takes data and scrolls.
func (c *card) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if c.data.Take(msg) {
		return nil, true
	}
	if m, ok := msg.(saved); ok && m.by == c {
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return screen.Tell(i18n.Text{RU: "Квитанция: %s", EN: "The receipt: %s"}.With(untrusted.Text(m.path))), true
	}
	return nil, c.Scrolled.Update(msg)
}

// Actions is what can be done with one payment.
func (c *card) Actions(e *screen.Env) []screen.Action {
	var off, unnumbered i18n.Localised
	p := c.data.Value
	switch {
	case p == nil:
		off = i18n.Say("платёж ещё не загружен", "the payment is not loaded yet")
	case p.State != "paid":
		off = i18n.Say("квитанция будет, когда платёж пройдёт", "there is a receipt once the payment has gone through")
	}
	uin := ""
	if p != nil {
		uin = p.UIN
	}
	if uin == "" {
		unnumbered = i18n.Say("у платежа нет УИН", "the payment has no УИН")
	}
	return []screen.Action{
		{ID: "payment.receipt", Title: i18n.Text{RU: "квитанция", EN: "receipt"}, Keys: []string{"r"}, Command: "epgu pay receipt " + c.id, Off: off, Footer: true,
			Run: func() tea.Cmd {
				ctx, id := e.Ctx, c.id
				return func() tea.Msg {
					path, err := c.src.Receipt(ctx, id)
					return saved{c, path, err}
				}
			}},
		{ID: "payment.story", Title: i18n.Text{RU: "скопировать номер", EN: "copy the id"}, Keys: []string{"c"}, Command: "epgu audit show " + c.id, Footer: true,
			Run: func() tea.Cmd { return screen.Copy(c.id) }},
		{ID: "payment.charge", Title: i18n.Text{RU: "начисление", EN: "charge"}, Keys: []string{"u"}, Command: "epgu bill view " + uin, Off: unnumbered, Footer: true,
			Run: func() tea.Cmd { return screen.Go("charge", uin) }},
	}
}

// Draw draws the card.
func (c *card) Draw(e *screen.Env, size view.Size) view.Frame {
	if c.data.Value == nil {
		return view.Frame{}.Fit(size)
	}
	return c.View(append(view.Frame{view.Blank()}, kit.Facts(facts(e, c.data.Value), size.W)...), size)
}

func facts(e *screen.Env, p *wire.Payment) []kit.Fact {
	f := func(ru, en, value string) kit.Fact { return kit.Fact{Name: e.T(ru, en), Value: value} }
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return moment(e, *t)
	}
	title, sum, state := f("За что", "For what", p.Title.String()), f("Сумма", "Sum", i18n.Rubles(e.Lang, p.AmountKopecks)), f("Состояние", "State", stateTitle(p.State).In(e.Lang))
	title.Role, sum.Role, state.Role = theme.Strong, theme.Strong, stateRole(p.State)
	list := []kit.Fact{title, sum, state}
	if p.FeeKopecks > 0 {
		list = append(list, f("Комиссия", "Commission", i18n.Rubles(e.Lang, p.FeeKopecks)))
	}
	if p.Reason != nil {
		list = append(list, kit.Fact{Name: e.T("Причина", "Reason"), Value: p.Reason.Text.String(), Role: theme.Bad}, f("Что делать", "What to do", p.Reason.Advice.String()))
	}
	return append(list,
		f("Создан", "Made", moment(e, p.CreatedAt)), f("Проведён", "Settled", at(p.PaidAt)), f("Получателю сообщено", "Payee told", at(p.PayeeToldAt)),
		f("УИН", "УИН", p.UIN), f("УИП", "УИП", p.UIP), f("Платёж", "Payment", p.ID), f("Назначение", "Purpose", p.Purpose.String()),
		f("Получатель", "Payee", p.Payee.Name.String()), f("ИНН", "ИНН", p.Payee.INN), f("Счёт", "Account", p.Payee.Account), f("БИК", "БИК", p.Payee.BIK),
		f("КБК", "КБК", p.Payee.KBK), f("ОКТМО", "ОКТМО", p.Payee.OKTMO), f("Плательщик", "Payer", p.PayerName.String()))
}
