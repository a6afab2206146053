package check

import (
	"errors"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// execute runs "check args…" with in as its standard input.
func execute(t *testing.T, in string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ios, stdin, out, errOut := iostreams.Test()
	ios.Lang = i18n.RU
	stdin.WriteString(in)
	cmd := New(&factory.Factory{IO: ios, Lang: i18n.RU, Flags: &factory.Flags{}})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err = cmd.Execute()
	return out.String(), errOut.String(), err
}

func TestTheViewsAreSound(t *testing.T) {
	if err := view().Check(); err != nil {
		t.Error(err)
	}
	if err := qrView(i18n.RU).Check(); err != nil {
		t.Error(err)
	}
}

func TestTheExitCodeTellsValidFromInvalid(t *testing.T) {
	for _, c := range []struct {
		in   string
		args []string
		exit exitcode.Code
		says string // in stdout
	}{
		{"", []string{"uin", "18810177170325189254"}, exitcode.OK, `"administrator":"188"`},
		{"", []string{"uin", "32117072411021588934"}, exitcode.Usage, "должна быть 3"},
		{"", []string{"account", "40702810138250123017", "--bik", "044525225"}, exitcode.OK, "\tvalid\t"},
		{"", []string{"account", "40702810138250123018", "--bik", "044525225"}, exitcode.Usage, "не подходит к БИК"},
		{"", []string{"account", "03100643000000017300"}, exitcode.OK, "not-checkable"},
		{"7707083893\r\n\n7707083894\n", []string{"inn", "-"}, exitcode.Usage, "7707083894"},
		{"", []string{"inn", "-"}, exitcode.Usage, ""},
		{strings.Repeat("\x00", 1<<20), []string{"inn", "-"}, exitcode.Usage, ""},
		{"", []string{"inn", "7707083894", "--json=verdict,code"}, exitcode.Usage, `"inn.check_digit"`},
		{"ST00012|Name=X|PersonalAcc=03214643000000010100|BankName=B|BIC=018073401|CorrespAcc=40102810045370000067|Sum=5000\n", []string{"qr", "-"}, exitcode.OK, "018073401"},
		{"", []string{"qr", "ST00012|Name=X|PersonalAcc=40702810138250123018|BankName=B|BIC=044525225|CorrespAcc=30101810400000000225", "--json=verdict,problems,account"}, exitcode.Usage, `{"verdict":"invalid","problems":[{"field":"PersonalAcc"`},
		{"", []string{"qr", "ST00012|Name=X|PersonalAcc=40702810138250123017|BankName=B|BIC=044525225|CorrespAcc=30101810400000000225|PayeeINN=7707083894"}, exitcode.Usage, "044525225"},
		{"", []string{"qr", "ST00012|PersonalAcc=40702810138250123017|BankName=B|BIC=044525225|CorrespAcc=30101810400000000225", "--json=verdict"}, exitcode.Usage, `"invalid"`},
		{"", []string{"qr", "ST00012|Name=X|PersonalAcc=40702810138250123017|BankName=B|BIC=044525225|CorrespAcc=30101810400000000225|Sum=1500.00", "--json=verdict,bik"}, exitcode.Usage, `{"verdict":"invalid","bik":"044525225"}`},
		{"", []string{"qr", "ST00012|Name=X|PersonalAcc=40702810138250123017|BankName=B|BIC=044525225|CorrespAcc=30101810400000000225", "--json=verdict,problems"}, exitcode.OK, `{"verdict":"valid","problems":null}`},
		{"", []string{"kbk", "18210604012021000000", "--json=verdict,details"}, exitcode.OK, `"warning":"rounded_shape"`},
		{"", []string{"status", "77", "--json=verdict,details"}, exitcode.OK, `"law":"2026-04-01"`},
		{"", []string{"qr", "https://example.org"}, exitcode.Usage, ""},
	} {
		out, _, err := execute(t, c.in, c.args...)
		if got := fault.ExitOf(err); got != c.exit || !strings.Contains(out, c.says) {
			t.Errorf("%v: exit %d, %v, stdout %q", c.args, got, err, out)
		}
	}
}

func TestAStreamIsCheckedToItsEnd(t *testing.T) {
	out, _, err := execute(t, strings.Repeat("7707083894\n7707083893\n", 1000), "inn", "-")
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "check.invalid" || f.Message.In(i18n.EN) != "1000 of 2000 did not pass" || strings.Count(out, "\n") != 2000 {
		t.Errorf("%v, %d lines", err, strings.Count(out, "\n"))
	}
}

func TestEscapeSequencesInAValueDoNotReachTheTerminal(t *testing.T) {
	out, errOut, err := execute(t, "", "uin", "\x1b]0;x\a1")
	if err == nil || strings.ContainsAny(out+errOut, "\x1b\a") {
		t.Errorf("%v %q %q", err, out, errOut)
	}
}

func TestPeopleReadTheVerdictInWords(t *testing.T) {
	ios, _, out, _ := iostreams.Test()
	ios.Lang = i18n.RU
	ios.SetStdoutTTY(true)
	ios.SetWidth(200)
	cmd := New(&factory.Factory{IO: ios, Lang: i18n.RU, Flags: &factory.Flags{}})
	cmd.SetArgs([]string{"uin", "1881 0177 1703 2518 9254"})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "верно") || !strings.Contains(s, "188 МВД России") {
		t.Errorf("got %q", s)
	}
}
