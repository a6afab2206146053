package requisites

import (
	"encoding/json"
	"os"
	"testing"
)

type vectors struct {
	UINValid []struct {
		V string `json:"v"`
	} `json:"uin_valid"`
	UINInvalid    []string    `json:"uin_invalid"`
	INN10Valid    []string    `json:"inn10_valid"`
	INN10Invalid  []string    `json:"inn10_invalid"`
	INN12Valid    []string    `json:"inn12_valid"`
	INN12Invalid  []string    `json:"inn12_invalid"`
	OGRNValid     []string    `json:"ogrn13_valid"`
	OGRNInvalid   []string    `json:"ogrn13_invalid"`
	TraderValid   []string    `json:"ogrnip15_valid"`
	TraderInvalid []string    `json:"ogrnip15_invalid"`
	SNILSValid    []string    `json:"snils_valid"`
	SNILSInvalid  []string    `json:"snils_invalid"`
	SNILSNoCheck  []string    `json:"snils_no_check_because_number_not_above_001001998"`
	BankValid     [][2]string `json:"bic_account_valid_last3"`
	BankInvalid   [][2]string `json:"bic_account_invalid_last3"`
	CorrValid     [][2]string `json:"bic_corr_valid_0_56"`
	CorrInvalid   [][2]string `json:"bic_corr_invalid_0_56"`
	EKSValid      [][2]string `json:"treasury_eks_valid_0_56"`
	Treasury      [][2]string `json:"treasury_03_accounts_key_not_checkable"`
	KPPValid      []string    `json:"kpp_valid"`
	KPPInvalid    []string    `json:"kpp_invalid"`
	BIKValid      []string    `json:"bik_format_valid"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPublishedNumbersPassAndTheirTypoedTwinsDoNot(t *testing.T) {
	v := readVectors(t)
	for _, c := range []struct {
		kind        Kind
		good, wrong []string
	}{
		{KindINN, append(v.INN10Valid, v.INN12Valid...), append(v.INN10Invalid, v.INN12Invalid...)},
		{KindOGRN, append(v.OGRNValid, v.TraderValid...), append(v.OGRNInvalid, v.TraderInvalid...)},
		{KindSNILS, append(v.SNILSValid, v.SNILSNoCheck...), append(v.SNILSInvalid, "000-000-000 00")},
		{KindKPP, v.KPPValid, v.KPPInvalid},
		{KindBIK, append(v.BIKValid, "017003983", "024501901"), []string{"04452522", "944525225", "000000000"}},
		{KindUIN, []string{
			"32117072411021588933", "18817072416285972102", "0355431000000000011629713", "1881100000000000020001818",
			"18212345670000000790", "18810АБ1234567890124", "18810аб1234567890124", "32116102414550976332",
		}, append(v.UINInvalid, "0", "00000000000000000000", "0000000000000000000000000")},
		{KindINN, []string{"1111111117", "6449013711", "526317984689"}, []string{"0000000000", "000000000000", "0012345678"}},
		{KindOGRN, []string{"1151232294620", "5077746725964", "304500116000050", "315850060115169"}, []string{"304500116000158", "2027700132195"}},
		{KindSNILS, []string{"197-027-745 00", "586-595-917 80", "774-112-048 81"}, []string{"200-746-095 00"}},
		{KindKBK, []string{"18210301000010000110", "32111301031016000130", "18811630020016000140", "0"}, []string{"1821030100001000011", "00000000000000000000"}},
		{KindOKTMO, []string{"45328000", "80613101", "45 328 000 001", "0"}, []string{"00028000", "453280001", "4532800О"}},
		{KindUIP, []string{"10471020010005233009202000000001"}, []string{"1047102001000523300920200000000"}},
		{KindPayerID, []string{"1010000000008751379232", "2003015011755301501001", "4000000000500100732259", "1140000000011223344595"},
			[]string{"2003015011756301501001", "1990000000008751379232", "5010000000008751379232", "1140000000011223344598"}},
		{KindDrawerStatus, []string{"24", "01", "0", "99"}, []string{"9", "1", "2Ч", "00"}},
		{KindPaymentBasis, []string{"ТП", "тп", "00", "0"}, []string{"XX"}},
		{KindTaxPeriod, []string{"МС.01.2026", "КВ.04.2026", "ПЛ.02.2025", "ГД.00.2025", "29.02.2024", "10216100", "0"},
			[]string{"МС.13.2026", "КВ.05.2026", "ГД.01.2025", "29.02.2023", "2026"}},
		{KindDocumentNumber, []string{"0", "01;4510123456", "АБ-12/3"}, []string{"1234567890123456", "a|b", "a\x00b"}},
		{KindDocumentDate, []string{"0", "31.12.2025"}, []string{"31.11.2025", "2025-12-31", "00.01.2025"}},
		{KindPaymentType, []string{"0", "00", "ПЕ", "1"}, []string{"Я", "Z1", "111"}},
	} {
		for _, s := range c.good {
			if r := Check(c.kind, s, Options{}); r.Verdict == VerdictInvalid || !Valid(c.kind, s) {
				t.Errorf("%s %q should pass: %v", c.kind, s, r.Problem)
			}
		}
		for _, s := range c.wrong {
			if r := Check(c.kind, s, Options{}); r.Verdict != VerdictInvalid || Valid(c.kind, s) || r.Problem.Code == "" || r.Problem.Message().IsZero() {
				t.Errorf("%s %q should be refused with a reason: %+v", c.kind, s, r)
			}
		}
	}
	for _, u := range v.UINValid {
		if !ValidUIN(u.V) {
			t.Errorf("УИН %s should pass", u.V)
		}
	}
}

func TestAccountKeysGiveThreeAnswers(t *testing.T) {
	v := readVectors(t)
	old := [][2]string{{"044525000", "40101810045250010041"}}
	for _, c := range []struct {
		pairs [][2]string
		want  KeyVerdict
	}{
		{v.BankValid, KeyValid}, {v.CorrValid, KeyValid}, {v.EKSValid, KeyValid}, {old, KeyValid},
		{v.BankInvalid, KeyInvalid}, {v.CorrInvalid, KeyInvalid}, {v.Treasury, KeyNotCheckable},
		{[][2]string{{"044525225", "30101810965770000413"}}, KeyInvalid},
	} {
		for _, p := range c.pairs {
			bik, err := ParseBIK(p[0])
			if err != nil {
				t.Fatal(err)
			}
			if len(p[1]) != 20 && c.want == KeyInvalid {
				if ValidAccount(p[1]) {
					t.Errorf("%s should not pass by form", p[1])
				}
				continue
			}
			if got := KeyOf(bik, Account(p[1])); got != c.want {
				t.Errorf("%s at %s: got %d, want %d", p[1], p[0], got, c.want)
			}
			if _, err := ParseAccountAt(p[1], bik); (err != nil) != (c.want == KeyInvalid) {
				t.Errorf("%s at %s: %v", p[1], p[0], err)
			}
		}
	}
}
