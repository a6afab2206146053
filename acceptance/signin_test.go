package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/vault"
)

// servedPortal is an embedded portal on a port, with a look at what comes in.
type servedPortal struct {
	URL string

	mu        sync.Mutex
	refreshes int
	seen      []string     // "POST /path"
	intercept http.Handler // answers instead, when it is set
	match     func(r *http.Request) bool
}

func servePortal(t *testing.T) *servedPortal {
	t.Helper()
	return servePortalAt(t, clock.System{})
}

// servePortalAt is servePortal for a portal with a clock of its own.
func servePortalAt(t *testing.T, c clock.Clock) *servedPortal {
	t.Helper()
	p, err := sandbox.Open(t.Context(), sandbox.Options{Dir: t.TempDir(), Clock: c, SkipIdle: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &servedPortal{}
	handler := p.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/aas/oauth2/v3/te" {
			body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte("grant_type=refresh_token")) {
				s.mu.Lock()
				s.refreshes++
				s.mu.Unlock()
			}
		}
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.Path)
		instead := s.intercept
		if instead != nil && !s.match(r) {
			instead = nil
		}
		s.mu.Unlock()
		if instead != nil {
			instead.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	s.URL = srv.URL
	return s
}

// answer makes the portal answer some requests in another way.
func (s *servedPortal) answer(match func(*http.Request) bool, h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.match, s.intercept = match, h
}

// client is a program whose profile is the served portal.
func (s *servedPortal) client(t *testing.T, bin string, env ...string) *program {
	t.Helper()
	return newProgram(t, bin, append([]string{"EPGU_PROFILE=local", "EPGU_PORTAL=" + s.URL}, env...)...)
}

// vault opens the vault of the program's profile, as another process would.
func (p *program) vault(profile string) *vault.Vault {
	return vault.Open(vault.Options{Profile: profile, Dir: filepath.Join(p.home, "state", "vault"), Prefer: vault.File,
		Getenv: func(string) string { return "" }})
}

// expire lets the marker of the profile end.
func (p *program) expire(profile string) {
	p.t.Helper()
	err := p.vault(profile).Update(p.t.Context(), func(s *vault.Secrets, err error) error {
		s.Expires = time.Now().Add(-time.Hour)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// outcome is how one run of the program ended.
type outcome struct {
	code        int
	out, errOut string
	took        time.Duration
}

// limit bounds every run: nothing may hang.
const limit = 60 * time.Second

// end runs the program to its end with stdin.
func (p *program) end(stdin io.Reader, args ...string) outcome {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	defer cancel()
	plain := p.command(args...)
	cmd := exec.CommandContext(ctx, plain.Path, plain.Args[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdin = plain.Env, p.t.TempDir(), stdin
	cmd.WaitDelay = time.Second
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	began := time.Now()
	err := cmd.Run()
	if ctx.Err() != nil {
		p.t.Fatalf("epgu %s hung: %s", strings.Join(args, " "), errOut.String())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errOut.String(), time.Since(began)}
}

// users are the demo people of the program's portal.
func (p *program) users() []demoUser {
	p.t.Helper()
	out, err := p.run("", "sandbox", "users", "--json")
	if err != nil {
		p.t.Fatal(err)
	}
	var list struct{ Items []demoUser }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		p.t.Fatal(err)
	}
	return list.Items
}

type demoUser struct {
	user
	LastCode string
}

// person finds a demo person by one of the words that name him.
func (p *program) person(fits func(demoUser) bool) demoUser {
	p.t.Helper()
	for _, u := range p.users() {
		if fits(u) {
			return u
		}
	}
	p.t.Fatal("no such demo person")
	return demoUser{}
}

func confirmed(u demoUser) bool {
	return u.Level == "confirmed" && u.TOTPSecret != "" && u.OrgOID == ""
}

func TestTwentyProcessesWithAnExpiredMarkerRefreshOnceAndAllSucceed(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	p.expire("local")
	const processes = 20
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed []string
	for range processes {
		wg.Go(func() {
			out, err := p.run("", "profile", "view", "--json", "oid")
			if err != nil || !strings.Contains(out, "1000000003") {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Sprintf("%s %v", out, err))
			}
		})
	}
	wg.Wait()
	if len(failed) > 0 {
		t.Errorf("%d of %d failed: %s", len(failed), processes, failed[0])
	}
	if portal.refreshes != 1 {
		t.Errorf("%d refreshes at the portal, want 1", portal.refreshes)
	}
}

func TestARefreshThatThePortalRejectsEndsTheSessionAndSaysSo(t *testing.T) {
	t.Parallel()
	portal := servePortal(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	// Another machine signs out everywhere.
	other := portal.client(t, filepath.Dir(p.exe))
	u := other.person(confirmed)
	if got := other.end(strings.NewReader(u.Password+"\n"+u.TOTPSecret+"\n"), "auth", "login", "--user", u.Login, "--password-stdin", "--keep-totp-stdin"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := other.end(nil, "auth", "sessions", "end", "--others", "--yes"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := p.end(nil, "profile", "view"); got.code != 3 || !strings.Contains(got.errOut, "epgu auth login") {
		t.Errorf("%+v", got)
	}
	if got := p.end(nil, "auth", "status", "--json", "signedIn"); got.code != 3 || !strings.Contains(got.out, `"signedIn":false`) {
		t.Errorf("%+v", got)
	}
}

func TestAnUnreachablePortalDuringARefreshRemovesNothing(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	p.expire("local")
	portal.answer(func(r *http.Request) bool { return r.URL.Path == "/aas/oauth2/v3/te" },
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	if got := p.end(nil, "profile", "view"); got.code != 6 {
		t.Errorf("%+v", got)
	}
	portal.answer(nil, nil)
	if got := p.end(nil, "profile", "view", "--json", "oid"); got.code != 0 {
		t.Errorf("%+v", got)
	}
}

func TestASessionThatEndedBeginsAnewByWhatWasKeptOnPurpose(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t))
	u := p.person(confirmed)
	if got := p.end(strings.NewReader(u.Password+"\n"+u.TOTPSecret+"\n"), "auth", "login", "--user", u.Login, "--password-stdin", "--keep-totp-stdin"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	// The refresh marker is of no more use, and the code of this half minute is spent.
	err := p.vault("local").Update(t.Context(), func(s *vault.Secrets, err error) error {
		s.Refresh, s.Expires = "", time.Now().Add(-time.Hour)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	first := p.end(nil, "profile", "view", "--json", "oid")
	if first.code == 3 && strings.Contains(first.errOut, "used already") {
		// The same half minute: nothing was removed, and the next one will do.
		if kept, err := p.vault("local").Load(t.Context()); err != nil || kept.TOTPSeed == "" || !kept.HasTokens() {
			t.Fatalf("a spent code removed something: %v", err)
		}
	} else if first.code != 0 {
		t.Errorf("%+v", first)
	}
	// Signing out holds: nobody signs in again behind one's back.
	if got := p.end(nil, "auth", "logout"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := p.end(nil, "profile", "view"); got.code != 3 {
		t.Errorf("%+v", got)
	}
}

func TestAnAPIKeySignsInWithoutAPersonAndAgainWhenItsMarkerEnds(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t))
	resp, err := http.Get(portal.URL + "/sandbox/v1/client")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var client struct {
		APIKeys []struct{ Key, OrgOID string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&client); err != nil || len(client.APIKeys) == 0 {
		t.Fatalf("no API keys: %v", err)
	}
	key := client.APIKeys[0]
	got := p.end(strings.NewReader(key.Key+"\n"), "auth", "login", "--api-key-stdin", "--keep-api-key", "--json", "orgOid,kept,renews")
	if got.code != 0 || !strings.Contains(got.out, `"orgOid":"`+key.OrgOID+`"`) || !strings.Contains(got.out, `"renews":true`) {
		t.Fatalf("%+v", got)
	}
	p.expire("local")
	if got := p.end(nil, "org", "list", "--json", "oid,current"); got.code != 0 || !strings.Contains(got.out, `"current":true`) {
		t.Errorf("%+v", got)
	}
	if got := p.end(strings.NewReader("00000000-0000-4000-8000-000000000000\n"), "auth", "login", "--api-key-stdin"); got.code != 3 {
		t.Errorf("an unknown key: %+v", got)
	}
}

func TestAMarkerFromElsewhereIsCheckedBeforeItIsKept(t *testing.T) {
	portal := servePortal(t)
	bin := build(t)
	owner := portal.client(t, bin)
	owner.signIn("confirmed")
	token, err := owner.run("", "auth", "token")
	if err != nil {
		t.Fatal(err)
	}
	p := portal.client(t, bin)
	forged := strings.Split(strings.TrimSpace(token), ".")
	forged[2] = strings.Repeat("A", len(forged[2]))
	for name, text := range map[string]string{"no marker": "hello", "forged": strings.Join(forged, "."), "nothing": ""} {
		if got := p.end(strings.NewReader(text), "auth", "login", "--with-token"); got.code != 2 && got.code != 4 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := p.end(nil, "auth", "status", "--json", "signedIn"); got.code != 3 {
		t.Errorf("a bad marker was kept: %+v", got)
	}
	if got := p.end(strings.NewReader(token), "auth", "login", "--with-token", "--json", "name"); got.code != 0 || !strings.Contains(got.out, "Учебный") {
		t.Errorf("%+v", got)
	}
}

func TestSigningOutEndsTheSessionAtThePortalOrSaysThatItCouldNot(t *testing.T) {
	t.Parallel()
	portal := servePortal(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	token, err := p.run("", "auth", "token")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.end(nil, "auth", "logout", "--json", "signedOut,atPortal"); got.code != 0 || !strings.Contains(got.out, `"atPortal":true`) {
		t.Fatalf("%+v", got)
	}
	p.env = append(p.env, "EPGU_TOKEN="+strings.TrimSpace(token))
	if got := p.end(nil, "profile", "view"); got.code != 3 {
		t.Errorf("the marker outlived the sign-out: %+v", got)
	}

	away := portal.client(t, filepath.Dir(p.exe))
	code, err := signin.TOTP(away.person(confirmed).TOTPSecret, time.Now().Add(30*time.Second)) // the portal takes the next code, too
	if err != nil {
		t.Fatal(err)
	}
	u := away.person(confirmed)
	if got := away.end(strings.NewReader(u.Password), "auth", "login", "--user", u.Login, "--password-stdin", "--otp", code); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	portal.answer(func(r *http.Request) bool { return r.Method == http.MethodDelete },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	got := away.end(nil, "auth", "logout", "--json", "signedOut,atPortal")
	if got.code != 0 || !strings.Contains(got.out, `"atPortal":false`) || !strings.Contains(got.errOut, "could not be ended") {
		t.Errorf("%+v", got)
	}
}

// silentInput is a standard input that is open and never says anything.
func silentInput(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r
}

func TestWithoutATerminalEveryMissingAnswerIsToldAndNothingHangs(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t), "BROWSER=true")
	silent := silentInput(t)
	for _, run := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"auth", "login"}, 2, "--api-key-stdin"},
		{[]string{"auth", "login", "--user", "petr@example.org"}, 2, "--password-stdin"},
		{[]string{"auth", "login", "--password-stdin"}, 2, "--user"},
		{[]string{"auth", "login", "--no-browser"}, 2, "--code-stdin"},
		{[]string{"auth", "login", "--no-input", "--browser"}, 2, "--api-key-stdin"},
		{[]string{"auth", "login", "--code-stdin"}, 2, "--no-browser"},
		{[]string{"auth", "login", "--user", "x", "--browser"}, 2, "user"},
		{[]string{"auth", "login", "--no-browser", "--code-stdin", "--wait", "1s"}, 3, "--wait"},
		{[]string{"auth", "login", "--browser", "--wait", "1s"}, 3, "--wait"},
		{[]string{"auth", "register"}, 2, "--last-name"},
		{[]string{"auth", "register", "--last-name", "А", "--first-name", "Б", "--birth-date", "1990-01-01", "--email", "a@example.org"}, 2, "--agree-terms"},
		{[]string{"auth", "confirm", "x"}, 2, "--code"},
		{[]string{"auth", "recover"}, 2, "--user"},
		{[]string{"auth", "password"}, 2, "--password-stdin"},
		{[]string{"auth", "status"}, 3, "epgu auth login"},
		{[]string{"auth", "token"}, 3, "epgu auth login"},
		{[]string{"auth", "sessions"}, 3, "epgu auth login"},
		{[]string{"auth", "sessions", "end"}, 2, "--others"},
		{[]string{"auth", "sessions", "end", "--others"}, 2, "--yes"},
		{[]string{"auth", "history"}, 3, "epgu auth login"},
		{[]string{"profile", "view"}, 3, "epgu auth login"},
		{[]string{"profile", "level", "raise"}, 2, "--passport"},
		{[]string{"org", "list"}, 3, "epgu auth login"},
		{[]string{"org", "switch"}, 2, "--self"},
		{[]string{"org", "delegate", "x"}, 2, "powers"},
	} {
		got := p.end(silent, run.args...)
		if got.code != run.code || !strings.Contains(got.errOut, run.says) || got.out != "" && run.args[1] != "status" {
			t.Errorf("epgu %s: exit %d (want %d), want the word %q\n%s%s", strings.Join(run.args, " "), got.code, run.code, run.says, got.out, got.errOut)
		}
		if got.took > 10*time.Second {
			t.Errorf("epgu %s took %s", strings.Join(run.args, " "), got.took)
		}
	}
}
