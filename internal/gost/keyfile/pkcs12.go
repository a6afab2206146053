package keyfile

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rc4"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/ber"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost28147"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/gost/wrapping"
)

// Identifiers of PKCS#12 (RFC 7292).
const (
	oidData          = "1.2.840.113549.1.7.1"
	oidEncryptedData = "1.2.840.113549.1.7.6"
	oidKeyBag        = "1.2.840.113549.1.12.10.1.1"
	oidShroudedBag   = "1.2.840.113549.1.12.10.1.2"
	oidCertBag       = "1.2.840.113549.1.12.10.1.3"
	oidX509          = "1.2.840.113549.1.9.22.1"
	oidPBE3DES       = "1.2.840.113549.1.12.1.3"
	oidPBERC4128     = "1.2.840.113549.1.12.1.1"
	oidPBERC440      = "1.2.840.113549.1.12.1.2"
	oidPBEMD5DES     = "1.2.840.113549.1.5.3"
	oidPBESHADES     = "1.2.840.113549.1.5.10"
	oidPBE2Key3DES   = "1.2.840.113549.1.12.1.4"
	oidPBERC2128     = "1.2.840.113549.1.12.1.5"
	oidPBERC240      = "1.2.840.113549.1.12.1.6"
)

// maxBags bounds the keys and certificates in one file.
const maxBags = 100

// Bundle is the contents of a PKCS#12 file.
type Bundle struct {
	Key         *gost3410.PrivateKey
	Certificate *cert.Certificate   // the one of Key; nil if it is not inside
	Others      []*cert.Certificate // the rest: intermediates and roots
}

// ParsePKCS12 reads a PKCS#12 file with one GOST key. Its integrity code, where
// there is one, is checked first, so ErrPassphrase means the passphrase is wrong or
// the file was changed. Protections: none, PBES2 as for Parse, and 3DES and RC2 of
// old files; the integrity code may use SHA-1, SHA-2 or Streebog. No passphrase is
// tried in both ways that programs write it: as an empty text and as none at all.
func ParsePKCS12(data, passphrase []byte) (*Bundle, error) {
	if len(data) > MaxSize {
		return nil, ErrFormat
	}
	if kind, der := undress(data); kind == PKCS12 {
		data = der
	}
	if ber.Indefinite(data) {
		definite, _, err := ber.ToDefinite(data)
		if err != nil {
			return nil, ErrFormat
		}
		data = definite
	}
	in := cryptobyte.String(data)
	var pfx, safe cryptobyte.String
	var version int64
	if !in.ReadASN1(&pfx, cbasn1.SEQUENCE) || !in.Empty() || !pfx.ReadASN1Integer(&version) || version != 3 {
		return nil, wrapping.Explain(data, ErrFormat)
	}
	oid, err := readContent(&pfx, &safe)
	if err != nil {
		return nil, err
	}
	if oid != oidData {
		return nil, fmt.Errorf("%w: integrity by signature", ErrUnsupported)
	}
	if !pfx.Empty() { // without a code the passphrase shows by the key that it opens
		if err := checkMAC(pfx, safe, passphrase); err != nil {
			return nil, err
		}
	}
	r := &bags{passphrase: passphrase, sealed: !pfx.Empty()}
	var contents cryptobyte.String
	if !safe.ReadASN1(&contents, cbasn1.SEQUENCE) || !safe.Empty() {
		return nil, ErrFormat
	}
	for !contents.Empty() {
		if err := r.readSafe(&contents); err != nil {
			return nil, err
		}
	}
	return r.bundle()
}

// readContent reads a ContentInfo; for plain data out is its octets, for
// encrypted data the EncryptedData.
func readContent(in, out *cryptobyte.String) (string, error) {
	var info, explicit cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&oid) ||
		!info.ReadASN1(&explicit, cbasn1.Tag(0).ContextSpecific().Constructed()) || !info.Empty() {
		return "", ErrFormat
	}
	tag := cbasn1.SEQUENCE
	if oid.String() == oidData {
		tag = cbasn1.OCTET_STRING
	}
	if !explicit.ReadASN1(out, tag) || !explicit.Empty() {
		return "", ErrFormat
	}
	return oid.String(), nil
}

// checkMAC checks the integrity code over the AuthenticatedSafe.
func checkMAC(in cryptobyte.String, safe, passphrase []byte) error {
	var mac, info, alg, sum, salt cryptobyte.String
	var oid asn1.ObjectIdentifier
	iterations := 1
	if !in.ReadASN1(&mac, cbasn1.SEQUENCE) || !in.Empty() || !mac.ReadASN1(&info, cbasn1.SEQUENCE) ||
		!info.ReadASN1(&alg, cbasn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&oid) || !info.ReadASN1(&sum, cbasn1.OCTET_STRING) ||
		!mac.ReadASN1(&salt, cbasn1.OCTET_STRING) {
		return fmt.Errorf("%w: the file has no integrity code", ErrFormat)
	}
	if !mac.Empty() && !mac.ReadASN1Integer(&iterations) {
		return ErrFormat
	}
	if err := boundKDF(salt, iterations); err != nil {
		return err
	}
	h, national := macHash(oid)
	if h == nil {
		return unsupported("integrity code", oid)
	}
	var key []byte
	if national {
		// R 50.1.112-2016: the last 32 of 96 octets of PBKDF2.
		long, err := pbkdf2.Key(h, string(passphrase), salt, iterations, 96)
		if err != nil {
			return err
		}
		key = long[64:]
	} else {
		key = deriveV12(h, 3, bmpString(passphrase), salt, iterations, h().Size())
	}
	holds := func(key []byte) bool {
		m := hmac.New(h, key)
		m.Write(safe)
		return hmac.Equal(m.Sum(nil), sum)
	}
	if holds(key) || len(passphrase) == 0 && !national && holds(deriveV12(h, 3, nil, salt, iterations, h().Size())) {
		return nil
	}
	return ErrPassphrase
}

func macHash(oid asn1.ObjectIdentifier) (h func() hash.Hash, national bool) {
	switch oid.String() {
	case "1.3.14.3.2.26":
		return sha1.New, false
	case "1.2.840.113549.2.5":
		return md5.New, false
	case "2.16.840.1.101.3.4.2.4":
		return sha256.New224, false
	case "2.16.840.1.101.3.4.2.1":
		return sha256.New, false
	case "2.16.840.1.101.3.4.2.2":
		return sha512.New384, false
	case "2.16.840.1.101.3.4.2.3":
		return sha512.New, false
	case "1.2.643.2.2.9":
		return gost28147.New94, true
	case "1.2.643.7.1.1.2.2":
		return streebog.New256, true
	case "1.2.643.7.1.1.2.3":
		return streebog.New512, true
	}
	return nil, false
}

// bags collects what the safes hold.
type bags struct {
	passphrase []byte
	sealed     bool // an integrity code has shown that the passphrase is right
	count      int
	key        *gost3410.PrivateKey
	certs      []*cert.Certificate
}

// readSafe reads one SafeContents, plain or encrypted.
func (r *bags) readSafe(in *cryptobyte.String) error {
	var body cryptobyte.String
	oid, err := readContent(in, &body)
	if err != nil {
		return err
	}
	switch oid {
	case oidData:
		return r.readBags(body)
	case oidEncryptedData:
		var info, alg, text cryptobyte.String
		var version int64
		var content asn1.ObjectIdentifier
		if !body.ReadASN1Integer(&version) || !body.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&content) ||
			!info.ReadASN1(&alg, cbasn1.SEQUENCE) {
			return ErrFormat
		}
		pieces := cbasn1.Tag(0).ContextSpecific().Constructed() // of an octet string, written by BER
		if info.PeekASN1Tag(pieces) {
			if !info.ReadASN1(&text, pieces) {
				return ErrFormat
			}
			if text, err = ber.Octets(text); err != nil {
				return ErrFormat
			}
		} else if !info.ReadASN1(&text, cbasn1.Tag(0).ContextSpecific()) {
			return ErrFormat
		}
		if !info.Empty() {
			return ErrFormat
		}
		plain, err := decrypt(alg, text, r.passphrase)
		if err != nil {
			return err
		}
		if err := r.readBags(plain); err != nil && (r.sealed || errors.Is(err, ErrUnsupported)) {
			return err
		} else if err != nil {
			return ErrPassphrase // nothing sensible came out
		}
		return nil
	}
	return fmt.Errorf("%w: contents protected by public key", ErrUnsupported)
}

// readBags reads a SafeContents in DER.
func (r *bags) readBags(der cryptobyte.String) error {
	var seq cryptobyte.String
	if !der.ReadASN1(&seq, cbasn1.SEQUENCE) || !der.Empty() {
		return ErrFormat
	}
	for !seq.Empty() {
		var bag, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		if r.count++; r.count > maxBags || !seq.ReadASN1(&bag, cbasn1.SEQUENCE) || !bag.ReadASN1ObjectIdentifier(&oid) ||
			!bag.ReadASN1(&value, cbasn1.Tag(0).ContextSpecific().Constructed()) {
			return ErrFormat
		}
		if err := r.readBag(oid.String(), value); err != nil {
			return err
		}
	}
	return nil
}

func (r *bags) readBag(oid string, value cryptobyte.String) error {
	var key *gost3410.PrivateKey
	var err error
	switch oid {
	case oidKeyBag:
		key, err = gost3410.ParsePKCS8(value)
	case oidShroudedBag:
		key, err = parseEncrypted(value, r.passphrase)
	case oidCertBag:
		var bag, explicit, der cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !value.ReadASN1(&bag, cbasn1.SEQUENCE) || !bag.ReadASN1ObjectIdentifier(&kind) ||
			!bag.ReadASN1(&explicit, cbasn1.Tag(0).ContextSpecific().Constructed()) || !explicit.ReadASN1(&der, cbasn1.OCTET_STRING) {
			return ErrFormat
		}
		if kind.String() != oidX509 {
			return nil
		}
		c, err := cert.Parse(der)
		if err != nil {
			return err
		}
		r.certs = append(r.certs, c)
		return nil
	default:
		return nil // lists, secrets: nothing of ours
	}
	if err != nil {
		return err
	}
	if r.key != nil {
		return fmt.Errorf("%w: more than one key in the file", ErrUnsupported)
	}
	r.key = key
	return nil
}

func (r *bags) bundle() (*Bundle, error) {
	if r.key == nil {
		return nil, fmt.Errorf("%w: no key in the file", ErrFormat)
	}
	b := &Bundle{Key: r.key}
	for _, c := range r.certs {
		if b.Certificate == nil && c.Matches(r.key) {
			b.Certificate = c
			continue
		}
		b.Others = append(b.Others, c)
	}
	return b, nil
}

// decryptV12 opens what old files are protected by (RFC 7292, appendix C). No
// passphrase is an empty text to some programs and nothing at all to others.
func decryptV12(oid string, alg cryptobyte.String, text, passphrase []byte) ([]byte, error) {
	var params, salt cryptobyte.String
	var iterations int
	if !alg.ReadASN1(&params, cbasn1.SEQUENCE) || !alg.Empty() || !params.ReadASN1(&salt, cbasn1.OCTET_STRING) ||
		!params.ReadASN1Integer(&iterations) || !params.Empty() {
		return nil, ErrFormat
	}
	if err := boundKDF(salt, iterations); err != nil {
		return nil, err
	}
	plain, err := openV12(oid, bmpString(passphrase), salt, iterations, text)
	if len(passphrase) == 0 && (err != nil || len(plain) == 0 || plain[0] != 0x30) {
		return openV12(oid, nil, salt, iterations, text)
	}
	return plain, err
}

func openV12(oid string, passphrase, salt []byte, iterations int, text []byte) ([]byte, error) {
	key := func(size int) []byte { return deriveV12(sha1.New, 1, passphrase, salt, iterations, size) }
	var block cipher.Block
	var err error
	switch oid {
	case oidPBE3DES:
		block, err = des.NewTripleDESCipher(key(24))
	case oidPBE2Key3DES:
		k := key(16)
		block, err = des.NewTripleDESCipher(append(k, k[:8]...))
	case oidPBERC2128:
		block = newRC2(key(16))
	case oidPBERC240:
		block = newRC2(key(5))
	case oidPBERC4128:
		return decryptRC4(key(16), text)
	case oidPBERC440:
		return decryptRC4(key(5), text)
	}
	if err != nil {
		return nil, err
	}
	return decryptCBC(block, deriveV12(sha1.New, 2, passphrase, salt, iterations, des.BlockSize), text)
}

// decryptRC4 undoes the stream cipher of old files. A wrong passphrase shows by what
// comes out: no DER.
func decryptRC4(key, text []byte) ([]byte, error) {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(text))
	c.XORKeyStream(out, text)
	return out, nil
}

// decryptV15 opens what is protected by the first scheme of PKCS#5 (RFC 8018, 6.1):
// DES with a key that MD5 or SHA-1 makes of the passphrase.
func decryptV15(newHash func() hash.Hash, alg cryptobyte.String, text, passphrase []byte) ([]byte, error) {
	var params, salt cryptobyte.String
	var iterations int
	if !alg.ReadASN1(&params, cbasn1.SEQUENCE) || !alg.Empty() || !params.ReadASN1(&salt, cbasn1.OCTET_STRING) ||
		!params.ReadASN1Integer(&iterations) || !params.Empty() {
		return nil, ErrFormat
	}
	if err := boundKDF(salt, iterations); err != nil {
		return nil, err
	}
	t := append(bytes.Clone(passphrase), salt...)
	for range iterations {
		h := newHash()
		h.Write(t)
		t = h.Sum(nil)
	}
	defer clear(t)
	block, err := des.NewCipher(t[:des.BlockSize])
	if err != nil {
		return nil, err
	}
	return decryptCBC(block, t[des.BlockSize:2*des.BlockSize], text)
}

// deriveV12 is the key derivation of RFC 7292, appendix B.2. id is 1 for keys,
// 2 for initial vectors, 3 for integrity codes; the passphrase is a bmpString.
func deriveV12(newHash func() hash.Hash, id byte, passphrase, salt []byte, iterations, size int) []byte {
	h := newHash()
	v := h.BlockSize()
	d := bytes.Repeat([]byte{id}, v)
	i := append(fillTo(salt, v), fillTo(passphrase, v)...)
	var out []byte
	for len(out) < size {
		h.Reset()
		h.Write(d)
		h.Write(i)
		a := h.Sum(nil)
		for range iterations - 1 {
			h.Reset()
			h.Write(a)
			a = h.Sum(a[:0])
		}
		out = append(out, a...)
		b := make([]byte, v)
		for j := range b {
			b[j] = a[j%len(a)]
		}
		// Every block of I grows by B + 1 modulo 2^(8v).
		for at := 0; at < len(i); at += v {
			carry := 1
			for j := v - 1; j >= 0; j-- {
				carry += int(i[at+j]) + int(b[j])
				i[at+j] = byte(carry)
				carry >>= 8
			}
		}
	}
	return out[:size]
}

// fillTo repeats b up to a multiple of v; nothing stays nothing.
func fillTo(b []byte, v int) []byte {
	if len(b) == 0 {
		return nil
	}
	out := make([]byte, (len(b)+v-1)/v*v)
	for i := range out {
		out[i] = b[i%len(b)]
	}
	return out
}

// bmpString returns a passphrase in UTF-16, big-endian, with its closing zero.
func bmpString(passphrase []byte) []byte {
	var units []uint16
	for len(passphrase) > 0 {
		r, n := utf8.DecodeRune(passphrase)
		units = utf16.AppendRune(units, r)
		passphrase = passphrase[n:]
	}
	out := make([]byte, 0, 2*len(units)+2)
	for _, u := range append(units, 0) {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}
