package sandbox_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
)

func TestPersonDataOpensByScope(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	v := p.get("/rs/prns/1000000002", m.access).json(t)
	if v["lastName"] != "Образцова" || v["snils"] != "000-000-006 06" || v["rIdDoc"] != 21.0 || v["trusted"] != false {
		t.Errorf("%v", v)
	}
	if v["inn"] != nil || v["birthDate"] != nil {
		t.Errorf("data without a scope: %v", v)
	}
	if a := p.get("/rs/prns/1000000002/ctts", m.access); a.status != http.StatusForbidden || a.json(t)["code"] != "ESIA-007019" {
		t.Errorf("contacts without a scope: %d %s", a.status, a.body)
	}
	if a := p.get("/rs/prns/1000000003", m.access); a.status != http.StatusNotFound {
		t.Errorf("somebody else's data: %d", a.status)
	}
}

func TestCollectionsAreAddressesOrObjects(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	q := p.authorization(s)
	q["scope"] = "openid fullname contacts addresses id_doc drivers_licence_doc vehicles kid_fullname usr_org"
	s.seal(q, "")
	id := p.begin(q, petr, petrPassword, "").json(t)["id"].(string)
	code := p.factor(id, "totp", totp(p.clock.Now())).json(t)["code"].(string)
	ex := p.exchange(s, code)
	ex["scope"] = q["scope"]
	s.seal(ex, code)
	marker := p.form("/aas/oauth2/v3/te", ex).json(t)["access_token"].(string)
	me := "/rs/prns/1000000003"

	list := p.get(me+"/ctts", marker).json(t)
	elements := list["elements"].([]any)
	if list["size"] != 2.0 || len(elements) != 2 || list["stateFacts"].([]any)[0] != "hasSize" {
		t.Fatalf("%v", list)
	}
	u, err := url.Parse(elements[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	if v := p.get(u.Path, marker).json(t); v["type"] != "MBT" || v["value"] != "+7(900)0000001" || v["vrfStu"] != "VERIFIED" {
		t.Errorf("element %v", v)
	}
	if v := p.get(me+"/docs?embed=(elements)", marker).json(t); v["elements"].([]any)[0].(map[string]any)["type"] != "RF_PASSPORT" {
		t.Errorf("%v", v)
	}
	v := p.get(me+"?embed=(contacts.elements,addresses.elements,documents.elements,vehicles.elements,kids.elements,organizations.elements)", marker).json(t)
	for _, name := range []string{"contacts", "addresses", "documents", "vehicles", "kids", "organizations"} {
		if _, ok := v[name].(map[string]any); !ok {
			t.Errorf("%s is not embedded: %v", name, v[name])
		}
	}
}

func TestOrganisationsOpenToTheirMembers(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), oleg, olegPassword, company).json(t)["id"].(string)
	m := p.redeem(s, p.factor(id, "sms", p.lastCode(oleg)).json(t)["code"].(string))
	if v := p.get("/rs/orgs/"+company, m.access).json(t); v["ogrn"] != "1000000000010" || v["inn"] != "9600000016" {
		t.Errorf("%v", v)
	}
	roles := p.get("/rs/prns/1000000005/roles", m.access).json(t)
	if r := roles["elements"].([]any)[0].(map[string]any); r["chief"] != true || r["shortName"] != "ООО «Учебная ромашка»" {
		t.Errorf("%v", roles)
	}
	stranger := p.tokens(s)
	if a := p.get("/rs/orgs/"+company, stranger.access); a.status != http.StatusNotFound {
		t.Errorf("a stranger read the organisation: %d", a.status)
	}
}

func TestLogoutEndsTheSessionAndGoesOnlyToTheClientsOwnAddress(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	if a := p.get("/idp/ext/Logout?client_id="+s.id+"&redirect_url=https://example.org/", m.access); a.status != http.StatusBadRequest {
		t.Errorf("a foreign redirect_url: %d", a.status)
	}
	a := p.get("/idp/ext/Logout?client_id="+s.id+"&redirect_url="+url.QueryEscape(s.redirect), m.access)
	if a.status != http.StatusFound || a.header.Get("Location") != s.redirect {
		t.Errorf("%d %s", a.status, a.header.Get("Location"))
	}
	if a := p.get("/rs/prns/1000000002", m.access); a.status != http.StatusUnauthorized {
		t.Errorf("after logout: %d", a.status)
	}
	if d := description(t, p.refresh(s, m.refresh, true)); !strings.HasPrefix(d, "ESIA-007011") {
		t.Errorf("refresh after logout: %s", d)
	}
}

func TestAnAPIKeyAndASignatureMakeAMarkerOfTheOrganisation(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	keys := p.get("/sandbox/v1/client", "").json(t)["apiKeys"].([]any)
	key := keys[0].(map[string]any)["key"].(string)
	crt, err := cert.Parse(s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cms.NewKeySigner(crt, s.key)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(text string) string {
		der, err := cms.SignDetached(context.Background(), strings.NewReader(text), &cms.Options{}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(der)
	}
	path := func(key, sig string) string {
		return "/esia-rs/api/public/v1/orgs/ext-app/" + key + "/tkn?signature=" + sig
	}
	a := p.get(path(key, sign(key)), "")
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c := claims(t, a.json(t)["accessTkn"].(string))
	if c["org_oid"].(json.Number).String() != company {
		t.Errorf("%v", c)
	}
	for name, x := range map[string]struct {
		path   string
		status int
	}{
		"unknown key":     {path(uuid(9), sign(uuid(9))), http.StatusNotFound},
		"foreign text":    {path(key, sign("something else")), http.StatusForbidden},
		"raw signature":   {path(key, s.sign(key)), http.StatusForbidden},
		"empty signature": {path(key, ""), http.StatusForbidden},
	} {
		if a := p.get(x.path, ""); a.status != x.status {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}
