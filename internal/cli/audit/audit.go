// Package audit is the noun "audit": proving the journal, telling what happened
// to a payment or an application, and giving the journal out. One file per verb.
package audit

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: i18n.Text{RU: "Журнал: проверить цепочку, показать историю платежа", EN: "The journal: prove its chain, tell a payment's story"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{newVerify(f), newShow(f), newExport(f)} })
	return cmd
}

// place is which journal a verb looks at.
type place struct{ dir string }

func (p *place) flag(cmd *cobra.Command, f *factory.Factory) {
	cmd.Flags().StringVar(&p.dir, "journal", "", i18n.Text{RU: "`папка` с копией журнала; ни один байт в ней не меняется", EN: "`folder` with a copy of the journal; no byte of it changes"}.In(f.Lang))
}

// open opens the profile's own journal, or the copy that was named.
func (p *place) open(ctx context.Context, f *factory.Factory) (journal.Journal, error) {
	if p.dir == "" {
		return f.Journal(ctx)
	}
	return f.JournalCopy(ctx, p.dir)
}
