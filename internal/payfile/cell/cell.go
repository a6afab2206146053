// Package cell reads single cells of payment files: texts, amounts with their
// currency, days, and long numbers that a spreadsheet has spoilt. Registers,
// statements and 1C files all read by it, so that a value means the same to
// every command. It knows money and nothing of files; payfile may import it.
package cell

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/money"
)

// Text returns the text of a cell without the blanks and invisible characters
// around it and the marks with which spreadsheets keep a number text: '0123,
// ="0123".
func Text(s string) string {
	s = Trim(s)
	if s == "" {
		return s
	}
	switch s[0] {
	case '\'':
		return trim(s[1:])
	case '=':
		if len(s) > 3 && s[1] == '"' && s[len(s)-1] == '"' {
			return trim(s[2 : len(s)-1])
		}
	}
	return s
}

// Trim cuts blanks of every width, and signs that have none, off both ends.
func Trim(s string) string {
	if tight(s) {
		return s
	}
	return trim(s)
}

// tight reports whether s surely has no blanks around it: it begins and ends
// with a visible ASCII character or a Cyrillic letter, as nearly every cell
// does. The Unicode tables cost more than the rest of the check.
func tight(s string) bool {
	n := len(s)
	if n == 0 {
		return true
	}
	first, last := s[0], s[n-1]
	return (first > ' ' && first < 0x7f || first == 0xd0 || first == 0xd1) &&
		(last > ' ' && last < 0x7f || n > 1 && (s[n-2] == 0xd0 || s[n-2] == 0xd1))
}

func trim(s string) string {
	for {
		was := len(s)
		s = strings.Trim(strings.TrimSpace(s), "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u00ad")
		if len(s) == was {
			return s
		}
	}
}

// Spoilt reports whether a long number has lost its end in a spreadsheet: it is
// in scientific form (3,1E+18), or all its digits after the fifteenth are zeros.
func Spoilt(s string) bool {
	return money.Scientific(s) || len(s) >= 20 && strings.Trim(s, "0123456789") == "" && strings.Trim(s[15:], "0") == ""
}
