package acceptance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/portal/training"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// spoilt is a signer of which one thing is wrong.
type spoilt struct {
	esia.Signer
	hash  string
	raw   func([]byte) []byte // changes the signature
	other string              // is signed instead
}

func (s spoilt) CertificateHash() string {
	if s.hash != "" {
		return s.hash
	}
	return s.Signer.CertificateHash()
}

func (s spoilt) SignRaw(ctx context.Context, m []byte) ([]byte, error) {
	if s.other != "" {
		m = []byte(s.other)
	}
	sig, err := s.Signer.SignRaw(ctx, m)
	if s.raw != nil {
		sig = s.raw(sig)
	}
	return sig, err
}

// realESIA makes the program's own client of ЕСИА for the embedded portal's;
// change spoils it. now is the client's clock.
func realESIA(t *testing.T, portal *servedPortal, now time.Time, change func(*esia.Options)) *esia.Client {
	t.Helper()
	tc, err := transport.New(transport.Options{Base: &http.Transport{DisableKeepAlives: true}, Origins: []string{portal.URL}, Clock: clock.NewManual(now), MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tc.CloseIdle)
	c, err := training.New(tc, portal.URL).SignInClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	caps, err := cabinet.New(tc, portal.URL).Capabilities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := keyfile.Parse([]byte(c.KeyPEM), nil)
	if err != nil {
		t.Fatal(err)
	}
	certificates, err := cert.ParseAll([]byte(c.CertificatePEM))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gost.NewKeySigner(certificates[0], key)
	if err != nil {
		t.Fatal(err)
	}
	o := esia.Options{Base: portal.URL, ClientID: c.ClientID, RedirectURI: c.RedirectURI, Scopes: []string{"openid", "fullname"},
		Permissions: []wire.Permission{esia.Consent{Responsible: "epgu", Sysname: "APIPGU", Minutes: 60, Actions: []string{"ALL_ACTIONS_TO_DATA"}, Purposes: []string{"APIPGU"}, Covered: []string{"http://lk.gosuslugi.ru/api-order", "fullname"}}.Permission()}, Signer: esia.SignWith(signer, func() time.Time { return now }),
		Markers: esia.Trust{Issuers: []string{caps.ESIA.Issuer}, Certificates: func(context.Context, bool) ([]byte, error) { return []byte(caps.ESIA.CertificatePEM), nil }}}
	if change != nil {
		change(&o)
	}
	return esia.New(tc, o)
}

// explainedWell holds a fault to what a person needs: the code, words in two
// languages, what to do.
func explainedWell(t *testing.T, err error, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("no fault: %v", err)
	}
	ru, en := f.Message.In(i18n.RU), f.Message.In(i18n.EN)
	if f.Code != "esia."+code || ru == en || !strings.Contains(ru, "ESIA-"+code) || !strings.Contains(en, "ESIA-"+code) {
		t.Errorf("want ESIA-%s, got %s: %s / %s", code, f.Code, ru, en)
	}
	if f.Hint.IsZero() || f.Hint.In(i18n.RU) == f.Hint.In(i18n.EN) {
		t.Errorf("ESIA-%s has no advice in two languages: %q", code, f.Hint.In(i18n.EN))
	}
}

func TestEveryRefusalOfARealAuthorisationIsExplained(t *testing.T) {
	portal := servePortal(t)
	now := time.Now()
	code := regexp.MustCompile(`ESIA-\d{6}[^<]*`)
	noRedirect := &http.Client{Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	permission := func(change func(p *wire.Permission)) func(o *esia.Options) {
		return func(o *esia.Options) { change(&o.Permissions[0]) }
	}
	for _, tc := range []struct {
		code   string
		name   string
		off    time.Duration // of the client's clock
		change func(o *esia.Options)
		query  [2]string // changed after signing
	}{
		{code: "007002", name: "another certificate", change: func(o *esia.Options) { o.Signer = spoilt{Signer: o.Signer, hash: strings.Repeat("A", 64)} }},
		{code: "007003", name: "unknown filter", change: func(o *esia.Options) { o.PersonFilter = "nonsense" }},
		{code: "007003", name: "state is no UUID", query: [2]string{"state", "1"}},
		{code: "007006", name: "unknown scope", change: func(o *esia.Options) { o.Scopes = append(o.Scopes, "nonsense") }},
		{code: "007012", name: "implicit flow", query: [2]string{"response_type", "token"}},
		{code: "007013", name: "no scope", change: func(o *esia.Options) { o.Scopes = nil }},
		{code: "007014", name: "no client", change: func(o *esia.Options) { o.ClientID = "" }},
		{code: "007015", name: "the clock is an hour late", off: -time.Hour},
		{code: "007015", name: "the clock is an hour early", off: time.Hour},
		{code: "007023", name: "foreign redirect", change: func(o *esia.Options) { o.RedirectURI = "https://example.org/cb" }},
		{code: "007039", name: "plain PKCE", query: [2]string{"code_challenge_method", "plain"}},
		{code: "007053", name: "a signature that is cut", change: func(o *esia.Options) {
			o.Signer = spoilt{Signer: o.Signer, raw: func(sig []byte) []byte { return sig[:32] }}
		}},
		{code: "008010", name: "unknown client", change: func(o *esia.Options) { o.ClientID = "STRANGER" }},
		{code: "008010", name: "a signature of something else", change: func(o *esia.Options) { o.Signer = spoilt{Signer: o.Signer, other: "x"} }},
		{code: "036700", name: "no type", change: permission(func(p *wire.Permission) { p.Sysname = "" })},
		{code: "036701", name: "unknown type", change: permission(func(p *wire.Permission) { p.Sysname = "X" })},
		{code: "036702", name: "no mandatory scope", change: permission(func(p *wire.Permission) { p.Scopes = p.Scopes[1:] })},
		{code: "036703", name: "scope outside", change: permission(func(p *wire.Permission) { p.Scopes[1].Sysname = "nonsense" })},
		{code: "036705", name: "no action", change: permission(func(p *wire.Permission) { p.Actions = nil })},
		{code: "036706", name: "unknown action", change: permission(func(p *wire.Permission) { p.Actions[0].Sysname = "SELL" })},
		{code: "036707", name: "no purpose", change: permission(func(p *wire.Permission) { p.Purposes = nil })},
		{code: "036716", name: "for ever", change: permission(func(p *wire.Permission) { p.Expire = 0 })},
		{code: "036726", name: "unknown purpose", change: permission(func(p *wire.Permission) { p.Purposes[0].Sysname = "X" })},
		{code: "036727", name: "two purposes", change: permission(func(p *wire.Permission) { p.Purposes = append(p.Purposes, wire.Sysname{Sysname: "X"}) })},
	} {
		t.Run(tc.code+" "+tc.name, func(t *testing.T) {
			c := realESIA(t, portal, now.Add(tc.off), tc.change)
			a, err := c.Authorize(t.Context(), esia.AuthorizeOptions{PKCE: true})
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(a.URL())
			if err != nil {
				t.Fatal(err)
			}
			if q := u.Query(); tc.query[0] != "" {
				q.Set(tc.query[0], tc.query[1])
				u.RawQuery = q.Encode()
				a.State = q.Get("state")
			}
			resp, err := noRedirect.Get(u.String())
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			page, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
			if err != nil {
				t.Fatal(err)
			}
			if to := resp.Header.Get("Location"); to != "" {
				_, err = a.ParseCallback(to)
			} else {
				// Shown to the person, who is not led back; the program says the
				// same where such an answer comes to it (Explained).
				err = esia.Explained(code.FindString(string(page)), errors.New("nothing"))
			}
			explainedWell(t, err, tc.code)
		})
	}
}

func TestEveryRefusalOfARealTokenRequestIsExplained(t *testing.T) {
	portal := servePortal(t)
	now := time.Now()
	for _, tc := range []struct {
		code, name string
		off        time.Duration
		change     func(o *esia.Options)
		call       func(ctx context.Context, c *esia.Client, a *esia.Authorization) error
	}{
		{code: "007011", name: "unknown code", call: func(ctx context.Context, c *esia.Client, a *esia.Authorization) error {
			_, err := c.Exchange(ctx, a, "nonsense")
			return err
		}},
		{code: "007011", name: "unknown refresh marker", call: func(ctx context.Context, c *esia.Client, _ *esia.Authorization) error {
			_, err := c.Refresh(ctx, "nonsense", nil)
			return err
		}},
		{code: "007015", name: "the clock is wrong", off: time.Hour, call: func(ctx context.Context, c *esia.Client, a *esia.Authorization) error {
			_, err := c.Exchange(ctx, a, "nonsense")
			return err
		}},
		{code: "007002", name: "another certificate", change: func(o *esia.Options) { o.Signer = spoilt{Signer: o.Signer, hash: strings.Repeat("0", 64)} },
			call: func(ctx context.Context, c *esia.Client, a *esia.Authorization) error {
				_, err := c.Exchange(ctx, a, "nonsense")
				return err
			}},
		{code: "008010", name: "a signature of something else", change: func(o *esia.Options) { o.Signer = spoilt{Signer: o.Signer, other: "x"} },
			call: func(ctx context.Context, c *esia.Client, _ *esia.Authorization) error {
				_, err := c.Refresh(ctx, "nonsense", nil)
				return err
			}},
		{code: "007006", name: "no person", call: func(ctx context.Context, c *esia.Client, _ *esia.Authorization) error {
			_, err := c.Standing(ctx, "nobody")
			return err
		}},
		{code: "036700", name: "no consent stands", call: func(ctx context.Context, c *esia.Client, _ *esia.Authorization) error {
			_, err := c.Standing(ctx, "1000000002")
			return err
		}},
	} {
		t.Run(tc.code+" "+tc.name, func(t *testing.T) {
			c := realESIA(t, portal, now.Add(tc.off), tc.change)
			a, err := c.Authorize(t.Context(), esia.AuthorizeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			explainedWell(t, tc.call(t.Context(), c, a), tc.code)
		})
	}
	t.Run("007008 overloaded", func(t *testing.T) {
		c := realESIA(t, portal, now, nil)
		a, err := c.Authorize(t.Context(), esia.AuthorizeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, portal.URL+"/sandbox/v1/faults", strings.NewReader(`{"seed":1,"status429":1,"path":"/aas/"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		_, err = c.Exchange(t.Context(), a, "nonsense")
		explainedWell(t, err, "007008")
	})
}

func TestTheProgramTellsWhatEsiaRefusesAndWhatToDo(t *testing.T) {
	bin := build(t)
	portal := servePortal(t)
	for _, tc := range []struct {
		code, login, env, advice string
	}{
		{"007006", olegLogin, "EPGU_ESIA_SCOPE_ORG=nonsense", "technical portal"},
		{"007194", annaLogin, "EPGU_ESIA_SCOPE_ORG=org_inn", "auth login --org"},
		{"007062", annaLogin, "EPGU_ESIA_PERSON_FILTER=acc_kid", "epgu org list"},
	} {
		p := portal.client(t, bin, tc.env)
		got := p.bySMS(tc.login, "--json")
		if got.code != 4 || !strings.Contains(got.errOut, `"code":"esia.`+tc.code+`"`) || !strings.Contains(got.errOut, tc.advice) {
			t.Errorf("%s: %+v", tc.code, got)
		}
		if got := p.bySMS(tc.login, "--lang", "ru"); !strings.Contains(got.errOut, "что делать:") || !strings.Contains(got.errOut, "ESIA-"+tc.code) {
			t.Errorf("%s: %+v", tc.code, got)
		}
	}
}

func TestAWrongClockIsToldAsWhatItIs(t *testing.T) {
	portal := servePortalAt(t, clock.NewManual(time.Now().Add(-2*time.Hour)))
	p := portal.client(t, build(t))
	got := p.bySMS(annaLogin, "--json")
	if got.code != 4 || !strings.Contains(got.errOut, `"code":"esia.007015"`) || !strings.Contains(got.errOut, "date, time and time zone") {
		t.Errorf("%+v", got)
	}
}
