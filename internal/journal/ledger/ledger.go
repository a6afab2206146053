// Package ledger is what the stores of the journal share: it turns calls into
// events and projections by the rules of package journal, gathers the calls of
// several goroutines into one durable commit, and verifies what a store holds. A
// store gives it a Backend. Only journal/sqlite and journal/postgres import it.
package ledger

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Ledger is an open journal over a Backend. It implements journal.Journal.
type Ledger struct {
	b     Backend
	owner string
	queue chan *op

	known   bool                  // the store is as this programme left it; the writer's own
	corrupt *journal.CorruptError // what was found wrong with it; the writer's own

	mu     sync.RWMutex // held for reading while an op is being queued
	closed bool
	done   chan struct{} // closed when the writer has ended
}

var _ journal.Journal = (*Ledger)(nil)

// queueLen is how many calls may wait for the commit under way.
const queueLen = 1024

// New starts a ledger for owner. The writer goroutine lives until Close.
func New(b Backend, owner string) *Ledger {
	l := &Ledger{b: b, owner: owner, queue: make(chan *op, queueLen), done: make(chan struct{})}
	go l.write()
	return l
}

// NewID returns a new UUIDv7.
func NewID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", journal.Store(err)
	}
	return id.String(), nil
}

// Owner is the ID of this open journal.
func (l *Ledger) Owner() string { return l.owner }

// Close ends the writer after the calls in hand and closes the backend. A second
// Close does nothing.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		<-l.done
		return nil
	}
	l.closed = true
	close(l.queue)
	l.mu.Unlock()
	<-l.done
	return l.b.Close()
}

// read runs f on one consistent state, unless the journal is closed.
func (l *Ledger) read(ctx context.Context, f func(Reader) error) error {
	if err := l.open(); err != nil {
		return err
	}
	return l.b.Read(ctx, f)
}

func (l *Ledger) open() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return journal.Closed()
	}
	return nil
}

// submit runs f in the next group and returns its error. Once queued the call
// waits for its outcome whatever becomes of ctx.
func (l *Ledger) submit(ctx context.Context, o *op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.ctx, o.done = ctx, make(chan error, 1)
	l.mu.RLock()
	if l.closed {
		l.mu.RUnlock()
		return journal.Closed()
	}
	select {
	case l.queue <- o:
		l.mu.RUnlock()
	case <-ctx.Done():
		l.mu.RUnlock()
		return ctx.Err()
	}
	return <-o.done
}
