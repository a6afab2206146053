package cms_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
)

// enveloped is a content longer than the section after which the key is meshed.
func enveloped() []byte { return bytes.Repeat([]byte("\xef\xbb\xbfсеанс 0123\r\n"), 200) }

type owner struct {
	certificate *cert.Certificate
	key         *gost3410.PrivateKey
}

func recipient(t *testing.T, curve *gost3410.Curve) owner {
	t.Helper()
	key, err := gost3410.GenerateKey(curve, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.CreateSelfSigned(nil, &cert.Template{Subject: cert.Name{CommonName: "Получатель"}, NotBefore: now().AddDate(0, 0, -1), NotAfter: now().AddDate(1, 0, 0)}, key)
	if err != nil {
		t.Fatal(err)
	}
	return owner{c, key}
}

func TestOpenSSLOpensWhatWeEnvelop(t *testing.T) {
	j := openssltest.New(t)
	for _, curve := range gost3410.Curves() {
		t.Run(curve.Name(), func(t *testing.T) {
			to, other := recipient(t, curve), recipient(t, gost3410.Default256())
			der, err := cms.Envelop(nil, enveloped(), other.certificate, to.certificate)
			if err != nil {
				t.Fatal(err)
			}
			j.Write(t, "enveloped", der)
			j.Write(t, "c.pem", to.certificate.PEM())
			j.Write(t, "k.der", to.key.MarshalPKCS8())
			j.Run(t, "pkey", "-inform", "DER", "-in", "k.der", "-out", "k.pem")
			j.Run(t, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "enveloped", "-recip", "c.pem", "-inkey", "k.pem", "-out", "out")
			if !bytes.Equal(j.Read(t, "out"), enveloped()) {
				t.Error("the content comes out changed")
			}
		})
	}
}

func TestWeOpenWhatOpenSSLEnvelops(t *testing.T) {
	j := openssltest.New(t)
	j.Write(t, "content", enveloped())
	for _, curve := range gost3410.Curves() {
		t.Run(curve.Name(), func(t *testing.T) {
			j.Run(t, append(openssltest.KeyArgs(curve.Name()), "-out", "k.pem")...)
			j.Run(t, "req", "-x509", "-new", "-key", "k.pem", "-subj", "/CN=Recipient", "-days", "30", "-addext", "subjectKeyIdentifier=hash", "-out", "c.pem")
			key, err := keyfile.Parse(j.Read(t, "k.pem"), nil)
			if err != nil {
				t.Fatal(err)
			}
			all, err := cert.ParseAll(j.Read(t, "c.pem"))
			if err != nil {
				t.Fatal(err)
			}
			forms := map[string][]string{"whole": {"-outform", "DER"}, "streamed": {"-outform", "DER", "-stream"}, "by the key's id": {"-outform", "DER", "-keyid"}, "PEM": {"-outform", "PEM"}}
			if curve != gost3410.Default256() { // the form has nothing to do with the curve
				forms = map[string][]string{"whole": {"-outform", "DER"}}
			}
			for name, how := range forms {
				j.Run(t, append(append([]string{"cms", "-encrypt", "-binary", "-gost89", "-in", "content", "-out", "enveloped"}, how...), "c.pem")...)
				out, err := cms.Open(j.Read(t, "enveloped"), all[0], key)
				if err != nil || !bytes.Equal(out, enveloped()) {
					t.Errorf("%s: %v, %d bytes", name, err, len(out))
				}
			}
			j.Run(t, "cms", "-encrypt", "-binary", "-kuznyechik-ctr-acpkm", "-in", "content", "-out", "enveloped", "-outform", "DER", "c.pem")
			if _, err := cms.Open(j.Read(t, "enveloped"), all[0], key); !errors.Is(err, cms.ErrCipher) {
				t.Errorf("another cipher: %v", err)
			}
		})
	}
}

func TestWhatIsEnvelopedForOthersOrDamagedIsNotOpened(t *testing.T) {
	to, other := recipient(t, gost3410.CurveByName("XA")), recipient(t, gost3410.CurveByName("XA"))
	der, err := cms.Envelop(rand.NewChaCha8([32]byte{1}), enveloped(), to.certificate)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cms.Open(der, other.certificate, other.key); !errors.Is(err, cms.ErrRecipient) {
		t.Errorf("another certificate: %v", err)
	}
	if _, err := cms.Open(der, to.certificate, other.key); !errors.Is(err, cms.ErrRecipient) {
		t.Errorf("another key: %v", err)
	}
	for n := range der {
		if _, err := cms.Open(der[:n], to.certificate, to.key); !errors.Is(err, cms.ErrEnveloped) {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
	// What carries the session key is guarded by its imitation.
	at := bytes.Index(der, []byte{0x04, 0x20})
	for i := at; i < at+40; i++ {
		bad := bytes.Clone(der)
		bad[i] ^= 1
		if _, err := cms.Open(bad, to.certificate, to.key); err == nil {
			t.Fatalf("opened with byte %d changed", i)
		}
	}
	if _, err := cms.Envelop(nil, enveloped()); err == nil {
		t.Error("it was enveloped for nobody")
	}
}

func FuzzOpen(f *testing.F) {
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.NewChaCha8([32]byte{2}))
	if err != nil {
		f.Fatal(err)
	}
	c, err := cert.CreateSelfSigned(rand.NewChaCha8([32]byte{3}), &cert.Template{Subject: cert.Name{CommonName: "Получатель"}, NotBefore: now(), NotAfter: now().AddDate(1, 0, 0)}, key)
	if err != nil {
		f.Fatal(err)
	}
	der, err := cms.Envelop(rand.NewChaCha8([32]byte{4}), []byte("SID"), c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = cms.Open(data, c, key) })
}
