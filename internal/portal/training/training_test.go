package training

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/training"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func portal(t *testing.T, h http.Handler) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	tc, err := transport.New(transport.Options{Base: &http.Transport{}, Origins: []string{s.URL}, MaxAttempts: 1,
		Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tc.CloseIdle(); s.Close() })
	return New(tc, s.URL)
}

func TestEveryControlIsAskedWithoutAMarker(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	speed := 60.0
	answers := map[string]any{
		"GET /sandbox/v1/clock": wire.Clock{Now: now, Speed: 1}, "PATCH /sandbox/v1/clock": wire.Clock{Now: now, Speed: speed},
		"POST /sandbox/v1/clock/advance": wire.AdvanceResult{Now: now, Events: 4},
		"GET /sandbox/v1/users":          map[string]any{"items": []wire.User{{Login: "demo", Messages: []wire.Message{{Kind: "sms", Code: "123456"}}}}},
		"GET /sandbox/v1/messages":       map[string]any{"items": []wire.Message{{Kind: "sms", To: "+7", Code: "654321"}}},
		"GET /sandbox/v1/faults":         wire.Faults{Seed: 42, LoseReply: 0.05},
		"GET /sandbox/v1/client":         wire.Client{ClientID: "EPGU", KeyPEM: "key"},
	}
	var mu sync.Mutex
	bodies := map[string]string{}
	c := portal(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a marker was sent to the controls")
		}
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		bodies[r.Method+" "+r.URL.Path] = string(b)
		mu.Unlock()
		answer, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	ctx := t.Context()
	check := func(got, want any, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	clk, err := c.Clock(ctx)
	check(clk, &wire.Clock{Now: now, Speed: 1}, err)
	clk, err = c.SetClock(ctx, wire.ClockPatch{Speed: &speed})
	check(clk, &wire.Clock{Now: now, Speed: speed}, err)
	moved, err := c.Advance(ctx, 3*24*time.Hour)
	check(moved, &wire.AdvanceResult{Now: now, Events: 4}, err)
	users, err := c.Users(ctx)
	check(users, []wire.User{{Login: "demo", Messages: []wire.Message{{Kind: "sms", Code: "123456"}}}}, err)
	strangers, err := c.StrangersMessages(ctx)
	check(strangers, []wire.Message{{Kind: "sms", To: "+7", Code: "654321"}}, err)
	faults, err := c.Faults(ctx)
	check(faults, &wire.Faults{Seed: 42, LoseReply: 0.05}, err)
	client, err := c.SignInClient(ctx)
	check(client, &wire.Client{ClientID: "EPGU", KeyPEM: "key"}, err)
	check(nil, nil, c.SetFaults(ctx, wire.Faults{Seed: 7, Down: true}))
	check(nil, nil, c.Reset(ctx))
	check(nil, nil, c.Seed(ctx, wire.SeedRequest{Seed: 1, Charges: 10}))
	mu.Lock()
	defer mu.Unlock()
	for path, want := range map[string]string{
		"POST /sandbox/v1/clock/advance": `{"seconds":259200}`,
		"PATCH /sandbox/v1/clock":        `{"speed":60}`,
		"POST /sandbox/v1/seed":          `{"seed":1,"charges":10}`,
		"POST /sandbox/v1/reset":         "",
	} {
		if got, asked := bodies[path]; !asked || got != want {
			t.Errorf("%s got %q, want %q", path, got, want)
		}
	}
}

func TestTheCalendarIsNotMovedTwice(t *testing.T) {
	var hits atomic.Int32
	c := portal(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	}))
	if _, err := c.Advance(t.Context(), time.Hour); fault.ExitOf(err) != exitcode.Unknown || hits.Load() != 1 {
		t.Errorf("%v, %d requests", err, hits.Load())
	}
}
