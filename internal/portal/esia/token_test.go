package esia

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// onToken serves the token endpoint and holds each form's signature against
// the string that check returns.
func (w *world) onToken(t *testing.T, check func(url.Values) string) {
	w.mux.HandleFunc("POST /aas/oauth2/v3/te", func(rw http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("a marker was sent to the token endpoint")
		}
		f := r.PostForm
		sig, err := base64.RawURLEncoding.DecodeString(f.Get("client_secret"))
		if err != nil {
			t.Error(err)
		}
		if err := gost.VerifyRaw(w.system.Certificate.Key, []byte(check(f)), sig); err != nil {
			t.Errorf("client_secret of %v: %v", f, err)
		}
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write(w.tokens(t, f.Get("state")))
	})
}

func base(f url.Values) string {
	return f.Get("client_id") + f.Get("scope") + f.Get("scope_org") + f.Get("timestamp") + f.Get("state") + f.Get("redirect_uri")
}

func TestACodeIsExchangedForVerifiedMarkers(t *testing.T) {
	w := newWorld(t, nil)
	a, err := w.client.Authorize(t.Context(), AuthorizeOptions{PKCE: true, OrgOID: "77"})
	if err != nil {
		t.Fatal(err)
	}
	w.onToken(t, func(f url.Values) string {
		for name, want := range map[string]string{"code": "the-code", "grant_type": "authorization_code", "redirect_uri": redirect, "scope": "openid fullname",
			"scope_org": a.ScopeOrg, "token_type": "Bearer", "code_verifier": a.CodeVerifier, "client_certificate_hash": gost.CertHash(w.system.Certificate.Raw)} {
			if f.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, f.Get(name), want)
			}
		}
		if f.Get("state") == a.State {
			t.Error("the exchange has the state of the authorisation")
		}
		return base(f) + f.Get("code")
	})
	got, err := w.client.Exchange(t.Context(), a, "the-code")
	if err != nil {
		t.Fatal(err)
	}
	if got.Claims.SubjectID != 1000 || got.Refresh != "refresh-2" || got.Person == nil || got.Person.Person.Level != "PR" || !got.ExpiresAt.Equal(now().Add(time.Hour)) {
		t.Errorf("%+v", got)
	}
}

func TestTheDisputedRefreshStringIsASwitch(t *testing.T) {
	for _, tc := range []struct {
		how  RefreshString
		want func(url.Values) string
		has  bool
	}{
		{RefreshRedirect, base, true},
		{RefreshMarker, func(f url.Values) string {
			return f.Get("client_id") + f.Get("scope") + f.Get("timestamp") + f.Get("state") + f.Get("refresh_token")
		}, false},
	} {
		w := newWorld(t, func(o *Options) { o.Refresh = tc.how })
		w.onToken(t, func(f url.Values) string {
			if f.Get("refresh_token") != "refresh-1" || f.Get("grant_type") != "refresh_token" || f.Has("redirect_uri") != tc.has || f.Has("client_certificate_hash") != tc.has {
				t.Errorf("%v", f)
			}
			return tc.want(f)
		})
		if got, err := w.client.Refresh(t.Context(), "refresh-1", nil); err != nil || got.Refresh != "refresh-2" {
			t.Errorf("%v", err)
		}
	}
}

func TestAStandingConsentGivesAMarker(t *testing.T) {
	w := newWorld(t, nil)
	w.onToken(t, func(f url.Values) string {
		if f.Get("grant_type") != "client_credentials" {
			t.Errorf("%v", f)
		}
		return f.Get("client_id") + "prm_chg?oid=1000" + f.Get("timestamp") + f.Get("state") + redirect
	})
	if _, err := w.client.Standing(t.Context(), "1000"); err != nil {
		t.Error(err)
	}
}

func TestAnAnswerWithAnotherStateIsNotUsed(t *testing.T) {
	w := newWorld(t, nil)
	w.mux.HandleFunc("POST /aas/oauth2/v3/te", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(w.tokens(t, "another-state")) })
	_, err := w.client.Refresh(t.Context(), "refresh-1", nil)
	wantFault(t, err, exitcode.Refused, "esia.state")
}

func TestALostReplyToARefreshIsNotRepeatedAndSaysSo(t *testing.T) {
	w := newWorld(t, nil)
	var hits atomic.Int32
	w.mux.HandleFunc("POST /aas/oauth2/v3/te", func(rw http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		if conn, _, err := rw.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	})
	_, err := w.client.Refresh(t.Context(), "refresh-secret-1", nil)
	wantFault(t, err, exitcode.Unavailable, "esia.lost")
	if te := transport.AsError(err); te == nil || !te.MayHaveHappened() || hits.Load() != 1 {
		t.Errorf("%v, %d requests", err, hits.Load())
	}
	if strings.Contains(err.Error(), "refresh-secret") {
		t.Errorf("the error shows the marker: %v", err)
	}
}

func TestEveryPublishedErrorCodeIsExplainedInBothLanguages(t *testing.T) {
	exits := map[string]exitcode.Code{"007007": exitcode.Unavailable, "007008": exitcode.Unavailable, "007011": exitcode.Auth}
	for _, n := range []string{"007002", "007003", "007004", "007005", "007006", "007007", "007008", "007009", "007011", "007012", "007013", "007014", "007015",
		"007019", "007023", "007038", "007039", "007040", "007046", "007053", "007055", "007060", "007061", "007062", "007194", "008010",
		"036700", "036701", "036702", "036703", "036704", "036705", "036706", "036707", "036716", "036726", "036727"} {
		w := newWorld(t, nil)
		w.mux.HandleFunc("POST /aas/oauth2/v3/te", func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(rw, `{"error":"invalid_request","error_description":"ESIA-%s: words \u001b[31m","state":"x"}`, n)
		})
		_, err := w.client.Refresh(t.Context(), "r", nil)
		want, ok := exits[n]
		if !ok {
			want = exitcode.Refused
		}
		f := wantFault(t, err, want, "esia."+n)
		if f.Hint.In(i18n.RU) == "" || f.Hint.In(i18n.EN) == "" || strings.Contains(f.Message.In(i18n.RU), "\x1b") {
			t.Errorf("%s: %q / %q", n, f.Message.In(i18n.RU), f.Hint.In(i18n.RU))
		}
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Code != "ESIA-"+n || transport.AsError(err) == nil {
			t.Errorf("%s: causes are lost", n)
		}
	}
	if m := meaningOf("ESIA-999999"); !m.text.IsZero() {
		t.Error("an unpublished code is explained")
	}
}

func TestAnAPIKeyBecomesAMarker(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Cookie = "new-partners=1" })
	const key = "3f0d1c3a-0000-4000-8000-000000000009"
	w.mux.HandleFunc("GET /esia-rs/api/public/v1/orgs/ext-app/{key}/tkn", func(rw http.ResponseWriter, r *http.Request) {
		if r.PathValue("key") != key {
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		if r.Header.Get("Cookie") != "new-partners=1" || r.Header.Get("Authorization") != "" {
			t.Errorf("%v", r.Header)
		}
		sig, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get("signature"))
		if err != nil {
			t.Error(err)
		}
		result, err := cms.VerifyDetached(r.Context(), sig, strings.NewReader(key), w.system.roots())
		if err != nil || result.Status() != verdict.Valid {
			t.Errorf("%+v %v", result, err)
		}
		claims := access()
		claims.ClientID, claims.OrgOID = "OTHER_SYSTEM", 5000
		_, _ = fmt.Fprintf(rw, `{"accessTkn":%q}`, w.portal.marker(t, "access", claims))
	})
	got, err := w.client.APIKey(t.Context(), key)
	if err != nil || got.Claims.OrgOID != 5000 || got.Refresh != "" {
		t.Errorf("%+v %v", got, err)
	}
	_, err = w.client.APIKey(t.Context(), "unknown-api-key")
	wantFault(t, err, exitcode.Auth, "esia.api_key")
	if strings.Contains(err.Error(), "unknown-api-key") {
		t.Errorf("the error shows the key: %v", err)
	}
}

func TestOnlyGenuineMarkersAreBelieved(t *testing.T) {
	w := newWorld(t, nil)
	stranger := newIdentity(t, "stranger")
	change := func(f func(*wire.AccessClaims)) string {
		c := access()
		f(&c)
		return w.portal.marker(t, "access", c)
	}
	good := w.portal.marker(t, "access", access())
	parts := strings.Split(good, ".")
	enc := base64.RawURLEncoding
	unsigned := enc.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	for name, tc := range map[string]struct {
		token string
		ok    bool
	}{
		"good":                    {good, true},
		"of a stranger":           {stranger.marker(t, "access", access()), false},
		"of another issuer":       {change(func(c *wire.AccessClaims) { c.Issuer = "http://esia.example.test.evil/" }), false},
		"for another system":      {change(func(c *wire.AccessClaims) { c.ClientID = "OTHER" }), false},
		"expired":                 {change(func(c *wire.AccessClaims) { c.ExpiresAt = now().Add(-DefaultSkew).Unix() }), false},
		"expired within the skew": {change(func(c *wire.AccessClaims) { c.ExpiresAt = now().Add(-time.Minute).Unix() }), true},
		"without a term":          {change(func(c *wire.AccessClaims) { c.ExpiresAt = 0 }), false},
		"not valid yet":           {change(func(c *wire.AccessClaims) { c.NotBefore = now().Add(time.Hour).Unix() }), false},
		"early within the skew":   {change(func(c *wire.AccessClaims) { c.NotBefore = now().Add(time.Minute).Unix() }), true},
		"an authorisation code":   {w.portal.marker(t, "authorization_code", access()), false},
		"without a signature":     {unsigned, false},
		"with the body exchanged": {parts[0] + "." + enc.EncodeToString([]byte(`{"client_id":"EPGU_TEST"}`)) + "." + parts[2], false},
		"cut short":               {good[:len(good)-3], false},
		"empty":                   {"", false},
		"longer than any marker":  {strings.Repeat("a", 1<<20), false},
		"of text instead of JSON": {enc.EncodeToString([]byte("x")) + "." + enc.EncodeToString([]byte("y")) + "." + parts[2], false},
	} {
		_, err := w.client.VerifyAccess(t.Context(), tc.token)
		if (err == nil) != tc.ok {
			t.Errorf("a marker %s: %v", name, err)
		}
		if err != nil {
			wantFault(t, err, exitcode.Refused, "esia.marker")
		}
	}
	id := personal()
	id.Audience = "OTHER"
	if _, err := w.client.VerifyID(t.Context(), w.portal.marker(t, "id", id)); err == nil {
		t.Error("an id marker for another system was believed")
	}
	if _, err := w.client.VerifyID(t.Context(), w.portal.marker(t, "access", personal())); err == nil {
		t.Error("an access marker passed for an id marker")
	}
}

func TestMarkersOfDifferentPeopleAreNotUsed(t *testing.T) {
	w := newWorld(t, nil)
	id := personal()
	id.Person.OID = 2000
	_, err := w.client.verified(t.Context(), wire.TokenResponse{AccessToken: w.portal.marker(t, "access", access()), IDToken: w.portal.marker(t, "id", id)})
	wantFault(t, err, exitcode.Refused, "esia.marker")
}

func TestThePortalMayChangeItsKey(t *testing.T) {
	fresh := newIdentity(t, "portal, next year")
	var asked []bool
	w := newWorld(t, nil)
	w.client.opts.Markers.Certificates = func(_ context.Context, again bool) ([]byte, error) {
		asked = append(asked, again)
		if again {
			return append(w.portal.pem(), fresh.pem()...), nil
		}
		return w.portal.pem(), nil
	}
	if _, err := w.client.VerifyAccess(t.Context(), w.portal.marker(t, "access", access())); err != nil || len(asked) != 1 {
		t.Errorf("%v, asked %v", err, asked)
	}
	if _, err := w.client.VerifyAccess(t.Context(), fresh.marker(t, "access", access())); err != nil || fmt.Sprint(asked) != "[false false true]" {
		t.Errorf("%v, asked %v", err, asked)
	}
	w.client.opts.Markers.Certificates = nil
	_, err := w.client.VerifyAccess(t.Context(), fresh.marker(t, "access", access()))
	wantFault(t, err, exitcode.Refused, "esia.no_portal_certificate")
}

func TestPeekReadsWithoutBelieving(t *testing.T) {
	c, err := Peek(newIdentity(t, "stranger").marker(t, "access", access()))
	if err != nil || c.SubjectID != 1000 {
		t.Errorf("%+v %v", c, err)
	}
	for _, bad := range []string{"", "a.b", "a.b.c", "a.e30!.c", strings.Repeat(".", 1<<20)} {
		if _, err := Peek(bad); err == nil {
			t.Errorf("%.20q was read", bad)
		}
	}
}

func FuzzVerifyAccess(f *testing.F) {
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("")
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := w.client.VerifyAccess(t.Context(), token); err == nil {
			t.Errorf("%q was believed", token)
		}
	})
}

func TestARefreshAsksAgainForTheOrganisationOfItsMarker(t *testing.T) {
	const bound = "http://esia.gosuslugi.ru/org_ogrn?org_oid=77"
	for _, tc := range []struct {
		granted []string
		want    string
	}{
		{[]string{"openid?oid=1000", bound, "org_inn?org_oid=77"}, bound}, // org_inn is not this client's
		{[]string{"openid?oid=1000"}, ""},                                 // the person acts for himself
	} {
		w := newWorld(t, nil)
		w.onToken(t, func(f url.Values) string {
			if f.Get("scope") != "openid fullname" || f.Get("scope_org") != tc.want {
				t.Errorf("%v", f)
			}
			return base(f)
		})
		if _, err := w.client.Refresh(t.Context(), "refresh-1", tc.granted); err != nil {
			t.Error(err)
		}
	}
}

func TestARefusalPassedOnByAnotherAPIKeepsItsAdvice(t *testing.T) {
	elsewhere := errors.New("elsewhere")
	f := wantFault(t, Explained("ESIA-007015: timestamp differs", elsewhere), exitcode.Refused, "esia.007015")
	if !strings.Contains(f.Hint.In(i18n.EN), "time zone") {
		t.Errorf("%s", f.Hint.In(i18n.EN))
	}
	for _, words := range []string{"", "no code", "ESIA-999999: unknown"} {
		if err := Explained(words, elsewhere); err != elsewhere {
			t.Errorf("%q: %v", words, err)
		}
	}
}
