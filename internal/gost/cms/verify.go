package cms

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// VerifyOptions says against what a signature is checked.
type VerifyOptions struct {
	// Chain holds the roots, known intermediates, revocation lists and the
	// moment that certificates are checked at. Its ForSigning is always on,
	// and the certificates inside the signature count as intermediates.
	Chain cert.ChainOptions
	// Certificates are looked at for signers whose certificate is not inside.
	Certificates []*cert.Certificate
}

// Signature is the outcome for one signer.
type Signature struct {
	Certificate *cert.Certificate   // the signer's; nil when it is not known
	Time        time.Time           // claimed by the signer, not proven; zero when absent
	Algorithm   string              // "GOST R 34.10-2012 256", or an object identifier
	Digest      []byte              // of the content, as computed here; nil when its algorithm is not known
	CAdES       bool                // signing-certificate-v2 is there and names Certificate
	Chain       []*cert.Certificate // leaf first
	Reasons     []verdict.Reason    // empty when valid
}

// Status returns the outcome for the signer.
func (s *Signature) Status() verdict.Status { return verdict.Of(s.Reasons) }

// Result is the outcome of checking a file.
type Result struct {
	Signatures   []Signature
	Certificates []*cert.Certificate // all inside the signature
	Size         int64               // of the content, bytes
	Attached     bool
}

// Status returns Valid only if there is a signature and all are valid; Invalid
// if any is invalid; else CannotTell.
func (r *Result) Status() verdict.Status {
	if r == nil || len(r.Signatures) == 0 {
		return verdict.CannotTell
	}
	status := verdict.Valid
	for i := range r.Signatures {
		switch r.Signatures[i].Status() {
		case verdict.Invalid:
			return verdict.Invalid
		case verdict.CannotTell:
			status = verdict.CannotTell
		}
	}
	return status
}

// VerifyDetached checks a detached signature (DER, PEM or base64) over
// content. An error means that the signature could not be read (it wraps
// ErrFormat) or that content could not; everything else is in the result.
func VerifyDetached(ctx context.Context, signature []byte, content io.Reader, o *VerifyOptions) (*Result, error) {
	s, err := parseDetached(signature)
	if err != nil {
		return nil, err
	}
	h := &Hasher{d: digests{}}
	for _, size := range s.digestSizes {
		h.d.need(size)
	}
	if _, err = (digests{}).copy(ctx, h, content); err != nil {
		return nil, err
	}
	return s.verifyHashed(h, o), nil
}

// Hasher digests content once for a signature that is known only later.
type Hasher struct {
	d     digests
	size  int64
	first byte // first octet; 0 before it
}

// NewHasher returns a hasher for every digest that signatures may use.
func NewHasher() *Hasher {
	d := digests{}
	d.need(streebog.Size256)
	d.need(streebog.Size512)
	return &Hasher{d: d}
}

// Write adds content. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	if h.size == 0 && len(p) > 0 {
		h.first = p[0]
	}
	for _, d := range h.d {
		d.Write(p)
	}
	h.size += int64(len(p))
	return len(p), nil
}

// VerifyDigest is VerifyDetached for content that went through a Hasher.
func VerifyDigest(signature []byte, content *Hasher, o *VerifyOptions) (*Result, error) {
	s, err := parseDetached(signature)
	if err != nil {
		return nil, err
	}
	return s.verifyHashed(content, o), nil
}

// VerifyAttached checks a signature (DER) that holds its content, and writes
// the content to w while it reads, if w is not nil. What was written may be
// used only if the result is valid. Errors are as of VerifyDetached.
func VerifyAttached(ctx context.Context, signature io.Reader, w io.Writer, o *VerifyOptions) (*Result, error) {
	signature, err := definite(signature)
	if err != nil {
		return nil, err
	}
	s, err := parse(ctx, signature, w)
	if err != nil {
		return nil, err
	}
	if !s.attached {
		return nil, fmt.Errorf("%w: the signature holds no content; it is a detached one", ErrFormat)
	}
	return s.verify(o), nil
}

// verifyHashed checks a detached signature over hashed content.
func (s *signedData) verifyHashed(content *Hasher, o *VerifyOptions) *Result {
	s.digests, s.size, s.first = content.d, content.size, content.first
	return s.verify(o)
}

func (s *signedData) verify(o *VerifyOptions) *Result {
	result := &Result{Certificates: s.inside(), Size: s.size, Attached: s.attached}
	v := &verifier{s: s, o: o, inside: result.Certificates}
	sums := make(map[int][]byte, len(s.digests))
	for size, h := range s.digests {
		sums[size] = h.Sum(nil)
	}
	v.sums = sums
	for _, info := range s.infos {
		result.Signatures = append(result.Signatures, v.signer(info))
	}
	return result
}

type verifier struct {
	s      *signedData
	o      *VerifyOptions
	inside []*cert.Certificate
	sums   map[int][]byte // content digests by size
}

// signer checks one SignerInfo.
func (v *verifier) signer(der []byte) Signature {
	var out Signature
	info, err := parseInfo(der)
	if err != nil {
		out.Reasons = []verdict.Reason{verdict.Failed("cms.damaged", i18n.Say(
			"сведения о подписавшем повреждены", "the signer's part is damaged"))}
		return out
	}
	out.Algorithm = algorithmName(info.signature)
	out.Time = info.time
	size := digestSize(info.digest)
	out.Digest = v.sums[size]
	if out.Digest == nil || keySize(info.signature) != size {
		out.Certificate = v.pick(info)
		out.Reasons = append(out.Reasons, verdict.Unsure("cms.algorithm_unsupported", i18n.Text{
			RU: "алгоритм подписи не поддерживается: %s с дайджестом %s",
			EN: "the signature algorithm is not supported: %s with digest %s"}.With(out.Algorithm, info.digest.String())))
		return out
	}
	out.Reasons = append(out.Reasons, v.content(info, out.Digest)...)
	v.key(info, &out)
	return out
}

// content checks what is signed against the content.
func (v *verifier) content(info *signerInfoData, sum []byte) []verdict.Reason {
	if info.attributes == nil {
		// The signature is over the content itself. It would also hold over a
		// "content" that is the signed attributes of another signature, which
		// its signer never saw as a document.
		if v.s.first == tagSet {
			return []verdict.Reason{verdict.Unsure("cms.ambiguous", i18n.Say(
				"нельзя отличить подпись файла от служебной части другой подписи", "a signature of the file cannot be told from the attributes of another signature"))}
		}
		return nil
	}
	var reasons []verdict.Reason
	if !info.contentType.Equal(v.s.contentType) {
		reasons = append(reasons, verdict.Failed("cms.content_type", i18n.Say(
			"подписан другой тип содержимого", "another type of content was signed")))
	}
	if string(info.messageDigest) != string(sum) {
		reasons = append(reasons, verdict.Failed("cms.content_changed", i18n.Say(
			"файл не тот, что был подписан: дайджест не совпадает", "this is not the file that was signed: the digest differs")))
	}
	return reasons
}

// key finds the signer's certificate, checks the signature under it and builds
// the chain.
func (v *verifier) key(info *signerInfoData, out *Signature) {
	candidates := v.candidates(info)
	if len(candidates) == 0 {
		out.Reasons = append(out.Reasons, verdict.Unsure("cms.no_certificate", i18n.Text{
			RU: "сертификата подписавшего (%s) нет ни в подписи, ни среди данных",
			EN: "the signer's certificate (%s) is neither inside the signature nor given"}.With(info.describe())))
		return
	}
	// Names and serials are no proof of identity: take the candidate under
	// whose key the signature holds.
	out.Certificate = candidates[0]
	gost, holds := false, false
	for _, c := range candidates {
		if c.Key == nil || c.Key.Curve().Size() != keySize(info.signature) {
			continue
		}
		gost = true
		h := c.Key.Curve().NewHash()
		var sum []byte
		if info.attributes != nil {
			h.Write(info.attributes)
			sum = h.Sum(nil)
		} else {
			sum = out.Digest
		}
		if c.Key.Verify(sum, info.value) {
			out.Certificate, holds = c, true
			break
		}
	}
	switch {
	case !gost:
		out.Reasons = append(out.Reasons, verdict.Unsure("certificate.not_gost", i18n.Text{
			RU: "ключ сертификата «%s» не подходит к алгоритму подписи",
			EN: "the key of the certificate %q does not fit the signature algorithm"}.With(out.Certificate.Subject.String())))
	case !holds:
		out.Reasons = append(out.Reasons, verdict.Failed("cms.signature", i18n.Text{
			RU: "подпись не сходится с ключом сертификата «%s»",
			EN: "the signature does not hold under the key of the certificate %q"}.With(out.Certificate.Subject.String())))
	}
	if info.signingCertificate != nil {
		reason, ok := info.signingCertificate.check(out.Certificate)
		out.CAdES = ok
		out.Reasons = append(out.Reasons, reason...)
	}
	o := v.o.Chain
	o.ForSigning = true
	o.Intermediates = append(append([]*cert.Certificate(nil), o.Intermediates...), v.inside...)
	o.Intermediates = append(o.Intermediates, v.o.Certificates...)
	chain := cert.BuildChain(out.Certificate, &o)
	out.Chain = chain.Path
	out.Reasons = append(out.Reasons, chain.Reasons...)
}

func (v *verifier) candidates(info *signerInfoData) []*cert.Certificate {
	var out []*cert.Certificate
	for _, set := range [...][]*cert.Certificate{v.inside, v.o.Certificates, v.o.Chain.Intermediates, v.o.Chain.Roots} {
		for _, c := range set {
			if info.names(c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// pick returns the first certificate that the signer's part names, or nil.
func (v *verifier) pick(info *signerInfoData) *cert.Certificate {
	if all := v.candidates(info); len(all) > 0 {
		return all[0]
	}
	return nil
}

// digestSize returns the size of a Streebog in octets, or 0.
func digestSize(oid asn1.ObjectIdentifier) int {
	for _, size := range []int{streebog.Size256, streebog.Size512} {
		if oid.Equal(oidStreebog(size)) {
			return size
		}
	}
	return 0
}

// keySize returns the key size in octets of a signature algorithm: the
// algorithm of the key, or of signature with digest. 0 for others.
func keySize(oid asn1.ObjectIdentifier) int {
	switch oid.String() {
	case "1.2.643.7.1.1.1.1", "1.2.643.7.1.1.3.2":
		return 32
	case "1.2.643.7.1.1.1.2", "1.2.643.7.1.1.3.3":
		return 64
	}
	return 0
}

// algorithmName names a signature algorithm for people.
func algorithmName(oid asn1.ObjectIdentifier) string {
	switch keySize(oid) {
	case 32:
		return "GOST R 34.10-2012 256"
	case 64:
		return "GOST R 34.10-2012 512"
	}
	return oid.String()
}

// newHash returns the hash of a signing-certificate-v2, or nil.
func newHash(oid asn1.ObjectIdentifier) hash.Hash {
	switch oid.String() {
	case "1.2.643.7.1.1.2.2":
		return streebog.New256()
	case "1.2.643.7.1.1.2.3":
		return streebog.New512()
	case "2.16.840.1.101.3.4.2.1":
		return sha256.New()
	case "2.16.840.1.101.3.4.2.2":
		return sha512.New384()
	case "2.16.840.1.101.3.4.2.3":
		return sha512.New()
	}
	return nil
}
