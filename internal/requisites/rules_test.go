package requisites

import (
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func single(day string) BudgetPayment {
	d, _ := time.Parse(time.DateOnly, day)
	return BudgetPayment{Day: d, PayerName: "ООО «Ромашка»", PayerINN: "7707083893", PayerKPP: "0", PayeeINN: "7727406020", PayeeAccount: "03100643000000018500", PayeeBIK: "017003983",
		PayeeCorr: "40102810445370000059", PayeeBank: "ОКЦ № 7 ГУ Банка России по ЦФО//УФК по Тульской области, г Тула", KBK: "18201061201010000510", OKTMO: "0"}
}

func TestARuleHoldsFromItsDayAndAPaymentIsJudgedByItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*BudgetPayment)
		want   map[string]string // codes by day
	}{
		"as it should be": {func(*BudgetPayment) {}, map[string]string{"2025-01-15": "", "2026-11-29": ""}},
		"a КПП":           {func(p *BudgetPayment) { p.PayerKPP = "773001001" }, map[string]string{"2026-03-31": "", "2026-04-01": "enp.kpp"}},
		"an ОКТМО":        {func(p *BudgetPayment) { p.OKTMO = "45382000" }, map[string]string{"2026-03-31": "", "2026-04-01": "enp.oktmo"}},
		"the former bank name": {func(p *BudgetPayment) {
			p.PayeeBank = "ОТДЕЛЕНИЕ ТУЛА БАНКА РОССИИ//УФК по Тульской области, г Тула"
		}, map[string]string{"2025-10-26": "", "2025-10-27": "bank.old_name"}},
		"another treasury":    {func(p *BudgetPayment) { p.PayeeAccount = "03100643000000017300" }, map[string]string{"2026-11-29": "enp.account"}},
		"another ИНН":         {func(p *BudgetPayment) { p.PayeeINN = "7707089101" }, map[string]string{"2026-11-29": "enp.inn"}},
		"the КБК of one tax":  {func(p *BudgetPayment) { p.KBK, p.OKTMO = "18210102010011000110", "45382000" }, map[string]string{"2022-12-31": "", "2026-11-29": "enp.kbk"}},
		"professional income": {func(p *BudgetPayment) { p.KBK, p.OKTMO = "18210506000011000110", "45382000" }, map[string]string{"2026-11-29": ""}},
		"a duty":              {func(p *BudgetPayment) { p.KBK, p.OKTMO = "18210803010011050110", "45382000" }, map[string]string{"2026-11-29": ""}},
		"a duty of no place":  {func(p *BudgetPayment) { p.KBK = "18210803010011050110" }, map[string]string{"2026-03-31": "", "2026-11-29": "oktmo_zero"}},
		"a sole trader as usual": {func(p *BudgetPayment) {
			p.PayerINN, p.PayerName = "500100732259", "ИП Иванов Иван Иванович"
		}, map[string]string{"2026-03-31": "", "2026-04-01": "payer.trader"}},
		"a sole trader marked": {func(p *BudgetPayment) {
			p.PayerINN, p.PayerName = "500100732259", "Иванов Иван Иванович (ИП)"
		}, map[string]string{"2026-04-01": ""}},
	} {
		for day, want := range c.want {
			p := single(day)
			c.change(&p)
			var got []string
			for _, a := range p.Advise() {
				got = append(got, a.Code)
				if a.Since == "" || a.Source.RU == "" || a.Message.In(i18n.RU) == "" || strings.Contains(a.Message.In(i18n.EN)+a.Hint.In(i18n.EN), "%!") {
					t.Errorf("%s: %+v", name, a)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s on %s: %q, want %q", name, day, got, want)
			}
		}
	}
}

func TestWhatIsNotInAListIsADoubtWithItsSource(t *testing.T) {
	for k, v := range map[Kind]string{KindDrawerStatus: "33", KindPaymentBasis: "ЩЩ", KindPaymentType: "2"} {
		m, doubt := Unlisted(k, v)
		for l, day := range map[i18n.Lang]string{i18n.RU: "01.01.2023", i18n.EN: "2023-01-01"} {
			if s := m.In(l); !doubt || !strings.Contains(s, day) || !strings.Contains(s, "58н") || strings.Contains(s, "%!") {
				t.Errorf("%s %s: %s", k, v, s)
			}
		}
		if r := Check(k, v, Options{}); r.Verdict != VerdictNotCheckable || r.Normalised != v {
			t.Errorf("%+v", r)
		}
		if l, ok := ListOf(k); !ok || !l.Older() || l.Source == "" {
			t.Errorf("%s: %+v", k, l)
		}
	}
	if _, doubt := Unlisted(KindDrawerStatus, "01"); doubt {
		t.Error("01 is listed")
	}
}

func TestTheShapeOfARoundedNumberIsRecognised(t *testing.T) {
	for s, want := range map[string]bool{"18210604012021000000": true, "18210604012021000110": false, "40702810138250120000": true, "40702810138250123017": false,
		"03100643000000010000": false, "18210604012021000": false, "": false, "1821060401202100000x": false} {
		if got := RoundedShape(s); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
	if r := Check(KindKBK, "18210604012021000000", Options{}); r.Verdict != VerdictValid || r.Details[0].Value != "rounded_shape" {
		t.Errorf("%+v", r)
	}
}

func TestAccountsAreReadAsPeoplePrintThem(t *testing.T) {
	for _, s := range []string{"40702.810.1.3825.0123017", "40702 810 1 3825 0123017", "40702\u00a0810\u00a01382\u202f50123017", "40702'810'1'38250123017", "40702-810-138250123017", "40702’810’138250123017"} {
		if a, err := ParseAccount(s); err != nil || a != "40702810138250123017" {
			t.Errorf("%q: %v %v", s, a, err)
		}
	}
	if r := Check(KindAccount, "4.07028101382501E+19", Options{}); r.Problem == nil || r.Problem.Slip != SlipRounded {
		t.Errorf("%+v", r)
	}
}
