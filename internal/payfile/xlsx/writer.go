package xlsx

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
)

// Format is how a column is shown.
type Format uint8

// The formats of columns.
const (
	AsText   Format = iota // text: codes keep their zeros and all their digits
	AsAmount               // a number with two decimals; the cell's text is rubles as money reads them
	AsDay                  // a date; the cell's text is a day as cell.DayOf reads it
	AsTime                 // a date and a time; the cell's text is RFC 3339, shown in Moscow's time
)

// Column describes a column of a workbook being written.
type Column struct {
	Title  string
	Width  int // characters; 0 is 14
	Format Format
}

// Writer writes a workbook of one sheet, row by row, in flat memory. Texts
// are inline strings and can never become formulas.
type Writer struct {
	zip  *zip.Writer
	out  *bufio.Writer
	cols []Column
	rows int
	err  error
}

const (
	declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSpace   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relSpace    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packSpace   = "http://schemas.openxmlformats.org/package/2006/"
)

// NewWriter begins a workbook with a heading row that stays in view and filters.
func NewWriter(w io.Writer, sheet string, cols []Column) (*Writer, error) {
	x := &Writer{zip: zip.NewWriter(w), cols: cols}
	for _, p := range []struct{ name, body string }{
		{"[Content_Types].xml", `<Types xmlns="` + packSpace + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packSpace + `relationships"><Relationship Id="rId1" Type="` + relSpace + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + mainSpace + `" xmlns:r="` + relSpace + `"><sheets><sheet name="` + escape(sheet) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packSpace + `relationships"><Relationship Id="rId1" Type="` + relSpace + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + relSpace + `/styles" Target="styles.xml"/></Relationships>`},
		// Formats 0: general, 1: text (49), 2: amount (4), 3: bold heading, 4: date, 5: date and time.
		{"xl/styles.xml", `<styleSheet xmlns="` + mainSpace + `"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/><numFmt numFmtId="165" formatCode="dd\.mm\.yyyy\ hh:mm"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
	} {
		f, err := x.zip.Create(p.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(f, declaration+p.body); err != nil {
			return nil, err
		}
	}
	f, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	x.out = bufio.NewWriterSize(f, 32<<10)
	x.head()
	return x, x.err
}

func (x *Writer) put(parts ...string) {
	for _, p := range parts {
		if x.err == nil {
			_, x.err = x.out.WriteString(p)
		}
	}
}

func (x *Writer) head() {
	x.put(declaration, `<worksheet xmlns="`, mainSpace, `"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	titles := make([]string, len(x.cols))
	for i, c := range x.cols {
		n, width, st := strconv.Itoa(i+1), c.Width, "1"
		if width == 0 {
			width = 14
		}
		switch c.Format {
		case AsAmount:
			st = "2"
		case AsDay:
			st = "4"
		case AsTime:
			st = "5"
		}
		x.put(`<col min="`, n, `" max="`, n, `" width="`, strconv.Itoa(width), `" style="`, st, `" customWidth="1"/>`)
		titles[i] = c.Title
	}
	x.put(`</cols><sheetData>`)
	x.row(titles, true)
}

// Write writes one row. Texts beyond the columns are texts too; an amount
// that is no plain decimal number is written as text.
func (x *Writer) Write(cells []string) error {
	x.row(cells, false)
	return x.err
}

func (x *Writer) row(cells []string, heading bool) {
	x.rows++
	number := strconv.Itoa(x.rows)
	x.put(`<row r="`, number, `">`)
	for i, c := range cells {
		if c == "" {
			continue
		}
		ref := ColumnName(i+1) + number
		switch {
		case heading:
			x.put(`<c r="`, ref, `" s="3" t="inlineStr"><is><t xml:space="preserve">`, escape(c), `</t></is></c>`)
		case i < len(x.cols) && x.number(ref, x.cols[i].Format, c):
		default:
			x.put(`<c r="`, ref, `" s="1" t="inlineStr"><is><t xml:space="preserve">`, escape(c), `</t></is></c>`)
		}
	}
	x.put(`</row>`)
}

// number writes a cell as the number that its format makes of its text; false if
// the text is none: then it stays text, and nothing is lost.
func (x *Writer) number(ref string, f Format, text string) bool {
	switch f {
	case AsAmount:
		k, err := money.Rubles(text)
		v := money.Format(k, '.')
		if err != nil || !plainDecimal(v) {
			return false
		}
		x.put(`<c r="`, ref, `" s="2"><v>`, v, `</v></c>`)
	case AsDay:
		day, err := cell.DayOf(text)
		if err != nil {
			return false
		}
		x.put(`<c r="`, ref, `" s="4"><v>`, strconv.Itoa(int(day.Sub(epoch()).Hours()/24)), `</v></c>`)
	case AsTime:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return false
		}
		_, offset := at.In(clock.Moscow()).Zone()
		local := at.UTC().Add(time.Duration(offset) * time.Second)
		x.put(`<c r="`, ref, `" s="5"><v>`, strconv.FormatFloat(local.Sub(epoch()).Hours()/24, 'f', 10, 64), `</v></c>`)
	default:
		return false
	}
	return true
}

// epoch is day 0 of a workbook's dates.
func epoch() time.Time { return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC) }

// Close completes the workbook; it does not close the underlying writer.
func (x *Writer) Close() error {
	x.put(`</sheetData>`)
	if n := len(x.cols); n > 0 {
		x.put(`<autoFilter ref="A1:`, ColumnName(n), strconv.Itoa(x.rows), `"/>`)
	}
	x.put(`</worksheet>`)
	if x.err == nil {
		x.err = x.out.Flush()
	}
	if x.err != nil {
		return x.err
	}
	return x.zip.Close()
}

// plainDecimal reports whether s is digits with at most one point, of which a
// spreadsheet keeps all.
func plainDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := strings.Replace(s, ".", "", 1)
	return digits != "" && len(digits) <= significant && strings.Trim(digits, "0123456789") == "" && s[0] != '.' && s[len(s)-1] != '.'
}

func escape(s string) string {
	var b strings.Builder
	// A strings.Builder does not fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
