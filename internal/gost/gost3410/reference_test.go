package gost3410

import (
	"math/big"
	"slices"
)

// bigCurve is the reference that the fixed-width arithmetic is held against:
// textbook affine formulas on math/big, in variable time.
type bigCurve struct{ p, a, b, q, x, y *big.Int }

func (c *bigCurve) onCurve(x, y *big.Int) bool {
	l := new(big.Int).Mul(y, y)
	r := new(big.Int).Mul(x, x)
	r.Add(r, c.a).Mul(r, x).Add(r, c.b).Sub(r, l)
	return r.Mod(r, c.p).Sign() == 0
}

// add adds affine points; nil x is the point at infinity.
func (c *bigCurve) add(x1, y1, x2, y2 *big.Int) (*big.Int, *big.Int) {
	if x1 == nil {
		return x2, y2
	}
	if x2 == nil {
		return x1, y1
	}
	l := new(big.Int)
	if x1.Cmp(x2) == 0 {
		if y1.Cmp(y2) != 0 || y1.Sign() == 0 {
			return nil, nil
		}
		l.Mul(x1, x1).Mul(l, big.NewInt(3)).Add(l, c.a)
		l.Mul(l, new(big.Int).ModInverse(new(big.Int).Lsh(y1, 1), c.p))
	} else {
		d := new(big.Int).Sub(x2, x1)
		l.Sub(y2, y1).Mul(l, d.Mod(d, c.p).ModInverse(d, c.p))
	}
	x := new(big.Int).Mul(l, l)
	x.Sub(x, x1).Sub(x, x2).Mod(x, c.p)
	y := new(big.Int).Sub(x1, x)
	y.Mul(y, l).Sub(y, y1).Mod(y, c.p)
	return x, y
}

func (c *bigCurve) mult(k, x, y *big.Int) (rx, ry *big.Int) {
	for i := k.BitLen() - 1; i >= 0; i-- {
		rx, ry = c.add(rx, ry, rx, ry)
		if k.Bit(i) == 1 {
			rx, ry = c.add(rx, ry, x, y)
		}
	}
	return rx, ry
}

// sign is steps 4 and 5 of RFC 7091, section 6.1.
func (c *bigCurve) sign(d, k, e *big.Int) (r, s *big.Int) {
	x, _ := c.mult(k, c.x, c.y)
	r = new(big.Int).Mod(x, c.q)
	s = new(big.Int).Mul(r, d)
	s.Add(s, new(big.Int).Mul(k, e)).Mod(s, c.q)
	return r, s
}

// verify is RFC 7091, section 6.2.
func (c *bigCurve) verify(qx, qy, e, r, s *big.Int) bool {
	v := new(big.Int).ModInverse(e, c.q)
	u1 := new(big.Int).Mul(s, v)
	u2 := new(big.Int).Mul(r, v)
	u2.Neg(u2)
	x1, y1 := c.mult(u1.Mod(u1, c.q), c.x, c.y)
	x2, y2 := c.mult(u2.Mod(u2, c.q), qx, qy)
	x, _ := c.add(x1, y1, x2, y2)
	return x != nil && new(big.Int).Mod(x, c.q).Cmp(r) == 0
}

// little returns v as n little-endian octets.
func little(v *big.Int, n int) []byte {
	b := v.FillBytes(make([]byte, n))
	slices.Reverse(b)
	return b
}

// fromLittle reads a little-endian number.
func fromLittle(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// bigOf takes the published numbers of a group back out of it.
func bigOf(g group) *bigCurve {
	switch g := g.(type) {
	case *group256:
		n := func(e element256) *big.Int {
			var plain element256
			var b [size256]byte
			g.f.fromField(&plain, &e)
			plain.store(b[:])
			return fromLittle(b[:])
		}
		var p, q [size256]byte
		g.p.store(p[:])
		g.q.store(q[:])
		return &bigCurve{fromLittle(p[:]), n(g.a), n(g.b), fromLittle(q[:]), n(g.base.x), n(g.base.y)}
	case *group512:
		n := func(e element512) *big.Int {
			var plain element512
			var b [size512]byte
			g.f.fromField(&plain, &e)
			plain.store(b[:])
			return fromLittle(b[:])
		}
		var p, q [size512]byte
		g.p.store(p[:])
		g.q.store(q[:])
		return &bigCurve{fromLittle(p[:]), n(g.a), n(g.b), fromLittle(q[:]), n(g.base.x), n(g.base.y)}
	}
	return nil
}
