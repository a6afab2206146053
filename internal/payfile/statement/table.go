package statement

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

const (
	preambleLines = 40       // lines that banks put before the header
	rowLimit      = 64 << 10 // bytes of one row
	faultLimit    = 1000
)

// column is what a column of a table means.
type column uint8

const (
	colDate column = iota
	colSum
	colDebit
	colCredit
	colDirection
	colNumber
	colUIN
	colPayer
	colPayerAccount
	colPayee
	colPayeeAccount
	colPurpose
	columns
)

// columnOf knows the headings that banks use.
func columnOf(heading string) (column, bool) {
	h := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(heading, "\ufeff")))
	h = strings.NewReplacer("ё", "е", "_", " ", "\n", " ", "\u00a0", " ").Replace(h)
	switch strings.Join(strings.Fields(h), " ") {
	case "дата", "дата операции", "дата проводки", "дата списания", "дата исполнения", "date", "posting date", "booking date":
		return colDate, true
	case "сумма", "сумма операции", "сумма платежа", "сумма в рублях", "amount", "sum":
		return colSum, true
	case "дебет", "списание", "расход", "сумма по дебету", "обороты по дебету", "debit":
		return colDebit, true
	case "кредит", "поступление", "зачисление", "приход", "сумма по кредиту", "обороты по кредиту", "credit":
		return colCredit, true
	case "направление", "тип операции", "вид движения", "дебет/кредит", "direction":
		return colDirection, true
	case "номер", "номер документа", "№", "№ документа", "№ док", "№ док.", "номер док.", "number", "document number":
		return colNumber, true
	case "уин", "код", "код (уин)", "uin":
		return colUIN, true
	case "плательщик", "наименование плательщика", "payer", "payer name":
		return colPayer, true
	case "счет плательщика", "расчетный счет плательщика", "payer account":
		return colPayerAccount, true
	case "получатель", "наименование получателя", "контрагент", "наименование контрагента", "payee", "payee name", "counterparty":
		return colPayee, true
	case "счет получателя", "расчетный счет получателя", "счет контрагента", "payee account", "counterparty account":
		return colPayeeAccount, true
	case "назначение", "назначение платежа", "описание", "описание операции", "purpose", "description":
		return colPurpose, true
	}
	return 0, false
}

// budget bounds what one row may draw from the stream: a quote that never
// closes would otherwise swallow the file.
type budget struct {
	r    io.Reader
	left int
}

var errLongRow = errors.New("row too long")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongRow
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// table reads entries out of a CSV file.
type table struct {
	limit *budget
	csv   *csv.Reader
	at    [columns]int // index of a column, -1 if absent
	bad   []fault.Field
	done  error
}

// newTable finds the character set, the delimiter and the header. head is
// the beginning of r, peeked.
func newTable(r io.Reader, head []byte) (*table, error) {
	for _, set := range []*charmap.Charmap{nil, charmap.Windows1251, charmap.CodePage866} {
		text, ok := decodeHead(head, set)
		if !ok {
			continue
		}
		for _, comma := range []rune{';', ',', '\t'} {
			skip, at, found := findHeader(text, comma)
			if !found {
				continue
			}
			if set != nil {
				r = transform.NewReader(r, set.NewDecoder())
			}
			t := &table{limit: &budget{r, sniffBytes * 4}, at: at}
			t.csv = newCSV(t.limit, comma)
			for range skip + 1 {
				if _, err := t.csv.Read(); err != nil {
					return nil, notStatement()
				}
			}
			return t, nil
		}
	}
	return nil, notStatement()
}

func notStatement() error {
	return fault.New(exitcode.Usage, "statement.format",
		i18n.Say("это не выписка: ни файл обмена 1С, ни таблица со столбцами «Дата» и «Сумма» (или «Дебет» и «Кредит»)",
			"not a statement: neither a 1C exchange file nor a table with the columns Date and Amount (or Debit and Credit)"))
}

func newCSV(r io.Reader, comma rune) *csv.Reader {
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = comma, -1, true, true
	return c
}

func decodeHead(head []byte, set *charmap.Charmap) (string, bool) {
	if set != nil {
		b, err := set.NewDecoder().Bytes(head)
		return string(b), err == nil
	}
	for cut := 0; cut < utf8.UTFMax && cut < len(head); cut++ { // the peek may end inside a character
		if b := head[:len(head)-cut]; utf8.Valid(b) {
			return string(b), true
		}
	}
	return "", false
}

// findHeader looks for the row that names a date and an amount.
func findHeader(text string, comma rune) (skip int, at [columns]int, found bool) {
	c := newCSV(strings.NewReader(text), comma)
	for skip = range preambleLines {
		row, err := c.Read()
		if err != nil {
			return 0, at, false
		}
		for i := range at {
			at[i] = -1
		}
		for i, heading := range row {
			if k, ok := columnOf(heading); ok && at[k] < 0 {
				at[k] = i
			}
		}
		if at[colDate] >= 0 && (at[colSum] >= 0 || at[colDebit] >= 0 || at[colCredit] >= 0) {
			return skip, at, true
		}
	}
	return 0, at, false
}

func (t *table) faults() []fault.Field { return t.bad }

func (t *table) next(e *Entry) error {
	if t.done != nil {
		return t.done
	}
	for {
		t.limit.left = rowLimit
		row, err := t.csv.Read()
		if err != nil {
			t.done = t.ending(err)
			return t.done
		}
		if blank(row) {
			continue
		}
		line, _ := t.csv.FieldPos(0)
		if total(row) && t.dateless(row) {
			continue
		}
		bad := t.entry(e, row, line)
		if bad == nil {
			return nil
		}
		if len(t.bad) >= faultLimit {
			t.done = fault.New(exitcode.Usage, "statement.too_many_faults",
				i18n.Text{RU: "больше %d ошибок: чтение остановлено на строке %d", EN: "more than %d errors: stopped at line %d"}.With(faultLimit, line))
			return t.done
		}
		t.bad = append(t.bad, bad...)
	}
}

func (t *table) ending(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, errLongRow):
		return fault.New(exitcode.Usage, "statement.long_row", i18n.Text{RU: "строка таблицы длиннее %d байт: не закрыта кавычка или это не выписка",
			EN: "a row is longer than %d bytes: a quote is not closed, or this is no statement"}.With(rowLimit))
	}
	return fault.New(exitcode.Usage, "statement.row", i18n.Say("строка таблицы не читается", "a row of the table cannot be read")).Because(err)
}

func blank(row []string) bool {
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// entry reads one row; it returns what is wrong with it, if anything.
func (t *table) entry(e *Entry, row []string, line int) []fault.Field {
	cell := func(c column) string { return t.cell(row, c) }
	var bad []fault.Field
	wrong := func(name string, m i18n.Message) {
		bad = append(bad, fault.Field{Name: fmt.Sprintf("line %d, %s", line, name), Message: m})
	}
	*e = Entry{Line: line, Posted: true, Number: strings.Clone(cell(colNumber)), PayerName: strings.Clone(cell(colPayer)), PayeeName: strings.Clone(cell(colPayee)),
		PayerAccount: digitsOf(cell(colPayerAccount)), PayeeAccount: digitsOf(cell(colPayeeAccount)), Purpose: strings.Clone(cell(colPurpose))}
	e.UIN = uinIn(cell(colUIN), e.Purpose)
	var err error
	if e.Date, err = parseDay(cell(colDate)); err != nil {
		wrong("date", i18n.Text{RU: "«%s» — не дата ДД.ММ.ГГГГ или ГГГГ-ММ-ДД", EN: "\"%s\" is not a date DD.MM.YYYY or YYYY-MM-DD"}.With(untrusted.Text(clip(cell(colDate)))))
	}
	if err := e.amount(cell(colSum), cell(colDebit), cell(colCredit), cell(colDirection)); err != nil {
		wrong("amount", i18n.Text{RU: "сумма «%s» не читается однозначно", EN: "the amount \"%s\" cannot be read in one way only"}.
			With(untrusted.Text(clip(strings.TrimSpace(cell(colSum)+" "+cell(colDebit)+" "+cell(colCredit))))))
	}
	return bad
}

// cell returns the text of a column in a row, "" if there is none.
func (t *table) cell(row []string, c column) string {
	if i := t.at[c]; i >= 0 && i < len(row) {
		return strings.TrimSpace(row[i])
	}
	return ""
}

func (t *table) dateless(row []string) bool {
	_, err := parseDay(t.cell(row, colDate))
	return err != nil
}

// total recognises the closing rows of a statement ("Итого", "Total").
func total(row []string) bool {
	for _, c := range row {
		c = strings.ToLower(strings.TrimSpace(c))
		if strings.HasPrefix(c, "итого") || strings.HasPrefix(c, "всего") || strings.HasPrefix(c, "total") || strings.HasPrefix(c, "исходящий остаток") {
			return true
		}
	}
	return false
}

func clip(s string) string {
	const most = 60
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\'' || r == '.' {
			return -1
		}
		return r
	}, strings.Clone(s))
}

func parseDay(s string) (time.Time, error) {
	for _, layout := range []string{"02.01.2006", "02.01.2006 15:04:05", "02.01.2006 15:04", "2006-01-02", "2006-01-02 15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), nil
		}
	}
	return time.Time{}, errors.New("not a day")
}

var errAmount = errors.New("not an amount")

// amount reads the sum and the direction: from two columns, from a sign, or
// from a word.
func (e *Entry) amount(sum, debit, credit, direction string) error {
	out, outErr := money.Rubles(debit)
	in, inErr := money.Rubles(credit)
	switch {
	case outErr == nil && out != 0 && (credit == "" || in == 0 && inErr == nil):
		e.Kopecks, e.Direction = max(out, -out), Out
		return nil
	case inErr == nil && in != 0 && (debit == "" || out == 0 && outErr == nil):
		e.Kopecks, e.Direction = max(in, -in), In
		return nil
	case debit != "" || credit != "":
		return errAmount
	}
	v, err := money.Rubles(sum)
	if err != nil || v == 0 {
		return errAmount
	}
	e.Kopecks = max(v, -v)
	switch word := strings.ToLower(direction); {
	case v < 0:
		e.Direction = Out
	case word == "дебет" || word == "списание" || word == "расход" || word == "d" || word == "дт" || word == "debit" || word == "out":
		e.Direction = Out
	case word == "кредит" || word == "поступление" || word == "зачисление" || word == "приход" || word == "c" || word == "кт" || word == "credit" || word == "in":
		e.Direction = In
	case strings.HasPrefix(sum, "+"):
		e.Direction = In
	}
	return nil
}
