package gost3410

import "math/bits"

// negInverse64 returns −x⁻¹ mod 2^64 for an odd x.
func negInverse64(x uint64) uint64 {
	inv := x // right in the lowest three bits; each step doubles them
	for range 5 {
		inv *= 2 - x*inv
	}
	return -inv
}

// lessWord returns 1 if a < b, else 0, without a branch.
func lessWord(a, b uint64) uint64 {
	_, c := bits.Sub64(a, b, 0)
	return c
}

// equalWord returns 1 if a == b, else 0, without a branch.
func equalWord(a, b uint64) uint64 {
	v := a ^ b
	return 1 ^ (v|-v)>>63
}

// bitLen returns the number of bits of a public number.
func bitLen(x []uint64) int {
	for i := len(x) - 1; i >= 0; i-- {
		if x[i] != 0 {
			return 64*i + bits.Len64(x[i])
		}
	}
	return 0
}

// addBelow adds y to x and reports whether the sum is below limit. It is for
// public numbers of the same length.
func addBelow(x, y, limit []uint64) bool {
	var c, b uint64
	for i := range x {
		x[i], c = bits.Add64(x[i], y[i], c)
	}
	for i := range x {
		_, b = bits.Sub64(x[i], limit[i], b)
	}
	return c == 0 && b == 1
}
