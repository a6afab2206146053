package root

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/pager"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// words of the help pages.
type words struct{ usage, aliases, examples, commands, topics, flags, global, more i18n.Text }

func helpWords() words {
	return words{
		usage:    i18n.Text{RU: "Вызов", EN: "Usage"},
		aliases:  i18n.Text{RU: "Другие имена", EN: "Aliases"},
		examples: i18n.Text{RU: "Примеры", EN: "Examples"},
		commands: i18n.Text{RU: "Команды", EN: "Commands"},
		topics:   i18n.Text{RU: "Ещё в справке", EN: "More help"},
		flags:    i18n.Text{RU: "Флаги", EN: "Flags"},
		global:   i18n.Text{RU: "Общие флаги", EN: "Global flags"},
		more:     i18n.Text{RU: "Подробнее о команде: %s КОМАНДА --help", EN: "More about a command: %s COMMAND --help"},
	}
}

// setHelp makes help and usage speak the language of the user; cobra's own
// templates speak English only.
func setHelp(root *cobra.Command, ios *iostreams.IOStreams, lang i18n.Lang) {
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		usage(cmd.OutOrStderr(), cmd, lang, 0)
		return nil
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		cols := 0
		if ios.IsStdoutTTY() {
			cols = ios.Width()
		}
		page := func(w io.Writer) error {
			text := cmd.Long
			if text == "" {
				text = cmd.Short
			}
			fmt.Fprintln(w, prose(strings.TrimRight(text, "\n"), cols))
			if cmd.Runnable() || cmd.HasAvailableSubCommands() {
				fmt.Fprintln(w)
				usage(w, cmd, lang, cols)
			}
			return nil
		}
		w := cmd.OutOrStdout()
		if w != ios.Out {
			_ = page(w)
			return
		}
		if err := pager.Run(ios, page); err != nil {
			_ = page(w) // help is shown even when the pager cannot be
		}
	})
}

// onlyCommands marks a command that only has commands under it, so that its
// usage does not pretend that it does something by itself.
const onlyCommands = "epgu.only-commands"

func usage(w io.Writer, cmd *cobra.Command, lang i18n.Lang, cols int) {
	t := helpWords()
	head := func(x i18n.Text) { fmt.Fprintf(w, "%s:\n", x.In(lang)) }
	head(t.usage)
	if cmd.Runnable() && cmd.Annotations[onlyCommands] == "" {
		fmt.Fprintf(w, "  %s\n", strings.Replace(cmd.UseLine(), "[flags]", i18n.Text{RU: "[флаги]", EN: "[flags]"}.In(lang), 1))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s %s\n", cmd.CommandPath(), i18n.Text{RU: "КОМАНДА [флаги]", EN: "COMMAND [flags]"}.In(lang))
	}
	if len(cmd.Aliases) > 0 {
		fmt.Fprintln(w)
		head(t.aliases)
		fmt.Fprintf(w, "  %s\n", cmd.NameAndAliases())
	}
	if cmd.HasExample() {
		fmt.Fprintln(w)
		head(t.examples)
		fmt.Fprintln(w, strings.TrimRight(cmd.Example, "\n"))
	}
	list := func(title i18n.Text, pick func(*cobra.Command) bool) {
		first := true
		for _, c := range cmd.Commands() {
			if !pick(c) {
				continue
			}
			if first {
				fmt.Fprintln(w)
				head(title)
				first = false
			}
			left := fmt.Sprintf("  %-*s  ", cmd.NamePadding(), c.Name())
			about := []string{c.Short}
			if cols > 0 {
				about = width.Wrap(c.Short, max(20, cols-width.String(left)))
			}
			fmt.Fprintf(w, "%s%s\n", left, strings.Join(about, "\n"+strings.Repeat(" ", width.String(left))))
		}
	}
	list(t.commands, func(c *cobra.Command) bool { return c.IsAvailableCommand() || c.Name() == "help" })
	list(t.topics, func(c *cobra.Command) bool { return c.IsAdditionalHelpTopicCommand() })
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintln(w)
		head(t.flags)
		flagUsages(w, cmd.LocalFlags(), lang, cols)
	}
	if cmd.HasAvailableInheritedFlags() {
		fmt.Fprintln(w)
		head(t.global)
		flagUsages(w, cmd.InheritedFlags(), lang, cols)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n"+t.more.In(lang)+"\n", cmd.CommandPath())
	}
}
