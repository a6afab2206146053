// Package check is the noun "check": whether a requisite or a payment code is
// right, and if not, what is wrong with it. It needs no portal and no account.
package check

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// stdin is the argument that stands for the values of the standard input,
// one a line.
const stdin = "-"

// New returns the noun: one command for each kind of requisite, and qr.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: i18n.Text{RU: "Проверить реквизит: УИН, ИНН, счёт и другие", EN: "Check a requisite: УИН, ИНН, account and others"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Проверяет реквизиты без сети и объясняет ошибку: какой знак, что ожидалось и что, вероятно, имелось в виду.\nКод выхода 0 — всё верно, 2 — что-то не прошло.",
			EN: "Checks requisites offline and explains a mistake: which character, what was expected, what was probably meant.\nExit code 0: all is right; 2: something is not.",
		}.In(f.Lang),
		Example: "  epgu check uin 18810177170325189254\n  epgu check account 40702810138250123017 --bik 044525225\n  cut -f3 register.tsv | epgu check inn - --json input,verdict,message",
		Args:    cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		verbs := []*cobra.Command{newQR(f)}
		for _, info := range requisites.Kinds() {
			verbs = append(verbs, newKind(f, info))
		}
		return verbs
	})
	return cmd
}

func newKind(f *factory.Factory, info requisites.KindInfo) *cobra.Command {
	var out output.Options
	var o requisites.Options
	value := i18n.Text{RU: "ЗНАЧЕНИЕ", EN: "VALUE"}.In(f.Lang)
	cmd := &cobra.Command{
		Use:     info.Name + " " + value + "…",
		Short:   i18n.Text{RU: "Проверить: %s", EN: "Check: %s"}.With(info.Title).In(f.Lang),
		Example: "  epgu check " + info.Name + " \"" + info.Example + "\"",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return run(f, &out, info.Kind, args, o)
		},
	}
	if info.NeedsBIK {
		cmd.Flags().StringVar(&o.BIK, "bik", "", i18n.Text{RU: "БИК банка, чтобы проверить и ключ счёта", EN: "the bank's БИК, to check the account's key as well"}.In(f.Lang))
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	output.Wordless(cmd)
	return cmd
}

// run checks every value, prints what it found as it goes, and says at the
// end whether anything was wrong.
func run(f *factory.Factory, out *output.Options, kind requisites.Kind, args []string, o requisites.Options) error {
	total, wrong := 0, 0
	results := func(yield func(requisites.Result, error) bool) {
		for v, err := range values(f.IO.In, args) {
			if err != nil {
				yield(requisites.Result{}, err)
				return
			}
			r := requisites.Check(kind, v, o)
			total++
			if r.Verdict == requisites.VerdictInvalid {
				wrong++
			}
			for _, d := range r.Details {
				if d.Name == "warning" || d.Name == "doubt" {
					f.IO.Note(i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(r.Input, d.Meaning))
				}
			}
			if !yield(r, nil) {
				return
			}
		}
	}
	if err := output.Stream(f.IO, out, view(), results, nil); err != nil {
		return err
	}
	switch {
	case total == 0:
		return fault.New(exitcode.Usage, "check.nothing", i18n.Say("нечего проверять: ни одного значения", "nothing to check: no values"))
	case wrong > 0:
		return fault.New(exitcode.Usage, "check.invalid", i18n.Text{RU: "не прошли проверку: %d из %d", EN: "%d of %d did not pass"}.With(wrong, total))
	}
	return nil
}

// lineLimit bounds a line of the standard input, in bytes.
const lineLimit = 64 << 10

// values gives the arguments, and the lines of in where an argument is "-".
func values(in io.Reader, args []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, a := range args {
			if a != stdin {
				if !yield(a, nil) {
					return
				}
				continue
			}
			lines := bufio.NewScanner(in)
			lines.Buffer(nil, lineLimit)
			for lines.Scan() {
				if strings.TrimSpace(lines.Text()) != "" && !yield(lines.Text(), nil) {
					return
				}
			}
			if err := lines.Err(); err != nil {
				yield("", unreadable(err))
				return
			}
		}
	}
}

func unreadable(err error) error {
	if errors.Is(err, bufio.ErrTooLong) {
		return fault.New(exitcode.Usage, "check.long_line", i18n.Text{RU: "строка длиннее %d байт: это не список реквизитов", EN: "a line is longer than %d bytes: this is no list of requisites"}.With(lineLimit))
	}
	return fault.New(exitcode.Failure, "check.read", i18n.Say("стандартный ввод не прочитан", "the standard input could not be read")).Because(err)
}
