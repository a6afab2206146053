// Package gost3412 holds what reading protected key files needs of GOST R
// 34.12-2015: encryption of a block by Kuznyechik (RFC 7801), and the counter mode
// with re-keying CTR-ACPKM (RFC 8645) for it and for Magma. Only keyfile imports it.
package gost3412

import (
	"errors"

	"github.com/epgu-cli/epgu/internal/gost/gost28147"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// KeySize is the size of a key in bytes.
const KeySize = 32

// block is a cipher as the counter mode needs it.
type block interface {
	BlockSize() int
	Encrypt(dst, src []byte)
}

// Sections after which the key changes, bytes (RFC 9337, section 7.3).
const (
	kuznyechikSection = 256 << 10
	magmaSection      = 8 << 10
)

var errVector = errors.New("gost3412: an initial vector is shorter than half a block")

// KuznyechikCTR en- or decrypts text by Kuznyechik in CTR-ACPKM; the first 8 bytes
// of iv are used.
func KuznyechikCTR(key, iv, text []byte) ([]byte, error) {
	return ctrACPKM(func(key []byte) (block, error) { return newKuznyechik(key) }, key, iv, text, kuznyechikSection)
}

// MagmaCTR is the same for Magma; the first 4 bytes of iv are used.
func MagmaCTR(key, iv, text []byte) ([]byte, error) {
	return ctrACPKM(func(key []byte) (block, error) { return gost28147.NewMagma(key) }, key, iv, text, magmaSection)
}

func ctrACPKM(with func(key []byte) (block, error), key, iv, text []byte, section int) ([]byte, error) {
	b, err := with(key)
	if err != nil {
		return nil, err
	}
	size := b.BlockSize()
	if len(iv) < size/2 {
		return nil, errVector
	}
	counter, gamma := make([]byte, size), make([]byte, size)
	copy(counter, iv[:size/2])
	out := make([]byte, len(text))
	for at := 0; at < len(text); at += size {
		if at > 0 && at%section == 0 {
			next := make([]byte, KeySize)
			for i := range next {
				next[i] = byte(0x80 + i) // the constant D of RFC 8645, section 6.2.1
			}
			for i := 0; i < KeySize; i += size {
				b.Encrypt(next[i:i+size], next[i:i+size])
			}
			if b, err = with(next); err != nil {
				return nil, err
			}
		}
		b.Encrypt(gamma, counter)
		for i := at; i < min(at+size, len(text)); i++ {
			out[i] = text[i] ^ gamma[i-at]
		}
		for i := size - 1; i >= size/2; i-- {
			if counter[i]++; counter[i] != 0 {
				break
			}
		}
	}
	return out, nil
}

// kuznyechik holds the ten keys of the rounds.
type kuznyechik struct {
	keys [10][16]byte
}

func newKuznyechik(key []byte) (*kuznyechik, error) {
	if len(key) != KeySize {
		return nil, errors.New("gost3412: a key has 32 bytes")
	}
	k := &kuznyechik{}
	left, right := [16]byte(key[:16]), [16]byte(key[16:])
	k.keys[0], k.keys[1] = left, right
	for i := range 4 {
		for j := range 8 {
			var c [16]byte
			c[15] = byte(8*i + j + 1)
			linear(&c)
			t := left
			lsx(&t, &c)
			for n := range t {
				t[n] ^= right[n]
			}
			left, right = t, left
		}
		k.keys[2*i+2], k.keys[2*i+3] = left, right
	}
	return k, nil
}

func (k *kuznyechik) BlockSize() int { return 16 }

func (k *kuznyechik) Encrypt(dst, src []byte) {
	a := [16]byte(src)
	for i := range 9 {
		lsx(&a, &k.keys[i])
	}
	for i := range a {
		dst[i] = a[i] ^ k.keys[9][i]
	}
}

// lsx adds a key, substitutes and mixes.
func lsx(a, key *[16]byte) {
	for i := range a {
		a[i] = streebog.Substitution[a[i]^key[i]]
	}
	linear(a)
}

// linear is the transformation L: sixteen times R.
func linear(a *[16]byte) {
	coefficients := [16]byte{148, 32, 133, 16, 194, 192, 1, 251, 1, 192, 194, 16, 133, 32, 148, 1}
	for range 16 {
		var l byte
		for i, c := range coefficients {
			l ^= times(a[i], c)
		}
		copy(a[1:], a[:15])
		a[0] = l
	}
}

// times multiplies in the field modulo x⁸+x⁷+x⁶+x+1.
func times(a, b byte) (p byte) {
	for b != 0 {
		if b&1 != 0 {
			p ^= a
		}
		high := a & 0x80
		a <<= 1
		if high != 0 {
			a ^= 0xc3
		}
		b >>= 1
	}
	return p
}
