// Package batch is the noun "batch": payment registers, from the first check
// to the report. One file per verb.
package batch

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "batch",
		Short: i18n.Text{RU: "Платёжные реестры: проверка и оплата сотнями тысяч", EN: "Payment registers: check and pay by the hundred thousand"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{
			newCheck(f),
			newTemplate(f),
			newPlan(f),
			newShow(f),
			newApprove(f),
			newRun(f),
			newStatus(f),
			newReconcile(f),
			newReport(f),
			newClose(f),
		}
	})
	return cmd
}
