// Package room is what the rooms of the embedded portal have in common: what
// a room is given and what it brings. A room is a domain package with its HTTP
// face (catalog, orders, charges, esia …); the root package sandbox opens the
// rooms and puts them behind one handler. Only packages under internal/sandbox
// may import it.
package room

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Deps is what a room may use.
type Deps struct {
	DB       *store.DB
	Calendar *calendar.Calendar // departments, banks, deadlines
	Clock    clock.Clock        // markers, one-time codes, message times
	Sessions *session.Sessions  // Require and Optional wrap handlers
	Log      *slog.Logger       // never nil
	// Seed is the portal's seed, the same for every process that opens the
	// same folder. Outcomes are drawn with it through OutcomeSeed.
	Seed uint64
	// Issuer is the expected "iss" of markers.
	Issuer string
	// ESIA says how a client signs in here, for the capabilities document.
	ESIA func(ctx context.Context, q store.Queryer) (cabinet.ESIA, error)
}

// Room is one room of the portal.
type Room struct {
	Name   string
	Schema *store.Schema // nil when the room keeps nothing
	// Mount adds the room's handlers to mux (patterns of net/http with method
	// and path, "POST /api/cabinet/v1/payments") and registers its workers with
	// deps.Calendar. It must do no slow work: it runs at every start.
	Mount func(mux *http.ServeMux, deps Deps) error
	// Seed makes demo charges for the given people: POST /sandbox/v1/seed. It
	// returns how many. Nil when the room has none.
	Seed func(ctx context.Context, tx *sql.Tx, deps Deps, req training.SeedRequest, oids []int64) (int, error)
}
