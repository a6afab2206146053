package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/sandbox"
)

func (p *portal) setFaults(body string) {
	p.t.Helper()
	if a := p.do("PUT", "/sandbox/v1/faults", nil, body); a.status != http.StatusOK {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
}

// try makes a request that may fail and tells how in one word.
func (p *portal) try(path string) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), "GET", p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := p.http.Do(req)
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		return "cut"
	case err != nil:
		return err.Error()
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode >= 429 && resp.Header.Get("Retry-After") == "" {
		p.t.Errorf("%d without Retry-After", resp.StatusCode)
	}
	return http.StatusText(resp.StatusCode)
}

func (p *portal) pattern(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = p.try("/.well-known/epgu")
	}
	return out
}

func TestFaultsRepeatByTheirSeedAlsoOverProcesses(t *testing.T) {
	p := openPortal(t)
	const setup = `{"seed":7,"refuse":0.2,"status503":0.2,"status429":0.2,"loseReply":0.1}`
	p.setFaults(setup)
	first := p.pattern(60)
	for _, want := range []string{"OK", "cut", "Service Unavailable", "Too Many Requests"} {
		if !slices.Contains(first, want) {
			t.Errorf("no %q among %v", want, first)
		}
	}
	p.setFaults(setup)
	other := openPortalIn(t, p.dir, p.clock)
	var second []string
	for i := range 60 {
		one := p
		if i%2 == 1 {
			one = other
		}
		second = append(second, one.pattern(1)...)
	}
	if !slices.Equal(first, second) {
		t.Errorf("the same seed failed differently:\n%v\n%v", first, second)
	}
}

func TestALostReplyLosesTheReplyAndNotTheWork(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	code := p.code(s)
	p.setFaults(`{"seed":1,"loseReply":1,"count":1,"path":"/aas/"}`)
	req, err := http.NewRequestWithContext(t.Context(), "POST", p.base+"/aas/oauth2/v3/te", strings.NewReader(query(p.exchange(s, code))[1:]))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := p.http.Do(req); !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("%v", err)
	}
	if d := description(t, p.form("/aas/oauth2/v3/te", p.exchange(s, code))); !strings.HasPrefix(d, "ESIA-007011") {
		t.Errorf("the code was not used by the lost request: %s", d)
	}
}

func TestAPortalThatIsDownStillTakesControls(t *testing.T) {
	p := openPortal(t)
	p.setFaults(`{"seed":1,"down":true}`)
	if got := p.pattern(3); !slices.Equal(got, []string{"cut", "cut", "cut"}) {
		t.Errorf("%v", got)
	}
	p.setFaults(`{"seed":1}`)
	if got := p.pattern(1); got[0] != "OK" {
		t.Errorf("%v", got)
	}
}

func TestABusyPortalSpeaksTheWordsOfEachAPI(t *testing.T) {
	p := openPortal(t)
	p.setFaults(`{"seed":1,"status429":1}`)
	for path, want := range map[string]string{
		"/api/gusmev/order/1":      `"code":"limitation_exception"`,
		"/aas/oauth2/v3/te":        `"error_description":"ESIA-007008: overloaded"`,
		"/api/cabinet/v1/sessions": `"code":"portal.too_many_requests"`,
	} {
		a := p.do("GET", path, nil, "")
		if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "1" || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestFaultsCutRealConnectionsToo(t *testing.T) {
	p := openPortal(t)
	base := p.serve()
	p.setFaults(`{"seed":1,"refuse":1}`)
	resp, err := http.Get(base + "/.well-known/epgu")
	if err == nil {
		resp.Body.Close()
		t.Fatalf("got %d", resp.StatusCode)
	}
}

func TestNonsenseFaultsAreRefusedWithTheFields(t *testing.T) {
	p := openPortal(t)
	for _, body := range []string{`{"loseReply":2}`, `{"refuse":0.6,"status503":0.6}`, `{"slowMs":-1}`, `{"unknown":1}`, `[]`, ``} {
		if a := p.do("PUT", "/sandbox/v1/faults", nil, body); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
}

func TestControlsAnswerThisMachineOnly(t *testing.T) {
	p := openPortal(t)
	for _, c := range []struct {
		name, remote, host, origin string
		want                       int
	}{
		{"loopback", "127.0.0.1:4000", "127.0.0.1:8080", "", http.StatusOK},
		{"loopback by name", "127.0.0.1:4000", "localhost:8080", "", http.StatusOK},
		{"loopback of IPv6", "[::1]:4000", "[::1]:8080", "", http.StatusOK},
		{"another machine", "192.0.2.7:4000", "127.0.0.1:8080", "", http.StatusForbidden},
		{"no address", "", "127.0.0.1:8080", "", http.StatusForbidden},
		{"forged in-process address", "in-process", "127.0.0.1:8080", "", http.StatusForbidden},
		{"a page in a browser", "127.0.0.1:4000", "127.0.0.1:8080", "https://evil.example", http.StatusForbidden},
		{"a rebound name", "127.0.0.1:4000", "evil.example:8080", "", http.StatusForbidden},
	} {
		socket := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{}) // as net/http.Server does
		r := httptest.NewRequestWithContext(socket, "GET", "/sandbox/v1/users", nil)
		r.RemoteAddr, r.Host = c.remote, c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		p.portal.Handler().ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d", c.name, w.Code)
		}
	}
}

func TestTheCalendarIsSteeredByControls(t *testing.T) {
	p := openPortal(t)
	if v := p.do("POST", "/sandbox/v1/clock/advance", nil, `{"seconds":259200}`).json(t); v["now"] != "2026-09-04T12:00:00Z" {
		t.Errorf("%v", v)
	}
	if v := p.do("PATCH", "/sandbox/v1/clock", nil, `{"speed":60,"skipIdle":false}`).json(t); v["speed"] != 60.0 || v["skipIdle"] != false {
		t.Errorf("%v", v)
	}
	p.clock.Advance(time.Minute)
	if v := p.get("/sandbox/v1/clock", "").json(t); v["now"] != "2026-09-04T13:00:00Z" {
		t.Errorf("%v", v)
	}
	for _, body := range []string{`{"seconds":-1}`, `{"seconds":99999999999}`} {
		if a := p.do("POST", "/sandbox/v1/clock/advance", nil, body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", body, a.status)
		}
	}
}

func TestResetForgetsSessionsAndKeepsKeys(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	before := p.get("/sandbox/v1/client", "").body
	if a := p.do("POST", "/sandbox/v1/reset", nil, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.get("/rs/prns/1000000002", m.access); a.status != http.StatusUnauthorized {
		t.Errorf("a marker survived: %d", a.status)
	}
	if after := p.get("/sandbox/v1/client", "").body; string(after) != string(before) {
		t.Error("the client's key changed")
	}
	p.tokens(s)
}

func TestTwoProcessesShareOnePortal(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), anna, annaPassword, "").json(t)["id"].(string)
	other := openPortalIn(t, p.dir, p.clock)
	code := other.factor(id, "sms", p.lastCode(anna)).json(t)["code"].(string)
	m := p.redeem(s, code)
	if a := other.get("/rs/prns/1000000002", m.access); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := other.get("/idp/ext/Logout?client_id="+s.id, m.access); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.get("/rs/prns/1000000002", m.access); a.status != http.StatusUnauthorized {
		t.Errorf("signed out in one process, still in by the other: %d", a.status)
	}
}

// TestManyProcessesOpenANewPortalAtOnce runs this test binary several times on
// one empty folder: the portal must be made once.
func TestManyProcessesOpenANewPortalAtOnce(t *testing.T) {
	if dir := os.Getenv("EPGU_TEST_PORTAL"); dir != "" {
		p := openPortalIn(t, dir, clock.NewManual(start))
		t.Logf("client %s", p.system().hash())
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skipf("no path of the test binary: %v", err)
	}
	dir := t.TempDir()
	const n = 4
	out := make(chan string, n)
	for range n {
		go func() {
			cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^TestManyProcessesOpenANewPortalAtOnce$", "-test.v")
			cmd.Env = append(os.Environ(), "EPGU_TEST_PORTAL="+dir)
			b, err := cmd.CombinedOutput()
			if err != nil {
				out <- "failed: " + string(b)
				return
			}
			_, after, _ := strings.Cut(string(b), "client ")
			out <- strings.Fields(after)[0]
		}()
	}
	var keys []string
	for range n {
		keys = append(keys, <-out)
	}
	if strings.HasPrefix(keys[0], "failed") || slices.ContainsFunc(keys, func(k string) bool { return k != keys[0] }) {
		t.Errorf("%v", keys)
	}
}

func TestARequestIdComesBackAndABadOneIsReplaced(t *testing.T) {
	p := openPortal(t)
	for sent, kept := range map[string]bool{"abc-1.2_3": true, "": false, "a b": false, strings.Repeat("a", 129): false} {
		h := map[string]string{}
		if sent != "" {
			h["X-Request-Id"] = sent
		}
		got := p.do("GET", "/sandbox/v1/clock", h, "").header.Get("X-Request-Id")
		if (got == sent) != kept || got == "" {
			t.Errorf("%q came back as %q", sent, got)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	p := openPortal(t)
	big := strings.Repeat("a", 2<<20)
	for path, body := range map[string]string{
		"/api/cabinet/v1/sign-ins": `{"login":"` + big + `"}`,
		"/aas/oauth2/v3/te":        "code=" + big,
	} {
		a := p.do("POST", path, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, body)
		if a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestTheSeedOfAPortalIsKept(t *testing.T) {
	dir := t.TempDir()
	for _, seed := range []uint64{42, 43} {
		p, err := sandbox.Open(t.Context(), sandbox.Options{Dir: dir, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if p.Seed() != 42 {
			t.Errorf("opened with %d, the seed is %d", seed, p.Seed())
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
