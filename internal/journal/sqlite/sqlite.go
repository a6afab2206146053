// Package sqlite is the journal of one machine: a SQLite database in a folder of
// its own, which several processes may use at once. Only app and tests open it;
// everybody else sees journal.Journal.
//
// The folder holds journal.db (with its -wal and -shm), journal.head, where the
// end of the chain is kept a second time, journal.mark, by which a change of the
// database that is not this programme's is noticed, a .lock of each of these two,
// and owners/, with one locked file for each process that has the journal open.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// Options says where the journal is.
type Options struct {
	Dir   string        // the journal's folder, made when absent (0700)
	Clock clock.Clock   // the time of events; the machine's when nil
	Wait  time.Duration // how long to wait for another process's commit; 10 s when 0
	// ReadOnly opens a copy: no byte of Dir changes, and writing is refused. A
	// folder that cannot be written to is opened so by itself.
	ReadOnly bool
}

// Open opens the journal in o.Dir. It touches the disk only when the journal is
// first used: reading opens the database, writing also takes an owner's lock.
func Open(_ context.Context, o Options) (journal.Journal, error) {
	if o.Dir == "" {
		return nil, journal.Store(errors.New("no folder for the journal"))
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Wait <= 0 {
		o.Wait = 10 * time.Second
	}
	owner, err := ledger.NewID()
	if err != nil {
		return nil, err
	}
	s := &store{o: o, owner: owner}
	s.marks = s.newMarks()
	return ledger.New(s, owner), nil
}

// store is the backend. The writer's goroutine alone uses w.
type store struct {
	o     Options
	owner string

	mu   sync.Mutex // guards read and the opening
	read *pool
	w    *writer

	temp   string       // a private copy of a sealed journal, "" when there is none
	sealed bool         // read without changing a byte of its folder
	lock   *flock.Flock // this owner's life
	head   *headFile
	marks  *marks
}

// folder makes the journal's folder.
func (s *store) folder() error {
	if err := os.MkdirAll(filepath.Join(s.o.Dir, "owners"), 0o700); err != nil {
		return failure(fmt.Errorf("make the journal's folder: %w", err))
	}
	return nil
}

func (s *store) path() string { return filepath.Join(s.o.Dir, "journal.db") }

// live takes this owner's lock, which the system frees when the process ends,
// however it ends.
func (s *store) live() error {
	if s.lock != nil {
		return nil
	}
	l := flock.New(s.ownerPath(s.owner), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return failure(fmt.Errorf("take the owner's lock: %w", err))
	}
	if !ok {
		return journal.Busy(fmt.Errorf("the owner's lock %s is taken", l.Path()))
	}
	s.lock = l
	return nil
}

func (s *store) ownerPath(owner string) string {
	return filepath.Join(s.o.Dir, "owners", owner+".lock")
}

// Dead reports whether owner's lock is free. Its file goes with it: an owner's
// ID is never used again.
func (s *store) Dead(_ context.Context, owner string) (bool, error) {
	if filepath.Base(owner) != owner {
		return true, nil // no ID of ours: nobody can hold it
	}
	path := s.ownerPath(owner)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	} else if err != nil {
		return false, failure(err)
	}
	l := flock.New(path, flock.SetFlag(os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, failure(fmt.Errorf("test an owner's lock: %w", err))
	case !ok:
		return false, l.Close()
	}
	_ = os.Remove(path)
	return true, l.Close()
}

// disconnect closes the database.
func (s *store) disconnect() error {
	var errs []error
	if s.w != nil {
		errs = append(errs, s.w.close())
	}
	if s.read != nil {
		errs = append(errs, s.read.close())
	}
	return errors.Join(errs...)
}

// Close gives everything up.
func (s *store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.w != nil || s.read != nil && !s.sealed {
		// The last connection to be closed brings the log into the database.
		errs = append(errs, s.marks.own(true, s.disconnect), s.marks.lock.Close())
	} else {
		errs = append(errs, s.disconnect())
	}
	if s.head != nil {
		errs = append(errs, s.head.close())
	}
	if s.temp != "" {
		errs = append(errs, os.RemoveAll(s.temp))
	}
	if s.lock != nil {
		_ = os.Remove(s.lock.Path())
		errs = append(errs, s.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return failure(err)
	}
	return nil
}
