// Package term is the terminal below the full-screen interface: raw mode, keys
// in, frames out, and everything put back as it was at the end, however the end
// comes. It draws with the renderer that Bubble Tea draws with, but only when a
// frame has changed: Bubble Tea's own loop wakes up sixty times a second for as
// long as the program runs. The terminal is never asked anything, so no answer
// can be awaited in vain or be left in the shell's input. Only internal/tui and
// its driver import it.
package term

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// frameGap is the least time between two frames: keys that come faster than a
// screen can show them (a held key, a paste) share a frame.
const frameGap = 8 * time.Millisecond

// Painter writes frames to a terminal. Show never blocks: when the terminal is
// slow, only the newest frame waits.
type Painter struct {
	w       io.Writer
	env     []string
	console bool

	mu      sync.Mutex
	next    tea.View
	size    [2]int
	resized bool
	extra   []byte // control sequences to be written with the next frame
	stopped bool
	failed  error

	wake chan struct{}
	done chan struct{}
	// patience is how long Stop waits for a terminal that takes nothing any more.
	patience time.Duration

	// brush is held by whoever paints.
	brush   sync.Mutex
	paused  bool
	out     bytes.Buffer
	scr     *uv.TerminalRenderer
	cells   uv.ScreenBuffer
	drawn   *tea.View
	entered bool
	profile colorprofile.Profile
}

// NewPainter returns a painter on a terminal of w columns and h rows, described
// by the environment env ("NAME=value").
func NewPainter(w io.Writer, env []string, profile colorprofile.Profile, cols, rows int) *Painter {
	p := &Painter{w: w, env: env, console: Console(env), profile: profile, size: [2]int{cols, rows}, wake: make(chan struct{}, 1), done: make(chan struct{}), patience: stopWithin}
	p.reset()
	return p
}

func (p *Painter) reset() {
	p.out.Reset()
	p.scr = uv.NewTerminalRenderer(&p.out, p.env)
	p.scr.SetColorProfile(p.profile)
	p.scr.SetFullscreen(true)
	p.scr.SetRelativeCursor(false)
	p.scr.SetTabStops(-1)
	p.scr.SetBackspace(false)
	p.cells = uv.NewScreenBuffer(p.size[0], p.size[1])
	p.cells.Method = ansi.GraphemeWidth
	p.scr.Resize(p.size[0], p.size[1])
	p.scr.Erase()
	p.drawn = nil
}

// Show takes the frame to be on the screen next.
func (p *Painter) Show(v tea.View) {
	p.mu.Lock()
	p.next = v
	p.mu.Unlock()
	p.nudge()
}

// Resize tells the size of the terminal, columns and rows.
func (p *Painter) Resize(cols, rows int) {
	p.mu.Lock()
	p.size, p.resized = [2]int{cols, rows}, true
	p.mu.Unlock()
	p.nudge()
}

// Send writes a control sequence together with the next frame.
func (p *Painter) Send(seq string) {
	p.mu.Lock()
	p.extra = append(p.extra, seq...)
	p.mu.Unlock()
	p.nudge()
}

func (p *Painter) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run paints until Stop. It sleeps while nothing changes.
func (p *Painter) Run() {
	defer close(p.done)
	for range p.wake {
		p.mu.Lock()
		stopped := p.stopped
		p.mu.Unlock()
		if stopped {
			return
		}
		if p.Paint() {
			time.Sleep(frameGap)
		}
	}
}

// stopWithin is how long a terminal may take for the last frame: a stopped one, or
// one at the other end of a dead line, takes it never.
const stopWithin = 3 * time.Second

// ErrStuck says that the terminal has taken nothing for a while.
var ErrStuck = errors.New("the terminal takes nothing")

// Stop ends Run, waits for it, and leaves the screen as it was before. A terminal that
// takes nothing does not keep the program from ending.
func (p *Painter) Stop() error {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.nudge()
	left := make(chan struct{})
	go func() {
		defer close(left)
		<-p.done
		p.Leave()
	}()
	late := time.NewTimer(p.patience)
	defer late.Stop()
	select {
	case <-left:
		return p.Err()
	case <-late.C:
		return ErrStuck
	}
}

// Pause gives the screen back for a while; Resume takes it again.
func (p *Painter) Pause() {
	p.brush.Lock()
	p.paused = true
	p.Leave()
	p.brush.Unlock()
}

// Resume paints the newest frame anew.
func (p *Painter) Resume() {
	p.brush.Lock()
	p.paused = false
	p.brush.Unlock()
	p.nudge()
}

// Err is why writing failed, nil when it did not.
func (p *Painter) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// Paint brings the screen to the newest frame and reports whether anything was
// written. Only Run and tests call it.
func (p *Painter) Paint() bool {
	p.brush.Lock()
	defer p.brush.Unlock()
	if p.paused {
		return false
	}
	p.mu.Lock()
	v, size, resized, extra := p.next, p.size, p.resized, p.extra
	p.resized, p.extra = false, nil
	p.mu.Unlock()
	if resized {
		p.cells = uv.NewScreenBuffer(size[0], size[1])
		p.cells.Method = ansi.GraphemeWidth
		p.scr.Resize(size[0], size[1])
		p.scr.Erase()
		p.drawn = nil
	}
	p.enter()
	p.modes(v)
	if p.drawn == nil || p.drawn.Content != v.Content {
		content := v.Content
		if p.console {
			content = plain.Replace(content)
		}
		uv.NewStyledString(content).Draw(p.cells, p.cells.Bounds())
		p.scr.Render(p.cells.RenderBuffer)
	}
	p.cursor(v)
	_ = p.scr.Flush() // into a buffer: cannot fail
	p.out.Write(extra)
	p.drawn = &v
	return p.flush()
}

func (p *Painter) flush() bool {
	if p.out.Len() == 0 {
		return false
	}
	_, err := p.w.Write(p.out.Bytes())
	p.out.Reset()
	if err != nil {
		p.mu.Lock()
		p.failed = err
		p.mu.Unlock()
	}
	return true
}

// What is switched on at the beginning and off at the end.
const (
	enter = ansi.SetModeAltScreenSaveCursor + ansi.SetModeBracketedPaste + ansi.ResetModeTextCursorEnable
	leave = ansi.ResetModeBracketedPaste + ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr +
		ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable

	// The keyboard protocol of kitty gives keys that can be told apart (1) and
	// the key that a letter stands on (4). Whether the terminal knows it is not
	// asked; one that does not skips the sequence, except old consoles, which
	// would take it for another one.
	enterKeys = "\x1b[>5u"
	leaveKeys = "\x1b[<u"
)

// plain are the signs that the fonts of a console have not, by those of the same width
// that they have. A console's font has 256 signs, or 512 at most.
var plain = strings.NewReplacer("╭", "┌", "╮", "┐", "╰", "└", "╯", "┘", "›", ">", "✓", "√", "▾", "v", "₽", "Р", "★", "*", "⏎", "¶", "•", "*", "…", "~", "−", "-")

// Console reports a terminal that only knows the oldest sequences: the keyboard of the
// machine itself. It has no clipboard, no title, and a screen instead of two.
func Console(env []string) bool {
	for _, v := range env {
		if t, ok := strings.CutPrefix(v, "TERM="); ok {
			return t == "linux" || t == "dumb" || strings.HasPrefix(t, "vt")
		}
	}
	return true
}

func (p *Painter) enter() {
	if p.entered {
		return
	}
	p.entered = true
	p.out.WriteString(enter)
	if !p.console {
		p.out.WriteString(enterKeys)
	}
}

// Leave gives the screen back. A later Paint takes it again.
func (p *Painter) Leave() {
	if !p.entered {
		return
	}
	p.entered = false
	p.reset()
	p.out.WriteString("\x1b[0m")
	if p.console {
		p.out.WriteString(ansi.EraseEntireDisplay + ansi.CursorHomePosition) // there is no other screen to go back to
	} else {
		p.out.WriteString(leaveKeys)
	}
	p.out.WriteString(leave)
	p.flush()
}

// modes switches what the view wants of the terminal.
func (p *Painter) modes(v tea.View) {
	was := tea.MouseModeNone
	title := ""
	if p.drawn != nil {
		was, title = p.drawn.MouseMode, p.drawn.WindowTitle
	}
	if v.MouseMode != was || p.drawn == nil {
		if v.MouseMode == tea.MouseModeNone {
			p.out.WriteString(ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr)
		} else {
			p.out.WriteString(ansi.SetModeMouseButtonEvent + ansi.SetModeMouseExtSgr)
		}
	}
	if v.WindowTitle != title && !p.console {
		p.out.WriteString(ansi.SetWindowTitle(v.WindowTitle))
	}
}

func (p *Painter) cursor(v tea.View) {
	had := p.drawn != nil && p.drawn.Cursor != nil
	if v.Cursor != nil {
		p.scr.MoveTo(v.Cursor.X, v.Cursor.Y)
		if !had {
			_, _ = p.scr.WriteString(ansi.SetModeTextCursorEnable)
		}
	} else if had {
		_, _ = p.scr.WriteString(ansi.ResetModeTextCursorEnable)
	}
}
