package output

import (
	"io"
	"strings"

	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/table"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// humanColumn is a field as people see it.
type humanColumn struct {
	title string
	wide  bool
	lines bool
	right bool
}

// humanSink gathers rows for a terminal. A list becomes a table; an object,
// a list too wide for the terminal and any list in accessible mode become
// "title: value" lines.
type humanSink struct {
	ios  *iostreams.IOStreams
	w    io.Writer
	r    reader
	list bool
	cols []humanColumn
	rows [][]string
}

func (s *humanSink) row(values []any) error {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = s.r.human(v, s.cols[i].lines)
		if isNumber(v) {
			s.cols[i].right = true
		}
	}
	s.rows = append(s.rows, cells)
	return nil
}

func (s *humanSink) end(Page) error {
	if len(s.rows) == 0 {
		return nil
	}
	if s.list && !s.ios.Accessible() {
		t := table.Table{Rows: s.rows, Width: s.ios.Width(), Heading: s.ios.OutStyle().Bold}
		for _, c := range s.cols {
			t.Columns = append(t.Columns, table.Column{Title: c.title, Wide: c.wide, Right: c.right})
		}
		if t.Fits() {
			return t.Render(s.w)
		}
	}
	var b strings.Builder
	for i, cells := range s.rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		s.block(&b, cells)
	}
	_, err := io.WriteString(s.w, b.String())
	return err
}

// block writes one item, a line per field that has a value. Values start in
// the same column, except in accessible mode, where runs of spaces are noise.
func (s *humanSink) block(b *strings.Builder, cells []string) {
	style, indent := s.ios.OutStyle(), 0
	if !s.ios.Accessible() {
		for i, c := range s.cols {
			if cells[i] != "" {
				indent = max(indent, width.String(c.title)+2)
			}
		}
	}
	for i, c := range s.cols {
		if cells[i] == "" {
			continue
		}
		title := c.title + ":"
		b.WriteString(style.Dim(title))
		b.WriteString(strings.Repeat(" ", max(1, indent-width.String(title))))
		lines := strings.Split(cells[i], "\n")
		if room := s.ios.Width() - indent; indent > 0 && room >= minValueWidth {
			lines = width.Wrap(cells[i], room)
		}
		for n, line := range lines {
			if n > 0 {
				b.WriteString(strings.Repeat(" ", indent))
			}
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
}

// minValueWidth is the narrowest column in which wrapping values helps.
const minValueWidth = 20

// lineSink writes each item of a feed on one line of a terminal.
type lineSink struct {
	w io.Writer
	r reader
}

func (s *lineSink) row(values []any) error {
	parts := make([]string, 0, len(values))
	for _, v := range values {
		if text := s.r.human(v, false); text != "" {
			parts = append(parts, text)
		}
	}
	_, err := io.WriteString(s.w, strings.Join(parts, "  ")+"\n")
	return err
}

func (s *lineSink) end(Page) error { return nil }
