package ledger

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Move moves payments; see journal.Journal.
func (l *Ledger) Move(ctx context.Context, transitions []journal.Transition) error {
	if len(transitions) == 0 {
		return nil
	}
	if len(transitions) > journal.MaxGroup {
		return &journal.InvalidError{Field: "transitions", What: "more than MaxGroup in one call"}
	}
	o := &op{ids: make([]string, len(transitions)), weight: len(transitions)}
	wants := make([]want, len(transitions))
	for i := range transitions {
		t := &transitions[i]
		if err := journal.CheckEvidence(i, t.ID, &t.Evidence); err != nil {
			return err
		}
		o.ids[i] = t.ID
		wants[i] = want{id: t.ID, kind: KindPayment, change: journal.Change{From: t.From, To: t.To, Evidence: t.Evidence,
			Reason: reason(t.Reason), PortalPaymentID: journal.Cut(t.PortalPaymentID, maxNumber),
			ReceiptID: journal.Cut(t.ReceiptID, maxNumber), Document: t.Document, Extra: t.Extra}}
		if err := journal.CheckDocument(i, t); err != nil {
			return err
		}
		if err := journal.CheckExtra(i, t.ID, t.Extra); err != nil {
			return err
		}
	}
	o.run = func(g *group) error { return g.move(wants) }
	return l.submit(ctx, o)
}

// MoveSubmissions moves applications; see journal.Journal.
func (l *Ledger) MoveSubmissions(ctx context.Context, transitions []journal.SubmissionTransition) error {
	if len(transitions) == 0 {
		return nil
	}
	if len(transitions) > journal.MaxGroup {
		return &journal.InvalidError{Field: "transitions", What: "more than MaxGroup in one call"}
	}
	o := &op{ids: make([]string, len(transitions)), weight: len(transitions)}
	wants := make([]want, len(transitions))
	for i := range transitions {
		t := &transitions[i]
		if err := journal.CheckEvidence(i, t.ID, &t.Evidence); err != nil {
			return err
		}
		o.ids[i] = t.ID
		wants[i] = want{id: t.ID, kind: KindSubmission, change: journal.Change{From: t.From, To: t.To, Evidence: t.Evidence,
			Reason: reason(t.Reason), OrderID: t.OrderID, ChunksSent: t.ChunksSent, ChunksTotal: t.ChunksTotal, Extra: t.Extra}}
		if err := journal.CheckExtra(i, t.ID, t.Extra); err != nil {
			return err
		}
		if t.OrderID < 0 || t.ChunksSent < 0 || t.ChunksTotal < 0 {
			return &journal.InvalidError{Index: i, ID: t.ID, Field: "orderId", What: "is negative"}
		}
	}
	o.run = func(g *group) error { return g.move(wants) }
	return l.submit(ctx, o)
}

func reason(r journal.Reason) *journal.Reason {
	if r == (journal.Reason{}) {
		return nil
	}
	r = journal.CutReason(r)
	return &r
}

// maxNumber bounds the portal's numbers, in bytes.
const maxNumber = 256

// want is a move asked for.
type want struct {
	id     string
	kind   Kind
	change journal.Change // without owner and lease
}

// move checks all wants against the entries as they would be, and takes them only
// when all are legal.
func (g *group) move(wants []want) error {
	type state struct {
		state journal.State
		owner string
		order int64
		known bool // order and by have been read
		by    *journal.Document
	}
	var moved map[string]state // entries that this call moves more than once
	if len(wants) > 1 {
		moved = make(map[string]state, len(wants))
	}
	steps := make([]step, len(wants))
	for i := range wants {
		w := &wants[i]
		e := g.byID[w.id]
		if e == nil || e.Kind != w.kind {
			return &journal.NotFoundError{ID: w.id}
		}
		st, again := moved[w.id]
		if !again {
			st = state{state: e.State, owner: e.Owner}
		}
		c := w.change
		if st.state != c.From {
			return &journal.StaleError{ID: w.id, From: c.From, Actual: st.state}
		}
		allowed := journal.PaymentMayMove
		if w.kind == KindSubmission {
			allowed = journal.SubmissionMayMove
		}
		if !allowed(c.From, c.To, c.Witness) {
			return &journal.IllegalError{ID: w.id, From: c.From, To: c.To, Witness: c.Witness}
		}
		if c.Witness == journal.Engine && c.From.Owned() && st.owner != g.owner {
			return &journal.OwnerError{ID: w.id, Owner: st.owner}
		}
		if !st.known && (w.kind == KindSubmission || c.From == journal.Paid) {
			lv, err := e.live()
			if err != nil {
				return journal.Store(err)
			}
			st.order, st.known = lv.OrderID, true
			if st.by == nil {
				st.by = lv.SettledBy
			}
		}
		if c.Document != nil && c.To == journal.Paid {
			if c.From == journal.Paid && st.by != nil && !st.by.Same(*c.Document) {
				return &journal.DocumentError{ID: w.id, Have: *st.by, Got: *c.Document}
			}
			st.by = c.Document
		}
		if w.kind == KindSubmission {
			if err := checkOrder(i, w.id, &c, st.order); err != nil {
				return err
			}
			if c.OrderID != 0 {
				st.order = c.OrderID
			}
		}
		c.Owner, c.LeaseUntil = ownerAfter(&c, st.owner, g.owner), 0
		if c.To == journal.Claimed {
			c.LeaseUntil = g.now.Add(journal.DefaultLease).UnixMicro()
		}
		st.state, st.owner = c.To, c.Owner
		if moved != nil {
			moved[w.id] = st
		}
		steps[i] = step{id: w.id, kind: w.kind, change: c}
	}
	return g.take(steps)
}

// checkOrder holds that a reserved number is there when the state says so and
// never changes: a second number would be a second application.
func checkOrder(i int, id string, c *journal.Change, have int64) error {
	bad := func(what string) error {
		return &journal.InvalidError{Index: i, ID: id, Field: "orderId", What: what}
	}
	if have != 0 && c.OrderID != 0 && c.OrderID != have {
		return bad("differs from the number journalled before")
	}
	number := have != 0 || c.OrderID != 0
	if c.To == journal.Reserved && !number {
		return bad("is needed for reserved")
	}
	if c.To == journal.Prepared && number {
		return bad("is there: the application goes back to reserved, not to prepared")
	}
	return nil
}

// ownerAfter is who owns the record after c: whoever claims or sends it, nobody
// once it is given back, and otherwise whoever had it last.
func ownerAfter(c *journal.Change, had, self string) string {
	switch c.To {
	case journal.Claimed, journal.Sending:
		return self
	case journal.Planned, journal.Prepared, journal.Reserved:
		return ""
	}
	return had
}

// Claim takes planned payments; see journal.Journal.
func (l *Ledger) Claim(ctx context.Context, c journal.Claim) ([]journal.Payment, error) {
	n := c.N
	if n <= 0 {
		n = len(c.IDs)
	}
	if n == 0 {
		return nil, nil
	}
	if n > journal.MaxGroup || len(c.IDs) > journal.MaxGroup {
		return nil, &journal.InvalidError{Field: "n", What: "more than MaxGroup in one call"}
	}
	if c.Lease <= 0 {
		c.Lease = journal.DefaultLease
	}
	var taken []journal.Payment
	o := &op{ids: c.IDs, weight: n}
	o.run = func(g *group) (err error) {
		taken, err = g.claim(c, n)
		return err
	}
	if err := l.submit(ctx, o); err != nil {
		return nil, err
	}
	return taken, nil
}

// claimed is the step that takes a planned payment.
func claimed(id, owner string, until int64) step {
	return step{id: id, kind: KindPayment, change: journal.Change{From: journal.Planned, To: journal.Claimed,
		Evidence: journal.Evidence{Witness: journal.Engine}, Owner: owner, LeaseUntil: until}}
}

func (g *group) claim(c journal.Claim, n int) ([]journal.Payment, error) {
	var entries []*Entry
	if len(c.IDs) > 0 {
		seen := make(map[string]bool, len(c.IDs))
		for _, id := range c.IDs {
			e := g.byID[id]
			if seen[id] {
				continue
			}
			seen[id] = true
			if e != nil && e.Kind == KindPayment && e.State == journal.Planned && (c.Run == "" || e.Run == c.Run) && len(entries) < n {
				entries = append(entries, e)
			}
		}
	} else {
		if err := g.flush(); err != nil {
			return nil, err
		}
		found, err := g.tx.Open(OpenQuery{Kind: KindPayment, Run: c.Run, State: journal.Planned, AfterRow: -1, Limit: n, Lock: true})
		if err != nil {
			g.broken = err
			return nil, err
		}
		for _, e := range found {
			entries = append(entries, g.adopt(e))
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	origins, err := g.begun(entries)
	if err != nil {
		return nil, err
	}
	until := g.now.Add(c.Lease).Truncate(time.Microsecond).UnixMicro()
	steps := make([]step, len(entries))
	for i, e := range entries {
		steps[i] = claimed(e.ID, g.owner, until)
	}
	if err := g.take(steps); err != nil {
		return nil, err
	}
	out := make([]journal.Payment, len(entries))
	for i, e := range entries {
		if out[i], err = e.payment(origins[e.First]); err != nil {
			g.broken = journal.Store(err)
			return nil, g.broken
		}
	}
	return out, nil
}
