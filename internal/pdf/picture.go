package pdf

import (
	"fmt"
	"image"
	"strings"
)

// Bilevel writes a picture in black and white, a bit a point, and returns the
// number of its object, a unit square to be drawn by Do. What is darker than half
// is black.
func (o *Writer) Bilevel(m image.Image) int {
	r := m.Bounds()
	var bits strings.Builder
	for y := r.Min.Y; y < r.Max.Y; y++ {
		var b byte
		for x := r.Min.X; x < r.Max.X; x++ {
			red, green, blue, _ := m.At(x, y).RGBA()
			b <<= 1
			if red+green+blue > 3*0x7fff {
				b |= 1
			}
			if n := x - r.Min.X + 1; n%8 == 0 {
				bits.WriteByte(b)
				b = 0
			} else if x == r.Max.X-1 {
				bits.WriteByte(b << (8 - n%8))
			}
		}
	}
	return o.Stream(bits.String(), fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1", r.Dx(), r.Dy()))
}
