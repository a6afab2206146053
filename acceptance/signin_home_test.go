package acceptance

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/vault"
)

func TestAnAbsoluteAddressThatThePortalGivesIsNotFollowed(t *testing.T) {
	portal := servePortal(t)
	other, hits := stranger(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	give := func(suffix string, body any, header map[string]string) {
		portal.answer(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, suffix) },
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range header {
					w.Header().Set(k, v)
				}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(body)
			}))
	}
	for _, tc := range []struct {
		name, suffix string
		body         any
		header       map[string]string
		args         []string
	}{
		{"the next page", "/charges", map[string]any{"items": []any{}, "total": 9, "nextCursor": other + "/next"}, nil, []string{"bill", "list", "--all"}},
		{"where a thing lies", "/sessions", map[string]any{"items": []any{}, "total": 0},
			map[string]string{"Location": other + "/it", "Content-Location": other + "/it", "Link": "<" + other + `/next>; rel="next"`, "Refresh": "0; url=" + other}, []string{"auth", "sessions"}},
		{"the addresses of an issuer", "/.well-known/epgu", map[string]any{"portal": "x", "kind": "sandbox", "version": "1", "apis": map[string]string{"esia": other, "cabinet": other},
			"capabilities": []string{"profile", "account", "charges"}, "time": time.Now(), "maxFileBytes": 1, "esia": map[string]any{"issuer": other, "certificatePem": "", "scopes": []string{}}}, nil, []string{"profile", "view"}},
	} {
		give(tc.suffix, tc.body, tc.header)
		p.end(nil, tc.args...) // whatever comes of it
		if hits() != 0 {
			t.Errorf("%s: the other host was asked", tc.name)
		}
	}
}

func TestTheTokenIsNotSentWhenThePortalLeadsFromHTTPSDownToHTTP(t *testing.T) {
	portal := servePortal(t)
	plain, err := url.Parse(portal.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(plain); r.Out.Host = plain.Host }}
	var down atomic.Bool
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() && strings.HasSuffix(r.URL.Path, "/me") {
			http.Redirect(w, r, portal.URL+r.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(secure.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, build(t), "EPGU_PROFILE=local", "EPGU_PORTAL="+secure.URL, "SSL_CERT_FILE="+roots)
	p.signIn("confirmed")
	if got := p.end(nil, "profile", "view", "--json", "oid"); got.code != 0 {
		t.Fatalf("over TLS: %+v", got)
	}
	down.Store(true)
	var marked atomic.Int32
	portal.answer(func(r *http.Request) bool {
		if r.Header.Get("Authorization") != "" {
			marked.Add(1)
		}
		return false
	}, http.NotFoundHandler())
	if got := p.end(nil, "profile", "view"); got.code != 6 {
		t.Errorf("%+v", got)
	}
	if marked.Load() != 0 {
		t.Error("a marker went over plain HTTP")
	}
}

func TestKillingTheProgramInTheMiddleOfARefreshLeavesAReadableVault(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spent bool // the portal has taken the refresh marker, and the answer is on its way
		code  int  // of the next command
	}{
		{"before the portal took the refresh marker", false, 0},
		{"after it took it", true, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			portal := servePortal(t)
			p := portal.client(t, build(t))
			p.signIn("confirmed")
			p.expire("local")
			reached, release := make(chan struct{}), make(chan struct{})
			var inside atomic.Bool // the portal's own call is let through
			portal.answer(func(r *http.Request) bool { return r.URL.Path == "/aas/oauth2/v3/te" && !inside.Load() },
				http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if tc.spent {
						inside.Store(true)
						resp, err := http.Post(portal.URL+r.URL.Path, r.Header.Get("Content-Type"), r.Body)
						if err != nil {
							t.Error(err)
						} else {
							_, _ = io.Copy(io.Discard, resp.Body)
							_ = resp.Body.Close()
						}
					}
					close(reached)
					<-release
				}))
			cmd := p.command("profile", "view")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-reached
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			portal.answer(nil, nil)
			close(release)
			if kept, err := p.vault("local").Load(t.Context()); err != nil || kept.Refresh == "" {
				t.Errorf("the vault after the kill: %v", err)
			}
			got := p.end(nil, "profile", "view", "--json", "oid")
			if got.code != tc.code || tc.code == 3 && !strings.Contains(got.errOut, "epgu auth login") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// panicking marks the run of this test binary that panics on purpose.
const panicking = "EPGU_TEST_PANICS_WITH"

func TestAPanicShowsNoSecrets(t *testing.T) {
	if secret := os.Getenv(panicking); secret != "" {
		held := vault.Secrets{Access: "access-" + secret, Refresh: "refresh-" + secret, TOTPSeed: "seed-" + secret, Extra: map[string]string{"password": "word-" + secret}}
		panic(held)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^TestAPanicShowsNoSecrets$")
	cmd.Env = append(os.Environ(), panicking+"=of-a-panic", "GOTRACEBACK=all")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err == nil || !strings.Contains(out.String(), "goroutine ") {
		t.Fatalf("no panic: %v\n%s", err, out.String())
	}
	if strings.Contains(out.String(), "of-a-panic") {
		t.Errorf("the panic shows what the secrets hold:\n%.2000s", out.String())
	}
}
