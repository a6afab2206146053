package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// reader reads on one session.
type reader struct {
	ctx context.Context
	c   *session
}

// lend runs f with a session from the pool and takes it back, or drops it when it
// was lost.
func (s *store) lend(ctx context.Context, f func(*reader) error) error {
	r, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if r.c.closed() {
			<-s.live
			return
		}
		s.free <- r
	}()
	r.ctx = ctx
	return f(r)
}

// take returns a free session, or a new one while there are few.
func (s *store) take(ctx context.Context) (*reader, error) {
	for {
		select {
		case r := <-s.free:
			if r.c.closed() || r.c.pg.Ping(ctx) != nil {
				_ = r.c.close(context.WithoutCancel(ctx))
				<-s.live
				continue
			}
			return r, nil
		default:
		}
		select {
		case r := <-s.free:
			return r, nil
		case s.live <- struct{}{}:
			c, err := s.connect(ctx)
			if err != nil {
				<-s.live
				return nil, err
			}
			return &reader{c: c}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Read runs f on one snapshot.
func (s *store) Read(ctx context.Context, f func(ledger.Reader) error) error {
	return s.lend(ctx, func(r *reader) error {
		if _, err := r.c.exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
			return failure(err)
		}
		err := f(r)
		if _, end := r.c.exec(context.WithoutCancel(ctx), "COMMIT"); end != nil {
			_ = r.c.close(context.WithoutCancel(ctx))
			if err == nil {
				err = failure(end)
			}
		}
		return err
	})
}

// KeptHead returns the head from its row.
func (s *store) KeptHead(_ context.Context, lr ledger.Reader) (h journal.Head, ok bool, err error) {
	r := lr.(*reader)
	var hash []byte
	err = r.c.one(r.ctx, "SELECT seq, hash FROM head WHERE one = 1", nil, &h.Seq, &hash)
	if errors.Is(err, errNoRow) {
		return h, false, nil
	}
	copy(h.Hash[:], hash)
	return h, err == nil && len(hash) == len(h.Hash), failure(err)
}

// Head returns the last event's number and hash.
func (r *reader) Head() (h journal.Head, err error) {
	events, err := r.Events(1<<63-1, 1, true)
	if err != nil || len(events) == 0 {
		return h, err
	}
	return journal.Head{Seq: events[0].Seq, Hash: events[0].Hash}, nil
}

const entryColumns = "SELECT first, last, id::text, kind, key, attempt, overridden, run, line, amount, state, owner, lease, live FROM entries "

func (r *reader) entries(q string, args ...any) ([]*ledger.Entry, error) {
	var out []*ledger.Entry
	err := r.c.each(r.ctx, q, args, func(v values) error {
		e := &ledger.Entry{}
		out = append(out, e)
		return v.scan(&e.First, &e.Last, &e.ID, (*int)(&e.Kind), &e.Key, &e.Attempt, &e.Overridden, &e.Run, &e.Row, &e.Amount,
			(*string)(&e.State), &e.Owner, &e.LeaseUntil, &e.Live)
	})
	return out, failure(err)
}

// Lists are joined and not compared by "= ANY": a statement that was planned for a
// list of unknown length would go through all of it for every row.

// ByIDs returns the entries with these IDs; what is no UUID has none.
func (r *reader) ByIDs(ids []string) ([]*ledger.Entry, error) {
	known := make([]string, 0, len(ids))
	for _, id := range ids {
		if journal.IsUUID(id) {
			known = append(known, id)
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	return r.entries(entryColumns+"JOIN (SELECT DISTINCT unnest($1::text[]::uuid[])) AS wanted(one) ON id = one", known)
}

// ByKeys returns the entries of the keys.
func (r *reader) ByKeys(keys []string) ([]*ledger.Entry, error) {
	return r.entries(entryColumns+`JOIN (SELECT DISTINCT unnest($1::text[])) AS wanted(one) ON key = one COLLATE "C" ORDER BY key, attempt`, keys)
}

// ByPrefixes returns the entries whose key begins with one of the prefixes. OFFSET 0
// keeps each prefix a look into the index of its own.
func (r *reader) ByPrefixes(prefixes []string, limit int) ([]*ledger.Entry, error) {
	ends := make([]string, len(prefixes))
	for i, p := range prefixes {
		ends[i] = p + "\x7f"
	}
	return r.entries("SELECT e.* FROM unnest($1::text[], $2::text[]) AS p(low, high) CROSS JOIN LATERAL ("+
		entryColumns+"WHERE key >= p.low AND key < p.high ORDER BY key, attempt LIMIT $3 OFFSET 0) e ORDER BY key, attempt", prefixes, ends, limit)
}

// Page returns entries in the order of First.
func (r *reader) Page(q ledger.PageQuery) ([]*ledger.Entry, error) {
	where, order := "WHERE first > $1 AND first <= $6", " ORDER BY first LIMIT $2"
	if q.Newest {
		where, order = "WHERE first < $1 AND first >= $6", " ORDER BY first DESC LIMIT $2"
	}
	return r.entries(entryColumns+where+" AND ($3 = 0 OR kind = $3) AND ($4 OR run = $5)"+order, q.After, q.Limit, int32(q.Kind), q.All, q.Run, q.Until)
}

// Open returns open entries of a run in the order of rows.
func (r *reader) Open(q ledger.OpenQuery) ([]*ledger.Entry, error) {
	tail := ""
	if q.Lock {
		tail = " FOR UPDATE SKIP LOCKED"
	}
	return r.entries(entryColumns+`WHERE run = $1 AND state = $2 AND kind = $3 AND state NOT IN ('paid', 'refused')
		AND (line, first) > ($4::bigint, $5::bigint) ORDER BY line, first LIMIT $6`+tail, q.Run, string(q.State), int32(q.Kind), int64(q.AfterRow), q.AfterFirst, q.Limit)
}

// Owned returns what an owner has claimed or is sending.
func (r *reader) Owned(owner string, limit int) ([]*ledger.Entry, error) {
	return r.entries(entryColumns+"WHERE owner = $1 AND state IN ('claimed', 'sending') LIMIT $2", owner, limit)
}

// Expired returns claimed entries whose lease has ended.
func (r *reader) Expired(before int64, limit int) ([]*ledger.Entry, error) {
	return r.entries(entryColumns+"WHERE state IN ('claimed', 'sending') AND state = 'claimed' AND lease <= $1 LIMIT $2", before, limit)
}

// Owners returns the owners of what is claimed or being sent.
func (r *reader) Owners() ([]string, error) {
	var out []string
	err := r.c.each(r.ctx, "SELECT DISTINCT owner FROM entries WHERE state IN ('claimed', 'sending')", nil, func(v values) error {
		var owner string
		err := v.scan(&owner)
		out = append(out, owner)
		return err
	})
	return out, failure(err)
}

const eventColumns = "SELECT seq, at, subject::text, kind, previous, body, hash FROM events "

func (r *reader) events(q string, args ...any) ([]journal.Event, error) {
	var out []journal.Event
	err := r.c.each(r.ctx, q, args, func(v values) error {
		var e journal.Event
		var at int64
		var hash []byte
		err := v.scan(&e.Seq, &at, &e.Subject, (*string)(&e.Kind), &e.Previous, (*[]byte)(&e.Body), &hash)
		e.At = time.UnixMicro(at).UTC()
		copy(e.Hash[:], hash)
		out = append(out, e)
		return err
	})
	return out, failure(err)
}

// Events returns events in order.
func (r *reader) Events(after int64, limit int, newest bool) ([]journal.Event, error) {
	if newest {
		return r.events(eventColumns+"WHERE seq < $1 ORDER BY seq DESC LIMIT $2", after, limit)
	}
	return r.events(eventColumns+"WHERE seq > $1 ORDER BY seq LIMIT $2", after, limit)
}

// EventsAt returns the events with these numbers.
func (r *reader) EventsAt(seqs []int64) ([]journal.Event, error) {
	return r.events(eventColumns+"JOIN (SELECT DISTINCT unnest($1::bigint[])) AS wanted(one) ON seq = one", seqs)
}

// Tallies returns tallies.
func (r *reader) Tallies(kind ledger.Kind, run string, all bool) ([]ledger.Tally, error) {
	var out []ledger.Tally
	err := r.c.each(r.ctx, "SELECT kind, run, state, n, amount, first, last FROM tallies WHERE $1 OR (kind = $2 AND run = $3)", []any{all, int32(kind), run}, func(v values) error {
		var t ledger.Tally
		err := v.scan((*int)(&t.Kind), &t.Run, (*string)(&t.State), &t.N, &t.Amount, &t.First, &t.Last)
		out = append(out, t)
		return err
	})
	return out, failure(err)
}
