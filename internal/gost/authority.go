package gost

import (
	"fmt"
	"io"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
)

// NewAuthority makes a key on CryptoPro A and a self-signed CA certificate for
// it: the CA of the embedded portal, or of a test. random nil stands for the
// system's.
func NewAuthority(random io.Reader, subject cert.Name, from, until time.Time) (cert.Authority, error) {
	key, err := gost3410.GenerateKey(gost3410.Default256(), random)
	if err != nil {
		return cert.Authority{}, err
	}
	c, err := cert.CreateSelfSigned(random, &cert.Template{Subject: subject, NotBefore: from, NotAfter: until, IsCA: true, MaxPathLen: -1}, key)
	if err != nil {
		return cert.Authority{}, fmt.Errorf("gost: CA certificate: %w", err)
	}
	return cert.Authority{Certificate: c, Key: key}, nil
}

// IssueSigning makes a certificate for signing documents, signed by ca.
func IssueSigning(random io.Reader, ca cert.Authority, subject cert.Name, public *gost3410.PublicKey, from, until time.Time) (*cert.Certificate, error) {
	return cert.Create(random, &cert.Template{Subject: subject, NotBefore: from, NotAfter: until}, public, ca)
}
