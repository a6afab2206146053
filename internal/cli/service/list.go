package service

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func newList(f *factory.Factory) *cobra.Command {
	var q catalog.Query
	return found(f, &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Все услуги, частые сначала", EN: "All services, popular first"}.In(f.Lang),
	}, &q)
}

func newSearch(f *factory.Factory) *cobra.Command {
	var q catalog.Query
	return found(f, &cobra.Command{
		Use:     i18n.Text{RU: "search СЛОВА…", EN: "search WORDS…"}.In(f.Lang),
		Short:   i18n.Text{RU: "Найти услугу по словам", EN: "Find a service by words"}.In(f.Lang),
		Example: "  epgu service search загранпаспорт",
		Args:    cobra.MinimumNArgs(1),
		PreRun:  func(_ *cobra.Command, words []string) { q.Text = strings.Join(words, " ") },
	}, &q)
}

// found makes cmd list what the query finds.
func found(f *factory.Factory, cmd *cobra.Command, q *catalog.Query) *cobra.Command {
	cmd.Flags().StringVar(&q.Topic, "topic", "", i18n.Text{RU: "только эта тема", EN: "only this topic"}.In(f.Lang))
	cmd.Flags().StringVar(&q.Department, "department", "", i18n.Text{RU: "только это ведомство", EN: "only this department"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[cabinet.Service]{
		View: listView(), Limit: 30,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]cabinet.Service, output.Page, error) {
			items, total, err := c.Catalog.Find(ctx, *q, limit)
			return items, output.Page{Total: total, HasMore: len(items) < total}, err
		},
	})
}
