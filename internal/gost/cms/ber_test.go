package cms_test

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/gost/wrapping"
)

// theirs makes a key and a certificate by OpenSSL, leaf.key and leaf.pem, and
// returns whom to trust.
func theirs(t *testing.T, j *openssltest.Judge) *cms.VerifyOptions {
	t.Helper()
	j.Run(t, append(openssltest.KeyArgs("A"), "-out", "ca.key")...)
	j.Run(t, "req", "-x509", "-new", "-key", "ca.key", "-md_gost12_256", "-extensions", "ca", "-subj", "/CN=Their CA", "-days", "30", "-out", "ca.pem")
	j.Run(t, append(openssltest.KeyArgs("A"), "-out", "leaf.key")...)
	j.Run(t, "req", "-new", "-key", "leaf.key", "-md_gost12_256", "-subj", "/CN=Signer", "-out", "leaf.csr")
	j.Run(t, "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-md_gost12_256", "-extfile", j.Config, "-extensions", "leaf", "-days", "30", "-out", "leaf.pem")
	roots, err := cert.ParseAll(j.Read(t, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return &cms.VerifyOptions{Chain: cert.ChainOptions{Roots: roots, Time: now().Add(time.Minute)}}
}

func TestSignaturesInBERAreVerifiedAsTheOnesInDER(t *testing.T) {
	j := openssltest.New(t)
	content := bytes.Repeat([]byte("Заявление, которое подписано потоком.\n"), 500)
	j.Write(t, "content", content)
	o := theirs(t, j)
	for _, kind := range []string{"detached", "attached"} {
		args := []string{"cms", "-sign", "-binary", "-signer", "leaf.pem", "-inkey", "leaf.key", "-md", "md_gost12_256", "-in", "content", "-outform", "DER", "-out", kind}
		if kind == "attached" { // OpenSSL puts the content in whenever it streams
			args = append(args, "-nodetach", "-stream")
		}
		j.Run(t, args...)
		data := j.Read(t, kind)
		if kind == "detached" {
			data = loose(t, data, 4)
		}
		if data[1] != 0x80 {
			t.Fatalf("%s: openssl did not write BER", kind)
		}
		var report *cms.Result
		var err error
		var out bytes.Buffer
		if kind == "detached" {
			report, err = cms.VerifyDetached(context.Background(), data, bytes.NewReader(content), o)
		} else {
			report, err = cms.VerifyAttached(context.Background(), bytes.NewReader(data), &out, o)
			if !bytes.Equal(out.Bytes(), content) {
				t.Errorf("%d bytes of content came out, %d went in", out.Len(), len(content))
			}
		}
		if err != nil || report.Status() != verdict.Valid {
			t.Errorf("%s: %v, %+v", kind, err, report)
		}
		if kind == "detached" {
			if report, err := cms.VerifyDetached(context.Background(), data, bytes.NewReader(content[1:]), o); err == nil && report.Status() == verdict.Valid {
				t.Error("changed content is verified")
			}
			for i := 0; i < len(data); i += 7 {
				if _, err := cms.VerifyDetached(context.Background(), data[:i], bytes.NewReader(content), o); !errors.Is(err, cms.ErrFormat) {
					t.Errorf("cut at %d: %v", i, err)
				}
			}
		}
	}
}

// loose rewrites the outer values of DER, so many deep, with indefinite lengths.
func loose(t *testing.T, der []byte, depth int) []byte {
	t.Helper()
	var out []byte
	for rest := der; len(rest) > 0; {
		var v asn1.RawValue
		after, err := asn1.Unmarshal(rest, &v)
		if err != nil {
			t.Fatal(err)
		}
		if v.IsCompound && depth > 0 {
			out = append(append(append(out, rest[0], 0x80), loose(t, v.Bytes, depth-1)...), 0, 0)
		} else {
			out = append(out, v.FullBytes...)
		}
		rest = after
	}
	return out
}

// What stands around a signature is named, and the advice says how to take it off.
func TestTheTrueCauseIsNamedForAWrappedSignature(t *testing.T) {
	j := openssltest.New(t)
	o := theirs(t, j)
	content := []byte("содержимое")
	j.Write(t, "content", content)
	j.Run(t, "cms", "-sign", "-binary", "-signer", "leaf.pem", "-inkey", "leaf.key", "-md", "md_gost12_256", "-in", "content", "-outform", "DER", "-out", "der")
	j.Run(t, "cms", "-sign", "-binary", "-signer", "leaf.pem", "-inkey", "leaf.key", "-md", "md_gost12_256", "-in", "content", "-outform", "SMIME", "-out", "smime")
	der := j.Read(t, "der")
	b64 := base64.StdEncoding.EncodeToString(der)
	for _, c := range []struct {
		data []byte
		kind wrapping.Kind
	}{
		{append([]byte("\xef\xbb\xbf"), b64...), wrapping.BOM},
		{[]byte(base64.RawURLEncoding.EncodeToString(der)), wrapping.Base64URL},
		{[]byte(base64.URLEncoding.EncodeToString(der)), wrapping.Base64URL},
		{[]byte(base64.StdEncoding.EncodeToString([]byte(b64))), wrapping.DoubleBase64},
		{j.Read(t, "smime"), wrapping.SMIME},
		{append(bytes.Clone(der), '\n'), wrapping.Trailing},
		{append(bytes.Clone(der), "\r\n\r\n"...), wrapping.Trailing},
	} {
		_, err := cms.VerifyDetached(context.Background(), c.data, bytes.NewReader(content), o)
		var around *wrapping.Error
		if !errors.As(err, &around) || around.Kind != c.kind || !errors.Is(err, cms.ErrFormat) {
			t.Errorf("kind %d: %v", c.kind, err)
			continue
		}
		if c.kind == wrapping.Trailing && around.At != len(der) {
			t.Errorf("the signature ends at %d, not %d", len(der), around.At)
		}
		if f := gost.Explain(err); f == nil || f.Error() == err.Error() {
			t.Errorf("kind %d is not explained", c.kind)
		}
	}
	// The advice for S/MIME, run as it is written.
	j.Run(t, "cms", "-cmsout", "-inform", "SMIME", "-in", "smime", "-outform", "DER", "-out", "taken")
	if report, err := cms.VerifyDetached(context.Background(), j.Read(t, "taken"), bytes.NewReader(content), o); err != nil || report.Status() != verdict.Valid {
		t.Errorf("%v, %+v", err, report)
	}
}
