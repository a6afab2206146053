package cms_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// now is the judge's time: OpenSSL takes the machine's.
func now() time.Time { return time.Now() }

type side struct {
	ca     cert.Authority
	signer *cms.KeySigner
}

func ours(t *testing.T, curve *gost3410.Curve) side {
	t.Helper()
	caKey, err := gost3410.GenerateKey(curve, nil)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := cert.CreateSelfSigned(nil, &cert.Template{Subject: cert.Name{CommonName: "Наш УЦ", OGRN: "1027700132195"}, IsCA: true, MaxPathLen: 1, NotBefore: now().Add(-time.Hour), NotAfter: now().AddDate(1, 0, 0)}, caKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gost3410.GenerateKey(curve, nil)
	if err != nil {
		t.Fatal(err)
	}
	authority := cert.Authority{Certificate: ca, Key: caKey}
	leaf, err := cert.Create(nil, &cert.Template{Subject: cert.Name{CommonName: untrusted.Text("Подписант " + curve.Name()), INN: "500100732259", SNILS: "11223344595"}, NotBefore: now().Add(-time.Hour), NotAfter: now().AddDate(1, 0, 0)}, key.PublicKey(), authority)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cms.NewKeySigner(leaf, key)
	if err != nil {
		t.Fatal(err)
	}
	return side{authority, signer}
}

func TestOpenSSLVerifiesOurSignaturesAndRefusesTamperedOnes(t *testing.T) {
	j := openssltest.New(t)
	content := []byte("Заявление\r\nвторая строка\n")
	j.Write(t, "content", content)
	j.Write(t, "changed", append(content, ' '))
	for _, curve := range gost3410.Curves() {
		t.Run(curve.Name(), func(t *testing.T) {
			us := ours(t, curve)
			j.Write(t, "ca.pem", us.ca.Certificate.PEM())
			o := &cms.Options{Time: now()}
			detached, err := cms.SignDetached(context.Background(), bytes.NewReader(content), o, us.signer)
			if err != nil {
				t.Fatal(err)
			}
			j.Write(t, "detached", detached)
			args := []string{"cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", "detached", "-CAfile", "ca.pem", "-purpose", "any", "-out", "out", "-content"}
			j.Run(t, append(args, "content")...)
			if out, err := j.Try(nil, append(args, "changed")...); err == nil {
				t.Errorf("changed content is accepted: %s", out)
			}
			detached[len(detached)-9] ^= 1
			j.Write(t, "detached", detached)
			if out, err := j.Try(nil, append(args, "content")...); err == nil {
				t.Errorf("a changed signature is accepted: %s", out)
			}

			var attached bytes.Buffer
			if err := cms.SignAttached(context.Background(), &attached, bytes.NewReader(content), int64(len(content)), o, us.signer, ours(t, curve).signer); err != nil {
				t.Fatal(err)
			}
			j.Write(t, "attached", attached.Bytes())
			// The second signer is of a CA that the judge does not know.
			j.Run(t, "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", "attached", "-out", "out")
			if !bytes.Equal(j.Read(t, "out"), content) {
				t.Error("the content comes back changed")
			}
			bad := bytes.Replace(attached.Bytes(), content, append([]byte("х"), content[2:]...), 1)
			j.Write(t, "attached", bad)
			if out, err := j.Try(nil, "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", "attached", "-out", "out"); err == nil {
				t.Errorf("changed attached content is accepted: %s", out)
			}
		})
	}
}

func TestWeVerifySignaturesOfOpenSSLAndRefuseTamperedOnes(t *testing.T) {
	j := openssltest.New(t)
	content := []byte("Заявление\r\nвторая строка\n")
	j.Write(t, "content", content)
	for _, curve := range gost3410.Curves() {
		t.Run(curve.Name(), func(t *testing.T) {
			md := fmt.Sprintf("md_gost12_%d", 8*curve.Size())
			j.Run(t, append(openssltest.KeyArgs(curve.Name()), "-out", "ca.key")...)
			j.Run(t, "req", "-x509", "-new", "-key", "ca.key", "-"+md, "-extensions", "ca", "-subj", "/CN=Their CA", "-days", "30", "-out", "ca.pem")
			j.Run(t, append(openssltest.KeyArgs(curve.Name()), "-out", "leaf.key")...)
			j.Run(t, "req", "-new", "-key", "leaf.key", "-"+md, "-utf8", "-subj", "/CN=Их подписант/C=RU", "-out", "leaf.csr")
			j.Run(t, "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-"+md, "-extfile", j.Config, "-extensions", "leaf", "-days", "30", "-out", "leaf.pem")
			request, err := cert.ParseRequest(j.Read(t, "leaf.csr"))
			if err != nil || request.Subject.CommonName != "Их подписант" {
				t.Errorf("their request: %v, %+v", err, request)
			}
			roots, err := cert.ParseAll(j.Read(t, "ca.pem"))
			if err != nil {
				t.Fatal(err)
			}
			o := &cms.VerifyOptions{Chain: cert.ChainOptions{Roots: roots, Time: now().Add(time.Minute)}}
			for name, extra := range map[string][]string{"cades": {"-cades"}, "plain": nil, "key id": {"-keyid"}, "no attributes": {"-noattr"}} {
				j.Run(t, append([]string{"cms", "-sign", "-binary", "-in", "content", "-signer", "leaf.pem", "-inkey", "leaf.key", "-md", md, "-outform", "DER", "-out", "sig"}, extra...)...)
				sig := j.Read(t, "sig")
				r, err := cms.VerifyDetached(context.Background(), sig, bytes.NewReader(content), o)
				if err != nil || r.Status() != verdict.Valid {
					t.Errorf("%s: %v %+v", name, err, r)
					continue
				}
				if got := r.Signatures[0].CAdES; got != (name == "cades") {
					t.Errorf("%s: CAdES %v", name, got)
				}
				r, err = cms.VerifyDetached(context.Background(), sig, bytes.NewReader(content[1:]), o)
				if err != nil || r.Status() != verdict.Invalid {
					t.Errorf("%s, over changed content: %v %v", name, err, r.Status())
				}
				// OpenSSL as the second signer beside its first.
				if name == "plain" {
					j.Run(t, "cms", "-resign", "-binary", "-inform", "DER", "-in", "sig", "-signer", "ca.pem", "-inkey", "ca.key", "-md", md, "-outform", "DER", "-out", "both")
					r, err := cms.VerifyDetached(context.Background(), j.Read(t, "both"), bytes.NewReader(content), o)
					if err != nil || len(r.Signatures) != 2 {
						t.Errorf("two signers: %v %+v", err, r)
					}
				}
			}
			j.Run(t, "cms", "-sign", "-binary", "-nodetach", "-cades", "-in", "content", "-signer", "leaf.pem", "-inkey", "leaf.key", "-md", md, "-outform", "DER", "-out", "attached")
			var out bytes.Buffer
			r, err := cms.VerifyAttached(context.Background(), bytes.NewReader(j.Read(t, "attached")), &out, o)
			if err != nil || r.Status() != verdict.Valid || !bytes.Equal(out.Bytes(), content) {
				t.Errorf("attached: %v %+v", err, r)
			}
		})
	}
}

func TestOpenSSLTakesOurRequestsCertificatesAndLists(t *testing.T) {
	j := openssltest.New(t)
	for _, curve := range gost3410.Curves() {
		t.Run(curve.Name(), func(t *testing.T) {
			us := ours(t, curve)
			key, err := gost3410.GenerateKey(curve, nil)
			if err != nil {
				t.Fatal(err)
			}
			der, err := cert.CreateRequest(nil, cert.Name{CommonName: "Заявитель", SNILS: "11223344595"}, key)
			if err != nil {
				t.Fatal(err)
			}
			j.Write(t, "request", cert.RequestPEM(der))
			if out := j.Run(t, "req", "-in", "request", "-verify", "-noout", "-subject"); !bytes.Contains(out, []byte("verify OK")) {
				t.Errorf("our request: %s", out)
			}
			j.Write(t, "ca.pem", us.ca.Certificate.PEM())
			j.Write(t, "leaf.pem", us.signer.Certificate().PEM())
			j.Run(t, "verify", "-check_ss_sig", "-x509_strict", "-CAfile", "ca.pem", "leaf.pem")

			list, err := cert.CreateRevocationList(nil, us.ca, us.signer.Certificate().X509.SerialNumber, now().Add(-time.Minute), now().AddDate(0, 1, 0),
				[]cert.Revoked{{Serial: us.signer.Certificate().X509.SerialNumber, At: now().Add(-time.Minute)}})
			if err != nil {
				t.Fatal(err)
			}
			j.Write(t, "list.pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}))
			if out, err := j.Try(nil, "verify", "-crl_check", "-CRLfile", "list.pem", "-CAfile", "ca.pem", "leaf.pem"); err == nil || !bytes.Contains(out, []byte("revoked")) {
				t.Errorf("our revocation list: %v, %s", err, out)
			}
		})
	}
}
