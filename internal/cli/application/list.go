package application

import (
	"context"
	"slices"
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
		{Name: "region", Title: i18n.Text{RU: "Регион (ОКАТО)", EN: "Region (ОКАТО)"}, Value: func(a wire.Application) any { return a.Region }},
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
		{Name: "wanted", Title: i18n.Text{RU: "Ведомство ждёт документ", EN: "The department waits for"}, Value: func(a wire.Application) any {
			if a.Wanted == nil {
				return nil
			}
			return output.Dual{Machine: a.Wanted, Human: a.Wanted.Title}
		}},
		{Name: "changeUntil", Title: i18n.Text{RU: "Изменить можно до", EN: "May be changed until"}, Value: func(a wire.Application) any { return until(a.ChangeUntil) }},
		{Name: "cancelUntil", Title: i18n.Text{RU: "Отозвать можно до", EN: "May be withdrawn until"}, Value: func(a wire.Application) any { return until(a.CancelUntil) }},
		{Name: "rating", Title: i18n.Text{RU: "Ваша оценка", EN: "Your rating"}, Value: func(a wire.Application) any {
			if a.Rating == nil {
				return nil
			}
			return output.Dual{Machine: a.Rating, Human: a.Rating.Score}
		}},
		{Name: "hasResult", Title: i18n.Text{RU: "Есть результат", EN: "Has a result"}, Value: func(a wire.Application) any { return a.HasResult }},
	}, Default: []string{"orderId", "serviceTitle", "status", "updatedAt"}}
}

func until(t *time.Time) any {
	if t == nil {
		return nil
	}
	return *t
}

// moment is a time, or nothing when it is not known.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func newList(f *factory.Factory) *cobra.Command {
	n := narrowed{f: f}
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Мои заявления", EN: "My applications"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Заявления портала. Где портал говорит только по API ЕПГУ, показано то, что менялось за --since, и то, что подано с этой машины.",
			EN: "The applications of the portal. Where it speaks API ЕПГУ only, what changed within --since is shown, and what was submitted from this machine."}.In(f.Lang),
		Example: "  epgu application list --state active --sort expected\n  epgu application list --service zagranpasport --from 2026-07-01 --region 45 --all --csv",
		PreRunE: func(*cobra.Command, []string) error { return n.Check() },
	}
	n.flags(cmd)
	return listing.Command(f, cmd, listing.List[wire.Application]{View: applicationView(), Limit: 30, Get: n.get})
}

// narrowed is a list of applications with its filter.
type narrowed struct {
	f *factory.Factory
	applications.Filter
	since time.Duration
}

func (n *narrowed) flags(cmd *cobra.Command) {
	lang := n.f.Lang
	cmd.Flags().DurationVar(&n.since, "since", 30*24*time.Hour, i18n.Text{RU: "за какой срок спрашивать портал, который списка не ведёт", EN: "how far back to ask a portal that keeps no list"}.In(lang))
	filterFlags(n.f, cmd, &n.Filter)
	cmd.Flags().BoolVar(&n.Reverse, "reverse", false, i18n.Text{RU: "в обратном порядке", EN: "in the reverse order"}.In(lang))
}

// filterFlags are the flags of what a portal filters and orders itself.
func filterFlags(f *factory.Factory, cmd *cobra.Command, o *applications.Filter) {
	lang := f.Lang
	cmd.Flags().StringVar(&o.Service, "service", "", i18n.Text{RU: "только эта услуга", EN: "only this service"}.In(lang))
	_ = cmd.RegisterFlagCompletionFunc("service", f.CompleteService) // fails only for a flag that is not there
	cmd.Flags().StringVar(&o.State, "state", "", i18n.Text{RU: "active, final, correction или unpaid", EN: "active, final, correction or unpaid"}.In(lang))
	cmd.Flags().IntVar(&o.StatusID, "status", 0, i18n.Text{RU: "только с этим `кодом` статуса", EN: "only those with this status `code`"}.In(lang))
	cmd.Flags().StringVar(&o.Region, "region", "", i18n.Text{RU: "только этот регион: `ОКАТО` или его первые цифры", EN: "only this region: an `ОКАТО` or its first digits"}.In(lang))
	cmd.Flags().StringVar(&o.From, "from", "", i18n.Text{RU: "поданные с этого `дня` (по Москве)", EN: "submitted from this `day` (Moscow) on"}.In(lang))
	cmd.Flags().StringVar(&o.To, "to", "", i18n.Text{RU: "поданные по этот `день` включительно", EN: "submitted up to this `day`, inclusive"}.In(lang))
	cmd.Flags().StringVar(&o.Sort, "sort", "", i18n.Text{RU: "`порядок`: created (новые сверху, обычный), updated, expected (ближайший срок) или status", EN: "`order`: created (the newest first, the usual one), updated, expected (the nearest term) or status"}.In(lang))
}

func (n *narrowed) get(ctx context.Context, c *factory.Connection, limit int) ([]wire.Application, output.Page, error) {
	if c.LacksCatalog(ctx) {
		return n.known(ctx, c, limit)
	}
	most := limit
	if n.Reverse {
		most = 0 // the last of them come first
	}
	all, page, err := listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.Application], error) {
		return c.Cabinet.Applications(ctx, n.Query(q))
	})(ctx, c, most)
	if err == nil && n.Reverse {
		slices.Reverse(all)
		if page = (output.Page{Total: len(all)}); limit > 0 && len(all) > limit {
			all, page.HasMore = all[:limit], true
		}
	}
	return all, page, err
}

// knownOf finds applications where the portal has no list of them.
func knownOf(ctx context.Context, f *factory.Factory, c *factory.Connection) (*applications.Known, error) {
	j, err := f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	return &applications.Known{Portal: c.Gusmev, Journal: j, Profile: c.Profile, Lang: f.IO.Lang}, nil
}

// known lists where the portal keeps no list: the filter is ours.
func (n *narrowed) known(ctx context.Context, c *factory.Connection, limit int) ([]wire.Application, output.Page, error) {
	k, err := knownOf(ctx, n.f, c)
	if err != nil {
		return nil, output.Page{}, err
	}
	most := limit
	ours := n.Narrows() || n.Sort != "" || n.Reverse
	if ours {
		most = 0
	}
	all, total, err := k.List(ctx, n.f.Clock.Now().Add(-n.since), most)
	if err != nil {
		return nil, output.Page{}, err
	}
	if ours {
		if n.Region != "" { // only the application itself says its region
			if err := k.Whole(ctx, all); err != nil {
				return nil, output.Page{}, err
			}
		}
		all = n.Apply(all)
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
