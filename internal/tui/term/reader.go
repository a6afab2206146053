package term

import (
	"context"
	"errors"
	"io"

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
