package kit

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/safepath"
)

// Path is the path that was meant by what was typed, pasted or dropped on the
// terminal.
func Path(typed string) string { return safepath.Typed(typed) }

// Shell is a word as it is typed into a shell: a path in a command that equals an
// action.
func Shell(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 0x7f || strings.ContainsRune("/._-+=:,@%", r))
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
