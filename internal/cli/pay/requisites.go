package pay

import (
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// manual holds the requisites of a payment without a charge as flags give them.
type manual struct {
	payee, inn, kpp, account, bank, bik, corr, kbk, oktmo, purpose string
	period, status, basis, docNo, docDate, actCode                 string
	amount                                                         string
}

func (m *manual) addFlags(fl *pflag.FlagSet, lang i18n.Lang) {
	for _, f := range []struct {
		to     *string
		name   string
		ru, en string
	}{
		{&m.payee, "payee", "получатель, как в реквизитах", "the payee as the requisites name it"},
		{&m.inn, "inn", "ИНН получателя", "the payee's ИНН"},
		{&m.kpp, "kpp", "КПП получателя", "the payee's КПП"},
		{&m.account, "account", "счёт получателя, 20 цифр", "the payee's account, 20 digits"},
		{&m.bank, "bank", "банк получателя", "the payee's bank"},
		{&m.bik, "bik", "БИК банка получателя", "БИК of the payee's bank"},
		{&m.corr, "corr", "единый казначейский или корреспондентский счёт", "treasury or correspondent account"},
		{&m.kbk, "kbk", "КБК (поле 104)", "КБК (field 104)"},
		{&m.oktmo, "oktmo", "ОКТМО (поле 105)", "ОКТМО (field 105)"},
		{&m.purpose, "purpose", "назначение платежа", "purpose of the payment"},
		{&m.period, "period", "налоговый период (поле 107), например КВ.01.2026", "tax period (field 107), for example КВ.01.2026"},
		{&m.status, "status", "статус плательщика (поле 101)", "status of the payer (field 101)"},
		{&m.basis, "basis", "основание (поле 106)", "basis (field 106)"},
		{&m.docNo, "doc-no", "номер документа (поле 108)", "document number (field 108)"},
		{&m.docDate, "doc-date", "дата документа (поле 109)", "document date (field 109)"},
		{&m.actCode, "act-code", "код акта для депозита суда (поле 22), 4 цифры", "code of the act for a court deposit (field 22), 4 digits"},
	} {
		fl.StringVar(f.to, f.name, "", i18n.Text{RU: f.ru, EN: f.en}.In(lang))
	}
}

// given reports whether the user brings requisites instead of an УИН.
func (m *manual) given() bool {
	return m.payee+m.inn+m.account+m.bik+m.kbk+m.oktmo+m.purpose != ""
}

// Bounds of texts in a payment order, characters.
const (
	nameLimit    = 160
	purposeLimit = 210
)

// read checks everything and reports all that is wrong at once, each under the
// flag that brought it.
func (m *manual) read(needAmount bool) (r cabinet.Requisites, kopecks int64, err error) {
	var fields []fault.Field
	bad := func(flag string, msg i18n.Message) {
		fields = append(fields, fault.Field{Name: "--" + flag, Message: msg})
	}
	check := func(flag string, kind requisites.Kind, v string, required bool, o requisites.Options) string {
		v = strings.TrimSpace(v)
		if v == "" || v == requisites.Absent {
			if required {
				bad(flag, i18n.Say("нужно указать", "is required"))
			}
			return v
		}
		c := requisites.Check(kind, v, o)
		if c.Problem != nil {
			fields = append(fields, c.Problem.Field("--"+flag))
			return v
		}
		return c.Normalised
	}
	text := func(flag, v string, most int) string {
		switch n := utf8.RuneCountInString(v); {
		case strings.TrimSpace(v) == "":
			bad(flag, i18n.Say("нужно указать", "is required"))
		case n > most:
			bad(flag, i18n.Text{RU: "%d знаков при пределе %d", EN: "%d characters, the limit is %d"}.With(n, most))
		case untrusted.Clean(v) != v:
			bad(flag, i18n.Say("в тексте есть управляющие или невидимые знаки", "the text holds control or invisible characters"))
		}
		return v
	}
	none := requisites.Options{}
	r.Payee.Name = untrusted.Text(text("payee", m.payee, nameLimit))
	r.Payee.INN = check("inn", requisites.KindINN, m.inn, true, none)
	r.Payee.KPP = check("kpp", requisites.KindKPP, m.kpp, false, none)
	r.Payee.BIK = check("bik", requisites.KindBIK, m.bik, true, none)
	at := none
	if requisites.ValidBIK(r.Payee.BIK) {
		at.BIK = r.Payee.BIK
	}
	r.Payee.Account = check("account", requisites.KindAccount, m.account, true, at)
	r.Payee.CorrAccount = check("corr", requisites.KindAccount, m.corr, false, at)
	r.Payee.BankName = untrusted.Text(m.bank)
	r.Payee.KBK = check("kbk", requisites.KindKBK, m.kbk, m.oktmo != "", none)
	r.Payee.OKTMO = check("oktmo", requisites.KindOKTMO, m.oktmo, m.kbk != "" && m.oktmo != requisites.Absent, none)
	r.Purpose = text("purpose", m.purpose, purposeLimit)
	r.Period = check("period", requisites.KindTaxPeriod, m.period, false, none)
	r.Status = check("status", requisites.KindDrawerStatus, m.status, false, none)
	r.Basis = check("basis", requisites.KindPaymentBasis, m.basis, false, none)
	r.DocNo = check("doc-no", requisites.KindDocumentNumber, m.docNo, false, none)
	r.DocDate = check("doc-date", requisites.KindDocumentDate, m.docDate, false, none)
	if r.ActCode = strings.TrimSpace(m.actCode); r.ActCode != "" && !requisites.ActCode(r.ActCode) {
		bad("act-code", i18n.Say("код акта — четыре цифры", "the code of an act is four digits"))
	}
	switch {
	case m.amount != "":
		var f *fault.Error
		if kopecks, err = billing.ParseRubles(m.amount); err != nil {
			if f, _ = err.(*fault.Error); f == nil { // ParseRubles returns it bare
				return r, 0, err
			}
			bad("amount", f.Message)
		} else if kopecks == 0 {
			bad("amount", i18n.Say("сумма должна быть больше нуля", "the amount must be above zero"))
		}
	case needAmount:
		bad("amount", i18n.Say("нужно указать", "is required"))
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "requisites.invalid", i18n.Say("реквизиты с ошибками, ничего не отправлено", "the requisites have errors, nothing was sent"))
		e.Fields = fields
		return r, 0, e
	}
	return r, kopecks, nil
}

// kind guesses what is paid, for the warnings: a purpose that speaks of a
// пошлина means a duty, whatever КБК stands there.
func kind(r cabinet.Requisites) string {
	if strings.Contains(strings.ToLower(r.Purpose), "пошлин") {
		return "duty"
	}
	return ""
}
