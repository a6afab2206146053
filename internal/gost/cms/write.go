package cms

import (
	"encoding/asn1"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
)

// writer holds the encoded parts of SignedData around the content.
type writer struct {
	head, certificates, lists []byte
	old                       [][]byte // SignerInfos that stay
	tail                      int      // octets after the content
}

// writer prepares s with further signers, whose SignerInfos have the sizes of
// infos.
func (s *signedData) writer(o *Options, signers []Signer, infos [][]byte) (*writer, error) {
	w := &writer{lists: s.lists, old: s.infos}
	algorithms, err := digestAlgorithms(signers, s.algorithms)
	if err != nil {
		return nil, err
	}
	contentType, err := oidValue(s.contentType)
	if err != nil {
		return nil, err
	}
	signedOID, err := oidValue(oidSignedData())
	if err != nil {
		return nil, err
	}
	old := append(append([][]byte(nil), s.certificates...), s.other...)
	w.certificates = certificateSet(o, signers, old)
	w.tail = len(w.certificates) + len(w.lists) + len(w.signers(infos))

	// From the inside out: each header needs the length of what follows it.
	head, content := contentType, int64(0)
	if s.attached {
		octets := derHeader(tagOctets, s.size)
		head = join(contentType, derHeader(tagContext0, int64(len(octets))+s.size), octets)
		content = s.size
	}
	around := func(tag byte, before []byte, after int) {
		head = join(before, derHeader(tag, int64(len(head))+content+int64(after)), head)
	}
	around(tagSequence, join([]byte{tagInteger, 1, byte(s.version)}, algorithms), 0)
	around(tagSequence, nil, w.tail)
	around(tagContext0, signedOID, w.tail)
	around(tagSequence, nil, w.tail)
	w.head = head
	return w, nil
}

// signers returns the SET of SignerInfos.
func (w *writer) signers(infos [][]byte) []byte {
	return derSet(tagSet, append(append([][]byte(nil), w.old...), infos...))
}

// write writes everything. content writes the content to the same place and
// returns the SignerInfos.
func (w *writer) write(out io.Writer, content func() ([][]byte, error)) error {
	if _, err := out.Write(w.head); err != nil {
		return err
	}
	infos, err := content()
	if err != nil {
		return err
	}
	tail := join(w.certificates, w.lists, w.signers(infos))
	if len(tail) != w.tail {
		return errors.New("cms: a signer gave a signature of an unexpected size")
	}
	_, err = out.Write(tail)
	return err
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// digestAlgorithms returns the SET of digests of signers, and of old ones.
func digestAlgorithms(signers []Signer, old [][]byte) ([]byte, error) {
	set := append([][]byte(nil), old...)
	for _, s := range signers {
		a, err := algorithm(s.Certificate().Key.Curve().DigestOID())
		if err != nil {
			return nil, err
		}
		set = append(set, a)
	}
	return derSet(tagSet, unique(set)), nil
}

// certificateSet returns the certificates [0], or nothing.
func certificateSet(o *Options, signers []Signer, old [][]byte) []byte {
	set := append([][]byte(nil), old...)
	if !o.NoCertificates {
		for _, s := range signers {
			set = append(set, s.Certificate().Raw)
		}
		for _, c := range o.Chain {
			set = append(set, c.Raw)
		}
	}
	if len(set) == 0 {
		return nil
	}
	return derSet(tagContext0, unique(set))
}

// unique drops repeated values.
func unique(set [][]byte) [][]byte {
	seen := map[string]bool{}
	out := set[:0:0]
	for _, v := range set {
		if !seen[string(v)] {
			seen[string(v)] = true
			out = append(out, v)
		}
	}
	return out
}

func oidValue(oid asn1.ObjectIdentifier) ([]byte, error) {
	return build(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
}
