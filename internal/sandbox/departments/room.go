package departments

import (
	"net/http"

	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

func mount(_ *http.ServeMux, deps room.Deps) error {
	deps.Calendar.Register(New(deps).Worker())
	return nil
}
