package pdf

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Face is a font of a document and the glyphs that the document uses.
type Face struct {
	Name   string // in the resources of a page: "F1"
	Object int    // its number

	base   string // its name for readers
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

// Regular returns the plain face.
func Regular(name string, object int) (*Face, error) {
	return newFace(name, object, "Go-Regular", goregular.TTF)
}

// Bold returns the bold face.
func Bold(name string, object int) (*Face, error) {
	return newFace(name, object, "Go-Bold", gobold.TTF)
}

func newFace(name string, object int, base string, ttf []byte) (*Face, error) {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return &Face{Name: name, Object: object, base: base, ttf: ttf, font: f, units: int(f.UnitsPerEm()), glyphs: map[rune]glyph{}}, nil
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

func (f *Face) glyph(r rune) glyph {
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

// Width returns how wide s is in this size, points.
func (f *Face) Width(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		w += f.glyph(r).width
	}
	return w * size
}

// Show returns the operators that print s with its beginning at x, y (points from
// the lower left corner).
func (f *Face) Show(s string, size, x, y float64) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("BT /%s %g Tf %.2f %.2f Td <%s> Tj ET\n", f.Name, size, x, y, f.Encode(s))
}

// Encode writes s as glyph numbers in hex.
func (f *Face) Encode(s string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 4*len(s))
	for _, r := range s {
		id := f.glyph(r).id
		b = append(b, digits[id>>12&15], digits[id>>8&15], digits[id>>4&15], digits[id&15])
	}
	return string(b)
}

// Wrap breaks s into lines of at most width, at spaces where there are any; what
// does not fit into so many lines is cut and ends with …
func (f *Face) Wrap(s string, size, width float64, most int) []string {
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

func (f *Face) cut(s string, size, width float64) string {
	w := f.Width("…", size)
	for i, r := range s {
		if w += f.glyph(r).width * size; w > width {
			return s[:i] + "…"
		}
	}
	return s
}

// Outline returns the shapes of s as a path in units of its size, for what is to be
// seen and not read: a mark across a page that is no text stands in nobody's way
// who takes the text out of the file.
func (f *Face) Outline(s string) (string, error) {
	var b strings.Builder
	x := 0.0
	scale := 1 / float64(f.units)
	at := func(p fixed.Point26_6) string {
		return fmt.Sprintf("%.3f %.3f ", x+float64(p.X)*scale, -float64(p.Y)*scale)
	}
	for _, r := range s {
		g := f.glyph(r)
		segments, err := f.font.LoadGlyph(&f.buf, g.id, fixed.Int26_6(f.units), nil)
		if err != nil {
			return "", fmt.Errorf("glyph of %q: %w", r, err)
		}
		var pen fixed.Point26_6
		for _, seg := range segments {
			a := seg.Args
			switch seg.Op {
			case sfnt.SegmentOpMoveTo:
				b.WriteString(at(a[0]) + "m ")
				pen = a[0]
			case sfnt.SegmentOpLineTo:
				b.WriteString(at(a[0]) + "l ")
				pen = a[0]
			case sfnt.SegmentOpQuadTo: // PDF has cubic curves only
				b.WriteString(at(third(pen, a[0])) + at(third(a[1], a[0])) + at(a[1]) + "c ")
				pen = a[1]
			case sfnt.SegmentOpCubeTo:
				b.WriteString(at(a[0]) + at(a[1]) + at(a[2]) + "c ")
				pen = a[2]
			}
		}
		x += g.width
	}
	b.WriteString("f\n")
	return b.String(), nil
}

// third is two thirds of the way from p to the control point.
func third(p, control fixed.Point26_6) fixed.Point26_6 {
	return fixed.Point26_6{X: p.X + (control.X-p.X)*2/3, Y: p.Y + (control.Y-p.Y)*2/3}
}

// Put writes the font with the glyphs that were used and the characters they
// stand for, so that a text can be found and copied.
func (f *Face) Put(o *Writer) error {
	var widths strings.Builder
	used := map[sfnt.GlyphIndex]rune{} // one character each: a map of the simplest kind
	for _, r := range slices.Sorted(maps.Keys(f.glyphs)) {
		if id := f.glyphs[r].id; used[id] == 0 {
			used[id] = r
		}
	}
	ids := slices.Sorted(maps.Keys(used))
	for _, id := range ids {
		fmt.Fprintf(&widths, "%d[%d]", id, int(f.glyphs[used[id]].width*1000+0.5))
	}
	ttf, err := subset(f.ttf, ids)
	if err != nil {
		return fmt.Errorf("font %s: %w", f.base, err)
	}
	// Six letters and a plus sign say that the font is not whole (ISO 32000-1, 9.6.4).
	base := "EPGUAA+" + f.base
	file := o.Stream(string(ttf), fmt.Sprintf("/Length1 %d", len(ttf)))
	info := o.Object(fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[-440 -290 2160 1010]/ItalicAngle 0/Ascent 950/Descent -210/CapHeight 720/StemV 80/FontFile2 %d 0 R>>", base, file))
	cid := o.Object(fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap/Identity/DW 600/W[%s]>>", base, info, widths.String()))
	unicode := o.Stream(toUnicode(ids, used), "")
	o.ObjectAt(f.Object, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", base, cid, unicode))
	return o.err
}

// toUnicode maps each glyph to its character, one on a line: simple readers follow
// neither ranges nor several characters (ISO 32000-1, 9.10.3).
func toUnicode(ids []sfnt.GlyphIndex, used map[sfnt.GlyphIndex]rune) string {
	const head = `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
`
	const most = 100 // of a block, by the standard
	var b strings.Builder
	b.WriteString(head)
	for block := range slices.Chunk(ids, most) {
		fmt.Fprintf(&b, "%d beginbfchar\n", len(block))
		for _, id := range block {
			fmt.Fprintf(&b, "<%04X> <%04X>\n", id, used[id]) // the fonts have nothing above U+FFFF
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.String()
}
