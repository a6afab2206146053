package gost

import "errors"

// ErrOpen says that a signer cannot decrypt: its key is behind a program that signs
// and does nothing else.
var ErrOpen = errors.New("gost: the signer cannot decrypt")

// OpenEnveloped decrypts CMS EnvelopedData that somebody made for the certificate of s,
// as cms.Open does. A signer whose key is not in memory returns ErrOpen.
func OpenEnveloped(s Signer, data []byte) ([]byte, error) {
	m, ok := MessageSigner(s)
	if !ok {
		return nil, ErrOpen
	}
	o, ok := m.(interface{ Open([]byte) ([]byte, error) })
	if !ok {
		return nil, ErrOpen
	}
	return o.Open(data)
}
