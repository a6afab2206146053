package batch

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/flock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// standing is where a run stands.
type standing struct {
	path      string
	plan      *planfile.Plan
	counts    journal.Counts
	running   bool
	approvals int
}

func standingOf(path string, p *planfile.Plan, c journal.Counts) standing {
	return standing{path: path, plan: p, counts: c}
}

func states() []journal.State {
	return []journal.State{journal.Paid, journal.Accepted, journal.Sending, journal.Claimed, journal.Planned, journal.Unknown, journal.Refused, journal.Returned}
}

func statusView() output.View[standing] {
	fields := []output.Field[standing]{
		{Name: "plan", Title: i18n.Text{RU: "План", EN: "Plan"}, Value: func(s standing) any { return s.path }},
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(s standing) any { return s.plan.Header.ID }},
		{Name: "running", Title: i18n.Text{RU: "Выполняется", EN: "Running"}, Value: func(s standing) any { return s.running }},
		{Name: "approvals", Title: i18n.Text{RU: "Одобрений", EN: "Approvals"}, Value: func(s standing) any { return s.approvals }},
		{Name: "toPay", Title: i18n.Text{RU: "К оплате", EN: "To pay"}, Value: func(s standing) any { return s.plan.Totals.Pay.N }},
		{Name: "toPayKopecks", Title: i18n.Text{RU: "На сумму", EN: "Sum"}, Value: func(s standing) any { return i18n.Money(s.plan.Totals.Pay.Kopecks) }},
	}
	for _, st := range states() {
		title := billing.StateTitle(st)
		fields = append(fields,
			output.Field[standing]{Name: string(st), Title: title, Value: func(s standing) any { return s.counts[st].N }},
			output.Field[standing]{Name: string(st) + "Kopecks", Title: i18n.Text{RU: title.RU + ", сумма", EN: title.EN + ", sum"},
				Value: func(s standing) any { return i18n.Money(s.counts[st].AmountKopecks) }})
	}
	fields = append(fields, output.Field[standing]{Name: "unsent", Title: i18n.Text{RU: "Не начато", EN: "Not begun"}, Value: func(s standing) any {
		n := s.plan.Totals.Pay.N
		for _, c := range s.counts {
			n -= c.N
		}
		return max(0, n)
	}})
	return output.View[standing]{Fields: fields}
}

func newStatus(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "status ПЛАН", EN: "status PLAN"}.In(f.Lang),
		Short: i18n.Text{RU: "Как идёт выполнение плана", EN: "How the run of a plan stands"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := stand(cmd.Context(), f, args[0])
			if err != nil {
				return err
			}
			defer s.plan.Close()
			return output.Object(f.IO, &out, statusView(), s)
		},
	}
	output.AddFlags(cmd, &out, statusView(), f.Lang)
	return cmd
}

func stand(ctx context.Context, f *factory.Factory, path string) (standing, error) {
	p, err := planfile.Open(path)
	if err != nil {
		return standing{}, err
	}
	j, err := f.Journal(ctx)
	if err != nil {
		return standing{}, errors.Join(err, p.Close())
	}
	counts, err := j.Counts(ctx, p.Header.ID)
	if err != nil {
		return standing{}, errors.Join(err, p.Close())
	}
	s := standingOf(path, p, counts)
	all, err := approval.Load(approval.Path(path))
	if err != nil {
		return standing{}, errors.Join(err, p.Close())
	}
	s.approvals = len(all)
	switch lock, err := flock.TryLock(path + ".lock"); {
	case errors.Is(err, flock.ErrLocked):
		s.running = true
	case err == nil:
		return s, lock.Unlock()
	}
	return s, nil
}
