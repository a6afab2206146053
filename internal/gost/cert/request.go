package cert

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/gost3410"
)

// Request is a parsed PKCS#10 request whose own signature holds.
type Request struct {
	Raw     []byte // DER
	Subject Name
	Key     *gost3410.PublicKey
}

// CreateRequest makes a PKCS#10 request for key, signed by it, in DER. It asks
// for signing documents: key usage digitalSignature and contentCommitment.
func CreateRequest(random io.Reader, subject Name, key crypto.Signer) ([]byte, error) {
	if err := subject.check(); err != nil {
		return nil, err
	}
	public, ok := key.Public().(*gost3410.PublicKey)
	if !ok {
		return nil, ErrUnsupported
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		subject.add(b)
		b.AddBytes(public.MarshalSPKI())
		b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 14}) // extensionRequest
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						addExtension(b, 15, true, func(b *cryptobyte.Builder) {
							addKeyUsage(b, x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment)
						})
					})
				})
			})
		})
	})
	info, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return sealSigned(random, info, key)
}

// ParseRequest reads a PKCS#10 request in DER or PEM and checks its signature.
// The errors wrap ErrFormat, ErrUnsupported or ErrSignature.
func ParseRequest(data []byte) (*Request, error) {
	if block, _ := pem.Decode(data); block != nil && bytes.Contains(data, []byte("-----BEGIN")) {
		data = block.Bytes
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes are too many for a request", ErrFormat, len(data))
	}
	x, err := x509.ParseCertificateRequest(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	alg, err := signatureOID(x.Raw)
	if err != nil {
		return nil, err
	}
	r := &Request{Raw: x.Raw}
	if r.Subject, err = parseName(x.RawSubject); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if r.Key, err = gost3410.ParseSPKI(x.RawSubjectPublicKeyInfo); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if err := checkSigned(r.Key, alg, x.RawTBSCertificateRequest, x.Signature); err != nil {
		return nil, err
	}
	return r, nil
}

// RequestPEM returns a request in PEM.
func RequestPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}
