package sqlite

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// mark says what the database looked like when this programme last knew that
// everything in it is its own. The file of the database changes only when the
// write-ahead log goes into it, and each time this programme does that it writes
// the mark anew, under the mark's lock. So a file that differs from its mark was
// changed by somebody else, or by a process that died at that very moment, and the
// journal is verified as a whole before the next write. Nobody can change rows
// through SQLite without a trace either: the triggers that guard them can only be
// taken away by changing the schema, whose number the mark holds, too.
type mark struct {
	schema int64 // SQLite's number of the schema, which every change of it increases
	file   trace
}

// trace is what tells one content of a file from another without reading it. Where
// the system has no time of the last change of any kind, the time of writing stands
// for it.
type trace struct {
	size, written, changed int64 // bytes, nanoseconds
	inode                  uint64
}

func (s *store) markPath() string { return filepath.Join(s.o.Dir, "journal.mark") }

// String is the mark as its file holds it.
func (m mark) String() string {
	line := fmt.Sprintf("epgu journal mark 1 %d %d %d %d %d", m.schema, m.file.size, m.file.written, m.file.changed, m.file.inode)
	return fmt.Sprintf("%s %08x\n", line, crc32.ChecksumIEEE([]byte(line)))
}

// parseMark reads a mark; ok is false for anything else.
func parseMark(b []byte) (m mark, ok bool) {
	var sum uint32
	n, err := fmt.Sscanf(string(b), "epgu journal mark 1 %d %d %d %d %d %x\n", &m.schema, &m.file.size, &m.file.written, &m.file.changed, &m.file.inode, &sum)
	return m, err == nil && n == 6 && m.String() == string(b)
}

// marks is the mark's file and its lock.
type marks struct {
	s    *store
	lock *flock.Flock
}

func (s *store) newMarks() *marks {
	return &marks{s: s, lock: flock.New(s.markPath()+".lock", flock.SetPermissions(0o600))}
}

// read returns the mark, a zero one when there is none.
func (k *marks) read() (mark, error) {
	b, err := os.ReadFile(k.s.markPath())
	if errors.Is(err, fs.ErrNotExist) {
		return mark{}, nil
	}
	if err != nil {
		return mark{}, failure(err)
	}
	m, _ := parseMark(b)
	return m, nil
}

// write makes m the mark. It needs no fsync: after a power cut a mark that was lost
// only means that the journal is verified once.
func (k *marks) write(m mark) error {
	return failure(os.WriteFile(k.s.markPath(), []byte(m.String()), 0o600))
}

// doubt takes the mark away, so that everybody verifies the journal before writing.
func (k *marks) doubt() error {
	if err := k.lock.Lock(); err != nil {
		return failure(err)
	}
	return errors.Join(failure(k.write(mark{})), failure(k.lock.Unlock()))
}

// trace looks at the database's file.
func (k *marks) trace() (trace, error) {
	fi, err := os.Stat(k.s.path())
	if err != nil {
		return trace{}, failure(err)
	}
	return traceOf(fi), nil
}

// own runs f, which may change the database's file, and keeps the mark true. What
// somebody else changed before is not ours: then must says whether f runs all the
// same, which leaves the mark as it is, or not at all, with ErrTouched. When f has
// run the error is f's own: a mark that could not be written is found wrong the next
// time.
func (k *marks) own(must bool, f func() error) error {
	err := k.lock.Lock()
	if err != nil && !must {
		return failure(err)
	}
	m, markErr := k.read()
	before, traceErr := k.trace()
	ours := err == nil && markErr == nil && traceErr == nil && before == m.file
	if ours || must {
		if err = f(); err == nil && ours {
			if m.file, traceErr = k.trace(); traceErr == nil && m.file != before {
				_ = k.write(m)
			}
		}
	} else if err = errors.Join(markErr, traceErr); err == nil {
		err = ledger.ErrTouched
	}
	_ = k.lock.Unlock()
	return err
}

// look is what the mark would be if the database were known as it is.
func (s *store) look() (mark, error) {
	file, err := s.marks.trace()
	if err != nil {
		return mark{}, err
	}
	m := mark{file: file}
	m.schema, err = s.w.pragma("PRAGMA schema_version")
	return m, err
}

// Known compares the database with its mark, and notes where the chain ends now.
func (s *store) Known(ctx context.Context) (string, bool, error) {
	if err := s.openWriter(ctx); err != nil {
		return "", false, err
	}
	if err := s.owed(); err != nil {
		return "", false, err
	}
	text, known, err := s.compare()
	if err != nil || known {
		return text, known, err
	}
	// What is verified must come from the disk, and not from pages that a connection
	// read before they were changed.
	s.mu.Lock()
	err = failure(s.marks.own(true, s.disconnect))
	s.w, s.read = nil, nil
	s.mu.Unlock()
	if err == nil {
		err = s.openWriter(ctx)
	}
	if err != nil {
		return "", false, err
	}
	return s.compare()
}

func (s *store) compare() (text string, known bool, err error) {
	if err := s.marks.lock.Lock(); err != nil {
		return "", false, failure(err)
	}
	defer func() { err = errors.Join(err, s.marks.lock.Unlock()) }()
	m, err := s.look()
	if err != nil {
		return "", false, err
	}
	have, err := s.marks.read()
	if err != nil {
		return "", false, err
	}
	s.w.schema = m.schema
	return m.String(), have == m, s.w.catchUp()
}

// Trust writes the mark of a database that was verified.
func (s *store) Trust(_ context.Context, text string) (ok bool, err error) {
	if err := s.marks.lock.Lock(); err != nil {
		return false, failure(err)
	}
	defer func() { err = errors.Join(err, s.marks.lock.Unlock()) }()
	m, err := s.look()
	if err != nil || m.String() != text {
		return false, err
	}
	return true, s.marks.write(m)
}

// seen is what the writer knows of the chain and of the connection's sight of it.
type seen struct {
	schema  int64
	version int64 // SQLite's data_version: it changes when another connection commits
	end     journal.Head
	tail    journal.Head // the end once this transaction is committed
}

// catchUp notes the end of the chain and the connection's sight, at one moment.
func (w *writer) catchUp() error {
	w.hand.forget()
	if err := w.exec("BEGIN"); err != nil {
		return failure(err)
	}
	err := func() (err error) {
		if w.end, err = w.Head(); err != nil {
			return err
		}
		w.version, err = w.pragma("PRAGMA data_version")
		return err
	}()
	if end := w.exec("COMMIT"); end != nil && err == nil {
		err = failure(end)
	}
	return err
}

// follow looks, within a transaction, at what others have committed since the last
// one. They may only have added events that follow; anything else is not ours.
func (w *writer) follow() error {
	schema, err := w.pragma("PRAGMA schema_version")
	if err != nil {
		return err
	}
	if schema != w.schema {
		return ledger.ErrTouched
	}
	version, err := w.pragma("PRAGMA data_version")
	if err != nil || version == w.version {
		return err
	}
	w.hand.forget()
	head, err := w.Head()
	if err != nil {
		return err
	}
	if head.Seq <= w.end.Seq {
		return ledger.ErrTouched
	}
	if bad, err := w.unlinked(w.end); err != nil || bad != nil {
		if err == nil {
			err = ledger.ErrTouched // to be named by a look at the whole
		}
		return err
	}
	w.version, w.end = version, head
	return nil
}

// unlinked returns the first event after a head that does not follow from it.
func (r *reader) unlinked(at journal.Head) (*journal.BadEvent, error) {
	const page = 512
	for {
		events, err := r.Events(at.Seq, page, false)
		if err != nil {
			return nil, err
		}
		for i := range events {
			e := &events[i]
			if e.Seq != at.Seq+1 {
				return &journal.BadEvent{Seq: at.Seq + 1, Fault: journal.Missing, Detail: fmt.Sprintf("event %d follows event %d", e.Seq, at.Seq)}, nil
			}
			if journal.Link(at.Hash, e) != e.Hash {
				return &journal.BadEvent{Seq: e.Seq, Subject: e.Subject, Fault: journal.Edited, Detail: "the event does not match its hash " + e.Hash.String()}, nil
			}
			at = journal.Head{Seq: e.Seq, Hash: e.Hash}
		}
		if len(events) < page {
			return nil, nil
		}
	}
}

// pragma reads a number.
func (w *writer) pragma(q string) (n int64, err error) {
	st, err := w.stmt(q)
	if err != nil {
		return 0, failure(err)
	}
	return n, failure(st.QueryRowContext(w.ctx).Scan(&n))
}
