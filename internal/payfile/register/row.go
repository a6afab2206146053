package register

import (
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Row is one row of a register. Rows of an iteration share one Row: Clone
// what outlives the step. The texts themselves stay valid, unless the register
// was opened with Options.Fleeting.
type Row struct {
	Ordinal int      // of the data rows, from 1
	Line    int      // line of the file or row of the sheet on which it begins, from 1
	Cells   []string // as they came, in the order of Layout.Header
	Raw     string   // the line itself, of JSON lines only
	// Document is the document of a 1C file, else nil.
	Document *onec.Document
	// Kopecks is the amount; 0 until Checker.Check has read a good one.
	Kopecks int64

	layout  *Layout
	kinds   []xlsx.Kind // of the cells, in a workbook
	kopecks bool        // amounts are in kopecks
	flaws   []Problem   // found while reading
	states  [fieldCount]state
	normals []normal
}

// state says what the check made of a field. The values themselves are not
// kept: they stand in the cells, and a million rows of copied strings would
// keep the collector busy.
type state uint8

const (
	absent  state = iota // empty, "0", wrong, or not checked yet
	asIs                 // the cell without its blanks
	changed              // normalised: see Row.normals
)

// normal is a value that normalising changed.
type normal struct {
	field Field
	text  string
}

func (r *Row) keep(f Field, value string, changedByCheck bool) {
	r.states[f] = asIs
	if changedByCheck {
		r.states[f] = changed
		r.normals = append(r.normals, normal{f, value})
	}
}

// Get returns the text of a field without the blanks around it and the
// marks with which spreadsheets keep a number text ('0123, ="0123"); "" if
// the register has no such column or the cell is empty.
func (r *Row) Get(f Field) string {
	i := r.layout.column(f)
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return cell.Text(r.Cells[i])
}

// Value returns the checked and normalised value of a field: "" before
// Checker.Check, for a wrong value and for "0" that means none.
func (r *Row) Value(f Field) string {
	switch r.states[f] {
	case asIs:
		return r.Get(f)
	case changed:
		for i := range r.normals {
			if r.normals[i].field == f {
				return r.normals[i].text
			}
		}
	}
	return ""
}

// UIN returns the checked УИН, "" if the row has none.
func (r *Row) UIN() requisites.UIN {
	if v := r.Value(UIN); !requisites.ActCode(v) {
		return requisites.UIN(v)
	}
	return ""
}

// ActCode returns the code of an act that stands in field 22 in place of an УИН, ""
// if none does.
func (r *Row) ActCode() string {
	if v := r.Value(UIN); requisites.ActCode(v) {
		return v
	}
	return ""
}

// Payer returns what identifies the payer: the ИНН, else the СНИЛС, else "".
func (r *Row) Payer() string {
	if v := r.Value(PayerINN); v != "" {
		return v
	}
	return r.Value(PayerSNILS)
}

// Layout tells how the register is laid out.
func (r *Row) Layout() *Layout { return r.layout }

// Clone returns a copy that outlives the iteration.
func (r *Row) Clone() *Row {
	c := *r
	c.Cells = make([]string, len(r.Cells))
	for i, text := range r.Cells {
		c.Cells[i] = strings.Clone(text)
	}
	c.kinds = slices.Clone(r.kinds)
	c.flaws = slices.Clone(r.flaws)
	c.normals = slices.Clone(r.normals)
	if r.Document != nil {
		d := *r.Document
		c.Document = &d
	}
	return &c
}

// kindAt returns the kind of a cell; Text outside of workbooks.
func (r *Row) kindAt(column int) xlsx.Kind {
	if column < 0 || column >= len(r.kinds) {
		return xlsx.Text
	}
	return r.kinds[column]
}

// at completes a problem with the row's place and that of its field.
func (r *Row) at(p Problem) Problem {
	p.Row, p.Line = r.Ordinal, r.Line
	if p.Field == 0 {
		return p
	}
	p.Number = p.Field.Info().Number
	if i := r.layout.column(p.Field); i >= 0 {
		p.Column = i + 1
		if i < len(r.layout.Header) {
			p.Heading = r.layout.Header[i]
		}
	}
	if r.Document != nil {
		p.Column = 0
		p.Line = r.Document.LineOf(onecKey(p.Field))
	}
	if p.Why.IsZero() && p.Severity == Error {
		p.Why = p.Field.why()
	}
	return p
}

// Format names a kind of register file.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	OneC  Format = "1c"
	JSONL Format = "jsonl"
)

// Layout tells how a register is laid out.
type Layout struct {
	Format    Format
	Separator byte     // of CSV
	Charset   string   // "utf-8", "windows-1251", …; "" for a workbook
	BOM       bool     // the CSV file begins with a byte order mark
	Sheet     string   // of a workbook
	HeaderRow int      // line of the headings; 0 if there are none
	Header    []string // headings as they came; for 1C and JSON lines the fields' names
	Kopecks   bool     // amounts are in kopecks
	Unknown   []string // headings that say nothing to this program; their cells are kept

	columns [fieldCount]int16 // index of a field's column + 1
	state   int               // column of ColumnState, from 1; 0 when there is none
	unit    int               // column of the currency, from 1; 0 when there is none
}

// Has reports whether the register has a column for f.
func (l *Layout) Has(f Field) bool { return l.columns[f] > 0 }

// FieldAt returns the field of a column, counted from 0; 0 for none.
func (l *Layout) FieldAt(column int) Field {
	for f, c := range l.columns {
		if int(c) == column+1 {
			return Field(f)
		}
	}
	return 0
}

func (l *Layout) column(f Field) int { return int(l.columns[f]) - 1 }

func (l *Layout) put(f Field, column int) { l.columns[f] = int16(column + 1) }

// ColumnOf returns the column of a field, from 1, and its heading; 0 and ""
// if the register has none.
func (l *Layout) ColumnOf(f Field) (column int, heading string) {
	i := l.column(f)
	return i + 1, l.heading(max(i, 0))
}
