package transport

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/epgu-cli/epgu/internal/clock"
)

// Limits are the request limits of one API.
type Limits struct {
	Requests int           // most requests…
	Per      time.Duration // …in any window of this length
	Burst    int           // requests that may leave at once; part of Requests
	Source   string        // where the number comes from, with its date
}

// Pacer keeps one API's limit for all workers of this process. It is safe for
// concurrent use.
type Pacer struct {
	limits  Limits
	clk     clock.Clock
	limiter *rate.Limiter

	mu   sync.Mutex
	hold time.Time // nothing leaves before
}

// NewPacer returns a pacer for limits; a nil clk is the machine's clock.
//
// A token bucket lets burst + rate×window through a window, so the rate is set
// to (requests − burst) per window: the limit then holds in every window, not
// only on average.
func NewPacer(limits Limits, clk clock.Clock) *Pacer {
	if clk == nil {
		clk = clock.System{}
	}
	burst := min(max(limits.Burst, 1), max(limits.Requests-1, 1))
	perSecond := float64(max(limits.Requests-burst, 1)) / limits.Per.Seconds()
	return &Pacer{limits: limits, clk: clk, limiter: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// Limits returns what the pacer was made with.
func (p *Pacer) Limits() Limits { return p.limits }

// PerSecond returns the steady rate, requests per second, for honest estimates.
func (p *Pacer) PerSecond() float64 { return float64(p.limiter.Limit()) }

// Wait blocks until one more request may leave, or ctx ends.
func (p *Pacer) Wait(ctx context.Context) error {
	if p == nil {
		return nil
	}
	now := p.clk.Now()
	r := p.limiter.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	p.mu.Lock()
	delay = max(delay, p.hold.Sub(now))
	p.mu.Unlock()
	if delay <= 0 {
		return ctx.Err()
	}
	if err := p.clk.Sleep(ctx, delay); err != nil {
		r.CancelAt(p.clk.Now())
		return err
	}
	return nil
}

// Hold stops every worker for d: the portal said that it is busy.
func (p *Pacer) Hold(d time.Duration) {
	if p == nil || d <= 0 {
		return
	}
	until := p.clk.Now().Add(d)
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.hold) {
		p.hold = until
	}
}
