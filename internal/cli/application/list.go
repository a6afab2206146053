package application

import (
	"context"
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func applicationView() output.View[wire.Application] {
	return output.View[wire.Application]{Fields: []output.Field[wire.Application]{
		{Name: "orderId", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(a wire.Application) any { return a.OrderID }},
		{Name: "service", Title: i18n.Text{RU: "Код услуги", EN: "Service code"}, Value: func(a wire.Application) any { return a.Service }},
		{Name: "serviceTitle", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(a wire.Application) any { return a.ServiceTitle }, Wide: true},
		{Name: "department", Title: i18n.Text{RU: "Ведомство", EN: "Department"}, Value: func(a wire.Application) any { return a.Department }, Wide: true},
		{Name: "statusId", Title: i18n.Text{RU: "Код статуса", EN: "Status code"}, Value: func(a wire.Application) any { return a.StatusID }},
		{Name: "status", Title: i18n.Text{RU: "Статус", EN: "Status"}, Value: func(a wire.Application) any { return a.StatusTitle }, Wide: true},
		{Name: "final", Title: i18n.Text{RU: "Завершено", EN: "Final"}, Value: func(a wire.Application) any { return a.Final }},
		{Name: "createdAt", Title: i18n.Text{RU: "Подано", EN: "Submitted"}, Value: func(a wire.Application) any { return a.CreatedAt }},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменено", EN: "Changed"}, Value: func(a wire.Application) any { return a.UpdatedAt }},
		{Name: "expectedAt", Title: i18n.Text{RU: "Решение ожидается", EN: "Decision expected"}, Value: func(a wire.Application) any {
			if a.ExpectedAt == nil {
				return nil
			}
			return *a.ExpectedAt
		}},
		{Name: "unpaid", Title: i18n.Text{RU: "К оплате (УИН)", EN: "To pay (УИН)"}, Value: func(a wire.Application) any { return a.UnpaidUINs }},
		{Name: "correction", Title: i18n.Text{RU: "Что исправить", EN: "What to mend"}, Value: func(a wire.Application) any {
			if a.Correction == nil {
				return nil
			}
			return output.Dual{Machine: a.Correction, Human: a.Correction.Text}
		}},
		{Name: "hasResult", Title: i18n.Text{RU: "Есть результат", EN: "Has a result"}, Value: func(a wire.Application) any { return a.HasResult }},
	}, Default: []string{"orderId", "serviceTitle", "status", "updatedAt"}}
}

func newList(f *factory.Factory) *cobra.Command {
	var service, state string
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Мои заявления", EN: "My applications"}.In(f.Lang),
	}
	cmd.Flags().StringVar(&service, "service", "", i18n.Text{RU: "только эта услуга", EN: "only this service"}.In(f.Lang))
	_ = cmd.RegisterFlagCompletionFunc("service", f.CompleteService) // fails only for a flag that is not there
	cmd.Flags().StringVar(&state, "state", "", i18n.Text{RU: "active, final, correction или unpaid", EN: "active, final, correction or unpaid"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.Application]{
		View: applicationView(), Limit: 30,
		Get: listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.Application], error) {
			return c.Cabinet.Applications(ctx, cabinet.ApplicationQuery{PageQuery: q, State: state, Service: service})
		}),
	})
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "view НОМЕР", EN: "view NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Одно заявление", EN: "One application"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			a, err := c.Cabinet.Application(cmd.Context(), id, 0)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, applicationView(), *a)
		},
	}
	output.AddFlags(cmd, &out, applicationView(), f.Lang)
	return cmd
}
