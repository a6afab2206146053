package applications

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func TestWhatADepartmentCouldNotOpenIsNotSent(t *testing.T) {
	dir := t.TempDir()
	packed := func(names ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, n := range names {
			w, err := z.Create(n)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write([]byte("x"))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	pdf := func(trailer string, padding int) []byte {
		return []byte("%PDF-1.7\n" + strings.Repeat("0 ", padding) + "trailer\n<<" + trailer + ">>\n%%EOF\n")
	}
	anything := cabinet.Document{Name: "d"}
	word := cabinet.Document{Name: "d", Types: []string{wordType}}
	for _, c := range []struct {
		name    string
		doc     cabinet.Document
		content []byte
		say     string // "" is good
	}{
		{"an open PDF", anything, pdf("/Root 1 0 R", 10), ""},
		{"a word in its text is no lock", anything, pdf("/Title (see /Encrypt in the standard)", 10), ""},
		{"a locked PDF", anything, pdf("/Root 1 0 R /Encrypt 12 0 R", 10), "locked by a password"},
		{"locked in place", anything, pdf("/Encrypt<</Filter/Standard>>", 10), "locked by a password"},
		{"the lock is far inside", anything, pdf("/Encrypt 12 0 R", 20_000), "locked by a password"},
		{"the lock lies on the border of two reads", anything, pdf("/Encrypt 12 0 R", 16380), "locked by a password"},
		{"a document of Word", word, packed("[Content_Types].xml", "word/document.xml"), ""},
		{"a table in its place", word, packed("[Content_Types].xml", "xl/workbook.xml"), "holds XLSX"},
		{"an archive that calls itself office", word, packed("[Content_Types].xml", "a.pdf"), "archive (ZIP)"},
		{"an archive where anything is taken", anything, packed("a.pdf"), "archive (ZIP)"},
		{"a damaged one", anything, packed("a.pdf")[:40], "archive (ZIP)"},
		{"RAR", anything, []byte("Rar!\x1a\x07\x01\x00 rest"), "archive (RAR)"},
		{"7z", anything, []byte("7z\xbc\xaf\x27\x1c rest"), "archive (7z)"},
		{"gzip", anything, []byte("\x1f\x8b\x08 rest"), "archive (GZIP)"},
	} {
		path := filepath.Join(dir, "file.pdf")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		a, m := Inspect(c.doc, path)
		if got := m.In(i18n.EN); c.say == "" && !m.IsZero() || !strings.Contains(got, c.say) {
			t.Errorf("%s: %q", c.name, got)
		}
		if c.say == "" && a.Bytes != int64(len(c.content)) {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
}

func TestTheResolutionOfAPictureIsAHint(t *testing.T) {
	jfif := func(unit, x byte) []byte {
		return []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x02" + string([]byte{unit, 0, x, 0, x, 0, 0}))
	}
	phys := []byte("\x89PNG\r\n\x1a\n....IHDR.................\x00\x00\x00\x09pHYs\x00\x00\x2e\x23\x00\x00\x2e\x23\x01")
	for _, c := range []struct {
		head []byte
		dpi  int
	}{{jfif(1, 150), 150}, {jfif(2, 118), 300}, {jfif(0, 1), 0}, {phys, 300}, {[]byte("\xff\xd8\xff\xe1"), 0}, {nil, 0}, {[]byte("%PDF-1.7"), 0}} {
		if got := density(c.head); got != c.dpi && !(c.dpi == 300 && got >= 299 && got <= 301) {
			t.Errorf("%q: %d dpi, want %d", c.head, got, c.dpi)
		}
	}
	low, good, silent := Attachment{Name: "scan", DPI: 150}, Attachment{DPI: 300}, Attachment{}
	if h := low.Hint(); !strings.Contains(h.In(i18n.RU), "150 точек") || !good.Hint().IsZero() || !silent.Hint().IsZero() {
		t.Error(h.In(i18n.RU))
	}
}
