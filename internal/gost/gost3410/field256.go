package gost3410

import (
	"encoding/binary"
	"math/bits"
)

// element256 is a residue, least significant word first. For a modulus of the
// form 2^256 − c it is any 256-bit representative; for other moduli it is the
// Montgomery form, below the modulus.
type element256 [4]uint64

// field256 is arithmetic modulo an odd 256-bit number: the prime of a curve or
// the order of its group. Nothing here branches on, or indexes by, the value
// of an element, except where a name says vartime.
type field256 struct {
	m    element256 // modulus
	fold uint64     // c when m = 2^256 − c and c < 2^32, else 0
	inv  uint64     // −m⁻¹ mod 2^64
	one  element256
	rr   element256 // what a plain number is multiplied by to become an element
}

// newField256 prepares arithmetic modulo m (32 octets, little-endian).
func newField256(m []byte) *field256 {
	f := &field256{}
	f.m.load(m)
	f.inv = negInverse64(f.m[0])
	if f.m[1]&f.m[2]&f.m[3] == ^uint64(0) && -f.m[0] < 1<<32 {
		f.fold = -f.m[0]
		f.one = element256{1}
		f.rr = f.one
		return f
	}
	// Doubling 1 gives R = 2^256 mod m and then R² mod m.
	r := element256{1}
	for range 256 {
		f.addPlain(&r, &r, &r)
	}
	f.one = r
	for range 256 {
		f.addPlain(&r, &r, &r)
	}
	f.rr = r
	return f
}

// load reads a little-endian number of 32 octets.
func (z *element256) load(b []byte) {
	for i := range z {
		z[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
}

// store writes z as 32 little-endian octets.
func (z *element256) store(b []byte) {
	for i, w := range z {
		binary.LittleEndian.PutUint64(b[8*i:], w)
	}
}

// less reports x < y as a borrow bit.
func (x *element256) less(y *element256) uint64 {
	var c uint64
	for i := range x {
		_, c = bits.Sub64(x[i], y[i], c)
	}
	return c
}

// isZeroWord returns 1 if x is all zero bits, else 0.
func (x *element256) isZeroWord() uint64 {
	v := x[0] | x[1] | x[2] | x[3]
	return 1 ^ (v|-v)>>63
}

// pick sets z to x if take is 1 and leaves it if take is 0.
func (z *element256) pick(x *element256, take uint64) {
	mask := -take
	z[0] ^= mask & (z[0] ^ x[0])
	z[1] ^= mask & (z[1] ^ x[1])
	z[2] ^= mask & (z[2] ^ x[2])
	z[3] ^= mask & (z[3] ^ x[3])
}

// toField brings a plain number below 2^256, not only below the modulus, into
// the field.
func (f *field256) toField(z, x *element256) {
	f.mul(z, x, &f.rr)
}

// fromField returns the plain number below the modulus.
func (f *field256) fromField(z, x *element256) {
	if f.fold == 0 {
		f.mulMont(z, x, &element256{1})
		return
	}
	*z = *x
	f.reduce(z)
}

// reduce subtracts the modulus once if z is not below it. Once is enough: only
// residues modulo 2^256 − c are ever left unreduced.
func (f *field256) reduce(z *element256) {
	var t element256
	var b uint64
	t[0], b = bits.Sub64(z[0], f.m[0], 0)
	t[1], b = bits.Sub64(z[1], f.m[1], b)
	t[2], b = bits.Sub64(z[2], f.m[2], b)
	t[3], b = bits.Sub64(z[3], f.m[3], b)
	z.pick(&t, 1^b)
}

// isZero returns 1 if x is zero in the field, else 0.
func (f *field256) isZero(x *element256) uint64 {
	t := *x
	f.reduce(&t)
	return t.isZeroWord()
}

// addPlain adds numbers below the modulus.
func (f *field256) addPlain(z, x, y *element256) {
	var s, t element256
	var c, b uint64
	s[0], c = bits.Add64(x[0], y[0], 0)
	s[1], c = bits.Add64(x[1], y[1], c)
	s[2], c = bits.Add64(x[2], y[2], c)
	s[3], c = bits.Add64(x[3], y[3], c)
	t[0], b = bits.Sub64(s[0], f.m[0], 0)
	t[1], b = bits.Sub64(s[1], f.m[1], b)
	t[2], b = bits.Sub64(s[2], f.m[2], b)
	t[3], b = bits.Sub64(s[3], f.m[3], b)
	_, b = bits.Sub64(c, 0, b)
	s.pick(&t, 1^b)
	*z = s
}

func (f *field256) add(z, x, y *element256) {
	if f.fold == 0 {
		f.addPlain(z, x, y)
		return
	}
	s0, c := bits.Add64(x[0], y[0], 0)
	s1, c := bits.Add64(x[1], y[1], c)
	s2, c := bits.Add64(x[2], y[2], c)
	s3, c := bits.Add64(x[3], y[3], c)
	s0, c = bits.Add64(s0, -c&f.fold, 0)
	s1, c = bits.Add64(s1, 0, c)
	s2, c = bits.Add64(s2, 0, c)
	s3, c = bits.Add64(s3, 0, c)
	// After a second carry the low word is below c, so this cannot carry.
	z[0], z[1], z[2], z[3] = s0+(-c&f.fold), s1, s2, s3
}

func (f *field256) sub(z, x, y *element256) {
	d0, b := bits.Sub64(x[0], y[0], 0)
	d1, b := bits.Sub64(x[1], y[1], b)
	d2, b := bits.Sub64(x[2], y[2], b)
	d3, b := bits.Sub64(x[3], y[3], b)
	if f.fold == 0 {
		mask := -b
		var c uint64
		z[0], c = bits.Add64(d0, mask&f.m[0], 0)
		z[1], c = bits.Add64(d1, mask&f.m[1], c)
		z[2], c = bits.Add64(d2, mask&f.m[2], c)
		z[3], _ = bits.Add64(d3, mask&f.m[3], c)
		return
	}
	d0, b = bits.Sub64(d0, -b&f.fold, 0)
	d1, b = bits.Sub64(d1, 0, b)
	d2, b = bits.Sub64(d2, 0, b)
	d3, b = bits.Sub64(d3, 0, b)
	z[0], z[1], z[2], z[3] = d0-(-b&f.fold), d1, d2, d3
}

// half sets z = x/2.
func (f *field256) half(z, x *element256) {
	mask := -(x[0] & 1)
	var s element256
	var c uint64
	for i := range s {
		s[i], c = bits.Add64(x[i], mask&f.m[i], c)
	}
	for i := range 3 {
		z[i] = s[i]>>1 | s[i+1]<<63
	}
	z[3] = s[3]>>1 | c<<63
}

// neg sets z = −x.
func (f *field256) neg(z, x *element256) {
	var zero element256
	f.sub(z, &zero, x)
}

func (f *field256) mul(z, x, y *element256) {
	if f.fold != 0 {
		mulFold256(z, x, y, f.fold)
		return
	}
	f.mulMont(z, x, y)
}

func (f *field256) sqr(z, x *element256) {
	if f.fold != 0 {
		sqrFold256(z, x, f.fold)
		return
	}
	f.mulMont(z, x, x)
}

// mulMont sets z = x·y/2^256 mod m for y below m and any x.
func (f *field256) mulMont(z, x, y *element256) {
	var t0, t1, t2, t3, t4, t5 uint64
	m0, m1, m2, m3 := f.m[0], f.m[1], f.m[2], f.m[3]
	y0, y1, y2, y3 := y[0], y[1], y[2], y[3]
	for _, a := range x {
		h0, l0 := bits.Mul64(a, y0)
		h1, l1 := bits.Mul64(a, y1)
		h2, l2 := bits.Mul64(a, y2)
		h3, l3 := bits.Mul64(a, y3)
		var c uint64
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		t0, c = bits.Add64(t0, l0, 0)
		t1, c = bits.Add64(t1, l1, c)
		t2, c = bits.Add64(t2, l2, c)
		t3, c = bits.Add64(t3, l3, c)
		t4, t5 = bits.Add64(t4, h3, c)

		q := t0 * f.inv
		h0, l0 = bits.Mul64(q, m0)
		h1, l1 = bits.Mul64(q, m1)
		h2, l2 = bits.Mul64(q, m2)
		h3, l3 = bits.Mul64(q, m3)
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		_, c = bits.Add64(t0, l0, 0)
		t0, c = bits.Add64(t1, l1, c)
		t1, c = bits.Add64(t2, l2, c)
		t2, c = bits.Add64(t3, l3, c)
		t3, c = bits.Add64(t4, h3, c)
		t4 = t5 + c
	}
	s0, b := bits.Sub64(t0, m0, 0)
	s1, b := bits.Sub64(t1, m1, b)
	s2, b := bits.Sub64(t2, m2, b)
	s3, b := bits.Sub64(t3, m3, b)
	_, b = bits.Sub64(t4, 0, b)
	mask := -b // all ones: keep t
	z[0] = s0 ^ mask&(s0^t0)
	z[1] = s1 ^ mask&(s1^t1)
	z[2] = s2 ^ mask&(s2^t2)
	z[3] = s3 ^ mask&(s3^t3)
}

// mulFold256 sets z = x·y mod 2^256 − c, below 2^256.
func mulFold256(z, x, y *element256, c uint64) {
	y0, y1, y2, y3 := y[0], y[1], y[2], y[3]
	var k uint64

	a := x[0]
	t1, t0 := bits.Mul64(a, y0)
	t2, l1 := bits.Mul64(a, y1)
	t3, l2 := bits.Mul64(a, y2)
	t4, l3 := bits.Mul64(a, y3)
	t1, k = bits.Add64(t1, l1, 0)
	t2, k = bits.Add64(t2, l2, k)
	t3, k = bits.Add64(t3, l3, k)
	t4 += k

	a = x[1]
	h0, l0 := bits.Mul64(a, y0)
	h1, l1 := bits.Mul64(a, y1)
	h2, l2 := bits.Mul64(a, y2)
	t5, l3 := bits.Mul64(a, y3)
	l1, k = bits.Add64(l1, h0, 0)
	l2, k = bits.Add64(l2, h1, k)
	l3, k = bits.Add64(l3, h2, k)
	t5 += k
	t1, k = bits.Add64(t1, l0, 0)
	t2, k = bits.Add64(t2, l1, k)
	t3, k = bits.Add64(t3, l2, k)
	t4, k = bits.Add64(t4, l3, k)
	t5 += k

	a = x[2]
	h0, l0 = bits.Mul64(a, y0)
	h1, l1 = bits.Mul64(a, y1)
	h2, l2 = bits.Mul64(a, y2)
	t6, l3 := bits.Mul64(a, y3)
	l1, k = bits.Add64(l1, h0, 0)
	l2, k = bits.Add64(l2, h1, k)
	l3, k = bits.Add64(l3, h2, k)
	t6 += k
	t2, k = bits.Add64(t2, l0, 0)
	t3, k = bits.Add64(t3, l1, k)
	t4, k = bits.Add64(t4, l2, k)
	t5, k = bits.Add64(t5, l3, k)
	t6 += k

	a = x[3]
	h0, l0 = bits.Mul64(a, y0)
	h1, l1 = bits.Mul64(a, y1)
	h2, l2 = bits.Mul64(a, y2)
	t7, l3 := bits.Mul64(a, y3)
	l1, k = bits.Add64(l1, h0, 0)
	l2, k = bits.Add64(l2, h1, k)
	l3, k = bits.Add64(l3, h2, k)
	t7 += k
	t3, k = bits.Add64(t3, l0, 0)
	t4, k = bits.Add64(t4, l1, k)
	t5, k = bits.Add64(t5, l2, k)
	t6, k = bits.Add64(t6, l3, k)
	t7 += k

	fold256(z, t0, t1, t2, t3, t4, t5, t6, t7, c)
}

// sqrFold256 sets z = x² mod 2^256 − c, below 2^256.
func sqrFold256(z, x *element256, c uint64) {
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]

	h03, l03 := bits.Mul64(x0, x3)
	h02, l02 := bits.Mul64(x0, x2)
	h01, l01 := bits.Mul64(x0, x1)
	t1 := l01
	t2, k := bits.Add64(h01, l02, 0)
	t3, k := bits.Add64(h02, l03, k)
	t4 := h03 + k

	h12, l12 := bits.Mul64(x1, x2)
	h13, l13 := bits.Mul64(x1, x3)
	h23, l23 := bits.Mul64(x2, x3)
	t3, k = bits.Add64(t3, l12, 0)
	t4, k = bits.Add64(t4, h12, k)
	t5 := k
	t4, k = bits.Add64(t4, l13, 0)
	// The cross products up to here are below 2^384: nothing is carried out.
	t5, _ = bits.Add64(t5, h13, k)
	t5, k = bits.Add64(t5, l23, 0)
	t6 := h23 + k

	t7 := t6 >> 63
	t6 = t6<<1 | t5>>63
	t5 = t5<<1 | t4>>63
	t4 = t4<<1 | t3>>63
	t3 = t3<<1 | t2>>63
	t2 = t2<<1 | t1>>63
	t1 <<= 1

	h0, t0 := bits.Mul64(x0, x0)
	h1, l1 := bits.Mul64(x1, x1)
	h2, l2 := bits.Mul64(x2, x2)
	h3, l4 := bits.Mul64(x3, x3)
	t1, k = bits.Add64(t1, h0, 0)
	t2, k = bits.Add64(t2, l1, k)
	t3, k = bits.Add64(t3, h1, k)
	t4, k = bits.Add64(t4, l2, k)
	t5, k = bits.Add64(t5, h2, k)
	t6, k = bits.Add64(t6, l4, k)
	t7 += h3 + k

	fold256(z, t0, t1, t2, t3, t4, t5, t6, t7, c)
}

// fold256 reduces a 512-bit product: 2^256 ≡ c.
func fold256(z *element256, t0, t1, t2, t3, t4, t5, t6, t7, c uint64) {
	h0, l0 := bits.Mul64(t4, c)
	h1, l1 := bits.Mul64(t5, c)
	h2, l2 := bits.Mul64(t6, c)
	h3, l3 := bits.Mul64(t7, c)
	var k uint64
	l1, k = bits.Add64(l1, h0, 0)
	l2, k = bits.Add64(l2, h1, k)
	l3, k = bits.Add64(l3, h2, k)
	h3 += k
	t0, k = bits.Add64(t0, l0, 0)
	t1, k = bits.Add64(t1, l1, k)
	t2, k = bits.Add64(t2, l2, k)
	t3, k = bits.Add64(t3, l3, k)
	// What is left above 2^256 is at most c, so its product fits one word.
	t0, k = bits.Add64(t0, (h3+k)*c, 0)
	t1, k = bits.Add64(t1, 0, k)
	t2, k = bits.Add64(t2, 0, k)
	t3, k = bits.Add64(t3, 0, k)
	z[0], z[1], z[2], z[3] = t0+(-k&c), t1, t2, t3
}

// selectRow256 reads one row by looking at all of them. Row 0, which is no
// row, gives zeros.
func selectRow256(out *affine256, rows *[rows256]affine256, row uint64) {
	var x0, x1, x2, x3, y0, y1, y2, y3 uint64
	for i := range rows {
		mask := -equalWord(uint64(i+1), row)
		r := &rows[i]
		x0 |= mask & r.x[0]
		x1 |= mask & r.x[1]
		x2 |= mask & r.x[2]
		x3 |= mask & r.x[3]
		y0 |= mask & r.y[0]
		y1 |= mask & r.y[1]
		y2 |= mask & r.y[2]
		y3 |= mask & r.y[3]
	}
	out.x = element256{x0, x1, x2, x3}
	out.y = element256{y0, y1, y2, y3}
}
