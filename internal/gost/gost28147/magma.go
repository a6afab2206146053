package gost28147

import "encoding/binary"

// Magma is the block cipher of 64 bits of GOST R 34.12-2015 (RFC 8891): GOST
// 28147-89 with the substitution of TC26, read in the other order of bytes.
type Magma struct{ c *cipher }

// NewMagma returns the cipher with a key of 32 bytes.
func NewMagma(key []byte) (*Magma, error) {
	c, err := newCipher(key, TC26Z())
	if err != nil {
		return nil, err
	}
	for i := range c.key {
		c.key[i] = binary.BigEndian.Uint32(key[4*i:])
	}
	return &Magma{c}, nil
}

// BlockSize is 8.
func (m *Magma) BlockSize() int { return BlockSize }

// Encrypt encrypts one block.
func (m *Magma) Encrypt(dst, src []byte) {
	var b [BlockSize]byte
	for i := range b {
		b[i] = src[BlockSize-1-i]
	}
	m.c.encrypt(b[:], b[:])
	for i := range b {
		dst[i] = b[BlockSize-1-i]
	}
}
