package gusmev

import (
	"strconv"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
)

func TestTwoThousandRequestsAMinuteAndNotOneMore(t *testing.T) {
	wall := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	l := newLimiter(wall)
	spend := func(system string) int {
		for n := 0; ; n++ {
			if !l.allow(system) {
				return n
			}
		}
	}
	if n := spend("A"); n != 2000 {
		t.Errorf("%d in the first minute", n)
	}
	if n := spend("B"); n != 2000 {
		t.Errorf("another system: %d", n)
	}
	// The window slides: half a minute into the next one, half has come back.
	wall.Advance(90 * time.Second)
	if n := spend("A"); n != 1000 {
		t.Errorf("half a minute later: %d", n)
	}
	wall.Advance(2 * time.Minute)
	if n := spend("A"); n != 2000 {
		t.Errorf("after a rest: %d", n)
	}
	for i := range 3 * maxSystems {
		l.allow(strconv.Itoa(i))
	}
	if n := len(l.systems); n > maxSystems {
		t.Errorf("%d systems are remembered", n)
	}
}
