// Package cms makes and checks CMS SignedData (RFC 5652) with GOST R
// 34.10-2012 signatures and CAdES-BES attributes (signing-certificate-v2):
// detached and attached, one or several signers. Content streams, so a file of
// any size is signed and checked in flat memory. Core packages and the sandbox
// may import it.
package cms

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// Signer puts raw signatures under short messages. The key may be anywhere:
// in memory, in a token, behind another program.
type Signer interface {
	// Certificate returns the signer's certificate; its Key is set.
	Certificate() *cert.Certificate
	// SignMessage signs the Streebog digest of message and returns s‖r, each
	// big-endian.
	SignMessage(ctx context.Context, message []byte) ([]byte, error)
}

// KeySigner is a Signer with the key in memory. It may be used from several
// goroutines at once.
type KeySigner struct {
	certificate *cert.Certificate
	key         crypto.Signer
}

// ErrMismatch says that a key does not belong to a certificate.
var ErrMismatch = errors.New("cms: the key does not belong to the certificate")

// NewKeySigner returns a signer, or ErrMismatch.
func NewKeySigner(c *cert.Certificate, key crypto.Signer) (*KeySigner, error) {
	if !c.Matches(key) {
		return nil, ErrMismatch
	}
	return &KeySigner{c, key}, nil
}

// Certificate returns the signer's certificate.
func (s *KeySigner) Certificate() *cert.Certificate { return s.certificate }

// SignMessage signs the digest of message.
func (s *KeySigner) SignMessage(_ context.Context, message []byte) ([]byte, error) {
	h := s.certificate.Key.Curve().NewHash()
	h.Write(message)
	return s.key.Sign(rand.Reader, h.Sum(nil), nil)
}

// Options says how a signature is made.
type Options struct {
	// Time is written as the signing time; zero leaves it out. It is what the
	// signer claims, not a proof.
	Time time.Time
	// Chain holds further certificates to put inside: intermediates.
	Chain []*cert.Certificate
	// NoCertificates leaves even the signers' certificates out.
	NoCertificates bool
}

// SignDetached reads content to its end and returns a detached signature in
// DER, with one SignerInfo for each signer.
func SignDetached(ctx context.Context, content io.Reader, o *Options, signers ...Signer) ([]byte, error) {
	if err := checkSigners(signers); err != nil {
		return nil, err
	}
	digests := newDigests(signers)
	if _, err := digests.copy(ctx, nil, content); err != nil {
		return nil, err
	}
	infos, err := signAll(ctx, o, signers, digests, oidData())
	if err != nil {
		return nil, err
	}
	return (&signedData{contentType: oidData(), version: 1}).extend(o, signers, infos)
}

// AddSigners returns a detached signature with further signers beside the ones
// that are there already. content is the same content; the signatures that are
// there are kept as they are and not checked.
func AddSigners(ctx context.Context, signature []byte, content io.Reader, o *Options, signers ...Signer) ([]byte, error) {
	if err := checkSigners(signers); err != nil {
		return nil, err
	}
	old, err := parseDetached(signature)
	if err != nil {
		return nil, err
	}
	digests := newDigests(signers)
	if _, err := digests.copy(ctx, nil, content); err != nil {
		return nil, err
	}
	infos, err := signAll(ctx, o, signers, digests, old.contentType)
	if err != nil {
		return nil, err
	}
	return old.extend(o, signers, infos)
}

// Merge puts the signers of two detached signatures of one content into one.
// The signatures are kept as they are and not checked.
func Merge(a, b []byte) ([]byte, error) {
	first, err := parseDetached(a)
	if err != nil {
		return nil, err
	}
	second, err := parseDetached(b)
	if err != nil {
		return nil, err
	}
	if !first.contentType.Equal(second.contentType) {
		return nil, fmt.Errorf("%w: the signatures are of different types of content", ErrFormat)
	}
	first.version = max(first.version, second.version)
	first.algorithms = append(first.algorithms, second.algorithms...)
	first.certificates = append(first.certificates, second.certificates...)
	first.other = append(first.other, second.other...)
	if len(first.lists) == 0 {
		first.lists = second.lists
	}
	return first.extend(&Options{}, nil, second.infos)
}

// SignAttached reads size octets of content and writes to w a signature that
// holds them. Content of any other length is an error; what was written by
// then is of no use.
func SignAttached(ctx context.Context, w io.Writer, content io.Reader, size int64, o *Options, signers ...Signer) error {
	if err := checkSigners(signers); err != nil {
		return err
	}
	if size < 0 {
		return errors.New("cms: the size of the content must be known")
	}
	digests := newDigests(signers)
	// Every part has a size that is known before its value: write the lengths
	// first, then the content, then what depends on it.
	blank, err := blankInfos(o, signers)
	if err != nil {
		return err
	}
	s := &signedData{contentType: oidData(), version: 1, attached: true, size: size}
	out, err := s.writer(o, signers, blank)
	if err != nil {
		return err
	}
	return out.write(w, func() ([][]byte, error) {
		n, err := digests.copy(ctx, w, io.LimitReader(content, size))
		if err != nil {
			return nil, err
		}
		var extra [1]byte
		if m, _ := io.ReadFull(content, extra[:]); n != size || m != 0 {
			return nil, fmt.Errorf("cms: the content changed its size while it was read (%d bytes were expected)", size)
		}
		return signAll(ctx, o, signers, digests, oidData())
	})
}

// AddSignersAttached copies a signature that holds its content to w, with
// further signers beside the ones that are there already. in is read twice.
func AddSignersAttached(ctx context.Context, w io.Writer, in io.ReadSeeker, o *Options, signers ...Signer) error {
	if err := checkSigners(signers); err != nil {
		return err
	}
	var sizes []int
	for _, s := range signers {
		sizes = append(sizes, s.Certificate().Key.Curve().Size())
	}
	s, err := parse(ctx, in, nil, sizes...)
	if err != nil {
		return err
	}
	if !s.attached {
		return fmt.Errorf("%w: the signature holds no content; it is a detached one", ErrFormat)
	}
	return s.addAttached(ctx, w, in, o, signers)
}

func checkSigners(signers []Signer) error {
	if len(signers) == 0 || len(signers) > maxSigners {
		return fmt.Errorf("cms: %d signers; between 1 and %d are possible", len(signers), maxSigners)
	}
	for _, s := range signers {
		if c := s.Certificate(); c == nil || c.Key == nil {
			return errors.New("cms: a signer has no certificate with a GOST key")
		}
	}
	return nil
}

// digests are the running hashes of one content, by digest size in octets.
type digests map[int]hash.Hash

func newDigests(signers []Signer) digests {
	d := digests{}
	for _, s := range signers {
		d.need(s.Certificate().Key.Curve().Size())
	}
	return d
}

// need adds the hash of a size: 32 or 64.
func (d digests) need(size int) {
	switch {
	case d[size] != nil:
	case size == streebog.Size256:
		d[size] = streebog.New256()
	case size == streebog.Size512:
		d[size] = streebog.New512()
	}
}

// copy hashes content and passes it on to w, if there is one.
func (d digests) copy(ctx context.Context, w io.Writer, content io.Reader) (int64, error) {
	buf := make([]byte, 32<<10)
	var total int64
	for {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		n, err := content.Read(buf)
		total += int64(n)
		for _, h := range d {
			h.Write(buf[:n])
		}
		if w != nil && n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return total, err
			}
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// signAll makes the SignerInfos.
func signAll(ctx context.Context, o *Options, signers []Signer, d digests, contentType asn1.ObjectIdentifier) ([][]byte, error) {
	infos := make([][]byte, 0, len(signers))
	for _, s := range signers {
		c := s.Certificate()
		attributes, err := signedAttributes(c, d[c.Key.Curve().Size()].Sum(nil), o.Time, contentType)
		if err != nil {
			return nil, err
		}
		sig, err := s.SignMessage(ctx, derSet(tagSet, attributes))
		if err != nil {
			return nil, err
		}
		info, err := signerInfo(c, attributes, sig)
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// blankInfos makes SignerInfos of the right size with empty digests and
// signatures.
func blankInfos(o *Options, signers []Signer) ([][]byte, error) {
	infos := make([][]byte, 0, len(signers))
	for _, s := range signers {
		c := s.Certificate()
		curve := c.Key.Curve()
		attributes, err := signedAttributes(c, make([]byte, curve.Size()), o.Time, oidData())
		if err != nil {
			return nil, err
		}
		info, err := signerInfo(c, attributes, make([]byte, curve.SignatureSize()))
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// signedAttributes returns the CAdES-BES attributes, each in DER.
func signedAttributes(c *cert.Certificate, digest []byte, at time.Time, contentType asn1.ObjectIdentifier) ([][]byte, error) {
	attribute := func(oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) ([]byte, error) {
		return build(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oid)
				b.AddASN1(cbasn1.SET, value)
			})
		})
	}
	var out [][]byte
	add := func(oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) error {
		a, err := attribute(oid, value)
		out = append(out, a)
		return err
	}
	hashed := streebog.Sum256(c.Raw)
	errs := []error{
		add(oidContentType(), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(contentType) }),
		add(oidMessageDigest(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		add(oidSigningCertificate(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // SigningCertificateV2
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // certs
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // ESSCertIDv2
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidStreebog(streebog.Size256)) })
						b.AddASN1OctetString(hashed[:])
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // IssuerSerial
							b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
								b.AddASN1(cbasn1.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(c.X509.RawIssuer) })
							})
							b.AddASN1BigInt(c.X509.SerialNumber)
						})
					})
				})
			})
		}),
	}
	if !at.IsZero() {
		at = at.UTC().Truncate(time.Second)
		errs = append(errs, add(oidSigningTime(), func(b *cryptobyte.Builder) {
			if at.Year() >= 1950 && at.Year() < 2050 {
				b.AddASN1UTCTime(at)
				return
			}
			b.AddASN1GeneralizedTime(at)
		}))
	}
	return out, errors.Join(errs...)
}

// oidStreebog returns the digest with a size in octets.
func oidStreebog(size int) asn1.ObjectIdentifier {
	last := 2
	if size == streebog.Size512 {
		last = 3
	}
	return asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, last}
}

// signerInfo returns a SignerInfo in DER.
func signerInfo(c *cert.Certificate, attributes [][]byte, sig []byte) ([]byte, error) {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(c.X509.RawIssuer)
				b.AddASN1BigInt(c.X509.SerialNumber)
			})
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(c.Key.Curve().DigestOID()) })
			b.AddBytes(derSet(tagContext0, attributes))
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(c.Key.Curve().KeyOID()) })
			b.AddASN1OctetString(sig)
		})
	})
}
