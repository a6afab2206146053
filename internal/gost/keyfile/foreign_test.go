package keyfile

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
)

func TestKeysUnderTheCiphersOf2015Open(t *testing.T) {
	j := openssltest.New(t)
	key := newKey(t, "A")
	j.Write(t, "plain.pem", MarshalPEM(key))
	for _, cipher := range []string{"kuznyechik-ctr-acpkm", "magma-ctr-acpkm"} {
		for _, prf := range []string{"hmacWithSHA256", "md_gost12_512"} {
			args := []string{"pkcs8", "-topk8", "-v2", cipher, "-in", "plain.pem", "-iter", "20", "-passout", "pass:" + phrase, "-out", "theirs.pem"}
			if prf == "hmacWithSHA256" {
				args = append(args, "-v2prf", prf)
			}
			j.Run(t, args...)
			if back, err := Parse(j.Read(t, "theirs.pem"), []byte(phrase)); err != nil || !back.Equal(key) {
				t.Errorf("%s, %s: %v", cipher, prf, err)
			}
			if _, err := Parse(j.Read(t, "theirs.pem"), []byte("wrong")); err != ErrPassphrase {
				t.Errorf("%s, wrong passphrase: %v", cipher, err)
			}
		}
	}
}

func TestAKeyUnderScryptOpensAndACostlyOneIsRefused(t *testing.T) {
	j := openssltest.New(t)
	key := newKey(t, "A")
	j.Write(t, "plain.pem", MarshalPEM(key))
	for _, n := range []string{"1024", "16384"} {
		j.Run(t, "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-scrypt", "-scrypt_N", n, "-in", "plain.pem", "-passout", "pass:"+phrase, "-out", "theirs.pem")
		data := j.Read(t, "theirs.pem")
		if back, err := Parse(data, []byte(phrase)); err != nil || !back.Equal(key) {
			t.Errorf("N=%s: %v", n, err)
		}
		if _, err := Parse(data, []byte("wrong")); err != ErrPassphrase {
			t.Errorf("N=%s, wrong passphrase: %v", n, err)
		}
	}
	costly := cryptobyte.NewBuilder(nil)
	costly.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1OctetString([]byte("salt"))
		b.AddASN1Int64(1 << 22)
		b.AddASN1Int64(8)
		b.AddASN1Int64(1)
	})
	if _, err := deriveScrypt(costly.BytesOrPanic(), []byte(phrase), 32); !errors.Is(err, ErrFormat) {
		t.Errorf("4 GiB of memory: %v", err)
	}
}

func TestPKCS12FilesOfOldAndLaxProgramsAreImported(t *testing.T) {
	j := openssltest.New(t)
	key := newKey(t, "A")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	leaf, err := cert.CreateSelfSigned(nil, &cert.Template{Subject: cert.Name{CommonName: "Владелец"}, NotBefore: at, NotAfter: at.AddDate(9, 0, 0)}, key)
	if err != nil {
		t.Fatal(err)
	}
	j.Write(t, "key.pem", MarshalPEM(key))
	j.Write(t, "leaf.pem", leaf.PEM())
	for _, c := range []struct {
		phrase string
		args   []string
	}{
		{phrase, []string{"-nomac"}},
		{phrase, []string{"-nomac", "-keypbe", "gost89", "-certpbe", "gost89"}},
		{"", nil},
		{"", []string{"-nomac", "-keypbe", "NONE", "-certpbe", "NONE"}},
		{"", []string{"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"}},
		{phrase, []string{"-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-RC2-40", "-macalg", "sha1"}},
		{phrase, []string{"-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-40", "-macalg", "sha1"}},
		{phrase, []string{"-keypbe", "gost89", "-certpbe", "gost89", "-macalg", "md_gost94"}},
		{phrase, []string{"-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-2DES", "-macalg", "sha1"}},
	} {
		j.Run(t, append([]string{"pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-iter", "20", "-passout", "pass:" + c.phrase, "-out", "file.p12"}, c.args...)...)
		data := j.Read(t, "file.p12")
		b, err := ParsePKCS12(data, []byte(c.phrase))
		if err != nil || !b.Key.Equal(key) || b.Certificate == nil || !b.Certificate.Equal(leaf) {
			t.Errorf("%q %v: %v, %+v", c.phrase, c.args, err, b)
		}
		open := len(c.args) > 2 && c.args[0] == "-nomac" && c.args[2] == "NONE"
		if _, err := ParsePKCS12(data, []byte("wrong")); err != ErrPassphrase && !open {
			t.Errorf("%q %v, wrong passphrase: %v", c.phrase, c.args, err)
		}
	}
}

// GnuTLS derives keys by the hash of 1994 with 600,000 iterations.
func TestAPKCS12FileOfGnuTLSOpens(t *testing.T) {
	if testing.Short() {
		t.Skip("a million iterations take seconds")
	}
	want, err := os.ReadFile("testdata/gost-cpa.key.pem")
	if err != nil {
		t.Fatal(err)
	}
	key, err := Parse(want, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParsePKCS12(pkcs12File(t, "gost-cpa.p12"), []byte("pw"))
	if err != nil || !b.Key.Equal(key) || b.Certificate == nil {
		t.Errorf("%v, %+v", err, b)
	}
}

func TestCerttoolAndWeAgreeOnItsFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("a million iterations take seconds")
	}
	if _, err := exec.LookPath("certtool"); err != nil {
		t.Skip("certtool is not here (Debian: apt-get install gnutls-bin)")
	}
	file := filepath.Join(t.TempDir(), "f.p12")
	out, err := exec.Command("certtool", "--to-p12", "--load-privkey", "testdata/gost-cpa.key.pem", "--p12-name", "x", "--password", "pw", "--pkcs-cipher", "gost28147-cpd", "--outder", "--outfile", file).CombinedOutput()
	if err != nil {
		t.Skipf("this certtool knows no GOST: %s", out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := ParsePKCS12(data, []byte("pw")); err != nil || b.Key == nil {
		t.Errorf("%v", err)
	}
}

// The files of testdata/old are made by OpenSSL 3.0 with its legacy provider and by
// GnuTLS 3.7; their passphrase is "secret".
func TestOldProtectionsAndFramesOfOtherProgramsOpen(t *testing.T) {
	for _, name := range []string{"md5-des.pem", "sha1-des.pem", "rc4-128.pem", "hmac-sha224.pem", "rc4-gnutls.pem"} {
		data := old(t, name)
		if key, err := Parse(data, []byte("secret")); err != nil || key == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Parse(data, []byte("wrong")); err != ErrPassphrase {
			t.Errorf("%s, wrong passphrase: %v", name, err)
		}
	}
	for _, name := range []string{"rc4-128.p12", "mac-md5.p12", "mac-sha224.p12", "gnutls-pem.p12", "rc4-gnutls.p12", "base64.p12"} {
		data := old(t, name)
		if Detect(data) != PKCS12 {
			t.Errorf("%s is not recognised", name)
		}
		if b, err := ParsePKCS12(data, []byte("secret")); err != nil || b.Key == nil || b.Certificate == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ParsePKCS12(data, []byte("wrong")); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%s, wrong passphrase: %v", name, err)
		}
	}
}

func old(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "old", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAKeyOfAnotherAlgorithmIsNamedAndIsNoBrokenFile(t *testing.T) {
	j := openssltest.New(t)
	j.Run(t, "genpkey", "-algorithm", "ed25519", "-out", "ed.pem")
	j.Run(t, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "rsa.pem")
	j.Run(t, "rsa", "-in", "rsa.pem", "-traditional", "-out", "old.pem")
	for name, want := range map[string]string{"ed.pem": "Ed25519", "rsa.pem": "RSA", "old.pem": "RSA"} {
		if _, err := Parse(j.Read(t, name), nil); !errors.Is(err, ErrAlgorithm) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
