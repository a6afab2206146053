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
	charset string // as people are told it
	of      string // the character set that the code was written in
}

// decodeText decodes by the header's digit, and by something better when
// that gives no Russian. It says in a warning when the header was not right.
func (d *Decoded) decodeText(b []byte) (text, charset string) {
	if utf8.Valid(b) && lost(string(b)) {
		return string(b), UTF8.String()
	}
	all := readings(b)
	declared := -1
	for i, r := range all {
		if r.charset == d.Declared.String() {
			declared = i
			break
		}
	}
	promised := d.Declared.String()
	best, bestScore := 0, -1<<30
	for i, r := range all {
		s := plausibility(r.text)
		switch {
		case i == declared:
			s += headerWeight
		case r.of == promised: // decoded wrongly, but of the set that the header promises
			s += headerWeight / 2
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
	if set, japanese := strings.CutSuffix(used, readAsJapanese); japanese {
		r.warn("charset", i18n.Text{RU: "сканер принял русские буквы (%s) за японские (так делает ZXing); они восстановлены, сверьте имена", EN: "the scanner took Russian letters (%s) for Japanese ones (ZXing does so); they were restored, compare the names"}.With(set))
		return
	}
	if set, wrong, restored := strings.Cut(used, readAs); restored {
		r.warn("charset", i18n.Text{RU: "текст в кодировке %s был прочитан как %s; он восстановлен, сверьте имена", EN: "the text in %s had been read as %s; it was restored, compare the names"}.With(set, wrong))
		return
	}
	r.warn("charset", i18n.Text{RU: "заголовок обещает кодировку «%c», а текст читается как %s", EN: "the header promises encoding \"%c\", but the text reads as %s"}.
		With(shownDigit(d.Declared), used))
}

func shownDigit(e Encoding) rune {
	if e >= '!' && e <= '~' {
		return rune(e)
	}
	return '?'
}

// readings lists the ways to read b: as each character set, and, where it is
// UTF-8, as the text of each set of the standard that a program had decoded as
// another one before it came here.
func readings(b []byte) []reading {
	var all []reading
	if utf8.Valid(b) {
		s := string(b)
		all = append(all, reading{s, UTF8.String(), UTF8.String()})
		for _, wrong := range []struct {
			table *charmap.Charmap
			name  string
		}{{charmap.ISO8859_1, "latin-1"}, {charmap.Windows1252, "windows-1252"}, {charmap.Windows1251, "windows-1251"}, {charmap.KOI8R, "koi8-r"}, {charmap.CodePage866, "cp866"},
			{charmap.ISO8859_5, "iso-8859-5"}, {charmap.MacintoshCyrillic, "mac-cyrillic"}, {charmap.CodePage437, "cp437"}, {charmap.CodePage850, "cp850"},
			{charmap.Macintosh, "mac-roman"}} {
			raw, ok := encodeAs(wrong.table, s)
			if !ok || ascii(raw) {
				continue
			}
			if utf8.Valid(raw) {
				all = append(all, reading{string(raw), UTF8.String() + readAs + wrong.name, UTF8.String()})
			}
			for _, e := range []Encoding{Windows1251, KOI8R} {
				if table := e.table(); table != wrong.table {
					all = append(all, reading{decodeAs(table, raw), e.String() + readAs + wrong.name, e.String()})
				}
			}
		}
	}
	if raw, ok := fromKatakana(b); ok {
		for _, e := range []Encoding{Windows1251, KOI8R} {
			all = append(all, reading{decodeAs(e.table(), raw), e.String() + readAsJapanese, e.String()})
		}
	}
	if utf8.Valid(b) && (strings.ContainsFunc(string(b), eastern) || manyLetters(b)) {
		return all // bytes of a scanner's Chinese or Japanese are letters of no other set, and no text in another set is UTF-8 by chance
	}
	return append(all,
		reading{decodeAs(charmap.Windows1251, b), Windows1251.String(), Windows1251.String()},
		reading{decodeAs(charmap.KOI8R, b), KOI8R.String(), KOI8R.String()},
		reading{decodeAs(charmap.CodePage866, b), "cp866", "cp866"})
}

// readAs stands in the name of a reading between the set of the code and the one
// that a scanner took it for; readAsJapanese is for Shift_JIS.
const (
	readAs         = " read as "
	readAsJapanese = readAs + "shift_jis"
)

// eastern reports whether r is a letter of Chinese or Japanese.
func eastern(r rune) bool {
	return r >= firstKatakana && r <= lastKatakana || r >= 0x3040 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3
}

// manyLetters reports whether a text in UTF-8 has more letters beyond ASCII than
// bytes of another set could make by chance.
func manyLetters(b []byte) bool {
	const chance = 4
	return utf8.RuneCount(b) < len(b) && len(b)-utf8.RuneCount(b) >= chance
}

// garbled reports whether a quarter of the letters of a text are none of Russian, nor signs that
// people write: the text was decoded wrongly by a way that nobody knows here.
func garbled(s string) bool {
	const few = 4 // a name from abroad may have as many letters of its own
	odd, all := 0, 0
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf || strings.ContainsRune("«»№—–…“”\u00a0", r):
			continue
		case r >= 'А' && r <= 'я' || r == 'ё' || r == 'Ё':
		case r >= 0x2500 && r <= 0x259f: // what frames are drawn with: nobody's name has them
			return true
		default:
			odd++
		}
		all++
	}
	return odd >= few && odd*4 > all
}

// fromKatakana undoes the guess of scanners that take capital Russian letters for
// half-width katakana: each of these is one byte of Shift_JIS. Small letters make
// kanji, two bytes at a time, and cannot be told any more.
func fromKatakana(b []byte) (raw []byte, ok bool) {
	if !utf8.Valid(b) {
		return nil, false
	}
	for _, r := range string(b) {
		switch {
		case r < utf8.RuneSelf:
			raw = append(raw, byte(r))
		case r >= firstKatakana && r <= lastKatakana:
			raw, ok = append(raw, byte(r-firstKatakana+0xa1)), true
		default:
			return nil, false
		}
	}
	return raw, ok
}

// The half-width katakana of Unicode, bytes A1 to DF of Shift_JIS.
const firstKatakana, lastKatakana = 0xff61, 0xff9f

func (e Encoding) table() *charmap.Charmap {
	if e == KOI8R {
		return charmap.KOI8R
	}
	return charmap.Windows1251
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func decodeAs(c *charmap.Charmap, b []byte) string {
	var s strings.Builder
	s.Grow(len(b) * 2)
	for _, x := range b {
		s.WriteRune(c.DecodeByte(x))
	}
	return s.String()
}

// lost reports whether so many letters of a text are U+FFFD that it is no text
// any more.
func lost(s string) bool {
	gone, letters := 0, 0
	for _, r := range s {
		if r == utf8.RuneError {
			gone++
		} else if r >= utf8.RuneSelf {
			letters++
		}
	}
	return gone*4 > letters
}

func encodeAs(c *charmap.Charmap, s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	// One letter of Russian in UTF-8 has the byte that Windows-1251 lacks; a text
	// full of U+FFFD is lost, and no byte of it can be known.
	if lost(s) {
		return nil, false
	}
	for _, r := range s {
		x, ok := c.EncodeRune(r)
		switch {
		case ok:
		case c == charmap.Windows1251 && (r == '\u0098' || r == utf8.RuneError):
			x, ok = 0x98, true // the one byte that Windows-1251 leaves without a character
		case (c == charmap.Windows1252 || c == charmap.ISO8859_5) && r >= 0x80 && r <= 0x9f:
			x, ok = byte(r), true // programs give the five bytes without a character as they are
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
