package planfile

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Writer writes a plan. It keeps the totals and a few dozen bytes of every block.
type Writer struct {
	w      *bufio.Writer
	sum    hash.Hash // of the header and of what stands behind the rows
	buf    bytes.Buffer
	enc    *json.Encoder
	own    []byte // a row's line
	header Header
	totals Totals
	payees map[string]*Group
	kbks   map[string]*Group
	err    error

	at     int64 // bytes written
	blocks []block
	lines  hash.Hash // of the open block's rows
	leaves []digest
	leaf   []byte

	// Seen is written behind the totals; set it before Close.
	Seen Seen
}

// NewWriter writes the header to w.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	h.Version = Version
	if h.BlockRows == 0 {
		h.BlockRows = DefaultBlock
	}
	if h.Sources == nil {
		h.Sources = []Source{}
	}
	p := &Writer{sum: sha256.New(), header: h, payees: map[string]*Group{}, kbks: map[string]*Group{},
		totals: Totals{ByStatus: map[Status]Sum{}, Warnings: map[string]int{}}}
	p.w, p.lines = bufio.NewWriterSize(w, 64<<10), sha256.New()
	p.enc = json.NewEncoder(&p.buf)
	p.enc.SetEscapeHTML(false)
	p.line(h, p.sum)
	return p, p.err
}

// line writes a line and adds it to a hash.
func (w *Writer) line(v any, sum hash.Hash) {
	if w.err != nil {
		return
	}
	w.buf.Reset()
	if w.err = w.enc.Encode(v); w.err == nil {
		w.bytes(w.buf.Bytes(), sum)
	}
}

// bytes writes a line that is encoded already.
func (w *Writer) bytes(line []byte, sum hash.Hash) {
	if len(line) > MaxLine {
		w.err = fmt.Errorf("planfile: a line of %d bytes, at most %d", len(line), MaxLine)
		return
	}
	sum.Write(line)
	w.at += int64(len(line))
	_, w.err = w.w.Write(line)
}

// row writes the line of a row.
func (w *Writer) row(r *Row) {
	if w.err != nil {
		return
	}
	if w.own, w.err = r.append(w.own[:0]); w.err == nil {
		w.bytes(w.own, w.lines)
	}
}

// endBlock closes the open block, if it has rows.
func (w *Writer) endBlock() {
	if len(w.leaves) == 0 {
		return
	}
	b := &w.blocks[len(w.blocks)-1]
	w.lines.Sum(b.sum[:0])
	b.root = grow(w.leaves).root()
	w.lines.Reset()
	w.leaves = w.leaves[:0]
}

// Write adds a row and numbers it.
func (w *Writer) Write(r *Row) error {
	t := &w.totals
	t.Rows++
	r.N = t.Rows
	if t.Rows > MaxRows {
		w.err = fmt.Errorf("planfile: more than %d rows", MaxRows)
	}
	if len(w.leaves) == 0 {
		w.blocks = append(w.blocks, block{at: w.at})
	}
	w.row(r)
	if w.err != nil {
		return w.err
	}
	var leaf digest
	leaf, w.leaf = leafOf(r, w.leaf)
	if w.leaves = append(w.leaves, leaf); len(w.leaves) == w.header.BlockRows {
		w.endBlock()
	}
	s := t.ByStatus[r.Status]
	s.add(r.Kopecks)
	t.ByStatus[r.Status] = s
	for _, code := range r.Warn {
		t.Warnings[code]++
	}
	if r.Status != Pay {
		return nil
	}
	t.Pay.add(r.Kopecks)
	if r.NotBefore != "" {
		t.Limited++
	}
	if r.NotAfter != "" && (t.NotAfter == "" || r.NotAfter < t.NotAfter) {
		t.NotAfter = r.NotAfter
	}
	t.look(r)
	if p := r.Payee; p != nil {
		group(w.payees, p.Account, p.Name, r.Kopecks)
	}
	if b := r.Budget; b != nil {
		group(w.kbks, b.KBK, "", r.Kopecks)
	}
	return nil
}

// look keeps Oldest: a run finds by it, without reading the rows, that no charge
// has to be looked at again.
func (t *Totals) look(r *Row) {
	switch {
	case journal.NormalUIN(r.UIN) == "":
	case r.Checked.IsZero():
		t.unseen++
	case t.Oldest.IsZero() || r.Checked.Before(t.Oldest):
		t.Oldest = r.Checked
	}
	if t.unseen > 0 {
		t.Oldest = time.Time{}
	}
}

// group adds to a group; once there are very many, new ones go under "".
func group(groups map[string]*Group, key, name string, kopecks int64) {
	g := groups[key]
	if g == nil {
		if len(groups) >= 10*MaxGroups {
			key, name = "", ""
		}
		if g = groups[key]; g == nil {
			g = &Group{Key: key, Name: name}
			groups[key] = g
		}
	}
	g.add(kopecks)
}

func ranked(groups map[string]*Group) []Group {
	out := make([]Group, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Kopecks, a.Kopecks), cmp.Compare(a.Key, b.Key)) })
	if len(out) > MaxGroups {
		rest := Group{}
		for _, g := range out[MaxGroups-1:] {
			rest.N, rest.Kopecks = rest.N+g.N, rest.Kopecks+g.Kopecks
		}
		out = append(out[:MaxGroups-1], rest)
	}
	return out
}

// Totals returns the totals so far.
func (w *Writer) Totals() *Totals { return &w.totals }

// Close writes the totals, the blocks and the seal, and returns the plan's hash in
// hex. It does not close the underlying writer.
func (w *Writer) Close() (string, error) {
	w.endBlock()
	w.totals.ByPayee, w.totals.ByKBK = ranked(w.payees), ranked(w.kbks)
	root := grow(rootsOf(w.blocks)).root()
	w.totals.Root = hex.EncodeToString(root[:])
	tail := w.at
	w.line(w.totals, w.sum)
	w.line(seenLine{w.Seen}, w.sum)
	for i := range w.blocks {
		b := &w.blocks[i]
		w.line(blockLine{i + 1, b.at, hex.EncodeToString(b.sum[:]), hex.EncodeToString(b.root[:])}, w.sum)
	}
	if w.err != nil {
		return "", w.err
	}
	sum := hex.EncodeToString(w.sum.Sum(nil))
	w.line(seal{sum, tail}, w.sum)
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return sum, w.err
}

// block is where rows lie and what they were when they were written.
type block struct {
	at        int64
	sum, root digest
}

func rootsOf(blocks []block) []digest {
	out := make([]digest, len(blocks))
	for i := range blocks {
		out[i] = blocks[i].root
	}
	return out
}

type blockLine struct {
	N      int    `json:"b"`
	At     int64  `json:"at"`
	SHA256 string `json:"sha256"`
	Root   string `json:"payments"`
}

type seenLine struct {
	Seen Seen `json:"seen"`
}

type seal struct {
	SHA256 string `json:"sha256"`
	Tail   int64  `json:"tail"`
}
