//go:build !windows

package tokencmd_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/vault/tokencmd"
)

func run(t *testing.T, line string, environ ...string) (string, error) {
	t.Helper()
	return tokencmd.Run(t.Context(), tokencmd.Options{Command: line, Profile: "prod", Environ: append(environ, "PATH="+os.Getenv("PATH")), Limit: 10 * time.Second})
}

func TestTheOutputOfTheCommandIsTheToken(t *testing.T) {
	for _, line := range []string{"echo abc.def", "printf abc.def", "printf ' abc.def \\r\\n'", "echo noise >&2; echo abc.def"} {
		if got, err := run(t, line); err != nil || got != "abc.def" {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
}

func TestOutputThatIsNoTokenIsRefusedAndNotQuoted(t *testing.T) {
	for _, line := range []string{"true", "echo; echo", "printf 'hunter2\\nhunter3\\n'", "head -c 70000 /dev/zero | tr '\\0' h", "yes hunter2"} {
		_, err := run(t, line)
		if !errors.Is(err, tokencmd.ErrOutput) {
			t.Errorf("%s: %v", line, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: the error quotes the output: %v", line, err)
		}
	}
}

func TestAFailedCommandIsAnErrorEvenWithOutput(t *testing.T) {
	got, err := run(t, "echo hunter2; exit 3")
	if err == nil || got != "" || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSecretsOfOurEnvironmentDoNotReachTheCommand(t *testing.T) {
	got, err := run(t, "env | sort | grep EPGU | tr '\\n' ' '",
		"EPGU_TOKEN=hunter2", "EPGU_TOKEN_COMMAND=x", "EPGU_OTP=123456", "EPGU_PASSWORD=hunter3", "EPGU_HOME=/h", "EPGU_LANG=ru", "EPGU_PROFILE=other")
	if want := "EPGU_HOME=/h EPGU_LANG=ru EPGU_PROFILE=prod"; err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestACommandThatHangsIsKilledWithItsChildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	_, err := tokencmd.Run(t.Context(), tokencmd.Options{
		Command: "sleep 300 & echo $! > '" + pidFile + "'; wait",
		Environ: os.Environ(), Limit: 500 * time.Millisecond,
	})
	if !errors.Is(err, tokencmd.ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	b, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	// A killed process needs a moment to die, and stays a zombie until init
	// collects it; gone or zombie is dead.
	deadline := time.Now().Add(10 * time.Second)
	for syscall.Kill(pid, 0) == nil {
		state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err == nil && strings.Contains(string(state), ") Z ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the child still runs: %s", state)
		}
		runtime.Gosched()
	}
}

func TestReadingStandardInputDoesNotHang(t *testing.T) {
	if got, err := run(t, "cat; echo token"); err != nil || got != "token" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestACancelledContextEndsTheCommand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tokencmd.Run(ctx, tokencmd.Options{Command: "sleep 300", Environ: os.Environ()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
