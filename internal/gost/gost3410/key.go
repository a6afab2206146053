package gost3410

import (
	"crypto"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

var (
	// ErrKey says that octets are no key of the curve.
	ErrKey = errors.New("gost3410: not a key of this curve")
	// ErrDigestSize says that a digest has not the size the curve signs.
	ErrDigestSize = errors.New("gost3410: the digest has the wrong size for this key")
)

// PublicKey is a point of a curve. It is always valid: it can be made only by
// functions that check it.
type PublicKey struct {
	curve *Curve
	x, y  []byte // little-endian
}

// PrivateKey is a secret scalar with its public key. It implements
// crypto.Signer. Printing it shows the public part only.
type PrivateKey struct {
	public PublicKey
	d      []byte // little-endian
}

// GenerateKey makes a key from the randomness of random; nil stands for the
// system's.
func GenerateKey(c *Curve, random io.Reader) (*PrivateKey, error) {
	if random == nil {
		random = rand.Reader
	}
	g := c.group()
	d := make([]byte, c.bytes)
	for {
		if _, err := io.ReadFull(random, d); err != nil {
			return nil, fmt.Errorf("gost3410: random source: %w", err)
		}
		trim(d, g.orderBits())
		if g.scalarOK(d) {
			return NewPrivateKey(c, d)
		}
	}
}

// trim clears the bits of a little-endian number above n.
func trim(d []byte, n int) {
	if n < 8*len(d) {
		d[n/8] &= 1<<(n%8) - 1
		clear(d[n/8+1:])
	}
}

// NewPrivateKey makes a key from its raw form: c.Size() octets, little-endian,
// as PKCS#8 holds it. A number outside 1…q−1 is refused with ErrKey.
func NewPrivateKey(c *Curve, raw []byte) (*PrivateKey, error) {
	g := c.group()
	if len(raw) != c.bytes || !g.scalarOK(raw) {
		return nil, ErrKey
	}
	k := &PrivateKey{d: slices.Clone(raw), public: PublicKey{curve: c, x: make([]byte, c.bytes), y: make([]byte, c.bytes)}}
	g.public(k.public.x, k.public.y, k.d)
	return k, nil
}

// NewPublicKey makes a key from its raw form: X‖Y, each c.Size() octets,
// little-endian, as a certificate holds it. A point that is not on the curve,
// or not in the group of order q, is refused with ErrKey.
func NewPublicKey(c *Curve, raw []byte) (*PublicKey, error) {
	n := c.bytes
	if len(raw) != 2*n || !c.group().pointOK(raw[:n], raw[n:]) {
		return nil, ErrKey
	}
	raw = slices.Clone(raw)
	return &PublicKey{curve: c, x: raw[:n:n], y: raw[n:]}, nil
}

// Raw returns the secret scalar, little-endian. The caller keeps it secret.
func (k *PrivateKey) Raw() []byte { return slices.Clone(k.d) }

// Curve returns the parameter set of the key.
func (k *PrivateKey) Curve() *Curve { return k.public.curve }

// Public returns the public key, a *PublicKey.
func (k *PrivateKey) Public() crypto.PublicKey { return k.PublicKey() }

// PublicKey returns the public key.
func (k *PrivateKey) PublicKey() *PublicKey {
	p := k.public
	return &p
}

// Equal reports whether x is the same key, in constant time.
func (k *PrivateKey) Equal(x crypto.PrivateKey) bool {
	o, ok := x.(*PrivateKey)
	return ok && k.public.Equal(&o.public) && subtle.ConstantTimeCompare(k.d, o.d) == 1
}

// Format prints the name of the key under every verb, so that no careless log
// line shows the secret.
func (k PrivateKey) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "GOST private key, curve "+k.public.curve.name)
}

// Curve returns the parameter set of the key.
func (p *PublicKey) Curve() *Curve { return p.curve }

// Raw returns X‖Y, little-endian.
func (p *PublicKey) Raw() []byte { return append(slices.Clone(p.x), p.y...) }

// Equal reports whether x is the same point of the same parameter set.
func (p *PublicKey) Equal(x crypto.PublicKey) bool {
	o, ok := x.(*PublicKey)
	return ok && p.curve == o.curve && slices.Equal(p.x, o.x) && slices.Equal(p.y, o.y)
}

// Agree returns the 32 octets of a key that the owners of k and of p have in common:
// VKO GOST R 34.10-2012 with a digest of 256 bits (RFC 7836, section 4.3.1), also on
// curves of 512 bits, as CMS uses it. ukm is public and not secret, little-endian, at
// most c.Size() octets, and makes the key another one each time; zero is refused. Keys
// of different parameter sets have nothing in common: ErrKey.
func (k *PrivateKey) Agree(p *PublicKey, ukm []byte) ([]byte, error) {
	c := k.public.curve
	if p == nil || p.curve != c || len(ukm) > c.bytes {
		return nil, ErrKey
	}
	point := make([]byte, 2*c.bytes)
	defer clear(point)
	if !c.group().agree(point[:c.bytes], point[c.bytes:], p.x, p.y, k.d, ukm) {
		return nil, ErrKey
	}
	sum := streebog.Sum256(point)
	return sum[:], nil
}

// Sign signs a Streebog digest of c.Size() octets and returns s‖r, each
// big-endian: the form of OpenSSL, of certificates and of the portal. The
// nonce is derived from the key, the digest and fresh octets of random; with a
// nil random it is derived from key and digest alone, and the signature is the
// same every time. opts is not used.
func (k *PrivateKey) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	n := k.public.curve.bytes
	if len(digest) != n {
		return nil, ErrDigestSize
	}
	var fresh []byte
	if random != nil {
		fresh = make([]byte, n)
		if _, err := io.ReadFull(random, fresh); err != nil {
			return nil, fmt.Errorf("gost3410: random source: %w", err)
		}
	}
	g := k.public.curve.group()
	nonces := newNonces(g, k.d, digest, fresh)
	sig := make([]byte, 2*n)
	s, r := sig[:n], sig[n:]
	for !g.sign(r, s, k.d, nonces.next(), digest) {
	}
	slices.Reverse(s)
	slices.Reverse(r)
	return sig, nil
}

// Verify reports whether sig (s‖r, each big-endian) is a signature over a
// Streebog digest of Curve().Size() octets.
func (p *PublicKey) Verify(digest, sig []byte) bool {
	n := p.curve.bytes
	if len(digest) != n || len(sig) != 2*n {
		return false
	}
	s, r := slices.Clone(sig[:n]), slices.Clone(sig[n:])
	slices.Reverse(s)
	slices.Reverse(r)
	return p.curve.group().verify(p.x, p.y, digest, r, s)
}
