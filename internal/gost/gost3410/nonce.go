package gost3410

import (
	"crypto/hmac"
	"hash"
	"slices"

	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// nonces is the generator of RFC 6979, section 3.2, with HMAC-Streebog and, as
// section 3.6 allows, fresh octets mixed in: a broken random source does not
// reveal the key, and a working one keeps fault attacks from comparing two
// signatures of one message.
type nonces struct {
	g     group
	hash  func() hash.Hash
	k, v  []byte
	again bool
}

// newNonces seeds the generator. d and digest are little-endian octets of the
// group's size.
func newNonces(g group, d, digest, fresh []byte) *nonces {
	n := &nonces{g: g, hash: streebog.New256}
	if g.size() == size512 {
		n.hash = streebog.New512
	}
	n.k = make([]byte, g.size())
	n.v = make([]byte, g.size())
	for i := range n.v {
		n.v[i] = 1
	}
	// The order of octets inside the seed is ours to choose; RFC 6979 fixes
	// it only for its own algorithms.
	for _, round := range []byte{0, 1} {
		n.k = n.mac(n.v, []byte{round}, d, digest, fresh)
		n.v = n.mac(n.v)
	}
	return n
}

func (n *nonces) mac(parts ...[]byte) []byte {
	m := hmac.New(n.hash, n.k)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// next returns the next number in 1…q−1, little-endian.
func (n *nonces) next() []byte {
	for {
		if n.again {
			n.k = n.mac(n.v, []byte{0})
			n.v = n.mac(n.v)
		}
		n.again = true
		n.v = n.mac(n.v)
		k := slices.Clone(n.v)
		trim(k, n.g.orderBits())
		if n.g.scalarOK(k) {
			return k
		}
	}
}
