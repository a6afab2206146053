package certificates_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

func newKey(t *testing.T) *gost3410.PrivateKey {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func selfSigned(t *testing.T, key *gost3410.PrivateKey, name cert.Name, from, until time.Time) *cert.Certificate {
	t.Helper()
	c, err := cert.CreateSelfSigned(rand.Reader, &cert.Template{Subject: name, NotBefore: from, NotAfter: until}, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issued gets a certificate from the portal.
func issued(t *testing.T, p *portaltest.Portal, who *session.Caller, key *gost3410.PrivateKey) *cert.Certificate {
	t.Helper()
	request, err := cert.CreateRequest(rand.Reader, cert.Name{CommonName: "Кто-то другой", SNILS: "00000000606"}, key)
	if err != nil {
		t.Fatal(err)
	}
	var out wire.IssuedCertificate
	p.Post(who, wire.Base+"/certificate-requests", wire.CertificateRequest{Request: string(cert.RequestPEM(request))}).Want(http.StatusOK).Into(&out)
	all, err := cert.ParseAll([]byte(out.CertificatePEM + out.IssuerPEM))
	if err != nil || len(all) != 2 {
		t.Fatal(len(all), err)
	}
	if err := all[0].CheckIssuedBy(all[1]); err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func TestACertificateBearsTheNameOfTheAccountAndNotOfTheRequest(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	c := issued(t, p, portaltest.Citizen(), newKey(t))
	if s := c.Subject; s.SNILS != "00000000909" || !strings.HasPrefix(s.CommonName.Raw(), "Учебный") || !c.MaySign() {
		t.Errorf("%s", s.String())
	}
	if c := issued(t, p, portaltest.Chief(), newKey(t)); c.Subject.OGRN == "" || c.Subject.Organization == "" {
		t.Errorf("%s", c.Subject.String())
	}
	p.Post(portaltest.Citizen(), wire.Base+"/certificate-requests", wire.CertificateRequest{Request: "nonsense"}).Want(http.StatusUnprocessableEntity)
	low := portaltest.Citizen()
	low.Level = wire.LevelStandard
	request, err := cert.CreateRequest(rand.Reader, cert.Name{CommonName: "x"}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Post(low, wire.Base+"/certificate-requests", wire.CertificateRequest{Request: string(cert.RequestPEM(request))}).Want(http.StatusForbidden).Code(); got != "certificate.level" {
		t.Error(got)
	}
}

func TestACertificateIsBoundByTheRightCodeOnly(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who, phone := portaltest.Citizen(), people.DemoPeople()[0].Mobile
	now := portaltest.Start()
	mine := selfSigned(t, newKey(t), cert.Name{CommonName: "Учебный подписант"}, now, now.Add(time.Hour))
	path := wire.Base + "/certificates"
	begin := func(c *cert.Certificate) *portaltest.Answer {
		return p.Post(who, path, wire.CertificateInput{CertificatePEM: string(c.PEM())})
	}
	var b wire.Certificate
	begin(mine).Want(http.StatusCreated).Into(&b)
	if b.State != wire.CertificateCodeSent || b.Hash != mine.Hash() || strings.Contains(b.Target.Raw(), phone) {
		t.Fatalf("%+v", b)
	}
	code := p.LatestCode(phone)
	wrong := "000000"
	if wrong == code {
		wrong = "000001"
	}
	confirm := func(code string) *portaltest.Answer {
		return p.Post(who, path+"/"+b.ID+"/code", wire.CertificateCode{Code: code})
	}
	if got := confirm(wrong).Want(http.StatusForbidden).Code(); got != "certificate.wrong_code" {
		t.Error(got)
	}
	confirm(code).Want(http.StatusOK).Into(&b)
	if b.State != wire.CertificateBound || b.BoundAt == nil {
		t.Fatalf("%+v", b)
	}
	if got := begin(mine).Want(http.StatusConflict).Code(); got != "certificate.bound" {
		t.Error(got)
	}
	// Three wrong codes end a binding; the right one is too late then.
	begin(selfSigned(t, newKey(t), cert.Name{CommonName: "Второй"}, now, now.Add(time.Hour))).Want(http.StatusCreated).Into(&b)
	code = p.LatestCode(phone)
	wrong = "000000"
	if wrong == code {
		wrong = "000001"
	}
	for range 3 {
		confirm(wrong).Want(http.StatusForbidden)
	}
	if got := confirm(code).Want(http.StatusTooManyRequests).Code(); got != "certificate.too_many_tries" {
		t.Error(got)
	}
	p.Do(who, http.MethodDelete, path+"/"+b.ID, nil).Want(http.StatusNoContent)
	confirm(code).Want(http.StatusNotFound)
	var all wire.Page[wire.Certificate]
	p.Get(who, path).Want(http.StatusOK).Into(&all)
	if all.Total != 1 || all.Items[0].State != wire.CertificateBound {
		t.Errorf("%+v", all)
	}
	for name, c := range map[string]*cert.Certificate{
		"expired":       selfSigned(t, newKey(t), cert.Name{CommonName: "x"}, now.Add(-2*time.Hour), now.Add(-time.Hour)),
		"not_yet_valid": selfSigned(t, newKey(t), cert.Name{CommonName: "x"}, now.Add(time.Hour), now.Add(2*time.Hour)),
		"foreign":       selfSigned(t, newKey(t), cert.Name{CommonName: "x", SNILS: "00000000606"}, now, now.Add(time.Hour)),
	} {
		if a := begin(c).Want(http.StatusUnprocessableEntity); !strings.Contains(string(a.Body), `"`+name+`"`) {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	// Nobody else sees it.
	other := portaltest.Citizen()
	other.OID = people.OIDStandard
	p.Do(other, http.MethodDelete, path+"/"+all.Items[0].ID, nil).Want(http.StatusNotFound)
}

func TestThePortalRefusesAWrongSignerABrokenFileAndAnExpiredCertificateEachByItsReason(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	const service = "90000000005"
	values := p.Form(who, service, "cadastralNumber", "77:01:0001001:1001", "objectKind", "flat", "contractDate", "2026-08-01")
	req, contract := portaltest.RequestXML(service, values, "contract=contract.pdf"), portaltest.PDF()
	key := newKey(t)
	good := issued(t, p, who, key)
	sign := func(c *cert.Certificate, k *gost3410.PrivateKey, content []byte) []byte {
		s, err := cms.NewKeySigner(c, k)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := cms.SignDetached(t.Context(), bytes.NewReader(content), &cms.Options{Time: p.Clock.Now()}, s)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	stranger := portaltest.Citizen()
	stranger.OID = people.OIDAccountant
	foreignKey := newKey(t)
	foreign := issued(t, p, stranger, foreignKey)
	impostorKey := newKey(t)
	impostor := selfSigned(t, impostorKey, good.Subject, p.Clock.Now().Add(-time.Hour), p.Clock.Now().Add(time.Hour))
	broken := bytes.Clone(sign(good, key, req))
	broken[len(broken)-1] ^= 1
	cases := []struct {
		name         string
		req, second  []byte // signatures
		after        time.Duration
		code, reason string
	}{
		{"good", sign(good, key, req), sign(good, key, contract), 0, gusmev.CodeDone, ""},
		{"no signature", nil, nil, 0, gusmev.CodeReqVerify, "нет файла req.xml.sig"},
		{"a wrong signer", sign(foreign, foreignKey, req), sign(foreign, foreignKey, contract), 0, gusmev.CodeReqVerify, "подписал не заявитель"},
		{"a name that anybody can write", sign(impostor, impostorKey, req), nil, 0, gusmev.CodeReqVerify, "подписал не заявитель"},
		{"a tampered file", sign(good, key, append(bytes.Clone(req), ' ')), nil, 0, gusmev.CodeReqVerify, "файл не тот"},
		{"a tampered attachment", sign(good, key, req), sign(good, key, req), 0, gusmev.CodeFilesVerify, "contract.pdf.sig"},
		{"a flipped bit", broken, nil, 0, gusmev.CodeReqVerify, "не сходится"},
		{"no CMS", []byte("signed, honestly"), nil, 0, gusmev.CodeReqVerify, "CMS"},
		{"an expired certificate", sign(good, key, req), nil, 500 * 24 * time.Hour, gusmev.CodeReqVerify, "истёк"},
	}
	for _, tc := range cases {
		p.Clock.Advance(tc.after)
		files := map[string][]byte{"req.xml": req, "contract.pdf": contract}
		if tc.req != nil {
			files["req.xml.sig"] = tc.req
		}
		if tc.second != nil {
			files["contract.pdf.sig"] = tc.second
		}
		id := p.Submit(who, service, portaltest.Zip(t, files))
		var d gusmev.DetailsEnvelope
		p.Do(who, http.MethodPost, fmt.Sprintf("/api/gusmev/order/%d", id), nil, "Prefer", "wait=5").Want(http.StatusOK).Into(&d)
		said := ""
		if d.Message != nil {
			said = d.Message.Raw()
		}
		if d.Code != tc.code || !strings.Contains(said, tc.reason) {
			t.Errorf("%s: %s %q, want %s %q", tc.name, d.Code, said, tc.code, tc.reason)
		}
	}
}
