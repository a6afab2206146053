// Package helptopic holds help pages that belong to no command, such as
// "epgu help exit-codes".
package helptopic

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// ExitCodes is the page about exit codes, made from the registry.
func ExitCodes(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "exit-codes",
		Short: i18n.Text{RU: "Что значат коды выхода", EN: "What the exit codes mean"}.In(f.Lang),
	}
	f.Flesh(cmd, func() { cmd.Long = exitCodes(f.Lang) })
	return cmd
}

func exitCodes(lang i18n.Lang) string {
	var b strings.Builder
	fmt.Fprintln(&b, i18n.Text{
		RU: "По коду выхода скрипт узнаёт, чем кончилась команда. Значения не меняются, могут только добавляться.\n",
		EN: "The exit code tells a script how a command ended. Codes never change their meaning; new ones may be added.\n"}.In(lang))
	for _, e := range exitcode.All() {
		fmt.Fprintf(&b, "  %3d  %-12s %s\n", e.Code, e.Name, e.Meaning.In(lang))
	}
	fmt.Fprint(&b, "\n", i18n.Text{
		RU: "С --json ошибка печатается в stderr одним объектом: code, exit, message, hint, requestId, fields.",
		EN: "With --json an error is one JSON object on stderr: code, exit, message, hint, requestId, fields."}.In(lang))
	return b.String()
}
