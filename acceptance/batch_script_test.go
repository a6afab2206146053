package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
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
