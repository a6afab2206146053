package acceptance

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// executioner stands between a client and the portal and kills the client at one
// request: before the portal gets it, or after the portal has done it.
type executioner struct {
	portal string

	mu     sync.Mutex
	victim *exec.Cmd // nil spares everybody
	at     int       // requests of API ЕПГУ to let through
	after  bool
	killed bool
}

func (e *executioner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e.mu.Lock()
	mine := e.victim != nil && strings.HasPrefix(r.URL.Path, "/api/gusmev/")
	now := mine && e.at == 0
	if mine {
		e.at--
	}
	e.mu.Unlock()
	if now && !e.after {
		e.kill(w)
		return
	}
	req, err := http.NewRequest(r.Method, e.portal+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	req.Header = r.Header.Clone()
	answer, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	if now {
		e.kill(w)
		return
	}
	for k, v := range answer.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // a client that went away is the point
}

func (e *executioner) kill(w http.ResponseWriter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.killed = true
	_ = e.victim.Process.Kill() // SIGKILL; one that has ended needs none
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			c.Close()
		}
	}
}

// TestAKillAtAnyStepMakesNoSecondApplication kills the client at each request of a
// submission, once before the portal gets it and once after it was done, and
// repeats the command: there is one application each time.
func TestAKillAtAnyStepMakesNoSecondApplication(t *testing.T) {
	t.Parallel()
	bin := build(t)
	_, portal := serve(t, bin)
	e := &executioner{portal: portal}
	front := httptest.NewServer(e)
	t.Cleanup(front.Close)
	p := newProgram(t, bin, "EPGU_PROFILE=local", "EPGU_PORTAL="+front.URL)
	p.signIn("confirmed")
	dir := t.TempDir()
	request := filepath.Join(dir, "req.xml")
	kills := 0
	for _, after := range []bool{false, true} {
		for step := 0; ; step++ {
			body := []byte("<order><number>${orderId}</number><case>" + strings.Repeat("x", 1+step) + map[bool]string{true: "after"}[after] + "</case></order>")
			if err := os.WriteFile(request, body, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := p.command("application", "create", "60011906", "--region", "45000000000", "--file", request, "--submit", "--json")
			e.mu.Lock()
			e.victim, e.at, e.after, e.killed = cmd, step, after, false
			e.mu.Unlock()
			out, err := cmd.CombinedOutput()
			e.mu.Lock()
			killed := e.killed
			e.victim = nil
			e.mu.Unlock()
			if !killed {
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				break // the submission has no more requests
			}
			kills++
			again, err := p.run("", "application", "create", "60011906", "--region", "45000000000", "--file", request, "--submit", "--json")
			if err != nil && !strings.Contains(err.Error(), "already submitted") {
				t.Fatalf("after a kill at request %d (after: %v): %v", step, after, err)
			}
			_ = again // which number it has is the portal's; that there is one is counted below
		}
	}
	var list struct {
		Items []struct {
			StatusID int `json:"statusId"`
		} `json:"items"`
	}
	p.decode(&list, "application", "list", "--service", "60011906", "--all", "--json", "statusId")
	want := kills + 2 // one of each round, and the two that nobody killed
	if len(list.Items) != want || kills < 6 {
		t.Fatalf("%d applications after %d kills, want %d", len(list.Items), kills, want)
	}
}
