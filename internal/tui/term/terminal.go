package term

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	xterm "golang.org/x/term"
)

// Suspend is the message that puts the program into the background, as Ctrl-Z
// does in a shell. Resumed comes back when it is in the foreground again.
type (
	Suspend struct{}
	Resumed struct{}
)

// ErrLost says that the terminal went away: a closed window, a broken ssh.
var ErrLost = errors.New("the terminal is gone")

// Options say where a program runs.
type Options struct {
	In, Out *os.File
	Env     []string // "NAME=value"; TERM and the colour variables are read
	Profile colorprofile.Profile
}

// Run runs model on the terminal until it quits, the context ends or the terminal
// goes away. The terminal is as it was before when Run returns, and when it
// panics. Model.View is shown as it is; nothing is drawn between changes.
func Run(ctx context.Context, o Options, model func(p *Painter) tea.Model) error {
	cols, rows, err := size(o.Out)
	if err != nil {
		return err
	}
	state, err := raw(o.In, o.Out)
	if err != nil {
		return err
	}
	var once sync.Once
	restore := func() { once.Do(func() { _ = state.restore() }) }
	defer restore()

	paint := NewPainter(o.Out, o.Env, o.Profile, cols, rows)
	go paint.Run()
	h := &host{inner: model(paint), paint: paint}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// Bubble Tea runs the loop of messages and commands only. Its input, output,
	// signals and clock of frames are off: they live in this package.
	program := tea.NewProgram(h, tea.WithInput(nil), tea.WithOutput(discard{}), tea.WithoutRenderer(), tea.WithoutSignalHandler(),
		tea.WithoutCatchPanics(), tea.WithFPS(1), tea.WithColorProfile(o.Profile), tea.WithWindowSize(cols, rows), tea.WithEnvironment(o.Env))
	h.send = program.Send
	// The ticker of frames that nobody draws would wake the process up.
	h.quiet = func() { _ = program.ReleaseTerminal() }
	term := ""
	for _, v := range o.Env {
		if len(v) > 5 && v[:5] == "TERM=" {
			term = v[5:]
		}
	}
	reader, err := Read(o.In, term, program.Send, func(error) { stop(ErrLost) })
	if err != nil {
		return errors.Join(err, paint.Stop())
	}
	h.suspend = func() {
		_ = reader.Close()
		paint.Pause()
		_ = state.restore()
		stopSelf()
		if again, err := raw(o.In, o.Out); err == nil {
			state.raw = again.raw
		}
		if c, r, err := size(o.Out); err == nil {
			program.Send(tea.WindowSizeMsg{Width: c, Height: r})
		}
		paint.Resume()
		if reader, err = Read(o.In, term, program.Send, func(error) { stop(ErrLost) }); err != nil {
			stop(ErrLost)
		}
		program.Send(Resumed{})
	}

	resized, hangup := make(chan os.Signal, 1), make(chan os.Signal, 1)
	notifyResize(resized)
	notifyHangup(hangup)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-resized:
				if c, r, err := size(o.Out); err == nil {
					program.Send(tea.WindowSizeMsg{Width: c, Height: r})
				}
			case <-hangup:
				stop(ErrLost)
			case <-ctx.Done():
				program.Quit()
				return
			}
		}
	}()
	_, err = program.Run()
	cause := context.Cause(ctx)
	stop(nil)
	<-watched
	signal.Stop(resized)
	signal.Stop(hangup)
	err = errors.Join(err, reader.Close())
	// Writing to a terminal that is gone fails, and that is no news.
	if err2 := paint.Stop(); cause == nil {
		err = errors.Join(err, err2)
	}
	restore()
	if h.panicked != nil {
		return h.panicked
	}
	if cause != nil {
		return cause
	}
	return err
}

func size(out *os.File) (cols, rows int, err error) {
	cols, rows, err = xterm.GetSize(int(out.Fd()))
	if err != nil {
		return 0, 0, fmt.Errorf("the size of the terminal: %w", err)
	}
	if cols <= 0 || rows <= 0 { // a serial line does not know
		cols, rows = 80, 24
	}
	return cols, rows, nil
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// Panic is what a panic inside the program becomes once the screen is restored.
type Panic struct {
	Value any
	Stack []byte
}

// Error names the panic.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }
