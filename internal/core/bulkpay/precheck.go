package bulkpay

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Precheck is what was found before anything is sent. A plan with Changed or
// Ended rows no longer pays what its approvers signed.
type Precheck struct {
	Checked int           // charges asked for again
	Paid    planfile.Sum  // settled meanwhile; they are not sent, which no approver minds
	Changed []ChangedRow  // the first MostChanged of them
	Stale   planfile.Sum  // all that changed
	Ended   planfile.Sum  // rows whose sum held until a day that has passed
	First   *planfile.Row // of Ended
}

// ChangedRow is a row whose charge is not what it was when the plan was made.
type ChangedRow struct {
	Row     int    `json:"row"`
	UIN     string `json:"uin"`
	Kopecks int64  `json:"kopecks"`    // in the plan
	Due     int64  `json:"dueKopecks"` // today
	State   string `json:"state"`      // of the charge; "not-found" when it is gone
}

// MostChanged bounds Precheck.Changed; the rest is only counted.
const MostChanged = 100

// lately is which rows Precheck has looked at, one bit each, and since when. So
// a row is not asked for twice at the start of a run.
type lately struct {
	at   time.Time
	rows bits
}

// checked returns when a charge was looked at last.
func (l *lately) checked(row int, planned time.Time) time.Time {
	if l.rows.has(row) && l.at.After(planned) {
		return l.at
	}
	return planned
}

// bits is a set of row numbers.
type bits []uint64

func (b bits) has(n int) bool { return n >= 0 && n>>6 < len(b) && b[n>>6]>>(n&63)&1 == 1 }

func (b *bits) add(n int) {
	for n>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n>>6] |= 1 << (n & 63)
}

// Precheck asks again for every charge that this run would still send and that
// was looked at longer ago than Options.Recheck, as fast as the portal lets it,
// and sends nothing. Where every charge was looked at lately it costs nothing.
// progress is told how many were asked for; it may be nil. An error means that
// the portal did not answer or the plan cannot be read.
func (r *Run) Precheck(ctx context.Context, progress func(done int)) (*Precheck, error) {
	found := &Precheck{}
	sum, now := r.Plan.Sum(), r.Clock.Now()
	ended := sum.NotAfter != "" && sum.NotAfter < Day(now)
	old := r.Options.Recheck > 0 && (sum.Oldest.IsZero() || now.Sub(sum.Oldest) > r.Options.Recheck)
	if !ended && !old {
		return found, nil
	}
	begun, err := r.begun(ctx)
	if err != nil {
		return nil, err
	}
	asked := r.stale(ctx, found, begun, now)
	err = r.askAll(ctx, asked, found, progress)
	if err == nil {
		r.lately.at = now
	}
	return found, err
}

// begun returns the rows that were sent, or may have been: nothing is decided
// about them any more.
func (r *Run) begun(ctx context.Context) (bits, error) {
	var b bits
	for p, err := range r.Journal.List(ctx, journal.Filter{Run: r.Plan.Head().ID}) {
		if err != nil {
			return nil, err
		}
		if p.State != journal.Planned && p.State != journal.Claimed {
			b.add(p.Row)
		}
	}
	return b, nil
}

// stale yields the rows to ask for, and counts those whose day has passed.
func (r *Run) stale(ctx context.Context, found *Precheck, begun bits, now time.Time) iter.Seq2[*planfile.Row, error] {
	return func(yield func(*planfile.Row, error) bool) {
		today := Day(now)
		for row, err := range r.Plan.ToPay(1) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if want := r.Options.Want; begun.has(row.N) || want != nil && !want(row.N) {
				continue
			}
			if row.NotAfter != "" && row.NotAfter < today {
				found.Ended.N++
				found.Ended.Kopecks += row.Kopecks
				if found.First == nil {
					found.First = row
				}
				continue
			}
			if r.Options.Recheck <= 0 || journal.NormalUIN(row.UIN) == "" || now.Sub(row.Checked) <= r.Options.Recheck || row.NotBefore > today {
				continue
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// askAll asks for the charges of rows, several at once, and notes what changed.
func (r *Run) askAll(ctx context.Context, rows iter.Seq2[*planfile.Row, error], found *Precheck, progress func(int)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan *planfile.Row)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range min(r.concurrency(), askers) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for row := range work {
				due, state, err := r.askFor(ctx, row.UIN)
				if err != nil {
					stop(err)
					continue
				}
				mu.Lock()
				r.note(found, row, due, state)
				n := found.Checked
				if progress != nil {
					progress(n)
				}
				mu.Unlock()
			}
		}()
	}
	for row, err := range rows {
		if err != nil {
			stop(err)
			break
		}
		select {
		case work <- row:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(work)
	workers.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// note takes what the portal says of a row. Its caller holds the lock.
func (r *Run) note(found *Precheck, row *planfile.Row, due int64, state string) {
	found.Checked++
	switch {
	case state == "paid":
		// Asked once more before it would be sent, and journalled as paid then.
		found.Paid.N++
		found.Paid.Kopecks += row.Kopecks
	case state == "annulled" || state == stateAbsent || due != row.Kopecks:
		found.Stale.N++
		found.Stale.Kopecks += row.Kopecks
		if len(found.Changed) < MostChanged {
			found.Changed = append(found.Changed, ChangedRow{row.N, row.UIN, row.Kopecks, due, state})
		}
	default:
		r.lately.rows.add(row.N)
	}
}

const (
	askers      = 8
	askTries    = 6
	stateAbsent = "not-found"
)

// askFor asks for one charge, and waits when the portal asks for a pause.
func (r *Run) askFor(ctx context.Context, uin string) (due int64, state string, err error) {
	for try := 0; ; try++ {
		c, err := r.Portal.Charge(ctx, uin)
		switch {
		case err == nil:
			return c.DueKopecks, c.State, nil
		case fault.ExitOf(err) == exitcode.NotFound:
			return 0, stateAbsent, nil
		}
		wait, class := judge(err)
		if class == oursToMend || wait > longestHold || try == askTries || ctx.Err() != nil {
			return 0, "", err
		}
		if err := r.Clock.Sleep(ctx, max(wait, firstHold<<try)); err != nil {
			return 0, "", err
		}
	}
}
