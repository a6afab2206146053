package journaltest

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/epgu-cli/epgu/internal/journal"
)

func (m *Model) app(id string) *journal.Submission {
	for _, s := range m.apps {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (h *handle) Prepare(ctx context.Context, s journal.Submission) (journal.SubmissionResult, error) {
	m, end, err := h.begin(ctx)
	if err != nil {
		return journal.SubmissionResult{}, err
	}
	defer end()
	if s.ID == "" {
		s.ID = newID()
	}
	if err := journal.CheckSubmission(&s); err != nil {
		return journal.SubmissionResult{}, err
	}
	s.State, s.CreatedAt, s.UpdatedAt, s.OrderID, s.ChunksSent = journal.Prepared, m.now, m.now, 0, 0
	var earlier []*journal.Submission
	var attempts []journal.Attempt
	for _, q := range m.apps {
		if q.ContentKey == s.ContentKey {
			earlier = append(earlier, q)
			attempts = append(attempts, journal.Attempt{ID: q.ID, State: q.State, Again: q.Again()})
		}
	}
	outcome, at := journal.Repeat(attempts, journal.Wish{ID: s.ID, LinkedTo: s.LinkedTo, Again: s.Again()})
	switch {
	case outcome == journal.Duplicate:
		return journal.SubmissionResult{Outcome: outcome, Submission: *earlier[at]}, nil
	case m.payment(s.ID) != nil || m.app(s.ID) != nil:
		return journal.SubmissionResult{}, &journal.InvalidError{ID: s.ID, Field: "id"}
	case outcome == journal.Repeated:
		s.LinkedTo = earlier[at].ID
	case s.LinkedTo != "":
		return journal.SubmissionResult{}, &journal.InvalidError{ID: s.ID, Field: "linkedTo"}
	}
	s.Attempt = len(earlier) + 1
	m.apps = append(m.apps, &s)
	m.emit(s.ID, journal.SubmissionPrepared, &s)
	return journal.SubmissionResult{Outcome: outcome, Submission: s}, nil
}

func (h *handle) MoveSubmissions(ctx context.Context, transitions []journal.SubmissionTransition) error {
	m, end, err := h.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	next := map[string]*journal.Submission{}
	for i, t := range transitions {
		if err := journal.CheckEvidence(i, t.ID, &t.Evidence); err != nil {
			return err
		}
		s := next[t.ID]
		if s == nil {
			have := m.app(t.ID)
			if have == nil {
				return &journal.NotFoundError{ID: t.ID}
			}
			c := *have
			s = &c
			next[t.ID] = s
		}
		order := cmp.Or(s.OrderID, t.OrderID)
		switch {
		case s.State != t.From:
			return &journal.StaleError{ID: t.ID, From: t.From, Actual: s.State}
		case !journal.SubmissionMayMove(t.From, t.To, t.Evidence.Witness):
			return &journal.IllegalError{ID: t.ID, From: t.From, To: t.To, Witness: t.Evidence.Witness}
		case t.Evidence.Witness == journal.Engine && t.From.Owned() && s.Owner != h.owner:
			return &journal.OwnerError{ID: t.ID, Owner: s.Owner}
		case t.OrderID != 0 && t.OrderID != order, t.To == journal.Reserved && order == 0, t.To == journal.Prepared && order != 0:
			return &journal.InvalidError{Index: i, ID: t.ID, Field: "orderId"}
		}
		s.State, s.UpdatedAt, s.Reason, s.OrderID = t.To, m.now, journal.CutReason(t.Reason), order
		s.ChunksSent, s.ChunksTotal = cmp.Or(t.ChunksSent, s.ChunksSent), cmp.Or(t.ChunksTotal, s.ChunksTotal)
		if t.Extra != nil {
			s.Extra = t.Extra
		}
		switch t.To {
		case journal.Sending:
			s.Owner = h.owner
		case journal.Prepared, journal.Reserved:
			s.Owner = ""
		}
	}
	for _, t := range transitions {
		*m.app(t.ID) = *next[t.ID]
		m.emit(t.ID, journal.SubmissionMoved, journal.Change{From: t.From, To: t.To, Evidence: t.Evidence})
	}
	return nil
}

func (h *handle) Submission(_ context.Context, id string) (journal.Submission, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if s := h.m.app(id); s != nil {
		return *s, nil
	}
	return journal.Submission{}, &journal.NotFoundError{ID: id}
}

func (h *handle) apps(keep func(*journal.Submission) bool) []journal.Submission {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	var out []journal.Submission
	for _, s := range h.m.apps {
		if keep(s) {
			out = append(out, *s)
		}
	}
	return out
}

func (h *handle) SubmissionsByKey(_ context.Context, key string) ([]journal.Submission, error) {
	return h.apps(func(s *journal.Submission) bool { return s.ContentKey == key }), nil
}

func (h *handle) ListSubmissions(_ context.Context, f journal.SubmissionFilter) iter.Seq2[journal.Submission, error] {
	return each(h.apps(func(s *journal.Submission) bool {
		return (f.Profile == "" || s.Profile == f.Profile) && (len(f.States) == 0 || slices.Contains(f.States, s.State))
	}), f.Newest)
}
