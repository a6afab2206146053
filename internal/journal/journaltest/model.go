// Package journaltest holds every store of the journal to one contract, and has
// the model that says what the contract means: a journal of a few maps, too
// simple to be wrong in the same way as a store. Only tests import it.
package journaltest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Model is a journal in memory, shared by its handles.
type Model struct {
	mu       sync.Mutex
	payments []*journal.Payment // in the order of planning
	apps     []*journal.Submission
	events   []journal.Event
	last     map[string]int64 // subject → its last event
	dead     map[string]bool
	now      time.Time
}

// NewModel returns an empty journal whose clock moves a microsecond with each call.
func NewModel() *Model {
	return &Model{last: map[string]int64{}, dead: map[string]bool{}, now: time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)}
}

// Open returns another handle.
func (m *Model) Open() journal.Journal { return &handle{m: m, owner: newID()} }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

type handle struct {
	m     *Model
	owner string
}

func (h *handle) Owner() string { return h.owner }

func (h *handle) Close() error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	h.m.dead[h.owner] = true
	return nil
}

func (h *handle) begin(ctx context.Context) (*Model, func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	h.m.mu.Lock()
	if h.m.dead[h.owner] {
		h.m.mu.Unlock()
		return nil, nil, journal.Closed()
	}
	h.m.now = h.m.now.Add(time.Microsecond)
	return h.m, h.m.mu.Unlock, nil
}

func (m *Model) emit(subject string, kind journal.Kind, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		b = []byte(`null`)
	}
	e := journal.Event{Seq: int64(len(m.events)) + 1, At: m.now, Subject: subject, Kind: kind, Previous: m.last[subject], Body: b}
	var prev journal.Hash
	if n := len(m.events); n > 0 {
		prev = m.events[n-1].Hash
	}
	e.Hash = journal.Link(prev, &e)
	m.events = append(m.events, e)
	m.last[subject] = e.Seq
}

func (m *Model) payment(id string) *journal.Payment {
	for _, p := range m.payments {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (h *handle) Plan(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error) {
	return h.record(ctx, payments, journal.PaymentPlanned, func(*journal.Payment) {})
}

func (h *handle) Take(ctx context.Context, payments []journal.Payment, lease time.Duration) ([]journal.PlanResult, error) {
	claim := func(p *journal.Payment) { h.m.claim(p, h.owner, lease) }
	return h.record(ctx, payments, journal.PaymentPlanned, func(*journal.Payment) {}, claim)
}

func (h *handle) Begin(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error) {
	return h.record(ctx, payments, journal.PaymentBegun, func(p *journal.Payment) { p.State, p.Owner = journal.Sending, h.owner })
}

func (m *Model) claim(p *journal.Payment, owner string, lease time.Duration) {
	if lease <= 0 {
		lease = journal.DefaultLease
	}
	p.State, p.Owner, p.UpdatedAt = journal.Claimed, owner, m.now
	p.LeaseUntil = m.now.Add(lease).Truncate(time.Microsecond)
	p.Reason = journal.Reason{}
	m.emit(p.ID, journal.PaymentMoved, journal.Change{From: journal.Planned, To: journal.Claimed})
}

// record journals payments: begin sets what each begins with, and then follow steps
// with an event of their own.
func (h *handle) record(ctx context.Context, payments []journal.Payment, kind journal.Kind, begin func(*journal.Payment), then ...func(*journal.Payment)) ([]journal.PlanResult, error) {
	m, end, err := h.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if len(payments) > journal.MaxGroup {
		return nil, &journal.InvalidError{Field: "payments"}
	}
	keep := len(m.payments)
	var out []journal.PlanResult
	for i, p := range payments {
		if p.ID == "" {
			p.ID = newID()
		}
		r, err := m.plan(i, p)
		if err != nil {
			m.payments = m.payments[:keep]
			return nil, err
		}
		out = append(out, r)
	}
	for _, p := range m.payments[keep:] {
		begin(p)
		m.emit(p.ID, kind, p)
	}
	for _, step := range then {
		for _, p := range m.payments[keep:] {
			step(p)
		}
	}
	for i := range out {
		out[i].Payment = *m.payment(out[i].Payment.ID)
	}
	return out, nil
}

func (m *Model) plan(i int, p journal.Payment) (journal.PlanResult, error) {
	if err := journal.CheckPayment(i, &p); err != nil {
		return journal.PlanResult{}, err
	}
	p.UIN = journal.NormalUIN(p.UIN)
	p.BusinessKey = p.Key()
	p.State, p.CreatedAt, p.UpdatedAt = journal.Planned, m.now, m.now
	p.Reason, p.PortalPaymentID, p.ReceiptID, p.Owner, p.LeaseUntil = journal.Reason{}, "", "", "", time.Time{}
	p.SettledBy, p.ReturnedBy, p.PaidAt = nil, nil, time.Time{}
	var earlier []*journal.Payment
	for _, q := range m.payments {
		if slices.Contains(p.Keys(), q.BusinessKey) {
			earlier = append(earlier, q)
		}
	}
	attempts := make([]journal.Attempt, len(earlier))
	for k, q := range earlier {
		attempts[k] = journal.Attempt{ID: q.ID, Run: q.Run, Row: q.Row, State: q.State, Again: q.Again()}
	}
	outcome, at := journal.Repeat(attempts, journal.Wish{ID: p.ID, Run: p.Run, Row: p.Row, LinkedTo: p.LinkedTo, Again: p.Again()})
	switch {
	case outcome == journal.Duplicate:
		return journal.PlanResult{Outcome: outcome, Payment: *earlier[at]}, nil
	case m.payment(p.ID) != nil || m.app(p.ID) != nil:
		return journal.PlanResult{}, &journal.InvalidError{Index: i, ID: p.ID, Field: "id"}
	case outcome == journal.Repeated:
		p.LinkedTo = earlier[at].ID
	case p.LinkedTo != "":
		return journal.PlanResult{}, &journal.InvalidError{Index: i, ID: p.ID, Field: "linkedTo"}
	}
	p.Attempt = 1
	for _, q := range earlier {
		if q.BusinessKey == p.BusinessKey {
			p.Attempt++
		}
	}
	if p.Override != nil {
		o := *p.Override
		if o.At.IsZero() {
			o.At = m.now
		}
		p.Override = &o
	}
	m.payments = append(m.payments, &p)
	return journal.PlanResult{Outcome: outcome, Payment: p}, nil
}

func (h *handle) Move(ctx context.Context, transitions []journal.Transition) error {
	m, end, err := h.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	for i, t := range transitions {
		if err := journal.CheckEvidence(i, t.ID, &t.Evidence); err != nil {
			return err
		}
		if err := journal.CheckDocument(i, &t); err != nil {
			return err
		}
		if err := journal.CheckExtra(i, t.ID, t.Extra); err != nil {
			return err
		}
	}
	next := map[string]*journal.Payment{}
	for _, t := range transitions {
		p := next[t.ID]
		if p == nil {
			have := m.payment(t.ID)
			if have == nil {
				return &journal.NotFoundError{ID: t.ID}
			}
			c := *have
			p = &c
			next[t.ID] = p
		}
		switch {
		case p.State != t.From:
			return &journal.StaleError{ID: t.ID, From: t.From, Actual: p.State}
		case !journal.PaymentMayMove(t.From, t.To, t.Evidence.Witness):
			return &journal.IllegalError{ID: t.ID, From: t.From, To: t.To, Witness: t.Evidence.Witness}
		case t.Evidence.Witness == journal.Engine && t.From.Owned() && p.Owner != h.owner:
			return &journal.OwnerError{ID: t.ID, Owner: p.Owner}
		case t.From == journal.Paid && t.To == journal.Paid && p.SettledBy != nil && !p.SettledBy.Same(*t.Document):
			return &journal.DocumentError{ID: t.ID, Have: *p.SettledBy, Got: *t.Document}
		}
		if d := t.Document; d != nil && t.To == journal.Returned {
			p.ReturnedBy = d
		} else if d != nil {
			p.SettledBy = d
		}
		if t.From != journal.Paid || t.To != journal.Paid {
			p.UpdatedAt = m.now
		}
		if t.To == journal.Paid {
			p.PaidAt = p.UpdatedAt
		}
		p.State, p.LeaseUntil, p.Reason = t.To, time.Time{}, journal.CutReason(t.Reason)
		p.PortalPaymentID = cmp.Or(t.PortalPaymentID, p.PortalPaymentID)
		p.ReceiptID = cmp.Or(t.ReceiptID, p.ReceiptID)
		if t.Extra != nil {
			p.Extra = t.Extra
		}
		switch t.To {
		case journal.Claimed:
			p.Owner, p.LeaseUntil = h.owner, m.now.Add(journal.DefaultLease)
		case journal.Sending:
			p.Owner = h.owner
		case journal.Planned:
			p.Owner = ""
		}
	}
	for _, t := range transitions {
		*m.payment(t.ID) = *next[t.ID]
		m.emit(t.ID, journal.PaymentMoved, journal.Change{From: t.From, To: t.To, Evidence: t.Evidence})
	}
	return nil
}

func (h *handle) Claim(ctx context.Context, c journal.Claim) ([]journal.Payment, error) {
	m, end, err := h.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	n := c.N
	if n <= 0 {
		n = len(c.IDs)
	}
	var found []*journal.Payment
	if len(c.IDs) > 0 {
		for _, id := range c.IDs {
			if p := m.payment(id); p != nil && p.State == journal.Planned && (c.Run == "" || p.Run == c.Run) && !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
	} else {
		for _, p := range m.payments {
			if p.State == journal.Planned && p.Run == c.Run {
				found = append(found, p)
			}
		}
		slices.SortStableFunc(found, func(a, b *journal.Payment) int { return cmp.Compare(a.Row, b.Row) })
	}
	var out []journal.Payment
	for _, p := range found[:min(n, len(found))] {
		m.claim(p, h.owner, c.Lease)
		out = append(out, *p)
	}
	return out, nil
}

func (h *handle) Recover(ctx context.Context) (journal.Recovered, error) {
	var r journal.Recovered
	m, end, err := h.begin(ctx)
	if err != nil {
		return r, err
	}
	defer end()
	for _, p := range m.payments {
		dead := m.dead[p.Owner]
		switch {
		case p.State == journal.Claimed && (dead || !p.LeaseUntil.After(m.now)):
			p.State, p.Owner, p.LeaseUntil, p.Reason, p.UpdatedAt = journal.Planned, "", time.Time{}, journal.Reason{}, m.now
			r.Returned++
			m.emit(p.ID, journal.PaymentMoved, journal.Change{From: journal.Claimed, To: journal.Planned})
		case p.State == journal.Sending && dead:
			p.State, p.Reason, p.UpdatedAt = journal.Unknown, journal.Reason{Code: "owner_gone"}, m.now
			r.Unknown++
			m.emit(p.ID, journal.PaymentMoved, journal.Change{From: journal.Sending, To: journal.Unknown})
		}
	}
	for _, s := range m.apps {
		if s.State == journal.Sending && m.dead[s.Owner] {
			s.State, s.Reason, s.UpdatedAt = journal.Unknown, journal.Reason{Code: "owner_gone"}, m.now
			r.Unknown++
			m.emit(s.ID, journal.SubmissionMoved, journal.Change{From: journal.Sending, To: journal.Unknown})
		}
	}
	return r, nil
}

func (h *handle) Payment(_ context.Context, id string) (journal.Payment, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if p := h.m.payment(id); p != nil {
		return *p, nil
	}
	return journal.Payment{}, &journal.NotFoundError{ID: id}
}

func (h *handle) where(keep func(*journal.Payment) bool) []journal.Payment {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	var out []journal.Payment
	for _, p := range h.m.payments {
		if keep(p) {
			out = append(out, *p)
		}
	}
	return out
}

func (h *handle) ByKey(_ context.Context, key string) ([]journal.Payment, error) {
	return h.where(func(p *journal.Payment) bool { return p.BusinessKey == key }), nil
}

func (h *handle) ByKeys(_ context.Context, keys []string) ([]journal.Payment, error) {
	out := h.where(func(p *journal.Payment) bool { return slices.Contains(keys, p.BusinessKey) })
	slices.SortStableFunc(out, func(a, b journal.Payment) int { return cmp.Compare(a.BusinessKey, b.BusinessKey) })
	return out, nil
}

func (h *handle) ByUIN(_ context.Context, uin string) ([]journal.Payment, error) {
	uin = journal.NormalUIN(uin)
	out := h.where(func(p *journal.Payment) bool { return uin != "" && p.UIN == uin })
	slices.SortStableFunc(out, func(a, b journal.Payment) int { return cmp.Compare(a.BusinessKey, b.BusinessKey) })
	return out, nil
}

func (h *handle) ByUINs(_ context.Context, uins []string) ([]journal.Payment, error) {
	known := map[string]bool{}
	for _, uin := range uins {
		if uin = journal.NormalUIN(uin); uin != "" {
			known[uin] = true
		}
	}
	out := h.where(func(p *journal.Payment) bool { return known[p.UIN] })
	slices.SortStableFunc(out, func(a, b journal.Payment) int { return cmp.Compare(a.BusinessKey, b.BusinessKey) })
	return out, nil
}

func (h *handle) List(_ context.Context, f journal.Filter) iter.Seq2[journal.Payment, error] {
	found := h.where(func(p *journal.Payment) bool {
		return (f.Run == "" || p.Run == f.Run) && (f.Profile == "" || p.Profile == f.Profile) && (f.Via == "" || p.Via == f.Via) &&
			(len(f.States) == 0 || slices.Contains(f.States, p.State)) &&
			(f.Since.IsZero() || !p.CreatedAt.Before(f.Since)) && (f.Until.IsZero() || p.CreatedAt.Before(f.Until))
	})
	if len(f.States) > 0 && !f.Newest && !slices.ContainsFunc(f.States, journal.State.Final) {
		slices.SortStableFunc(found, func(a, b journal.Payment) int {
			return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(slices.Index(f.States, a.State), slices.Index(f.States, b.State)), cmp.Compare(a.Row, b.Row))
		})
	}
	if f.Newest {
		slices.Reverse(found)
	}
	if f.N > 0 {
		found = found[:min(f.N, len(found))]
	}
	return each(found, false)
}

func each[T any](all []T, newest bool) iter.Seq2[T, error] {
	if newest {
		slices.Reverse(all)
	}
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (h *handle) Counts(_ context.Context, run string) (journal.Counts, error) {
	out := journal.Counts{}
	for _, p := range h.where(func(p *journal.Payment) bool { return p.Run == run }) {
		c := out[p.State]
		out[p.State] = journal.Count{N: c.N + 1, AmountKopecks: c.AmountKopecks + p.AmountKopecks}
	}
	return out, nil
}

func (h *handle) chain() []journal.Event {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return slices.Clone(h.m.events)
}

func (h *handle) Events(_ context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error] {
	all := slices.DeleteFunc(h.chain(), func(e journal.Event) bool {
		return e.Seq <= f.After || (f.Subject != "" && e.Subject != f.Subject) ||
			(!f.Since.IsZero() && e.At.Before(f.Since)) || (!f.Until.IsZero() && !e.At.Before(f.Until))
	})
	if f.Newest {
		slices.Reverse(all)
	}
	if f.Limit > 0 {
		all = all[:min(f.Limit, len(all))]
	}
	return each(all, false)
}

func (h *handle) Verify(context.Context) (journal.Report, error) {
	events := h.chain()
	r := journal.Report{Events: int64(len(events))}
	for i := range events {
		if journal.Link(r.Head.Hash, &events[i]) != events[i].Hash {
			return r, fmt.Errorf("event %d", events[i].Seq)
		}
		r.Head = journal.Head{Seq: events[i].Seq, Hash: events[i].Hash}
	}
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	r.Records = int64(len(h.m.payments) + len(h.m.apps))
	return r, nil
}

func (h *handle) Export(_ context.Context, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, e := range h.chain() {
		if err := enc.Encode(&e); err != nil {
			return err
		}
	}
	return nil
}

func (h *handle) Story(ctx context.Context, uinOrID string) ([]journal.Story, error) {
	var out []journal.Story
	add := func(id string, p *journal.Payment, s *journal.Submission) {
		st := journal.Story{Payment: p, Submission: s}
		for e := range h.Events(ctx, journal.EventFilter{Subject: id}) {
			st.Events = append(st.Events, e)
		}
		out = append(out, st)
	}
	if p, err := h.Payment(ctx, uinOrID); err == nil {
		add(p.ID, &p, nil)
	} else if s, err := h.Submission(ctx, uinOrID); err == nil {
		add(s.ID, nil, &s)
	} else {
		ps, err := h.ByUIN(ctx, uinOrID)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			add(p.ID, &p, nil)
		}
	}
	if len(out) == 0 {
		return nil, &journal.NotFoundError{ID: uinOrID}
	}
	return out, nil
}
