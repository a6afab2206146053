package esia

import (
	"bytes"
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cms"
)

// SignWith returns a Signer over a key of internal/gost, wherever the key
// lies; now gives the signing time of CMS signatures.
func SignWith(s cms.Signer, now func() time.Time) Signer { return gostSigner{s, now} }

type gostSigner struct {
	cms.Signer
	now func() time.Time
}

// SignRaw signs message.
func (s gostSigner) SignRaw(ctx context.Context, message []byte) ([]byte, error) {
	return s.SignMessage(ctx, message)
}

// SignCMS returns a detached CMS over message.
func (s gostSigner) SignCMS(ctx context.Context, message []byte) ([]byte, error) {
	return cms.SignDetached(ctx, bytes.NewReader(message), &cms.Options{Time: s.now()}, s.Signer)
}

// CertificateHash is the hash of the signer's certificate.
func (s gostSigner) CertificateHash() string { return gost.CertHash(s.Certificate().Raw) }
