// Package root puts the command tree together. app builds it; cmd/docgen reads
// it to write the reference.
package root

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/cli/api"
	"github.com/epgu-cli/epgu/internal/cli/application"
	"github.com/epgu-cli/epgu/internal/cli/appointment"
	"github.com/epgu-cli/epgu/internal/cli/audit"
	"github.com/epgu-cli/epgu/internal/cli/auth"
	"github.com/epgu-cli/epgu/internal/cli/bank"
	"github.com/epgu-cli/epgu/internal/cli/batch"
	"github.com/epgu-cli/epgu/internal/cli/bill"
	"github.com/epgu-cli/epgu/internal/cli/calendar"
	"github.com/epgu-cli/epgu/internal/cli/cert"
	"github.com/epgu-cli/epgu/internal/cli/check"
	"github.com/epgu-cli/epgu/internal/cli/completion"
	"github.com/epgu-cli/epgu/internal/cli/config"
	"github.com/epgu-cli/epgu/internal/cli/conformance"
	"github.com/epgu-cli/epgu/internal/cli/demo"
	"github.com/epgu-cli/epgu/internal/cli/dict"
	"github.com/epgu-cli/epgu/internal/cli/doctor"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/helptopic"
	"github.com/epgu-cli/epgu/internal/cli/org"
	"github.com/epgu-cli/epgu/internal/cli/pay"
	"github.com/epgu-cli/epgu/internal/cli/pension"
	"github.com/epgu-cli/epgu/internal/cli/powers"
	"github.com/epgu-cli/epgu/internal/cli/profile"
	"github.com/epgu-cli/epgu/internal/cli/sandbox"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/cli/sign"
	"github.com/epgu-cli/epgu/internal/cli/support"
	"github.com/epgu-cli/epgu/internal/cli/tunnel"
	"github.com/epgu-cli/epgu/internal/cli/verify"
	"github.com/epgu-cli/epgu/internal/cli/version"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	uierrors "github.com/epgu-cli/epgu/internal/ui/errors"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// New returns the whole tree. Building it opens nothing.
func New(f *factory.Factory) *cobra.Command {
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	var showVersion bool
	root := &cobra.Command{
		Use:   "epgu",
		Short: tr("Госуслуги из терминала", "State services from the terminal"),
		Long: tr(`Госуслуги из терминала: вход, каталог услуг, подача заявлений, оплата пошлин, слежение за статусом.

Сразу после сборки всё работает на встроенном учебном портале, без сети и регистрации:
  epgu demo`, `State services from the terminal: sign in, browse the catalogue, submit applications, pay duties, follow status.

Right after the build everything runs on the embedded training portal, with no network and no registration:
  epgu demo`),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if showVersion {
				_, err := fmt.Fprintln(f.IO.Out, version.Line(f.Build))
				return err
			}
			if len(args) == 0 && fullScreen(f) {
				return f.Interactive(cmd.Context())
			}
			return group(f, cmd, args)
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return globals(f, cmd) },
	}
	root.SetOut(f.IO.Out)
	root.SetErr(f.IO.ErrOut)
	root.SetIn(f.IO.In)
	root.CompletionOptions.DisableDefaultCmd = true
	root.Flags().BoolVarP(&showVersion, "version", "V", false, tr("напечатать версию", "print the version"))

	p := root.PersistentFlags()
	p.StringVarP(&f.Flags.Profile, "profile", "P", "", tr("портал: sandbox, svcdev, prod или свой из настроек", "portal: sandbox, svcdev, prod or your own from the settings"))
	p.StringVar(&f.Flags.Lang, "lang", "", tr("язык: ru или en", "language: ru or en"))
	p.StringVar(&f.Flags.Color, "color", "", tr("цвет: auto, always, never", "colour: auto, always, never"))
	p.BoolVar(&f.Flags.NoInput, "no-input", false, tr("ни о чём не спрашивать", "never ask anything"))
	p.BoolVar(&f.IO.NoPager, "no-pager", false, tr("не открывать длинный вывод в программе просмотра", "do not open long output in a pager"))
	p.BoolVar(&f.Flags.Debug, "debug", false, tr("показать обмен с порталом, без секретов", "show the exchange with the portal, secrets removed"))
	p.BoolP("help", "h", false, tr("справка о команде", "help about the command"))
	p.SortFlags = false

	completeFlags(root, f)

	help := &cobra.Command{
		Use:   tr("help [команда]", "help [command]"),
		Short: tr("Справка о команде", "Help about a command"),
		RunE: func(c *cobra.Command, args []string) error {
			cmd, rest, err := c.Root().Find(args)
			if err != nil || cmd == nil || len(rest) > 0 && cmd == c.Root() {
				return uierrors.UnknownCommand(c.Root(), args[0])
			}
			return cmd.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			cmd, _, err := c.Root().Find(args)
			if err != nil || cmd == nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []cobra.Completion
			for _, sub := range cmd.Commands() {
				names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	root.SetHelpCommand(help)
	setHelp(root, f.IO, f.Lang)

	root.AddCommand(
		auth.New(f), org.New(f), profile.New(f), service.New(f), application.New(f), appointment.New(f), calendar.New(f), bill.New(f), pay.New(f), pension.New(f), batch.New(f), bank.New(f), check.New(f),
		sign.New(f), verify.New(f), cert.New(f), powers.New(f),
		dict.New(f), api.New(f), sandbox.New(f), audit.New(f), config.New(f), tunnel.New(f), conformance.New(f), support.New(f), doctor.New(f), demo.New(f), completion.New(f), version.New(f),
		helptopic.ExitCodes(f),
	)
	for _, noun := range root.Commands() {
		if !noun.Runnable() && noun.Args != nil { // a help topic takes none
			noun.Args = cobra.ArbitraryArgs
			noun.Annotations = map[string]string{onlyCommands: "yes"}
			noun.RunE = func(cmd *cobra.Command, args []string) error { return group(f, cmd, args) }
		}
	}
	return root
}

// fullScreen reports whether "epgu" alone opens the cabinet: a person sits at a
// terminal.
func fullScreen(f *factory.Factory) bool {
	return f.Interactive != nil && !f.IO.NoInput && f.IO.IsStdinTTY() && f.IO.IsStdoutTTY() && f.IO.StdinFile() != nil && f.IO.StdoutFile() != nil
}

// completeFlags offers the values of the global flags: what is fixed, and the
// profiles of the config file.
func completeFlags(root *cobra.Command, f *factory.Factory) {
	fixed := func(values ...cobra.Completion) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	for name, complete := range map[string]cobra.CompletionFunc{
		"lang":  fixed("ru", "en"),
		"color": fixed("auto", "always", "never"),
		"profile": func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			names := []cobra.Completion{"sandbox", "svcdev", "prod"}
			if s, err := f.Settings(); err == nil {
				names = s.ProfileNames()
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	} {
		_ = root.RegisterFlagCompletionFunc(name, complete) // fails only for a flag that is not there
	}
}

// group is what a command does that only has commands under it: a word it does
// not know is an error, and no word at all shows help and fails, so that a
// script never takes it for done.
func group(f *factory.Factory, cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return uierrors.UnknownCommand(cmd, args[0])
	}
	cmd.SetOut(f.IO.ErrOut)
	if err := cmd.Help(); err != nil {
		return err
	}
	return &exitcode.Silent{Code: exitcode.Usage}
}

// globals applies the global flags once they are parsed.
func globals(f *factory.Factory, cmd *cobra.Command) error {
	usage := func(flag, got, want string) error {
		return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»; подходит: %s", EN: "--%s cannot be %q; use: %s"}.With(flag, got, want))
	}
	if l := f.Flags.Lang; l != "" && l != "ru" && l != "en" {
		return usage("lang", l, "ru, en")
	}
	mode, ok := iostreams.ParseColorMode(f.Flags.Color)
	if !ok {
		return usage("color", f.Flags.Color, "auto, always, never")
	}
	if err := positive(cmd); err != nil {
		return err
	}
	f.IO.Color = mode
	f.IO.NoInput = f.Flags.NoInput
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		if fl.Name == "profile" {
			f.Flags.Set["profile"] = f.Flags.Profile
		}
	})
	return nil
}

// positive refuses what no flag of any command means: a negative period and a
// negative number of lines.
func positive(cmd *cobra.Command) error {
	var bad error
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		kind, value := fl.Value.Type(), fl.Value.String()
		if bad != nil || !strings.HasPrefix(value, "-") {
			return
		}
		switch {
		case kind == "duration":
			bad = fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»: срок не бывает отрицательным", EN: "--%s cannot be %q: a period is not negative"}.With(fl.Name, value)).
				Advise(i18n.Say("укажите, например, 30s, 10m или 2h", "give 30s, 10m or 2h, for example"))
		case kind == "int" && fl.Name == "limit":
			e := fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»: нужно число от 1", EN: "--%s cannot be %q: a number from 1 is needed"}.With(fl.Name, value))
			if bad = e; cmd.Flags().Lookup("all") != nil {
				bad = e.Advise(i18n.Say("чтобы показать все, добавьте --all", "to show all of them, add --all"))
			}
		}
	})
	return bad
}
