package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// op is one call waiting for its place in a group. run works on the group in
// memory: it either does everything or returns an error and has changed
// nothing.
type op struct {
	ctx       context.Context
	run       func(g *group) error
	ids, keys []string // read before run
	weight    int      // records it writes, to bound a group
	done      chan error
}

// A group ends at so many calls or records; a single call may be larger.
const (
	groupOps    = 512
	groupWeight = 8192
)

// write is the writer: it takes what has queued up while the last commit ran,
// and commits it together. A call that comes alone is committed at once.
func (l *Ledger) write() {
	defer close(l.done)
	var held *op
	for {
		first := held
		held = nil
		if first == nil {
			var ok bool
			if first, ok = <-l.queue; !ok {
				return
			}
		}
		ops, weight := []*op{first}, first.weight
	gather:
		for len(ops) < groupOps && weight < groupWeight {
			select {
			case o, ok := <-l.queue:
				if !ok {
					break gather
				}
				if weight+o.weight > groupWeight {
					held = o
					break gather
				}
				ops = append(ops, o)
				weight += o.weight
			default:
				break gather
			}
		}
		l.commit(ops)
	}
}

// commit runs the ops in one transaction and answers each.
func (l *Ledger) commit(ops []*op) {
	errs := make([]error, len(ops))
	var head journal.Head
	wrote := false
	ctx := context.Background()
	err := l.admitted(ctx, func() error {
		return l.b.Write(ctx, func(tx Tx) error {
			wrote = false
			g, err := newGroup(tx, l.owner, ops)
			if err != nil {
				return err
			}
			for i, o := range ops {
				errs[i] = o.ctx.Err()
				if errs[i] == nil {
					errs[i] = o.run(g)
				}
				if g.broken != nil {
					return g.broken
				}
			}
			if err := g.flush(); err != nil {
				return err
			}
			wrote, head = g.wrote, g.head
			return nil
		})
	})
	for i, o := range ops {
		if err != nil {
			errs[i] = err
		}
		o.done <- errs[i]
	}
	if err == nil && wrote {
		// A head that could not be kept is kept by the next Write, or that one fails:
		// the backend remembers it.
		_ = l.b.Seal(ctx, head)
	}
}

// group is the state of one transaction.
type group struct {
	tx     Tx
	owner  string
	now    time.Time
	head   journal.Head
	broken error // the store failed: the whole group is lost
	wrote  bool

	byID    map[string]*Entry
	byKey   map[string][]*Entry
	origins map[int64]origin // first events written in this group, by Seq

	events   []journal.Event
	inserted []*Entry
	updated  []*Entry
	touched  map[string]bool // in inserted or updated
	tallies  map[tallyKey]*Tally
}

type tallyKey struct {
	kind  Kind
	run   string
	state journal.State
}

func newGroup(tx Tx, owner string, ops []*op) (*group, error) {
	head, err := tx.Head()
	if err != nil {
		return nil, err
	}
	g := &group{tx: tx, owner: owner, now: tx.Now(), head: head,
		byID: map[string]*Entry{}, byKey: map[string][]*Entry{}, origins: map[int64]origin{},
		touched: map[string]bool{}, tallies: map[tallyKey]*Tally{}}
	var ids, keys []string
	for _, o := range ops {
		ids, keys = append(ids, o.ids...), append(keys, o.keys...)
	}
	slices.Sort(ids)
	slices.Sort(keys)
	ids, keys = slices.Compact(ids), slices.Compact(keys)
	if len(keys) > 0 {
		entries, err := tx.ByKeys(keys)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			e = g.adopt(e)
			g.byKey[e.Key] = append(g.byKey[e.Key], e)
		}
	}
	if len(ids) > 0 {
		entries, err := tx.ByIDs(ids)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			g.adopt(e)
		}
	}
	return g, nil
}

// adopt makes e the one entry of its ID in the group, unless there is one.
func (g *group) adopt(e *Entry) *Entry {
	if have := g.byID[e.ID]; have != nil {
		return have
	}
	g.byID[e.ID] = e
	return e
}

// emit adds an event and returns its number.
func (g *group) emit(subject string, kind journal.Kind, previous int64, body []byte) int64 {
	e := journal.Event{Seq: g.head.Seq + 1, At: g.now, Subject: subject, Kind: kind, Previous: previous, Body: body}
	e.Hash = journal.Link(g.head.Hash, &e)
	g.events = append(g.events, e)
	g.head = journal.Head{Seq: e.Seq, Hash: e.Hash}
	return e.Seq
}

// insert adds a new entry with the body of its first event.
func (g *group) insert(e *Entry, body []byte) {
	g.byID[e.ID] = e
	g.byKey[e.Key] = append(g.byKey[e.Key], e)
	g.origins[e.First] = origin{body, g.now}
	g.inserted = append(g.inserted, e)
	g.touched[e.ID] = true
	g.tally(e, +1)
}

// step is a move that has been checked: the entry as it will be, and its event.
type step struct {
	id     string
	kind   Kind
	change journal.Change
	body   []byte // change as its event has it; written by take when nil
}

// take applies checked steps.
func (g *group) take(steps []step) error {
	for i := range steps {
		st := &steps[i]
		e := g.byID[st.id]
		kind := journal.PaymentMoved
		if st.kind == KindSubmission {
			kind = journal.SubmissionMoved
		}
		body := st.body
		if body == nil {
			var err error
			if body, err = st.change.Encode(); err != nil {
				g.broken = journal.Store(err)
				return g.broken
			}
		}
		g.tally(e, -1)
		seq := g.emit(e.ID, kind, e.Last, body)
		if err := e.apply(&st.change, seq, g.now); err != nil {
			g.broken = journal.Store(err)
			return g.broken
		}
		g.tally(e, +1)
		if !g.touched[e.ID] {
			g.touched[e.ID] = true
			g.updated = append(g.updated, e)
		}
	}
	return nil
}

func (g *group) tally(e *Entry, n int64) {
	k := tallyKey{e.Kind, e.Run, e.State}
	t := g.tallies[k]
	if t == nil {
		t = &Tally{Kind: e.Kind, Run: e.Run, State: e.State, First: e.First, Last: e.First}
		g.tallies[k] = t
	}
	t.N += n
	t.Amount += n * e.Amount
	t.First, t.Last = min(t.First, e.First), max(t.Last, e.First)
}

// flush writes what the group holds, so that a query sees it.
func (g *group) flush() error {
	if len(g.events) == 0 {
		return nil
	}
	g.wrote = true
	tallies := make([]Tally, 0, len(g.tallies))
	for _, t := range g.tallies {
		tallies = append(tallies, *t)
	}
	for _, f := range [...]func() error{
		func() error { return g.tx.Append(g.events) },
		func() error { return g.tx.Insert(g.inserted) },
		func() error { return g.tx.Update(g.updated) },
		func() error { return g.tx.Count(tallies) },
	} {
		if err := f(); err != nil {
			g.broken = err
			return err
		}
	}
	g.events, g.inserted, g.updated = g.events[:0], g.inserted[:0], g.updated[:0]
	clear(g.touched)
	clear(g.tallies)
	return nil
}

// begun returns what the entries began with, by First.
func (g *group) begun(entries []*Entry) (map[int64]origin, error) {
	out := make(map[int64]origin, len(entries))
	var seqs []int64
	for _, e := range entries {
		if o, ok := g.origins[e.First]; ok {
			out[e.First] = o
		} else {
			seqs = append(seqs, e.First)
		}
	}
	if err := readOrigins(g.tx, seqs, out); err != nil {
		g.broken = err
		return nil, err
	}
	return out, nil
}

func readOrigins(r Reader, seqs []int64, out map[int64]origin) error {
	if len(seqs) == 0 {
		return nil
	}
	events, err := r.EventsAt(seqs)
	if err != nil {
		return err
	}
	for i := range events {
		out[events[i].Seq] = origin{events[i].Body, events[i].At}
	}
	return nil
}
