package gost3410

// affine256 is a point other than the point at infinity.
type affine256 struct{ x, y element256 }

// projective256 is a point (X:Y:Z) with x = X/Z, y = Y/Z; (0:1:0) is the point
// at infinity. It serves the constant-time path.
type projective256 struct{ x, y, z element256 }

// jacobian256 is a point with x = X/Z², y = Y/Z³; Z = 0 is the point at
// infinity. It serves public data only.
type jacobian256 struct{ x, y, z element256 }

// curve256 is a curve y² = x³ + ax + b with its field.
type curve256 struct {
	f      *field256
	a, b   element256
	b3     element256 // 3b
	minus3 bool       // a = −3
}

// addMixed sets p = p + q with the complete formulas of Renes, Costello and
// Batina (2016, algorithms 1 and 4, Z2 = 1): no case distinction for doubling,
// for the point at infinity or for opposite points.
func (c *curve256) addMixed(p *projective256, q *affine256) {
	f := c.f
	var t0, t1, t3, t4, t5, x3, y3, z3 element256
	f.mul(&t0, &p.x, &q.x)
	f.mul(&t1, &p.y, &q.y)
	f.add(&t3, &q.x, &q.y)
	f.add(&t4, &p.x, &p.y)
	f.mul(&t3, &t3, &t4)
	f.add(&t4, &t0, &t1)
	f.sub(&t3, &t3, &t4)
	f.mul(&t4, &q.x, &p.z)
	f.add(&t4, &t4, &p.x)
	f.mul(&t5, &q.y, &p.z)
	f.add(&t5, &t5, &p.y)
	if c.minus3 {
		f.mul(&z3, &c.b, &p.z)
		f.sub(&x3, &t4, &z3)
		f.add(&z3, &x3, &x3)
		f.add(&x3, &x3, &z3)
		f.sub(&z3, &t1, &x3)
		f.add(&x3, &t1, &x3)
		f.mul(&y3, &c.b, &t4)
		f.add(&t1, &p.z, &p.z)
		f.add(&t1, &t1, &p.z)
		f.sub(&y3, &y3, &t1)
		f.sub(&y3, &y3, &t0)
		f.add(&t4, &y3, &y3)
		f.add(&y3, &y3, &t4)
		f.add(&t4, &t0, &t0)
		f.add(&t0, &t4, &t0)
		f.sub(&t0, &t0, &t1)
		f.mul(&t1, &t5, &y3)
		f.mul(&t4, &t0, &y3)
		f.mul(&y3, &x3, &z3)
		f.add(&p.y, &y3, &t4)
		f.mul(&x3, &t3, &x3)
		f.sub(&p.x, &x3, &t1)
		f.mul(&z3, &t5, &z3)
		f.mul(&t1, &t3, &t0)
		f.add(&p.z, &z3, &t1)
		return
	}
	var t2 element256
	f.mul(&z3, &c.a, &t4)
	f.mul(&x3, &c.b3, &p.z)
	f.add(&z3, &x3, &z3)
	f.sub(&x3, &t1, &z3)
	f.add(&z3, &t1, &z3)
	f.mul(&y3, &x3, &z3)
	f.add(&t1, &t0, &t0)
	f.add(&t1, &t1, &t0)
	f.mul(&t2, &c.a, &p.z)
	f.mul(&t4, &c.b3, &t4)
	f.add(&t1, &t1, &t2)
	f.sub(&t2, &t0, &t2)
	f.mul(&t2, &c.a, &t2)
	f.add(&t4, &t4, &t2)
	f.mul(&t0, &t1, &t4)
	f.add(&p.y, &y3, &t0)
	f.mul(&t0, &t5, &t4)
	f.mul(&x3, &t3, &x3)
	f.sub(&p.x, &x3, &t0)
	f.mul(&t0, &t3, &t1)
	f.mul(&z3, &t5, &z3)
	f.add(&p.z, &z3, &t0)
}

// doubleVartime sets p = 2p.
func (c *curve256) doubleVartime(p *jacobian256) {
	f := c.f
	var alpha, beta, gamma, delta, t element256
	f.sqr(&delta, &p.z)
	f.sqr(&gamma, &p.y)
	f.mul(&beta, &p.x, &gamma)
	if c.minus3 {
		f.sub(&t, &p.x, &delta)
		f.add(&alpha, &p.x, &delta)
		f.mul(&t, &t, &alpha)
		f.add(&alpha, &t, &t)
		f.add(&alpha, &alpha, &t)
	} else {
		f.sqr(&t, &p.x)
		f.add(&alpha, &t, &t)
		f.add(&alpha, &alpha, &t)
		f.sqr(&t, &delta)
		f.mul(&t, &t, &c.a)
		f.add(&alpha, &alpha, &t)
	}
	f.add(&p.z, &p.y, &p.z)
	f.sqr(&p.z, &p.z)
	f.sub(&p.z, &p.z, &gamma)
	f.sub(&p.z, &p.z, &delta)
	f.add(&beta, &beta, &beta)
	f.add(&beta, &beta, &beta)
	f.sqr(&p.x, &alpha)
	f.add(&t, &beta, &beta)
	f.sub(&p.x, &p.x, &t)
	f.sub(&t, &beta, &p.x)
	f.mul(&t, &t, &alpha)
	f.add(&gamma, &gamma, &gamma)
	f.sqr(&gamma, &gamma)
	f.add(&gamma, &gamma, &gamma)
	f.sub(&p.y, &t, &gamma)
}

// doubleRunVartime doubles p n times. Where a is not −3 it carries a·Z⁴ along,
// which makes all doublings but the first as cheap as with a = −3.
func (c *curve256) doubleRunVartime(p *jacobian256, n int) {
	f := c.f
	if c.minus3 || n < 2 {
		for range n {
			c.doubleVartime(p)
		}
		return
	}
	var w, m, yy, s, t element256
	f.sqr(&w, &p.z)
	f.sqr(&w, &w)
	f.mul(&w, &w, &c.a)
	for range n {
		f.sqr(&t, &p.x)
		f.add(&m, &t, &t)
		f.add(&m, &m, &t)
		f.add(&m, &m, &w)
		f.add(&t, &p.y, &p.y)
		f.mul(&p.z, &p.z, &t)
		f.sqr(&yy, &t) // 4Y²
		f.mul(&s, &p.x, &yy)
		f.sqr(&p.x, &m)
		f.sub(&p.x, &p.x, &s)
		f.sub(&p.x, &p.x, &s)
		f.sqr(&yy, &yy) // 16Y⁴
		f.mul(&w, &w, &yy)
		f.sub(&s, &s, &p.x)
		f.mul(&s, &s, &m)
		f.half(&yy, &yy)
		f.sub(&p.y, &s, &yy)
	}
}

// addDistinct sets p = p + q for points with different x; for others it leaves
// Z = 0. It has no branches.
func (c *curve256) addDistinct(p *jacobian256, q *affine256) {
	f := c.f
	var zz, h, r, t element256
	f.sqr(&zz, &p.z)
	f.mul(&h, &q.x, &zz)
	f.sub(&h, &h, &p.x)
	f.mul(&r, &zz, &p.z)
	f.mul(&r, &r, &q.y)
	f.sub(&r, &r, &p.y)
	f.mul(&p.z, &p.z, &h)
	f.sqr(&zz, &h)
	f.mul(&h, &h, &zz)
	f.mul(&t, &p.x, &zz)
	c.finishAddition(p, &h, &r, &t)
}

// addAffineVartime sets p = p + q.
func (c *curve256) addAffineVartime(p *jacobian256, q *affine256) {
	f := c.f
	if f.isZero(&p.z) == 1 {
		*p = jacobian256{q.x, q.y, f.one}
		return
	}
	sum := *p
	c.addDistinct(&sum, q)
	if f.isZero(&sum.z) == 0 {
		*p = sum
		return
	}
	// Equal or opposite points: 2p, or the point at infinity.
	general := jacobian256{q.x, q.y, f.one}
	c.addVartime(p, &general)
}

// finishAddition completes an addition from H³, R, U·H² and the old Y·S.
func (c *curve256) finishAddition(p *jacobian256, hhh, r, t *element256) {
	f := c.f
	f.sqr(&p.x, r)
	f.sub(&p.x, &p.x, hhh)
	f.sub(&p.x, &p.x, t)
	f.sub(&p.x, &p.x, t)
	f.mul(&p.y, &p.y, hhh)
	f.sub(t, t, &p.x)
	f.mul(t, t, r)
	f.sub(&p.y, t, &p.y)
}

// addVartime sets p = p + q.
func (c *curve256) addVartime(p, q *jacobian256) {
	f := c.f
	if f.isZero(&q.z) == 1 {
		return
	}
	if f.isZero(&p.z) == 1 {
		*p = *q
		return
	}
	var z1, z2, u, s, h, r, t element256
	f.sqr(&z1, &p.z)
	f.sqr(&z2, &q.z)
	f.mul(&u, &p.x, &z2)
	f.mul(&h, &q.x, &z1)
	f.sub(&h, &h, &u)
	f.mul(&s, &p.y, &z2)
	f.mul(&s, &s, &q.z)
	f.mul(&r, &q.y, &z1)
	f.mul(&r, &r, &p.z)
	f.sub(&r, &r, &s)
	if f.isZero(&h) == 1 {
		if f.isZero(&r) == 1 {
			c.doubleVartime(p)
			return
		}
		*p = jacobian256{}
		return
	}
	f.mul(&p.z, &p.z, &q.z)
	f.mul(&p.z, &p.z, &h)
	f.sqr(&t, &h)
	f.mul(&h, &h, &t)
	f.mul(&t, &u, &t)
	p.y = s
	c.finishAddition(p, &h, &r, &t)
}

// onCurve reports whether x, y (both in the field) satisfy the equation.
func (c *curve256) onCurve(x, y *element256) bool {
	f := c.f
	var left, right element256
	f.sqr(&left, y)
	f.sqr(&right, x)
	f.add(&right, &right, &c.a)
	f.mul(&right, &right, x)
	f.add(&right, &right, &c.b)
	f.sub(&left, &left, &right)
	return f.isZero(&left) == 1
}

// invert sets z = x⁻¹ by raising x to the power m−2; the sequence of steps
// depends on the modulus only. The inverse of zero is zero.
func (f *field256) invert(z, x *element256) {
	var pow [16]element256
	pow[0], pow[1] = f.one, *x
	for i := 2; i < len(pow); i++ {
		f.mul(&pow[i], &pow[i-1], x)
	}
	e := f.m
	e[0] -= 2 // all moduli here end in a word above 1
	r := f.one
	for i := len(e) - 1; i >= 0; i-- {
		for shift := 60; shift >= 0; shift -= 4 {
			for range 4 {
				f.sqr(&r, &r)
			}
			if d := e[i] >> shift & 15; d != 0 {
				f.mul(&r, &r, &pow[d])
			}
		}
	}
	*z = r
}

// wnaf256 recodes k into width-5 non-adjacent form, least significant digit
// first. It is for public numbers.
func wnaf256(digits *[8*size256 + 1]int8, k element256) int {
	n := 0
	for i := range digits {
		digits[i] = 0
	}
	carry := uint64(0)
	for pos := 0; pos <= 8*size256; {
		bit := carry
		if pos < 8*size256 {
			bit ^= k[pos/64] >> (pos % 64) & 1
		}
		if bit == 0 {
			pos++
			continue
		}
		if pos == 8*size256 {
			digits[pos] = 1
			return pos + 1
		}
		word, shift := pos/64, pos%64
		v := k[word] >> shift
		if shift > 59 && word+1 < len(k) {
			v |= k[word+1] << (64 - shift)
		}
		d := int8(v&31) + int8(carry)
		carry = 0
		if d > 16 {
			d -= 32
			carry = 1
		}
		digits[pos] = d
		n = pos + 1
		pos += 5
	}
	return n
}

// doubleMultVartime returns u·P + v·Q for public numbers u and v.
func (c *curve256) doubleMultVartime(t *table256, u *element256, q *affine256, v *element256) jacobian256 {
	f := c.f
	var odd [8]jacobian256
	odd[0] = jacobian256{q.x, q.y, f.one}
	twice := odd[0]
	c.doubleVartime(&twice)
	for i := 1; i < len(odd); i++ {
		odd[i] = odd[i-1]
		c.addVartime(&odd[i], &twice)
	}
	var digits [8*size256 + 1]int8
	var sum jacobian256
	run := 0
	for i := wnaf256(&digits, *v) - 1; i >= 0; i-- {
		run++
		d := digits[i]
		if d == 0 && i > 0 {
			continue
		}
		c.doubleRunVartime(&sum, run)
		run = 0
		switch {
		case d > 0:
			c.addVartime(&sum, &odd[d/2])
		case d < 0:
			minus := odd[-d/2]
			f.neg(&minus.y, &minus.y)
			c.addVartime(&sum, &minus)
		}
	}
	for w := range t {
		abs, negative := digit256(u, w)
		if abs == 0 {
			continue
		}
		row := t[w][abs-1]
		if negative == 1 {
			f.neg(&row.y, &row.y)
		}
		c.addAffineVartime(&sum, &row)
	}
	return sum
}
