package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxGroup is how many writes share one transaction at most: the first of them
// must not wait for ever.
const maxGroup = 256

// maxGather is how long a group waits for more writes at most, all waits together.
const maxGather = 500 * time.Microsecond

// probe is after how many groups of the expected size a larger one is tried for.
const probe = 8

const (
	maxBusy  = 10 * time.Second     // that another process may be at it
	maxPause = 2 * time.Millisecond // between two looks whether it still is
)

// writer is the one way to the connection that writes. Writes take turns; those
// that wait when one has finished go on in the same transaction, each in a
// savepoint of its own, and the last of them commits for all. Nobody is answered
// before that commit is on the disk.
type writer struct {
	pool  *sql.DB // one connection
	asker *asker  // of that connection

	mu    sync.Mutex
	busy  bool // somebody has the turn
	queue []*turn
	came  chan struct{} // holds one when somebody has joined the queue

	open *group // the transaction under way; only the turn's holder changes it

	expected int // how large a group is likely to become
	reached  int // how many groups in a row have become so
}

// turn is a place in the queue.
type turn struct{ mine chan struct{} }

// group is the writes of one transaction.
type group struct {
	tx     *sql.Tx
	size   int
	failed error // why the transaction is lost for all
	empty  bool  // its only write came to nothing

	patience *time.Timer // how long more writes are awaited; nil while none were
	waited   bool        // patience is over

	done chan struct{} // closed when err is known
	err  error
}

// take waits for the turn.
func (w *writer) take(ctx context.Context) error {
	w.mu.Lock()
	if !w.busy {
		w.busy = true
		w.mu.Unlock()
		return nil
	}
	t := &turn{mine: make(chan struct{})}
	w.queue = append(w.queue, t)
	select {
	case w.came <- struct{}{}:
	default:
	}
	w.mu.Unlock()
	select {
	case <-t.mine:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	for i, q := range w.queue {
		if q == t {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			w.mu.Unlock()
			return context.Cause(ctx)
		}
	}
	w.mu.Unlock()
	// The turn came in the same moment, and somebody may count on it.
	<-t.mine
	w.pass(false)
	return context.Cause(ctx)
}

// pass ends the turn. The open group goes on with the next in the queue, unless
// there is none, it is full, or it has to end; then it is committed first.
func (w *writer) pass(end bool) {
	w.mu.Lock()
	g := w.open
	if g != nil && !end && g.failed == nil {
		w.gather(g)
	}
	if g != nil && (end || g.failed != nil || g.size >= maxGroup || len(w.queue) == 0) {
		w.open = nil
		w.learn(g)
		w.mu.Unlock()
		g.end()
		w.mu.Lock()
	}
	if len(w.queue) == 0 {
		w.busy = false
	} else {
		next := w.queue[0]
		w.queue[0] = nil
		w.queue = w.queue[1:]
		close(next.mine)
	}
	w.mu.Unlock()
}

// gather waits a moment for more writes while the group is smaller than expected: a
// client that has just been answered is likely to be back at once, and a commit for
// one costs nearly as much as a commit for all. It is called with mu held and returns
// with it.
func (w *writer) gather(g *group) {
	for len(w.queue) == 0 && g.size < w.expected && !g.waited {
		select {
		case <-w.came: // it has been served since
			continue
		default:
		}
		w.mu.Unlock()
		if g.patience == nil {
			g.patience = time.NewTimer(maxGather)
		}
		select {
		case <-w.came:
		case <-g.patience.C:
			g.waited = true
		}
		w.mu.Lock()
	}
}

// learn expects of the next group what this one became, and now and then one more.
func (w *writer) learn(g *group) {
	switch {
	case g.waited || g.size > w.expected:
		w.expected, w.reached = g.size, 0
	case g.size == w.expected && g.size > 1:
		if w.reached++; w.reached == probe {
			w.expected, w.reached = min(g.size+1, maxGroup), 0
		}
	}
}

// end ends the transaction and tells everybody in it how.
func (g *group) end() {
	if g.patience != nil {
		g.patience.Stop()
	}
	switch {
	case g.failed != nil:
		_ = g.tx.Rollback() // failed says why
		g.err = g.failed
	case g.empty:
		if err := g.tx.Rollback(); err != nil {
			g.err = fmt.Errorf("roll back: %w", err)
		}
	default:
		if err := g.tx.Commit(); err != nil {
			g.err = fmt.Errorf("commit: %w", err)
		}
	}
	close(g.done)
}

// run carries out a statement of the group itself.
func (g *group) run(statement string) {
	if g.failed != nil {
		return
	}
	if _, err := g.tx.ExecContext(whole(), statement); err != nil {
		g.failed = fmt.Errorf("%s: %w", statement, err)
	}
}

// join returns the open group, or begins one.
func (w *writer) join(ctx context.Context) (*group, error) {
	if w.open == nil {
		tx, err := w.begin(ctx)
		if err != nil {
			return nil, err
		}
		w.open = &group{tx: tx, done: make(chan struct{})}
	}
	return w.open, nil
}

// begin begins a transaction when no other process has one. SQLite itself would look
// again after ever longer pauses, up to a tenth of a second, and a process that has
// much to write would hardly ever be met between two of its transactions.
func (w *writer) begin(ctx context.Context) (*sql.Tx, error) {
	latest := time.Now().Add(maxBusy)
	for {
		// The transaction is not bound to the context of one of its writes.
		tx, err := w.pool.BeginTx(context.WithoutCancel(ctx), nil)
		var held *sqlite.Error
		if err == nil || !errors.As(err, &held) || held.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(latest) {
			if err != nil {
				err = fmt.Errorf("begin: %w", err)
			}
			return tx, err
		}
		pause := time.NewTimer(time.Duration(rand.Int64N(int64(maxPause))))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// write runs f as a part of a group. Alone makes it the only one of its
// transaction: for what changes the transaction itself.
func (w *writer) write(ctx context.Context, alone bool, f func(*sql.Tx) error) (err error) {
	if err := w.take(ctx); err != nil {
		return err
	}
	if g := w.open; alone && g != nil {
		w.open = nil
		g.end()
	}
	g, err := w.join(ctx)
	if err != nil {
		w.pass(true)
		return err
	}
	first := g.size == 0 // it needs no savepoint: there is nothing before it
	g.size++
	good := false
	defer func() { // f may also panic: its part is undone, and the panic goes on
		w.asker.ctx = nil
		switch {
		case good && !first:
			g.run("RELEASE member")
		case !good && first:
			g.empty = true
		case !good:
			g.run("ROLLBACK TO member")
			g.run("RELEASE member")
		}
		w.pass(alone || g.empty)
		<-g.done
		if g.err != nil {
			err = errors.Join(g.err, err) // what f saw and did was never so
		}
	}()
	if !first {
		g.run("SAVEPOINT member")
	}
	if g.failed != nil {
		return nil // the group says what it was
	}
	w.asker.ctx = ctx
	err = f(g.tx)
	if gone := ctx.Err(); gone != nil && (err == nil || errors.Is(err, gone)) {
		err = context.Cause(ctx) // nobody waits for it any more
	}
	good = err == nil
	return err
}
