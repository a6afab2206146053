package cms

import (
	"bufio"
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/ber"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/wrapping"
)

// signedData is SignedData taken apart; SignerInfos are still in DER.
type signedData struct {
	version      int64
	algorithms   [][]byte // digestAlgorithms, each in DER
	digestSizes  []int    // the Streebogs among them, octets
	contentType  asn1.ObjectIdentifier
	attached     bool
	offset, size int64 // where attached content begins, and its octets
	digests      digests
	first        byte     // first octet of the content; 0 when empty
	certificates [][]byte // those that are X.509, each in DER
	other        [][]byte // other choices of CertificateSet, each in DER
	lists        []byte   // crls [1] as it is
	infos        [][]byte // each in DER
}

// Undress returns the DER form of a signature file that may be in PEM or
// bare base64, as some programs write it. Anything else comes back unchanged.
func Undress(data []byte) []byte {
	if bytes.HasPrefix(data, []byte{tagSequence}) || len(data) > 2*maxSignature {
		return data
	}
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes
	}
	text := bytes.Join(bytes.Fields(data), nil)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(out, text)
	if err != nil || n == 0 || out[0] != tagSequence {
		return data
	}
	return out[:n]
}

// parseDetached reads a signature that must not hold content.
func parseDetached(data []byte) (*signedData, error) {
	if len(data) > maxSignature {
		return nil, errTooLarge
	}
	s, err := parseWhole(Undress(data))
	if err != nil {
		return nil, wrapping.Explain(data, err)
	}
	if s.attached {
		return nil, ErrAttached
	}
	return s, nil
}

// parseWhole reads a signature that is in memory, in DER or in BER as streaming
// programs write it.
func parseWhole(data []byte) (*signedData, error) {
	s, err := parse(context.Background(), bytes.NewReader(data), nil)
	if !errors.Is(err, errIndefinite) {
		return s, err
	}
	definite, rest, ferr := ber.ToDefinite(data)
	if ferr != nil {
		return nil, err
	}
	return parse(context.Background(), io.MultiReader(bytes.NewReader(definite), bytes.NewReader(rest)), nil)
}

// maxIndefinite bounds a signature with content that came in BER: it is turned into
// DER in memory, bytes.
const maxIndefinite = 256 << 20

// definite returns the stream in DER when it begins as streaming programs write.
func definite(in io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(in, 64<<10)
	if head, _ := br.Peek(2); !ber.Indefinite(head) {
		return br, nil // what is wrong with it, the parser finds
	}
	data, err := io.ReadAll(io.LimitReader(br, maxIndefinite+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxIndefinite {
		return nil, errTooLarge
	}
	value, rest, err := ber.ToDefinite(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return io.MultiReader(bytes.NewReader(value), bytes.NewReader(rest)), nil
}

// parse reads SignedData from a stream. Attached content is hashed by the
// listed digests and those of the further sizes, and passed on to w, if there
// is one.
func parse(ctx context.Context, in io.Reader, w io.Writer, further ...int) (*signedData, error) {
	r := newReader(in)
	all, err := r.expect(tagSequence, -1)
	if err != nil {
		return nil, err
	}
	oid, err := r.oid(all)
	if err != nil {
		return nil, err
	}
	if !oid.Equal(oidSignedData()) {
		return nil, fmt.Errorf("%w: the content type is %s", ErrFormat, oid)
	}
	wrap, err := r.expect(tagContext0, all)
	if err != nil {
		return nil, err
	}
	end, err := r.expect(tagSequence, wrap)
	if err != nil {
		return nil, err
	}
	s := &signedData{}
	version, err := r.value(tagInteger, end, 8)
	if err != nil {
		return nil, err
	}
	if len(version) != 1 || version[0] > 5 {
		return nil, fmt.Errorf("%w: unknown version", ErrFormat)
	}
	s.version = int64(version[0])
	if err := s.readAlgorithms(r, end); err != nil {
		return nil, err
	}
	s.digests = digests{}
	for _, size := range append(further, s.digestSizes...) {
		s.digests.need(size)
	}
	if err := s.readContent(ctx, r, end, w); err != nil {
		return nil, err
	}
	if err := s.readRest(r, end); err != nil {
		return nil, err
	}
	for _, e := range []int64{end, wrap, all} {
		if err := r.closed(e); err != nil {
			return nil, err
		}
	}
	return s, r.eof()
}

func (s *signedData) readAlgorithms(r *reader, end int64) error {
	raw, err := r.value(tagSet, end, maxAlgorithms)
	if err != nil {
		return err
	}
	for set := cryptobyte.String(raw); !set.Empty(); {
		var one cryptobyte.String
		if !set.ReadASN1Element(&one, cbasn1.SEQUENCE) {
			return ErrFormat
		}
		s.algorithms = append(s.algorithms, one)
		var inner cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !one.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&oid) {
			return ErrFormat
		}
		for _, size := range []int{32, 64} {
			if oid.Equal(oidStreebog(size)) {
				s.digestSizes = append(s.digestSizes, size)
			}
		}
	}
	return nil
}

func (s *signedData) readContent(ctx context.Context, r *reader, end int64, w io.Writer) error {
	encap, err := r.expect(tagSequence, end)
	if err != nil {
		return err
	}
	if s.contentType, err = r.oid(encap); err != nil {
		return err
	}
	if r.pos == encap {
		return nil
	}
	explicit, err := r.expect(tagContext0, encap)
	if err != nil {
		return err
	}
	octets, err := r.expect(tagOctets, explicit)
	if err != nil {
		return err
	}
	if explicit != encap || octets != explicit {
		return fmt.Errorf("%w: something follows the content", ErrFormat)
	}
	s.attached, s.offset, s.size = true, r.pos, octets-r.pos
	if s.size > 0 {
		head, err := r.in.Peek(1)
		if err != nil {
			return cut(err)
		}
		s.first = head[0]
	}
	n, err := s.digests.copy(ctx, w, io.LimitReader(r.in, s.size))
	r.pos += n
	if err != nil {
		return err
	}
	if n != s.size {
		return fmt.Errorf("%w: the data ends too early", ErrFormat)
	}
	return nil
}

// readRest reads certificates, lists and SignerInfos.
func (s *signedData) readRest(r *reader, end int64) error {
	tag, e, err := r.header(end)
	if err != nil {
		return err
	}
	if tag == tagContext0 {
		raw, err := r.body(e, maxCertificates)
		if err != nil {
			return err
		}
		if err := s.splitCertificates(raw); err != nil {
			return err
		}
		if tag, e, err = r.header(end); err != nil {
			return err
		}
	}
	if tag == tagContext1 {
		raw, err := r.body(e, maxCertificates)
		if err != nil {
			return err
		}
		s.lists = derValue(tagContext1, raw)
		if tag, e, err = r.header(end); err != nil {
			return err
		}
	}
	if tag != tagSet {
		return fmt.Errorf("%w: tag %#x where the signers belong", ErrFormat, tag)
	}
	raw, err := r.body(e, maxSignerInfos)
	if err != nil {
		return err
	}
	for set := cryptobyte.String(raw); !set.Empty(); {
		var one cryptobyte.String
		if !set.ReadASN1Element(&one, cbasn1.SEQUENCE) {
			return fmt.Errorf("%w: damaged signer", ErrFormat)
		}
		if s.infos = append(s.infos, one); len(s.infos) > maxSigners {
			return fmt.Errorf("%w: more than %d signers", ErrFormat, maxSigners)
		}
	}
	return nil
}

func (s *signedData) splitCertificates(raw []byte) error {
	for set, n := cryptobyte.String(raw), 1; !set.Empty(); n++ {
		var one cryptobyte.String
		var tag cbasn1.Tag
		if !set.ReadAnyASN1Element(&one, &tag) || n > maxInside {
			return fmt.Errorf("%w: damaged certificates", ErrFormat)
		}
		if tag == cbasn1.SEQUENCE {
			s.certificates = append(s.certificates, one)
		} else {
			s.other = append(s.other, one)
		}
	}
	return nil
}

// inside parses the certificates; what cannot be read is as if it was not
// there.
func (s *signedData) inside() []*cert.Certificate {
	var all []*cert.Certificate
	for _, der := range s.certificates {
		if c, err := cert.Parse(der); err == nil {
			all = append(all, c)
		}
	}
	return all
}

// extend returns the signature in DER with further signers. It is for
// signatures without content.
func (s *signedData) extend(o *Options, signers []Signer, infos [][]byte) ([]byte, error) {
	w, err := s.writer(o, signers, infos)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = w.write(&out, func() ([][]byte, error) { return infos, nil })
	return out.Bytes(), err
}

// addAttached copies the signature in to w with further signers; s is in,
// parsed.
func (s *signedData) addAttached(ctx context.Context, w io.Writer, in io.ReadSeeker, o *Options, signers []Signer) error {
	infos, err := signAll(ctx, o, signers, s.digests, s.contentType)
	if err != nil {
		return err
	}
	out, err := s.writer(o, signers, infos)
	if err != nil {
		return err
	}
	if _, err := in.Seek(s.offset, io.SeekStart); err != nil {
		return err
	}
	return out.write(w, func() ([][]byte, error) {
		n, err := (digests{}).copy(ctx, w, io.LimitReader(in, s.size))
		if err == nil && n != s.size {
			err = fmt.Errorf("%w: the data ends too early", ErrFormat)
		}
		return infos, err
	})
}
