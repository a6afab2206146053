package requisites

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// BudgetPayment is what the rules of a payment to the budget look at. Empty
// fields are not known and not judged; "0" is a value.
type BudgetPayment struct {
	Day          time.Time // of the payment: rules that hold later do not judge it
	PayerName    string    // field 8
	PayerINN     string    // 60
	PayerKPP     string    // 102
	PayeeINN     string    // 61
	PayeeAccount string    // 17
	PayeeBIK     string    // 14
	PayeeBank    string    // 13
	PayeeCorr    string    // 15
	KBK          string    // 104
	OKTMO        string    // 105
}

// Advice is what a rule has to say. It never refuses: what money may do is the
// bank's and the treasury's to say.
type Advice struct {
	Code    string // stable and dotted: "enp.kpp"
	Field   int    // of the payment order
	Since   string // the day from which the rule holds, YYYY-MM-DD
	Source  i18n.Text
	Message i18n.Message
	Hint    i18n.Message
}

// The days from which the rules hold.
const (
	enpSince       = "2023-01-01" // Налоговый кодекс, ст. 11.3: taxes go by one payment
	bankNamesSince = "2025-10-27" // Казначейство, письмо от 10.10.2025 № 07-04-05/03-29299
	order58Since   = "2026-04-01" // Минфин, приказ от 16.05.2025 № 58н
)

//go:embed data/enp.tsv
var enpFile string

// enpAccount is where the single tax payment goes.
type enpAccount struct{ KBK, INN, Account, BIK, Corr, Bank string }

var enp = sync.OnceValue(func() (a enpAccount) {
	for line := range strings.Lines(enpFile) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if line[0] != '#' && len(f) == 6 {
			a = enpAccount{f[0], f[1], f[2], f[3], f[4], f[5]}
		}
	}
	return a
})

func order58() i18n.Text {
	return i18n.Text{RU: "приказ Минфина России от 16.05.2025 № 58н, с 01.04.2026", EN: "order 58н of the Ministry of Finance of 2025-05-16, since 2026-04-01"}
}

func taxService() i18n.Text {
	return i18n.Text{RU: "реквизиты ЕНП, опубликованные ФНС", EN: "requisites of the single tax payment published by the tax service"}
}

// Advise returns what the rules say of the payment; nothing costs next to
// nothing when all is well.
func (p *BudgetPayment) Advise() (list []Advice) {
	on := func(since string) bool { return p.Day.IsZero() || p.Day.Format(time.DateOnly) >= since }
	a := enp()
	if p.KBK == a.KBK {
		p.single(&a, on, &list)
	} else if on(enpSince) && byENP(p.KBK) && (p.PayeeINN == a.INN || p.PayeeAccount == a.Account) {
		list = append(list, Advice{"enp.kbk", 104, enpSince, taxService(),
			i18n.Say("КБК отдельного налога на счёте ЕНП: с 2023 года такие налоги платят по КБК единого налогового платежа", "the КБК of a single tax on the account of the single tax payment: since 2023 such taxes go by the КБК of the single tax payment"),
			i18n.Text{RU: "обычно здесь %s", EN: "usually it is %s"}.With(a.KBK)})
	}
	if p.KBK != "" && p.KBK != a.KBK && Valid(KindKBK, p.KBK) && p.OKTMO == Absent && on(order58Since) {
		list = append(list, Advice{"oktmo_zero", 105, order58Since, order58(),
			i18n.Say("ОКТМО «0» ставят в едином налоговом платеже, а КБК здесь другой", "ОКТМО \"0\" belongs to the single tax payment, and the КБК is another one"),
			i18n.Say("впишите ОКТМО из начисления или с сайта получателя", "enter the ОКТМО from the charge or from the payee's site")})
	}
	// The units of other regions have new names too; which, is in the directory of БИК.
	if p.PayeeBIK == a.BIK && p.PayeeBank != "" && on(bankNamesSince) && oldBankName(p.PayeeBank) {
		list = append(list, Advice{"bank.old_name", 13, bankNamesSince, i18n.Text{RU: "письмо Казначейства от 10.10.2025 № 07-04-05/03-29299, с 27.10.2025", EN: "letter of the Treasury 07-04-05/03-29299 of 2025-10-10, since 2025-10-27"},
			i18n.Say("прежнее название подразделения Банка России", "the former name of a unit of the Bank of Russia"),
			i18n.Text{RU: "с 27.10.2025: %s", EN: "since 2025-10-27: %s"}.With(a.Bank)})
	}
	if len(p.PayerINN) == 12 && on(order58Since) && p.KBK != "" && p.KBK != Absent && unmarkedTrader(p.PayerName) {
		list = append(list, Advice{"payer.trader", 8, order58Since, order58(),
			i18n.Say("в поле 8 предприниматель пишет имя, а за ним «(ИП)»", "in field 8 a sole trader writes the name and \"(ИП)\" behind it"),
			i18n.Say("например: Иванов Иван Иванович (ИП)", "for example: Иванов Иван Иванович (ИП)")})
	}
	return list
}

// single judges a single tax payment.
func (p *BudgetPayment) single(a *enpAccount, on func(string) bool, list *[]Advice) {
	differs := func(code string, field int, have, want string, what i18n.Text) {
		if have != "" && have != want {
			*list = append(*list, Advice{code, field, enpSince, taxService(),
				i18n.Text{RU: "%s не тот, что у единого налогового платежа", EN: "%s is not the one of the single tax payment"}.With(what),
				i18n.Text{RU: "опубликованное значение — %s", EN: "the published value is %s"}.With(want)})
		}
	}
	differs("enp.inn", 61, p.PayeeINN, a.INN, i18n.Text{RU: "ИНН получателя", EN: "the payee's ИНН"})
	differs("enp.account", 17, p.PayeeAccount, a.Account, i18n.Text{RU: "казначейский счёт", EN: "the treasury account"})
	differs("enp.bik", 14, p.PayeeBIK, a.BIK, i18n.Text{RU: "БИК", EN: "the БИК"})
	differs("enp.corr", 15, p.PayeeCorr, a.Corr, i18n.Text{RU: "единый казначейский счёт", EN: "the single treasury account"})
	if !on(order58Since) {
		return
	}
	if p.PayerKPP != "" && p.PayerKPP != Absent {
		*list = append(*list, Advice{"enp.kpp", 102, order58Since, order58(),
			i18n.Say("для единого налогового платежа в поле 102 пишут 0; настоящий КПП — только иностранные организации с несколькими подразделениями", "field 102 of a single tax payment is 0; only foreign organisations with several branches give a real КПП"),
			i18n.Say("поставьте 0, если это не ваш случай", "enter 0, unless that is your case")})
	}
	if p.OKTMO != "" && p.OKTMO != Absent {
		*list = append(*list, Advice{"enp.oktmo", 105, order58Since, order58(),
			i18n.Say("для единого налогового платежа в поле 105 пишут 0", "field 105 of a single tax payment is 0"), i18n.Say("поставьте 0", "enter 0")})
	}
}

// byENP reports whether a КБК is of a tax that goes by the single tax payment:
// profits and income, goods, special regimes, property, minerals. The tax on
// professional income and the patent of foreigners go by themselves.
func byENP(kbk string) bool {
	if len(kbk) != 20 || kbk[:4] != "1821" {
		return false
	}
	switch kbk[4:6] {
	case "01", "03", "05", "06", "07":
		return kbk[4:8] != "0506" && kbk[4:11] != "0102040" && kbk[4:8] != "0704"
	}
	return false
}

// oldBankName recognises how units of the Bank of Russia were named before.
func oldBankName(name string) bool {
	if r, _ := utf8.DecodeRuneInString(name); r != 'О' && r != 'о' && r != 'Г' && r != 'г' { // nearly every name, at no cost
		return false
	}
	unit, _, treasury := strings.Cut(strings.ToUpper(name), "//")
	unit = strings.TrimSpace(unit)
	return (treasury || strings.Contains(unit, "БАНКА РОССИИ")) && (strings.HasPrefix(unit, "ОТДЕЛЕНИЕ") || strings.HasPrefix(unit, "ОТД-НИЕ") || strings.HasPrefix(unit, "ГУ БАНКА РОССИИ"))
}

// unmarkedTrader reports whether a name says that it is a sole trader's in the
// manner that was usual before: «ИП Иванов», «Индивидуальный предприниматель …».
func unmarkedTrader(name string) bool {
	if name == "" || strings.Contains(name, "(ИП)") {
		return false
	}
	upper := strings.ToUpper(name)
	return strings.HasPrefix(upper, "ИП ") || strings.HasPrefix(upper, "ИНДИВИДУАЛЬНЫЙ ПРЕДПРИНИМАТЕЛЬ")
}

// ActCode reports whether a value of field 22 is the four-digit code of an act
// that stands there in payments to court deposits, instead of an УИН, since
// 22.11.2021.
func ActCode(s string) bool {
	return len(s) == 4 && strings.Trim(s, "0123456789") == "" && s != "0000"
}

// KIO reports whether a value of field 60 is the code of a foreign organisation
// (КИО): five digits, without a check digit, in place of the ИНН.
func KIO(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789") == "" && s != "00000"
}

// Unlisted reports whether a value of field 101, 106 or 110 has the right form and
// is not in the list of these codes here, and returns what there is to say of it:
// the list, its day and source, and whether the law has changed since. Such a value
// is a doubt, not a fault: the list may be the one that is wrong.
func Unlisted(k Kind, v string) (i18n.Message, bool) {
	l := listOf(k)
	if l == nil || v == "" || v == Absent || !Valid(k, v) {
		return i18n.Message{}, false
	}
	if _, ok := l.find(v); ok {
		return i18n.Message{}, false
	}
	return l.doubt(), true
}

func (l *List) doubt() i18n.Message {
	if l.Older() {
		return i18n.Text{RU: "кода нет в здешнем списке на %s (%s), а с %s действует %s: сверьте с ним", EN: "the code is not in the list here as of %s (%s), and %s is in force since %s: compare with it"}.
			With(i18n.ISODay(l.AsOf), l.Source, i18n.Text{RU: i18n.ISODay(l.LawSince).In(i18n.RU), EN: l.Law}, i18n.Text{RU: l.Law, EN: l.LawSince})
	}
	return i18n.Text{RU: "кода нет в здешнем списке на %s (%s)", EN: "the code is not in the list here as of %s (%s)"}.With(i18n.ISODay(l.AsOf), l.Source)
}

// Older reports whether the law in force is younger than the list.
func (l *List) Older() bool { return l.LawSince != "" && l.AsOf < l.LawSince }

// listedForm checks the form of a code of field 101, 106 or 110.
func listedForm(k Kind, b []byte) bool {
	letters, digits := 0, 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		i += n
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r >= 'А' && r <= 'Я':
			letters++
		default:
			return false
		}
	}
	switch k {
	case KindDrawerStatus:
		return digits == 2 && letters == 0 && string(b) != "00"
	case KindPaymentBasis:
		return letters == 2 && digits == 0 || string(b) == "00"
	}
	return letters == 2 && digits == 0 || letters == 0 && digits >= 1 && digits <= 2
}
