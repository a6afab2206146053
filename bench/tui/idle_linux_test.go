package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// wakeups opens the real program, lets it come to rest and counts how often its
// threads went to sleep again; and how long the first frames take.
func wakeups(t *testing.T, line func(what, got, bound string, ok bool)) {
	exe := filepath.Join(t.TempDir(), "epgu")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", exe, "github.com/epgu-cli/epgu/cmd/epgu")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	home := t.TempDir()
	open := func() (*drive.Window, time.Duration) {
		cmd := exec.Command(exe)
		cmd.Env = []string{"EPGU_HOME=" + home, "EPGU_STORE=file", "EPGU_LANG=en", "TERM=xterm-256color", "PATH=" + os.Getenv("PATH"), "HOME=" + home}
		began := time.Now()
		w := drive.OpenWindow(t, cmd, 120, 40).Awaits("Gosuslugi")
		return w, time.Since(began)
	}
	var first []time.Duration
	for range 5 {
		w, took := open()
		first = append(first, took)
		w.Awaits("Sign in to see").Send("\x03").Ends()
	}
	best := first[0]
	for _, f := range first {
		best = min(best, f)
	}
	line("start to first frame on a terminal that answers nothing, best of 5", fmt.Sprintf("%.0f ms", ms(best)), "100 ms", best <= 100*time.Millisecond)

	w, _ := open()
	w.Awaits("Sign in to see")
	time.Sleep(2 * time.Second) // what the start had left to do
	before, cpu := switches(t, w.Process().Pid), ticks(t, w.Process().Pid)
	time.Sleep(*idle)
	n, spent := switches(t, w.Process().Pid)-before, ticks(t, w.Process().Pid)-cpu
	line(fmt.Sprintf("wake-ups of the idle program in %s", *idle), fmt.Sprintf("%d (%d ms of CPU)", n, spent*10), "0", n == 0)
	w.Send("\x03").Ends()
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
