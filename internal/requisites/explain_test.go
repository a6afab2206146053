package requisites

import (
	"errors"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestEveryRefusalSaysWhatAndWhereAndWhatWasMeant(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		in         string
		code       string
		pos        int
		want       string // expected check digit
		slip       Slip
		suggestion string
		ru         string // part of the Russian message or hint
	}{
		{KindUIN, "", "uin.empty", 0, "", "", "", "пустое"},
		{KindUIN, "0", "uin.absent", 0, "", "", "", "УИН нет"},
		{KindUIN, "32117072411021588934", "uin.check_digit", 20, "3", "", "", "знак 20 — 4, а по остальным знакам должна быть 3"},
		{KindUIN, "3211707241102158893", "uin.length", 0, "", SlipMissing, "", "19 знаков, а должно быть 20 или 25"},
		{KindUIN, "1881017717032518925Ч", "uin.character", 20, "", SlipLookalike, "18810177170325189254", "18810177170325189254"},
		{KindUIN, "316373302092021005410575", "uin.length", 0, "", SlipLeadingZero, "", "0316373302092021005410575"},
		{KindUIN, "1.88101771703252E+19", "uin.character", 2, "", SlipRounded, "", "текстовый формат"},
		{KindUIN, "1881017717032518925?", "uin.character", 20, "", "", "", "«?»"},
		{KindUIN, "188101\x00", "uin.character", 7, "", "", "", "U+0000"},
		{KindINN, "770708389З", "inn.character", 10, "", SlipLookalike, "7707083893", "похожей"},
		{KindINN, "7707083894", "inn.check_digit", 10, "3", "", "", "должна быть 3"},
		{KindINN, "500100732269", "inn.check_digit", 11, "", "", "", "контрольная"},
		{KindINN, "0012345678", "inn.start", 1, "", "", "", "код региона"},
		{KindKPP, "7730А1001", "kpp.character", 5, "", SlipLookalike, "7730A1001", "латинская"},
		{KindOGRN, "2027700132195", "ogrn.start", 1, "", SlipSubstitution, "1027700132195", "с 1 или 5"},
		{KindBIK, "44525225", "bik.length", 0, "", SlipLeadingZero, "", "044525225"},
		{KindBIK, "4525988", "bik.length", 0, "", SlipLeadingZero, "", "004525988"},
		{KindBIK, "04452522", "bik.length", 0, "", SlipMissing, "", "пропущен"},
		{KindAccount, "4070281013825012301", "account.length", 0, "", SlipMissing, "", "пропущен"},
		{KindKPP, "7730О1001", "kpp.character", 5, "", SlipLookalike, "", "773001001 или 7730O1001"},
		{KindDocumentDate, "2025-12-31", "docdate.pattern", 0, "", "", "31.12.2025", ""},
		{KindSNILS, "112-233-445 98", "snils.check_digit", 11, "5", "", "", "должна быть 5"},
		{KindPaymentBasis, "TП", "basis.code", 0, "", SlipLookalike, "ТП", "01.01.2023"},
		{KindTaxPeriod, "MC.01.2026", "period.pattern", 0, "", SlipLookalike, "МС.01.2026", "КВ.КК.ГГГГ"},
		{KindDocumentDate, "31/12/2025", "docdate.pattern", 0, "", SlipLookalike, "31.12.2025", ""},
		{KindDocumentNumber, "a|b", "docno.character", 2, "", "", "", "«|»"},
		{KindAccount, strings.Repeat("9", 1<<20), "account.length", 0, "", "", "", "слишком длинно"},
	} {
		p := Check(c.kind, c.in, Options{}).Problem
		if p == nil {
			t.Errorf("%s %q passed", c.kind, cut(c.in))
			continue
		}
		if p.Code != c.code || p.Position != c.pos && c.pos != 0 || c.want != "" && p.Expected != c.want || c.suggestion != p.Suggestion || c.slip != "" && p.Slip != c.slip {
			t.Errorf("%s %q: got %+v", c.kind, cut(c.in), p)
		}
		text := p.Message().In(i18n.RU) + "; " + p.Hint().In(i18n.RU)
		if !strings.Contains(text, c.ru) {
			t.Errorf("%s %q: %q does not say %q", c.kind, cut(c.in), text, c.ru)
		}
		if strings.Contains(text, "%!") || strings.Contains(p.Message().In(i18n.EN)+p.Hint().In(i18n.EN), "%!") {
			t.Errorf("%s %q: broken text %q", c.kind, cut(c.in), text)
		}
	}
}

func TestAWrongKeyNamesTheExpectedOneAndTheBank(t *testing.T) {
	_, err := ParseAccountAt("40702810955230165460", "044030653")
	var p *Problem
	if !errors.As(err, &p) || p.Code != "account.key" || p.Position != 9 {
		t.Fatalf("got %v", err)
	}
	fixed := "40702810" + p.Expected + "55230165460"
	if KeyOf("044030653", Account(fixed)) != KeyValid {
		t.Errorf("the expected key %s does not make the account valid", p.Expected)
	}
	r := Check(KindAccount, "40702810955230165464", Options{BIK: "04403065"})
	if r.Verdict != VerdictInvalid || r.Problem.Kind != KindBIK {
		t.Errorf("a wrong БИК should be named: %+v", r)
	}
}

func TestASwapOfNeighboursIsNamed(t *testing.T) {
	p := Check(KindINN, "7707803893", Options{}).Problem
	if p == nil || p.Slip != SlipTransposition || !strings.Contains(p.Hint().In(i18n.RU), "5 и 6") {
		t.Fatalf("got %+v, %s", p, p.Hint().In(i18n.RU))
	}
}

func TestTheOnlyNumberOneSlipAwayIsSuggested(t *testing.T) {
	good, suggested := "526317984689", 0
	for i := range len(good) {
		for d := byte('0'); d <= '9'; d++ {
			b := []byte(good)
			if b[i] == d {
				continue
			}
			b[i] = d
			if p := Check(KindINN, string(b), Options{}).Problem; p != nil && p.Suggestion == good {
				suggested++
			}
		}
	}
	if suggested < 20 {
		t.Errorf("two check digits should pin down many slips, got %d", suggested)
	}
}

func TestAProblemBecomesAFaultThatScriptsCanRead(t *testing.T) {
	_, err := ParseUIN("32117072411021588934")
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatal(err)
	}
	f := p.Fault()
	if f.Exit != exitcode.Usage || f.Code != "uin.check_digit" || !strings.HasPrefix(f.Message.In(i18n.RU), "УИН «32117072411021588934»: контрольная") {
		t.Errorf("got %+v: %s", f, f.Message.In(i18n.RU))
	}
	if name := p.Field("строка 7, столбец УИН"); name.Message.In(i18n.EN) == "" {
		t.Error("empty field message")
	}
}

func TestHostileInputIsNeitherKeptWholeNorShownRaw(t *testing.T) {
	r := Check(KindUIN, "\x1b]0;x\a"+strings.Repeat("я", 1<<16), Options{})
	if len(r.Input) > 80 || len(r.Problem.Input) > 80 {
		t.Errorf("kept %d bytes", len(r.Input))
	}
	if s := r.Problem.Fault().Message.In(i18n.RU); strings.ContainsAny(s, "\x1b\a") {
		t.Errorf("escape in %q", s)
	}
}

func TestNotCheckableIsAnAnswerOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		in   string
		bik  string
	}{
		{KindAccount, "03100643000000019500", "024501901"},
		{KindAccount, "40702810138250123017", ""},
		{KindSNILS, "000-123-123 44", ""},
	} {
		if r := Check(c.kind, c.in, Options{BIK: c.bik}); r.Verdict != VerdictNotCheckable || r.Normalised == "" {
			t.Errorf("%s: got %+v", c.in, r)
		}
	}
	if r := Check(KindAccount, "40702810138250123017", Options{BIK: "044525225"}); r.Verdict != VerdictValid {
		t.Errorf("got %+v", r)
	}
}

func TestDetailsReadInBothLanguages(t *testing.T) {
	v := Check(KindUIN, "1881 0177 1703 2518 9254", Options{}).In(i18n.RU)
	if v.Normalised != "18810177170325189254" || v.Details["administrator"] != "188, МВД России" || v.Details["length"] != "20" {
		t.Errorf("got %+v", v)
	}
	if d := Check(KindKBK, "18201061201010000510", Options{}).In(i18n.EN).Details["warning"]; !strings.Contains(d, "single tax payment") {
		t.Errorf("got %q", d)
	}
	if !KBK("18201061201010000510").SingleTaxPayment() || KBK("18210301000010000110").SingleTaxPayment() {
		t.Error("the single tax payment is not told apart")
	}
}

func TestEveryKindIsFoundByItsWordAndItsExamplePasses(t *testing.T) {
	for i, info := range Kinds() {
		if int(info.Kind) != i+1 || info.Kind.Info().Name != info.Name {
			t.Errorf("%s is out of order", info.Name)
		}
		if k, ok := KindNamed(info.Name); !ok || k != info.Kind {
			t.Errorf("%s is not found", info.Name)
		}
		if r := Check(info.Kind, info.Example, Options{}); r.Verdict == VerdictInvalid {
			t.Errorf("the example of %s is refused: %v", info.Name, r.Problem)
		}
	}
	if _, ok := KindNamed("nonsense"); ok || Valid(99, "1") {
		t.Error("an unknown kind is accepted")
	}
}

func TestListsSayTheirSourceAndDay(t *testing.T) {
	for _, k := range []Kind{KindDrawerStatus, KindPaymentBasis, KindPaymentType} {
		l, ok := ListOf(k)
		if !ok || l.Source == "" || len(l.AsOf) != 10 || len(l.Codes) < 5 {
			t.Errorf("%s: %+v", k, l)
		}
		for _, c := range l.Codes {
			if c.Meaning.RU == "" || c.Meaning.EN == "" {
				t.Errorf("%s %s has no meaning", k, c.Value)
			}
		}
	}
}
