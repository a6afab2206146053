// Package table draws rows as an aligned table without boxes for a terminal.
// It expects clean text (see untrusted) and knows nothing of where the
// text comes from. ui/output and tui may import it.
package table

import (
	"bytes"
	"fmt"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/epgu-cli/epgu/internal/ui/width"
)

// Column heads a column.
type Column struct {
	Title string
	Right bool // numbers: aligned right
	Wide  bool // may be cut to fit the terminal
}

// Table is a table for a terminal Width columns wide.
type Table struct {
	Columns []Column
	Rows    [][]string // one cell per column
	Width   int
	Heading func(string) string // paints the line of titles; nil leaves it plain
}

const (
	gap     = 2  // columns of space between two columns
	minWide = 12 // a column that may be cut keeps at least this much
)

// layout returns the width of every column and whether the table fits: only
// columns marked Wide give way, the widest first.
func (t *Table) layout() (widths []int, fits bool) {
	widths = make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = width.String(c.Title)
	}
	for _, row := range t.Rows {
		for i := range widths {
			if i < len(row) && len(row[i]) > widths[i] {
				widths[i] = max(widths[i], width.String(row[i]))
			}
		}
	}
	over := gap*(len(widths)-1) - t.Width
	for _, w := range widths {
		over += w
	}
	for over > 0 {
		widest := -1
		for i, c := range t.Columns {
			if c.Wide && widths[i] > minWide && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths, false
		}
		// Down to the next widest in one step, so that many columns share.
		cut, next := min(over, widths[widest]-minWide), minWide
		for i, c := range t.Columns {
			if c.Wide && i != widest && widths[i] < widths[widest] {
				next = max(next, widths[i])
			}
		}
		cut = max(1, min(cut, widths[widest]-next))
		widths[widest] -= cut
		over -= cut
	}
	return widths, true
}

// Fits reports whether the table can be drawn without cutting a column that
// must stay whole.
func (t *Table) Fits() bool {
	_, fits := t.layout()
	return fits
}

// Render draws the table to w. No line ends in spaces.
func (t *Table) Render(w io.Writer) error {
	if len(t.Columns) == 0 {
		return nil
	}
	widths, _ := t.layout()
	aligns := make([]tw.Align, len(t.Columns))
	titles := make([]string, len(t.Columns))
	pads := make([]tw.Padding, len(t.Columns))
	for i, c := range t.Columns {
		aligns[i] = tw.AlignLeft
		if c.Right {
			aligns[i] = tw.AlignRight
		}
		titles[i] = width.Truncate(c.Title, widths[i])
		pads[i] = tw.Padding{Right: "  ", Overwrite: true}
		if i == len(t.Columns)-1 {
			pads[i] = tw.PaddingNone
		}
	}
	trimmed := trimmer{w: w, first: t.Heading}
	draw := tablewriter.NewTable(&trimmed,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.SeparatorsNone,
				Lines:      tw.LinesNone,
			},
		})),
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithConfig(tablewriter.Config{
			Header: tw.CellConfig{
				Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
				Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: aligns},
				Padding:    tw.CellPadding{PerColumn: pads},
			},
			Row: tw.CellConfig{
				Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
				Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: aligns},
				Padding:    tw.CellPadding{PerColumn: pads},
			},
		}),
	)
	draw.Header(titles)
	for _, row := range t.Rows {
		cells := make([]string, len(t.Columns))
		for i := range cells {
			if i < len(row) {
				cells[i] = width.Truncate(row[i], widths[i])
			}
		}
		if err := draw.Append(cells); err != nil {
			return fmt.Errorf("draw table: %w", err)
		}
	}
	if err := draw.Render(); err != nil {
		return fmt.Errorf("draw table: %w", err)
	}
	return trimmed.flush()
}

// trimmer drops the spaces before each line feed and paints the first line.
type trimmer struct {
	w     io.Writer
	first func(string) string // nil after the first line
	buf   []byte
}

func (t *trimmer) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	for {
		i := bytes.IndexByte(t.buf, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := bytes.TrimRight(t.buf[:i], " ")
		if t.first != nil {
			line = []byte(t.first(string(line)))
			t.first = nil
		}
		if _, err := t.w.Write(append(line, '\n')); err != nil {
			return 0, err
		}
		t.buf = t.buf[i+1:]
	}
}

func (t *trimmer) flush() error {
	_, err := t.w.Write(bytes.TrimRight(t.buf, " "))
	t.buf = nil
	return err
}
