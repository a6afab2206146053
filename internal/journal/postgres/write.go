package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// writer is the session that writes and that shows the owner's life.
type writer struct {
	reader
	locked  bool // the session holds the owner's lock
	now     time.Time
	head    journal.Head
	pending *turn // writes not sent yet
}

// session returns the writer's session, opened again when it was lost. The owner
// stays the same: what it was sending is still its own unless somebody has
// recovered it meanwhile, and then the state says so.
func (s *store) session(ctx context.Context) (*writer, error) {
	if s.w != nil && s.w.c.closed() {
		s.w = nil
	}
	if s.w == nil {
		c, err := s.connect(ctx)
		if err != nil {
			return nil, err
		}
		s.w = &writer{reader: reader{c: c}}
	}
	if !s.w.locked {
		// The session before may linger on the server and hold the lock: the owner
		// is seen to live by it until then, and this one asks again next time.
		if err := s.w.c.one(ctx, "SELECT pg_try_advisory_lock($1)", []any{lockNumber("owner " + s.owner)}, &s.w.locked); err != nil {
			return nil, failure(err)
		}
	}
	return s.w, nil
}

// Write runs f in one transaction that holds the head's row.
func (s *store) Write(ctx context.Context, f func(ledger.Tx) error) error {
	// A server that no longer answers does not hold the writer for ever.
	ctx, cancel := context.WithTimeout(ctx, 6*s.o.Wait)
	defer cancel()
	w, err := s.session(ctx)
	if err != nil {
		return late(err)
	}
	w.ctx, w.pending = ctx, &turn{}
	if err := w.begin(ctx); err != nil {
		w.rollback(ctx)
		return late(err)
	}
	before := w.head
	if err = f(w); err == nil && w.head != before {
		w.pending.queue("UPDATE head SET seq = $1, hash = $2", w.head.Seq, w.head.Hash[:])
	}
	if err == nil {
		err = w.send()
	}
	if err != nil {
		w.rollback(ctx)
		return late(err)
	}
	tag, err := w.c.exec(ctx, "COMMIT")
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &pe) && !w.c.closed():
		w.rollback(ctx)
		return failure(err)
	case err != nil:
		return journal.Uncertain(err)
	case tag.String() != "COMMIT":
		return journal.Store(fmt.Errorf("the server answered %s to COMMIT", tag))
	}
	return nil
}

// late is err, or what it means that the time for the group has run out before
// its COMMIT.
func late(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return journal.Unreachable(err)
	}
	return err
}

func (w *writer) rollback(ctx context.Context) {
	if w.c.closed() {
		return
	}
	if _, err := w.c.exec(ctx, "ROLLBACK"); err != nil {
		_ = w.c.close(ctx) // a session in an unknown state is of no use
	}
}

// begin takes the head's row and the server's time, and compares the head with
// the end of the chain. The session is READ COMMITTED: each statement sees what
// the holder of the row before has committed.
func (w *writer) begin(ctx context.Context) error {
	var b turn
	b.queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	b.queue("SELECT guard = (" + guardQuery + ") FROM meta")
	b.queue("SELECT seq, hash FROM head WHERE one = 1 FOR UPDATE")
	b.queue("SELECT seq, hash, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM (SELECT 1) one LEFT JOIN (SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1) e ON true")
	var hash, lastHash []byte
	var last *int64
	var now int64
	known := false
	into := [][]any{nil, {&known}, {&w.head.Seq, &hash}, {&last, &lastHash, &now}}
	err := w.c.send(ctx, &b, func(i int, rows []values) error {
		switch {
		case into[i] == nil:
			return nil
		case len(rows) == 0:
			return errNoRow
		}
		return rows[0].scan(into[i]...)
	})
	if errors.Is(err, errNoRow) {
		return &journal.CorruptError{Bad: journal.BadEvent{Fault: journal.Headless, Detail: "the head's row is absent"}}
	}
	if err != nil {
		return failure(err)
	}
	if !known {
		return ledger.ErrTouched
	}
	w.now = time.UnixMicro(now).UTC()
	copy(w.head.Hash[:], hash)
	var end journal.Head
	if last != nil {
		end.Seq = *last
		copy(end.Hash[:], lastHash)
	}
	switch {
	case end.Seq < w.head.Seq:
		return &journal.CorruptError{Bad: journal.BadEvent{Seq: end.Seq + 1, Fault: journal.Truncated, Detail: "the chain ends before the separately kept head"}}
	case end != w.head:
		return &journal.CorruptError{Bad: journal.BadEvent{Seq: end.Seq, Fault: journal.Forked, Detail: "the separately kept head is of another event"}}
	}
	return nil
}

// send sends the writes that wait, all in one turn.
func (w *writer) send() error {
	if len(w.pending.statements) == 0 {
		return nil
	}
	b := w.pending
	w.pending = &turn{}
	return failure(w.c.send(w.ctx, b, nil))
}

// Seal has nothing to do: the head is part of the transaction.
func (s *store) Seal(context.Context, journal.Head) error { return nil }

// Now is the server's time in this transaction.
func (w *writer) Now() time.Time { return w.now }

// Head is the end of the chain, which this transaction holds.
func (w *writer) Head() (journal.Head, error) { return w.head, nil }

// Append adds events.
func (w *writer) Append(events []journal.Event) error {
	n := len(events)
	if n == 0 {
		return nil
	}
	seq, at, previous := make([]int64, n), make([]int64, n), make([]int64, n)
	subject, kind := make([]string, n), make([]string, n)
	body, hash := make([][]byte, n), make([][]byte, n)
	for i := range events {
		e := &events[i]
		seq[i], at[i], previous[i], subject[i], kind[i], body[i] = e.Seq, e.At.UnixMicro(), e.Previous, e.Subject, string(e.Kind), e.Body
		h := e.Hash
		hash[i] = h[:]
	}
	w.pending.queue(`INSERT INTO events (seq, at, subject, kind, previous, body, hash)
		SELECT s, a, u::uuid, k, p, b, h FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bytea[], $7::bytea[]) AS t(s, a, u, k, p, b, h)`,
		seq, at, subject, kind, previous, body, hash)
	w.head = journal.Head{Seq: events[n-1].Seq, Hash: events[n-1].Hash}
	return nil
}

// Insert adds entries.
func (w *writer) Insert(entries []*ledger.Entry) error {
	n := len(entries)
	if n == 0 {
		return nil
	}
	first, last, line, amount, lease := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	kind, attempt, overridden := make([]int32, n), make([]int32, n), make([]bool, n)
	id, key, run, state, owner := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	live := make([][]byte, n)
	for i, e := range entries {
		first[i], last[i], line[i], amount[i], lease[i] = e.First, e.Last, int64(e.Row), e.Amount, e.LeaseUntil
		kind[i], attempt[i], overridden[i] = int32(e.Kind), int32(e.Attempt), e.Overridden
		id[i], key[i], run[i], state[i], owner[i], live[i] = e.ID, e.Key, e.Run, string(e.State), e.Owner, e.Live
	}
	w.pending.queue(`INSERT INTO entries (first, last, id, kind, key, attempt, overridden, run, line, amount, state, owner, lease, live)
		SELECT a, b, c::uuid, d, e, f, g, h, i, j, k, l, m, n FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::integer[], $5::text[], $6::integer[],
		$7::boolean[], $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::bytea[]) AS t(a, b, c, d, e, f, g, h, i, j, k, l, m, n)`,
		first, last, id, kind, key, attempt, overridden, run, line, amount, state, owner, lease, live)
	return nil
}

// Update puts what moves change.
func (w *writer) Update(entries []*ledger.Entry) error {
	n := len(entries)
	if n == 0 {
		return nil
	}
	first, last, lease := make([]int64, n), make([]int64, n), make([]int64, n)
	state, owner, live := make([]string, n), make([]string, n), make([][]byte, n)
	for i, e := range entries {
		first[i], last[i], lease[i], state[i], owner[i], live[i] = e.First, e.Last, e.LeaseUntil, string(e.State), e.Owner, e.Live
	}
	w.pending.queue(`UPDATE entries SET last = t.l, lease = t.u, state = t.s, owner = t.o, live = t.v
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bytea[]) AS t(f, l, u, s, o, v) WHERE entries.first = t.f`,
		first, last, lease, state, owner, live)
	return nil
}

// Count adds to tallies.
func (w *writer) Count(tallies []ledger.Tally) error {
	for _, t := range tallies {
		w.pending.queue(`INSERT INTO tallies (kind, run, state, n, amount, first, last) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (kind, run, state) DO UPDATE SET n = tallies.n + excluded.n, amount = tallies.amount + excluded.amount,
			first = least(tallies.first, excluded.first), last = greatest(tallies.last, excluded.last)`,
			int32(t.Kind), t.Run, string(t.State), t.N, t.Amount, t.First, t.Last)
	}
	return nil
}

// Open sends what waits before it looks, so that a claim sees the group's own
// writes. ByIDs, ByKeys and EventsAt come before any write of their group, or
// ask for what the group has not touched; the rest is asked by Recover alone.
func (w *writer) Open(q ledger.OpenQuery) ([]*ledger.Entry, error) {
	if err := w.send(); err != nil {
		return nil, err
	}
	return w.reader.Open(q)
}

// Owned sends what waits before it looks.
func (w *writer) Owned(owner string, limit int) ([]*ledger.Entry, error) {
	if err := w.send(); err != nil {
		return nil, err
	}
	return w.reader.Owned(owner, limit)
}

// Expired sends what waits before it looks.
func (w *writer) Expired(before int64, limit int) ([]*ledger.Entry, error) {
	if err := w.send(); err != nil {
		return nil, err
	}
	return w.reader.Expired(before, limit)
}

// EventsAt sends what waits before it looks.
func (w *writer) EventsAt(seqs []int64) ([]journal.Event, error) {
	if err := w.send(); err != nil {
		return nil, err
	}
	return w.reader.EventsAt(seqs)
}
