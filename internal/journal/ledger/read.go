package ledger

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"iter"
	"slices"

	"github.com/epgu-cli/epgu/internal/journal"
)

// pageSize is how many records a list reads at a time.
const pageSize = 512

// keyLimit bounds the records of one key or one УИН that are read at once.
const keyLimit = 10_000

// decode turns entries into records with what they began with.
func decode[T any](r Reader, entries []*Entry, as func(*Entry, origin) (T, error)) ([]T, error) {
	origins, err := originsOf(r, entries)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(entries))
	for i, e := range entries {
		if out[i], err = as(e, origins[i]); err != nil {
			return nil, journal.Store(err)
		}
	}
	return out, nil
}

// originsOf returns what each entry began with.
func originsOf(r Reader, entries []*Entry) ([]origin, error) {
	seqs := make([]int64, len(entries))
	for i, e := range entries {
		seqs[i] = e.First
	}
	found := make(map[int64]origin, len(entries))
	if err := readOrigins(r, seqs, found); err != nil {
		return nil, err
	}
	out := make([]origin, len(entries))
	for i, e := range entries {
		o, ok := found[e.First]
		if !ok {
			return nil, &journal.CorruptError{Bad: journal.BadEvent{Seq: e.First, Subject: e.ID, Fault: journal.Missing, Detail: "the record's first event is absent"}}
		}
		out[i] = o
	}
	return out, nil
}

// Payment returns one payment; see journal.Journal.
func (l *Ledger) Payment(ctx context.Context, id string) (journal.Payment, error) {
	return one(ctx, l, id, KindPayment, (*Entry).payment)
}

// Submission returns one application; see journal.Journal.
func (l *Ledger) Submission(ctx context.Context, id string) (journal.Submission, error) {
	return one(ctx, l, id, KindSubmission, (*Entry).submission)
}

func one[T any](ctx context.Context, l *Ledger, id string, kind Kind, as func(*Entry, origin) (T, error)) (T, error) {
	var found []T
	err := l.read(ctx, func(r Reader) error {
		entries, err := r.ByIDs([]string{id})
		if err != nil {
			return err
		}
		if len(entries) == 0 || entries[0].Kind != kind {
			return &journal.NotFoundError{ID: id}
		}
		found, err = decode(r, entries, as)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// ByKey returns the payments of a business key; see journal.Journal.
func (l *Ledger) ByKey(ctx context.Context, key string) ([]journal.Payment, error) {
	return byKey(ctx, l, func(r Reader) ([]*Entry, error) { return r.ByKeys([]string{key}) }, KindPayment, (*Entry).payment)
}

// ByKeys returns the payments of several business keys; see journal.Journal.
func (l *Ledger) ByKeys(ctx context.Context, keys []string) ([]journal.Payment, error) {
	if len(keys) > journal.MaxGroup {
		return nil, &journal.InvalidError{Field: "keys", What: "more than MaxGroup in one call"}
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(keys)))
	return byKey(ctx, l, func(r Reader) ([]*Entry, error) { return r.ByKeys(sorted) }, KindPayment, (*Entry).payment)
}

// ByUIN returns the payments of an УИН; see journal.Journal.
func (l *Ledger) ByUIN(ctx context.Context, uin string) ([]journal.Payment, error) {
	prefix := journal.UINPrefix(uin)
	if prefix == "" {
		return nil, nil
	}
	return byKey(ctx, l, func(r Reader) ([]*Entry, error) { return r.ByPrefixes([]string{prefix}, keyLimit) }, KindPayment, (*Entry).payment)
}

// ByUINs returns the payments of several УИНs; see journal.Journal.
func (l *Ledger) ByUINs(ctx context.Context, uins []string) ([]journal.Payment, error) {
	if len(uins) > journal.MaxGroup {
		return nil, &journal.InvalidError{Field: "uins", What: "more than MaxGroup in one call"}
	}
	prefixes := make([]string, 0, len(uins))
	for _, uin := range uins {
		if p := journal.UINPrefix(uin); p != "" {
			prefixes = append(prefixes, p)
		}
	}
	slices.Sort(prefixes)
	if prefixes = slices.Compact(prefixes); len(prefixes) == 0 {
		return nil, nil
	}
	return byKey(ctx, l, func(r Reader) ([]*Entry, error) { return r.ByPrefixes(prefixes, keyLimit) }, KindPayment, (*Entry).payment)
}

// SubmissionsByKey returns the applications with a content; see journal.Journal.
func (l *Ledger) SubmissionsByKey(ctx context.Context, contentKey string) ([]journal.Submission, error) {
	return byKey(ctx, l, func(r Reader) ([]*Entry, error) { return r.ByKeys([]string{submissionKey(contentKey)}) }, KindSubmission, (*Entry).submission)
}

func byKey[T any](ctx context.Context, l *Ledger, find func(Reader) ([]*Entry, error), kind Kind, as func(*Entry, origin) (T, error)) ([]T, error) {
	var found []T
	err := l.read(ctx, func(r Reader) error {
		entries, err := find(r)
		if err != nil {
			return err
		}
		entries = slices.DeleteFunc(entries, func(e *Entry) bool { return e.Kind != kind })
		found, err = decode(r, entries, as)
		return err
	})
	return found, err
}

// List streams payments; see journal.Journal.
func (l *Ledger) List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error] {
	return list(ctx, l, selection{kind: KindPayment, run: f.Run, states: f.States, newest: f.Newest, n: f.N}, (*Entry).payment,
		func(p *journal.Payment) bool {
			return (f.Profile == "" || p.Profile == f.Profile) && (f.Via == "" || p.Via == f.Via) &&
				(f.Since.IsZero() || !p.CreatedAt.Before(f.Since)) && (f.Until.IsZero() || p.CreatedAt.Before(f.Until))
		})
}

// ListSubmissions streams applications; see journal.Journal.
func (l *Ledger) ListSubmissions(ctx context.Context, f journal.SubmissionFilter) iter.Seq2[journal.Submission, error] {
	return list(ctx, l, selection{kind: KindSubmission, states: f.States, newest: f.Newest}, (*Entry).submission,
		func(s *journal.Submission) bool { return f.Profile == "" || s.Profile == f.Profile })
}

// selection is which entries a list goes through.
type selection struct {
	kind   Kind
	run    string
	states []journal.State
	newest bool
	n      int // at most so many, 0 for all
}

// list goes through entries page by page, each page read in a transaction of its
// own, and yields the records that keep accepts. A record is decoded when its turn
// comes: many a caller wants only the first.
func list[T any](ctx context.Context, l *Ledger, sel selection, as func(*Entry, origin) (T, error), keep func(*T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		pages, left := sel.pages(), sel.n
		for {
			var entries []*Entry
			var origins []origin
			more := false
			err := l.read(ctx, func(r Reader) (err error) {
				if entries, more, err = pages(r); err != nil {
					return err
				}
				origins, err = originsOf(r, entries)
				return err
			})
			if err != nil {
				yield(none, err)
				return
			}
			for i, e := range entries {
				v, err := as(e, origins[i])
				if err != nil {
					yield(none, journal.Store(err))
					return
				}
				if !keep(&v) {
					continue
				}
				if left--; !yield(v, nil) || left == 0 {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

// pages returns a function that gives the next page. Open states are found by
// their own index, at the cost of what there is; anything else goes through the
// records in order.
func (sel selection) pages() func(Reader) (entries []*Entry, more bool, err error) {
	if len(sel.states) > 0 && !sel.newest && !slices.ContainsFunc(sel.states, journal.State.Final) {
		return sel.openPages()
	}
	q := PageQuery{Kind: sel.kind, Run: sel.run, All: sel.run == "", Newest: sel.newest, Limit: sel.page()}
	begun := false
	return func(r Reader) ([]*Entry, bool, error) {
		if !begun {
			if err := sel.bounds(r, &q); err != nil {
				return nil, false, err
			}
			begun = true
		}
		entries, err := r.Page(q)
		if err != nil {
			return nil, false, err
		}
		more := len(entries) == q.Limit
		if n := len(entries); n > 0 {
			q.After = entries[n-1].First
		}
		q.Limit = min(2*q.Limit, pageSize)
		return slices.DeleteFunc(entries, func(e *Entry) bool {
			return len(sel.states) > 0 && !slices.Contains(sel.states, e.State)
		}), more, nil
	}
}

// page is how many records to read at first; later pages are larger, for most of
// them may not be wanted.
func (sel selection) page() int {
	if sel.n > 0 {
		return min(sel.n, pageSize)
	}
	return pageSize
}

// openPages goes through the runs and states that have anything, one after
// another.
func (sel selection) openPages() func(Reader) ([]*Entry, bool, error) {
	var todo []OpenQuery
	begun := false
	return func(r Reader) ([]*Entry, bool, error) {
		if !begun {
			tallies, err := r.Tallies(sel.kind, sel.run, sel.run == "")
			if err != nil {
				return nil, false, err
			}
			slices.SortFunc(tallies, func(a, b Tally) int {
				return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(slices.Index(sel.states, a.State), slices.Index(sel.states, b.State)))
			})
			for _, t := range tallies {
				if t.Kind == sel.kind && t.N > 0 && slices.Contains(sel.states, t.State) {
					todo = append(todo, OpenQuery{Kind: t.Kind, Run: t.Run, State: t.State, AfterRow: -1, Limit: sel.page()})
				}
			}
			begun = true
		}
		if len(todo) == 0 {
			return nil, false, nil
		}
		q := &todo[0]
		entries, err := r.Open(*q)
		if n := len(entries); n == q.Limit {
			q.AfterRow, q.AfterFirst = entries[n-1].Row, entries[n-1].First
			q.Limit = min(2*q.Limit, pageSize)
		} else {
			todo = todo[1:]
		}
		return entries, len(todo) > 0, err
	}
}

// bounds narrows the walk to where the entries of the run lie.
func (sel selection) bounds(r Reader, q *PageQuery) error {
	tallies, err := r.Tallies(sel.kind, sel.run, q.All)
	if err != nil {
		return err
	}
	var first, last int64
	for _, t := range tallies {
		if t.Kind == sel.kind {
			if first == 0 || t.First < first {
				first = t.First
			}
			last = max(last, t.Last)
		}
	}
	q.After, q.Until = first-1, last
	if sel.newest {
		q.After, q.Until = last+1, first
	}
	return nil
}

// Counts returns the state of a run; see journal.Journal.
func (l *Ledger) Counts(ctx context.Context, run string) (journal.Counts, error) {
	counts := journal.Counts{}
	err := l.read(ctx, func(r Reader) error {
		tallies, err := r.Tallies(KindPayment, run, false)
		for _, t := range tallies {
			if t.N != 0 {
				counts[t.State] = journal.Count{N: int(t.N), AmountKopecks: t.Amount}
			}
		}
		return err
	})
	return counts, err
}

// Events streams the chain; see journal.Journal.
func (l *Ledger) Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		left := f.Limit
		give := func(events []journal.Event) bool {
			for i := range events {
				e := &events[i]
				if e.Seq <= f.After || (!f.Since.IsZero() && e.At.Before(f.Since)) || (!f.Until.IsZero() && !e.At.Before(f.Until)) {
					continue
				}
				if !yield(*e, nil) {
					return false
				}
				if left--; left == 0 {
					return false
				}
			}
			return true
		}
		if f.Subject != "" {
			events, err := l.history(ctx, f.Subject)
			if err != nil {
				yield(journal.Event{}, err)
				return
			}
			if f.Newest {
				slices.Reverse(events)
			}
			give(events)
			return
		}
		at := f.After
		if f.Newest {
			at = 1<<63 - 1
		}
		for {
			var events []journal.Event
			err := l.read(ctx, func(r Reader) (err error) { events, err = r.Events(at, pageSize, f.Newest); return err })
			if err != nil {
				yield(journal.Event{}, err)
				return
			}
			if !give(events) || len(events) < pageSize {
				return
			}
			at = events[len(events)-1].Seq
			if f.Newest && at <= f.After {
				return
			}
		}
	}
}

func (l *Ledger) history(ctx context.Context, id string) ([]journal.Event, error) {
	var events []journal.Event
	err := l.read(ctx, func(r Reader) error {
		entries, err := r.ByIDs([]string{id})
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return &journal.NotFoundError{ID: id}
		}
		histories, err := readHistories(r, entries)
		if err != nil {
			return err
		}
		events = histories[0]
		return nil
	})
	return events, err
}

// readHistories follows each entry's events from the last back to the first,
// for all entries together, and returns them oldest first.
func readHistories(r Reader, entries []*Entry) ([][]journal.Event, error) {
	out := make([][]journal.Event, len(entries))
	wanted := make(map[int64]int, len(entries)) // Seq → entry
	for i, e := range entries {
		wanted[e.Last] = i
	}
	seqs := make([]int64, 0, len(entries))
	for len(wanted) > 0 {
		seqs = seqs[:0]
		for seq := range wanted {
			seqs = append(seqs, seq)
		}
		slices.Sort(seqs)
		events, err := r.EventsAt(seqs)
		if err != nil {
			return nil, err
		}
		next := make(map[int64]int, len(wanted))
		for _, ev := range events {
			i := wanted[ev.Seq]
			out[i] = append(out[i], ev)
			if ev.Previous > 0 && ev.Previous < ev.Seq {
				next[ev.Previous] = i
			}
		}
		wanted = next
	}
	for i := range out {
		slices.Reverse(out[i])
	}
	return out, nil
}

// Export writes the chain as NDJSON; see journal.Journal.
func (l *Ledger) Export(ctx context.Context, w io.Writer) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	for e, err := range l.Events(ctx, journal.EventFilter{}) {
		if err != nil {
			return err
		}
		if err := enc.Encode(&e); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// Story tells everything about a record or an УИН; see journal.Journal.
func (l *Ledger) Story(ctx context.Context, uinOrID string) ([]journal.Story, error) {
	var stories []journal.Story
	err := l.read(ctx, func(r Reader) error {
		entries, err := r.ByIDs([]string{uinOrID})
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			if prefix := journal.UINPrefix(uinOrID); prefix != "" {
				if entries, err = r.ByPrefixes([]string{prefix}, keyLimit); err != nil {
					return err
				}
			}
		}
		if len(entries) == 0 {
			return &journal.NotFoundError{ID: uinOrID}
		}
		histories, err := readHistories(r, entries)
		if err != nil {
			return err
		}
		stories = make([]journal.Story, len(entries))
		for i, e := range entries {
			if len(histories[i]) == 0 {
				return &journal.CorruptError{Bad: journal.BadEvent{Seq: e.Last, Subject: e.ID, Fault: journal.Missing, Detail: "the record's events are absent"}}
			}
			stories[i].Events = histories[i]
			began := origin{histories[i][0].Body, histories[i][0].At}
			if e.Kind == KindPayment {
				p, err := e.payment(began)
				if err != nil {
					return journal.Store(err)
				}
				stories[i].Payment = &p
				continue
			}
			s, err := e.submission(began)
			if err != nil {
				return journal.Store(err)
			}
			stories[i].Submission = &s
		}
		return nil
	})
	return stories, err
}
