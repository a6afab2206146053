package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/faults"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/repeat"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/sandbox/training"
)

// Origin is the address of the portal inside the process. The name can never
// belong to anybody (RFC 6761), so a marker that leaves by mistake goes nowhere.
const Origin = "https://epgu-sandbox.invalid"

// Issuer is the "iss" of the portal's markers.
const Issuer = "http://esia.epgu-sandbox.invalid/"

// DefaultSeed is the seed of a portal that was given none.
const DefaultSeed = 20260901

// Options says how to open the portal.
type Options struct {
	Dir      string      // folder of the state; made when absent (0700)
	Clock    clock.Clock // wall clock; nil is the machine's
	SkipIdle bool        // a waiting request moves the calendar (embedded: true, serve: false)
	Seed     uint64      // of a portal that is made now; 0 is DefaultSeed. An existing one keeps its own
	Log      io.Writer   // the portal's own log; nil is none
}

// Portal is the open training portal.
type Portal struct {
	db       *store.DB
	calendar *calendar.Calendar
	handler  http.Handler
	seed     uint64
}

// Open opens the portal kept in o.Dir and makes it when there is none. Any
// number of processes may have it open at once.
func Open(ctx context.Context, o Options) (*Portal, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	log := slog.New(slog.DiscardHandler)
	if o.Log != nil {
		log = slog.New(slog.NewTextHandler(o.Log, nil))
	}
	rooms := append(signInRooms(), serviceRooms()...)
	schemas := baseSchemas(o.Clock)
	for _, r := range rooms {
		if r.Schema != nil {
			schemas = append(schemas, *r.Schema)
		}
	}
	db, err := store.Open(ctx, o.Dir, schemas...)
	if err != nil {
		return nil, err
	}
	p, err := assemble(ctx, o, db, log, rooms)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return p, nil
}

func assemble(ctx context.Context, o Options, db *store.DB, log *slog.Logger, rooms []room.Room) (*Portal, error) {
	seed, err := ownSeed(ctx, db, o.Seed)
	if err != nil {
		return nil, err
	}
	deps := room.Deps{
		DB:       db,
		Calendar: calendar.New(db, o.Clock, o.SkipIdle),
		Clock:    o.Clock,
		Sessions: session.New(db, o.Clock, Issuer),
		Log:      log,
		Seed:     seed,
		Issuer:   Issuer,
		ESIA: func(ctx context.Context, q store.Queryer) (cabinet.ESIA, error) {
			return grant.Describe(ctx, q, Issuer)
		},
	}
	mux := http.NewServeMux()
	for _, r := range rooms {
		if r.Mount == nil {
			continue
		}
		if err := r.Mount(mux, deps); err != nil {
			return nil, fmt.Errorf("mount %s: %w", r.Name, err)
		}
	}
	if err := training.Mount(mux, deps, rooms); err != nil {
		return nil, fmt.Errorf("mount training: %w", err)
	}
	guard := &repeat.Guard{DB: db, Sessions: deps.Sessions, Clock: o.Clock, Own: []string{cabinet.Base + "/payments", cabinet.Base + "/payment-authorisations"}}
	handler := problem.Middleware(log, pinned(faults.Middleware(db, o.Clock, catchUp(deps.Calendar, guard.Middleware(mux)))))
	return &Portal{db: db, calendar: deps.Calendar, handler: handler, seed: seed}, nil
}

// settingSeed names the setting with the portal's own seed.
const settingSeed = store.KeptSetting + "seed"

func ownSeed(ctx context.Context, db *store.DB, wanted uint64) (seed uint64, err error) {
	var kept string
	if err := db.Read(ctx, func(tx *sql.Tx) error {
		kept, err = store.Setting(ctx, tx, settingSeed)
		return err
	}); err != nil {
		return 0, err
	}
	if kept != "" {
		return strconv.ParseUint(kept, 10, 64)
	}
	if wanted == 0 {
		wanted = DefaultSeed
	}
	return wanted, db.Write(ctx, func(tx *sql.Tx) error {
		return store.SetSetting(ctx, tx, settingSeed, strconv.FormatUint(wanted, 10))
	})
}

// pinned lets what stands before the handlers look at the database once together.
func pinned(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(store.Pin(r.Context())))
	})
}

// catchUp does what has fallen due before each request.
func catchUp(c *calendar.Calendar, next http.Handler) http.Handler {
	return problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if err := c.CatchUp(r.Context()); err != nil {
			return err
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// Seed returns the portal's own seed.
func (p *Portal) Seed() uint64 { return p.seed }

// Handler returns the whole portal as an HTTP handler.
func (p *Portal) Handler() http.Handler { return p.handler }

// Close closes the portal's state.
func (p *Portal) Close() error { return p.db.Close() }
