package gost

import (
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

var (
	// ErrSignature says that a signature does not hold.
	ErrSignature = errors.New("gost: the signature does not hold")
	// ErrKey says that a key is not of GOST R 34.10-2012.
	ErrKey = errors.New("gost: not a GOST R 34.10-2012 key")
)

// SignRaw signs the Streebog digest of message and returns s‖r, each
// big-endian, 64 octets for a 256-bit key: the signature that ЕСИА takes, in
// base64url without padding, as client_secret.
func SignRaw(key crypto.Signer, message []byte) ([]byte, error) {
	public, ok := key.Public().(*gost3410.PublicKey)
	if !ok {
		return nil, ErrKey
	}
	return key.Sign(rand.Reader, digest(public, message), nil)
}

// VerifyRaw checks a signature made by SignRaw or by OpenSSL's dgst -sign. The
// error is ErrSignature.
func VerifyRaw(public *gost3410.PublicKey, message, sig []byte) error {
	if public == nil {
		return ErrKey
	}
	if !public.Verify(digest(public, message), sig) {
		return ErrSignature
	}
	return nil
}

func digest(public *gost3410.PublicKey, message []byte) []byte {
	h := public.Curve().NewHash()
	h.Write(message)
	return h.Sum(nil)
}

// CertHash returns ЕСИА's client_certificate_hash: Streebog-256 of the
// certificate's DER form, 64 hexadecimal digits in upper case. Over PEM the
// value would be refused (ESIA-007053).
func CertHash(der []byte) string {
	sum := streebog.Sum256(der)
	return fmt.Sprintf("%X", sum[:])
}

// PublicKeyOf returns the public key of a certificate in DER or PEM.
func PublicKeyOf(certificate []byte) (*gost3410.PublicKey, error) {
	all, err := cert.ParseAll(certificate)
	if err != nil {
		return nil, err
	}
	if all[0].Key == nil {
		return nil, ErrKey
	}
	return all[0].Key, nil
}
