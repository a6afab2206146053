// Package listing is the one shape of a command that shows a list of the portal:
// connect, ask, print, and say what is not shown. Packages under internal/cli
// import it.
package listing

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// List describes what such a command shows.
type List[T any] struct {
	// View is how an item is shown.
	View output.View[T]
	// Limit is how many items are shown unless --limit or --all says otherwise.
	// Zero is a list that the portal gives whole; it has neither flag.
	Limit int
	// Get asks the portal for at most limit items, or for all of them when limit
	// is 0. Whole and Paged make one.
	Get func(ctx context.Context, c *factory.Connection, limit int) ([]T, output.Page, error)
}

// Command makes cmd show the list: it takes no arguments unless cmd says so,
// has the flags of every output and, where the list has a limit, --limit and
// --all. What can be wrong with other flags of cmd is found by its PreRunE,
// before anything is asked.
func Command[T any](f *factory.Factory, cmd *cobra.Command, l List[T]) *cobra.Command {
	var out output.Options
	limit, all := 0, false
	if cmd.Args == nil {
		cmd.Args = cobra.NoArgs
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := f.Connect(cmd.Context())
		if err != nil {
			return err
		}
		most := limit
		if all {
			most = 0
		}
		items, page, err := l.Get(cmd.Context(), c, most)
		if err != nil {
			return err
		}
		return output.List(f.IO, &out, l.View, items, page)
	}
	if l.Limit > 0 {
		cmd.Flags().IntVarP(&limit, "limit", "L", l.Limit, i18n.Text{RU: "показать не больше", EN: "show at most this many"}.In(f.Lang))
		cmd.Flags().BoolVar(&all, "all", false, i18n.Text{RU: "показать все", EN: "show all"}.In(f.Lang))
		cmd.MarkFlagsMutuallyExclusive("limit", "all")
	}
	output.AddFlags(cmd, &out, l.View, f.Lang)
	return cmd
}

// Whole is Get for a list that the portal gives in one answer.
func Whole[T any](get func(ctx context.Context, c *factory.Connection) ([]T, error)) func(context.Context, *factory.Connection, int) ([]T, output.Page, error) {
	return func(ctx context.Context, c *factory.Connection, limit int) ([]T, output.Page, error) {
		items, err := get(ctx, c)
		return cut(items, limit), output.Page{Total: len(items)}, err
	}
}

// Paged is Get for a list that the cabinet API gives page by page.
func Paged[T any](get func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[T], error)) func(context.Context, *factory.Connection, int) ([]T, output.Page, error) {
	return func(ctx context.Context, c *factory.Connection, limit int) ([]T, output.Page, error) {
		items, total, err := cabinet.Take(limit, func(q cabinet.PageQuery) (*wire.Page[T], error) { return get(ctx, c, q) })
		return items, output.Page{Total: total, HasMore: len(items) < total}, err
	}
}

func cut[T any](items []T, limit int) []T {
	if limit > 0 && len(items) > limit {
		return items[:limit]
	}
	return items
}
