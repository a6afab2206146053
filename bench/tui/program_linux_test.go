package tui

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// program opens the real program on a terminal of its own that answers no question:
// how long the first frame takes, how many bytes a step of the cursor writes, and how
// often its threads go to sleep again while nothing moves.
func program(tab *table) {
	t := tab.t
	exe := *epgu
	if exe == "" {
		exe = built(t)
	}
	home := t.TempDir()
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(exe, args...)
		cmd.Env = []string{"EPGU_HOME=" + home, "EPGU_STORE=file", "EPGU_LANG=en", "TERM=xterm-256color", "PATH=" + os.Getenv("PATH"), "HOME=" + home}
		return cmd
	}
	best := time.Hour
	for range 5 {
		began := time.Now()
		w := drive.OpenWindow(t, command(), 120, 40).Awaits("Gosuslugi")
		best = min(best, time.Since(began))
		w.Awaits("Sign in to see").Send("\x03").Ends()
	}
	tab.timed("start to first frame on a terminal that answers nothing, best of 5", fmt.Sprintf("%.0f ms", ms(best)), "100 ms", best <= 100*time.Millisecond || !calm())

	signIn(t, command)
	w := drive.OpenWindow(t, command(), 120, 40).Awaits("Due in all")
	resting(tab, w, "home of somebody who is signed in")
	// The services are the longest list of the portal.
	w.Send("3").Awaits("find a service").Awaits("Department").Send("j")
	quiet(w)
	bytes := 0
	for _, key := range []string{"j", "\x1b[B", "k", "\x1b[A", "j"} {
		was := len(w.Raw())
		w.Send(key)
		quiet(w)
		n := len(w.Raw()) - was
		if n == 0 {
			t.Errorf("the key %q wrote nothing", key)
		}
		bytes = max(bytes, n)
	}
	tab.line("bytes that the program writes for a step of the cursor, 120×40", fmt.Sprint(bytes), "2000", bytes <= 2000, true)
	resting(tab, w, "a list with a cursor")
	w.Send("q").Ends()
}

func built(t *testing.T) string {
	exe := filepath.Join(t.TempDir(), "epgu")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", exe, "github.com/epgu-cli/epgu/cmd/epgu")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// quiet waits until nothing was written for a while.
func quiet(w *drive.Window) {
	for n := -1; n != len(w.Raw()); {
		n = len(w.Raw())
		<-time.After(300 * time.Millisecond)
	}
}

// resting counts the wake-ups of a program that is left alone.
func resting(tab *table, w *drive.Window, where string) {
	pid := w.Process().Pid
	quiet(w)
	// What the start had left to do may take its time on a busy machine.
	for range 30 {
		was := switches(tab.t, pid)
		<-time.After(time.Second)
		if switches(tab.t, pid) == was {
			break
		}
	}
	woke, cpu, wrote := switches(tab.t, pid), ticks(tab.t, pid), len(w.Raw())
	<-time.After(*idle)
	woke, cpu, wrote = switches(tab.t, pid)-woke, ticks(tab.t, pid)-cpu, len(w.Raw())-wrote
	tab.line(fmt.Sprintf("wake-ups of the idle program in %s: %s", *idle, where), fmt.Sprintf("%d (%d ms of CPU, %d bytes written)", woke, cpu*10, wrote), "0", woke == 0 && cpu == 0 && wrote == 0, true)
}

// signIn signs in a person of the training portal.
func signIn(t *testing.T, command func(args ...string) *exec.Cmd) {
	out, err := command("sandbox", "users", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var users struct {
		Items []struct{ Login, Password, Level, OrgOID, TOTPSecret string }
	}
	if err := json.Unmarshal(out, &users); err != nil {
		t.Fatal(err)
	}
	for _, u := range users.Items {
		if u.Level != "confirmed" || u.OrgOID != "" || u.TOTPSecret == "" {
			continue
		}
		code, err := signin.TOTP(u.TOTPSecret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		cmd := command("auth", "login", "--user", u.Login, "--password-stdin", "--otp", code)
		cmd.Stdin = strings.NewReader(u.Password + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	t.Fatal("the training portal has nobody to sign in")
}

// switches counts how often the threads of a process went to sleep by themselves.
func switches(t *testing.T, pid int) (n int) {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/status", pid, task.Name()))
		for l := range strings.Lines(string(b)) {
			var k int
			if _, err := fmt.Sscanf(l, "voluntary_ctxt_switches: %d", &k); err == nil {
				n += k
			}
		}
	}
	return n
}

// ticks is the CPU time of a process, hundredths of a second.
func ticks(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(after)
	var user, system int
	_, _ = fmt.Sscan(f[11], &user)
	_, _ = fmt.Sscan(f[12], &system)
	return user + system
}
