package applications

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// card is one application.
type card struct {
	kit.Scrolled
	src  Source
	id   string
	data screen.Load[*details]
}

// saved is the message that files were saved, all or some.
type saved struct {
	by    *card
	paths []string
	err   error
}

// withdrawn is the message that the portal answered a withdrawal.
type withdrawn struct {
	by  *card
	id  int64
	err error
}

// written is the message that the portal answered a message to the department.
type written struct {
	by  *card
	err error
}

// Open loads the application.
func (c *card) Open(e *screen.Env, id string) tea.Cmd {
	if id != "" && id != c.id {
		c.data.Forget()
		c.id = id
		c.Top()
	}
	asked := c.id
	return c.data.Start(e, "", func(ctx context.Context) (*details, error) {
		n, err := strconv.ParseInt(asked, 10, 64)
		if err != nil {
			return nil, fault.New(exitcode.Usage, "application.bad_number", i18n.Text{
				RU: "номер заявления — число, а не «%s»", EN: "the number of an application is a number, not %q"}.With(untrusted.Text(asked)))
		}
		return c.src.Application(ctx, n)
	})
}

// Close ends the load.
func (c *card) Close(*screen.Env) { c.data.Stop() }

// AsOf says how old it is.
func (c *card) AsOf() (time.Time, bool, error) { return c.data.At, c.data.Loading, c.data.Err }

// Update takes data and scrolls.
func (c *card) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if c.data.Take(msg) {
		return nil, true
	}
	switch m := msg.(type) {
	case saved:
		if m.by != c {
			return nil, false
		}
		var cmds []tea.Cmd
		if m.err != nil {
			cmds = append(cmds, screen.Fail(m.err))
		}
		if len(m.paths) > 0 {
			cmds = append(cmds, screen.Tell(i18n.Text{RU: "Сохранено: %s", EN: "Saved: %s"}.With(untrusted.Text(strings.Join(m.paths, ", ")))))
		}
		return tea.Batch(cmds...), true
	case written:
		if m.by != c {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return tea.Batch(screen.Tell(i18n.Say("Отправлено. Ответ появится здесь", "Sent. The answer will appear here")), c.Open(e, "")), true
	case withdrawn:
		if m.by != c {
			return nil, false
		}
		if m.err != nil {
			return tea.Batch(screen.Fail(m.err), c.Open(e, "")), true
		}
		return tea.Batch(screen.Tell(i18n.Text{RU: "Заявление № %d отзывается", EN: "Application no. %d is being withdrawn"}.With(m.id)), c.Open(e, "")), true
	}
	return nil, c.Scrolled.Update(msg)
}

// Actions is what can be done with one application.
func (c *card) Actions(e *screen.Env) []screen.Action {
	var unpaid, empty, decided, loaded i18n.Localised
	uin := ""
	a := c.data.Value
	if a == nil {
		unpaid = i18n.Say("заявление ещё не загружено", "the application is not loaded yet")
		empty, decided, loaded = unpaid, unpaid, unpaid
	} else {
		if len(a.UnpaidUINs) > 0 {
			uin = a.UnpaidUINs[0]
		} else {
			unpaid = i18n.Say("платить нечего", "nothing is due")
		}
		if len(a.Files) == 0 {
			empty = i18n.Say("результата пока нет", "there is no result yet")
		}
		if a.Final {
			decided = i18n.Say("заявление уже завершено", "the application has ended already")
		}
	}
	return []screen.Action{
		{ID: "application.pay", Title: i18n.Text{RU: "к оплате", EN: "to the charge"}, Keys: []string{"p"}, Command: "epgu bill view " + uin, Off: unpaid, Footer: true,
			Run: func() tea.Cmd { return screen.Go("charges", uin) }},
		{ID: "application.download", Title: i18n.Text{RU: "скачать результат", EN: "download the result"}, Keys: []string{"d"}, Command: "epgu application download " + c.id, Off: empty, Footer: true,
			Run: func() tea.Cmd {
				ctx, id := e.Ctx, a.OrderID
				return func() tea.Msg {
					paths, err := c.src.Download(ctx, id)
					return saved{c, paths, err}
				}
			}},
		{ID: "application.write", Title: i18n.Text{RU: "написать", EN: "write"}, Keys: []string{"m"}, Command: "epgu application message " + c.id + " --text \"…\"", Off: decided, Footer: true,
			Run: func() tea.Cmd { return c.askToWrite(e, a) }},
		{ID: "application.cancel", Title: i18n.Text{RU: "отозвать", EN: "withdraw"}, Keys: []string{"x"}, Command: "epgu application cancel " + c.id + " --reason \"…\"", Off: decided, Footer: true,
			Run: func() tea.Cmd { return c.askToWithdraw(e, a) }},
		{ID: "application.repeat", Title: i18n.Text{RU: "подать такое же", EN: "apply again"}, Keys: []string{"r"}, Command: "epgu application create --repeat " + c.id, Off: loaded, Footer: true,
			Run: func() tea.Cmd { return screen.Go("apply", "repeat "+c.id) }},
		{ID: "application.copy", Title: i18n.Text{RU: "скопировать номер", EN: "copy the number"}, Keys: []string{"c"}, Command: "epgu application history " + c.id,
			Run: func() tea.Cmd { return screen.Copy(c.id) }},
	}
}

// mostMessage bounds a message, characters: the portal takes no more.
const mostMessage = 4000

// askToWrite asks what to write to the department.
func (c *card) askToWrite(e *screen.Env, a *details) tea.Cmd {
	ctx, id := e.Ctx, a.OrderID
	return screen.Ask(&kit.Typed{Head: i18n.Say("Сообщение в ведомство", "A message to the department"), Ask: i18n.Text{RU: "%s прочитает:", EN: "%s will read:"}.With(a.Department),
		Accept: func(text string) i18n.Localised {
			switch n := len([]rune(strings.TrimSpace(text))); {
			case n == 0:
				return i18n.Say("сообщение пусто", "the message is empty")
			case n > mostMessage:
				return i18n.Text{RU: "знаков: %d, а можно не больше %d", EN: "%d characters, at most %d are allowed"}.With(n, mostMessage)
			}
			return nil
		},
		Do: func(text string) tea.Cmd {
			return func() tea.Msg { return written{c, c.src.Write(ctx, id, strings.TrimSpace(text))} }
		}})
}

// mostReason bounds the reason of a withdrawal, characters: the portal takes no more.
const mostReason = 500

// askToWithdraw asks why, which the portal wants to know, and then once more.
func (c *card) askToWithdraw(e *screen.Env, a *details) tea.Cmd {
	ctx, id := e.Ctx, a.OrderID
	return screen.Ask(&kit.Typed{Head: i18n.Say("Отзыв заявления", "Withdrawal"), Ask: i18n.Say("Почему отзываете? Ведомство увидит ответ:", "Why do you withdraw it? The department will see the answer:"),
		Accept: func(reason string) i18n.Localised {
			switch n := len([]rune(strings.TrimSpace(reason))); {
			case n == 0:
				return i18n.Say("без причины портал заявление не отзывает", "the portal withdraws nothing without a reason")
			case n > mostReason:
				return i18n.Text{RU: "знаков: %d, а можно не больше %d", EN: "%d characters, at most %d are allowed"}.With(n, mostReason)
			}
			return nil
		},
		Do: func(reason string) tea.Cmd {
			return screen.Ask(&kit.Confirm{Head: i18n.Say("Отозвать заявление?", "Withdraw the application?"),
				Text: i18n.Text{RU: "№ %d, %s. Вернуть отозванное нельзя: придётся подать новое. Уплаченная пошлина сама не возвращается.",
					EN: "No. %d, %s. What is withdrawn cannot be brought back: you would apply anew. A duty that is paid does not come back by itself."}.With(id, a.ServiceTitle),
				Yes: i18n.Text{RU: "Отозвать", EN: "Withdraw"},
				Do: func() tea.Cmd {
					return func() tea.Msg { return withdrawn{c, id, c.src.Withdraw(ctx, id, strings.TrimSpace(reason))} }
				}})
		}})
}

// Draw draws the card.
func (c *card) Draw(e *screen.Env, size view.Size) view.Frame {
	if c.data.Value == nil {
		return view.Frame{}.Fit(size)
	}
	return c.View(body(e, c.data.Value, size.W), size)
}

func body(e *screen.Env, a *details, cols int) view.Frame {
	out := append(view.Frame{view.Blank()}, kit.Facts(facts(e, a), cols)...)
	title := func(ru, en string) { out = append(out, view.Blank(), view.Say(theme.Accent, " "+e.T(ru, en))) }
	if m := a.Correction; m != nil {
		title("Что исправить", "What to mend")
		out = append(out, indented(theme.Warning, " ! ", m.Text.String()+e.T(" До ", " Until ")+e.Day(m.Until), cols)...)
		for _, x := range m.Fields {
			out = append(out, indented(theme.Plain, " • ", x.Field+": "+x.Message.String(), cols)...)
		}
		out = append(out, indented(theme.Muted, "   ", fmt.Sprintf("epgu application edit %d", a.OrderID), cols)...)
	}
	if w := a.Wanted; w != nil {
		title("Что ждёт ведомство", "What the department waits for")
		out = append(out, indented(theme.Warning, " ! ", w.Title.String()+"."+e.T(" До ", " Until ")+e.Day(w.Until), cols)...)
		out = append(out, indented(theme.Muted, "   ", fmt.Sprintf("epgu application attach %d %s", a.OrderID, e.T("ФАЙЛ", "FILE")), cols)...)
	}
	if len(a.History) > 0 {
		title("Как шло", "What happened")
		for i, h := range a.History {
			sign, role := " ○ ", theme.Muted
			if i == len(a.History)-1 {
				sign, role = " ● ", theme.Strong
			}
			when := ""
			if !h.At.IsZero() {
				when = moment(e, h.At) + "  "
			}
			out = append(out, indented(role, sign, when+h.Title.String(), cols)...)
			if h.Comment != "" {
				out = append(out, indented(theme.Plain, "     ", h.Comment.String(), cols)...)
			}
		}
	}
	if len(a.Messages) > 0 {
		title("Сообщения", "Messages")
		for _, m := range a.Messages {
			by := m.From.String()
			if m.Own {
				by = e.T("вы", "you")
			}
			if !m.At.IsZero() {
				by = strings.TrimSpace(moment(e, m.At) + "  " + by)
			}
			out = append(out, indented(theme.Muted, " • ", by, cols)...)
			out = append(out, indented(theme.Plain, "   ", m.Text.String(), cols)...)
		}
	}
	if len(a.Files) > 0 {
		title("Результат", "The result")
		for _, f := range a.Files {
			line := f.FileName.String()
			if f.HasDigitalSignature {
				line += e.T(" (с подписью)", " (signed)")
			}
			out = append(out, indented(theme.Plain, " ↓ ", line, cols)...)
		}
	}
	return out
}

// indented breaks a text over rows, the first with a sign before it.
func indented(role theme.Role, sign, text string, cols int) view.Frame {
	var out view.Frame
	for i, l := range view.Wrap(role, text, max(cols-len([]rune(sign))-1, 8)) {
		if i > 0 {
			sign = strings.Repeat(" ", len([]rune(sign)))
		}
		out = append(out, view.Of(view.Text(role, sign)).With(l.Spans...))
	}
	return out
}

// moment writes a time with its date: an application goes on for days.
func moment(e *screen.Env, t time.Time) string {
	return e.Day(t) + " " + t.In(e.Location).Format("15:04")
}

func facts(e *screen.Env, a *details) []kit.Fact {
	f := func(ru, en, value string) kit.Fact { return kit.Fact{Name: e.T(ru, en), Value: value} }
	day := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return e.Day(*t)
	}
	title, status, due := f("Услуга", "Service", a.ServiceTitle.String()), f("Статус", "Status", a.StatusTitle.String()), f("К оплате", "To be paid", strings.Join(a.UnpaidUINs, ", "))
	title.Role, status.Role, due.Role = theme.Strong, role(flagsOf(&a.Application)), theme.Warning
	if due.Value != "" {
		due.Value = "УИН " + due.Value
	}
	expected := f("Решение ожидается", "Decision expected", day(a.ExpectedAt))
	if a.Final {
		expected.Value = ""
	}
	return []kit.Fact{title, status, due, f("Номер", "Number", number(a.OrderID)), f("Ведомство", "Department", a.Department.String()),
		f("Подано", "Submitted", moment(e, a.CreatedAt)), f("Изменено", "Changed", moment(e, a.UpdatedAt)), expected, f("Отозвать можно до", "Can be withdrawn until", day(a.CancelUntil)),
		f("Изменить можно до", "Can be changed until", day(a.ChangeUntil))}
}
