package esia

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// echo is a signer that keeps what it was asked to sign.
type echo struct{ raw, cms []string }

func (e *echo) SignRaw(_ context.Context, m []byte) ([]byte, error) {
	e.raw = append(e.raw, string(m))
	return []byte("raw-signature+/?"), nil
}

func (e *echo) SignCMS(_ context.Context, m []byte) ([]byte, error) {
	e.cms = append(e.cms, string(m))
	return []byte("cms"), nil
}

func (e *echo) CertificateHash() string { return "HASH" }

func TestTheSignedStringIsThePublishedOne(t *testing.T) {
	// The string of the published vector: MNEM, fullname, 29.12.2024 15:30:45.
	const want = "MNEMfullname2024.12.29 15:30:45 +0300a8a2e6f0-0000-4000-8000-000000000001https://example.org/cb"
	at := time.Date(2024, 12, 29, 12, 30, 45, 0, time.UTC)
	tc, err := transport.New(transport.Options{Origins: []string{"https://esia.example.test"}, Clock: clock.NewManual(at)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc2 := range []struct {
		version  Version
		raw, cms string
	}{
		{V2, want, ""},
		{V1, "", "fullname2024.12.29 15:30:45 +0300MNEMa8a2e6f0-0000-4000-8000-000000000001"},
	} {
		e := &echo{}
		c := New(tc, Options{Base: "https://esia.example.test", ClientID: "MNEM", RedirectURI: "https://example.org/cb", Scopes: []string{"fullname"}, Signer: e, Version: tc2.version})
		c.newID = func() (uuid.UUID, error) { return uuid.Parse("a8a2e6f0-0000-4000-8000-000000000001") }
		a, err := c.Authorize(t.Context(), AuthorizeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(e.raw, "|") != tc2.raw || strings.Join(e.cms, "|") != tc2.cms {
			t.Errorf("signed %q %q", e.raw, e.cms)
		}
		if strings.ContainsAny(a.Secret, "+/=") {
			t.Errorf("secret %q is not base64url without padding", a.Secret)
		}
	}
}

func TestTheAuthorisationAddressCarriesEverythingAndItsSignatureHolds(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Permissions = []wire.Permission{Consent{Responsible: "ООО «Учебная ромашка»", Sysname: "APIPGU", Minutes: 525600, Actions: []string{"ALL_ACTIONS_TO_DATA"}, Purposes: []string{"APIPGU"}, Covered: []string{"http://lk.gosuslugi.ru/api-order", "fullname"}}.Permission()}
		o.PersonFilter = "conf_acc"
	})
	a, err := w.client.Authorize(t.Context(), AuthorizeOptions{PKCE: true, OrgOID: "77"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(a.URL())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"client_id": mnemonic, "redirect_uri": redirect, "scope": "openid fullname", "scope_org": "http://esia.gosuslugi.ru/org_ogrn?org_oid=77",
		"response_type": "code", "access_type": "offline", "timestamp": "2026.03.02 13:00:00 +0300",
		"client_certificate_hash": gost.CertHash(w.system.Certificate.Raw), "code_challenge_method": "S256", "person_filter": "Y29uZl9hY2M=",
	} {
		if got := q.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if u.Path != "/aas/oauth2/v2/ac" || strings.Contains(u.String(), "//aas") {
		t.Errorf("address %s", u)
	}
	if id, err := uuid.Parse(q.Get("state")); err != nil || id.Version() != 4 {
		t.Errorf("state %q", q.Get("state"))
	}
	sum := sha256.Sum256([]byte(a.CodeVerifier))
	if q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		t.Error("the challenge does not fit the verifier")
	}
	sig, err := base64.RawURLEncoding.DecodeString(q.Get("client_secret"))
	if err != nil {
		t.Fatal(err)
	}
	message := q.Get("client_id") + q.Get("scope") + q.Get("scope_org") + q.Get("timestamp") + q.Get("state") + q.Get("redirect_uri")
	if err := gost.VerifyRaw(w.system.Certificate.Key, []byte(message), sig); err != nil || len(sig) != 64 {
		t.Errorf("signature of %d bytes: %v", len(sig), err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Get("permissions"))
	if err != nil {
		t.Fatal(err)
	}
	var permissions []wire.Permission
	if err := json.Unmarshal(raw, &permissions); err != nil || permissions[0].Sysname != "APIPGU" || permissions[0].Scopes[0].Sysname != "http://lk.gosuslugi.ru/api-order" {
		t.Errorf("permissions %s %v", raw, err)
	}
	again, err := w.client.Authorize(t.Context(), AuthorizeOptions{})
	if err != nil || again.State == a.State || again.Secret == a.Secret || again.CodeChallenge != "" {
		t.Error("a new request is not new")
	}
	terminal := again.Terminal()
	if terminal.ClientSecret != again.Secret || terminal.State != again.State || terminal.ClientCertificateHash == "" {
		t.Errorf("%+v", terminal)
	}
}

func TestTheFirstVersionSignsByCMS(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Version = V1 })
	a, err := w.client.Authorize(t.Context(), AuthorizeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := url.ParseQuery(strings.SplitN(a.URL(), "?", 2)[1])
	if err != nil || !strings.Contains(a.URL(), "/aas/oauth2/ac?") || q.Has("client_certificate_hash") || q.Has("scope_org") {
		t.Errorf("%s %v", a.URL(), err)
	}
	sig, err := base64.RawURLEncoding.DecodeString(a.Secret)
	if err != nil {
		t.Fatal(err)
	}
	result, err := cms.VerifyDetached(t.Context(), sig, strings.NewReader(a.Scope+a.Timestamp+a.ClientID+a.State),
		w.system.roots())
	if err != nil || result.Status() != verdict.Valid || len(result.Signatures) != 1 {
		t.Errorf("%+v %v", result, err)
	}
}

func TestWithoutACertificateNothingIsSigned(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Signer = nil })
	_, err := w.client.Authorize(t.Context(), AuthorizeOptions{})
	wantFault(t, err, exitcode.Refused, "esia.no_certificate")
	_, err = w.client.APIKey(t.Context(), "key")
	wantFault(t, err, exitcode.Refused, "esia.no_certificate")
	_, err = w.client.Refresh(t.Context(), "r", nil)
	wantFault(t, err, exitcode.Refused, "esia.no_certificate")
}

func TestWhatAPersonPastesIsUnderstood(t *testing.T) {
	a := &Authorization{RedirectURI: redirect, State: "state-1"}
	for pasted, want := range map[string]Callback{
		redirect + "?code=abc&state=state-1":          {"abc", true},
		"  " + redirect + "/?state=state-1&code=abc":  {"abc", true},
		`"` + redirect + `?code=a%2Fb&state=state-1"`: {"a/b", true},
		"code=abc&state=state-1":                      {"abc", true},
		"?code=abc&state=state-1":                     {"abc", true},
		"eyJhbGciOiJ.eyJz.c2ln":                       {"eyJhbGciOiJ.eyJz.c2ln", false},
	} {
		if got, err := a.ParseCallback(pasted); err != nil || got != want {
			t.Errorf("%q: %+v %v", pasted, got, err)
		}
	}
}

func TestACallbackOfAnotherRequestIsNotUsed(t *testing.T) {
	a := &Authorization{RedirectURI: redirect, State: "state-1"}
	for pasted, tc := range map[string]struct {
		exit exitcode.Code
		code string
	}{
		redirect + "?code=abc&state=state-2":                       {exitcode.Refused, "esia.state"},
		redirect + "?code=abc":                                     {exitcode.Refused, "esia.state"},
		"code=abc&state=":                                          {exitcode.Refused, "esia.state"},
		redirect + "?error=access_denied&state=other":              {exitcode.Refused, "esia.state"},
		"https://evil.example/callback?code=abc&state=state-1":     {exitcode.Usage, "esia.callback_address"},
		"https://127.0.0.1:8999/other?code=abc&state=state-1":      {exitcode.Usage, "esia.callback_address"},
		"https://u@127.0.0.1:8999/callback?code=abc&state=state-1": {exitcode.Usage, "esia.callback_address"},
		redirect + "?state=state-1":                                {exitcode.Usage, "esia.callback"},
		redirect + "?code=a&code=b&state=state-1":                  {exitcode.Usage, "esia.callback"},
		"two words":                        {exitcode.Usage, "esia.callback"},
		"":                                 {exitcode.Usage, "esia.callback"},
		strings.Repeat("x", maxCallback+1): {exitcode.Usage, "esia.callback"},
		redirect + "?error=invalid_request&error_description=ESIA-007004%3A+x&state=state-1": {exitcode.Refused, "esia.007004"},
		redirect + "?error=access_denied&state=state-1":                                      {exitcode.Refused, "esia.refused"},
	} {
		_, err := a.ParseCallback(pasted)
		wantFault(t, err, tc.exit, tc.code)
	}
}

func TestTheLogoutAddressHasItsOwnParameterName(t *testing.T) {
	w := newWorld(t, nil)
	u, err := url.Parse(w.client.LogoutURL("https://example.org/bye"))
	if err != nil || u.Path != "/idp/ext/Logout" || u.Query().Get("redirect_url") != "https://example.org/bye" || u.Query().Has("redirect_uri") || u.Query().Get("client_id") != mnemonic {
		t.Errorf("%s %v", u, err)
	}
}

func FuzzParseCallback(f *testing.F) {
	f.Add(redirect + "?code=abc&state=state-1")
	f.Add("code=abc&state=state-1")
	f.Add("abc")
	f.Add("https://evil.example?code=x&state=state-1")
	f.Fuzz(func(t *testing.T, pasted string) {
		a := &Authorization{RedirectURI: redirect, State: "state-1"}
		got, err := a.ParseCallback(pasted)
		if err == nil && got.Code == "" {
			t.Errorf("%q gave no code and no error", pasted)
		}
		if err == nil && got.StateChecked && !strings.Contains(pasted, "state") {
			t.Errorf("%q: state was not there and counts as checked", pasted)
		}
	})
}

func TestOrganisationScopesGoWithAnOrganisation(t *testing.T) {
	for _, tc := range []struct {
		name       string
		version    Version
		always     bool
		org        string
		scope, off string
	}{
		{"a citizen is not asked for them", V2, false, "", "openid fullname", ""},
		{"an employee is, bound to the organisation", V2, false, "77", "openid fullname", "http://esia.gosuslugi.ru/org_ogrn?org_oid=77"},
		{"a profile may ask before the role is known", V2, true, "", "openid fullname", "http://esia.gosuslugi.ru/org_ogrn"},
		{"the first version has one list", V1, false, "77", "openid fullname http://esia.gosuslugi.ru/org_ogrn?org_oid=77", ""},
	} {
		w := newWorld(t, func(o *Options) { o.Version, o.OrgScopesAlways = tc.version, tc.always })
		a, err := w.client.Authorize(t.Context(), AuthorizeOptions{OrgOID: tc.org})
		if err != nil || a.Scope != tc.scope || a.ScopeOrg != tc.off {
			t.Errorf("%s: %q %q %v", tc.name, a.Scope, a.ScopeOrg, err)
		}
		if terminal := a.Terminal(); (terminal.Protocol == "v1") != (tc.version == V1) || (terminal.ClientCertificateHash == "") != (tc.version == V1) {
			t.Errorf("%s: %+v", tc.name, terminal)
		}
	}
}
