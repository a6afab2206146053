package cabinet

import (
	"errors"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

// checkRequisites checks the requisites of a payment without a charge and
// returns every problem.
func checkRequisites(q *wire.Requisites) []problem.Field {
	var bad []problem.Field
	add := func(name string, err error) {
		var p *requisites.Problem
		if errors.As(err, &p) {
			bad = append(bad, problem.Field{Name: "requisites." + name, Code: "check", Message: p.Message()})
		}
	}
	_, err := requisites.ParseINN(q.Payee.INN)
	add("payee.inn", err)
	bik, err := requisites.ParseBIK(q.Payee.BIK)
	add("payee.bik", err)
	if err == nil {
		_, err = requisites.ParseAccountAt(q.Payee.Account, bik)
		add("payee.account", err)
	}
	optional := func(name string, kind requisites.Kind, value string) {
		if value != "" && value != "0" && !requisites.Valid(kind, value) {
			bad = append(bad, problem.Field{Name: "requisites." + name, Code: "check",
				Message: i18n.Text{RU: "неверное значение %q", EN: "wrong value %q"}.With(value)})
		}
	}
	optional("payee.kpp", requisites.KindKPP, q.Payee.KPP)
	optional("payee.kbk", requisites.KindKBK, q.Payee.KBK)
	optional("payee.oktmo", requisites.KindOKTMO, q.Payee.OKTMO)
	if q.ActCode != "" && !requisites.ActCode(q.ActCode) {
		bad = append(bad, problem.Field{Name: "requisites.actCode", Code: "check", Message: i18n.Say("код акта — четыре цифры", "the code of an act is four digits")})
	}
	text := func(name, value string, most int) {
		if n := utf8.RuneCountInString(value); n == 0 || n > most {
			bad = append(bad, problem.Field{Name: "requisites." + name, Code: "length",
				Message: i18n.Text{RU: "нужно от 1 до %d знаков", EN: "1 to %d characters are needed"}.With(most)})
		}
	}
	text("payee.name", q.Payee.Name.Raw(), 160)
	text("purpose", q.Purpose, 210)
	return bad
}
