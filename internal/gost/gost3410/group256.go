package gost3410

import (
	"math/big"
	"slices"
	"sync"
)

// group256 is a group of points of prime order on a 256-bit curve. It
// implements group; all numbers cross this border as 32 little-endian octets.
type group256 struct {
	curve256
	p, q     element256 // plain numbers
	fq       *field256  // arithmetic modulo the order
	base     affine256
	cofactor int
	table    func() *table256
}

// newGroup256 prepares the group of a parameter set.
func newGroup256(s *paramSet) *group256 {
	f := newField256(s.number(s.p))
	g := &group256{cofactor: s.cofactor, fq: newField256(s.number(s.q))}
	g.f = f
	g.p, g.q = f.m, g.fq.m
	for _, n := range []struct {
		to  *element256
		hex string
	}{{&g.a, s.a}, {&g.b, s.b}, {&g.base.x, s.x}, {&g.base.y, s.y}} {
		n.to.load(s.number(n.hex))
		f.toField(n.to, n.to)
	}
	f.add(&g.b3, &g.b, &g.b)
	f.add(&g.b3, &g.b3, &g.b)
	var t element256
	f.add(&t, &g.a, &f.one)
	f.add(&t, &t, &f.one)
	f.add(&t, &t, &f.one)
	g.minus3 = f.isZero(&t) == 1
	g.table = sync.OnceValue(func() *table256 { return newTable256(&g.curve256, &g.base) })
	return g
}

func (g *group256) size() int { return size256 }

// order returns q.
func (g *group256) order() []byte {
	out := make([]byte, size256)
	g.q.store(out)
	return out
}

// reduce sets k = wide mod q for a number of twice the size, in constant time,
// and reports whether it is not zero.
func (g *group256) reduce(k, wide []byte) bool {
	fq := g.fq
	var low, high element256
	low.load(wide)
	high.load(wide[size256:])
	fq.toField(&low, &low)
	fq.toField(&high, &high)
	fq.mul(&high, &high, &fq.rr) // rr is 2^256 in the field of an order
	fq.add(&low, &low, &high)
	fq.fromField(&low, &low)
	low.store(k)
	return low.isZeroWord() == 0
}

// scalarOK reports 0 < k < q without a branch on k.
func (g *group256) scalarOK(k []byte) bool {
	var e element256
	e.load(k)
	return e.less(&g.q)&(1^e.isZeroWord()) == 1
}

// orderBits returns the number of bits of q.
func (g *group256) orderBits() int { return bitLen(g.q[:]) }

// public computes d·P in constant time and returns its coordinates.
func (g *group256) public(x, y, d []byte) {
	var k element256
	k.load(d)
	sum := g.baseMultComplete(g.table(), &k)
	g.affine(x, y, &sum)
}

// agree computes (h·ukm·d)·P for a point P of the group, in constant time but for what
// depends on P, which is public, and returns the coordinates; h is the cofactor. It
// reports false when the product is zero modulo the order.
func (g *group256) agree(x, y, px, py, d, ukm []byte) bool {
	var p affine256
	if !g.load(&p, px, py) {
		return false
	}
	fq := g.fq
	var k, u element256
	wide := make([]byte, size256)
	copy(wide, ukm)
	u.load(wide)
	k.load(d)
	fq.toField(&u, &u)
	fq.toField(&k, &k)
	fq.mul(&k, &k, &u)
	for range bitLen([]uint64{uint64(g.cofactor)}) - 1 { // it is a power of two
		fq.add(&k, &k, &k)
	}
	zero := fq.isZero(&k)
	fq.fromField(&k, &k)
	sum := g.baseMultComplete(newTable256(&g.curve256, &p), &k)
	g.affine(x, y, &sum)
	return zero == 0
}

// affine stores the coordinates of a point.
func (g *group256) affine(x, y []byte, sum *projective256) {
	var zi, px, py element256
	f := g.f
	f.invert(&zi, &sum.z)
	f.mul(&px, &sum.x, &zi)
	f.mul(&py, &sum.y, &zi)
	f.fromField(&px, &px)
	f.fromField(&py, &py)
	px.store(x)
	py.store(y)
}

// load reads a point and checks it: coordinates below p, on the curve, and in
// the group of order q where the curve has other points.
func (g *group256) load(p *affine256, x, y []byte) bool {
	p.x.load(x)
	p.y.load(y)
	if p.x.less(&g.p)&p.y.less(&g.p) == 0 {
		return false
	}
	g.f.toField(&p.x, &p.x)
	g.f.toField(&p.y, &p.y)
	return g.onCurve(&p.x, &p.y)
}

func (g *group256) pointOK(x, y []byte) bool {
	var p affine256
	if !g.load(&p, x, y) {
		return false
	}
	if g.cofactor == 1 {
		return true
	}
	var zero element256
	sum := g.doubleMultVartime(g.table(), &zero, &p, &g.q)
	return g.f.isZero(&sum.z) == 1
}

// sign computes r = x(k·P) mod q and s = r·d + k·e mod q in constant time. It
// reports false if r or s is zero, and k must be changed.
func (g *group256) sign(r, s, d, k, e []byte) bool {
	var ds, ks, es, rs, ss element256
	ks.load(k)
	sum := g.baseMult(g.table(), &ks)
	f := g.f
	f.sqr(&sum.z, &sum.z)
	f.invert(&sum.z, &sum.z)
	f.mul(&rs, &sum.x, &sum.z) // zero if the sum has Z = 0
	f.fromField(&rs, &rs)
	fq := g.fq
	fq.toField(&rs, &rs)
	g.loadDigest(&es, e)
	ds.load(d)
	fq.toField(&ds, &ds)
	fq.toField(&ks, &ks)
	fq.mul(&ss, &rs, &ds)
	fq.mul(&ks, &ks, &es)
	fq.add(&ss, &ss, &ks)
	ok := 1 ^ (fq.isZero(&rs) | fq.isZero(&ss))
	fq.fromField(&rs, &rs)
	fq.fromField(&ss, &ss)
	rs.store(r)
	ss.store(s)
	return ok == 1
}

// loadDigest reads e modulo q into the field; zero counts as one (RFC 7091,
// section 6.1, step 2).
func (g *group256) loadDigest(e *element256, b []byte) {
	e.load(b)
	g.fq.toField(e, e)
	e.pick(&g.fq.one, g.fq.isZero(e))
}

// verify checks r, s over the digest e under the public key x, y.
func (g *group256) verify(x, y, e, r, s []byte) bool {
	var q affine256
	var rs, ss, es element256
	rs.load(r)
	ss.load(s)
	if (1^rs.isZeroWord())&(1^ss.isZeroWord())&rs.less(&g.q)&ss.less(&g.q) == 0 || !g.load(&q, x, y) {
		return false
	}
	fq := g.fq
	var u, v element256
	g.loadDigest(&es, e)
	fq.invertVartime(&es)
	fq.toField(&u, &ss)
	fq.toField(&v, &rs)
	fq.mul(&u, &u, &es)
	fq.mul(&v, &v, &es)
	fq.neg(&v, &v)
	fq.fromField(&u, &u)
	fq.fromField(&v, &v)
	sum := g.doubleMultVartime(g.table(), &u, &q, &v)
	f := g.f
	if f.isZero(&sum.z) == 1 {
		return false
	}
	// x(sum) mod q = r, without an inversion: X = (r + i·q)·Z² for some i with
	// r + i·q < p.
	var zz, t element256
	f.sqr(&zz, &sum.z)
	for range g.cofactor + 1 {
		f.toField(&t, &rs)
		f.mul(&t, &t, &zz)
		f.sub(&t, &t, &sum.x)
		if f.isZero(&t) == 1 {
			return true
		}
		if !addBelow(rs[:], g.q[:], g.p[:]) {
			break
		}
	}
	return false
}

// invertVartime sets x = x⁻¹ for a public number that is not zero.
func (f *field256) invertVartime(x *element256) {
	var m, plain element256
	b := make([]byte, size256)
	number := func(e *element256) *big.Int {
		e.store(b)
		slices.Reverse(b)
		return new(big.Int).SetBytes(b)
	}
	f.fromField(&plain, x)
	m = f.m
	inverse := number(&plain)
	inverse.ModInverse(inverse, number(&m)).FillBytes(b)
	slices.Reverse(b)
	x.load(b)
	f.toField(x, x)
}
