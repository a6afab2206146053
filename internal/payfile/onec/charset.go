package onec

import (
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Charset is the character set of a file.
type Charset uint8

// The character sets of the format, and UTF-8, which files in the wild use.
const (
	Windows Charset = iota // Windows-1251, "Кодировка=Windows"
	DOS                    // code page 866, "Кодировка=DOS"
	UTF8                   // outside the standard
)

// String returns the word that stands after Кодировка=.
func (c Charset) String() string {
	switch c {
	case DOS:
		return "DOS"
	case UTF8:
		return "UTF-8"
	}
	return "Windows"
}

func (c Charset) table() *charmap.Charmap {
	if c == DOS {
		return charmap.CodePage866
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
		e.n = uint8(utf8.EncodeRune(e.b[:], t.DecodeByte(byte(i+128))))
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

// decode appends src to dst in UTF-8. Nothing is dropped: what has no meaning
// becomes U+FFFD and is reported.
func (d *decoder) decode(dst, src []byte) ([]byte, damage) {
	found := noDamages
	for len(src) >= 8 {
		w := binary.LittleEndian.Uint64(src)
		const ones, highs = 0x0101010101010101, 0x8080808080808080
		if w&highs != 0 || (w-ones*0x20)&^w&highs != 0 {
			break
		}
		dst = append(dst, src[:8]...)
		src = src[8:]
	}
	if d.utf8 {
		return d.decodeUTF8(dst, src)
	}
	for _, c := range src {
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' {
				found |= controls
			}
			dst = append(dst, c)
			continue
		}
		e := &d.high[c-128]
		if e.n == 2 {
			dst = append(dst, e.b[0], e.b[1])
			continue
		}
		if e.b == [utf8.UTFMax]byte{0xef, 0xbf, 0xbd} {
			found |= badBytes
		}
		dst = append(dst, e.b[:e.n]...)
	}
	return dst, found
}

func (d *decoder) decodeUTF8(dst, src []byte) ([]byte, damage) {
	found := noDamages
	for i := 0; i < len(src); {
		c := src[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' {
				found |= controls
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			found |= badBytes
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, found
}

// detect names the character set of a line that is not plain ASCII: the
// format's own words in it give it away.
func detect(line []byte) (Charset, bool) {
	if utf8.Valid(line) {
		return UTF8, true
	}
	for _, c := range []Charset{Windows, DOS} {
		text, _ := newDecoder(c).decode(nil, line)
		if word, _, _ := cutKey(string(text)); knownWord(word) {
			return c, true
		}
	}
	return Windows, false
}
