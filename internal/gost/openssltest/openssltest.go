// Package openssltest runs OpenSSL with its GOST engine as the judge of the
// tests under internal/gost. Only tests import it. Debian has the judge in the
// packages openssl and libengine-gost-openssl.
package openssltest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// config loads the GOST engine; CRYPT_PARAMS is for keys that are encrypted
// with GOST 28147-89.
const config = `openssl_conf = openssl_def
[openssl_def]
engines = engine_section
[engine_section]
gost = gost_section
[gost_section]
engine_id = gost
default_algorithms = ALL
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Test signer
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
`

// limit ends a run that hangs.
const limit = time.Minute

// Judge is an OpenSSL that knows GOST, with a directory of its own.
type Judge struct {
	Dir    string // where relative paths of Run begin
	Config string // the OPENSSL_CONF file
	path   string
}

// New returns a judge, or skips the test with the reason why there is none.
func New(t testing.TB) *Judge {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed (Debian: apt-get install openssl libengine-gost-openssl)")
	}
	j := &Judge{Dir: t.TempDir(), path: path}
	j.Config = filepath.Join(j.Dir, "openssl.cnf")
	if err := os.WriteFile(j.Config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := j.Try(nil, "dgst", "-md_gost12_256", j.Config); err != nil {
		t.Skipf("openssl has no GOST engine (Debian: apt-get install libengine-gost-openssl): %s", bytes.TrimSpace(out))
	}
	return j
}

// Try runs openssl with arguments in the judge's directory and returns what it
// printed on both streams.
func (j *Judge) Try(stdin []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, j.path, args...)
	cmd.Dir = j.Dir
	cmd.Env = append(os.Environ(), "OPENSSL_CONF="+j.Config)
	cmd.Stdin = bytes.NewReader(stdin)
	return cmd.CombinedOutput()
}

// Run is Try for runs that must succeed.
func (j *Judge) Run(t testing.TB, args ...string) []byte {
	t.Helper()
	out, err := j.Try(nil, args...)
	if err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	return out
}

// Path returns the full path of a file in the judge's directory.
func (j *Judge) Path(name string) string { return filepath.Join(j.Dir, name) }

// Write puts a file into the judge's directory.
func (j *Judge) Write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(j.Path(name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Read reads a file of the judge's directory.
func (j *Judge) Read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(j.Path(name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// KeyArgs returns the arguments of openssl genpkey for a curve named as in
// gost3410.Curve.Name.
func KeyArgs(curve string) []string {
	algorithm := "gost2012_256"
	if len(curve) == 4 {
		algorithm, curve = "gost2012_512", curve[3:]
	}
	return []string{"genpkey", "-algorithm", algorithm, "-pkeyopt", "paramset:" + curve}
}
