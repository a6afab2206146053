package gost28147

import (
	"encoding/binary"
	"errors"
	"hash"
)

// Size94 is the size of a digest and of a block of GOST R 34.11-94 in bytes.
const Size94 = 32

// hash94 is GOST R 34.11-94 with the substitution of CryptoPro (RFC 5831, RFC
// 4357, section 11.2). Old programs derive keys by it; it is broken as a hash.
type hash94 struct {
	c      *cipher
	h, sum [Size94]byte
	block  [Size94]byte
	filled int
	length uint64 // bytes
}

// New94 returns GOST R 34.11-94 with the parameters of CryptoPro.
func New94() hash.Hash {
	// The key is set anew for every block.
	c, _ := newCipher(make([]byte, KeySize), Boxes{"a4568137dce092bf", "5f402db91763cea8", "7fce94103b526a8d", "4a7c0f28e165db93", "764b9c2a180efd35", "7624d9f0a15b8ec3", "de41705a3c8f629b", "13a95b4f867ed02c"})
	return &hash94{c: c}
}

func (d *hash94) Size() int      { return Size94 }
func (d *hash94) BlockSize() int { return Size94 }

// AppendBinary and UnmarshalBinary let HMAC keep the states that it begins with.
func (d *hash94) AppendBinary(b []byte) ([]byte, error) {
	b = append(append(append(b, d.h[:]...), d.sum[:]...), d.block[:]...)
	return binary.BigEndian.AppendUint64(append(b, byte(d.filled)), d.length), nil
}

// MarshalBinary is AppendBinary to nothing.
func (d *hash94) MarshalBinary() ([]byte, error) { return d.AppendBinary(nil) }

// UnmarshalBinary takes back what AppendBinary gave.
func (d *hash94) UnmarshalBinary(b []byte) error {
	if len(b) != 3*Size94+9 || int(b[3*Size94]) >= Size94 {
		return errors.New("gost28147: not a state of the hash")
	}
	copy(d.h[:], b)
	copy(d.sum[:], b[Size94:])
	copy(d.block[:], b[2*Size94:])
	d.filled, d.length = int(b[3*Size94]), binary.BigEndian.Uint64(b[3*Size94+1:])
	return nil
}

func (d *hash94) Reset() { *d = hash94{c: d.c} }

func (d *hash94) Write(p []byte) (int, error) {
	n := len(p)
	d.length += uint64(n)
	for len(p) > 0 {
		k := copy(d.block[d.filled:], p)
		p, d.filled = p[k:], d.filled+k
		if d.filled == Size94 {
			d.take()
		}
	}
	return n, nil
}

// take hashes the block and adds it to the sum.
func (d *hash94) take() {
	d.step(&d.block)
	carry := 0
	for i := range d.sum {
		carry += int(d.sum[i]) + int(d.block[i])
		d.sum[i] = byte(carry)
		carry >>= 8
	}
	d.filled = 0
}

func (d *hash94) Sum(in []byte) []byte {
	end := *d
	if end.filled > 0 {
		clear(end.block[end.filled:])
		end.take()
	}
	var length [Size94]byte
	binary.LittleEndian.PutUint64(length[:], end.length*8)
	end.step(&length)
	end.step(&end.sum)
	return append(in, end.h[:]...)
}

// step is the compression (RFC 5831, sections 5 to 7).
func (d *hash94) step(m *[Size94]byte) {
	u, v := d.h, *m
	var s, key [Size94]byte
	for i := range 4 {
		if i > 0 {
			rotate(&u)
			if i == 2 {
				for _, at := range [...]int{1, 3, 5, 7, 8, 10, 12, 14, 17, 18, 20, 23, 24, 28, 29, 31} {
					u[at] ^= 0xff
				}
			}
			rotate(&v)
			rotate(&v)
		}
		for a := range 4 {
			for b := range 8 {
				key[a+4*b] = u[8*a+b] ^ v[8*a+b]
			}
		}
		d.c.setKey(key[:])
		d.c.encrypt(s[8*i:], d.h[8*i:])
	}
	psi(&s, 12)
	mix(&s, m)
	psi(&s, 1)
	mix(&s, &d.h)
	psi(&s, 61)
	d.h = s
}

// rotate is the transformation A.
func rotate(w *[Size94]byte) {
	var first [8]byte
	copy(first[:], w[:8])
	copy(w[:], w[8:])
	for i := range first {
		w[24+i] = first[i] ^ w[i]
	}
}

// psi is the mixing by 16-bit words, so many times.
func psi(s *[Size94]byte, times int) {
	const words = Size94 / 2
	var w [words + 61]uint16
	for i := range words {
		w[i] = binary.LittleEndian.Uint16(s[2*i:])
	}
	for i := range times {
		w[i+16] = w[i] ^ w[i+1] ^ w[i+2] ^ w[i+3] ^ w[i+12] ^ w[i+15]
	}
	for i := range words {
		binary.LittleEndian.PutUint16(s[2*i:], w[times+i])
	}
}

func mix(s, with *[Size94]byte) {
	for i := range s {
		s[i] ^= with[i]
	}
}
