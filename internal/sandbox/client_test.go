package sandbox_test

// A client of the portal written by hand from the published description, on
// purpose without the program's own client code: what it can do, any other
// client can.

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// start is the wall clock at which every test begins.
var start = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

type portal struct {
	t      *testing.T
	portal *sandbox.Portal
	clock  *clock.Manual
	http   *http.Client
	base   string
	dir    string
	rules  *portaltest.Contract
}

func openPortal(t *testing.T) *portal {
	t.Helper()
	return openPortalIn(t, t.TempDir(), clock.NewManual(start))
}

func openPortalIn(t *testing.T, dir string, c *clock.Manual) *portal {
	t.Helper()
	p, err := sandbox.Open(t.Context(), sandbox.Options{Dir: dir, Clock: c, SkipIdle: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return &portal{t: t, portal: p, clock: c, base: sandbox.Origin, dir: dir, rules: rules(t),
		http: &http.Client{Transport: p.Transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

var (
	readRules   sync.Once
	theContract *portaltest.Contract
)

// rules reads the contract once for all tests.
func rules(t *testing.T) *portaltest.Contract {
	t.Helper()
	readRules.Do(func() { theContract = portaltest.ReadContract(t) })
	return theContract
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("status %d, not JSON: %q", a.status, a.body)
	}
	return v
}

func (p *portal) do(method, path string, header map[string]string, body string) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if at := req.URL.Path; strings.HasPrefix(at, "/api/cabinet/") || strings.HasPrefix(at, "/.well-known/") {
		if err := p.rules.Holds(method, at, resp.StatusCode, resp.Header, b); err != nil {
			p.t.Errorf("%s %s → %d breaks the contract: %v\n%s", method, at, resp.StatusCode, err, b)
		}
	}
	return answer{resp.StatusCode, resp.Header, b}
}

func (p *portal) postJSON(path, token string, v any) answer {
	p.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	h := map[string]string{"Content-Type": "application/json"}
	if token != "" {
		h["Authorization"] = "Bearer " + token
	}
	return p.do("POST", path, h, string(b))
}

func (p *portal) get(path, token string) answer {
	p.t.Helper()
	h := map[string]string{}
	if token != "" {
		h["Authorization"] = "Bearer " + token
	}
	return p.do("GET", path, h, "")
}

// system is a registered information system: a key and its certificate.
type system struct {
	id, redirect string
	key          *gost3410.PrivateKey
	certificate  []byte
}

func (p *portal) system() system {
	p.t.Helper()
	c := p.get("/sandbox/v1/client", "").json(p.t)
	key, _ := pem.Decode([]byte(c["keyPem"].(string)))
	crt, _ := pem.Decode([]byte(c["certificatePem"].(string)))
	k, err := gost3410.ParsePKCS8(key.Bytes)
	if err != nil {
		p.t.Fatal(err)
	}
	return system{id: c["clientId"].(string), redirect: c["redirectUri"].(string), key: k, certificate: crt.Bytes}
}

func (s system) sign(text string) string {
	sum := streebog.Sum256([]byte(text))
	sig, err := s.key.Sign(nil, sum[:], nil)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(sig)
}

func (s system) hash() string {
	sum := streebog.Sum256(s.certificate)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func uuid(n int) string { return fmt.Sprintf("a8a2e6f0-0000-4000-8000-%012d", n) }

func stamp(t time.Time) string { return t.Format("2006.01.02 15:04:05 -0700") }

// permissions asks for the consent that API ЕПГУ needs.
const permissions = `[{"responsibleObject":"epgu","sysname":"APIPGU","expire":525600,"actions":[{"sysname":"ALL_ACTIONS_TO_DATA"}],` +
	`"purposes":[{"sysname":"APIPGU"}],"scopes":[{"sysname":"http://lk.gosuslugi.ru/api-order"},{"sysname":"fullname"}]}]`

// authorization is a good authorisation request.
func (p *portal) authorization(s system) map[string]string {
	q := map[string]string{
		"client_id": s.id, "redirect_uri": s.redirect, "scope": "openid fullname snils", "response_type": "code",
		"state": uuid(1), "access_type": "offline", "timestamp": stamp(p.clock.Now()),
		"client_certificate_hash": s.hash(), "permissions": base64.RawURLEncoding.EncodeToString([]byte(permissions)),
	}
	s.seal(q, "")
	return q
}

// seal signs a request anew, by the v2 string.
func (s system) seal(q map[string]string, tail string) {
	q["client_secret"] = s.sign(q["client_id"] + q["scope"] + q["scope_org"] + q["timestamp"] + q["state"] + q["redirect_uri"] + tail)
}

// wire spells an authorisation request for the terminal.
func wire(q map[string]string) map[string]string {
	return map[string]string{
		"clientId": q["client_id"], "clientSecret": q["client_secret"], "clientCertificateHash": q["client_certificate_hash"],
		"redirectUri": q["redirect_uri"], "scope": q["scope"], "scopeOrg": q["scope_org"], "state": q["state"],
		"timestamp": q["timestamp"], "accessType": q["access_type"], "permissions": q["permissions"],
	}
}

func (p *portal) begin(q map[string]string, login, password, org string) answer {
	p.t.Helper()
	return p.postJSON("/api/cabinet/v1/sign-ins", "", map[string]any{
		"authorization": wire(q), "login": login, "password": password, "orgOid": org})
}

func (p *portal) factor(id, kind, code string) answer {
	p.t.Helper()
	return p.postJSON("/api/cabinet/v1/sign-ins/"+id+"/factor", "", map[string]string{"kind": kind, "code": code})
}

// lastCode returns the newest one-time code sent to somebody.
func (p *portal) lastCode(login string) string {
	p.t.Helper()
	for _, u := range p.get("/sandbox/v1/users", "").json(p.t)["items"].([]any) {
		user := u.(map[string]any)
		if user["login"] == login || strings.Contains(fmt.Sprint(user["logins"]), login) {
			return user["messages"].([]any)[0].(map[string]any)["code"].(string)
		}
	}
	p.t.Fatalf("no user %s", login)
	return ""
}

func (p *portal) form(path string, q map[string]string) answer {
	p.t.Helper()
	v := url.Values{}
	for k, s := range q {
		if s != "" {
			v.Set(k, s)
		}
	}
	return p.do("POST", path, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, v.Encode())
}

// exchange is a good token request for a code.
func (p *portal) exchange(s system, code string) map[string]string {
	q := map[string]string{
		"client_id": s.id, "code": code, "grant_type": "authorization_code", "state": uuid(2), "redirect_uri": s.redirect,
		"scope": "openid fullname snils", "timestamp": stamp(p.clock.Now()), "token_type": "Bearer", "client_certificate_hash": s.hash(),
	}
	s.seal(q, code)
	return q
}

type tokens struct{ access, id, refresh string }

const (
	petr, petrPassword   = "+79000000001", "Uchebny-2026"
	anna, annaPassword   = "+79000000002", "Obraztsova-2026"
	maria, mariaPassword = "+79000000004", "Schetova-2026"
	oleg, olegPassword   = "+79000000005", "Direktorov-2026"
	petrSecret           = "JBSWY3DPEHPK3PXP"
	company              = "1000000101"
)

// code signs Anna in by SMS and returns the authorisation code.
func (p *portal) code(s system) string {
	p.t.Helper()
	a := p.begin(p.authorization(s), anna, annaPassword, "")
	if a.status != http.StatusCreated {
		p.t.Fatalf("begin: %d %s", a.status, a.body)
	}
	done := p.factor(a.json(p.t)["id"].(string), "sms", p.lastCode(anna)).json(p.t)
	code, _ := done["code"].(string)
	if code == "" {
		p.t.Fatalf("no code: %v", done)
	}
	return code
}

func (p *portal) tokens(s system) tokens {
	p.t.Helper()
	return p.redeem(s, p.code(s))
}

func (p *portal) redeem(s system, code string) tokens {
	p.t.Helper()
	a := p.form("/aas/oauth2/v3/te", p.exchange(s, code))
	if a.status != http.StatusOK {
		p.t.Fatalf("te: %d %s", a.status, a.body)
	}
	v := a.json(p.t)
	if v["state"] != uuid(2) || v["token_type"] != "Bearer" || v["expires_in"] != 3600.0 {
		p.t.Errorf("te answered %v", v)
	}
	refresh, _ := v["refresh_token"].(string)
	id, _ := v["id_token"].(string)
	return tokens{v["access_token"].(string), id, refresh}
}

// claims reads a marker without believing it.
func claims(t *testing.T, marker string) map[string]any {
	t.Helper()
	parts := strings.Split(marker, ".")
	if len(parts) != 3 {
		t.Fatalf("a marker has %d parts", len(parts))
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func totp(at time.Time) string { return signin.TOTP(petrSecret, at) }

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// markerCertificates returns what the capabilities document says of markers.
func (p *portal) markerCertificates() string {
	p.t.Helper()
	return p.get("/.well-known/epgu", "").json(p.t)["esia"].(map[string]any)["certificatePem"].(string)
}
