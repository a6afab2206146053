package calendar

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// upcoming is the calendar and when the next piece of work falls due by it.
type upcoming struct {
	calendar state
	at       time.Time
	some     bool
}

// CatchUp does everything that has fallen due by now, in order, each thing at
// its own time. The portal calls it before each request.
func (c *Calendar) CatchUp(ctx context.Context) error {
	n, err := c.next.Get(ctx, c.db, struct{}{}, nil, func(ctx context.Context, tx *sql.Tx) (n upcoming, err error) {
		if n.calendar, err = c.load(ctx, tx); err != nil {
			return n, err
		}
		_, n.at, n.some, err = c.earliest(ctx, tx)
		return n, err
	})
	due := n.some && !n.at.After(n.calendar.at(c.clock.Now()))
	if err != nil || !due {
		return err
	}
	_, err = c.runUntil(ctx, time.Time{})
	return err
}

// Advance moves the calendar forward by d and does everything that falls due
// on the way, in order, each thing at its own time. It returns how many things
// happened and the time it is then. A process that is killed on the way leaves
// the calendar at the last thing done.
func (c *Calendar) Advance(ctx context.Context, d time.Duration) (time.Time, int, error) {
	if d < 0 {
		return time.Time{}, 0, fmt.Errorf("the calendar cannot go back by %v", -d)
	}
	now, err := c.Today(ctx)
	if err != nil {
		return time.Time{}, 0, err
	}
	n, err := c.runUntil(ctx, now.Add(d))
	if err != nil {
		return time.Time{}, n, err
	}
	now, err = c.Today(ctx)
	return now, n, err
}

// SkipToNext moves the calendar to the next thing that falls due and does it,
// unless that is more than limit away (0 is no limit) or nothing is due at
// all; it reports whether something happened. It is for requests that wait
// (Prefer: wait) while SkipIdle is on.
func (c *Calendar) SkipToNext(ctx context.Context, limit time.Duration) (bool, error) {
	var target time.Time
	err := c.db.Read(ctx, func(tx *sql.Tx) error {
		now, err := c.Now(ctx, tx)
		if err != nil {
			return err
		}
		_, at, ok, err := c.earliest(ctx, tx)
		if err != nil || !ok || (limit > 0 && at.Sub(now) > limit) {
			return err
		}
		target = at
		if target.Before(now) {
			target = now
		}
		return nil
	})
	if err != nil || target.IsZero() {
		return false, err
	}
	n, err := c.runUntil(ctx, target)
	return n > 0, err
}

// earliest returns the worker whose work is due first; of equals, the one that
// registered first.
func (c *Calendar) earliest(ctx context.Context, tx *sql.Tx) (w Worker, at time.Time, ok bool, err error) {
	for _, x := range c.workers {
		t, some, err := x.Next(ctx, tx)
		if err != nil {
			return w, at, false, fmt.Errorf("%s: %w", x.Name, err)
		}
		if some && (!ok || t.Before(at)) {
			w, at, ok = x, t, true
		}
	}
	return w, at, ok, nil
}

// runUntil does what is due up to target; the zero time means the calendar as
// it stands. Work is committed in batches, so other processes get their turn.
func (c *Calendar) runUntil(ctx context.Context, target time.Time) (total int, err error) {
	for done := false; !done; {
		err := c.db.Write(ctx, func(tx *sql.Tx) error {
			s, err := c.load(ctx, tx)
			if err != nil {
				return err
			}
			real := c.clock.Now()
			now := s.at(real)
			end := target
			if end.Before(now) {
				end = now
			}
			reached := now
			for range batch {
				w, at, ok, err := c.earliest(ctx, tx)
				if err != nil {
					return err
				}
				if !ok || at.After(end) {
					done, reached = true, end
					break
				}
				n, err := w.Run(ctx, tx, at)
				if err != nil {
					return fmt.Errorf("%s: %w", w.Name, err)
				}
				if n == 0 {
					if again, some, err := w.Next(ctx, tx); err != nil || (some && !again.After(at)) {
						if err == nil {
							err = errStuck
						}
						return fmt.Errorf("%s: %w", w.Name, err)
					}
				}
				total += n
				if at.After(reached) {
					reached = at
				}
			}
			if target.IsZero() {
				return nil
			}
			s.virtual, s.real = reached, real
			return save(ctx, tx, s)
		})
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
