// Package keyringtest starts a private session bus and a real gnome-keyring for
// tests, without a desktop and without touching the user's own: in the test's
// folder, by the test, ended by process id when the test ends. Debian packages:
// dbus-daemon, gnome-keyring. Only tests import it.
package keyringtest

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// patience bounds every wait for a process of the test to get ready.
const patience = 20 * time.Second

// service is the bus name of the Secret Service.
const service = "org.freedesktop.secrets"

// Bus is a private session bus. It can start no service by itself.
type Bus struct {
	t    testing.TB
	dir  string
	Conn *dbus.Conn // the test's own connection
	env  []string
}

// StartBus starts a bus, or skips the test with the reason when dbus-daemon is
// not installed.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	program(t, "dbus-daemon")
	// Unix sockets allow about 100 bytes, which the folder of a test with a
	// long name exceeds.
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "bus")
	config := filepath.Join(dir, "bus.conf")
	// No <servicedir> and no <standard_session_servicedirs/>: a stock bus would
	// start a keyring of its own in the middle of a test and leave it behind.
	err = os.WriteFile(config, []byte(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=`+socket+`</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	b := &Bus{t: t, dir: dir}
	for _, d := range []string{"home", "run", "data", "config", "cache"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	b.env = []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket,
		"HOME=" + filepath.Join(dir, "home"), "XDG_RUNTIME_DIR=" + filepath.Join(dir, "run"),
		"XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"),
	}
	out := b.start("", "dbus-daemon", "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("dbus-daemon printed no address: %v", err)
	}
	if b.Conn, err = dbus.Connect("unix:path=" + socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Conn.Close() })
	return b
}

// Env returns the environment of programs that live on this bus.
func (b *Bus) Env() []string { return append([]string(nil), b.env...) }

// Getenv reads Env.
func (b *Bus) Getenv(key string) string { return Getenv(b.env)(key) }

// Getenv returns a reader of an environment.
func Getenv(environ []string) func(string) string {
	return func(key string) string {
		for _, kv := range environ {
			if v, ok := strings.CutPrefix(kv, key+"="); ok {
				return v
			}
		}
		return ""
	}
}

// StartKeyring starts gnome-keyring with an unlocked keyring, or with none at
// all when the password is empty, and waits until it answers. It skips the test
// with the reason when gnome-keyring is not installed.
func (b *Bus) StartKeyring(password string) {
	b.t.Helper()
	program(b.t, "gnome-keyring-daemon")
	args := []string{"--foreground", "--components=secrets", "--control-directory=" + filepath.Join(b.dir, "run")}
	if password != "" {
		args = append(args, "--unlock")
	}
	appeared := b.watchOwner()
	b.start(password, "gnome-keyring-daemon", args...)
	select {
	case <-appeared:
	case <-time.After(patience):
		b.t.Fatal("gnome-keyring did not take its name on the bus")
	}
}

// watchOwner returns a channel that closes when the Secret Service appears.
func (b *Bus) watchOwner() <-chan struct{} {
	b.t.Helper()
	signals := make(chan *dbus.Signal, 16)
	b.Conn.Signal(signals)
	if err := b.Conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, service)); err != nil {
		b.t.Fatal(err)
	}
	appeared := make(chan struct{})
	go func() {
		defer b.Conn.RemoveSignal(signals)
		for s := range signals {
			if len(s.Body) == 3 && s.Body[0] == service && s.Body[2] != "" {
				close(appeared)
				return
			}
		}
	}()
	return appeared
}

// Lock locks the default keyring.
func (b *Bus) Lock() {
	b.t.Helper()
	o := b.Conn.Object(service, "/org/freedesktop/secrets")
	var collection dbus.ObjectPath
	if err := o.Call("org.freedesktop.Secret.Service.ReadAlias", 0, "default").Store(&collection); err != nil {
		b.t.Fatal(err)
	}
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	// While the daemon still ends the session of a client that has just left the bus,
	// it answers a call with nothing locked; the next one finds it done.
	for range 3 {
		if err := o.Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{collection}).Store(&locked, &prompt); err != nil {
			b.t.Fatal(err)
		}
		if len(locked) == 1 {
			return
		}
	}
	b.t.Fatalf("locked %v", locked)
}

// Prompter stands in for the window that asks the person for the password of a
// keyring. It takes every question and answers none.
type Prompter struct {
	// Opened receives one value for each window.
	Opened chan struct{}
}

// BeginPrompting opens the window.
func (p *Prompter) BeginPrompting(dbus.ObjectPath) *dbus.Error {
	p.Opened <- struct{}{}
	return nil
}

// PerformPrompt shows a question.
func (p *Prompter) PerformPrompt(dbus.ObjectPath, string, map[string]dbus.Variant, string) *dbus.Error {
	return nil
}

// StopPrompting closes the window.
func (p *Prompter) StopPrompting(dbus.ObjectPath) *dbus.Error {
	return nil
}

// StartPrompter puts a Prompter on the bus.
func (b *Bus) StartPrompter() *Prompter {
	b.t.Helper()
	p := &Prompter{Opened: make(chan struct{}, 64)}
	if err := b.Conn.Export(p, "/org/gnome/keyring/Prompter", "org.gnome.keyring.internal.Prompter"); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Conn.RequestName("org.gnome.keyring.SystemPrompter", dbus.NameFlagDoNotQueue); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// SilentBus listens on a socket, accepts everybody and never says a word. It
// returns the environment that leads there.
func SilentBus(t testing.TB) []string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); conns.Wait() })
	return []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=" + l.Addr().String()}
}

// start runs a program of the bus until the test ends and returns its output.
func (b *Bus) start(stdin, name string, args ...string) io.Reader {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = b.env
	cmd.Dir = b.dir
	cmd.Stdin = strings.NewReader(stdin)
	// The daemons are asked to end, so that they can clean up, and made to.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	out, w, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd.Stdout = w
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	_ = w.Close()
	b.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		_ = out.Close()
		if b.t.Failed() && said.Len() > 0 {
			b.t.Logf("%s said: %s", name, said.String())
		}
	})
	return out
}

// program skips the test when a program is not installed.
func program(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("skipped: %s is not installed (Debian: apt-get install dbus-daemon gnome-keyring)", name)
	}
}
