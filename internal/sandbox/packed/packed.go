// Package packed keeps Go values in one read-only blob that costs nothing to
// open: a table of strings that are used where they lie, and values by number,
// each decoded only when it is asked for. The embedded portal's catalogue is
// kept so, because reading its YAML takes tens of milliseconds. Structs are
// written field by field in order, so a blob is read by the build that wrote it
// alone; it is generated, never exchanged. Only internal/sandbox may import it.
package packed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strings"
)

const magic = "EPGUPK1\n"

// ErrBroken says that a blob is not what Writer wrote for these types.
var ErrBroken = errors.New("packed: the data are broken")

// Writer makes a blob.
type Writer struct {
	strings []string
	number  map[string]uint64
	values  [][]byte
}

// Add appends a value: strings, integers, booleans, slices, pointers, structs
// of exported fields, and maps with string keys.
func (w *Writer) Add(v any) error {
	b, err := w.encode(nil, reflect.ValueOf(v))
	if err != nil {
		return err
	}
	w.values = append(w.values, b)
	return nil
}

func (w *Writer) ref(s string) uint64 {
	if w.number == nil {
		w.number = map[string]uint64{}
	}
	n, ok := w.number[s]
	if !ok {
		n = uint64(len(w.strings))
		w.number[s] = n
		w.strings = append(w.strings, s)
	}
	return n
}

func (w *Writer) encode(b []byte, v reflect.Value) ([]byte, error) {
	var err error
	switch v.Kind() {
	case reflect.String:
		return binary.AppendUvarint(b, w.ref(v.String())), nil
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1), nil
		}
		return append(b, 0), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int()), nil
	case reflect.Slice:
		b = binary.AppendUvarint(b, uint64(v.Len())) //nolint:gosec // a length
		for i := 0; i < v.Len() && err == nil; i++ {
			b, err = w.encode(b, v.Index(i))
		}
		return b, err
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0), nil
		}
		return w.encode(append(b, 1), v.Elem())
	case reflect.Struct:
		for i := 0; i < v.NumField() && err == nil; i++ {
			if v.Type().Field(i).IsExported() {
				b, err = w.encode(b, v.Field(i))
			}
		}
		return b, err
	case reflect.Map:
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		b = binary.AppendUvarint(b, uint64(len(keys)))
		for _, k := range keys {
			if b, err = w.encode(b, k); err != nil {
				return nil, err
			}
			if b, err = w.encode(b, v.MapIndex(k)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	return nil, fmt.Errorf("packed: %s cannot be kept", v.Type())
}

// Bytes returns the blob: magic, the number of strings and values, where each
// ends, and then their bytes.
func (w *Writer) Bytes() []byte {
	b := []byte(magic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(w.strings))) //nolint:gosec // far below 4 GB
	b = binary.LittleEndian.AppendUint32(b, uint32(len(w.values)))  //nolint:gosec // as above
	end := uint32(0)
	for _, s := range w.strings {
		end += uint32(len(s)) //nolint:gosec // as above
		b = binary.LittleEndian.AppendUint32(b, end)
	}
	for _, v := range w.values {
		end += uint32(len(v)) //nolint:gosec // as above
		b = binary.LittleEndian.AppendUint32(b, end)
	}
	for _, s := range w.strings {
		b = append(b, s...)
	}
	for _, v := range w.values {
		b = append(b, v...)
	}
	return b
}

// Reader reads a blob. It may be used by many goroutines.
type Reader struct {
	ends    string // where each string and then each value ends, 4 bytes each
	body    string
	strings int
	values  int
}

// Open checks the frame of a blob and nothing else.
func Open(blob string) (*Reader, error) {
	head := len(magic) + 8
	if len(blob) < head || !strings.HasPrefix(blob, magic) {
		return nil, ErrBroken
	}
	r := &Reader{strings: int(number(blob[len(magic):])), values: int(number(blob[len(magic)+4:]))}
	n := 4 * (r.strings + r.values)
	if r.strings < 0 || r.values < 0 || n < 0 || n > len(blob)-head {
		return nil, ErrBroken
	}
	r.ends, r.body = blob[head:head+n], blob[head+n:]
	if r.strings+r.values > 0 && int(r.end(r.strings+r.values-1)) != len(r.body) {
		return nil, ErrBroken
	}
	return r, nil
}

// Len is how many values there are.
func (r *Reader) Len() int { return r.values }

func number(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func (r *Reader) end(i int) uint32 { return number(r.ends[4*i:]) }

func (r *Reader) part(i int) (string, bool) {
	from := uint32(0)
	if i > 0 {
		from = r.end(i - 1)
	}
	to := r.end(i)
	if from > to || int(to) > len(r.body) {
		return "", false
	}
	return r.body[from:to], true
}

// Read decodes value i into the pointer into, which has the type it was added
// with.
func (r *Reader) Read(i int, into any) error {
	if i < 0 || i >= r.values {
		return ErrBroken
	}
	s, ok := r.part(r.strings + i)
	if !ok {
		return ErrBroken
	}
	d := decoder{r: r, rest: s}
	d.decode(reflect.ValueOf(into).Elem())
	if d.bad || d.rest != "" {
		return ErrBroken
	}
	return nil
}

type decoder struct {
	r    *Reader
	rest string
	bad  bool
}

func (d *decoder) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.bad, d.rest = true, ""
	return 0
}

func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1) //nolint:gosec // zigzag
}

// length reads how many elements follow; each takes a byte at least, but for
// those of empty structs, which nobody keeps.
func (d *decoder) length() int {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, ""
		return 0
	}
	return int(n) //nolint:gosec // bounded above
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n >= uint64(d.r.strings) { //nolint:gosec // not negative
		d.bad = true
		return ""
	}
	s, ok := d.r.part(int(n)) //nolint:gosec // bounded above
	d.bad = d.bad || !ok
	return s
}

func (d *decoder) decode(v reflect.Value) {
	if d.bad {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(d.text())
	case reflect.Bool:
		v.SetBool(d.uvarint() == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(d.varint())
	case reflect.Slice:
		d.slice(v)
	case reflect.Pointer:
		if d.uvarint() == 1 && !d.bad {
			p := reflect.New(v.Type().Elem())
			d.decode(p.Elem())
			v.Set(p)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				d.decode(v.Field(i))
			}
		}
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		for range d.length() {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			d.decode(key)
			d.decode(value)
			if d.bad {
				return
			}
			m.SetMapIndex(key, value)
		}
		v.Set(m)
	default:
		d.bad = true
	}
}

// slice decodes a slice; the two kinds that an index is made of go without
// reflection.
func (d *decoder) slice(v reflect.Value) {
	n := d.length()
	if n == 0 {
		return
	}
	switch p := v.Addr().Interface().(type) {
	case *[]string:
		*p = make([]string, n)
		for i := range *p {
			(*p)[i] = d.text()
		}
	case *[]int32:
		*p = make([]int32, n)
		for i := range *p {
			(*p)[i] = int32(d.varint()) //nolint:gosec // written from an int32
		}
	default:
		s := reflect.MakeSlice(v.Type(), n, n)
		for i := range n {
			d.decode(s.Index(i))
		}
		v.Set(s)
	}
}
