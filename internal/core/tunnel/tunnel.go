// Package tunnel runs another program that makes GOST TLS connections, which this one
// cannot: stunnel with OpenSSL's GOST engine, or a command of the user's. The program
// listens on this machine; requests go to it in the clear and leave it encrypted. Only
// cli and app packages import it.
package tunnel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/external"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

const (
	ready     = 10 * time.Second      // until the program listens
	probe     = 50 * time.Millisecond // between two looks whether it does
	stopping  = 3 * time.Second       // from an interrupt to the end of the program
	maxStderr = 16 << 10              // bytes that are kept of what it says
)

// suites are those of GOST R 34.12-2015 and the older one that SPEC-1.12.1, section
// 1.2.1, names (0xff85), with encryption.
const suites = "kGOST18:kGOST:!eNULL:!aNULL"

// Leg is one tunnel: from an address of this machine to a server.
type Leg struct {
	Name   string // "portal", "esia"
	Listen string // host:port of this machine
	Host   string // of the server
	Port   string
}

// Options say how tunnels are run.
type Options struct {
	Legs []Leg
	// Command is "exec:PROGRAM ARGUMENT…" with {listen}, {host} and {port}, run once
	// for each leg; empty is stunnel for all of them.
	Command string
	Dir     string // private folder for the program's config
	// CA is a file of trusted roots, PEM: stunnel needs one.
	CA string
	// ClientCert and ClientKey identify this machine to the servers, PEM; both or none.
	ClientCert, ClientKey string
	Clock                 clock.Clock
}

// Running are tunnels that take connections.
type Running struct {
	programs []*program
	ended    chan error
	stop     context.CancelFunc
	done     sync.WaitGroup
}

type program struct {
	cmd  *exec.Cmd
	said *tail
}

// Start runs the programs and waits until they listen.
func Start(ctx context.Context, o Options) (*Running, error) {
	commands, err := o.commands()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	r := &Running{stop: stop, ended: make(chan error, len(commands))}
	for _, words := range commands {
		p := &program{cmd: exec.CommandContext(ctx, words[0], words[1:]...), said: &tail{}}
		p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
		p.cmd.Env = external.Environment(os.Environ())
		p.cmd.Cancel = func() error { return p.cmd.Process.Signal(os.Interrupt) }
		p.cmd.WaitDelay = stopping
		if err := p.cmd.Start(); err != nil {
			return nil, errors.Join(noProgram(words[0], err), r.Stop())
		}
		r.programs = append(r.programs, p)
		r.done.Go(func() { r.ended <- ended(p) })
	}
	limited, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	for _, l := range o.Legs {
		if err := r.listens(limited, o.Clock, l); err != nil {
			return nil, errors.Join(err, r.Stop())
		}
	}
	return r, nil
}

func (r *Running) listens(ctx context.Context, c clock.Clock, l Leg) error {
	var d net.Dialer
	for {
		conn, err := d.DialContext(ctx, "tcp", l.Listen)
		if err == nil {
			return conn.Close()
		}
		select {
		case err := <-r.ended:
			return err
		default:
		}
		if c.Sleep(ctx, probe) != nil {
			return fault.New(exitcode.Unavailable, "tunnel.not_listening", i18n.Text{
				RU: "туннель не начал слушать %s за %s", EN: "the tunnel does not listen on %s after %s"}.With(l.Listen, ready.String())).Because(err)
		}
	}
}

// Wait returns when a program has ended, with what it said, or when ctx is done.
func (r *Running) Wait(ctx context.Context) error {
	select {
	case err := <-r.ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// Said is what the programs have written, for whoever looks for a cause.
func (r *Running) Said() untrusted.Text {
	var b strings.Builder
	for _, p := range r.programs {
		b.WriteString(p.said.String())
	}
	return untrusted.Text(b.String())
}

// Stop ends the programs and waits for their end.
func (r *Running) Stop() error {
	r.stop()
	r.done.Wait()
	return nil
}

func ended(p *program) error {
	err := p.cmd.Wait()
	return fault.New(exitcode.Unavailable, "tunnel.ended", i18n.Text{
		RU: "программа туннеля закончилась (%s): %s", EN: "the tunnel's program has ended (%s): %s"}.With(filepath.Base(p.cmd.Path), untrusted.Text(p.said.last()))).Because(err)
}

func noProgram(name string, err error) error {
	return fault.New(exitcode.Usage, "tunnel.no_program", i18n.Text{
		RU: "программа %s не запускается", EN: "%s cannot be run"}.With(name)).Because(err)
}

func (o Options) commands() ([][]string, error) {
	if o.Command == "" {
		words, err := o.stunnel()
		return [][]string{words}, err
	}
	p, err := external.ParseSpec(o.Command)
	if err != nil || p.Raw {
		return nil, fault.New(exitcode.Usage, "tunnel.command", i18n.Text{
			RU: "команда туннеля «%s» не годится", EN: "the tunnel's command %q cannot be used"}.With(o.Command)).Because(err).
			Advise(i18n.Say("например: exec:программа --listen {listen} --connect {host}:{port}", "for example: exec:program --listen {listen} --connect {host}:{port}"))
	}
	if !strings.Contains(o.Command, "{listen}") || !strings.Contains(o.Command, "{host}") {
		return nil, fault.New(exitcode.Usage, "tunnel.command", i18n.Say("в команде туннеля нужны {listen} и {host}, обычно и {port}", "the tunnel's command needs {listen} and {host}, usually {port} too"))
	}
	var out [][]string
	for _, l := range o.Legs {
		put := strings.NewReplacer("{listen}", l.Listen, "{host}", l.Host, "{port}", l.Port)
		words := make([]string, len(p.Args))
		for i, w := range p.Args {
			words[i] = put.Replace(w)
		}
		out = append(out, words)
	}
	return out, nil
}

// stunnel finds the program and writes its config.
func (o Options) stunnel() ([]string, error) {
	var path string
	for _, name := range []string{"stunnel4", "stunnel"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fault.New(exitcode.Usage, "tunnel.no_stunnel", i18n.Say("на этой машине нет stunnel", "there is no stunnel on this machine")).
			Advise(i18n.Say("установите его с ГОСТ для OpenSSL (Debian: apt-get install stunnel4 libengine-gost-openssl) или назовите свою программу: --command 'exec:…'",
				"install it with GOST for OpenSSL (Debian: apt-get install stunnel4 libengine-gost-openssl), or name a program of your own: --command 'exec:…'"))
	}
	if o.CA == "" {
		return nil, fault.New(exitcode.Usage, "tunnel.no_ca", i18n.Say("не сказано, каким корневым сертификатам верит туннель: без проверки маркеры ушли бы кому угодно", "which roots the tunnel trusts is not said: unchecked, markers would go to anybody")).
			Advise(i18n.Say("назовите файл корневых сертификатов (PEM): --ca ФАЙЛ", "name a file of root certificates (PEM): --ca FILE"))
	}
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(o.Dir, "stunnel.conf")
	return []string{path, file}, os.WriteFile(file, config, 0o600)
}

// config is what stunnel reads (stunnel(8), version 5). TLS 1.3 is left out: the
// engine has no suites of it.
func (o Options) config() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("foreground = yes\npid =\nengine = gost\nengineDefault = ALL\n")
	for _, l := range o.Legs {
		fields := [][2]string{{"client", "yes"}, {"accept", l.Listen}, {"connect", net.JoinHostPort(l.Host, l.Port)}, {"sslVersionMax", "TLSv1.2"},
			{"ciphers", suites}, {"CAfile", o.CA}, {"verifyChain", "yes"}}
		if ip := net.ParseIP(l.Host); ip != nil {
			fields = append(fields, [2]string{"checkIP", l.Host})
		} else {
			fields = append(fields, [2]string{"sni", l.Host}, [2]string{"checkHost", l.Host})
		}
		if o.ClientCert != "" {
			fields = append(fields, [2]string{"cert", o.ClientCert}, [2]string{"key", o.ClientKey})
		}
		fmt.Fprintf(&b, "[%s]\n", l.Name)
		for _, f := range fields {
			if strings.ContainsAny(f[1], "\r\n\x00") || f[1] != strings.TrimSpace(f[1]) {
				return nil, fault.New(exitcode.Usage, "tunnel.value", i18n.Text{RU: "значение %s для stunnel не годится", EN: "the value of %s cannot be given to stunnel"}.With(f[0]))
			}
			fmt.Fprintf(&b, "%s = %s\n", f[0], f[1])
		}
	}
	return b.Bytes(), nil
}

// FreeAddress returns a host and port of this machine that nobody listens on now.
func FreeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - maxStderr; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}

// last returns the last lines.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(t.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}

// Ask asks for the first page of a server through what listens on this machine, and
// returns the status that came back: any of them shows that the tunnel is whole.
func Ask(ctx context.Context, origin, listens string, clk clock.Clock, agent string, lang i18n.Lang) (status int, err error) {
	t, err := transport.New(transport.Options{Origins: []string{origin}, Via: map[string]string{origin: listens}, Clock: clk, Lang: lang, MaxAttempts: 1, UserAgent: agent})
	if err != nil {
		return 0, err
	}
	defer t.CloseIdle()
	resp, err := t.Do(ctx, &transport.Call{Method: "GET", Base: origin, Path: "/", Policy: transport.Safe, Auth: transport.AuthNone})
	if err == nil {
		return resp.Status, nil
	}
	if te := transport.AsError(err); te != nil && (te.Status != 0 || te.Kind == transport.Redirected) {
		return te.Status, nil
	}
	return 0, err
}
