package transport

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
)

func TestNoMinuteHoldsMoreRequestsThanTheLimit(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	p := NewPacer(Limits{Requests: 2000, Per: time.Minute, Burst: 50}, clk)
	var at []time.Time
	for range 7000 {
		if err := p.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		at = append(at, clk.Now())
	}
	first := 0
	for i := range at {
		for at[i].Sub(at[first]) >= time.Minute {
			first++
		}
		if n := i - first + 1; n > 2000 {
			t.Fatalf("%d requests in the minute before %s", n, at[i])
		}
	}
	if took := at[len(at)-1].Sub(at[0]); took > 4*time.Minute {
		t.Errorf("7000 requests took %s: the pacer is too slow", took)
	}
}

func TestABusyPortalHoldsEveryWorker(t *testing.T) {
	clk := clock.NewManual(time.Unix(0, 0))
	p := NewPacer(Limits{Requests: 2000, Per: time.Minute, Burst: 50}, clk)
	p.Hold(10 * time.Second)
	p.Hold(3 * time.Second) // a shorter wish does not shorten the hold
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := clk.Now().Unix(); got != 10 {
		t.Errorf("left after %d s, want 10", got)
	}
}

func TestAWaitThatIsCancelledGivesItsPlaceBack(t *testing.T) {
	clk := clock.NewManual(time.Unix(0, 0))
	p := NewPacer(Limits{Requests: 60, Per: time.Minute, Burst: 1}, clk)
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx); err == nil {
		t.Error("a cancelled wait succeeded")
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := clk.Now().Sub(time.Unix(0, 0)); got > 1100*time.Millisecond {
		t.Errorf("the cancelled place was kept: %s", got)
	}
}

func TestWithoutAPacerNothingWaits(t *testing.T) {
	var p *Pacer
	if err := p.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	p.Hold(time.Hour)
}

func TestARefusedCallThatIsNotRepeatedHoldsTheOthersToo(t *testing.T) {
	clk := clock.NewManual(time.Unix(0, 0))
	p := NewPacer(Limits{Requests: 2000, Per: time.Minute, Burst: 50}, clk)
	s, c := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "9")
		w.WriteHeader(http.StatusTooManyRequests)
	}, func(o *Options) { o.Clock, o.Pacer = clk, p })
	_, err := c.Do(t.Context(), &Call{Method: "POST", Base: s.URL, Path: "/pay", Body: body("x"), Auth: AuthNone, Judge: proves(ProvesPutOff)})
	wantExit(t, err, exitcode.Unavailable)
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := clk.Now().Unix(); got != 9 {
		t.Errorf("another worker left after %d s, want 9", got)
	}
}
