package sandbox

import (
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// baseSchemas lists what the portal keeps apart from its rooms.
func baseSchemas() []store.Schema {
	return []store.Schema{calendar.Schema(), people.Schema(), session.Schema()}
}

// signInRooms lists the rooms of signing in.
func signInRooms() []room.Room {
	return nil
}
