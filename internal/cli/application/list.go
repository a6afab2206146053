package application

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/applications"
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
		{Name: "createdAt", Title: i18n.Text{RU: "Подано", EN: "Submitted"}, Value: func(a wire.Application) any { return moment(a.CreatedAt) }},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменено", EN: "Changed"}, Value: func(a wire.Application) any { return moment(a.UpdatedAt) }},
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

// moment is a time, or nothing when it is not known.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func newList(f *factory.Factory) *cobra.Command {
	var service, state string
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Мои заявления", EN: "My applications"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Заявления портала. Где портал говорит только по API ЕПГУ, показано то, что менялось за --since, и то, что подано с этой машины.",
			EN: "The applications of the portal. Where it speaks API ЕПГУ only, what changed within --since is shown, and what was submitted from this machine."}.In(f.Lang),
	}
	var since time.Duration
	cmd.Flags().DurationVar(&since, "since", 30*24*time.Hour, i18n.Text{RU: "за какой срок спрашивать портал, который списка не ведёт", EN: "how far back to ask a portal that keeps no list"}.In(f.Lang))
	cmd.Flags().StringVar(&service, "service", "", i18n.Text{RU: "только эта услуга", EN: "only this service"}.In(f.Lang))
	_ = cmd.RegisterFlagCompletionFunc("service", f.CompleteService) // fails only for a flag that is not there
	cmd.Flags().StringVar(&state, "state", "", i18n.Text{RU: "active, final, correction или unpaid", EN: "active, final, correction or unpaid"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.Application]{
		View: applicationView(), Limit: 30,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]wire.Application, output.Page, error) {
			if c.LacksCatalog(ctx) {
				return listKnown(ctx, f, c, since, service, state, limit)
			}
			return listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.Application], error) {
				return c.Cabinet.Applications(ctx, cabinet.ApplicationQuery{PageQuery: q, State: state, Service: service})
			})(ctx, c, limit)
		},
	})
}

// knownOf finds applications where the portal has no list of them.
func knownOf(ctx context.Context, f *factory.Factory, c *factory.Connection) (*applications.Known, error) {
	j, err := f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	return &applications.Known{Portal: c.Gusmev, Journal: j, Profile: c.Profile, Lang: f.IO.Lang}, nil
}

func listKnown(ctx context.Context, f *factory.Factory, c *factory.Connection, since time.Duration, service, state string, limit int) ([]wire.Application, output.Page, error) {
	if _, err := applications.Filtered(nil, service, state); err != nil {
		return nil, output.Page{}, err
	}
	k, err := knownOf(ctx, f, c)
	if err != nil {
		return nil, output.Page{}, err
	}
	most := limit
	if service != "" || state != "" {
		most = 0 // the filter is ours
	}
	all, total, err := k.List(ctx, f.Clock.Now().Add(-since), most)
	if err != nil {
		return nil, output.Page{}, err
	}
	if most != limit || service != "" || state != "" {
		if all, err = applications.Filtered(all, service, state); err != nil {
			return nil, output.Page{}, err
		}
		if total = len(all); limit > 0 && total > limit {
			all = all[:limit]
		}
	}
	return all, output.Page{Total: total, HasMore: len(all) < total}, nil
}

// one returns an application, from the cabinet or by API ЕПГУ alone.
func one(ctx context.Context, f *factory.Factory, c *factory.Connection, id int64) (*wire.Application, error) {
	if !c.LacksCatalog(ctx) {
		return c.Cabinet.Application(ctx, id, 0)
	}
	k, err := knownOf(ctx, f, c)
	if err != nil {
		return nil, err
	}
	return k.View(ctx, id)
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
			a, err := one(cmd.Context(), f, c, id)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, applicationView(), *a)
		},
	}
	output.AddFlags(cmd, &out, applicationView(), f.Lang)
	return cmd
}
