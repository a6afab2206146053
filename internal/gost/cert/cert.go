// Package cert reads, makes and checks X.509 certificates with GOST R
// 34.10-2012 keys (RFC 9215): self-signed and CA-signed certificates, PKCS#10
// requests, revocation lists, and chains against a given set of roots. It may
// be imported by the packages under internal/gost, by core packages and by the
// sandbox.
package cert

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/gost/wrapping"
)

// Limits on what is read from outside.
const (
	// MaxSize bounds one certificate or request, bytes.
	MaxSize = 64 << 10
	// MaxCount bounds the certificates read from one file.
	MaxCount = 1000
	// MaxListSize bounds a revocation list, bytes.
	MaxListSize = 32 << 20
)

var (
	// ErrFormat says that data is not a certificate, request or list.
	ErrFormat = errors.New("cert: not in the expected format")
	// ErrUnsupported says that a key or signature is not of GOST R 34.10-2012.
	ErrUnsupported = errors.New("cert: not a GOST R 34.10-2012 key or signature")
	// ErrSignature says that a signature does not hold.
	ErrSignature = errors.New("cert: the signature does not hold")
)

// Certificate is a parsed certificate.
type Certificate struct {
	Raw      []byte // the whole, DER
	Subject  Name
	Issuer   Name
	Key      *gost3410.PublicKey // nil when the key is of another algorithm
	X509     *x509.Certificate   // serial, dates, extensions; its PublicKey is not set for GOST keys
	tbs      []byte
	sigOID   asn1.ObjectIdentifier
	sigValue []byte
}

// Parse reads one certificate in DER. A certificate with a key of another
// algorithm is read too, with a nil Key. The error wraps ErrFormat.
func Parse(der []byte) (*Certificate, error) {
	if len(der) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes are too many for a certificate", ErrFormat, len(der))
	}
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	c := &Certificate{Raw: x.Raw, X509: x, tbs: x.RawTBSCertificate, sigValue: x.Signature}
	if c.sigOID, err = signatureOID(x.Raw); err != nil {
		return nil, err
	}
	if c.Subject, err = parseName(x.RawSubject); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if c.Issuer, err = parseName(x.RawIssuer); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	key, err := gost3410.ParseSPKI(x.RawSubjectPublicKeyInfo)
	switch {
	case err == nil:
		c.Key = key
	case errors.Is(err, gost3410.ErrKey):
		// A GOST key that is no point of its curve: nothing may be built on it.
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return c, nil
}

// ParseAll reads certificates from a file: one in DER, or any number in PEM,
// where blocks of other kinds are skipped. At least one must be there.
func ParseAll(data []byte) ([]*Certificate, error) {
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		c, err := Parse(data)
		if err != nil {
			return nil, wrapping.Explain(data, err)
		}
		return []*Certificate{c}, nil
	}
	var all []*Certificate
	for len(data) > 0 {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if block.Type != "CERTIFICATE" {
			continue
		}
		if len(all) == MaxCount {
			return nil, fmt.Errorf("%w: more than %d certificates in one file", ErrFormat, MaxCount)
		}
		c, err := Parse(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: no certificate in the file", ErrFormat)
	}
	return all, nil
}

// PEM returns the certificate in PEM.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// Hash returns Streebog-256 of the DER form as 64 hexadecimal digits in upper
// case: ЕСИА's client_certificate_hash.
func (c *Certificate) Hash() string {
	sum := streebog.Sum256(c.Raw)
	return fmt.Sprintf("%X", sum[:])
}

// Serial returns the serial number in upper-case hexadecimal.
func (c *Certificate) Serial() string { return fmt.Sprintf("%X", c.X509.SerialNumber) }

// NotBefore returns the first moment of validity.
func (c *Certificate) NotBefore() time.Time { return c.X509.NotBefore }

// NotAfter returns the last moment of validity.
func (c *Certificate) NotAfter() time.Time { return c.X509.NotAfter }

// IsCA reports whether the certificate may issue others.
func (c *Certificate) IsCA() bool { return c.X509.BasicConstraintsValid && c.X509.IsCA }

// SelfIssued reports whether subject and issuer are the same name.
func (c *Certificate) SelfIssued() bool { return bytes.Equal(c.X509.RawSubject, c.X509.RawIssuer) }

// Equal reports whether o is the same certificate, octet for octet.
func (c *Certificate) Equal(o *Certificate) bool { return o != nil && bytes.Equal(c.Raw, o.Raw) }

// Matches reports whether key is the private key of the certificate.
func (c *Certificate) Matches(key crypto.Signer) bool {
	return c.Key != nil && c.Key.Equal(key.Public())
}

// MaySign reports whether the key usage allows signing documents. A
// certificate that does not restrict its usage may.
func (c *Certificate) MaySign() bool {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	return c.X509.KeyUsage == 0 || c.X509.KeyUsage&signing != 0
}

// CheckIssuedBy checks that issuer's key signed the certificate. The errors
// are ErrUnsupported and ErrSignature. Nothing else is checked.
func (c *Certificate) CheckIssuedBy(issuer *Certificate) error {
	return checkSigned(issuer.Key, c.sigOID, c.tbs, c.sigValue)
}

// checkSigned verifies the signature of a certificate, request or list.
func checkSigned(key *gost3410.PublicKey, alg asn1.ObjectIdentifier, tbs, sig []byte) error {
	if key == nil || !alg.Equal(key.Curve().SignatureOID()) {
		return ErrUnsupported
	}
	h := key.Curve().NewHash()
	h.Write(tbs)
	if !key.Verify(h.Sum(nil), sig) {
		return ErrSignature
	}
	return nil
}

// signatureOID reads the outer signature algorithm of SEQUENCE { tbs,
// algorithm, signature }. crypto/x509 has already compared it with the inner
// one.
func signatureOID(der []byte) (asn1.ObjectIdentifier, error) {
	in := cryptobyte.String(der)
	var seq, alg cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.SkipASN1(cbasn1.SEQUENCE) ||
		!seq.ReadASN1(&alg, cbasn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&oid) {
		return nil, ErrFormat
	}
	return oid, nil
}
