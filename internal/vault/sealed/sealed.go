// Package sealed is the format of a small file that is encrypted with a
// 32-byte key kept elsewhere (the system keyring): XChaCha20-Poly1305, bound to
// the profile it belongs to, so that neither a byte of it nor its name can be
// changed or swapped unnoticed. Only internal/vault imports it.
//
// Layout: the line "epgu-sealed 1", the line with the keyring account whose key
// opens the file, 24 bytes of nonce, the ciphertext with its tag. Both lines and
// the profile are authenticated.
package sealed

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the size of the key in bytes.
const KeySize = chacha20poly1305.KeySize

// magic is the first line; a number in it changes with the layout.
const magic = "epgu-sealed 1\n"

// maxAccount bounds the account line in bytes.
const maxAccount = 512

// ErrFormat reports bytes that are not a sealed file at all, or are cut short.
var ErrFormat = errors.New("not a sealed file")

// ErrKey reports a wrong key, another profile's file, or changed bytes; the
// three cannot be told apart.
var ErrKey = errors.New("the key does not open this file, or the file was changed")

// Is reports whether data begins like a sealed file of any version.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte("epgu-sealed ")) }

// Seal encrypts plain. The account must be one non-empty line.
func Seal(key []byte, profile, account string, plain []byte) ([]byte, error) {
	if account == "" || len(account) > maxAccount || strings.ContainsAny(account, "\r\n") {
		return nil, fmt.Errorf("bad keyring account of %d bytes", len(account))
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	head := magic + account + "\n"
	out := make([]byte, len(head)+aead.NonceSize(), len(head)+aead.NonceSize()+len(plain)+aead.Overhead())
	copy(out, head)
	nonce := out[len(head):]
	rand.Read(nonce)
	return aead.Seal(out, nonce, plain, additional(head, profile)), nil
}

// Account returns the keyring account whose key opens data.
func Account(data []byte) (string, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return "", ErrFormat
	}
	i := bytes.IndexByte(rest[:min(len(rest), maxAccount+1)], '\n')
	if i <= 0 {
		return "", ErrFormat
	}
	return string(rest[:i]), nil
}

// Open decrypts data, which belongs to profile.
func Open(key []byte, profile string, data []byte) ([]byte, error) {
	account, err := Account(data)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	head, body := data[:len(magic)+len(account)+1], data[len(magic)+len(account)+1:]
	if len(body) < aead.NonceSize()+aead.Overhead() {
		return nil, ErrFormat
	}
	plain, err := aead.Open(nil, body[:aead.NonceSize()], body[aead.NonceSize():], additional(string(head), profile))
	if err != nil {
		return nil, ErrKey
	}
	return plain, nil
}

// additional is what is authenticated without being encrypted. The head ends
// its fields with line feeds, so no two pairs give the same bytes.
func additional(head, profile string) []byte { return []byte(head + profile) }
