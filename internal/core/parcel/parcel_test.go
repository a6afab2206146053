package parcel

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const request = `<?xml version="1.0" encoding="UTF-8"?><r><id>${orderId}</id><g>${guid}</g><d>${date}</d><m>${dateTime}</m><t>${time}</t><till>${dateTime+24h}</till></r>`

func TestNumbersAreFilledIntoDocumentsAndNames(t *testing.T) {
	dir := lay(t, map[string]string{"r.xml": request, "p.txt": "${orderId}"})
	set, err := Check(t.Context(), []string{"req_{guid}.xml=" + filepath.Join(dir, "r.xml"), filepath.Join(dir, "p.txt")}, nil, Options{})
	if err != nil || !set.NeedsNumber() {
		t.Fatal(set, err)
	}
	n := Numbers{OrderID: 9007199254740993, GUID: "0193-a", At: time.Date(2026, 11, 29, 22, 30, 0, 0, time.UTC)}
	read := func(f File, n Numbers) string {
		in, err := f.Open(n)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?><r><id>9007199254740993</id><g>0193-a</g><d>2026-11-30</d><m>2026-11-30T01:30:00+03:00</m><t>2026-11-30T01:30:00</t><till>2026-12-01T01:30:00+03:00</till></r>`
	if got := read(set.Files[0], n); got != want {
		t.Error(got)
	}
	if set.Files[0].NameWith(n) != "req_0193-a.xml" || read(set.Files[0], Numbers{}) != request {
		t.Error("without a number nothing is filled in, with one the name is")
	}
	if got := read(set.Files[1], n); got != "${orderId}" {
		t.Errorf("a document that is no XML was changed: %s", got)
	}
}

func TestAFileThatChangedAfterItsCheckIsNotSent(t *testing.T) {
	dir := lay(t, map[string]string{"a.pdf": "%PDF-1.4 one"})
	set, err := Check(t.Context(), []string{filepath.Join(dir, "a.pdf")}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), []byte("%PDF-1.4 two"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := set.Files[0].Open(Numbers{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := io.ReadAll(in); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Error(err)
	}
}

func TestAllThatIsWrongWithAnArchiveIsToldAtOnce(t *testing.T) {
	dir := lay(t, map[string]string{
		"good.xml": "<a/>", "two.xml": "<a/><b/>", "open.xml": "<a>", "doctype.xml": "<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "text.xml": "no", "1251.xml": "<?xml version=\"1.0\" encoding=\"windows-1251\"?><a>\xcf\xf0\xe8</a>",
		"a.zip": "PK\x03\x04xxxx", "a.gz": "\x1f\x8bxx", "a.docx": "PK\x03\x04....[Content_Types].xml", "empty.pdf": "", "s.sig": "not a signature", "fields.xml": "<a>${orderId}</a>",
		"conf.xml": `<signedAttachments><signedDocument><documentFileName>x.pdf</documentFileName><signData><signFileName>x1.sgn</signFileName></signData></signedDocument></signedAttachments>`,
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name  string
		given []string
		rules Rules
		want  []string // each in the text of a field; none is good
	}{
		{"good ones", []string{at("good.xml"), at("1251.xml"), at("a.docx")}, Rules{}, nil},
		{"a name given", []string{"req.xml=" + at("good.xml")}, Rules{Names: []string{"req.xml"}}, nil},
		{"a name for any identifier", []string{"req_1.xml=" + at("good.xml")}, Rules{Names: []string{"req_{guid}.xml"}}, nil},
		{"an empty identifier", []string{"req_.xml=" + at("good.xml")}, Rules{Names: []string{"req_{guid}.xml"}}, []string{"needs a file req_{guid}.xml"}},
		{"folders", []string{"a/b.xml=" + at("good.xml"), `a\b.xml=` + at("good.xml"), "..=" + at("good.xml")}, Rules{}, []string{"no folders", "no folders", "cannot be used"}},
		{"names", []string{"a:b.xml=" + at("good.xml"), "=" + at("good.xml"), "a\x1b.xml=" + at("good.xml")}, Rules{}, []string{"not allowed", "no name", "not allowed"}},
		{"twice", []string{at("good.xml"), "GOOD.xml=" + at("good.xml")}, Rules{}, []string{"already"}},
		{"files", []string{at("none"), dir, at("empty.pdf"), "x.pdf="}, Rules{}, []string{"no file", "folder", "empty", "path is empty"}},
		{"XML", []string{at("two.xml"), at("open.xml"), at("doctype.xml"), at("text.xml")}, Rules{}, []string{"second root", "not XML", "DOCTYPE", "no root"}},
		{"archives", []string{at("a.zip"), at("a.gz")}, Rules{}, []string{"holds no archives", "holds no archives"}},
		{"a signature alone", []string{"x.pdf.sig=" + at("s.sig")}, Rules{}, []string{"signs x.pdf"}},
		{"a false signature", []string{"good.xml=" + at("good.xml"), "good.xml.sig=" + at("s.sig")}, Rules{}, []string{"no detached PKCS#7"}},
		{"a signature over what changes", []string{"f.xml=" + at("fields.xml"), "f.xml.sig=" + at("s.sig")}, Rules{}, []string{"sign when sending"}},
		{"signatures by list", []string{"sign_config.xml=" + at("conf.xml")}, Rules{}, []string{"x.pdf", "x1.sgn"}},
		{"unsigned", []string{"req.xml=" + at("good.xml")}, Rules{Signed: true}, []string{"asks for a signature"}},
		{"too many, too large, too long, of another kind", []string{"req.xml=" + at("good.xml"), "123456789.doc=" + at("a.docx"), "b.pdf=" + at("a.docx")},
			Rules{Names: []string{"req.xml"}, MaxBytes: 20, MaxFiles: 1, MaxName: 8, Kinds: []string{".pdf"}}, []string{"these kinds", "13 characters", "2 documents", "bytes in all"}},
	} {
		_, err := Check(t.Context(), c.given, nil, Options{Rules: c.rules})
		f := fault.Of(err)
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if f == nil || f.Exit != exitcode.Usage || len(f.Fields) != len(c.want) {
			t.Errorf("%s: %v", c.name, err)
			for _, x := range f.Fields {
				t.Log(x.Name, x.Message.In(i18n.EN))
			}
			continue
		}
		for i, want := range c.want {
			if got := f.Fields[i].Name + " " + f.Fields[i].Message.In(i18n.EN); !strings.Contains(got, want) {
				t.Errorf("%s: %q does not say %q", c.name, got, want)
			}
		}
	}
}

func TestRulesOfTheServiceMayBeLoosened(t *testing.T) {
	dir := lay(t, map[string]string{"a.xml": "<a/>"})
	set, err := Check(t.Context(), []string{filepath.Join(dir, "a.xml")}, nil, Options{Rules: Rules{Names: []string{"req.xml"}, Signed: true}, Loose: true})
	if err != nil || len(set.Notes) != 2 {
		t.Fatalf("%+v, %v", set, err)
	}
	if _, err := Check(t.Context(), nil, nil, Options{}); fault.ExitOf(err) != exitcode.Usage {
		t.Error(err)
	}
}

func FuzzSignConfig(f *testing.F) {
	f.Add([]byte(`<signedAttachments><signedDocument><documentFileName>x</documentFileName></signedDocument></signedAttachments>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if list, err := parseSignConfig(body); err == nil && list == nil {
			t.Error("neither a list nor an error")
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add("req.xml=a", []byte(request))
	f.Fuzz(func(t *testing.T, given string, body []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "x.xml")
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(given, "=")
		set, err := Check(context.Background(), []string{name + "=" + path}, nil, Options{})
		if err != nil {
			return
		}
		if n := set.Files[0].Name; strings.ContainsAny(n, `/\`) || n == ".." {
			t.Errorf("a name that leaves the archive: %q", n)
		}
	})
}
