package planning

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// firsts remembers the first row of every key, in some six bytes a row: a slot of four
// bytes says where the key lies in a list, and the list goes to a temporary file. A
// slot has seven bits of the key, so that the list is looked into for about one row in
// thirty that has no earlier one.
//
// Tables are never rebuilt, since that would take every key out of the list: when one
// is full, another half as large as all before is begun, and a key is looked for in
// each.
type firsts struct {
	tables []slots
	kept   int // keys in all tables

	file   *os.File // the list's beginning; nil while all of it is in recent
	inFile int
	recent []byte // its end
}

// slots is a hash table with linear probing. A slot is the number of a key from 1,
// shifted by fragmentBits, with the last bits of the key; 0 is empty.
type slots struct {
	at   []uint32
	kept int
}

const (
	fragmentBits = 7
	firstTable   = 16 << 10 // slots
	recordSize   = keyBytes + 4
	mostRecent   = 48 << 10 // bytes of the list that stay in memory
)

var errManyRows = errors.New("planning: too many rows")

// add returns the row that came first with the key; 0 when this one does.
func (f *firsts) add(key [keyBytes]byte, row int) (earlier int, err error) {
	h := binary.LittleEndian.Uint64(key[:])
	for i := range f.tables {
		if earlier, err = f.find(&f.tables[i], key, h); earlier != 0 || err != nil {
			return earlier, err
		}
	}
	if f.kept+1 >= 1<<(32-fragmentBits) {
		return 0, errManyRows
	}
	if n := len(f.tables); n == 0 || f.tables[n-1].kept >= len(f.tables[n-1].at)/8*7 {
		size := 0
		for i := range f.tables {
			size += len(f.tables[i].at)
		}
		f.tables = append(f.tables, slots{at: make([]uint32, max(firstTable, size/2))})
	}
	if err := f.append(key, row); err != nil {
		return 0, err
	}
	t := &f.tables[len(f.tables)-1]
	i := t.place(h)
	for t.at[i] != 0 {
		i = t.next(i)
	}
	f.kept++
	t.kept++
	t.at[i] = uint32(f.kept)<<fragmentBits | fragment(h)
	return 0, nil
}

func (t *slots) place(h uint64) int { return int(h >> 32 * uint64(len(t.at)) >> 32) }

func (t *slots) next(i int) int {
	if i++; i == len(t.at) {
		return 0
	}
	return i
}

func fragment(h uint64) uint32 { return uint32(h) & (1<<fragmentBits - 1) }

func (f *firsts) find(t *slots, key [keyBytes]byte, h uint64) (int, error) {
	for i := t.place(h); t.at[i] != 0; i = t.next(i) {
		if t.at[i]&(1<<fragmentBits-1) != fragment(h) {
			continue
		}
		var record [recordSize]byte
		if err := f.read(int(t.at[i]>>fragmentBits)-1, record[:]); err != nil {
			return 0, err
		}
		if [keyBytes]byte(record[:keyBytes]) == key {
			return int(binary.LittleEndian.Uint32(record[keyBytes:])), nil
		}
	}
	return 0, nil
}

// read takes a record out of the list.
func (f *firsts) read(n int, record []byte) error {
	if n >= f.inFile {
		copy(record, f.recent[(n-f.inFile)*recordSize:])
		return nil
	}
	_, err := f.file.ReadAt(record, int64(n)*recordSize)
	return err
}

func (f *firsts) append(key [keyBytes]byte, row int) error {
	f.recent = append(f.recent, key[:]...)
	f.recent = binary.LittleEndian.AppendUint32(f.recent, uint32(row))
	if len(f.recent) < mostRecent {
		return nil
	}
	if f.file == nil {
		file, err := os.CreateTemp("", "epgu-plan-*")
		if err != nil {
			return fmt.Errorf("planning: a temporary file for the keys of the rows: %w", err)
		}
		f.file = file
	}
	if _, err := f.file.WriteAt(f.recent, int64(f.inFile)*recordSize); err != nil {
		return fmt.Errorf("planning: a temporary file for the keys of the rows: %w", err)
	}
	f.inFile += len(f.recent) / recordSize
	f.recent = f.recent[:0]
	return nil
}

// close removes the temporary file.
func (f *firsts) close() error {
	if f.file == nil {
		return nil
	}
	return errors.Join(f.file.Close(), os.Remove(f.file.Name()))
}
