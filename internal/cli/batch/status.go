package batch

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func states() []journal.State {
	return []journal.State{journal.Paid, journal.Accepted, journal.Sending, journal.Claimed, journal.Planned, journal.Unknown, journal.Refused, journal.Returned}
}

func statusView() output.View[*workflow.Standing] {
	fields := []output.Field[*workflow.Standing]{
		{Name: "plan", Title: i18n.Text{RU: "План", EN: "Plan"}, Value: func(s *workflow.Standing) any { return s.Path }},
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(s *workflow.Standing) any { return s.Plan.Header.ID }},
		{Name: "running", Title: i18n.Text{RU: "Выполняется", EN: "Running"}, Value: func(s *workflow.Standing) any { return s.Running }},
		{Name: "approvals", Title: i18n.Text{RU: "Одобрений", EN: "Approvals"}, Value: func(s *workflow.Standing) any { return s.Approvals }},
		{Name: "toPay", Title: i18n.Text{RU: "К оплате", EN: "To pay"}, Value: func(s *workflow.Standing) any { return s.Plan.Totals.Pay.N }},
		{Name: "toPayKopecks", Title: i18n.Text{RU: "На сумму", EN: "Sum"}, Value: func(s *workflow.Standing) any { return i18n.Money(s.Plan.Totals.Pay.Kopecks) }},
	}
	for _, st := range states() {
		title := billing.StateTitle(st)
		fields = append(fields,
			output.Field[*workflow.Standing]{Name: string(st), Title: title, Value: func(s *workflow.Standing) any { return s.Counts[st].N }},
			output.Field[*workflow.Standing]{Name: string(st) + "Kopecks", Title: i18n.Text{RU: title.RU + ", сумма", EN: title.EN + ", sum"},
				Value: func(s *workflow.Standing) any { return i18n.Money(s.Counts[st].AmountKopecks) }})
	}
	fields = append(fields, output.Field[*workflow.Standing]{Name: "unsent", Title: i18n.Text{RU: "Не начато", EN: "Not begun"}, Value: func(s *workflow.Standing) any { return s.Unbegun() }})
	return output.View[*workflow.Standing]{Fields: fields}
}

func newStatus(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "status ПЛАН", EN: "status PLAN"}.In(f.Lang),
		Short: i18n.Text{RU: "Как идёт выполнение плана", EN: "How the run of a plan stands"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := deskOf(f).Stand(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer s.Plan.Close()
			return output.Object(f.IO, &out, statusView(), s)
		},
	}
	output.AddFlags(cmd, &out, statusView(), f.Lang)
	return cmd
}
