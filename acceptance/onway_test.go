package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// onWay is what stands between the program and the portal: it carries requests
// over, and one of them it treats as told.
type onWay struct {
	URL    string
	portal string // http://host:port

	mu          sync.Mutex
	ours        func(*http.Request) bool // the requests that the mischief is for
	do          []mischief               // each for one request
	away        bool                     // once it is done, nobody is there any more
	gone        bool
	crawl       func(http.ResponseWriter, *http.Request) // answers everything, when it is set
	hold        func(*http.Request) bool                 // carries these over and keeps the answer back
	held, leave chan struct{}                            // closed when the first answer is kept back, and when it may go
	following   sync.WaitGroup
}

// slow lets every request be answered so.
func (w *onWay) slow(answer func(http.ResponseWriter, *http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crawl = answer
}

// keepBack carries requests over and keeps their answers back until the client has
// gone, or let is called. held is closed when the first has been carried.
func (w *onWay) keepBack(which func(*http.Request) bool) (held <-chan struct{}, let func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold, w.held, w.leave = which, make(chan struct{}), make(chan struct{})
	return w.held, sync.OnceFunc(func() { close(w.leave) })
}

// keptBack holds an answer back, if it is one of those.
func (w *onWay) keptBack(rw http.ResponseWriter, r *http.Request, body []byte) bool {
	w.mu.Lock()
	which, held, let := w.hold, w.held, w.leave
	w.mu.Unlock()
	if which == nil || !which(r) {
		return false
	}
	answer, err := w.carry(r, body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	w.mu.Lock()
	if w.held != nil {
		close(held)
		w.held = nil
	}
	w.mu.Unlock()
	select {
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-let:
	}
	pass(rw, answer)
	return true
}

// pass gives the portal's own answer.
func pass(rw http.ResponseWriter, answer *http.Response) {
	for name, values := range answer.Header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(rw, answer.Body)
}

// mischief is what is done to a request.
type mischief struct {
	name string
	// carry says whether the portal gets the request: not at all, before the answer,
	// twice, or only after the answer was given.
	carry carry
	// status and kind are of the answer in the portal's place; status 0 cuts the
	// connection, and -1 passes the portal's own answer on.
	status int
	kind   string
	body   string // "" is a page or a gateway's problem
}

type carry int

const (
	never carry = iota
	before
	twice
	after
)

func newOnWay(t *testing.T, portal string) *onWay {
	t.Helper()
	w := &onWay{portal: portal}
	srv := httptest.NewServer(w)
	w.URL = srv.URL
	t.Cleanup(func() {
		srv.CloseClientConnections()
		w.following.Wait()
		srv.Close()
	})
	return w
}

// under reports whether a request is for something under a path, or for one that fits
// it when it has a star: a segment of any name.
func under(pattern string, r *http.Request) bool {
	if !strings.Contains(pattern, "*") {
		return strings.HasPrefix(r.URL.Path, pattern)
	}
	fits, _ := path.Match(pattern, r.URL.Path) // a bad pattern fits nothing, and its test says so
	return fits
}

// arm aims mischiefs at the next requests under a path, one each; away says that
// nobody is there after them.
func (w *onWay) arm(path string, away bool, all ...mischief) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ours = func(r *http.Request) bool { return r.Method != http.MethodGet && under(path, r) }
	w.do, w.away, w.gone = all, away, false
}

// aim is arm for one operation of the cabinet API, "DELETE /consents/{id}".
func (w *onWay) aim(op string, away bool, all ...mischief) {
	w.arm("", away, all...)
	method, path, _ := strings.Cut(op, " ")
	pattern := regexp.MustCompile("^/api/cabinet/v1" + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "[^/]+") + "$")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ours = func(r *http.Request) bool { return r.Method == method && pattern.MatchString(r.URL.Path) }
}

// left is how many mischiefs have met no request.
func (w *onWay) left() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.do)
}

// release lets everything through again.
func (w *onWay) release() {
	w.following.Wait() // what was on its way arrives
	w.arm("", false)
	w.slow(nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold = nil
}

// aimed takes a request for the mischief; gone tells that nobody is there.
func (w *onWay) aimed(r *http.Request) (m mischief, ours, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		return m, false, true
	}
	if len(w.do) == 0 || !w.ours(r) {
		return m, false, false
	}
	m, w.do = w.do[0], w.do[1:]
	w.gone = w.away && len(w.do) == 0
	return m, true, false
}

// carry takes a request to the portal and returns its answer.
func (w *onWay) carry(r *http.Request, body []byte) (*http.Response, error) {
	out, err := http.NewRequest(r.Method, w.portal+r.URL.RequestURI(), bytes.NewReader(body)) //nolint:noctx // it goes on when the client has gone
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	return http.DefaultTransport.RoundTrip(out)
}

func (w *onWay) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.mu.Lock()
	crawl := w.crawl
	w.mu.Unlock()
	if crawl != nil {
		crawl(rw, r)
		return
	}
	if w.keptBack(rw, r, body) {
		return
	}
	m, ours, gone := w.aimed(r)
	if gone {
		panic(http.ErrAbortHandler)
	}
	if !ours {
		m = mischief{carry: before, status: -1}
	}
	var answer *http.Response
	if m.carry == before || m.carry == twice {
		if answer, err = w.carry(r, body); err != nil {
			panic(http.ErrAbortHandler)
		}
		defer answer.Body.Close()
	}
	switch m.carry {
	case twice:
		if second, err := w.carry(r, body); err == nil {
			_ = second.Body.Close()
		}
	case after:
		w.following.Go(func() {
			time.Sleep(200 * time.Millisecond) // after the answer below has been read
			if late, err := w.carry(r, body); err == nil {
				_ = late.Body.Close()
			}
		})
	}
	switch {
	case m.status == 0:
		panic(http.ErrAbortHandler)
	case m.status < 0:
		pass(rw, answer)
	default:
		w.instead(rw, r, m)
	}
}

// instead answers in the portal's place.
func (w *onWay) instead(rw http.ResponseWriter, r *http.Request, m mischief) {
	rw.Header().Set("Content-Type", m.kind)
	rw.Header().Set("X-Request-Id", r.Header.Get("X-Request-Id")) // gateways do that
	rw.WriteHeader(m.status)
	if m.body != "" {
		_, _ = io.WriteString(rw, m.body)
		return
	}
	if strings.Contains(m.kind, "json") {
		_ = json.NewEncoder(rw).Encode(map[string]any{"type": "about:blank", "title": "Blocked", "status": m.status, "code": "gateway.blocked", "message": "blocked"})
		return
	}
	_, _ = io.WriteString(rw, "<html><title>Access denied</title></html>")
}

const (
	aPage    = "text/html; charset=utf-8"
	aProblem = "application/problem+json"
)

// mischiefs are those of every command.
func mischiefs() []mischief {
	var all []mischief
	for i, status := range []int{400, 403, 404, 409, 413, 500, 502, 200} {
		kind := []string{aPage, aProblem}[i%2]
		if status == 200 {
			kind = aPage
		}
		all = append(all, mischief{name: fmt.Sprintf("carried out, answered %d %s", status, kind), carry: before, status: status, kind: kind})
	}
	for i, status := range []int{400, 403, 404, 409, 413, 500, 502} {
		kind := []string{aProblem, aPage}[i%2]
		all = append(all, mischief{name: fmt.Sprintf("not carried out, answered %d %s", status, kind), carry: never, status: status, kind: kind})
	}
	return append(all,
		mischief{name: "carried out, the connection is cut", carry: before},
		mischief{name: "not carried out, the connection is cut", carry: never},
		mischief{name: "carried out twice", carry: twice, status: -1},
		mischief{name: "carried out after a 504", carry: after, status: 504, kind: aPage},
	)
}

// mustRun runs a command that has to succeed.
func (p *program) mustRun(args ...string) string {
	p.t.Helper()
	out, err := p.run("", args...)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// decode runs a command that prints JSON.
func (p *program) decode(into any, args ...string) {
	p.t.Helper()
	out := p.mustRun(args...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		p.t.Fatalf("%v: %v\n%.500s", args, err, out)
	}
}

// atOnce runs named cases, many at a time: they wait more than they work.
func atOnce(t *testing.T, cases map[string]func(*testing.T)) {
	t.Helper()
	var all sync.WaitGroup
	room := make(chan struct{}, 12)
	for name, run := range cases {
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			t.Run(name, run)
		})
	}
	all.Wait()
}
