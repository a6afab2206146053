package sandbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
)

func permission(old, new string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(permissions, old, new, 1)))
}

func TestEveryRuleOfTheAuthorisationRequestHasItsPublishedCode(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	const unsigned = "unsigned" // the change must survive signing anew
	for _, c := range []struct {
		name, code string
		change     func(q map[string]string)
		opts       string
	}{
		{"no client", "007014", func(q map[string]string) { delete(q, "client_id") }, ""},
		{"unknown client", "008010", func(q map[string]string) { q["client_id"] = "STRANGER" }, ""},
		{"no redirect", "007014", func(q map[string]string) { delete(q, "redirect_uri") }, ""},
		{"foreign redirect", "007023", func(q map[string]string) { q["redirect_uri"] = "https://example.org/" }, ""},
		{"redirect to another machine", "007023", func(q map[string]string) { q["redirect_uri"] = "http://192.0.2.1/callback" }, ""},
		{"redirect to another path", "007023", func(q map[string]string) { q["redirect_uri"] = "http://127.0.0.1/other" }, ""},
		{"redirect with a user", "007023", func(q map[string]string) { q["redirect_uri"] = "http://a@127.0.0.1/callback" }, ""},
		{"no secret", "007014", func(q map[string]string) { delete(q, "client_secret") }, unsigned},
		{"no certificate hash", "007014", func(q map[string]string) { delete(q, "client_certificate_hash") }, ""},
		{"no state", "007014", func(q map[string]string) { delete(q, "state") }, ""},
		{"no timestamp", "007014", func(q map[string]string) { delete(q, "timestamp") }, ""},
		{"no scope", "007013", func(q map[string]string) { q["scope"] = "" }, ""},
		{"state is no UUID", "007003", func(q map[string]string) { q["state"] = "1" }, ""},
		{"unknown access type", "007003", func(q map[string]string) { q["access_type"] = "sometimes" }, ""},
		{"timestamp in another form", "007003", func(q map[string]string) { q["timestamp"] = "2026-09-01T12:00:00Z" }, ""},
		{"timestamp of yesterday", "007015", func(q map[string]string) { q["timestamp"] = stamp(start.Add(-24 * time.Hour)) }, ""},
		{"timestamp of tomorrow", "007015", func(q map[string]string) { q["timestamp"] = stamp(start.Add(24 * time.Hour)) }, ""},
		{"hash is SHA-1", "007053", func(q map[string]string) { q["client_certificate_hash"] = strings.Repeat("A", 40) }, ""},
		{"hash of another certificate", "007002", func(q map[string]string) { q["client_certificate_hash"] = strings.Repeat("A", 64) }, ""},
		{"secret is no base64", "007053", func(q map[string]string) { q["client_secret"] = "?" }, unsigned},
		{"secret is too short", "007053", func(q map[string]string) { q["client_secret"] = "AAAA" }, unsigned},
		{"secret over another string", "008010", func(q map[string]string) { q["client_secret"] = s.sign("something else") }, unsigned},
		{"scope changed after signing", "008010", func(q map[string]string) { q["scope"] += " inn" }, unsigned},
		{"unknown scope", "007006", func(q map[string]string) { q["scope"] = "openid everything" }, ""},
		{"plain PKCE", "007039", func(q map[string]string) { q["code_challenge"], q["code_challenge_method"] = "x", "plain" }, ""},
		{"implicit flow", "007012", func(q map[string]string) { q["response_type"] = "token" }, ""},
		{"permissions are no base64", "007003", func(q map[string]string) { q["permissions"] = "{}" }, ""},
		{"consent without a type", "036700", func(q map[string]string) {
			q["permissions"] = permission(`"sysname":"APIPGU","expire"`, `"sysname":"","expire"`)
		}, ""},
		{"unknown consent", "036701", func(q map[string]string) {
			q["permissions"] = permission(`"sysname":"APIPGU","expire"`, `"sysname":"OTHER","expire"`)
		}, ""},
		{"consent without its scope", "036702", func(q map[string]string) {
			q["permissions"] = permission(`{"sysname":"http://lk.gosuslugi.ru/api-order"},`, "")
		}, ""},
		{"scope outside the consent", "036703", func(q map[string]string) {
			q["permissions"] = permission(`{"sysname":"fullname"}`, `{"sysname":"nonsense"}`)
		}, ""},
		{"consent without actions", "036705", func(q map[string]string) {
			q["permissions"] = permission(`{"sysname":"ALL_ACTIONS_TO_DATA"}`, "")
		}, ""},
		{"unknown action", "036706", func(q map[string]string) { q["permissions"] = permission("ALL_ACTIONS_TO_DATA", "SELL_DATA") }, ""},
		{"consent without a purpose", "036707", func(q map[string]string) {
			q["permissions"] = permission(`"purposes":[{"sysname":"APIPGU"}]`, `"purposes":[]`)
		}, ""},
		{"two purposes", "036727", func(q map[string]string) {
			q["permissions"] = permission(`"purposes":[`, `"purposes":[{"sysname":"X"},`)
		}, ""},
		{"unknown purpose", "036726", func(q map[string]string) {
			q["permissions"] = permission(`"purposes":[{"sysname":"APIPGU"}]`, `"purposes":[{"sysname":"X"}]`)
		}, ""},
		{"consent for ever", "036716", func(q map[string]string) { q["permissions"] = permission("525600", "0") }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := p.authorization(s)
			c.change(q)
			if c.opts != unsigned {
				s.seal(q, "")
			}
			a := p.do("GET", "/aas/oauth2/v2/ac"+query(q), nil, "")
			got := string(a.body)
			if to := a.header.Get("Location"); to != "" {
				u, err := url.Parse(to)
				if err != nil {
					t.Fatal(err)
				}
				got = u.Query().Get("error_description")
				if u.Query().Get("state") != q["state"] {
					t.Errorf("state %q came back as %q", q["state"], u.Query().Get("state"))
				}
			}
			if !strings.Contains(got, "ESIA-"+c.code) {
				t.Errorf("want ESIA-%s, got %d %.300s", c.code, a.status, got)
			}
		})
	}
	t.Run("duplicate parameter", func(t *testing.T) {
		a := p.do("GET", "/aas/oauth2/v2/ac"+query(p.authorization(s))+"&scope=inn", nil, "")
		if !strings.Contains(string(a.body), "ESIA-007003") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestAGoodRequestLeadsToTheSignInPage(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	for name, change := range map[string]func(q map[string]string){
		"as it is":     func(map[string]string) {},
		"another zone": func(q map[string]string) { q["timestamp"] = stamp(start.In(time.FixedZone("", 3*3600))) },
		"a port":       func(q map[string]string) { q["redirect_uri"] = "http://127.0.0.1:34567/callback" },
		"lower-case digits": func(q map[string]string) {
			q["client_certificate_hash"] = strings.ToLower(q["client_certificate_hash"])
		},
	} {
		q := p.authorization(s)
		change(q)
		s.seal(q, "")
		if a := p.do("GET", "/aas/oauth2/v2/ac"+query(q), nil, ""); a.status != http.StatusFound || !strings.HasPrefix(a.header.Get("Location"), "/login?flow=") {
			t.Errorf("%s: %d %s %s", name, a.status, a.header.Get("Location"), a.body)
		}
	}
	// Other clients pad, or send standard base64: the real one takes it.
	q := p.authorization(s)
	raw, err := base64.RawURLEncoding.DecodeString(q["client_secret"])
	if err != nil {
		t.Fatal(err)
	}
	q["client_secret"] = base64.StdEncoding.EncodeToString(raw)
	if a := p.do("GET", "/aas/oauth2/v2/ac"+query(q), nil, ""); a.status != http.StatusFound {
		t.Errorf("standard base64: %d %s", a.status, a.body)
	}
}

func TestTheFirstProtocolTakesACMSOverItsOwnString(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	q := p.authorization(s)
	delete(q, "client_certificate_hash")
	crt, err := cert.Parse(s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cms.NewKeySigner(crt, s.key)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(text string) string {
		der, err := cms.SignDetached(context.Background(), strings.NewReader(text), &cms.Options{Time: start}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return base64.URLEncoding.EncodeToString(der)
	}
	q["client_secret"] = sign(q["scope"] + q["timestamp"] + q["client_id"] + q["state"])
	if a := p.do("GET", "/aas/oauth2/ac"+query(q), nil, ""); a.status != http.StatusFound || !strings.HasPrefix(a.header.Get("Location"), "/login") {
		t.Errorf("%d %s %s", a.status, a.header.Get("Location"), a.body)
	}
	q["client_secret"] = sign("something else")
	if a := p.do("GET", "/aas/oauth2/ac"+query(q), nil, ""); !strings.Contains(a.header.Get("Location"), "ESIA-008010") {
		t.Errorf("a signature over something else: %d %s", a.status, a.header.Get("Location"))
	}
}

func description(t *testing.T, a answer) string {
	t.Helper()
	d, _ := a.json(t)["error_description"].(string)
	return d
}

func TestEveryRuleOfTheTokenRequestHasItsPublishedCode(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	code := p.code(s)
	for _, c := range []struct {
		name, code string
		change     func(q map[string]string)
		unsigned   bool
	}{
		{"no code", "007014", func(q map[string]string) { delete(q, "code") }, false},
		{"no state", "007014", func(q map[string]string) { delete(q, "state") }, false},
		{"unknown grant", "007009", func(q map[string]string) { q["grant_type"] = "password" }, false},
		{"unknown client", "008010", func(q map[string]string) { q["client_id"] = "STRANGER" }, false},
		{"old timestamp", "007015", func(q map[string]string) { q["timestamp"] = stamp(start.Add(-time.Hour)) }, false},
		{"foreign redirect", "007023", func(q map[string]string) { q["redirect_uri"] = "https://example.org/" }, false},
		{"another redirect than before", "007011", func(q map[string]string) { q["redirect_uri"] = "http://127.0.0.1:9/callback" }, false},
		{"another code", "007011", func(q map[string]string) { q["code"] = "nonsense" }, false},
		{"signed without the code", "008010", func(q map[string]string) { s.seal(q, "") }, true},
		{"foreign certificate", "007002", func(q map[string]string) { q["client_certificate_hash"] = strings.Repeat("0", 64) }, false},
		{"mac token", "007003", func(q map[string]string) { q["token_type"] = "mac" }, false},
	} {
		q := p.exchange(s, code)
		c.change(q)
		if !c.unsigned {
			s.seal(q, q["code"])
		}
		a := p.form("/aas/oauth2/v3/te", q)
		if d := description(t, a); !strings.HasPrefix(d, "ESIA-"+c.code+": ") || a.status < 400 {
			t.Errorf("%s: want ESIA-%s, got %d %s", c.name, c.code, a.status, a.body)
		}
	}
	p.redeem(s, code)
}

func TestACodeUsedTwiceEndsItsSession(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	code := p.code(s)
	m := p.redeem(s, code)
	me := "/rs/prns/1000000002"
	if a := p.get(me, m.access); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if d := description(t, p.form("/aas/oauth2/v3/te", p.exchange(s, code))); !strings.HasPrefix(d, "ESIA-007011") {
		t.Errorf("%s", d)
	}
	if a := p.get(me, m.access); a.status != http.StatusUnauthorized {
		t.Errorf("the marker still works: %d", a.status)
	}
}

func TestACodeExpires(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	code := p.code(s)
	p.clock.Advance(grant.CodeTerm)
	if d := description(t, p.form("/aas/oauth2/v3/te", p.exchange(s, code))); !strings.HasPrefix(d, "ESIA-007011") {
		t.Errorf("%s", d)
	}
}

// refresh is a refresh request by one of the two disputed strings.
func (p *portal) refresh(s system, token string, withRedirect bool) answer {
	p.t.Helper()
	q := map[string]string{"client_id": s.id, "grant_type": "refresh_token", "refresh_token": token, "state": uuid(3),
		"scope": "openid fullname snils", "timestamp": stamp(p.clock.Now()), "token_type": "Bearer"}
	if withRedirect {
		q["redirect_uri"], q["client_certificate_hash"] = s.redirect, s.hash()
		s.seal(q, "")
	} else {
		q["client_secret"] = s.sign(q["client_id"] + q["scope"] + q["timestamp"] + q["state"] + token)
	}
	return p.form("/aas/oauth2/v3/te", q)
}

func TestARefreshTakesEitherStringAndRotates(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	for i, withRedirect := range []bool{true, false, true} {
		a := p.refresh(s, m.refresh, withRedirect)
		if a.status != http.StatusOK {
			t.Fatalf("refresh %d: %d %s", i+1, a.status, a.body)
		}
		next, _ := a.json(t)["refresh_token"].(string)
		if next == "" || next == m.refresh {
			t.Fatalf("refresh %d did not rotate", i+1)
		}
		m.refresh = next
	}
}

func TestAReusedRefreshMarkerKillsItsFamily(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	fresh := p.refresh(s, m.refresh, true).json(t)
	if d := description(t, p.refresh(s, m.refresh, true)); !strings.HasPrefix(d, "ESIA-007011") {
		t.Errorf("reuse: %s", d)
	}
	if d := description(t, p.refresh(s, fresh["refresh_token"].(string), true)); !strings.HasPrefix(d, "ESIA-007011") {
		t.Errorf("the newest of the family after a reuse: %s", d)
	}
	if a := p.get("/rs/prns/1000000002", fresh["access_token"].(string)); a.status != http.StatusUnauthorized {
		t.Errorf("the family's marker still works: %d", a.status)
	}
}

func TestOnlineAccessGivesNoRefreshMarker(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	q := p.authorization(s)
	q["access_type"] = "online"
	s.seal(q, "")
	id := p.begin(q, anna, annaPassword, "").json(t)["id"].(string)
	code := p.factor(id, "sms", p.lastCode(anna)).json(t)["code"].(string)
	if m := p.redeem(s, code); m.refresh != "" {
		t.Error("online access gave a refresh marker")
	}
}

func TestClientCredentialsNeedAStandingConsent(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	ask := func() answer {
		q := map[string]string{"client_id": s.id, "grant_type": "client_credentials", "scope": "prm_chg?oid=1000000002", "state": uuid(4),
			"redirect_uri": s.redirect, "timestamp": stamp(p.clock.Now()), "token_type": "Bearer", "client_certificate_hash": s.hash()}
		s.seal(q, "")
		return p.form("/aas/oauth2/v3/te", q)
	}
	if d := description(t, ask()); !strings.HasPrefix(d, "ESIA-036700") {
		t.Errorf("without a consent: %s", d)
	}
	p.tokens(s) // the sign-in gives the consent
	a := ask()
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c := claims(t, a.json(t)["access_token"].(string))
	if c["permissions"] != `[{"sysname":"APIPGU"}]` || !strings.Contains(c["scope"].(string), "api-order?oid=1000000002") {
		t.Errorf("%v", c)
	}
}

func TestMarkersCarryASignatureOfThePortalsCertificate(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	esia := p.describe()
	for name, marker := range map[string]string{"access": m.access, "id": m.id} {
		cut := strings.LastIndexByte(marker, '.')
		sig, err := base64.RawURLEncoding.DecodeString(marker[cut+1:])
		if err != nil {
			t.Fatal(err)
		}
		sum := streebog.Sum256([]byte(marker[:cut]))
		if !esia[0].Verify(sum[:], sig) {
			t.Errorf("the %s marker's signature does not hold", name)
		}
		var header map[string]any
		b, err := base64.RawURLEncoding.DecodeString(marker[:strings.IndexByte(marker, '.')])
		if err != nil || json.Unmarshal(b, &header) != nil {
			t.Fatal(err)
		}
		if header["alg"] != "GOST3410_2012_256" || header["sbt"] != name || header["typ"] != "JWT" || header["ver"] != 1.0 {
			t.Errorf("header %v", header)
		}
	}
	if c := claims(t, m.access); c["iss"] != "http://esia.epgu-sandbox.invalid/" || !strings.Contains(c["scope"].(string), "fullname?oid=1000000002") {
		t.Errorf("%v", c)
	}
}

func (p *portal) describe() []*gost3410.PublicKey {
	p.t.Helper()
	var out []*gost3410.PublicKey
	for rest := []byte(p.markerCertificates()); ; {
		block, more := pem.Decode(rest)
		if block == nil {
			return out
		}
		c, err := cert.Parse(block.Bytes)
		if err != nil {
			p.t.Fatal(err)
		}
		if c.Issuer.CommonName != "epgu sandbox CA" {
			p.t.Errorf("issued by %s", c.Issuer)
		}
		out, rest = append(out, c.Key), more
	}
}

func TestMarkersOutliveARotationOfThePortalsKey(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	old := p.tokens(s)
	if a := p.do("POST", "/sandbox/v1/keys/rotate", nil, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if n := len(p.describe()); n != 2 {
		t.Errorf("%d certificates after a rotation", n)
	}
	p.clock.Advance(time.Minute)
	fresh := p.tokens(s)
	// Another process has verified neither.
	other := openPortalIn(t, p.dir, p.clock)
	for name, marker := range map[string]string{"old": old.access, "new": fresh.access} {
		if a := other.get("/rs/prns/1000000002", marker); a.status != http.StatusOK {
			t.Errorf("the %s marker: %d %s", name, a.status, a.body)
		}
	}
}

func TestAMarkerThatIsNotGoodOpensNothing(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	parts := strings.Split(m.access, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString(bytes.Replace(body, []byte("1000000002"), []byte("1000000003"), -1))
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"ver":1,"typ":"JWT","sbt":"access","alg":"none"}`))
	for name, marker := range map[string]string{
		"empty": "", "nonsense": "nonsense", "two dots": "..", "id marker": m.id,
		"changed claims":     parts[0] + "." + forged + "." + parts[2],
		"no algorithm":       none + "." + parts[1] + ".",
		"signature cut":      parts[0] + "." + parts[1] + "." + parts[2][:10],
		"signed by a client": parts[0] + "." + parts[1] + "." + s.sign(parts[0]+"."+parts[1]),
		"very long":          strings.Repeat("a", 20<<10),
	} {
		if a := p.get("/rs/prns/1000000003", marker); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	p.clock.Advance(grant.MarkerTerm)
	if a := p.get("/rs/prns/1000000002", m.access); a.status != http.StatusUnauthorized || !strings.Contains(a.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("expired: %d", a.status)
	}
}
