package serving_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/serving"
)

// short are limits that a test can wait for.
func short() serving.Limits {
	return serving.Limits{Header: 300 * time.Millisecond, HeaderBytes: 8 << 10, Idle: 300 * time.Millisecond,
		Grace: 150 * time.Millisecond, Rate: 20_000, Whole: 2 * time.Second, Body: 1 << 20, Connections: 300}
}

// start serves h on loopback and returns its address.
func start(t *testing.T, l serving.Limits, h http.Handler) string {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serving.New(h, l)
	ended := make(chan error, 1)
	gate := s.Gate(in)
	go func() { ended <- s.HTTP().Serve(gate) }()
	t.Cleanup(func() {
		if err := s.HTTP().Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return in.Addr().String()
}

// echo reads the body as the portal does and says how long it was.
func echo() http.Handler {
	return problem.Middleware(nil, problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(w, len(b))
		return err
	}))
}

// dial opens a connection that no test waits on for ever.
func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func answerOf(t *testing.T, c net.Conn) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func closed(c net.Conn) bool {
	_, err := io.Copy(io.Discard, c)
	var late net.Error
	return !errors.As(err, &late) || !late.Timeout()
}

func TestTwoHundredSlowBodiesAreAnsweredAndLetGo(t *testing.T) {
	l := short()
	l.Header, l.Whole = 15*time.Second, 15*time.Second // of two hundred headers at once the last is read late on a busy machine
	l.Grace = time.Second                              // and of two hundred answers the last is written late
	addr := start(t, l, echo())
	var wg sync.WaitGroup
	for range 200 {
		c := dial(t, addr)
		say(t, c, "POST /api/cabinet/v1/payments HTTP/1.1\r\nHost: portal\r\nX-Request-Id: slow-1\r\nContent-Length: 1000\r\n\r\n{")
		wg.Go(func() {
			resp, body := answerOf(t, c)
			var p struct{ Code, RequestID string }
			if err := json.Unmarshal([]byte(body), &p); err != nil || resp.StatusCode != http.StatusRequestTimeout ||
				p.Code != "request.too_slow" || p.RequestID != "slow-1" || resp.Header.Get("Content-Type") != problem.ContentType {
				t.Errorf("status %d, %s", resp.StatusCode, body)
			}
			if !closed(c) {
				t.Error("the connection is still open")
			}
		})
	}
	resp, err := http.Post("http://"+addr+"/x", "text/plain", strings.NewReader("quick"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("among slow ones a quick one was answered %d", resp.StatusCode)
	}
	wg.Wait()
}

func TestEachAPIHearsOfASlowBodyInItsOwnForm(t *testing.T) {
	addr := start(t, short(), echo())
	for _, path := range []string{"/api/gusmev/push", "/api/nsi/v1/dictionary/X"} {
		c := dial(t, addr)
		say(t, c, "POST "+path+" HTTP/1.1\r\nHost: portal\r\nAccept-Language: en\r\nContent-Length: 9\r\n\r\n{")
		resp, body := answerOf(t, c)
		var e struct{ Code, Message string }
		if err := json.Unmarshal([]byte(body), &e); err != nil || resp.StatusCode != http.StatusRequestTimeout || e.Code != "bad_request" ||
			e.Message != "The body of the request came too slowly" {
			t.Errorf("%s: status %d, %s", path, resp.StatusCode, body)
		}
	}
}

// trickle sends n bytes, one at each tick, until it is refused.
func trickle(c net.Conn, n int, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for range n {
		<-tick.C
		if _, err := c.Write([]byte("x")); err != nil {
			return
		}
	}
}

func TestABodyThatTricklesIsCutOff(t *testing.T) {
	addr := start(t, short(), echo())
	c := dial(t, addr)
	say(t, c, "POST /x HTTP/1.1\r\nHost: portal\r\nContent-Length: 100000\r\n\r\n")
	go trickle(c, 100000, 5*time.Millisecond)
	if resp, body := answerOf(t, c); resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d, %s", resp.StatusCode, body)
	}
}

func TestABodyThatComesAtTheRateIsReadWhole(t *testing.T) {
	l := short()
	l.Rate = 10
	addr := start(t, l, echo())
	c := dial(t, addr)
	say(t, c, "POST /x HTTP/1.1\r\nHost: portal\r\nContent-Length: 60\r\n\r\n")
	go trickle(c, 60, 5*time.Millisecond) // twice the grace, and twenty times the rate
	if resp, body := answerOf(t, c); resp.StatusCode != http.StatusOK || body != "60" {
		t.Errorf("status %d, %s", resp.StatusCode, body)
	}
}

func TestABodyMayNotTakeLongerThanTheWholeHoweverLargeItIs(t *testing.T) {
	l := short()
	l.Rate, l.Whole = 1, 400*time.Millisecond
	addr := start(t, l, echo())
	c := dial(t, addr)
	say(t, c, "POST /x HTTP/1.1\r\nHost: portal\r\nContent-Length: 100000\r\n\r\n")
	go trickle(c, 100000, 2*time.Millisecond)
	if resp, body := answerOf(t, c); resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d, %s", resp.StatusCode, body)
	}
}

func TestABodyThatNobodyReadsIsNotWaitedForLong(t *testing.T) {
	addr := start(t, short(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	c := dial(t, addr)
	say(t, c, "POST /nowhere HTTP/1.1\r\nHost: portal\r\nContent-Length: 1000\r\n\r\n{")
	if !closed(c) {
		t.Error("the connection is still open")
	}
}

func TestABodyBeyondTheLimitIsRefused(t *testing.T) {
	addr := start(t, short(), echo())
	resp, err := http.Post("http://"+addr+"/x", "text/plain", strings.NewReader(strings.Repeat("x", 1<<20+1)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestASlowHeaderAndAnIdleConnectionAreClosed(t *testing.T) {
	addr := start(t, short(), echo())
	slow, idle := dial(t, addr), dial(t, addr)
	say(t, slow, "GET /x HTTP/1.1\r\nHost: po")
	say(t, idle, "GET /x HTTP/1.1\r\nHost: portal\r\n\r\n")
	if !closed(slow) || !closed(idle) {
		t.Error("a connection is still open")
	}
}

func TestWorkThatTakesLongerThanABodyMayIsNotCutOff(t *testing.T) {
	l := short()
	addr := start(t, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
			t.Errorf("the request was cancelled: %v", context.Cause(r.Context()))
		case <-time.After(2 * l.Grace):
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	resp, err := http.Post("http://"+addr+"/x", "text/plain", strings.NewReader("work"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestAReaderWhoDoesNotReadIsLetGo(t *testing.T) {
	wrote := make(chan error, 1)
	addr := start(t, short(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		part := make([]byte, 2000) // 0.1 s at the rate
		for {
			if _, err := w.Write(part); err != nil {
				wrote <- err
				return
			}
		}
	}))
	say(t, dial(t, addr), "GET /endless HTTP/1.1\r\nHost: portal\r\n\r\n")
	select {
	case <-wrote:
	case <-time.After(20 * time.Second):
		t.Error("the server still writes to somebody who does not read")
	}
}

func TestANewcomerTakesThePlaceOfAnIdleConnection(t *testing.T) {
	l := short()
	l.Idle, l.Connections = time.Minute, 2
	addr := start(t, l, echo())
	first, second, third := dial(t, addr), dial(t, addr), dial(t, addr)
	for _, c := range []net.Conn{first, second, third} {
		say(t, c, "GET /x HTTP/1.1\r\nHost: portal\r\n\r\n")
		if resp, _ := answerOf(t, c); resp.StatusCode != http.StatusOK {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	gone := make(chan bool, 2)
	for _, c := range []net.Conn{first, second} {
		go func() { gone <- closed(c) }()
	}
	if !<-gone {
		t.Error("nobody made room")
	}
}

func TestANewcomerWaitsWhileEverybodyIsAtWork(t *testing.T) {
	l := short()
	l.Idle, l.Connections = time.Minute, 1
	entered, let := make(chan struct{}, 2), make(chan struct{})
	addr := start(t, l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-let }))
	first, second := dial(t, addr), dial(t, addr)
	say(t, first, "GET /x HTTP/1.1\r\nHost: portal\r\n\r\n")
	<-entered
	say(t, second, "GET /x HTTP/1.1\r\nHost: portal\r\n\r\n")
	close(let)
	<-entered // the first has become idle and made room
	if resp, _ := answerOf(t, second); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestHTTP2HasTheSameLimits(t *testing.T) {
	s := serving.New(echo(), short())
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = s.HTTP()
	ts.Listener = s.Gate(ts.Listener)
	ts.EnableHTTP2 = true
	ts.StartTLS()
	defer ts.Close()
	c := ts.Client()
	c.Transport.(*http.Transport).TLSClientConfig.MinVersion = tls.VersionTLS12
	in, out := io.Pipe()
	defer out.Close()
	go func() { _, _ = out.Write([]byte("{")) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ts.URL+"/x", in)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 || resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("HTTP/%d, status %d", resp.ProtoMajor, resp.StatusCode)
	}
}
