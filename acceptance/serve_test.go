package acceptance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
)

// program runs the binary with a state folder of its own.
type program struct {
	t    *testing.T
	exe  string
	home string
	env  []string
}

func newProgram(t *testing.T, bin string, env ...string) *program {
	t.Helper()
	return &program{t: t, exe: filepath.Join(bin, "epgu"), home: t.TempDir(), env: env}
}

func (p *program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.exe, args...)
	cmd.Env = append([]string{"EPGU_HOME=" + p.home, "EPGU_STORE=file", "EPGU_LANG=en", "PATH=" + os.Getenv("PATH"), "HOME=" + p.home}, p.env...)
	return cmd
}

func (p *program) run(stdin string, args ...string) (string, error) {
	cmd := p.command(args...)
	cmd.Stdin = strings.NewReader(stdin)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("epgu %s: %w\n%s", strings.Join(args, " "), err, errOut.String())
	}
	return string(out), err
}

func (p *program) signIn(level string) {
	p.t.Helper()
	out, err := p.run("", "sandbox", "users", "--json")
	if err != nil {
		p.t.Fatal(err)
	}
	var list struct{ Items []user }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		p.t.Fatal(err)
	}
	for _, u := range list.Items {
		if u.Level == level && u.OrgOID == "" && u.TOTPSecret != "" {
			code, err := signin.TOTP(u.TOTPSecret, time.Now())
			if err != nil {
				p.t.Fatal(err)
			}
			if _, err := p.run(u.Password+"\n", "auth", "login", "--user", u.Login, "--password-stdin", "--otp", code); err != nil {
				p.t.Fatal(err)
			}
			return
		}
	}
	p.t.Fatalf("no demo person of level %s", level)
}

// serve starts the portal on a free port and returns its process and address.
func serve(t *testing.T, bin string) (*exec.Cmd, string) {
	t.Helper()
	cmd := newProgram(t, bin).command("sandbox", "serve", "--addr", "127.0.0.1:0", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var at struct{ URL, Addr string }
	if err := json.Unmarshal([]byte(line), &at); err != nil || !strings.HasPrefix(at.URL, "http://127.0.0.1:") {
		t.Fatalf("%q: %v", line, err)
	}
	return cmd, at.URL
}

func TestThePortalOnAPortServesTheSameAndStopsCleanly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SIGTERM cannot be sent to a process on Windows")
	}
	bin := build(t)
	cmd, url := serve(t, bin)
	resp, err := http.Get(url + "/.well-known/epgu")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d", resp.StatusCode)
	}

	client := newProgram(t, bin, "EPGU_PROFILE=local", "EPGU_PORTAL="+url)
	client.signIn("confirmed")
	got, err := client.run("", "application", "create", "income-certificate", "--submit", "--json", "--set", "year=2025")
	if err != nil {
		t.Logf("a form that asks for more is fine here: %v", err)
	}
	list, err := client.run("", "service", "list", "--all", "--json", "code")
	if err != nil || strings.Count(list, `"code"`) < 8 {
		t.Fatalf("%s, %v (%s)", list, err, got)
	}

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the server did not stop cleanly: %v", err)
	}
	if _, err := client.run("", "bill", "list"); err == nil || !strings.Contains(err.Error(), "exit status 6") {
		t.Fatalf("a portal that is gone must be exit 6: %v", err)
	}
}

func TestAPublicAddressNeedsAWord(t *testing.T) {
	p := newProgram(t, build(t))
	_, err := p.run("", "sandbox", "serve", "--addr", "0.0.0.0:0")
	if err == nil || !strings.Contains(err.Error(), "exit status 2") || !strings.Contains(err.Error(), "--public") {
		t.Fatalf("%v", err)
	}
}

func TestManyClientsShareOneEmbeddedPortal(t *testing.T) {
	t.Parallel()
	p := newProgram(t, build(t))
	p.signIn("confirmed")
	if err := photo(filepath.Join(p.home, "photo.jpg")); err != nil {
		t.Fatal(err)
	}
	const clients = 8
	numbers := make([]string, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			out, err := p.run("", "application", "create", "zagranpasport", "--submit", "--json", "orderId",
				"--set", "reason=first", "--set", "office=77-01", "--set", "employment=employed", "--set", fmt.Sprintf("workplace=ООО «Учебная работа %d»", i),
				"--attach", "photo="+filepath.Join(p.home, "photo.jpg"))
			if err != nil {
				t.Error(err)
			}
			numbers[i] = strings.TrimSpace(out)
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, n := range numbers {
		if seen[n] {
			t.Errorf("%s was given twice", n)
		}
		seen[n] = true
	}
	out, err := p.run("", "application", "list", "--all", "--json", "orderId")
	if err != nil || !strings.Contains(out, fmt.Sprintf(`"total":%d`, clients)) {
		t.Fatalf("%s, %v", out, err)
	}
	if _, err := p.run("", "audit", "verify"); err != nil {
		t.Fatal(err)
	}
}

func TestHelpAndVersionTouchNothing(t *testing.T) {
	p := newProgram(t, build(t))
	p.home = filepath.Join(p.home, "absent")
	p.env = []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(t.TempDir(), "no-bus")}
	for _, args := range [][]string{{"--version"}, {"--help"}, {"pay", "--help"}, {"help", "exit-codes"}, {"completion", "bash"}, {"__complete", "se", ""}} {
		cmd := p.command(args...)
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		out, err := cmd.Output()
		if err != nil || len(out) == 0 {
			t.Errorf("%v: %v, %d bytes of output", args, err, len(out))
		}
		if args[0] != "__complete" && errOut.Len() > 0 {
			t.Errorf("%v wrote to stderr: %s", args, errOut.String())
		}
	}
	if _, err := os.Stat(p.home); !os.IsNotExist(err) {
		t.Errorf("the state folder was made: %v", err)
	}
}

func TestDemoEndsWellAndTellsEverythingInJSON(t *testing.T) {
	t.Parallel()
	p := newProgram(t, build(t))
	out, err := p.run("", "demo", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		OrderID, AmountKopecks                  int64
		UIN, PaymentID, ReceiptID, PaymentState string
		Statuses, Files                         []string
		JournalHolds                            bool
		Steps                                   []struct{ Exit int }
		DurationMS                              int64
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got.OrderID == 0 || got.AmountKopecks != 600000 || got.PaymentState != "paid" || got.ReceiptID == "" || !got.JournalHolds || len(got.Files) != 4 || len(got.Statuses) < 5 {
		t.Errorf("%+v", got)
	}
	for i, s := range got.Steps {
		if s.Exit != 0 {
			t.Errorf("step %d ended with %d", i, s.Exit)
		}
	}
	if entries, err := os.ReadDir(p.home); err != nil || len(entries) != 0 {
		t.Errorf("demo left %v in the user's own folder (%v)", entries, err)
	}
}
