package sandbox_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
)

// holder is a person's key with a certificate.
type holder struct {
	key *gost3410.PrivateKey
	crt *cert.Certificate
}

// holds has the portal issue a certificate to whom a marker belongs.
func (p *portal) holds(token string) holder {
	p.t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := cert.CreateRequest(rand.Reader, cert.Name{CommonName: "x"}, key)
	if err != nil {
		p.t.Fatal(err)
	}
	a := p.postJSON(api+"/certificate-requests", token, map[string]string{"request": string(cert.RequestPEM(request))})
	if a.status != http.StatusOK {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	all, err := cert.ParseAll([]byte(a.json(p.t)["certificatePem"].(string)))
	if err != nil {
		p.t.Fatal(err)
	}
	return holder{key, all[0]}
}

// bind binds a certificate to the account of a marker.
func (p *portal) bind(token, login string, h holder) {
	p.t.Helper()
	a := p.postJSON(api+"/certificates", token, map[string]string{"certificatePem": string(h.crt.PEM())})
	if a.status != http.StatusCreated {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	if a = p.postJSON(api+"/certificates/"+a.json(p.t)["id"].(string)+"/code", token, map[string]string{"code": p.lastCode(login)}); a.status != http.StatusOK {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
}

// signs makes a detached CMS over a text.
func (h holder) signs(t *testing.T, text string, at time.Time) string {
	t.Helper()
	signer, err := cms.NewKeySigner(h.crt, h.key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := cms.SignDetached(context.Background(), strings.NewReader(text), &cms.Options{Time: at}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// byCertificate begins a sign-in by a certificate and returns what to sign.
func (p *portal) byCertificate(s system, org string) (id, challenge string) {
	p.t.Helper()
	a := p.postJSON(api+"/certificate-sign-ins", "", map[string]any{"authorization": wire(p.authorization(s)), "orgOid": org})
	if a.status != http.StatusCreated {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	v := a.json(p.t)
	factor := v["factors"].([]any)[0].(map[string]any)
	if v["state"] != "factor" || factor["kind"] != "certificate" {
		p.t.Fatalf("%v", v)
	}
	return v["id"].(string), factor["challenge"].(string)
}

func (p *portal) sign(id, signature string) answer {
	p.t.Helper()
	return p.postJSON(api+"/sign-ins/"+id+"/factor", "", map[string]string{"kind": "certificate", "code": "", "signature": signature})
}

// bySMS signs somebody in by a code sent to the phone.
func (p *portal) bySMS(s system, login, password, org string) string {
	p.t.Helper()
	id := p.begin(p.authorization(s), login, password, org).json(p.t)["id"].(string)
	a := p.postJSON(api+"/sign-ins/"+id+"/factor", "", map[string]string{"kind": "sms", "code": ""})
	if a.status != http.StatusOK && a.status != http.StatusTooManyRequests {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	return p.redeem(s, p.factor(id, "sms", p.lastCode(login)).json(p.t)["code"].(string)).access
}

func TestABoundCertificateSignsInInsteadOfAPassword(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	petrs := p.bySMS(s, petr, petrPassword, "")
	h := p.holds(petrs)
	p.bind(petrs, petr, h)
	id, challenge := p.byCertificate(s, "")
	for _, line := range []string{"epgu sign-in 1\n", "\nclient " + s.id + "\n", "\nstate " + uuid(1) + "\n", "\nsign-in " + id + "\n"} {
		if !strings.Contains(challenge, line) {
			t.Errorf("the challenge %q lacks %q", challenge, line)
		}
	}
	signature := h.signs(t, challenge, p.clock.Now())
	done := p.sign(id, signature)
	if done.status != http.StatusOK {
		t.Fatalf("%d %s", done.status, done.body)
	}
	m := p.redeem(s, done.json(t)["code"].(string))
	if c := claims(t, m.id); c["amr"] != "DS" || c["sub"] != json.Number("1000000003") {
		t.Errorf("%v", c)
	}
	if a := p.sign(id, signature); a.status != http.StatusNotFound {
		t.Errorf("the signature was good twice: %d %s", a.status, a.body)
	}
	if h := p.get(api+"/sign-in-history", m.access).json(t)["items"].([]any)[0].(map[string]any); h["method"] != "DS" || h["outcome"] != "done" {
		t.Errorf("history %v", h)
	}
}

func TestACertificateConfirmsAPassword(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	petrs := p.bySMS(s, petr, petrPassword, "")
	h := p.holds(petrs)
	if got := string(p.begin(p.authorization(s), petr, petrPassword, "").body); strings.Contains(got, "certificate") {
		t.Errorf("a certificate is offered before one is bound: %s", got)
	}
	p.bind(petrs, petr, h)
	v := p.begin(p.authorization(s), petr, petrPassword, "").json(t)
	list := v["factors"].([]any)
	last := list[len(list)-1].(map[string]any)
	if last["kind"] != "certificate" {
		t.Fatalf("%v", v)
	}
	id := v["id"].(string)
	done := p.sign(id, h.signs(t, last["challenge"].(string), p.clock.Now()))
	if done.status != http.StatusOK {
		t.Fatalf("%d %s", done.status, done.body)
	}
	if c := claims(t, p.redeem(s, done.json(t)["code"].(string)).id); c["amr"] != "DS" {
		t.Errorf("%v", c)
	}
}

func TestACertificateThatDoesNotFitIsRefusedWithTheReason(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	petrs := p.bySMS(s, petr, petrPassword, "")
	olegs := p.bySMS(s, oleg, olegPassword, "")
	bound, loose, other := p.holds(petrs), p.holds(petrs), p.holds(olegs)
	p.bind(petrs, petr, bound)
	p.bind(olegs, oleg, other)
	selfMade := holder{key: bound.key}
	var err error
	if selfMade.crt, err = cert.CreateSelfSigned(rand.Reader, &cert.Template{Subject: cert.Name{CommonName: "x"}, NotBefore: start.Add(-time.Hour),
		NotAfter: start.AddDate(1, 0, 0)}, bound.key); err != nil {
		t.Fatal(err)
	}
	p.bind(petrs, petr, selfMade)
	now := p.clock.Now()
	for _, c := range []struct {
		name, code string
		status     int
		sign       func(challenge string) string
	}{
		{"no signature", "signature", http.StatusUnauthorized, func(string) string { return "" }},
		{"not base64", "signature", http.StatusUnauthorized, func(string) string { return "?" }},
		{"not a CMS", "signature", http.StatusUnauthorized, func(string) string { return "AAAA" }},
		{"over another text", "signature", http.StatusUnauthorized, func(c string) string { return bound.signs(t, c+" ", now) }},
		{"of another authority", "untrusted", http.StatusForbidden, func(c string) string { return selfMade.signs(t, c, now) }},
		{"bound to nobody", "unbound", http.StatusForbidden, func(c string) string { return loose.signs(t, c, now) }},
	} {
		id, challenge := p.byCertificate(s, "")
		a := p.sign(id, c.sign(challenge))
		if a.status != c.status || a.json(t)["code"] != "signin.certificate_"+c.code {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
	t.Run("of somebody else after a password", func(t *testing.T) {
		v := p.begin(p.authorization(s), petr, petrPassword, "").json(t)
		list := v["factors"].([]any)
		a := p.sign(v["id"].(string), other.signs(t, list[len(list)-1].(map[string]any)["challenge"].(string), now))
		if a.status != http.StatusForbidden || a.json(t)["code"] != "signin.certificate_foreign" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("three bad signatures end the sign-in and lock nobody", func(t *testing.T) {
		id, challenge := p.byCertificate(s, "")
		for range 3 {
			p.sign(id, "AAAA")
		}
		if a := p.sign(id, bound.signs(t, challenge, now)); a.status != http.StatusNotFound {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := p.begin(p.authorization(s), petr, petrPassword, ""); a.status != http.StatusCreated {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("for an organisation that is not his", func(t *testing.T) {
		id, challenge := p.byCertificate(s, company)
		if a := p.sign(id, bound.signs(t, challenge, now)); a.status != http.StatusForbidden || a.json(t)["code"] != "signin.not_member" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("of a locked account", func(t *testing.T) {
		for range 5 {
			p.begin(p.authorization(s), petr, "wrong", "")
		}
		id, challenge := p.byCertificate(s, "")
		if a := p.sign(id, bound.signs(t, challenge, now)); a.status != http.StatusLocked {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("past its term", func(t *testing.T) {
		p.clock.Advance(2 * 365 * 24 * time.Hour)
		id, challenge := p.byCertificate(s, "")
		if a := p.sign(id, other.signs(t, challenge, p.clock.Now())); a.status != http.StatusForbidden || a.json(t)["code"] != "signin.certificate_expired" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestACertificateOfAnOrganisationActsForIt(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	olegs := p.bySMS(s, oleg, olegPassword, company)
	h := p.holds(olegs)
	p.bind(olegs, oleg, h)
	id, challenge := p.byCertificate(s, "")
	done := p.sign(id, h.signs(t, challenge, p.clock.Now()))
	if done.status != http.StatusOK {
		t.Fatalf("%d %s", done.status, done.body)
	}
	m := p.redeem(s, done.json(t)["code"].(string))
	if c := claims(t, m.access); c["org_oid"].(interface{ String() string }).String() != company {
		t.Errorf("%v", c)
	}
	// The role of a session that a certificate began is switched by what it was.
	a := p.postJSON(api+"/roles/switch", m.access, map[string]any{"authorization": wire(p.authorization(s)), "orgOid": ""})
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if c := claims(t, p.redeem(s, a.json(t)["code"].(string)).id); c["amr"] != "DS" {
		t.Errorf("%v", c)
	}
}
