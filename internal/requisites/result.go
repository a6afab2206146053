package requisites

import (
	"errors"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Verdict is the answer of Check.
type Verdict string

// The three answers. NotCheckable means that the form is right and nothing
// more can be said.
const (
	VerdictValid        Verdict = "valid"
	VerdictInvalid      Verdict = "invalid"
	VerdictNotCheckable Verdict = "not-checkable"
)

// Options complete a check.
type Options struct {
	BIK string // the bank of an account, in any spelling; empty = form only
}

// Result is what can be said about one value.
type Result struct {
	Kind       Kind
	Input      untrusted.Text
	Normalised string // empty if invalid
	Verdict    Verdict
	Problem    *Problem // only if invalid
	Details    []Detail
}

// Detail is one thing that a valid value says about itself.
type Detail struct {
	Name    string    // stable word: "administrator"
	Value   string    // for scripts: "188"
	Meaning i18n.Text // for people; may be empty
}

// View is a Result in one language, ready for JSON and tables.
type View struct {
	Kind       string            `json:"kind"`
	Input      untrusted.Text    `json:"input"`
	Normalised string            `json:"normalised,omitempty"`
	Verdict    Verdict           `json:"verdict"`
	Code       string            `json:"code,omitempty"`
	Message    string            `json:"message,omitempty"`
	Hint       string            `json:"hint,omitempty"`
	Position   int               `json:"position,omitempty"`
	Found      string            `json:"found,omitempty"`
	Expected   string            `json:"expected,omitempty"`
	Slip       Slip              `json:"slip,omitempty"`
	Suggestion string            `json:"suggestion,omitempty"`
	Details    map[string]string `json:"details,omitempty"`
}

// In renders the result in language l. A detail with a meaning reads
// "188, МВД России" there.
func (r Result) In(l i18n.Lang) View {
	v := View{Kind: r.Kind.String(), Input: r.Input, Normalised: r.Normalised, Verdict: r.Verdict}
	if p := r.Problem; p != nil {
		v.Code, v.Message, v.Hint = p.Code, p.message.In(l), p.hint.In(l)
		v.Position, v.Found, v.Expected, v.Slip, v.Suggestion = p.Position, p.Found, p.Expected, p.Slip, p.Suggestion
	}
	for _, d := range r.Details {
		if v.Details == nil {
			v.Details = make(map[string]string, len(r.Details))
		}
		text := d.Value
		switch {
		case text == "":
			text = d.Meaning.In(l)
		case !d.Meaning.IsZero():
			text += ", " + d.Meaning.In(l)
		}
		v.Details[d.Name] = text
	}
	return v
}

// Check checks one value and tells what it says about itself. A wrong БИК in
// the options is reported as the account's problem with the БИК's own code.
func Check(k Kind, value string, o Options) Result {
	r := Result{Kind: k, Input: untrusted.Text(cut(value)), Verdict: VerdictValid}
	v, err := parse(k, value)
	if err == nil && k == KindAccount {
		v, err = r.checkAccount(value, v, o)
	}
	if err != nil {
		r.Verdict = VerdictInvalid
		errors.As(err, &r.Problem)
		return r
	}
	r.Normalised = v
	r.describe()
	return r
}

func (r *Result) checkAccount(value, account string, o Options) (string, error) {
	r.Verdict = VerdictNotCheckable
	if o.BIK == "" {
		if !Account(account).Treasury() {
			r.detail("key", "", i18n.Text{RU: "ключ не проверен: нужен БИК", EN: "the key was not checked: it needs a БИК"})
		}
		return account, nil
	}
	bik, err := ParseBIK(o.BIK)
	if err != nil {
		return "", err
	}
	if KeyOf(bik, Account(account)) == KeyValid {
		r.Verdict = VerdictValid
	}
	a, err := ParseAccountAt(value, bik)
	return string(a), err
}

func (r *Result) detail(name, value string, meaning i18n.Text) {
	r.Details = append(r.Details, Detail{name, value, meaning})
}

// describe adds what a valid value says about itself.
func (r *Result) describe() {
	v := r.Normalised
	if RoundedShape(v) && (r.Kind == KindKBK || r.Kind == KindAccount || r.Kind == KindUIN) {
		r.detail("warning", "rounded_shape", i18n.Text{RU: "похоже на число, округлённое программой (jq, JavaScript, таблица): последние цифры могли быть другими, сверьте с документом",
			EN: "looks like a number that a program has rounded (jq, JavaScript, a spreadsheet): its last digits may have been others, compare with the document"})
	}
	switch r.Kind {
	case KindUIN:
		r.describeUIN(UIN(v))
	case KindINN:
		r.detail("region", v[:2], i18n.Text{})
		if INN(v).Person() {
			r.detail("holder", "person", i18n.Text{RU: "физическое лицо", EN: "a person"})
		} else {
			r.detail("holder", "organisation", i18n.Text{RU: "организация", EN: "an organisation"})
		}
	case KindKPP:
		r.detail("office", v[:4], i18n.Text{RU: "налоговая инспекция", EN: "tax office"})
	case KindOGRN:
		if OGRN(v).Trader() {
			r.detail("holder", "trader", i18n.Text{RU: "предприниматель (ОГРНИП)", EN: "a sole trader"})
		} else {
			r.detail("holder", "organisation", i18n.Text{RU: "организация", EN: "an organisation"})
		}
	case KindSNILS:
		r.detail("grouped", SNILS(v).Grouped(), i18n.Text{})
		if !SNILS(v).HasKey() {
			r.Verdict = VerdictNotCheckable
			r.detail("key", "", i18n.Text{RU: "у номеров до 001-001-998 нет контрольных цифр", EN: "numbers up to 001-001-998 carry no check digits"})
		}
	case KindKBK:
		if v == Absent {
			r.absent()
			return
		}
		r.administrator(KBK(v).Administrator())
		if KBK(v).SingleTaxPayment() {
			c, _ := notableKBK().find(v)
			r.detail("warning", "single_tax_payment", c.Meaning)
		}
	case KindBIK:
		r.describeBIK(v)
	case KindAccount:
		r.describeAccount(Account(v))
	case KindUIP:
		if d := v[16:24]; checkDate([]byte(d[:2]+"."+d[2:4]+"."+d[4:])).code == fine {
			r.detail("date", d[4:]+"-"+d[2:4]+"-"+d[:2], i18n.Text{})
		}
	case KindDrawerStatus, KindPaymentBasis, KindPaymentType:
		if v == Absent {
			r.absent()
			return
		}
		l := listOf(r.Kind)
		c, listed := l.find(v)
		if !listed {
			r.Verdict = VerdictNotCheckable
			doubt := l.doubt()
			r.detail("doubt", "unlisted", i18n.Text{RU: doubt.In(i18n.RU), EN: doubt.In(i18n.EN)})
		}
		r.detail("meaning", "", c.Meaning)
		r.detail("asOf", l.AsOf, i18n.Text{})
		r.detail("source", l.Source, i18n.Text{})
		if l.Older() {
			r.detail("law", l.LawSince, i18n.Text{RU: "список старше действующего закона: " + l.Law, EN: "the list is older than the law in force: " + l.Law})
		}
		if c.Until != "" {
			r.detail("until", c.Until, i18n.Text{})
		}
	case KindOKTMO, KindTaxPeriod, KindDocumentNumber, KindDocumentDate:
		if v == Absent {
			r.absent()
		}
	}
}

func (r *Result) absent() {
	r.detail("absent", "", i18n.Text{RU: "значения нет", EN: "there is no value"})
}

func (r *Result) administrator(code string) {
	name, _ := AdministratorName(code)
	r.detail("administrator", code, name)
}

func (r *Result) describeUIN(u UIN) {
	if reg := u.Registration(); reg != "" {
		r.detail("length", "25", i18n.Text{})
		r.detail("registration", reg, i18n.Text{RU: "код получателя в реестре", EN: "the payee's register code"})
		return
	}
	r.detail("length", "20", i18n.Text{})
	if a := u.Administrator(); a != "" {
		r.administrator(a)
	}
}

func (r *Result) describeBIK(v string) {
	switch v[:2] {
	case "04":
		r.detail("holder", "bank", i18n.Text{RU: "кредитная организация или расчётный центр", EN: "a bank or a settlement centre"})
	case "00", "01", "02":
		r.detail("holder", "treasury", i18n.Text{RU: "казначейство или подразделение Банка России", EN: "the treasury or a unit of the Bank of Russia"})
	}
}

func (r *Result) describeAccount(a Account) {
	switch {
	case a.Treasury():
		r.detail("type", "treasury", i18n.Text{RU: "казначейский счёт: ключа, связанного с БИК, у него нет", EN: "a treasury account: it has no key tied to a БИК"})
	case a.SingleTreasury():
		r.detail("type", "single-treasury", i18n.Text{RU: "единый казначейский счёт", EN: "the single treasury account"})
	case a.Correspondent():
		r.detail("type", "correspondent", i18n.Text{RU: "корреспондентский счёт", EN: "a correspondent account"})
	default:
		r.detail("type", "bank", i18n.Text{RU: "счёт в банке", EN: "a bank account"})
	}
	r.detail("currency", a.Currency(), i18n.Text{})
}
