package gost3410

// Sizes of the 256-bit fixed-base table: windows256 windows of width256 bits
// cover a signed recoding of 256 bits, rows256 multiples each.
const (
	size256 = 32

	width256 = 6

	windows256 = (8*size256 + width256) / width256
	rows256    = 1 << (width256 - 1)
)

// table256 holds (row+1)·2^(width·window)·P for every window and row.
type table256 [windows256][rows256]affine256

// newTable256 computes the fixed-base table of a base point.
func newTable256(c *curve256, base *affine256) *table256 {
	f := c.f
	points := make([]jacobian256, 0, windows256*rows256)
	step := jacobian256{base.x, base.y, f.one}
	for range windows256 {
		p := step
		for range rows256 {
			points = append(points, p)
			c.addVartime(&p, &step)
		}
		for range width256 {
			c.doubleVartime(&step)
		}
	}
	flat := c.toAffine(points)
	t := new(table256)
	for w := range t {
		copy(t[w][:], flat[w*rows256:])
	}
	return t
}

// toAffine brings points, none at infinity, to affine form with one inversion.
func (c *curve256) toAffine(points []jacobian256) []affine256 {
	f := c.f
	prefix := make([]element256, len(points))
	acc := f.one
	for i := range points {
		prefix[i] = acc
		f.mul(&acc, &acc, &points[i].z)
	}
	f.invert(&acc, &acc)
	out := make([]affine256, len(points))
	for i := len(points) - 1; i >= 0; i-- {
		p := &points[i]
		var zi, zi2 element256
		f.mul(&zi, &acc, &prefix[i])
		f.mul(&acc, &acc, &p.z)
		f.sqr(&zi2, &zi)
		f.mul(&out[i].x, &p.x, &zi2)
		f.mul(&zi2, &zi2, &zi)
		f.mul(&out[i].y, &p.y, &zi2)
	}
	return out
}

// digit256 returns the signed digit of window w of k: its absolute value, at
// most rows256, and 1 if it is negative (Booth recoding, no branches on k).
func digit256(k *element256, w int) (abs, negative uint64) {
	const mask = 1<<(width256+1) - 1
	bit := w*width256 - 1
	var v uint64
	if bit < 0 {
		v = k[0] << 1
	} else {
		word, shift := bit/64, bit%64
		v = k[word] >> shift
		if shift > 64-width256-1 && word+1 < len(k) {
			v |= k[word+1] << (64 - shift)
		}
	}
	v &= mask
	negative = v >> width256
	d := (v + 1) >> 1 // 0 … 2^width
	abs = d ^ -negative&(d^(1<<width256-d))
	return abs, negative
}

// baseMult returns k·P in constant time; k is a plain number below the order,
// not zero. The additions have no special case for equal points: the partial
// sum and the next row could meet only modulo the order, in the last window,
// for fewer than 2·rows256 scalars of all. For those the result has Z = 0, and
// the caller must deal with it.
func (c *curve256) baseMult(t *table256, k *element256) jacobian256 {
	f := c.f
	var sum jacobian256
	nothing := uint64(1) // the sum is still the point at infinity
	for w := range t {
		abs, negative := digit256(k, w)
		var q affine256
		var minus element256
		selectRow256(&q, &t[w], abs)
		f.neg(&minus, &q.y)
		q.y.pick(&minus, negative)
		next := sum
		c.addDistinct(&next, &q)
		next.x.pick(&q.x, nothing)
		next.y.pick(&q.y, nothing)
		next.z.pick(&f.one, nothing)
		some := 1 ^ equalWord(abs, 0)
		sum.x.pick(&next.x, some)
		sum.y.pick(&next.y, some)
		sum.z.pick(&next.z, some)
		nothing &= 1 ^ some
	}
	return sum
}

// baseMultComplete is baseMult without its exceptions, and slower.
func (c *curve256) baseMultComplete(t *table256, k *element256) projective256 {
	f := c.f
	sum := projective256{y: f.one}
	for w := range t {
		abs, negative := digit256(k, w)
		var q affine256
		var minus element256
		selectRow256(&q, &t[w], abs)
		f.neg(&minus, &q.y)
		q.y.pick(&minus, negative)
		next := sum
		c.addMixed(&next, &q)
		some := 1 ^ equalWord(abs, 0)
		sum.x.pick(&next.x, some)
		sum.y.pick(&next.y, some)
		sum.z.pick(&next.z, some)
	}
	return sum
}
