package gost28147

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// MACSize is the size of the imitation of a wrapped key in bytes.
const MACSize = 4

// ErrWrapped says that a wrapped key and its imitation do not belong together: it was
// wrapped with another key, or damaged.
var ErrWrapped = errors.New("gost28147: the wrapped key does not hold")

// WrapKey wraps a key of KeySize bytes with another by the key wrap of CryptoPro
// (RFC 4357, section 6.3). ukm has BlockSize bytes.
func WrapKey(kek, ukm []byte, b Boxes, key []byte) (wrapped, mac []byte, err error) {
	c, err := diversify(kek, ukm, b)
	if err != nil {
		return nil, nil, err
	}
	if len(key) != KeySize {
		return nil, nil, errKey
	}
	wrapped = make([]byte, KeySize)
	for i := 0; i < KeySize; i += BlockSize {
		c.encrypt(wrapped[i:], key[i:])
	}
	return wrapped, c.imitation(ukm, key), nil
}

// UnwrapKey undoes WrapKey (RFC 4357, section 6.4), or returns ErrWrapped.
func UnwrapKey(kek, ukm []byte, b Boxes, wrapped, mac []byte) ([]byte, error) {
	c, err := diversify(kek, ukm, b)
	if err != nil {
		return nil, err
	}
	if len(wrapped) != KeySize {
		return nil, errKey
	}
	key := make([]byte, KeySize)
	for i := 0; i < KeySize; i += BlockSize {
		c.decrypt(key[i:], wrapped[i:])
	}
	if subtle.ConstantTimeCompare(c.imitation(ukm, key), mac) != 1 {
		clear(key)
		return nil, ErrWrapped
	}
	return key, nil
}

// diversify makes the key that wraps of a key and ukm (RFC 4357, section 6.5).
func diversify(kek, ukm []byte, b Boxes) (*cipher, error) {
	if len(ukm) != BlockSize {
		return nil, errVector
	}
	c, err := newCipher(kek, b)
	if err != nil {
		return nil, err
	}
	key := append([]byte(nil), kek...)
	defer clear(key)
	for _, octet := range ukm {
		var sums [2]uint32
		for j, word := range c.key {
			sums[1-octet>>j&1] += word
		}
		var iv [BlockSize]byte
		binary.LittleEndian.PutUint32(iv[:], sums[0])
		binary.LittleEndian.PutUint32(iv[4:], sums[1])
		next, err := EncryptCFB(key, iv[:], b, key)
		if err != nil {
			return nil, err
		}
		copy(key, next)
		clear(next)
		c.setKey(key)
	}
	return c, nil
}

// imitation is the MAC of whole blocks that begins with iv (RFC 5830, section 8).
func (c *cipher) imitation(iv, text []byte) []byte {
	n1, n2 := binary.LittleEndian.Uint32(iv), binary.LittleEndian.Uint32(iv[4:])
	for ; len(text) >= BlockSize; text = text[BlockSize:] {
		n1 ^= binary.LittleEndian.Uint32(text)
		n2 ^= binary.LittleEndian.Uint32(text[4:])
		for range 2 {
			for i := 0; i < len(c.key); i += 2 {
				n2 ^= c.f(n1 + c.key[i])
				n1 ^= c.f(n2 + c.key[i+1])
			}
		}
	}
	return binary.LittleEndian.AppendUint32(nil, n1)
}
