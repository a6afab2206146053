package statement

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
)

const (
	preambleLines = 40 // lines that banks put before the header
	faultLimit    = 1000
	workbookLimit = 64 << 20 // bytes of a workbook, which is read whole
)

// tableRow is a row before it means anything.
type tableRow struct {
	line  int
	cells []string
	kinds []xlsx.Kind // of a workbook
	flaws csvfile.Flaw
}

// table reads entries out of a table.
type table struct {
	read     func(*tableRow) error
	row      tableRow
	at       [columns]int           // index of a column, -1 if absent
	units    [columns]cell.Currency // that headings name
	width    int                    // columns up to the last heading
	unnamed  []int                  // columns whose headings are not known
	statuses []int                  // every column of statuses: a bank may have one of its own and one of the document
	flags    []flag                 // columns that answer a word of status with yes or no: «Исполнен»
	headed   []string               // the headings as they stand
	ahead    bool                   // a row was read that has not been returned yet
	strict   bool                   // a row must have as many cells: CSV
	own      string                 // the account that the lines before the header name
	currency cell.Currency          // of that account
	bad      []fault.Field
	noted    []fault.Field
	done     error
}

// newTable reads separated text.
func newTable(r io.Reader) (*table, error) {
	c, err := csvfile.NewReader(r, csvfile.Options{Known: func(h string) bool { _, _, ok := columnOf(h); return ok }})
	if err != nil {
		return nil, notStatement(err)
	}
	var rec csvfile.Record
	t := &table{strict: true}
	t.read = func(row *tableRow) error {
		if err := c.Next(&rec); err != nil {
			return err
		}
		row.line, row.cells, row.flaws = rec.Line, rec.Cells, rec.Flaws
		return nil
	}
	return t, t.header()
}

// newWorkbook reads the first sheet that is not hidden.
func newWorkbook(r io.Reader) (*table, error) {
	b, err := io.ReadAll(io.LimitReader(r, workbookLimit+1))
	if err != nil {
		return nil, fault.New(exitcode.Failure, "statement.read", i18n.Say("выписка не прочитана", "the statement could not be read")).Because(err)
	}
	if len(b) > workbookLimit {
		return nil, fault.New(exitcode.Usage, "statement.too_large", i18n.Text{RU: "книга больше %d МБ: сохраните выписку в CSV", EN: "the workbook is larger than %d MB: save the statement as CSV"}.With(workbookLimit>>20))
	}
	w, err := xlsx.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	sheet := w.Sheets()[0]
	for _, s := range w.Sheets() {
		if !s.Hidden {
			sheet = s
			break
		}
	}
	rows, err := w.Rows(sheet)
	if err != nil {
		return nil, err
	}
	t := &table{}
	t.read = func(row *tableRow) error {
		r, err := rows.Next()
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		row.line, row.flaws = r.Number, 0
		row.cells, row.kinds = row.cells[:0], row.kinds[:0]
		for i := range r.Cells {
			row.cells, row.kinds = append(row.cells, r.Cells[i].Text), append(row.kinds, r.Cells[i].Kind)
		}
		return nil
	}
	return t, t.header()
}

func notStatement(err error) error {
	f := fault.New(exitcode.Usage, "statement.format",
		i18n.Say("это не выписка: ни файл обмена 1С, ни таблица со столбцами «Дата» и «Сумма» (или «Дебет» и «Кредит»)",
			"not a statement: neither a 1C exchange file nor a table with the columns Date and Amount (or Debit and Credit)")).
		Advise(i18n.Say("выгрузите выписку в банке как файл 1С (kl_to_1c.txt), CSV или XLSX; реестр проверяет epgu batch check", "export the statement at the bank as a 1C file (kl_to_1c.txt), CSV or XLSX; a register is checked by epgu batch check"))
	if err != nil && !errors.Is(err, io.EOF) {
		f = f.Because(err)
	}
	return f
}

// header looks for the row that names a date and an amount.
func (t *table) header() error {
	for range preambleLines {
		if err := t.read(&t.row); err != nil {
			return notStatement(err)
		}
		t.name(t.row.cells)
		if (t.has(colDate) || t.has(colMoved)) && (t.has(colSum) || t.has(colSumAccount) || t.has(colSumOperation) || t.has(colSumRubles) || t.has(colSumOut) || t.has(colDebit) || t.has(colCredit)) {
			return t.secondLine()
		}
		t.preamble()
	}
	return notStatement(nil)
}

// name finds what the columns under these headings mean.
func (t *table) name(headings []string) {
	for i := range t.at {
		t.at[i], t.units[i] = -1, ""
	}
	t.width, t.unnamed, t.statuses, t.headed = 0, t.unnamed[:0], t.statuses[:0], t.headed[:0]
	t.flags = t.flags[:0]
	for i, heading := range headings {
		t.headed = append(t.headed, strings.Clone(heading)) // the reader's buffer is used anew
		if strings.TrimSpace(heading) != "" {
			t.width = i + 1
		}
		k, unit, ok := columnOf(heading)
		switch {
		case !ok:
			if s := StatusOf(heading); s == Executed || s == Refused || s == Cancelled || s == Reversed {
				t.flags = append(t.flags, flag{i, s})
			} else {
				t.unnamed = append(t.unnamed, i)
			}
			continue
		case k == colDate && t.at[colDate] >= 0 && t.at[colMoved] < 0 && ofMovement(heading):
			k = colMoved // «Дата исполнения» beside «Дата»
		case k == colStatus:
			t.statuses = append(t.statuses, i)
		}
		if t.at[k] < 0 || t.units[k].Foreign() && !unit.Foreign() { // «Сумма, USD» beside «Сумма, RUB»: rubles are what we look for
			t.at[k], t.units[k] = i, unit
		}
	}
}

// flag is a column headed by a word of status.
type flag struct {
	column int
	status Status
}

// ofMovement reports whether the heading of a date says that money moved on it.
func ofMovement(heading string) bool {
	for _, w := range headingWords(heading) {
		switch w {
		case "исполнения", "проводки", "выполнения", "обработки", "списания", "posting", "booking":
			return true
		}
	}
	return false
}

// secondLine takes a second line of headings, which banks put under one that spans
// several columns: «Счёт» over «Дебет» and «Кредит». It has no date and no digits.
func (t *table) secondLine() error {
	switch err := t.read(&t.row); {
	case errors.Is(err, io.EOF):
		t.done = io.EOF
		return nil
	case err != nil:
		t.done = ending(err)
		return nil
	}
	t.ahead = true
	if blank(t.row.cells) || !t.dateless() || strings.ContainsAny(strings.Join(t.row.cells, ""), "0123456789") || total(t.row.cells) || t.row.flaws != 0 {
		return nil
	}
	both, above, known := make([]string, max(len(t.headed), len(t.row.cells))), "", false
	for i := range both {
		under := ""
		if i < len(t.row.cells) {
			under = strings.TrimSpace(t.row.cells[i])
		}
		if i < len(t.headed) && strings.TrimSpace(t.headed[i]) != "" {
			above = strings.TrimSpace(t.headed[i])
		} else if under == "" {
			continue
		}
		both[i] = strings.TrimSpace(above + " " + under)
		if _, _, ok := columnOf(both[i]); ok && under != "" {
			known = true
		}
	}
	if known {
		t.name(both)
		t.ahead = false
	}
	return nil
}

func (t *table) has(c column) bool { return t.at[c] >= 0 }

// preamble takes the account and its currency from a line before the header.
func (t *table) preamble() {
	text := strings.Join(t.row.cells, " ")
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 20 && strings.HasPrefix(word, "40") && !strings.HasPrefix(word, "401") && t.own == "" {
			t.own = word
		}
	}
	lower := strings.ToLower(text)
	for _, name := range []string{"валюта", "currency"} {
		at := strings.Index(lower, name)
		if at < 0 || t.currency != "" || len(lower) != len(text) {
			continue
		}
		rest := strings.TrimLeft(text[at+len(name):], " :=\t\u00a0")
		for _, skip := range []string{"счета", "счёта", "выписки", "account"} {
			if cut, ok := strings.CutPrefix(strings.ToLower(rest), skip); ok {
				rest = strings.TrimLeft(rest[len(rest)-len(cut):], " :=\t\u00a0")
			}
		}
		word, _, _ := strings.Cut(rest, " ")
		t.currency = cell.CurrencyOf(strings.Trim(word, ",;()"))
	}
	if t.currency == "" {
		t.currency = accountCurrency(t.own)
	}
}

func (t *table) faults() []fault.Field { return t.bad }
func (t *table) notes() []fault.Field  { return t.noted }

func (t *table) next(e *Entry) error {
	for t.done == nil || t.ahead {
		if !t.ahead {
			t.row.flaws = 0
			if err := t.read(&t.row); err != nil {
				t.done = ending(err)
				break
			}
		}
		t.ahead = false
		if blank(t.row.cells) {
			continue
		}
		if total(t.row.cells) && t.dateless() {
			continue
		}
		bad := t.form()
		if bad == nil {
			bad = t.entry(e)
		}
		if bad == nil {
			return nil
		}
		if len(t.bad) >= faultLimit {
			t.done = fault.New(exitcode.Usage, "statement.too_many_faults",
				i18n.Text{RU: "больше %d ошибок: чтение остановлено на строке %d", EN: "more than %d errors: stopped at line %d"}.With(faultLimit, t.row.line))
			break
		}
		t.bad = append(t.bad, bad...)
	}
	return t.done
}

func ending(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return err
}

// form reports what is wrong with the form of a row. A row of which it is not
// clear where its cells end is no evidence.
func (t *table) form() []fault.Field {
	bad := func(m i18n.Message) []fault.Field {
		return []fault.Field{fault.Placed(atLine(t.row.line), m)}
	}
	n := len(t.row.cells)
	switch {
	case t.row.flaws&csvfile.OpenQuote != 0:
		return bad(i18n.Say("кавычка открыта и не закрыта: строка не прочитана; кавычка внутри ячейки удваивается", "a quote is opened and not closed: the row was not read; a quote inside a cell is doubled"))
	case t.strict && n < t.lastColumn() && t.row.flaws&csvfile.NoLineEnd != 0:
		return bad(i18n.Text{RU: "файл обрывается посреди строки: ячеек %d из %d; могли пропасть и следующие строки, выгрузите выписку заново", EN: "the file ends in the middle of the row: %d cells of %d; rows after it may be lost as well, export the statement again"}.With(n, t.width))
	case t.strict && n > t.width && !blank(t.row.cells[t.width:]):
		return bad(i18n.Text{RU: "ячеек %d, а заголовков %d: значения могли сдвинуться в чужие столбцы", EN: "%d cells under %d headings: values may have moved into other columns"}.With(n, t.width))
	case t.strict && t.row.flaws&csvfile.NoLineEnd != 0:
		t.noted = append(t.noted, fault.Placed(atLine(t.row.line), i18n.Say("после последней строки нет перевода строки: файл мог оборваться", "no line end follows the last row: the file may have been cut")))
	}
	return nil
}

// lastColumn is how many cells a row needs to have all that is read.
func (t *table) lastColumn() int {
	last := 0
	for _, i := range t.at {
		last = max(last, i+1)
	}
	return max(last, t.width)
}

func blank(row []string) bool {
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// cell returns the text of a column in the row, "" if there is none.
func (t *table) cell(c column) string {
	if i := t.at[c]; i >= 0 && i < len(t.row.cells) {
		return cell.Text(t.row.cells[i])
	}
	return ""
}

// kind returns the kind of a cell; Text outside of workbooks.
func (t *table) kind(c column) xlsx.Kind {
	if i := t.at[c]; i >= 0 && i < len(t.row.kinds) {
		return t.row.kinds[i]
	}
	return xlsx.Text
}

func (t *table) dateless() bool {
	for _, c := range []column{colDate, colMoved} {
		if _, err := cell.DayOf(t.cell(c)); err == nil {
			return false
		}
	}
	return true
}

// total recognises the closing rows of a statement ("Итого", "Total").
func total(row []string) bool {
	for _, c := range row {
		c = strings.ToLower(strings.TrimSpace(c))
		for _, word := range []string{"итого", "всего", "total", "исходящий остаток", "входящий остаток", "остаток на", "обороты за", "opening balance", "closing balance"} {
			if strings.HasPrefix(c, word) {
				return true
			}
		}
	}
	return false
}
