package sandbox

import "github.com/epgu-cli/epgu/internal/sandbox/room"

// serviceRooms lists the rooms of the portal's business: catalogue, orders,
// departments, charges, bank, receipts, API ЕПГУ and the cabinet.
func serviceRooms() []room.Room {
	return nil
}
