package home

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ID names the screen.
const ID = "home"

// Entry is the screen in the registry.
func Entry(src Source) screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Главная", EN: "Home"}, Key: "1", New: func() screen.Screen { return newHome(src) }}
}

// Home is the screen.
type Home struct {
	src          Source
	charges      screen.Load[Charges]
	applications screen.Load[[]Application]
	requests     screen.Load[[]Request]
	payments     screen.Load[[]Payment]
	certificates screen.Load[[]Certificate]

	needs []need
	list  kit.List
	signs signs
}

// need is one thing that needs its owner.
type need struct {
	role    theme.Role
	mark    string // says the same as the role
	text    i18n.Localised
	sum     i18n.Localised // is never cut; nil for none
	detail  i18n.Localised
	to, arg string // the screen to go to
	command string
}

func newHome(src Source) *Home {
	h := &Home{src: src}
	h.list.Draw = h.row
	h.list.Open = func(i int) tea.Cmd { return h.visit(i) }
	return h
}

// Open asks everybody at once; each answer shows when it comes.
func (h *Home) Open(e *screen.Env, _ string) tea.Cmd {
	return tea.Batch(
		h.charges.Start(e, "home-charges", h.src.Charges),
		h.applications.Start(e, "home-applications", h.src.Applications),
		h.requests.Start(e, "", h.src.Requests),
		h.payments.Start(e, "home-payments", h.src.Payments),
		h.certificates.Start(e, "home-certificates", h.src.Certificates),
	)
}

// parts are how the pieces stand that the list is made of.
func (h *Home) parts() []*screen.Fetching {
	return []*screen.Fetching{&h.charges.Fetching, &h.applications.Fetching, &h.requests.Fetching, &h.payments.Fetching, &h.certificates.Fetching}
}

// AsOf is how old the oldest part is.
func (h *Home) AsOf() (time.Time, bool, error) {
	var at time.Time
	loading := false
	var failed error
	for _, p := range h.parts() {
		loading = loading || p.Loading
		if p.Known() && (at.IsZero() || p.At.Before(at)) {
			at = p.At
		}
		if failed == nil {
			failed = p.Err
		}
	}
	return at, loading, failed
}

// nothing is what stands instead of an empty list: that nothing is urgent is said only
// when every part is known.
func (h *Home) nothing() i18n.Text {
	unknown := false
	for _, p := range h.parts() {
		var f *fault.Error
		switch {
		case p.Known():
		case errors.As(p.Err, &f) && f.Exit == exitcode.Auth:
			return i18n.Text{RU: "Вы не вошли, и что срочно, неизвестно. Войти: Ctrl-K, «Вход».", EN: "You are not signed in, so what is urgent is unknown. To sign in: Ctrl-K, “Sign in”."}
		case p.Err != nil:
			return i18n.Text{RU: "Что срочно, пока неизвестно: узнать удалось не всё. Ctrl-R — повторить.", EN: "What is urgent is not known yet: not everything could be asked. Ctrl-R tries again."}
		default:
			unknown = true
		}
	}
	if unknown {
		return i18n.Text{RU: "Узнаём, что срочно…", EN: "Finding out what is urgent…"}
	}
	return i18n.Text{RU: "Ничего срочного. Ctrl-K — найти любую услугу, начисление или команду.", EN: "Nothing is urgent. Ctrl-K finds any service, charge or command."}
}

// Update takes data and keys.
func (h *Home) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if h.charges.Take(msg) || h.applications.Take(msg) || h.requests.Take(msg) || h.payments.Take(msg) || h.certificates.Take(msg) {
		return h.collect(e), true
	}
	return h.list.Update(e, msg)
}

// collect puts together what needs its owner, the most pressing first.
func (h *Home) collect(e *screen.Env) tea.Cmd {
	h.needs = nil
	add := func(n need) { h.needs = append(h.needs, n) }
	for _, r := range h.requests.Value {
		add(need{theme.Bad, "!", i18n.Text{RU: "Подтвердите вход или отклоните: %s", EN: "Confirm a sign-in, or refuse it: %s"}.With(r.Client), nil, until(e, r.Until, "до", "until"), "devices", r.ID, "epgu auth devices requests"})
	}
	for _, p := range h.payments.Value {
		what := i18n.Text{RU: "Чем кончился платёж на %s, неизвестно", EN: "How a payment of %s ended is unknown"}.With(i18n.Money(p.Sum))
		n := need{theme.Bad, "!", what, nil, untrustedText(p.UIN), "charges", p.UIN, "epgu pay " + p.UIN}
		if p.Run != "" {
			n.to, n.arg, n.detail, n.command = "registers", p.Run, untrustedText(p.Run), "epgu batch reconcile"
		}
		add(n)
	}
	for _, a := range h.applications.Value {
		id := strconv.FormatInt(a.ID, 10)
		switch {
		case a.Correction:
			add(need{theme.Warning, "!", i18n.Text{RU: "Ведомство просит исправить заявление: %s", EN: "A department asks to mend an application: %s"}.With(a.Title), nil, until(e, a.Until, "до", "until"), "applications", id, "epgu application view " + id})
		case len(a.Unpaid) > 0:
			add(need{theme.Warning, "₽", i18n.Text{RU: "Заявление ждёт оплаты: %s", EN: "An application waits for payment: %s"}.With(a.Title), nil, untrustedText(a.Unpaid[0]), "charges", a.Unpaid[0], "epgu pay " + a.Unpaid[0]})
		}
	}
	for _, c := range h.charges.Value.Soon {
		if !c.Discount.IsZero() && !c.Discount.Before(e.Clock.Now()) {
			add(need{theme.Warning, "%", i18n.Text{RU: "%s", EN: "%s"}.With(c.Title), i18n.Text{RU: "%s вместо %s", EN: "%s instead of %s"}.With(i18n.Money(c.Due), i18n.Money(c.After)), until(e, c.Discount, "скидка до", "discount until"), "charges", c.UIN, "epgu pay " + c.UIN})
			continue
		}
		add(need{theme.Plain, "₽", i18n.Text{RU: "%s", EN: "%s"}.With(c.Title), i18n.Money(c.Due), until(e, c.Until, "оплатить до", "pay until"), "charges", c.UIN, "epgu pay " + c.UIN})
	}
	if c := h.charges.Value; c.Count > 0 {
		add(need{theme.Strong, "₽", i18n.Text{RU: "Всего к оплате", EN: "Due in all"}, i18n.Money(c.Sum), charges.Count(c.Count), "charges", "", "epgu bill list"})
	}
	for _, c := range h.certificates.Value {
		t := i18n.Text{RU: "Сертификат «%s» скоро кончается", EN: "Certificate %q ends soon"}
		if c.Until.Before(e.Clock.Now()) {
			t = i18n.Text{RU: "Сертификат «%s» кончился", EN: "Certificate %q has ended"}
		}
		add(need{theme.Warning, "!", t.With(c.Name), nil, until(e, c.Until, "до", "until"), "certificates", c.Name, "epgu cert view " + c.Name})
	}
	r := &rows.Rows{}
	for i, n := range h.needs {
		r.Append(fmt.Sprint(i), e.Say(n.text)+n.tail(e), e.Say(n.detail))
	}
	return h.list.Set(e, r)
}

var charges = i18n.Plural{One: "начисление", Few: "начисления", Many: "начислений", Sing: "charge", Plur: "charges"}

func untrustedText(s string) i18n.Localised {
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(s))
}

// day is a date that reads differently in each language.
type day struct {
	e *screen.Env
	t time.Time
}

func (d day) In(i18n.Lang) string { return d.e.Day(d.t) }

func until(e *screen.Env, t time.Time, ru, en string) i18n.Localised {
	if t.IsZero() {
		return i18n.Text{}
	}
	return i18n.Text{RU: ru + " %s", EN: en + " %s"}.With(day{e, t})
}

// Typing is the list's.
func (h *Home) Typing() bool { return h.list.Typing() }

// Cursor is the place of the filter.
func (h *Home) Cursor() (int, int, bool) { return h.list.Cursor() }

// Click chooses a row, or goes to a section.
func (h *Home) Click(e *screen.Env, x, y int) tea.Cmd {
	if id, ok := h.signs.at(x, y); ok {
		return screen.Go(id, "")
	}
	return h.list.Click(e, y-1)
}

// Scroll moves the cursor.
func (h *Home) Scroll(_ *screen.Env, lines int) tea.Cmd { h.list.Scroll(lines); return nil }

// visit goes to where a need is met. A screen that this build does not have is told
// by its command.
func (h *Home) visit(i int) tea.Cmd {
	n := h.needs[i]
	return screen.Go(n.to, n.arg)
}

// Actions is what can be done here.
func (h *Home) Actions(e *screen.Env) []screen.Action {
	var off i18n.Localised
	command := ""
	i, ok := h.list.Current()
	if ok && i < len(h.needs) {
		command = h.needs[i].command
		known := false
		for _, x := range e.Entries {
			known = known || x.ID == h.needs[i].to
		}
		if !known {
			off = i18n.Text{RU: "командой: %s", EN: "by the command: %s"}.With(command)
		}
	} else {
		off = i18n.Say("ничего не выбрано", "nothing is chosen")
	}
	return []screen.Action{{ID: "home.open", Title: i18n.Text{RU: "перейти", EN: "go there"}, Keys: []string{"enter", "right", "l"}, Command: command, Off: off, Footer: true, Run: func() tea.Cmd { return h.visit(i) }}}
}

func (h *Home) row(e *screen.Env, _ *rows.Rows, i, cols int) view.Line {
	n := h.needs[i]
	mark, title, tail := view.Text(n.role, n.mark+" "), view.Text(theme.Plain, e.Say(n.text)), view.Text(theme.Plain, n.tail(e))
	right := view.Of(view.Text(theme.Muted, e.Say(n.detail)))
	kept := width.String(mark.Text) + width.String(tail.Text)
	room, least := cols-right.Width()-1, min(leastTitle, width.String(title.Text))
	if room < kept+least { // the term gives way before the sum
		right, room = view.Line{}, cols
	}
	title.Text = width.Truncate(title.Text, max(room-kept, least))
	return view.Both(view.Of(mark, title, tail), right, cols)
}

// leastTitle is how much of a title is left beside a sum and a term.
const leastTitle = 16

// tail is the sum behind a title.
func (n need) tail(e *screen.Env) string {
	if n.sum == nil {
		return ""
	}
	return ": " + e.Say(n.sum)
}

// Spoken reads what is needed.
func (h *Home) Spoken(e *screen.Env) screen.Spoken {
	h.list.Empty = h.nothing()
	return h.list.Spoken(e)
}

// Draw draws the list under a greeting, and below it where else one may go.
func (h *Home) Draw(e *screen.Env, size view.Size) view.Frame {
	title := e.T("Что нужно от вас сейчас", "What needs you now")
	out := view.Frame{view.Say(theme.Strong, "  "+title)}
	room := size.H - 1
	signs := h.signs.draw(e, size.W)
	if room-len(signs) < leastNeeds {
		signs = nil
	}
	if at, _, err := h.AsOf(); !at.IsZero() || err != nil {
		h.list.Empty = h.nothing()
		out = append(out, h.list.View(e, view.Size{W: size.W, H: room - len(signs)})...)
	}
	out = out.Fit(view.Size{W: size.W, H: size.H - len(signs)})
	h.signs.put(len(out), len(signs) > 0)
	return append(out, signs...)
}
