package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// The messages by which a screen asks something of the root. Each has a function
// that makes the command.
type (
	// GoMsg opens a screen.
	GoMsg struct{ ID, Arg string }
	// BackMsg leaves the screen on top.
	BackMsg struct{}
	// TellMsg shows a line above the footer until the next key.
	TellMsg struct {
		Text i18n.Localised
		Bad  bool
	}
	// FailMsg shows an error: what happened and what to do next.
	FailMsg struct {
		Err error
		// Also is told below it.
		Also []i18n.Localised
	}
	// AskMsg puts a dialog over the screen.
	AskMsg struct{ Dialog Dialog }
	// CopyMsg copies a text to the clipboard of the person's terminal.
	CopyMsg struct{ Text string }
	// SignedMsg says that somebody signed in, or out.
	SignedMsg struct{ In bool }
	// RanMsg notes a command that equals what was just done.
	RanMsg struct{ Command string }
)

// ClickMsg tells a dialog that it was clicked at a column and a row of what it drew
// last. Dialogs that know nothing of it are worked by keys.
type ClickMsg struct{ X, Y int }

func send(m tea.Msg) tea.Cmd { return func() tea.Msg { return m } }

// Go opens a screen by its ID, with an argument or "".
func Go(id, arg string) tea.Cmd { return send(GoMsg{id, arg}) }

// Back leaves the screen on top.
func Back() tea.Cmd { return send(BackMsg{}) }

// Tell shows a line to the person.
func Tell(m i18n.Localised) tea.Cmd { return send(TellMsg{Text: m}) }

// Fail shows an error.
func Fail(err error, also ...i18n.Localised) tea.Cmd {
	if err == nil {
		return nil
	}
	return send(FailMsg{err, also})
}

// Ask puts a dialog over the screen.
func Ask(d Dialog) tea.Cmd { return send(AskMsg{d}) }

// Copy copies a text to the clipboard.
func Copy(text string) tea.Cmd { return send(CopyMsg{text}) }

// Signed tells that somebody signed in or out.
func Signed(in bool) tea.Cmd { return send(SignedMsg{in}) }

// Ran notes a command that equals what was done, with the values that are known
// only now.
func Ran(command string) tea.Cmd { return send(RanMsg{command}) }

// Dialog is a box over the screen. Esc closes it and does nothing.
type Dialog interface {
	// Update takes a key, a paste or a ClickMsg. done closes the dialog.
	Update(e *Env, msg tea.Msg) (cmd tea.Cmd, done bool)
	// Draw returns the inside of the box, at most size.H rows of size.W columns.
	Draw(e *Env, size view.Size) view.Frame
	Title(e *Env) i18n.Localised
}

// Unasked is a dialog that opens by itself, not by a key of the person. Keys are
// not for it until they have been quiet for a while.
type Unasked interface{ Unasked() bool }

// Opening is a dialog that has something to begin once it is on the screen.
type Opening interface{ Opened(e *Env) tea.Cmd }

// Leaving is a dialog that wants to know that it was closed by Esc.
type Leaving interface{ Left(e *Env) tea.Cmd }
