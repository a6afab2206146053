package charges

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// till pays: it quotes, asks for the typed total, pays one after the other and
// follows each. It is shared by the screens of this package and outlives them:
// leaving a screen ends no payment.
type till struct {
	src     Source
	quoting bool
	turn    int
	going   []*item
	at      int // the item that is being paid
	events  chan any
	halt    context.CancelFunc // nothing more of the basket is begun
	open    screen.Load[[]journal.Payment]
	heard   int // the number of the last message taken
	sent    int // the number of the last message waited for
	// moved counts how often money has moved, so that lists are loaded anew.
	moved int
}

// item is one payment of the basket.
type item struct {
	quote   *billing.Quote
	payment journal.Payment
	err     error
	done    bool
}

type (
	// quoted is the answer of looking at everything before anything is sent.
	quoted struct {
		till   *till
		turn   int
		quotes []*billing.Quote
		err    error
	}
	// told is a message of the goroutine that pays, numbered: every screen that
	// shares the till passes it on, and it is taken once.
	told struct {
		till *till
		n    int
		what any
	}
	// stepped tells how a payment stands now.
	stepped struct {
		i       int
		payment journal.Payment
		err     error
		done    bool
	}
	// codeAsked is a payment that waits for a code.
	codeAsked struct {
		factor wire.Factor
		answer chan<- string
	}
	// finished says that the basket is through.
	finished struct{}
)

// errNoCode is the answer of somebody who did not type the code.
var errNoCode = errors.New("no code was typed")

// busy reports whether something is being paid.
func (t *till) busy() bool { return t.quoting || t.events != nil }

// look asks the journal for payments of other processes and earlier days.
func (t *till) look(e *screen.Env) tea.Cmd {
	return t.open.Start(e, "", t.src.Open)
}

// quote looks at the journal and the portal, for every УИН, before anybody is
// asked anything.
func (t *till) quote(e *screen.Env, uins []string) tea.Cmd {
	t.quoting = true
	t.turn++
	turn, ctx := t.turn, e.Ctx
	return func() tea.Msg {
		m := quoted{till: t, turn: turn}
		for _, u := range uins {
			q, err := t.src.Quote(ctx, u)
			if err != nil {
				m.err = err
				return m
			}
			m.quotes = append(m.quotes, q)
		}
		return m
	}
}

// take takes the messages of the till. The screens that share it all pass them
// on; the first one is heard.
func (t *till) take(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if t.open.Take(msg) {
		return nil, true
	}
	switch m := msg.(type) {
	case quoted:
		if m.till != t || m.turn != t.turn || !t.quoting {
			return nil, m.till == t
		}
		t.quoting = false
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return screen.Ask(t.dialog(m.quotes)), true
	case told:
		if m.till != t {
			return nil, false
		}
		if m.n == t.heard {
			return nil, true
		}
		t.heard = m.n
		switch w := m.what.(type) {
		case stepped:
			it := t.going[w.i]
			it.payment, it.err, it.done = w.payment, w.err, w.done
			t.at = w.i
			return t.next(), true
		case codeAsked:
			return screen.Ask(codeDialog(t, w)), true
		case finished:
			t.events = nil
			t.moved++
			return tea.Batch(t.result(), t.look(e)), true
		}
	}
	return nil, false
}

// dialog shows what will be paid and takes the typed total.
func (t *till) dialog(quotes []*billing.Quote) screen.Dialog {
	var total int64
	for _, q := range quotes {
		total += q.AmountKopecks
	}
	return &kit.Typed{
		Head:     i18n.Text{RU: "Оплата", EN: "Payment"},
		ByItself: true,
		Ask:      i18n.Text{RU: "Будет уплачено %s. Наберите сумму:", EN: "%s will be paid. Type the sum:"}.With(i18n.Money(total)),
		Lines: func(e *screen.Env, cols int) view.Frame {
			var out view.Frame
			for _, q := range quotes {
				out = append(out, view.Both(view.Of(view.Text(theme.Plain, q.Charge.Title.String())), view.Of(view.Text(theme.Strong, rubles(e, q.AmountKopecks))), cols))
				out = append(out, view.Of(view.Text(theme.Muted, "  УИН "+q.Charge.UIN+" · "+q.Charge.Payee.Name.String())).Fit(cols))
				for _, w := range q.Warnings {
					out = append(out, view.Wrap(theme.Warning, "! "+e.Say(w), cols)...)
				}
			}
			return out
		},
		Accept: func(answer string) i18n.Localised {
			k, err := billing.ParseRubles(answer)
			if err != nil {
				return messageOf(err)
			}
			if k != total {
				return i18n.Text{RU: "набрано %s, а к оплате %s; ничего не отправлено", EN: "you typed %s, but %s is due; nothing was sent"}.With(i18n.Money(k), i18n.Money(total))
			}
			return nil
		},
		Do: func(string) tea.Cmd { return t.pay(quotes) },
	}
}

func messageOf(err error) i18n.Localised {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(err.Error()))
}

// pay starts paying. The goroutine ends with the last payment; what it tells goes
// through a channel, one message at a time.
func (t *till) pay(quotes []*billing.Quote) tea.Cmd {
	t.going, t.at = nil, 0
	for _, q := range quotes {
		t.going = append(t.going, &item{quote: q})
	}
	events := make(chan any)
	t.events = events
	// A payment under way is not ended by leaving the interface: the engine writes
	// down what the portal says.
	ctx := context.Background()
	more, halt := context.WithCancel(ctx)
	t.halt = halt
	go func() {
		defer close(events)
		defer halt()
		for i, q := range quotes {
			if more.Err() != nil {
				return
			}
			p, err := t.src.Pay(ctx, q)
			if err != nil {
				events <- stepped{i, p, err, true}
				return // as the command does: the rest is not begun after a failure
			}
			events <- stepped{i, p, nil, false}
			p, err = t.src.Follow(more, p.ID, func(ctx context.Context, f wire.Factor) (string, error) {
				answer := make(chan string, 1)
				events <- codeAsked{f, answer}
				if code := <-answer; code != "" {
					return code, nil
				}
				return "", errNoCode
			})
			events <- stepped{i, p, err, true}
		}
	}()
	return t.next()
}

// endWithin bounds how long the end of the program waits for the answer to a payment
// that was sent. After that the journal says that its outcome is to be asked for.
const endWithin = 5 * time.Second

// end begins nothing more, and waits for the answer to what was sent.
func (t *till) end(ctx context.Context) {
	if t.events == nil {
		return
	}
	t.halt()
	ctx, stop := context.WithTimeout(ctx, endWithin)
	defer stop()
	for {
		select {
		case what, ok := <-t.events:
			if !ok {
				return
			}
			if asked, ok := what.(codeAsked); ok {
				asked.answer <- ""
			}
		case <-ctx.Done():
			return
		}
	}
}

// next waits for the next thing that the payments tell.
func (t *till) next() tea.Cmd {
	events := t.events
	if events == nil {
		return nil
	}
	t.sent++
	n := t.sent
	return func() tea.Msg {
		what, ok := <-events
		if !ok {
			what = finished{}
		}
		return told{t, n, what}
	}
}

func codeDialog(t *till, m codeAsked) screen.Dialog {
	answer := func(code string) tea.Cmd {
		m.answer <- code
		return t.next()
	}
	label := i18n.Text{RU: "Код подтверждения (отправлен: %s)", EN: "Confirmation code (sent to %s)"}
	if m.factor.Kind == "token" {
		label = i18n.Text{RU: "Одноразовый код из кошелька (%s)", EN: "One-time token of the wallet (%s)"}
	}
	return &kit.Typed{Head: i18n.Text{RU: "Подтверждение платежа", EN: "Confirming the payment"}, Ask: label.With(m.factor.Target), ByItself: true,
		Accept: func(s string) i18n.Localised {
			if strings.TrimSpace(s) == "" {
				return i18n.Say("наберите код", "type the code")
			}
			return nil
		},
		Do:      func(s string) tea.Cmd { return answer(strings.TrimSpace(s)) },
		OnLeave: func(*screen.Env) tea.Cmd { return answer("") },
	}
}

// result tells how it ended: in a line when all is paid, else in a dialog.
func (t *till) result() tea.Cmd {
	paid := 0
	var last *item
	var failed error
	for _, it := range t.going {
		if it.payment.State == journal.Paid {
			paid++
			last = it
		}
		if it.err != nil && failed == nil && !errors.Is(it.err, errNoCode) {
			failed = it.err
		}
	}
	var cmds []tea.Cmd
	if failed != nil {
		cmds = append(cmds, screen.Fail(failed))
	}
	switch {
	case paid == 1 && len(t.going) == 1:
		cmds = append(cmds, screen.Tell(i18n.Text{RU: "Оплачено %s, квитанция: epgu pay receipt %s", EN: "%s paid, the receipt: epgu pay receipt %s"}.With(i18n.Money(last.quote.AmountKopecks), untrusted.Text(last.payment.ID))))
	case paid > 0:
		cmds = append(cmds, screen.Tell(i18n.Text{RU: "Оплачено: %d из %d", EN: "Paid: %d of %d"}.With(paid, len(t.going))))
	}
	return tea.Batch(cmds...)
}

// settled are the УИН that were paid here just now.
func (t *till) settled() map[string]bool {
	out := map[string]bool{}
	for _, it := range t.going {
		if s := it.payment.State; s == journal.Paid || s == journal.Accepted {
			out[it.quote.Charge.UIN] = true
		}
	}
	return out
}

// state says how the payment of an УИН stands; "" when there is none.
func (t *till) state(e *screen.Env, uin string) string {
	for i, it := range t.going {
		if it.quote.Charge.UIN != uin {
			continue
		}
		switch {
		case it.payment.ID == "" && it.err == nil && t.events != nil && i >= t.at:
			return e.T("в очереди", "queued")
		case it.payment.ID != "":
			return e.Say(billing.StateTitle(it.payment.State))
		}
	}
	for _, p := range t.open.Value {
		if p.UIN == uin {
			return e.Say(billing.StateTitle(p.State))
		}
	}
	return ""
}

// lines say what is being paid now, or what of earlier days is not settled.
func (t *till) lines(e *screen.Env, cols int) view.Frame {
	switch {
	case t.quoting:
		return view.Frame{view.Say(theme.Accent, "  "+e.T("Проверяем журнал и портал…", "Looking at the journal and the portal…"))}
	case t.events != nil:
		done := 0
		for _, it := range t.going {
			if it.done {
				done++
			}
		}
		text := i18n.Text{RU: "  Платим: %d из %d. Экран можно покинуть — платёж записан в журнал.", EN: "  Paying: %d of %d. You may leave the screen: the payment is in the journal."}
		return view.Wrap(theme.Accent, e.Say(text.With(done, len(t.going))), cols)
	}
	if n := len(t.open.Value); n > 0 {
		return view.Wrap(theme.Warning, e.Say(i18n.Text{RU: "  Не завершено платежей: %d. p на таком начислении спросит портал и дважды не заплатит.", EN: "  Payments not settled: %d. p on such a charge asks the portal and never pays twice."}.With(n)), cols)
	}
	return nil
}
