package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// reader reads on one connection, with its statements prepared once.
type reader struct {
	ctx   context.Context
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	args  []any
}

func newReader(ctx context.Context, c *sql.Conn) reader {
	return reader{ctx: ctx, conn: c, stmts: map[string]*sql.Stmt{}}
}

func (r *reader) stmt(q string) (*sql.Stmt, error) {
	if st := r.stmts[q]; st != nil {
		return st, nil
	}
	st, err := r.conn.PrepareContext(r.ctx, q)
	if err != nil {
		return nil, err
	}
	r.stmts[q] = st
	return st, nil
}

func (r *reader) close() error {
	var errs []error
	for _, st := range r.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, r.conn.Close())...)
}

// pool lends readers.
type pool struct {
	db   *sql.DB
	free chan *reader
	live chan struct{} // one token for each reader that exists
}

func (p *pool) close() error {
	var errs []error
	for range len(p.live) {
		errs = append(errs, (<-p.free).close())
		<-p.live // who still comes finds a database that is closed
	}
	return errors.Join(append(errs, p.db.Close())...)
}

// take returns a free reader, or a new one while there are few.
func (p *pool) take(ctx context.Context) (*reader, error) {
	select {
	case r := <-p.free:
		return r, nil
	default:
	}
	select {
	case r := <-p.free:
		return r, nil
	case p.live <- struct{}{}:
		c, err := p.db.Conn(ctx)
		if err != nil {
			<-p.live
			return nil, failure(err)
		}
		r := newReader(ctx, c)
		return &r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// openRead opens the database for reading, once. The tables of a journal that
// does not exist yet are made by the writer's side.
func (s *store) openRead(ctx context.Context) (*pool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read != nil {
		return s.read, nil
	}
	db, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	s.read = &pool{db: db, free: make(chan *reader, readers), live: make(chan struct{}, readers)}
	return s.read, nil
}

func (s *store) reading(ctx context.Context) (*sql.DB, error) {
	if s.o.ReadOnly {
		return s.openSealed(ctx)
	}
	switch err := s.create(ctx); {
	case err == nil:
		return s.database(false)
	case !sealed(err):
		return nil, err
	default:
		if _, there := os.Stat(s.path()); there != nil {
			return nil, err
		}
		return s.openSealed(ctx)
	}
}

// create makes an empty journal where there is none, and brings an older one up
// to date, so that reading needs no owner and no lock.
func (s *store) create(ctx context.Context) error {
	if s.w != nil {
		return nil
	}
	db, err := s.database(true)
	if err != nil {
		return err
	}
	c, err := s.connect(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = func() error {
		version, compat, err := schema(ctx, c)
		switch {
		case err != nil:
			return err
		case compat > schemaVersion:
			return journal.Newer(version, schemaVersion)
		case version >= schemaVersion:
			return nil
		case version == 0:
			hf, err := openHead(s.headPath(), true)
			if err != nil {
				return failure(err)
			}
			if err := errors.Join(lost(ctx, c, hf), failure(hf.save(journal.Head{})), failure(hf.close())); err != nil {
				return err
			}
		}
		return s.migrate(ctx, c, version == 0)
	}()
	return errors.Join(err, c.Close(), s.marks.own(true, db.Close))
}

// Read runs f in one read transaction.
func (s *store) Read(ctx context.Context, f func(ledger.Reader) error) error {
	p, err := s.openRead(ctx)
	if err != nil {
		return err
	}
	r, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer func() { p.free <- r }()
	r.ctx = ctx
	if _, err := r.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return failure(err)
	}
	err = f(r)
	// The transaction ends whatever becomes of ctx, or it would hold the WAL.
	if _, end := r.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); end != nil && err == nil {
		err = failure(end)
	}
	return err
}

// KeptHead returns the head from its file.
func (s *store) KeptHead(context.Context, ledger.Reader) (journal.Head, bool, error) {
	h, ok, err := readHead(s.headPath())
	return h, ok, failure(err)
}

// Check looks through the database's pages and indexes.
func (s *store) Check(_ context.Context, lr ledger.Reader) (string, error) {
	r := lr.(*reader)
	var what string
	if err := r.conn.QueryRowContext(r.ctx, "PRAGMA integrity_check(1)").Scan(&what); err != nil {
		return "", failure(err)
	}
	if what == "ok" {
		what = ""
	}
	return what, nil
}

// Head returns the last event's number and hash.
func (r *reader) Head() (journal.Head, error) {
	var h journal.Head
	st, err := r.stmt("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")
	if err != nil {
		return h, failure(err)
	}
	var hash []byte
	switch err := st.QueryRowContext(r.ctx).Scan(&h.Seq, &hash); {
	case errors.Is(err, sql.ErrNoRows):
		return h, nil
	case err != nil:
		return h, failure(err)
	}
	copy(h.Hash[:], hash)
	return h, nil
}

const (
	entryFrom    = "SELECT first, last, id, kind, key, attempt, overridden, run, row, amount, state, owner, lease, live FROM "
	entryColumns = entryFrom + "entries "
)

func (r *reader) entries(q string, args ...any) ([]*ledger.Entry, error) {
	st, err := r.stmt(q)
	if err != nil {
		return nil, failure(err)
	}
	rows, err := st.QueryContext(r.ctx, args...)
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	var out []*ledger.Entry
	for rows.Next() {
		e := &ledger.Entry{}
		var id []byte
		if err := rows.Scan(&e.First, &e.Last, &id, &e.Kind, &e.Key, &e.Attempt, &e.Overridden, &e.Run, &e.Row, &e.Amount,
			(*string)(&e.State), &e.Owner, &e.LeaseUntil, &e.Live); err != nil {
			return nil, failure(err)
		}
		e.ID = text(id)
		out = append(out, e)
	}
	return out, failure(rows.Err())
}

func text(id []byte) string {
	u, err := uuid.FromBytes(id)
	if err != nil {
		return ""
	}
	return u.String()
}

// batch is how many values one IN takes; a shorter list repeats its last.
const batch = 256

// in runs q, whose %s stands for a list of placeholders, for values, batch by
// batch.
func in[V, T any](values []V, q string, run func(q string, args []any) ([]T, error)) ([]T, error) {
	var out []T
	args := make([]any, 0, min(len(values), batch))
	for len(values) > 0 {
		n := batch
		if len(values) <= 4 {
			n = len(values)
		}
		args = args[:0]
		for i := range n {
			args = append(args, values[min(i, len(values)-1)])
		}
		values = values[min(n, len(values)):]
		found, err := run(strings.Replace(q, "%s", "?"+strings.Repeat(",?", n-1), 1), args)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = found
		} else {
			out = append(out, found...)
		}
	}
	return out, nil
}

// ByIDs returns the entries with these IDs.
func (r *reader) ByIDs(ids []string) ([]*ledger.Entry, error) {
	blobs := make([][]byte, len(ids))
	for i, id := range ids {
		blobs[i] = blob(id)
	}
	return in(blobs, entryColumns+"WHERE id IN (%s)", func(q string, args []any) ([]*ledger.Entry, error) { return r.entries(q, args...) })
}

// ByKeys returns the entries of the keys.
func (r *reader) ByKeys(keys []string) ([]*ledger.Entry, error) {
	return in(keys, entryColumns+"WHERE key IN (%s) ORDER BY key, attempt", func(q string, args []any) ([]*ledger.Entry, error) { return r.entries(q, args...) })
}

// prefixBatch is how many prefixes one statement takes; a shorter list is filled up
// with ranges that are empty.
const prefixBatch = 64

// ByPrefixes returns the entries whose key begins with one of the prefixes. The
// ranges come from a list of values and not as "key >= ?": for that SQLite would
// compile the statement anew for every value.
func (r *reader) ByPrefixes(prefixes []string, limit int) ([]*ledger.Entry, error) {
	var out []*ledger.Entry
	var args []any
	for len(prefixes) > 0 {
		n := prefixBatch
		if len(prefixes) == 1 {
			n = 1
		}
		args = args[:0]
		for i := range n {
			if i < len(prefixes) {
				args = append(args, prefixes[i], prefixes[i]+"\x7f")
			} else {
				args = append(args, "", "")
			}
		}
		prefixes = prefixes[min(n, len(prefixes)):]
		found, err := r.entries(entryFrom+"(VALUES (?,?)"+strings.Repeat(",(?,?)", n-1)+
			") CROSS JOIN entries ON key >= column1 AND key < column2 ORDER BY key, attempt LIMIT ?", append(args, n*limit)...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// Page returns entries in the order of First.
func (r *reader) Page(q ledger.PageQuery) ([]*ledger.Entry, error) {
	where, args := "WHERE first > ? AND first <= ?", []any{q.After, q.Until}
	order := " ORDER BY first LIMIT ?"
	if q.Newest {
		where, order = "WHERE first < ? AND first >= ?", " ORDER BY first DESC LIMIT ?"
	}
	if q.Kind != 0 {
		where, args = where+" AND kind = ?", append(args, int64(q.Kind))
	}
	if !q.All {
		where, args = where+" AND run = ?", append(args, q.Run)
	}
	return r.entries(entryColumns+where+order, append(args, q.Limit)...)
}

// Open returns open entries of a run in the order of rows.
func (r *reader) Open(q ledger.OpenQuery) ([]*ledger.Entry, error) {
	return r.entries(entryColumns+`INDEXED BY entries_open WHERE run = ? AND state = ? AND kind = ? AND state NOT IN ('paid', 'refused')
		AND (row, first) > (?, ?) ORDER BY row, first LIMIT ?`, q.Run, string(q.State), int64(q.Kind), q.AfterRow, q.AfterFirst, q.Limit)
}

// Owned returns what an owner has claimed or is sending.
func (r *reader) Owned(owner string, limit int) ([]*ledger.Entry, error) {
	return r.entries(entryColumns+"WHERE owner = ? AND state IN ('claimed', 'sending') LIMIT ?", owner, limit)
}

// Expired returns claimed entries whose lease has ended.
func (r *reader) Expired(before int64, limit int) ([]*ledger.Entry, error) {
	return r.entries(entryColumns+"INDEXED BY entries_owned WHERE state IN ('claimed', 'sending') AND state = 'claimed' AND lease <= ? LIMIT ?", before, limit)
}

// Owners returns the owners of what is claimed or being sent.
func (r *reader) Owners() ([]string, error) {
	rows, err := r.conn.QueryContext(r.ctx, "SELECT DISTINCT owner FROM entries INDEXED BY entries_owned WHERE state IN ('claimed', 'sending')")
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var o string
		if err := rows.Scan(&o); err != nil {
			return nil, failure(err)
		}
		out = append(out, o)
	}
	return out, failure(rows.Err())
}

const eventColumns = "SELECT seq, at, subject, kind, previous, body, hash FROM events "

func (r *reader) events(q string, args ...any) ([]journal.Event, error) {
	st, err := r.stmt(q)
	if err != nil {
		return nil, failure(err)
	}
	rows, err := st.QueryContext(r.ctx, args...)
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	var out []journal.Event
	for rows.Next() {
		var e journal.Event
		var at int64
		var id, hash []byte
		if err := rows.Scan(&e.Seq, &at, &id, (*string)(&e.Kind), &e.Previous, (*[]byte)(&e.Body), &hash); err != nil {
			return nil, failure(err)
		}
		e.At, e.Subject = time.UnixMicro(at).UTC(), text(id)
		copy(e.Hash[:], hash)
		out = append(out, e)
	}
	return out, failure(rows.Err())
}

// Events returns events in order.
func (r *reader) Events(after int64, limit int, newest bool) ([]journal.Event, error) {
	if newest {
		return r.events(eventColumns+"WHERE seq < ? ORDER BY seq DESC LIMIT ?", after, limit)
	}
	return r.events(eventColumns+"WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)
}

// EventsAt returns the events with these numbers.
func (r *reader) EventsAt(seqs []int64) ([]journal.Event, error) {
	return in(seqs, eventColumns+"WHERE seq IN (%s)", func(q string, args []any) ([]journal.Event, error) { return r.events(q, args...) })
}

// Tallies returns tallies.
func (r *reader) Tallies(kind ledger.Kind, run string, all bool) ([]ledger.Tally, error) {
	q, args := "SELECT kind, run, state, n, amount, first, last FROM tallies", []any{}
	if !all {
		q, args = q+" WHERE kind = ? AND run = ?", append(args, int64(kind), run)
	}
	rows, err := r.conn.QueryContext(r.ctx, q, args...)
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	var out []ledger.Tally
	for rows.Next() {
		var t ledger.Tally
		if err := rows.Scan(&t.Kind, &t.Run, (*string)(&t.State), &t.N, &t.Amount, &t.First, &t.Last); err != nil {
			return nil, failure(err)
		}
		out = append(out, t)
	}
	return out, failure(rows.Err())
}
