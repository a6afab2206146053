package qr

import (
	"fmt"
	"io"
	"strings"

	rsc "rsc.io/qr"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Symbol is the picture of a payload: a square of dark and light modules.
type Symbol struct{ code *rsc.Code }

// quiet is the light margin in modules that ISO/IEC 18004 asks for.
const quiet = 4

// Draw makes the picture of a payload, with medium error correction. It fails
// with "qr.too_long" when the payload does not fit into a code.
func Draw(payload []byte) (*Symbol, error) {
	c, err := rsc.Encode(string(payload), rsc.M)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "qr.too_long", i18n.Say("данные не помещаются в код", "the data do not fit into a code")).Because(err)
	}
	return &Symbol{c}, nil
}

// Size returns the number of modules on a side, margin included.
func (s *Symbol) Size() int { return s.code.Size + 2*quiet }

// Dark reports whether the module in column x and row y is dark, counted from
// the margin's corner.
func (s *Symbol) Dark(x, y int) bool { return s.code.Black(x-quiet, y-quiet) }

// Style is the manner of drawing in a terminal.
type Style struct {
	ASCII bool // two characters a module instead of half blocks
	Light bool // the terminal shows dark text on a light ground
}

// Terminal draws the code as text. It uses no colours and no escapes: ink is
// what the terminal shows letters with, so a dark terminal gets its light
// modules inked.
func (s *Symbol) Terminal(w io.Writer, style Style) error {
	var b strings.Builder
	ink := func(x, y int) bool { return s.Dark(x, y) == style.Light && y < s.Size() }
	step := 2
	if style.ASCII {
		step = 1
	}
	for y := 0; y < s.Size(); y += step {
		for x := range s.Size() {
			if style.ASCII {
				b.WriteString(asciiModule(ink(x, y)))
				continue
			}
			switch top, bottom := ink(x, y), ink(x, y+1); {
			case top && bottom:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case bottom:
				b.WriteString("▄")
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func asciiModule(ink bool) string {
	if ink {
		return "##"
	}
	return "  "
}

// maxScale bounds the picture: 185 modules of 64 pixels are some 140 megapixels.
const maxScale = 32

// PNG writes a black-and-white picture of scale pixels a module; a scale
// outside 1–32 becomes the nearest of them.
func (s *Symbol) PNG(w io.Writer, scale int) error {
	c := *s.code
	c.Scale = min(max(scale, 1), maxScale)
	_, err := w.Write(c.PNG())
	return err
}

// SVG writes a picture that scales, one path of dark runs on a white ground.
func (s *Symbol) SVG(w io.Writer) error {
	var b strings.Builder
	n := s.Size()
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, n, n, n, n)
	for y := range n {
		for x := 0; x < n; {
			if !s.Dark(x, y) {
				x++
				continue
			}
			start := x
			for x < n && s.Dark(x, y) {
				x++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", start, y, x-start, x-start)
		}
	}
	b.WriteString("\"/></svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
