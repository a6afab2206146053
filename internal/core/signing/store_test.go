package signing

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
)

const pin = "123456-pin"

func newStore(t testing.TB) (*Store, *clock.Manual) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	return &Store{Dir: filepath.Join(t.TempDir(), "certificates"), Clock: c, Iterations: 1000}, c
}

func make1(t testing.TB, s *Store, name string) *Entry {
	t.Helper()
	now := s.Clock.Now()
	e, err := s.New(NewOptions{Name: name, Subject: cert.Name{CommonName: "Test " + "Signer"}, PIN: []byte(pin), From: now.Add(-time.Hour), Until: now.Add(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// codeOf returns the stable code and the exit code of an error.
func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestWrongPINsAreCountedAndWaitsGrow(t *testing.T) {
	s, c := newStore(t)
	make1(t, s, "me")
	for i, want := range []string{"cert.pin", "cert.pin", "cert.pin", "cert.pin_wait"} {
		if _, err := s.Unlock("me", []byte("wrong")); codeOf(err) != want {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	// The right PIN is not tried either while the wait lasts.
	if _, err := s.Unlock("me", []byte(pin)); codeOf(err) != "cert.pin_wait" || fault.ExitOf(err) != exitcode.Conflict {
		t.Fatal(err)
	}
	wait := time.Second
	for n := 3; n < 16; n++ {
		c.Advance(wait - time.Millisecond)
		if _, err := s.Unlock("me", []byte("wrong")); codeOf(err) != "cert.pin_wait" {
			t.Fatalf("after %d failures the wait is shorter than %s: %v", n, wait, err)
		}
		c.Advance(time.Millisecond)
		if _, err := s.Unlock("me", []byte("wrong")); codeOf(err) != "cert.pin" {
			t.Fatalf("after %d failures the wait is longer than %s: %v", n, wait, err)
		}
		wait = min(2*wait, maxWait)
	}
	// A clock that is set back does not lock the key for ever.
	c.Advance(-365 * 24 * time.Hour)
	if _, err := s.Unlock("me", []byte(pin)); codeOf(err) != "cert.pin_wait" {
		t.Fatal(err)
	}
	c.Advance(maxWait)
	if _, err := s.Unlock("me", []byte(pin)); err != nil {
		t.Fatal(err)
	}
	if e, err := s.Find("me"); err != nil || e.Failed != 0 {
		t.Fatal(e, err)
	}
}

func TestATryCountsBeforeItIsMade(t *testing.T) {
	s, _ := newStore(t)
	make1(t, s, "me")
	// Twenty processes at once get no more tries than one.
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[string]int{}
	for range 20 {
		wg.Go(func() {
			_, err := s.Unlock("me", []byte("wrong"))
			mu.Lock()
			codes[codeOf(err)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if codes["cert.pin"] != freeTries || codes["cert.pin_wait"] != 20-freeTries {
		t.Errorf("%v", codes)
	}
}

func TestADamagedKeyAndAWrongPINGetTheSameAnswer(t *testing.T) {
	say := func(damage func([]byte) []byte, try string) string {
		s, _ := newStore(t)
		make1(t, s, "me")
		path := s.path("me", keyFile)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(b), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = s.Unlock("me", []byte(try))
		if err == nil {
			t.Fatal("the key opened")
		}
		return err.Error()
	}
	want := say(func(b []byte) []byte { return b }, "wrong")
	cases := map[string]func([]byte) []byte{
		"cut":   func(b []byte) []byte { return b[:len(b)/2] },
		"empty": func([]byte) []byte { return []byte{} },
		"one letter changed": func(b []byte) []byte {
			i := bytes.LastIndexByte(bytes.TrimSpace(b[:len(b)-40]), '\n') + 5
			b[i] ^= 1
			return b
		},
		"noise": func(b []byte) []byte { return bytes.Repeat([]byte{0x30}, 200) },
	}
	for name, damage := range cases {
		if got := say(damage, pin); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAKeyLiesInTheStoreUnderItsPINOnly(t *testing.T) {
	s, _ := newStore(t)
	make1(t, s, "me")
	b, err := os.ReadFile(s.path("me", keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if keyfile.Detect(b) != keyfile.Encrypted {
		t.Error("the key is not encrypted")
	}
	err = filepath.Walk(s.Dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNamesStayInsideTheStore(t *testing.T) {
	s, _ := newStore(t)
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".hidden", "a.", "a b", "a\x00", "a:b", strings.Repeat("я", 65), "-rf"} {
		if _, err := s.New(NewOptions{Name: name, Subject: cert.Name{CommonName: "x"}, PIN: []byte(pin)}); codeOf(err) != "cert.name" {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := s.Find(name); codeOf(err) != "cert.name" {
			t.Errorf("%q: %v", name, err)
		}
		if err := s.Remove(name); codeOf(err) != "cert.name" {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"me", "Пётр-2026", "a.b_c"} {
		make1(t, s, name)
	}
	all, err := s.List()
	if err != nil || len(all) != 3 {
		t.Fatal(len(all), err)
	}
}

func TestAnEntryIsNeverReplaced(t *testing.T) {
	s, _ := newStore(t)
	before := make1(t, s, "me")
	now := s.Clock.Now()
	if _, err := s.New(NewOptions{Name: "me", Subject: cert.Name{CommonName: "x"}, PIN: []byte(pin), From: now, Until: now.Add(time.Hour)}); codeOf(err) != "cert.exists" {
		t.Fatal(err)
	}
	after, err := s.Find("me")
	if err != nil || !after.Certificate.Equal(before.Certificate) {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(s.Dir, ".new-*"))
	if err != nil || len(left) != 0 {
		t.Error(left, err)
	}
}

func TestOnlyTheCertificateOfTheKeyIsTaken(t *testing.T) {
	s, _ := newStore(t)
	mine, other := make1(t, s, "mine"), make1(t, s, "other")
	if _, err := s.Answer("mine", other.Certificate.PEM()); codeOf(err) != "cert.key_mismatch" {
		t.Error(err)
	}
	if _, err := s.Answer("mine", append(mine.Certificate.PEM(), other.Certificate.PEM()...)); err != nil {
		t.Error(err)
	}
	key, err := os.ReadFile(s.path("mine", keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(ImportOptions{Name: "x", Key: key, KeyPIN: []byte(pin), PIN: []byte(pin), Certificate: other.Certificate.PEM()}); codeOf(err) != "cert.key_mismatch" {
		t.Error(err)
	}
	// The order in the file does not matter.
	e, err := s.Import(ImportOptions{Name: "y", Key: key, KeyPIN: []byte(pin), PIN: []byte("another-pin"), Certificate: append(other.Certificate.PEM(), mine.Certificate.PEM()...)})
	if err != nil || !e.Certificate.Equal(mine.Certificate) {
		t.Fatal(err)
	}
	if _, err := s.Unlock("y", []byte("another-pin")); err != nil {
		t.Error(err)
	}
	// One PEM file may hold the key and its certificate.
	if e, err := s.Import(ImportOptions{Name: "w", Key: append(slices.Clone(key), mine.Certificate.PEM()...), KeyPIN: []byte(pin), PIN: []byte(pin)}); err != nil || !bytes.Equal(e.Certificate.Raw, mine.Certificate.Raw) {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := s.Import(ImportOptions{Name: "z", Key: key, KeyPIN: []byte("wrong"), PIN: []byte(pin), Certificate: mine.Certificate.PEM()}); codeOf(err) != "cert.passphrase" {
		t.Error(err)
	}
}

func TestACertificateThatIsNotGoodNowSignsNothing(t *testing.T) {
	s, c := newStore(t)
	make1(t, s, "me")
	asked := 0
	try := func() string {
		_, err := s.Open(t.Context(), "me", "", askPIN(&asked))
		return codeOf(err)
	}
	if got := try(); got != "" || asked != 1 {
		t.Fatal(got, asked)
	}
	c.Advance(-2 * time.Hour)
	if got := try(); got != "cert.not_yet_valid" {
		t.Error(got)
	}
	c.Advance(72 * time.Hour)
	if got := try(); got != "cert.expired" {
		t.Error(got)
	}
	if asked != 1 {
		t.Error("the PIN was asked for nothing")
	}
}

func TestASubjectIsReadAndItsNumbersAreChecked(t *testing.T) {
	n, err := ParseSubject(`CN=ООО Пример\, филиал, OGRN=1027700132195, innle=7707083893, C=RU`)
	if err != nil || n.CommonName != "ООО Пример, филиал" || n.OGRN != "1027700132195" || n.OrgINN != "7707083893" {
		t.Fatalf("%+v %v", n, err)
	}
	for _, bad := range []string{"", "CN", "CN=", "O=x", "CN=a,CN=b", "CN=a,XX=b", "CN=a,SNILS=11223344596", "CN=a,OGRN=1", ",", "=x"} {
		if _, err := ParseSubject(bad); codeOf(err) != "cert.subject" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzASubjectIsReadOrRefused(f *testing.F) {
	f.Add(`CN=ООО Пример\, филиал, OGRN=1027700132195`)
	f.Add("CN=,=\\")
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseSubject(s)
		if err != nil || len(s) > 200 {
			return
		}
		if n.CommonName == "" {
			t.Errorf("%q has no name", s)
		}
		// What is accepted can be requested, or is refused as a fault.
		if der, err := cert.CreateRequest(nil, n, key); err == nil {
			if _, err := cert.ParseRequest(der); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}
