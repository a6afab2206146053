// Package flock lets processes take turns by an advisory lock on a file. The
// lock file is made once and never removed: removing it would let two
// processes hold "the" lock on two different files of one name. The operating
// system drops the lock when its holder dies. It is a leaf: every package may
// import it.
package flock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked reports that another holder, in this process or elsewhere, has the
// lock now.
var ErrLocked = errors.New("locked by another process")

// The wait between two tries grows from shortest to longest, so that a short
// holder is followed at once and a long one costs nothing.
const (
	shortestWait = 2 * time.Millisecond
	longestWait  = 50 * time.Millisecond
)

// Lock is a lock that is held.
type Lock struct{ f *flock.Flock }

// TryLock takes the exclusive lock on the file at path, which it makes (0600)
// if absent; the directory must exist. It returns ErrLocked at once when
// somebody else holds the lock. Two calls exclude each other even within one
// process.
func TryLock(path string) (*Lock, error) {
	f := flock.New(path, flock.SetFlag(openFlags), flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, ErrLocked)
	}
	return &Lock{f}, nil
}

// Take waits for the lock until ctx ends; then it returns ctx's error.
func Take(ctx context.Context, path string) (*Lock, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := shortestWait; ; wait = min(wait*2, longestWait) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, err := TryLock(path)
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
}

// Unlock gives the lock back. The file stays. A second call does nothing.
func (l *Lock) Unlock() error { return l.f.Unlock() }
