// Package signing is what a person does with keys and certificates: keeps them
// encrypted under a PIN, signs files with them or through another program, gets
// certificates issued and binds them to an account of a portal. Commands, the
// TUI and other use cases import it.
package signing

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// The files of one entry of the store.
const (
	keyFile         = "key.pem"          // PKCS#8 under the PIN; absent when another program holds the key
	certificateFile = "certificates.pem" // the certificate, then those above it
	requestFile     = "request.pem"      // PKCS#10, when one was made
	attemptsFile    = "attempts.json"    // wrong PINs in a row
	lockFile        = "lock"             // held while a PIN is tried
	rememberedFile  = "remembered"       // names the profile whose vault holds the PIN
)

const (
	maxNameRunes = 64
	maxFileBytes = 1 << 20 // of a file of the store, bytes
)

// Store is the folder with the keys and certificates of this user. It is shared
// by all profiles.
type Store struct {
	Dir    string // made (0700) by the first writing
	Clock  clock.Clock
	Random io.Reader // nil: the system's
	// Iterations of PBKDF2 for new keys; zero: what keyfile thinks right.
	Iterations int
}

// Entry is a key with its certificate, or either of them.
type Entry struct {
	Name        string
	Certificate *cert.Certificate   // nil while it is only requested
	Chain       []*cert.Certificate // above the certificate, as far as known
	Request     *cert.Request       // nil when none was made here
	HasKey      bool
	Failed      int    // wrong PINs in a row
	Remembered  string // the profile whose vault holds the PIN; "" when none does
}

// Subject returns the name that the entry is about.
func (e *Entry) Subject() cert.Name {
	switch {
	case e.Certificate != nil:
		return e.Certificate.Subject
	case e.Request != nil:
		return e.Request.Subject
	}
	return cert.Name{}
}

// checkName keeps a name inside one folder name of any system.
func checkName(name string) error {
	bad := name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxNameRunes || strings.HasSuffix(name, ".") ||
		strings.ContainsFunc(name, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.'
		})
	if first, _ := utf8.DecodeRuneInString(name); bad || !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return fault.New(exitcode.Usage, "cert.name", i18n.Text{
			RU: "«%s» не годится как имя сертификата: буквы, цифры, точка, дефис и подчёркивание, не больше %d знаков",
			EN: "%q cannot name a certificate: letters, digits, dot, hyphen and underscore, at most %d characters"}.With(name, maxNameRunes))
	}
	return nil
}

func (s *Store) path(name, file string) string { return filepath.Join(s.Dir, name, file) }

// read returns a file of an entry, nil when there is none.
func (s *Store) read(name, file string) ([]byte, error) {
	b, err := ReadFile(s.path(name, file), maxFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// ReadFile reads a file of at most limit bytes.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, fault.New(exitcode.Usage, "file.too_large", i18n.Text{
			RU: "файл %s больше %d байт", EN: "%s is larger than %d bytes"}.With(path, limit))
	}
	return b, err
}

// List returns every entry, by name.
func (s *Store) List() ([]*Entry, error) {
	dirs, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []*Entry
	for _, d := range dirs {
		if !d.IsDir() || checkName(d.Name()) != nil {
			continue
		}
		e, err := s.Find(d.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Find returns an entry; exit code 5 when there is none.
func (s *Store) Find(name string) (*Entry, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	info, err := os.Stat(filepath.Join(s.Dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil || !info.IsDir() {
		return nil, fault.New(exitcode.NotFound, "cert.not_found", i18n.Text{RU: "нет сертификата «%s»", EN: "there is no certificate %q"}.With(name)).AdviseRun("epgu cert list")
	}
	e := &Entry{Name: name}
	damaged := func(file string, err error) error {
		return fault.New(exitcode.Failure, "cert.damaged", i18n.Text{RU: "файл %s повреждён", EN: "%s is damaged"}.With(s.path(name, file))).Because(err)
	}
	key, err := s.read(name, keyFile)
	if err != nil {
		return nil, err
	}
	e.HasKey = key != nil
	pem, err := s.read(name, certificateFile)
	if err != nil {
		return nil, err
	}
	if pem != nil {
		all, err := cert.ParseAll(pem)
		if err != nil {
			return nil, damaged(certificateFile, err)
		}
		e.Certificate, e.Chain = all[0], all[1:]
	}
	request, err := s.read(name, requestFile)
	if err != nil {
		return nil, err
	}
	if request != nil {
		if e.Request, err = cert.ParseRequest(request); err != nil {
			return nil, damaged(requestFile, err)
		}
	}
	tried, err := s.attempts(name)
	if err != nil {
		return nil, err
	}
	e.Failed = tried.Failed
	remembered, err := s.read(name, rememberedFile)
	e.Remembered = string(remembered)
	return e, err
}

// Remove removes an entry with its key.
func (s *Store) Remove(name string) error {
	if _, err := s.Find(name); err != nil {
		return err
	}
	// The key goes first: what a failure leaves behind is no secret.
	if err := os.Remove(s.path(name, keyFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(filepath.Join(s.Dir, name))
}

// Remember notes in whose vault the PIN is kept; "" forgets it.
func (s *Store) Remember(name, profile string) error {
	if _, err := s.Find(name); err != nil {
		return err
	}
	if profile == "" {
		err := os.Remove(s.path(name, rememberedFile))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return atomicfile.Write(s.path(name, rememberedFile), []byte(profile), 0o600)
}

// Install puts certificates beside the key of an entry: the one of the key
// first, then those above it.
func (s *Store) Install(name string, certificates []*cert.Certificate) error {
	if _, err := s.Find(name); err != nil {
		return err
	}
	return atomicfile.Write(s.path(name, certificateFile), pemOf(certificates), 0o600)
}

func pemOf(certificates []*cert.Certificate) []byte {
	var b []byte
	for _, c := range certificates {
		b = append(b, c.PEM()...)
	}
	return b
}

// put makes an entry of files, whole or not at all.
func (s *Store) put(name string, files map[string][]byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	// A name that no entry can have, so that a half-made one is never listed.
	tmp, err := os.MkdirTemp(s.Dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for file, content := range files {
		if content == nil {
			continue
		}
		if err := atomicfile.Write(filepath.Join(tmp, file), content, 0o600); err != nil {
			return err
		}
	}
	// Lstat and Rename are two steps, but renaming a folder onto one that holds
	// files fails on every system.
	target := filepath.Join(s.Dir, name)
	if _, err := os.Lstat(target); err == nil {
		return errExists(name)
	}
	if err := os.Rename(tmp, target); err != nil {
		if _, there := os.Lstat(target); there == nil {
			return errExists(name)
		}
		return err
	}
	return atomicfile.SyncDir(s.Dir)
}

func errExists(name string) error {
	return fault.New(exitcode.Conflict, "cert.exists", i18n.Text{RU: "сертификат «%s» уже есть", EN: "there is a certificate %q already"}.With(name)).
		Advise(i18n.Text{RU: "выберите другое имя или удалите тот: epgu cert remove %s", EN: "choose another name or remove that one: epgu cert remove %s"}.With(name))
}

func (s *Store) encryption() keyfile.EncryptOptions {
	return keyfile.EncryptOptions{Iterations: s.Iterations, Random: s.Random}
}
