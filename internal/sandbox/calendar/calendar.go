// Package calendar is the time that the embedded portal lives by: departments,
// banks and deadlines follow it, and it can run faster than the wall clock or
// be moved forward. It is kept in the database, so every process that serves
// the portal sees the same day. Markers and one-time codes live by the wall
// clock instead. Only packages under internal/sandbox may import it.
package calendar

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Schema is what the calendar keeps.
func Schema() store.Schema {
	return store.Schema{Name: "calendar", Migrations: []string{`
CREATE TABLE calendar(
	id              INTEGER PRIMARY KEY CHECK (id = 1),
	base_virtual_us INTEGER NOT NULL, -- the calendar at the moment base_real_us, microseconds since 1970
	base_real_us    INTEGER NOT NULL, -- the wall clock then
	speed           REAL NOT NULL CHECK (speed >= 0),
	skip_idle       INTEGER           -- NULL: as the process that serves was told
) STRICT;
`}}
}

// Worker is a kind of work that falls due by the calendar: a department's next
// step, a bank's clearing, the end of a term.
type Worker struct {
	Name string
	// Next returns when the earliest piece of work falls due; false when there
	// is none.
	Next func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error)
	// Run does the work that is due at now or earlier and returns how many
	// things happened. now is the moment of the earliest piece, so rows carry
	// the time when the thing happened, not when somebody looked. It may do
	// less than everything: it is called again.
	Run func(ctx context.Context, tx *sql.Tx, now time.Time) (int, error)
}

// Calendar is the portal's time. Register every worker before the first use.
type Calendar struct {
	db       *store.DB
	clock    clock.Clock
	skipIdle bool
	workers  []Worker
	next     store.Memo[struct{}, upcoming]
}

// batch is how many pieces of work share one transaction.
const batch = 200

// errStuck means that a worker announces work and does none.
var errStuck = errors.New("work is announced but not done")

// New returns the calendar kept in db. skipIdle is what SkipIdle answers until
// somebody decides otherwise for the whole portal.
func New(db *store.DB, c clock.Clock, skipIdle bool) *Calendar {
	return &Calendar{db: db, clock: c, skipIdle: skipIdle}
}

// Register adds a worker.
func (c *Calendar) Register(w Worker) { c.workers = append(c.workers, w) }

type state struct {
	virtual, real time.Time
	speed         float64
	skipIdle      sql.NullBool
}

func (c *Calendar) load(ctx context.Context, q store.Queryer) (state, error) {
	var s state
	var v, r int64
	err := q.QueryRowContext(ctx, "SELECT base_virtual_us, base_real_us, speed, skip_idle FROM calendar WHERE id = 1").
		Scan(&v, &r, &s.speed, &s.skipIdle)
	if errors.Is(err, sql.ErrNoRows) {
		// Nobody touched the calendar yet: it is today.
		now := c.clock.Now()
		return state{virtual: now, real: now, speed: 1}, nil
	}
	if err != nil {
		return s, fmt.Errorf("read the calendar: %w", err)
	}
	s.virtual, s.real = time.UnixMicro(v), time.UnixMicro(r)
	return s, nil
}

func save(ctx context.Context, tx *sql.Tx, s state) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO calendar(id, base_virtual_us, base_real_us, speed, skip_idle) VALUES(1,?,?,?,?)
		ON CONFLICT(id) DO UPDATE SET base_virtual_us=excluded.base_virtual_us, base_real_us=excluded.base_real_us,
			speed=excluded.speed, skip_idle=excluded.skip_idle`,
		s.virtual.UnixMicro(), s.real.UnixMicro(), s.speed, s.skipIdle)
	return err
}

// at returns the calendar at the wall-clock moment real. A wall clock that was
// set back does not turn the calendar back.
func (s state) at(real time.Time) time.Time {
	elapsed := float64(real.Sub(s.real)) * s.speed
	if elapsed < 0 {
		elapsed = 0
	}
	if elapsed > math.MaxInt64/2 {
		elapsed = math.MaxInt64 / 2
	}
	return s.virtual.Add(time.Duration(elapsed)).UTC().Truncate(time.Microsecond)
}

// Now returns the portal's calendar time, UTC, to the microsecond, as seen by q
// (a transaction of the caller).
func (c *Calendar) Now(ctx context.Context, q store.Queryer) (time.Time, error) {
	s, err := c.load(ctx, q)
	if err != nil {
		return time.Time{}, err
	}
	return s.at(c.clock.Now()), nil
}

// Today is Now in a transaction of its own.
func (c *Calendar) Today(ctx context.Context) (now time.Time, err error) {
	err = c.db.Read(ctx, func(tx *sql.Tx) error {
		now, err = c.Now(ctx, tx)
		return err
	})
	return now, err
}

// Settings returns the calendar time, its speed (calendar seconds per real
// second) and whether waiting moves it.
func (c *Calendar) Settings(ctx context.Context) (now time.Time, speed float64, skipIdle bool, err error) {
	err = c.db.Read(ctx, func(tx *sql.Tx) error {
		s, err := c.load(ctx, tx)
		if err != nil {
			return err
		}
		now, speed, skipIdle = s.at(c.clock.Now()), s.speed, c.skips(s)
		return nil
	})
	return now, speed, skipIdle, err
}

func (c *Calendar) skips(s state) bool {
	if s.skipIdle.Valid {
		return s.skipIdle.Bool
	}
	return c.skipIdle
}

// SkipIdle reports whether a waiting request may move the calendar.
func (c *Calendar) SkipIdle(ctx context.Context) (bool, error) {
	_, _, skip, err := c.Settings(ctx)
	return skip, err
}

// Configure changes the speed and the skipping of idle time for every process;
// nil leaves a setting alone. The calendar itself does not jump.
func (c *Calendar) Configure(ctx context.Context, speed *float64, skipIdle *bool) error {
	return c.db.Write(ctx, func(tx *sql.Tx) error {
		s, err := c.load(ctx, tx)
		if err != nil {
			return err
		}
		real := c.clock.Now()
		s.virtual, s.real = s.at(real), real
		if speed != nil {
			s.speed = *speed
		}
		if skipIdle != nil {
			s.skipIdle = sql.NullBool{Bool: *skipIdle, Valid: true}
		}
		return save(ctx, tx, s)
	})
}
