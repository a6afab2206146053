// Package sim proves the payment engine by simulation: the real engine, plan
// file and journal ledger run against a model bank over a simulated network, disk
// and clock. Everything that is left to chance is drawn from one seed, one step
// at a time, so a seed that finds a fault finds it again. Only tests import it.
//
// The bank keeps one promise, the published one: a payment ID is one payment, and
// its state can be asked for. What the network, the disk, the clock and the
// processes do is in bank.go, disk.go and in step below.
package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// options are what a seed has chosen for its world.
type options struct {
	rows, group, concurrency int
	diskFault                int // one commit in so many may fail; the first four numbers do
	workers                  int
	twoPlans                 bool // the second worker runs another plan of the same list
	zombies                  bool // a process may be taken for dead while it lives
	partly                   int  // one run in so many is for every third row alone; 0: none
	chaos                    int  // steps with faults
	denials                  int  // one request in so many is refused without a note
	arrivals                 int  // how soon a late request arrives, of 200 steps
	editors                  int  // somebody touches a plan's file at one step in so many; 0: nobody does
	between                  int  // one request in so many is answered by something on the way; 0: none
}

// world is one simulated universe.
type world struct {
	seed                 uint64
	rnd                  *rand.Rand
	now                  time.Time
	opts                 options
	disk                 *disk
	bank                 *bank
	dead                 map[string]bool
	plans                []*planfile.Plan // as they were signed
	shelves              []*shelf         // their files
	procs                []*process
	ids                  int
	trace                *[]string // nil: not kept
	fault                error     // the first invariant that was broken
	crashes, kills, ends int

	plant     plant   // a mistake put in on purpose
	requests  int     // made so far
	papers    *papers // nil: the plans lie there, signed
	overheard []raw   // what the portal has said, for whoever repeats it
}

// process is one run of the programme.
type process struct {
	w       *world
	owner   string
	plan    *planfile.Plan
	journal *ledger.Ledger
	sched   *scheduler
	cancel  context.CancelFunc
	next    func() (struct{}, bool)
	stop    func()
	report  *bulkpay.Report
	err     error
	zombie  bool
}

// scheduler runs an engine's work when the world says so.
type scheduler struct {
	w       *world
	yield   func(struct{}) bool
	pending []work
	ended   []work
	deliver func()
}

type work struct {
	what  bulkpay.Step
	run   func() func()
	apply func()
}

// Go keeps the work until the world picks it.
func (s *scheduler) Go(what bulkpay.Step, run func() func()) {
	s.pending = append(s.pending, work{what: what, run: run})
}

var errDied = errors.New("simulated: the process died")

// Rest has nothing to do: there are no goroutines.
func (s *scheduler) Rest() {}

// Next gives the turn to the world.
func (s *scheduler) Next(ctx context.Context) (func(), error) {
	if ctx.Err() != nil {
		return nil, nil
	}
	s.deliver = nil
	if !s.yield(struct{}{}) {
		return nil, errDied
	}
	return s.deliver, nil
}

func newWorld(seed uint64, trace *[]string, planted plant) *world {
	rnd := rand.New(rand.NewPCG(seed, 0x6570677530))
	w := &world{seed: seed, rnd: rnd, now: time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC), dead: map[string]bool{}, trace: trace, plant: planted}
	w.opts = options{rows: 3 + rnd.IntN(24), group: 1 + rnd.IntN(9), concurrency: 1 + rnd.IntN(6), diskFault: 40 + rnd.IntN(400),
		workers: 1 + rnd.IntN(2), twoPlans: rnd.IntN(3) == 0, zombies: rnd.IntN(4) == 0, chaos: 40 + rnd.IntN(400),
		denials: []int{20, 4}[rnd.IntN(2)], arrivals: 1 + rnd.IntN(8), partly: []int{0, 0, 2, 6}[rnd.IntN(4)],
		editors: []int{0, 0, 20, 60}[rnd.IntN(4)]}
	w.opts.between = []int{0, 30, 8, 3}[rnd.IntN(4)]
	w.disk = &disk{w: w, faults: true}
	w.bank = &bank{w: w, guard: rnd.IntN(3) == 0, paid: map[string]*entry{}}
	w.plans = append(w.plans, w.plan())
	if w.opts.twoPlans {
		w.plans = append(w.plans, w.plan())
	}
	w.log("options %+v, guard %v", w.opts, w.bank.guard)
	return w
}

func (w *world) log(format string, args ...any) {
	if w.trace != nil {
		*w.trace = append(*w.trace, fmt.Sprintf("%s  %s", w.now.Format("02 15:04:05.000"), fmt.Sprintf(format, args...)))
	}
}

func (w *world) broken(format string, args ...any) {
	if w.fault == nil {
		w.fault = fmt.Errorf(format, args...)
		w.log("BROKEN: %v", w.fault)
	}
}

func (w *world) newID() (string, error) {
	w.ids++
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", w.seed&0xffffffff, w.seed>>32&0xffff, w.ids), nil
}

// plan writes the list of payments as a plan of its own, through the real writer
// and reader. Every plan of a world is of the same list; a few rows are there
// twice.
func (w *world) plan() *planfile.Plan {
	id, _ := w.newID()
	var buf bytes.Buffer
	pw, err := planfile.NewWriter(&buf, planfile.Header{ID: id, CreatedAt: w.now, Profile: "sim", Method: "account", Payer: "7700000000",
		BlockRows: 1 << w.rnd.IntN(4)})
	if err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	for n := range w.opts.rows {
		what := n
		if n%11 == 10 {
			what = n - 7 // the same debt once more
		}
		r := planfile.Row{Status: planfile.Pay, Kopecks: int64(1000 + what), Payer: "7700000000", UIN: fmt.Sprintf("1881%016d", what)}
		switch {
		case what%5 == 3:
			r.UIN = ""
			r.Payee = &planfile.Payee{Name: "УФК", Account: fmt.Sprintf("03100643000000%06d", what)}
			r.Budget = &planfile.Budget{KBK: "18210501011011000110", Period: fmt.Sprintf("МС.%02d.2026", what%12+1)}
		case n%13 == 12:
			r.Status = planfile.Paid
		}
		if err := pw.Write(&r); err != nil {
			panic(err)
		}
	}
	if _, err := pw.Close(); err != nil {
		panic(err)
	}
	return w.lay(buf.Bytes())
}

// start begins a process that runs a plan; want chooses its rows, nil takes all.
// Nil means that the process refused to begin.
func (w *world) start(plan *planfile.Plan, want func(int) bool) *process {
	if plan = w.open(plan.Header.ID); plan == nil {
		return nil
	}
	if w.papers != nil && !w.papers.mayRun(plan) {
		return nil
	}
	owner, _ := w.newID()
	p := &process{w: w, owner: owner, plan: plan, sched: &scheduler{w: w}}
	p.journal = ledger.New(&handle{w.disk, owner}, owner)
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	run := &bulkpay.Run{Portal: &line{w.bank, p}, Journal: p.journal, Plan: plan, Clock: (*clock)(w), Sched: p.sched,
		Options: bulkpay.Options{Concurrency: w.opts.concurrency, Group: w.opts.group, Wait: time.Minute, NewID: w.newID, Want: want,
			Events: func(e bulkpay.Event) {
				w.log("%s: %s row %d %s %s→%s %s", owner[30:], e.Kind, e.Row, tail(e.ID), e.From, e.To, e.Code)
			}}}
	p.next, p.stop = iter.Pull(func(yield func(struct{}) bool) {
		p.sched.yield = yield
		p.report, p.err = run.Execute(ctx)
	})
	w.log("start %s, a part: %v", owner[30:], want != nil)
	w.procs = append(w.procs, p)
	p.turn()
	return p
}

// part chooses the rows of a run, as --only does: it leaves gaps in the journal.
func (w *world) part() func(int) bool {
	if w.opts.partly == 0 || w.rnd.IntN(w.opts.partly) > 0 {
		return nil
	}
	k := w.rnd.IntN(3)
	return func(row int) bool { return row%3 == k }
}

func tail(id string) string { return id[max(0, len(id)-12):] }

// turn lets the process's loop run to its next wait.
func (p *process) turn() {
	if _, alive := p.next(); !alive {
		p.w.log("%s ended: %v %s", p.owner[30:], p.err, p.summary())
		p.end()
	}
}

func (p *process) summary() string {
	r := p.report
	if r == nil {
		return ""
	}
	why := "all done"
	if r.Stop != nil {
		why = fmt.Sprintf("stopped: %s, %v", r.Stop.Reason, r.Stop.Err)
	}
	return fmt.Sprintf("%v, unbegun %d, held %d, %s", r.Counts, r.Unbegun.N, r.Duplicates, why)
}

// end takes a process that is over out of the world; its owner is gone.
func (p *process) end() {
	w := p.w
	w.dead[p.owner] = true
	p.cancel()
	if err := p.journal.Close(); err != nil {
		w.broken("close: %w", err)
	}
	for i, q := range w.procs {
		if q == p {
			w.procs = append(w.procs[:i], w.procs[i+1:]...)
		}
	}
	w.ends++
	if errors.Is(p.err, errDied) {
		w.crashes++
	} else if p.err != nil && !w.disk.faults {
		w.broken("a run could not begin on a sound disk: %w", p.err)
	}
}

// crash ends a process wherever it stands: what it has begun and not been told of
// is forgotten.
func (p *process) crash() {
	p.w.log("CRASH %s", p.owner[30:])
	p.stop()
	if p.err == nil {
		p.err = errDied
	}
	p.end()
}

// step lets one thing happen to a process.
func (p *process) step() {
	s, w := p.sched, p.w
	n := len(s.pending) + len(s.ended)
	if n == 0 {
		w.broken("a run waits for nothing")
		p.crash()
		return
	}
	i := w.rnd.IntN(n)
	if i < len(s.pending) {
		k := s.pending[i]
		s.pending = append(s.pending[:i], s.pending[i+1:]...)
		k.apply = k.run()
		s.ended = append(s.ended, k)
		return
	}
	i -= len(s.pending)
	k := s.ended[i]
	s.ended = append(s.ended[:i], s.ended[i+1:]...)
	s.deliver = k.apply
	p.turn()
}

// leaves is called when a request leaves a process for the network: by then the
// payment must be durably sending, and this process's own.
func (w *world) leaves(p *process, req cabinet.PaymentRequest) {
	w.log("%s: sends %s %s", p.owner[30:], keyOf(req), tail(req.ID))
	have, err := p.journal.Payment(context.Background(), req.ID)
	if err != nil {
		w.broken("a request left that is not in the journal: %w", err)
		return
	}
	w.agreed(&have, req)
	switch {
	case p.zombie: // others may have moved it on; the ID holds
	case have.State != journal.Sending || have.Owner != p.owner:
		w.broken("a request left while its payment is %s of %s", have.State, have.Owner)
	}
	if have.AmountKopecks != req.AmountKopecks {
		w.broken("a request over %d left for a payment of %d", req.AmountKopecks, have.AmountKopecks)
	}
}

// clock is the world's time; to wait is to let it pass.
type clock world

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if d > 0 {
		c.now = c.now.Add(d)
	}
	return ctx.Err()
}

// live runs the world: first with faults, then in calm until everything that can
// become certain is certain.
func (w *world) live() error {
	defer w.leave()
	for range w.opts.chaos {
		if w.fault != nil {
			return w.fault
		}
		for len(w.procs) < w.opts.workers {
			if w.start(w.plans[len(w.procs)%len(w.plans)], w.part()) == nil || w.ends > 200 {
				break
			}
		}
		w.edit()
		w.chance()
	}
	w.log("calm")
	for _, s := range w.shelves {
		if s.foul {
			s.restore(w)
		}
	}
	if w.papers != nil {
		w.papers.calm()
	}
	w.disk.faults, w.bank.calm = false, true
	for len(w.procs) > 0 {
		w.procs[0].crash()
	}
	for len(w.bank.late) > 0 {
		w.bank.arrive()
	}
	for range 3 {
		for _, plan := range w.plans {
			p := w.start(plan, nil)
			for steps := 0; w.running(p); steps++ {
				if steps > 100_000 {
					return fmt.Errorf("a run does not end")
				}
				p.step()
				if w.fault != nil {
					return w.fault
				}
			}
		}
		for range 3 * w.opts.rows {
			w.bank.clear()
		}
	}
	return w.check()
}

// leave ends the processes of a world that is over, however it ended: one that still
// stands in the middle of its work would keep its whole world in memory.
func (w *world) leave() {
	for len(w.procs) > 0 {
		w.procs[0].crash()
	}
}

func (w *world) running(p *process) bool {
	for _, q := range w.procs {
		if q == p {
			return true
		}
	}
	return false
}

// chance lets one thing happen.
func (w *world) chance() {
	if len(w.procs) == 0 {
		return
	}
	p := w.procs[w.rnd.IntN(len(w.procs))]
	switch n := w.rnd.IntN(200); {
	case n < 5:
		p.crash()
	case n < 6:
		w.log("%s: interrupted", p.owner[30:])
		w.kills++
		p.cancel()
	case n < 6+w.opts.arrivals:
		w.bank.arrive()
	case n < 14:
		p.step()
	case n < 22:
		w.bank.clear()
	case n < 24: // the clock jumps, either way
		w.now = w.now.Add(time.Duration(w.rnd.IntN(7200)-1800) * time.Second)
	case n < 25:
		w.now = w.now.Add(time.Duration(w.rnd.IntN(40*24)) * time.Hour)
	case n < 26 && w.opts.zombies && !p.zombie:
		w.log("%s is taken for dead and lives", p.owner[30:])
		p.zombie = true
		w.dead[p.owner] = true
	default:
		p.step()
	}
}
