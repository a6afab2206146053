package errors

import (
	"context"
	"encoding/json"
	stderrors "errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func wrongForm() *fault.Error {
	f := fault.New(exitcode.Usage, "form.invalid", i18n.Say("в заявлении 2 ошибки", "the application has 2 mistakes")).
		Advise(i18n.Say("исправьте и повторите", "mend and repeat")).Because(stderrors.New("schema said no"))
	f.RequestID = "0190-abc"
	f.Fields = []fault.Field{
		{Name: "birthDate", Message: i18n.Say("нужна дата", "want a date")},
		{Name: "row 7, column УИН", Message: i18n.Text{RU: "не та контрольная цифра: %d", EN: "wrong check digit: %d"}.With(3)},
	}
	return f
}

func TestAnErrorSaysWhatWhereAndWhatNext(t *testing.T) {
	ios, _, out, errOut := iostreams.Test()
	if code := PrintError(ios, fmt.Errorf("submit: %w", wrongForm()), false); code != exitcode.Usage {
		t.Errorf("exit %d", code)
	}
	want := "ошибка: в заявлении 2 ошибки\n  birthDate: нужна дата\n  row 7, column УИН: не та контрольная цифра: 3\n" +
		"причина: schema said no\nчто делать: исправьте и повторите\nзапрос: 0190-abc\n"
	if errOut.String() != want || out.Len() > 0 {
		t.Errorf("got %q and %q, want %q", errOut, out, want)
	}
	ios.Lang = i18n.EN
	errOut.Reset()
	PrintError(ios, wrongForm(), false)
	if !strings.HasPrefix(errOut.String(), "error: the application has 2 mistakes\n") {
		t.Errorf("got %q", errOut)
	}
}

func TestAnErrorForScriptsIsOneObjectOnOneLine(t *testing.T) {
	ios, _, out, errOut := iostreams.Test()
	PrintError(ios, wrongForm(), true)
	want := `{"code":"form.invalid","exit":2,"message":"в заявлении 2 ошибки","hint":"исправьте и повторите","requestId":"0190-abc",` +
		`"fields":[{"name":"birthDate","message":"нужна дата"},{"name":"row 7, column УИН","message":"не та контрольная цифра: 3"}]}` + "\n"
	if errOut.String() != want || out.Len() > 0 {
		t.Errorf("got %q and %q, want %q", errOut, out, want)
	}
	errOut.Reset()
	if code := PrintError(ios, stderrors.New("boom & <bust>"), true); code != exitcode.Failure {
		t.Errorf("exit %d", code)
	}
	want = `{"code":"unexpected","exit":1,"message":"непредвиденная ошибка: boom & <bust>","hint":"","requestId":"","fields":[]}` + "\n"
	if errOut.String() != want {
		t.Errorf("got %q, want %q", errOut, want)
	}
}

func TestAnInterruptionIsNotCalledAnError(t *testing.T) {
	ios, _, _, errOut := iostreams.Test()
	if code := PrintError(ios, fmt.Errorf("wait: %w", context.Canceled), false); code != exitcode.Interrupted || errOut.String() != "прервано\n" {
		t.Errorf("got %d and %q", code, errOut)
	}
	if code := PrintError(ios, nil, true); code != exitcode.OK {
		t.Errorf("exit %d", code)
	}
}

func TestEscapeSequencesInAnErrorNeverReachTheTerminal(t *testing.T) {
	const evil = "a\x1b]52;c;ZXZpbA==\x07\u009b2J\u202Eb\r\nошибка: forged\x00\x7f"
	f := fault.New(exitcode.Refused, "x", i18n.Text{RU: "портал: %s", EN: "portal: %s"}.With(evil)).
		Advise(i18n.Text{RU: "%s", EN: "%s"}.With(evil)).Because(stderrors.New(evil))
	f.RequestID = evil
	f.Fields = []fault.Field{{Name: evil, Message: i18n.Text{RU: "%v", EN: "%v"}.With(untrusted.Text(evil))}}
	for _, err := range []error{f, stderrors.New(evil), FromCobra(nil, fmt.Errorf("unknown command %q for %q", evil, "epgu"))} {
		for _, asJSON := range []bool{false, true} {
			ios, _, _, errOut := iostreams.Test()
			ios.SetTTY(true)
			PrintError(ios, err, asJSON)
			for _, r := range errOut.String() {
				if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
					t.Fatalf("%U reached the terminal: %q", r, errOut)
				}
			}
			if asJSON && !json.Valid(errOut.Bytes()) {
				t.Errorf("not JSON: %q", errOut)
			}
		}
	}
	ios, _, _, errOut := iostreams.Test()
	PrintError(ios, stderrors.New(evil), false)
	if strings.Count(errOut.String(), "\n") != 1 {
		t.Errorf("a line was forged: %q", errOut)
	}
}

func TestColourMarksOnlyOurOwnWords(t *testing.T) {
	ios, _, _, errOut := iostreams.Test()
	ios.Color = iostreams.ColorAlways
	PrintError(ios, wrongForm(), false)
	if !strings.HasPrefix(errOut.String(), "\x1b[31mошибка:\x1b[0m в заявлении") || !strings.Contains(errOut.String(), "\x1b[2mзапрос: 0190-abc\x1b[0m") {
		t.Errorf("got %q", errOut)
	}
}

// run runs a small command line and returns what FromCobra makes of its error.
func run(t *testing.T, args ...string) error {
	t.Helper()
	root := &cobra.Command{Use: "epgu", SilenceErrors: true, SilenceUsage: true}
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	bill := &cobra.Command{Use: "bill", RunE: func(cmd *cobra.Command, args []string) error { return UnknownCommand(cmd, args[0]) }}
	list := &cobra.Command{Use: "list", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return nil }}
	list.Flags().Int("limit", 30, "")
	list.Flags().Bool("all", false, "")
	list.Flags().Duration("wait", time.Second, "")
	list.Flags().StringP("query", "q", "", "")
	list.MarkFlagsMutuallyExclusive("limit", "all")
	view := &cobra.Command{Use: "view ID", Args: cobra.ExactArgs(1), RunE: func(*cobra.Command, []string) error { return nil }}
	view.Flags().String("owner", "", "")
	_ = view.MarkFlagRequired("owner")
	kind := &cobra.Command{Use: "kind", ValidArgs: []string{"a"}, Args: cobra.OnlyValidArgs, RunE: func(*cobra.Command, []string) error { return nil }}
	bill.AddCommand(list, view, kind)
	root.AddCommand(bill)
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	return FromCobra(cmd, err)
}

func TestMistakesInTheCommandLineAreToldInBothLanguages(t *testing.T) {
	for _, c := range []struct {
		args               string
		code, ru, en, hint string
	}{
		{"bil", "usage.unknown_command", "нет такой команды: epgu bil", "unknown command: epgu bil", "epgu bill"},
		{"xyzzy", "usage.unknown_command", "нет такой команды: epgu xyzzy", "unknown command: epgu xyzzy", "epgu --help"},
		{"bill lsit", "usage.unknown_command", "нет такой команды: epgu bill lsit", "unknown command: epgu bill lsit", "epgu bill list"},
		{"bill zzz", "usage.unknown_command", "нет такой команды: epgu bill zzz", "unknown command: epgu bill zzz", "epgu bill --help"},
		{"bill list --limti 3", "usage.unknown_flag", "нет такого флага: --limti", "unknown flag: --limti", "--limit?"},
		{"bill list --zzz", "usage.unknown_flag", "нет такого флага: --zzz", "unknown flag: --zzz", "epgu bill list --help"},
		{"bill list -x", "usage.unknown_flag", "нет такого флага: -x", "unknown flag: -x", "--help"},
		{"bill list --limit", "usage.flag_value", "флагу --limit нужно значение", "flag --limit needs a value", "--help"},
		{"bill list -q", "usage.flag_value", "флагу --query нужно значение", "flag --query needs a value", "--help"},
		{"bill list --limit many", "usage.flag_value", `значение «many» не подходит флагу --limit: нужно целое число`, `value "many" does not suit flag --limit: want a whole number`, "--help"},
		{"bill list --limit 99999999999999999999", "usage.flag_value", `значение «99999999999999999999» не подходит флагу --limit: число слишком велико`, `the number is too large`, "--help"},
		{"bill list --wait soon", "usage.flag_value", "нужен промежуток времени", "want a duration", "--help"},
		{"bill list --all=maybe", "usage.flag_value", "нужно true или false", "want true or false", "--help"},
		{"bill list --=x", "usage.flag_syntax", "непонятный флаг: --=x", "bad flag syntax: --=x", "--help"},
		{"bill list --limit 3 --all", "usage.flags_exclude", "эти флаги нельзя указать вместе: --all, --limit", "these flags cannot go together: --all, --limit", "--help"},
		{"bill list x", "usage.arguments", "лишний аргумент: x", "unexpected argument: x", "epgu bill list --help"},
		{"bill view", "usage.arguments", "аргументов нужно 1, а получено 0", "want 1 arguments, got 0", "epgu bill view ID"},
		{"bill view 1", "usage.required_flag", "не хватает обязательных флагов: --owner", "required flags are missing: --owner", "--help"},
		{"bill kind b", "usage.argument", "аргумент b не подходит команде epgu bill kind", "argument b does not suit epgu bill kind", "--help"},
	} {
		var f *fault.Error
		if err := run(t, strings.Fields(c.args)...); !stderrors.As(err, &f) {
			t.Errorf("%s: got %v", c.args, err)
			continue
		}
		if f.Exit != exitcode.Usage || f.Code != c.code {
			t.Errorf("%s: got exit %d, code %s", c.args, f.Exit, f.Code)
		}
		if got := f.Message.In(i18n.RU); !strings.Contains(got, c.ru) {
			t.Errorf("%s: got %q, want %q", c.args, got, c.ru)
		}
		if got := f.Message.In(i18n.EN); !strings.Contains(got, c.en) {
			t.Errorf("%s: got %q, want %q", c.args, got, c.en)
		}
		if got := f.Hint.In(i18n.EN); !strings.Contains(got, c.hint) {
			t.Errorf("%s: got hint %q, want %q", c.args, got, c.hint)
		}
	}
}

func TestErrorsOfCommandsPassThroughUnchanged(t *testing.T) {
	plain := stderrors.New("disk is full")
	for _, err := range []error{nil, plain, wrongForm(), context.Canceled} {
		if got := FromCobra(nil, err); got != err {
			t.Errorf("got %v for %v", got, err)
		}
	}
	wrapped := fmt.Errorf("flag: %w", wrongForm())
	if got := FromCobra(nil, wrapped); got != wrapped {
		t.Errorf("got %v", got)
	}
}

func FuzzFromCobra(f *testing.F) {
	f.Add("unknown command \"x\" for \"epgu\"\n\nDid you mean this?\n\ty\n")
	f.Add("required flag(s) \"a\", \"b\" not set")
	f.Add("accepts 1 arg(s), received 2")
	f.Fuzz(func(t *testing.T, text string) {
		ios, _, _, errOut := iostreams.Test()
		PrintError(ios, FromCobra(nil, stderrors.New(text)), true)
		if !json.Valid(errOut.Bytes()) || strings.ContainsAny(errOut.String(), "\x1b\u202e\u009b") {
			t.Fatalf("%q gave %q", text, errOut)
		}
	})
}

func TestWhatTheOperatingSystemRefusesIsToldInTheReadersLanguage(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
		ru   string
	}{
		{&fs.PathError{Op: "write", Path: "/data/x", Err: syscall.ENOSPC}, "system.no_space", "на диске нет места: /data/x"},
		{fmt.Errorf("opening: %w", &fs.PathError{Op: "open", Path: "/data/x", Err: syscall.EACCES}), "system.permission", "нет прав на /data/x"},
		{&fs.PathError{Op: "open", Path: "/data/x", Err: syscall.EROFS}, "system.read_only", "диск доступен только для чтения: /data/x"},
		{&fs.PathError{Op: "mkdir", Path: "/data/x", Err: syscall.ENOTDIR}, "system.not_a_folder", "на пути /data/x стоит файл, а не папка"},
		{&fs.PathError{Op: "read", Path: "/data/x", Err: syscall.EINVAL}, "unexpected", "непредвиденная ошибка: read /data/x: invalid argument"},
		{stderrors.New("odd"), "unexpected", "непредвиденная ошибка: odd"},
	} {
		f := Explain(c.err)
		if f.Code != c.code || f.Exit != exitcode.Failure || f.Message.In(i18n.RU) != c.ru {
			t.Errorf("%v: %s %d %q", c.err, f.Code, f.Exit, f.Message.In(i18n.RU))
		}
	}
}
