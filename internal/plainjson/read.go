// Package plainjson reads and writes the plain part of JSON in a fraction of the time
// that encoding/json takes: objects whose fields stand in the order of the Go type,
// without white space, strings without escapes, whole numbers. It is for the few
// shapes that a run of payments handles by the hundred thousand.
//
// What it accepts it reads as encoding/json would, and what it cannot it refuses:
// then the caller asks encoding/json. So nothing depends on a value being plain but
// the time that it takes. What it writes is what encoding/json writes, to the byte.
package plainjson

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// Reader reads one value. The first thing that is not plain ends it: from then on
// everything reads as nothing, and Done says no.
type Reader struct {
	b   []byte
	at  int
	bad bool
}

// Read begins to read b, which must not change while it is read.
func Read(b []byte) Reader { return Reader{b: b} }

// Done reports whether everything was plain and has been read, but for a line break.
func (r *Reader) Done() bool {
	rest := r.b[r.at:]
	return !r.bad && (len(rest) == 0 || len(rest) == 1 && rest[0] == '\n')
}

// take reads one byte.
func (r *Reader) take(c byte) {
	if r.at < len(r.b) && r.b[r.at] == c {
		r.at++
		return
	}
	r.bad = true
}

// next reports whether c comes next.
func (r *Reader) next(c byte) bool { return !r.bad && r.at < len(r.b) && r.b[r.at] == c }

// Open reads the beginning of an object.
func (r *Reader) Open() { r.take('{') }

// Close reads the end of an object. A field that nobody has asked for, or that comes
// out of its order or twice, stands there instead.
func (r *Reader) Close() { r.take('}') }

// Field reports whether the field of that name comes next, and reads its name. Names
// are asked for in the order of the Go type, each once.
func (r *Reader) Field(name string) bool {
	at := r.at
	if r.bad || at == 0 || at >= len(r.b) {
		return false
	}
	if r.b[at-1] != '{' { // not the first
		if r.b[at] != ',' {
			return false
		}
		at++
	}
	end := at + len(name) + 3
	if end > len(r.b) || r.b[at] != '"' || string(r.b[at+1:end-2]) != name || r.b[end-2] != '"' || r.b[end-1] != ':' {
		return false
	}
	r.at = end
	return true
}

// Bytes reads a string and returns it as it lies in what is read.
func (r *Reader) Bytes() []byte {
	r.take('"')
	if r.bad {
		return nil
	}
	from, ascii := r.at, true
	for i := from; i < len(r.b); i++ {
		switch c := r.b[i]; {
		case c == '"':
			s := r.b[from:i]
			r.at = i + 1
			if !ascii && !utf8.Valid(s) { // encoding/json mends it
				r.bad = true
				return nil
			}
			return s
		case c < ' ' || c == '\\':
			r.bad = true
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.bad = true
	return nil
}

// String reads a string.
func (r *Reader) String() string { return string(r.Bytes()) }

// maxDigits is how many digits a number has at most: all of them fit an int64.
const maxDigits = 18

// Int reads a whole number.
func (r *Reader) Int() int64 {
	at, minus := r.at, r.next('-')
	if minus {
		at++
	}
	from, n := at, int64(0)
	for ; at < len(r.b) && r.b[at] >= '0' && r.b[at] <= '9' && at-from <= maxDigits; at++ {
		n = n*10 + int64(r.b[at]-'0')
	}
	digits := at - from
	if r.bad || digits == 0 || digits > maxDigits || digits > 1 && r.b[from] == '0' || at < len(r.b) && fraction(r.b[at]) {
		r.bad = true
		return 0
	}
	r.at = at
	if minus {
		return -n
	}
	return n
}

func fraction(c byte) bool { return c == '.' || c == 'e' || c == 'E' }

// Small reads a whole number that an int holds on every machine.
func (r *Reader) Small() int {
	n := r.Int()
	if n != int64(int32(n)) {
		r.bad = true
	}
	return int(n)
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	yes := r.word("true")
	if !yes && !r.word("false") {
		r.bad = true
	}
	return yes
}

// word reads a word if it comes next.
func (r *Reader) word(w string) bool {
	if r.bad || !bytes.HasPrefix(r.b[r.at:], []byte(w)) {
		return false
	}
	r.at += len(w)
	return true
}

// Time reads a moment.
func (r *Reader) Time() (t time.Time) {
	from := r.at
	r.Bytes()
	if r.bad || t.UnmarshalJSON(r.b[from:r.at]) != nil {
		r.bad = true
		return time.Time{}
	}
	return t
}

// Strings reads a list of strings.
func (r *Reader) Strings() []string {
	out := []string{}
	r.take('[')
	for !r.bad && !r.next(']') {
		if len(out) > 0 {
			r.take(',')
		}
		out = append(out, r.String())
	}
	r.take(']')
	return out
}

// maxDepth bounds what Raw reads.
const maxDepth = 16

// Base64 reads bytes.
func (r *Reader) Base64() []byte {
	s := r.Bytes()
	out := make([]byte, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(out, s)
	if r.bad || err != nil {
		r.bad = true
		return nil
	}
	return out[:n]
}

// Raw reads a plain value of any kind and returns a copy of it as it is spelled.
func (r *Reader) Raw() []byte {
	from := r.at
	r.value(maxDepth)
	if r.bad {
		return nil
	}
	return bytes.Clone(r.b[from:r.at])
}

func (r *Reader) value(depth int) {
	switch {
	case depth == 0:
		r.bad = true
	case r.next('{'):
		r.list('{', '}', func() {
			r.Bytes()
			r.take(':')
			r.value(depth - 1)
		})
	case r.next('['):
		r.list('[', ']', func() { r.value(depth - 1) })
	case r.next('"'):
		r.Bytes()
	case r.word("null"):
	case r.next('t'), r.next('f'):
		r.Bool()
	default:
		r.Int()
	}
}

func (r *Reader) list(opening, closing byte, item func()) {
	r.take(opening)
	for n := 0; !r.bad && !r.next(closing); n++ {
		if n > 0 {
			r.take(',')
		}
		item()
	}
	r.take(closing)
}

// Text reads a field with a string, if it comes next.
func Text[T ~string](r *Reader, name string, to *T) {
	if r.Field(name) {
		*to = T(r.Bytes())
	}
}

// IntInto reads a field with a number, if it comes next.
func (r *Reader) IntInto(name string, to *int64) {
	if r.Field(name) {
		*to = r.Int()
	}
}

// SmallInto reads a field with a small number, if it comes next.
func (r *Reader) SmallInto(name string, to *int) {
	if r.Field(name) {
		*to = r.Small()
	}
}

// RawInto reads a field with any plain value, if it comes next.
func (r *Reader) RawInto(name string, to *json.RawMessage) {
	if r.Field(name) {
		*to = r.Raw()
	}
}

// TimeInto reads a field with a moment, if it comes next.
func (r *Reader) TimeInto(name string, to *time.Time) {
	if r.Field(name) {
		*to = r.Time()
	}
}
