package gusmev_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

func TestAnOrganisationSubmitsUnderAQualifiedSignature(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	chief := portaltest.Chief()
	service := "90000000007"
	values := p.Form(chief, service, "kind", "change", "changeText", "Новый адрес", "okved", "62.01", "taxSystem", "usn")
	req := portaltest.RequestXML(service, values)
	id := p.Submit(chief, service, portaltest.Zip(t, map[string][]byte{"req.xml": req}))
	if e, _ := details(t, p, chief, id, "Prefer", "wait=5"); e.Code != wire.CodeReqVerify || !strings.Contains(e.Message.String(), "req.xml.sig") {
		t.Errorf("without a signature: %s, %v", e.Code, e.Message)
	}
	id = p.Submit(chief, service, portaltest.Zip(t, map[string][]byte{"req.xml": req, "req.xml.sig": signature(t, p, chief, req)}))
	e, o := details(t, p, chief, id, "Prefer", "wait=5")
	if e.Code != wire.CodeDone || o.PersonType != "LEGAL" || !o.AttachmentFiles[0].HasDigitalSignature {
		t.Fatalf("with a signature: %s, %v, %+v", e.Code, e.Message, o.AttachmentFiles)
	}
	if e, _ := details(t, p, chief, p.Submit(chief, service, portaltest.Zip(t, map[string][]byte{"req.xml": req, "req.xml.sig": signature(t, p, chief, []byte("other"))})), "Prefer", "wait=5"); e.Code != wire.CodeReqVerify {
		t.Errorf("with a signature of something else: %s", e.Code)
	}
	// A colleague follows the same application; the chief as a citizen does not.
	accountant := portaltest.Chief()
	accountant.OID, accountant.Chief, accountant.Powers = people.OIDAccountant, false, []string{"orders"}
	details(t, p, accountant, id)
	citizen := portaltest.Citizen()
	citizen.OID = people.OIDChief
	if got := p.Do(citizen, http.MethodPost, fmt.Sprintf("/api/gusmev/order/%d", id), nil).Want(http.StatusForbidden).Code(); got != wire.ErrOrderAccess {
		t.Error(got)
	}
}

// signature makes a detached GOST signature under a certificate that the
// portal issued to who.
func signature(t *testing.T, p *portaltest.Portal, who *session.Caller, content []byte) []byte {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	request, err := cert.CreateRequest(rand.Reader, cert.Name{CommonName: "?"}, key)
	if err != nil {
		t.Fatal(err)
	}
	var issued cabinet.IssuedCertificate
	p.Post(who, cabinet.Base+"/certificate-requests", cabinet.CertificateRequest{Request: string(cert.RequestPEM(request))}).Want(http.StatusOK).Into(&issued)
	all, err := cert.ParseAll([]byte(issued.CertificatePEM))
	if err != nil {
		t.Fatal(err)
	}
	return detached(t, all[0], key, content)
}

func detached(t *testing.T, certificate *cert.Certificate, key *gost3410.PrivateKey, content []byte) []byte {
	t.Helper()
	signer, err := cms.NewKeySigner(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := cms.SignDetached(t.Context(), bytes.NewReader(content), &cms.Options{Time: portaltest.Start()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func TestAFileKeepsItsRussianName(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	values := p.Form(who, "public-request", "kind", "question", "subject", "Вопрос", "text", "Как?")
	name := "справка 1.pdf"
	id := p.Submit(who, "90000000012", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000012", values, "evidence="+name), name: portaltest.PDF()}))
	_, o := details(t, p, who, id)
	for _, f := range o.AttachmentFiles {
		if f.FileName.Raw() != name {
			continue
		}
		if want := fmt.Sprintf("terrabyte://00/%d/%s/2", id, name); f.Link != want {
			t.Errorf("link %q, want %q", f.Link, want)
		}
		a := p.Get(who, fmt.Sprintf("/api/gusmev/files/download/%d/2?mnemonic=%s&eserviceCode=90000000012", id, url.QueryEscape(name))).Want(http.StatusOK)
		if !bytes.Equal(a.Body, portaltest.PDF()) || !strings.Contains(a.Header.Get("Content-Disposition"), "%D1%81") {
			t.Errorf("%q, %s", a.Body, a.Header.Get("Content-Disposition"))
		}
		p.Get(who, fmt.Sprintf("/api/gusmev/files/download/%d/2?mnemonic=%s&eserviceCode=1", id, url.QueryEscape(name))).Want(http.StatusBadRequest)
		return
	}
	t.Errorf("no file %q in %+v", name, o.AttachmentFiles)
}
