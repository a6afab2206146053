package bulkpay

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/delivery"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// engine is the state of the loop. Only the loop's goroutine touches it.
type engine struct {
	*Run
	ctx   context.Context
	under int // pieces of work that the scheduler has
	pace  *pace
	feed  *feed

	backlog                              []journal.Payment // claimed by us
	ready                                []journal.Payment // sending, durably, and not sent yet or put off by the portal
	results                              []verdict         // to be recorded
	hands                                hands
	onWire                               int // requests under way
	filling, marking, recording, holding bool
	portion                              int       // rows that the feed was last asked for
	gathering                            func()    // ends the wait for more results; nil when there is none
	recordAt                             time.Time // the next commit of few results
	fed                                  bool      // nothing more comes from the feed

	asking   *asking
	passes   int // of asking
	rounds   int // of sending again
	deadline time.Time
	pause    time.Duration
	done     bool // nothing is left to ask
	full     bool // the next payment would exceed MaxKopecks

	holdUntil time.Time
	streak    streaks
	stop      *Stop
	released  bool // what was in hand has been given back

	sent             planfile.Sum
	budget           int64 // kopecks marked by this call
	waiting          int
	duplicates       int
	duplicateKopecks int64
}

// verdict is what is to be written down about a payment.
type verdict struct {
	p journal.Payment
	t journal.Transition
}

// streaks are troubles in a row.
type streaks struct{ notDone, lost, refused int }

// Bounds of the loop. After so many troubles in a row a run stops: more of the
// same would only make more rows to clear up.
const (
	// mostReady bounds the payments that are marked ahead of being sent: enough for
	// one commit to feed many requests, few enough that a process which dies leaves
	// little to ask about.
	mostReady = 1024
	// aheadOfEach is how many there are at most for each request that may be on its way.
	aheadOfEach = 64

	// A commit costs the same for one result and for many, and the portal waits for
	// neither. So a commit of fewer than manyResults comes no sooner than recordPause
	// after the one before; meanwhile those payments stay "sending", which is what a
	// process that dies leaves to be asked about.
	manyResults = 512
	recordPause = 250 * time.Millisecond

	mostNotDone = 8
	mostLost    = 8
	mostRefused = 25
	firstHold   = 500 * time.Millisecond
	longestHold = 15 * time.Minute
)

func (e *engine) open() error {
	f, err := newFeed(e)
	e.feed = f
	return err
}

func (e *engine) close() {
	e.Sched.Rest()
	e.feed.close()
	if e.asking != nil {
		e.asking.end()
	}
}

// loop starts whatever can be started and takes what has ended, until neither is
// left.
func (e *engine) loop() error {
	for idleTurns := 0; ; {
		e.heed()
		e.dispatch()
		if e.idle() {
			return nil
		}
		if e.under == 0 {
			// Deciding may itself lead to the next decision, a few times.
			if idleTurns++; idleTurns > 8 {
				return errStalled
			}
			continue
		}
		idleTurns = 0
		ctx := e.ctx
		if e.stop != nil {
			ctx = context.WithoutCancel(ctx)
		}
		apply, err := e.Sched.Next(ctx)
		if err != nil {
			return err
		}
		if apply != nil {
			e.under--
			apply()
		}
	}
}

var errStalled = errors.New("bulkpay: the run waits for nothing")

// begin hands work to the scheduler.
func (e *engine) begin(what Step, work func() func()) {
	e.under++
	e.Sched.Go(what, work)
}

// heed looks for a reason to stop from outside.
func (e *engine) heed() {
	switch {
	case e.stop != nil:
	case e.ctx.Err() != nil:
		e.halt(Interrupted, nil)
	case !e.Options.Until.IsZero() && !e.Clock.Now().Before(e.Options.Until):
		e.halt(TimeIsUp, nil)
	}
}

// halt lets nothing new begin. What is under way is awaited.
func (e *engine) halt(why StopReason, err error) {
	if e.stop != nil {
		return
	}
	e.stop = &Stop{why, err}
	e.tell(Event{Kind: Stopping, Code: string(why)})
}

func (e *engine) busy() bool {
	return e.onWire > 0 || e.filling || e.marking || e.recording || e.holding
}

func (e *engine) idle() bool {
	return !e.busy() && e.gathering == nil && len(e.results) == 0 && len(e.backlog) == 0 && len(e.ready) == 0 && (e.stop != nil || e.done)
}

func (e *engine) dispatch() {
	if e.full && len(e.ready) == 0 && !e.busy() {
		e.halt(SumReached, nil)
	}
	if e.stop != nil && e.onWire == 0 && !e.filling && !e.marking && !e.released {
		e.release()
	}
	if len(e.results) > 0 && !e.recording {
		e.gather()
	}
	if e.stop != nil {
		return
	}
	window := min(aheadOfEach*e.pace.now(), mostReady)
	if !e.filling && !e.fed && !e.full && len(e.backlog) < max(1, e.group()/2) {
		switch {
		case !e.feed.begins():
			e.fill(e.group())
		case len(e.backlog) == 0 && !e.marking && len(e.ready) <= window/2:
			e.fill(window - len(e.ready))
		}
	}
	if !e.marking && !e.full && len(e.backlog) > 0 && len(e.ready) <= window/2 {
		e.mark(window - len(e.ready))
	}
	if now := e.Clock.Now(); now.Before(e.holdUntil) {
		e.rest(e.holdUntil.Sub(now))
	} else {
		for e.onWire < e.pace.now() && len(e.ready) > 0 {
			e.send()
		}
	}
	if e.fed && !e.done && !e.busy() && len(e.backlog) == 0 && len(e.ready) == 0 && len(e.results) == 0 && e.asking == nil {
		if now := e.Clock.Now(); now.Before(e.holdUntil) {
			e.rest(e.holdUntil.Sub(now))
			return
		}
		e.startAsking()
	}
	if e.asking != nil && !e.holding {
		e.ask()
	}
}

// release gives back what is in hand and was never sent.
func (e *engine) release() {
	e.released = true
	for _, p := range e.backlog {
		e.give(p, journal.Transition{ID: p.ID, From: journal.Claimed, To: journal.Planned})
	}
	for _, p := range e.ready {
		e.give(p, journal.Transition{ID: p.ID, From: journal.Sending, To: journal.Planned})
	}
	for _, p := range e.hands.again() {
		e.give(p, journal.Transition{ID: p.ID, From: journal.Claimed, To: journal.Planned})
	}
	e.backlog, e.ready = nil, nil
}

func (e *engine) give(p journal.Payment, t journal.Transition) {
	if t.Evidence.Witness == "" {
		t.Evidence.Witness = journal.Engine
	}
	e.results = append(e.results, verdict{p, t})
}

func (e *engine) rest(d time.Duration) {
	if e.holding {
		return
	}
	e.holding = true
	e.begin(StepHold, func() func() {
		_ = e.Clock.Sleep(e.ctx, d) // an interruption ends the pause; heed sees it
		return func() { e.holding = false }
	})
}

func (e *engine) hold(d time.Duration) {
	d = min(max(d, firstHold), longestHold)
	if until := e.Clock.Now().Add(d); until.After(e.holdUntil) {
		e.holdUntil = until
		e.tell(Event{Kind: Held, Wait: d})
	}
}

// mark makes up to n claimed payments durable as sending.
func (e *engine) mark(n int) {
	group := make([]journal.Payment, 0, min(n, len(e.backlog)))
	today := Day(e.Clock.Now())
	taken := 0
	for _, p := range e.backlog {
		if len(group) >= n {
			break
		}
		if e.hands.holds(p) {
			taken++
			continue
		}
		if c := billing.CarriedOf(&p); c.NotAfter != "" && c.NotAfter < today && !c.Lost {
			e.give(p, journal.Transition{ID: p.ID, From: journal.Claimed, To: journal.Refused, Reason: journal.Reason{Code: "plan.term_ended"}})
			taken++
			continue
		}
		if most := e.Options.MaxKopecks; most > 0 && e.budget+p.AmountKopecks > most {
			e.full = true
			break
		}
		e.budget += p.AmountKopecks
		e.hands.take(p.ID)
		group = append(group, p)
		taken++
	}
	e.backlog = e.backlog[taken:]
	if len(group) == 0 {
		return
	}
	e.marking = true
	ctx := context.WithoutCancel(e.ctx)
	e.begin(StepMark, func() func() {
		ts := make([]journal.Transition, len(group))
		for i := range group {
			ts[i] = journal.Transition{ID: group[i].ID, From: journal.Claimed, To: journal.Sending, Evidence: journal.Evidence{Witness: journal.Engine}}
		}
		lost, err := move(ctx, e.Journal, ts)
		return func() {
			e.marking = false
			if err != nil {
				e.halt(StoreFailed, err)
				return
			}
			for i := range group {
				p := &group[i]
				if why := lost[p.ID]; why != nil {
					e.budget -= p.AmountKopecks
					e.letGo(p.ID)
					e.tell(Event{Kind: Disputed, Row: p.Row, ID: p.ID, Text: why.Error()})
					continue
				}
				p.State = journal.Sending
				e.ready = append(e.ready, *p)
			}
		}
	})
}

// letGo takes a payment out of hand; if it came again meanwhile, it is its turn.
func (e *engine) letGo(id string) {
	if p, again := e.hands.drop(id); again {
		e.backlog = append(e.backlog, p)
	}
}

// send sends one payment that is durably sending.
func (e *engine) send() {
	p := e.ready[0]
	e.ready = e.ready[1:]
	e.onWire++
	// Once it is on its way its answer is awaited, whoever presses Ctrl-C.
	ctx := context.WithoutCancel(e.ctx)
	method := e.Plan.Head().Method
	old := e.Options.Recheck
	e.begin(StepSend, func() func() {
		begun := e.Clock.Now()
		c := billing.CarriedOf(&p)
		if old > 0 && p.UIN != "" && !c.Lost && begun.Sub(e.lately.checked(p.Row, c.Checked)) > old {
			if t, err := recheck(ctx, e.Portal, &p); err != nil || t != nil {
				return func() { e.onWire--; e.rechecked(p, t, err) }
			}
		}
		req := c.Request(&p, method)
		proof, err := e.Plan.Vouch(p.Row, &req)
		if err != nil {
			return func() { e.onWire--; e.unsigned(p, err) }
		}
		if e.Authorisation != "" {
			req.AuthorisationID, req.Proof = e.Authorisation, proof
		}
		answer, err := e.Portal.Pay(ctx, req)
		if t, settled := billing.Elsewhere(ctx, e.Portal, &p, err); settled {
			return func() { e.onWire--; e.elsewhere(p, t) }
		}
		took := e.Clock.Now().Sub(begun)
		return func() { e.onWire--; e.answered(p, answer, err, took) }
	})
}

// elsewhere takes a payment whose charge somebody else has paid meanwhile.
func (e *engine) elsewhere(p journal.Payment, t journal.Transition) {
	e.streak.notDone, e.streak.lost, e.streak.refused = 0, 0, 0
	e.give(p, t)
}

// unsigned takes back a payment that is not what people have signed: it was not
// sent, and nothing further is.
func (e *engine) unsigned(p journal.Payment, why error) {
	e.give(p, journal.Transition{ID: p.ID, From: journal.Sending, To: journal.Planned})
	e.halt(PlanFailed, why)
}

// recheck looks at the charge again. A nil transition means that it is as it was.
func recheck(ctx context.Context, portal Portal, p *journal.Payment) (*journal.Transition, error) {
	c, err := portal.Charge(ctx, p.UIN)
	if err != nil {
		return nil, err
	}
	t := &journal.Transition{ID: p.ID, From: journal.Sending, To: journal.Refused, Evidence: journal.Evidence{Witness: journal.Engine}}
	switch {
	case c.State == "paid":
		t.To, t.Evidence = journal.Paid, billing.FlagEvidence(c)
	case c.State == "annulled":
		t.Reason = journal.Reason{Code: "charge.annulled"}
	case c.DueKopecks != p.AmountKopecks:
		t.Reason = journal.Reason{Code: "charge.amount_differs"}
	default:
		return nil, nil
	}
	return t, nil
}

func (e *engine) rechecked(p journal.Payment, t *journal.Transition, err error) {
	if err == nil {
		e.give(p, *t)
		return
	}
	// Nothing was sent: whatever became of the question, the payment waits.
	e.putOff(p, err)
}

// putOff keeps a payment that is sending and was certainly not carried out.
func (e *engine) putOff(p journal.Payment, err error) {
	e.ready = append(e.ready, p)
	wait, class := judge(err)
	resting := e.Clock.Now().Before(e.holdUntil)
	if !resting {
		e.streak.notDone++
	}
	switch {
	case class == oursToMend:
		e.halt(AboutUs, err)
	case resting:
		// Sent before the pause began: it tells nothing new, unless a longer pause.
		e.hold(wait)
	case wait > longestHold, e.streak.notDone > mostNotDone:
		e.halt(Unreachable, err)
	default:
		e.pace.refused()
		e.hold(max(wait, firstHold<<min(e.streak.notDone-1, 8)))
	}
}

func (e *engine) answered(p journal.Payment, answer *cabinet.Payment, err error, took time.Duration) {
	if err == nil {
		e.sent.N++
		e.sent.Kopecks += p.AmountKopecks
		e.pace.answered(took)
		t, _, err := billing.Answered(&p, answer, journal.Engine)
		if err != nil {
			e.lost(p, billing.Strange(&p, err), err)
			return
		}
		e.streak.notDone, e.streak.lost = 0, 0
		e.refusals(t, nil)
		e.give(p, t)
		return
	}
	t, fate := billing.Failed(&p, err)
	if fate != delivery.NotDone {
		e.sent.N++
		e.sent.Kopecks += p.AmountKopecks
	}
	if _, class := judge(err); fate == delivery.Denied && class == oursToMend {
		// "You may not" is about us and not about this row.
		fate = delivery.NotDone
	}
	switch fate {
	case delivery.NotDone:
		e.putOff(p, err)
	case delivery.Denied:
		e.streak.notDone, e.streak.lost = 0, 0
		e.refusals(t, err)
		e.give(p, t)
	default:
		e.lost(p, t, err)
	}
}

// lost takes an answer that did not come.
func (e *engine) lost(p journal.Payment, t journal.Transition, err error) {
	e.give(p, t)
	if e.Clock.Now().Before(e.holdUntil) {
		return // one of those under way when the trouble began
	}
	e.pace.refused()
	if e.streak.lost++; e.streak.lost > mostLost {
		e.halt(Unreachable, err)
		return
	}
	e.hold(firstHold << min(e.streak.lost-1, 6))
}

// refusals stops a run that would have every further row refused.
func (e *engine) refusals(t journal.Transition, err error) {
	if t.To != journal.Refused {
		e.streak.refused = 0
		return
	}
	e.streak.refused++
	if t.Reason.Code == "insufficient_funds" || e.streak.refused > mostRefused {
		if err == nil {
			err = errRefusals(t.Reason)
		}
		e.halt(Refusals, err)
	}
}

// gather records what has become known, at once when much has, when little has for
// some time, or when nothing else is under way.
func (e *engine) gather() {
	now := e.Clock.Now()
	wait := min(e.recordAt.Sub(now), recordPause) // a clock that was set back
	if wait <= 0 || len(e.results) >= manyResults || e.onWire == 0 || e.stop != nil {
		e.recordAt = now.Add(recordPause)
		if e.gathering != nil {
			e.gathering()
		}
		e.record()
		return
	}
	if e.gathering != nil {
		return
	}
	ctx, end := context.WithCancel(e.ctx)
	e.gathering = end
	e.begin(StepGather, func() func() {
		late := e.Clock.Sleep(ctx, wait) == nil // else there was a commit meanwhile, or the run is interrupted
		end()
		return func() {
			e.gathering = nil
			if late {
				e.recordAt = time.Time{}
			}
		}
	})
}

// record writes down everything that has become known, in one commit.
func (e *engine) record() {
	group := e.results
	if most := journal.MaxGroup; len(group) > most {
		group = group[:most]
	}
	e.results = e.results[len(group):]
	e.recording = true
	ctx := context.WithoutCancel(e.ctx)
	e.begin(StepRecord, func() func() {
		ts := make([]journal.Transition, len(group))
		for i := range group {
			ts[i] = group[i].t
		}
		lost, err := move(ctx, e.Journal, ts)
		return func() {
			e.recording = false
			if err != nil {
				// The payments stay as the journal has them; after the end of this
				// process those that are sending become unknown.
				e.halt(StoreFailed, err)
				return
			}
			for i := range group {
				e.recorded(&group[i], lost[group[i].t.ID])
			}
		}
	})
}

func (e *engine) recorded(v *verdict, why error) {
	e.letGo(v.p.ID)
	ev := Event{Kind: Moved, Row: v.p.Row, ID: v.p.ID, UIN: v.p.UIN, Kopecks: v.p.AmountKopecks, From: v.t.From, To: v.t.To,
		Code: v.t.Reason.Code, Text: v.t.Reason.Text}
	if why != nil {
		ev.Kind, ev.Code, ev.Text = Disputed, fault.ExitOf(why).Name(), why.Error()
	}
	e.tell(ev)
	if e.asking != nil && why == nil {
		e.asking.moved(v.t.To)
	}
}
