package iostreams

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestColourFollowsTheFlagThenTheEnvironmentThenTheTerminal(t *testing.T) {
	for _, c := range []struct {
		name string
		flag ColorMode
		env  map[string]string
		tty  bool
		want bool
	}{
		{"terminal", ColorAuto, nil, true, true},
		{"pipe", ColorAuto, nil, false, false},
		{"NO_COLOR", ColorAuto, map[string]string{"NO_COLOR": "1"}, true, false},
		{"NO_COLOR empty is not set", ColorAuto, map[string]string{"NO_COLOR": ""}, true, true},
		{"CLICOLOR=0", ColorAuto, map[string]string{"CLICOLOR": "0"}, true, false},
		{"CLICOLOR_FORCE", ColorAuto, map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, false, true},
		{"CLICOLOR_FORCE=0", ColorAuto, map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		{"NO_COLOR beats CLICOLOR_FORCE", ColorAuto, map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, true, false},
		{"dumb", ColorAuto, map[string]string{"TERM": "dumb"}, true, false},
		{"EPGU_COLOR beats NO_COLOR", ColorAuto, map[string]string{"NO_COLOR": "1", "EPGU_COLOR": "always"}, false, true},
		{"EPGU_COLOR=never", ColorAuto, map[string]string{"EPGU_COLOR": "never", "CLICOLOR_FORCE": "1"}, true, false},
		{"EPGU_COLOR unknown is auto", ColorAuto, map[string]string{"EPGU_COLOR": "pink"}, true, true},
		{"flag never", ColorNever, map[string]string{"EPGU_COLOR": "always"}, true, false},
		{"flag always", ColorAlways, map[string]string{"NO_COLOR": "1"}, false, true},
	} {
		s, _, _, _ := Test()
		s.Color = c.flag
		s.SetTTY(c.tty)
		s.SetEnv(c.env)
		if got := s.ColorEnabled(); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
		if got := s.ErrColorEnabled(); got != c.want {
			t.Errorf("%s on stderr: got %v", c.name, got)
		}
	}
}

func TestStylePaintsOnlyWhereColourIs(t *testing.T) {
	s, _, _, _ := Test()
	if got := s.OutStyle().Red("x") + s.ErrStyle().Dim("y"); got != "xy" {
		t.Errorf("got %q", got)
	}
	s.Color = ColorAlways
	st := s.OutStyle()
	if got := st.Bold("b") + st.Green("") + st.Yellow("y") + st.Cyan("c"); got != "\x1b[1mb\x1b[0m\x1b[33my\x1b[0m\x1b[36mc\x1b[0m" {
		t.Errorf("got %q", got)
	}
}

func TestAPromptNeedsAPersonAtBothEnds(t *testing.T) {
	for _, c := range []struct{ in, err, noInput, want bool }{
		{true, true, false, true}, {true, false, false, false}, {false, true, false, false}, {true, true, true, false},
	} {
		s, _, _, _ := Test()
		s.SetStdinTTY(c.in)
		s.SetStderrTTY(c.err)
		s.NoInput = c.noInput
		if got := s.CanPrompt(); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestAccessibleModeComesFromTheEnvironmentAndCanBeSet(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "false": false, "1": true, "yes": true} {
		s, _, _, _ := Test()
		s.SetTTY(true)
		s.SetEnv(map[string]string{"ACCESSIBLE": value})
		if s.Accessible() != want || s.CanRepaint() == want {
			t.Errorf("%q: accessible %v, repaint %v", value, s.Accessible(), s.CanRepaint())
		}
		s.SetEnv(map[string]string{"EPGU_ACCESSIBLE": value})
		if s.Accessible() != want {
			t.Errorf("EPGU_ACCESSIBLE=%q: got %v", value, s.Accessible())
		}
		s.SetAccessible(true)
		if !s.Accessible() {
			t.Error("SetAccessible did nothing")
		}
	}
	s, _, _, _ := Test()
	s.SetTTY(true)
	s.SetEnv(map[string]string{"TERM": "dumb"})
	if s.CanRepaint() {
		t.Error("a dumb terminal would be repainted")
	}
}

func TestWidthIsColumnsThenTheTerminalThenEighty(t *testing.T) {
	s, _, _, _ := Test()
	if s.Width() != DefaultWidth {
		t.Errorf("got %d", s.Width())
	}
	s.SetWidth(0)
	for value, want := range map[string]int{"120": 120, "": 80, "-1": 80, "x": 80, "999999999": 80} {
		s.SetEnv(map[string]string{"COLUMNS": value})
		if s.Width() != want || s.ErrWidth() != want {
			t.Errorf("COLUMNS=%q: got %d", value, s.Width())
		}
	}
}

func TestFilesAreNoTerminalsAndAskingFromManyGoroutinesIsSafe(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := Files(f, f, f)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if s.IsStdinTTY() || s.IsStdoutTTY() || s.IsStderrTTY() || s.CanRepaint() || s.Height() != 0 {
				t.Error("a file is taken for a terminal")
			}
			s.Note(i18n.Say("строка", "line"))
		})
	}
	wg.Wait()
	if s.StdinFile() != f {
		t.Error("the file behind stdin is lost")
	}
	got, err := os.ReadFile(f.Name())
	if err != nil || string(got) != strings.Repeat(s.Say(i18n.Say("строка", "line"))+"\n", 8) {
		t.Errorf("notes mixed: %q, %v", got, err)
	}
}

func TestEscapeSequencesInANoteNeverReachTheTerminal(t *testing.T) {
	s, _, out, errOut := Test()
	s.Note(i18n.Text{RU: "файл %s", EN: "file %s"}.With("a\x1b[2J\u202eb\nforged"))
	if errOut.String() != "файл a\uFFFD[2J\uFFFDb forged\n" || out.Len() > 0 {
		t.Errorf("got %q", errOut)
	}
}

func TestColorModesAreRead(t *testing.T) {
	for in, want := range map[string]ColorMode{"": ColorAuto, "auto": ColorAuto, "always": ColorAlways, "never": ColorNever, "0": ColorNever} {
		if got, ok := ParseColorMode(in); !ok || got != want {
			t.Errorf("%q: got %v, %v", in, got, ok)
		}
	}
	if _, ok := ParseColorMode("pink"); ok {
		t.Error("pink passed")
	}
}
