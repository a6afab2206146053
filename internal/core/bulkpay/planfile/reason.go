package planfile

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Difference is a requisite in which the register and the charge do not agree.
type Difference struct {
	Field    string `json:"field"` // a Field… constant
	Register string `json:"register"`
	Charge   string `json:"charge"`
}

// Fields of a Difference.
const (
	FieldAccount  = "payee.account"
	FieldPayeeINN = "payee.inn"
	FieldKBK      = "kbk"
	FieldOKTMO    = "oktmo"
)

// Codes of Row.Why that a status alone does not tell.
const (
	WhySettled    = "report.settled"     // an earlier report, fed in again, says that the row is paid
	WhyNothingDue = "charge.nothing_due" // the charge asks for nothing more
	WhyNoAmount   = "amount.absent"      // neither the register nor a charge names a sum
	WhyRequisites = "payee.differs"      // the register names another payee, КБК or ОКТМО than the charge
)

// Words say what differs.
func (d *Difference) Words() i18n.Localised {
	name := i18n.Say(d.Field, d.Field)
	switch d.Field {
	case FieldAccount:
		name = i18n.Say("счёт получателя", "the payee's account")
	case FieldPayeeINN:
		name = i18n.Say("ИНН получателя", "the payee's ИНН")
	case FieldKBK:
		name = i18n.Say("КБК", "КБК")
	case FieldOKTMO:
		name = i18n.Say("ОКТМО", "ОКТМО")
	}
	return i18n.Text{RU: "%s: в реестре %s, в начислении %s", EN: "%s: %s in the register, %s in the charge"}.With(name, untrusted.Text(d.Register), untrusted.Text(d.Charge))
}

// list is several reasons in one.
type list struct{ parts []i18n.Localised }

// In joins the reasons.
func (l list) In(lang i18n.Lang) string {
	words := make([]string, len(l.parts))
	for i, r := range l.parts {
		words[i] = r.In(lang)
	}
	return strings.Join(words, "; ")
}

// Reason says in words why a row is not to be paid; nil for one that is.
func (r *Row) Reason() i18n.Localised {
	switch r.Status {
	case Pay:
		return nil
	case Paid:
		return r.paidReason()
	case InFlight:
		if r.Why == "journal."+string(journal.Unknown) {
			return i18n.Text{RU: "исход платежа %s неизвестен", EN: "the outcome of payment %s is unknown"}.With(r.Holder)
		}
		return i18n.Text{RU: "её уже оплачивает платёж %s", EN: "payment %s is paying it already"}.With(r.Holder)
	case Duplicate:
		return i18n.Text{RU: "то же оплачивает строка %s", EN: "row %s pays the same"}.With(strings.TrimPrefix(r.Holder, "row "))
	case Changed:
		var all list
		if r.Asked != 0 && r.Asked != r.Kopecks {
			all.parts = append(all.parts, i18n.Text{RU: "в реестре %s, по начислению %s", EN: "%s in the register, %s by the charge"}.With(i18n.Money(r.Asked), i18n.Money(r.Kopecks)))
		}
		for i := range r.Differs {
			all.parts = append(all.parts, r.Differs[i].Words())
		}
		return all
	case Annulled:
		return i18n.Say("начисление аннулировано", "the charge was annulled")
	case Absent:
		return i18n.Say("портал не знает такого начисления", "the portal knows no such charge")
	case Ended:
		return i18n.Say("срок оплаты прошёл", "the term of payment is over")
	case Excluded:
		return i18n.Say("сумма больше предела одного платежа", "the sum is above the limit of one payment")
	}
	if r.Why == WhyNoAmount {
		return i18n.Say("суммы нет ни в реестре, ни в начислении", "neither the register nor a charge names a sum")
	}
	return i18n.Text{RU: "ошибка в реестре (%s), её показывает epgu batch check", EN: "an error of the register (%s), epgu batch check shows it"}.With(untrusted.Text(r.Why))
}

func (r *Row) paidReason() i18n.Localised {
	switch {
	case r.Why == WhySettled:
		return i18n.Say("оплачено: так говорит прежний отчёт", "paid: an earlier report says so")
	case r.Why == WhyNothingDue:
		return i18n.Say("платить по начислению нечего", "the charge asks for nothing")
	case r.Holder != "":
		return i18n.Text{RU: "уже оплачено платежом %s", EN: "paid already by payment %s"}.With(untrusted.Text(r.Holder))
	}
	return i18n.Say("начисление уже оплачено", "the charge is paid already")
}
