package kit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPathsAreTakenAsTypedQuotedAndDropped(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil || filepath.Separator != '/' {
		t.Skip("no home folder here, or other separators")
	}
	for given, want := range map[string]string{
		" /a/b.png ": "/a/b.png", "'/a b/c.png' ": "/a b/c.png", `"/a b/c.png"`: "/a b/c.png", `/a\ b/c\(1\).png`: "/a b/c(1).png",
		"file:///a%20b/%D1%84.png": "/a b/ф.png", "file://localhost/a.png": "/a.png", "'file:///a b.png'": "/a b.png",
		"~/c.png": home + "/c.png", "~x/c.png": "~x/c.png", `'/it'\''s.png'`: "/it's.png", "": "",
	} {
		if got := Path(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func FuzzWhatAShellIsGivenIsThePathThatWasMeant(f *testing.F) {
	for _, s := range []string{"/a b", "/it's", `/a\b`, "/\"", "/~", "/ф (1).png", "/a\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if filepath.Separator != '/' || strings.TrimSpace(s) != s || !strings.HasPrefix(s, "/") {
			return
		}
		if got := Path(Shell(s)); got != s {
			t.Errorf("%q is written %s, and that is read as %q", s, Shell(s), got)
		}
	})
}
