package charges

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

// Room is the charges with the workers that keep them; onPaid builds, from the
// portal's parts, who is told of a paid charge.
func Room(onPaid func(room.Deps) []PaidFunc) room.Room {
	schema := Schema()
	return room.Room{
		Name:   "charges",
		Schema: &schema,
		Mount: func(_ *http.ServeMux, deps room.Deps) error {
			deps.Calendar.Register(Worker(onPaid(deps)...))
			deps.Calendar.Register(bornWorker(deps))
			deps.Calendar.Register(disputeWorker())
			return nil
		},
		Seed: func(ctx context.Context, tx *sql.Tx, deps room.Deps, req training.SeedRequest, oids []int64) (int, error) {
			return seedMany(ctx, tx, deps, req, oids)
		},
	}
}
