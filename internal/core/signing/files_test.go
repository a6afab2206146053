package signing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
)

func askPIN(asked *int) func(context.Context, string) ([]byte, error) {
	return func(context.Context, string) ([]byte, error) { *asked++; return []byte(pin), nil }
}

func opened(t testing.TB, s *Store, name, spec string) *Signer {
	t.Helper()
	asked := 0
	signer, err := s.Open(t.Context(), name, spec, askPIN(&asked))
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func put(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// holds reports which reasons, apart from trust, a detached signature has.
func holds(t testing.TB, file, sig string, o *cms.VerifyOptions) []string {
	t.Helper()
	content, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	b, err := os.ReadFile(sig)
	if err != nil {
		t.Fatal(err)
	}
	r, err := cms.VerifyDetached(t.Context(), b, content, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Signatures) == 0 {
		t.Fatal("nobody signed")
	}
	var codes []string
	for _, s := range r.Signatures {
		for _, reason := range s.Reasons {
			if strings.HasPrefix(reason.Code, "cms.") {
				codes = append(codes, reason.Code)
			}
		}
	}
	return codes
}

func TestExactlyWhatWasShownIsSigned(t *testing.T) {
	s, c := newStore(t)
	make1(t, s, "me")
	b := &Batch{Signers: []*Signer{opened(t, s, "me", "")}, Clock: c}
	path := put(t, t.TempDir(), "a.txt", "shown")
	files := b.Plan([]string{path})
	if err := b.Hash(t.Context(), files); err != nil || files[0].Hash == "" {
		t.Fatal(err, files[0].Reason)
	}
	put(t, filepath.Dir(path), "a.txt", "changed behind your back")
	if err := b.Sign(t.Context(), files); err != nil || files[0].Status != Signed {
		t.Fatal(err, files[0].Reason)
	}
	if got := holds(t, path, path+".sig", &cms.VerifyOptions{}); len(got) != 1 || got[0] != "cms.content_changed" {
		t.Errorf("%v", got)
	}
	put(t, filepath.Dir(path), "a.txt", "shown")
	if got := holds(t, path, path+".sig", &cms.VerifyOptions{}); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestEveryFileOfALargeBatchGetsItsOutcomeInOrder(t *testing.T) {
	s, c := newStore(t)
	make1(t, s, "me")
	dir := t.TempDir()
	var paths []string
	for i := range 60 {
		if i%7 == 3 {
			paths = append(paths, filepath.Join(dir, fmt.Sprint("absent", i)))
			continue
		}
		paths = append(paths, put(t, dir, fmt.Sprint("f", i), strings.Repeat("x", i)))
	}
	b := &Batch{Signers: []*Signer{opened(t, s, "me", "")}, Clock: c, Workers: 4, OutDir: filepath.Join(dir, "out")}
	files := b.Plan(paths)
	if err := b.Sign(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		want := Signed
		if i%7 == 3 {
			want = Failed
		}
		if f.Status != want || f.Path != paths[i] || (f.Reason != nil) != (want == Failed) {
			t.Fatalf("%d: %+v", i, f)
		}
		if want == Signed {
			if got := holds(t, f.Path, f.Signatures[0], &cms.VerifyOptions{}); len(got) != 0 {
				t.Errorf("%v", got)
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "out", ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestAnInterruptedBatchSaysWhatItDidNotReach(t *testing.T) {
	s, c := newStore(t)
	make1(t, s, "me")
	dir := t.TempDir()
	b := &Batch{Signers: []*Signer{opened(t, s, "me", "")}, Clock: c, Workers: 1}
	ctx, cancel := context.WithCancel(t.Context())
	b.Progress = func(int64) { cancel() } // Ctrl-C while the first file is read
	files := b.Plan([]string{put(t, dir, "a", "1"), put(t, dir, "b", "2")})
	if err := b.Sign(ctx, files); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Status == Failed || f.Status == "" {
			t.Errorf("%+v", f)
		}
	}
	if files[1].Status != Skipped || codeOf(files[1].Reason) != "sign.not_reached" {
		t.Errorf("%+v", files[1])
	}
}

func TestASymbolicLinkInPlaceOfASignatureIsNotFollowed(t *testing.T) {
	s, c := newStore(t)
	make1(t, s, "me")
	dir := t.TempDir()
	path, target := put(t, dir, "a", "1"), filepath.Join(dir, "target")
	if err := os.Symlink(target, path+".sig"); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	b := &Batch{Signers: []*Signer{opened(t, s, "me", "")}, Clock: c, Force: true}
	files := b.Plan([]string{path})
	if err := b.Sign(t.Context(), files); err != nil || files[0].Status != Failed {
		t.Fatal(err, files[0].Status)
	}
	if _, err := os.Lstat(target); err == nil {
		t.Error("the link was followed")
	}
}

// zeros is a file of zeros that takes no room on the disk.
func zeros(t testing.TB, size int64) string {
	t.Helper()
	path := put(t, t.TempDir(), "large", "")
	if err := os.Truncate(path, size); err != nil {
		t.Skip("no sparse files here:", err)
	}
	return path
}

func TestAHugeFileIsSignedInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 256 MB")
	}
	s, c := newStore(t)
	make1(t, s, "me")
	path := zeros(t, 256<<20)
	b := &Batch{Signers: []*Signer{opened(t, s, "me", "")}, Clock: c}
	files := b.Plan([]string{path})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := b.Sign(t.Context(), files); err != nil || files[0].Status != Signed {
		t.Fatal(err, files[0].Reason)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", grown, files[0].Size)
	}
}

// external returns an OpenSSL with a key and a certificate of its own, and the
// store that holds the certificate under "outside".
func external(t *testing.T) (*Store, *openssltest.Judge) {
	t.Helper()
	j := openssltest.New(t)
	t.Setenv("OPENSSL_CONF", j.Config)
	j.Run(t, append(openssltest.KeyArgs("A"), "-out", "key.pem")...)
	j.Run(t, "req", "-x509", "-new", "-key", "key.pem", "-md_gost12_256", "-days", "30", "-subj", "/CN=Outside", "-extensions", "leaf", "-out", "cert.pem")
	s, _ := newStore(t)
	s.Clock = clock.System{} // OpenSSL's certificates begin now
	if _, err := s.Import(ImportOptions{Name: "outside", Certificate: j.Read(t, "cert.pem")}); err != nil {
		t.Fatal(err)
	}
	return s, j
}

func TestOpenSSLSignsAsTheExternalProgram(t *testing.T) {
	s, j := external(t)
	key, certificate := j.Path("key.pem"), j.Path("cert.pem")
	whole := fmt.Sprintf("exec:openssl cms -sign -binary -md md_gost12_256 -outform DER -signer '%s' -inkey '%s'", certificate, key)
	bare := fmt.Sprintf("exec-raw:openssl dgst -md_gost12_256 -sign '%s'", key)
	for _, tc := range []struct{ name, cert, spec string }{
		{"whole CMS under the program's own certificate", "", whole},
		{"whole CMS under a known certificate", "outside", whole},
		{"a bare signature", "outside", bare},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := &Batch{Signers: []*Signer{opened(t, s, tc.cert, tc.spec)}, Clock: s.Clock}
			path := put(t, j.Dir, "doc-"+fmt.Sprint(len(tc.name)), "contents of "+tc.name)
			files := b.Plan([]string{path})
			if err := b.Sign(t.Context(), files); err != nil || files[0].Status != Signed {
				t.Fatal(err, files[0].Reason)
			}
			if got := holds(t, path, path+".sig", &cms.VerifyOptions{}); len(got) != 0 {
				t.Errorf("%v", got)
			}
			// The judge agrees.
			j.Run(t, "cms", "-verify", "-binary", "-inform", "DER", "-in", path+".sig", "-content", path, "-CAfile", certificate, "-purpose", "any", "-out", os.DevNull)
		})
	}
	t.Run("a program with another key is refused", func(t *testing.T) {
		j.Run(t, append(openssltest.KeyArgs("A"), "-out", "other.pem")...)
		b := &Batch{Signers: []*Signer{opened(t, s, "outside", fmt.Sprintf("exec-raw:openssl dgst -md_gost12_256 -sign '%s'", j.Path("other.pem")))}, Clock: s.Clock}
		files := b.Plan([]string{put(t, j.Dir, "refused", "x")})
		if err := b.Sign(t.Context(), files); err != nil || files[0].Status != Failed || codeOf(files[0].Reason) != "signer.output" {
			t.Fatal(err, files[0].Reason)
		}
		if _, err := os.Lstat(files[0].Path + ".sig"); err == nil {
			t.Error("a bad signature was written")
		}
	})
	t.Run("a second signature joins the first", func(t *testing.T) {
		now := s.Clock.Now()
		if _, err := s.New(NewOptions{Name: "inside", Subject: cert.Name{CommonName: "Inside"}, PIN: []byte(pin), From: now.Add(-time.Hour), Until: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		path := put(t, j.Dir, "both", "two signers")
		for _, signer := range []*Signer{opened(t, s, "inside", ""), opened(t, s, "outside", whole)} {
			b := &Batch{Signers: []*Signer{signer}, Clock: s.Clock, Add: true}
			files := b.Plan([]string{path})
			if err := b.Sign(t.Context(), files); err != nil || files[0].Status != Signed {
				t.Fatal(err, files[0].Reason)
			}
		}
		sig, err := os.ReadFile(path + ".sig")
		if err != nil {
			t.Fatal(err)
		}
		r, err := cms.VerifyDetached(t.Context(), sig, strings.NewReader("two signers"), &cms.VerifyOptions{})
		if err != nil || len(r.Signatures) != 2 {
			t.Fatal(len(r.Signatures), err)
		}
	})
}

func TestApplicationsSignThroughTheSameSigner(t *testing.T) {
	s, _ := newStore(t)
	make1(t, s, "me")
	var signer interface {
		SignDetached(io.Reader) ([]byte, error)
	} = opened(t, s, "me", "")
	sig, err := signer.SignDetached(strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := cms.VerifyDetached(t.Context(), sig, bytes.NewReader([]byte("content")), &cms.VerifyOptions{})
	if err != nil || len(r.Signatures) != 1 || !r.Signatures[0].Time.Equal(s.Clock.Now()) {
		t.Fatal(err)
	}
	var f *fault.Error
	if _, err := signer.SignDetached(failing{}); err == nil || errors.As(err, &f) {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
