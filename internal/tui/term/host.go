package term

import (
	"runtime/debug"

	tea "charm.land/bubbletea/v2"
)

// host stands between Bubble Tea and the model: it hands frames to the painter,
// and turns a panic anywhere into an orderly end.
type host struct {
	inner    tea.Model
	paint    *Painter
	send     func(tea.Msg)
	suspend  func()
	quiet    func() // called once the loop runs
	panicked *Panic
}

// broken is the message that a command panicked.
type broken struct{ p *Panic }

func (h *host) Init() (cmd tea.Cmd) {
	defer h.caught(&cmd)
	go h.quiet()
	return h.guard(h.inner.Init())
}

func (h *host) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	model = h // also after a panic
	defer h.caught(&cmd)
	switch m := msg.(type) {
	case broken:
		h.panicked = m.p
		return h, tea.Quit
	case Suspend:
		go h.suspend()
		return h, nil
	case tea.WindowSizeMsg:
		h.paint.Resize(m.Width, m.Height)
	}
	h.inner, cmd = h.inner.Update(msg)
	return h, h.guard(cmd)
}

func (h *host) View() tea.View {
	var none tea.Cmd
	defer h.caught(&none)
	if h.panicked == nil {
		h.paint.Show(h.inner.View())
	}
	return tea.View{}
}

// caught ends the program after a panic in the model.
func (h *host) caught(cmd *tea.Cmd) {
	r := recover()
	if r == nil {
		return
	}
	p := &Panic{r, debug.Stack()}
	h.panicked = p
	*cmd = tea.Quit
	go h.send(broken{p})
}

// guard makes a panic of a command a message.
func (h *host) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = broken{&Panic{r, debug.Stack()}}
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = h.guard(batch[i])
			}
		}
		return msg
	}
}
