package verifying

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
)

func now() time.Time { return time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC) }

// signed makes a folder with doc, doc.sig, doc.p7m and root.pem.
func signed(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := gost.NewAuthority(nil, cert.Name{CommonName: "Root"}, now().Add(-time.Hour), now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	c, err := gost.IssueSigning(nil, ca, cert.Name{CommonName: "Signer"}, key.PublicKey(), now().Add(-time.Hour), now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	s, err := cms.NewKeySigner(c, key)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("the document")
	sig, err := cms.SignDetached(t.Context(), bytes.NewReader(content), &cms.Options{Time: now()}, s)
	if err != nil {
		t.Fatal(err)
	}
	var attached bytes.Buffer
	if err := cms.SignAttached(t.Context(), &attached, bytes.NewReader(content), int64(len(content)), &cms.Options{Time: now()}, s); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"doc": content, "doc.sig": sig, "doc.p7m": attached.Bytes(), "root.pem": ca.Certificate.PEM(), "other": []byte("another document")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOnlyAFullCheckThatPassedIsValid(t *testing.T) {
	dir := signed(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	roots := []string{at("root.pem")}
	cases := []struct {
		name string
		o    Options
		want verdict.Status
		exit exitcode.Code
	}{
		{"valid", Options{File: at("doc"), Roots: roots}, verdict.Valid, exitcode.OK},
		{"valid, the file inside", Options{File: at("doc.p7m"), Roots: roots}, verdict.Valid, exitcode.OK},
		{"nobody is trusted", Options{File: at("doc")}, verdict.CannotTell, exitcode.Unknown},
		{"another file", Options{File: at("other"), Signature: at("doc.sig"), Roots: roots}, verdict.Invalid, exitcode.Refused},
		{"expired", Options{File: at("doc"), Roots: roots, Time: now().Add(48 * time.Hour)}, verdict.Invalid, exitcode.Refused},
		{"not valid yet", Options{File: at("doc"), Roots: roots, Time: now().Add(-48 * time.Hour)}, verdict.Invalid, exitcode.Refused},
	}
	for _, tc := range cases {
		if tc.o.Time.IsZero() {
			tc.o.Time = now()
		}
		r, err := Verify(t.Context(), tc.o)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if r.Status() != tc.want || fault.ExitOf(r.Judge()) != tc.exit {
			t.Errorf("%s: %s, %v", tc.name, r.Status(), r.Judge())
		}
	}
}

func TestWhatCannotBeReadIsNeverTakenForVerified(t *testing.T) {
	dir := signed(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	cases := map[string]Options{
		"no file":                       {File: at("absent"), Signature: at("doc.sig")},
		"no file, no signature":         {File: at("absent")},
		"no signature":                  {File: at("other")},
		"the signature is no signature": {File: at("doc"), Signature: at("other")},
		"the signature is a folder":     {File: at("doc"), Signature: dir},
		"the file is a folder":          {File: dir, Signature: at("doc.sig")},
		"an attached one as detached":   {File: at("doc"), Signature: at("doc.p7m")},
		"no roots in the file":          {File: at("doc"), Roots: []string{at("doc")}},
		"no list in the file":           {File: at("doc"), Lists: []string{at("doc")}},
		"absent roots":                  {File: at("doc"), Roots: []string{at("absent")}},
	}
	for name, o := range cases {
		o.Time = now()
		r, err := Verify(t.Context(), o)
		if err == nil {
			t.Errorf("%s: %s", name, r.Status())
			continue
		}
		var f *fault.Error
		if !errors.As(err, &f) || f.Exit != exitcode.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExitZeroIsNeverReachedByADamagedSignature(t *testing.T) {
	dir := signed(t)
	path := filepath.Join(dir, "doc.sig")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{File: filepath.Join(dir, "doc"), Roots: []string{filepath.Join(dir, "root.pem")}, Time: now()}
	check := func(b []byte, what string, at int) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := Verify(t.Context(), o); err == nil && r.Judge() == nil {
			t.Errorf("%s at %d still passes", what, at)
		}
	}
	for i := 0; i < len(good); i += 7 {
		check(good[:i], "a cut", i)
		flipped := bytes.Clone(good)
		flipped[i] ^= 0x01
		check(flipped, "a flipped bit", i)
	}
}
