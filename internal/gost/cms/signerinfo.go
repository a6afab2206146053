package cms

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// signerInfoData is a parsed SignerInfo.
type signerInfoData struct {
	issuer             []byte // DER, with serial
	serial             *big.Int
	keyID              []byte // instead of issuer and serial
	digest             asn1.ObjectIdentifier
	signature          asn1.ObjectIdentifier
	value              []byte
	attributes         []byte // as they are signed: SET OF in DER; nil when absent
	contentType        asn1.ObjectIdentifier
	messageDigest      []byte
	time               time.Time
	signingCertificate *certificateID
}

// certificateID is the first ESSCertIDv2.
type certificateID struct {
	hash asn1.ObjectIdentifier
	sum  []byte
}

// parseInfo reads a SignerInfo in DER.
func parseInfo(der []byte) (*signerInfoData, error) {
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	var version int64
	info := &signerInfoData{}
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) {
		return nil, ErrFormat
	}
	keyIDTag := cbasn1.Tag(0).ContextSpecific()
	switch {
	case version == 1 && seq.PeekASN1Tag(cbasn1.SEQUENCE):
		var sid, issuer cryptobyte.String
		info.serial = new(big.Int)
		if !seq.ReadASN1(&sid, cbasn1.SEQUENCE) || !sid.ReadASN1Element(&issuer, cbasn1.SEQUENCE) || !sid.ReadASN1Integer(info.serial) || !sid.Empty() {
			return nil, ErrFormat
		}
		info.issuer = issuer
	case version == 3 && seq.PeekASN1Tag(keyIDTag):
		var id cryptobyte.String
		if !seq.ReadASN1(&id, keyIDTag) || len(id) == 0 {
			return nil, ErrFormat
		}
		info.keyID = id
	default:
		return nil, ErrFormat
	}
	var ok bool
	if info.digest, ok = readAlgorithm(&seq); !ok {
		return nil, ErrFormat
	}
	attributesTag := cbasn1.Tag(0).ContextSpecific().Constructed()
	if seq.PeekASN1Tag(attributesTag) {
		var raw cryptobyte.String
		if !seq.ReadASN1(&raw, attributesTag) {
			return nil, ErrFormat
		}
		info.attributes = derValue(tagSet, raw)
		if err := info.readAttributes(raw); err != nil {
			return nil, err
		}
	}
	var value cryptobyte.String
	if info.signature, ok = readAlgorithm(&seq); !ok || !seq.ReadASN1(&value, cbasn1.OCTET_STRING) {
		return nil, ErrFormat
	}
	info.value = value
	// Unsigned attributes (timestamps, counter-signatures) prove nothing here.
	unsigned := cbasn1.Tag(1).ContextSpecific().Constructed()
	if !seq.SkipOptionalASN1(unsigned) || !seq.Empty() {
		return nil, ErrFormat
	}
	return info, nil
}

// readAttributes reads the signed attributes: contentType and messageDigest
// must be there, once (RFC 5652, section 5.3); none may be repeated.
func (info *signerInfoData) readAttributes(raw cryptobyte.String) error {
	seen := map[string]bool{}
	for !raw.Empty() {
		var attribute, values cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !raw.ReadASN1(&attribute, cbasn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&oid) ||
			!attribute.ReadASN1(&values, cbasn1.SET) || !attribute.Empty() {
			return ErrFormat
		}
		if seen[oid.String()] || len(seen) == maxAttributes {
			return fmt.Errorf("%w: an attribute is repeated", ErrFormat)
		}
		seen[oid.String()] = true
		ok := true
		switch {
		case oid.Equal(oidContentType()):
			ok = values.ReadASN1ObjectIdentifier(&info.contentType) && values.Empty()
		case oid.Equal(oidMessageDigest()):
			var sum cryptobyte.String
			ok = values.ReadASN1(&sum, cbasn1.OCTET_STRING) && values.Empty()
			info.messageDigest = sum
		case oid.Equal(oidSigningTime()):
			if values.PeekASN1Tag(cbasn1.UTCTime) {
				ok = values.ReadASN1UTCTime(&info.time)
			} else {
				ok = values.ReadASN1GeneralizedTime(&info.time)
			}
			ok = ok && values.Empty()
		case oid.Equal(oidSigningCertificate()):
			info.signingCertificate, ok = readSigningCertificate(values)
		}
		if !ok {
			return ErrFormat
		}
	}
	if info.contentType == nil || info.messageDigest == nil {
		return fmt.Errorf("%w: an attribute is missing", ErrFormat)
	}
	return nil
}

// readSigningCertificate reads SigningCertificateV2 (RFC 5035); the first
// certificate is the signer's.
func readSigningCertificate(values cryptobyte.String) (*certificateID, bool) {
	var seq, certs, first, sum cryptobyte.String
	if !values.ReadASN1(&seq, cbasn1.SEQUENCE) || !values.Empty() || !seq.ReadASN1(&certs, cbasn1.SEQUENCE) || !certs.ReadASN1(&first, cbasn1.SEQUENCE) {
		return nil, false
	}
	id := &certificateID{hash: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}} // default SHA-256
	if first.PeekASN1Tag(cbasn1.SEQUENCE) {
		oid, ok := readAlgorithm(&first)
		if !ok {
			return nil, false
		}
		id.hash = oid
	}
	if !first.ReadASN1(&sum, cbasn1.OCTET_STRING) {
		return nil, false
	}
	id.sum = sum
	return id, true
}

// check compares the attribute with the certificate in use.
func (id *certificateID) check(c *cert.Certificate) ([]verdict.Reason, bool) {
	h := newHash(id.hash)
	if h == nil {
		return []verdict.Reason{verdict.Unsure("cms.signing_certificate_unchecked", i18n.Text{
			RU: "указание на сертификат подписавшего сделано неизвестным дайджестом %s",
			EN: "the reference to the signer's certificate uses an unknown digest %s"}.With(id.hash.String()))}, false
	}
	h.Write(c.Raw)
	if !bytes.Equal(h.Sum(nil), id.sum) {
		return []verdict.Reason{verdict.Failed("cms.signing_certificate", i18n.Text{
			RU: "подписавший указал другой сертификат, не «%s»",
			EN: "the signer named another certificate, not %q"}.With(c.Subject.String()))}, false
	}
	return nil, true
}

// names reports whether c is the certificate that the signer's part names.
func (info *signerInfoData) names(c *cert.Certificate) bool {
	if info.keyID != nil {
		return bytes.Equal(info.keyID, c.X509.SubjectKeyId)
	}
	return bytes.Equal(info.issuer, c.X509.RawIssuer) && info.serial.Cmp(c.X509.SerialNumber) == 0
}

// describe names the certificate that is looked for.
func (info *signerInfoData) describe() string {
	if info.keyID != nil {
		return fmt.Sprintf("%X", info.keyID)
	}
	return fmt.Sprintf("%X", info.serial)
}
