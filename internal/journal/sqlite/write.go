package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// writer is the one connection that writes.
type writer struct {
	db *sql.DB
	reader
	now  time.Time
	owed *journal.Head // committed, not kept in the head file yet
	hand hand
	seen
}

// hand is the entries that this journal's owner has in hand, as the database has them:
// what it has claimed and is sending is what it moves next. They are forgotten when
// another connection has written, and when a transaction has failed.
type hand struct {
	kept    map[string]*ledger.Entry // by ID
	written []*ledger.Entry          // by the transaction under way
}

// mostInHand bounds what is kept; a run has a few hundred payments in hand.
const mostInHand = 4096

func (h *hand) forget() { h.kept, h.written = nil, h.written[:0] }

// committed keeps what the transaction has written.
func (h *hand) committed() {
	if h.kept == nil || len(h.kept) > mostInHand {
		h.kept = map[string]*ledger.Entry{}
	}
	for _, e := range h.written {
		if e.State.Owned() {
			h.kept[e.ID] = e
		} else {
			delete(h.kept, e.ID)
		}
	}
	clear(h.written)
	h.written = h.written[:0]
}

// ByIDs returns the entries with these IDs: those in hand from memory.
func (w *writer) ByIDs(ids []string) ([]*ledger.Entry, error) {
	out := make([]*ledger.Entry, 0, len(ids))
	var rest []string
	for _, id := range ids {
		if e := w.hand.kept[id]; e != nil {
			out = append(out, e)
		} else {
			rest = append(rest, id)
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	found, err := w.reader.ByIDs(rest)
	return append(out, found...), err
}

func (s *store) headPath() string { return filepath.Join(s.o.Dir, "journal.head") }

// openWriter opens the database for writing, once, and refuses one that does not
// hold what was kept of it.
func (s *store) openWriter(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w != nil {
		return nil
	}
	if s.o.ReadOnly {
		return onlyRead()
	}
	db, err := s.database(true)
	if err != nil {
		return err
	}
	c, err := s.connect(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	w := &writer{db: db, reader: newReader(ctx, c)}
	if err := s.ready(ctx, c, w); err != nil {
		return errors.Join(err, w.close())
	}
	s.w = w
	return nil
}

// ready makes the schema, the head file and the owner's lock, and compares the
// database with the kept head.
func (s *store) ready(ctx context.Context, c *sql.Conn, w *writer) error {
	before, _, err := schema(ctx, c)
	if err != nil {
		return err
	}
	if s.head == nil {
		if err := s.takeHead(ctx, c, before); err != nil {
			return err
		}
	}
	if err := s.migrate(ctx, c, before == 0); err != nil {
		return err
	}
	kept, _, ok, err := s.head.load()
	if err != nil {
		return failure(err)
	}
	head, err := w.Head()
	if err != nil {
		return err
	}
	if err := agree(&w.reader, kept, ok, head); err != nil {
		return err
	}
	return s.live()
}

// takeHead opens the head file. That of a new journal is there before its tables:
// tables without it have lost it. before is the version of the schema as it was seen
// last.
func (s *store) takeHead(ctx context.Context, c *sql.Conn, before int) error {
	hf, err := openHead(s.headPath(), before == 0)
	if err != nil {
		if before != 0 {
			return &journal.CorruptError{Bad: journal.BadEvent{Fault: journal.Headless, Detail: err.Error()}}
		}
		return failure(err)
	}
	if before == 0 {
		if err := hf.save(journal.Head{}); err != nil {
			return errors.Join(failure(err), hf.close())
		}
	}
	s.head = hf
	if before == 0 {
		return lost(ctx, c, hf)
	}
	return nil
}

// lost tells a new journal from one whose database is gone while its head is
// still there: no empty one is put in its place. The database is looked at after the
// head: another process may have made the tables and its first events meanwhile.
func lost(ctx context.Context, c *sql.Conn, hf *headFile) error {
	kept, _, ok, err := hf.load()
	if err != nil {
		return failure(err)
	}
	version, _, err := schema(ctx, c)
	if err != nil {
		return err
	}
	if ok && kept.Seq > 0 && version == 0 {
		return &journal.CorruptError{Bad: journal.BadEvent{Seq: 1, Fault: journal.Truncated, Detail: fmt.Sprintf("the database is empty, the separately kept head is event %d", kept.Seq)}}
	}
	return nil
}

// agree compares the end of the chain with the kept head.
func agree(r *reader, kept journal.Head, ok bool, head journal.Head) error {
	bad := func(seq int64, f journal.Fault, detail string) error {
		return &journal.CorruptError{Bad: journal.BadEvent{Seq: seq, Fault: f, Detail: detail}}
	}
	switch {
	case !ok:
		return bad(head.Seq, journal.Headless, "the separately kept head is unreadable")
	case kept.Seq > head.Seq:
		return bad(head.Seq+1, journal.Truncated, "the chain ends before the separately kept head")
	case kept.Seq == 0:
		return follows(r, kept)
	}
	events, err := r.EventsAt([]int64{kept.Seq})
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return bad(kept.Seq, journal.Missing, "the event of the separately kept head is absent")
	}
	if events[0].Hash != kept.Hash {
		return bad(kept.Seq, journal.Forked, "the separately kept head has another hash for this event")
	}
	return follows(r, kept)
}

// follows checks the events after the kept head: the last group of each process
// that died before it could keep its head.
func follows(r *reader, kept journal.Head) error {
	bad, err := r.unlinked(kept)
	if err == nil && bad != nil {
		err = &journal.CorruptError{Bad: *bad}
	}
	return err
}

// Write runs f in one immediate transaction. Its commit is one fsync of the WAL.
func (s *store) Write(ctx context.Context, f func(ledger.Tx) error) error {
	if err := s.openWriter(ctx); err != nil {
		return err
	}
	if err := s.owed(); err != nil {
		return err
	}
	w := s.w
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return failure(err)
	}
	w.now = s.o.Clock.Now().UTC().Truncate(time.Microsecond)
	err := w.follow()
	w.tail = w.end
	if err == nil {
		err = f(w)
	}
	if err != nil {
		w.hand.forget()
		// A failed statement may have rolled back by itself already.
		_ = w.exec("ROLLBACK")
		if errors.Is(err, ledger.ErrTouched) {
			err = errors.Join(err, s.marks.doubt())
		}
		return err
	}
	end := w.tail
	err = s.marks.own(false, func() error {
		if err := w.exec("COMMIT"); err != nil {
			return uncertain(err)
		}
		w.end = end
		return nil
	})
	if err != nil {
		w.hand.forget()
		_ = w.exec("ROLLBACK") // of what was not committed; else it has nothing to end
		return err
	}
	w.hand.committed()
	return nil
}

// uncertain is the error of a failed COMMIT. A full disk or a busy database has
// kept nothing; after any other failure the system may or may not have kept what
// was written, and only a later opening can tell.
func uncertain(err error) error {
	var se *driver.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case lib.SQLITE_FULL, lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			return failure(err)
		}
	}
	return journal.Uncertain(err)
}

// Seal keeps the head in its file; a head that cannot be kept is owed by the next
// Write.
func (s *store) Seal(_ context.Context, h journal.Head) error {
	s.w.owed = &h
	return s.owed()
}

func (s *store) owed() error {
	if s.w.owed == nil {
		return nil
	}
	if err := s.head.save(*s.w.owed); err != nil {
		return failure(err)
	}
	s.w.owed = nil
	return nil
}

func (w *writer) exec(sql string) error {
	st, err := w.stmt(sql)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(w.ctx)
	return err
}

// Now is the time of this transaction.
func (w *writer) Now() time.Time { return w.now }

// wide is how many rows one INSERT takes.
const wide = 64

// bulk runs an INSERT, or an UPDATE from VALUES, for rows of n columns: wide rows at a time, the rest one by
// one. args appends the i-th row's values.
func (w *writer) bulk(head, tail string, rows, columns int, args func(a []any, i int) []any) error {
	one := "(?" + strings.Repeat(",?", columns-1) + ")"
	many := head + one + strings.Repeat(","+one, wide-1) + tail
	single := head + one + tail
	a := w.args[:0]
	for i := 0; i < rows; {
		q, n := single, 1
		if rows-i >= wide {
			q, n = many, wide
		}
		a = a[:0]
		for k := range n {
			a = args(a, i+k)
		}
		st, err := w.stmt(q)
		if err != nil {
			return failure(err)
		}
		if _, err := st.ExecContext(w.ctx, a...); err != nil {
			return failure(err)
		}
		i += n
	}
	clear(a[:cap(a)])
	w.args = a[:0]
	return nil
}

// Append adds events.
func (w *writer) Append(events []journal.Event) error {
	if n := len(events); n > 0 {
		w.tail = journal.Head{Seq: events[n-1].Seq, Hash: events[n-1].Hash}
	}
	return w.bulk("INSERT OR ROLLBACK INTO events (seq, at, subject, kind, previous, body, hash) VALUES ", "", len(events), 7,
		func(a []any, i int) []any {
			e := &events[i]
			return append(a, e.Seq, e.At.UnixMicro(), blob(e.Subject), string(e.Kind), e.Previous, []byte(e.Body), e.Hash[:])
		})
}

// Insert adds entries.
func (w *writer) Insert(entries []*ledger.Entry) error {
	w.hand.written = append(w.hand.written, entries...)
	return w.bulk("INSERT OR ROLLBACK INTO entries (first, last, id, kind, key, attempt, overridden, run, row, amount, state, owner, lease, live) VALUES ", "",
		len(entries), 14, func(a []any, i int) []any {
			e := entries[i]
			return append(a, e.First, e.Last, blob(e.ID), int64(e.Kind), e.Key, int64(e.Attempt), e.Overridden, e.Run, int64(e.Row), e.Amount,
				string(e.State), e.Owner, e.LeaseUntil, e.Live)
		})
}

// Update puts what moves change.
func (w *writer) Update(entries []*ledger.Entry) error {
	w.hand.written = append(w.hand.written, entries...)
	return w.bulk("UPDATE OR ROLLBACK entries SET last = v.column2, state = v.column3, owner = v.column4, lease = v.column5, live = v.column6 FROM (VALUES ",
		") AS v WHERE entries.first = v.column1", len(entries), 6, func(a []any, i int) []any {
			e := entries[i]
			return append(a, e.First, e.Last, string(e.State), e.Owner, e.LeaseUntil, e.Live)
		})
}

// Count adds to tallies.
func (w *writer) Count(tallies []ledger.Tally) error {
	return w.bulk("INSERT INTO tallies (kind, run, state, n, amount, first, last) VALUES ",
		` ON CONFLICT (kind, run, state) DO UPDATE SET n = n + excluded.n, amount = amount + excluded.amount,
		first = min(first, excluded.first), last = max(last, excluded.last)`, len(tallies), 7,
		func(a []any, i int) []any {
			t := &tallies[i]
			return append(a, int64(t.Kind), t.Run, string(t.State), t.N, t.Amount, t.First, t.Last)
		})
}

// blob is a UUID as the tables keep it; nil for anything else, which no row has.
func blob(id string) []byte {
	u, err := uuid.Parse(id)
	if err != nil {
		return nil
	}
	return u[:]
}

func (w *writer) close() error { return errors.Join(w.reader.close(), w.db.Close()) }
