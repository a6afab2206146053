package pager

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

func TestThePagerSeesTheOutputAndTheStreamComesBack(t *testing.T) {
	need(t, "sed")
	ios, _, out, errOut := iostreams.Test()
	ios.SetTTY(true)
	ios.SetEnv(map[string]string{"PAGER": "sed 's/^/> /'"})
	before, errs := ios.Out, ios.ErrOut
	err := Run(t.Context(), ios, func() error {
		_, err := fmt.Fprintln(ios.Out, "строка")
		ios.Note(i18n.Say("заметка", "note"))
		if ios.ErrOut == errs {
			t.Error("a note would tear the pager's screen")
		}
		return err
	})
	if err != nil || out.String() != "> строка\n" || ios.Out != before || errOut.String() != "заметка\n" {
		t.Errorf("got %q and %q, %v", out, errOut, err)
	}
}

func TestLeavingThePagerEarlyIsNoError(t *testing.T) {
	need(t, "true")
	ios, _, _, _ := iostreams.Test()
	ios.SetTTY(true)
	ios.SetEnv(map[string]string{"EPGU_PAGER": "true"})
	wrote := 0
	err := Run(t.Context(), ios, func() error {
		for {
			n, err := fmt.Fprintln(ios.Out, strings.Repeat("x", 4096))
			if wrote += n; err != nil {
				return err
			}
		}
	})
	if err != nil {
		t.Errorf("got %v after %d bytes", err, wrote)
	}
}

func TestNoPagerWithoutATerminalOrWhereItWouldDisturb(t *testing.T) {
	for name, prepare := range map[string]func(*iostreams.IOStreams){
		"pipe":       func(s *iostreams.IOStreams) { s.SetStdoutTTY(false) },
		"no input":   func(s *iostreams.IOStreams) { s.NoInput = true },
		"accessible": func(s *iostreams.IOStreams) { s.SetAccessible(true) },
		"cat":        func(s *iostreams.IOStreams) { s.SetEnv(map[string]string{"PAGER": "less", "EPGU_PAGER": "cat"}) },
		"unset":      func(s *iostreams.IOStreams) { s.SetEnv(nil) },
	} {
		ios, _, out, _ := iostreams.Test()
		ios.SetTTY(true)
		ios.SetEnv(map[string]string{"PAGER": "no-such-pager"})
		prepare(ios)
		if err := Run(t.Context(), ios, func() error { _, err := fmt.Fprint(ios.Out, "x"); return err }); err != nil || out.String() != "x" {
			t.Errorf("%s: got %q, %v", name, out, err)
		}
	}
}

func TestAMissingPagerAndAnErrorOfThePrinterAreTold(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	ios.SetTTY(true)
	ios.SetEnv(map[string]string{"PAGER": "no-such-pager"})
	if err := Run(t.Context(), ios, func() error { return nil }); fault.ExitOf(err) != exitcode.Usage {
		t.Errorf("got %v", err)
	}
	need(t, "sed")
	broken := errors.New("broken")
	ios.SetEnv(map[string]string{"PAGER": "sed -n p"})
	if err := Run(t.Context(), ios, func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestSecretsDoNotReachThePager(t *testing.T) {
	need(t, "env")
	t.Setenv("EPGU_TOKEN", "s3cret")
	ios, _, out, _ := iostreams.Test()
	ios.SetTTY(true)
	ios.SetEnv(map[string]string{"PAGER": "env"})
	if err := Run(t.Context(), ios, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cret") || !strings.Contains(out.String(), "LESS=") {
		t.Errorf("got %q", out)
	}
}

func TestTheUsersOwnLessStays(t *testing.T) {
	if got := environ([]string{"LESS=-S"}); !slices.Equal(got, []string{"LESS=-S", "LV=-c"}) {
		t.Errorf("got %q", got)
	}
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not here: %v", program, err)
	}
	if os.Getenv("PATH") == "" {
		t.Skip("PATH is empty")
	}
}
