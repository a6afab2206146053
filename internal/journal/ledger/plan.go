package ledger

import (
	"context"
	"encoding/json"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Plan journals payments; see journal.Journal.
func (l *Ledger) Plan(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error) {
	if len(payments) == 0 {
		return nil, nil
	}
	if len(payments) > journal.MaxGroup {
		return nil, &journal.InvalidError{Field: "payments", What: "more than MaxGroup in one call"}
	}
	ps := make([]journal.Payment, len(payments))
	o := &op{keys: make([]string, len(ps)), ids: make([]string, len(ps)), weight: len(ps)}
	for i := range payments {
		ps[i] = payments[i]
		if err := preparePayment(i, &ps[i]); err != nil {
			return nil, err
		}
		o.keys[i], o.ids[i] = ps[i].BusinessKey, ps[i].ID
	}
	var results []journal.PlanResult
	o.run = func(g *group) (err error) {
		results, err = g.plan(ps)
		return err
	}
	if err := l.submit(ctx, o); err != nil {
		return nil, err
	}
	return results, nil
}

// preparePayment checks a payment and fills what Plan fills before the commit.
func preparePayment(i int, p *journal.Payment) error {
	if p.ID == "" {
		id, err := NewID()
		if err != nil {
			return err
		}
		p.ID = id
	}
	if err := journal.CheckPayment(i, p); err != nil {
		return err
	}
	p.UIN = journal.NormalUIN(p.UIN)
	p.BusinessKey = p.Key()
	p.State, p.Reason, p.PortalPaymentID, p.ReceiptID = journal.Planned, journal.Reason{}, "", ""
	p.Owner, p.LeaseUntil, p.Attempt = "", time.Time{}, 0
	return nil
}

// attempts is what the rule of repetition sees of a key.
func (g *group) attempts(key string) []journal.Attempt {
	entries := g.byKey[key]
	if len(entries) == 0 {
		return nil
	}
	out := make([]journal.Attempt, len(entries))
	for i, e := range entries {
		out[i] = journal.Attempt{ID: e.ID, Run: e.Run, Row: e.Row, State: e.State}
	}
	return out
}

// planned is a payment on its way into the group.
type planned struct {
	p    *journal.Payment
	body []byte
}

// plan decides about every payment first, in order, and writes only when all are
// sound: a later payment of the call sees the earlier ones of the same key.
func (g *group) plan(ps []journal.Payment) ([]journal.PlanResult, error) {
	results := make([]journal.PlanResult, len(ps))
	fresh := make([]planned, 0, len(ps))
	var again map[string][]journal.Attempt // attempts of this call, by key
	var seen map[string]int                // IDs of this call; made when one repeats a key
	standing := make([]*Entry, 0)          // entries that duplicates point to
	type pointer struct{ result, standing, self int }
	var pointers []pointer

	inCall := make(map[string]int, len(ps)) // key → last index in fresh
	for i := range ps {
		p := &ps[i]
		attempts := g.attempts(p.BusinessKey)
		before := len(attempts)
		if _, ok := inCall[p.BusinessKey]; ok {
			attempts = append(attempts, again[p.BusinessKey]...)
		}
		outcome, at := journal.Repeat(attempts, journal.Wish{ID: p.ID, Run: p.Run, Row: p.Row, LinkedTo: p.LinkedTo, Overridden: p.Override != nil})
		results[i].Outcome = outcome
		if outcome == journal.Duplicate {
			if at < before {
				pointers = append(pointers, pointer{i, len(standing), -1})
				standing = append(standing, g.byKey[p.BusinessKey][at])
			} else {
				pointers = append(pointers, pointer{i, -1, seen[attempts[at].ID]})
			}
			continue
		}
		if g.byID[p.ID] != nil {
			return nil, &journal.InvalidError{Index: i, ID: p.ID, Field: "id", What: "taken by another record"}
		}
		if _, ok := seen[p.ID]; ok {
			return nil, &journal.InvalidError{Index: i, ID: p.ID, Field: "id", What: "twice in one call"}
		}
		if outcome == journal.Inserted && p.LinkedTo != "" {
			return nil, &journal.InvalidError{Index: i, ID: p.ID, Field: "linkedTo", What: "no earlier payment of this business key"}
		}
		if outcome == journal.Repeated {
			p.LinkedTo = attempts[at].ID
		}
		p.Attempt = len(attempts) + 1
		p.CreatedAt, p.UpdatedAt = g.now, g.now
		if p.Override != nil {
			ov := *p.Override
			if ov.At.IsZero() {
				ov.At = g.now
			}
			ov.At = ov.At.UTC().Truncate(time.Microsecond)
			p.Override = &ov
		}
		body, err := json.Marshal(p)
		if err != nil {
			return nil, &journal.InvalidError{Index: i, ID: p.ID, Field: "extra", What: err.Error()}
		}
		if seen == nil {
			seen, again = make(map[string]int, len(ps)), make(map[string][]journal.Attempt)
		}
		seen[p.ID] = i
		inCall[p.BusinessKey] = len(fresh)
		again[p.BusinessKey] = append(again[p.BusinessKey], journal.Attempt{ID: p.ID, Run: p.Run, Row: p.Row, State: journal.Planned})
		fresh = append(fresh, planned{p, body})
		results[i].Payment = *p
	}
	if len(standing) > 0 {
		bodies, err := g.firstBodies(standing)
		if err != nil {
			return nil, err
		}
		for _, pt := range pointers {
			if pt.standing < 0 {
				continue
			}
			e := standing[pt.standing]
			if results[pt.result].Payment, err = e.payment(bodies[e.First]); err != nil {
				return nil, journal.Store(err)
			}
		}
	}
	for _, pt := range pointers {
		if pt.standing < 0 {
			results[pt.result].Payment = results[pt.self].Payment
		}
	}
	for _, f := range fresh {
		seq := g.emit(f.p.ID, journal.PaymentPlanned, 0, f.body)
		g.insert(paymentEntry(f.p, seq), f.body)
	}
	return results, nil
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
	key := submissionKey(s.ContentKey)
	var result journal.SubmissionResult
	err := l.submit(ctx, &op{ids: []string{s.ID}, keys: []string{key}, weight: 1, run: func(g *group) (err error) {
		result, err = g.prepare(s, key)
		return err
	}})
	return result, err
}

func (g *group) prepare(s journal.Submission, key string) (journal.SubmissionResult, error) {
	attempts := g.attempts(key)
	outcome, at := journal.Repeat(attempts, journal.Wish{ID: s.ID, LinkedTo: s.LinkedTo, Overridden: s.Override != nil})
	if outcome == journal.Duplicate {
		e := g.byKey[key][at]
		bodies, err := g.firstBodies([]*Entry{e})
		if err != nil {
			return journal.SubmissionResult{}, err
		}
		have, err := e.submission(bodies[e.First])
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
	s.Attempt = len(attempts) + 1
	s.CreatedAt, s.UpdatedAt = g.now, g.now
	if s.Override != nil {
		ov := *s.Override
		if ov.At.IsZero() {
			ov.At = g.now
		}
		ov.At = ov.At.UTC().Truncate(time.Microsecond)
		s.Override = &ov
	}
	body, err := json.Marshal(&s)
	if err != nil {
		return journal.SubmissionResult{}, &journal.InvalidError{ID: s.ID, Field: "extra", What: err.Error()}
	}
	seq := g.emit(s.ID, journal.SubmissionPrepared, 0, body)
	g.insert(submissionEntry(&s, seq), body)
	return journal.SubmissionResult{Outcome: outcome, Submission: s}, nil
}
