package gost3410

import (
	"encoding/asn1"
	"errors"
	"hash"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// ErrEncoding says that octets are not the DER form of a GOST key.
var ErrEncoding = errors.New("gost3410: not a GOST key in DER")

// ErrCurve says that a key names a parameter set that is not known here.
var ErrCurve = errors.New("gost3410: unknown parameter set")

// arcs of TC26, 1.2.643.7.1.1.x: the last number is 1 or 2 for keys, 2 or 3
// for digests and signatures, for 256 and 512 bits (RFC 9215, section 2).
func (c *Curve) tc26(kind, first int) asn1.ObjectIdentifier {
	if c.bytes == size512 {
		first++
	}
	return asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, kind, first}
}

// KeyOID returns the algorithm of keys on this curve; CMS uses it as the
// signature algorithm too.
func (c *Curve) KeyOID() asn1.ObjectIdentifier { return c.tc26(1, 1) }

// DigestOID returns the Streebog that signatures on this curve are made over.
func (c *Curve) DigestOID() asn1.ObjectIdentifier { return c.tc26(2, 2) }

// SignatureOID returns the signature-with-digest algorithm of certificates.
func (c *Curve) SignatureOID() asn1.ObjectIdentifier { return c.tc26(3, 2) }

// NewHash returns the Streebog that signatures on this curve are made over.
func (c *Curve) NewHash() hash.Hash {
	if c.bytes == size512 {
		return streebog.New512()
	}
	return streebog.New256()
}

// addAlgorithm writes the AlgorithmIdentifier of a key.
func (c *Curve) addAlgorithm(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(c.KeyOID())
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(c.oid)
			if c.digestParam {
				b.AddASN1ObjectIdentifier(c.DigestOID())
			}
		})
	})
}

// readAlgorithm reads the AlgorithmIdentifier of a key.
func readAlgorithm(s *cryptobyte.String) (*Curve, error) {
	var alg, params cryptobyte.String
	var key, set, digest asn1.ObjectIdentifier
	if !s.ReadASN1(&alg, cbasn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&key) ||
		!alg.ReadASN1(&params, cbasn1.SEQUENCE) || !alg.Empty() || !params.ReadASN1ObjectIdentifier(&set) {
		return nil, ErrEncoding
	}
	c := CurveByOID(set)
	if c == nil {
		return nil, ErrCurve
	}
	if !key.Equal(c.KeyOID()) {
		return nil, ErrEncoding
	}
	// The digest is implied by the key; where it is written it must agree. An
	// encryption set may follow in old keys and means nothing for signatures.
	if !params.Empty() && (!params.ReadASN1ObjectIdentifier(&digest) || !digest.Equal(c.DigestOID())) {
		return nil, ErrEncoding
	}
	return c, nil
}

// MarshalSPKI returns the SubjectPublicKeyInfo of the key in DER.
func (p *PublicKey) MarshalSPKI() []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		p.curve.addAlgorithm(b)
		b.AddASN1(cbasn1.BIT_STRING, func(b *cryptobyte.Builder) {
			b.AddUint8(0)
			b.AddASN1OctetString(p.Raw())
		})
	})
	return b.BytesOrPanic() // the builder fails on malformed OIDs only, and ours are constants
}

// ParseSPKI reads a SubjectPublicKeyInfo in DER. The errors are ErrEncoding,
// ErrCurve and ErrKey.
func ParseSPKI(der []byte) (*PublicKey, error) {
	in := cryptobyte.String(der)
	var seq, bits, raw cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, ErrEncoding
	}
	c, err := readAlgorithm(&seq)
	if err != nil {
		return nil, err
	}
	var unused uint8
	if !seq.ReadASN1(&bits, cbasn1.BIT_STRING) || !seq.Empty() || !bits.ReadUint8(&unused) || unused != 0 ||
		!bits.ReadASN1(&raw, cbasn1.OCTET_STRING) || !bits.Empty() {
		return nil, ErrEncoding
	}
	return NewPublicKey(c, raw)
}

// MarshalPKCS8 returns the unencrypted PrivateKeyInfo of the key in DER.
func (k *PrivateKey) MarshalPKCS8() []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		k.public.curve.addAlgorithm(b)
		b.AddASN1OctetString(k.d)
	})
	return b.BytesOrPanic() // as in MarshalSPKI
}

// ParsePKCS8 reads an unencrypted PrivateKeyInfo in DER. The secret may be the
// octets themselves, or an OCTET STRING (little-endian) or INTEGER inside
// them: programs differ. The errors are ErrEncoding, ErrCurve and ErrKey.
func ParsePKCS8(der []byte) (*PrivateKey, error) {
	in := cryptobyte.String(der)
	var seq, secret cryptobyte.String
	var version int64
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) || version < 0 || version > 1 {
		return nil, ErrEncoding
	}
	c, err := readAlgorithm(&seq)
	if err != nil {
		return nil, err
	}
	if !seq.ReadASN1(&secret, cbasn1.OCTET_STRING) {
		return nil, ErrEncoding
	}
	// Attributes [0] and, in version 1, a public key [1] may follow.
	for !seq.Empty() {
		var skipped cryptobyte.String
		var tag cbasn1.Tag
		if !seq.ReadAnyASN1(&skipped, &tag) || tag&0xC0 != 0x80 {
			return nil, ErrEncoding
		}
	}
	if len(secret) == c.bytes {
		return NewPrivateKey(c, secret)
	}
	inner := secret
	var octets cryptobyte.String
	if inner.ReadASN1(&octets, cbasn1.OCTET_STRING) && inner.Empty() && len(octets) == c.bytes {
		return NewPrivateKey(c, octets)
	}
	inner = secret
	var number []byte
	if inner.ReadASN1Integer(&number) && inner.Empty() && len(number) <= c.bytes {
		raw := make([]byte, c.bytes)
		copy(raw[c.bytes-len(number):], number)
		slices.Reverse(raw)
		return NewPrivateKey(c, raw)
	}
	return nil, ErrEncoding
}
