package onec

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Charset is the character set of a file.
type Charset uint8

// The character sets of the format, and those that files in the wild use.
const (
	Windows Charset = iota // Windows-1251, "Кодировка=Windows"
	DOS                    // code page 866, "Кодировка=DOS"
	UTF8                   // outside the standard; UTF-16 comes here as UTF-8
	KOI8                   // KOI8-R, outside the standard; only read
	Mac                    // Mac Cyrillic, outside the standard; only read
)

// String returns the word that stands after Кодировка=.
func (c Charset) String() string {
	switch c {
	case DOS:
		return "DOS"
	case UTF8:
		return "UTF-8"
	case KOI8:
		return "KOI8-R"
	case Mac:
		return "Mac"
	}
	return "Windows"
}

func (c Charset) table() *charmap.Charmap {
	switch c {
	case DOS:
		return charmap.CodePage866
	case KOI8:
		return charmap.KOI8R
	case Mac:
		return charmap.MacintoshCyrillic
	}
	return charmap.Windows1251
}

// encode appends s in the character set; bad is the first character that the
// set lacks, or -1.
func (c Charset) encode(dst []byte, s string) (_ []byte, bad rune) {
	if c == UTF8 {
		if !utf8.ValidString(s) {
			return dst, utf8.RuneError
		}
		return append(dst, s...), -1
	}
	t := c.table()
	for _, r := range s {
		b, ok := t.EncodeRune(r)
		if !ok {
			return dst, r
		}
		dst = append(dst, b)
	}
	return dst, -1
}

// decoder turns the bytes of a file into UTF-8.
type decoder struct {
	utf8 bool
	gap  byte // the byte that the set leaves without a character; 0 = none
	high [128]struct {
		b [utf8.UTFMax]byte
		n uint8
	}
}

func newDecoder(c Charset) *decoder {
	d := &decoder{utf8: c == UTF8}
	if d.utf8 {
		return d
	}
	t := c.table()
	for i := range d.high {
		e := &d.high[i]
		r := t.DecodeByte(byte(i + utf8.RuneSelf))
		e.n = uint8(utf8.EncodeRune(e.b[:], r))
		if r == utf8.RuneError {
			d.gap = byte(i + utf8.RuneSelf)
		}
	}
	return d
}

// damage tells what a decoded text held that no text should.
type damage uint8

const (
	controls  damage = 1 << iota // control characters
	badBytes                     // bytes that the character set does not have
	noDamages damage = 0
)

// text decodes one value. Plain ASCII comes back as it is, without a copy.
func (d *decoder) text(raw string) string {
	for i := range len(raw) {
		if raw[i] >= utf8.RuneSelf {
			out := make([]byte, 0, 2*len(raw))
			return string(d.decode(out, []byte(raw)))
		}
	}
	return raw
}

// decode appends src to dst in UTF-8. Nothing is dropped: what has no meaning
// becomes U+FFFD; see inspect.
func (d *decoder) decode(dst, src []byte) []byte {
	if d.utf8 {
		return append(dst, bytes.ToValidUTF8(src, []byte("\ufffd"))...)
	}
	for _, c := range src {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		e := &d.high[c-utf8.RuneSelf]
		dst = append(dst, e.b[:e.n]...)
	}
	return dst
}

// inspect looks for damage, eight bytes at a time. Tabs and the line breaks
// of a purpose are none.
func (d *decoder) inspect(b []byte) damage {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	found := noDamages
	rest := b
	for len(rest) >= 8 {
		w := binary.LittleEndian.Uint64(rest)
		if (w-ones*0x20)&^w&highs != 0 && control(rest[:8]) {
			found = controls
			break
		}
		rest = rest[8:]
	}
	if control(rest) {
		found = controls
	}
	if d.utf8 && !utf8.Valid(b) || d.gap != 0 && bytes.IndexByte(b, d.gap) >= 0 {
		found |= badBytes
	}
	return found
}

func control(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' {
			return true
		}
	}
	return false
}

// detect names the character set of a line that is not plain ASCII: the
// format's own words in it give it away.
func detect(line []byte) (Charset, bool) {
	if utf8.Valid(line) {
		return UTF8, true
	}
	for _, c := range []Charset{Windows, DOS, KOI8, Mac} {
		text := newDecoder(c).decode(nil, line)
		if word, _, _ := cutKey(string(text)); knownWord(word) {
			return c, true
		}
	}
	return Windows, false
}
