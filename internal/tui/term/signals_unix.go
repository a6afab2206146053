//go:build !windows

package term

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	xterm "golang.org/x/term"
)

// modes is how the terminal was set.
type modes struct {
	in  *os.File
	raw *xterm.State
}

func raw(in, _ *os.File) (*modes, error) {
	s, err := xterm.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	return &modes{in, s}, nil
}

func (m *modes) restore() error { return xterm.Restore(int(m.in.Fd()), m.raw) }

func notifyResize(c chan<- os.Signal) { signal.Notify(c, syscall.SIGWINCH) }
func notifyHangup(c chan<- os.Signal) { signal.Notify(c, syscall.SIGHUP) }

// stopSelf stops the job, as the shell's own Ctrl-Z does, and returns when the
// shell has continued it.
func stopSelf() {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGCONT)
	defer signal.Stop(again)
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return
	}
	// Without a shell that could continue it the job is not stopped at all.
	select {
	case <-again:
	case <-time.After(200 * time.Millisecond):
	}
}
