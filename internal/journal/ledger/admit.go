package ledger

import (
	"context"
	"errors"

	"github.com/epgu-cli/epgu/internal/journal"
)

// admitTries is how often a store that changes while it is verified is looked at
// anew.
const admitTries = 3

// admit is the one check before writing: a store that somebody else has changed is
// verified as a whole, and one that does not hold takes no more writes, in this
// process and in any other. Only the writer's goroutine calls it.
func (l *Ledger) admit(ctx context.Context) error {
	if l.corrupt != nil {
		return l.corrupt
	}
	for range admitTries {
		if l.known {
			return nil
		}
		look, known, err := l.b.Known(ctx)
		if err != nil {
			return err
		}
		if !known {
			if _, err := l.verify(ctx); err != nil {
				var corrupt *journal.CorruptError
				if errors.As(err, &corrupt) {
					l.corrupt = corrupt
				}
				return err
			}
			if known, err = l.b.Trust(ctx, look); err != nil {
				return err
			}
		}
		l.known = known
	}
	if !l.known {
		return journal.Busy(ErrTouched)
	}
	return nil
}

// admitted runs f, which writes, on a store that is known. One that turns out to
// have been changed meanwhile is verified, and f runs again.
func (l *Ledger) admitted(ctx context.Context, f func() error) error {
	for range admitTries {
		if err := l.admit(ctx); err != nil {
			return err
		}
		err := f()
		if !errors.Is(err, ErrTouched) {
			return err
		}
		l.known = false
	}
	return journal.Busy(ErrTouched)
}
