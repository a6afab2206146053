// Package rows keeps long lists of text in little memory and finds rows in them
// while a person types. A million rows cost their bytes and five more for each.
// Packages under internal/tui import it.
package rows

import (
	"bytes"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// perBlock is how many rows a block holds. A row is found without a search, and
// growing never copies what is there.
const perBlock = 4096

// sep stands between the cells of a row. No clean text holds it.
const sep = 0x1f

// Rows is a list of rows of cells. It grows at the end; what is there does not
// change, so it may be read by others while it grows only through a copy made
// by View.
type Rows struct {
	blocks []*block
	n      int
}

type block struct {
	text []byte
	ends []uint32 // where each row ends in text
}

// Append adds a row.
func (r *Rows) Append(cells ...string) {
	if r.n%perBlock == 0 {
		if r.n > 0 {
			// The last block is full: it gives back what it does not need.
			last := r.blocks[len(r.blocks)-1]
			last.text = bytes.Clone(last.text)
		}
		r.blocks = append(r.blocks, &block{ends: make([]uint32, 0, perBlock)})
	}
	b := r.blocks[len(r.blocks)-1]
	for i, c := range cells {
		if i > 0 {
			b.text = append(b.text, sep)
		}
		if strings.IndexByte(c, sep) >= 0 {
			c = strings.ReplaceAll(c, "\x1f", " ")
		}
		if !norm.NFC.IsNormalString(c) {
			c = norm.NFC.String(c)
		}
		b.text = append(b.text, c...)
	}
	b.ends = append(b.ends, uint32(len(b.text)))
	r.n++
}

// Len is the number of rows.
func (r *Rows) Len() int {
	if r == nil {
		return 0
	}
	return r.n
}

// View returns the list as it is now: it stays so while r grows.
func (r *Rows) View() *Rows {
	v := &Rows{blocks: append([]*block(nil), r.blocks...), n: r.n}
	if r.n%perBlock != 0 {
		last := *v.blocks[len(v.blocks)-1]
		v.blocks[len(v.blocks)-1] = &last
	}
	return v
}

// Cells returns the cells of row i.
func (r *Rows) Cells(i int) []string {
	return strings.Split(string(r.row(i)), "\x1f")
}

// Cell returns one cell of row i, "" when there is none.
func (r *Rows) Cell(i, cell int) string { return string(r.cell(i, cell)) }

func (r *Rows) cell(i, cell int) []byte {
	row := r.row(i)
	for ; cell > 0; cell-- {
		at := bytes.IndexByte(row, sep)
		if at < 0 {
			return nil
		}
		row = row[at+1:]
	}
	if at := bytes.IndexByte(row, sep); at >= 0 {
		row = row[:at]
	}
	return row
}

// CellIs reports whether a cell of row i is s.
func (r *Rows) CellIs(i, cell int, s string) bool { return string(r.cell(i, cell)) == s }

// Places finds the rows that hold one of the wanted values in a cell, and tells
// where. It looks at every row.
func (r *Rows) Places(cell int, wanted map[string]bool) map[string]int {
	out := make(map[string]int, len(wanted))
	for i := range r.Len() {
		if c := r.cell(i, cell); wanted[string(c)] {
			out[string(c)] = i
		}
	}
	return out
}

func (r *Rows) row(i int) []byte {
	b := r.blocks[i/perBlock]
	i %= perBlock
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.text[from:b.ends[i]]
}

// Bytes is how many bytes of text the rows hold.
func (r *Rows) Bytes() (n int64) {
	for _, b := range r.blocks {
		n += int64(len(b.text))
	}
	return n
}
