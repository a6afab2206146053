package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
)

func TestALostReplyAfterAPostIsAnUnknownOutcomeAndIsNotRepeated(t *testing.T) {
	var hits atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		cut(t, w)
	}, nil)
	_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/pay", Body: body("{}"), Auth: AuthNone})
	e := wantExit(t, err, exitcode.Unknown)
	if e.Kind != Lost || !e.MayHaveHappened() || hits.Load() != 1 {
		t.Errorf("kind %v, hits %d", e.Kind, hits.Load())
	}
	if !strings.Contains(russian(t, err), "не повторяйте вслепую") {
		t.Errorf("no advice: %s", russian(t, err))
	}
}

func TestAPostIsNotReplayedByTheConnectionPool(t *testing.T) {
	// net/http replays a request with an Idempotency-Key by itself when a kept
	// connection breaks; a call that must happen once must not be.
	var posts atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			posts.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			cut(t, w)
		}
	}, nil)
	for _, b := range []*Body{body("{}"), must(JSON(map[string]int{"a": 1}))} {
		posts.Store(0)
		if _, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone}); err != nil {
			t.Fatal(err)
		}
		_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/pay", Body: b, IdempotencyKey: "k", Auth: AuthNone})
		wantExit(t, err, exitcode.Unknown)
		if posts.Load() != 1 {
			t.Errorf("%d posts on the wire, want 1", posts.Load())
		}
	}
	_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/pay", IdempotencyKey: "k", Auth: AuthNone})
	if err == nil || AsError(err) != nil {
		t.Errorf("a bodyless call with a key was let through: %v", err)
	}
}

func must(b *Body, err error) *Body {
	if err != nil {
		panic(err)
	}
	return b
}

func TestAnIdempotentPostIsRepeatedWithTheSameKey(t *testing.T) {
	var hits atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") != "key-1" {
			t.Error("the key is missing")
		}
		if b, _ := io.ReadAll(r.Body); string(b) != `{"a":1}` {
			t.Errorf("body %q", b)
		}
		if hits.Add(1) < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true}`)
	}, nil)
	call := &Call{Method: "POST", Base: s.URL, Path: "/x", Body: must(JSON(map[string]int{"a": 1})), Policy: Idempotent, IdempotencyKey: "key-1", Auth: AuthNone}
	resp, err := c.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Attempts != 3 || hits.Load() != 3 {
		t.Errorf("attempts %d, hits %d", resp.Attempts, hits.Load())
	}
	call.IdempotencyKey = ""
	if _, err := c.Do(t.Context(), call); err == nil {
		t.Error("an idempotent POST without a key was let through")
	}
}

func TestExitCodesByStatusPolicyAndProof(t *testing.T) {
	for _, tc := range []struct {
		status int
		policy Policy
		proof  Proof
		want   exitcode.Code
	}{
		// A status alone proves nothing of what must happen once, whichever it is.
		{400, Once, Unproven, exitcode.Unknown},
		{401, Once, Unproven, exitcode.Unknown},
		{403, Once, Unproven, exitcode.Unknown},
		{404, Once, Unproven, exitcode.Unknown},
		{409, Once, Unproven, exitcode.Unknown},
		{413, Once, Unproven, exitcode.Unknown},
		{429, Once, Unproven, exitcode.Unknown},
		{500, Once, Unproven, exitcode.Unknown},
		{501, Once, Unproven, exitcode.Unknown},
		{503, Once, Unproven, exitcode.Unknown},
		{302, Once, Unproven, exitcode.Unknown},
		{302, Once, ProvesRefused, exitcode.Unknown}, // nobody is asked about a redirect
		// The portal's own words that do not say what became of it.
		{409, Once, OwnWords, exitcode.Unknown},
		{500, Once, OwnWords, exitcode.Unknown},
		// The portal's own refusal of this very request.
		{400, Once, ProvesRefused, exitcode.Refused},
		{401, Once, ProvesPutOff, exitcode.Auth},
		{403, Once, ProvesRefused, exitcode.Refused},
		{404, Once, ProvesRefused, exitcode.NotFound},
		{409, Once, ProvesRefused, exitcode.Conflict},
		{412, Once, ProvesRefused, exitcode.Conflict},
		{422, Once, ProvesRefused, exitcode.Refused},
		{429, Once, ProvesPutOff, exitcode.Unavailable},
		{503, Once, ProvesPutOff, exitcode.Unavailable},
		// What only reads cannot have happened.
		{500, Safe, OwnWords, exitcode.Unavailable},
		{501, Safe, OwnWords, exitcode.Refused},
		{503, Safe, OwnWords, exitcode.Unavailable},
		{404, Safe, OwnWords, exitcode.NotFound},
		{404, Safe, Unproven, exitcode.Unavailable},
		{403, Safe, Unproven, exitcode.Unavailable},
	} {
		var hits atomic.Int32
		s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
			hits.Add(1)
			w.Header().Set("X-Request-Id", "portal-7")
			w.WriteHeader(tc.status)
		}, nil)
		_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/", Policy: tc.policy, Body: body("x"), Auth: AuthNone,
			Judge: func(e *Error) Proof {
				if e.SentID == "" || e.SentID == e.RequestID || e.Policy != tc.policy {
					t.Errorf("the protocol is not told what was sent: %+v", e)
				}
				return tc.proof
			}})
		e := wantExit(t, err, tc.want)
		if tc.policy == Once && hits.Load() != 1 {
			t.Errorf("%d: %d requests", tc.status, hits.Load())
		}
		if e.Status != tc.status || e.RequestID != "portal-7" {
			t.Errorf("%d: status %d, request id %q", tc.status, e.Status, e.RequestID)
		}
		var f *fault.Error
		if !errors.As(err, &f) || f.Message.IsZero() || f.RequestID != "portal-7" || f.Code == "" {
			t.Errorf("%d: not a whole fault: %+v", tc.status, f)
		}
	}
}

func proves(p Proof) func(*Error) Proof { return func(*Error) Proof { return p } }

func TestACallWithoutAProtocolThatJudgesProvesNothingOfAChange(t *testing.T) {
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, nil)
	_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/", Body: body("x"), Auth: AuthNone})
	if e := wantExit(t, err, exitcode.Unknown); e.Denied() || e.PutOff() || e.AboutCaller() {
		t.Errorf("%+v", e)
	}
	_, err = c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone})
	if e := wantExit(t, err, exitcode.Refused); !e.AboutCaller() {
		t.Errorf("%+v", e)
	}
}

func TestAnEarlierAttemptIsNotForgottenWhenTheLastOneNeverLeft(t *testing.T) {
	var hits atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.WriteHeader(http.StatusBadGateway)
		cancel()
	}, nil)
	_, err := c.Do(ctx, &Call{Method: "POST", Base: s.URL, Path: "/", Body: body("x"), Policy: Idempotent, IdempotencyKey: "k", FreshKey: true, Auth: AuthNone})
	if e := wantExit(t, err, exitcode.Unknown); !e.MayHaveHappened() || hits.Load() != 1 {
		t.Errorf("%+v after %d requests", e, hits.Load())
	}
}

func TestAKeyThatIsKeptMakesRepeatingSafeAndAFreshOneDoesNot(t *testing.T) {
	for fresh, want := range map[bool]exitcode.Code{false: exitcode.Unavailable, true: exitcode.Unknown} {
		s, c := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, nil)
		_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/", Body: body("x"), Policy: Idempotent, IdempotencyKey: "k", FreshKey: fresh, Auth: AuthNone})
		if e := wantExit(t, err, want); e.Attempts != DefaultMaxAttempts {
			t.Errorf("fresh %v: %d attempts", fresh, e.Attempts)
		}
	}
}

func TestAnAnswerThatTricklesForEverIsEnded(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			for tick := time.Tick(5 * time.Millisecond); r.Context().Err() == nil; <-tick {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
			}
		}, func(o *Options) { o.Whole, o.MaxAttempts = 200*time.Millisecond, 1 })
		began := time.Now()
		_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/", Body: body("x"), Auth: AuthNone})
		wantExit(t, err, exitcode.Unknown)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%d: it took %s", status, took)
		}
	}
}

func TestAWaitEndsTheRequestAndItsBody(t *testing.T) {
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"a":`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, nil)
	began := time.Now()
	_, err := c.JSON(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone, Wait: time.Millisecond}, new(any))
	wantExit(t, err, exitcode.Unavailable)
	if took := time.Since(began); took > 20*time.Second || took < waitGrace {
		t.Errorf("it took %s", took)
	}
}

func TestReadingIsRepeatedAndRetryAfterIsHonoured(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	var hits atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		switch hits.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.Header().Set("Retry-After", clk.Now().Add(11*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3:
			cut(t, w)
		}
	}, func(o *Options) { o.Clock = clk })
	began := clk.Now()
	if _, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone}); err != nil {
		t.Fatal(err)
	}
	if hits.Load() != 4 {
		t.Errorf("%d requests", hits.Load())
	}
	if waited := clk.Now().Sub(began); waited < 18*time.Second {
		t.Errorf("waited only %s", waited)
	}
}

func TestAPortalThatAsksForAnHourIsNotWaitedFor(t *testing.T) {
	var hits atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}, nil)
	_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone})
	if e := wantExit(t, err, exitcode.Unavailable); e.RetryAfter != time.Hour || hits.Load() != 1 {
		t.Errorf("retry after %s, %d requests", e.RetryAfter, hits.Load())
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	var hits atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) { hits.Add(1); w.WriteHeader(503) }, nil)
	_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone})
	wantExit(t, err, exitcode.Unavailable)
	if hits.Load() != DefaultMaxAttempts {
		t.Errorf("%d requests", hits.Load())
	}
}

func TestARefusedConnectionWasNeverSent(t *testing.T) {
	for _, policy := range []Policy{Once, Safe} {
		addr := closedAddress(t)
		c, err := New(Options{Origins: []string{addr}, Clock: clock.NewManual(time.Unix(0, 0))})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Do(t.Context(), &Call{Method: "POST", Base: addr, Path: "/pay", Body: body("x"), Policy: policy, Auth: AuthNone})
		if e := wantExit(t, err, exitcode.Unavailable); e.Kind != NeverSent || e.MayHaveHappened() {
			t.Errorf("kind %v", e.Kind)
		}
	}
}

// inProcess is a base that never traces.
type inProcess func(*http.Request) (*http.Response, error)

func (f inProcess) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWithoutATraceOnlyDialErrorsProveThatNothingWasSent(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want Kind
	}{
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, NeverSent},
		{&net.DNSError{Err: "no such host"}, NeverSent},
		{io.ErrUnexpectedEOF, Lost},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, Lost},
		{errors.New("anything else"), Lost},
	} {
		c, err := New(Options{Base: inProcess(func(*http.Request) (*http.Response, error) { return nil, tc.err }), InProcess: true, Origins: []string{"http://sandbox.invalid"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Do(t.Context(), &Call{Method: "POST", Base: "http://sandbox.invalid", Path: "/", Body: body("x"), Auth: AuthNone})
		if e := AsError(err); e == nil || e.Kind != tc.want {
			t.Errorf("%v: %v, want kind %v", tc.err, err, tc.want)
		}
	}
}

func TestAnAnswerThatBreaksMidwayIsLost(t *testing.T) {
	var hits atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1) == 2 {
			_, _ = io.WriteString(w, `{"orderId":1}`)
			return
		}
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"orde`)
	}, nil)
	_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/push", Body: body("x"), Auth: AuthNone})
	wantExit(t, err, exitcode.Unknown)
	hits.Store(0)
	if _, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/order/1", Policy: Safe, Auth: AuthNone}); err != nil {
		t.Errorf("a reading call was not repeated: %v", err)
	}
	hits.Store(0)
	var out bytes.Buffer
	_, n, err := c.Copy(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/file", Policy: Safe, Auth: AuthNone}, &out, 0)
	wantExit(t, err, exitcode.Unavailable)
	if n != 6 || hits.Load() != 1 {
		t.Errorf("after %d bytes the download was repeated (%d requests)", n, hits.Load())
	}
}

func TestAnAnswerThatIsNotJSONIsNotTakenForSuccess(t *testing.T) {
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>Wi-Fi sign-in</html>")
	}, nil)
	var out struct{ OrderID int64 }
	_, err := c.JSON(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/order", Body: body("x"), Auth: AuthNone}, &out)
	wantExit(t, err, exitcode.Unknown)
	_, err = c.JSON(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/order", Policy: Safe, Auth: AuthNone}, &out)
	wantExit(t, err, exitcode.Unavailable)
}

func TestTheMarkerIsRenewedOnceAfter401(t *testing.T) {
	var hits, renewals atomic.Int32
	h := func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if b, _ := io.ReadAll(r.Body); string(b) != "payload" {
			t.Errorf("body %q", b)
		}
		if r.Header.Get("Authorization") != "Bearer fresh" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	source := func(give string) TokenSource {
		return func(_ context.Context, rejected string) (string, error) {
			if rejected == "" {
				return "stale", nil
			}
			renewals.Add(1)
			return give, nil
		}
	}
	for _, tc := range []struct {
		give      string
		wantHits  int32
		wantError bool
	}{{"fresh", 2, false}, {"also-stale", 2, true}, {"stale", 1, true}, {"", 1, true}} {
		hits.Store(0)
		renewals.Store(0)
		s, c := start(t, h, func(o *Options) { o.Tokens = source(tc.give) })
		_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/push", Body: body("payload"), Judge: proves(ProvesPutOff)})
		if (err != nil) != tc.wantError || hits.Load() != tc.wantHits || renewals.Load() != 1 {
			t.Errorf("%q: %v, %d requests, %d renewals", tc.give, err, hits.Load(), renewals.Load())
		}
		if err != nil {
			wantExit(t, err, exitcode.Auth)
		}
	}
}

func TestWithoutASessionNothingIsSent(t *testing.T) {
	var hits atomic.Int32
	s, c := start(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) }, nil)
	_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/me", Policy: Safe})
	if got := fault.ExitOf(err); got != exitcode.Auth || hits.Load() != 0 {
		t.Errorf("exit %d, %d requests", got, hits.Load())
	}
	if !strings.Contains(russian(t, err), "epgu auth login") {
		t.Error("no command is offered")
	}
	if _, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/services", Policy: Safe, Auth: AuthOptional}); err != nil {
		t.Error(err)
	}
}

func TestCancellingAReadIsAnInterruption(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, c := start(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}, nil)
	_, err := c.Do(ctx, &Call{Method: "GET", Base: s.URL, Path: "/", Policy: Safe, Auth: AuthNone})
	if fault.ExitOf(err) != exitcode.Interrupted {
		t.Errorf("%v", err)
	}
}

func TestCancellingAPostInFlightLeavesItsOutcomeUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, c := start(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}, nil)
	_, err := c.Do(ctx, &Call{Method: "POST", Base: s.URL, Path: "/pay", Body: body("x"), Auth: AuthNone})
	wantExit(t, err, exitcode.Unknown)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestCancellingBeforeSendingIsAnInterruption(t *testing.T) {
	s, c := start(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") }, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Do(ctx, &Call{Method: "POST", Base: s.URL, Path: "/pay", Body: body("x"), Auth: AuthNone})
	if fault.ExitOf(err) != exitcode.Interrupted {
		t.Errorf("%v", err)
	}
}

func TestASilentPortalIsGivenUpAndASlowOneIsNot(t *testing.T) {
	release := make(chan struct{})
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			<-release
			return
		}
		for range 18 { // longer in total than the idle limit, never silent for long
			_, _ = io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			<-time.After(40 * time.Millisecond)
		}
	}, func(o *Options) { o.Idle, o.MaxAttempts = 500*time.Millisecond, 1 })
	_, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/silent", Policy: Safe, Auth: AuthNone})
	close(release)
	e := wantExit(t, err, exitcode.Unavailable)
	if !errors.Is(e, errStalled) || !strings.Contains(russian(t, err), "вовремя") {
		t.Errorf("%v", err)
	}
	if resp, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/slow", Policy: Safe, Auth: AuthNone}); err != nil || len(resp.Body) != 18 {
		t.Errorf("a slow answer was cut: %v", err)
	}
}

func TestHeadersSayWhoAsksAndWhatFor(t *testing.T) {
	s, c := start(t, func(w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{"X-Request-Id": "req-1", "User-Agent": "epgu/test", "Accept-Language": "ru", "Prefer": "wait=25", "If-Match": `"v1"`} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if r.URL.EscapedPath() != "/order/a%2Fb%20%7Bc%7D" || r.URL.Query().Get("q") != "мой запрос" {
			t.Errorf("%s", r.URL)
		}
	}, func(o *Options) {
		o.UserAgent, o.Lang, o.NewRequestID = "epgu/test", "ru", func() string { return "req-1" }
	})
	resp, err := c.Do(t.Context(), &Call{Method: "GET", Base: s.URL, Path: "/order/{id}", PathParams: map[string]string{"id": "a/b {c}"},
		Query: map[string][]string{"q": {"мой запрос"}}, Header: http.Header{"If-Match": {`"v1"`}}, Wait: 25500 * time.Millisecond, Policy: Safe, Auth: AuthNone})
	if err != nil || resp.RequestID != "req-1" {
		t.Errorf("%v %v", resp, err)
	}
}

func TestAStreamedBodyHasItsLengthAndIsNotBuffered(t *testing.T) {
	const size = 64 << 20
	s, c := start(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.ContentLength != size {
			t.Errorf("Content-Length %d", r.ContentLength)
		}
		if n, _ := io.Copy(io.Discard, r.Body); n != size {
			t.Errorf("%d bytes came", n)
		}
	}, nil)
	b := &Body{Open: func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, size)), nil }, Size: size, Type: "application/zip"}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/push", Body: b, Auth: AuthNone}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size/16 {
		t.Errorf("%d bytes allocated to send %d", allocated, size)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestEveryAttemptLeavesOneIncidentRecord(t *testing.T) {
	var got []Record
	var hits atomic.Int32
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "portal\u202e-9")
		if hits.Add(1) == 1 {
			w.WriteHeader(502)
		}
	}, func(o *Options) { o.Records = func(r Record) { got = append(got, r) } })
	_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/order/{id}", PathParams: map[string]string{"id": "77"}, OrderID: 77, Policy: Safe, Auth: AuthNone})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %d records", err, len(got))
	}
	if r := got[0]; r.Status != 502 || r.OrderID != 77 || r.Path != "/order/{id}" || r.Attempt != 1 || r.At.IsZero() {
		t.Errorf("%+v", r)
	}
	if line := got[1].String(); strings.Contains(line, "\u202e") || !strings.Contains(line, "order=77") || !strings.Contains(line, "status=200") {
		t.Errorf("%q", line)
	}
}
