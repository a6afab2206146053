package esia

import (
	"bytes"
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/gost"
)

// SignWith returns a Signer over a signer of internal/gost, wherever its key
// lies; now gives the signing time of CMS signatures. The signer must know its
// certificate. One that only makes CMS is enough for API keys and for protocol v1:
// its SignRaw fails with external.ErrKind.
func SignWith(s gost.Signer, now func() time.Time) Signer { return gostSigner{s, now} }

type gostSigner struct {
	gost.Signer
	now func() time.Time
}

// SignCMS returns a detached CMS over message.
func (s gostSigner) SignCMS(ctx context.Context, message []byte) ([]byte, error) {
	return s.SignDetached(ctx, bytes.NewReader(message), s.now())
}

// CertificateHash is the hash of the signer's certificate.
func (s gostSigner) CertificateHash() string { return gost.CertHash(s.Certificate().Raw) }
