package drive

import (
	"fmt"
	"html"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"
)

// The size of a cell in a picture, and the colours of a terminal that has none of
// its own.
const (
	cellW, cellH = 9.0, 19.0
	paper, ink   = "#10141c", "#dfe5ee"
)

// picture draws what an emulator shows as SVG: every cell where it stands, so that
// any monospaced font will do.
func picture(emu *vt.Emulator) string {
	var b strings.Builder
	w, h := float64(emu.Width())*cellW, float64(emu.Height())*cellH
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="15">`+"\n", w+20, h+20)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	for y := range emu.Height() {
		for x := 0; x < emu.Width(); {
			c := emu.CellAt(x, y)
			n := x + 1
			for n < emu.Width() && sameLook(c, emu.CellAt(n, y)) {
				n++
			}
			var text strings.Builder
			for i := x; i < n; i++ {
				if k := emu.CellAt(i, y); k != nil && k.Content != "" {
					text.WriteString(k.Content)
				} else if k == nil || k.Width > 0 {
					text.WriteByte(' ')
				}
			}
			run(&b, c, text.String(), x, y, n-x)
			x = n
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func sameLook(a, b *uv.Cell) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Style.Equal(&b.Style)
}

// run draws cells of one look.
func run(b *strings.Builder, c *uv.Cell, text string, x, y, cells int) {
	fg, bg, weight := ink, paper, ""
	if c != nil {
		fg, bg = hex(c.Style.Fg, fg), hex(c.Style.Bg, bg)
		if c.Style.Attrs&uv.AttrReverse != 0 {
			fg, bg = bg, fg
		}
		if c.Style.Attrs&uv.AttrBold != 0 {
			weight = ` font-weight="bold"`
		}
	}
	left, top := 10+float64(x)*cellW, 10+float64(y)*cellH
	if bg != paper {
		fmt.Fprintf(b, `<rect x="%g" y="%g" width="%g" height="%g" fill="%s"/>`+"\n", left, top, float64(cells)*cellW+0.3, cellH+0.3, bg)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	fmt.Fprintf(b, `<text x="%g" y="%g" fill="%s"%s textLength="%g" lengthAdjust="spacingAndGlyphs" xml:space="preserve">%s</text>`+"\n",
		left, top+14.5, fg, weight, float64(cells)*cellW, html.EscapeString(text))
}

func hex(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	r, g, bl, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, bl>>8)
}
