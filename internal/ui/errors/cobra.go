package errors

import (
	"context"
	stderrors "errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/spelling"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// FromCobra turns an error of the flag library into a usage fault (exit 2)
// with a text in both languages; a misspelt command or flag gets a
// suggestion. cmd is the command that ExecuteC returned and may be nil. An
// error that is already a fault, a cancelled context, and anything that is not a
// usage error come back as they are.
func FromCobra(cmd *cobra.Command, err error) error {
	var f *fault.Error
	if err == nil || stderrors.As(err, &f) || stderrors.Is(err, context.Canceled) {
		return err
	}
	u := fromFlags(cmd, err)
	if u == nil {
		u = fromText(cmd, err.Error())
	}
	if u == nil {
		return err
	}
	if u.Hint.IsZero() && cmd != nil {
		_ = u.Advise(i18n.Text{RU: "как пользоваться: %s --help", EN: "usage: %s --help"}.With(cmd.CommandPath()))
	}
	return u
}

func usage(code string, m i18n.Message) *fault.Error { return fault.New(exitcode.Usage, code, m) }

func didYouMean(what string) i18n.Message {
	return i18n.Text{RU: "может быть, %s?", EN: "did you mean %s?"}.With(what)
}

// fromFlags knows the typed errors of pflag.
func fromFlags(cmd *cobra.Command, err error) *fault.Error {
	var (
		missing *pflag.NotExistError
		bare    *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case stderrors.As(err, &missing):
		name := "--" + missing.GetSpecifiedName()
		if missing.GetSpecifiedShortnames() != "" {
			name = "-" + missing.GetSpecifiedShortnames()
		}
		u := usage("usage.unknown_flag", i18n.Text{RU: "нет такого флага: %s", EN: "unknown flag: %s"}.With(untrusted.Text(name)))
		if near := nearestFlag(cmd, missing.GetSpecifiedName()); near != "" {
			_ = u.Advise(didYouMean("--" + near))
		}
		return u
	case stderrors.As(err, &bare):
		name := "--" + bare.GetFlag().Name
		return usage("usage.flag_value", i18n.Text{RU: "флагу %s нужно значение", EN: "flag %s needs a value"}.With(name))
	case stderrors.As(err, &invalid):
		return usage("usage.flag_value", i18n.Text{RU: "значение «%s» не подходит флагу --%s: %s", EN: "value %q does not suit flag --%s: %s"}.
			With(untrusted.Text(invalid.GetValue()), invalid.GetFlag().Name, reason(invalid.Unwrap())))
	case stderrors.As(err, &syntax):
		return usage("usage.flag_syntax", i18n.Text{RU: "непонятный флаг: %s", EN: "bad flag syntax: %s"}.
			With(untrusted.Text(syntax.GetSpecifiedFlag())))
	}
	return nil
}

// reason says in both languages why the standard parsers refuse a value.
func reason(err error) i18n.Localised {
	text := err.Error()
	switch {
	case strings.Contains(text, "strconv.ParseInt"), strings.Contains(text, "strconv.ParseUint"), strings.Contains(text, "strconv.Atoi"):
		if strings.Contains(text, "out of range") {
			return i18n.Text{RU: "число слишком велико", EN: "the number is too large"}
		}
		return i18n.Text{RU: "нужно целое число", EN: "want a whole number"}
	case strings.Contains(text, "strconv.ParseFloat"):
		return i18n.Text{RU: "нужно число", EN: "want a number"}
	case strings.Contains(text, "strconv.ParseBool"):
		return i18n.Text{RU: "нужно true или false", EN: "want true or false"}
	case strings.Contains(text, "time: "):
		return i18n.Text{RU: "нужен промежуток времени, например 30s или 5m", EN: "want a duration such as 30s or 5m"}
	}
	clean := untrusted.Clean(text)
	return i18n.Text{RU: clean, EN: clean}
}

// shape is one error text of cobra; its groups become the arguments.
type shape struct {
	pattern string
	code    string
	text    i18n.Text
}

// fromText knows the errors that cobra gives as plain text (v1.10).
func fromText(cmd *cobra.Command, text string) *fault.Error {
	if m := regexp.MustCompile(`(?s)^unknown command "(.*?)" for "([^"]*)"(?:.*Did you mean this\?\s+(.+?)\s*)?$`).FindStringSubmatch(text); m != nil {
		if cmd != nil && !cmd.HasSubCommands() { // cobra.NoArgs words it so too
			return usage("usage.arguments", i18n.Text{RU: "лишний аргумент: %s", EN: "unexpected argument: %s"}.With(untrusted.Text(m[1])))
		}
		u := usage("usage.unknown_command", i18n.Text{RU: "нет такой команды: %s %s", EN: "unknown command: %s %s"}.
			With(untrusted.Text(m[2]), untrusted.Text(m[1])))
		if names := strings.Fields(m[3]); len(names) > 0 {
			_ = u.Advise(didYouMean(m[2] + " " + strings.Join(names, ", ")))
		}
		return u
	}
	for _, s := range [...]shape{
		{`^required flag\(s\) (.+) not set$`, "usage.required_flag", i18n.Text{RU: "не хватает обязательных флагов: %s", EN: "required flags are missing: %s"}},
		{`^accepts (\d+) arg\(s\), received (\d+)$`, "usage.arguments", i18n.Text{RU: "аргументов нужно %s, а получено %s", EN: "want %s arguments, got %s"}},
		{`^accepts at most (\d+) arg\(s\), received (\d+)$`, "usage.arguments", i18n.Text{RU: "аргументов нужно не больше %s, а получено %s", EN: "want at most %s arguments, got %s"}},
		{`^requires at least (\d+) arg\(s\), only received (\d+)$`, "usage.arguments", i18n.Text{RU: "аргументов нужно не меньше %s, а получено %s", EN: "want at least %s arguments, got %s"}},
		{`^accepts between (\d+) and (\d+) arg\(s\), received (\d+)$`, "usage.arguments", i18n.Text{RU: "аргументов нужно от %s до %s, а получено %s", EN: "want from %s to %s arguments, got %s"}},
		{`(?s)^invalid argument "(.*)" for "(.*)"$`, "usage.argument", i18n.Text{RU: "аргумент %s не подходит команде %s", EN: "argument %s does not suit %s"}},
		{`^if any flags in the group \[.*\] are set none of the others can be; \[(.+)\] were all set$`, "usage.flags_exclude", i18n.Text{RU: "эти флаги нельзя указать вместе: %s", EN: "these flags cannot go together: %s"}},
		{`^if any flags in the group \[.*\] are set they must all be set; missing \[(.+)\]$`, "usage.flags_together", i18n.Text{RU: "не хватает парных флагов: %s", EN: "these flags are needed as well: %s"}},
		{`^at least one of the flags in the group \[(.+)\] is required$`, "usage.one_required", i18n.Text{RU: "нужен хотя бы один из флагов: %s", EN: "at least one of these flags is required: %s"}},
	} {
		m := regexp.MustCompile(s.pattern).FindStringSubmatch(text)
		if m == nil {
			continue
		}
		args := make([]any, len(m)-1)
		for i, a := range m[1:] {
			if strings.Contains(s.code, "flag") || s.code == "usage.one_required" {
				a = dashed(a)
			}
			args[i] = untrusted.Text(a)
		}
		u := usage(s.code, s.text.With(args...))
		if cmd != nil && s.code == "usage.arguments" {
			_ = u.Advise(i18n.Text{RU: "как пользоваться: %s", EN: "usage: %s"}.With(useLine(cmd)))
		}
		return u
	}
	return nil
}

// useLine is how a command is called, in both languages.
func useLine(cmd *cobra.Command) i18n.Text {
	line := cmd.UseLine()
	return i18n.Text{RU: strings.Replace(line, "[flags]", "[флаги]", 1), EN: line}
}

// dashed turns a list of flag names as cobra prints it (a b, or "a", "b")
// into --a, --b.
func dashed(list string) string {
	names := strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' || r == '"' })
	for i := range names {
		names[i] = "--" + names[i]
	}
	return strings.Join(names, ", ")
}

// UnknownCommand is the usage fault for a word after a command that only
// groups others; flag libraries let such words pass. It suggests the commands
// that are spelt most like it.
func UnknownCommand(group *cobra.Command, word string) error {
	u := usage("usage.unknown_command", i18n.Text{RU: "нет такой команды: %s %s", EN: "unknown command: %s %s"}.
		With(group.CommandPath(), untrusted.Text(word)))
	var near []string
	for _, c := range group.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		for _, name := range append(append([]string{c.Name()}, c.Aliases...), c.SuggestFor...) {
			if spelling.Distance(word, name) <= 2 && len([]rune(name)) > 2 || word != "" && strings.HasPrefix(name, word) || strings.EqualFold(name, word) {
				near = append(near, group.CommandPath()+" "+c.Name())
				break
			}
		}
	}
	if len(near) > 0 {
		return u.Advise(didYouMean(strings.Join(near, ", ")))
	}
	return u.Advise(i18n.Text{RU: "какие есть команды: %s --help", EN: "list the commands: %s --help"}.With(group.CommandPath()))
}

// nearestFlag returns the flag of cmd that is spelt most like name, or "".
func nearestFlag(cmd *cobra.Command, name string) string {
	if cmd == nil || len([]rune(name)) < 2 {
		return ""
	}
	best, bestDist := "", 3 // two mistakes at most
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if d := spelling.Distance(name, f.Name); d < bestDist && d < len(f.Name) {
			best, bestDist = f.Name, d
		} else if strings.HasPrefix(f.Name, name) && best == "" {
			best = f.Name
		}
	})
	return best
}
