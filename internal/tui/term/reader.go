package term

import (
	"context"
	"errors"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/muesli/cancelreader"
)

// Reader turns what a terminal sends into messages.
type Reader struct {
	in   cancelreader.CancelReader
	done chan struct{}
	stop context.CancelFunc
}

// Read starts reading; each event goes to send. lost is called once when the
// terminal is gone. term is the value of TERM.
func Read(in io.Reader, term string, send func(tea.Msg), lost func(error)) (*Reader, error) {
	cr, err := uv.NewCancelReader(in)
	if err != nil {
		return nil, err
	}
	if term == "linux" {
		cr = consoleKeys{cr}
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Reader{in: cr, done: make(chan struct{}), stop: stop}
	events := make(chan uv.Event)
	go func() {
		for {
			select {
			case e := <-events:
				if m := Message(e); m != nil {
					send(m)
				}
			case <-r.done:
				return
			}
		}
	}()
	go func() {
		defer close(r.done)
		err := uv.NewTerminalReader(cr, term).StreamEvents(ctx, events)
		if ctx.Err() == nil {
			if err == nil {
				err = io.EOF
			}
			lost(err)
		}
	}()
	return r, nil
}

// consoleKeys reads the keys of the Linux console, whose F1 to F5 are sent as by no other
// terminal. The console writes a key whole, so that no read ends within one.
type consoleKeys struct{ cancelreader.CancelReader }

var consoleFunctions = strings.NewReplacer("\x1b[[A", "\x1bOP", "\x1b[[B", "\x1bOQ", "\x1b[[C", "\x1bOR", "\x1b[[D", "\x1bOS", "\x1b[[E", "\x1b[15~")

// Read reads keys as other terminals send them.
func (c consoleKeys) Read(b []byte) (int, error) {
	n, err := c.CancelReader.Read(b[:len(b)*4/5]) // one of the others is a byte longer
	return copy(b, consoleFunctions.Replace(string(b[:n]))), err
}

// Close stops reading. What is typed afterwards is the shell's.
func (r *Reader) Close() error {
	r.stop()
	if r.in.Cancel() {
		<-r.done
	}
	return errors.Join(r.in.Close())
}

// Message makes an input event into the message that Bubble Tea has for it; nil
// when nobody needs it.
func Message(e uv.Event) tea.Msg {
	switch e := e.(type) {
	case uv.KeyPressEvent:
		return tea.KeyPressMsg(e)
	case uv.MouseClickEvent:
		return tea.MouseClickMsg(e)
	case uv.MouseReleaseEvent:
		return tea.MouseReleaseMsg(e)
	case uv.MouseWheelEvent:
		return tea.MouseWheelMsg(e)
	case uv.MouseMotionEvent:
		return tea.MouseMotionMsg(e)
	case uv.PasteEvent:
		return tea.PasteMsg(e)
	case uv.WindowSizeEvent: // of a Windows console
		return tea.WindowSizeMsg(e)
	}
	return nil
}
