package statement_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/payfile/statement"
)

func directBank(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../../portal/wire/directbank/testdata/statement.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readDirectBank(t testing.TB, text string) (list []statement.Entry, r *statement.Reader, err error) {
	t.Helper()
	if r, err = statement.NewReader(strings.NewReader(text)); err != nil {
		return nil, nil, err
	}
	for {
		var e statement.Entry
		if err := r.Next(&e); errors.Is(err, io.EOF) {
			return list, r, nil
		} else if err != nil {
			return list, r, err
		}
		list = append(list, e)
	}
}

func TestAStatementOfDirectBankIsRead(t *testing.T) {
	list, r, err := readDirectBank(t, directBank(t))
	if err != nil || r.Format() != "directbank" || len(list) != 3 || len(r.Faults())+len(r.Notes()) > 0 {
		t.Fatalf("%v %v %+v %v %v", err, r.Format(), list, r.Faults(), r.Notes())
	}
	e := list[0]
	if e.OwnID != "00000000-0000-4000-8000-000000000001" || e.BankID != "BANKREF-0001" || e.Number != "101" || e.Kopecks != 400000 || e.Direction != statement.Out || !e.Posted ||
		e.Status != statement.Executed || e.PayerAccount != "40702810700000000001" || e.PayeeAccount != "03100643700000009999" || e.Date.Format(time.DateOnly) != "2026-03-02" {
		t.Errorf("%+v", e)
	}
	if e := list[1]; e.OwnID != "" || e.Kopecks != 3500 || e.Direction != statement.Out {
		t.Errorf("%+v", e)
	}
	if e := list[2]; e.Kopecks != 10050 || e.Direction != statement.In || e.PayeeAccount != "40702810700000000001" || e.Purpose == "" {
		t.Errorf("%+v", e)
	}
}

func TestOnlyAFinalWholeStatementOfDirectBankIsEvidence(t *testing.T) {
	whole := directBank(t)
	mine := []statement.Candidate{{ID: "00000000-0000-4000-8000-000000000001", Kopecks: 400000, PayerAccount: "40702810700000000001", PayeeAccount: "03100643700000009999", NotBefore: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}}
	for _, c := range []struct {
		name, text string
		want       statement.Outcome
	}{
		{"as it is", whole, statement.Matched},
		{"the id in upper case", strings.Replace(whole, "<ExtID>0", "<ExtID>0", 1), statement.Matched},
		{"a zone after the day", strings.Replace(whole, "<Date>2026-03-02</Date>", "<Date>2026-03-02Z</Date>", 1), statement.Matched},
		{"an intermediate one", strings.Replace(whole, "<StatementType>0<", "<StatementType>1<", 1), statement.Ignored},
		{"refused by its stamp", strings.Replace(whole, "<Code>02</Code>", "<Code>03</Code>", 1), statement.Ignored},
		{"a part of an order", strings.Replace(whole, `docKind="10"`, `docKind="17"`, 1), statement.Doubtful},
		{"our id with another sum", strings.Replace(whole, "<Sum>4000.00</Sum>", "<Sum>400.00</Sum>", 1), statement.Conflict},
		{"our id to another payee", strings.Replace(whole, "03100643700000009999", "03100643700000009990", 1), statement.Conflict},
		{"a credit", strings.Replace(whole, "<DC>1</DC>", "<DC>2</DC>", 1), statement.Ignored},
	} {
		list, _, err := readDirectBank(t, c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if r := statement.Match(list, mine)[0]; r.Outcome != c.want {
			t.Errorf("%s: %s (%v), want %s", c.name, r.Outcome, r.Reason, c.want)
		}
	}
	for _, cut := range []int{len(whole) / 3, len(whole) - 40, len(whole) - 5} {
		if _, _, err := readDirectBank(t, whole[:cut]); err == nil {
			t.Errorf("cut at %d of %d it was read to its end", cut, len(whole))
		}
	}
	if _, _, err := readDirectBank(t, strings.Replace(whole, "<ClosingBalance>6065.5</ClosingBalance>", "", 1)); err == nil {
		t.Error("without a closing balance it passed for whole")
	}
}

func TestAStatementWhoseSumsDisagreeSaysSo(t *testing.T) {
	_, r, err := readDirectBank(t, strings.Replace(directBank(t), "<TotalDebits>4035<", "<TotalDebits>9035<", 1))
	if err != nil || len(r.Notes()) != 1 || r.Notes()[0].Name != "TotalDebits" {
		t.Errorf("%v %+v", err, r.Notes())
	}
	list, r, err := readDirectBank(t, strings.Replace(directBank(t), "<Sum>35</Sum>", "<Sum>3,5x</Sum>", 1))
	if err != nil || len(list) != 2 || len(r.Faults()) == 0 {
		t.Errorf("%v %d %+v", err, len(list), r.Faults())
	}
}

func FuzzDirectBank(f *testing.F) {
	f.Add(directBank(f))
	f.Fuzz(func(t *testing.T, text string) {
		list, r, err := readDirectBank(t, text)
		if r == nil || r.Format() != "directbank" {
			return
		}
		for _, e := range list {
			if err == nil && (e.Date.IsZero() || e.Kopecks == 0) {
				t.Fatalf("an entry without a day or a sum: %+v", e)
			}
		}
	})
}
