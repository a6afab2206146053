package applications

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// The columns that a register comes back with.
const (
	columnOrder = "orderId"
	columnState = "state"
	columnError = "error"
)

// columnRegion is the region of an application.
const columnRegion = "region"

// maxLines bounds a register.
const maxLines = 100_000

// Register is a table of applications for one service: a line an application, a column
// a field of the form by its path, or a document by its name (the cell is a file, beside
// the register unless it is absolute). orderId, state and error are what an earlier run
// wrote: a line with a number is settled.
type Register struct {
	Heading []string
	Rows    []RegisterRow
	sep     byte
}

// RegisterRow is one application of a register.
type RegisterRow struct {
	Line    int // of the file, from 1
	Cells   []string
	Pairs   []string // "path=value", for forms.Assignments
	Attach  []string // "document=file"
	Region  string
	OrderID int64
}

// ReadRegister reads a register. Columns that mean nothing are told all at once.
func ReadRegister(r io.Reader, form *forms.Form, documents []cabinet.Document) (*Register, error) {
	meaning := func(name string) string {
		name = strings.TrimSpace(name)
		switch {
		case name == columnOrder || name == columnState || name == columnError || name == columnRegion && !hasField(form, name):
			return "own"
		case hasField(form, name):
			return "field"
		case slices.ContainsFunc(documents, func(d cabinet.Document) bool { return d.Name == name }):
			return "document"
		}
		return ""
	}
	in, err := csvfile.NewReader(r, csvfile.Options{Known: func(h string) bool { return meaning(h) != "" }})
	if err != nil {
		return nil, err
	}
	var head, rec csvfile.Record
	if err := in.Next(&head); err != nil {
		return nil, err
	}
	out := &Register{Heading: slices.Clone(head.Cells), sep: in.Dialect().Separator}
	var wrong []fault.Field
	seen := map[string]bool{}
	for i, name := range out.Heading {
		name = strings.TrimSpace(name)
		out.Heading[i] = name
		switch {
		case name == "":
			wrong = append(wrong, fault.Field{Name: strconv.Itoa(i + 1), Message: i18n.Say("столбец без названия", "a column without a name")})
		case seen[name]:
			wrong = append(wrong, fault.Field{Name: name, Message: i18n.Say("столбец назван дважды", "the column is there twice")})
		case meaning(name) == "":
			wrong = append(wrong, fault.Field{Name: name, Message: i18n.Say("в форме нет такого поля и документа", "the form has no such field or document")})
		}
		seen[name] = true
	}
	if len(wrong) > 0 {
		e := fault.New(exitcode.Usage, "register.columns", i18n.Say("столбцы реестра непонятны", "the columns of the register are not clear")).
			AdviseRun("epgu service form " + form.Service)
		e.Fields = wrong
		return nil, e
	}
	for {
		err := in.Next(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(out.Rows) == maxLines {
			return nil, fault.New(exitcode.Usage, "register.too_long", i18n.Text{RU: "в реестре больше %d строк", EN: "more than %d lines in the register"}.With(maxLines))
		}
		row, bad := out.row(rec.Cells, meaning)
		if bad != "" || rec.Flaws&csvfile.OpenQuote != 0 {
			wrong = append(wrong, fault.Field{Name: strconv.Itoa(rec.Line), Message: i18n.Text{RU: "строка не читается: %s", EN: "the line cannot be read: %s"}.With(bad)})
		}
		row.Line = rec.Line
		out.Rows = append(out.Rows, row)
	}
	if len(wrong) > 0 {
		e := fault.New(exitcode.Usage, "register.lines", i18n.Say("реестр не читается", "the register cannot be read"))
		e.Fields = wrong
		return nil, e
	}
	if len(out.Rows) == 0 {
		return nil, fault.New(exitcode.Usage, "register.empty", i18n.Say("в реестре нет ни одной строки", "there is no line in the register"))
	}
	return out, nil
}

func hasField(form *forms.Form, name string) bool {
	_, ok := form.Field(name)
	return ok
}

func (r *Register) row(cells []string, meaning func(string) string) (row RegisterRow, bad string) {
	row.Cells = slices.Clone(cells)
	if len(cells) > len(r.Heading) {
		return row, "+" + strconv.Itoa(len(cells)-len(r.Heading))
	}
	for i, v := range cells {
		name := r.Heading[i]
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		switch meaning(name) {
		case "field":
			row.Pairs = append(row.Pairs, name+"="+v)
		case "document":
			row.Attach = append(row.Attach, name+"="+v)
		default:
			switch name {
			case columnRegion:
				row.Region = v
			case columnOrder:
				n, err := strconv.ParseInt(v, 10, 64)
				if err != nil || n <= 0 {
					return row, name
				}
				row.OrderID = n
			}
		}
	}
	return row, ""
}

// Write writes the register back with what became of each line; it can be fed in again.
func (r *Register) Write(w io.Writer, lines []Line, lang i18n.Lang) error {
	own := []string{columnOrder, columnState, columnError}
	var keep []int
	var head []string
	for i, name := range r.Heading {
		if !slices.Contains(own, name) {
			keep, head = append(keep, i), append(head, name)
		}
	}
	out := csvfile.NewWriter(w, r.sep, true)
	if err := out.Write(append(head, own...)); err != nil {
		return err
	}
	for n, row := range r.Rows {
		cells := make([]string, 0, len(keep)+len(own))
		for _, i := range keep {
			v := ""
			if i < len(row.Cells) {
				v = row.Cells[i]
			}
			cells = append(cells, v)
		}
		if err := out.Write(append(cells, lines[n].cells(lang)...)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// cells are what became of a line, in the order of the columns.
func (l *Line) cells(lang i18n.Lang) []string {
	order, why := "", ""
	if l.OrderID != 0 && (l.Outcome == Sent || l.Outcome == Already) {
		order = strconv.FormatInt(l.OrderID, 10)
	}
	if f := fault.Of(l.Err); f != nil {
		why = f.Message.In(lang)
	} else if l.Err != nil {
		why = l.Err.Error()
	}
	return []string{order, string(l.Outcome), why}
}

// Why says what is wrong with a line; empty when nothing is.
func (l *Line) Why(lang i18n.Lang) string { return l.cells(lang)[2] }

// FilesRegister is the register of a folder: a line a file.
func FilesRegister(names []string) *Register {
	r := &Register{Heading: []string{"file"}, sep: ';'}
	for _, n := range names {
		r.Rows = append(r.Rows, RegisterRow{Cells: []string{n}})
	}
	return r
}
