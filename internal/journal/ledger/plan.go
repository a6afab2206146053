package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Plan journals payments; see journal.Journal.
func (l *Ledger) Plan(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error) {
	return l.plan(ctx, payments, journal.Planned, nil)
}

// Take journals payments and claims them; see journal.Journal.
func (l *Ledger) Take(ctx context.Context, payments []journal.Payment, lease time.Duration) ([]journal.PlanResult, error) {
	if lease <= 0 {
		lease = journal.DefaultLease
	}
	return l.plan(ctx, payments, journal.Planned, func(g *group, results []journal.PlanResult) error { return g.own(results, lease) })
}

// Begin journals payments, claims them and makes them sending; see journal.Journal.
func (l *Ledger) Begin(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error) {
	return l.plan(ctx, payments, journal.Sending, nil)
}

// plan journals payments, which begin as planned or as sending; then, if it is not
// nil, goes on with them in the same group.
func (l *Ledger) plan(ctx context.Context, payments []journal.Payment, as journal.State, then func(*group, []journal.PlanResult) error) ([]journal.PlanResult, error) {
	if len(payments) == 0 {
		return nil, nil
	}
	if len(payments) > journal.MaxGroup {
		return nil, &journal.InvalidError{Field: "payments", What: "more than MaxGroup in one call"}
	}
	ps, bodies := make([]journal.Payment, len(payments)), make([][]byte, len(payments))
	o := &op{keys: make([]string, 0, len(ps)), weight: len(ps)}
	for i := range payments {
		ps[i] = payments[i]
		given := ps[i].ID != ""
		body, err := l.preparePayment(i, &ps[i], as)
		if err != nil {
			return nil, err
		}
		bodies[i] = body
		o.keys = append(o.keys, ps[i].Keys()...)
		if given { // one that was made just now is nobody else's
			o.ids = append(o.ids, ps[i].ID)
		}
	}
	var results []journal.PlanResult
	o.run = func(g *group) (err error) {
		if results, err = g.plan(ps, bodies); err == nil && then != nil {
			err = then(g, results)
		}
		return err
	}
	if err := l.submit(ctx, o); err != nil {
		return nil, err
	}
	return results, nil
}

// preparePayment checks a payment and returns the body of its event as it will be
// unless the key has been there before: the writer has less to do then.
func (l *Ledger) preparePayment(i int, p *journal.Payment, as journal.State) ([]byte, error) {
	if p.ID == "" {
		id, err := NewID()
		if err != nil {
			return nil, err
		}
		p.ID = id
	}
	if err := journal.CheckPayment(i, p); err != nil {
		return nil, err
	}
	p.UIN = journal.NormalUIN(p.UIN)
	p.BusinessKey = p.Key()
	p.State, p.Reason, p.PortalPaymentID, p.ReceiptID = as, journal.Reason{}, "", ""
	p.SettledBy, p.ReturnedBy, p.PaidAt = nil, nil, time.Time{}
	p.Owner, p.LeaseUntil, p.Attempt = "", time.Time{}, 1
	if as == journal.Sending {
		p.Owner = l.owner
	}
	p.CreatedAt, p.UpdatedAt = time.Time{}, time.Time{}
	body, err := p.Encode()
	if err != nil {
		return nil, &journal.InvalidError{Index: i, ID: p.ID, Field: "extra", What: err.Error()}
	}
	return body, nil
}

// attempts is what the rule of repetition sees of the entries of a key. Reasons are
// read only when the wish has one: they stand in the events that began the records.
func (g *group) attempts(entries []*Entry, again string) ([]journal.Attempt, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	var overridden []*Entry
	out := make([]journal.Attempt, len(entries))
	for i, e := range entries {
		out[i] = journal.Attempt{ID: e.ID, Run: e.Run, Row: e.Row, State: e.State}
		if again != "" && e.Overridden {
			overridden = append(overridden, e)
		}
	}
	if len(overridden) == 0 {
		return out, nil
	}
	origins, err := g.begun(overridden)
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		if !e.Overridden {
			continue
		}
		var began struct {
			Override *journal.Override `json:"override"`
		}
		if err := json.Unmarshal(origins[e.First].body, &began); err != nil {
			return nil, journal.Store(err)
		}
		if began.Override != nil {
			out[i].Again = began.Override.Reason
		}
	}
	return out, nil
}

// under returns the entries of the keys, oldest first. There is mostly one key.
func (g *group) under(keys []string) []*Entry {
	if len(keys) == 1 {
		return g.byKey[keys[0]]
	}
	var out []*Entry
	for _, key := range keys {
		out = append(out, g.byKey[key]...)
	}
	slices.SortFunc(out, func(a, b *Entry) int { return cmp.Compare(a.First, b.First) })
	return out
}

// plan decides about every payment first, in order, and writes only when all are
// sound: a later payment of the call sees the earlier ones of the same key.
func (g *group) plan(ps []journal.Payment, bodies [][]byte) ([]journal.PlanResult, error) {
	results := make([]journal.PlanResult, len(ps))
	ids := make(map[string]bool, len(ps))   // taken by this call
	lastOf := make(map[string]int, len(ps)) // key → its last new payment in this call, from 1
	before := make([]int, len(ps)+1)        // new payment → the one before it of the same key, from 1
	var standing []*Entry                   // what duplicates point to
	var pointing []int                      // the results that point to them
	for i := range ps {
		p := &ps[i]
		keys := p.Keys()
		old := g.under(keys)
		attempts, err := g.attempts(old, p.Again())
		if err != nil {
			return nil, err
		}
		mine, own := len(attempts), len(g.byKey[p.BusinessKey])
		var here []int // in this call, from 1
		for _, key := range keys {
			for k := lastOf[key]; k != 0; k = before[k] {
				here = append(here, k)
			}
		}
		slices.Sort(here)
		for _, k := range here {
			q := &ps[k-1]
			attempts = append(attempts, journal.Attempt{ID: q.ID, Run: q.Run, Row: q.Row, State: q.State, Again: q.Again()})
			if q.BusinessKey == p.BusinessKey {
				own++
			}
		}
		outcome, at := journal.Repeat(attempts, journal.Wish{ID: p.ID, Run: p.Run, Row: p.Row, LinkedTo: p.LinkedTo, Again: p.Again()})
		results[i].Outcome = outcome
		switch {
		case outcome == journal.Duplicate && at < mine:
			standing, pointing = append(standing, old[at]), append(pointing, i)
			continue
		case outcome == journal.Duplicate:
			results[i].Payment = results[here[at-mine]-1].Payment
			continue
		case g.byID[p.ID] != nil || ids[p.ID]:
			return nil, &journal.InvalidError{Index: i, ID: p.ID, Field: "id", What: "taken by another record"}
		case outcome == journal.Repeated:
			p.LinkedTo = attempts[at].ID
		case p.LinkedTo != "":
			return nil, &journal.InvalidError{Index: i, ID: p.ID, Field: "linkedTo", What: "no earlier payment of this business key"}
		}
		if p.Attempt = own + 1; outcome == journal.Repeated || p.Override != nil {
			p.Override = g.dated(p.Override)
			body, err := p.Encode()
			if err != nil {
				return nil, journal.Store(err)
			}
			bodies[i] = body
		}
		ids[p.ID] = true
		before[i+1], lastOf[p.BusinessKey] = lastOf[p.BusinessKey], i+1
		results[i].Payment = *p
		results[i].Payment.CreatedAt, results[i].Payment.UpdatedAt = g.now, g.now
	}
	origins, err := g.begun(standing)
	if err != nil {
		return nil, err
	}
	for k, e := range standing {
		if results[pointing[k]].Payment, err = e.payment(origins[e.First]); err != nil {
			return nil, journal.Store(err)
		}
	}
	for i := range ps {
		if results[i].Outcome != journal.Duplicate {
			kind, entry := journal.PaymentPlanned, paymentEntry
			if ps[i].State == journal.Sending {
				kind, entry = journal.PaymentBegun, begunEntry
			}
			g.insert(entry(&ps[i], g.emit(ps[i].ID, kind, 0, bodies[i])), bodies[i])
		}
	}
	return results, nil
}

// own claims what has just been planned. Results that repeat one of them, as a
// duplicate within the call, are shown as it is now.
func (g *group) own(results []journal.PlanResult, lease time.Duration) error {
	until := g.now.Add(lease).Truncate(time.Microsecond)
	claim := claimed("", g.owner, until.UnixMicro())
	body, err := claim.change.Encode() // the same for every payment
	if err != nil {
		g.broken = journal.Store(err)
		return g.broken
	}
	claim.body = body
	steps := make([]step, 0, len(results))
	for i := range results {
		if results[i].Outcome == journal.Duplicate {
			continue
		}
		claim.id = results[i].Payment.ID
		steps = append(steps, claim)
	}
	if err := g.take(steps); err != nil {
		return err
	}
	for i := range results {
		if p := &results[i].Payment; g.byID[p.ID].Owner == g.owner && p.State == journal.Planned {
			p.State, p.Owner, p.LeaseUntil = journal.Claimed, g.owner, until
		}
	}
	return nil
}

// dated fills the time of an override that has none.
func (g *group) dated(o *journal.Override) *journal.Override {
	if o == nil {
		return nil
	}
	d := *o
	if d.At.IsZero() {
		d.At = g.now
	}
	d.At = d.At.UTC().Truncate(time.Microsecond)
	return &d
}

// Prepare journals an application; see journal.Journal.
func (l *Ledger) Prepare(ctx context.Context, s journal.Submission) (journal.SubmissionResult, error) {
	if s.ID == "" {
		id, err := NewID()
		if err != nil {
			return journal.SubmissionResult{}, err
		}
		s.ID = id
	}
	if err := journal.CheckSubmission(&s); err != nil {
		return journal.SubmissionResult{}, err
	}
	s.State, s.OrderID, s.ChunksSent, s.Reason, s.Owner = journal.Prepared, 0, 0, journal.Reason{}, ""
	s.CreatedAt, s.UpdatedAt = time.Time{}, time.Time{}
	key := submissionKey(s.ContentKey)
	var result journal.SubmissionResult
	err := l.submit(ctx, &op{ids: []string{s.ID}, keys: []string{key}, weight: 1, run: func(g *group) (err error) {
		result, err = g.prepare(s, key)
		return err
	}})
	return result, err
}

func (g *group) prepare(s journal.Submission, key string) (journal.SubmissionResult, error) {
	attempts, err := g.attempts(g.byKey[key], s.Again())
	if err != nil {
		return journal.SubmissionResult{}, err
	}
	outcome, at := journal.Repeat(attempts, journal.Wish{ID: s.ID, LinkedTo: s.LinkedTo, Again: s.Again()})
	if outcome == journal.Duplicate {
		e := g.byKey[key][at]
		origins, err := g.begun([]*Entry{e})
		if err != nil {
			return journal.SubmissionResult{}, err
		}
		have, err := e.submission(origins[e.First])
		if err != nil {
			return journal.SubmissionResult{}, journal.Store(err)
		}
		return journal.SubmissionResult{Outcome: outcome, Submission: have}, nil
	}
	if g.byID[s.ID] != nil {
		return journal.SubmissionResult{}, &journal.InvalidError{ID: s.ID, Field: "id", What: "taken by another record"}
	}
	if outcome == journal.Inserted && s.LinkedTo != "" {
		return journal.SubmissionResult{}, &journal.InvalidError{ID: s.ID, Field: "linkedTo", What: "no earlier application with this content"}
	}
	if outcome == journal.Repeated {
		s.LinkedTo = attempts[at].ID
	}
	s.Attempt, s.Override = len(attempts)+1, g.dated(s.Override)
	body, err := json.Marshal(&s)
	if err != nil {
		return journal.SubmissionResult{}, &journal.InvalidError{ID: s.ID, Field: "extra", What: err.Error()}
	}
	seq := g.emit(s.ID, journal.SubmissionPrepared, 0, body)
	g.insert(submissionEntry(&s, seq), body)
	s.CreatedAt, s.UpdatedAt = g.now, g.now
	return journal.SubmissionResult{Outcome: outcome, Submission: s}, nil
}
