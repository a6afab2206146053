package grant

import (
	"encoding/base64"
	"os"
	"testing"
	"time"
)

// TestSignaturesMadeByOpenSSLAreTaken holds client_secret against what another
// program made: testdata was written by OpenSSL's GOST engine with a throw-away
// key (raw: openssl dgst -md_gost12_256 -sign; CMS: openssl cms -sign -binary).
func TestSignaturesMadeByOpenSSLAreTaken(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	c := Client{ID: "MNEM", Certificate: read("cert.der")}
	const hash = "2FFD4526F8D07817289968CEE34E06A9DB224517D04233E1548062CFD54A7F99"
	if got := CertificateHash(c.Certificate); got != hash {
		t.Errorf("client_certificate_hash %s", got)
	}
	msg := string(read("msg"))
	raw := base64.RawURLEncoding.EncodeToString(read("sig.bin"))
	p7 := base64.RawURLEncoding.EncodeToString(read("sig.p7"))
	in := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		name, code, secret, text, hash string
		old                            bool
		at                             time.Time
	}{
		{"raw", "", raw, msg, hash, false, in},
		{"CMS", "", p7, msg, "", true, in},
		{"raw over another text", CodeClientFailed, raw, msg + "x", hash, false, in},
		{"CMS over another text", CodeClientFailed, p7, msg + "x", "", true, in},
		{"CMS where raw is due", CodeBadSecret, p7, msg, hash, false, in},
		{"raw where CMS is due", CodeBadSecret, raw, msg, "", true, in},
		{"certificate not in its term", CodeBadSecret, raw, msg, hash, false, in.AddDate(20, 0, 0)},
	} {
		got := ""
		if e := c.checkSecret(x.old, x.hash, x.secret, x.at, x.text); e != nil {
			got = e.Code
		}
		if got != x.code {
			t.Errorf("%s: %q, want %q", x.name, got, x.code)
		}
	}
}
