package grant

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// TestASystemAsksOnlyForWhatItIsRegisteredWith covers the refusals that the
// training client, which may ask for everything, never gets.
func TestASystemAsksOnlyForWhatItIsRegisteredWith(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	crt, err := cert.CreateSelfSigned(rand.Reader, &cert.Template{Subject: cert.Name{CommonName: "x"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}, key)
	if err != nil {
		t.Fatal(err)
	}
	c := Client{ID: "LIMITED", Certificate: crt.Raw, Redirects: []string{"https://example.org/cb"}, Scopes: []string{"openid", ScopeOrder}}
	check := func(scope, scopeOrg, filter string, permissions ...esia.Permission) (Approved, *Error) {
		r := Request{ClientID: c.ID, CertificateHash: CertificateHash(crt.Raw), RedirectURI: c.Redirects[0], Scope: scope, ScopeOrg: scopeOrg, ResponseType: "code",
			State: "a8a2e6f0-0000-4000-8000-000000000001", Timestamp: now.Format(esia.TimestampLayout), PersonFilter: base64.StdEncoding.EncodeToString([]byte(filter))}
		if len(permissions) > 0 {
			b, err := json.Marshal(permissions)
			if err != nil {
				t.Fatal(err)
			}
			r.Permissions = base64.RawURLEncoding.EncodeToString(b)
		}
		sum := streebog.Sum256([]byte(r.signed()))
		sig, err := key.Sign(rand.Reader, sum[:], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.ClientSecret = base64.RawURLEncoding.EncodeToString(sig)
		return Check(r, c, true, now)
	}
	consent := func(scopes ...string) esia.Permission {
		p := esia.Permission{Sysname: ConsentAPI, Expire: 1, Actions: []esia.Sysname{{Sysname: "USE_DATA"}}, Purposes: []esia.Sysname{{Sysname: ConsentAPI}}}
		for _, s := range scopes {
			p.Scopes = append(p.Scopes, esia.Sysname{Sysname: s})
		}
		return p
	}
	code := func(e *Error) string {
		if e == nil {
			return ""
		}
		return e.Code
	}
	for _, x := range []struct {
		name, code, scope, org, filter string
		permissions                    []esia.Permission
	}{
		{"what it may", "", "openid", "", "", []esia.Permission{consent(ScopeOrder)}},
		{"a scope that it may not", CodeNoPermission, "openid fullname", "", "", nil},
		{"an organisation's scope that it may not", CodeNoPermission, "openid", "org_inn", "", nil},
		{"a consent to what it may not", CodeConsentScopeForbidden, "openid", "", "", []esia.Permission{consent(ScopeOrder, "fullname")}},
		{"an unknown filter", CodeBadParameter, "openid", "", "everybody", nil},
	} {
		if _, e := check(x.scope, x.org, x.filter, x.permissions...); code(e) != x.code {
			t.Errorf("%s: %v, want %q", x.name, e, x.code)
		}
	}
	if _, e, err := standing(t.Context(), nil, TokenRequest{Scope: ScopePermission + "?oid=1"}, c, now); err != nil || code(e) != CodeClientMayNot {
		t.Errorf("client_credentials: %v %v", e, err)
	}
	for _, x := range []struct {
		filter, code         string
		confirmed, employee  bool
		scopeOrg, boundScope string
	}{
		{"", "", false, false, "", ""},
		{filterConfirmed, CodeNotConfirmed, false, true, "", ""},
		{filterConfirmed, "", true, false, "", ""},
		{filterKids, CodeWrongUser, true, true, "", ""},
		{filterNoKids, "", false, false, "", ""},
		{"", CodeNotEmployee, true, false, "org_inn", ""},
		{"", CodeNotEmployee, true, false, "", ScopeOrgOGRN + "?org_oid=7"},
		{"", "", true, true, "org_inn", ScopeOrgOGRN + "?org_oid=7"},
	} {
		a := Approved{Request: Request{PersonFilter: base64.RawURLEncoding.EncodeToString([]byte(x.filter))}}
		if x.scopeOrg != "" {
			a.OrgScopes = []string{x.scopeOrg}
		}
		if x.boundScope != "" {
			a.Scopes = []string{x.boundScope}
		}
		if got := code(a.CheckPerson(x.confirmed, x.employee)); got != x.code {
			t.Errorf("%+v: %q", x, got)
		}
	}
}
