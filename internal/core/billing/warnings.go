package billing

import (
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Facts are what warnings are judged by besides the charge itself.
type Facts struct {
	Now time.Time
	// Self holds the payer identifiers of whoever pays; empty when unknown.
	Self []string
	// Last is the latest payment to the same payee under the same КБК; nil when
	// there is none.
	Last *journal.Payment
	// GivenKopecks is the sum that the payer named; 0 when they named none.
	GivenKopecks int64
}

// discountEnds is how near the end of a discount is worth a word.
const discountEnds = 48 * time.Hour

func date(t time.Time) i18n.Day { return i18n.Day(t.In(clock.Moscow())) }

// Warnings says what a payer should know before saying yes, what costs most
// first.
func Warnings(c cabinet.Charge, f Facts) []i18n.Message {
	var w []i18n.Message
	add := func(m i18n.Message) { w = append(w, m) }
	if c.Kind == "duty" && requisites.KBK(c.Payee.KBK).SingleTaxPayment() {
		add(i18n.Say("это КБК единого налогового платежа: госпошлина, отправленная туда, для вас потеряна",
			"this is the КБК of the single tax payment: a state duty sent there is lost for you"))
	}
	for _, v := range []string{c.Payee.KBK, c.Payee.Account, c.UIN} {
		if requisites.RoundedShape(v) {
			add(i18n.Text{RU: "номер %s похож на округлённый программой: его последние цифры могли быть другими, сверьте с документом", EN: "the number %s looks as if a program had rounded it: its last digits may have been others, compare it with the document"}.With(v))
		}
	}
	if l := f.Last; l != nil {
		if was, is := l.PayeeAccount, c.Payee.Account; was != "" && is != "" && was != is {
			add(i18n.Text{RU: "счёт получателя другой: в прошлый раз (%s) платили на %s, теперь на %s; сверьте реквизиты",
				EN: "the payee's account has changed: last time (%s) it was %s, now it is %s; compare the requisites"}.With(date(l.CreatedAt), was, is))
		}
		if was, is := l.OKTMO, c.Payee.OKTMO; was != "" && is != "" && was != is {
			add(i18n.Text{RU: "ОКТМО получателя другой: в прошлый раз (%s) был %s, теперь %s; сверьте реквизиты",
				EN: "the payee's ОКТМО has changed: last time (%s) it was %s, now it is %s; compare the requisites"}.With(date(l.CreatedAt), was, is))
		}
	}
	if f.GivenKopecks != 0 && f.GivenKopecks != c.DueKopecks {
		add(i18n.Text{RU: "к оплате %s, а вы указали %s", EN: "%s is due, but you gave %s"}.With(i18n.Money(c.DueKopecks), i18n.Money(f.GivenKopecks)))
	}
	if len(f.Self) > 0 && c.UIN != "" && !slices.Contains(f.Self, c.PayerID) {
		add(i18n.Say("это начисление выставлено не вам: деньги зачтутся тому, кому оно выставлено",
			"this charge is not yours: the money will count for whom it was charged to"))
	}
	discount(c, f.Now, add)
	if c.PayUntil != nil && c.PayUntil.Before(f.Now) {
		add(i18n.Text{RU: "срок оплаты прошёл %s", EN: "the term of payment ended on %s"}.With(date(*c.PayUntil)))
	}
	switch c.State {
	case "partly-paid":
		add(i18n.Text{RU: "часть уже оплачена: начислено %s, осталось %s", EN: "a part is paid already: %s was charged, %s is left"}.
			With(i18n.Money(c.AmountKopecks), i18n.Money(c.DueKopecks)))
	case "clarified":
		add(i18n.Say("ведомство уточнило начисление: сумма или реквизиты могли измениться", "the department has corrected this charge: its sum or requisites may have changed"))
	}
	rules := requisites.BudgetPayment{Day: f.Now.In(clock.Moscow()), PayeeINN: c.Payee.INN, PayeeAccount: c.Payee.Account, PayeeBIK: c.Payee.BIK, PayeeBank: c.Payee.BankName.Raw(),
		PayeeCorr: c.Payee.CorrAccount, KBK: c.Payee.KBK, OKTMO: c.Payee.OKTMO}
	for _, a := range rules.Advise() {
		if c.Kind == "duty" && requisites.KBK(c.Payee.KBK).SingleTaxPayment() {
			break // the duty has gone astray already
		}
		add(i18n.Text{RU: "%s; %s (источник: %s)", EN: "%s; %s (source: %s)"}.With(a.Message, a.Hint, a.Source))
	}
	return w
}

func discount(c cabinet.Charge, now time.Time, add func(i18n.Message)) {
	d := c.Discount
	if d == nil {
		return
	}
	left := d.LastDay.Sub(now)
	if left <= 0 || left >= discountEnds {
		return
	}
	day := func(t time.Time) string { return t.In(clock.Moscow()).Format(time.DateOnly) }
	switch day(d.LastDay) {
	case day(now):
		add(i18n.Text{RU: "скидка кончается сегодня: завтра будет %s вместо %s", EN: "the discount ends today: tomorrow it will be %s instead of %s"}.
			With(i18n.Money(c.AmountKopecks), i18n.Money(d.DueKopecks)))
	case day(now.AddDate(0, 0, 1)):
		add(i18n.Text{RU: "скидка кончается завтра, %s: потом будет %s вместо %s", EN: "the discount ends tomorrow, %s: then it will be %s instead of %s"}.
			With(date(d.LastDay), i18n.Money(c.AmountKopecks), i18n.Money(d.DueKopecks)))
	default:
		add(i18n.Text{RU: "скидка действует до %s включительно", EN: "the discount lasts until %s inclusive"}.With(date(d.LastDay)))
	}
}
