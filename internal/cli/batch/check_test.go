package batch

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// command runs one of the offline verbs as a user would.
func command(t *testing.T, lang i18n.Lang, args ...string) (out, errOut *bytes.Buffer, err error) {
	t.Helper()
	ios, _, out, errOut := iostreams.Test()
	ios.Lang = lang
	f := &factory.Factory{IO: ios, Lang: lang, Flags: &factory.Flags{}, Clock: clock.System{}}
	cmd := newCheck(f)
	if args[0] == "template" {
		cmd = newTemplate(f)
	}
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args[1:])
	return out, errOut, cmd.ExecuteContext(t.Context())
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

const goodUIN = "18810177170325189254"

func TestACleanRegisterExitsWithZeroAndSaysItsTotals(t *testing.T) {
	out, errOut, err := command(t, i18n.RU, "check", file(t, "a.csv", "УИН;Сумма;КБК\n"+goodUIN+";1 234,56;18810807141011000110\n"), "--expect-count", "1", "--expect-sum", "1234.56", "--expect-kbk", "18810807141011000110=1234,56")
	if err != nil || out.Len() > 0 {
		t.Fatalf("%v %s", err, out)
	}
	for _, want := range []string{"строк 1, с ошибками 0", "1\u00a0234,56\u00a0₽", "КБК 18810807141011000110: строк 1"} {
		if !strings.Contains(errOut.String(), want) {
			t.Errorf("%q is missing in %s", want, errOut)
		}
	}
}

func TestErrorsExitWithTwoAndGoToStdoutAsAList(t *testing.T) {
	path := file(t, "a.csv", "УИН;Сумма\n18810177170325189255;1,5\n"+goodUIN+";x\n")
	out, errOut, err := command(t, i18n.EN, "check", path, "--json=severity,line,column,number,code,suggestion")
	if fault.ExitOf(err) != exitcode.Usage || codeOf(err) != "register.errors" {
		t.Error(err)
	}
	for _, want := range []string{`"code":"uin.check_digit"`, `"column":"A"`, `"number":22`, `"line":3`, `"total":2`} {
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(out.String(), " ", ""), "\n", ""), want) {
			t.Errorf("%s is missing in %s", want, out)
		}
	}
	if !strings.Contains(errOut.String(), path+".err") {
		t.Errorf("%s", errOut)
	}
	if _, err := os.Stat(path + ".err"); err != nil {
		t.Error(err)
	}
}

func TestAPersonAtATerminalReadsWhatIsWrongInFull(t *testing.T) {
	ios, _, out, _ := iostreams.Test()
	ios.SetTTY(true)
	cmd := newCheck(&factory.Factory{IO: ios, Lang: i18n.RU, Flags: &factory.Flags{}, Clock: clock.System{}})
	cmd.SetArgs([]string{file(t, "a.csv", "УИН;Сумма;Прочее \x1b[2J\n18810177170325189255;1,5;\n"), "--no-err"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(t.Context()); codeOf(err) != "register.errors" {
		t.Error(err)
	}
	for _, want := range []string{"ошибка строка 2, столбец A «УИН», поле 22\n", "контрольная цифра не сходится: знак 20 — 5", "по неверному УИН платёж не найдёт", "сверьте номер с документом"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %s", want, out)
		}
	}
	if strings.Contains(out.String(), "\x1b[2J") {
		t.Error("an escape sequence reached the terminal")
	}
}

func TestALongListIsNotCutInSilence(t *testing.T) {
	path := file(t, "a.csv", "УИН;Сумма\n"+strings.Repeat("1;x\n", 50))
	out, errOut, err := command(t, i18n.EN, "check", path, "--limit", "3", "--no-err")
	if strings.Count(out.String(), "\n") != 3 || !strings.Contains(errOut.String(), "3 of 100 shown") || err == nil {
		t.Errorf("%v\n%s\n%s", err, out, errOut)
	}
	if _, err := os.Stat(path + ".err"); err == nil {
		t.Error("an .err file although none was wanted")
	}
}

func TestASplitIsSaidAndExitsWithEight(t *testing.T) {
	path := file(t, "july.csv", "УИН;Сумма\n18810177170325189255;1,5\n"+goodUIN+";1\n")
	_, errOut, err := command(t, i18n.RU, "check", path, "--max-bad", "50%")
	if fault.ExitOf(err) != exitcode.Partial || !strings.Contains(errOut.String(), "july.good.csv") {
		t.Errorf("%v %s", err, errOut)
	}
	_, _, err = command(t, i18n.RU, "check", path, "--max-bad", "1%")
	if fault.ExitOf(err) != exitcode.Usage || codeOf(err) != "register.errors" {
		t.Error(err)
	}
}

func TestWrongFlagsAreNamedBeforeAnythingIsRead(t *testing.T) {
	path := file(t, "a.csv", "УИН;Сумма\n")
	for _, args := range [][]string{{"--expect-sum", "1,234"}, {"--expect-kbk", "1=2"}, {"--max-bad", "much"}, {"--limit", "-1"}, {"--map", path + ".toml"}} {
		if _, _, err := command(t, i18n.EN, append([]string{"check", path}, args...)...); err == nil || codeOf(err) == "register.errors" || codeOf(err) == "" {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, _, err := command(t, i18n.EN, "check", path+".absent"); fault.ExitOf(err) != exitcode.NotFound {
		t.Error(err)
	}
}

func TestATemplateIsARegisterAndIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.xlsx")
	if _, _, err := command(t, i18n.RU, "template", "--format", "xlsx", "-o", path); err != nil {
		t.Fatal(err)
	}
	r, err := register.Open(path, register.Options{})
	if err != nil || r.Layout().Format != register.XLSX {
		t.Fatal(err)
	}
	r.Close()
	if _, _, err := command(t, i18n.RU, "template", "-o", path); fault.ExitOf(err) != exitcode.Conflict {
		t.Error(err)
	}
	out, _, err := command(t, i18n.EN, "template", "--format", "map")
	if err != nil || !strings.Contains(out.String(), "[columns]") {
		t.Errorf("%v %s", err, out)
	}
	if _, _, err := command(t, i18n.EN, "template", "--format", "pdf"); codeOf(err) != "flag.value" {
		t.Error(err)
	}
}

func TestTheViewOfProblemsIsWhole(t *testing.T) {
	if err := problemView().CheckWith(registers.Finding{}); err != nil {
		t.Error(err)
	}
}
