package acceptance

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/clock"
)

// gostServer is OpenSSL with GOST suites only, which demands a client certificate of
// its own root.
func gostServer(t *testing.T, dir string) (address string) {
	t.Helper()
	config := filepath.Join(dir, "openssl.cnf")
	if err := os.WriteFile(config, []byte("openssl_conf = d\n[d]\nengines = e\n[e]\ngost = g\n[g]\nengine_id = gost\ndefault_algorithms = ALL\n[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = localhost\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "OPENSSL_CONF="+config)
	make := exec.CommandContext(t.Context(), "openssl", "req", "-x509", "-newkey", "gost2012_256", "-pkeyopt", "paramset:A", "-nodes", "-keyout", "k.pem", "-out", "c.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
	make.Dir, make.Env = dir, env
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), "openssl", "s_server", "-accept", address, "-cert", "c.pem", "-key", "k.pem", "-cipher", "kGOST18:kGOST:!eNULL:!aNULL", "-no_tls1_3", "-Verify", "1", "-CAfile", "c.pem", "-www")
	server.Dir, server.Env = dir, env
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		if err := (clock.System{}).Sleep(t.Context(), 20_000_000); err != nil {
			t.Fatal(err)
		}
	}
}

func TestATunnelReachesAServerThatSpeaksOnlyGOST(t *testing.T) {
	needEngine(t)
	if _, err := exec.LookPath("stunnel4"); err != nil {
		t.Skip("no stunnel here (Debian: stunnel4)")
	}
	dir := t.TempDir()
	_, port, err := net.SplitHostPort(gostServer(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, build(t), "EPGU_PROFILE=gost")
	for name, value := range map[string]string{"kind": "epgu", "portal": "https://localhost:" + port} {
		if got := p.end(nil, "config", "set", name, value, "--in-profile", "gost"); got.code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	root, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")

	// Without a tunnel the handshake cannot succeed, and that is said.
	if got := p.end(nil, "conformance", "https://localhost:"+port); got.code != 6 || !strings.Contains(got.errOut, "GOST TLS") || !strings.Contains(got.errOut, "epgu tunnel") {
		t.Errorf("%+v", got)
	}
	check := []string{"--", p.exe, "tunnel", "--check", "--json", "ok,status"}
	if got := p.end(nil, append([]string{"tunnel", "--ca", root, "--client-cert", root, "--client-key", key}, check...)...); got.code != 0 || !strings.Contains(got.out, `"ok":true,"status":200`) {
		t.Errorf("with a client certificate: %+v", got)
	}
	if got := p.end(nil, append([]string{"tunnel", "--ca", root}, check...)...); got.code != 6 || !strings.Contains(got.out, `"ok":false`) {
		t.Errorf("without one: %+v", got)
	}
	if got := p.end(nil, "tunnel"); got.code != 2 || !strings.Contains(got.errOut, "--ca") {
		t.Errorf("without roots: %+v", got)
	}
	if got := p.end(nil, "tunnel", "--command", "exec:false {listen} {host}"); got.code != 6 {
		t.Errorf("a program that ends at once: %+v", got)
	}
	if got := p.end(nil, "config", "get", "tunnel_portal", "--json", "value"); !strings.Contains(got.out, `""`) {
		t.Errorf("a tunnel that ended is still in the profile: %+v", got)
	}
}
