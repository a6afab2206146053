package registers

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// uncertain is the payments of a plan that are not final, with what each witness
// says of them.
type uncertain struct {
	kit.Records[reconcile.Finding]
	src       Source
	path      string
	statement string // asked next, once
	asked     asked  // the last answer
}

// asked is what an asking came to, besides its findings.
type asked struct {
	notes []i18n.Localised
	open  error
}

// The messages of a decision.
type (
	deciding struct {
		by           *uncertain
		payment      journal.Payment
		to           journal.State
		why          string
		certificates []kit.Key
		err          error
	}
	decided struct {
		by  *uncertain
		err error
	}
	heard struct {
		by    *uncertain
		asked asked
	}
	// inquired is that a bank wants something of the person first.
	inquired struct {
		by   *uncertain
		q    question
		wait tea.Cmd
	}
)

func newReconcile(src Source) *uncertain {
	u := &uncertain{src: src}
	u.Cells = func(f reconcile.Finding) []string {
		return []string{f.Payment.ID, f.Payment.UIN, string(f.Payment.State)}
	}
	u.Line, u.Head = uncertainLine, uncertainHead
	u.Chosen = func(f reconcile.Finding) tea.Cmd { return explainUncertain(f) }
	u.Empty = i18n.Text{RU: "Незавершённых платежей нет.", EN: "No payment is unsettled."}
	return u
}

// Open asks every witness about the payments of a plan.
func (u *uncertain) Open(e *screen.Env, path string) tea.Cmd {
	if path != "" && path != u.path {
		u.Forget()
		u.path, u.asked = path, asked{}
	}
	at, statement := u.path, u.statement
	u.statement = ""
	told, asks := make(chan asked, 1), make(questions)
	u.Fetch = func(ctx context.Context) ([]reconcile.Finding, error) {
		found, notes, open, err := u.src.Reconcile(ctx, at, statement, asks.ask)
		told <- asked{notes, open}
		return found, err
	}
	var wait tea.Cmd
	wait = func() tea.Msg {
		select {
		case q := <-asks:
			return inquired{u, q, wait}
		case a := <-told:
			return heard{u, a}
		}
	}
	return tea.Batch(u.Load(e), wait)
}

// Update takes data and keys.
func (u *uncertain) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	ctx := e.Ctx
	switch m := msg.(type) {
	case heard:
		if m.by != u {
			return nil, false
		}
		u.asked = m.asked
		return tellAll(i18n.Text{RU: "Выписка", EN: "Statement"}, m.asked.notes), true
	case inquired:
		if m.by != u {
			return nil, false
		}
		return tea.Batch(m.wait, m.q.dialog()), true
	case deciding:
		if m.by != u {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return kit.AskKey(m.certificates, func(certificate, pin string) tea.Cmd { return u.confirm(ctx, m, certificate, pin) }), true
	case decided:
		if m.by != u {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return tea.Batch(screen.Tell(i18n.Say("Решение записано в журнал с подписью", "The decision is in the journal, signed")), u.Open(e, "")), true
	}
	return u.Records.Update(e, msg)
}

// Actions is what can be done about them.
func (u *uncertain) Actions(e *screen.Env) []screen.Action {
	f, ok := u.Current()
	var none i18n.Localised
	switch {
	case !ok:
		none = i18n.Say("незавершённых платежей нет", "no payment is unsettled")
	case f.To != "" && f.To != journal.Unknown:
		none = i18n.Say("исход этого платежа уже известен", "the outcome of this payment is known")
	}
	path := kit.Shell(u.path)
	ctx := e.Ctx
	return []screen.Action{
		{ID: "reconcile.again", Title: i18n.Text{RU: "спросить снова", EN: "ask again"}, Keys: []string{"r"}, Command: "epgu batch reconcile " + path, Footer: true,
			Run: func() tea.Cmd { return u.Open(e, "") }},
		{ID: "reconcile.statement", Title: i18n.Text{RU: "приложить выписку", EN: "give a statement"}, Keys: []string{"t"}, Command: "epgu batch reconcile " + path + " --statement", Footer: true,
			Run: func() tea.Cmd {
				return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Выписка банка (1С или CSV)", EN: "A bank's statement (1C or CSV)"}, Do: func(file string) tea.Cmd {
					u.statement = file
					return tea.Batch(screen.Ran("epgu batch reconcile "+path+" --statement "+kit.Shell(file)), u.Open(e, ""))
				}})
			}},
		{ID: "reconcile.decide", Title: i18n.Text{RU: "решить самому", EN: "decide"}, Keys: []string{"d"}, Command: "epgu batch reconcile " + path + " --decide " + f.Payment.ID, Off: none, Footer: true,
			Run: func() tea.Cmd { return u.decide(ctx, f.Payment) }},
		{ID: "reconcile.view", Title: i18n.Text{RU: "подробно", EN: "details"}, Keys: []string{"enter"}, Off: ifNot(ok),
			Run: func() tea.Cmd { return explainUncertain(f) }},
		{ID: "reconcile.story", Title: i18n.Text{RU: "скопировать номер платежа", EN: "copy the payment's id"}, Keys: []string{"c"}, Command: "epgu audit show " + f.Payment.ID, Off: ifNot(ok),
			Run: func() tea.Cmd { return screen.Copy(f.Payment.ID) }},
	}
}

func ifNot(ok bool) i18n.Localised {
	if ok {
		return nil
	}
	return i18n.Say("незавершённых платежей нет", "no payment is unsettled")
}

// decide asks what became of a payment and why one knows, then for the signature.
func (u *uncertain) decide(ctx context.Context, p journal.Payment) tea.Cmd {
	to := []journal.State{journal.Paid, journal.Refused, journal.Returned, journal.Accepted, journal.Planned}
	options := make([]kit.Option, len(to))
	for i, s := range to {
		options[i] = kit.Option{Title: billing.StateTitle(s)}
		if s == journal.Planned {
			options[i].Title = i18n.Say("отправить ещё раз", "send it again")
		}
	}
	return screen.Ask(&kit.Choice{Head: i18n.Text{RU: "Что стало с платежом на %s?", EN: "What became of the payment of %s?"}.With(i18n.Money(p.AmountKopecks)), Options: options,
		Do: func(i int) tea.Cmd {
			return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Решение", EN: "Decision"}, Ask: i18n.Say("Почему вы это знаете? Причина остаётся в журнале.", "How do you know? The reason stays in the journal."),
				Accept: func(s string) i18n.Localised {
					if strings.TrimSpace(s) == "" {
						return i18n.Say("нужна причина", "a reason is needed")
					}
					return nil
				},
				Do: func(why string) tea.Cmd {
					return func() tea.Msg {
						all, err := u.src.Certificates(ctx)
						return deciding{u, p, to[i], why, all, err}
					}
				}})
		}})
}

// confirm takes the typed id and records the decision.
func (u *uncertain) confirm(ctx context.Context, m deciding, certificate, pin string) tea.Cmd {
	p := m.payment
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Решение", EN: "Decision"},
		Ask: i18n.Text{RU: "Платёж %s на %s (УИН %s) станет «%s» по вашему слову. Наберите его номер:", EN: "Payment %s of %s (УИН %s) becomes %s on your word. Type its ID:"}.
			With(p.ID, i18n.Money(p.AmountKopecks), untrusted.Text(p.UIN), billing.StateTitle(m.to)),
		Accept: func(s string) i18n.Localised {
			if strings.TrimSpace(s) != p.ID {
				return i18n.Say("это не его номер; ничего не сделано", "that is not its ID; nothing was done")
			}
			return nil
		},
		Do: func(string) tea.Cmd {
			d := Decision{Payment: p.ID, To: m.to, Why: m.why, Certificate: certificate, PIN: pin}
			command := "epgu batch reconcile " + kit.Shell(u.path) + " --decide " + p.ID + " --as " + string(m.to) + " --why " + kit.Shell(m.why) + " --cert " + kit.Shell(certificate)
			return tea.Batch(screen.Ran(command), func() tea.Msg { return decided{u, u.src.Decide(ctx, u.path, d)} })
		}})
}

func uncertainColumns() []kit.Column {
	return []kit.Column{{Width: 6, Right: true, Role: theme.Muted}, {Width: 20, Least: 114}, {Width: 13, Right: true, Role: theme.Strong}, {Width: 17, Role: theme.Warning, Least: 96}, {Share: 1}, {Width: 12, Role: theme.Good}}
}

func uncertainHead(e *screen.Env, cols int) view.Line {
	return kit.Row(uncertainColumns(), cols, []string{e.T("Строка", "Row"), "УИН", e.T("Сумма", "Sum"), e.T("Было", "Was"), e.T("Кто что говорит", "Who says what"), e.T("Стало", "Is")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func uncertainLine(e *screen.Env, f reconcile.Finding, cols int) view.Line {
	said := said(e, f)
	is := e.T("не известно", "not known")
	if f.To != "" {
		is = e.Say(billing.StateTitle(f.To))
	}
	return kit.Row(uncertainColumns(), cols, []string{fmt.Sprint(f.Payment.Row), f.Payment.UIN, rubles(e, f.Payment.AmountKopecks), e.Say(billing.StateTitle(f.Payment.State)), strings.Join(said, "; "), is})
}

func said(e *screen.Env, f reconcile.Finding) []string {
	out := make([]string, len(f.Says))
	for i, s := range f.Says {
		out[i] = witness(e, s.Witness) + ": " + word(e, s.What)
	}
	return out
}

// explainUncertain says all about one payment.
func explainUncertain(f reconcile.Finding) tea.Cmd {
	return screen.Ask(&kit.Notice{Head: i18n.Text{RU: "Платёж строки %d", EN: "The payment of row %d"}.With(f.Payment.Row), Lines: func(e *screen.Env, cols int) view.Frame {
		facts := []kit.Fact{
			{Name: e.T("Платёж", "Payment"), Value: f.Payment.ID},
			{Name: "УИН", Value: f.Payment.UIN},
			{Name: e.T("Сумма", "Sum"), Value: rubles(e, f.Payment.AmountKopecks), Role: theme.Strong},
			{Name: e.T("Было", "Was"), Value: e.Say(billing.StateTitle(f.Payment.State)), Role: theme.Warning},
		}
		for i, s := range said(e, f) {
			name := ""
			if i == 0 {
				name = e.T("Свидетели", "Witnesses")
			}
			facts = append(facts, kit.Fact{Name: name, Value: s})
		}
		return kit.Facts(facts, cols)
	}})
}

// witness names who speaks.
func witness(e *screen.Env, w journal.Witness) string {
	switch w {
	case journal.Statement:
		return e.T("выписка", "statement")
	case journal.Operator:
		return e.T("человек", "a person")
	case journal.PortalByID:
		return e.T("портал", "portal")
	case journal.ChargeFlag:
		return e.T("начисление", "charge")
	case journal.OwnFile:
		return e.T("файл в банк", "bank file")
	}
	return string(w)
}

// word is what a witness said, in words where it is a state.
func word(e *screen.Env, what string) string {
	switch journal.State(what) {
	case journal.Paid, journal.Refused, journal.Returned, journal.Accepted, journal.Unknown, journal.Planned:
		return e.Say(billing.StateTitle(journal.State(what)))
	}
	switch what {
	case "not-found":
		return e.T("не знает такого", "knows none")
	case "unpaid":
		return e.T("не оплачено", "unpaid")
	}
	return what
}

// Draw draws what is open and the list.
func (u *uncertain) Draw(e *screen.Env, size view.Size) view.Frame {
	top := u.open(e, size.W)
	return append(top, u.View(e, view.Size{W: size.W, H: size.H - len(top)})...)
}

// Spoken reads what is open and the list.
func (u *uncertain) Spoken(e *screen.Env) screen.Spoken {
	out := u.Records.Spoken(e)
	out.Lines = append(kit.Said(u.open(e, 110)), out.Lines...)
	return out
}

// open says what is still not known.
func (u *uncertain) open(e *screen.Env, cols int) view.Frame {
	top := view.Frame{view.Blank()}
	if u.asked.open != nil {
		top = append(top, view.Wrap(theme.Warning, "  "+e.Say(messageOf(u.asked.open)), cols)...)
	}
	return top
}
