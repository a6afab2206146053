package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/vault"
	"github.com/epgu-cli/epgu/internal/vault/agefile"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

// ring is a keyring in memory; with away set it cannot be used.
type ring struct {
	mu    sync.Mutex
	keys  map[string][]byte
	away  keyring.Reason
	mute  bool // takes keys and forgets them
	calls int
}

func (r *ring) enter() (func(), error) {
	r.mu.Lock()
	r.calls++
	if r.away != "" {
		return r.mu.Unlock, &keyring.Unavailable{Reason: r.away}
	}
	return r.mu.Unlock, nil
}

func (r *ring) Probe(context.Context) error {
	leave, err := r.enter()
	defer leave()
	return err
}

func (r *ring) Get(_ context.Context, a string) ([]byte, error) {
	leave, err := r.enter()
	defer leave()
	if err != nil {
		return nil, err
	}
	if k, ok := r.keys[a]; ok {
		return bytes.Clone(k), nil
	}
	return nil, keyring.ErrNotFound
}

func (r *ring) Set(_ context.Context, a string, k []byte) error {
	leave, err := r.enter()
	defer leave()
	if err != nil {
		return err
	}
	if r.mute {
		return keyring.ErrVerify
	}
	if r.keys == nil {
		r.keys = map[string][]byte{}
	}
	r.keys[a] = bytes.Clone(k)
	return nil
}

func (r *ring) Delete(_ context.Context, a string) error {
	leave, err := r.enter()
	defer leave()
	if err == nil {
		delete(r.keys, a)
	}
	return err
}

func env(pairs ...string) func(string) string {
	return func(k string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == k {
				return pairs[i+1]
			}
		}
		return ""
	}
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func options(dir string, r *ring, pairs ...string) vault.Options {
	return vault.Options{Profile: "prod", Dir: dir, Getenv: env(pairs...), Keyring: r, Clock: clock.NewManual(epoch)}
}

func sample() vault.Secrets {
	return vault.Secrets{
		Access: "access-hunter2", Refresh: "refresh-hunter2", ID: "id-hunter2", TokenType: "Bearer",
		Expires: epoch.Add(time.Hour), RefreshExpires: epoch.Add(24 * time.Hour), Scopes: []string{"openid", "fullname"},
		TOTPSeed: "seed-hunter2", Extra: map[string]string{"apiKey": "key-hunter2"},
	}
}

// same compares all fields; Secrets print alike.
func same(a, b vault.Secrets) bool {
	type bare vault.Secrets
	x, _ := json.Marshal(bare(a))
	y, _ := json.Marshal(bare(b))
	return bytes.Equal(x, y)
}

func mustSave(t *testing.T, v *vault.Vault, s vault.Secrets) {
	t.Helper()
	if err := v.Save(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func mustLoad(t *testing.T, v *vault.Vault) vault.Secrets {
	t.Helper()
	s, err := v.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func describe(t *testing.T, v *vault.Vault) vault.Description {
	t.Helper()
	d, err := v.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func wantCode(t *testing.T, err error, code string, exit exitcode.Code) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || f.Exit != exit {
		t.Errorf("error %v, want %s (exit %d)", err, code, exit)
	}
	if err != nil && strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error tells a secret: %v", err)
	}
}

// noPlainText fails when any file under dir tells a secret or is open to others.
func noPlainText(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		if path != dir && runtime.GOOS != "windows" && fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, fi.Mode().Perm())
		}
		if e.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, []byte("hunter2")) {
			t.Errorf("%s holds a secret in plain text", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAVaultGivesBackWhatWasSaved(t *testing.T) {
	for _, c := range []struct {
		name string
		ring *ring
		kind vault.Kind
		why  string
	}{
		{"with a keyring", &ring{}, vault.Keyring, ""},
		{"without a bus", &ring{away: keyring.NoBus}, vault.File, "no_bus"},
		{"with a locked keyring", &ring{away: keyring.Locked}, vault.File, "locked"},
		{"with a keyring that forgets", &ring{mute: true}, vault.File, "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "vault")
			mustSave(t, vault.Open(options(dir, c.ring)), sample())
			noPlainText(t, dir)
			again := vault.Open(options(dir, c.ring))
			if got := mustLoad(t, again); !same(got, sample()) {
				t.Error("something was lost")
			}
			d := describe(t, again)
			if d.Kind != c.kind || d.Why != c.why || (c.why == "") != d.Note.IsZero() || d.Key == "" || d.Name.IsZero() {
				t.Errorf("description %+v", d)
			}
			if err := again.Delete(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := again.Load(t.Context()); !errors.Is(err, vault.ErrNotFound) {
				t.Errorf("after delete: %v", err)
			}
			if len(c.ring.keys) != 0 {
				t.Errorf("keys left in the keyring: %d", len(c.ring.keys))
			}
			es, _ := os.ReadDir(dir)
			for _, e := range es {
				if !strings.HasSuffix(e.Name(), ".lock") {
					t.Errorf("left on disk: %s", e.Name())
				}
			}
		})
	}
}

func TestAnEmptyVaultTouchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	r := &ring{}
	v := vault.Open(options(dir, r))
	if _, err := v.Load(t.Context()); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("load: %v", err)
	}
	if err := v.Delete(t.Context()); err != nil {
		t.Errorf("delete: %v", err)
	}
	if d := describe(t, v); d.Kind != vault.None {
		t.Errorf("description %+v", d)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("the folder was made")
	}
	if r.calls != 0 {
		t.Errorf("the keyring was asked %d times", r.calls)
	}
}

func TestReadingAVaultWithAKeyFileNeverTouchesTheKeyring(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, vault.Open(options(dir, &ring{away: keyring.NoBus})), sample())
	r := &ring{}
	v := vault.Open(options(dir, r))
	mustLoad(t, v)
	describe(t, v)
	mustSave(t, v, sample()) // it stays where it is, too
	if r.calls != 0 {
		t.Errorf("the keyring was asked %d times", r.calls)
	}
	if d := describe(t, v); d.Why != "no_bus" {
		t.Errorf("the reason became %q", d.Why)
	}
}

func TestAKeyringThatIsAwayDoesNotMakeTheVaultLookEmpty(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	mustSave(t, vault.Open(options(dir, r)), sample())
	r.away = keyring.Locked
	v := vault.Open(options(dir, r))
	_, err := v.Load(t.Context())
	wantCode(t, err, vault.CodeAway, exitcode.Auth)
	if keyring.ReasonOf(err) != keyring.Locked {
		t.Errorf("reason %q", keyring.ReasonOf(err))
	}
	// Signing in again works, encrypted, and says why it is elsewhere now.
	mustSave(t, v, sample())
	if d := describe(t, v); d.Kind != vault.File || d.Why != "locked" {
		t.Errorf("description %+v", d)
	}
	noPlainText(t, dir)
}

func TestAKeyThatLeftTheKeyringIsNamed(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	mustSave(t, vault.Open(options(dir, r)), sample())
	r.keys = nil
	_, err := vault.Open(options(dir, r)).Load(t.Context())
	wantCode(t, err, vault.CodeNoKey, exitcode.Auth)
}

func TestThePreferenceOfTheUserMovesTheVault(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	for _, c := range []struct {
		prefer vault.Kind
		why    string
	}{{vault.File, "turned_off"}, {vault.Keyring, ""}, {vault.File, "turned_off"}} {
		o := options(dir, r)
		o.Prefer = c.prefer
		mustSave(t, vault.Open(o), sample())
		v := vault.Open(options(dir, r))
		if got := mustLoad(t, v); !same(got, sample()) {
			t.Error("something was lost")
		}
		if d := describe(t, v); d.Kind != c.prefer || d.Why != c.why {
			t.Errorf("preferred %s: %+v", c.prefer, d)
		}
	}
	r.away = keyring.NoService
	o := options(dir, r)
	o.Prefer = vault.Keyring
	wantCode(t, vault.Open(o).Save(t.Context(), sample()), vault.CodeAway, exitcode.Auth)
}

func TestTwoHomesDoNotShareAKey(t *testing.T) {
	r := &ring{}
	a, b := t.TempDir(), t.TempDir()
	mustSave(t, vault.Open(options(a, r)), sample())
	mustSave(t, vault.Open(options(b, r)), sample())
	if err := vault.Open(options(b, r)).Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, vault.Open(options(a, r)))
}

func TestProfilesNeverShareAFile(t *testing.T) {
	dir := t.TempDir()
	r := &ring{away: keyring.NoBus}
	profiles := []string{"prod", "Prod", "..", "../prod", "a/b", "a%2fb", "con", "тест", "a.b", " "}
	for _, p := range profiles {
		o := options(dir, r)
		o.Profile = p
		mustSave(t, vault.Open(o), vault.Secrets{Access: "of-" + p})
	}
	for _, p := range profiles {
		o := options(dir, r)
		o.Profile = p
		if got := mustLoad(t, vault.Open(o)); got.Access != "of-"+p {
			t.Errorf("profile %q holds another's token", p)
		}
	}
	seen := map[string]bool{}
	es, _ := os.ReadDir(dir)
	for _, e := range es {
		if low := strings.ToLower(e.Name()); seen[low] {
			t.Errorf("%s differs from another only by case", e.Name())
		} else {
			seen[low] = true
		}
	}
	if len(es) != 3*len(profiles) {
		t.Errorf("%d files, want %d", len(es), 3*len(profiles))
	}
}

func TestAVaultRenamedToAnotherProfileDoesNotOpen(t *testing.T) {
	for _, r := range []*ring{{}, {away: keyring.NoBus}} {
		dir := t.TempDir()
		mustSave(t, vault.Open(options(dir, r)), sample())
		for _, ext := range []string{".vault", ".key"} {
			if err := os.Rename(filepath.Join(dir, "profile-prod"+ext), filepath.Join(dir, "profile-sandbox"+ext)); err != nil && ext == ".vault" {
				t.Fatal(err)
			}
		}
		o := options(dir, r)
		o.Profile = "sandbox"
		_, err := vault.Open(o).Load(t.Context())
		wantCode(t, err, vault.CodeDamaged, exitcode.Auth)
	}
}

func TestTheEnvironmentComesFirstThenTheCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the commands of this test are for a POSIX shell")
	}
	dir := t.TempDir()
	r := &ring{}
	mustSave(t, vault.Open(options(dir, r)), sample())
	v := vault.Open(options(dir, r, vault.EnvToken, "from-env", vault.EnvCommand, "echo from-command"))
	if got := mustLoad(t, v); got.Access != "from-env" || got.Refresh != "" || describe(t, v).Kind != vault.Env {
		t.Error("the environment does not come first")
	}
	c := vault.Open(options(dir, r, vault.EnvCommand, "echo from-command"))
	if got := mustLoad(t, c); got.Access != "from-command" || describe(t, c).Kind != vault.Command {
		t.Error("the command does not come second")
	}
	for _, v := range []*vault.Vault{v, c} {
		wantCode(t, v.Save(t.Context(), sample()), vault.CodeReadOnly, exitcode.Usage)
		wantCode(t, v.Delete(t.Context()), vault.CodeReadOnly, exitcode.Usage)
	}
	if got := mustLoad(t, vault.Open(options(dir, r))); !same(got, sample()) {
		t.Error("the file was changed")
	}
}

func TestAGivenTokenThatCouldForgeAHeaderIsRefused(t *testing.T) {
	for _, token := range []string{"hunter2\r\nX-Evil: 1", "hunter2 x", "hunter2\x00", "токен-hunter2", strings.Repeat("hunter2", 10_000)} {
		_, err := vault.Open(options(t.TempDir(), &ring{}, vault.EnvToken, token)).Load(t.Context())
		wantCode(t, err, vault.CodeBadToken, exitcode.Usage)
	}
}

func TestTheCommandRunsOncePerProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the commands of this test are for a POSIX shell")
	}
	count := filepath.Join(t.TempDir(), "count")
	v := vault.Open(options(t.TempDir(), &ring{}, vault.EnvCommand, "echo x >> '"+count+"'; echo token"))
	for range 3 {
		mustLoad(t, v)
	}
	if b, _ := os.ReadFile(count); len(b) != 2 {
		t.Errorf("it ran %d times", len(b)/2)
	}
	_, err := vault.Open(options(t.TempDir(), &ring{}, vault.EnvCommand, "echo hunter2; exit 1")).Load(t.Context())
	wantCode(t, err, vault.CodeCommand, exitcode.Auth)
}

func TestDamageIsToldAndNeverRepairedSilently(t *testing.T) {
	for _, r := range []*ring{{}, {away: keyring.NoBus}} {
		for name, spoil := range map[string]func([]byte) []byte{
			"empty":   func([]byte) []byte { return nil },
			"cut":     func(b []byte) []byte { return b[:len(b)/2] },
			"flipped": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
			"foreign": func([]byte) []byte { return []byte(`{"access":"plain"}`) },
		} {
			dir := t.TempDir()
			v := vault.Open(options(dir, r))
			mustSave(t, v, sample())
			path := filepath.Join(dir, "profile-prod.vault")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bad := spoil(b)
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = vault.Open(options(dir, r)).Load(t.Context())
			wantCode(t, err, vault.CodeDamaged, exitcode.Auth)
			if now, _ := os.ReadFile(path); !bytes.Equal(now, bad) {
				t.Errorf("%s: the file was changed by reading it", name)
			}
			keep := errors.New("keep")
			err = v.Update(t.Context(), func(s *vault.Secrets, loadErr error) error {
				wantCode(t, loadErr, vault.CodeDamaged, exitcode.Auth)
				return keep
			})
			if now, _ := os.ReadFile(path); !errors.Is(err, keep) || !bytes.Equal(now, bad) {
				t.Errorf("%s: update: %v", name, err)
			}
			mustSave(t, vault.Open(options(dir, r)), sample()) // a new sign-in mends it
			mustLoad(t, vault.Open(options(dir, r)))
		}
	}
}

func TestSymlinksInPlaceOfTheFilesAreRefused(t *testing.T) {
	for _, name := range []string{"profile-prod.vault", "profile-prod.key"} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		r := &ring{away: keyring.NoBus}
		mustSave(t, vault.Open(options(dir, r)), sample())
		path, moved := filepath.Join(dir, name), filepath.Join(elsewhere, name)
		if err := os.Rename(path, moved); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(moved)
		if err := os.Symlink(moved, path); err != nil {
			t.Skipf("skipped: no symlinks here: %v", err)
		}
		_, err := vault.Open(options(dir, r)).Load(t.Context())
		wantCode(t, err, vault.CodeRead, exitcode.Failure)
		if err := vault.Open(options(dir, r)).Save(t.Context(), sample()); err == nil {
			t.Errorf("%s: saved over a link", name)
		}
		if after, _ := os.ReadFile(moved); !bytes.Equal(before, after) {
			t.Errorf("%s: the link was followed", name)
		}
	}
}

func TestFilesThatOthersMayReadAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: Windows has no permission bits")
	}
	for _, name := range []string{"profile-prod.vault", "profile-prod.key"} {
		dir := t.TempDir()
		r := &ring{away: keyring.NoBus}
		mustSave(t, vault.Open(options(dir, r)), sample())
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := vault.Open(options(dir, r)).Load(t.Context())
		wantCode(t, err, vault.CodeRead, exitcode.Failure)
	}
}

func TestADirectoryInPlaceOfAKeyFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, vault.Open(options(dir, &ring{away: keyring.NoBus})), sample())
	o := options(dir, &ring{})
	o.IdentityFile = dir
	_, err := vault.Open(o).Load(t.Context())
	wantCode(t, err, vault.CodeRead, exitcode.Failure)
}

func TestTheKeyMayComeFromSystemdOrTheUser(t *testing.T) {
	key, err := agefile.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := key.Marshal("")
	if err != nil {
		t.Fatal(err)
	}
	creds := t.TempDir()
	for _, name := range []string{"epgu.key", "epgu.profile-prod.key"} {
		path := filepath.Join(creds, name)
		if err := os.WriteFile(path, identity, 0o440); err != nil {
			t.Fatal(err)
		}
		for _, o := range []vault.Options{
			options(t.TempDir(), &ring{away: keyring.NoBus}, "CREDENTIALS_DIRECTORY", creds),
			func() vault.Options {
				o := options(t.TempDir(), &ring{away: keyring.NoBus})
				o.IdentityFile = path
				return o
			}(),
		} {
			mustSave(t, vault.Open(o), sample())
			v := vault.Open(o)
			if got := mustLoad(t, v); !same(got, sample()) {
				t.Error("something was lost")
			}
			if d := describe(t, v); d.Key != path {
				t.Errorf("key from %q, want %q", d.Key, path)
			}
			if _, err := os.Lstat(filepath.Join(o.Dir, "profile-prod.key")); err == nil {
				t.Error("a second key was made")
			}
			// The file opens with the age format itself.
			b, _ := os.ReadFile(filepath.Join(o.Dir, "profile-prod.vault"))
			if _, err := key.Decrypt(b); err != nil {
				t.Error(err)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	o := options(t.TempDir(), &ring{away: keyring.NoBus})
	o.IdentityFile = filepath.Join(creds, "absent")
	wantCode(t, vault.Open(o).Save(t.Context(), sample()), vault.CodeNoKey, exitcode.Auth)
}

func TestAPassphraseProtectsTheKeyFile(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: scrypt takes seconds and -short was given")
	}
	dir := t.TempDir()
	asked := 0
	answer := "correct horse"
	o := options(dir, &ring{away: keyring.NoBus})
	o.Protect = true
	wantCode(t, vault.Open(o).Save(t.Context(), sample()), vault.CodePassphrase, exitcode.Auth)
	o.Passphrase = func(context.Context, bool) (string, error) { asked++; return answer, nil }
	mustSave(t, vault.Open(o), sample())
	v := vault.Open(o)
	for range 3 {
		mustLoad(t, v)
	}
	mustSave(t, v, sample())
	if asked != 2 {
		t.Errorf("the passphrase was asked %d times by two processes", asked)
	}
	_, err := vault.Open(options(dir, &ring{})).Load(t.Context())
	wantCode(t, err, vault.CodePassphrase, exitcode.Auth)
	answer = "wrong"
	_, err = vault.Open(o).Load(t.Context())
	wantCode(t, err, vault.CodeWrongPass, exitcode.Auth)
}

func TestSecretsNeverShowThemselves(t *testing.T) {
	s := sample()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "p", &s)
	j, err := json.Marshal(map[string]any{"s": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(j)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, &s) + fmt.Sprintf(verb, struct{ S vault.Secrets }{s})
	}
	if strings.Contains(shown, "hunter2") || strings.Contains(shown, "68756e746572") {
		t.Errorf("a secret shows: %s", shown)
	}
}

func TestUpdatesOfManyGoroutinesAreAllKept(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			v := vault.Open(options(dir, r))
			err := v.Update(context.Background(), func(s *vault.Secrets, loadErr error) error {
				if loadErr != nil && !errors.Is(loadErr, vault.ErrNotFound) {
					return loadErr
				}
				if s.Extra == nil {
					s.Extra = map[string]string{}
				}
				s.Extra[fmt.Sprint(i)] = "x"
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := mustLoad(t, vault.Open(options(dir, r))); len(got.Extra) != 16 {
		t.Errorf("%d updates kept, want 16", len(got.Extra))
	}
}

func TestANewerFormatIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	r := &ring{away: keyring.NoBus}
	mustSave(t, vault.Open(options(dir, r)), sample())
	kb, err := os.ReadFile(filepath.Join(dir, "profile-prod.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := agefile.ParseKey(kb, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := key.Encrypt([]byte(`{"v":2,"profile":"prod","secrets":{"access":"hunter2"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "profile-prod.vault"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = vault.Open(options(dir, r)).Load(t.Context())
	wantCode(t, err, vault.CodeNewer, exitcode.Failure)
	wantCode(t, vault.Open(options(dir, r)).Save(t.Context(), sample()), vault.CodeNewer, exitcode.Failure)
}
