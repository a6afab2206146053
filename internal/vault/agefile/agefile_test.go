package agefile_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/vault/agefile"
)

func newKey(t testing.TB) *agefile.Key {
	t.Helper()
	k, err := agefile.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAKeySurvivesItsFile(t *testing.T) {
	k := newKey(t)
	data, err := k.Encrypt([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if !agefile.Is(data) || bytes.Contains(data, []byte("secret")) {
		t.Errorf("bad ciphertext %q", data)
	}
	for _, pass := range []string{"", "correct horse"} {
		if pass != "" && testing.Short() {
			continue
		}
		file, err := k.Marshal(pass)
		if err != nil {
			t.Fatal(err)
		}
		if agefile.NeedsPassphrase(file) != (pass != "") {
			t.Errorf("passphrase %q: NeedsPassphrase is wrong", pass)
		}
		if pass != "" && bytes.Contains(file, []byte("AGE-SECRET-KEY")) {
			t.Error("the encrypted key file holds the bare key")
		}
		k2, err := agefile.ParseKey(file, pass)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k2.Decrypt(data)
		if err != nil || string(got) != "secret" {
			t.Errorf("%q, %v", got, err)
		}
		if pass != "" {
			for _, wrong := range []string{"wrong", ""} {
				if _, err := agefile.ParseKey(file, wrong); !errors.Is(err, agefile.ErrPassphrase) {
					t.Errorf("passphrase %q: %v", wrong, err)
				}
			}
		}
	}
}

func TestAnotherKeyDoesNotOpen(t *testing.T) {
	data, err := newKey(t).Encrypt([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newKey(t).Decrypt(data); !errors.Is(err, agefile.ErrKey) {
		t.Errorf("got %v", err)
	}
}

func TestAChangedFileDoesNotOpen(t *testing.T) {
	k := newKey(t)
	data, err := k.Encrypt([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 25, len(data) / 2, len(data) - 20, len(data) - 1} {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if _, err := k.Decrypt(bad); err == nil {
			t.Errorf("byte %d changed unnoticed", i)
		}
		if _, err := k.Decrypt(data[:i]); err == nil {
			t.Errorf("a cut after byte %d went unnoticed", i)
		}
	}
}

func TestABadKeyFileIsNotQuotedInTheError(t *testing.T) {
	for _, file := range []string{"", "# only a comment\n", "AGE-SECRET-KEY-1BROKEN\n", "hunter2\n"} {
		_, err := agefile.ParseKey([]byte(file), "")
		if !errors.Is(err, agefile.ErrFormat) {
			t.Errorf("%q: %v", file, err)
		}
		if body := strings.TrimSpace(file); err != nil && body != "" && strings.Contains(err.Error(), body) {
			t.Errorf("the error quotes the file: %v", err)
		}
	}
}

func FuzzParsersNeverPanic(f *testing.F) {
	k := newKey(f)
	data, err := k.Encrypt([]byte("secret"))
	if err != nil {
		f.Fatal(err)
	}
	file, err := k.Marshal("")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(file)
	f.Add([]byte("age-encryption.org/v1\n-> scrypt AAAA 30\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := k.Decrypt(b); err == nil && len(plain) > 1<<20 {
			t.Fatal("the bound does not hold")
		}
		if _, err := agefile.ParseKey(b, ""); err == nil && !bytes.Contains(bytes.ToUpper(b), []byte("AGE-SECRET-KEY-1")) {
			t.Fatalf("%q was taken for a key", b)
		}
	})
}
