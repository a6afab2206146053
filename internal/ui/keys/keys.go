// Package keys lets hotkeys work when the keyboard is switched to Russian: it
// says which Latin key sits where a Cyrillic letter of the ЙЦУКЕН layout was
// pressed. tui may import it. It must not be applied to keys typed into a
// text field.
package keys

import "strings"

// The two layouts, key by key, without and with Shift.
const (
	cyrillic = "ёйцукенгшщзхъфывапролджэячсмитьбюЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ№"
	latin    = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>#"
)

// Rune returns the character that the key of r gives on the Latin layout; r
// itself when it is not of the Russian one.
func Rune(r rune) rune {
	if r < 0x80 {
		return r
	}
	n := 0
	for _, c := range cyrillic {
		if c == r {
			return rune(latin[n])
		}
		n++
	}
	return r
}

// Latin returns the name of a key press, such as "й", "Ctrl+с" or "enter", as
// the Latin layout would give it: "q", "Ctrl+c", "enter".
func Latin(key string) string {
	at := strings.LastIndexByte(key, '+') + 1
	if at == len(key) { // the plus key itself
		return key
	}
	runes := []rune(key[at:])
	if len(runes) != 1 {
		return key
	}
	if r := Rune(runes[0]); r != runes[0] {
		return key[:at] + string(r)
	}
	return key
}
