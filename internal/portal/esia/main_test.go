package esia

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	mnemonic = "EPGU_TEST"
	redirect = "https://127.0.0.1:8999/callback"
	issuer   = "http://esia.example.test/"
)

func now() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

// identity is a key with a certificate.
type identity struct {
	cert.Authority
	root *cert.Certificate
}

func newIdentity(t testing.TB, name string) identity {
	t.Helper()
	from, until := now().AddDate(-1, 0, 0), now().AddDate(1, 0, 0)
	ca, err := gost.NewAuthority(nil, cert.Name{CommonName: untrusted.Text(name + " CA")}, from, until)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := gost.IssueSigning(nil, ca, cert.Name{CommonName: untrusted.Text(name)}, key.PublicKey(), from, until)
	if err != nil {
		t.Fatal(err)
	}
	return identity{cert.Authority{Certificate: leaf, Key: key}, ca.Certificate}
}

// roots is what a signature of i is checked against.
func (i identity) roots() *cms.VerifyOptions {
	return &cms.VerifyOptions{Chain: cert.ChainOptions{Roots: []*cert.Certificate{i.root}, Time: now()}}
}

func (i identity) signer(t testing.TB) Signer {
	t.Helper()
	s, err := gost.NewKeySigner(i.Certificate, i.Key)
	if err != nil {
		t.Fatal(err)
	}
	return SignWith(s, now)
}

func (i identity) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate.Raw})
}

func (i identity) marker(t testing.TB, kind string, claims any) string {
	t.Helper()
	token, err := gost.SignJWT(i.Key, map[string]any{"ver": 1, "sbt": kind}, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func access() wire.AccessClaims {
	return wire.AccessClaims{NotBefore: now().Unix(), ExpiresAt: now().Add(time.Hour).Unix(), IssuedAt: now().Unix(), Issuer: issuer,
		ClientID: mnemonic, Scope: "openid?oid=1000", SessionID: "sid", SubjectID: 1000}
}

func personal() wire.IDClaims {
	return wire.IDClaims{Audience: mnemonic, Subject: "1000", NotBefore: now().Unix(), ExpiresAt: now().Add(time.Hour).Unix(), IssuedAt: now().Unix(), Issuer: issuer,
		Person: wire.IDPerson{Type: "P", OID: 1000, Level: "PR", Trusted: true}}
}

// world is a hand-written ЕСИА with its key and a client of it.
type world struct {
	system, portal identity
	client         *Client
	mux            *http.ServeMux
	url            string
}

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	w := &world{system: newIdentity(t, "system"), portal: newIdentity(t, "portal"), mux: http.NewServeMux()}
	s := httptest.NewServer(w.mux)
	w.url = s.URL
	tc, err := transport.New(transport.Options{Base: &http.Transport{}, Origins: []string{s.URL}, Clock: clock.NewManual(now()), MaxAttempts: 2,
		Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tc.CloseIdle(); s.Close() })
	opts := Options{Base: s.URL + "/", ClientID: mnemonic, RedirectURI: redirect, Scopes: []string{"openid", "fullname"},
		OrgScopes: []string{"http://esia.gosuslugi.ru/org_ogrn"}, Signer: w.system.signer(t),
		Markers: Trust{Issuers: []string{issuer}, Certificates: func(context.Context, bool) ([]byte, error) { return w.portal.pem(), nil }}}
	if change != nil {
		change(&opts)
	}
	w.client = New(tc, opts)
	return w
}

func (w *world) tokens(t testing.TB, state string) []byte {
	t.Helper()
	b, err := json.Marshal(wire.TokenResponse{AccessToken: w.portal.marker(t, "access", access()), IDToken: w.portal.marker(t, "id", personal()),
		RefreshToken: "refresh-2", State: state, TokenType: "Bearer", ExpiresIn: 3600})
	if err != nil {
		t.Error(err)
	}
	return b
}

func wantFault(t *testing.T, err error, exit exitcode.Code, code string) *fault.Error {
	t.Helper()
	f, ok := err.(*fault.Error)
	if !ok {
		t.Fatalf("not a fault: %T %v", err, err)
	}
	if f.Exit != exit || f.Code != code {
		t.Fatalf("exit %d code %s, want %d %s: %v", f.Exit, f.Code, exit, code, err)
	}
	if ru := f.Message.In(i18n.RU); ru == "" || ru == f.Message.In(i18n.EN) {
		t.Errorf("%s is not in two languages", code)
	}
	return f
}
