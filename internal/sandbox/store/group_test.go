package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// rows is a table to write into; child rows are checked when a transaction ends.
func rows() store.Schema {
	return store.Schema{Name: "rows", Migrations: []string{`
CREATE TABLE rows(id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE children(parent INTEGER NOT NULL REFERENCES rows(id) DEFERRABLE INITIALLY DEFERRED) STRICT`}}
}

func insert(id int) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO rows(id) VALUES(?)", id)
		return err
	}
}

// together makes the writes wait behind one that inserts row 0, so that all
// share its transaction, and returns what each was told.
func together(t *testing.T, db *store.DB, writes ...func(*sql.Tx) error) []error {
	t.Helper()
	told := make([]error, len(writes))
	entered, let := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Write(t.Context(), func(tx *sql.Tx) error {
			close(entered)
			<-let
			return insert(0)(tx)
		}); err != nil {
			t.Logf("the first was told: %v", err)
		}
	})
	<-entered
	for i, f := range writes {
		wg.Go(func() {
			defer func() {
				if cause := recover(); cause != nil {
					told[i] = fmt.Errorf("panic: %v", cause)
				}
			}()
			told[i] = db.Write(t.Context(), f)
		})
		for db.Waiting() < i+1 {
			runtime.Gosched()
		}
	}
	close(let)
	wg.Wait()
	return told
}

func TestWritesThatWaitShareOneTransaction(t *testing.T) {
	db := open(t, t.TempDir(), rows())
	var used sync.Map
	var writes []func(*sql.Tx) error
	for id := 1; id <= 20; id++ {
		writes = append(writes, func(tx *sql.Tx) error {
			used.Store(tx, true)
			return insert(id)(tx)
		})
	}
	for i, err := range together(t, db, writes...) {
		if err != nil {
			t.Errorf("write %d: %v", i+1, err)
		}
	}
	n := 0
	used.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("20 writes that waited took %d transactions", n)
	}
	if got := number(t, db, "SELECT count(*) FROM rows"); got != 21 {
		t.Errorf("%d rows of 21", got)
	}
}

func TestARefusedWriteDoesNotHarmTheOthersOfItsTransaction(t *testing.T) {
	db := open(t, t.TempDir(), rows())
	boom := errors.New("boom")
	told := together(t, db,
		insert(1),
		func(tx *sql.Tx) error { return errors.Join(insert(2)(tx), boom) },
		func(tx *sql.Tx) error { _ = insert(3)(tx); panic("lost") },
		func(tx *sql.Tx) error { return insert(1)(tx) }, // against the key
		insert(5))
	if told[0] != nil || told[4] != nil {
		t.Errorf("the good ones were told %v, %v", told[0], told[4])
	}
	if !errors.Is(told[1], boom) || told[2] == nil || told[2].Error() != "panic: lost" || told[3] == nil {
		t.Errorf("the bad ones were told %v, %v, %v", told[1], told[2], told[3])
	}
	if n := number(t, db, "SELECT sum(1 << id) FROM rows"); n != 1+1<<1+1<<5 {
		t.Errorf("rows %b", n)
	}
}

func TestAFirstWriteThatFailsOrPanicsLeavesTheWayFree(t *testing.T) {
	db := open(t, t.TempDir(), rows())
	func() {
		defer func() {
			if cause := recover(); cause != "lost" {
				t.Errorf("recovered %v", cause)
			}
		}()
		_ = db.Write(t.Context(), func(tx *sql.Tx) error { _ = insert(1)(tx); panic("lost") })
	}()
	boom := errors.New("boom")
	if err := db.Write(t.Context(), func(tx *sql.Tx) error { return errors.Join(insert(2)(tx), boom) }); !errors.Is(err, boom) {
		t.Errorf("told %v", err)
	}
	if err := db.Write(t.Context(), insert(3)); err != nil {
		t.Error(err)
	}
	if n := number(t, db, "SELECT sum(1 << id) FROM rows"); n != 1<<3 {
		t.Errorf("rows %b", n)
	}
}

func TestWhenTheCommitFailsEverybodyInItIsTold(t *testing.T) {
	db := open(t, t.TempDir(), rows())
	told := together(t, db, insert(1),
		func(tx *sql.Tx) error {
			_, err := tx.Exec("INSERT INTO children(parent) VALUES(77)")
			return err
		}, insert(3))
	for i, err := range told {
		if err == nil {
			t.Errorf("write %d was told that it is done", i+1)
		}
	}
	if n := number(t, db, "SELECT count(*) FROM rows"); n != 0 {
		t.Errorf("%d rows of a commit that failed", n)
	}
	if err := db.Write(t.Context(), insert(4)); err != nil {
		t.Errorf("after it: %v", err)
	}
}

func TestAWriteThatIsCancelledInTheQueueIsNotDoneAndStopsNobody(t *testing.T) {
	db := open(t, t.TempDir(), rows())
	entered, let := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Write(t.Context(), func(tx *sql.Tx) error { close(entered); <-let; return insert(0)(tx) }); err != nil {
			t.Error(err)
		}
	})
	<-entered
	gone := errors.New("gone home")
	ctx, cancel := context.WithCancelCause(t.Context())
	wg.Go(func() {
		if err := db.Write(ctx, insert(1)); !errors.Is(err, gone) {
			t.Errorf("told %v", err)
		}
	})
	for db.Waiting() < 1 {
		runtime.Gosched()
	}
	cancel(gone)
	for db.Waiting() > 0 {
		runtime.Gosched()
	}
	close(let)
	wg.Wait()
	if n := number(t, db, "SELECT sum(1 << id) FROM rows"); n != 1 {
		t.Errorf("rows %b", n)
	}
}

// A storm of writes that succeed, fail, panic and are cancelled: each is told the
// truth.
func TestEveryWriteOfAStormIsToldTheTruth(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, rows()), open(t, dir, rows())
	boom := errors.New("boom")
	var good atomic.Int64
	var wg sync.WaitGroup
	for worker := range 24 {
		db := []*store.DB{a, a, b}[worker%3]
		wg.Go(func() {
			for i := range 12 {
				id := worker*100 + i + 1
				ctx, cancel := context.WithCancel(t.Context())
				done := func() (err error) {
					defer func() {
						if recover() != nil {
							err = boom
						}
					}()
					return db.Write(ctx, func(tx *sql.Tx) error {
						if err := insert(id)(tx); err != nil {
							return err
						}
						switch i % 4 {
						case 1:
							return boom
						case 2:
							cancel()
						case 3:
							panic(boom)
						}
						return nil
					})
				}() == nil
				cancel()
				if done {
					good.Add(1)
				}
				if have := number(t, b, fmt.Sprintf("SELECT count(*) FROM rows WHERE id = %d", id)) == 1; have != done {
					t.Errorf("row %d: told %v, kept %v", id, done, have)
				}
			}
		})
	}
	wg.Wait()
	if n := number(t, a, "SELECT count(*) FROM rows"); int64(n) != good.Load() || n != 24*3 {
		t.Errorf("%d rows, %d told", n, good.Load())
	}
}

func TestAMemoTellsWhatAReaderOfThisMomentWouldRead(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, counter(1)), open(t, dir, counter(1))
	var memo store.Memo[string, int]
	reads := 0
	get := func(ctx context.Context) int {
		t.Helper()
		n, err := memo.Get(ctx, a, "n", nil, func(_ context.Context, tx *sql.Tx) (n int, err error) {
			reads++
			return n, tx.QueryRow("SELECT n FROM counter").Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	set := func(ctx context.Context, db *store.DB, n int) {
		t.Helper()
		if err := db.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec("UPDATE counter SET n = ?", n)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	if get(ctx) != 1 || get(ctx) != 1 || reads != 1 {
		t.Errorf("nothing has changed, and it was read %d times", reads)
	}
	set(ctx, a, 2)
	if n := get(ctx); n != 2 {
		t.Errorf("after our own write: %d", n)
	}
	set(ctx, b, 3)
	if n := get(ctx); n != 3 {
		t.Errorf("after somebody else's write: %d", n)
	}
	pinned := store.Pin(ctx)
	if n := get(pinned); n != 3 {
		t.Errorf("the first look of a request: %d", n)
	}
	set(ctx, b, 4)
	if n := get(pinned); n != 4 {
		t.Errorf("the second look of a request: %d", n)
	}
	set(pinned, a, 5)
	if n := get(pinned); n != 5 {
		t.Errorf("after the request's own write: %d", n)
	}
	if err := a.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE counter SET n = 6"); err != nil {
			return err
		}
		if n := get(store.Within(ctx, tx)); n != 6 {
			t.Errorf("inside a transaction: %d", n)
		}
		return errors.New("never mind")
	}); err == nil {
		t.Error("no error")
	}
	if n := get(ctx); n != 5 {
		t.Errorf("after what was undone: %d", n)
	}
}

func TestAMemoKeepsNothingThatHasRunOut(t *testing.T) {
	db := open(t, t.TempDir(), counter(1))
	var memo store.Memo[int, int]
	reads := 0
	for range 3 {
		if _, err := memo.Get(t.Context(), db, 1, func(int) bool { return false }, func(context.Context, *sql.Tx) (int, error) {
			reads++
			return reads, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if reads != 3 {
		t.Errorf("read %d times of 3", reads)
	}
}

func TestACommitWaitsForTheDisk(t *testing.T) {
	db := open(t, t.TempDir(), rows())
	if err := db.Write(t.Context(), func(tx *sql.Tx) error {
		var level int
		if err := tx.QueryRow("PRAGMA synchronous").Scan(&level); err != nil {
			return err
		}
		if level != 2 { // FULL: in a write-ahead log, a sync before a commit returns
			t.Errorf("synchronous = %d", level)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAWriteWaitsWhileAnotherProcessIsAtItUnlessItsAskerHasGone(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, rows()), open(t, dir, rows())
	entered, let := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.Write(t.Context(), func(tx *sql.Tx) error { close(entered); <-let; return insert(1)(tx) }); err != nil {
			t.Error(err)
		}
	})
	<-entered
	gone := errors.New("gone home")
	ctx, cancel := context.WithCancelCause(t.Context())
	told := make(chan error)
	go func() { told <- b.Write(ctx, insert(2)) }()
	cancel(gone)
	if err := <-told; !errors.Is(err, gone) {
		t.Errorf("told %v", err)
	}
	go func() { told <- b.Write(t.Context(), insert(3)) }()
	close(let)
	if err := <-told; err != nil {
		t.Errorf("told %v", err)
	}
	wg.Wait()
	if n := number(t, b, "SELECT sum(1 << id) FROM rows"); n != 1<<1+1<<3 {
		t.Errorf("rows %b", n)
	}
}
