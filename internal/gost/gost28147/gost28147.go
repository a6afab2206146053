// Package gost28147 implements the block cipher GOST 28147-89 and its feedback
// mode with CryptoPro key meshing (RFC 5830, RFC 4357), as far as reading and
// writing protected key files and enveloped messages needs it, the key wrap of
// CryptoPro, the hash of 1994 that is built on it, and Magma, its modern name. Only
// keyfile, cms and gost3412 import it. It is a cipher
// of 1989 with blocks of 64 bits: nothing new should be built on it.
package gost28147

import (
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"math/bits"
)

const (
	// BlockSize is the size of a block and of an initial vector in bytes.
	BlockSize = 8
	// KeySize is the size of a key in bytes.
	KeySize = 32
)

var (
	errKey    = errors.New("gost28147: a key has 32 bytes")
	errVector = errors.New("gost28147: an initial vector has 8 bytes")
)

// meshing is the number of bytes after which the key changes.
const meshing = 1024

// meshingConstant is the constant C of RFC 4357, section 2.3.2.
const meshingConstant = "\x69\x00\x72\x22\x64\xc9\x04\x23\x8d\x3a\xdb\x96\x46\xe9\x2a\xc4" +
	"\x18\xfe\xac\x94\x00\xed\x07\x12\xc0\x86\xdc\xc2\xef\x4c\xa9\x2b"

// Boxes are eight substitution rows, the one of the lowest four bits first,
// each 16 hexadecimal digits.
type Boxes [8]string

// BoxesByOID returns a published set: CryptoPro A to D (RFC 4357, section
// 11.2) or TC26 Z (RFC 7836, appendix C); ok is false for others.
func BoxesByOID(oid asn1.ObjectIdentifier) (b Boxes, ok bool) {
	switch oid.String() {
	case "1.2.643.2.2.31.1":
		return Boxes{"96328b17a4efc0d5", "37e98af0526cb4d1", "e462b3d8cf5a0719", "e7acd13902b4f856", "b5198df0e423c7a6", "3adc120b75948fe6", "1d297a608c45f3be", "baf50ce8623917d4"}, true
	case "1.2.643.2.2.31.2":
		return Boxes{"84b135092eacd67f", "012a4d5c973fb86e", "ec0a92db758f3614", "750db6123acf4e98", "27cf95ab140d68e3", "83264debc17fa095", "52ab91c374d06f8e", "04be8371a296fd5c"}, true
	case "1.2.643.2.2.31.3":
		return Boxes{"1bc29d0f458ea763", "017db4528efc9a63", "825049fa37cd6e1b", "36015da8b297efc4", "8db0451293ce6fa7", "c9b18e247365a0fd", "a968de20f35b41c7", "7405a2fec61bd938"}, true
	case "1.2.643.2.2.31.4":
		return Boxes{"fc2a645079ed1b83", "b634cfe27d805a91", "1cb0fe65ad489372", "15eca70d62b493f8", "0c89d2ab73654ef1", "80f325eb1a47c9d6", "306f1e92d8c4ba57", "1a68fb04c3597d2e"}, true
	case "1.2.643.7.1.2.5.1.1":
		return TC26Z(), true
	}
	return Boxes{}, false
}

// TC26Z returns the set of RFC 7836, appendix C, which Magma uses too.
func TC26Z() Boxes {
	return Boxes{"c462a5b9e8d703f1", "68239a5c1e47bd0f", "b3582fade174c960", "c821d4f670a53e9b", "7f5a816d093eb42c", "5df692cab78143e0", "8e25691cf4b0da37", "17ed05834fa69cb2"}
}

// cipher is a key with its substitution, two rows at a time, already shifted.
type cipher struct {
	key [8]uint32
	box *[4][256]uint32
}

func newCipher(key []byte, b Boxes) (*cipher, error) {
	if len(key) != KeySize {
		return nil, errKey
	}
	c := &cipher{box: new([4][256]uint32)}
	for i := range c.box {
		for x := range 256 {
			v := digit(b[2*i][x&15]) | digit(b[2*i+1][x>>4])<<4
			c.box[i][x] = bits.RotateLeft32(v<<(8*i), 11)
		}
	}
	c.setKey(key)
	return c, nil
}

func digit(c byte) uint32 {
	if c >= 'a' {
		return uint32(c-'a') + 10
	}
	return uint32(c - '0')
}

func (c *cipher) setKey(key []byte) {
	for i := range c.key {
		c.key[i] = binary.LittleEndian.Uint32(key[4*i:])
	}
}

func (c *cipher) f(x uint32) uint32 {
	return c.box[0][byte(x)] ^ c.box[1][byte(x>>8)] ^ c.box[2][byte(x>>16)] ^ c.box[3][x>>24]
}

func (c *cipher) encrypt(dst, src []byte) {
	n1, n2 := binary.LittleEndian.Uint32(src), binary.LittleEndian.Uint32(src[4:])
	for range 3 {
		for i := 0; i < 8; i += 2 {
			n2 ^= c.f(n1 + c.key[i])
			n1 ^= c.f(n2 + c.key[i+1])
		}
	}
	for i := 7; i > 0; i -= 2 {
		n2 ^= c.f(n1 + c.key[i])
		n1 ^= c.f(n2 + c.key[i-1])
	}
	binary.LittleEndian.PutUint32(dst, n2)
	binary.LittleEndian.PutUint32(dst[4:], n1)
}

func (c *cipher) decrypt(dst, src []byte) {
	n1, n2 := binary.LittleEndian.Uint32(src), binary.LittleEndian.Uint32(src[4:])
	for i := 0; i < 8; i += 2 {
		n2 ^= c.f(n1 + c.key[i])
		n1 ^= c.f(n2 + c.key[i+1])
	}
	for range 3 {
		for i := 7; i > 0; i -= 2 {
			n2 ^= c.f(n1 + c.key[i])
			n1 ^= c.f(n2 + c.key[i-1])
		}
	}
	binary.LittleEndian.PutUint32(dst, n2)
	binary.LittleEndian.PutUint32(dst[4:], n1)
}

// mesh changes key and vector (RFC 4357, section 2.3.2).
func (c *cipher) mesh(iv []byte) {
	var key [KeySize]byte
	for i := 0; i < KeySize; i += BlockSize {
		c.decrypt(key[i:], []byte(meshingConstant[i:i+BlockSize]))
	}
	c.setKey(key[:])
	c.encrypt(iv, iv)
}

// EncryptCFB returns the encryption of text.
func EncryptCFB(key, iv []byte, b Boxes, text []byte) ([]byte, error) {
	return cfb(key, iv, b, text, false)
}

// DecryptCFB returns the decryption of text.
func DecryptCFB(key, iv []byte, b Boxes, text []byte) ([]byte, error) {
	return cfb(key, iv, b, text, true)
}

func cfb(key, iv []byte, b Boxes, text []byte, decrypt bool) ([]byte, error) {
	c, err := newCipher(key, b)
	if err != nil {
		return nil, err
	}
	if len(iv) != BlockSize {
		return nil, errVector
	}
	var reg, gamma [BlockSize]byte
	copy(reg[:], iv)
	out := make([]byte, len(text))
	for i := 0; i < len(text); i += BlockSize {
		if i > 0 && i%meshing == 0 {
			c.mesh(reg[:])
		}
		c.encrypt(gamma[:], reg[:])
		end := min(i+BlockSize, len(text))
		for j := i; j < end; j++ {
			out[j] = text[j] ^ gamma[j-i]
		}
		if decrypt {
			copy(reg[:], text[i:end])
		} else {
			copy(reg[:], out[i:end])
		}
	}
	return out, nil
}
