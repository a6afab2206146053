package prompt

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// openPTY returns both ends of a new pseudo-terminal.
func openPTY(t *testing.T) (person, terminal *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("cannot unlock the pseudo-terminal: %v", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Skipf("cannot name the pseudo-terminal: %v", err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("cannot open the pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { terminal.Close() })
	return person, terminal
}

func echo(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// readUntil reads what the terminal shows until it holds want.
func readUntil(t *testing.T, person *os.File, want string) string {
	t.Helper()
	var shown strings.Builder
	buf := make([]byte, 256)
	for !strings.Contains(shown.String(), want) {
		n, err := person.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, shown.String())
		}
		shown.Write(buf[:n])
	}
	return shown.String()
}

// mustBeSilent fails if what is typed now would be shown. A script types the moment
// it sees the label.
func mustBeSilent(t *testing.T, terminal *os.File) {
	t.Helper()
	if echo(t, terminal) {
		t.Fatal("the label was shown while the terminal still echoed")
	}
}

type answer struct {
	text string
	err  error
}

func askPassword(ctx context.Context, terminal *os.File) chan answer {
	got := make(chan answer, 1)
	p := New(iostreams.Files(terminal, terminal, terminal))
	go func() {
		text, err := p.Password(ctx, login)
		got <- answer{text, err}
	}()
	return got
}

func TestAPasswordIsNeverShownAndTheTerminalIsGivenBack(t *testing.T) {
	person, terminal := openPTY(t)
	got := askPassword(t.Context(), terminal)
	readUntil(t, person, ": ")
	mustBeSilent(t, terminal)
	if _, err := person.WriteString("пароль\r"); err != nil {
		t.Fatal(err)
	}
	if a := <-got; a.err != nil || a.text != "пароль" {
		t.Fatalf("got %q, %v", a.text, a.err)
	}
	if !echo(t, terminal) {
		t.Error("the terminal was left without echo")
	}
	if shown := readUntil(t, person, "\n"); strings.Contains(shown, "п") {
		t.Errorf("the terminal showed %q", shown)
	}
}

func TestAnEmptyLineIsASecretOnlyWhereItIsAnAnswer(t *testing.T) {
	person, terminal := openPTY(t)
	got := make(chan answer, 1)
	for _, empty := range []bool{true, false} {
		go func() {
			q := login
			q.Empty = empty
			text, err := New(iostreams.Files(terminal, terminal, terminal)).Password(t.Context(), q)
			got <- answer{text, err}
		}()
		readUntil(t, person, ": ")
		if _, err := person.WriteString("\r"); err != nil {
			t.Fatal(err)
		}
		want := ""
		if !empty {
			readUntil(t, person, ": ") // it is asked again
			if _, err := person.WriteString("пароль\r"); err != nil {
				t.Fatal(err)
			}
			want = "пароль"
		}
		if a := <-got; a.err != nil || a.text != want {
			t.Errorf("empty %v: got %q, %v", empty, a.text, a.err)
		}
	}
}

func TestSIGTERMDuringAPasswordGivesTheTerminalBack(t *testing.T) {
	person, terminal := openPTY(t)
	got := askPassword(t.Context(), terminal)
	readUntil(t, person, ": ")
	mustBeSilent(t, terminal)
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if a := <-got; fault.ExitOf(a.err) != exitcode.Interrupted {
		t.Fatalf("got %q, %v", a.text, a.err)
	}
	if !echo(t, terminal) {
		t.Error("the terminal was left without echo")
	}
}

func TestCtrlCDuringAPasswordIsAnInterruption(t *testing.T) {
	person, terminal := openPTY(t)
	got := askPassword(t.Context(), terminal)
	readUntil(t, person, ": ")
	mustBeSilent(t, terminal)
	if _, err := person.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	if a := <-got; fault.ExitOf(a.err) != exitcode.Interrupted {
		t.Fatalf("got %q, %v", a.text, a.err)
	}
	if !echo(t, terminal) {
		t.Error("the terminal was left without echo")
	}
}

func TestTwoQuestionsOnARealTerminalEachGetTheirLine(t *testing.T) {
	person, terminal := openPTY(t)
	if _, err := person.WriteString("первый\nвторой\n"); err != nil {
		t.Fatal(err)
	}
	p := New(iostreams.Files(terminal, terminal, terminal))
	for _, want := range []string{"первый", "второй"} {
		if got, err := p.Input(t.Context(), login); err != nil || got != want {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
}
