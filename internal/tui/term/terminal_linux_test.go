package term_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/term"
)

// echo shows what was pressed; some keys break it.
type echo struct{ seen []string }

func (e *echo) Init() tea.Cmd { return nil }
func (e *echo) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch m := msg.(type) {
	case tea.KeyPressMsg:
		switch m.String() {
		case "q":
			return e, tea.Quit
		case "u":
			panic("broken in Update")
		case "c":
			return e, func() tea.Msg { panic("broken in a command") }
		case "b":
			return e, tea.Batch(func() tea.Msg { return nil }, func() tea.Msg { panic("broken in a batch") })
		case "ctrl+z":
			return e, func() tea.Msg { return term.Suspend{} }
		}
		e.seen = append(e.seen, m.String())
	case tea.PasteMsg:
		e.seen = append(e.seen, fmt.Sprintf("paste of %d", len(m.Content)))
	case tea.WindowSizeMsg:
		e.seen = append(e.seen, fmt.Sprintf("%dx%d", m.Width, m.Height))
	case term.Resumed:
		e.seen = append(e.seen, "resumed")
	}
	return e, nil
}
func (e *echo) View() tea.View {
	if len(e.seen) > 0 && e.seen[len(e.seen)-1] == "v" {
		panic("broken in View")
	}
	return tea.View{Content: "ready " + strings.Join(e.seen, " "), MouseMode: tea.MouseModeCellMotion, WindowTitle: "test"}
}

// TestMain is the program in the window when it is asked to be.
func TestMain(m *testing.M) {
	if os.Getenv("TERM_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := term.Run(ctx, term.Options{In: os.Stdin, Out: os.Stdout, Env: os.Environ(), Profile: colorprofile.TrueColor}, func(*term.Painter) tea.Model { return &echo{} })
	if os.Getenv("TERM_TEST_ASKS") != "" {
		fmt.Print("\x1b[c")
	}
	var p *term.Panic
	switch {
	case err == nil:
		fmt.Println("left")
	case errors.As(err, &p):
		fmt.Println(p.Error(), len(p.Stack) > 100)
		os.Exit(3)
	case errors.Is(err, term.ErrLost):
		os.Exit(4)
	default:
		fmt.Println("error:", err)
		os.Exit(5)
	}
}

func window(t *testing.T, env ...string) *drive.Window {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), "TERM_TEST_CHILD=1", "TERM=xterm-256color"), env...)
	return drive.OpenWindow(t, cmd, 60, 10)
}

func TestLeavingGivesTheTerminalBackAsItWas(t *testing.T) {
	w := window(t).Awaits("ready 60x10")
	if code := w.Send("q").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	w.Awaits("left").Restored()
	w.AskedNothing()
}

func TestAPanicAnywhereGivesTheTerminalBackAndIsTold(t *testing.T) {
	for key, where := range map[string]string{"u": "broken in Update", "c": "broken in a command", "b": "broken in a batch", "v": "broken in View"} {
		w := window(t).Awaits("ready")
		if code := w.Send(key).Ends(); code != 3 {
			t.Errorf("%s: exit %d", where, code)
		}
		w.Awaits(where + " true").Restored()
		w.AskedNothing()
	}
}

// What a terminal answers after a program has ended is typed into the shell.
func TestAnEndByAnErrorLeavesNothingInTheInputOfTheShell(t *testing.T) {
	for _, key := range []string{"u", "c", "v"} {
		w := window(t).Answers().Awaits("ready").Send(key)
		w.Ends()
		if left := w.Left(); left != "" {
			t.Errorf("%s: %q is left", key, left)
		}
	}
	w := window(t).Answers().Awaits("ready").Signal(syscall.SIGHUP)
	w.Ends()
	if left := w.Left(); left != "" {
		t.Errorf("SIGHUP: %q is left", left)
	}
	// The terminal of this test does answer a program that asks and reads no more.
	w = window(t, "TERM_TEST_ASKS=1").Answers().Awaits("ready").Send("u")
	w.Ends()
	if left := w.Left(); left == "" {
		t.Error("a question that nobody waited for left no answer: this test sees nothing")
	}
}

// One program reads from beginning to end: no key falls between two.
func TestKeysTypedBeforeTheFirstFrameAreNotLost(t *testing.T) {
	w := window(t).Send("wxyz")
	w.Awaits("ready").Awaits(" z")
	if seen := strings.Fields(strings.ReplaceAll(w.Screen(), "60x10", "")); strings.Join(seen, " ") != "ready w x y z" {
		t.Errorf("seen: %v", seen)
	}
	w.Send("q").Ends()
}

func TestSIGTERMGivesTheTerminalBack(t *testing.T) {
	w := window(t).Awaits("ready").Signal(syscall.SIGTERM)
	w.Ends()
	w.Restored()
}

func TestSIGHUPEndsTheProgramAndGivesTheTerminalBack(t *testing.T) {
	w := window(t).Awaits("ready").Signal(syscall.SIGHUP)
	if code := w.Ends(); code != 4 {
		t.Errorf("exit %d", code)
	}
	w.Restored()
}

func TestALostTerminalEndsTheProgram(t *testing.T) {
	w := window(t).Awaits("ready")
	w.HangUp()
	if code := w.Ends(); code != 4 {
		t.Errorf("exit %d", code)
	}
}

func TestCtrlZStopsTheJobWithTheScreenGivenBackAndComesBack(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed: nobody here can stop and continue a job")
	}
	cmd := exec.Command("bash", "-c", `set -m; "$0"; echo STOPPED; read line; fg >/dev/null; echo END`, self)
	cmd.Env = append(os.Environ(), "TERM_TEST_CHILD=1", "TERM=xterm-256color")
	w := drive.OpenWindow(t, cmd, 60, 10).Awaits("ready").Send("\x1a").Awaits("STOPPED")
	w.Restored()
	w.Send("\r").Awaits("resumed").Send("x").Awaits("resumed x").Send("q").Awaits("END").Ends()
	w.Restored()
}

func TestCtrlZWithoutAShellLeavesTheProgramRunning(t *testing.T) {
	window(t).Awaits("ready").Send("\x1a").Awaits("resumed").Send("x").Awaits("resumed x")
}

func TestAWindowThatChangesItsSizeIsFollowed(t *testing.T) {
	w := window(t).Awaits("ready 60x10")
	w.Resize(90, 30)
	w.Awaits("90x30")
}

func TestALongPasteIsOneMessage(t *testing.T) {
	w := window(t).Awaits("ready")
	w.Send("\x1b[200~" + strings.Repeat("строка\n", 3000) + "\x1b[201~").Awaits("paste of 39000")
}

func TestTheLinuxConsoleIsSentNothingItWouldMisread(t *testing.T) {
	w := window(t, "TERM=linux").Awaits("ready")
	w.Send("q").Ends()
	if strings.Contains(w.Raw(), "\x1b[>5u") || strings.Contains(w.Raw(), "\x1b[<u") {
		t.Error("the keyboard protocol was switched on")
	}
	w.Restored()
}

// Nothing moves: the process must sleep. The runtime's own background work is
// rarer than what a frame ticker would do.
func TestNothingWakesTheProcessUpWhileNothingMoves(t *testing.T) {
	w := window(t).Awaits("ready")
	time.Sleep(1500 * time.Millisecond) // what the start had left to do
	before := switches(t, w.Process().Pid)
	const idle = 3 * time.Second
	time.Sleep(idle)
	if n := switches(t, w.Process().Pid) - before; n > 3 {
		t.Errorf("%d wake-ups in %s", n, idle)
	}
	w.Send("x").Awaits("x")
}

// switches counts how often the threads of a process went to sleep.
func switches(t *testing.T, pid int) (n int) {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/status", pid, task.Name()))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			var k int
			if _, err := fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &k); err == nil {
				n += k
			}
		}
	}
	return n
}
