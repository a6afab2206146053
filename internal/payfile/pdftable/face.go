package pdftable

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is a font with the glyphs that a document uses.
type face struct {
	name   string
	object int
	ttf    []byte
	font   *sfnt.Font
	buf    sfnt.Buffer
	units  int
	glyphs map[rune]glyph
}

type glyph struct {
	id    sfnt.GlyphIndex
	width float64 // of a size of 1
}

func newFace(name string, ttf []byte) (*face, error) {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return &face{name: name, ttf: ttf, font: f, units: int(f.UnitsPerEm()), glyphs: map[rune]glyph{}}, nil
}

// replaced is what stands for a character that the font lacks: it would vanish
// without a word otherwise.
func replaced(r rune) rune {
	switch r {
	case '\u00a0', '\u2009', '\u202f', '\t', '\n', '\r':
		return ' '
	case '₽':
		return 'р'
	}
	return '?'
}

func (f *face) glyph(r rune) glyph {
	if g, ok := f.glyphs[r]; ok {
		return g
	}
	id, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil || id == 0 || r < ' ' || r == '\u00a0' {
		if other := replaced(r); other != r {
			return f.glyph(other)
		}
	}
	ppem := fixed.Int26_6(f.units)
	width := 0.5
	if a, err := f.font.GlyphAdvance(&f.buf, id, ppem, font.HintingNone); err == nil {
		width = float64(a) / float64(ppem)
	}
	g := glyph{id, width}
	f.glyphs[r] = g
	return g
}

func (f *face) width(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		w += f.glyph(r).width
	}
	return w * size
}

// encode writes s as glyph numbers in hex.
func (f *face) encode(s string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 4*len(s))
	for _, r := range s {
		id := f.glyph(r).id
		b = append(b, digits[id>>12&15], digits[id>>8&15], digits[id>>4&15], digits[id&15])
	}
	return string(b)
}

// wrap breaks s into lines of at most width, at spaces where there are any; what
// does not fit into so many lines is cut and ends with …
func (f *face) wrap(s string, size, width float64, most int) []string {
	var lines []string
	rest := strings.Join(strings.Fields(s), " ")
	for rest != "" {
		n, space, w := 0, 0, 0.0
		for i, r := range rest {
			w += f.glyph(r).width * size
			if w > width && i > 0 {
				break
			}
			if r == ' ' {
				space = i
			}
			n = i + len(string(r))
		}
		if n < len(rest) && space > 0 && rest[n] != ' ' {
			n = space
		}
		if len(lines) == most-1 && n < len(rest) {
			return append(lines, f.cut(rest, size, width))
		}
		lines = append(lines, strings.TrimSpace(rest[:n]))
		rest = strings.TrimSpace(rest[n:])
	}
	return lines
}

func (f *face) cut(s string, size, width float64) string {
	w := f.width("…", size)
	for i, r := range s {
		if w += f.glyph(r).width * size; w > width {
			return s[:i] + "…"
		}
	}
	return s
}

// put writes the font with the glyphs that were used and the characters they
// stand for, so that a text can be found and copied.
func (f *face) put(o *objects) {
	runes := slices.Sorted(maps.Keys(f.glyphs))
	var widths, chars strings.Builder
	count := 0
	for _, r := range runes {
		g := f.glyphs[r]
		fmt.Fprintf(&widths, "%d[%d]", g.id, int(g.width*1000+0.5))
		if r > 0xffff {
			continue
		}
		if count%100 == 0 {
			if count > 0 {
				chars.WriteString("endbfchar\n")
			}
			fmt.Fprintf(&chars, "%d beginbfchar\n", min(100, len(runes)-count))
		}
		fmt.Fprintf(&chars, "<%04X><%04X>\n", g.id, r)
		count++
	}
	if count > 0 {
		chars.WriteString("endbfchar\n")
	}
	file := o.stream(string(f.ttf), fmt.Sprintf("/Length1 %d", len(f.ttf)))
	base := "Go-" + f.name
	info := o.object(fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[-440 -290 2160 1010]/ItalicAngle 0/Ascent 950/Descent -210/CapHeight 720/StemV 80/FontFile2 %d 0 R>>", base, file))
	cid := o.object(fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap/Identity/DW 600/W[%s]>>", base, info, widths.String()))
	unicode := o.stream("/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n"+
		"1 begincodespacerange<0000><FFFF>endcodespacerange\n"+chars.String()+"endcmap CMapName currentdict/CMap defineresource pop end end", "")
	o.objectAt(f.object, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", base, cid, unicode))
}
