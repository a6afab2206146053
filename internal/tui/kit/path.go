package kit

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Path is the path that was meant by what was typed, pasted or dropped on the
// terminal: without the quotes and backslashes that protect it from a shell, from
// a file:// address, with ~ for the person's own folder.
func Path(typed string) string {
	s := strings.TrimSpace(typed)
	quoted := false
	if n := len(s); n >= 2 && (s[0] == '\'' || s[0] == '"') && s[n-1] == s[0] {
		quoted = true
		if s[0] == '\'' {
			s = strings.ReplaceAll(s[1:n-1], `'\''`, `'`)
		} else {
			s = s[1 : n-1]
		}
	}
	if rest, ok := strings.CutPrefix(s, "file://"); ok {
		if at := strings.IndexByte(rest, '/'); at >= 0 { // file://host/path
			if plain, err := url.PathUnescape(rest[at:]); err == nil {
				return filepath.FromSlash(plain)
			}
		}
	}
	if !quoted && filepath.Separator == '/' {
		s = unescaped(s)
	}
	if s == "~" || strings.HasPrefix(s, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			s = filepath.Join(home, strings.TrimPrefix(s, "~")) + strings.Repeat("/", len(s)-len(strings.TrimRight(s, "/")))
		}
	}
	return s
}

// unescaped takes away the backslashes with which terminals protect the path of a
// dropped file.
func unescaped(s string) string {
	if !strings.ContainsRune(s, '\\') {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

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
