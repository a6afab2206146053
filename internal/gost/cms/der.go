package cms

import (
	"bufio"
	"bytes"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits on what is read from outside. The signed content itself has none: it
// streams.
const (
	maxSignature    = 16 << 20 // a detached signature as a whole, bytes
	maxAlgorithms   = 4 << 10  // digestAlgorithms, bytes
	maxCertificates = 8 << 20  // certificates and lists inside, bytes each
	maxSignerInfos  = 4 << 20  // signerInfos, bytes
	maxSigners      = 100
	maxInside       = 300 // certificates inside
	maxAttributes   = 64
)

var (
	// ErrFormat says that data is not CMS SignedData in DER.
	ErrFormat = errors.New("cms: not SignedData in DER")
	// ErrAttached says that a signature holds the signed content itself where one
	// beside its file is needed.
	ErrAttached = fmt.Errorf("%w: the signature holds content of its own", ErrFormat)
	// errIndefinite is the usual cause with files of other programs.
	errIndefinite = fmt.Errorf("%w: an indefinite or constructed encoding (BER) was met", ErrFormat)
	errTooLarge   = fmt.Errorf("%w: a part is larger than allowed", ErrFormat)
)

func oidData() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} }
func oidSignedData() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
}

// pkcs9 returns an attribute of the arc 1.2.840.113549.1.9.
func pkcs9(arc ...int) asn1.ObjectIdentifier {
	return append(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9}, arc...)
}

func oidContentType() asn1.ObjectIdentifier        { return pkcs9(3) }
func oidMessageDigest() asn1.ObjectIdentifier      { return pkcs9(4) }
func oidSigningTime() asn1.ObjectIdentifier        { return pkcs9(5) }
func oidSigningCertificate() asn1.ObjectIdentifier { return pkcs9(16, 2, 47) } // signing-certificate-v2, RFC 5035

const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagOID      = 0x06
	tagSequence = 0x30
	tagSet      = 0x31
	tagContext0 = 0xA0
	tagContext1 = 0xA1
)

// derHeader returns the tag and the minimal length of a value of n octets.
func derHeader(tag byte, n int64) []byte {
	if n < 0x80 {
		return []byte{tag, byte(n)}
	}
	var length []byte
	for v := n; v > 0; v >>= 8 {
		length = append(length, byte(v))
	}
	slices.Reverse(length)
	return append([]byte{tag, 0x80 | byte(len(length))}, length...)
}

// derValue returns a whole value.
func derValue(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := derHeader(tag, int64(n))
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// derSet returns a SET OF in DER order under any tag.
func derSet(tag byte, parts [][]byte) []byte {
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, bytes.Compare)
	return derValue(tag, sorted...)
}

// build runs a cryptobyte builder whose inputs are ours.
func build(f func(*cryptobyte.Builder)) ([]byte, error) {
	var b cryptobyte.Builder
	f(&b)
	return b.Bytes()
}

// algorithm returns an AlgorithmIdentifier without parameters.
func algorithm(oid asn1.ObjectIdentifier) ([]byte, error) {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
	})
}

// readAlgorithm reads the identifier of an AlgorithmIdentifier; parameters may
// be absent or NULL.
func readAlgorithm(s *cryptobyte.String) (asn1.ObjectIdentifier, bool) {
	var alg, null cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1(&alg, cbasn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&oid) {
		return nil, false
	}
	if !alg.Empty() && (!alg.ReadASN1(&null, cbasn1.NULL) || !null.Empty() || !alg.Empty()) {
		return nil, false
	}
	return oid, true
}

// reader walks DER in a stream, strictly: minimal definite lengths only, every
// value ends inside its parent.
type reader struct {
	in  *bufio.Reader
	pos int64
}

func newReader(in io.Reader) *reader { return &reader{in: bufio.NewReaderSize(in, 64<<10)} }

func (r *reader) octet() (byte, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		return 0, cut(err)
	}
	r.pos++
	return b, nil
}

// cut turns the end of the stream inside a value into ErrFormat.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the data ends too early", ErrFormat)
	}
	return err
}

// header reads a tag and a length and returns where the value ends.
func (r *reader) header(parentEnd int64) (tag byte, end int64, err error) {
	if tag, err = r.octet(); err != nil {
		return 0, 0, err
	}
	if tag&0x1f == 0x1f {
		return 0, 0, fmt.Errorf("%w: a long tag was met", ErrFormat)
	}
	first, err := r.octet()
	if err != nil {
		return 0, 0, err
	}
	n := int64(first)
	switch {
	case first == 0x80:
		return 0, 0, errIndefinite
	case first > 0x88 || first == 0x88:
		return 0, 0, errTooLarge
	case first > 0x80:
		n = 0
		for range first - 0x80 {
			b, err := r.octet()
			if err != nil {
				return 0, 0, err
			}
			if n == 0 && b == 0 {
				return 0, 0, fmt.Errorf("%w: a length is not in its shortest form", ErrFormat)
			}
			n = n<<8 | int64(b)
		}
		if n < 0x80 {
			return 0, 0, fmt.Errorf("%w: a length is not in its shortest form", ErrFormat)
		}
	}
	end = r.pos + n
	if end < r.pos || parentEnd >= 0 && end > parentEnd {
		return 0, 0, fmt.Errorf("%w: a value is longer than what holds it", ErrFormat)
	}
	return tag, end, nil
}

// expect reads the header of a value with a tag.
func (r *reader) expect(want byte, parentEnd int64) (end int64, err error) {
	tag, end, err := r.header(parentEnd)
	switch {
	case err != nil:
		return 0, err
	case tag == want|0x20 && want == tagOctets:
		return 0, errIndefinite
	case tag != want:
		return 0, fmt.Errorf("%w: tag %#x where %#x belongs", ErrFormat, tag, want)
	}
	return end, nil
}

// body reads the rest of a value, up to max octets.
func (r *reader) body(end, max int64) ([]byte, error) {
	n := end - r.pos
	if n > max {
		return nil, errTooLarge
	}
	// Grow with what really comes, not with what a length promises.
	var b bytes.Buffer
	m, err := io.CopyN(&b, r.in, n)
	r.pos += m
	if err != nil {
		return nil, cut(err)
	}
	return b.Bytes(), nil
}

// value reads a whole value with a tag and returns its contents.
func (r *reader) value(tag byte, parentEnd, max int64) ([]byte, error) {
	end, err := r.expect(tag, parentEnd)
	if err != nil {
		return nil, err
	}
	return r.body(end, max)
}

// oid reads an OBJECT IDENTIFIER.
func (r *reader) oid(parentEnd int64) (asn1.ObjectIdentifier, error) {
	raw, err := r.value(tagOID, parentEnd, 64)
	if err != nil {
		return nil, err
	}
	s := cryptobyte.String(derValue(tagOID, raw))
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1ObjectIdentifier(&oid) {
		return nil, ErrFormat
	}
	return oid, nil
}

// closed checks that a value was read to its end.
func (r *reader) closed(end int64) error {
	if r.pos != end {
		return fmt.Errorf("%w: something follows where nothing belongs", ErrFormat)
	}
	return nil
}

// eof checks that nothing follows.
func (r *reader) eof() error {
	switch _, err := r.in.ReadByte(); {
	case err == nil:
		return fmt.Errorf("%w: something follows the signature", ErrFormat)
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
