package keyfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"fmt"
	"hash"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/scrypt"

	"github.com/epgu-cli/epgu/internal/gost/gost28147"
	"github.com/epgu-cli/epgu/internal/gost/gost3412"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// Limits on parameters that a file may ask for: a file must not be able to
// keep the program busy for minutes.
const (
	maxIterations = 2_000_000
	maxSalt       = 1 << 10
)

// Algorithms by their dotted identifiers (RFC 8018, RFC 9337, RFC 4357).
const (
	oidPBES2      = "1.2.840.113549.1.5.13"
	oidPBKDF2     = "1.2.840.113549.1.5.12"
	oidScrypt     = "1.3.6.1.4.1.11591.4.11"
	oidHMACSHA1   = "1.2.840.113549.2.7"
	oidHMACSHA224 = "1.2.840.113549.2.8"
	oidHMACSHA256 = "1.2.840.113549.2.9"
	oidHMACSHA384 = "1.2.840.113549.2.10"
	oidHMACSHA512 = "1.2.840.113549.2.11"
	oidHMACStr256 = "1.2.643.7.1.1.4.1"
	oidHMACStr512 = "1.2.643.7.1.1.4.2"
	oidAES128     = "2.16.840.1.101.3.4.1.2"
	oidAES192     = "2.16.840.1.101.3.4.1.22"
	oidAES256     = "2.16.840.1.101.3.4.1.42"
	oid3DES       = "1.2.840.113549.3.7"
	oidGOST89     = "1.2.643.2.2.21"
	oidMagma      = "1.2.643.7.1.1.5.1.1" // CTR-ACPKM, RFC 9337
	oidKuznyechik = "1.2.643.7.1.1.5.2.1"
	oidHMAC94     = "1.2.643.2.2.10"
)

func unsupported(what string, oid asn1.ObjectIdentifier) error {
	return fmt.Errorf("%w: %s %s", ErrUnsupported, what, oid)
}

// decrypt opens text protected as an AlgorithmIdentifier (its contents) says.
func decrypt(alg cryptobyte.String, text, passphrase []byte) ([]byte, error) {
	var oid asn1.ObjectIdentifier
	if !alg.ReadASN1ObjectIdentifier(&oid) {
		return nil, ErrFormat
	}
	switch oid.String() {
	case oidPBES2:
	case oidPBE3DES, oidPBE2Key3DES, oidPBERC2128, oidPBERC240, oidPBERC4128, oidPBERC440:
		return decryptV12(oid.String(), alg, text, passphrase)
	case oidPBEMD5DES:
		return decryptV15(md5.New, alg, text, passphrase)
	case oidPBESHADES:
		return decryptV15(sha1.New, alg, text, passphrase)
	default:
		return nil, unsupported("encryption", oid)
	}
	var params, kdf, scheme cryptobyte.String
	if !alg.ReadASN1(&params, cbasn1.SEQUENCE) || !alg.Empty() || !params.ReadASN1(&kdf, cbasn1.SEQUENCE) ||
		!params.ReadASN1(&scheme, cbasn1.SEQUENCE) || !params.Empty() {
		return nil, ErrFormat
	}
	var schemeOID asn1.ObjectIdentifier
	if !scheme.ReadASN1ObjectIdentifier(&schemeOID) {
		return nil, ErrFormat
	}
	size := 32
	switch schemeOID.String() {
	case oidAES128:
		size = 16
	case oidAES192, oid3DES:
		size = 24
	case oidAES256, oidGOST89, oidMagma, oidKuznyechik:
	default:
		return nil, unsupported("cipher", schemeOID)
	}
	key, err := deriveKey(kdf, passphrase, size)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	switch schemeOID.String() {
	case oidGOST89:
		return decryptGOST89(scheme, text, key)
	case oidMagma, oidKuznyechik:
		return decryptCTR(schemeOID.String(), scheme, text, key)
	}
	var iv cryptobyte.String
	if !scheme.ReadASN1(&iv, cbasn1.OCTET_STRING) || !scheme.Empty() {
		return nil, ErrFormat
	}
	block, err := newBlock(schemeOID.String(), key)
	if err != nil {
		return nil, err
	}
	return decryptCBC(block, iv, text)
}

func newBlock(oid string, key []byte) (cipher.Block, error) {
	if oid == oid3DES {
		return des.NewTripleDESCipher(key)
	}
	return aes.NewCipher(key)
}

// decryptCBC takes padding off. What a wrong passphrase makes of the padding
// is answered like any other sign of it.
func decryptCBC(block cipher.Block, iv, text []byte) ([]byte, error) {
	n := block.BlockSize()
	if len(iv) != n || len(text) == 0 || len(text)%n != 0 {
		return nil, ErrFormat
	}
	out := make([]byte, len(text))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, text)
	pad := int(out[len(out)-1])
	if pad == 0 || pad > n {
		return nil, ErrPassphrase
	}
	for _, b := range out[len(out)-pad:] {
		if int(b) != pad {
			return nil, ErrPassphrase
		}
	}
	return out[:len(out)-pad], nil
}

func decryptGOST89(scheme cryptobyte.String, text, key []byte) ([]byte, error) {
	var params, iv cryptobyte.String
	var set asn1.ObjectIdentifier
	if !scheme.ReadASN1(&params, cbasn1.SEQUENCE) || !scheme.Empty() || !params.ReadASN1(&iv, cbasn1.OCTET_STRING) ||
		!params.ReadASN1ObjectIdentifier(&set) || !params.Empty() || len(iv) != gost28147.BlockSize {
		return nil, ErrFormat
	}
	boxes, ok := gost28147.BoxesByOID(set)
	if !ok {
		return nil, unsupported("parameter set", set)
	}
	return gost28147.DecryptCFB(key, iv, boxes, text)
}

// decryptCTR opens text in CTR-ACPKM (RFC 9337, section 7.3).
func decryptCTR(oid string, scheme cryptobyte.String, text, key []byte) ([]byte, error) {
	var params, ukm cryptobyte.String
	if !scheme.ReadASN1(&params, cbasn1.SEQUENCE) || !scheme.Empty() || !params.ReadASN1(&ukm, cbasn1.OCTET_STRING) || !params.Empty() || len(ukm) > 32 {
		return nil, ErrFormat
	}
	open := gost3412.KuznyechikCTR
	if oid == oidMagma {
		open = gost3412.MagmaCTR
	}
	plain, err := open(key, ukm, text)
	if err != nil {
		return nil, ErrFormat
	}
	return plain, nil
}

// maxScrypt bounds the memory of scrypt, bytes; OpenSSL takes 16 MiB.
const maxScrypt = 128 << 20

// deriveScrypt runs scrypt with the parameters of RFC 7914, section 7.
func deriveScrypt(kdf cryptobyte.String, passphrase []byte, size int) ([]byte, error) {
	var params, salt cryptobyte.String
	var cost, block, parallel, length int
	if !kdf.ReadASN1(&params, cbasn1.SEQUENCE) || !kdf.Empty() || !params.ReadASN1(&salt, cbasn1.OCTET_STRING) ||
		!params.ReadASN1Integer(&cost) || !params.ReadASN1Integer(&block) || !params.ReadASN1Integer(&parallel) {
		return nil, ErrFormat
	}
	if !params.Empty() && (!params.ReadASN1Integer(&length) || length != size || !params.Empty()) {
		return nil, ErrFormat
	}
	if len(salt) > maxSalt || cost < 2 || block < 1 || block > 64 || parallel < 1 || parallel > 16 || cost > maxScrypt/128/block {
		return nil, fmt.Errorf("%w: key derivation out of bounds (scrypt %d, %d, %d)", ErrFormat, cost, block, parallel)
	}
	key, err := scrypt.Key(passphrase, salt, cost, block, parallel, size)
	if err != nil {
		return nil, ErrFormat
	}
	return key, nil
}

// deriveKey derives the key as an AlgorithmIdentifier (its contents) names: by PBKDF2
// or scrypt.
func deriveKey(kdf cryptobyte.String, passphrase []byte, size int) ([]byte, error) {
	var oid asn1.ObjectIdentifier
	var params, salt cryptobyte.String
	var iterations, length int
	if !kdf.ReadASN1ObjectIdentifier(&oid) {
		return nil, ErrFormat
	}
	if oid.String() == oidScrypt {
		return deriveScrypt(kdf, passphrase, size)
	}
	if oid.String() != oidPBKDF2 {
		return nil, unsupported("key derivation", oid)
	}
	if !kdf.ReadASN1(&params, cbasn1.SEQUENCE) || !kdf.Empty() || !params.ReadASN1(&salt, cbasn1.OCTET_STRING) || !params.ReadASN1Integer(&iterations) {
		return nil, ErrFormat
	}
	if params.PeekASN1Tag(cbasn1.INTEGER) && (!params.ReadASN1Integer(&length) || length != size) {
		return nil, ErrFormat
	}
	if err := boundKDF(salt, iterations); err != nil {
		return nil, err
	}
	prf := asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7} // the default, HMAC-SHA1
	if !params.Empty() {
		var alg cryptobyte.String
		if !params.ReadASN1(&alg, cbasn1.SEQUENCE) || !params.Empty() || !alg.ReadASN1ObjectIdentifier(&prf) {
			return nil, ErrFormat
		}
	}
	h := prfHash(prf.String())
	if h == nil {
		return nil, unsupported("key derivation with", prf)
	}
	return pbkdf2.Key(h, string(passphrase), salt, iterations, size)
}

func boundKDF(salt []byte, iterations int) error {
	if len(salt) > maxSalt || iterations < 1 || iterations > maxIterations {
		return fmt.Errorf("%w: key derivation out of bounds (%d iterations, %d bytes of salt)", ErrFormat, iterations, len(salt))
	}
	return nil
}

// prfHash returns the hash of an HMAC, or nil.
func prfHash(oid string) func() hash.Hash {
	switch oid {
	case oidHMACSHA1:
		return sha1.New
	case oidHMACSHA224:
		return sha256.New224
	case oidHMACSHA256:
		return sha256.New
	case oidHMACSHA384:
		return sha512.New384
	case oidHMACSHA512:
		return sha512.New
	case oidHMACStr256:
		return streebog.New256
	case oidHMACStr512:
		return streebog.New512
	case oidHMAC94:
		return gost28147.New94
	}
	return nil
}

// encrypt returns an EncryptedPrivateKeyInfo.
func encrypt(plain, passphrase []byte, o EncryptOptions) ([]byte, error) {
	random := o.Random
	if random == nil {
		random = rand.Reader
	}
	prf, prfOID, ivSize := sha256.New, asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, aes.BlockSize
	iterations := 600_000
	if o.Cipher == GOST89 {
		prf, prfOID, ivSize = streebog.New512, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 4, 2}, gost28147.BlockSize
		iterations = 100_000
	}
	if o.Iterations > 0 {
		iterations = o.Iterations
	}
	salt := make([]byte, 16+ivSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, fmt.Errorf("keyfile: random source: %w", err)
	}
	salt, iv := salt[:16], salt[16:]
	if err := boundKDF(salt, iterations); err != nil {
		return nil, err
	}
	key, err := pbkdf2.Key(prf, string(passphrase), salt, iterations, 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	var text []byte
	var scheme func(*cryptobyte.Builder)
	if o.Cipher == GOST89 {
		if text, err = gost28147.EncryptCFB(key, iv, gost28147.TC26Z(), plain); err != nil {
			return nil, err
		}
		scheme = func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 643, 2, 2, 21})
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(iv)
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 5, 1, 1})
			})
		}
	} else {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		pad := aes.BlockSize - len(plain)%aes.BlockSize
		text = make([]byte, len(plain)+pad)
		copy(text, plain)
		for i := len(plain); i < len(text); i++ {
			text[i] = byte(pad)
		}
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
		scheme = func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42})
			b.AddASN1OctetString(iv)
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13})
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12})
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1OctetString(salt)
						b.AddASN1Int64(int64(iterations))
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(prfOID)
							b.AddASN1NULL()
						})
					})
				})
				b.AddASN1(cbasn1.SEQUENCE, scheme)
			})
		})
		b.AddASN1OctetString(text)
	})
	return b.Bytes()
}
