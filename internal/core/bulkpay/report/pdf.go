package report

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/pdftable"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// PDFOptions say what a printed register holds apart from its rows.
type PDFOptions struct {
	Title    i18n.Message
	Lines    []i18n.Message
	Training bool // a training portal: every page says SANDBOX
	Created  time.Time
	Lang     i18n.Lang
}

// PDF prints a register of payments: numbered pages, totals at the end.
type PDF struct {
	w    *pdftable.Writer
	lang i18n.Lang
	n    int
}

// NewPDF begins a printed register.
func NewPDF(w io.Writer, o PDFOptions) (*PDF, error) {
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(o.Lang) }
	p := pdftable.Options{Title: untrusted.Clean(o.Title.In(o.Lang)), Created: o.Created, Lang: string(o.Lang), Page: say("Страница %s из %s", "Page %s of %s"),
		Columns: []pdftable.Column{{Title: "№", Width: 12, Right: true}, {Title: say("Дата", "Date"), Width: 17}, {Title: "УИН", Width: 39},
			{Title: say("Получатель", "Payee"), Width: 62}, {Title: say("Счёт получателя", "Payee's account"), Width: 34}, {Title: "КБК", Width: 34},
			{Title: say("Сумма, руб.", "Amount, RUB"), Width: 24, Right: true}, {Title: say("Состояние", "State"), Width: 24}, {Title: say("Документ", "Document"), Width: 40}}}
	for _, l := range o.Lines {
		p.Lines = append(p.Lines, untrusted.Clean(l.In(o.Lang)))
	}
	if o.Training {
		p.Mark, p.MarkSay = "SANDBOX", say("Учебный портал: документ не имеет силы, деньги не переводились", "Training portal: this document has no force, no money has moved")
	}
	d, err := pdftable.New(w, p)
	if err != nil {
		return nil, err
	}
	return &PDF{w: d, lang: o.Lang}, nil
}

// Write prints a payment in a state, a payment's or a row's.
func (d *PDF) Write(state string, p Paid) error {
	d.n++
	day := ""
	if !p.At.IsZero() {
		day = p.At.In(clock.Moscow()).Format("02.01.2006")
	}
	return d.w.Row([]string{strconv.Itoa(d.n), day, p.UIN, untrusted.Clean(p.Payee.Name), p.Payee.Account, p.Budget.KBK,
		rubles(d.lang, p.Kopecks), StateTitle(state).In(d.lang), untrusted.Clean(p.Document)})
}

// rubles writes a sum without its unit: the column says what it is.
func rubles(l i18n.Lang, kopecks int64) string {
	return strings.TrimRight(i18n.Rubles(l, kopecks), "₽RUB\u00a0 ")
}

// Close prints the totals and ends the document. It does not close the underlying
// writer.
func (d *PDF) Close(t *Totals) error {
	say := func(m i18n.Localised) string { return untrusted.Clean(m.In(d.lang)) }
	d.w.Heading(say(i18n.Text{RU: "Итого оплачено: платежей %d на %s", EN: "Paid in all: %d payments, %s"}.With(t.Paid.N, i18n.Money(t.Paid.Kopecks))))
	for _, state := range States() {
		if s := t.States[state]; s.N > 0 && state != string(journal.Paid) {
			d.w.Line(say(i18n.Text{RU: "%s: %d на %s", EN: "%s: %d, %s"}.With(StateTitle(state), s.N, i18n.Money(s.Kopecks))))
		}
	}
	d.groups(i18n.Text{RU: "Оплачено по получателям", EN: "Paid by payee"}, t.Payees)
	d.groups(i18n.Text{RU: "Оплачено по КБК", EN: "Paid by КБК"}, t.KBKs)
	return d.w.Close()
}

func (d *PDF) groups(title i18n.Text, list []planfile.Group) {
	if len(list) == 0 {
		return
	}
	d.w.Heading(title.In(d.lang))
	for _, g := range list {
		name := g.Key
		if g.Name != "" {
			name = g.Name + ", " + g.Key
		}
		if name == "" {
			name = i18n.Text{RU: "прочие", EN: "others"}.In(d.lang)
		}
		d.w.Line(untrusted.Clean(i18n.Text{RU: "%s: платежей %d на %s", EN: "%s: %d payments, %s"}.With(name, g.N, i18n.Money(g.Kopecks)).In(d.lang)))
	}
}

// States are the states of a report's rows, those of payments first.
func States() []string {
	out := []string{string(journal.Paid), string(journal.Accepted), string(journal.Sending), string(journal.Unknown), string(journal.Claimed), string(journal.Planned), string(journal.Refused), string(journal.Returned), Unsent, Settled}
	for _, s := range planfile.Statuses()[2:] {
		out = append(out, string(s))
	}
	return out
}

// StateTitle is the state of a row for people.
func StateTitle(state string) i18n.Text {
	switch state {
	case string(journal.Accepted):
		return i18n.Text{RU: "принят", EN: "accepted"}
	case Settled:
		return i18n.Text{RU: "оплачен раньше", EN: "paid before"}
	case Unsent:
		return i18n.Text{RU: "не отправлен", EN: "not sent"}
	case string(planfile.InFlight):
		return i18n.Text{RU: "уже отправлен", EN: "on its way"}
	case string(planfile.Duplicate):
		return i18n.Text{RU: "повтор", EN: "repeated"}
	case string(planfile.Changed):
		return i18n.Text{RU: "сумма другая", EN: "sum has changed"}
	case string(planfile.Annulled):
		return i18n.Text{RU: "аннулирован", EN: "annulled"}
	case string(planfile.Absent):
		return i18n.Text{RU: "нет начисления", EN: "no such charge"}
	case string(planfile.Ended):
		return i18n.Text{RU: "срок прошёл", EN: "term is over"}
	case string(planfile.Excluded):
		return i18n.Text{RU: "не берётся", EN: "left out"}
	case string(planfile.Wrong):
		return i18n.Text{RU: "с ошибкой", EN: "at fault"}
	}
	return billing.StateTitle(journal.State(state))
}
