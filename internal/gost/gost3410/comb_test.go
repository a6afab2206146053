package gost3410

import (
	"math/big"
	"testing"
)

// The fast multiplication of signing cannot add a point to itself. Where the
// partial sum meets the last row, sign must ask for another nonce rather than
// give a wrong signature, and the public key must come out right all the same.
func TestTheNonceForWhichTheCombMeetsItselfIsNotUsed(t *testing.T) {
	met := 0
	for _, c := range Curves() {
		g := c.group()
		b := bigOf(g)
		n := c.Size()
		// k = 2·d·2^w − q: the windows below the last sum up to d·2^w − q,
		// which is the last row modulo q.
		width := 6
		if n == size512 {
			width = 5
		}
		for window := 8 * n / width; window > 8*n/width-2; window-- {
			for d := int64(1); d <= 1<<(width-1); d++ {
				k := new(big.Int).Lsh(big.NewInt(2*d), uint(window*width))
				k.Sub(k, b.q)
				if k.Sign() <= 0 || k.Cmp(b.q) >= 0 {
					continue
				}
				e := big.NewInt(12345)
				secret := new(big.Int).Rsh(b.q, 1)
				r, s := make([]byte, n), make([]byte, n)
				x, y := make([]byte, n), make([]byte, n)
				g.public(x, y, little(k, n))
				if wx, wy := b.mult(k, b.x, b.y); fromLittle(x).Cmp(wx) != 0 || fromLittle(y).Cmp(wy) != 0 {
					t.Errorf("%s: wrong public key for k = %x", c.Name(), k)
				}
				if !g.sign(r, s, little(secret, n), little(k, n), little(e, n)) {
					met++
					continue
				}
				wr, ws := b.sign(secret, k, e)
				if fromLittle(r).Cmp(wr) != 0 || fromLittle(s).Cmp(ws) != 0 {
					t.Errorf("%s: wrong signature for k = %x", c.Name(), k)
				}
			}
		}
	}
	if met == 0 {
		t.Error("the case was never met: the test does not test it")
	}
}
