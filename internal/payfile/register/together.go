package register

import (
	"errors"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// together checks what fields say about each other.
func (s *step) together() {
	if s.bad[0] { // the row itself is broken: its fields may stand in the wrong places
		return
	}
	s.required()
	bik := requisites.BIK(s.r.Value(PayeeBIK))
	account := requisites.Account(s.r.Value(PayeeAccount))
	if account != "" {
		s.key(0, PayeeAccount, bik, account)
	}
	corr := requisites.Account(s.r.Value(PayeeCorr))
	if corr != "" && bik != "" {
		s.key(1, PayeeCorr, bik, corr)
	}
	if account.Treasury() && corr != "" && !corr.SingleTreasury() {
		s.put(Problem{Severity: Warning, Code: "register.treasury_corr", Field: PayeeCorr,
			Message: i18n.Say("к казначейскому счёту (03…) нужен единый казначейский счёт 40102…, а здесь другой", "a treasury account (03…) goes with the single treasury account 40102…, which this is not")})
	}
	s.budget()
}

// budget checks the fields of a payment to the budget.
func (s *step) budget() {
	kbk := requisites.KBK(s.r.Value(KBK))
	if kbk == "" {
		return
	}
	s.rules(kbk)
	if len(kbk) == 20 && kbk[:3] == "182" && kbk.SingleTaxPayment() && (string(s.r.UIN()) != "" || !namesSingleTax(s.r.Get(Purpose))) {
		s.put(Problem{Severity: Warning, Code: "register.single_tax_payment", Field: KBK,
			Message: i18n.Say("это КБК единого налогового платежа: пошлина, отправленная сюда, не зачтётся как пошлина", "this is the КБК of the single tax payment: a duty sent here does not count as a duty"),
			Hint:    i18n.Say("возьмите КБК из начисления или со страницы услуги", "take the КБК from the charge or from the service's page")})
	}
	uin := string(s.r.UIN())
	if len(uin) == 20 && uin[0] <= '9' && uin[:3] != kbk.Administrator() && kbk.Administrator() != "000" {
		s.put(Problem{Severity: Warning, Code: "register.administrator", Field: KBK,
			Message: i18n.Text{RU: "УИН выставил администратор %s, а КБК — администратора %s", EN: "the УИН was issued by administrator %s, the КБК is of administrator %s"}.With(strings.Clone(uin[:3]), strings.Clone(kbk.Administrator())),
			Hint:    i18n.Say("сверьте КБК с начислением", "compare the КБК with the charge")})
	}
	if t := s.r.Value(PaymentType); t != "" && requisites.PaymentType(t).Obsolete() {
		s.put(Problem{Severity: Warning, Code: "register.payment_type", Field: PaymentType,
			Message: i18n.Say("поле 110 не заполняют с 2015 года", "field 110 has not been filled in since 2015"),
			Hint:    i18n.Say("поставьте 0", "enter 0")})
	}
}

// namesSingleTax reports whether a purpose says itself that it is the single tax
// payment.
func namesSingleTax(purpose string) bool {
	lower := strings.ToLower(purpose)
	return strings.Contains(lower, "единый налоговый") || strings.Contains(lower, "единого налогового") || strings.Contains(lower, "енп")
}

// rules says what the law of the payment's day says of its fields.
func (s *step) rules(kbk requisites.KBK) {
	if len(kbk) == 20 && kbk[:3] != "182" && s.r.Get(OKTMO) != requisites.Absent { // of other payments the rules judge the ОКТМО and the name of a sole trader alone
		if len(s.r.Value(PayerINN)) != 12 || !strings.HasPrefix(s.r.Value(PayerName), "И") {
			return
		}
	}
	p := requisites.BudgetPayment{Day: s.c.day, PayerName: s.r.Value(PayerName), PayerINN: s.r.Value(PayerINN), PayerKPP: s.r.Value(PayerKPP), PayeeINN: s.r.Value(PayeeINN),
		PayeeAccount: s.r.Value(PayeeAccount), PayeeBIK: s.r.Value(PayeeBIK), PayeeBank: s.r.Value(PayeeBank), PayeeCorr: s.r.Value(PayeeCorr), KBK: string(kbk), OKTMO: s.r.Get(OKTMO)}
	if d := s.r.Document; d != nil {
		if day, err := d.Day(); err == nil {
			p.Day = day
		}
	}
	for _, a := range p.Advise() {
		f := KBK
		for _, i := range Fields() {
			if i.Number == a.Field {
				f = i.Field
			}
		}
		s.put(Problem{Severity: Warning, Code: "register." + a.Code, Field: f, Message: a.Message, Hint: a.Hint, Why: i18n.Text{RU: "источник: %s", EN: "source: %s"}.With(a.Source)})
	}
}

// key checks an account against the bank.
func (s *step) key(slot int, f Field, bik requisites.BIK, account requisites.Account) {
	m := &s.c.keys[slot]
	known := len(bik) > 0 && int(m.n) == len(bik)+len(account) && string(m.raw[:len(bik)]) == string(bik) && string(m.raw[len(bik):m.n]) == string(account)
	if known && slot != 0 {
		return
	}
	if bik == "" || account.Treasury() {
		if slot == 0 && !s.bad[PayeeBIK] {
			if s.c.keyless++; s.c.keyless == 1 {
				s.c.keylessRow, s.c.keylessLine = s.r.Ordinal, s.r.Line
			}
		}
		return
	}
	if known {
		return
	}
	if requisites.KeyOf(bik, account) != requisites.KeyInvalid {
		n := copy(m.raw[:], bik)
		m.n = uint8(n + copy(m.raw[n:], account))
		return
	}
	_, err := requisites.ParseAccountAt(string(account), bik)
	var q *requisites.Problem
	if errors.As(err, &q) {
		s.put(ofRequisite(f, q))
	}
}

// requiredWithoutUIN are the fields without which a payment that has no УИН
// finds nobody.
func requiredWithoutUIN() [7]Field {
	return [7]Field{PayeeName, PayeeINN, PayeeAccount, PayeeBIK, KBK, OKTMO, Purpose}
}

// required checks that the row says enough to be paid.
func (s *step) required() {
	if s.r.states[UIN] != absent || s.bad[UIN] {
		return
	}
	l := s.c.layout
	if s.c.told && !l.Has(UIN) && l.Format != JSONL {
		// The columns themselves are missing: that was said once.
		s.present(func(f Field) bool { return l.Has(f) })
		return
	}
	lacking, required := 0, requiredWithoutUIN()
	for _, f := range required {
		if s.lacks(f) {
			lacking++
		}
	}
	switch {
	case lacking == 0:
	case lacking == len(required):
		s.put(Problem{Code: "register.no_uin", Field: UIN,
			Message: i18n.Say("нет ни УИН, ни реквизитов получателя", "there is neither an УИН nor the payee's requisites"),
			Hint:    i18n.Say("впишите УИН; без него нужны получатель, ИНН, счёт, БИК, КБК, ОКТМО и назначение", "enter the УИН; without it payee, ИНН, account, БИК, КБК, ОКТМО and purpose are needed")})
	default:
		s.present(func(Field) bool { return true })
	}
}

// lacks reports whether a field that is needed says nothing. «0» in field 105 is
// what a single tax payment has there; with another КБК it is legal and of little
// use.
func (s *step) lacks(f Field) bool {
	if s.r.states[f] != absent || s.bad[f] {
		return false
	}
	return f != OKTMO || s.r.Get(OKTMO) != requisites.Absent
}

func (s *step) present(asked func(Field) bool) {
	for _, f := range requiredWithoutUIN() {
		if !asked(f) || !s.lacks(f) {
			continue
		}
		s.put(Problem{Code: "register.required", Field: f,
			Message: i18n.Text{RU: "УИН нет, поэтому поле «%s» обязательно, а оно пустое", EN: "there is no УИН, so %s is required, and it is empty"}.With(f.Info().Title),
			Hint:    i18n.Say("впишите значение или УИН", "enter the value or an УИН")})
	}
}

// Start reports what the columns themselves lack: once, before the rows.
func (c *Checker) Start(report func(Problem)) (ok bool) {
	c.told = true
	l := c.layout
	if l.Format == JSONL || l.Format == OneC {
		return true
	}
	if !l.Has(UIN) {
		var missing fieldList
		for _, f := range requiredWithoutUIN() {
			if !l.Has(f) {
				missing = append(missing, f)
			}
		}
		if len(missing) > 0 {
			report(Problem{Code: "register.columns", Line: l.HeaderRow, Field: UIN, Number: UIN.Info().Number,
				Message: i18n.Text{RU: "нет столбца «УИН», а без него не хватает столбцов: %s", EN: "there is no column УИН, and without it these columns are missing: %s"}.With(missing),
				Why:     i18n.Say("по такому реестру нельзя понять, кому платить", "such a register does not say whom to pay"),
				Hint:    i18n.Say("добавьте столбцы или назовите имеющиеся в карте: --map ФАЙЛ", "add the columns, or name the ones there are in a map: --map FILE")})
			return false
		}
	}
	if !l.Has(Amount) {
		p := Problem{Severity: Warning, Code: "register.no_amounts", Line: l.HeaderRow, Field: Amount, Number: Amount.Info().Number,
			Message: i18n.Say("нет столбца с суммой: её возьмут из начислений", "there is no column of amounts: they will be taken from the charges"),
			Hint:    i18n.Say("чтобы сверить суммы до оплаты, добавьте столбец", "add the column to have amounts compared before paying")}
		if !l.Has(UIN) {
			p.Severity = Error
			p.Message = i18n.Say("нет столбца с суммой", "there is no column of amounts")
		}
		report(p)
		return p.Severity != Error
	}
	return true
}

// End reports what is said once for all rows.
func (c *Checker) End(report func(Problem)) {
	if c.keyless == 0 {
		return
	}
	report(Problem{Severity: Warning, Code: "register.key_not_checkable", Row: c.keylessRow, Line: c.keylessLine, Field: PayeeAccount, Number: PayeeAccount.Info().Number,
		Message: i18n.Text{RU: "ключ счёта не проверить: %s с казначейским счётом (03…) или без БИК, первая указана", EN: "the account's key cannot be checked: %s with a treasury account (03…) or without a БИК, the first one is named"}.With(rowCount().Count(c.keyless)),
		Hint:    i18n.Say("сверьте счёт с начислением или с сайтом получателя", "compare the account with the charge or with the payee's site")})
	c.keyless = 0
}

func rowCount() i18n.Plural {
	return i18n.Plural{One: "строка", Few: "строки", Many: "строк", Sing: "row", Plur: "rows"}
}
