package acceptance

import (
	"context"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/vault"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

// deadBus is a session bus that takes connections and never says a word.
func deadBus(t *testing.T) (address string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the keyring is reached over D-Bus on Linux only")
	}
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var open []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
		}
		for _, c := range open {
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "unix:path=" + path
}

// drawer is a keyring in memory.
type drawer map[string][]byte

func (drawer) Probe(context.Context) error                            { return nil }
func (d drawer) Set(_ context.Context, name string, key []byte) error { d[name] = key; return nil }
func (d drawer) Delete(_ context.Context, name string) error          { delete(d, name); return nil }
func (d drawer) Get(_ context.Context, name string) ([]byte, error) {
	if key, ok := d[name]; ok {
		return key, nil
	}
	return nil, keyring.ErrNotFound
}

// busLimit is all the time that a dead bus may cost a command, with everything
// else that the command does.
const busLimit = 3 * time.Second

func TestACommandOnABusThatNeverAnswersIsOverInThreeSeconds(t *testing.T) {
	bus := deadBus(t)
	portal := servePortal(t)
	bin := build(t)

	// The key of the vault is in a keyring that is away now.
	sealed := portal.client(t, bin)
	sealed.signIn("confirmed")
	kept, err := sealed.vault("local").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := vault.Open(vault.Options{Profile: "local", Dir: filepath.Join(sealed.home, "state", "vault"), Prefer: vault.Keyring, Keyring: drawer{}, Getenv: func(string) string { return "" }})
	if err := v.Save(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if d, err := v.Describe(t.Context()); err != nil || d.Kind != vault.Keyring {
		t.Fatalf("%+v %v", d, err)
	}
	// The last variable of a name counts.
	sealed.env = append(sealed.env, "EPGU_STORE=auto", "DBUS_SESSION_BUS_ADDRESS="+bus)
	for _, args := range [][]string{{"profile", "view"}, {"auth", "status"}, {"auth", "token"}, {"bill", "list"}} {
		got := sealed.end(nil, args...)
		if got.code != 3 || !strings.Contains(got.errOut, "keyring") || !strings.Contains(got.errOut, "--store file") && !strings.Contains(got.errOut, "EPGU_TOKEN") {
			t.Errorf("%v: %+v", args, got)
		}
		if got.took > busLimit {
			t.Errorf("%v took %s", args, got.took)
		}
	}

	// A vault that needs no keyring does not ask for one.
	plain := portal.client(t, bin, "EPGU_STORE=auto", "DBUS_SESSION_BUS_ADDRESS="+bus)
	token := kept.Access
	got := plain.end(strings.NewReader(token), "auth", "login", "--with-token", "--json", "store,storeNote")
	if got.code != 0 || !strings.Contains(got.out, `"store":"file"`) || got.took > busLimit {
		t.Errorf("a sign-in does not fall back: %+v", got)
	}
	for _, args := range [][]string{{"profile", "view", "--json", "oid"}, {"auth", "status", "--json", "store"}} {
		if got := plain.end(nil, args...); got.code != 0 || got.took > busLimit {
			t.Errorf("%v: %+v", args, got)
		}
	}
}
