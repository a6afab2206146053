// Package untrusted marks text that came from outside (a portal, a file, a
// bank) and makes it safe to show. The zero-effort path is the safe one:
// String, and so every fmt verb, cleans; Raw is the only way to the bytes as
// they came, and can be searched for. It is a leaf: every package may import it.
package untrusted

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is text from outside. It keeps what came; String shows it safely.
type Text string

// String returns the text with everything that could drive a terminal or
// mislead the eye made visible or removed; see Clean.
func (t Text) String() string { return Clean(string(t)) }

// Raw returns the text as it came. Use it only where bytes are compared,
// stored or sent back, never where they are shown.
func (t Text) Raw() string { return string(t) }

// MarshalJSON writes the text losslessly, with every character that a
// terminal could act on escaped as \uXXXX.
func (t Text) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(string(t))
	if err != nil {
		return nil, err
	}
	return EscapeJSON(b), nil
}

// UnmarshalJSON reads a JSON string as it is.
func (t *Text) UnmarshalJSON(b []byte) error {
	if n := len(b) - 1; n > 0 && b[0] == '"' && b[n] == '"' && verbatim(b[1:n]) {
		*t = Text(b[1:n]) // most are, and a second decoder costs more than the rest of an answer
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

// verbatim reports whether the inside of a JSON string stands for itself.
func verbatim(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(b)
}

// Clean returns s without control characters, escape sequences, bidi
// overrides and other invisible format characters. Tabs and line breaks
// become one space each, the rest becomes U+FFFD so that the reader sees that
// something stood there. Invalid UTF-8 becomes U+FFFD as well. A string that
// is already clean is returned as it is, without a copy.
func Clean(s string) string { return clean(s, false) }

// CleanLines is Clean for text of several lines: line feeds stay.
func CleanLines(s string) string { return clean(s, true) }

func clean(s string, lines bool) string {
	first := -1
	for i, r := range s {
		if unsafeRune(r) && (!lines || r != '\n') || r == utf8.RuneError {
			first = i
			break
		}
	}
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:first])
	prevCR := false
	for _, r := range s[first:] {
		cr := r == '\r'
		switch {
		case r == '\n' && lines:
			b.WriteByte('\n')
		case r == '\n' && prevCR: // CRLF is one break
		case r == '\t' || r == '\n' || r == '\r' && !lines || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case r == '\r': // lone CR would overwrite the line; before LF it is noise
		case unsafeRune(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
		prevCR = cr && !lines
	}
	return b.String()
}

// unsafeRune reports whether r could act on a terminal or hide from the eye.
func unsafeRune(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f: // C0, DEL, C1
		return true
	case r < 0x600: // Latin, Greek, Cyrillic: only the soft hyphen is invisible, and it is harmless
		return false
	case r == '\u2028', r == '\u2029': // line and paragraph separators
		return true
	case r == '\u200d' || r == '\u200c': // joiners build real letters and emoji
		return false
	case unicode.Is(unicode.Cf, r): // bidi overrides and isolates, zero-width, tags
		return true
	}
	return false
}

// EscapeJSON rewrites encoded JSON so that no character in it can act on a
// terminal: C1 controls, DEL and format characters inside strings become
// \uXXXX. The value that the JSON stands for does not change.
func EscapeJSON(b []byte) []byte {
	s := string(b)
	clean := true
	for _, r := range s {
		if r >= 0x7f && unsafeRune(r) {
			clean = false
			break
		}
	}
	if clean {
		return b
	}
	const hex = "0123456789abcdef"
	out := make([]byte, 0, len(b)+32)
	put := func(u uint16) {
		out = append(out, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	for _, r := range s {
		switch {
		case r < 0x7f || !unsafeRune(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			r -= 0x10000
			put(uint16(0xd800 + r>>10))
			put(uint16(0xdc00 + r&0x3ff))
		default:
			put(uint16(r))
		}
	}
	return out
}
