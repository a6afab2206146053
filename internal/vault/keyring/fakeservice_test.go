//go:build unix && !darwin

package keyring_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/vault/keyring"
	"github.com/epgu-cli/epgu/internal/vault/keyring/keyringtest"
	"github.com/godbus/dbus/v5"
)

// fakeService is a Secret Service that behaves as real ones do when a person is
// at the screen, or as they should not. It holds at most one item.
type fakeService struct {
	bus       *keyringtest.Bus
	locked    bool
	dismissed bool          // the person closes the window
	hang      chan struct{} // SearchItems waits for it when not nil
	forgetful bool          // CreateItem says yes and keeps nothing
	value     []byte
}

const (
	collectionPath = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	itemPath       = dbus.ObjectPath("/org/freedesktop/secrets/collection/login/1")
	promptPath     = dbus.ObjectPath("/org/freedesktop/secrets/prompt/1")
)

type busSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func (f *fakeService) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) { return collectionPath, nil }

func (f *fakeService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/org/freedesktop/secrets/session/1", nil
}

func (f *fakeService) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return []dbus.ObjectPath{}, promptPath, nil
}

func (f *fakeService) SearchItems(map[string]string) ([]dbus.ObjectPath, []dbus.ObjectPath, *dbus.Error) {
	if f.hang != nil {
		<-f.hang
	}
	if f.value == nil {
		return []dbus.ObjectPath{}, []dbus.ObjectPath{}, nil
	}
	return []dbus.ObjectPath{itemPath}, []dbus.ObjectPath{}, nil
}

// Get is of org.freedesktop.DBus.Properties.
func (f *fakeService) Get(_, _ string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(f.locked), nil
}

func (f *fakeService) CreateItem(_ map[string]dbus.Variant, s busSecret, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if !f.forgetful {
		f.value = s.Value
	}
	return itemPath, "/", nil
}

func (f *fakeService) GetSecret(session dbus.ObjectPath) (busSecret, *dbus.Error) {
	return busSecret{Session: session, Value: f.value, ContentType: "text/plain"}, nil
}

// Prompt answers at once, as a quick person would.
func (f *fakeService) Prompt(string) *dbus.Error {
	f.locked = f.dismissed
	if err := f.bus.Conn.Emit(promptPath, "org.freedesktop.Secret.Prompt.Completed", f.dismissed, dbus.MakeVariant([]dbus.ObjectPath{})); err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

func startFake(t *testing.T, f *fakeService) *keyringtest.Bus {
	t.Helper()
	f.bus = keyringtest.StartBus(t)
	for path, iface := range map[dbus.ObjectPath]string{
		"/org/freedesktop/secrets": "org.freedesktop.Secret.Service",
		itemPath:                   "org.freedesktop.Secret.Item",
		promptPath:                 "org.freedesktop.Secret.Prompt",
	} {
		if err := f.bus.Conn.Export(f, path, iface); err != nil {
			t.Fatal(err)
		}
	}
	for _, iface := range []string{"org.freedesktop.Secret.Collection", "org.freedesktop.DBus.Properties"} {
		if err := f.bus.Conn.Export(f, collectionPath, iface); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.bus.Conn.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return f.bus
}

func TestAPersonWhoUnlocksTheKeyringIsWaitedFor(t *testing.T) {
	bus := startFake(t, &fakeService{locked: true})
	k := keyring.New(keyring.Options{Getenv: bus.Getenv, Interactive: true})
	defer k.Close()
	if err := k.Set(t.Context(), account, key); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(t.Context(), account); err != nil || !bytes.Equal(got, key) {
		t.Errorf("%x, %v", got, err)
	}
}

func TestAPersonWhoClosesTheWindowIsNotAskedAgain(t *testing.T) {
	bus := startFake(t, &fakeService{locked: true, dismissed: true})
	k := keyring.New(keyring.Options{Getenv: bus.Getenv, Interactive: true})
	defer k.Close()
	reasonWithin(t, k, keyring.Dismissed, time.Second)
}

func TestAKeyringThatForgetsIsFoundOut(t *testing.T) {
	bus := startFake(t, &fakeService{forgetful: true})
	if err := headless(t, bus.Getenv).Set(t.Context(), account, key); !errors.Is(err, keyring.ErrVerify) {
		t.Errorf("got %v", err)
	}
}

func TestAServiceThatStopsAnsweringIsGivenUp(t *testing.T) {
	f := &fakeService{hang: make(chan struct{})}
	bus := startFake(t, f)
	defer close(f.hang)
	k := keyring.New(keyring.Options{Getenv: bus.Getenv, Limit: 300 * time.Millisecond})
	defer k.Close()
	if err := k.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := k.Get(t.Context(), account); keyring.ReasonOf(err) != keyring.NoAnswer {
			t.Errorf("got %v", err)
		}
	}
}
