package requisites

import (
	"unicode"
	"unicode/utf8"
)

// A buffer holds the normalised value on the caller's stack. Nothing longer
// than limit bytes can be a requisite.
type buffer [72]byte

const limit = 64

// squeeze appends s to dst without spaces, dashes, apostrophes and invisible characters,
// and with capital letters if upper. It stops after limit bytes and reports
// that then; dst must have room for limit+utf8.UTFMax bytes.
func squeeze(dst []byte, s string, upper bool) (_ []byte, tooLong bool) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == ' ' || c == '-' || c == '\'' || c == '`' || c >= '\t' && c <= '\r':
				continue
			case upper && c >= 'a' && c <= 'z':
				c -= 'a' - 'A'
			}
			if len(dst) >= limit {
				return dst, true
			}
			dst = append(dst, c)
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if separator(r) {
			continue
		}
		if upper {
			r = upperCyrillic(r)
		}
		if len(dst) >= limit {
			return dst, true
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, false
}

// trim is squeeze for fields in which inner spaces and dashes mean something:
// only the edges are cleaned.
func trim(dst []byte, s string, upper bool) (_ []byte, tooLong bool) {
	start, end := -1, 0
	for i, r := range s {
		if !unicode.IsSpace(r) && r != '\ufeff' && r != '\u200b' {
			if start < 0 {
				start = i
			}
			end = i + utf8.RuneLen(r)
			if r == utf8.RuneError {
				end = i + 1
			}
		}
		if start >= 0 && end-start > limit {
			return append(dst, s[start:start+limit]...), true
		}
	}
	if start < 0 {
		return dst, false
	}
	for _, r := range s[start:min(end, len(s))] {
		if upper {
			if r >= 'a' && r <= 'z' {
				r -= 'a' - 'A'
			}
			r = upperCyrillic(r)
		}
		if len(dst) >= limit {
			return dst, true
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, false
}

// separator reports whether r only separates groups for the eye.
func separator(r rune) bool {
	switch {
	case r == '\u00a0' || r == '\u202f' || r == '\u3000' || r == '\u205f': // spaces
		return true
	case r == '\u2018' || r == '\u2019' || r == '\u02bc': // apostrophes
		return true
	case r >= '\u2000' && r <= '\u200f': // typographic and zero-width spaces, direction marks
		return true
	case r >= '\u2010' && r <= '\u2015' || r == '\u2212' || r == '\u00ad': // dashes, minus, soft hyphen
		return true
	case r == '\u2060' || r == '\ufeff' || r == '\u0085' || r == '\u2028' || r == '\u2029':
		return true
	}
	return false
}

func upperCyrillic(r rune) rune {
	switch {
	case r >= 'а' && r <= 'я':
		return r - ('а' - 'А')
	case r == 'ё':
		return 'Ё'
	}
	return r
}
