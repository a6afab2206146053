package transport

import (
	"context"
	"time"
)

// watchdog ends a request that makes no progress. A total timeout would kill
// a big upload over a slow line; this one only counts time in which nothing
// moved. It runs on real time: it guards sockets, not deadlines.
type watchdog struct {
	timer  *time.Timer
	idle   time.Duration
	cancel context.CancelCauseFunc
}

// watch returns a context that ends with errStalled when nothing touches the
// watchdog for idle, and a function that stops it.
func watch(ctx context.Context, idle time.Duration) (context.Context, *watchdog, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	d := &watchdog{idle: idle, cancel: cancel}
	d.timer = time.AfterFunc(idle, func() { cancel(errStalled) })
	return ctx, d, func() {
		d.timer.Stop()
		cancel(nil)
	}
}

func (d *watchdog) touch() {
	if d.timer.Stop() { // fired means too late: the request has been ended
		d.timer.Reset(d.idle)
	}
}

// within ends the request when the work that begins now is not over after so long:
// an answer that is kept in memory is small, and one that trickles moves for ever.
// The function that it returns says that the work is over.
func (d *watchdog) within(limit time.Duration) func() {
	timer := time.AfterFunc(limit, func() { d.cancel(errStalled) })
	return func() { timer.Stop() }
}
