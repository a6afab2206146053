// Package vault keeps the secrets of a profile: its tokens and what else the
// user chose to keep. They come, in this order, from the environment
// (EPGU_TOKEN), a command of the user's (EPGU_TOKEN_COMMAND) or one encrypted
// file, "profile-NAME.vault". The key of that file lies in the keyring of the
// system where one answers, else in a file beside it ("profile-NAME.key", 0600)
// or where the user or systemd put it. Nothing is ever stored in plain text.
//
// The file itself says which key opens it, so reading with a key file never
// touches the keyring, and a keyring that is away does not make the vault look
// empty. Opening costs nothing: environment, disk and keyring are looked at by
// the first call that needs them.
//
// Core packages and the wiring of the program import it.
package vault

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/flock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

// The variables that take the place of the stored secrets.
const (
	EnvToken   = "EPGU_TOKEN"
	EnvCommand = "EPGU_TOKEN_COMMAND"
)

// ErrNotFound reports that the profile has no secrets: nobody signed in.
var ErrNotFound = errors.New("no secrets are stored for this profile")

// Kind is where secrets come from.
type Kind string

// The kinds of store.
const (
	None    Kind = "none"    // nothing is stored
	Env     Kind = "env"     // EPGU_TOKEN
	Command Kind = "command" // EPGU_TOKEN_COMMAND
	Keyring Kind = "keyring" // encrypted file, key in the system's keyring
	File    Kind = "file"    // encrypted file, key in a file
)

// KeyStore is a keyring; *keyring.Keyring is one. Its errors are
// keyring.ErrNotFound, keyring.ErrVerify and *keyring.Unavailable.
type KeyStore interface {
	Probe(ctx context.Context) error
	Get(ctx context.Context, account string) ([]byte, error)
	Set(ctx context.Context, account string, key []byte) error
	Delete(ctx context.Context, account string) error
}

// Options configure a Vault. Profile and Dir are required.
type Options struct {
	Profile string              // any non-empty name
	Dir     string              // folder of the files; made (0700) by the first Save
	Getenv  func(string) string // nil means os.Getenv
	Environ func() []string     // environment that EPGU_TOKEN_COMMAND inherits from; nil means os.Environ
	Clock   clock.Clock         // nil means the machine's
	// Interactive says that a person is present: they may be asked to unlock
	// their keyring and may type a passphrase.
	Interactive bool
	// Prefer is Keyring or File when the user chose one; otherwise a new vault
	// uses the keyring if it answers. An existing vault moves only when Prefer
	// says so.
	Prefer Kind
	// IdentityFile is an age identity file of the user's instead of
	// "profile-NAME.key"; it is read, never made.
	IdentityFile string
	// Passphrase asks the person for the passphrase of the key file. With
	// create it is a new one (to be typed twice), and an empty answer means
	// none. Nil means that nobody can be asked.
	Passphrase func(ctx context.Context, create bool) (string, error)
	// Protect makes a new key file encrypted with a passphrase.
	Protect bool
	// Keyring is the keyring, shared by all vaults of the process; nil means
	// a new keyring.Keyring.
	Keyring KeyStore
	// Notify tells the person what the program waits for; it may be nil and
	// may be called from another goroutine.
	Notify func(i18n.Message)
	// Stderr receives what EPGU_TOKEN_COMMAND says; nil drops it.
	Stderr io.Writer
}

// Vault holds the secrets of one profile. It is safe for concurrent use by
// goroutines and, through a file lock, by processes.
type Vault struct {
	o    Options
	turn chan struct{} // one operation at a time within the process

	// Guarded by turn.
	keys  keyCache
	token string // what EPGU_TOKEN_COMMAND printed
}

// Open returns the vault of a profile. It touches nothing.
func Open(o Options) *Vault {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Environ == nil {
		o.Environ = os.Environ
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	v := &Vault{o: o, turn: make(chan struct{}, 1)}
	if o.Keyring == nil {
		v.o.Keyring = keyring.New(keyring.Options{Getenv: o.Getenv, Interactive: o.Interactive, OnWait: v.waiting})
	}
	return v
}

// Load returns the secrets of the profile. The errors are ErrNotFound, the
// caller's context's, or a *fault.Error that says what to do.
func (v *Vault) Load(ctx context.Context) (Secrets, error) {
	if err := v.begin(ctx); err != nil {
		return Secrets{}, err
	}
	defer v.end()
	return v.load(ctx)
}

// Save replaces the secrets of the profile. When it returns nil they are on
// disk, were read back and survive a power cut. Secrets given by the
// environment or a command cannot be saved: CodeReadOnly. A file of a newer
// version is not overwritten: CodeNewer.
func (v *Vault) Save(ctx context.Context, s Secrets) error {
	return v.Update(ctx, func(old *Secrets, loadErr error) error {
		if hasCode(loadErr, CodeNewer) {
			return loadErr
		}
		*old = s
		return nil
	})
}

// Update changes the secrets in place, alone among all processes. change gets
// what is stored, or empty secrets and the error of loading them (ErrNotFound
// or a fault; returning it keeps the file as it is, returning nil replaces it).
// When change leaves nothing, the files are removed as by Delete.
func (v *Vault) Update(ctx context.Context, change func(s *Secrets, loadErr error) error) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	defer v.end()
	if k := v.given(); k != None {
		return readOnly(k)
	}
	return v.locked(ctx, func() error {
		s, err := v.load(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s = s.Clone()
		if err := change(&s, err); err != nil {
			return err
		}
		if s.IsZero() {
			return v.remove(ctx)
		}
		return v.store(ctx, s)
	})
}

// Delete removes the secrets of the profile and the key made for them. It is no
// error when there are none. The file goes first, so that a keyring that is
// away cannot keep a session alive.
func (v *Vault) Delete(ctx context.Context) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	defer v.end()
	if k := v.given(); k != None {
		return readOnly(k)
	}
	if _, err := os.Lstat(v.o.Dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return v.locked(ctx, func() error { return v.remove(ctx) })
}

// begin takes this process's turn.
func (v *Vault) begin(ctx context.Context) error {
	select {
	case v.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *Vault) end() { <-v.turn }

// locked runs f while no other process changes this profile's files. A holder
// that was stopped in the middle does not stop us for ever.
func (v *Vault) locked(ctx context.Context, f func() error) error {
	if err := os.MkdirAll(v.o.Dir, 0o700); err != nil {
		return v.cannotWrite(err)
	}
	limited, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	l, err := flock.Take(limited, v.path(".lock"))
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return v.busy(err)
	default:
		return v.cannotWrite(err)
	}
	defer l.Unlock()
	return f()
}

// given returns Env or Command when the secrets come from outside.
func (v *Vault) given() Kind {
	switch {
	case v.o.Getenv(EnvToken) != "":
		return Env
	case v.o.Getenv(EnvCommand) != "":
		return Command
	}
	return None
}

// path returns the path of one of the profile's files. The name is escaped so
// that no profile name leads elsewhere and no two share a file, even where the
// file system takes upper and lower case for one.
func (v *Vault) path(suffix string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteString("profile-")
	for _, c := range []byte(v.o.Profile) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return filepath.Join(v.o.Dir, b.String()+suffix)
}
