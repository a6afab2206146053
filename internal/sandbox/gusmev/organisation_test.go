package gusmev_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
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
	id = p.Submit(chief, service, portaltest.Zip(t, map[string][]byte{"req.xml": req, "req.xml.sig": sign(t, req)}))
	e, o := details(t, p, chief, id, "Prefer", "wait=5")
	if e.Code != wire.CodeDone || o.PersonType != "LEGAL" || !o.AttachmentFiles[0].HasDigitalSignature {
		t.Fatalf("with a signature: %s, %v, %+v", e.Code, e.Message, o.AttachmentFiles)
	}
	if e, _ := details(t, p, chief, p.Submit(chief, service, portaltest.Zip(t, map[string][]byte{"req.xml": req, "req.xml.sig": sign(t, []byte("other"))})), "Prefer", "wait=5"); e.Code != wire.CodeReqVerify {
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

// sign makes a detached GOST signature with a certificate of its own.
func sign(t *testing.T, content []byte) []byte {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := portaltest.Start()
	certificate, err := cert.CreateSelfSigned(rand.Reader, &cert.Template{Subject: cert.Name{CommonName: "Учебный подписант"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour)}, key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cms.NewKeySigner(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := cms.SignDetached(t.Context(), bytes.NewReader(content), &cms.Options{Time: now}, signer)
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
