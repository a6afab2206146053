// Package acceptance runs the scripts beside it: the real binary, as a user
// would run it, against the embedded portal.
package acceptance

import (
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/epgu-cli/epgu/internal/core/signin"
)

func TestScripts(t *testing.T) {
	bin := build(t)
	testscript.Run(t, testscript.Params{
		Dir: ".",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("EPGU_HOME", filepath.Join(env.WorkDir, "state-home"))
			env.Setenv("EPGU_STORE", "file")
			env.Setenv("EPGU_LANG", "en")
			env.Setenv("NO_COLOR", "1")
			return photo(filepath.Join(env.WorkDir, "photo.jpg"))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"signin":     signIn,
			"capture":    capture,
			"resize":     resize,
			"exitcode":   exitCode,
			"atterminal": atTerminal,
			"approver":   approver,
			"workbook":   workbook,
			"olderform":  olderForm,
		},
		RequireExplicitExec: false,
	})
}

var (
	buildOnce sync.Once
	buildDir  string
	buildErr  error
)

// testsAtOnce is how many tests run at once: most of their time they wait for a deadline, a
// pause or another process, and not for a processor.
const testsAtOnce = 4

// TestMain lets tests that wait do so together, and removes what build made.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue { // nobody said how many
		if err := f.Value.Set(strconv.Itoa(max(testsAtOnce, runtime.GOMAXPROCS(0)))); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if buildDir != "" {
		_ = os.RemoveAll(buildDir)
	}
	os.Exit(code)
}

// build makes the binary once for all tests and returns its folder.
func build(t *testing.T) string {
	t.Helper()
	buildOnce.Do(func() {
		if buildDir, buildErr = os.MkdirTemp("", "epgu-acceptance-"); buildErr != nil {
			return
		}
		name := filepath.Join(buildDir, "epgu")
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		cmd := exec.Command("go", "build", "-buildvcs=false", "-o", name, "../cmd/epgu")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			buildErr = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if buildErr != nil {
		t.Fatal(buildErr)
	}
	return buildDir
}

// photo writes a JPEG of 35×45 mm at 300 dpi.
func photo(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return jpeg.Encode(f, image.NewGray(image.Rect(0, 0, 413, 531)), nil)
}

// user is a demo person as "epgu sandbox users --json" shows one.
type user struct {
	Login, Password, Level, OrgOID, TOTPSecret string
}

// signIn signs a demo person in: signin LEVEL.
func signIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: signin LEVEL")
	}
	var list struct{ Items []user }
	out, err := command(ts, "", "sandbox", "users", "--json")
	ts.Check(err)
	ts.Check(json.Unmarshal([]byte(out), &list))
	for _, u := range list.Items {
		if u.Level != args[0] || u.OrgOID != "" {
			continue
		}
		login := []string{"auth", "login", "--user", u.Login, "--password-stdin"}
		if u.TOTPSecret != "" {
			code, err := signin.TOTP(u.TOTPSecret, time.Now())
			ts.Check(err)
			login = append(login, "--otp", code)
		} else {
			// The code comes by SMS; the demo phone is read by a command, as in cron.
			login = append(login, "--otp-command", `epgu sandbox users --jq '.items[] | select(.login == "`+u.Login+`") | .lastCode'`)
		}
		_, err := command(ts, u.Password+"\n", login...)
		ts.Check(err)
		return
	}
	ts.Fatalf("no demo person of level %s", args[0])
}

func command(ts *testscript.TestScript, stdin string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "epgu"), args...)
	cmd.Dir = ts.MkAbs(".")
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "SystemRoot", "EPGU_HOME", "EPGU_STORE", "EPGU_LANG", "EPGU_PROFILE"} {
		cmd.Env = append(cmd.Env, k+"="+ts.Getenv(k))
	}
	cmd.Stdin = strings.NewReader(stdin)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("epgu %s: %w\n%s", strings.Join(args, " "), err, errOut.String())
	}
	return string(out), nil
}

// capture keeps a value of the last output: capture NAME KEY takes the value
// after "KEY<TAB>" or, for --json output, the string or number under "KEY".
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME KEY")
	}
	out := ts.ReadFile("stdout")
	for line := range strings.SplitSeq(out, "\n") {
		if k, v, ok := strings.Cut(line, "\t"); ok && k == args[1] {
			ts.Setenv(args[0], v)
			return
		}
	}
	var object map[string]any
	if json.Unmarshal([]byte(out), &object) == nil {
		if items, ok := object["items"].([]any); ok && len(items) > 0 {
			object, _ = items[0].(map[string]any)
		}
		switch v := object[args[1]].(type) {
		case string:
			ts.Setenv(args[0], v)
			return
		case float64:
			ts.Setenv(args[0], fmt.Sprintf("%.0f", v))
			return
		case []any:
			if len(v) > 0 {
				ts.Setenv(args[0], fmt.Sprint(v[0]))
				return
			}
		}
	}
	ts.Fatalf("no %q in the output:\n%s", args[1], out)
}

// resize makes a file as large as told, padded with zeros: resize FILE BYTES.
func resize(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: resize FILE BYTES")
	}
	var n int64
	_, err := fmt.Sscan(args[1], &n)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// exitCode runs epgu and holds it to an exit code: exitcode N ARGS…
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N ARGS…")
	}
	err := ts.Exec("epgu", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("epgu %s: exit %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}
