package bulkpay

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// asking is one pass over what is not final, and what came of it.
type asking struct {
	next func() (journal.Payment, error, bool)
	end  func()

	queue     []journal.Payment
	fetching  bool
	recovered bool // what dead workers left has been looked for
	listed    bool // the list is at its end
	others    bool // other workers have payments of this run in hand
	failed    bool // the portal does not answer questions
	wait      time.Duration

	planned  int // never arrived: to be sent again
	accepted int // still on their way
	troubles int // in a row
}

// Bounds of asking.
const (
	askPage       = 256
	askRounds     = 3 // of sending again what never arrived
	firstPause    = 250 * time.Millisecond
	longestPause  = 5 * time.Second
	mostAskErrors = 5
	leastAsk      = 10 * time.Second // for a question, whatever is left of the wait
)

// moved counts what a record has done.
func (a *asking) moved(to journal.State) {
	switch to {
	case journal.Planned:
		a.planned++
	case journal.Accepted:
		a.accepted++
	}
}

func (e *engine) startAsking() {
	if e.passes == 0 {
		e.deadline = e.Clock.Now().Add(e.Options.Wait)
		e.tell(Event{Kind: Asking})
	}
	e.passes++
	a := &asking{}
	if e.passes > 1 {
		a.wait = max(0, min(e.deadline.Sub(e.Clock.Now()), 20*time.Second))
	}
	// The list holds no transaction while the answers come in.
	a.next, a.end = iter.Pull2(e.Journal.List(context.WithoutCancel(e.ctx), journal.Filter{Run: e.Plan.Head().ID,
		States: []journal.State{journal.Unknown, journal.Accepted}}))
	e.asking = a
}

func (e *engine) ask() {
	a := e.asking
	if now := e.Clock.Now(); now.Before(e.holdUntil) {
		e.rest(e.holdUntil.Sub(now))
		return
	}
	for e.onWire < e.pace.now() && len(a.queue) > 0 && !a.failed {
		p := a.queue[0]
		a.queue = a.queue[1:]
		if want := e.Options.Want; want != nil && !want(p.Row) || p.Via != journal.ViaPortal {
			continue
		}
		e.onWire++
		ctx, wait := e.ctx, a.wait // a question may be broken off
		limit := max(e.deadline.Sub(e.Clock.Now()), leastAsk)
		e.begin(StepAsk, func() func() {
			begun := e.Clock.Now()
			limited, cancel := context.WithTimeout(ctx, limit) // an answer that stalls does not outlast the wait
			defer cancel()
			answer, err := e.Portal.Payment(limited, p.ID, wait)
			took := e.Clock.Now().Sub(begun)
			return func() {
				e.onWire--
				if err == nil && wait == 0 {
					e.pace.answered(took)
				}
				e.told(a, p, answer, err)
			}
		})
	}
	if a.failed {
		a.queue = nil
	}
	switch {
	case len(a.queue) == 0 && !a.listed && !a.failed:
		e.fetch(a)
	case len(a.queue) == 0 && !e.busy() && !a.fetching && len(e.results) == 0:
		e.askedAll(a)
	}
}

// fetch reads the next page of the list.
func (e *engine) fetch(a *asking) {
	if a.fetching {
		return
	}
	a.fetching, e.filling = true, true
	ctx, recovered := context.WithoutCancel(e.ctx), a.recovered
	a.recovered = true
	e.begin(StepFill, func() func() {
		var page []journal.Payment
		var got journal.Recovered
		var counts journal.Counts
		var fail error
		if !recovered {
			// What a worker that has died meanwhile had in hand is taken over.
			got, fail = e.Journal.Recover(ctx)
		}
		end := fail != nil
		for len(page) < askPage && fail == nil {
			p, err, ok := a.next()
			if !ok || err != nil {
				end, fail = true, err
				break
			}
			page = append(page, p)
		}
		if end && fail == nil && e.Options.Want == nil {
			counts, fail = e.Journal.Counts(ctx, e.Plan.Head().ID)
		}
		return func() {
			a.fetching, e.filling = false, false
			a.queue, a.listed = append(a.queue, page...), end
			a.planned += got.Returned
			a.others = counts[journal.Sending].N+counts[journal.Claimed].N > 0
			if fail != nil {
				e.halt(StoreFailed, fail)
			}
		}
	})
}

// told takes the portal's word about one payment.
func (e *engine) told(a *asking, p journal.Payment, answer *cabinet.Payment, err error) {
	var t journal.Transition
	var ok bool
	switch {
	case err == nil:
		a.troubles = 0
		if t, ok, err = billing.Answered(&p, answer, journal.PortalByID); err != nil {
			e.tell(Event{Kind: Disputed, Row: p.Row, ID: p.ID, Text: err.Error()})
		}
	case fault.ExitOf(err) == exitcode.NotFound:
		a.troubles = 0
		if t, ok, err = billing.NotFound(&p, e.Clock.Now()); err != nil {
			e.halt(StoreFailed, err)
			return
		}
	default:
		// A question that failed says nothing, and does not count.
		wait, class := judge(err)
		stalled := errors.Is(err, context.DeadlineExceeded)
		if a.troubles++; a.troubles > mostAskErrors || class == oursToMend || wait > longestHold || stalled {
			a.failed = true
			return
		}
		e.pace.refused()
		e.hold(max(wait, firstHold<<min(a.troubles-1, 8)))
		a.queue = append(a.queue, p)
		return
	}
	if ok {
		e.give(p, t)
	} else if p.State == journal.Accepted {
		a.accepted++
	}
}

// askedAll decides what a finished pass leads to.
func (e *engine) askedAll(a *asking) {
	a.end()
	e.asking = nil
	switch {
	case a.planned > 0 && e.rounds < askRounds && !a.failed:
		e.rounds++
		e.fed = false
		e.feed.again()
	case (a.accepted > 0 || a.others) && e.Clock.Now().Before(e.deadline) && !a.failed:
		e.pause = min(max(2*e.pause, firstPause), longestPause)
		e.holdUntil = e.Clock.Now().Add(min(e.pause, e.deadline.Sub(e.Clock.Now())))
	default:
		e.done = true
	}
}
