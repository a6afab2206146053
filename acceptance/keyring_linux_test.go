//go:build linux

package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/vault/keyring/keyringtest"
)

// keyringLimit is what a command on a dead bus may take in total, with the time
// that a loaded machine needs to start it.
const keyringLimit = 3*time.Second + 500*time.Millisecond

// stated is what "auth status --json" tells.
type stated struct {
	SignedIn  bool
	Store     string
	StoreNote string
	Level     string
	Role      string
	Scopes    []string
	ExpiresAt string
	Settings  []struct{ Name, Value, Source, Where string }
}

// onBus runs the binary with the environment of a bus and the keyring allowed.
func (p *program) onBus(bus []string, args ...string) (out, errOut string, code int, took time.Duration) {
	p.t.Helper()
	cmd := exec.Command(p.exe, args...)
	cmd.Env = append([]string{"EPGU_HOME=" + p.home, "EPGU_LANG=en", "PATH=" + os.Getenv("PATH"), "HOME=" + p.home}, bus...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	start := time.Now()
	err := cmd.Run()
	took = time.Since(start)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		p.t.Fatal(err)
	}
	return o.String(), e.String(), code, took
}

func (p *program) state(bus []string) stated {
	p.t.Helper()
	out, errOut, _, _ := p.onBus(bus, "auth", "status", "--json")
	var s stated
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		p.t.Fatalf("%q %q: %v", out, errOut, err)
	}
	return s
}

// signInOn signs Anna in as cron does, on a bus.
func (p *program) signInOn(bus []string) string {
	p.t.Helper()
	cmd := exec.Command(p.exe, "auth", "login", "--user", "+79000000002", "--password-stdin", "--otp-command",
		"'"+p.exe+"' sandbox users --jq '.items[] | select(.login == \"+79000000002\") | .lastCode'")
	cmd.Env = append([]string{"EPGU_HOME=" + p.home, "EPGU_LANG=en", "PATH=" + os.Getenv("PATH"), "HOME=" + p.home}, bus...)
	cmd.Stdin = strings.NewReader("Obraztsova-2026\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestARealKeyringHoldsTheKeyAndALockedOneIsNotWaitedFor(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	p := newProgram(t, build(t))
	p.signInOn(bus.Env())

	s := p.state(bus.Env())
	if !s.SignedIn || s.Store != "keyring" || s.StoreNote != "" || s.Level != "standard" || s.Role != "person" || len(s.Scopes) == 0 || s.ExpiresAt == "" {
		t.Errorf("status %+v", s)
	}
	sources := map[string]string{}
	for _, x := range s.Settings {
		sources[x.Name] = x.Source
	}
	if sources["profile"] != "default" || sources["portal"] != "profile" {
		t.Errorf("where settings come from: %v", sources)
	}
	if out, _, code, _ := p.onBus(bus.Env(), "auth", "token"); code != 0 || strings.Count(out, ".") != 2 {
		t.Errorf("token into a pipe: %d %q", code, out)
	}
	screen := append(bus.Env(), "EPGU_FORCE_TTY=1")
	if out, errOut, code, _ := p.onBus(screen, "auth", "token"); code != 2 || out != "" || !strings.Contains(errOut, "--show") {
		t.Errorf("token onto a screen: %d %q %q", code, out, errOut)
	}
	if out, _, code, _ := p.onBus(screen, "auth", "token", "--show"); code != 0 || strings.Count(out, ".") != 2 {
		t.Errorf("token onto a screen with --show: %d %q", code, out)
	}

	bus.Lock()
	if out, errOut, code, took := p.onBus(bus.Env(), "auth", "token"); code != 3 || out != "" || took > keyringLimit || !strings.Contains(errOut, "locked") {
		t.Errorf("locked: exit %d in %s, %q %q", code, took, out, errOut)
	}
}

func TestWithoutAWorkingKeyringASignInFallsBackAndSaysWhy(t *testing.T) {
	bin := build(t)
	noService := keyringtest.StartBus(t)
	locked := keyringtest.StartBus(t)
	locked.StartKeyring("password of the test")
	locked.Lock()
	for _, c := range []struct {
		name, why string
		bus       []string
	}{
		{"no bus", "no_bus", []string{"DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR=" + t.TempDir()}},
		{"a bus without the service", "no_service", noService.Env()},
		{"a bus that never answers", "no_answer", keyringtest.SilentBus(t)},
		{"a locked keyring", "locked", locked.Env()},
	} {
		p := newProgram(t, bin)
		p.signInOn(c.bus)
		start := time.Now()
		s := p.state(c.bus)
		if took := time.Since(start); !s.SignedIn || s.Store != "file" || s.StoreNote != c.why || took > keyringLimit {
			t.Errorf("%s: %+v in %s", c.name, s, took)
		}
		if out, errOut, code, took := p.onBus(c.bus, "profile", "view", "--json", "level"); code != 0 || took > keyringLimit || !strings.Contains(out, "standard") {
			t.Errorf("%s: exit %d in %s: %s%s", c.name, code, took, out, errOut)
		}
		// The key file is not readable by others, and nothing lies in the open.
		err := filepath.WalkDir(p.home, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 && strings.Contains(path, "vault") {
				t.Errorf("%s: %s has the mode %v", c.name, path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestAKeyringThatFallsSilentEndsEveryCommandInThreeSeconds(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	p := newProgram(t, build(t))
	p.signInOn(bus.Env())
	silent := keyringtest.SilentBus(t)
	for _, args := range [][]string{{"auth", "token"}, {"profile", "view"}, {"bill", "list"}, {"profile", "history"}} {
		out, errOut, code, took := p.onBus(silent, args...)
		if code != 3 || out != "" || took > keyringLimit || !strings.Contains(errOut, "what to do") {
			t.Errorf("%v: exit %d in %s, %q %q", args, code, took, out, errOut)
		}
	}
}
