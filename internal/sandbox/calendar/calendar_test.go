package calendar_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

var start = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// jobs is a table of work: each row is done once, at its time, and leaves a
// line in the log.
func jobs() store.Schema {
	return store.Schema{Name: "jobs", Migrations: []string{`
CREATE TABLE jobs(id INTEGER PRIMARY KEY, worker TEXT NOT NULL, due_us INTEGER NOT NULL, every_us INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE log(id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL, at_us INTEGER NOT NULL) STRICT`}}
}

func worker(name string) calendar.Worker {
	return calendar.Worker{
		Name: name,
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var due sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(due_us) FROM jobs WHERE worker = ? AND done = 0", name).Scan(&due)
			return time.UnixMicro(due.Int64), due.Valid, err
		},
		Run: func(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
			if _, err := tx.ExecContext(ctx, "INSERT INTO log(job, at_us) SELECT id, ? FROM jobs WHERE worker = ? AND done = 0 AND due_us <= ?",
				now.UnixMicro(), name, now.UnixMicro()); err != nil {
				return 0, err
			}
			r, err := tx.ExecContext(ctx, "UPDATE jobs SET done = (every_us = 0), due_us = due_us + every_us WHERE worker = ? AND done = 0 AND due_us <= ?",
				name, now.UnixMicro())
			if err != nil {
				return 0, err
			}
			n, err := r.RowsAffected()
			return int(n), err
		},
	}
}

type bench struct {
	t     *testing.T
	dir   string
	db    *store.DB
	clock *clock.Manual
	*calendar.Calendar
}

func newBench(t *testing.T) *bench { return benchIn(t, t.TempDir(), clock.NewManual(start)) }

func benchIn(t *testing.T, dir string, c *clock.Manual) *bench {
	t.Helper()
	db, err := store.Open(t.Context(), dir, calendar.Schema(), jobs())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bench{t, dir, db, c, calendar.New(db, c, true)}
	b.Register(worker("a"))
	b.Register(worker("b"))
	return b
}

func (b *bench) add(id int, worker string, after, every time.Duration) {
	b.t.Helper()
	if err := b.db.Write(b.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO jobs(id, worker, due_us, every_us) VALUES(?,?,?,?)", id, worker, start.Add(after).UnixMicro(), every.Microseconds())
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
}

// log returns "job@hours" lines in the order in which things happened.
func (b *bench) log() (out []string) {
	b.t.Helper()
	if err := b.db.Read(b.t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT job, at_us FROM log ORDER BY id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var job, at int64
			if err := rows.Scan(&job, &at); err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("%d@%g", job, time.UnixMicro(at).Sub(start).Hours()))
		}
		return rows.Err()
	}); err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) now() time.Time {
	b.t.Helper()
	now, err := b.Today(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return now
}

func TestAdvanceDoesEverythingInOrderEachAtItsOwnTime(t *testing.T) {
	b := newBench(t)
	b.add(1, "a", 30*time.Hour, 0)
	b.add(2, "b", 10*time.Hour, 0)
	b.add(3, "a", 20*time.Hour, 0)
	b.add(4, "b", 100*time.Hour, 0)
	now, n, err := b.Advance(t.Context(), 48*time.Hour)
	if err != nil || n != 3 || !now.Equal(start.Add(48*time.Hour)) {
		t.Fatalf("%v %d %v", now, n, err)
	}
	if got, want := b.log(), []string{"2@10", "3@20", "1@30"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAdvanceOverManyEventsLosesNone(t *testing.T) {
	b := newBench(t)
	b.add(1, "a", time.Hour, time.Hour)
	if _, n, err := b.Advance(t.Context(), 1000*time.Hour); err != nil || n != 1000 {
		t.Fatalf("%d %v", n, err)
	}
	log := b.log()
	if log[0] != "1@1" || log[999] != "1@1000" {
		t.Errorf("first %s, last %s", log[0], log[999])
	}
}

func TestCatchUpDoesWhatFellDueWhileNobodyLooked(t *testing.T) {
	b := newBench(t)
	b.add(1, "a", 2*time.Hour, 0)
	b.clock.Advance(5 * time.Hour)
	if err := b.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.log(); !slices.Equal(got, []string{"1@2"}) {
		t.Errorf("%v", got)
	}
	if now := b.now(); !now.Equal(start.Add(5 * time.Hour)) {
		t.Errorf("catching up moved the calendar to %v", now)
	}
}

func TestSpeedMultipliesTimeFromNowOn(t *testing.T) {
	b := newBench(t)
	b.clock.Advance(time.Hour)
	day := 24.0
	if err := b.Configure(t.Context(), &day, nil); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Hour)
	if now := b.now(); !now.Equal(start.Add(25 * time.Hour)) {
		t.Errorf("%v", now)
	}
	stop := 0.0
	if err := b.Configure(t.Context(), &stop, nil); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Hour)
	if now := b.now(); !now.Equal(start.Add(25 * time.Hour)) {
		t.Errorf("a stopped calendar reads %v", now)
	}
}

func TestTwoProcessesSeeOneCalendar(t *testing.T) {
	b := newBench(t)
	b.add(1, "a", time.Hour, 0)
	other := benchIn(t, b.dir, b.clock)
	if _, _, err := b.Advance(t.Context(), 72*time.Hour); err != nil {
		t.Fatal(err)
	}
	if now := other.now(); !now.Equal(start.Add(72 * time.Hour)) {
		t.Errorf("the other one reads %v", now)
	}
	if err := other.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := other.log(); len(got) != 1 {
		t.Errorf("done %d times", len(got))
	}
}

func TestSkippingGoesToTheNextEventWithinTheLimit(t *testing.T) {
	b := newBench(t)
	b.add(1, "a", 10*time.Hour, 0)
	b.add(2, "b", 50*time.Hour, 0)
	for _, c := range []struct {
		limit time.Duration
		moved bool
		hours time.Duration
	}{{time.Hour, false, 0}, {20 * time.Hour, true, 10}, {20 * time.Hour, false, 10}, {0, true, 50}, {0, false, 50}} {
		moved, err := b.SkipToNext(t.Context(), c.limit)
		if err != nil || moved != c.moved || !b.now().Equal(start.Add(c.hours*time.Hour)) {
			t.Errorf("limit %v: moved %v to %v, %v", c.limit, moved, b.now().Sub(start), err)
		}
	}
}

func TestAWallClockSetBackDoesNotTurnTheCalendarBack(t *testing.T) {
	b := newBench(t)
	if _, _, err := b.Advance(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(-3 * time.Hour)
	if now := b.now(); now.Before(start.Add(time.Hour)) {
		t.Errorf("%v", now)
	}
}

func TestAWorkerThatAnnouncesAndDoesNothingIsAnErrorAndNoLoop(t *testing.T) {
	b := newBench(t)
	b.Register(calendar.Worker{Name: "idle",
		Next: func(context.Context, *sql.Tx) (time.Time, bool, error) { return start, true, nil },
		Run:  func(context.Context, *sql.Tx, time.Time) (int, error) { return 0, nil }})
	if err := b.CatchUp(t.Context()); err == nil {
		t.Error("no error")
	}
}
