package cms

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/ber"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost28147"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
)

var (
	// ErrEnveloped says that data is not CMS EnvelopedData.
	ErrEnveloped = errors.New("cms: not EnvelopedData")
	// ErrRecipient says that data is enveloped for other certificates, or for another
	// key of this one.
	ErrRecipient = errors.New("cms: enveloped for somebody else")
	// ErrCipher says that data is enveloped in a way that is not known here.
	ErrCipher = errors.New("cms: enveloped by an algorithm that is not known here")
)

// maxEnveloped bounds what Open and Envelop take, bytes: both work in memory.
const maxEnveloped = 16 << 20

func oidEnvelopedData() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
}

func oidGOST89() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 643, 2, 2, 21} }

func oidTC26Z() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 5, 1, 1} }

// The tags [0] of a primitive and of a constructed value.
const (
	implicit0    = cbasn1.Tag(0x80)
	constructed0 = cbasn1.Tag(0xA0)
)

// Envelop encrypts content for the owners of certificates and returns EnvelopedData in
// DER: GOST 28147-89 with the parameter set Z of TC26, and a session key that is
// transported by VKO GOST R 34.10-2012 and the key wrap of CryptoPro (RFC 4490, section
// 4.2), as providers of today write and read it. random nil stands for the system's.
func Envelop(random io.Reader, content []byte, to ...*cert.Certificate) ([]byte, error) {
	if random == nil {
		random = rand.Reader
	}
	if len(content) > maxEnveloped || len(to) == 0 {
		return nil, fmt.Errorf("cms: %d bytes for %d recipients cannot be enveloped", len(content), len(to))
	}
	secret := make([]byte, gost28147.KeySize+gost28147.BlockSize)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("cms: random source: %w", err)
	}
	key, iv := secret[:gost28147.KeySize], secret[gost28147.KeySize:]
	defer clear(key)
	text, err := gost28147.EncryptCFB(key, iv, gost28147.TC26Z(), content)
	if err != nil {
		return nil, err
	}
	infos := make([][]byte, len(to))
	for i, c := range to {
		if infos[i], err = transport(random, key, c); err != nil {
			return nil, err
		}
	}
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidEnvelopedData())
			b.AddASN1(constructed0, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(0)
					b.AddBytes(derSet(tagSet, infos))
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(oidData())
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(oidGOST89())
							b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
								b.AddASN1OctetString(iv)
								b.AddASN1ObjectIdentifier(oidTC26Z())
							})
						})
						b.AddASN1(implicit0, func(b *cryptobyte.Builder) { b.AddBytes(text) })
					})
				})
			})
		})
	})
}

// transport returns the KeyTransRecipientInfo that carries key to the owner of c.
func transport(random io.Reader, key []byte, c *cert.Certificate) ([]byte, error) {
	if c.Key == nil {
		return nil, cert.ErrUnsupported
	}
	ukm := make([]byte, gost28147.BlockSize)
	if _, err := io.ReadFull(random, ukm); err != nil {
		return nil, fmt.Errorf("cms: random source: %w", err)
	}
	ephemeral, err := gost3410.GenerateKey(c.Key.Curve(), random)
	if err != nil {
		return nil, err
	}
	kek, err := ephemeral.Agree(c.Key, ukm)
	if err != nil {
		return nil, err
	}
	defer clear(kek)
	wrapped, mac, err := gost28147.WrapKey(kek, ukm, gost28147.TC26Z(), key)
	if err != nil {
		return nil, err
	}
	algorithm, spki, ok := spkiParts(ephemeral.PublicKey().MarshalSPKI()) // of the same algorithm as the recipient's
	if !ok {
		return nil, gost3410.ErrEncoding
	}
	encrypted, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(wrapped)
				b.AddASN1OctetString(mac)
			})
			b.AddASN1(constructed0, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidTC26Z())
				b.AddASN1(constructed0, func(b *cryptobyte.Builder) { b.AddBytes(spki) })
				b.AddASN1OctetString(ukm)
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(0)
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(c.X509.RawIssuer)
				b.AddASN1BigInt(c.X509.SerialNumber)
			})
			b.AddBytes(algorithm)
			b.AddASN1OctetString(encrypted)
		})
	})
}

// spkiParts returns the AlgorithmIdentifier and the contents of a SubjectPublicKeyInfo.
func spkiParts(spki []byte) (algorithm, body []byte, ok bool) {
	in := cryptobyte.String(spki)
	var seq, alg cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, nil, false
	}
	body = seq
	if !seq.ReadASN1Element(&alg, cbasn1.SEQUENCE) {
		return nil, nil, false
	}
	return alg, body, true
}

// Open decrypts EnvelopedData (DER or BER, PEM and bare base64 too) for the owner of a
// certificate. Of ciphers it knows GOST 28147-89 with any published parameter set. The
// content is not authenticated by anything: whoever knows the certificate can have made
// it. Errors wrap ErrEnveloped, ErrRecipient or ErrCipher.
func Open(data []byte, c *cert.Certificate, key *gost3410.PrivateKey) ([]byte, error) {
	if len(data) > 2*maxEnveloped {
		return nil, fmt.Errorf("%w: larger than allowed", ErrEnveloped)
	}
	der := Undress(data)
	if ber.Indefinite(der) {
		var err error
		if der, _, err = ber.ToDefinite(der); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrEnveloped, err)
		}
	}
	in := cryptobyte.String(der)
	var all, outer, body, infos cryptobyte.String
	var oid asn1.ObjectIdentifier
	var version int64
	if !in.ReadASN1(&all, cbasn1.SEQUENCE) || !in.Empty() || !all.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidEnvelopedData()) ||
		!all.ReadASN1(&outer, constructed0) || !all.Empty() || !outer.ReadASN1(&body, cbasn1.SEQUENCE) || !outer.Empty() ||
		!body.ReadASN1Integer(&version) || !body.SkipOptionalASN1(constructed0) || !body.ReadASN1(&infos, cbasn1.SET) {
		return nil, ErrEnveloped
	}
	session, err := sessionKey(infos, c, key)
	if err != nil {
		return nil, err
	}
	defer clear(session)
	return decryptContent(body, session)
}

// sessionKey finds the recipient that is the owner of c and unwraps the session key.
func sessionKey(infos cryptobyte.String, c *cert.Certificate, key *gost3410.PrivateKey) ([]byte, error) {
	for n := 0; !infos.Empty(); n++ {
		var info cryptobyte.String
		var tag cbasn1.Tag
		if n == maxSigners || !infos.ReadAnyASN1(&info, &tag) {
			return nil, ErrEnveloped
		}
		if tag != cbasn1.SEQUENCE {
			continue // another way than transport of a key
		}
		var version int64
		if !info.ReadASN1Integer(&version) {
			return nil, ErrEnveloped
		}
		mine, ok := names(&info, c)
		if !ok {
			return nil, ErrEnveloped
		}
		if !mine {
			continue
		}
		var algorithm, encrypted cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !info.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) || !info.ReadASN1(&encrypted, cbasn1.OCTET_STRING) || !info.Empty() {
			return nil, ErrEnveloped
		}
		if !oid.Equal(key.Curve().KeyOID()) {
			return nil, fmt.Errorf("%w: the key is transported by %s", ErrCipher, oid)
		}
		return unwrap(encrypted, key)
	}
	return nil, ErrRecipient
}

// names reads a recipient's identifier and reports whether it is c.
func names(info *cryptobyte.String, c *cert.Certificate) (mine, ok bool) {
	if info.PeekASN1Tag(implicit0) {
		var id cryptobyte.String
		ok = info.ReadASN1(&id, implicit0)
		return ok && len(id) > 0 && bytes.Equal(id, c.X509.SubjectKeyId), ok
	}
	var rid, issuer cryptobyte.String
	serial := new(big.Int)
	if !info.ReadASN1(&rid, cbasn1.SEQUENCE) || !rid.ReadASN1Element(&issuer, cbasn1.SEQUENCE) || !rid.ReadASN1Integer(serial) || !rid.Empty() {
		return false, false
	}
	return bytes.Equal(issuer, c.X509.RawIssuer) && serial.Cmp(c.X509.SerialNumber) == 0, true
}

// unwrap reads GostR3410-KeyTransport (RFC 4490, section 4.2.1).
func unwrap(encrypted []byte, key *gost3410.PrivateKey) ([]byte, error) {
	in := cryptobyte.String(encrypted)
	var all, session, wrapped, mac, params, spki, ukm cryptobyte.String
	var set asn1.ObjectIdentifier
	if !in.ReadASN1(&all, cbasn1.SEQUENCE) || !in.Empty() || !all.ReadASN1(&session, cbasn1.SEQUENCE) ||
		!session.ReadASN1(&wrapped, cbasn1.OCTET_STRING) || !session.ReadASN1(&mac, cbasn1.OCTET_STRING) || !session.Empty() ||
		!all.ReadASN1(&params, constructed0) || !all.Empty() || !params.ReadASN1ObjectIdentifier(&set) ||
		!params.ReadASN1(&spki, constructed0) || !params.ReadASN1(&ukm, cbasn1.OCTET_STRING) || !params.Empty() ||
		len(ukm) != gost28147.BlockSize || len(mac) != gost28147.MACSize {
		return nil, ErrEnveloped
	}
	boxes, ok := gost28147.BoxesByOID(set)
	if !ok {
		return nil, fmt.Errorf("%w: parameter set %s", ErrCipher, set)
	}
	ephemeral, err := gost3410.ParseSPKI(derValue(tagSequence, spki))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnveloped, err)
	}
	kek, err := key.Agree(ephemeral, ukm)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnveloped, err)
	}
	defer clear(kek)
	out, err := gost28147.UnwrapKey(kek, ukm, boxes, wrapped, mac)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecipient, err)
	}
	return out, nil
}

// decryptContent reads EncryptedContentInfo and what may follow it.
func decryptContent(body cryptobyte.String, session []byte) ([]byte, error) {
	var content, algorithm, params, iv, text cryptobyte.String
	var kind, cipher, set asn1.ObjectIdentifier
	if !body.ReadASN1(&content, cbasn1.SEQUENCE) || !content.ReadASN1ObjectIdentifier(&kind) ||
		!content.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&cipher) {
		return nil, ErrEnveloped
	}
	if !cipher.Equal(oidGOST89()) {
		return nil, fmt.Errorf("%w: %s", ErrCipher, cipher)
	}
	if !algorithm.ReadASN1(&params, cbasn1.SEQUENCE) || !params.ReadASN1(&iv, cbasn1.OCTET_STRING) || !params.ReadASN1ObjectIdentifier(&set) || len(iv) != gost28147.BlockSize {
		return nil, ErrEnveloped
	}
	boxes, ok := gost28147.BoxesByOID(set)
	if !ok {
		return nil, fmt.Errorf("%w: parameter set %s", ErrCipher, set)
	}
	pieces := content.PeekASN1Tag(constructed0) // as streaming programs write
	var tag cbasn1.Tag
	switch {
	case !content.ReadAnyASN1(&text, &tag) || tag != implicit0 && !pieces:
		return nil, fmt.Errorf("%w: the content is elsewhere", ErrEnveloped)
	case pieces:
		joined, err := ber.Octets(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrEnveloped, err)
		}
		text = joined
	}
	return gost28147.DecryptCFB(session, iv, boxes, text)
}

// Open decrypts EnvelopedData for the certificate of the signer; a key that is not in
// memory cannot, and the error is cert.ErrUnsupported.
func (s *KeySigner) Open(data []byte) ([]byte, error) {
	key, ok := s.key.(*gost3410.PrivateKey)
	if !ok {
		return nil, cert.ErrUnsupported
	}
	return Open(data, s.certificate, key)
}
