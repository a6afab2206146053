package external

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
)

func TestASpecificationIsSplitWithoutAShell(t *testing.T) {
	for spec, want := range map[string][]string{
		"exec:openssl cms -sign":                  {"openssl", "cms", "-sign"},
		`exec-raw:  "C:\Program Files\sign.exe" `: {`C:\Program Files\sign.exe`},
		`exec:sh -c 'a | b "c"'`:                  {"sh", "-c", `a | b "c"`},
		"exec:a '' $HOME `id` ;rm *":              {"a", "", "$HOME", "`id`", ";rm", "*"},
		`exec:a b"c d"e`:                          {"a", "bc de"},
	} {
		p, err := ParseSpec(spec)
		if err != nil || !slices.Equal(p.Args, want) || p.Raw != strings.HasPrefix(spec, "exec-raw:") {
			t.Errorf("%s: %+v, %v", spec, p, err)
		}
	}
	for _, spec := range []string{"", "openssl", "exec:", "exec:   ", "exec:a 'b", "exec:''", "exec:a\x00b"} {
		if _, err := ParseSpec(spec); !errors.Is(err, ErrSpec) {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

// shell skips where there is no POSIX shell.
func shell(t *testing.T, script string) *Program {
	t.Helper()
	path, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine")
	}
	return &Program{Args: []string{path, "-c", script}}
}

func TestAProgramThatHangsFailsOrTalksTooMuchIsStopped(t *testing.T) {
	input := func() *strings.Reader { return strings.NewReader("data") }
	p := shell(t, "exec sleep 1000")
	p.Timeout = 50 * time.Millisecond
	if _, err := p.run(context.Background(), input(), 10); !errors.Is(err, ErrRun) || !strings.Contains(err.Error(), "longer") {
		t.Errorf("hangs: %v", err)
	}
	if _, err := shell(t, "echo 'no token' >&2; exit 3").run(context.Background(), input(), 10); !errors.Is(err, ErrRun) || !strings.Contains(err.Error(), "no token") {
		t.Errorf("fails: %v", err)
	}
	if _, err := shell(t, "exec cat /dev/zero").run(context.Background(), input(), 1000); !errors.Is(err, ErrOutput) {
		t.Errorf("talks too much: %v", err)
	}
	if _, err := (&Program{Args: []string{"/no/such/program"}}).run(context.Background(), input(), 10); !errors.Is(err, ErrRun) {
		t.Errorf("is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := shell(t, "exec sleep 1000").run(ctx, input(), 10); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if out, err := shell(t, "exec cat").run(context.Background(), input(), 10); err != nil || string(out) != "data" {
		t.Errorf("works: %q, %v", out, err)
	}
}

// A token or passphrase in epgu's own variables must not reach other programs.
func TestTheProgramDoesNotSeeSecretsOfOurEnvironment(t *testing.T) {
	t.Setenv("EPGU_TOKEN", "secret-token")
	t.Setenv("OTHER_SETTING", "kept")
	out, err := shell(t, "env").run(context.Background(), strings.NewReader(""), 1<<20)
	if err != nil || bytes.Contains(out, []byte("secret-token")) || !bytes.Contains(out, []byte("OTHER_SETTING=kept")) {
		t.Errorf("%v: %s", err, out)
	}
}

// Escape sequences in a program's complaint must not reach the terminal.
func TestAComplaintIsCleaned(t *testing.T) {
	_, err := shell(t, `printf '\033]0;x\007bad' >&2; exit 1`).run(context.Background(), strings.NewReader(""), 10)
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\x07") {
		t.Errorf("got %q", err)
	}
}

// identity makes a key and certificate files for the judge.
func identity(t *testing.T, j *openssltest.Judge, curve string) *cert.Certificate {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.CurveByName(curve), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.CreateSelfSigned(nil, &cert.Template{Subject: cert.Name{CommonName: "Внешний ключ"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}, key)
	if err != nil {
		t.Fatal(err)
	}
	j.Write(t, "key.pem", keyfile.MarshalPEM(key))
	j.Write(t, "cert.pem", c.PEM())
	return c
}

// program is a specification run with the judge's configuration.
func program(t *testing.T, j *openssltest.Judge, spec string) *Program {
	t.Helper()
	p, err := ParseSpec(strings.NewReplacer("KEY", j.Path("key.pem"), "CERT", j.Path("cert.pem")).Replace(spec))
	if err != nil {
		t.Fatal(err)
	}
	p.Env = append(os.Environ(), "OPENSSL_CONF="+j.Config)
	return p
}

func trusting(c *cert.Certificate) *cms.VerifyOptions {
	return &cms.VerifyOptions{Chain: cert.ChainOptions{Roots: []*cert.Certificate{c}, Time: time.Now()}}
}

func TestOpenSSLSignsForUsAsAnExternalProgram(t *testing.T) {
	j := openssltest.New(t)
	content := []byte("Заявление\n")
	for curve, md := range map[string]string{"A": "md_gost12_256", "TCA": "md_gost12_256", "512B": "md_gost12_512"} {
		c := identity(t, j, curve)
		whole, err := NewCMSSigner(program(t, j, "exec:openssl cms -sign -binary -cades -signer 'CERT' -inkey 'KEY' -outform DER -md "+md), c)
		if err != nil {
			t.Fatal(err)
		}
		der, err := whole.SignDetached(context.Background(), bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s: %v", curve, err)
		}
		if r, err := cms.VerifyDetached(context.Background(), der, bytes.NewReader(content), trusting(c)); err != nil || r.Status() != verdict.Valid {
			t.Errorf("%s, CMS: %v, %+v", curve, err, r)
		}

		raw, err := NewRawSigner(program(t, j, "exec-raw:openssl dgst -sign 'KEY' -"+md), c)
		if err != nil {
			t.Fatal(err)
		}
		der, err = cms.SignDetached(context.Background(), bytes.NewReader(content), &cms.Options{Time: time.Now()}, raw)
		if err != nil {
			t.Fatalf("%s: %v", curve, err)
		}
		if r, err := cms.VerifyDetached(context.Background(), der, bytes.NewReader(content), trusting(c)); err != nil || r.Status() != verdict.Valid || !r.Signatures[0].CAdES {
			t.Errorf("%s, raw: %v, %+v", curve, err, r)
		}
	}
}

func TestAProgramThatSignsSomethingElseIsCaught(t *testing.T) {
	j := openssltest.New(t)
	c := identity(t, j, "A")
	other := openssltest.New(t)
	stranger := identity(t, other, "A")
	content := strings.Repeat("long content that a program may not read to its end\n", 10_000)
	for name, spec := range map[string]string{
		"other content": "exec:sh -c 'cat >/dev/null; echo other | openssl cms -sign -binary -signer CERT -inkey KEY -outform DER -md md_gost12_256'",
		"the beginning": "exec:sh -c 'head -c 100 | openssl cms -sign -binary -signer CERT -inkey KEY -outform DER -md md_gost12_256'",
		"attached":      "exec:openssl cms -sign -nodetach -binary -signer CERT -inkey KEY -outform DER -md md_gost12_256",
		"nothing":       "exec:true",
		"text":          "exec:echo hello",
		"raw":           "exec:openssl dgst -md_gost12_256 -sign KEY",
	} {
		s, err := NewCMSSigner(program(t, j, spec), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SignDetached(context.Background(), strings.NewReader(content)); !errors.Is(err, ErrOutput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := NewCMSSigner(program(t, j, "exec:openssl cms -sign -binary -signer CERT -inkey KEY -outform DER -md md_gost12_256"), stranger)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignDetached(context.Background(), strings.NewReader(content)); !errors.Is(err, ErrOutput) {
		t.Errorf("another certificate: %v", err)
	}
	raw, err := NewRawSigner(program(t, j, "exec-raw:openssl dgst -md_gost12_256 -sign KEY"), stranger)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.SignMessage(context.Background(), []byte("x")); !errors.Is(err, ErrOutput) {
		t.Errorf("another key: %v", err)
	}
	if _, err := NewRawSigner(&Program{}, c); !errors.Is(err, ErrKind) {
		t.Errorf("a raw signer for CMS: %v", err)
	}
	if _, err := NewCMSSigner(&Program{Raw: true}, c); !errors.Is(err, ErrKind) {
		t.Errorf("a CMS signer for raw: %v", err)
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add("exec:a 'b c'")
	f.Add("exec-raw:\"")
	f.Fuzz(func(t *testing.T, spec string) {
		p, err := ParseSpec(spec)
		if err == nil && (len(p.Args) == 0 || p.Args[0] == "") {
			t.Error("no program")
		}
	})
}
