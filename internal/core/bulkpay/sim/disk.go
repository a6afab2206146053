package sim

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// disk is a store of the journal under the real ledger: what is committed is
// durable, and a commit can fail in every way that a disk or a connection knows.
type disk struct {
	w      *world
	events []journal.Event
	rows   []*ledger.Entry // in the order of First
	tally  []ledger.Tally
	seal   sync.Mutex // the ledger seals after it has answered
	sealed journal.Head
	faults bool

	touched bool // somebody else has changed it since it was last known
}

// begin gives a transaction a view of its own. Entries are replaced and never
// changed in place, so the lists alone are copied; events only grow.
func (d *disk) begin() *tables {
	return &tables{d: d, events: d.events, rows: slices.Clone(d.rows), tally: slices.Clone(d.tally)}
}

// committed is what is durable, for reading.
func (d *disk) committed() *tables {
	return &tables{d: d, events: d.events, rows: d.rows, tally: d.tally}
}

// tables is the view of one transaction.
type tables struct {
	d      *disk
	events []journal.Event
	rows   []*ledger.Entry
	tally  []ledger.Tally
}

// handle is one process's connection to the disk.
type handle struct {
	*disk
	owner string
}

var errDisk = errors.New("simulated: input/output error")

func (h *handle) Write(_ context.Context, f func(ledger.Tx) error) error {
	d := h.disk
	if d.touched {
		return ledger.ErrTouched
	}
	t := d.begin()
	if err := f(t); err != nil {
		return err
	}
	commit := func() { d.events, d.rows, d.tally = t.events, t.rows, t.tally }
	if d.faults {
		switch n := d.w.rnd.IntN(d.w.opts.diskFault); n {
		case 0: // fsync failed and the store rolled back; or the write was torn, and recovery drops it
			d.w.log("disk: fsync error, rolled back")
			return journal.Store(errDisk)
		case 1:
			d.w.log("disk: no space")
			return journal.NoSpace(errDisk)
		case 2:
			d.w.log("disk: commit uncertain, it was written")
			commit()
			return journal.Uncertain(errDisk)
		case 3:
			d.w.log("disk: commit uncertain, it was not written")
			return journal.Uncertain(errDisk)
		}
	}
	commit()
	return nil
}

func (h *handle) Known(context.Context) (string, bool, error) { return "", !h.disk.touched, nil }

func (h *handle) Trust(context.Context, string) (bool, error) {
	h.disk.touched = false
	return true, nil
}

func (h *handle) Seal(_ context.Context, head journal.Head) error {
	h.seal.Lock()
	defer h.seal.Unlock()
	if head.Seq > h.sealed.Seq {
		h.sealed = head
	}
	return nil
}

func (h *handle) Read(_ context.Context, f func(ledger.Reader) error) error { return f(h.committed()) }

func (h *handle) KeptHead(context.Context, ledger.Reader) (journal.Head, bool, error) {
	h.seal.Lock()
	defer h.seal.Unlock()
	return h.sealed, true, nil
}

func (h *handle) Dead(_ context.Context, owner string) (bool, error) { return h.w.dead[owner], nil }

func (h *handle) Check(context.Context, ledger.Reader) (string, error) { return "", nil }

func (h *handle) Close() error { return nil }

func (t *tables) Now() time.Time { return t.d.w.now.UTC().Truncate(time.Microsecond) }

func (t *tables) Head() (journal.Head, error) {
	if len(t.events) == 0 {
		return journal.Head{}, nil
	}
	e := &t.events[len(t.events)-1]
	return journal.Head{Seq: e.Seq, Hash: e.Hash}, nil
}

// where returns copies of the entries that keep accepts, at most limit (0: all).
func (t *tables) where(limit int, keep func(*ledger.Entry) bool) ([]*ledger.Entry, error) {
	var out []*ledger.Entry
	for _, e := range t.rows {
		if keep(e) {
			c := *e
			if out = append(out, &c); limit > 0 && len(out) == limit {
				break
			}
		}
	}
	return out, nil
}

func (t *tables) ByIDs(ids []string) ([]*ledger.Entry, error) {
	return t.where(0, func(e *ledger.Entry) bool { return slices.Contains(ids, e.ID) })
}

func byKey(out []*ledger.Entry, err error) ([]*ledger.Entry, error) {
	slices.SortStableFunc(out, func(a, b *ledger.Entry) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Attempt, b.Attempt))
	})
	return out, err
}

func (t *tables) ByKeys(keys []string) ([]*ledger.Entry, error) {
	return byKey(t.where(0, func(e *ledger.Entry) bool { return slices.Contains(keys, e.Key) }))
}

func (t *tables) ByPrefixes(prefixes []string, _ int) ([]*ledger.Entry, error) { // a world has fewer than any limit
	return byKey(t.where(0, func(e *ledger.Entry) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(e.Key, p) })
	}))
}

func (t *tables) Page(q ledger.PageQuery) ([]*ledger.Entry, error) {
	rows := t.rows
	if q.Newest {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	view := &tables{d: t.d, rows: rows}
	return view.where(q.Limit, func(e *ledger.Entry) bool {
		in := e.First > q.After && e.First <= q.Until
		if q.Newest {
			in = e.First < q.After && e.First >= q.Until
		}
		return in && (q.All || e.Run == q.Run) && (q.Kind == 0 || e.Kind == q.Kind)
	})
}

func (t *tables) Open(q ledger.OpenQuery) ([]*ledger.Entry, error) {
	out, err := t.where(0, func(e *ledger.Entry) bool {
		return e.Kind == q.Kind && e.Run == q.Run && e.State == q.State &&
			(e.Row > q.AfterRow || e.Row == q.AfterRow && e.First > q.AfterFirst)
	})
	slices.SortStableFunc(out, func(a, b *ledger.Entry) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.First, b.First)) })
	return out[:min(len(out), q.Limit)], err
}

func (t *tables) Owned(owner string, limit int) ([]*ledger.Entry, error) {
	return t.where(limit, func(e *ledger.Entry) bool { return e.Owner == owner && e.State.Owned() })
}

func (t *tables) Expired(before int64, limit int) ([]*ledger.Entry, error) {
	return t.where(limit, func(e *ledger.Entry) bool { return e.State == journal.Claimed && e.LeaseUntil <= before })
}

func (t *tables) Owners() ([]string, error) {
	var out []string
	for _, e := range t.rows {
		if e.State.Owned() && !slices.Contains(out, e.Owner) {
			out = append(out, e.Owner)
		}
	}
	return out, nil
}

func (t *tables) Events(after int64, limit int, newest bool) ([]journal.Event, error) {
	var out []journal.Event
	if newest {
		for i := len(t.events) - 1; i >= 0 && len(out) < limit; i-- {
			if after == 0 || t.events[i].Seq < after {
				out = append(out, t.events[i])
			}
		}
		return out, nil
	}
	for i := int(max(after, 0)); i < len(t.events) && len(out) < limit; i++ {
		out = append(out, t.events[i])
	}
	return out, nil
}

func (t *tables) EventsAt(seqs []int64) ([]journal.Event, error) {
	out := make([]journal.Event, 0, len(seqs))
	for _, s := range seqs {
		if s >= 1 && s <= int64(len(t.events)) {
			out = append(out, t.events[s-1])
		}
	}
	return out, nil
}

func (t *tables) Tallies(kind ledger.Kind, run string, all bool) ([]ledger.Tally, error) {
	var out []ledger.Tally
	for _, y := range t.tally {
		if all && (kind == 0 || y.Kind == kind) || y.Kind == kind && y.Run == run {
			out = append(out, y)
		}
	}
	return out, nil
}

func (t *tables) Append(events []journal.Event) error {
	t.events = append(t.events, events...)
	return nil
}

func (t *tables) Insert(entries []*ledger.Entry) error {
	for _, e := range entries {
		c := *e
		t.rows = append(t.rows, &c)
	}
	slices.SortStableFunc(t.rows, func(a, b *ledger.Entry) int { return cmp.Compare(a.First, b.First) })
	return nil
}

func (t *tables) Update(entries []*ledger.Entry) error {
	for _, e := range entries {
		i := slices.IndexFunc(t.rows, func(r *ledger.Entry) bool { return r.ID == e.ID })
		if i < 0 {
			return journal.Store(errDisk)
		}
		c := *e
		t.rows[i] = &c
	}
	return nil
}

func (t *tables) Count(tallies []ledger.Tally) error {
	for _, y := range tallies {
		i := slices.IndexFunc(t.tally, func(z ledger.Tally) bool { return z.Kind == y.Kind && z.Run == y.Run && z.State == y.State })
		if i < 0 {
			t.tally = append(t.tally, y)
			continue
		}
		z := &t.tally[i]
		z.N, z.Amount = z.N+y.N, z.Amount+y.Amount
		z.First, z.Last = min(z.First, y.First), max(z.Last, y.Last)
	}
	return nil
}
