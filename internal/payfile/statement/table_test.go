package statement

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
)

// outcomeOf reads a statement that may prove one payment of 1500 rubles by order
// number 1 and returns the outcomes, and "!" for every row that could not be read.
func outcomeOf(t *testing.T, statement string) string {
	t.Helper()
	entries, faults, err := readAll(strings.NewReader(statement))
	if !errors.Is(err, io.EOF) {
		t.Fatalf("%q: %v", statement, err)
	}
	var out []string
	for _, r := range Match(entries, []Candidate{{ID: "a", Kopecks: 150000, PayeeAccount: treasury, PayerAccount: ourAccount, Number: "1", NotBefore: date(1)}}) {
		out = append(out, string(r.Outcome))
		if r.Outcome != Unmatched && !r.Notable() && r.Outcome != Ignored {
			t.Errorf("%q: nothing is said of %+v", statement, r)
		}
	}
	for range faults {
		out = append(out, "!")
	}
	return strings.Join(out, " ")
}

func TestARowSettlesOnlyIfItSaysItselfThatRublesLeft(t *testing.T) {
	const plain = "Дата;Номер;Сумма;Счет получателя;Назначение\n"
	row := "02.03.2026;1;-1500.00;" + treasury + ";Налог\n"
	status := func(s string) string {
		return "Дата;Статус;Номер;Сумма;Счет получателя\n02.03.2026;" + s + ";1;-1500,00;" + treasury + "\n"
	}
	sum := func(heading, sum string) string {
		return "Дата;Номер;" + heading + ";Счет получателя\n02.03.2026;1;" + sum + ";" + treasury + "\n"
	}
	for name, c := range map[string]struct{ in, want string }{
		"as it should be":             {plain + row, "matched"},
		"executed":                    {status("Исполнен"), "matched"},
		"refused":                     {status("Отклонён"), "ignored"},
		"pending":                     {status("В обработке"), "ignored"},
		"cancelled":                   {status("Cancelled"), "ignored"},
		"a negation":                  {status("Не исполнен"), "ignored"},
		"an unknown word":             {status("Странно"), "doubtful"},
		"no word where others have":   {status(""), "doubtful"},
		"came back by its status":     {status("Сторно"), "returned"},
		"refused under another name":  {"Дата;Стадия;Номер;Сумма;Счет получателя\n02.03.2026;Отказано банком;1;-1500,00;" + treasury + "\n", "ignored"},
		"pending beside a status":     {"Дата;Статус;Bank stage;Номер;Сумма;Счет получателя\n02.03.2026;OK;HOLD;1;-1500,00;" + treasury + "\n", "ignored"},
		"a category is no status":     {"Дата;Категория;Номер;Сумма;Счет получателя\n02.03.2026;Госуслуги;1;-1500,00;" + treasury + "\n", "matched"},
		"an account without its zero": {plain + "02.03.2026;1;-1500.00;" + strings.TrimPrefix(treasury, "0") + ";Налог\n", "!"},
		"an account with a letter":    {plain + "02.03.2026;1;-1500.00;" + treasury[:19] + "О;Налог\n", "!"},
		"a second column of statuses": {"Дата;Статус;Статус документа;Номер;Сумма;Счет получателя\n02.03.2026;Исполнен;Отклонён;1;-1500,00;" + treasury + "\n", "ignored"},
		"two that agree":              {"Дата;Статус;Состояние;Номер;Сумма;Счет получателя\n02.03.2026;Исполнен;Проведён;1;-1500,00;" + treasury + "\n", "matched"},
		"a reason of a refusal":       {"Дата;Статус;Причина отказа;Номер;Сумма;Счет получателя\n02.03.2026;Исполнен;нет средств;1;-1500,00;" + treasury + "\n", "doubtful"},
		"no reason of a refusal":      {"Дата;Статус;Причина отказа;Номер;Сумма;Счет получателя\n02.03.2026;Исполнен;-;1;-1500,00;" + treasury + "\n", "matched"},
		"it will be executed":         {status("Будет исполнен 03.03.2026"), "ignored"},
		"no word of the direction":    {sum("Сумма", "1500,00"), "doubtful"},
		"another sum, no direction":   {sum("Сумма", "1400,00"), "ignored"},
		"the heading says direction":  {sum("Сумма списания", "1500,00"), "matched"},
		"an account with two letters": {plain + "02.03.2026;1;-1500.00;" + treasury[:18] + "OO;Налог\n", "!"},
		"sums in two currencies":      {"Дата;Номер;Сумма, USD;Сумма, RUB;Счет получателя\n02.03.2026;1;-20,00;-1500,00;" + treasury + "\n", "matched"},
		"a reversal in words":         {plain + row + "02.03.2026;2;-1500.00;" + treasury + ";Сторнирование п/п 1\n", "matched returned"},
		"two lines of headings": {"Дата проводки;Счет;;Сумма по дебету;Сумма по кредиту;№ документа;Назначение платежа\n;Дебет;Кредит;;;;\n02.03.2026;\"" + ourAccount + "\n7707083893\nООО\";\"" + treasury +
			"\n7727406020\nУФК\";1500,00;;1;Налог\n", "matched"},
		"a flag says no":               {"Дата;Исполнен;Номер;Сумма;Счет получателя\n02.03.2026;Нет;1;-1500,00;" + treasury + "\n", "ignored"},
		"a flag says yes":              {"Дата;Исполнен;Номер;Сумма;Счет получателя\n02.03.2026;Да;1;-1500,00;" + treasury + "\n", "matched"},
		"a flag of nothing":            {"Дата;Проведено;Номер;Сумма;Счет получателя\n02.03.2026;;1;-1500,00;" + treasury + "\n", "doubtful"},
		"a flag of refusals":           {"Дата;Отказ;Номер;Сумма;Счет получателя\n02.03.2026;да;1;-1500,00;" + treasury + "\n", "ignored"},
		"no flag of refusals":          {"Дата;Отказ;Номер;Сумма;Счет получателя\n02.03.2026;-;1;-1500,00;" + treasury + "\n", "matched"},
		"a flag of cancellations":      {"Дата;Отменён;Номер;Сумма;Счет получателя\n02.03.2026;true;1;-1500,00;" + treasury + "\n", "ignored"},
		"a flag of reversals":          {"Дата;Сторно;Номер;Сумма;Счет получателя\n02.03.2026;Да;1;-1500,00;" + treasury + "\n", "returned"},
		"words under a refusal":        {"Дата;Отказ;Номер;Сумма;Счет получателя\n02.03.2026;нет средств;1;-1500,00;" + treasury + "\n", "doubtful"},
		"no day of execution":          {"Дата;Дата исполнения;Номер;Сумма;Счет получателя\n02.03.2026;;1;-1500,00;" + treasury + "\n", "ignored"},
		"a day of execution":           {"Дата;Дата исполнения;Номер;Сумма;Счет получателя\n01.03.2026;02.03.2026;1;-1500,00;" + treasury + "\n", "matched"},
		"executed and refused":         {"Дата;Статус;Номер;Сумма;Счет получателя\n02.03.2026;Исполнен;1;-1500,00;" + treasury + "\n02.03.2026;Отклонён;1;-1500,00;" + treasury + "\n", "conflict conflict"},
		"refused, executed next day":   {"Дата;Статус;Номер;Сумма;Счет получателя\n02.03.2026;Отклонён;1;-1500,00;" + treasury + "\n03.03.2026;Исполнен;1;-1500,00;" + treasury + "\n", "ignored matched"},
		"the other side's account":     {"Дата;№;БИК;Счет;Контрагент;Дебет;Кредит;Назначение\n02.03.2026;1;017003983;" + treasury + ";УФК;1500,00;;Налог\n", "matched"},
		"abbreviated headings":         {"Дата опер.;Номер док.;Счет корр.;Дебет;Кредит;Назначение\n02.03.2026;1;" + treasury + ";1500,00;0,00;Налог\n", "matched"},
		"an account as a fraction":     {plain + "02.03.2026;1;-1500.00;" + treasury + ".0;Налог\n", "!"},
		"an account in quotes":         {plain + "02.03.2026;1;-1500.00;\"\"\"" + treasury + "\"\"\";Налог\n", "matched"},
		"an account abroad":            {plain + row + "02.03.2026;2;-1.00;DE89370400440532013000;x\n", "matched unmatched"},
		"dollars by a column":          {sum("Сумма;Валюта", "-1500,00;USD"), "ignored"},
		"rubles by a column":           {sum("Сумма;Код валюты", "-1500,00;643"), "matched"},
		"dollars by the heading":       {sum("Сумма, USD", "-1500,00"), "ignored"},
		"rubles by the heading":        {sum("Сумма, руб.", "-1500,00"), "matched"},
		"thousands by the heading":     {sum("Сумма, тыс. руб.", "-1500,00"), "ignored"},
		"kopecks by the heading":       {sum("Сумма, коп.", "-150000"), "matched"},
		"dollars by the cell":          {sum("Сумма", "-1500,00 USD"), "ignored"},
		"the account's currency":       {sum("Сумма операции;Валюта операции;Сумма платежа;Валюта платежа", "-20,00;USD;-1500,00;RUB"), "matched"},
		"the account's is foreign":     {sum("Сумма операции;Валюта операции;Сумма платежа;Валюта платежа", "-1500,00;RUB;-1500,00;USD"), "ignored"},
		"an equivalent in rubles":      {sum("Сумма;Валюта;Сумма в рублях", "-20;USD;-1500,00"), "ignored"},
		"a dollar account before it":   {"Выписка по счету;40702840138250123017\n" + sum("Сумма", "-1500,00"), "ignored"},
		"debit and credit":             {sum("Дебет;Кредит", "1500,00;0,00"), "matched"},
		"a red reversal":               {sum("Дебет;Кредит", "1500,00;") + "03.03.2026;1;-1500,00;;" + treasury + "\n", "matched returned"},
		"a bank that writes minuses":   {sum("Дебет;Кредит", "-1500,00;") + "03.03.2026;2;-7,00;;" + treasury + "\n", "matched unmatched"},
		"a word for the direction":     {sum("Сумма;Д/К", "1500,00;Д"), "matched"},
		"words that contradict":        {sum("Сумма;Тип", "-1500,00;Приход"), "!"},
		"incoming of another sum":      {sum("Сумма;Тип", "1,00;Приход"), "ignored"},
		"four decimals":                {sum("Сумма", "-1500,0000"), "matched"},
		"blanks of all widths":         {"Дата;Номер;Сумма;Счет получателя\n02.03.2026;1;-1\u00a0500,00;" + treasury[:4] + "\u00a0" + treasury[4:12] + "\u202f" + treasury[12:] + "\n", "matched"},
		"apostrophes":                  {"Дата;Номер;Сумма;Счет получателя\n02.03.2026;1;-1'500.00;" + treasury[:5] + "'" + treasury[5:] + "\n", "matched"},
		"cells kept as text":           {"Дата;Номер;Сумма;Счет получателя\n=\"02.03.2026\";=\"1\";=\"-1500,00\";=\"" + treasury + "\"\n", "matched"},
		"an account in floating form":  {"Дата;Номер;Сумма;Счет получателя\n02.03.2026;1;-1500,00;3,10064E+18\n", "!"},
		"CR alone":                     {strings.ReplaceAll(plain+row, "\n", "\r"), "matched"},
		"a quote that is not closed":   {plain + "02.03.2026;7;-5.00;" + ourAccount + ";\"ООО \"Ромашка\n" + row, "matched !"},
		"cut in the middle":            {plain + row + "02.03.2026;2;-15", "matched !"},
		"no last line end":             {strings.TrimSuffix(plain+row, "\n"), "matched"},
		"a date that reads two ways":   {plain + strings.Replace(row, "02.03.2026", "02/03/2026", 1), "!"},
		"another form of date":         {plain + strings.Replace(row, "02.03.2026", "2026-03-02T10:00:00", 1), "matched"},
		"a return by its words":        {"Дата;Номер;Дебет;Кредит;Счет плательщика;Назначение\n03.03.2026;900;;1500,00;" + treasury + ";Возврат по п/п № 1 от 02.03.2026\n", "returned"},
		"the same sum from a supplier": {"Дата;Номер;Дебет;Кредит;Счет плательщика;Назначение\n03.03.2026;900;;1500,00;40702810900000000001;Возврат аванса\n", "ignored"},
	} {
		if got := outcomeOf(t, c.in); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAWorkbookIsAStatementToo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.xlsx")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := xlsx.NewWriter(f, "Выписка", []xlsx.Column{{Title: "Дата", Format: xlsx.AsDay}, {Title: "Номер"}, {Title: "Дебет", Format: xlsx.AsAmount}, {Title: "Кредит", Format: xlsx.AsAmount}, {Title: "Счёт получателя"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write([]string{"02.03.2026", "1", "1500.00", "", treasury}), w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomeOf(t, string(b)); got != "matched" {
		t.Errorf("%q", got)
	}
}

func TestOneDocumentIsKnownAgainAndAnotherIsTold(t *testing.T) {
	day := func(s string) time.Time {
		d, _ := time.Parse(time.DateOnly, s)
		return d
	}
	settled := &Document{Number: "001", Day: day("2026-03-02"), Moved: day("2026-03-03"), Kopecks: 100}
	for name, c := range map[string]struct {
		entry Entry
		same  bool
	}{
		"the same":                  {Entry{Number: "1", OrderDay: day("2026-03-02"), Date: day("2026-03-03"), Kopecks: 100}, true},
		"without a date of its own": {Entry{Number: "1", Date: day("2026-03-03"), Kopecks: 100}, true},
		"without a number":          {Entry{Date: day("2026-03-03"), Kopecks: 100}, true},
		"another number":            {Entry{Number: "2", OrderDay: day("2026-03-02"), Date: day("2026-03-03"), Kopecks: 100}, false},
		"another date":              {Entry{Number: "1", OrderDay: day("2026-03-05"), Date: day("2026-03-05"), Kopecks: 100}, false},
		"another day, no date":      {Entry{Number: "1", Date: day("2026-03-09"), Kopecks: 100}, false},
		"another sum":               {Entry{Number: "1", OrderDay: day("2026-03-02"), Kopecks: 99}, false},
		"the day of a correction":   {Entry{Number: "1", OrderDay: day("2026-03-02"), Date: day("2026-03-04"), Kopecks: 100}, true},
	} {
		if got := settled.same(&c.entry); got != c.same {
			t.Errorf("%s: %v", name, got)
		}
	}
	if a, b := (&Document{BankID: "X", Number: "1"}), (&Entry{BankID: "Y", Number: "1"}); a.same(b) {
		t.Error("two numbers of the bank are one document")
	}
}
