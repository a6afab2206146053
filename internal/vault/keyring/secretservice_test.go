//go:build unix && !darwin

package keyring_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/vault/keyring"
	"github.com/epgu-cli/epgu/internal/vault/keyring/keyringtest"
)

var account, key = "prod@0011", bytes.Repeat([]byte{7}, 32)

func headless(t *testing.T, getenv func(string) string) *keyring.Keyring {
	t.Helper()
	k := keyring.New(keyring.Options{Getenv: getenv})
	t.Cleanup(k.Close)
	return k
}

// reasonWithin runs probe and checks the reason and the time it took.
func reasonWithin(t *testing.T, k *keyring.Keyring, want keyring.Reason, limit time.Duration) {
	t.Helper()
	start := time.Now()
	err := k.Probe(t.Context())
	took := time.Since(start)
	if keyring.ReasonOf(err) != want {
		t.Errorf("probe: %v, want %s", err, want)
	}
	if took > limit {
		t.Errorf("the probe took %s, limit %s", took, limit)
	}
	// The second answer is the first one, at once.
	start = time.Now()
	if _, err := k.Get(t.Context(), account); keyring.ReasonOf(err) != want {
		t.Errorf("get: %v, want %s", err, want)
	}
	if took := time.Since(start); took > 100*time.Millisecond {
		t.Errorf("the repeated answer took %s", took)
	}
}

// stillThere checks that the service of the person survived us.
func stillThere(t *testing.T, bus *keyringtest.Bus) {
	t.Helper()
	if err := headless(t, bus.Getenv).Probe(t.Context()); err != nil && keyring.ReasonOf(err) != keyring.Locked {
		t.Errorf("the keyring service did not survive: %v", err)
	}
}

func TestAnUnlockedKeyringKeepsKeys(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	k := headless(t, bus.Getenv)
	if err := k.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(t.Context(), account); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("an empty keyring: %v", err)
	}
	for _, want := range [][]byte{key, bytes.Repeat([]byte{9}, 32)} {
		if err := k.Set(t.Context(), account, want); err != nil {
			t.Fatal(err)
		}
		got, err := headless(t, bus.Getenv).Get(t.Context(), account)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("another process reads %x, %v", got, err)
		}
	}
	if _, err := k.Get(t.Context(), "sandbox@0011"); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("another account: %v", err)
	}
	for range 2 {
		if err := k.Delete(t.Context(), account); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := k.Get(t.Context(), account); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
}

func TestALockedKeyringIsNotWaitedForWithoutAPerson(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	if err := headless(t, bus.Getenv).Set(t.Context(), account, key); err != nil {
		t.Fatal(err)
	}
	bus.Lock()
	prompter := bus.StartPrompter()
	reasonWithin(t, headless(t, bus.Getenv), keyring.Locked, time.Second)
	if n := len(prompter.Opened); n != 0 {
		t.Errorf("%d windows were opened with nobody there", n)
	}
	stillThere(t, bus)
}

func TestAPromptThatNobodyAnswersEnds(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	bus.Lock()
	prompter := bus.StartPrompter()
	var mu sync.Mutex
	told := 0
	k := keyring.New(keyring.Options{Getenv: bus.Getenv, Interactive: true, Limit: 1500 * time.Millisecond, OnWait: func(time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		told++
	}})
	defer k.Close()
	reasonWithin(t, k, keyring.Unanswered, 3*time.Second)
	mu.Lock()
	defer mu.Unlock()
	if told == 0 {
		t.Error("the person was not told about the wait")
	}
	if len(prompter.Opened) == 0 {
		t.Error("no window was opened for the person")
	}
	stillThere(t, bus)
}

func TestAPromptThatCannotBeShownIsADeclinedOne(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	bus.Lock()
	k := keyring.New(keyring.Options{Getenv: bus.Getenv, Interactive: true})
	defer k.Close()
	reasonWithin(t, k, keyring.Dismissed, 3*time.Second)
}

func TestACancelledWaitEndsAtOnceAndCanBeRepeated(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	bus.Lock()
	bus.StartPrompter()
	ctx, cancel := context.WithCancel(t.Context())
	k := keyring.New(keyring.Options{Getenv: bus.Getenv, Interactive: true, Limit: time.Minute, OnWait: func(time.Duration) { cancel() }})
	defer k.Close()
	if err := k.Probe(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	again, cancelAgain := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancelAgain()
	if err := k.Probe(again); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second time: %v", err)
	}
}

func TestOtherProgramsFindTheKey(t *testing.T) {
	if _, err := exec.LookPath("secret-tool"); err != nil {
		t.Skip("skipped: secret-tool is not installed (Debian: apt-get install libsecret-tools)")
	}
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	if err := headless(t, bus.Getenv).Set(t.Context(), account, key); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "secret-tool", "lookup", "service", "epgu", "username", account)
	cmd.Env = bus.Env()
	out, err := cmd.Output()
	if want := base64.StdEncoding.EncodeToString(key); err != nil || string(out) != want {
		t.Errorf("secret-tool says %q, %v; want %q", out, err, want)
	}
}

func TestAServiceWithoutAnyKeyringIsToldApart(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("")
	reasonWithin(t, headless(t, bus.Getenv), keyring.NoCollection, time.Second)
}

func TestABusWithoutASecretServiceIsToldApart(t *testing.T) {
	bus := keyringtest.StartBus(t)
	reasonWithin(t, headless(t, bus.Getenv), keyring.NoService, time.Second)
}

func TestNoBusIsFoundOutAtOnce(t *testing.T) {
	for _, address := range []string{"", "autolaunch:", "unix:path=/nonexistent/bus", "tcp:host=127.0.0.1,port=1", "unixexec:path=/bin/false", "nonsense"} {
		env := []string{"DBUS_SESSION_BUS_ADDRESS=" + address, "XDG_RUNTIME_DIR=" + t.TempDir()}
		reasonWithin(t, headless(t, keyringtest.Getenv(env)), keyring.NoBus, time.Second)
	}
}

func TestABusThatNeverAnswersIsGivenUp(t *testing.T) {
	env := keyringtest.SilentBus(t)
	reasonWithin(t, headless(t, keyringtest.Getenv(env)), keyring.NoAnswer, 3*time.Second)
}

func TestABusThatNeverAnswersDoesNotHoldAPersonEither(t *testing.T) {
	env := keyringtest.SilentBus(t)
	k := keyring.New(keyring.Options{Getenv: keyringtest.Getenv(env), Interactive: true})
	defer k.Close()
	reasonWithin(t, k, keyring.NoAnswer, 3*time.Second)
}
