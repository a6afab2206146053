package cert

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/bits"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// Template says what a new certificate shall contain.
type Template struct {
	Subject   Name
	Serial    *big.Int // nil: 127 random bits
	NotBefore time.Time
	NotAfter  time.Time
	IsCA      bool
	// MaxPathLen bounds the CAs below a CA; −1 sets no bound. It is not used
	// for other certificates.
	MaxPathLen int
	// KeyUsage is written as a critical extension; zero stands for certificate
	// and list signing for a CA, digital signature and content commitment for
	// others.
	KeyUsage x509.KeyUsage
	// ExtKeyUsage is left out when empty.
	ExtKeyUsage []asn1.ObjectIdentifier
}

// Authority is a certificate with its private key: what signs certificates and
// lists.
type Authority struct {
	Certificate *Certificate
	Key         crypto.Signer
}

// CreateSelfSigned makes a certificate for key signed by key itself.
func CreateSelfSigned(random io.Reader, t *Template, key crypto.Signer) (*Certificate, error) {
	public, ok := key.Public().(*gost3410.PublicKey)
	if !ok {
		return nil, ErrUnsupported
	}
	return create(random, t, public, nil, key)
}

// Create makes a certificate for public signed by ca. The CA's own dates and
// usage are not checked here: whoever verifies does that.
func Create(random io.Reader, t *Template, public *gost3410.PublicKey, ca Authority) (*Certificate, error) {
	if !ca.Certificate.Matches(ca.Key) {
		return nil, errors.New("cert: the CA's key does not belong to its certificate")
	}
	return create(random, t, public, ca.Certificate, ca.Key)
}

func create(random io.Reader, t *Template, public *gost3410.PublicKey, issuer *Certificate, signer crypto.Signer) (*Certificate, error) {
	if random == nil {
		random = rand.Reader
	}
	if err := t.Subject.check(); err != nil {
		return nil, err
	}
	if !t.NotBefore.Before(t.NotAfter) {
		return nil, errors.New("cert: the certificate would end before it begins")
	}
	serial, err := serialOf(random, t.Serial)
	if err != nil {
		return nil, err
	}
	keyID := KeyID(public)
	issuerID := keyID
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) })
		b.AddASN1BigInt(serial)
		addSignatureAlgorithm(b, signer)
		if issuer == nil {
			t.Subject.add(b)
		} else {
			b.AddBytes(issuer.X509.RawSubject)
			issuerID = issuer.X509.SubjectKeyId
		}
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addTime(b, t.NotBefore)
			addTime(b, t.NotAfter)
		})
		t.Subject.add(b)
		b.AddBytes(public.MarshalSPKI())
		b.AddASN1(cbasn1.Tag(3).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { t.addExtensions(b, keyID, issuerID) })
		})
	})
	tbs, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	der, err := sealSigned(random, tbs, signer)
	if err != nil {
		return nil, err
	}
	return Parse(der)
}

// KeyID returns the subject key identifier of a key: the first 20 octets of
// Streebog-256 over the subjectPublicKey (RFC 7093, section 2, method 1, with
// the national digest).
func KeyID(public *gost3410.PublicKey) []byte {
	sum := streebog.Sum256(public.Raw())
	return sum[:20]
}

func serialOf(random io.Reader, given *big.Int) (*big.Int, error) {
	if given != nil {
		if given.Sign() <= 0 || given.BitLen() > 159 {
			return nil, errors.New("cert: a serial number is a positive number of at most 20 octets")
		}
		return given, nil
	}
	raw := make([]byte, 16)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, fmt.Errorf("cert: random source: %w", err)
	}
	raw[0] = raw[0]&0x7f | 0x40
	return new(big.Int).SetBytes(raw), nil
}

func (t *Template) addExtensions(b *cryptobyte.Builder, keyID, issuerID []byte) {
	addExtension(b, 14, false, func(b *cryptobyte.Builder) { b.AddASN1OctetString(keyID) })
	if len(issuerID) > 0 {
		addExtension(b, 35, false, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(issuerID) })
			})
		})
	}
	usage := t.KeyUsage
	if usage == 0 {
		usage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
		if t.IsCA {
			usage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		}
	}
	addExtension(b, 15, true, func(b *cryptobyte.Builder) { addKeyUsage(b, usage) })
	addExtension(b, 19, true, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			if t.IsCA {
				b.AddASN1Boolean(true)
				if t.MaxPathLen >= 0 {
					b.AddASN1Int64(int64(t.MaxPathLen))
				}
			}
		})
	})
	if len(t.ExtKeyUsage) > 0 {
		addExtension(b, 37, false, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, oid := range t.ExtKeyUsage {
					b.AddASN1ObjectIdentifier(oid)
				}
			})
		})
	}
}

// addExtension writes an extension of the arc 2.5.29.
func addExtension(b *cryptobyte.Builder, arc int, critical bool, value func(*cryptobyte.Builder)) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 5, 29, arc})
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1(cbasn1.OCTET_STRING, value)
	})
}

// addKeyUsage writes a KeyUsage BIT STRING without trailing zero bits.
func addKeyUsage(b *cryptobyte.Builder, usage x509.KeyUsage) {
	octets := []byte{bits.Reverse8(uint8(usage))}
	if usage>>8 != 0 {
		octets = append(octets, bits.Reverse8(uint8(usage>>8)))
	}
	b.AddASN1(cbasn1.BIT_STRING, func(b *cryptobyte.Builder) {
		b.AddUint8(uint8(bits.TrailingZeros8(octets[len(octets)-1])))
		b.AddBytes(octets)
	})
}

// addTime writes a Time: UTCTime up to 2049, GeneralizedTime after.
func addTime(b *cryptobyte.Builder, t time.Time) {
	t = t.UTC().Truncate(time.Second)
	if t.Year() >= 1950 && t.Year() < 2050 {
		b.AddASN1UTCTime(t)
		return
	}
	b.AddASN1GeneralizedTime(t)
}

// addSignatureAlgorithm writes the algorithm of signer's signatures; the
// parameters are absent (RFC 9215, section 4.1).
func addSignatureAlgorithm(b *cryptobyte.Builder, signer crypto.Signer) {
	public, ok := signer.Public().(*gost3410.PublicKey)
	if !ok {
		b.SetError(ErrUnsupported)
		return
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(public.Curve().SignatureOID())
	})
}

// sealSigned signs tbs and returns SEQUENCE { tbs, algorithm, signature }.
func sealSigned(random io.Reader, tbs []byte, signer crypto.Signer) ([]byte, error) {
	if random == nil {
		random = rand.Reader
	}
	public, ok := signer.Public().(*gost3410.PublicKey)
	if !ok {
		return nil, ErrUnsupported
	}
	h := public.Curve().NewHash()
	h.Write(tbs)
	sig, err := signer.Sign(random, h.Sum(nil), nil)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		addSignatureAlgorithm(b, signer)
		b.AddASN1BitString(sig)
	})
	return b.Bytes()
}
