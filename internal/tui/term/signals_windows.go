package term

import (
	"os"

	"golang.org/x/sys/windows"
	xterm "golang.org/x/term"
)

// modes is how the console was set.
type modes struct {
	in  *os.File
	raw *xterm.State
	out windows.Handle
	was uint32
}

// raw also switches on the sequences that a console of Windows does not take by
// itself.
func raw(in, out *os.File) (*modes, error) {
	m := &modes{in: in, out: windows.Handle(out.Fd())}
	if err := windows.GetConsoleMode(m.out, &m.was); err != nil {
		return nil, err
	}
	s, err := xterm.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	m.raw = s
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(in.Fd()), &mode); err == nil {
		_ = windows.SetConsoleMode(windows.Handle(in.Fd()), mode|windows.ENABLE_VIRTUAL_TERMINAL_INPUT)
	}
	if err := windows.SetConsoleMode(m.out, m.was|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING|windows.DISABLE_NEWLINE_AUTO_RETURN); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *modes) restore() error {
	if err := windows.SetConsoleMode(m.out, m.was); err != nil {
		return err
	}
	return xterm.Restore(int(m.in.Fd()), m.raw)
}

// A console tells its size by events of its own, which the reader passes on.
func notifyResize(chan<- os.Signal) {}
func notifyHangup(chan<- os.Signal) {}

// stopSelf does nothing: Windows has no stopped jobs.
func stopSelf() {}
