package output

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// csvSink writes CSV (RFC 4180) with the field names as its header.
type csvSink struct {
	w      *csv.Writer
	out    io.Writer
	r      reader
	names  []string
	bom    bool
	headed bool
	cells  []string
}

func newCSVSink(w io.Writer, r reader, names []string, o *Options) *csvSink {
	s := &csvSink{w: csv.NewWriter(w), out: w, r: r, names: names, bom: o.bom}
	if o.comma != 0 {
		s.w.Comma = o.comma
	}
	s.w.UseCRLF = o.bom // both are there for Windows
	return s
}

func (s *csvSink) head() error {
	if s.headed {
		return nil
	}
	s.headed = true
	if s.bom {
		if _, err := io.WriteString(s.out, "\ufeff"); err != nil {
			return err
		}
	}
	return s.w.Write(s.names)
}

func (s *csvSink) row(values []any) error {
	if err := s.head(); err != nil {
		return err
	}
	s.cells = s.cells[:0]
	for _, v := range values {
		s.cells = append(s.cells, Guard(s.r.cell(v)))
	}
	if err := s.w.Write(s.cells); err != nil {
		return err
	}
	s.w.Flush()
	return s.w.Error()
}

func (s *csvSink) end(Page) error {
	if err := s.head(); err != nil {
		return err
	}
	s.w.Flush()
	return s.w.Error()
}

// Guard returns a cell that no spreadsheet takes for a formula (CWE-1236): a
// cell that starts with = + - @ (also full-width), TAB or CR, even after
// spaces, gets a leading apostrophe; plain negative numbers stay numbers. The
// cell is cleaned of control characters as well.
func Guard(cell string) string {
	if cell == "" {
		return cell
	}
	clean := untrusted.CleanLines(cell)
	switch cell[0] {
	case '\t', '\r', '\n':
		return "'" + clean
	}
	switch firstRune(strings.TrimLeft(clean, " \n\u00a0\ufffd")) {
	case '=', '+', '-', '@', '＝', '＋', '－', '＠':
		if !plainNegative(cell) {
			return "'" + clean
		}
	}
	return clean
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// plainNegative reports whether s is a minus, digits and at most one decimal
// point or comma between digits.
func plainNegative(s string) bool {
	digits, ok := strings.CutPrefix(s, "-")
	if !ok {
		return false
	}
	whole, frac, split := digits, "", false
	if i := strings.IndexAny(digits, ".,"); i >= 0 {
		whole, frac, split = digits[:i], digits[i+1:], true
	}
	const decimal = "0123456789"
	return whole != "" && strings.Trim(whole, decimal) == "" &&
		(!split || frac != "" && strings.Trim(frac, decimal) == "")
}

// tabSink writes tab-separated values without a header.
type tabSink struct {
	w   io.Writer
	r   reader
	buf []byte
}

func (s *tabSink) row(values []any) error {
	s.buf = s.buf[:0]
	for i, v := range values {
		if i > 0 {
			s.buf = append(s.buf, '\t')
		}
		s.buf = append(s.buf, untrusted.Clean(s.r.cell(v))...)
	}
	s.buf = append(s.buf, '\n')
	_, err := s.w.Write(s.buf)
	return err
}

func (s *tabSink) end(Page) error { return nil }

// pairSink writes an object as "name TAB value" lines.
type pairSink struct {
	w     io.Writer
	r     reader
	names []string
}

func (s *pairSink) row(values []any) error {
	for i, v := range values {
		if _, err := io.WriteString(s.w, s.names[i]+"\t"+untrusted.Clean(s.r.cell(v))+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func (s *pairSink) end(Page) error { return nil }
