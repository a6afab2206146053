package xlsx

import (
	"bytes"
	"io"
	"strings"
)

// Rows reads the rows of one sheet.
type Rows struct {
	w      *Workbook
	part   *part
	t      *tokens
	done   error
	row    Row
	number int
	arena  []byte
	value  []byte // of the cell being read
	spans  []span
}

// span is a cell whose text is still in the arena.
type span struct {
	from, to int
	kind     Kind
}

// Rows opens a sheet. Close it at the end.
func (w *Workbook) Rows(s Sheet) (*Rows, error) {
	if err := w.loadStrings(); err != nil {
		return nil, err
	}
	p, err := w.open(s.part, sheetLimit)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, broken(nil)
	}
	return &Rows{w: w, part: p, t: newTokens(p)}, nil
}

// Close ends the reading.
func (r *Rows) Close() error { return r.part.Close() }

// Next returns the next row that has a cell with something in it; io.EOF
// ends the sheet. Any other error is a *fault.Error and ends the reading. The
// row is reused by the next call.
func (r *Rows) Next() (*Row, error) {
	for r.done == nil {
		if err := r.toRow(); err != nil {
			r.done = err
			if err != io.EOF {
				r.done = r.part.explain(err)
			}
			break
		}
		if r.finish() {
			return &r.row, nil
		}
	}
	return nil, r.done
}

// toRow reads up to the end of the next row.
func (r *Rows) toRow() error {
	r.arena, r.spans = r.arena[:0], r.spans[:0]
	r.row.Wide = false
	inside := false
	for {
		if err := r.t.next(); err == io.EOF && !r.ended() {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
		name, opens, closes := r.t.name()
		switch string(name) {
		case "row":
			if opens {
				inside = true
				r.begin()
			}
			if closes && inside {
				return nil
			}
		case "c":
			if inside && opens {
				if err := r.cell(closes); err != nil {
					return err
				}
			}
		case "sheetData":
			if closes {
				r.number = rowLimit + 1
				return io.EOF
			}
		}
	}
}

// ended reports whether the end of the rows was seen.
func (r *Rows) ended() bool { return r.number > rowLimit }

func (r *Rows) begin() {
	r.number++
	if n, ok := decimal(r.t.attribute("r")); ok && n > 0 && n <= rowLimit {
		r.number = n
	}
	h := r.t.attribute("hidden")
	r.row.Hidden = len(h) > 0 && string(h) != "0" && string(h) != "false"
}

func decimal(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// cell reads one cell; empty tells that the tag has no content.
func (r *Rows) cell(empty bool) error {
	column := len(r.spans)
	if n, ok := columnOf(r.t.attribute("r")); ok {
		column = n
	}
	kind := cellType(r.t.attribute("t"))
	st := style{}
	if n, ok := decimal(r.t.attribute("s")); ok && n < len(r.w.styles) {
		st = r.w.styles[n]
	}
	formula := false
	r.value = r.value[:0]
	if !empty {
		var err error
		if formula, err = r.content(); err != nil {
			return err
		}
	}
	if column >= columnLimit || column < len(r.spans) || len(r.arena) > textLimit {
		r.row.Wide = r.row.Wide || column >= columnLimit || len(r.arena) > textLimit
		return nil
	}
	for len(r.spans) < column {
		r.spans = append(r.spans, span{len(r.arena), len(r.arena), Empty})
	}
	from := len(r.arena)
	k := r.keep(kind, st, formula)
	r.spans = append(r.spans, span{from, len(r.arena), k})
	return nil
}

// content gathers the value of a cell up to its end tag.
func (r *Rows) content() (formula bool, err error) {
	gather, phonetic := false, false
	for {
		if err := r.t.next(); err != nil {
			if err == io.EOF {
				return false, io.ErrUnexpectedEOF
			}
			return false, err
		}
		if gather {
			r.value = appendText(r.value, r.t.text)
			if c, ok := r.t.cdata(); ok {
				r.value = append(r.value, c...)
			}
			if len(r.value) > textLimit {
				return false, errToken
			}
		}
		name, opens, closes := r.t.name()
		switch string(name) {
		case "v", "t":
			gather = opens && !closes && !phonetic
		case "f":
			formula = true
		case "rPh":
			phonetic = opens && !closes
		case "c":
			if closes {
				return formula, nil
			}
		case "row", "sheetData":
			return false, errXML
		}
	}
}

// cellKind is the t attribute of a cell.
type cellKind uint8

const (
	kindNumber cellKind = iota
	kindShared
	kindText
	kindBool
	kindError
	kindDate
)

func cellType(t []byte) cellKind {
	switch string(t) {
	case "s":
		return kindShared
	case "inlineStr", "str":
		return kindText
	case "b":
		return kindBool
	case "e":
		return kindError
	case "d":
		return kindDate
	}
	return kindNumber
}

// keep appends the cell's text to the arena and says what it is.
func (r *Rows) keep(kind cellKind, st style, formula bool) Kind {
	v := r.value
	switch kind {
	case kindShared:
		n, _ := decimal(bytes.TrimSpace(v))
		text, ok := r.w.strings.get(n)
		if !ok || len(v) == 0 {
			return Empty
		}
		r.arena = append(r.arena, text...)
		return Text
	case kindText:
		if len(v) == 0 {
			break
		}
		r.arena = append(r.arena, unescape(v)...)
		return Text
	}
	v = bytes.TrimSpace(v)
	if len(v) == 0 {
		if formula {
			return Formula
		}
		return Empty
	}
	var ok, rounded bool
	from := len(r.arena)
	switch {
	case kind == kindBool:
		r.arena = append(r.arena, v...)
		return Bool
	case kind == kindError:
		r.arena = append(r.arena, v...)
		return Error
	case kind == kindDate:
		if r.arena, ok = isoDay(r.arena, v); ok {
			return Date
		}
	case st.date:
		if r.arena, ok = day(r.arena, v, r.w.from1904); ok {
			return Date
		}
	}
	if r.arena, rounded, ok = plain(r.arena, v); !ok {
		r.arena = append(r.arena[:from], v...)
		return Text
	}
	if rounded {
		r.arena = append(r.arena[:from], v...)
		return Rounded
	}
	r.pad(from, st)
	return Number
}

// pad puts back the zeros in front that the cell's format shows.
func (r *Rows) pad(from int, st style) {
	n := len(r.arena) - from
	if missing := int(st.pad) - n; missing > 0 && !bytes.ContainsAny(r.arena[from:], ".-") {
		r.arena = append(r.arena, "0000000000000000000000000000000000000000"[:missing]...)
		copy(r.arena[from+missing:], r.arena[from:from+n])
		for i := range missing {
			r.arena[from+i] = '0'
		}
	}
}

// columnOf reads the column of a reference such as "AB12", from 0.
func columnOf(ref []byte) (int, bool) {
	n := 0
	for i, c := range ref {
		if c < 'A' || c > 'Z' {
			return n - 1, i > 0
		}
		if n = n*26 + int(c-'A') + 1; n > 1<<20 {
			return 0, false
		}
	}
	return n - 1, n > 0
}

// finish turns the spans into cells; it reports whether there is anything in
// the row.
func (r *Rows) finish() bool {
	text := string(r.arena)
	r.row.Number = r.number
	r.row.Cells = r.row.Cells[:0]
	some := false
	for _, s := range r.spans {
		t := text[s.from:s.to]
		r.row.Cells = append(r.row.Cells, Cell{t, s.kind})
		some = some || s.kind == Formula || strings.TrimSpace(t) != ""
	}
	return some
}

// ColumnName names a column as spreadsheets do: 1 is A, 27 is AA.
func ColumnName(n int) string {
	var b [8]byte
	i := len(b)
	for ; n > 0 && i > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}
