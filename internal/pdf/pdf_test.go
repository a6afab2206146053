package pdf

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// page prints one page with a line of plain text, one of bold and a mark.
func page(t *testing.T, plainText, boldText, mark string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, 3)
	plain, err := Regular("F1", w.Reserve())
	if err != nil {
		t.Fatal(err)
	}
	bold, err := Bold("F2", w.Reserve())
	if err != nil {
		t.Fatal(err)
	}
	shapes, err := bold.Outline(mark)
	if err != nil {
		t.Fatal(err)
	}
	content := w.Stream("q 90 0 0 90 60 400 cm\n"+shapes+"Q\n"+bold.Show(boldText, 10, 50, 700)+plain.Show(plainText, 10, 200, 700), "")
	for _, f := range []*Face{plain, bold} {
		if err := f.Put(w); err != nil {
			t.Fatal(err)
		}
	}
	n := w.Object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 %d 0 R/F2 %d 0 R>>>>/Contents %d 0 R>>", plain.Object, bold.Object, content))
	w.ObjectAt(2, fmt.Sprintf("<</Type/Pages/Count 1/Kids[%d 0 R]>>", n))
	w.ObjectAt(1, "<</Type/Catalog/Pages 2 0 R>>")
	info := w.Object("<</Title" + Text16("Проба") + ">>")
	if err := w.Close(1, info); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Readers that are not ours, and how each prints the text of a file.
func readers() map[string]func(file string) *exec.Cmd {
	return map[string]func(string) *exec.Cmd{
		"pdftotext": func(f string) *exec.Cmd { return exec.Command("pdftotext", "-layout", f, "-") },
		"mutool":    func(f string) *exec.Cmd { return exec.Command("mutool", "draw", "-q", "-F", "txt", f) },
	}
}

func TestOtherReadersFindTheTextAndNoFault(t *testing.T) {
	const plain, bold = "Съешь ещё этих мягких французских булок, да выпей чаю № 1 – «Ёж» 1234567890 Ÿ", "Назначение / Purpose"
	file := filepath.Join(t.TempDir(), "p.pdf")
	if err := os.WriteFile(file, page(t, plain, bold, "МЕТКА"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, read := range readers() {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skip(name + " is not here: the text is not read back by it")
			}
			cmd := read(file)
			var complaints bytes.Buffer
			cmd.Stderr = &complaints
			out, err := cmd.Output()
			if err != nil || strings.Contains(complaints.String(), "rror") {
				t.Fatalf("%v: %s", err, complaints.String())
			}
			if !strings.Contains(string(out), plain) || !strings.Contains(string(out), bold) {
				t.Errorf("%s", out)
			}
			if strings.Contains(string(out), "МЕТКА") {
				t.Error("the shapes of the mark are taken for text")
			}
		})
	}
	t.Run("qpdf", func(t *testing.T) {
		if _, err := exec.LookPath("qpdf"); err != nil {
			t.Skip("qpdf is not here: the structure of the file is not checked")
		}
		if out, err := exec.Command("qpdf", "--check", file).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// A reader that draws with a font cut wrongly shows nothing or something else.
func TestACutFontDrawsTheSameAsTheWholeOne(t *testing.T) {
	for name, ttf := range map[string][]byte{"regular": goregular.TTF, "bold": gobold.TTF} {
		whole, err := sfnt.Parse(ttf)
		if err != nil {
			t.Fatal(err)
		}
		var keep []sfnt.GlyphIndex
		text := "AЁйі№éß8…"
		for _, r := range text {
			id, err := whole.GlyphIndex(nil, r)
			if err != nil || id == 0 {
				t.Fatalf("%q: %v", r, err)
			}
			keep = append(keep, id)
		}
		small, err := subset(ttf, keep)
		if err != nil {
			t.Fatal(err)
		}
		if len(small) > len(ttf)/4 {
			t.Errorf("%s: %d bytes of %d are left", name, len(small), len(ttf))
		}
		// Our parser wants tables that a PDF reader does not: the others come from
		// the whole font.
		tables, err := tablesOf(ttf)
		if err != nil {
			t.Fatal(err)
		}
		cut, err := tablesOf(small)
		if err != nil {
			t.Fatal(err)
		}
		for n, table := range cut {
			tables[n] = table
		}
		again, err := sfnt.Parse(assemble(tables))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range []rune(text) {
			a, errA := whole.LoadGlyph(nil, keep[i], 2048, nil)
			first := fmt.Sprint(a, errA)
			b, errB := again.LoadGlyph(nil, keep[i], 2048, nil)
			if second := fmt.Sprint(b, errB); first != second || len(b) == 0 {
				t.Errorf("%s: %q is drawn otherwise", name, r)
			}
		}
		if e, err := again.LoadGlyph(nil, keep[len(keep)-1]+1, 2048, nil); err != nil || len(e) != 0 {
			t.Errorf("%s: a glyph that nobody asked for is still there: %v", name, err)
		}
	}
}

// A character without a glyph would vanish from a document.
func TestEveryCharacterIsShownByAGlyph(t *testing.T) {
	f, err := Regular("F1", 1)
	if err != nil {
		t.Fatal(err)
	}
	for r := rune(0); r < 0x3000; r++ {
		if f.glyph(r).id == 0 {
			t.Fatalf("%q (U+%04X) has no glyph", r, r)
		}
	}
	if f.glyph('漢') != f.glyph('?') || f.glyph('₽') != f.glyph('р') {
		t.Error("what is not there is not shown as agreed")
	}
}

func FuzzAFontThatIsBrokenIsRefusedWithoutPanic(f *testing.F) {
	f.Add(goregular.TTF, uint16(40))
	f.Add([]byte("\x00\x01\x00\x00\x00\x01"), uint16(0))
	f.Fuzz(func(t *testing.T, ttf []byte, id uint16) {
		if small, err := subset(ttf, []sfnt.GlyphIndex{sfnt.GlyphIndex(id)}); err == nil && len(small) < 12 {
			t.Errorf("%d bytes", len(small))
		}
	})
}
