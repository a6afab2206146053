package sandbox

import (
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/sandbox/account"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/devices"
	"github.com/epgu-cli/epgu/internal/sandbox/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/faults"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/profile"
	"github.com/epgu-cli/epgu/internal/sandbox/repeat"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// baseSchemas lists what the portal keeps apart from its rooms.
func baseSchemas(c clock.Clock) []store.Schema {
	return []store.Schema{calendar.Schema(), people.Schema(), session.Schema(), pki.Schema(c), grant.Schema(), signin.Schema(), devices.Schema(), faults.Schema(), repeat.Schema()}
}

// signInRooms lists the rooms of signing in.
func signInRooms() []room.Room {
	return []room.Room{
		{Name: "esia", Mount: esia.Mount},
		{Name: "account", Schema: profileSchema(), Mount: account.Mount},
	}
}

func profileSchema() *store.Schema {
	s := profile.Schema()
	return &s
}
