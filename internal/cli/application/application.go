// Package application is the noun "application": creating, submitting,
// following and finishing applications.
package application

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "application",
		Aliases: []string{"app"},
		Short:   i18n.Text{RU: "Заявления: подать, следить, получить результат", EN: "Applications: submit, follow, get the result"}.In(f.Lang),
		Args:    cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newCreate(f), newDraft(f), newTemplate(f), newSubmit(f), newList(f), newView(f), newHistory(f), newBoard(f), newWatch(f), newEdit(f), newVersions(f), newRevert(f), newAttach(f), newMessage(f), newCancel(f), newDownload(f), newRate(f), newPublic(f)}
	})
	return cmd
}

// orderID reads the number of an application.
func orderID(s string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(s), "№"), 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.New(exitcode.Usage, "application.bad_number", i18n.Text{
			RU: "«%s» — не номер заявления", EN: "%q is not the number of an application"}.With(s)).AdviseRun("epgu application list")
	}
	return n, nil
}
