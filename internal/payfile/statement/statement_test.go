package statement

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

const (
	ourAccount = "40702810138250123017"
	treasury   = "03100643000000017300"
	goodUIN    = "18810177170325189254"
)

func date(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }

func readAll(r io.Reader) (entries []Entry, faults []fault.Field, err error) {
	rd, err := NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	for {
		var e Entry
		if err = rd.Next(&e); err != nil {
			return entries, rd.Faults(), err
		}
		entries = append(entries, e)
	}
}

// bankFile is a statement as a bank would write it, or the orders alone.
func bankFile(t testing.TB, statement bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w := onec.NewWriter(&b, onec.WriteOptions{Charset: onec.Windows, Created: date(3), From: date(1), To: date(3)})
	for i, in := range []bool{false, true} {
		o := onec.Order{Number: fmt.Sprint(i + 1), Date: date(2), Kopecks: 600000, UIN: goodUIN, Purpose: "Пошлина",
			Payer: onec.Party{Name: "Плательщик", Account: ourAccount}, Payee: onec.Party{Name: "УФК", Account: treasury}}
		if in {
			o.Payer, o.Payee, o.UIN = o.Payee, o.Payer, ""
		}
		d := o.Document()
		if statement && in {
			d.Set(onec.CreditedOn, "03.03.2026")
		}
		if statement && !in {
			d.Set(onec.DebitedOn, "03.03.2026")
		}
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestABankStatementSaysWhatLeftAndWhatCame(t *testing.T) {
	entries, faults, err := readAll(bytes.NewReader(bankFile(t, true)))
	if !errors.Is(err, io.EOF) || len(entries) != 2 || len(faults) != 0 {
		t.Fatal(err, entries, faults)
	}
	e := entries[0]
	if e.Direction != Out || !e.Posted || !e.Date.Equal(date(3)) || e.Kopecks != 600000 || e.UIN != goodUIN || e.PayeeAccount != treasury || e.Number != "1" {
		t.Errorf("got %+v", e)
	}
	if entries[1].Direction != In || !entries[1].Posted {
		t.Errorf("got %+v", entries[1])
	}
}

func TestAFileOfOrdersIsNoEvidenceOfPayment(t *testing.T) {
	entries, _, err := readAll(bytes.NewReader(bankFile(t, false)))
	if !errors.Is(err, io.EOF) || len(entries) != 2 {
		t.Fatal(err)
	}
	for _, r := range Match(entries, []Candidate{{ID: "a", UIN: goodUIN, Kopecks: 600000, PayeeAccount: treasury, NotBefore: date(1)}}) {
		if r.Outcome != Ignored {
			t.Errorf("our own order settled a payment: %+v", r)
		}
	}
}

func TestTablesOfDifferentBanksReadTheSame(t *testing.T) {
	russian := "Дата операции;Номер документа;Сумма по дебету;Сумма по кредиту;Счёт получателя;Получатель;Назначение платежа\r\n" +
		"02.03.2026;15;6 000,00;;03100643000000017300;УФК;\"Пошлина; УИН " + goodUIN + "\"\r\n" +
		"03.03.2026;16;;1 500,50;;;Возврат\r\n;;;;;;\r\nИтого;;6 000,00;1 500,50;;;\r\n"
	cp, err := charmap.Windows1251.NewEncoder().String(russian)
	if err != nil {
		t.Fatal(err)
	}
	dos, err := charmap.CodePage866.NewEncoder().String(strings.ReplaceAll(russian, "ё", "е"))
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{
		"UTF-8":        russian,
		"with a mark":  "\ufeff" + russian,
		"Windows-1251": cp,
		"cp866":        dos,
		"a preamble":   "Выписка по счёту;40702810138250123017\r\nПериод;март\r\n\r\n" + russian,
		"English":      "date,number,amount,payee account,description\n2026-03-02,15,\"-6,000.00\"," + treasury + ",\"УИН:" + goodUIN + "\"\n2026-03-03,16,+1500.50,,\n",
		"signed":       "Дата\tНомер\tСумма\tСчет получателя\tНазначение\n02.03.2026 10:00:00\t15\t−6000,00 ₽\t" + treasury + "\tУИН " + goodUIN + "///\n03.03.2026\t16\t+1500,50 ₽\t\t\n",
	} {
		entries, faults, err := readAll(strings.NewReader(in))
		if !errors.Is(err, io.EOF) || len(entries) != 2 || len(faults) != 0 {
			t.Errorf("%s: %v %v %v", name, err, entries, faults)
			continue
		}
		e := entries[0]
		if e.Direction != Out || e.Kopecks != 600000 || e.UIN != goodUIN || e.PayeeAccount != treasury || !e.Date.Equal(date(2)) || e.Number != "15" {
			t.Errorf("%s: %+v", name, e)
		}
		if e = entries[1]; e.Direction != In || e.Kopecks != 150050 {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestEveryUnreadableRowIsReportedAndTheRestIsRead(t *testing.T) {
	in := "Дата;Сумма;Назначение\n02.03.2026;-5,00;а\n2/3/2026;-5,00;б\n03.03.2026;-1,500;в\n03.03.2026;;г\n04.03.2026;-7,00;д\n"
	entries, faults, err := readAll(strings.NewReader(in))
	if !errors.Is(err, io.EOF) || len(entries) != 2 || len(faults) != 3 {
		t.Fatalf("%v %+v %+v", err, entries, faults)
	}
	for i, name := range []string{"line 3, date", "line 4, amount", "line 5, amount"} {
		if faults[i].Name != name {
			t.Errorf("got %q, want %q", faults[i].Name, name)
		}
	}
}

func TestAnAccountNumberIsNotTakenForAUIN(t *testing.T) {
	if got := uinIn("", "Оплата на счёт 18810177170325189254 по договору"); got != "" {
		t.Errorf("got %q", got)
	}
	if got := uinIn("0", "Штраф УИН "+goodUIN+"."); got != goodUIN {
		t.Errorf("got %q", got)
	}
}

type endless struct {
	prefix, pattern string
	at              int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.prefix != "" {
		n := copy(p, e.prefix)
		e.prefix = e.prefix[n:]
		return n, nil
	}
	for i := range p {
		p[i] = e.pattern[e.at%len(e.pattern)]
		e.at++
	}
	return len(p), nil
}

func TestEndlessJunkIsRefusedInFlatMemory(t *testing.T) {
	for name, c := range map[string]struct{ prefix, pattern, code string }{
		"zero bytes":           {"", "\x00", "statement.format"},
		"junk":                 {"", "a,b\n", "statement.format"},
		"a quote never closed": {"Дата;Сумма\n02.03.2026;\"", "x\n", "statement.too_many_faults"},
		"a row never ended":    {"Дата;Сумма\n", "x", "csv.long_row"},
		"rows of junk":         {"Дата;Сумма\n", "x;y\n", "statement.too_many_faults"},
		"junk after 1C":        {"1CClientBankExchange\r\nВерсияФормата=1.03\r\n", "\x00", "onec.long_line"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := readAll(&endless{prefix: c.prefix, pattern: c.pattern})
		runtime.ReadMemStats(&after)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != c.code {
			t.Errorf("%s: got %v", name, err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
			t.Errorf("%s: %d MiB allocated", name, grown>>20)
		}
	}
}

func FuzzStatement(f *testing.F) {
	f.Add(bankFile(f, true))
	f.Add([]byte("Дата;Дебет;Кредит;УИН\n02.03.2026;5,00;;" + goodUIN + "\n"))
	f.Add([]byte("date,amount\n2026-03-02,\"-1,000.00\"\n"))
	f.Add([]byte("\ufeffДата\tСумма\n\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, _, err := readAll(bytes.NewReader(b))
		var ferr *fault.Error
		if !errors.Is(err, io.EOF) && !errors.As(err, &ferr) {
			t.Fatalf("a bare error: %v", err)
		}
		for _, e := range entries {
			if e.Kopecks < 0 || e.Date.IsZero() {
				t.Fatalf("%+v", e)
			}
		}
		results := Match(entries, []Candidate{{ID: "a", UIN: goodUIN, Kopecks: 500, NotBefore: date(1)}, {ID: "b", Kopecks: 500, PayeeAccount: treasury, NotBefore: date(1)}})
		if ids := Settled(results); len(results) != len(entries) || len(ids) > 2 || len(ids) == 2 && ids[0] == ids[1] {
			t.Fatalf("settled %v", ids)
		}
	})
}
