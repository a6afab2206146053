//go:build linux

package vault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/vault"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
	"github.com/epgu-cli/epgu/internal/vault/keyring/keyringtest"
)

// deadBusLimit is what a command on a dead bus may take in total.
const deadBusLimit = 3 * time.Second

func onBus(dir string, getenv func(string) string) *vault.Vault {
	return vault.Open(vault.Options{Profile: "prod", Dir: dir, Getenv: getenv})
}

func TestAVaultWithARealKeyring(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	dir := t.TempDir()
	mustSave(t, onBus(dir, bus.Getenv), sample())
	noPlainText(t, dir)
	v := onBus(dir, bus.Getenv)
	if got := mustLoad(t, v); !same(got, sample()) {
		t.Error("something was lost")
	}
	if d := describe(t, v); d.Kind != vault.Keyring || d.Why != "" {
		t.Errorf("description %+v", d)
	}

	bus.Lock()
	_, err := onBus(dir, bus.Getenv).Load(t.Context())
	wantCode(t, err, vault.CodeAway, exitcode.Auth)
	if keyring.ReasonOf(err) != keyring.Locked {
		t.Errorf("locked: %v", err)
	}
	// A process that has the key goes on.
	mustSave(t, v, sample())
	mustLoad(t, v)

	if err := v.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := onBus(dir, bus.Getenv).Load(t.Context()); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
}

func TestADeadBusIsOverInThreeSecondsInTotal(t *testing.T) {
	bus := keyringtest.StartBus(t)
	bus.StartKeyring("password of the test")
	dir := t.TempDir()
	mustSave(t, onBus(dir, bus.Getenv), sample())
	silent := keyringtest.Getenv(keyringtest.SilentBus(t))

	start := time.Now()
	_, err := onBus(dir, silent).Refresh(t.Context(), fresh, forbidden(t))
	wantCode(t, err, vault.CodeAway, exitcode.Auth)
	if took := time.Since(start); took > deadBusLimit {
		t.Errorf("failing took %s", took)
	}

	start = time.Now()
	v := onBus(dir, silent)
	mustSave(t, v, sample()) // a new sign-in falls back to the key file
	mustLoad(t, v)
	if took := time.Since(start); took > deadBusLimit {
		t.Errorf("falling back took %s", took)
	}
	if d := describe(t, v); d.Kind != vault.File || d.Why != string(keyring.NoAnswer) {
		t.Errorf("description %+v", d)
	}
	noPlainText(t, dir)
}
