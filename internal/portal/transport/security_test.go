package transport

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
)

const secretToken = "eyJhbGciOiJHT1NUIn0.eyJzdWIiOjF9.c2lnbmF0dXJl"

func TestTheTokenIsNotSentToAnAddressOutsideTheProfile(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	_, c := start(t, func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.Tokens = fixed(secretToken) })
	for _, base := range []string{other.URL, "http://user@" + strings.TrimPrefix(other.URL, "http://"), "https://example.com"} {
		_, err := c.Do(t.Context(), &Call{Method: "GET", Base: base, Path: "/x", Policy: Safe})
		if e := wantExit(t, err, exitcode.Refused); e.Kind != Foreign {
			t.Errorf("%s: kind %v", base, e.Kind)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("the other server was asked %d times", hits.Load())
	}
}

func TestTheTokenIsNotSentAfterARedirectToAnotherHost(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s, c := start(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/catch", status) },
			func(o *Options) { o.Tokens = fixed(secretToken) })
		_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/x", Policy: Safe})
		if e := wantExit(t, err, exitcode.Unavailable); e.Kind != Redirected {
			t.Errorf("%d: kind %v", status, e.Kind)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("the other server was asked %d times", hits.Load())
	}
}

func TestTheTokenIsNotSentToAnotherPortalOfTheProfileByARedirect(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, 302) },
		func(o *Options) { o.Tokens, o.Origins = fixed(secretToken), append(o.Origins, other.URL) })
	_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/x", Policy: Safe})
	wantExit(t, err, exitcode.Unavailable)
	if hits.Load() != 0 {
		t.Errorf("the other portal was asked %d times", hits.Load())
	}
}

func TestTheTokenIsNotSentFromHTTPSDownToHTTP(t *testing.T) {
	var plain atomic.Int32
	low := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { plain.Add(1) }))
	defer low.Close()
	high := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, low.URL, 302) }))
	defer high.Close()
	base := defaultBase()
	base.TLSClientConfig = high.Client().Transport.(*http.Transport).TLSClientConfig
	c, err := New(Options{Base: base, Origins: []string{high.URL, low.URL}, Tokens: fixed(secretToken)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdle()
	_, err = c.Do(t.Context(), &Call{Method: "GET", Base: high.URL, Path: "/x", Policy: Safe})
	wantExit(t, err, exitcode.Unavailable)
	if plain.Load() != 0 {
		t.Errorf("the plain server was asked %d times", plain.Load())
	}
}

func TestARedirectWithinThePortalIsFollowedForReadingOnly(t *testing.T) {
	var posts, gets atomic.Int32
	h := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/to" {
			if r.Header.Get("Authorization") != "Bearer "+secretToken {
				t.Error("the marker was lost on the way")
			}
			gets.Add(1)
			return
		}
		if r.Method == "POST" {
			posts.Add(1)
		}
		http.Redirect(w, r, "/to", http.StatusTemporaryRedirect)
	}
	s, c := start(t, h, func(o *Options) { o.Tokens = fixed(secretToken) })
	if _, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/from", Policy: Safe}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/from", Body: body("x")})
	wantExit(t, err, exitcode.Unknown)
	_, err = c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/from"})
	wantExit(t, err, exitcode.Unknown)
	if posts.Load() != 1 || gets.Load() != 1 {
		t.Errorf("posts %d, followed %d; want 1 and 1", posts.Load(), gets.Load())
	}
}

func TestPlainHTTPOriginsAreOnlyLoopbackOrInProcess(t *testing.T) {
	for _, tc := range []struct {
		origin    string
		inProcess bool
		ok        bool
	}{
		{"https://www.gosuslugi.ru", false, true},
		{"http://www.gosuslugi.ru", false, false},
		{"http://127.0.0.1:80", false, true},
		{"http://[::1]:8080", false, true},
		{"http://127.0.0.1.example.com", false, false},
		{"http://localhost.example.com", false, false},
		{"http://sandbox.invalid", true, true},
		{"ftp://127.0.0.1", false, false},
		{"https://user:pw@www.gosuslugi.ru", false, false},
		{"not an origin", false, false},
	} {
		_, err := New(Options{Base: http.DefaultTransport, InProcess: tc.inProcess, Origins: []string{tc.origin}})
		if (err == nil) != tc.ok {
			t.Errorf("%q: %v", tc.origin, err)
		}
	}
}

func TestInProcessIsNotBelievedWithoutABase(t *testing.T) {
	if _, err := New(Options{InProcess: true, Origins: []string{"http://www.gosuslugi.ru"}}); err == nil {
		t.Error("plain http over the network was accepted")
	}
}

func TestLookAlikeOriginsAreForeign(t *testing.T) {
	o, err := newOrigins([]string{"https://www.gosuslugi.ru"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]bool{
		"https://www.gosuslugi.ru/a":              true,
		"https://WWW.GOSUSLUGI.RU:443/":           true,
		"https://www.gosuslugi.ru.:443/":          true,
		"https://www.gosuslugi.ru:8443/":          false,
		"http://www.gosuslugi.ru/":                false,
		"https://www.gosuslugi.ru.example.com/":   false,
		"https://www.gosuslugi.ru@example.com/":   false,
		"https://example.com/www.gosuslugi.ru":    false,
		"https://example.com#www.gosuslugi.ru":    false,
		"https://gosuslugi.ru/":                   false,
		"https://www.gosuslugi.ru%2eexample.com/": false,
		"//www.gosuslugi.ru/":                     false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			continue
		}
		if got := o.allow(u); got != want {
			t.Errorf("%s: %v, want %v", raw, got, want)
		}
	}
}

func TestSecretsAreNotInTheDebugLog(t *testing.T) {
	var out sink
	var records []string
	h := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "sid=cookie-secret-5")
		_, _ = io.WriteString(w, `{"access_token":"`+secretToken+`","refresh_token":"refresh-secret-6","nested":[{"totpSecret":"JBSWY3DPEHPK3PXP"}],"code":"918273","codes":["recov-ery01","onlyletters"],"uri":"otpauth://totp/x?secret=otpauth-secret-11","text":"your marker `+secretToken+` and eyJvdGhlciI6MX0.eyJ4IjoxfQ.b3RoZXI","order":"{\"accessTkn\":\"inner-secret-7\"}"}`)
	}
	s, c := start(t, h, func(o *Options) {
		o.Tokens, o.Log = fixed(secretToken), &out
		o.Records = func(r Record) { records = append(records, r.String()) }
	})
	payload, err := JSON(map[string]any{"password": "pass-secret-1", "login": "demo", "authorization": map[string]any{"clientSecret": "client-secret-2", "code": "code-3333"}})
	if err != nil {
		t.Fatal(err)
	}
	calls := []*Call{
		{Method: "POST", Base: s.URL, Path: "/sign-ins", Body: payload},
		{Method: "POST", Base: s.URL, Path: "/te", Body: Form(url.Values{"client_secret": {"form-secret-4"}, "code": {"code-4444"}, "grant_type": {"authorization_code"}})},
		{Method: "GET", Base: s.URL, Path: "/ext-app/{key}/tkn", PathParams: map[string]string{"key": "api-key-secret-8"}, Query: url.Values{"signature": {"signature-secret-9"}}, Policy: Safe, Secrets: []string{"api-key-secret-8"}},
		{Method: "GET", Base: s.URL, Path: "/x", Header: http.Header{"Authorization": {"Bearer header-secret-10"}, "X-Device-Token": {"device-secret-12"}}, Policy: Safe},
	}
	for _, call := range calls {
		if _, err := c.Do(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	got := out.String() + strings.Join(records, "\n")
	for _, secret := range []string{secretToken, "pass-secret-1", "client-secret-2", "code-3333", "form-secret-4", "code-4444", "cookie-secret-5", "refresh-secret-6", "JBSWY3DPEHPK3PXP", "918273", "inner-secret-7", "api-key-secret-8", "signature-secret-9", "header-secret-10", "recov-ery01", "onlyletters", "otpauth-secret-11", "device-secret-12", "eyJ"} {
		if strings.Contains(got, secret) {
			t.Errorf("the log shows %q:\n%s", secret, got)
		}
	}
	if !strings.HasPrefix(got, "# epgu debug log") || !strings.Contains(got, "demo") || !strings.Contains(got, "authorization_code") {
		t.Errorf("the log lost what it is for:\n%s", got)
	}
}

func TestSecretsAreNotInErrors(t *testing.T) {
	var out sink
	c, err := New(Options{Origins: []string{closedAddress(t)}, Log: &out, MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), &Call{Method: "GET", Base: strings.TrimSuffix(c.origins[0], "/"), Path: "/tkn/{key}",
		PathParams: map[string]string{"key": "api-key-secret"}, Query: url.Values{"signature": {"query-secret"}, "client_secret": {"query-secret-2"}}, Policy: Safe, Auth: AuthNone})
	wantExit(t, err, exitcode.Unavailable)
	if text := err.Error() + out.String(); strings.Contains(text, "secret") && strings.Contains(strings.ReplaceAll(text, "client_secret", ""), "secret") {
		t.Errorf("a secret is shown: %s", text)
	}
}

func TestACallersAuthorizationHeaderCannotReplaceTheToken(t *testing.T) {
	s, c := start(t, func(_ http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "" {
			t.Errorf("Authorization %q was sent", got)
		}
	}, nil)
	if _, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Header: http.Header{"Authorization": {"Bearer x"}}, Policy: Safe, Auth: AuthNone}); err != nil {
		t.Fatal(err)
	}
}

func TestCookiesOfThePortalAreNotKept(t *testing.T) {
	var seen atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" {
			seen.Add(1)
		}
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "1", Path: "/"})
	}, nil)
	for range 2 {
		if _, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone}); err != nil {
			t.Fatal(err)
		}
	}
	if seen.Load() != 0 {
		t.Error("a cookie came back")
	}
}

func TestAnEndlessAnswerIsCutAtTheLimit(t *testing.T) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/error" {
			w.WriteHeader(http.StatusBadRequest)
		}
		chunk := strings.Repeat("x", 32<<10)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}
	s, c := start(t, h, func(o *Options) { o.MaxBody = 100_000 })
	_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone})
	if e := wantExit(t, err, exitcode.Failure); e.Kind != TooLarge {
		t.Errorf("kind %v", e.Kind)
	}
	_, n, err := c.Copy(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone}, io.Discard, 50_000)
	wantExit(t, err, exitcode.Failure)
	if n > 50_001 {
		t.Errorf("%d bytes were written", n)
	}
	_, err = c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/error", Policy: Safe, Auth: AuthNone})
	if e := wantExit(t, err, exitcode.Refused); len(e.Body) != maxErrorBody {
		t.Errorf("error body of %d bytes kept", len(e.Body))
	}
}

func TestAnUntrustedCertificateSendsNothing(t *testing.T) {
	var hits atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	s.StartTLS()
	defer s.Close()
	c, err := New(Options{Origins: []string{s.URL}, Tokens: fixed(secretToken)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdle()
	_, err = c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/pay", Body: body("{}")})
	e := wantExit(t, err, exitcode.Unavailable)
	if e.Kind != NeverSent || e.MayHaveHappened() || hits.Load() != 0 {
		t.Errorf("kind %v, hits %d", e.Kind, hits.Load())
	}
	if !strings.Contains(russian(t, err), "НУЦ") {
		t.Errorf("no advice about roots: %s", russian(t, err))
	}
}

func FuzzRedactedBodiesShowNoKnownSecret(f *testing.F) {
	f.Add(`{"password":"known-secret-value"}`, "application/json")
	f.Add(`{"a":"{\"token\":\"known-secret-value\"}"}`, "application/json")
	f.Add(`client_secret=known-secret-value&a=%6bnown-secret-value`, "application/x-www-form-urlencoded")
	f.Add(`{"known-secret-value":[1,2]}`, "application/problem+json")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		const secret = "known-secret-value"
		got := redactor{values: []string{secret}}.body(contentType, []byte(body))
		if strings.Contains(got, secret) {
			t.Errorf("%q shows the secret", got)
		}
		if strings.ContainsAny(got, "\x1b\x07\x00") {
			t.Errorf("%q acts on a terminal", got)
		}
	})
}

func TestErrorsNameNoQuery(t *testing.T) {
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) { cut(t, w) }, func(o *Options) { o.MaxAttempts = 1 })
	_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/ac", Query: url.Values{"code": {"query-secret"}}, Policy: Safe, Auth: AuthNone})
	if strings.Contains(err.Error(), "query-secret") {
		t.Errorf("the error shows the query: %v", err)
	}
	b, jsonErr := json.Marshal(AsError(err))
	if jsonErr == nil && strings.Contains(string(b), "query-secret") {
		t.Errorf("the error's JSON shows the query: %s", b)
	}
	if !strings.Contains(err.Error(), "/ac") {
		t.Errorf("the error does not name the path: %v", err)
	}
}

func TestTheTokenIsSentOverTLSToThePortalItself(t *testing.T) {
	var got atomic.Value
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got.Store(r.Header.Get("Authorization")) }))
	defer s.Close()
	base := defaultBase()
	base.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	c, err := New(Options{Base: base, Origins: []string{s.URL}, Tokens: fixed(secretToken)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdle()
	if _, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe}); err != nil || got.Load() != "Bearer "+secretToken {
		t.Errorf("%v, Authorization %v", err, got.Load())
	}
}
