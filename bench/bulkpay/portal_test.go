//go:build unix

package bulkpay

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// server is the real training portal, the real programme in a process of its own,
// with nobody's limits in the way: "epgu sandbox serve".
type server struct {
	url   string
	token string
	pid   int
	home  string
	exe   string
	due   []due // not handed out yet
}

// programme builds epgu, or takes the one that -epgu names.
func programme(t testing.TB) string {
	t.Helper()
	if *exe != "" {
		return *exe
	}
	path := filepath.Join(t.TempDir(), "epgu")
	build := exec.Command("go", "build", "-o", path, "./cmd/epgu")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

func (s *server) command(args ...string) *exec.Cmd {
	c := exec.Command(s.exe, args...)
	c.Env = []string{"EPGU_HOME=" + s.home, "HOME=" + s.home, "EPGU_STORE=file", "EPGU_LANG=en", "PATH=" + os.Getenv("PATH")}
	return c
}

func (s *server) run(t testing.TB, stdin string, args ...string) []byte {
	t.Helper()
	c := s.command(args...)
	c.Stdin = strings.NewReader(stdin)
	var errOut bytes.Buffer
	c.Stderr = &errOut
	out, err := c.Output()
	if err != nil {
		t.Fatalf("epgu %s: %v\n%s", strings.Join(args, " "), err, errOut.String())
	}
	return out
}

// serve signs the demo company's chief in, gives n charges to pay and money enough,
// and puts the portal on a port.
func serve(t testing.TB, n int) *server {
	t.Helper()
	s := &server{home: t.TempDir(), exe: programme(t)}
	var people struct {
		Items []struct{ Login, Password, Role string }
	}
	if err := json.Unmarshal(s.run(t, "", "sandbox", "users", "--json"), &people); err != nil {
		t.Fatal(err)
	}
	for _, p := range people.Items {
		if !strings.HasPrefix(p.Role, "chief") {
			continue
		}
		s.run(t, p.Password+"\n", "auth", "login", "--user", p.Login, "--password-stdin", "--otp-command",
			`"`+s.exe+`" sandbox users --jq '.items[] | select(.login == "`+p.Login+`") | .lastCode'`)
		s.run(t, "", "sandbox", "seed", "--charges", fmt.Sprint(n), "--kind", "fine", "--user", p.Login)
	}
	s.token = strings.TrimSpace(string(s.run(t, "", "auth", "token")))
	s.fill(t)
	// The calendar stands still: three seconds later the portal would settle what was
	// paid, and that work would fall into the measurement of whoever is slower, or next.
	s.run(t, "", "sandbox", "clock", "--speed", "0", "--skip-idle=false")
	c := s.command("sandbox", "serve", "--addr", "127.0.0.1:0", "--json")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var at struct{ URL string }
	if err := json.Unmarshal([]byte(line), &at); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	s.url, s.pid = at.URL, c.Process.Pid
	s.list(t)
	return s
}

// fill makes every account as deep as the bench needs; the training portal gives
// a demo person too little for so many fines.
func (s *server) fill(t testing.TB) {
	t.Helper()
	var path string
	err := filepath.WalkDir(s.home, func(p string, _ os.DirEntry, err error) error {
		if filepath.Base(p) == "portal.db" {
			path = p
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatalf("the portal's database is not under %s: %v", s.home, err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `INSERT INTO balances(owner, method, kopecks)
		SELECT 'p' || oid, 'account', 900000000000000 FROM persons WHERE true ON CONFLICT(owner, method) DO UPDATE SET kopecks = excluded.kopecks`); err != nil {
		t.Fatal(err)
	}
}

func (s *server) client(t testing.TB) *cabinet.Client {
	t.Helper()
	return client(t, s.url, s.token)
}

func client(t testing.TB, url, token string) *cabinet.Client {
	t.Helper()
	tr, err := transport.New(transport.Options{Origins: []string{url}, Base: &http.Transport{MaxIdleConnsPerHost: *workers},
		Tokens: func(context.Context, string) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return cabinet.New(tr, url)
}

// list reads every charge that nobody has paid.
func (s *server) list(t testing.TB) {
	t.Helper()
	h := &http.Client{Timeout: time.Minute}
	for cursor, more := "", true; more; more = cursor != "" {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+wire.Base+"/charges?state=unpaid&limit=200&cursor="+cursor, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		resp, err := h.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var l wire.Page[wire.Charge]
		err = json.NewDecoder(resp.Body).Decode(&l)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("charges: status %d, %v", resp.StatusCode, err)
		}
		for _, c := range l.Items {
			s.due = append(s.due, due{c.UIN, c.DueKopecks})
		}
		cursor = l.NextCursor
	}
}

// take hands out n charges, each once.
func (s *server) take(t testing.TB, n int) []due {
	t.Helper()
	if len(s.due) < n {
		t.Fatalf("%d charges are left, %d wanted", len(s.due), n)
	}
	out := s.due[:n:n]
	s.due = s.due[n:]
	return out
}

// due is a charge to pay.
type due struct {
	uin     string
	kopecks int64
}
