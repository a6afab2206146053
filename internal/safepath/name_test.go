package safepath_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/safepath"
)

func TestANameFromAServerCannotLeadOutOfTheFolder(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"..", "file"},
		{".", "file"},
		{"", "file"},
		{"...", "file"},
		{" . ", "file"},
		{"../x", "x"},
		{"../../../etc/passwd", "passwd"},
		{"a/../../x", "x"},
		{"/etc/passwd", "passwd"},
		{"/", "file"},
		{"a/..", "file"},
		{`..\x`, "x"},
		{`C:\`, "file"},
		{`C:\Windows\x.dll`, "x.dll"},
		{"C:x", "C_x"},
		{`\\server\share\x`, "x"},
		{"x\x00.txt", "x.txt"},
		{"..\x00", "file"},
		{"\u202e..", "file"},
		{".\u200b.", "file"},
	} {
		if got := safepath.SanitizeName(c.in); got != c.want {
			t.Errorf("SanitizeName(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestOrdinaryNamesStayAsTheyAre(t *testing.T) {
	for _, name := range []string{
		"foo..bar", ".x.json", "заявление № 7.pdf", "a b.txt", "..x", "архив.tar.gz",
		"console.log", "COM10.txt", "nul1", "commit", "-", "~x", "ё.pdf.sig", "100%.csv",
	} {
		if got := safepath.SanitizeName(name); got != name {
			t.Errorf("SanitizeName(%q) = %q", name, got)
		}
	}
}

func TestNamesThatMeanSomethingToWindowsAreChanged(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"CON", "_CON"},
		{"con.txt", "_con.txt"},
		{"Nul .tar.gz", "_Nul .tar.gz"},
		{"COM1", "_COM1"},
		{"lpt²", "_lpt²"},
		{"conin$", "_conin$"},
		{"AUX.", "_AUX"},
		{"x.", "x"},
		{"x. . ", "x"},
		{"x.txt:stream", "x.txt_stream"},
		{`a<b>|"c"?*`, "a_b___c___"},
		{"tab\tname", "tabname"},
		{"no\u00a0break", "no break"},
	} {
		if got := safepath.SanitizeName(c.in); got != c.want {
			t.Errorf("SanitizeName(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestALongNameKeepsItsExtension(t *testing.T) {
	for _, ext := range []string{".pdf", ".tar.gz", ".pdf.sig"} {
		got := safepath.SanitizeName(strings.Repeat("ж", 300) + ext)
		if len(got) > 200 || !utf8.ValidString(got) || !strings.HasSuffix(got, ext) || len(got) < 190 {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
}

func FuzzASanitizedNameIsAlwaysOneLocalName(f *testing.F) {
	for _, s := range []string{"", "..", "../x", "/", `C:\`, "CON", "a.", "x\x00", ".x.json", "\xff\xfe", strings.Repeat("д", 400), "a. .b", "\u202e.", "  . x . "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := safepath.SanitizeName(in)
		if got == "" || got == "." || got == ".." || strings.ContainsAny(got, "/\\\x00:") {
			t.Fatalf("%q → %q", in, got)
		}
		if !filepath.IsLocal(got) || filepath.Base(got) != got || !utf8.ValidString(got) || len(got) > 201 {
			t.Fatalf("%q → %q is no plain local name", in, got)
		}
		if strings.HasSuffix(got, ".") || strings.HasSuffix(got, " ") {
			t.Fatalf("%q → %q has a trailing dot or blank", in, got)
		}
		if again := safepath.SanitizeName(got); again != got && len(got) <= 200 {
			t.Fatalf("%q → %q → %q: not stable", in, got, again)
		}
	})
}
