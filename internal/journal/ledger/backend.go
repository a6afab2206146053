package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// ErrTouched is the error of a Write that found the store changed by somebody who
// is not this programme. Nothing was written.
var ErrTouched = errors.New("ledger: the store was changed from outside")

// Backend is a store: tables of events, entries and tallies. Its errors are
// already those of package journal (NoSpace, Busy, CorruptError, …).
type Backend interface {
	// Known reports whether the store is as this programme left it, at the cost of a
	// few looks. look names what was seen, for Trust.
	Known(ctx context.Context) (look string, known bool, err error)
	// Trust makes the state that Known has named known, after it was verified. ok is
	// false when the store has changed since.
	Trust(ctx context.Context, look string) (ok bool, err error)
	// Write runs f in one transaction that excludes every other writer of the same
	// journal and is durable when Write returns nil. f's error rolls it back. A store
	// that is no longer known gives ErrTouched.
	Write(ctx context.Context, f func(Tx) error) error
	// Seal keeps the head of the chain in the second place, after a Write.
	Seal(ctx context.Context, h journal.Head) error
	// Read runs f on one consistent state.
	Read(ctx context.Context, f func(Reader) error) error
	// KeptHead returns the head from the second place; ok is false when it is absent or unreadable.
	KeptHead(ctx context.Context, r Reader) (h journal.Head, ok bool, err error)
	// Dead reports whether an owner other than this one is gone.
	Dead(ctx context.Context, owner string) (bool, error)
	// Check looks for damage below the level of rows; "" when there is none.
	Check(ctx context.Context, r Reader) (string, error)
	Close() error
}

// Reader reads.
type Reader interface {
	Head() (journal.Head, error)
	ByIDs(ids []string) ([]*Entry, error)
	// ByKeys returns the entries of the keys by key and attempt.
	ByKeys(keys []string) ([]*Entry, error)
	// ByPrefixes returns the entries whose key begins with one of the prefixes, which
	// are distinct and in order, by key and attempt; at least limit for each prefix if
	// there are so many.
	ByPrefixes(prefixes []string, limit int) ([]*Entry, error)
	// Page returns entries in the order of First.
	Page(q PageQuery) ([]*Entry, error)
	// Open returns entries of a run in one open state, in the order of rows, after
	// the given row and First.
	Open(q OpenQuery) ([]*Entry, error)
	// Owned returns claimed and sending entries: of one owner, or claimed ones of
	// anybody whose lease ended before the given time (microseconds).
	Owned(owner string, limit int) ([]*Entry, error)
	Expired(before int64, limit int) ([]*Entry, error)
	// Owners returns the owners of claimed and sending entries.
	Owners() ([]string, error)
	// Events returns events in the order of Seq (falling when newest).
	Events(after int64, limit int, newest bool) ([]journal.Event, error)
	// EventsAt returns the events with these numbers, in any order.
	EventsAt(seqs []int64) ([]journal.Event, error)
	// Tallies returns the tallies of a run, or all when all is set.
	Tallies(kind Kind, run string, all bool) ([]Tally, error)
}

// Tx reads and writes.
type Tx interface {
	Reader
	// Now is the time by the store's clock, whole microseconds, UTC.
	Now() time.Time
	// Append adds events; Insert and Update put entries; Count adds to tallies.
	Append(events []journal.Event) error
	Insert(entries []*Entry) error
	Update(entries []*Entry) error
	Count(tallies []Tally) error
}

// PageQuery asks for entries with After < First <= Until, or Until <= First <
// After when Newest.
type PageQuery struct {
	Kind   Kind
	Run    string // "" with AllRuns
	All    bool   // any run, any kind when Kind is 0
	After  int64
	Until  int64
	Newest bool
	Limit  int
}

// OpenQuery asks for open entries of one state.
type OpenQuery struct {
	Kind       Kind
	Run        string
	State      journal.State
	AfterRow   int
	AfterFirst int64
	Limit      int
	Lock       bool // leave out what another transaction holds, hold the rest
}
