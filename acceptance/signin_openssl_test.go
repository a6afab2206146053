package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnotherProgramMaySignTheSignIn(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "openssl", "engine", "gost").CombinedOutput(); err != nil || !strings.Contains(string(out), "gost") {
		t.Skip("no OpenSSL with a GOST engine here: signing in through another program is not tried (Debian: openssl, libengine-gost-openssl)")
	}
	portal := servePortal(t)
	p := portal.client(t, build(t))
	p.signIn("confirmed")
	dir := t.TempDir()
	pin, crt := filepath.Join(dir, "pin"), filepath.Join(dir, "me.pem")
	if err := os.WriteFile(pin, []byte("pin-1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	must := func(code int, args ...string) outcome {
		t.Helper()
		got := p.end(nil, args...)
		if got.code != code {
			t.Fatalf("epgu %s: %+v", strings.Join(args, " "), got)
		}
		return got
	}
	must(0, "cert", "new", "me", "--subject", "CN=x", "--pin-file", pin)
	must(0, "cert", "request", "me", "--send", "--pin-file", pin)
	must(10, "cert", "bind", "me")
	must(0, "cert", "bind", "me", "--code", p.person(confirmed).LastCode)
	if err := os.WriteFile(crt, []byte(must(0, "cert", "view", "me", "--pem").out), 0o600); err != nil {
		t.Fatal(err)
	}
	must(0, "auth", "logout")
	key := filepath.Join(p.home, "state", "certificates", "me", "key.pem")
	must(0, "auth", "login", "--signer", "exec:openssl cms -engine gost -sign -binary -signer "+crt+" -inkey "+key+" -passin file:"+pin+" -md md_gost12_256 -outform DER")
	must(0, "profile", "view")
}
