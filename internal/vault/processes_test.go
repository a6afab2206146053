package vault_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/vault"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

// The variables by which the test binary becomes another process.
const (
	roleEnv = "VAULT_TEST_ROLE"
	dirEnv  = "VAULT_TEST_DIR"
	urlEnv  = "VAULT_TEST_URL"
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleEnv); role {
	case "":
		os.Exit(m.Run())
	case "refresh":
		os.Exit(refreshProcess())
	case "save":
		os.Exit(saveProcess())
	default:
		fmt.Fprintln(os.Stderr, "unknown role", role)
		os.Exit(2)
	}
}

func childVault() *vault.Vault {
	return vault.Open(options(os.Getenv(dirEnv), &ring{away: keyring.NoBus}))
}

// refreshProcess says that it is ready, waits for the word and refreshes once.
func refreshProcess() int {
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	s, err := childVault().Refresh(context.Background(),
		func(s vault.Secrets) bool { return strings.HasPrefix(s.Access, "fresh") },
		func(ctx context.Context, s vault.Secrets) (vault.Secrets, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv(urlEnv), strings.NewReader(s.Refresh))
			if err != nil {
				return s, err
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return s, err
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				return s, err
			}
			if resp.StatusCode != http.StatusOK {
				return s, fmt.Errorf("%s: %w", resp.Status, vault.ErrRejected)
			}
			s.Access, s.Refresh = "fresh-"+string(b), string(b)
			return s, nil
		})
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("got " + s.Access)
	return 0
}

// saveProcess saves one generation after another and says each when it is safe.
func saveProcess() int {
	v := childVault()
	for {
		n := 0
		err := v.Update(context.Background(), func(s *vault.Secrets, err error) error {
			if err != nil && !errors.Is(err, vault.ErrNotFound) {
				return err
			}
			last, _ := strconv.Atoi(s.Refresh)
			s.Refresh = strconv.Itoa(last + 1)
			s.Access = strings.Repeat("x", (last*997)%20_000) // files of many sizes
			n = last + 1
			return nil
		})
		if err != nil {
			fmt.Println("failed:", err)
			return 1
		}
		fmt.Println(n)
	}
}

func child(t *testing.T, role, dir, url string) (*exec.Cmd, io.WriteCloser, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"="+role, dirEnv+"="+dir, urlEnv+"="+url,
		"GORACE=atexit_sleep_ms=0") // the race detector sleeps a second at every exit
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, in, bufio.NewReader(out)
}

// portal rotates refresh tokens and, like the real one, kills the whole family
// when a spent token comes back.
type portal struct {
	mu        sync.Mutex
	current   string
	exchanges int
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exchanges++
	if string(b) != p.current {
		p.current = ""
		http.Error(w, "invalid_grant", http.StatusBadRequest)
		return
	}
	p.current = fmt.Sprintf("refresh-%d", p.exchanges)
	_, _ = io.WriteString(w, p.current)
}

func TestTwentyProcessesWithAnExpiredTokenCauseOneExchange(t *testing.T) {
	const processes = 20
	p := &portal{current: "refresh-0"}
	server := httptest.NewServer(p)
	defer server.Close()
	dir := t.TempDir()
	mustSave(t, vault.Open(options(dir, &ring{away: keyring.NoBus})), vault.Secrets{Access: "expired", Refresh: "refresh-0"})

	type proc struct {
		cmd *exec.Cmd
		in  io.WriteCloser
		out *bufio.Reader
	}
	var all []proc
	for range processes {
		cmd, in, out := child(t, "refresh", dir, server.URL)
		all = append(all, proc{cmd, in, out})
	}
	for _, c := range all {
		if line, err := c.out.ReadString('\n'); line != "ready\n" {
			t.Fatalf("a process said %q, %v", line, err)
		}
	}
	for _, c := range all {
		_ = c.in.Close() // the word to start
	}
	successes := 0
	for _, c := range all {
		line, _ := c.out.ReadString('\n')
		if err := c.cmd.Wait(); err == nil && line == "got fresh-refresh-1\n" {
			successes++
		} else {
			t.Errorf("a process said %q, %v", line, err)
		}
	}
	if p.exchanges != 1 || successes != processes {
		t.Errorf("%d exchanges and %d successes, want 1 and %d", p.exchanges, successes, processes)
	}
}

func TestKillingAWriterAtAnyMomentLeavesAReadableVault(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	rng := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	safe := 0
	for round := range rounds {
		cmd, _, out := child(t, "save", dir, "")
		kill := 1 + rng.IntN(6)
		for range kill {
			line, err := out.ReadString('\n')
			if err != nil {
				t.Fatalf("round %d: a writer said %q, %v", round, line, err)
			}
			if safe, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
				t.Fatalf("round %d: a writer said %q", round, line)
			}
		}
		// The writer is somewhere in its next save; spin a random while so
		// that the kill falls on different instructions.
		for range rng.IntN(20_000) {
			runtime.Gosched()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(out)
		_ = cmd.Wait()
		for line := range strings.Lines(string(rest)) {
			if n, err := strconv.Atoi(strings.TrimSuffix(line, "\n")); err == nil && strings.HasSuffix(line, "\n") {
				safe = n
			}
		}
		s, err := vault.Open(options(dir, &ring{away: keyring.NoBus})).Load(t.Context())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		n, _ := strconv.Atoi(s.Refresh)
		if n < safe || n > safe+1 {
			t.Fatalf("round %d: generation %d on disk, %d was promised", round, n, safe)
		}
		if want := ((n - 1) * 997) % 20_000; len(s.Access) != want {
			t.Fatalf("round %d: generation %d has %d bytes, want %d", round, n, len(s.Access), want)
		}
	}
	mustSave(t, vault.Open(options(dir, &ring{away: keyring.NoBus})), sample())
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("killed writers left %v, %v", left, err)
	}
}

// replaceByDirectory puts a directory in the place of a file.
func replaceByDirectory(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

// plant puts secrets into the vault behind the back of the lock: a vault of
// another folder is moved over it. The file names the key that opens it.
func plant(t *testing.T, dir string, r *ring, s vault.Secrets) {
	t.Helper()
	aside := t.TempDir()
	mustSave(t, vault.Open(options(aside, r)), s)
	if err := os.Rename(filepath.Join(aside, "profile-prod.vault"), filepath.Join(dir, "profile-prod.vault")); err != nil {
		t.Fatal(err)
	}
}
