package cms

import (
	"context"
	"fmt"
)

// NewHasherFor returns a hasher for the digests that these signers sign, so
// that a content can be shown to a person first and signed later without being
// read again.
func NewHasherFor(signers ...Signer) *Hasher { return &Hasher{d: newDigests(signers)} }

// Size returns the number of octets that were written.
func (h *Hasher) Size() int64 { return h.size }

// Sum returns the Streebog digest of a size in octets of what was written, or
// nil when the hasher does not compute it.
func (h *Hasher) Sum(size int) []byte {
	d := h.d[size]
	if d == nil {
		return nil
	}
	return d.Sum(nil)
}

// SignHashed is SignDetached for content that went through a Hasher.
func SignHashed(ctx context.Context, content *Hasher, o *Options, signers ...Signer) ([]byte, error) {
	return content.sign(ctx, &signedData{contentType: oidData(), version: 1}, o, signers)
}

// AddSignersHashed is AddSigners for content that went through a Hasher.
func AddSignersHashed(ctx context.Context, signature []byte, content *Hasher, o *Options, signers ...Signer) ([]byte, error) {
	old, err := parseDetached(signature)
	if err != nil {
		return nil, err
	}
	return content.sign(ctx, old, o, signers)
}

func (h *Hasher) sign(ctx context.Context, s *signedData, o *Options, signers []Signer) ([]byte, error) {
	if err := checkSigners(signers); err != nil {
		return nil, err
	}
	for _, signer := range signers {
		if size := signer.Certificate().Key.Curve().Size(); h.d[size] == nil {
			return nil, fmt.Errorf("cms: the content was not digested with %d octets", size)
		}
	}
	infos, err := signAll(ctx, o, signers, h.d, s.contentType)
	if err != nil {
		return nil, err
	}
	return s.extend(o, signers, infos)
}
