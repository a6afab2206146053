package apply

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// filePath makes a path of what was typed, pasted or dropped onto the window:
// terminals quote what is dropped, escape its spaces, or give an address file://….
func filePath(s string) string {
	s = strings.TrimSpace(s)
	if u, err := url.Parse(s); err == nil && u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") {
		return filepath.FromSlash(u.Path)
	}
	for _, q := range []string{"'", `"`} {
		if len(s) > 1 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			s = s[1 : len(s)-1]
			if q == "'" {
				s = strings.ReplaceAll(s, `'\''`, "'")
			}
			return home(s)
		}
	}
	if runtime.GOOS != "windows" && strings.Contains(s, `\`) {
		if _, err := os.Lstat(s); err != nil {
			s = unescaped(s)
		}
	}
	return home(s)
}

// unescaped takes away the backslashes that keep characters from a shell.
func unescaped(s string) string {
	var b strings.Builder
	kept := false
	for _, r := range s {
		if r == '\\' && !kept {
			kept = true
			continue
		}
		b.WriteRune(r)
		kept = false
	}
	return b.String()
}

// home opens ~ as shells do.
func home(s string) string {
	rest, ok := strings.CutPrefix(s, "~")
	if !ok || rest != "" && !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, string(filepath.Separator)) {
		return s
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return s
	}
	return dir + rest
}

// listing lists files and folders for what is typed of a path, folders with a
// separator at their end. Hidden ones are shown only when asked for.
func listing(typed string, limit int) (list []forms.Option, more bool, err error) {
	dir, part := filepath.Split(filePath(typed))
	from := dir
	if from == "" {
		from = "."
	}
	f, err := os.Open(from)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	// A folder of a million files is not read to its end.
	const mostRead = 10_000
	all, err := f.ReadDir(mostRead)
	if len(all) == 0 && err != nil {
		return nil, false, nil // an empty folder says io.EOF
	}
	slices.SortFunc(all, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	if from != "." || part == "" {
		list = append(list, forms.Option{Value: dir + ".." + string(filepath.Separator), Title: ".." + untrusted.Text(string(filepath.Separator))})
	}
	for _, x := range all {
		name := x.Name()
		if !strings.Contains(strings.ToLower(name), strings.ToLower(part)) || strings.HasPrefix(name, ".") && !strings.HasPrefix(part, ".") {
			continue
		}
		if len(list) == limit {
			return list, true, nil
		}
		if x.IsDir() {
			name += string(filepath.Separator)
		}
		list = append(list, forms.Option{Value: dir + name, Title: untrusted.Text(name)})
	}
	return list, false, nil
}
