package departments

import (
	"net/http"

	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

func mount(_ *http.ServeMux, deps room.Deps) error {
	d := New(deps)
	deps.Calendar.Register(d.Worker())
	deps.Calendar.Register(d.Clerk())
	return nil
}
