// Package gost3410 implements GOST R 34.10-2012 signatures with keys of 256
// and 512 bits (RFC 7091) on the published parameter sets (RFC 4357, RFC
// 7836), and the encodings of its keys: raw, PKCS#8 and SubjectPublicKeyInfo
// (RFC 9215). It may be imported by the packages under internal/gost and by
// whoever holds keys; it imports only streebog.
//
// Signing runs on fixed-width words without branches or table look-ups that
// depend on the key or the nonce; verification handles public data only and
// takes variable time. What that does and does not promise is in docs/gost.md.
package gost3410

import (
	"encoding/asn1"
	"slices"
	"strings"
)

// group is the arithmetic of one parameter set. Numbers and coordinates are
// little-endian octets, as many as size says.
type group interface {
	size() int
	orderBits() int
	order() []byte
	reduce(k, wide []byte) bool
	scalarOK(k []byte) bool
	pointOK(x, y []byte) bool
	public(x, y, d []byte)
	agree(x, y, px, py, d, ukm []byte) bool
	sign(r, s, d, k, e []byte) bool
	verify(x, y, e, r, s []byte) bool
}

// Curve is a named parameter set. Curves are compared by pointer or by OID.
type Curve struct {
	name        string
	oid         asn1.ObjectIdentifier
	group       func() group
	bytes       int
	digestParam bool
}

// Name returns the short name that OpenSSL's engine uses, with 512 before the
// sets of 512 bits: A, B, C, XA, XB (CryptoPro), TCA, TCB, TCC, TCD (TC26, 256
// bits), 512A, 512B, 512C.
func (c *Curve) Name() string { return c.name }

// OID returns the object identifier of the parameter set.
func (c *Curve) OID() asn1.ObjectIdentifier { return slices.Clone(c.oid) }

// Size returns the size of a private key, of a coordinate and of the digest
// that is signed, in bytes: 32 or 64.
func (c *Curve) Size() int { return c.bytes }

// SignatureSize returns the size of a signature in bytes: 64 or 128.
func (c *Curve) SignatureSize() int { return 2 * c.bytes }

// Curves returns all parameter sets.
func Curves() []*Curve { return slices.Clone(curves()) }

// Default256 returns the parameter set that the portal's certificates use
// most, CryptoPro A.
func Default256() *Curve { return curves()[0] }

// CurveByName returns the parameter set with a name as in Curve.Name, in any
// case, or nil.
func CurveByName(name string) *Curve {
	for _, c := range curves() {
		if strings.EqualFold(c.name, name) {
			return c
		}
	}
	return nil
}

// CurveByOID returns the parameter set with an object identifier, or nil.
func CurveByOID(oid asn1.ObjectIdentifier) *Curve {
	for _, c := range curves() {
		if c.oid.Equal(oid) {
			return c
		}
	}
	return nil
}
