package acceptance

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/app"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// stranger is a server that nothing of ours may ever reach.
func stranger(t *testing.T) (url string, hits func() int32) {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n.Add(1) }))
	t.Cleanup(s.Close)
	return s.URL, n.Load
}

func TestTheTokenIsNotSentToAnotherHostThatThePortalNames(t *testing.T) {
	portal := servePortal(t)
	other, hits := stranger(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		portal.answer(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/me") },
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other+"/catch", status) }))
		if got := p.end(nil, "profile", "view"); got.code != 6 {
			t.Errorf("redirect %d: %+v", status, got)
		}
	}
	portal.answer(nil, nil)
	if got := p.end(nil, "profile", "view"); got.code != 0 {
		t.Errorf("%+v", got)
	}
	if hits() != 0 {
		t.Errorf("the other host was asked %d times", hits())
	}
}

func TestTheTokenOfAProfileIsNotSentToAnotherProfilesPortal(t *testing.T) {
	portal := servePortal(t)
	var marked atomic.Int32 // requests with a marker; without one the other portal may be asked what it offers
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			marked.Add(1)
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	other := server.URL
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	p.env = append(p.env, "EPGU_PROFILE=elsewhere", "EPGU_PORTAL="+other)
	if got := p.end(nil, "profile", "view"); got.code == 0 {
		t.Errorf("%+v", got)
	}
	if got := p.end(nil, "auth", "token"); got.code != 3 || got.out != "" {
		t.Errorf("%+v", got)
	}
	if marked.Load() != 0 {
		t.Error("the other portal got a marker")
	}
}

func TestADotEnvFileIsIgnored(t *testing.T) {
	portal := servePortal(t)
	other, hits := stranger(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	dir := t.TempDir()
	for _, name := range []string{".env", ".epgu", "epgu.toml", "config.toml", ".epgurc"} {
		text := "EPGU_PORTAL=" + other + "\nportal = \"" + other + "\"\nEPGU_TOKEN=stolen\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := p.command("profile", "view", "--json", "oid")
	cmd.Dir = dir
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "1000000003") {
		t.Errorf("%s, %v", out, err)
	}
	if hits() != 0 {
		t.Error("a file in the current folder redirected the program")
	}
}

func TestSecretsAreNotInTheDebugOutput(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t))
	u := p.person(confirmed)
	code, err := signin.TOTP(u.TOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	login := p.end(strings.NewReader(u.Password+"\n"), "auth", "login", "--user", u.Login, "--password-stdin", "--otp", code, "--debug")
	if login.code != 0 {
		t.Fatalf("%+v", login)
	}
	token, err := p.run("", "auth", "token")
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := p.vault("local").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.expire("local")
	refreshed := p.end(nil, "profile", "view", "--debug")
	renewed, err := p.vault("local").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{"password": u.Password, "code": `"` + code + `"`, "marker": strings.TrimSpace(token),
		"refresh marker": secrets.Refresh, "id marker": secrets.ID, "new marker": renewed.Access, "new refresh marker": renewed.Refresh} {
		for _, run := range []outcome{login, refreshed} {
			if secret != "" && strings.Contains(run.out+run.errOut, secret) {
				t.Errorf("the %s is in the debug output", name)
			}
			// A part of it would do for a guess.
			if len(secret) > 60 && strings.Contains(run.errOut, secret[len(secret)-40:]) {
				t.Errorf("a part of the %s is in the debug output", name)
			}
		}
	}
	for _, run := range []outcome{login, refreshed} {
		if !strings.Contains(run.errOut, "are hidden") || !strings.Contains(run.errOut, "> ") {
			t.Errorf("the debug output does not say that it is redacted:\n%.300s", run.errOut)
		}
	}
}

func TestSecretsAreNotInArgumentsNorInTheEnvironmentOfChildren(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the arguments of a process are read in /proc, which only Linux has")
	}
	portal := servePortal(t)
	p := portal.client(t, build(t))
	u := p.person(confirmed)
	code, err := signin.TOTP(u.TOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(p.home, "seen")
	// The child writes down its environment and its parent's arguments and environment.
	child := filepath.Join(p.home, "child.sh")
	script := "#!/bin/sh\n{ env; tr '\\0' '\\n' < /proc/$PPID/cmdline; } >> " + seen + "\n[ -n \"$1\" ] || echo " + code + "\n"
	if err := os.WriteFile(child, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "EPGU_SECRET_OF_OURS=ours", "BROWSER="+child)
	if got := p.end(strings.NewReader(u.Password+"\n"), "auth", "login", "--user", u.Login, "--password-stdin", "--otp-command", child); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	token, err := p.run("", "auth", "token")
	if err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "EPGU_TOKEN="+strings.TrimSpace(token))
	if got := p.end(nil, "auth", "login", "--browser", "--wait", "2s"); got.code != 3 {
		t.Fatalf("%+v", got)
	}
	b, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte("PATH=")) || !bytes.Contains(b, []byte("--otp-command")) {
		t.Fatalf("the child saw nothing:\n%s", b)
	}
	for _, secret := range []string{u.Password, strings.TrimSpace(token), "EPGU_SECRET_OF_OURS", "EPGU_TOKEN"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("a child saw %.20q", secret)
		}
	}
}

func TestThereAreNoHiddenFlagsNorCommands(t *testing.T) {
	root := app.Commands(i18n.EN, io.Discard)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden {
			t.Errorf("%s is hidden", c.CommandPath())
		}
		check := func(f *pflag.Flag) {
			if f.Hidden || f.Usage == "" {
				t.Errorf("%s --%s is hidden or says nothing of itself", c.CommandPath(), f.Name)
			}
			for _, word := range []string{"api-base", "base-url", "endpoint", "insecure", "password", "token", "secret"} {
				// A flag that takes a value must not take a secret, nor redirect the transport.
				if f.Value.Type() != "bool" && strings.Contains(f.Name, word) {
					t.Errorf("%s --%s takes what no argument should", c.CommandPath(), f.Name)
				}
			}
		}
		c.LocalFlags().VisitAll(check)
		c.PersistentFlags().VisitAll(check)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

func TestACrashShowsNoSecretsAndLeavesNoFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SIGQUIT is not there on Windows")
	}
	portal := servePortal(t)
	p := portal.client(t, build(t))
	u := p.person(confirmed)
	p.signIn("confirmed")
	token, err := p.run("", "auth", "token")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := p.vault("local").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The program is stopped in the middle of a request that carries a marker,
	// the way a panic would: every goroutine is dumped.
	reached, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	portal.answer(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/me") },
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(reached)
			<-release
		}))
	cmd := p.command("profile", "view")
	dir := t.TempDir()
	cmd.Dir, cmd.Env = dir, append(cmd.Env, "GOTRACEBACK=all")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the program outlived SIGQUIT")
	}
	if !strings.Contains(errOut.String(), "goroutine ") {
		t.Fatalf("no dump:\n%s", errOut.String())
	}
	for name, secret := range map[string]string{"marker": strings.TrimSpace(token), "refresh marker": kept.Refresh, "password": u.Password} {
		if strings.Contains(out.String()+errOut.String(), secret) {
			t.Errorf("the %s is in the dump", name)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the crash left %v (%v)", entries, err)
	}
}
