//go:build linux

package keyring_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/epgu-cli/epgu/internal/vault/keyring"
	"github.com/epgu-cli/epgu/internal/vault/keyring/keyringtest"
)

// roleEnv makes the test binary one headless run of the program, and markEnv is
// inherited by everything that it starts.
const (
	roleEnv = "KEYRING_TEST_ROLE"
	markEnv = "KEYRING_TEST_MARK"
)

func TestMain(m *testing.M) {
	if os.Getenv(roleEnv) == "" {
		os.Exit(m.Run())
	}
	k := keyring.New(keyring.Options{Getenv: os.Getenv})
	_, err := k.Get(context.Background(), "prod@0011")
	fmt.Println(keyring.ReasonOf(err))
	os.Exit(0)
}

// processesWith returns the processes whose environment holds the text.
func processesWith(t *testing.T, text string) []string {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range dirs {
		if env, err := os.ReadFile(d + "/environ"); err == nil && bytes.Contains(env, []byte(text)) {
			out = append(out, d)
		}
	}
	return out
}

func TestNoProcessIsLeftBehindAfterAHundredHeadlessRuns(t *testing.T) {
	unlocked := keyringtest.StartBus(t)
	unlocked.StartKeyring("password of the test")
	locked := keyringtest.StartBus(t)
	locked.StartKeyring("password of the test")
	locked.Lock()
	none := keyringtest.StartBus(t)
	empty := t.TempDir()

	// A launcher in the path betrays whoever would start a bus.
	bin := t.TempDir()
	trace := filepath.Join(bin, "launched")
	launcher := "#!/bin/sh\necho \"$0\" >> '" + trace + "'\nsleep 600 &\n"
	for _, name := range []string{"dbus-launch", "dbus-daemon", "dbus-run-session", "gnome-keyring-daemon"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(launcher), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	mark := markEnv + "=" + filepath.Base(bin) + empty
	for i := range 100 {
		c := []struct {
			env  []string
			want keyring.Reason
		}{
			{unlocked.Env(), ""},
			{locked.Env(), keyring.Locked},
			{none.Env(), keyring.NoService},
			{[]string{"DISPLAY=:99", "HOME=" + empty, "XDG_RUNTIME_DIR=" + empty}, keyring.NoBus},
		}[i%4]
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(c.env, "PATH="+bin+":"+os.Getenv("PATH"), roleEnv+"=get", mark,
			"GORACE=atexit_sleep_ms=0") // the race detector sleeps a second at every exit
		out, err := cmd.CombinedOutput()
		if err != nil || string(bytes.TrimSpace(out)) != string(c.want) {
			t.Errorf("run %d said %q, %v; want %q", i, out, err, c.want)
		}
	}
	if b, err := os.ReadFile(trace); err == nil {
		t.Errorf("something was launched: %s", b)
	}
	if left := processesWith(t, mark); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	// The check itself sees a process that is there: one that has echoed a line
	// is surely past its start.
	witness := exec.CommandContext(t.Context(), "cat")
	witness.Env = []string{mark}
	in, err := witness.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := witness.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := witness.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write([]byte("here\n"))
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "here\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if n := len(processesWith(t, mark)); n != 1 {
		t.Errorf("the check for processes sees %d, want 1", n)
	}
	_ = in.Close()
	if err := witness.Wait(); err != nil {
		t.Error(err)
	}
}
