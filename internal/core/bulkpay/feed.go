package bulkpay

import (
	"context"
	"errors"
	"iter"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
)

// feed brings payments into the hands of a run: first what an earlier call
// journalled and never sent, then the rows of the plan that are not journalled
// yet. Its more is called by one goroutine at a time.
type feed struct {
	run   *Run
	head  *planfile.Header
	today string
	phase phase
	mixed bool // rows of this run have been begun by a bank file

	rows    func() (*planfile.Row, error, bool)
	stop    func()
	fromTop bool // rows are read from the first one

	have     func() (journal.Payment, error, bool) // what is journalled, in the order of rows
	stopHave func()
	ahead    int // the row of the last of have
	out      bool

	waiting    int
	duplicates planfile.Sum // of the rows read
}

type phase int

const (
	leftovers phase = iota // planned before this call
	newRows
	lastLook // planned by another machine meanwhile
	fedUp
)

// batch is what more found.
type batch struct {
	claimed []journal.Payment
	begun   []journal.Payment // sending already: rows that nothing speaks against
	skipped []Event
	held    planfile.Sum // rows whose key another payment holds
	waiting int
	done    bool
}

func newFeed(e *engine) (*feed, error) {
	f := &feed{run: e.Run, head: e.Plan.Head(), today: Day(e.Clock.Now())}
	// Rows are journalled in the order of the plan, so reading begins after the
	// last one. Whether that skips a row (a call with --only may have left gaps)
	// is found out at the end by counting, when it delays nothing.
	from := 1
	if f.run.Options.Want == nil {
		for p, err := range f.run.Journal.List(context.WithoutCancel(e.ctx), journal.Filter{Run: f.head.ID, Newest: true, N: 1}) {
			if err != nil {
				return nil, err
			}
			from = p.Row + 1
			break
		}
	}
	if from > 1 {
		e.tell(Event{Kind: Resumed, Row: from - 1})
	}
	f.read(from)
	return f, nil
}

func (f *feed) read(from int) {
	f.close()
	f.rows, f.stop = iter.Pull2(f.run.Plan.ToPay(from))
	f.fromTop = from == 1
	f.waiting, f.duplicates = 0, planfile.Sum{}
}

func (f *feed) close() {
	if f.stop != nil {
		f.stop()
	}
	if f.stopHave != nil {
		f.stopHave()
	}
	f.have, f.stopHave, f.ahead, f.out = nil, nil, 0, false
}

// begins reports whether what comes next is sending at once. It may be asked while
// more is not at work.
func (f *feed) begins() bool { return f.phase == newRows && f.run.Options.MaxKopecks == 0 }

// again looks for planned payments once more: the portal has never seen some
// that were unknown.
func (f *feed) again() { f.phase = lastLook }

// more brings at most n payments, claimed or begun. It may bring none and not be done.
func (f *feed) more(ctx context.Context, n int) (batch, error) {
	switch f.phase {
	case leftovers, lastLook:
		claimed, err := f.claim(ctx, n)
		if err != nil || len(claimed) > 0 {
			return batch{claimed: claimed}, err
		}
		if f.phase == leftovers {
			f.phase = newRows
			return batch{}, nil
		}
		f.phase = fedUp
		complete, err := f.complete(ctx)
		if err == nil && !complete {
			f.read(1)
			f.phase = newRows
		}
		return batch{done: f.phase == fedUp}, err
	case newRows:
		b, err := f.journalRows(ctx, n)
		if b.done {
			b.done, f.phase = false, lastLook
		}
		return b, err
	}
	return batch{done: true}, nil
}

// complete reports whether every row of the plan is accounted for.
func (f *feed) complete(ctx context.Context) (bool, error) {
	if f.fromTop || f.run.Options.Want != nil {
		return true, nil
	}
	counts, err := f.run.Journal.Counts(ctx, f.head.ID)
	if err != nil {
		return false, err
	}
	n := f.waiting + f.duplicates.N
	for _, c := range counts {
		n += c.N
	}
	return n >= f.run.Plan.Sum().Pay.N, nil
}

// claim takes what is planned already. What was begun by a bank file is left to
// that road: its record could not tell later by which of the two it went.
func (f *feed) claim(ctx context.Context, n int) ([]journal.Payment, error) {
	want := f.run.Options.Want
	if want == nil && !f.mixed {
		claimed, err := f.run.Journal.Claim(ctx, journal.Claim{Run: f.head.ID, N: n})
		if err != nil {
			return nil, err
		}
		if claimed, err = f.ours(ctx, claimed); err != nil || len(claimed) > 0 || !f.mixed {
			return claimed, err
		}
	}
	var ids []string
	for p, err := range f.run.Journal.List(ctx, journal.Filter{Run: f.head.ID, Via: journal.ViaPortal, States: []journal.State{journal.Planned}}) {
		if err != nil {
			return nil, err
		}
		if want == nil || want(p.Row) {
			if ids = append(ids, p.ID); len(ids) == n {
				break
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return f.run.Journal.Claim(ctx, journal.Claim{Run: f.head.ID, IDs: ids})
}

// ours gives back what was begun by a bank file and returns the rest.
func (f *feed) ours(ctx context.Context, claimed []journal.Payment) ([]journal.Payment, error) {
	var back []journal.Transition
	ours := claimed[:0:0]
	for _, p := range claimed {
		if p.Via == journal.ViaPortal {
			ours = append(ours, p)
			continue
		}
		back = append(back, journal.Transition{ID: p.ID, From: journal.Claimed, To: journal.Planned, Evidence: journal.Evidence{Witness: journal.Engine}})
	}
	if len(back) == 0 {
		return claimed, nil
	}
	f.mixed = true
	_, err := move(ctx, f.run.Journal, back)
	return ours, err
}

// journalRows makes the next rows durable in one commit: planned, claimed and
// sending, or claimed only if something must be decided before they are sent.
func (f *feed) journalRows(ctx context.Context, n int) (batch, error) {
	var b batch
	payments := make([]journal.Payment, 0, n)
	today, decide := Day(f.run.Clock.Now()), f.run.Options.MaxKopecks > 0
	for len(payments) < n {
		r, err, ok := f.rows()
		if !ok {
			b.done = true
			break
		}
		if err != nil {
			return b, &planError{err}
		}
		if want := f.run.Options.Want; want != nil && !want(r.N) {
			continue
		}
		if r.NotBefore > f.today {
			b.waiting++
			f.waiting++
			continue
		}
		known, err := f.journalled(ctx, r.N)
		if err != nil {
			return b, err
		}
		if known {
			continue
		}
		p, err := f.payment(r)
		if err != nil {
			return b, err
		}
		decide = decide || r.NotAfter != "" && r.NotAfter < today
		payments = append(payments, p)
	}
	holders, err := Holders(ctx, f.run.Journal, payments)
	if err != nil {
		return b, err
	}
	free := make([]journal.Payment, 0, len(payments))
	for i := range payments {
		if holders[i] != nil {
			f.held(&b, &payments[i], holders[i])
			continue
		}
		free = append(free, payments[i])
	}
	if decide {
		b.claimed, err = f.take(free, &b, func(ps []journal.Payment) ([]journal.PlanResult, error) { return f.run.Journal.Take(ctx, ps, 0) })
	} else {
		b.begun, err = f.take(free, &b, func(ps []journal.Payment) ([]journal.PlanResult, error) { return f.run.Journal.Begin(ctx, ps) })
	}
	return b, err
}

func (f *feed) payment(r *planfile.Row) (journal.Payment, error) {
	p := r.Payment(f.head, journal.ViaPortal)
	extra, err := billing.Carried{Requisites: r.Requisites(), NotBefore: r.NotBefore, NotAfter: r.NotAfter, Checked: r.Checked, PayerAccount: r.Account}.Extra()
	if err != nil {
		return p, err
	}
	p.Extra = extra
	if f.run.Options.NewID != nil { // else the journal makes one, and need not look for it
		p.ID, err = f.run.Options.NewID()
	}
	return p, err
}

// take has payments journalled and returns those that are new.
func (f *feed) take(payments []journal.Payment, b *batch, do func([]journal.Payment) ([]journal.PlanResult, error)) ([]journal.Payment, error) {
	for len(payments) > 0 {
		results, err := do(payments)
		var invalid *journal.InvalidError
		if errors.As(err, &invalid) && invalid.Index >= 0 && invalid.Index < len(payments) {
			// One row that cannot be journalled keeps no other from being paid.
			p := payments[invalid.Index]
			b.skip(Event{Row: p.Row, UIN: p.UIN, Kopecks: p.AmountKopecks, Code: journal.CodeInvalid, Text: invalid.Error()})
			f.duplicates.N++
			f.duplicates.Kopecks += p.AmountKopecks
			payments = append(payments[:invalid.Index], payments[invalid.Index+1:]...)
			continue
		}
		if err != nil {
			return nil, err
		}
		taken := make([]journal.Payment, 0, len(results))
		for i := range results {
			q := &results[i].Payment
			switch {
			case results[i].Outcome != journal.Duplicate:
				taken = append(taken, *q)
			case q.Run == f.head.ID && q.Row == payments[i].Row: // ours, journalled before
			default:
				f.held(b, &payments[i], q)
			}
		}
		return taken, nil
	}
	return nil, nil
}

// held notes a row whose debt another payment holds.
func (f *feed) held(b *batch, p, holder *journal.Payment) {
	b.skip(Event{Row: p.Row, ID: holder.ID, UIN: p.UIN, Kopecks: p.AmountKopecks, To: holder.State, Code: "journal.duplicate"})
	f.duplicates.N++
	f.duplicates.Kopecks += p.AmountKopecks
}

// Holders returns, for each payment, the payment of another run, row or road that
// holds its charge, whoever is named as its payer: the business key tells payers
// apart, a charge does not. An earlier one of the given payments counts, too. An
// override lifts it. Nil means that nobody holds it. At most journal.MaxGroup
// payments are looked for at once.
func Holders(ctx context.Context, j interface {
	ByUINs(ctx context.Context, uins []string) ([]journal.Payment, error)
}, payments []journal.Payment) ([]*journal.Payment, error) {
	out := make([]*journal.Payment, len(payments))
	uins := make([]string, 0, len(payments))
	for i := range payments {
		if uin := journal.NormalUIN(payments[i].UIN); uin != "" && payments[i].Override == nil {
			uins = append(uins, uin)
		}
	}
	if len(uins) == 0 {
		return out, nil
	}
	have, err := j.ByUINs(ctx, uins)
	if err != nil {
		return nil, err
	}
	type place struct {
		run string
		row int
	}
	holders := make(map[string]*journal.Payment, len(uins))
	journalled := map[place]bool{}
	for i := range have {
		q := &have[i]
		if journalled[place{q.Run, q.Row}] = true; !q.State.Frees() {
			holders[q.UIN] = q
		}
	}
	for i := range payments {
		p := &payments[i]
		uin := journal.NormalUIN(p.UIN)
		// A row that is journalled itself is not held by another, whatever became of
		// either: the journal says so when it is planned again.
		if p.Override != nil || uin == "" || p.Run != "" && journalled[place{p.Run, p.Row}] {
			continue
		}
		if out[i] = holders[uin]; out[i] == nil {
			holders[uin] = p
		}
	}
	return out, nil
}

func (b *batch) skip(e Event) {
	e.Kind = Skipped
	b.skipped = append(b.skipped, e)
	b.held.N++
	b.held.Kopecks += e.Kopecks
}

// journalled reports whether a row is known to be in the journal, by walking both
// in the order of rows. It may say no of one that is: planning it again is
// harmless, only slower. Rows after the last journalled one are not looked for.
func (f *feed) journalled(ctx context.Context, row int) (bool, error) {
	if !f.fromTop {
		return false, nil
	}
	if f.have == nil && !f.out {
		f.have, f.stopHave = iter.Pull2(f.run.Journal.List(ctx, journal.Filter{Run: f.head.ID}))
	}
	for !f.out && f.ahead < row {
		p, err, ok := f.have()
		if !ok {
			f.out = true
			break
		}
		if err != nil {
			return false, err
		}
		f.ahead = p.Row
	}
	return f.ahead == row, nil
}

// firstPortion is how many rows a run takes in hand at first. The portions double
// up to a whole group: the first payment does not wait for a group to be
// journalled, and a process that is killed early leaves few rows to give back.
const firstPortion = 32

// fill asks the feed for more, at most room.
func (e *engine) fill(room int) {
	e.filling = true
	e.portion = min(max(2*e.portion, firstPortion), e.group())
	ctx, n := context.WithoutCancel(e.ctx), min(e.portion, room)
	e.begin(StepFill, func() func() {
		b, err := e.feed.more(ctx, n)
		return func() {
			e.filling = false
			e.backlog = append(e.backlog, b.claimed...)
			for _, p := range b.begun {
				e.hands.take(p.ID)
				e.budget += p.AmountKopecks
			}
			e.ready = append(e.ready, b.begun...)
			e.waiting = e.feed.waiting
			e.duplicates, e.duplicateKopecks = e.feed.duplicates.N, e.feed.duplicates.Kopecks
			for _, ev := range b.skipped {
				e.tell(ev)
			}
			e.fed = b.done
			var plan *planError
			switch {
			case errors.As(err, &plan):
				e.halt(PlanFailed, plan.err)
			case err != nil:
				e.halt(StoreFailed, err)
			}
		}
	})
}

// planError is a row of the plan that cannot be read.
type planError struct{ err error }

func (e *planError) Error() string { return e.err.Error() }
