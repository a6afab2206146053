package account

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// The screens of this package.
const (
	ProfileID  = "profile"
	SessionsID = "sessions"
	SignInsID  = "signins"
	DevicesID  = "devices"
)

// Entries are the screens of this package.
func Entries(src Source) []screen.Entry {
	return []screen.Entry{
		{ID: ProfileID, Title: i18n.Text{RU: "Профиль", EN: "Profile"}, Key: "8", Command: "epgu profile view",
			New: func() screen.Screen { return &profile{src: src} }},
		{ID: SessionsID, Title: i18n.Text{RU: "Сеансы", EN: "Sessions"}, Command: "epgu auth sessions",
			New: func() screen.Screen { return newSessions(src) }},
		{ID: SignInsID, Title: i18n.Text{RU: "История входов", EN: "History of sign-ins"}, Command: "epgu auth history",
			New: func() screen.Screen { return newSignIns(src) }},
		{ID: DevicesID, Title: i18n.Text{RU: "Устройства", EN: "Devices"}, Command: "epgu auth devices list",
			New: func() screen.Screen { return newDevices(src) }},
	}
}

// did is the message that something asked of the portal has ended.
type did struct {
	by   any // the screen that asked
	said i18n.Localised
	err  error
}

// do asks the portal for something and tells the screen when it is done.
func do(e *screen.Env, by any, said i18n.Localised, what func(ctx context.Context) error) tea.Cmd {
	ctx := e.Ctx
	return func() tea.Msg { return did{by, said, what(ctx)} }
}

// moment writes a time with its date: lists of these screens are about days.
func moment(e *screen.Env, t time.Time) string {
	return e.Day(t) + " " + t.In(e.Location).Format("15:04")
}
