package register

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
)

func save(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checked reads and checks a register as the use case does.
func checked(t testing.TB, path string, o Options) (rows []*Row, found []Problem, err error) {
	t.Helper()
	r, err := Open(path, o)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	put := func(p Problem) { found = append(found, p) }
	take := func() { found = append(found, r.TakeProblems()...) }
	c := NewChecker(r.Layout())
	take()
	c.Start(put)
	for row, err := range r.Rows() {
		if err != nil {
			take()
			return rows, found, err
		}
		c.Check(row, put)
		take()
		rows = append(rows, row.Clone())
	}
	take()
	c.End(put)
	return rows, found, nil
}

func codes(found []Problem) (all []string) {
	for _, p := range found {
		all = append(all, p.Code)
	}
	return all
}

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

const (
	goodUIN = "18810177170325189254"
	badUIN  = "18810177170325189255"
	goodRow = goodUIN + ";1 234,56;7707083893;773001001;УФК по г. Москве;7730176610;773001001;03100643000000017300;004525988;40102810545370000003;18810807141011000110;45328000;Госпошлина"
	heads   = "УИН;Сумма, руб.;ИНН плательщика;КПП плательщика;Получатель;ИНН получателя;КПП получателя;Счёт получателя;БИК;Корр. счёт;КБК;ОКТМО;Назначение платежа"
)

func TestAGoodRowIsReadWithEveryValue(t *testing.T) {
	rows, found, err := checked(t, save(t, "a.csv", []byte(heads+"\n"+goodRow+"\n")), Options{})
	if err != nil || !slices.Equal(codes(found), []string{"register.key_not_checkable"}) || found[0].Severity != Warning {
		t.Fatal(codes(found), err)
	}
	r := rows[0]
	if r.Kopecks != 123456 || r.UIN() != goodUIN || r.Payer() != "7707083893" || r.Value(KBK) != "18810807141011000110" || r.Value(Purpose) != "Госпошлина" || r.Line != 2 || r.Ordinal != 1 {
		t.Errorf("%+v", r)
	}
	if r.Cells[1] != "1 234,56" {
		t.Errorf("the cell is %q", r.Cells[1])
	}
}

func TestEachMistakeIsNamedInBothLanguagesWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		column int // replaced, from 0
		value  string
		code   string
		number int
		ru, en string
	}{
		"a wrong check digit": {0, badUIN, "uin.check_digit", 22, "контрольная цифра не сходится: знак 20 — 5, а по остальным знакам должна быть 4", "the check digit does not fit: character 20 is 5, the other characters require 4"},
		"a destroyed number":  {0, "1,88101771703252E+19", "register.rounded", 22, "номер превращён таблицей в число (1,88101771703252E+19): последние цифры потеряны, и восстановить их по файлу нельзя", "a spreadsheet turned the number into 1,88101771703252E+19: its last digits are lost, and the file cannot give them back"},
		"lost digits":         {0, "18810177170325100000", "register.rounded", 22, "номер превращён таблицей в число (18810177170325100000): последние цифры потеряны, и восстановить их по файлу нельзя", "a spreadsheet turned the number into 18810177170325100000: its last digits are lost, and the file cannot give them back"},
		"a КБК too short":     {10, "1881080714101100011", "kbk.length", 104, "19 знаков, а должно быть 20", "19 characters, must be 20"},
		"a lost zero":         {8, "4525988", "bik.length", 14, "7 знаков, а должно быть 9", "7 characters, must be 9"},
		"no amount":           {1, "", "register.amount.empty", 7, "нет суммы", "there is no amount"},
		"an ambiguous amount": {1, "1,234", "register.amount.ambiguous", 7, "«1,234» читается двояко: это тысячи или доли?", "\"1,234\" reads two ways: thousands or decimals?"},
		"three decimals":      {1, "1234,567", "register.amount.decimals", 7, "в сумме «1234,567» больше двух знаков после запятой", "the amount \"1234,567\" has more than two decimals"},
		"a float":             {1, "1.2E+5", "register.amount.float", 7, "сумма «1.2E+5» записана числом с плавающей точкой и потеряла копейки", "the amount \"1.2E+5\" is in floating form and has lost its kopecks"},
		"a negative amount":   {1, "-5", "register.amount.sign", 7, "сумма «-5» не больше нуля", "the amount \"-5\" is not above zero"},
		"words for an amount": {1, "сто", "register.amount.form", 7, "«сто» — не сумма", "\"сто\" is not an amount"},
		"a key that fails":    {9, "30101810500000000225", "account.key", 15, "счёт не подходит к БИК: ключ (знак 9) — 5, а для этого БИК должен быть 4; ошибка в счёте или в БИК", "the account does not fit the БИК: its key (character 9) is 5, this БИК requires 4; the slip is in the account or in the БИК"},
		"a long purpose":      {12, strings.Repeat("я", 211), "register.text.length", 24, "211 знаков при пределе 210", "211 characters, the limit is 210"},
		"a control character": {12, "a\x01b", "register.text.control", 24, "в тексте есть управляющий знак U+0001", "the text has the control character U+0001"},
		"broken bytes":        {12, "п\xffп", "register.text.bytes", 24, "в тексте есть байты, которых нет в его кодировке", "the text has bytes that its encoding does not know"},
		"a ruble sign":        {12, "100 ₽", "register.text.charset", 24, "знака «₽» (U+20BD) нет в кодировке банков (Windows-1251)", "the character \"₽\" (U+20BD) is not in the banks' encoding (Windows-1251)"},
		"the tax payment":     {10, "18201061201010000510", "register.single_tax_payment", 104, "это КБК единого налогового платежа: пошлина, отправленная сюда, не зачтётся как пошлина", "this is the КБК of the single tax payment: a duty sent here does not count as a duty"},
		"another body's КБК":  {10, "18210803010010000110", "register.administrator", 104, "УИН выставил администратор 188, а КБК — администратора 182", "the УИН was issued by administrator 188, the КБК is of administrator 182"},
		"an ОКТМО of nothing": {11, "0", "register.oktmo_zero", 105, "ОКТМО «0» ставят в едином налоговом платеже, а КБК здесь другой", "ОКТМО \"0\" belongs to the single tax payment, and the КБК is another one"},
		"a bank's account":    {9, "30101810400000000225", "register.treasury_corr", 15, "к казначейскому счёту (03…) нужен единый казначейский счёт 40102…, а здесь другой", "a treasury account (03…) goes with the single treasury account 40102…, which this is not"},
	} {
		cells := strings.Split(goodRow, ";")
		cells[c.column] = c.value
		if c.column == 9 {
			cells[8] = "044525225" // the bank of the accounts above
		}
		_, found, err := checked(t, save(t, "a.csv", []byte(heads+"\n\n"+goodRow+"\n"+strings.Join(cells, ";")+"\n")), Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		i := slices.IndexFunc(found, func(p Problem) bool { return p.Code == c.code })
		if i < 0 {
			t.Errorf("%s: %v", name, codes(found))
			continue
		}
		p := found[i]
		if ru, en := p.Message.In(i18n.RU), p.Message.In(i18n.EN); ru != c.ru || en != c.en {
			t.Errorf("%s: %q, %q", name, ru, en)
		}
		if p.Row != 2 || p.Line != 4 || p.Column != c.column+1 || p.Number != c.number || p.Heading != strings.Split(heads, ";")[c.column] {
			t.Errorf("%s: row %d, line %d, column %d, field %d, %q", name, p.Row, p.Line, p.Column, p.Number, p.Heading)
		}
		if p.Severity == Error && (p.Why.In(i18n.RU) == "" || p.Why.In(i18n.EN) == p.Why.In(i18n.RU)) {
			t.Errorf("%s: it does not say why", name)
		}
	}
}

func TestAllMistakesOfARowAreReportedAtOnce(t *testing.T) {
	_, found, err := checked(t, save(t, "a.csv", []byte(heads+"\n"+badUIN+";abc;7707083894;77;x;1;1;2;3;4;5;6;\n")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"uin.check_digit", "register.amount.form", "inn.check_digit", "kpp.length", "inn.length", "account.length", "bik.length", "kbk.length", "oktmo.length"} {
		if !slices.Contains(codes(found), want) {
			t.Errorf("%s is missing in %v", want, codes(found))
		}
	}
}

func TestARowWithoutUINNeedsItsRequisites(t *testing.T) {
	cells := strings.Split(goodRow, ";")
	for _, uin := range []string{"", "0", "00000000000000000000"} {
		cells[0], cells[10] = uin, ""
		_, found, err := checked(t, save(t, "a.csv", []byte(heads+"\n"+strings.Join(cells, ";")+"\n")), Options{})
		if err != nil || !slices.Contains(codes(found), "register.required") || found[0].Field != KBK {
			t.Errorf("%q: %v %v", uin, codes(found), err)
		}
	}
	_, found, err := checked(t, save(t, "a.csv", []byte("УИН;Сумма\n;5\n")), Options{})
	if err != nil || !slices.Equal(codes(found), []string{"register.no_uin"}) {
		t.Error(codes(found), err)
	}
	_, found, err = checked(t, save(t, "a.csv", []byte("Сумма;КБК\n5;18810807141011000110\n")), Options{})
	if err != nil || !slices.Equal(codes(found), []string{"register.columns"}) || strings.Contains(found[0].Message.In(i18n.EN), "Получатель") {
		t.Error(codes(found), err)
	}
}

func TestHeadingsInBothLanguagesAreRecognised(t *testing.T) {
	for text, want := range map[string]Field{
		"УИН": UIN, "uin": UIN, " Номер  начисления ": UIN, "Сумма, коп.": Amount, "amountKopecks": Amount, "Amount (kopecks)": Amount,
		"Р/с получателя": PayeeAccount, "payeeAccount": PayeeAccount, "Счет получателя": PayeeAccount, "КБК (104)": KBK, "CBC": KBK, "Корр.счёт": PayeeCorr,
		"payer_inn": PayerINN, "Поле 107": Period, "ФИО плательщика": PayerName, "ИНН": 0, "Счёт": 0, "": 0,
	} {
		if f, _, _ := recognise(text); f != want {
			t.Errorf("%q is %v, want %v", text, f, want)
		}
	}
}

func TestEveryHeadingOfTheDataFileMeansOneField(t *testing.T) {
	seen := map[string]Field{}
	for _, h := range headings() {
		if f, twice := seen[h.text]; twice {
			t.Errorf("%q means %v and %v", h.text, f, h.field)
		}
		seen[h.text] = h.field
	}
	for line := range strings.Lines(headingsFile) {
		name, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		want, _ := FieldNamed(strings.Replace(name, kopecksWord, "amount", 1))
		if f, kopecks, _ := recognise(text); f != want || f == 0 || kopecks != (name == kopecksWord) || text != normalHeading(text) {
			t.Errorf("%q is %v", line, f)
		}
	}
}

func TestAmountsInKopecksFollowTheHeading(t *testing.T) {
	rows, _, err := checked(t, save(t, "a.csv", []byte("УИН;Сумма, коп.\n"+goodUIN+";123456\n")), Options{})
	if err != nil || rows[0].Kopecks != 123456 {
		t.Error(rows, err)
	}
}

func mapping(t testing.TB, text string) *Mapping {
	t.Helper()
	m, err := ReadMapping(save(t, "m.toml", []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMapReadsForeignHeadings(t *testing.T) {
	m := mapping(t, "header-row = 2\namounts-in = \"kopecks\"\nencoding = \"cp1251\"\nseparator = \";\"\n[columns]\nuin = \"No\"\namount = 3\n")
	rows, found, err := checked(t, save(t, "a.csv", []byte("list\nNo;Name;X;Y\n"+goodUIN+";a;500;b\n")), Options{Map: m})
	if err != nil || len(rows) != 1 || rows[0].UIN() != goodUIN || rows[0].Kopecks != 500 || found[0].Code != "register.unknown_columns" {
		t.Errorf("%v %v %v", rows, codes(found), err)
	}
	if _, _, err = checked(t, save(t, "a.csv", []byte("a;b;c\nd;e;f\n1;2;3\n")), Options{Map: m}); codeOf(err) != "register.map_columns" {
		t.Error(err)
	}
	bare := mapping(t, "header-row = 0\n[columns]\nuin = 1\namount = 2\n")
	rows, _, err = checked(t, save(t, "a.csv", []byte(goodUIN+";5\n"+goodUIN+";6\n")), Options{Map: bare})
	if err != nil || len(rows) != 2 || rows[0].Kopecks != 500 || rows[1].Line != 2 {
		t.Errorf("%v %v", rows, err)
	}
}

func TestEveryMistakeOfAMapIsNamedAtOnce(t *testing.T) {
	_, err := ReadMapping(save(t, "m.toml", []byte("separator = \"x\"\nencoding = \"koi7\"\n[columns]\nnope = 1\nkbk = 0\namount = 1\nuin = 1\n")))
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 5 {
		t.Errorf("%v", err)
	}
	for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
		mapping(t, MappingSample(l)) // what is offered as a sample can be read
	}
}

func TestFilesThatAreNoRegistersAreRefusedWithTheReason(t *testing.T) {
	for name, c := range map[string]struct{ content, code string }{
		"no headings":        {"1;2;3\n4;5;6\n", "register.no_header"},
		"two columns of one": {"УИН;Сумма;Сумма платежа\n1;2;3\n", "register.heading_twice"},
		"old Excel":          {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.old_excel"},
		"a cut workbook":     {"PK\x03\x04\x14\x00", "xlsx.broken"},
		"binary":             {"\x7fELF\x00\x00", "csv.binary"},
		"nothing":            {"", "register.no_header"},
	} {
		if _, _, err := checked(t, save(t, "a", []byte(c.content)), Options{}); codeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), Options{}); codeOf(err) != "register.not_found" {
		t.Error(err)
	}
	if _, err := Open(t.TempDir(), Options{}); codeOf(err) != "register.open" {
		t.Error(err)
	}
}

func TestBrokenRowsDoNotHideTheOnesAfterThem(t *testing.T) {
	file := "Реестр за июль;;\n\nУИН;Сумма;Наш номер\n" + goodUIN + ";1;a;extra\n" + goodUIN + ";2\n\n" + goodUIN + ";4;ok\nИтого;10;\n1881017717"
	rows, found, err := checked(t, save(t, "a.csv", []byte(file)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"register.cells", "register.cells", "register.total", "register.cut", "uin.length"}; !slices.Equal(codes(found), want) && !slices.Equal(codes(found), []string{want[0], want[1], want[3], want[4], want[2]}) {
		t.Errorf("%v", codes(found))
	}
	if len(rows) != 4 || rows[2].Kopecks != 400 || rows[2].Line != 7 {
		t.Errorf("%d rows", len(rows))
	}
	_, found, err = checked(t, save(t, "a.csv", []byte("УИН;Сумма;Наш номер\n"+goodUIN+";1;\"x\n")), Options{})
	if err != nil || !slices.Contains(codes(found), "register.quote") {
		t.Error(codes(found), err)
	}
}

func TestALastRowWithoutALineEndIsAWarning(t *testing.T) {
	_, found, err := checked(t, save(t, "a.csv", []byte("УИН;Сумма\n"+goodUIN+";1")), Options{})
	if err != nil || !slices.Equal(codes(found), []string{"register.no_line_end"}) || found[0].Severity != Warning {
		t.Error(codes(found), err)
	}
}

func TestSpreadsheetMarksAroundNumbersAreTaken(t *testing.T) {
	rows, found, err := checked(t, save(t, "a.csv", []byte("УИН;Сумма\n'"+goodUIN+";1\n\"=\"\""+goodUIN+"\"\"\";2\n\u00a0"+goodUIN+" ;3\n")), Options{})
	if err != nil || len(found) > 0 || len(rows) != 3 {
		t.Fatal(codes(found), err)
	}
	for _, r := range rows {
		if r.UIN() != goodUIN {
			t.Errorf("%q", r.UIN())
		}
	}
}

func workbook(t testing.TB, cells ...[]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xlsx.NewWriter(&b, "Лист", []xlsx.Column{{Title: "УИН"}, {Title: "Сумма", Format: xlsx.AsAmount}, {Title: "КБК", Format: xlsx.AsAmount}})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range cells {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWorkbookIsReadLikeAnyRegister(t *testing.T) {
	rows, found, err := checked(t, save(t, "a.xlsx", workbook(t, []string{goodUIN, "1234.56", "0"}, nil, []string{badUIN, "1"})), Options{})
	if err != nil || len(rows) != 2 || rows[0].Kopecks != 123456 || rows[1].Line != 4 || !slices.Equal(codes(found), []string{"uin.check_digit"}) {
		t.Errorf("%v %v %v", rows, codes(found), err)
	}
}

func TestCellsThatCannotHoldACodeAreRefusedWithTheReason(t *testing.T) {
	for kind, want := range map[xlsx.Kind]string{xlsx.Rounded: "register.rounded", xlsx.Error: "register.cell_error", xlsx.Formula: "register.formula", xlsx.Date: "register.cell_date"} {
		l := &Layout{Format: XLSX, Header: []string{"УИН", "Сумма"}}
		l.put(UIN, 0)
		l.put(Amount, 1)
		row := &Row{Ordinal: 1, Line: 2, Cells: []string{"1.8810177170325189E+19", "1"}, kinds: []xlsx.Kind{kind, xlsx.Number}, layout: l}
		var found []Problem
		if NewChecker(l).Check(row, func(p Problem) { found = append(found, p) }) || len(found) != 1 || found[0].Code != want || found[0].Column != 1 {
			t.Errorf("%v: %v", kind, codes(found))
		}
		for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
			if found[0].Hint.In(lang) == "" || found[0].Message.In(lang) == "" {
				t.Errorf("%s does not say how to mend it", want)
			}
		}
	}
}

func TestJSONLinesAreReadLikeAnyRegister(t *testing.T) {
	file := `{"uin":"` + goodUIN + `","amountKopecks":123456,"note":1}` + "\n" + `{"uin":"` + badUIN + `","amount":"1,50"}` + "\n[]\n" + `{"uin":"188`
	rows, found, err := checked(t, save(t, "a.jsonl", []byte(file)), Options{})
	if err != nil || len(rows) != 4 || rows[0].Kopecks != 123456 || rows[1].Kopecks != 150 {
		t.Fatal(rows, err)
	}
	if want := []string{"register.unknown_columns", "uin.check_digit", "register.json", "register.json"}; !slices.Equal(codes(found), want) {
		t.Errorf("%v", codes(found))
	}
}

func TestA1CFileIsReadLikeAnyRegister(t *testing.T) {
	var b bytes.Buffer
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	w := onec.NewWriter(&b, onec.WriteOptions{Sender: "test", Created: day, From: day, To: day})
	for _, uin := range []string{goodUIN, badUIN} {
		o := onec.Order{Number: "1", Date: day, Kopecks: 123456, UIN: uin, Purpose: "Госпошлина",
			Payer:  onec.Party{Name: "ООО «Три кита»", INN: "7707083893", KPP: "773001001", Account: "40702810138250123017", BIK: "044525225", CorrAccount: "30101810400000000225"},
			Payee:  onec.Party{Name: "УФК по г. Москве", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300", BIK: "004525988", CorrAccount: "40102810545370000003"},
			Budget: &onec.Budget{DrawerStatus: "08", KBK: "18810807141011000110", OKTMO: "45328000", Basis: "0", TaxPeriod: "0", DocNo: "0", DocDate: "0", PaymentType: "0"}}
		if err := w.Write(o.Document()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows, found, err := checked(t, save(t, "kl_to_1c.txt", b.Bytes()), Options{})
	if err != nil || len(rows) != 2 || rows[0].Kopecks != 123456 || rows[0].UIN() != goodUIN || rows[0].Value(PayeeAccount) != "03100643000000017300" || rows[0].Value(DrawerStatus) != "08" {
		t.Fatal(rows, codes(found), err)
	}
	if len(found) != 2 || found[0].Code != "uin.check_digit" || found[0].Heading != "Код" || rows[1].Document.LineOf(onec.UIN) != found[0].Line {
		t.Errorf("%+v", found)
	}
	if _, found, err := checked(t, save(t, "cut.txt", b.Bytes()[:b.Len()*3/4]), Options{}); codeOf(err) != "onec.truncated" {
		t.Error(codes(found), err)
	}
}

func TestAPublicProblemTellsNothingOfAPerson(t *testing.T) {
	person := "500100732258" // the last digit is wrong; 500100732259 passes
	file := "УИН;Сумма;ИНН плательщика;Плательщик;ИНН получателя;СНИЛС\n" +
		goodUIN + ";Тестов Иван;" + person + ";Тестов\x02Иван;" + person + ";11223344598\n" + "1,8E+19;1;5,00100732E+11;a;;\n"
	_, found, err := checked(t, save(t, "a.csv", []byte(file)), Options{})
	if err != nil || len(found) < 5 {
		t.Fatal(codes(found), err)
	}
	for _, p := range found {
		p := p.Public()
		for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
			all := p.Message.In(l) + p.Hint.In(l) + p.Why.In(l) + p.Suggestion
			for _, secret := range []string{"500100", "Тестов", "Иван", "1122334", "5,001"} {
				if strings.Contains(all, secret) {
					t.Errorf("%s: %s", p.Code, all)
				}
			}
		}
	}
}

func TestAGoodRowCostsNoAllocation(t *testing.T) {
	r, err := Open(save(t, "a.csv", []byte(heads+"\n"+goodRow+"\n")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := NewChecker(r.Layout())
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		other := row.Clone()
		other.Cells[1], other.Cells[2] = "10,5", "1111111117"
		count := 0
		report := func(Problem) { count++ }
		if n := testing.AllocsPerRun(100, func() {
			c.Check(row, report)
			c.Check(other, report)
		}); n > 0 || count > 0 {
			t.Errorf("%v allocations, %d problems", n, count)
		}
	}
}

func TestEveryFieldIsDescribedOnceInOrder(t *testing.T) {
	names := map[string]bool{}
	for i, f := range Fields() {
		if int(f.Field) != i+1 || f.Title.RU == "" || f.Title.EN == "" || names[f.Name] || f.Width == 0 {
			t.Errorf("%+v", f)
		}
		if f.Kind != 0 && f.Kind.Info().Field != 0 && f.Kind.Info().Field != f.Number {
			t.Errorf("%s: field %d, requisites say %d", f.Name, f.Number, f.Kind.Info().Field)
		}
		names[f.Name] = true
	}
	if len(Fields()) != int(fieldCount)-1 {
		t.Error("a field is not described")
	}
}

func FuzzRegister(f *testing.F) {
	for _, s := range []string{heads + "\n" + goodRow, "{\"uin\":1}\n", "1CClientBankExchange\n", "PK\x03\x04", "УИН\n1\n", "УИН;Сумма\n\"1;2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		format, err := formatOf(b)
		if err != nil || format == XLSX {
			return
		}
		src, layout, err := openStream(bytes.NewReader(b), Options{Format: format})
		if err != nil {
			return
		}
		r := &Reader{src: src, layout: layout}
		c := NewChecker(layout)
		show := func(p Problem) {
			if p.Message.In(i18n.RU) == "" || p.Public().Message.In(i18n.EN) == "" {
				t.Fatalf("%s says nothing", p.Code)
			}
		}
		c.Start(show)
		for row, err := range r.Rows() {
			if err != nil {
				break
			}
			if c.Check(row, show) && row.Kopecks < 0 {
				t.Fatal("a negative amount passed")
			}
		}
		c.End(show)
	})
}

func FuzzAColumnMapIsReadOrItsMistakesAreNamed(f *testing.F) {
	for _, s := range []string{MappingSample(i18n.RU), MappingSample(i18n.EN), "[columns]\nuin = 1\namount = \"Сумма\"\n", "[columns]\nuin = 1\namount = 1\n", "separator = \"x\"", "header-row = -1",
		"encoding = \"cp866\"\namounts-in = \"kopecks\"", "[columns]\nuin = 9223372036854775807\n", "[columns]\nnone = []\n", "[columns"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMapping("map.toml", b)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) || e.Code != "mapping.invalid" {
				t.Fatalf("%q: %v", b, err)
			}
			_, again := parseMapping("map.toml", b)
			var twice *fault.Error
			if !errors.As(again, &twice) || fmt.Sprint(e.Fields) != fmt.Sprint(twice.Fields) {
				t.Fatalf("%q: %v, then %v", b, e.Fields, again)
			}
			return
		}
		for column := range m.numbers {
			if column < 0 || column >= 512 {
				t.Fatalf("%q: column %d", b, column)
			}
		}
		for i, text := range []string{"УИН", "Сумма", "", "Плательщик"} {
			_, _, _ = m.field(i, text)
		}
	})
}
