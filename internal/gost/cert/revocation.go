package cert

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// RevocationList is a parsed CRL.
type RevocationList struct {
	x       *x509.RevocationList
	sigOID  asn1.ObjectIdentifier
	partial bool // has a critical extension: an indirect, delta or partial list
	revoked []revokedSerial
}

// revokedSerial is one entry, sorted by serial for search.
type revokedSerial struct {
	serial *big.Int
	at     time.Time
}

// Revoked names a certificate to be put on a list.
type Revoked struct {
	Serial *big.Int
	At     time.Time
}

// ParseRevocationList reads a CRL in DER or PEM. The error wraps ErrFormat.
// Its signature is checked when it is used.
func ParseRevocationList(data []byte) (*RevocationList, error) {
	if len(data) > MaxListSize {
		return nil, fmt.Errorf("%w: %d bytes are too many for a revocation list", ErrFormat, len(data))
	}
	if bytes.Contains(data[:min(len(data), 1<<10)], []byte("-----BEGIN")) {
		if block, _ := pem.Decode(data); block != nil {
			data = block.Bytes
		}
	}
	x, err := x509.ParseRevocationList(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	l := &RevocationList{x: x}
	if l.sigOID, err = signatureOID(x.Raw); err != nil {
		return nil, err
	}
	for _, e := range x.Extensions {
		l.partial = l.partial || e.Critical
	}
	l.revoked = make([]revokedSerial, 0, len(x.RevokedCertificateEntries))
	for _, e := range x.RevokedCertificateEntries {
		l.revoked = append(l.revoked, revokedSerial{e.SerialNumber, e.RevocationTime})
	}
	slices.SortFunc(l.revoked, func(a, b revokedSerial) int { return a.serial.Cmp(b.serial) })
	return l, nil
}

// ThisUpdate returns the moment the list describes.
func (l *RevocationList) ThisUpdate() time.Time { return l.x.ThisUpdate }

// NextUpdate returns the moment after which the list is stale.
func (l *RevocationList) NextUpdate() time.Time { return l.x.NextUpdate }

// find returns when a serial number was revoked.
func (l *RevocationList) find(serial *big.Int) (time.Time, bool) {
	i, ok := slices.BinarySearchFunc(l.revoked, serial, func(e revokedSerial, s *big.Int) int { return e.serial.Cmp(s) })
	if !ok {
		return time.Time{}, false
	}
	return l.revoked[i].at, true
}

// issuedBy reports whether the list is ca's and its signature holds.
func (l *RevocationList) issuedBy(ca *Certificate) error {
	if !bytes.Equal(l.x.RawIssuer, ca.X509.RawSubject) {
		return errors.New("cert: the list is of another issuer")
	}
	return checkSigned(ca.Key, l.sigOID, l.x.RawTBSRevocationList, l.x.Signature)
}

// CreateRevocationList makes a CRL signed by ca, in DER.
func CreateRevocationList(random io.Reader, ca Authority, number *big.Int, thisUpdate, nextUpdate time.Time, revoked []Revoked) ([]byte, error) {
	if !ca.Certificate.Matches(ca.Key) {
		return nil, errors.New("cert: the CA's key does not belong to its certificate")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		addSignatureAlgorithm(b, ca.Key)
		b.AddBytes(ca.Certificate.X509.RawSubject)
		addTime(b, thisUpdate)
		addTime(b, nextUpdate)
		if len(revoked) > 0 {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, r := range revoked {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1BigInt(r.Serial)
						addTime(b, r.At)
					})
				}
			})
		}
		b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addExtension(b, 35, false, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(ca.Certificate.X509.SubjectKeyId) })
					})
				})
				addExtension(b, 20, false, func(b *cryptobyte.Builder) { b.AddASN1BigInt(number) })
			})
		})
	})
	tbs, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return sealSigned(random, tbs, ca.Key)
}
