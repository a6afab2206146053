// Package streebog implements the hash functions of GOST R 34.11-2012
// ("Streebog") with 256 and 512 bits of output, as described in RFC 6986. Any
// package may import it; it imports nothing of ours.
//
// Digests are in the byte order that OpenSSL and the portal use; the vectors
// printed in RFC 6986 are that order reversed.
package streebog

import (
	"encoding/binary"
	"errors"
	"hash"
	"math/bits"
)

const (
	// Size256 is the size of a Streebog-256 digest in bytes.
	Size256 = 32
	// Size512 is the size of a Streebog-512 digest in bytes.
	Size512 = 64
	// BlockSize is the block size of both functions in bytes.
	BlockSize = 64
)

// magic begins a marshalled state; the octet after it is the digest size.
const magic = "stb\x01"

// marshalledSize is the length of a marshalled state in bytes.
const marshalledSize = len(magic) + 1 + 3*64 + BlockSize + 1

// Digest is a running hash. It implements hash.Hash, hash.Cloner,
// encoding.BinaryMarshaler, encoding.BinaryAppender and
// encoding.BinaryUnmarshaler. The zero value is not usable: call New256 or
// New512.
type Digest struct {
	t    *[8][256]uint64
	h    [8]uint64 // state, least significant word first
	n    [8]uint64 // bits hashed so far
	sum  [8]uint64 // Σ: sum of all blocks modulo 2^512
	buf  [BlockSize]byte
	fill int // bytes in buf, always < BlockSize between calls
	size int // bytes of output
}

// New256 returns a Streebog-256 hash.
func New256() hash.Hash { return newDigest(Size256) }

// New512 returns a Streebog-512 hash.
func New512() hash.Hash { return newDigest(Size512) }

// Sum256 returns the Streebog-256 digest of data.
func Sum256(data []byte) [Size256]byte {
	d := digestOf(Size256)
	d.write(data)
	d.finish()
	var out [Size256]byte
	d.emit(out[:])
	return out
}

// Sum512 returns the Streebog-512 digest of data.
func Sum512(data []byte) [Size512]byte {
	d := digestOf(Size512)
	d.write(data)
	d.finish()
	var out [Size512]byte
	d.emit(out[:])
	return out
}

func newDigest(size int) *Digest {
	d := digestOf(size)
	return &d
}

func digestOf(size int) Digest {
	d := Digest{t: tables(), size: size}
	d.setInitial()
	return d
}

func (d *Digest) setInitial() {
	var iv uint64
	if d.size == Size256 {
		iv = 0x0101010101010101
	}
	for i := range d.h {
		d.h[i] = iv
	}
}

// Size returns the number of bytes Sum appends: 32 or 64.
func (d *Digest) Size() int { return d.size }

// BlockSize returns 64.
func (d *Digest) BlockSize() int { return BlockSize }

// Reset begins a new hash of the same size.
func (d *Digest) Reset() {
	*d = Digest{t: d.t, size: d.size}
	d.setInitial()
}

// Clone returns an independent copy of the running hash.
func (d *Digest) Clone() (hash.Cloner, error) {
	c := *d
	return &c, nil
}

// Write adds p to the hash. It never returns an error.
func (d *Digest) Write(p []byte) (int, error) {
	d.write(p)
	return len(p), nil
}

func (d *Digest) write(p []byte) {
	if d.fill > 0 {
		c := copy(d.buf[d.fill:], p)
		d.fill += c
		p = p[c:]
		if d.fill < BlockSize {
			return
		}
		d.block(&d.buf)
		d.fill = 0
	}
	for len(p) >= BlockSize {
		d.block((*[BlockSize]byte)(p))
		p = p[BlockSize:]
	}
	d.fill = copy(d.buf[:], p)
}

// Sum appends the digest of what was written so far to b and returns the
// result. The running hash is not changed.
func (d *Digest) Sum(b []byte) []byte {
	c := *d
	c.finish()
	var out [Size512]byte
	c.emit(out[:c.size])
	return append(b, out[:c.size]...)
}

// block hashes one full block.
func (d *Digest) block(p *[BlockSize]byte) {
	var m [8]uint64
	load(&m, p)
	compress(&d.h, &d.n, &m, d.t)
	d.count(BlockSize * 8)
	add512(&d.sum, &m)
}

// finish pads the last block and runs the two closing compressions.
func (d *Digest) finish() {
	last := d.buf
	clear(last[d.fill:])
	last[d.fill] = 1
	var m, zero [8]uint64
	load(&m, &last)
	compress(&d.h, &d.n, &m, d.t)
	d.count(uint64(d.fill) * 8)
	add512(&d.sum, &m)
	compress(&d.h, &zero, &d.n, d.t)
	compress(&d.h, &zero, &d.sum, d.t)
}

// emit writes the digest: all of the state, or its upper half.
func (d *Digest) emit(out []byte) {
	from := (Size512 - len(out)) / 8
	for i := 0; i < len(out)/8; i++ {
		binary.LittleEndian.PutUint64(out[8*i:], d.h[from+i])
	}
}

// count adds a number of bits to N.
func (d *Digest) count(n uint64) {
	var c uint64
	d.n[0], c = bits.Add64(d.n[0], n, 0)
	for i := 1; c != 0 && i < len(d.n); i++ {
		d.n[i], c = bits.Add64(d.n[i], 0, c)
	}
}

func load(m *[8]uint64, p *[BlockSize]byte) {
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
}

func add512(a, b *[8]uint64) {
	var c uint64
	for i := range a {
		a[i], c = bits.Add64(a[i], b[i], c)
	}
}

// AppendBinary appends the state of the running hash to b. It never fails.
func (d *Digest) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, magic...)
	b = append(b, byte(d.size))
	for _, words := range [...]*[8]uint64{&d.h, &d.n, &d.sum} {
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
	}
	b = append(b, d.buf[:d.fill]...)
	b = append(b, make([]byte, BlockSize-d.fill)...)
	return append(b, byte(d.fill)), nil
}

// MarshalBinary returns the state of the running hash, 262 bytes. It never
// fails.
func (d *Digest) MarshalBinary() ([]byte, error) {
	return d.AppendBinary(make([]byte, 0, marshalledSize))
}

// UnmarshalBinary restores a state written by MarshalBinary of a hash of the
// same size.
func (d *Digest) UnmarshalBinary(b []byte) error {
	if len(b) != marshalledSize || string(b[:len(magic)]) != magic {
		return errors.New("streebog: not a marshalled hash state")
	}
	if int(b[len(magic)]) != d.size {
		return errors.New("streebog: the marshalled state is of another digest size")
	}
	fill := int(b[marshalledSize-1])
	if fill >= BlockSize {
		return errors.New("streebog: damaged hash state")
	}
	b = b[len(magic)+1:]
	for _, words := range [...]*[8]uint64{&d.h, &d.n, &d.sum} {
		for i := range words {
			words[i] = binary.LittleEndian.Uint64(b)
			b = b[8:]
		}
	}
	copy(d.buf[:], b[:BlockSize])
	d.fill = fill
	return nil
}
