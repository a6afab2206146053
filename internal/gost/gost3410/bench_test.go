package gost3410

import (
	"math/big"
	"testing"
)

func benchCurves() []*Curve {
	return []*Curve{CurveByName("A"), CurveByName("B"), CurveByName("TCA"), CurveByName("512A"), CurveByName("512C")}
}

func BenchmarkSign(b *testing.B) {
	for _, c := range benchCurves() {
		b.Run(c.Name(), func(b *testing.B) {
			key, err := GenerateKey(c, seeded(1))
			if err != nil {
				b.Fatal(err)
			}
			digest := make([]byte, c.Size())
			random := seeded(2)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := key.Sign(random, digest, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, c := range benchCurves() {
		b.Run(c.Name(), func(b *testing.B) {
			key, err := GenerateKey(c, seeded(1))
			if err != nil {
				b.Fatal(err)
			}
			digest := make([]byte, c.Size())
			sig, err := key.Sign(nil, digest, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if !key.public.Verify(digest, sig) {
					b.Fatal("refused")
				}
			}
		})
	}
}

func BenchmarkReferenceSign(b *testing.B) {
	c := bigOf(Default256().group())
	d, k, e := new(big.Int).Rsh(c.q, 1), new(big.Int).Rsh(c.q, 2), big.NewInt(12345)
	for b.Loop() {
		c.sign(d, k, e)
	}
}

func BenchmarkReferenceVerify(b *testing.B) {
	c := bigOf(Default256().group())
	d, k, e := new(big.Int).Rsh(c.q, 1), new(big.Int).Rsh(c.q, 2), big.NewInt(12345)
	r, s := c.sign(d, k, e)
	x, y := c.mult(d, c.x, c.y)
	for b.Loop() {
		if !c.verify(x, y, e, r, s) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkFieldMul(b *testing.B) {
	for _, name := range []string{"A", "B"} {
		b.Run(name, func(b *testing.B) {
			g := CurveByName(name).group().(*group256)
			x, y := g.base.y, g.base.y
			for b.Loop() {
				g.f.mul(&x, &x, &y)
			}
		})
	}
}

func BenchmarkTable(b *testing.B) {
	g := CurveByName("A").group().(*group256)
	for b.Loop() {
		newTable256(&g.curve256, &g.base)
	}
}
