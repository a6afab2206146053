package register

import (
	"io"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
)

// tableRow is a row of CSV or of a sheet before it means anything.
type tableRow struct {
	line   int
	cells  []string
	kinds  []xlsx.Kind
	hidden bool
	flaws  csvfile.Flaw
}

// table reads rows under headings.
type table struct {
	layout *Layout
	read   func(*tableRow) error
	stop   func() error
	row    tableRow
	again  bool // row has been read and not been given out
	width  int  // columns up to the last heading
	strict bool // a row must have as many cells: CSV
	found  []Problem
	hidden int // rows, and the first of them
	first  int
	cut    int // line of a last row without a line end
}

func openCSV(r io.Reader, o Options) (source, *Layout, error) {
	co := csvfile.Options{Fleeting: o.Fleeting, Known: func(h string) bool { _, _, ok := o.Map.field(-1, h); return ok }}
	if o.Map != nil {
		co.Separator = o.Map.separator()
		co.Charset, _ = charset.Parse(o.Map.Encoding)
	}
	c, err := csvfile.NewReader(r, co)
	if err != nil {
		return nil, nil, err
	}
	var rec csvfile.Record
	d := c.Dialect()
	t := &table{
		layout: &Layout{Format: CSV, Separator: d.Separator, BOM: d.BOM, Charset: string(d.Charset)},
		strict: true, stop: func() error { return nil },
	}
	t.read = func(row *tableRow) error {
		if err := c.Next(&rec); err != nil {
			t.layout.Charset = string(c.Dialect().Charset)
			return err
		}
		row.line, row.cells, row.flaws = rec.Line, rec.Cells, rec.Flaws
		return nil
	}
	return opened(t, o.Map)
}

func openWorkbook(f io.ReaderAt, size int64, o Options) (source, *Layout, error) {
	w, err := xlsx.Open(f, size)
	if err != nil {
		return nil, nil, err
	}
	sheet, err := chooseSheet(w.Sheets(), o.Sheet)
	if err != nil {
		return nil, nil, err
	}
	rows, err := w.Rows(sheet)
	if err != nil {
		return nil, nil, err
	}
	t := &table{layout: &Layout{Format: XLSX, Sheet: sheet.Name}, stop: rows.Close}
	t.read = func(row *tableRow) error {
		r, err := rows.Next()
		if err != nil {
			return err
		}
		row.line, row.hidden = r.Number, r.Hidden
		row.cells, row.kinds = row.cells[:0], row.kinds[:0]
		for i := range r.Cells {
			row.cells, row.kinds = append(row.cells, r.Cells[i].Text), append(row.kinds, r.Cells[i].Kind)
		}
		return nil
	}
	src, layout, err := opened(t, o.Map)
	if err != nil {
		rows.Close()
	}
	return src, layout, err
}

func chooseSheet(sheets []xlsx.Sheet, name string) (xlsx.Sheet, error) {
	var names []string
	for _, s := range sheets {
		if name == "" && !s.Hidden || name != "" && strings.EqualFold(s.Name, name) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	if name == "" {
		return sheets[0], nil
	}
	return xlsx.Sheet{}, fault.New(exitcode.Usage, "register.sheet", i18n.Text{RU: "в книге нет листа «%s»", EN: "the workbook has no sheet %q"}.With(name)).
		Advise(i18n.Text{RU: "листы: %s", EN: "the sheets are %s"}.With(quoteList(names)))
}

func opened(t *table, m *Mapping) (source, *Layout, error) {
	if err := t.headings(m); err != nil {
		return nil, nil, err
	}
	return t, t.layout, nil
}

// headings finds the row of headings and what they mean. Rows before it, such
// as a title, are passed over.
func (t *table) headings(m *Mapping) error {
	for range preambleRows {
		err := t.read(&t.row)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch {
		case m != nil && m.HeaderRow != nil && *m.HeaderRow == 0:
			t.again = true
			return t.place(m, nil)
		case m != nil && m.HeaderRow != nil && t.row.line < *m.HeaderRow:
		case m != nil && m.HeaderRow != nil || isHeadings(m, t.row.cells):
			t.layout.HeaderRow = t.row.line
			return t.place(m, t.row.cells)
		}
	}
	return fault.New(exitcode.Usage, "register.no_header", i18n.Text{
		RU: "не нашлась строка заголовков: среди первых %d строк нет столбцов «УИН» или «Сумма» рядом с другими известными",
		EN: "there is no row of headings: none of the first %d rows names УИН or the amount beside other known columns"}.With(preambleRows)).
		Advise(i18n.Say("возьмите заголовки из образца (epgu batch template) или опишите столбцы в карте: --map ФАЙЛ (образец: epgu batch template --format map)",
			"take the headings from a sample (epgu batch template), or describe the columns in a map: --map FILE (a sample: epgu batch template --format map)"))
}

// isHeadings reports whether a row can only be headings: УИН or the amount
// beside another known one, or УИН alone in a list of them.
func isHeadings(m *Mapping, cells []string) bool {
	known, filled := 0, 0
	var uin, amount bool
	for i, c := range cells {
		if strings.TrimSpace(c) == "" {
			continue
		}
		filled++
		if f, _, ok := m.field(i, c); ok {
			if m != nil && m.numbers[i] == f {
				if own, _, recognised := recognise(c); !recognised || own != f {
					continue // placed by number: the cell says nothing
				}
			}
			known++
			uin, amount = uin || f == UIN, amount || f == Amount
		}
	}
	return known > 1 && (uin || amount) || uin && filled == 1 || m != nil && len(m.headings) > 0 && known >= len(m.headings)
}

// place assigns columns to fields.
func (t *table) place(m *Mapping, cells []string) error {
	l := t.layout
	l.Header = make([]string, len(cells))
	n := len(cells)
	if cells == nil && m != nil {
		for c := range m.numbers {
			n = max(n, c+1)
		}
		t.strict = false
	}
	charges := isChargeList(m, cells)
	for i := range n {
		text := ""
		if i < len(cells) {
			text = strings.TrimSpace(strings.Clone(cells[i]))
			l.Header[i] = text
		}
		f, kopecks, ok := m.field(i, text)
		if charges {
			own, skip, known := chargeField(text)
			if skip || !known && !ok {
				continue
			}
			if known {
				f, kopecks, ok = own, own == Amount, true
			}
		}
		if !ok && l.unit == 0 && isCurrencyHeading(text) {
			l.unit = i + 1
			continue
		}
		if !ok && strings.HasPrefix(text, ResultPrefix) {
			if text == ColumnState {
				l.state = i + 1
			}
			continue
		}
		if !ok {
			if text != "" {
				l.Unknown = append(l.Unknown, text)
			}
			continue
		}
		if l.Has(f) {
			return fault.New(exitcode.Usage, "register.heading_twice", i18n.Text{
				RU: "столбцы %d («%s») и %d («%s») оба читаются как «%s»", EN: "columns %d (%q) and %d (%q) both read as %s"}.
				With(l.column(f)+1, clip(l.heading(l.column(f))), i+1, clip(text), f.Info().Title)).
				Advise(i18n.Say("переименуйте один из них или укажите нужный в карте: --map ФАЙЛ", "rename one of them, or name the right one in a map: --map FILE"))
		}
		l.put(f, i)
		l.Kopecks = l.Kopecks || kopecks
	}
	for i, h := range l.Header {
		if h != "" {
			t.width = i + 1
		}
	}
	if m != nil && m.AmountsIn != "" {
		l.Kopecks = m.AmountsIn == "kopecks"
	}
	if missing := m.missing(l); len(missing) > 0 {
		return fault.New(exitcode.Usage, "register.map_columns", i18n.Text{RU: "в файле нет столбцов из карты: %s", EN: "the file lacks columns of the map: %s"}.With(quoteList(missing)))
	}
	if len(l.Unknown) > 0 {
		t.found = append(t.found, Problem{Severity: Warning, Code: "register.unknown_columns", Line: l.HeaderRow,
			Message: i18n.Text{RU: "столбцы не узнаны и не проверяются: %s", EN: "columns that are not known and not checked: %s"}.With(quoteList(l.Unknown)),
			Hint:    i18n.Say("если в них есть нужное, назовите их в карте: --map ФАЙЛ", "if they matter, name them in a map: --map FILE")})
	}
	return nil
}

// isCurrencyHeading recognises the column that names the currency of the amount.
func isCurrencyHeading(text string) bool {
	switch normalHeading(text) {
	case "валюта", "валюта платежа", "валюта операции", "валюта суммы", "код валюты", "валюта документа", "currency", "currency code", "ccy":
		return true
	}
	return false
}

func (l *Layout) heading(column int) string {
	if column < len(l.Header) {
		return l.Header[column]
	}
	return ""
}

// missing lists the columns that a mapping names and a file does not have.
func (m *Mapping) missing(l *Layout) (names []string) {
	if m == nil {
		return nil
	}
	for _, i := range Fields() {
		if v, ok := m.Columns[i.Name]; ok && !l.Has(i.Field) {
			if s, ok := v.(string); ok {
				names = append(names, s)
			} else {
				names = append(names, i.Name)
			}
		}
	}
	return names
}

func (t *table) next(r *Row) error {
	for {
		if !t.again {
			t.row.flaws, t.row.hidden = 0, false
			if err := t.read(&t.row); err != nil {
				if err == io.EOF {
					t.atEnd()
				}
				return err
			}
		}
		t.again = false
		first := firstFilled(t.row.cells)
		if first == "" && !hasFormula(t.row.kinds) {
			continue
		}
		r.Line, r.Cells, r.kinds = t.row.line, t.row.cells, t.row.kinds
		if first != "" && (first[0] < '0' || first[0] > '9') && isTotal(first) && digitsIn(r.Get(UIN)) < 15 {
			t.found = append(t.found, Problem{Severity: Warning, Code: "register.total", Line: r.Line,
				public:  i18n.Say("строка итогов пропущена", "a row of totals was passed over"),
				Message: i18n.Text{RU: "строка итогов «%s» пропущена", EN: "the row of totals %q was passed over"}.With(clip(first))})
			continue
		}
		if t.row.hidden {
			if t.hidden++; t.hidden == 1 {
				t.first = r.Line
			}
		}
		t.form(r)
		return nil
	}
}

func firstFilled(cells []string) string {
	for _, c := range cells {
		if c != "" && c[0] > ' ' && c[0] < 0x80 {
			return c
		}
		if c = strings.TrimSpace(c); c != "" {
			return c
		}
	}
	return ""
}

func hasFormula(kinds []xlsx.Kind) bool {
	for _, k := range kinds {
		if k == xlsx.Formula {
			return true
		}
	}
	return false
}

func digitsIn(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// isTotal recognises the row under a table ("Итого", "Всего", "Total").
func isTotal(first string) bool {
	h := normalHeading(first[:min(len(first), 80)])
	word, _, _ := strings.Cut(h, " ")
	return word == "итого" || word == "всего" || word == "total"
}

// form finds what is wrong with the form of a CSV row.
func (t *table) form(r *Row) {
	flaws := t.row.flaws
	if flaws&csvfile.OpenQuote != 0 {
		r.flaws = append(r.flaws, Problem{Code: "register.quote",
			Message: i18n.Say("кавычка открыта и не закрыта", "a quote is opened and not closed"),
			Why:     i18n.Say("неясно, где кончается ячейка: строка прочитана так, будто кавычек нет", "where the cell ends is unclear: the row was read as if there were no quotes"),
			Hint:    i18n.Say("закройте кавычку; кавычка внутри ячейки удваивается", "close it; a quote inside a cell is doubled")})
	}
	if !t.strict {
		return
	}
	extra := ""
	if len(r.Cells) > t.width {
		extra = firstFilled(r.Cells[t.width:])
	}
	switch {
	case len(r.Cells) < t.width && flaws&csvfile.NoLineEnd != 0:
		r.flaws = append(r.flaws, Problem{Code: "register.cut",
			Message: i18n.Text{RU: "файл обрывается посреди строки: ячеек %d из %d", EN: "the file ends in the middle of the row: %d cells of %d"}.With(len(r.Cells), t.width),
			Why:     i18n.Say("вместе с концом строки могли пропасть и следующие", "the rows after it may be lost as well"),
			Hint:    i18n.Say("выгрузите реестр заново", "export the register again")})
	case len(r.Cells) < t.width, extra != "", flaws&csvfile.TooManyCells != 0:
		r.flaws = append(r.flaws, Problem{Code: "register.cells",
			Message: i18n.Text{RU: "ячеек %d, а заголовков %d", EN: "%d cells under %d headings"}.With(len(r.Cells), t.width),
			Why:     i18n.Say("значения могли сдвинуться в чужие столбцы", "values may have moved into other columns"),
			Hint:    i18n.Text{RU: "проверьте, нет ли внутри значений знака «%s»: такие значения берут в кавычки", EN: "look for %q inside values: such values go in quotes"}.With(separatorName(t.layout.Separator))})
	case flaws&csvfile.NoLineEnd != 0:
		t.cut = r.Line
	}
}

func separatorName(c byte) string {
	if c == '\t' {
		return "TAB"
	}
	return string(rune(c))
}

// atEnd says what is known only when the whole file was read.
func (t *table) atEnd() {
	if t.cut > 0 {
		t.found = append(t.found, Problem{Severity: Warning, Code: "register.no_line_end", Line: t.cut,
			Message: i18n.Say("после последней строки нет перевода строки: файл мог оборваться", "no line end follows the last row: the file may have been cut"),
			Hint:    i18n.Say("сверьте число строк и сумму: --expect-count, --expect-sum", "compare count and sum: --expect-count, --expect-sum")})
		t.cut = 0
	}
	if t.hidden > 0 {
		t.found = append(t.found, Problem{Severity: Warning, Code: "register.hidden_rows", Line: t.first,
			Message: i18n.Text{RU: "на листе скрыты строки (%d, первая — %d): они тоже в реестре", EN: "rows of the sheet are hidden (%d, the first is %d): they are part of the register"}.With(t.hidden, t.first),
			Hint:    i18n.Say("снимите фильтр и удалите лишнее, если оно лишнее", "clear the filter, and delete what does not belong")})
		t.hidden = 0
	}
}

func (t *table) problems() []Problem {
	found := t.found
	t.found = nil
	return found
}

func (t *table) close() error { return t.stop() }
