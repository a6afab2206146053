package qr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// A reading is one way to understand the bytes of a payload.
type reading struct {
	text    string
	charset string
}

// decodeText decodes by the header's digit, and by something better when
// that gives no Russian. It says in a warning when the header was not right.
func (d *Decoded) decodeText(b []byte) (text, charset string) {
	all := readings(b)
	declared := -1
	for i, r := range all {
		if r.charset == d.Declared.String() {
			declared = i
			break
		}
	}
	best, bestScore := 0, -1<<30
	for i, r := range all {
		s := plausibility(r.text)
		if i == declared {
			s += headerWeight
		}
		if s > bestScore {
			best, bestScore = i, s
		}
	}
	if best != declared {
		d.warnCharset(all[best].charset)
	}
	return all[best].text, all[best].charset
}

// headerWeight is how much better than the declared character set another one
// must read before it is believed: more than one odd sign in a good text.
const headerWeight = 10

func (d *Decoded) warnCharset(used string) {
	r := reader{d: d}
	r.warn("charset", i18n.Text{RU: "заголовок обещает кодировку «%c», а текст читается как %s", EN: "the header promises encoding \"%c\", but the text reads as %s"}.
		With(shownDigit(d.Declared), used))
}

func shownDigit(e Encoding) rune {
	if e >= '!' && e <= '~' {
		return rune(e)
	}
	return '?'
}

// readings lists the ways to read b: as each character set, and as text that
// a program had decoded as Latin-1 or Windows-1251 before it came here.
func readings(b []byte) []reading {
	var all []reading
	if utf8.Valid(b) {
		s := string(b)
		all = append(all, reading{s, UTF8.String()})
		if latin, ok := encodeAs(charmap.ISO8859_1, s); ok {
			if utf8.Valid(latin) {
				all = append(all, reading{string(latin), "utf-8 read as latin-1"})
			}
			all = append(all, reading{decodeAs(charmap.Windows1251, latin), "windows-1251 read as latin-1"})
		}
		if cp, ok := encodeAs(charmap.Windows1251, s); ok && utf8.Valid(cp) {
			all = append(all, reading{string(cp), "utf-8 read as windows-1251"})
		}
	}
	return append(all,
		reading{decodeAs(charmap.Windows1251, b), Windows1251.String()},
		reading{decodeAs(charmap.KOI8R, b), KOI8R.String()},
		reading{decodeAs(charmap.CodePage866, b), "cp866"})
}

func decodeAs(c *charmap.Charmap, b []byte) string {
	var s strings.Builder
	s.Grow(len(b) * 2)
	for _, x := range b {
		s.WriteRune(c.DecodeByte(x))
	}
	return s.String()
}

func encodeAs(c *charmap.Charmap, s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		x, ok := c.EncodeRune(r)
		if !ok && (r == '\u0098' || r == utf8.RuneError) {
			x, ok = 0x98, true // the one byte that Windows-1251 leaves without a character
		}
		if !ok {
			return nil, false
		}
		out = append(out, x)
	}
	return out, true
}

// plausibility is high for Russian as people write it. A wrong character set
// shows as rare letters, signs inside words and capitals after small letters;
// the same text in UTF-8 read bytewise is also longer, so the measure is a
// sum of penalties, not a mean.
func plausibility(s string) int {
	score := 0
	prev := ' '
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if r < ' ' {
				score -= 4
			}
		case r == utf8.RuneError:
			score -= 20
		case strings.ContainsRune("оеаинтсрвлкмдпу", unicode.ToLower(r)):
		case r >= 'А' && r <= 'я':
			score--
		case strings.ContainsRune("ёЁ«»№—–…“”\u00a0", r):
			score -= 2
		default:
			score -= 8
		}
		if unicode.IsUpper(r) && unicode.IsLower(prev) {
			score -= 5
		}
		prev = r
	}
	return score
}
