// Package charset finds out in which character set a payment file is written
// and gives UTF-16 back as UTF-8. Every reader of payfile asks it, so that one
// file is understood alike whatever command reads it. It is a leaf.
package charset

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Set is a character set, by its usual name.
type Set string

// The character sets that are read.
const (
	UTF8    Set = "utf-8"
	Windows Set = "windows-1251"
	DOS     Set = "ibm866"
	KOI8    Set = "koi8-r"
	Mac     Set = "x-mac-cyrillic"
	UTF16LE Set = "utf-16le"
	UTF16BE Set = "utf-16be"
)

// Parse finds a character set by the names that people use.
func Parse(name string) (Set, bool) {
	switch strings.ToLower(name) {
	case "utf-8", "utf8":
		return UTF8, true
	case "windows-1251", "cp1251", "win1251", "1251", "ansi":
		return Windows, true
	case "ibm866", "cp866", "866", "dos", "oem":
		return DOS, true
	case "koi8-r", "koi8r", "koi8":
		return KOI8, true
	case "x-mac-cyrillic", "mac-cyrillic", "maccyrillic", "mac":
		return Mac, true
	case "utf-16le", "utf-16", "utf16", "unicode":
		return UTF16LE, true
	case "utf-16be":
		return UTF16BE, true
	}
	return "", false
}

// Table returns the table of a set of one byte a character, nil for the others.
func (s Set) Table() *charmap.Charmap {
	switch s {
	case Windows:
		return charmap.Windows1251
	case DOS:
		return charmap.CodePage866
	case KOI8:
		return charmap.KOI8R
	case Mac:
		return charmap.MacintoshCyrillic
	}
	return nil
}

// Bytewise lists the sets of one byte a character, the likeliest first.
func Bytewise() [4]Set { return [4]Set{Windows, DOS, KOI8, Mac} }

// Mark recognises a byte order mark and returns its length in bytes.
func Mark(head []byte) (Set, int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return UTF8, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return UTF16LE, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16BE, 2
	}
	return "", 0
}

// Wide recognises UTF-16 without a mark: nearly every other byte of Russian and
// English text in it is 0 or 4. It returns "" for anything else.
func Wide(head []byte) Set {
	const sample = 1024
	head = head[:min(len(head), sample)]
	if len(head) < 8 || bytes.IndexByte(head, 0) < 0 {
		return ""
	}
	var high [2]int // bytes that can be the upper half of a letter or a sign
	var zero [2]int
	for i, c := range head {
		if c == 0 || c == 4 || c == 0x20 || c == 0x21 {
			high[i%2]++
		}
		if c == 0 {
			zero[i%2]++
		}
	}
	half := len(head) / 2
	switch {
	case high[1]*10 >= half*9 && zero[0] == 0 && zero[1] > 0:
		return UTF16LE
	case high[0]*10 >= half*9 && zero[1] == 0 && zero[0] > 0:
		return UTF16BE
	}
	return ""
}

// Of names the character set of a text: UTF-8 if it is nearly all valid, else
// the set of one byte a character in which it reads most like Russian. known,
// which may be nil, counts the words of the text that the caller expects: they
// decide before the letters do.
func Of(text []byte, known func(decoded string) int) Set {
	if MostlyUTF8(text) {
		return UTF8
	}
	best, bestKnown, bestScore := Windows, -1, 0
	for _, s := range Bytewise() {
		decoded := decode(s.Table(), text)
		n := 0
		if known != nil {
			n = known(decoded)
		}
		score := likeness(decoded)
		if n > bestKnown || n == bestKnown && score > bestScore {
			best, bestKnown, bestScore = s, n, score
		}
	}
	return best
}

func decode(t *charmap.Charmap, b []byte) string {
	var s strings.Builder
	s.Grow(len(b) * 2)
	for _, c := range b {
		s.WriteRune(t.DecodeByte(c))
	}
	return s.String()
}

// likeness is high for Russian as people write it: letters weigh what they are
// worth in Russian texts, a capital after a small letter and anything that is no
// letter of the language speaks against a set.
func likeness(s string) (score int) {
	const letters, weights = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "998776665443332222211110000000000"
	prev := ' '
	for _, r := range s {
		if r < utf8.RuneSelf {
			prev = r
			continue
		}
		at := strings.IndexRune(letters, unicode.ToLower(r))
		switch {
		case at >= 0:
			score += int(weights[at/2]-'0') - 1
			if unicode.IsUpper(r) && unicode.IsLower(prev) {
				score -= 12
			}
		case r == '«' || r == '»' || r == '№' || r == '–' || r == '—' || r == '\u00a0':
		default:
			score -= 10
		}
		prev = r
	}
	return score
}

// MostlyUTF8 reports whether the characters of b beyond ASCII are UTF-8. One
// damaged byte does not turn a whole file into another character set: text in
// a set of one byte a character hardly ever holds a valid sequence.
func MostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		switch {
		case r != utf8.RuneError || n > 1:
			good++
		case !utf8.FullRune(b): // the piece ends inside a character
			return good >= bad
		default:
			bad++
		}
		b = b[n:]
	}
	return good > 8*bad
}
