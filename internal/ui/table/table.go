// Package table draws rows as an aligned table without boxes for a terminal.
// It expects clean text (see untrusted) and knows nothing of where the
// text comes from. ui/output and tui may import it.
package table

import (
	"bytes"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/olekukonko/tablewriter"

	"github.com/epgu-cli/epgu/internal/ui/width"
)

// Column heads a column.
type Column struct {
	Title string
	Right bool // numbers: aligned right
	Wide  bool // wraps first when the terminal is narrow
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
	minWide = 12 // a wide column keeps at least this much
	maxWord = 20 // a longer word of a wide column may be broken inside
)

// layout returns the width of every column and whether the table fits. Columns
// give way by wrapping at words: first those marked Wide, the widest first, then
// the others down to their longest word. Numbers, identifiers and what else has
// no space never do, and nothing is cut.
func (t *Table) layout() (widths []int, fits bool) {
	widths = t.natural()
	over := gap*(len(widths)-1) - t.Width
	for _, w := range widths {
		over += w
	}
	if over <= 0 {
		return widths, true
	}
	least := t.least()
	over = shrink(widths, least, over, func(i int) bool { return t.Columns[i].Wide })
	over = shrink(widths, least, over, func(int) bool { return true })
	return widths, over <= 0
}

// natural is the width of every column when nothing gives way.
func (t *Table) natural() []int {
	widths := make([]int, len(t.Columns))
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
	return widths
}

// least is how narrow each column may become: as wide as its longest word.
func (t *Table) least() []int {
	least := make([]int, len(t.Columns))
	word := func(i int, text string) {
		for w := range width.Words(text) {
			if len(w) > least[i] {
				least[i] = max(least[i], width.String(w))
			}
		}
	}
	for i, c := range t.Columns {
		word(i, c.Title)
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			if i < len(least) {
				word(i, cell)
			}
		}
	}
	for i, c := range t.Columns {
		if c.Wide {
			least[i] = max(minWide, min(least[i], maxWord))
		}
	}
	return least
}

// shrink takes over columns from those that may give way, the widest first, and
// returns what is left to take.
func shrink(widths, least []int, over int, may func(i int) bool) int {
	for over > 0 {
		widest := -1
		for i := range widths {
			if may(i) && widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return over
		}
		// Down to the next widest in one step, so that many columns share.
		next := least[widest]
		for i := range widths {
			if may(i) && i != widest && widths[i] < widths[widest] {
				next = max(next, widths[i])
			}
		}
		cut := max(1, min(over, widths[widest]-next))
		widths[widest] -= cut
		over -= cut
	}
	return over
}

// stacked returns the table without its wide columns and whether it fits so:
// then each row's wide cells stand on a line of their own below it.
func (t *Table) stacked() (narrow Table, wide []int, fits bool) {
	narrow = Table{Width: t.Width, Heading: t.Heading}
	var keep []int
	for i, c := range t.Columns {
		if c.Wide {
			wide = append(wide, i)
			continue
		}
		keep = append(keep, i)
		narrow.Columns = append(narrow.Columns, c)
	}
	if len(wide) == 0 || len(keep) == 0 {
		return narrow, wide, false
	}
	for _, row := range t.Rows {
		cells := make([]string, 0, len(keep))
		for _, i := range keep {
			if i < len(row) {
				cells = append(cells, row[i])
			}
		}
		narrow.Rows = append(narrow.Rows, cells)
	}
	total := gap * (len(keep) - 1)
	for _, w := range narrow.natural() {
		total += w
	}
	return narrow, wide, total <= t.Width
}

// Fits reports whether the table can be drawn without breaking a word or number
// that must stay whole.
func (t *Table) Fits() bool {
	if _, fits := t.layout(); fits {
		return true
	}
	_, _, fits := t.stacked()
	return fits
}

// Render draws the table to w. No line ends in spaces.
func (t *Table) Render(w io.Writer) error {
	if len(t.Columns) == 0 {
		return nil
	}
	widths, fits := t.layout()
	if !fits {
		if narrow, wide, ok := t.stacked(); ok {
			return narrow.draw(&below{w: w, table: t, wide: wide, row: -1}, narrow.natural())
		}
	}
	return t.draw(w, widths)
}

// below writes the wide cells of a row under each line of the narrow table.
type below struct {
	w     io.Writer
	table *Table
	wide  []int
	row   int // of the next line; -1 is the heading
}

// Write implements io.Writer; trimmer writes a line at a time.
func (b *below) Write(line []byte) (int, error) {
	if len(line) == 0 {
		return 0, nil
	}
	var cells []string
	for _, i := range b.wide {
		text := b.table.Columns[i].Title
		if b.row >= 0 {
			text = ""
			if i < len(b.table.Rows[b.row]) {
				text = b.table.Rows[b.row][i]
			}
		}
		if text != "" {
			cells = append(cells, text)
		}
	}
	out := string(line)
	for _, l := range width.Wrap(strings.Join(cells, " · "), b.table.Width-gap) {
		l = strings.Repeat(" ", gap) + l
		if b.row < 0 && b.table.Heading != nil {
			l = b.table.Heading(l)
		}
		if len(cells) > 0 {
			out += l + "\n"
		}
	}
	b.row++
	if _, err := io.WriteString(b.w, out); err != nil {
		return 0, err
	}
	return len(line), nil
}

// draw draws all columns, none wider than given. Cells come to the writer as wide
// as their column, so that it measures nothing differently.
func (t *Table) draw(w io.Writer, widths []int) error {
	lines := make([][][]string, 0, len(t.Rows)+1) // row, column, line
	titles := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = c.Title
	}
	taken := make([]int, len(t.Columns)) // wrapped text may be narrower than its column could be
	for _, row := range append([][]string{titles}, t.Rows...) {
		cells := make([][]string, len(t.Columns))
		for i := range cells {
			if i >= len(row) {
				continue
			}
			cells[i] = width.Wrap(row[i], widths[i])
			for _, line := range cells[i] {
				taken[i] = max(taken[i], width.String(line))
			}
		}
		lines = append(lines, cells)
	}
	heading := 1
	for _, title := range lines[0] {
		heading = max(heading, len(title))
	}
	lettersAreNarrow()
	trimmed := trimmer{w: w, paint: t.Heading, heading: heading}
	draw := tablewriter.NewWriter(&trimmed)
	draw.SetBorder(false)
	draw.SetHeaderLine(false)
	draw.SetColumnSeparator("")
	draw.SetCenterSeparator("")
	draw.SetRowSeparator("")
	draw.SetAutoWrapText(false)
	draw.SetAutoFormatHeaders(false)
	draw.SetAlignment(tablewriter.ALIGN_LEFT)
	draw.SetHeaderAlignment(tablewriter.ALIGN_LEFT)
	draw.SetNoWhiteSpace(true)
	draw.SetTablePadding(strings.Repeat(" ", gap))
	draw.SetHeader(t.filled(lines[0], taken))
	for _, row := range lines[1:] {
		draw.Append(t.filled(row, taken))
	}
	draw.Render() // what cannot be written, trimmed remembers
	return trimmed.flush()
}

// lettersAreNarrow makes the writer of tables measure as terminals draw. Under a
// Chinese, Japanese or Korean locale it takes a Russian letter, of ambiguous width by
// Unicode, for two columns; terminals draw one unless they are set up otherwise, and
// the columns of such a person would stand askew.
func lettersAreNarrow() {
	if measure := runewidth.DefaultCondition; measure.EastAsianWidth {
		measure.EastAsianWidth = false
	}
}

// filled fills every line of a row's cells to the width of its column.
func (t *Table) filled(row [][]string, widths []int) []string {
	cells := make([]string, len(row))
	for i, lines := range row {
		fill := width.Left
		if t.Columns[i].Right {
			fill = width.Right
		}
		for n := range lines {
			lines[n] = fill(lines[n], widths[i])
		}
		cells[i] = strings.Join(lines, "\n")
	}
	return cells
}

// trimmer drops the spaces before each line feed and paints the lines of
// titles.
type trimmer struct {
	w       io.Writer
	paint   func(string) string // nil leaves the titles plain
	heading int                 // lines of titles still to come
	buf     []byte
	failed  error // of w: the writer of tables looks at none
}

func (t *trimmer) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	for {
		i := bytes.IndexByte(t.buf, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := bytes.TrimRight(t.buf[:i], " ")
		if t.heading > 0 && t.paint != nil {
			line = []byte(t.paint(string(line)))
		}
		t.heading--
		if t.failed == nil {
			_, t.failed = t.w.Write(append(line, '\n'))
		}
		t.buf = t.buf[i+1:]
	}
}

func (t *trimmer) flush() error {
	if rest := bytes.TrimRight(t.buf, " "); t.failed == nil && len(rest) > 0 {
		_, t.failed = t.w.Write(rest)
	}
	t.buf = nil
	return t.failed
}
