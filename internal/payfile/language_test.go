// Package payfile_test looks at all readers of payment files at once.
package payfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/payfile/statement"
)

// broken returns files of every kind, each spoilt in every way that a byte can
// be: cut short, a digit made a letter, a mark taken away.
func broken(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	whole := map[string][]byte{
		"qr": []byte("ST00012|Name=УФК по г. Москве|PersonalAcc=03100643000000017300|BankName=ГУ Банка России по ЦФО|BIC=004525988|CorrespAcc=40102810545370000003|Sum=150000|PayeeINN=7725088527|UIN=18810001230000000000|CBC=18811601121010001140|OKTMO=45382000"),
		"statement.csv": []byte("Дата операции;Номер документа;Сумма;Дебет/Кредит;Счет плательщика;Счет получателя;УИН;Назначение платежа\n" +
			"02.03.2026;101;4000,00;Д;40702810700000000001;03100643700000009999;0;Госпошлина\n03.03.2026;102;1,5,0;К;4070281070000000001;03100643700000009999;1,88E+19;Сбор\n03/04/2026;103;-5,00;Д;40702810700000000001;;;\n"),
		"register.json": []byte(`[{"УИН":"18810001230000000000","Сумма":"15OO.00"}]`),
	}
	for _, pattern := range []string{"testdata/cases/*", "../portal/wire/directbank/testdata/statement.xml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			whole[filepath.Base(name)] = b
		}
	}
	for name, b := range whole {
		out[name] = b
		if len(b) > 20000 {
			continue
		}
		for what, from := range map[string]string{"sum": "00\n", "tag": "</", "semicolon": ";", "equals": "=", "digit": "20", "quote": "\n"} {
			n := 0
			for i := 0; n < 12; n++ {
				k := bytes.Index(b[i:], []byte(from))
				if k < 0 {
					break
				}
				i += k
				out[name+" without "+what+" "+string(rune('a'+n))] = slices.Concat(b[:i], []byte(`"й`), b[i+1:])
				i++
			}
		}
		for _, cut := range []int{3, 2} {
			out[name+" cut"+strings.Repeat("!", cut)] = b[:len(b)*(cut-1)/cut]
		}
	}
	return out
}

// told gathers what every reader has to say of a file.
func told(b []byte, name string) (out []i18n.Localised) {
	fields := func(list []fault.Field) {
		for _, f := range list {
			out = append(out, f.Told())
		}
	}
	failed := func(err error) {
		if f := fault.Of(err); f != nil {
			out = append(out, f.Message, f.Hint)
			fields(f.Fields)
		}
	}
	if strings.HasPrefix(name, "qr") {
		d, err := qr.Decode(b)
		failed(err)
		if d != nil {
			fields(d.Warnings)
			fields(d.Faults)
		}
		return out
	}
	r, err := statement.NewReader(bytes.NewReader(b))
	failed(err)
	for err == nil {
		var e statement.Entry
		if err = r.Next(&e); err != nil {
			failed(err)
			fields(r.Faults())
			fields(r.Notes())
		}
	}
	return slices.Concat(out, toldOfOrders(b), toldOfRegister(b, name))
}

func toldOfOrders(b []byte) (out []i18n.Localised) {
	o := onec.NewReader(bytes.NewReader(b))
	var d onec.Document
	for {
		if err := o.Next(&d); err != nil {
			if f := fault.Of(err); f != nil {
				out = append(out, f.Message, f.Hint)
			}
			break
		}
		_, faults := d.Order()
		for _, f := range slices.Concat(faults, d.Doubts(), d.Check()) {
			out = append(out, f.AsField().Told())
		}
	}
	for _, f := range o.Faults() {
		out = append(out, f.AsField().Told())
	}
	return out
}

func toldOfRegister(b []byte, name string) (out []i18n.Localised) {
	problem := func(p register.Problem) { out = append(out, p.Place(), p.Message, p.Why, p.Hint) }
	failed := func(err error) {
		if f := fault.Of(err); f != nil {
			out = append(out, f.Message, f.Hint)
		}
	}
	r, err := register.Read(bytes.NewReader(b), int64(len(b)), name, register.Options{})
	if err != nil {
		failed(err)
		return out
	}
	c := register.NewChecker(r.Layout())
	c.Start(problem)
	for row, err := range r.Rows() {
		if err != nil {
			failed(err)
			break
		}
		c.Check(row, problem)
	}
	c.End(problem)
	for _, p := range r.TakeProblems() {
		problem(p)
	}
	return out
}

// Names of formats, of fields of formats and of commands are the same in every language.
var (
	latin   = regexp.MustCompile(`[A-Za-z][A-Za-z_-]+`)
	command = regexp.MustCompile(`epgu [a-z]+ [a-z]+|--[a-z-]+( [a-z]+)?|\b[a-z0-9_]+\.(txt|csv|xlsx)\b`) // and of files
	names   = regexp.MustCompile(`^(CSV|XLSX|XLS|ODS|PDF|JSON|NDJSON|XML|QR|UTF|CP|KOI|Windows|Excel|LibreOffice|Calc|DirectBank|ClientBankExchange|Name|PersonalAcc|BankName|BIC|CorrespAcc|Sum|PayeeINN|UIN|CBC|OKTMO|RUB|SWIFT|MT|MIME|HTML|TSV|DOC|DOCX|ZIP|CAMT|xlsx|CClientBankExchange)$`)
)

func TestInRussianEveryPlaceAndFaultOfAFileIsInRussian(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for name, b := range broken(t) {
		for _, m := range told(b, name) {
			if m == nil {
				continue
			}
			s := m.In(i18n.RU)
			for _, w := range latin.FindAllString(command.ReplaceAllString(s, ""), -1) {
				if names.MatchString(w) || bytes.Contains(b, []byte(w)) || seen[w] {
					continue
				}
				seen[w] = true
				t.Errorf("%s: %q in %q", name, w, s)
			}
		}
	}
}
