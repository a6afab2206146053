// Package screen is the contract between the screens of the interface and the
// root that shows them: what a screen is, what it may ask of the root, how it
// loads data and what it offers to do. Screens are plain structs, not models of
// Bubble Tea; the root is the only model. Packages under internal/tui import it.
package screen

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Screen is one screen. All its methods run on the loop of messages: none may
// wait for anything. Whatever waits goes into the command that a method returns.
type Screen interface {
	// Open is called when the screen is shown, with an argument (an УИН, a number
	// of an application) or "". It is called with "" when a person comes back to it
	// or asks for fresh data: then it keeps to what it shows and loads it anew.
	Open(e *Env, arg string) tea.Cmd
	// Update takes a message: data that arrived, and keys and pastes that are no
	// action of the screen. handled is true for a key or paste that was for this
	// screen; the others go to the root.
	Update(e *Env, msg tea.Msg) (cmd tea.Cmd, handled bool)
	// Draw returns at most size.H rows. It must touch no more than what is seen.
	Draw(e *Env, size view.Size) view.Frame
	// Actions is what can be done now. Keys, footer, help and palette all come
	// from here.
	Actions(e *Env) []Action
}

// Typing is a screen in which letters may be text. While it says true, only keys
// with Ctrl or Alt, function keys and Esc are commands.
type Typing interface {
	Typing() bool
	// Cursor is where the text goes in, in the rows of the last Draw; ok is false
	// when it is not seen.
	Cursor() (x, y int, ok bool)
}

// Titled is a screen whose title says more than that of its entry.
type Titled interface{ Title(e *Env) i18n.Localised }

// Closer is a screen that has something to end when it is left: loads, input to
// be kept.
type Closer interface{ Close(e *Env) }

// Ender is a screen that has something under way which the end of the program waits
// for: what was sent is answered first, what was typed is kept. It is called when the
// terminal is itself again and no message comes any more, with a context that has not
// ended, and bounds its waiting.
type Ender interface{ End(e *Env) }

// Keeping is a screen that may hold what a person has typed or chosen and nothing
// else has. What it holds is put by when the program ends, however it ends (a signal,
// a lost terminal, a fault), and when a session ends by itself; it is given back when
// the same person opens the screen the next time.
type Keeping interface {
	// Held is what is held, a value that JSON can write; nil is nothing. Secrets are
	// no part of it.
	Held() any
	// GiveBack takes what was held; read reads it into a pointer to the type that Held
	// returns.
	GiveBack(e *Env, read func(into any) bool) tea.Cmd
}

// Clicked is a screen that understands the mouse. x and y are columns and rows
// within what Draw returned.
type Clicked interface {
	Click(e *Env, x, y int) tea.Cmd
	Scroll(e *Env, lines int) tea.Cmd
}

// Dated is a screen that shows data of some moment; the header says of which.
type Dated interface {
	// AsOf is that moment, zero when there is no data yet, whether it is being
	// loaded anew, and why it could not be loaded last.
	AsOf() (at time.Time, loading bool, err error)
}

// Busy is a screen with something under way that a person should know of before
// leaving the program. nil is nothing.
type Busy interface{ Busy(e *Env) i18n.Localised }

// Entry is a screen in the registry.
type Entry struct {
	// ID names the screen, for Go and in the log: "charges".
	ID    string
	Title i18n.Text
	// Key opens it from anywhere, "" when only the palette does.
	Key string
	// Command is the command that shows the same.
	Command string
	// Card is a screen that shows one thing and means nothing without its argument:
	// it is not listed to people.
	Card bool
	// Training screens are shown only on a training portal.
	Training bool
	// Public screens are for people who are not signed in, too.
	Public bool
	New    func() Screen
	// Objects are the things of this screen that the palette can open by name, as
	// far as they are known without asking anybody: the first cell of a row is the
	// argument of Open, the others are shown. The list must not change afterwards
	// (rows.Rows.View). May be nil, and may return nil.
	Objects func(s Screen) *rows.Rows
}

// Action is something that can be done on a screen.
type Action struct {
	// ID names the action in the user's keymap: "charges.pay".
	ID    string
	Title i18n.Text
	Keys  []string // the usual ones, on the Latin layout, see keymap.Name
	// Command is the command that does the same, as it would be typed now.
	Command string
	// Off says why it cannot be done now; nil when it can.
	Off i18n.Localised
	// Footer shows the action in the footer.
	Footer bool
	Run    func() tea.Cmd
}

// Env is what every screen is given: the surroundings, not the data.
type Env struct {
	Ctx      context.Context // of the whole program, or of the session
	Lang     i18n.Lang
	Clock    clock.Clock
	Location *time.Location
	Keys     *keymap.Map
	Cache    Cache
	Log      *Log
	// Entries are all screens, in the order of the registry.
	Entries []Entry
	// Person is who is signed in, "" when nobody is known to be.
	Person untrusted.Text
	// Training says that the portal is a training one.
	Training bool
	Profile  string
}

// Say returns a text in the language in force, cleaned.
func (e *Env) Say(m i18n.Localised) string { return untrusted.Clean(m.In(e.Lang)) }

// T is Say for two languages given on the spot.
func (e *Env) T(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(e.Lang) }

// Day writes a date for people: 02.12.2026, in Moscow, whose days the portal's
// terms are counted in.
func (e *Env) Day(t time.Time) string {
	if e.Lang == i18n.EN {
		return t.In(clock.Moscow()).Format("2006-01-02")
	}
	return t.In(clock.Moscow()).Format("02.01.2006")
}

// Moment writes a time of day, with the date when it was not today.
func (e *Env) Moment(t time.Time) string {
	t, now := t.In(e.Location), e.Clock.Now().In(e.Location)
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04")
	}
	return e.Day(t) + " " + t.Format("15:04")
}
