package gusmev

import (
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
)

// requestsPerMinute is the limit of one information system (SPEC-1.13,
// appendix 3, as of 18.07.2024).
const requestsPerMinute = 2000

// maxSystems bounds the memory of the limiter.
const maxSystems = 1000

// limiter counts the requests of each system in a sliding minute, approximated
// by two fixed ones. Each process counts what it serves.
type limiter struct {
	clock   clock.Clock
	mu      sync.Mutex
	systems map[string]*window
}

type window struct {
	minute   int64
	now, was int
}

func newLimiter(c clock.Clock) *limiter {
	return &limiter{clock: c, systems: map[string]*window{}}
}

// allow counts one request and reports whether it is within the limit.
func (l *limiter) allow(system string) bool {
	t := l.clock.Now()
	minute := t.Unix() / 60
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.systems[system]
	if w == nil {
		if len(l.systems) >= maxSystems {
			clear(l.systems)
		}
		w = &window{minute: minute}
		l.systems[system] = w
	}
	switch minute - w.minute {
	case 0:
	case 1:
		w.minute, w.was, w.now = minute, w.now, 0
	default:
		w.minute, w.was, w.now = minute, 0, 0
	}
	left := 1 - float64(t.Sub(time.Unix(minute*60, 0)))/float64(time.Minute)
	if float64(w.was)*left+float64(w.now) >= requestsPerMinute {
		return false
	}
	w.now++
	return true
}
