package directbank_test

import (
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/directbank"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// keyPair is a key with its certificate.
type keyPair struct {
	certificate *cert.Certificate
	key         *gost3410.PrivateKey
}

// issued is a certificate that the portal's authority issues to a caller.
func (c *customer) issued(who *session.Caller) keyPair {
	c.t.Helper()
	key, err := gost3410.GenerateKey(gost3410.CurveByName("XA"), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := cert.CreateRequest(nil, cert.Name{CommonName: "x"}, key)
	if err != nil {
		c.t.Fatal(err)
	}
	var out cabinet.IssuedCertificate
	c.p.Post(who, cabinet.Base+"/certificate-requests", cabinet.CertificateRequest{Request: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}))}).Want(http.StatusOK).Into(&out)
	all, err := cert.ParseAll([]byte(out.CertificatePEM))
	if err != nil {
		c.t.Fatal(err)
	}
	return keyPair{all[0], key}
}

// x509 is the body of LogonCert.
func (c *customer) x509(of *cert.Certificate, change func(x *wire.X509Data)) []byte {
	c.t.Helper()
	serial := fmt.Sprintf("%X", of.X509.SerialNumber)
	if len(serial)%2 == 1 {
		serial = "0" + serial
	}
	x := wire.X509Data{Head: c.head(c.newID()), Issuer: of.Issuer.CommonName.Raw(), Serial: serial, Certificate: base64.StdEncoding.EncodeToString(of.Raw)}
	if change != nil {
		change(&x)
	}
	b, err := xml.Marshal(x)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func TestACertificateOfTheCustomerSignsInAndOnlyItsKeyReadsTheSession(t *testing.T) {
	c := stranger(t, training.BankCertificate)
	mine, other := c.issued(portaltest.Chief()), c.issued(portaltest.Citizen())
	password := c.logon(directbank.Password).Success.Logon.SID
	c.sid = password
	if s := c.settings(); s.Data.Logon.Certificate == nil || s.Data.Logon.Certificate.Algorithm != "GOST 28147-89" || s.Data.Logon.Login != nil {
		t.Errorf("%+v", s.Data.Logon)
	}
	c.fails(wire.ErrSessionUnknown, http.MethodGet, "GetPackList", nil) // a password fetches settings only
	c.sid = ""
	c.fails("1011", http.MethodPost, "Logon", nil, "Authorization", basic(directbank.Password))

	r := c.call(http.MethodPost, "LogonCert", c.x509(mine.certificate, nil))
	if r.Error != nil {
		t.Fatalf("%+v", r.Error)
	}
	der, err := base64.StdEncoding.DecodeString(r.Success.LogonCert.EncryptedSID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cms.Open(der, other.certificate, other.key); err == nil {
		t.Error("somebody else reads the session's id")
	}
	sid, err := cms.Open(der, mine.certificate, mine.key)
	if err != nil {
		t.Fatal(err)
	}
	c.sid = string(sid[len(wire.BOM):])
	c.list("")

	c.fails("1003", http.MethodPost, "LogonCert", c.x509(mine.certificate, nil), "CustomerID", "0")
	c.fails("1101", http.MethodPost, "LogonCert", c.x509(mine.certificate, func(x *wire.X509Data) { x.Serial = "00" }))
	c.fails("1101", http.MethodPost, "LogonCert", c.x509(mine.certificate, func(x *wire.X509Data) { x.Issuer = "nobody" }))
	c.fails("1201", http.MethodPost, "LogonCert", c.x509(mine.certificate, func(x *wire.X509Data) { x.Certificate = "AAAA" }))
	c.fails("1201", http.MethodPost, "LogonCert", []byte("<x"))
	c.fails("1101", http.MethodPost, "LogonCert", c.x509(selfMade(t).certificate, nil))
	c.p.Clock.Advance(10 * 365 * 24 * time.Hour)
	c.fails("1104", http.MethodPost, "LogonCert", c.x509(mine.certificate, nil))
	c.deviate()
	c.fails("1011", http.MethodPost, "LogonCert", c.x509(mine.certificate, nil))
}

func selfMade(t *testing.T) keyPair {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.CreateSelfSigned(nil, &cert.Template{Subject: cert.Name{CommonName: "x"}, NotBefore: portaltest.Start().AddDate(0, 0, -1), NotAfter: portaltest.Start().AddDate(1, 0, 0)}, key)
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{c, key}
}
