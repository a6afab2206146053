package flock_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/flock"
)

const holderEnv = "FLOCK_TEST_HOLD"

// TestMain lets the test binary play another process that holds a lock until
// it is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(holderEnv); path != "" {
		if _, err := flock.TryLock(path); err != nil {
			os.Stdout.WriteString("failed " + err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString("held\n")
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestASecondTryIsToldThatTheLockIsHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	l, err := flock.TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flock.TryLock(path); !errors.Is(err, flock.ErrLocked) {
		t.Errorf("second try: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := l.Unlock(); err != nil {
		t.Errorf("second unlock: %v", err)
	}
	l2, err := flock.TryLock(path)
	if err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	_ = l2.Unlock()
}

func TestTheLockFileIsNeverUnlinked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	var first os.FileInfo
	for range 3 {
		l, err := flock.TryLock(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Unlock(); err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatalf("the lock file is gone: %v", err)
		}
		if first == nil {
			first = fi
		} else if !os.SameFile(first, fi) {
			t.Fatal("the lock file was replaced")
		}
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	l, err := flock.TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := flock.Take(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestGoroutinesTakeTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	var wg sync.WaitGroup
	// Atomics, because the race detector does not see the order that the
	// operating system's lock imposes.
	var inside, entered atomic.Int32
	for range 8 {
		wg.Go(func() {
			for range 10 {
				l, err := flock.Take(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d holders at once", n)
				}
				entered.Add(1)
				inside.Add(-1)
				_ = l.Unlock()
			}
		})
	}
	wg.Wait()
	if n := entered.Load(); n != 80 {
		t.Errorf("%d turns, want 80", n)
	}
}

func TestAKilledHolderGivesTheLockBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holderEnv+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		t.Fatalf("holder said %q, %v", line, err)
	}
	if _, err := flock.TryLock(path); !errors.Is(err, flock.ErrLocked) {
		t.Errorf("while the other process holds it: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	l, err := flock.Take(ctx, path)
	if err != nil {
		t.Fatalf("after the kill: %v", err)
	}
	_ = l.Unlock()
}

func TestASymlinkInPlaceOfTheLockFileIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: Windows has no O_NOFOLLOW; making links there needs a privilege")
	}
	dir := t.TempDir()
	link, elsewhere := filepath.Join(dir, "x.lock"), filepath.Join(dir, "elsewhere")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	if _, err := flock.TryLock(link); err == nil {
		t.Error("a link was taken for the lock file")
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("the link was followed")
	}
}
