package registers

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"os"
	"slices"

	"github.com/epgu-cli/epgu/internal/payfile/register"
)

// seen remembers every row by its business key, in memory that does not grow
// with the number of rows: records are dealt into partitions by hash, and
// what does not fit into a partition's block goes to a temporary file. When
// all rows are in, partitions are looked through one by one, so the table of
// first occurrences is never larger than one partition's.
//
// A key is two 64-bit hashes under secret seeds, so nobody can make rows
// collide on purpose, and by chance two of a billion different rows do with
// a probability below 10^-20: less than that of a flipped bit. That is why
// keys are not compared again.
type seen struct {
	seeds   [2]maphash.Seed
	parts   [partitions]partition
	key     []byte
	dir     string
	file    *os.File // nil until something does not fit
	written int64    // bytes in file
}

const (
	partitions   = 256
	recordBytes  = 40
	blockRecords = 100
	blockBytes   = recordBytes * blockRecords
)

// partition is the records whose hashes begin alike, in the order of rows.
type partition struct {
	block  []byte  // records that are still in memory
	blocks []int64 // offsets of full blocks in the file
}

// record is one row.
type record struct {
	debt    uint64 // hash of what is paid: the УИН, or all the requisites
	payment uint64 // hash of what is paid and by whom
	file    uint32
	row     uint32
	line    uint32
	uin     bool
	kopecks int64
}

// duplicate is a row that repeats an earlier one.
type duplicate struct {
	file, ofFile int
	row, line    uint32
	ofLine       uint32
	uin          bool // both name one УИН
	same         bool // and one payer; else only the УИН is the same
	kopecks      int64
}

func newSeen(dir string) *seen {
	return &seen{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, dir: dir, key: make([]byte, 0, 256)}
}

// add remembers a row. Rows that do not say what they pay are passed over:
// they have an error of their own.
func (s *seen) add(file int, r *register.Row) error {
	payer, uin := r.Payer(), string(r.UIN())
	rec := record{file: uint32(file), row: uint32(r.Ordinal), line: uint32(r.Line), kopecks: r.Kopecks, uin: uin != ""}
	k := s.key[:0]
	if rec.uin {
		k = append(k, uin...)
	} else {
		account := r.Value(register.PayeeAccount)
		if account == "" || r.Kopecks == 0 {
			return nil
		}
		for _, part := range [...]string{payer, account, r.Value(register.KBK), r.Value(register.OKTMO), r.Value(register.Period)} {
			k = append(append(k, part...), 0)
		}
		k = binary.LittleEndian.AppendUint64(k, uint64(r.Kopecks))
	}
	rec.debt = maphash.Bytes(s.seeds[0], k)
	if rec.uin {
		k = append(append(k, 0), payer...)
	}
	rec.payment = maphash.Bytes(s.seeds[1], k)
	s.key = k
	return s.keep(&rec)
}

func (s *seen) keep(rec *record) error {
	p := &s.parts[rec.debt>>56]
	if p.block == nil {
		p.block = make([]byte, 0, blockBytes)
	}
	p.block = rec.append(p.block)
	if len(p.block) < blockBytes {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "epgu-check-*")
		if err != nil {
			return fmt.Errorf("keep the rows' hashes: %w", err)
		}
		// Where the system allows it the file has no name from here on, and
		// so is gone even after a kill; elsewhere close removes it.
		_ = os.Remove(f.Name())
		s.file = f
	}
	if _, err := s.file.WriteAt(p.block, s.written); err != nil {
		return fmt.Errorf("keep the rows' hashes: %w", err)
	}
	p.blocks = append(p.blocks, s.written)
	s.written += blockBytes
	p.block = p.block[:0]
	return nil
}

func (s *seen) close() {
	if s.file != nil {
		s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
}

func (r *record) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, r.debt)
	b = binary.LittleEndian.AppendUint64(b, r.payment)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.kopecks))
	b = binary.LittleEndian.AppendUint32(b, r.row)
	b = binary.LittleEndian.AppendUint32(b, r.line)
	b = binary.LittleEndian.AppendUint32(b, r.file)
	if r.uin {
		return append(b, 1, 0, 0, 0)
	}
	return append(b, 0, 0, 0, 0)
}

func recordOf(b []byte) record {
	return record{
		debt: binary.LittleEndian.Uint64(b), payment: binary.LittleEndian.Uint64(b[8:]), kopecks: int64(binary.LittleEndian.Uint64(b[16:])),
		row: binary.LittleEndian.Uint32(b[24:]), line: binary.LittleEndian.Uint32(b[28:]), file: binary.LittleEndian.Uint32(b[32:]), uin: b[36] != 0,
	}
}

// sortLimit is how many duplicates are put in order at a time.
const sortLimit = 100_000

// repeated reports every row that repeats an earlier one, in the order of
// files and rows (within each hundred thousand).
func (s *seen) repeated(ctx context.Context, report func(duplicate) error) error {
	var found []duplicate
	flush := func() error {
		slices.SortFunc(found, func(a, b duplicate) int {
			return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.row, b.row))
		})
		for _, d := range found {
			if err := report(d); err != nil {
				return err
			}
		}
		found = found[:0]
		return nil
	}
	var t firsts
	block := make([]byte, blockBytes)
	for i := range s.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := &s.parts[i]
		t.reset()
		for _, at := range p.blocks {
			if _, err := s.file.ReadAt(block, at); err != nil {
				return fmt.Errorf("read the rows' hashes: %w", err)
			}
			found = t.look(block, found)
			if len(found) >= sortLimit {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		found = t.look(p.block, found)
	}
	return flush()
}

// firsts is an open-addressing table of the first rows of each key in one
// partition.
type firsts struct {
	slots []record // row 0 is a free slot
	used  int
}

func (t *firsts) reset() {
	clear(t.slots)
	t.used = 0
}

// look adds the records of a block and appends those that repeat a first one.
func (t *firsts) look(block []byte, found []duplicate) []duplicate {
	for ; len(block) >= recordBytes; block = block[recordBytes:] {
		r := recordOf(block)
		if t.used*3 >= len(t.slots)*2 {
			t.grow()
		}
		first, same := t.first(&r)
		if first != nil {
			found = append(found, duplicate{file: int(r.file), row: r.row, line: r.line, uin: r.uin, same: same,
				ofFile: int(first.file), ofLine: first.line, kopecks: r.kopecks})
		}
	}
	return found
}

// first finds the earlier row of the same payment, or else of the same debt
// by another payer, and keeps r if no row of the same payment was there.
func (t *firsts) first(r *record) (first *record, same bool) {
	mask := uint64(len(t.slots) - 1)
	for i := r.debt & mask; ; i = (i + 1) & mask {
		slot := &t.slots[i]
		switch {
		case slot.row == 0:
			*slot = *r
			t.used++
			return first, false
		case slot.debt != r.debt:
		case slot.payment == r.payment:
			return slot, true
		case first == nil:
			first = slot
		}
	}
}

func (t *firsts) grow() {
	old := t.slots
	t.slots = make([]record, max(1024, 2*len(old)))
	mask := uint64(len(t.slots) - 1)
	// In the order of the old slots, so that of equal debts the earlier row
	// stays first: they stand one behind the other from some start on.
	start := 0
	for start < len(old) && old[start].row != 0 {
		start++
	}
	for n := range old {
		slot := &old[(start+n)%len(old)]
		if slot.row == 0 {
			continue
		}
		i := slot.debt & mask
		for t.slots[i].row != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = *slot
	}
}

// bitmap is a set of row numbers.
type bitmap []uint64

func (b *bitmap) set(n int) {
	for n>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n>>6] |= 1 << (n & 63)
}

func (b bitmap) has(n int) bool { return n>>6 < len(b) && b[n>>6]&(1<<(n&63)) != 0 }
