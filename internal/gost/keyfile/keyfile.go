// Package keyfile reads and writes files with GOST private keys: PKCS#8, plain
// and protected by a passphrase (PBES2 with AES or GOST 28147-89), and PKCS#12
// for import. It may be imported by core packages and by tests; nothing here
// touches the disk.
package keyfile

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/ber"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/wrapping"
)

// MaxSize bounds a key file, bytes.
const MaxSize = 1 << 20

var (
	// ErrFormat says that data is not a key file of a known kind.
	ErrFormat = errors.New("keyfile: not a key file")
	// ErrPassphrase says that the passphrase is wrong; for a file without an
	// integrity check of its own, that or that the file is damaged.
	ErrPassphrase = errors.New("keyfile: wrong passphrase")
	// ErrAlgorithm says that the file holds a key of another algorithm; the text of
	// the error names it.
	ErrAlgorithm = errors.New("keyfile: a key of another algorithm")
	// ErrUnsupported says that the file is protected in a way that is not
	// known here; the text of the error names it.
	ErrUnsupported = errors.New("keyfile: unsupported protection")
)

const (
	pemPlain     = "PRIVATE KEY"
	pemEncrypted = "ENCRYPTED PRIVATE KEY"
	pemPKCS12    = "PKCS12" // GnuTLS writes it so
)

// Kind is what a file holds, as far as can be told without a passphrase.
type Kind int

// The kinds of key files.
const (
	Unknown   Kind = iota
	Plain          // PKCS#8 without a passphrase
	Encrypted      // PKCS#8 with a passphrase
	PKCS12         // key and certificates, with a passphrase
)

// Detect tells what a file in DER or PEM holds, so that the caller knows
// whether to ask for a passphrase.
func Detect(data []byte) Kind {
	kind, _ := undress(data)
	return kind
}

// undress finds the key in a file and returns its DER form.
func undress(data []byte) (Kind, []byte) {
	if len(data) > MaxSize {
		return Unknown, nil
	}
	if bytes.Contains(data, []byte("-----BEGIN")) {
		for rest := data; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				return Unknown, nil
			}
			switch block.Type {
			case pemPlain:
				return Plain, block.Bytes
			case pemEncrypted:
				return Encrypted, block.Bytes
			case pemPKCS12:
				return PKCS12, block.Bytes
			}
		}
	}
	if len(data) > 0 && data[0] != 0x30 { // base64 without a frame, as web forms give it
		if der, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(data), nil))); err == nil && len(der) > 0 && der[0] == 0x30 {
			data = der
		}
	}
	if ber.Indefinite(data) {
		if definite, rest, err := ber.ToDefinite(data); err == nil && len(rest) == 0 {
			data = definite
		}
	}
	in := cryptobyte.String(data)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return Unknown, nil
	}
	if seq.PeekASN1Tag(cbasn1.SEQUENCE) {
		return Encrypted, data
	}
	var version int64
	if !seq.ReadASN1Integer(&version) {
		return Unknown, nil
	}
	if version == 3 {
		return PKCS12, data
	}
	return Plain, data
}

// Parse reads a PKCS#8 key in DER or PEM. The passphrase is used only if the
// key is protected. The errors wrap ErrFormat, ErrPassphrase, ErrUnsupported,
// or are those of gost3410.ParsePKCS8.
func Parse(data, passphrase []byte) (*gost3410.PrivateKey, error) {
	switch kind, der := undress(data); kind {
	case Plain:
		key, err := gost3410.ParsePKCS8(der)
		if errors.Is(err, gost3410.ErrEncoding) {
			if name := otherAlgorithm(der); name != "" {
				return nil, fmt.Errorf("%w: %s", ErrAlgorithm, name)
			}
		}
		return key, err
	case Encrypted:
		return parseEncrypted(der, passphrase)
	case PKCS12:
		return nil, fmt.Errorf("%w: the file is PKCS#12", ErrFormat)
	}
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, wrapping.Explain(data, ErrFormat)
		}
		if name, ok := strings.CutSuffix(block.Type, " "+pemPlain); ok { // RSA, EC, DSA: forms of these algorithms alone
			return nil, fmt.Errorf("%w: %s", ErrAlgorithm, name)
		}
	}
}

// otherAlgorithm names the algorithm of a PKCS#8 key that is known and not GOST R
// 34.10-2012, "" otherwise.
func otherAlgorithm(der []byte) string {
	in := cryptobyte.String(der)
	var seq, alg cryptobyte.String
	var version int64
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1Integer(&version) || !seq.ReadASN1(&alg, cbasn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&oid) {
		return ""
	}
	switch oid.String() {
	case "1.2.840.113549.1.1.1":
		return "RSA"
	case "1.2.840.10045.2.1":
		return "EC (ECDSA)"
	case "1.3.101.112":
		return "Ed25519"
	case "1.2.643.2.2.19", "1.2.643.2.2.20":
		return "GOST R 34.10-2001"
	}
	return "" // what a wrong passphrase makes of a key is no algorithm either
}

// parseEncrypted reads an EncryptedPrivateKeyInfo.
func parseEncrypted(der, passphrase []byte) (*gost3410.PrivateKey, error) {
	in := cryptobyte.String(der)
	var seq, alg, cipherText cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1(&alg, cbasn1.SEQUENCE) ||
		!seq.ReadASN1(&cipherText, cbasn1.OCTET_STRING) || !seq.Empty() {
		return nil, ErrFormat
	}
	plain, err := decrypt(alg, cipherText, passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	key, err := gost3410.ParsePKCS8(plain)
	if name := otherAlgorithm(plain); err != nil && name != "" {
		return nil, fmt.Errorf("%w: %s", ErrAlgorithm, name)
	}
	if errors.Is(err, gost3410.ErrCurve) {
		return nil, err // too well formed to be the work of a wrong passphrase
	}
	if err != nil {
		// One answer for every way a wrong passphrase shows.
		return nil, ErrPassphrase
	}
	return key, nil
}

// MarshalPEM returns the key unprotected, in PEM. Prefer Encrypt.
func MarshalPEM(key *gost3410.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemPlain, Bytes: key.MarshalPKCS8()})
}

// Cipher is how a new file is protected.
type Cipher int

// The protections that are written.
const (
	// AES256 is AES-256-CBC with PBKDF2-HMAC-SHA256: what every program reads.
	AES256 Cipher = iota
	// GOST89 is GOST 28147-89 with PBKDF2-HMAC-Streebog-512: what OpenSSL's
	// engine writes and some national programs demand.
	GOST89
)

// EncryptOptions says how a key is protected.
type EncryptOptions struct {
	Cipher     Cipher
	Iterations int       // of PBKDF2; zero: 600,000 for AES256, 100,000 for GOST89
	Random     io.Reader // nil: the system's
}

// Encrypt returns the key protected by the passphrase, in PEM. An empty
// passphrase is refused.
func Encrypt(key *gost3410.PrivateKey, passphrase []byte, o EncryptOptions) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, errors.New("keyfile: the passphrase is empty")
	}
	plain := key.MarshalPKCS8()
	defer clear(plain)
	der, err := encrypt(plain, passphrase, o)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemEncrypted, Bytes: der}), nil
}
