package drive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/sys/unix"
)

// Window is a program on a terminal of its own: a pseudo-terminal with an emulator
// behind it that never answers a question.
type Window struct {
	t    testing.TB
	cmd  *exec.Cmd
	pty  *os.File // the person's side
	was  unix.Termios
	fd   *os.File      // the program's side, kept open to look at its modes
	gone chan struct{} // closed when the program has ended
	done chan struct{} // closed when that is known here
	read chan struct{} // closed when all that was written has been read

	answers bool         // to the questions of the program
	rate    atomic.Int64 // bytes that the terminal takes in a second, 0 for all at once

	mu    sync.Mutex
	emu   *vt.Emulator
	raw   bytes.Buffer
	news  chan struct{}
	ended error
	exit  bool
}

// OpenWindow starts cmd in a window of cols columns and rows rows.
func OpenWindow(t testing.TB, cmd *exec.Cmd, cols, rows int) *Window {
	t.Helper()
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	control(t, pty, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &Window{t: t, cmd: cmd, pty: pty, fd: tty, emu: vt.NewEmulator(cols, rows), news: make(chan struct{}, 1), gone: make(chan struct{}), done: make(chan struct{}), read: make(chan struct{})}
	w.size(cols, rows)
	was, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	w.was = *was
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go w.listen()
	go func() {
		err := cmd.Wait()
		close(w.gone)
		// The terminal outlives the program, so no end of file says that its last
		// words have been read: a mark of our own behind them does.
		_, _ = tty.WriteString(lastWord)
		w.mu.Lock()
		w.ended, w.exit = err, true
		w.mu.Unlock()
		close(w.done)
		w.nudge()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		w.Line(0)
		<-w.done
		w.pty.Close()
		w.fd.Close()
	})
	return w
}

func (w *Window) nudge() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// lastWord is an operating system command that no terminal knows: it is written
// behind everything that the program wrote.
const lastWord = "\x1b]777;epgu-drive;ended\x07"

// slices is into how many pieces a slow line cuts what comes in a second.
const slices = 20

// Line makes the line to the terminal as fast as rate, bytes a second; 0 takes everything
// at once.
func (w *Window) Line(rate int64) *Window {
	w.rate.Store(rate)
	return w
}

func (w *Window) listen() {
	defer close(w.read)
	buf := make([]byte, 16<<10)
	for {
		most := len(buf)
		if rate := w.rate.Load(); rate > 0 {
			most = min(most, int(rate/slices)+1)
		}
		n, err := w.pty.Read(buf[:most])
		if rate := w.rate.Load(); rate > 0 {
			time.Sleep(time.Second * time.Duration(n) / time.Duration(rate)) // a line takes its time
		}
		w.mu.Lock()
		w.raw.Write(buf[:n])
		ended := bytes.HasSuffix(w.raw.Bytes(), []byte(lastWord))
		if ended {
			w.raw.Truncate(w.raw.Len() - len(lastWord))
		}
		_, _ = w.emu.Write(buf[:n])
		w.mu.Unlock()
		w.nudge()
		if err != nil || ended {
			return
		}
	}
}

func (w *Window) size(cols, rows int) {
	control(w.t, w.pty, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(cols), Row: uint16(rows)})
	})
}

// control works on a descriptor without making its reads block, so that closing
// it ends them.
func control(t testing.TB, f *os.File, do func(fd int) error) {
	t.Helper()
	c, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := c.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil || failed != nil {
		t.Fatal(errors.Join(err, failed))
	}
}

// Resize changes the size of the window, as dragging its corner does.
func (w *Window) Resize(cols, rows int) {
	w.mu.Lock()
	w.emu.Resize(cols, rows)
	w.mu.Unlock()
	w.size(cols, rows)
}

// Send types bytes.
func (w *Window) Send(s string) *Window {
	w.t.Helper()
	if _, err := w.pty.WriteString(s); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// Click clicks the first place where text is seen, once it is.
func (w *Window) Click(text string) *Window {
	w.t.Helper()
	w.Awaits(text)
	for y, line := range strings.Split(w.Screen(), "\n") {
		if at := strings.Index(flat(line), flat(text)); at >= 0 {
			x := len([]rune(flat(line)[:at]))
			return w.Send(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x+1, y+1, x+1, y+1))
		}
	}
	w.t.Fatalf("%q is across two rows:\n%s", text, w.Screen())
	return w
}

// Screen is the text in the window.
func (w *Window) Screen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return text(w.emu)
}

// Raw is everything that was written to the terminal.
func (w *Window) Raw() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.raw.String()
}

// Awaits waits until a text is seen.
func (w *Window) Awaits(s string) *Window {
	w.t.Helper()
	w.until(fmt.Sprintf("%q", s), func() bool { return strings.Contains(flat(w.Screen()), flat(s)) })
	return w
}

// Loses waits until a text is no longer seen.
func (w *Window) Loses(s string) *Window {
	w.t.Helper()
	w.until(fmt.Sprintf("the end of %q", s), func() bool { return !strings.Contains(flat(w.Screen()), flat(s)) })
	return w
}

// Shows waits until something is so; what names it.
func (w *Window) Shows(what string, so func() bool) *Window {
	w.t.Helper()
	w.until(what, so)
	return w
}

// Gone waits until the program has ended, whether the terminal takes its last words or not.
func (w *Window) Gone(within time.Duration) {
	w.t.Helper()
	select {
	case <-w.gone:
	case <-time.After(within):
		w.t.Errorf("the program has not ended in %s", within)
	}
	w.Line(0)
}

// until waits until something is so.
func (w *Window) until(what string, so func() bool) {
	w.t.Helper()
	late := time.After(patience)
	for !so() {
		select {
		case <-w.news:
		case <-late:
			w.t.Fatalf("%s has not come; the window:\n%s", what, w.Screen())
		}
	}
}

// Signal sends a signal to the program.
func (w *Window) Signal(s os.Signal) *Window {
	w.t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// Process is the running program.
func (w *Window) Process() *os.Process { return w.cmd.Process }

// Ends waits until the program has ended and its last words are read, and returns
// its exit code.
func (w *Window) Ends() int {
	w.t.Helper()
	late := time.After(patience)
	for _, end := range []<-chan struct{}{w.done, w.read} {
		select {
		case <-end:
		case <-late:
			w.t.Fatalf("the program has not ended; the window:\n%s", w.Screen())
		}
	}
	var failed *exec.ExitError
	if errors.As(w.ended, &failed) {
		return failed.ExitCode()
	}
	if w.ended != nil {
		w.t.Fatal(w.ended)
	}
	return 0
}

// Answers lets the terminal answer questions, as real ones do.
func (w *Window) Answers() *Window {
	w.answers = true
	go func() { _, _ = io.Copy(w.pty, w.emu) }() // ends with the emulator
	// Closing the emulator itself is not for two goroutines: its answers end instead.
	w.t.Cleanup(func() {
		if answers, ok := w.emu.InputPipe().(io.Closer); ok {
			_ = answers.Close()
		}
	})
	return w
}

// Left is what the terminal has answered and the ended program has not read: the
// shell would take it for typed. The window must answer.
func (w *Window) Left() string {
	w.t.Helper()
	if !w.answers {
		w.t.Fatal("this window answers nothing")
	}
	fd := int(w.fd.Fd())
	mode, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		w.t.Fatal(err)
	}
	mode.Lflag &^= unix.ICANON | unix.ECHO
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, mode); err != nil {
		w.t.Fatal(err)
	}
	const mark = "END OF INPUT"
	w.emu.SendText(mark) // behind every answer
	var got []byte
	for buf := make([]byte, 256); !bytes.HasSuffix(got, []byte(mark)); {
		n, err := w.fd.Read(buf)
		if err != nil {
			w.t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	return string(got[:len(got)-len(mark)])
}

// Restored fails the test when the terminal is not as it was: modes of the line,
// the alternate screen, the cursor, pastes, mouse, keyboard.
func (w *Window) Restored() {
	w.t.Helper()
	now, err := unix.IoctlGetTermios(int(w.fd.Fd()), unix.TCGETS)
	if err != nil {
		w.t.Fatal(err)
	}
	if *now != w.was {
		w.t.Errorf("the modes of the line are %+v, were %+v", *now, w.was)
	}
	w.until("the end of the alternate screen", func() bool { return strings.Contains(w.Raw(), "\x1b[?1049l") })
	for _, m := range []struct{ on, off string }{
		{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?2004h", "\x1b[?2004l"}, {"\x1b[?1002h", "\x1b[?1002l"}, {"\x1b[?1006h", "\x1b[?1006l"}, {"\x1b[>5u", "\x1b[<u"},
	} {
		raw := w.Raw()
		if on := strings.LastIndex(raw, m.on); on >= 0 && strings.LastIndex(raw, m.off) < on {
			w.t.Errorf("%q was never taken back", m.on)
		}
	}
}

// HangUp closes the person's side, as a closed window and a broken line do.
func (w *Window) HangUp() {
	w.fd.Close()
	w.pty.Close()
}

// queries are the questions that a terminal would answer into the program's input.
var queries = []string{"\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[>q", "\x1b[6n", "\x1b[?6n", "\x1b[?u", "$p", "\x1b]10;?", "\x1b]11;?", "\x1b]12;?", "\x1bP+q", "\x1b[?996n"}

// AskedNothing fails the test when the program asked the terminal something.
func (w *Window) AskedNothing() {
	w.t.Helper()
	for _, q := range queries {
		if strings.Contains(w.Raw(), q) {
			w.t.Errorf("the terminal was asked %q", q)
		}
	}
}

// Picture draws what is in the window as SVG.
func (w *Window) Picture() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return picture(w.emu)
}
