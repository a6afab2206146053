package plainjson

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Writer writes one value. Its zero value is ready; it writes as json.Marshal does,
// or as an Encoder without SetEscapeHTML when HTML is set.
type Writer struct {
	// HTML says that "<", ">" and "&" stand for themselves.
	HTML bool

	b   []byte
	bad bool
}

// To begins to write behind what b holds.
func To(b []byte) Writer { return Writer{b: b} }

// Done returns what was written; ok is false when something was not plain and the
// value is to be written by encoding/json.
func (w *Writer) Done() (b []byte, ok bool) { return w.b, !w.bad }

// Open begins an object.
func (w *Writer) Open() { w.b = append(w.b, '{') }

// Close ends an object.
func (w *Writer) Close() { w.b = append(w.b, '}') }

// Name begins a field; its value is written next. Names are plain.
func (w *Writer) Name(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

// Text writes a string.
func (w *Writer) Text(s string) {
	if !w.plain(s) {
		w.bad = true
		return
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, s...)
	w.b = append(w.b, '"')
}

// plain reports whether a string is written as it is.
func (w *Writer) plain(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c == '"' || c == '\\' || !w.HTML && (c == '<' || c == '>' || c == '&'):
			return false
		case c >= utf8.RuneSelf:
			return utf8.ValidString(s[i:]) && w.plainRunes(s[i:])
		}
	}
	return true
}

func (w *Writer) plainRunes(s string) bool {
	for _, c := range s {
		switch {
		case c < ' ' || c == '"' || c == '\\' || c == '\u2028' || c == '\u2029' || !w.HTML && (c == '<' || c == '>' || c == '&'):
			return false
		}
	}
	return true
}

// Int writes a number.
func (w *Writer) Int(n int64) { w.b = strconv.AppendInt(w.b, n, 10) }

// Base64 writes bytes.
func (w *Writer) Base64(v []byte) {
	w.b = append(w.b, '"')
	w.b = base64.StdEncoding.AppendEncode(w.b, v)
	w.b = append(w.b, '"')
}

// Fail says that the value is not plain.
func (w *Writer) Fail() { w.bad = true }

// Optional writes a field with a string, unless that is empty.
func (w *Writer) Optional(name, s string) {
	if s != "" {
		w.Name(name)
		w.Text(s)
	}
}

// OptionalInt writes a field with a number, unless that is zero.
func (w *Writer) OptionalInt(name string, n int64) {
	if n != 0 {
		w.Name(name)
		w.Int(n)
	}
}

// OptionalTime writes a field with a moment, unless that is zero.
func (w *Writer) OptionalTime(name string, t time.Time) {
	if !t.IsZero() {
		w.Name(name)
		w.Time(t)
	}
}

// OptionalRaw writes a field with what is JSON already, unless that is empty.
func (w *Writer) OptionalRaw(name string, v json.RawMessage) {
	if len(v) > 0 {
		w.Name(name)
		w.Raw(v)
	}
}

// Required writes a field with a string.
func (w *Writer) Required(name, s string) {
	w.Name(name)
	w.Text(s)
}

// RequiredInt writes a field with a number.
func (w *Writer) RequiredInt(name string, n int64) {
	w.Name(name)
	w.Int(n)
}

// Bool writes true or false.
func (w *Writer) Bool(v bool) { w.b = strconv.AppendBool(w.b, v) }

// Time writes a moment.
func (w *Writer) Time(t time.Time) {
	w.b = append(w.b, '"')
	var err error
	if w.b, err = t.AppendText(w.b); err != nil {
		w.bad = true
	}
	w.b = append(w.b, '"')
}

// Strings writes a list of strings, null when it is nil.
func (w *Writer) Strings(list []string) {
	if list == nil {
		w.b = append(w.b, "null"...)
		return
	}
	w.b = append(w.b, '[')
	for i, s := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.Text(s)
	}
	w.b = append(w.b, ']')
}

// Raw writes a value that is JSON already, if it is plain.
func (w *Writer) Raw(v json.RawMessage) {
	r := Read(v)
	r.value(maxDepth)
	if r.bad || r.at != len(v) || !w.HTML && !harmless(v) || !separable(v) {
		w.bad = true
		return
	}
	w.b = append(w.b, v...)
}

// harmless reports whether nothing in v is escaped for the sake of HTML.
func harmless(v []byte) bool {
	for _, c := range v {
		if c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// separable reports whether v has none of the line separators that JavaScript takes
// for line breaks: U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
func separable(v []byte) bool {
	for i := 0; i+2 < len(v); i++ {
		if v[i] == 0xe2 && v[i+1] == 0x80 && v[i+2]&^1 == 0xa8 {
			return false
		}
	}
	return true
}
