package pager

import (
	"bytes"
	"errors"
	"io"
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

// screen returns streams of a terminal of ten lines with a pager of the user's.
func screen(pager string) (ios *iostreams.IOStreams, out, errOut *bytes.Buffer) {
	ios, _, out, errOut = iostreams.Test()
	ios.SetTTY(true)
	ios.SetHeight(10)
	ios.SetEnv(map[string]string{"PAGER": pager})
	return ios, out, errOut
}

func long(w io.Writer) error {
	_, err := io.WriteString(w, strings.Repeat("строка\n", 12))
	return err
}

func TestThePagerSeesLongOutputAndTheStreamsComeBack(t *testing.T) {
	need(t, "sed")
	ios, out, errOut := screen("sed 's/^/> /'")
	before, errs := ios.Out, ios.ErrOut
	err := Run(ios, func(w io.Writer) error {
		if err := long(w); err != nil {
			return err
		}
		ios.Note(i18n.Say("заметка", "note"))
		if ios.ErrOut == errs {
			t.Error("a note would tear the pager's screen")
		}
		return nil
	})
	if err != nil || out.String() != strings.Repeat("> строка\n", 12) || ios.Out != before || ios.ErrOut != errs || errOut.String() != "заметка\n" {
		t.Errorf("got %q and %q, %v", out, errOut, err)
	}
}

func TestOutputThatFitsTheScreenStartsNothing(t *testing.T) {
	ios, out, _ := screen("no-such-pager")
	if err := Run(ios, func(w io.Writer) error { _, err := io.WriteString(w, strings.Repeat("x\n", 9)); return err }); err != nil || out.Len() != 18 {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestALineThatWrapsCountsForSeveral(t *testing.T) {
	if !longer([]byte(strings.Repeat("ы", 161)+"\n"), 2, 80) || longer([]byte(strings.Repeat("ы", 160)+"\n"), 2, 80) {
		t.Error("161 columns take three lines of 80, 160 take two")
	}
}

func TestAUserWhoLeavesEarlyIsNoError(t *testing.T) {
	need(t, "true")
	ios, _, _ := screen("true")
	err := Run(ios, func(w io.Writer) error {
		for range 100_000 {
			if err := long(w); err != nil {
				return err
			}
		}
		return errors.New("the pager took everything")
	})
	if err != nil {
		t.Errorf("got %v", err)
	}
}

func TestNoPagerIsUsedWhenNobodyLooksOrWantsIt(t *testing.T) {
	for name, prepare := range map[string]func(*iostreams.IOStreams){
		"a pipe":      func(s *iostreams.IOStreams) { s.SetStdoutTTY(false) },
		"no keyboard": func(s *iostreams.IOStreams) { s.SetStdinTTY(false) },
		"no input":    func(s *iostreams.IOStreams) { s.NoInput = true },
		"--no-pager":  func(s *iostreams.IOStreams) { s.NoPager = true },
		"accessible":  func(s *iostreams.IOStreams) { s.SetAccessible(true) },
		"dumb":        func(s *iostreams.IOStreams) { s.SetEnv(map[string]string{"PAGER": "no-such-pager", "TERM": "dumb"}) },
		"cat": func(s *iostreams.IOStreams) {
			s.SetEnv(map[string]string{"PAGER": "no-such-pager", "EPGU_PAGER": "cat"})
		},
		"nothing": func(s *iostreams.IOStreams) { s.SetEnv(map[string]string{"PAGER": "no-such-pager", "EPGU_PAGER": ""}) },
	} {
		ios, out, _ := screen("no-such-pager")
		prepare(ios)
		if err := Run(ios, long); err != nil || !strings.HasPrefix(out.String(), "строка\n") {
			t.Errorf("%s: got %q, %v", name, out, err)
		}
	}
}

func TestAMissingPagerAndAnErrorOfThePrinterAreTold(t *testing.T) {
	ios, _, _ := screen("no-such-pager")
	if err := Run(ios, long); fault.ExitOf(err) != exitcode.Usage {
		t.Errorf("got %v", err)
	}
	need(t, "sed")
	broken := errors.New("broken")
	ios, out, _ := screen("sed -n p")
	if err := Run(ios, func(w io.Writer) error { _ = long(w); return broken }); !errors.Is(err, broken) || out.Len() == 0 {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestSecretsDoNotReachThePager(t *testing.T) {
	need(t, "env")
	t.Setenv("EPGU_TOKEN", "s3cret")
	ios, out, _ := screen("env")
	if err := Run(ios, long); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cret") || !strings.Contains(out.String(), "LESS=") {
		t.Errorf("got %q", out)
	}
}

func TestTheUsersOwnLessStays(t *testing.T) {
	if got := environ([]string{"LESS=-S", "LESSCHARSET=koi8-r"}); !slices.Equal(got, []string{"LESS=-S", "LESSCHARSET=koi8-r", "LV=-c"}) {
		t.Errorf("got %q", got)
	}
	if got := environ(nil); !slices.Contains(got, "LESSCHARSET=utf-8") {
		t.Errorf("less shows Russian by the locale alone: %q", got)
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
