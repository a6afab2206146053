package gost3410

import (
	"encoding/binary"
	"math/bits"
)

// element512 is a residue, least significant word first; see element256.
type element512 [8]uint64

// field512 is arithmetic modulo an odd 512-bit number; see field256.
type field512 struct {
	m    element512 // modulus
	fold uint64     // c when m = 2^512 − c and c < 2^32, else 0
	inv  uint64     // −m⁻¹ mod 2^64
	one  element512
	rr   element512 // what a plain number is multiplied by to become an element
}

// newField512 prepares arithmetic modulo m (64 octets, little-endian).
func newField512(m []byte) *field512 {
	f := &field512{}
	f.m.load(m)
	f.inv = negInverse64(f.m[0])
	high := ^uint64(0)
	for _, w := range f.m[1:] {
		high &= w
	}
	if high == ^uint64(0) && -f.m[0] < 1<<32 {
		f.fold = -f.m[0]
		f.one = element512{1}
		f.rr = f.one
		return f
	}
	// Doubling 1 gives R = 2^512 mod m and then R² mod m.
	r := element512{1}
	for range 512 {
		f.addPlain(&r, &r, &r)
	}
	f.one = r
	for range 512 {
		f.addPlain(&r, &r, &r)
	}
	f.rr = r
	return f
}

// load reads a little-endian number of 64 octets.
func (z *element512) load(b []byte) {
	for i := range z {
		z[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
}

// store writes z as 64 little-endian octets.
func (z *element512) store(b []byte) {
	for i, w := range z {
		binary.LittleEndian.PutUint64(b[8*i:], w)
	}
}

// less reports x < y as a borrow bit.
func (x *element512) less(y *element512) uint64 {
	var c uint64
	for i := range x {
		_, c = bits.Sub64(x[i], y[i], c)
	}
	return c
}

// isZeroWord returns 1 if x is all zero bits, else 0.
func (x *element512) isZeroWord() uint64 {
	v := x[0] | x[1] | x[2] | x[3] | x[4] | x[5] | x[6] | x[7]
	return 1 ^ (v|-v)>>63
}

// pick sets z to x if take is 1 and leaves it if take is 0.
func (z *element512) pick(x *element512, take uint64) {
	mask := -take
	for i := range z {
		z[i] ^= mask & (z[i] ^ x[i])
	}
}

// toField brings a plain number below 2^512, not only below the modulus, into
// the field.
func (f *field512) toField(z, x *element512) {
	f.mul(z, x, &f.rr)
}

// fromField returns the plain number below the modulus.
func (f *field512) fromField(z, x *element512) {
	if f.fold == 0 {
		f.mulMont(z, x, &element512{1})
		return
	}
	*z = *x
	f.reduce(z)
}

// reduce subtracts the modulus once if z is not below it. Once is enough: only
// residues modulo 2^512 − c are ever left unreduced.
func (f *field512) reduce(z *element512) {
	var t element512
	var b uint64
	for i := range t {
		t[i], b = bits.Sub64(z[i], f.m[i], b)
	}
	z.pick(&t, 1^b)
}

// isZero returns 1 if x is zero in the field, else 0.
func (f *field512) isZero(x *element512) uint64 {
	t := *x
	f.reduce(&t)
	return t.isZeroWord()
}

// addPlain adds numbers below the modulus.
func (f *field512) addPlain(z, x, y *element512) {
	var s, t element512
	var c, b uint64
	for i := range s {
		s[i], c = bits.Add64(x[i], y[i], c)
	}
	for i := range t {
		t[i], b = bits.Sub64(s[i], f.m[i], b)
	}
	_, b = bits.Sub64(c, 0, b)
	s.pick(&t, 1^b)
	*z = s
}

func (f *field512) add(z, x, y *element512) {
	if f.fold == 0 {
		f.addPlain(z, x, y)
		return
	}
	s0, c := bits.Add64(x[0], y[0], 0)
	s1, c := bits.Add64(x[1], y[1], c)
	s2, c := bits.Add64(x[2], y[2], c)
	s3, c := bits.Add64(x[3], y[3], c)
	s4, c := bits.Add64(x[4], y[4], c)
	s5, c := bits.Add64(x[5], y[5], c)
	s6, c := bits.Add64(x[6], y[6], c)
	s7, c := bits.Add64(x[7], y[7], c)
	s0, c = bits.Add64(s0, -c&f.fold, 0)
	z[1], c = bits.Add64(s1, 0, c)
	z[2], c = bits.Add64(s2, 0, c)
	z[3], c = bits.Add64(s3, 0, c)
	z[4], c = bits.Add64(s4, 0, c)
	z[5], c = bits.Add64(s5, 0, c)
	z[6], c = bits.Add64(s6, 0, c)
	z[7], c = bits.Add64(s7, 0, c)
	// After a second carry the low word is below c, so this cannot carry.
	z[0] = s0 + (-c & f.fold)
}

func (f *field512) sub(z, x, y *element512) {
	d0, b := bits.Sub64(x[0], y[0], 0)
	d1, b := bits.Sub64(x[1], y[1], b)
	d2, b := bits.Sub64(x[2], y[2], b)
	d3, b := bits.Sub64(x[3], y[3], b)
	d4, b := bits.Sub64(x[4], y[4], b)
	d5, b := bits.Sub64(x[5], y[5], b)
	d6, b := bits.Sub64(x[6], y[6], b)
	d7, b := bits.Sub64(x[7], y[7], b)
	if f.fold == 0 {
		mask := -b
		var c uint64
		z[0], c = bits.Add64(d0, mask&f.m[0], 0)
		z[1], c = bits.Add64(d1, mask&f.m[1], c)
		z[2], c = bits.Add64(d2, mask&f.m[2], c)
		z[3], c = bits.Add64(d3, mask&f.m[3], c)
		z[4], c = bits.Add64(d4, mask&f.m[4], c)
		z[5], c = bits.Add64(d5, mask&f.m[5], c)
		z[6], c = bits.Add64(d6, mask&f.m[6], c)
		z[7], _ = bits.Add64(d7, mask&f.m[7], c)
		return
	}
	d0, b = bits.Sub64(d0, -b&f.fold, 0)
	z[1], b = bits.Sub64(d1, 0, b)
	z[2], b = bits.Sub64(d2, 0, b)
	z[3], b = bits.Sub64(d3, 0, b)
	z[4], b = bits.Sub64(d4, 0, b)
	z[5], b = bits.Sub64(d5, 0, b)
	z[6], b = bits.Sub64(d6, 0, b)
	z[7], b = bits.Sub64(d7, 0, b)
	z[0] = d0 - (-b & f.fold)
}

// half sets z = x/2.
func (f *field512) half(z, x *element512) {
	mask := -(x[0] & 1)
	var s element512
	var c uint64
	for i := range s {
		s[i], c = bits.Add64(x[i], mask&f.m[i], c)
	}
	for i := range 7 {
		z[i] = s[i]>>1 | s[i+1]<<63
	}
	z[7] = s[7]>>1 | c<<63
}

// neg sets z = −x.
func (f *field512) neg(z, x *element512) {
	var zero element512
	f.sub(z, &zero, x)
}

func (f *field512) mul(z, x, y *element512) {
	if f.fold != 0 {
		mulFold512(z, x, y, f.fold)
		return
	}
	f.mulMont(z, x, y)
}

func (f *field512) sqr(z, x *element512) {
	if f.fold != 0 {
		sqrFold512(z, x, f.fold)
		return
	}
	f.mulMont(z, x, x)
}

// addMul512 adds a·y to the nine words t; the sum must fit.
func addMul512(t *[9]uint64, a uint64, y *element512) {
	h0, l0 := bits.Mul64(a, y[0])
	h1, l1 := bits.Mul64(a, y[1])
	h2, l2 := bits.Mul64(a, y[2])
	h3, l3 := bits.Mul64(a, y[3])
	var c uint64
	l1, c = bits.Add64(l1, h0, 0)
	l2, c = bits.Add64(l2, h1, c)
	l3, c = bits.Add64(l3, h2, c)
	h3 += c
	t[0], c = bits.Add64(t[0], l0, 0)
	t[1], c = bits.Add64(t[1], l1, c)
	t[2], c = bits.Add64(t[2], l2, c)
	t[3], c = bits.Add64(t[3], l3, c)
	h3 += c // a·y + t fits, so this cannot carry

	h4, l4 := bits.Mul64(a, y[4])
	h5, l5 := bits.Mul64(a, y[5])
	h6, l6 := bits.Mul64(a, y[6])
	h7, l7 := bits.Mul64(a, y[7])
	l4, c = bits.Add64(l4, h3, 0)
	l5, c = bits.Add64(l5, h4, c)
	l6, c = bits.Add64(l6, h5, c)
	l7, c = bits.Add64(l7, h6, c)
	h7 += c
	t[4], c = bits.Add64(t[4], l4, 0)
	t[5], c = bits.Add64(t[5], l5, c)
	t[6], c = bits.Add64(t[6], l6, c)
	t[7], c = bits.Add64(t[7], l7, c)
	t[8] += h7 + c
}

// mulMont sets z = x·y/2^512 mod m for y below m and any x.
func (f *field512) mulMont(z, x, y *element512) {
	var t [18]uint64
	for i := range x {
		w := (*[9]uint64)(t[i : i+9])
		before := w[8]
		addMul512(w, x[i], y)
		// A wrapped last word is a carry out of the window of nine words.
		carry := lessWord(w[8], before)
		before = w[8]
		addMul512(w, w[0]*f.inv, &f.m)
		carry += lessWord(w[8], before)
		t[i+9] = carry
	}
	r := (*element512)(t[8:16])
	var s element512
	var b uint64
	for i := range s {
		s[i], b = bits.Sub64(r[i], f.m[i], b)
	}
	_, b = bits.Sub64(t[16], 0, b)
	s.pick(r, b)
	*z = s
}

// mulFold512 sets z = x·y mod 2^512 − c, below 2^512.
func mulFold512(z, x, y *element512, c uint64) {
	var t [16]uint64
	for i := range x {
		addMul512((*[9]uint64)(t[i:i+9]), x[i], y)
	}
	fold512(z, &t, c)
}

// sqrFold512 sets z = x² mod 2^512 − c, below 2^512.
func sqrFold512(z, x *element512, c uint64) {
	// Products of different words first, each once.
	var t [16]uint64
	for i := range 7 {
		a := x[i]
		var carry uint64
		for j := i + 1; j < 8; j++ {
			h, l := bits.Mul64(a, x[j])
			var k uint64
			l, k = bits.Add64(l, carry, 0)
			h += k
			t[i+j], k = bits.Add64(t[i+j], l, 0)
			carry = h + k
		}
		t[i+8] = carry
	}
	var top uint64
	for i := range t {
		t[i], top = t[i]<<1|top, t[i]>>63
	}
	var k uint64
	for i := range x {
		h, l := bits.Mul64(x[i], x[i])
		t[2*i], k = bits.Add64(t[2*i], l, k)
		t[2*i+1], k = bits.Add64(t[2*i+1], h, k)
	}
	fold512(z, &t, c)
}

// fold512 reduces a product of 1,024 bits: 2^512 ≡ c.
func fold512(z *element512, t *[16]uint64, c uint64) {
	var low [9]uint64
	copy(low[:8], t[:8])
	addMul512(&low, c, (*element512)(t[8:16]))
	// What is left above 2^512 is at most c, so its product fits one word.
	var k uint64
	low[0], k = bits.Add64(low[0], low[8]*c, 0)
	for i := 1; i < 8; i++ {
		z[i], k = bits.Add64(low[i], 0, k)
	}
	z[0] = low[0] + (-k & c)
}

// selectRow512 reads one row by looking at all of them. Row 0, which is no
// row, gives zeros.
func selectRow512(out *affine512, rows *[rows512]affine512, row uint64) {
	*out = affine512{}
	for i := range rows {
		mask := -equalWord(uint64(i+1), row)
		r := &rows[i]
		for j := range r.x {
			out.x[j] |= mask & r.x[j]
			out.y[j] |= mask & r.y[j]
		}
	}
}
