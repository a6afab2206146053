package safepath

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Typed is the path that was meant by what was typed, pasted or dropped on the
// terminal: without the quotes and backslashes that protect it from a shell, from
// a file:// address, with ~ for the person's own folder.
func Typed(typed string) string {
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
	return AtHome(s)
}

// AtHome opens a ~ at the beginning of a path, as shells do.
func AtHome(path string) string {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, strings.TrimPrefix(path, "~")) + strings.Repeat("/", len(path)-len(strings.TrimRight(path, "/")))
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
