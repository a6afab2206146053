package keyfile

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
)

const phrase = "пароль для проверки"

func newKey(t testing.TB, curve string) *gost3410.PrivateKey {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.CurveByName(curve), rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// quick is a protection that tests can afford.
func quick(c Cipher) EncryptOptions {
	return EncryptOptions{Cipher: c, Iterations: 3, Random: rand.NewChaCha8([32]byte{2})}
}

func TestAProtectedKeyOpensWithItsPassphraseOnly(t *testing.T) {
	for _, c := range []Cipher{AES256, GOST89} {
		for _, curve := range []string{"A", "TCA", "512C"} {
			key := newKey(t, curve)
			file, err := Encrypt(key, []byte(phrase), quick(c))
			if err != nil {
				t.Fatal(err)
			}
			if Detect(file) != Encrypted {
				t.Errorf("cipher %d: detected as %d", c, Detect(file))
			}
			back, err := Parse(file, []byte(phrase))
			if err != nil || !back.Equal(key) {
				t.Errorf("cipher %d, %s: %v, %v", c, curve, back, err)
			}
			for _, wrong := range []string{"", "x", phrase + " ", strings.ToUpper(phrase)} {
				if _, err := Parse(file, []byte(wrong)); err != ErrPassphrase {
					t.Errorf("cipher %d, passphrase %q: %v", c, wrong, err)
				}
			}
		}
	}
	if _, err := Encrypt(newKey(t, "A"), nil, quick(AES256)); err == nil {
		t.Error("a key was protected by nothing")
	}
}

// A wrong passphrase must not be told from a right one over damaged data: the
// difference would let an attacker decrypt by asking.
func TestPaddingOracleAnswersAreAllTheSame(t *testing.T) {
	file, err := Encrypt(newKey(t, "A"), []byte(phrase), quick(AES256))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(file)
	answers := map[string]int{}
	for i := len(block.Bytes) - 80; i < len(block.Bytes); i++ {
		bad := bytes.Clone(block.Bytes)
		bad[i] ^= 0x41
		_, err := Parse(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: bad}), []byte(phrase))
		answers[fmt.Sprint(err)]++
	}
	delete(answers, "<nil>") // CBC: a changed bit inside the secret itself gives another secret
	delete(answers, gost3410.ErrCurve.Error())
	if len(answers) != 1 {
		t.Errorf("answers differ: %v", answers)
	}
}

func TestAPlainKeyNeedsNoPassphrase(t *testing.T) {
	key := newKey(t, "B")
	for name, data := range map[string][]byte{"PEM": MarshalPEM(key), "DER": key.MarshalPKCS8()} {
		if Detect(data) != Plain {
			t.Errorf("%s: detected as %d", name, Detect(data))
		}
		if back, err := Parse(data, nil); err != nil || !back.Equal(key) {
			t.Errorf("%s: %v, %v", name, back, err)
		}
	}
}

func TestWhatIsNoKeyFileIsRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("hello"), "certificate": []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		"huge": make([]byte, MaxSize+1),
	} {
		if _, err := Parse(data, nil); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ParsePKCS12(data, nil); !errors.Is(err, ErrFormat) {
			t.Errorf("%s as PKCS#12: %v", name, err)
		}
	}
}

func TestAFileThatAsksForEndlessWorkIsRefused(t *testing.T) {
	if _, err := encrypt([]byte("x"), []byte("y"), EncryptOptions{Iterations: maxIterations + 1}); err == nil {
		t.Error("too many iterations are written")
	}
	file, err := Encrypt(newKey(t, "A"), []byte(phrase), EncryptOptions{Iterations: 0x7fff, Random: rand.NewChaCha8([32]byte{2})})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(file)
	// INTEGER of two octets 7fff becomes SEQUENCE damage or a huge count: make
	// it three octets by taking one from the salt.
	i := bytes.Index(block.Bytes, []byte{2, 2, 0x7f, 0xff})
	salt := i - 18
	der := bytes.Clone(block.Bytes)
	copy(der[salt:], append(append([]byte{4, 15}, der[salt+2:salt+17]...), 2, 3, 0x7f, 0xff, 0xff))
	if _, err := Parse(der, []byte(phrase)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "8388607") {
		t.Errorf("got %v", err)
	}
}

func TestOpenSSLAndWeOpenEachOthersProtectedKeys(t *testing.T) {
	j := openssltest.New(t)
	base := string(j.Read(t, "openssl.cnf"))
	for _, curve := range gost3410.Curves() {
		key := newKey(t, curve.Name())
		j.Write(t, "plain.pem", MarshalPEM(key))
		for _, args := range [][]string{{"-v2", "aes256"}, {"-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"}, {"-v2", "aes128", "-v2prf", "hmacWithSHA1"}, {"-v2", "des3"}, {"-v2", "gost89"},
			{"-v2", "gost89", "-v2prf", "hmacWithSHA256"}, {"-v1", "PBE-SHA1-3DES"}} {
			j.Run(t, append([]string{"pkcs8", "-topk8", "-in", "plain.pem", "-iter", "20", "-passout", "pass:" + phrase, "-out", "theirs.pem"}, args...)...)
			back, err := Parse(j.Read(t, "theirs.pem"), []byte(phrase))
			if err != nil || !back.Equal(key) {
				t.Errorf("%s, %v: %v", curve.Name(), args, err)
			}
			if _, err := Parse(j.Read(t, "theirs.pem"), []byte("wrong")); !errors.Is(err, ErrPassphrase) {
				t.Errorf("%s, %v, wrong passphrase: %v", curve.Name(), args, err)
			}
		}
		for _, c := range []Cipher{AES256, GOST89} {
			file, err := Encrypt(key, []byte(phrase), quick(c))
			if err != nil {
				t.Fatal(err)
			}
			j.Write(t, "ours.pem", file)
			j.Run(t, "pkcs8", "-in", "ours.pem", "-passin", "pass:"+phrase, "-out", "opened.pem")
			back, err := Parse(j.Read(t, "opened.pem"), nil)
			if err != nil || !back.Equal(key) {
				t.Errorf("%s: our cipher %d opened by openssl: %v", curve.Name(), c, err)
			}
		}
	}
	// Another parameter set of the engine.
	if err := os.WriteFile(j.Config, []byte(strings.Replace(base, "default_algorithms = ALL\n", "default_algorithms = ALL\nCRYPT_PARAMS = id-Gost28147-89-CryptoPro-A-ParamSet\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	j.Run(t, "pkcs8", "-topk8", "-v2", "gost89", "-in", "plain.pem", "-passout", "pass:"+phrase, "-out", "theirs.pem")
	if _, err := Parse(j.Read(t, "theirs.pem"), []byte(phrase)); err != nil {
		t.Errorf("CryptoPro A boxes: %v", err)
	}
}

func TestPKCS12FilesOfOpenSSLAreImported(t *testing.T) {
	j := openssltest.New(t)
	for _, curve := range gost3410.Curves() {
		key := newKey(t, curve.Name())
		ca := newKey(t, "A")
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		root, err := cert.CreateSelfSigned(nil, &cert.Template{Subject: cert.Name{CommonName: "CA"}, IsCA: true, MaxPathLen: -1, NotBefore: at, NotAfter: at.AddDate(9, 0, 0)}, ca)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := cert.Create(nil, &cert.Template{Subject: cert.Name{CommonName: "Владелец"}, NotBefore: at, NotAfter: at.AddDate(1, 0, 0)}, key.PublicKey(), cert.Authority{Certificate: root, Key: ca})
		if err != nil {
			t.Fatal(err)
		}
		j.Write(t, "key.pem", MarshalPEM(key))
		j.Write(t, "leaf.pem", leaf.PEM())
		j.Write(t, "root.pem", root.PEM())
		for _, args := range [][]string{nil, {"-macalg", "md_gost12_512"}, {"-macalg", "md_gost12_256"}, {"-macalg", "sha512"}, {"-keypbe", "gost89", "-certpbe", "gost89", "-macalg", "md_gost12_512"},
			{"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"}, {"-keypbe", "NONE", "-certpbe", "NONE"}} {
			j.Run(t, append([]string{"pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "root.pem", "-iter", "20", "-passout", "pass:" + phrase, "-out", "file.p12"}, args...)...)
			data := j.Read(t, "file.p12")
			if Detect(data) != PKCS12 {
				t.Errorf("detected as %d", Detect(data))
			}
			b, err := ParsePKCS12(data, []byte(phrase))
			if err != nil || !b.Key.Equal(key) || b.Certificate == nil || !b.Certificate.Equal(leaf) || len(b.Others) != 1 {
				t.Errorf("%s, %v: %v, %+v", curve.Name(), args, err, b)
			}
			if _, err := ParsePKCS12(data, []byte("wrong")); err != ErrPassphrase {
				t.Errorf("%s, %v, wrong passphrase: %v", curve.Name(), args, err)
			}
			data[len(data)/2] ^= 1
			if _, err := ParsePKCS12(data, []byte(phrase)); err == nil {
				t.Errorf("%s, %v: a changed file is imported", curve.Name(), args)
			}
		}
	}
}

// pkcs12File reads a file that openssl pkcs12 wrote under phrase.
func pkcs12File(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestStoredPKCS12FilesOpen(t *testing.T) {
	for _, name := range []string{"aes.p12", "gost.p12"} {
		data := pkcs12File(t, name)
		if b, err := ParsePKCS12(data, []byte(phrase)); err != nil || b.Certificate == nil {
			t.Errorf("%s: %v, %+v", name, err, b)
		}
		for i := range data {
			if _, err := ParsePKCS12(data[:i], []byte(phrase)); err == nil {
				t.Errorf("%s cut at %d is imported", name, i)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range []Cipher{AES256, GOST89} {
		file, err := Encrypt(newKey(f, "A"), []byte(phrase), quick(c))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
		block, _ := pem.Decode(file)
		f.Add(block.Bytes)
	}
	f.Add(newKey(f, "512A").MarshalPKCS8())
	for _, name := range []string{"aes.p12", "gost.p12"} {
		f.Add(pkcs12File(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if asksForWork(data) {
			return
		}
		if key, err := Parse(data, []byte(phrase)); err == nil && key == nil {
			t.Error("neither a key nor an error")
		}
		if b, err := ParsePKCS12(data, []byte(phrase)); err == nil && b.Key == nil {
			t.Error("neither a key nor an error")
		}
	})
}

// asksForWork spares the fuzzer files that are slow by design: an iteration
// count of three octets.
func asksForWork(data []byte) bool {
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	return bytes.Contains(data, []byte{2, 3}) || bytes.Contains(data, []byte{2, 4})
}
