// Package agefile encrypts a small file for a key that lies in another file,
// both in the format of age (age-encryption.org/v1), so that the user can open
// them with the age tool too: "age -d -i KEY FILE". The key may itself be
// encrypted with a passphrase. Only internal/vault imports it.
package agefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// magic starts every file of age.
const magic = "age-encryption.org/v1\n"

// maxPlain bounds what is decrypted, in bytes.
const maxPlain = 1 << 20

// workFactor is scrypt's cost (2^18) for a key's passphrase: about a second.
// A larger one in a file from elsewhere is refused, for it would only burn time.
const workFactor = 18

// ErrFormat reports bytes that are not an age file or not an identity.
var ErrFormat = errors.New("not an age file")

// ErrKey reports that the key does not open the file or that the file was
// changed.
var ErrKey = errors.New("the key does not open this file, or the file was changed")

// ErrPassphrase reports a wrong passphrase.
var ErrPassphrase = errors.New("wrong passphrase")

// Is reports whether data begins like an age file.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }

// Key is an X25519 identity of age.
type Key struct{ id *age.X25519Identity }

// NewKey makes a random key.
func NewKey() (*Key, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return &Key{id}, nil
}

// Marshal returns the key as an identity file; with a passphrase the file is
// encrypted with it (about a second of work).
func (k *Key) Marshal(passphrase string) ([]byte, error) {
	plain := []byte("# epgu vault key: whoever has this file can read the vault\n# public key: " +
		k.id.Recipient().String() + "\n" + k.id.String() + "\n")
	if passphrase == "" {
		return plain, nil
	}
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	r.SetWorkFactor(workFactor)
	return encrypt(plain, r)
}

// NeedsPassphrase reports whether an identity file is encrypted.
func NeedsPassphrase(keyFile []byte) bool { return Is(keyFile) }

// ParseKey reads an identity file, encrypted or not. The passphrase is used
// only for an encrypted one.
func ParseKey(keyFile []byte, passphrase string) (*Key, error) {
	if NeedsPassphrase(keyFile) {
		id, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPassphrase, err)
		}
		id.SetMaxWorkFactor(workFactor)
		if keyFile, err = decrypt(keyFile, id); err != nil {
			if errors.Is(err, ErrKey) {
				err = ErrPassphrase
			}
			return nil, err
		}
	}
	for line := range strings.Lines(string(keyFile)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, err := age.ParseX25519Identity(line)
		if err != nil {
			// The error of age could quote the key.
			return nil, fmt.Errorf("%w: no X25519 identity in the key file", ErrFormat)
		}
		return &Key{id}, nil
	}
	return nil, fmt.Errorf("%w: the key file is empty", ErrFormat)
}

// Encrypt encrypts plain for the key.
func (k *Key) Encrypt(plain []byte) ([]byte, error) { return encrypt(plain, k.id.Recipient()) }

// Decrypt opens what Encrypt made, up to 1 MiB.
func (k *Key) Decrypt(data []byte) ([]byte, error) { return decrypt(data, k.id) }

func encrypt(plain []byte, r age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, r)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func decrypt(data []byte, id age.Identity) ([]byte, error) {
	if !Is(data) {
		return nil, ErrFormat
	}
	r, err := age.Decrypt(bytes.NewReader(data), id)
	if err != nil {
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			return nil, ErrKey
		}
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxPlain+1))
	if err != nil {
		return nil, ErrKey
	}
	if len(plain) > maxPlain {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrFormat, maxPlain)
	}
	return plain, nil
}
