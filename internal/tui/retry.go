package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// mostRetry bounds the wait before a load is tried again.
const mostRetry = 2 * time.Minute

// waiting is the wait after the network has failed. One timer runs while the screen
// on top could not be loaded, and none otherwise.
type waiting struct {
	at    time.Time // when it ends; zero when nothing waits
	tries int
	turn  int
}

// retried is the message that the wait is over.
type retried struct{ turn int }

// lost reports whether the screen on top could not be loaded for want of the network
// or the portal.
func (r *Root) lost() (lost, loading bool) {
	top := r.top()
	if top == nil {
		return false, false
	}
	d, ok := top.screen.(screen.Dated)
	if !ok {
		return false, false
	}
	_, loading, err := d.AsOf()
	return err != nil && faultOf(err).Exit == exitcode.Unavailable, loading
}

// retry begins to wait when there is something to wait for, and forgets the wait when
// there no longer is.
func (r *Root) retry() tea.Cmd {
	if r.o.Retry <= 0 {
		return nil
	}
	lost, loading := r.lost()
	switch {
	case loading:
		return nil
	case !lost:
		if !r.again.at.IsZero() || r.again.tries > 0 {
			r.again = waiting{turn: r.again.turn + 1}
		}
		return nil
	case !r.again.at.IsZero():
		return nil
	}
	wait := min(r.o.Retry<<min(r.again.tries, 10), mostRetry)
	r.again = waiting{at: r.env.Clock.Now().Add(wait), tries: r.again.tries + 1, turn: r.again.turn + 1}
	turn, ctx, clock := r.again.turn, r.env.Ctx, r.env.Clock
	return func() tea.Msg {
		if clock.Sleep(ctx, wait) != nil {
			return nil
		}
		return retried{turn}
	}
}

// retried tries again.
func (r *Root) retried(m retried) tea.Cmd {
	if m.turn != r.again.turn {
		return nil
	}
	r.again.at = time.Time{}
	if lost, loading := r.lost(); !lost || loading {
		return nil
	}
	return r.reload()
}
