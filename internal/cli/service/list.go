package service

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

type listOptions struct {
	f     *factory.Factory
	out   output.Options
	query catalog.Query
	limit int
	all   bool
}

func newList(f *factory.Factory) *cobra.Command {
	o := &listOptions{f: f}
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Все услуги, частые сначала", EN: "All services, popular first"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.flags(cmd)
	return cmd
}

func newSearch(f *factory.Factory) *cobra.Command {
	o := &listOptions{f: f}
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "search СЛОВА…", EN: "search WORDS…"}.In(f.Lang),
		Short:   i18n.Text{RU: "Найти услугу по словам", EN: "Find a service by words"}.In(f.Lang),
		Example: "  epgu service search загранпаспорт",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.query.Text = strings.Join(args, " ")
			return o.run(cmd.Context())
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *listOptions) flags(cmd *cobra.Command) {
	lang := o.f.Lang
	cmd.Flags().StringVar(&o.query.Topic, "topic", "", i18n.Text{RU: "только эта тема", EN: "only this topic"}.In(lang))
	cmd.Flags().StringVar(&o.query.Department, "department", "", i18n.Text{RU: "только это ведомство", EN: "only this department"}.In(lang))
	cmd.Flags().IntVarP(&o.limit, "limit", "L", 30, i18n.Text{RU: "показать не больше", EN: "show at most this many"}.In(lang))
	cmd.Flags().BoolVar(&o.all, "all", false, i18n.Text{RU: "показать все", EN: "show all"}.In(lang))
	output.AddFlags(cmd, &o.out, listView(), lang)
}

func (o *listOptions) run(ctx context.Context) error {
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	limit := o.limit
	if o.all {
		limit = 0
	}
	items, total, err := c.Catalog.Find(ctx, o.query, limit)
	if err != nil {
		return err
	}
	return output.List(o.f.IO, &o.out, listView(), items, output.Page{Total: total, HasMore: len(items) < total})
}
