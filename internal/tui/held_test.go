package tui_test

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// note is a screen with a field whose text nobody else has.
type note struct{ field kit.Field }

func (n *note) Open(*screen.Env, string) tea.Cmd    { return nil }
func (n *note) Actions(*screen.Env) []screen.Action { return nil }
func (n *note) Typing() bool                        { return true }
func (n *note) Cursor() (int, int, bool)            { return 0, 0, false }
func (n *note) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	k, ok := msg.(tea.KeyPressMsg)
	return nil, ok && n.field.Key(tea.Key(k))
}
func (n *note) Draw(_ *screen.Env, size view.Size) view.Frame {
	return view.Frame{view.Say(theme.Plain, "note: "+n.field.Value())}.Fit(size)
}
func (n *note) Held() any {
	if n.field.Value() == "" {
		return nil
	}
	return n.field.Value()
}
func (n *note) GiveBack(_ *screen.Env, read func(into any) bool) tea.Cmd {
	var s string
	if read(&s) {
		n.field.Set(s)
	}
	return nil
}
func (n *note) Busy(*screen.Env) i18n.Localised {
	if n.field.Value() == "" {
		return nil
	}
	return i18n.Say("Набранное ещё не принято.", "What is typed is not taken yet.")
}

// notes opens a program in which owner is signed in, "" for nobody; typed is where what
// was typed is kept.
func notes(t *testing.T, typed *tui.FileCache, owner *string) *drive.Driver {
	o := drive.Simple(now, i18n.RU,
		screen.Entry{ID: "note", Title: i18n.Text{RU: "Заметка", EN: "Note"}, New: func() screen.Screen { return &note{} }},
		screen.Entry{ID: "door", Title: i18n.Text{RU: "Вход", EN: "Sign-in"}, Public: true, New: func() screen.Screen { return newMany(1) }})
	o.Guest, o.Held = "door", typed
	o.Env.Cache = &tui.FileCache{Dir: t.TempDir()}
	o.Begin = func(context.Context) (tui.Session, error) {
		return tui.Session{SignedIn: *owner != "", Owner: *owner}, nil
	}
	o.SignOut = func(context.Context) error {
		typed.Clear()
		*owner = ""
		return nil
	}
	return drive.Start(t, o, 80, 24)
}

func TestWhatWasTypedWaitsForItsPersonWhenTheSessionHasEndedMeanwhile(t *testing.T) {
	typed, owner := &tui.FileCache{Dir: t.TempDir()}, "1"
	notes(t, typed, &owner).Type("недописано").Root().Close()

	owner = "" // the session is over by the next start
	d := notes(t, typed, &owner).Sees("Вход")
	owner = "2" // somebody else
	d.Send(screen.SignedMsg{In: true}).Sees("note:").SeesNot("недописано").Type("чужое").Root().Close()

	owner = ""
	d = notes(t, typed, &owner)
	owner = "1"
	d.Send(screen.SignedMsg{In: true}).Sees("note: недописано").SeesNot("чужое").Root().Close()
}

func TestASessionThatEndsWhileOneTypesLosesNothing(t *testing.T) {
	typed, owner := &tui.FileCache{Dir: t.TempDir()}, "1"
	d := notes(t, typed, &owner).Type("недописано")
	d.Send(screen.FailMsg{Err: fault.New(exitcode.Auth, "auth.expired", i18n.Say("сеанс закончился", "the session is over"))}).Sees("Вход", "сеанс закончился")
	d.Send(screen.SignedMsg{In: true}).Sees("note: недописано")

	d.Send(screen.FailMsg{Err: fault.New(exitcode.Auth, "auth.expired", i18n.Say("сеанс закончился", "the session is over"))})
	d.Root().Close() // without signing in again
	notes(t, typed, &owner).Sees("note: недописано")
}

func TestWhoSignsOutIsToldWhatIsLostAndLeavesNothing(t *testing.T) {
	typed, owner := &tui.FileCache{Dir: t.TempDir()}, "1"
	d := notes(t, typed, &owner).Type("недописано").Press("f9").Sees("Завершить сеанс", "Набранное ещё не принято").Press("right", "enter").Sees("Вход")
	owner = "1"
	d.Send(screen.SignedMsg{In: true}).SeesNot("недописано")
}
