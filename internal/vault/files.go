package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/vault/agefile"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
	"github.com/epgu-cli/epgu/internal/vault/sealed"
	"github.com/epgu-cli/epgu/internal/vault/tokencmd"
)

// maxFile bounds the vault and key files in bytes.
const maxFile = 1 << 20

// keyCache remembers the keys that were used, so that the keyring, the key file
// and the passphrase are needed once per process. Guarded by Vault.turn.
type keyCache struct {
	account string // of ring
	ring    []byte
	age     *agefile.Key
	ageFile string // where age came from
	why     string // keyring.Reason why the vault is not kept by the keyring
}

// load returns the secrets from wherever they come.
func (v *Vault) load(ctx context.Context) (Secrets, error) {
	switch v.given() {
	case Env:
		return givenToken(Env, v.o.Getenv(EnvToken))
	case Command:
		if v.token == "" {
			token, err := tokencmd.Run(ctx, tokencmd.Options{
				Command: v.o.Getenv(EnvCommand), Profile: v.o.Profile, Environ: v.o.Environ(),
				Interactive: v.o.Interactive, Stderr: v.o.Stderr,
			})
			if ctx.Err() != nil {
				return Secrets{}, ctx.Err()
			}
			if err != nil {
				return Secrets{}, commandFailed(err)
			}
			v.token = token
		}
		return givenToken(Command, v.token)
	}
	r, err := v.loadRecord(ctx)
	return Secrets(r.Secrets), err
}

// loadRecord reads and opens the vault file. Readers take no lock, so a sign-out
// and a new sign-in between reading the file and reading its key look like
// damage; then the file itself has changed, and it is read again.
func (v *Vault) loadRecord(ctx context.Context) (record, error) {
	const tries = 4
	var last []byte
	var lastErr error
	for range tries {
		data, err := readSecret(v.path(".vault"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return record{}, ErrNotFound
		case err != nil:
			return record{}, v.cannotRead(err)
		case lastErr != nil && bytes.Equal(data, last):
			return record{}, lastErr
		}
		r, err := v.openRecord(ctx, data)
		if err == nil || ctx.Err() != nil {
			return r, err
		}
		last, lastErr = data, err
	}
	return record{}, lastErr
}

func (v *Vault) openRecord(ctx context.Context, data []byte) (record, error) {
	var plain []byte
	var err error
	switch {
	case sealed.Is(data):
		plain, err = v.openSealed(ctx, data)
	case agefile.Is(data):
		plain, err = v.openAge(ctx, data)
	default:
		err = v.damaged(errNotVault)
	}
	if err != nil {
		return record{}, err
	}
	r, err := v.decode(plain)
	if err == nil {
		v.keys.why = r.Why
	}
	return r, err
}

func (v *Vault) openSealed(ctx context.Context, data []byte) ([]byte, error) {
	account, err := sealed.Account(data)
	if err != nil {
		return nil, v.damaged(err)
	}
	if v.keys.account != account {
		key, err := v.o.Keyring.Get(ctx, account)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, keyring.ErrNotFound):
			return nil, v.keyMissing(Keyring, account, err)
		case err != nil:
			return nil, v.keyringAway(err)
		case len(key) != sealed.KeySize:
			return nil, v.keyMissing(Keyring, account, errKeySize)
		}
		v.keys.account, v.keys.ring = account, key
	}
	plain, err := sealed.Open(v.keys.ring, v.o.Profile, data)
	if err != nil {
		v.keys.account, v.keys.ring = "", nil
		return nil, v.damaged(err)
	}
	return plain, nil
}

func (v *Vault) openAge(ctx context.Context, data []byte) ([]byte, error) {
	cached := v.keys.age != nil
	if !cached {
		if err := v.readAgeKey(ctx); err != nil {
			return nil, err
		}
	}
	plain, err := v.keys.age.Decrypt(data)
	if cached && errors.Is(err, agefile.ErrKey) {
		// Another process may have signed out and in again with a new key.
		if err := v.readAgeKey(ctx); err != nil {
			return nil, err
		}
		plain, err = v.keys.age.Decrypt(data)
	}
	if err != nil {
		return nil, v.damaged(err)
	}
	return plain, nil
}

// ageKeyFile is a place where the key of the age file may lie.
type ageKeyFile struct {
	path string
	ours bool // made by us beside the vault, so its mode is our business
}

// ageKeyFiles returns the places in the order they are tried: the user's own
// choice, systemd's credentials, the file beside the vault.
func (v *Vault) ageKeyFiles() []ageKeyFile {
	if v.o.IdentityFile != "" {
		return []ageKeyFile{{v.o.IdentityFile, false}}
	}
	var out []ageKeyFile
	if dir := v.o.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		out = append(out,
			ageKeyFile{filepath.Join(dir, "epgu."+filepath.Base(v.path(".key"))), false},
			ageKeyFile{filepath.Join(dir, "epgu.key"), false})
	}
	return append(out, ageKeyFile{v.path(".key"), true})
}

// readAgeKey finds the key of the age file; the fault for none is CodeNoKey.
func (v *Vault) readAgeKey(ctx context.Context) error {
	v.keys.age = nil
	for _, f := range v.ageKeyFiles() {
		read := readSecret
		if !f.ours {
			read = readBounded
		}
		data, err := read(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return v.cannotRead(err)
		}
		passphrase := ""
		if agefile.NeedsPassphrase(data) {
			if v.o.Passphrase == nil {
				return v.passphraseNeeded(f.path)
			}
			if passphrase, err = v.o.Passphrase(ctx, false); err != nil {
				return err
			}
		}
		key, err := agefile.ParseKey(data, passphrase)
		switch {
		case errors.Is(err, agefile.ErrPassphrase):
			return v.wrongPassphrase(f.path, err)
		case err != nil:
			return v.badKeyFile(f.path, err)
		}
		v.keys.age, v.keys.ageFile = key, f.path
		return nil
	}
	return v.keyMissing(File, v.ageKeyFiles()[0].path, fs.ErrNotExist)
}

// store encrypts the secrets with the key of the present file, or chooses one,
// and replaces the file. The caller holds the lock.
func (v *Vault) store(ctx context.Context, s Secrets) error {
	path := v.path(".vault")
	if err := atomicfile.RemoveStale(path); err != nil {
		return v.cannotWrite(err)
	}
	use, err := v.choose(ctx, path)
	if err != nil {
		return err
	}
	plain, err := v.encode(s, v.keys.why)
	if err != nil {
		return err
	}
	var data []byte
	if use == Keyring {
		data, err = sealed.Seal(v.keys.ring, v.o.Profile, v.keys.account, plain)
	} else {
		data, err = v.keys.age.Encrypt(plain)
	}
	if err != nil {
		return err
	}
	if err := atomicfile.Write(path, data, 0o600); err != nil {
		return v.cannotWrite(err)
	}
	back, err := readSecret(path)
	if err == nil && !bytes.Equal(back, data) {
		err = errReadBack
	}
	if err != nil {
		return v.cannotWrite(err)
	}
	if use == Keyring {
		// A key file that opens nothing any more would only mislead.
		if err := os.Remove(v.path(".key")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return v.cannotWrite(err)
		}
	}
	return nil
}

// choose decides which key encrypts the vault and has it at hand: the one of
// the present file, unless the user prefers another; else the keyring; else a
// key file.
func (v *Vault) choose(ctx context.Context, path string) (Kind, error) {
	present, account, err := peek(path)
	if err != nil {
		return None, v.cannotRead(err)
	}
	if present == File && v.o.Prefer != Keyring {
		if v.keys.age != nil || v.readAgeKey(ctx) == nil {
			return File, nil // keys.why stays as it was loaded
		}
	}
	if v.o.Prefer == File {
		v.keys.why = string(keyring.Turned)
		return File, v.ageKey(ctx)
	}
	err = v.ringKey(ctx, account)
	switch {
	case err == nil:
		v.keys.why = ""
		return Keyring, nil
	case ctx.Err() != nil:
		return None, ctx.Err()
	case v.o.Prefer == Keyring:
		return None, v.keyringAway(err)
	}
	v.keys.why = string(keyring.ReasonOf(err))
	if v.keys.why == "" {
		v.keys.why = string(keyring.Failed)
	}
	return File, v.ageKey(ctx)
}

// ringKey has the key of account at hand; an empty account means the profile's
// own, which is made if the keyring does not hold it.
func (v *Vault) ringKey(ctx context.Context, account string) error {
	if account == "" {
		account = v.account()
	}
	if v.keys.account == account {
		return nil
	}
	key, err := v.o.Keyring.Get(ctx, account)
	if errors.Is(err, keyring.ErrNotFound) || err == nil && len(key) != sealed.KeySize {
		key = make([]byte, sealed.KeySize)
		rand.Read(key)
		err = v.o.Keyring.Set(ctx, account, key)
	}
	if err != nil {
		return err
	}
	v.keys.account, v.keys.ring = account, key
	return nil
}

// account names the profile's key in the keyring. The folder takes part, so
// that a throw-away home cannot replace or remove the key of the real one.
func (v *Vault) account() string {
	dir, err := filepath.Abs(v.o.Dir)
	if err != nil {
		dir = v.o.Dir
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Base(v.path("")) + "@" + hex.EncodeToString(sum[:4])
}

// ageKey has the key of the age file at hand and makes it when there is none.
func (v *Vault) ageKey(ctx context.Context) error {
	if v.keys.age != nil {
		return nil
	}
	err := v.readAgeKey(ctx)
	if err == nil || v.o.IdentityFile != "" || !hasCode(err, CodeNoKey) {
		return err
	}
	passphrase := ""
	if v.o.Protect {
		if v.o.Passphrase == nil {
			return v.passphraseNeeded(v.path(".key"))
		}
		if passphrase, err = v.o.Passphrase(ctx, true); err != nil {
			return err
		}
	}
	key, err := agefile.NewKey()
	if err != nil {
		return err
	}
	data, err := key.Marshal(passphrase)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(v.path(".key"), data, 0o600); err != nil {
		return v.cannotWrite(err)
	}
	v.keys.age, v.keys.ageFile = key, v.path(".key")
	return nil
}

// remove deletes the files and then the key. The caller holds the lock.
func (v *Vault) remove(ctx context.Context) error {
	path := v.path(".vault")
	present, account, _ := peek(path)
	var errs []error
	for _, p := range []string{path, v.path(".key")} {
		errs = append(errs, atomicfile.RemoveStale(p))
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, atomicfile.SyncDir(v.o.Dir))
	v.keys = keyCache{}
	if present == Keyring && account == v.account() {
		// Without the file the key opens nothing, so a keyring that is away
		// is no reason to fail.
		_ = v.o.Keyring.Delete(ctx, account)
	}
	if err := errors.Join(errs...); err != nil {
		return v.cannotWrite(err)
	}
	return nil
}

// peek says what kind of vault lies at path, without opening it.
func peek(path string) (Kind, string, error) {
	data, err := readSecret(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return None, "", nil
	case err != nil:
		return None, "", err
	case agefile.Is(data):
		return File, "", nil
	case sealed.Is(data):
		account, _ := sealed.Account(data)
		return Keyring, account, nil
	}
	return None, "", nil
}

// readSecret reads one of our own files: no link, nothing that others may read.
func readSecret(path string) ([]byte, error) {
	fi, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if fi.Mode()&fs.ModeSymlink != 0 {
		return nil, &fs.PathError{Op: "open", Path: path, Err: atomicfile.ErrSymlink}
	}
	if runtime.GOOS != "windows" && fi.Mode().Perm()&0o077 != 0 {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errExposed}
	}
	return readBounded(path)
}

// readBounded reads a regular file of at most maxFile bytes.
func readBounded(path string) ([]byte, error) {
	// Asked before opening, because opening a named pipe would wait for a writer.
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: atomicfile.ErrNotRegular}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = &fs.PathError{Op: "read", Path: path, Err: errTooLarge}
	}
	return data, err
}
