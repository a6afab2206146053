package onec

import (
	"errors"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Party is the payer or the payee of an order.
type Party struct {
	Name        string
	INN         string // "" or "0" if there is none
	KPP         string
	Account     requisites.Account
	Bank        string // name
	BankPlace   string // town
	BIK         requisites.BIK
	CorrAccount string // "" or "0" if there is none; the ЕКС (40102…) for treasury payees
}

// Budget holds the fields of a payment to the budget; "0" where there is
// nothing to say.
type Budget struct {
	DrawerStatus string // 101
	KBK          string // 104
	OKTMO        string // 105
	Basis        string // 106
	TaxPeriod    string // 107
	DocNo        string // 108
	DocDate      string // 109
	PaymentType  string // 110
}

// Order is a payment order: what a bank executes.
type Order struct {
	Number   string
	Date     time.Time // a day
	Kopecks  int64
	Payer    Party
	Payee    Party
	UIN      string // field 22: an УИН or the code of an act; "" or "0" if there is none
	Purpose  string // field 24, up to 210 characters
	Priority int    // field 21: 1–5; 0 becomes 5
	Budget   *Budget
}

const (
	numberLimit  = 6   // characters, field 3
	nameLimit    = 160 // characters, fields 8 and 16
	purposeLimit = 210 // characters, field 24
)

// Document lays the order out as a document of the format, in the manner
// that accounting programs write: the names whole and the purpose both whole
// and by lines. It does not check; see Check.
func (o *Order) Document() *Document {
	d := &Document{Kind: PaymentOrder}
	d.Set(Number, o.Number)
	d.Set(Date, o.Date.Format(dateLayout))
	d.Set(Sum, money.Format(o.Kopecks, '.'))
	o.Payer.put(d, PayerAccount)
	o.Payee.put(d, PayeeAccount)
	d.Set(PaymentCode, "01")
	d.Set(UIN, orZero(o.UIN))
	purpose := strings.ReplaceAll(o.Purpose, "\r\n", "\n")
	d.Set(Purpose, oneLine(purpose))
	if strings.Contains(purpose, "\n") {
		for i, line := range strings.SplitN(purpose, "\n", int(Purpose6-Purpose1)+1) {
			d.Set(Purpose1+Key(i), oneLine(line))
		}
	}
	priority := o.Priority
	if priority == 0 {
		priority = 5
	}
	d.Set(Priority, string(rune('0'+priority%10)))
	if b := o.Budget; b != nil {
		d.Set(DrawerStatus, b.DrawerStatus)
		d.Set(PayerKPP, orZero(o.Payer.KPP))
		d.Set(PayeeKPP, orZero(o.Payee.KPP))
		d.Set(KBK, orZero(b.KBK))
		d.Set(OKTMO, orZero(b.OKTMO))
		d.Set(Basis, orZero(b.Basis))
		d.Set(TaxPeriod, orZero(b.TaxPeriod))
		d.Set(DocNo, orZero(b.DocNo))
		d.Set(DocDate, orZero(b.DocDate))
		d.Set(PaymentType, b.PaymentType)
	} else {
		d.Set(PayerKPP, o.Payer.KPP)
		d.Set(PayeeKPP, o.Payee.KPP)
	}
	return d
}

func orZero(s string) string {
	if s == "" {
		return requisites.Absent
	}
	return s
}

// put writes a party; account is PayerAccount or PayeeAccount, and the
// party's other fields follow it in the same order for both.
func (p *Party) put(d *Document, account Key) {
	at := func(k Key) Key { return k - PayerAccount + account }
	name := oneLine(p.Name)
	d.Set(account, string(p.Account))
	d.Set(at(Payer), name)
	if p.INN != "" {
		d.Set(at(Payer), "ИНН "+p.INN+" "+name)
	}
	d.Set(at(PayerINN), p.INN)
	d.Set(at(Payer1), name)
	d.Set(at(PayerSettlement), string(p.Account))
	d.Set(at(PayerBank1), p.Bank)
	d.Set(at(PayerBank2), p.BankPlace)
	d.Set(at(PayerBIK), string(p.BIK))
	d.Set(at(PayerCorr), p.CorrAccount)
}

// Order reads the document as a payment order and reports everything wrong
// with it at once, each fault with its line and field. The order is complete
// only if there are no faults.
func (d *Document) Order() (Order, []Fault) {
	o := Order{Number: d.Get(Number), Purpose: d.FullPurpose(), UIN: absent(d.Get(UIN))}
	o.Payer, o.Payee = d.party(PayerAccount), d.party(PayeeAccount)
	o.Payer.Name, o.Payee.Name = d.PayerName(), d.PayeeName()
	o.Payer.KPP, o.Payee.KPP = absent(d.Get(PayerKPP)), absent(d.Get(PayeeKPP))
	if p := d.Get(Priority); len(p) == 1 && p[0] >= '1' && p[0] <= '5' {
		o.Priority = int(p[0] - '0')
	}
	o.Date, _ = d.Day()
	o.Kopecks, _ = d.Kopecks()
	if d.Budget() {
		o.Budget = &Budget{d.Get(DrawerStatus), d.Get(KBK), d.Get(OKTMO), d.Get(Basis), d.Get(TaxPeriod), d.Get(DocNo), d.Get(DocDate), d.Get(PaymentType)}
	}
	return o, d.Check()
}

func absent(s string) string {
	if s == requisites.Absent {
		return ""
	}
	return s
}

func (d *Document) party(account Key) Party {
	get := func(k Key) string { return d.Get(k - PayerAccount + account) }
	a := get(PayerSettlement)
	if a == "" {
		a = get(PayerAccount)
	}
	if plain, err := requisites.ParseAccount(a); err == nil {
		a = string(plain)
	}
	return Party{INN: absent(get(PayerINN)), Account: requisites.Account(a), Bank: get(PayerBank1), BankPlace: get(PayerBank2),
		BIK: requisites.BIK(get(PayerBIK)), CorrAccount: absent(get(PayerCorr))}
}

// checker gathers the faults of one document.
type checker struct {
	d      *Document
	faults []Fault
}

func (c *checker) bad(k Key, code string, m i18n.Message) {
	c.faults = append(c.faults, c.d.fault(k, code, m))
}

// Check reports everything wrong with a payment order. It allocates nothing
// while all is well.
func (d *Document) Check() []Fault {
	c := checker{d: d}
	if !d.has(Number) {
		c.bad(Number, "onec.number", i18n.Say("нет номера документа", "the document has no number"))
	}
	purpose := d.purposeLength()
	c.length(Number, d.characters(Number), numberLimit)
	c.length(Payer1, d.characters(Payer1), nameLimit)
	c.length(Payee1, d.characters(Payee1), nameLimit)
	c.length(Purpose, purpose, purposeLimit)
	if _, err := d.Day(); err != nil {
		c.bad(Date, "onec.date", i18n.Say("нет даты ДД.ММ.ГГГГ", "there is no date DD.MM.YYYY"))
	}
	if k, err := d.Kopecks(); err != nil || k == 0 {
		c.bad(Sum, "onec.sum", i18n.Say("нет суммы больше нуля в рублях с копейками", "there is no amount above zero in rubles and kopecks"))
	}
	c.party(PayerAccount)
	c.party(PayeeAccount)
	if purpose == 0 {
		c.bad(Purpose, "onec.purpose", i18n.Say("нет назначения платежа", "there is no purpose of the payment"))
	}
	if !requisites.ActCode(d.Get(UIN)) {
		c.optional(UIN, requisites.KindUIN)
	}
	c.optional(PayerKPP, requisites.KindKPP)
	c.optional(PayeeKPP, requisites.KindKPP)
	if d.Budget() {
		c.requisite(DrawerStatus, requisites.KindDrawerStatus)
		c.requisite(KBK, requisites.KindKBK)
		c.requisite(OKTMO, requisites.KindOKTMO)
		c.optional(Basis, requisites.KindPaymentBasis)
		c.optional(TaxPeriod, requisites.KindTaxPeriod)
		c.optional(DocNo, requisites.KindDocumentNumber)
		c.optional(DocDate, requisites.KindDocumentDate)
		c.optional(PaymentType, requisites.KindPaymentType)
	}
	return c.faults
}

// Doubts reports what is right by its form and still worth a look, as notes: codes
// that the lists here do not have, numbers that a program may have rounded, and
// what the law of the order's own day says.
func (d *Document) Doubts() []Fault {
	c := checker{d: d}
	for _, l := range [...]struct {
		k    Key
		kind requisites.Kind
	}{{DrawerStatus, requisites.KindDrawerStatus}, {Basis, requisites.KindPaymentBasis}, {PaymentType, requisites.KindPaymentType}} {
		if m, doubt := requisites.Unlisted(l.kind, d.Get(l.k)); doubt {
			c.bad(l.k, "onec.unlisted", m)
		}
	}
	for _, k := range [...]Key{UIN, KBK, PayerAccount, PayeeAccount} {
		if requisites.RoundedShape(d.Get(k)) {
			c.bad(k, "onec.rounded_shape", i18n.Say("номер похож на число, округлённое программой (jq, JavaScript, таблица): сверьте с документом", "the number looks as if a program had rounded it (jq, JavaScript, a spreadsheet): compare it with the document"))
		}
	}
	if d.Budget() {
		payer, payee := d.party(PayerAccount), d.party(PayeeAccount)
		day, _ := d.Day() // an order without a day is judged by all rules
		p := requisites.BudgetPayment{Day: day, PayerName: d.PayerName(), PayerINN: payer.INN, PayerKPP: d.Get(PayerKPP), PayeeINN: payee.INN, PayeeAccount: string(payee.Account),
			PayeeBIK: string(payee.BIK), PayeeBank: payee.Bank, PayeeCorr: payee.CorrAccount, KBK: d.Get(KBK), OKTMO: d.Get(OKTMO)}
		for _, a := range p.Advise() {
			c.bad(fieldNumbered(a.Field), "onec."+a.Code, i18n.Text{RU: "%s; %s (источник: %s)", EN: "%s; %s (source: %s)"}.With(a.Message, a.Hint, a.Source))
		}
	}
	for i := range c.faults {
		c.faults[i].Note = true
	}
	return c.faults
}

// fieldNumbered finds the field of the format by its number in a payment order.
func fieldNumbered(n int) Key {
	switch n {
	case 8:
		return Payer
	case 13:
		return PayeeBank1
	case 14:
		return PayeeBIK
	case 15:
		return PayeeCorr
	case 17:
		return PayeeAccount
	case 61:
		return PayeeINN
	case 102:
		return PayerKPP
	case 105:
		return OKTMO
	}
	return KBK
}

func (c *checker) length(k Key, n, most int) {
	if n > most {
		c.bad(k, "onec.length", i18n.Text{RU: "%d знаков при пределе %d", EN: "%d characters, the limit is %d"}.With(n, most))
	}
}

func (c *checker) party(account Key) {
	at := func(k Key) Key { return k - PayerAccount + account }
	d := c.d
	if !d.has(at(Payer)) && !d.has(at(Payer1)) {
		c.bad(at(Payer), "onec.name", i18n.Say("нет наименования", "there is no name"))
	}
	if account != PayerAccount || !requisites.KIO(d.Get(PayerINN)) {
		c.optional(at(PayerINN), requisites.KindINN)
	}
	k := at(PayerSettlement)
	if !d.has(k) {
		k = account
	}
	c.requisite(at(PayerBIK), requisites.KindBIK)
	c.requisite(k, requisites.KindAccount)
	bik := d.Get(at(PayerBIK))
	if !requisites.ValidBIK(bik) {
		return
	}
	c.key(k, bik)
	if corr := at(PayerCorr); absent(d.Get(corr)) != "" {
		c.requisite(corr, requisites.KindAccount)
		c.key(corr, bik)
	}
}

func (c *checker) key(k Key, bik string) {
	v := c.d.Get(k)
	if !requisites.ValidAccount(v) || requisites.KeyOf(requisites.BIK(bik), requisites.Account(v)) != requisites.KeyInvalid {
		return
	}
	_, err := requisites.ParseAccountAt(v, requisites.BIK(bik))
	c.problem(k, err)
}

func (c *checker) optional(k Key, kind requisites.Kind) {
	if v := c.d.Get(k); v != "" && v != requisites.Absent {
		c.requisite(k, kind)
	}
}

func (c *checker) requisite(k Key, kind requisites.Kind) {
	if v := c.d.Get(k); !requisites.Valid(kind, v) {
		c.problem(k, problemOf(kind, v))
	}
}

func problemOf(kind requisites.Kind, v string) error {
	if p := requisites.Check(kind, v, requisites.Options{}).Problem; p != nil {
		return p
	}
	return nil
}

func (c *checker) problem(k Key, err error) {
	var p *requisites.Problem
	if errors.As(err, &p) {
		c.bad(k, p.Code, p.Field(k.String()).Message)
	}
}
