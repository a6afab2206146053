// Package journal is the screens of the journal: what was done, event by event, the
// whole story of one record, and the proof that nothing was changed afterwards.
// They show what "epgu audit" tells, and write nothing.
package journal

import (
	"context"
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/audit"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Source is what these screens need of the core.
type Source interface {
	// Events goes through the events, the newest first, until each returns false.
	Events(ctx context.Context, each func(Event) bool) error
	// Story is everything about one record, or all payments of an УИН.
	Story(ctx context.Context, id string) ([]Story, error)
	// Verify proves the chain and the decisions. A proof is there even when they do
	// not hold, and the error says why.
	Verify(ctx context.Context) (*audit.Proof, error)
}

// Event is one event with what it changed.
type Event struct {
	journal.Event
	Change journal.Change
}

// Story is one record with its events in words.
type Story struct {
	Payment    *journal.Payment
	Submission *journal.Submission
	Entries    []audit.Entry
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) Events(ctx context.Context, each func(Event) bool) error {
	j, err := c.f.Journal(ctx)
	if err != nil {
		return err
	}
	for ev, err := range j.Events(ctx, journal.EventFilter{Newest: true}) {
		if err != nil {
			return err
		}
		e := Event{Event: ev}
		switch ev.Kind {
		case journal.PaymentMoved, journal.SubmissionMoved:
			if err := json.Unmarshal(ev.Body, &e.Change); err != nil {
				return journal.Store(err)
			}
		case journal.PaymentBegun:
			e.Change = audit.Begun()
		}
		if !each(e) {
			return nil
		}
	}
	return nil
}

func (c core) Story(ctx context.Context, id string) ([]Story, error) {
	j, err := c.f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	all, err := j.Story(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]Story, len(all))
	for i := range all {
		out[i].Payment, out[i].Submission = all[i].Payment, all[i].Submission
		if out[i].Entries, err = audit.Entries(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c core) Verify(ctx context.Context) (*audit.Proof, error) {
	j, err := c.f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	return audit.Verify(ctx, j)
}
