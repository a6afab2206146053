package acceptance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"github.com/epgu-cli/epgu/internal/sandbox"
)

// atTerminal runs epgu with a person at a terminal, who types whatever is asked
// and $PIN for a secret, and holds it to an exit code: atterminal N ARGS… What
// was shown is left in the file "shown".
func atTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: atterminal N ARGS…")
	}
	cmd := exec.Command(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "epgu"), args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "EPGU_HOME", "EPGU_STORE", "EPGU_LANG", "EPGU_PROFILE", "NO_COLOR"} {
		cmd.Env = append(cmd.Env, k+"="+ts.Getenv(k))
	}
	shown, err := onTerminal(cmd, person(ts.Getenv("PIN")))
	ts.Check(os.WriteFile(ts.MkAbs("shown"), []byte(shown), 0o600))
	if cmd.ProcessState == nil {
		ts.Fatalf("epgu %s: %v", strings.Join(args[1:], " "), err)
	}
	if got := cmd.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		ts.Fatalf("epgu %s: exit %d, want %s\n%s", strings.Join(args[1:], " "), got, args[0], shown)
	}
}

// approver gives a demo person a key, whose PIN is in the file "pin", with a
// certificate of the portal's: approver NAME PERSON, where PERSON is a place in
// the list of "sandbox users", from 0. The session that is in use stays.
func approver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: approver NAME PERSON")
	}
	out, err := command(ts, "", "sandbox", "users", "--json")
	ts.Check(err)
	var list struct{ Items []user }
	ts.Check(json.Unmarshal([]byte(out), &list))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	who := list.Items[n]
	profile := []string{"--profile", args[0]}
	for _, c := range []struct {
		stdin string
		args  []string
	}{
		{"", []string{"config", "set", "portal", sandbox.Origin, "--in-profile", args[0]}},
		{who.Password + "\n", append([]string{"auth", "login", "--user", who.Login, "--password-stdin", "--factor", "sms",
			"--otp-command", "epgu sandbox users --jq .items[" + args[1] + "].lastCode"}, profile...)},
		{"", []string{"cert", "new", args[0], "--subject", "CN=" + args[0], "--pin-file", "pin"}},
		{"", append([]string{"cert", "request", args[0], "--send", "--pin-file", "pin"}, profile...)},
	} {
		_, err := command(ts, c.stdin, c.args...)
		ts.Check(err)
	}
}

// workbook makes an XLSX of a file of tab-separated cells; a cell that begins
// with # is a number, as a spreadsheet keeps it: workbook CELLS FILE.
func workbook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: workbook CELLS FILE")
	}
	book := excelize.NewFile()
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		n++
		for i, text := range strings.Split(strings.TrimRight(line, "\n"), "\t") {
			cell, err := excelize.CoordinatesToCellName(i+1, n)
			ts.Check(err)
			var value any = text
			if number, ok := strings.CutPrefix(text, "#"); ok {
				value, err = strconv.ParseFloat(number, 64)
				ts.Check(err)
			}
			ts.Check(book.SetCellValue("Sheet1", cell, value))
		}
	}
	ts.Check(book.SaveAs(ts.MkAbs(args[1])))
	ts.Check(book.Close())
}
