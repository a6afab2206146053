package pdftable

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

func options() Options {
	return Options{Title: "Реестр платежей", Lines: []string{"Учебный план"}, Mark: "SANDBOX", MarkSay: "Учебный портал: документ не имеет силы", Page: "Страница %s из %s",
		Created: time.Date(2026, 7, 31, 12, 0, 0, 0, time.UTC), Lang: "ru",
		Columns: []Column{{"№", 5, true}, {"УИН", 20, false}, {"Получатель", 40, false}, {"Сумма", 12, true}}}
}

func printed(t *testing.T, w io.Writer, rows int) *Writer {
	t.Helper()
	d, err := New(w, options())
	if err != nil {
		t.Fatal(err)
	}
	for n := range rows {
		if err := d.Row([]string{fmt.Sprint(n + 1), fmt.Sprintf("1881017717032518%04d", n%10000), "УФК по г. Москве (учебное отделение) «Ёж» № " + fmt.Sprint(n), "1\u00a0234,56"}); err != nil {
			t.Fatal(err)
		}
	}
	d.Heading("Итого")
	d.Line("строк: " + fmt.Sprint(rows))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryRowIsOnSomePageWithItsNumberAndMark(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not here: the pages are not read back")
	}
	var b bytes.Buffer
	d := printed(t, &b, 300)
	file := filepath.Join(t.TempDir(), "d.pdf")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd := exec.Command("pdftotext", "-layout", file, "-")
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	pages := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
	if len(pages) != d.Pages() || len(pages) < 5 {
		t.Fatalf("%d pages, the writer says %d", len(pages), d.Pages())
	}
	for i, p := range pages {
		if !strings.Contains(p, fmt.Sprintf("Страница %d из %d", i+1, len(pages))) || !strings.Contains(p, "SANDBOX. Учебный портал") || !strings.Contains(p, "Получатель") && i < len(pages)-1 {
			t.Errorf("page %d: %s", i+1, p)
		}
	}
	for n := range 300 {
		if !strings.Contains(string(out), fmt.Sprintf("1881017717032518%04d", n)) {
			t.Errorf("row %d is on no page", n+1)
		}
	}
	if !strings.Contains(string(out), "«Ёж» № 299") || !strings.Contains(string(out), "1 234,56") || !strings.Contains(string(out), "строк: 300") {
		t.Error("the texts are not whole")
	}
}

func TestObjectsStandWhereTheTableSays(t *testing.T) {
	var b bytes.Buffer
	printed(t, &b, 100)
	all := b.String()
	at := strings.LastIndex(all, "startxref\n")
	var start int
	if _, err := fmt.Sscan(all[at+len("startxref\n"):], &start); err != nil || !strings.HasPrefix(all[start:], "xref\n") {
		t.Fatalf("%v: the table is not at %d", err, start)
	}
	for n, m := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllStringSubmatch(all[start:], -1) {
		var offset int
		if _, err := fmt.Sscan(strings.TrimLeft(m[1], "0"), &offset); err != nil || !strings.HasPrefix(all[offset:], fmt.Sprintf("%d 0 obj\n", n+1)) {
			t.Errorf("object %d is not at %s", n+1, m[1])
		}
	}
}

func TestTheSameRowsGiveTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	printed(t, &a, 50)
	printed(t, &b, 50)
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("they differ")
	}
}

func TestACharacterWithoutAGlyphIsShownAsAQuestion(t *testing.T) {
	d, err := New(io.Discard, options())
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{"漢": "?", "₽": "р", "a\u00a0b": "a b"} {
		if d.plain.Encode(s) != d.plain.Encode(want) {
			t.Errorf("%q is not shown as %q", s, want)
		}
	}
}

func TestLongTextsAreWrappedAtSpacesAndCut(t *testing.T) {
	d, err := New(io.Discard, options())
	if err != nil {
		t.Fatal(err)
	}
	f := d.plain
	text := "Управление Федерального казначейства по учебной области, отделение номер два"
	lines := f.Wrap(text, 8, 120, 10)
	if strings.Join(lines, " ") != text {
		t.Errorf("%q", lines)
	}
	for _, l := range append(lines, f.Wrap(strings.Repeat("1", 200), 8, 120, 10)...) {
		if f.Width(l, 8) > 120 {
			t.Errorf("%q is too wide", l)
		}
	}
	cut := f.Wrap(text, 8, 120, 2)
	if len(cut) != 2 || !strings.HasSuffix(cut[1], "…") {
		t.Errorf("%q", cut)
	}
}

func TestMemoryDoesNotGrowWithTheRows(t *testing.T) {
	if testing.Short() {
		t.Skip("30,000 rows take a second")
	}
	used := func(rows int) uint64 {
		var m runtime.MemStats
		d := printed(t, io.Discard, rows)
		runtime.GC()
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(d)
		return m.HeapAlloc
	}
	few := used(300)
	if many := used(30_000); many > few+2<<20 {
		t.Errorf("%d bytes are held after 30,000 rows, %d after 300", many, few)
	}
}
