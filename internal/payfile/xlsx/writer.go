package xlsx

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// Format is how a column is shown.
type Format uint8

// The formats of columns.
const (
	AsText   Format = iota // text: codes keep their zeros and all their digits
	AsAmount               // a number with two decimals; the cell's text is rubles, "1234.56"
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

// NewWriter begins a workbook with a heading row that stays in view.
func NewWriter(w io.Writer, sheet string, cols []Column) (*Writer, error) {
	x := &Writer{zip: zip.NewWriter(w), cols: cols}
	for _, p := range []struct{ name, body string }{
		{"[Content_Types].xml", `<Types xmlns="` + packSpace + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packSpace + `relationships"><Relationship Id="rId1" Type="` + relSpace + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + mainSpace + `" xmlns:r="` + relSpace + `"><sheets><sheet name="` + escape(sheet) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packSpace + `relationships"><Relationship Id="rId1" Type="` + relSpace + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + relSpace + `/styles" Target="styles.xml"/></Relationships>`},
		// Formats 0: general, 1: text (49), 2: amount (4), 3: bold heading.
		{"xl/styles.xml", `<styleSheet xmlns="` + mainSpace + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
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
		if c.Format == AsAmount {
			st = "2"
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
		case i < len(x.cols) && x.cols[i].Format == AsAmount && plainDecimal(c):
			x.put(`<c r="`, ref, `" s="2"><v>`, c, `</v></c>`)
		default:
			x.put(`<c r="`, ref, `" s="1" t="inlineStr"><is><t xml:space="preserve">`, escape(c), `</t></is></c>`)
		}
	}
	x.put(`</row>`)
}

// Close completes the workbook; it does not close the underlying writer.
func (x *Writer) Close() error {
	x.put(`</sheetData></worksheet>`)
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
