package gost3410

import (
	"crypto/hmac"
	"hash"

	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// nonces derives the one-time numbers of signatures of one digest, after RFC
// 6979: a number is a keyed hash of the digest, the key being the private key,
// so that it never repeats for another digest and a broken random source does
// not reveal the key. As section 3.6 there allows, fresh octets are mixed in,
// which keeps fault attacks from comparing two signatures of one message.
//
// Where RFC 6979 draws candidates from a generator until one is below the
// order, this takes one value of twice the size modulo the order: HMAC
// Streebog-512 (d, counter ‖ q ‖ digest ‖ fresh). The bias is below 2^−256, no
// candidate is thrown away, and the time does not depend on the key.
type nonces struct {
	g             group
	mac           hash.Hash
	digest, fresh []byte
	counter       byte
	wide          []byte
}

// newNonces prepares the derivation. d and digest are octets of the group's
// size.
func newNonces(g group, d, digest, fresh []byte) *nonces {
	return &nonces{g: g, mac: hmac.New(streebog.New512, d), digest: digest, fresh: fresh, wide: make([]byte, 0, 2*size512)}
}

// next returns the next number in 1…q−1, little-endian.
func (n *nonces) next() []byte {
	k := make([]byte, n.g.size())
	for {
		n.wide = n.wide[:0]
		for len(n.wide) < 2*len(k) {
			n.mac.Reset()
			n.mac.Write([]byte{n.counter})
			n.mac.Write(n.g.order())
			n.mac.Write(n.digest)
			n.mac.Write(n.fresh)
			n.wide = n.mac.Sum(n.wide)
			n.counter++
		}
		if n.g.reduce(k, n.wide) {
			return k
		}
	}
}
