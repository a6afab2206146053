package workflow

import (
	"context"
	"errors"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Standing is where the run of a plan stands.
type Standing struct {
	Path      string
	Plan      *planfile.Plan
	Counts    journal.Counts
	Running   bool // by a process of this machine, now
	Approvals int
}

// Unbegun is how many rows the journal does not hold for this run.
func (s *Standing) Unbegun() int {
	n := s.Plan.Totals.Pay.N
	for _, c := range s.Counts {
		n -= c.N
	}
	return max(0, n)
}

// Stand says how a plan stands. Its Plan is open and to be closed.
func (d *Desk) Stand(ctx context.Context, path string) (_ *Standing, err error) {
	p, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	j, err := d.Journal(ctx)
	if err != nil {
		return nil, err
	}
	s := &Standing{Path: path, Plan: p}
	if s.Counts, err = j.Counts(ctx, p.Header.ID); err != nil {
		return nil, err
	}
	all, err := approval.Load(approval.Path(path))
	if err != nil {
		return nil, err
	}
	s.Approvals = len(all)
	s.Running, err = Running(path)
	return s, err
}
