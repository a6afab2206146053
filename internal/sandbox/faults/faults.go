// Package faults makes the embedded portal fail on demand: lost replies,
// refused connections, 503, 429, slowness. The choice depends only on a seed
// and a counter kept in the database, so a failure can be repeated, also over
// several processes. Only the root package sandbox and training import it.
package faults

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Schema is what this package keeps.
func Schema() store.Schema {
	return store.Schema{Name: "faults", Migrations: []string{`
CREATE TABLE faults(
	id      INTEGER PRIMARY KEY CHECK (id = 1),
	setup   TEXT NOT NULL,               -- JSON of training.Faults
	seen    INTEGER NOT NULL DEFAULT 0,  -- requests that matched
	done    INTEGER NOT NULL DEFAULT 0   -- faults made
) STRICT;
`}}
}

// Set changes the faults and begins to count anew.
func Set(ctx context.Context, q store.Queryer, f training.Faults) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO faults(id, setup) VALUES(1, ?)
		ON CONFLICT(id) DO UPDATE SET setup = excluded.setup, seen = 0, done = 0`, string(b))
	return err
}

type state struct {
	setup      training.Faults
	seen, done int
	set        bool // somebody has set them
}

func load(ctx context.Context, q store.Queryer) (state, error) {
	var s state
	var setup string
	err := q.QueryRowContext(ctx, "SELECT setup, seen, done FROM faults WHERE id = 1").Scan(&setup, &s.seen, &s.done)
	if err == sql.ErrNoRows { // database/sql returns the sentinel itself from Scan
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.set = true
	return s, json.Unmarshal([]byte(setup), &s.setup)
}

// Get returns the faults as set; none by default.
func Get(ctx context.Context, q store.Queryer) (training.Faults, error) {
	s, err := load(ctx, q)
	return s.setup, err
}

type kind int

const (
	none kind = iota
	loseReply
	refuse
	status503
	status429
	answered
)

// Middleware fails as told, before or after the work of next. Requests under
// the training controls never fail.
func Middleware(db *store.DB, c clock.Clock, next http.Handler) http.Handler {
	var memo store.Memo[struct{}, state]
	return problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if strings.HasPrefix(r.URL.Path, training.Base+"/") {
			next.ServeHTTP(w, r)
			return nil
		}
		k, slow, code, err := choose(r, db, &memo)
		if err != nil {
			return err
		}
		if slow > 0 {
			if err := c.Sleep(r.Context(), slow); err != nil {
				return err
			}
		}
		switch k {
		case refuse:
			panic(http.ErrAbortHandler)
		case loseReply:
			// The work is done as if nothing were wrong; only the answer never
			// arrives.
			next.ServeHTTP(&lost{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		case status503:
			return busy(w, r, http.StatusServiceUnavailable)
		case answered:
			problem.JSON(w, statusOf(code), gusmev.Error{Code: code, Message: untrusted.Text(i18n.Text{RU: "так велели сбои учебного портала", EN: "the faults of the training portal say so"}.In(problem.Lang(r)))})
			return nil
		case status429:
			return busy(w, r, http.StatusTooManyRequests)
		default:
			next.ServeHTTP(w, r)
			return nil
		}
	})
}

// busy tells in the words of the API that is called to come back in a second.
func busy(w http.ResponseWriter, r *http.Request, status int) error {
	code, gusmevCode := "portal.unavailable", gusmev.ErrInternal
	title := i18n.Text{RU: "Портал временно недоступен", EN: "The portal is unavailable for a while"}
	if status == http.StatusTooManyRequests {
		code, gusmevCode = "portal.too_many_requests", gusmev.ErrLimitation
		title = i18n.Text{RU: "Слишком много запросов", EN: "Too many requests"}
	}
	text := title.In(problem.Lang(r))
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/gusmev/"):
		w.Header().Set("Retry-After", "1")
		problem.JSON(w, status, gusmev.Error{Code: gusmevCode, Message: untrusted.Text(text)})
		return nil
	case strings.HasPrefix(r.URL.Path, "/aas/"):
		w.Header().Set("Retry-After", "1")
		problem.JSON(w, status, esia.ErrorResponse{Error: "temporarily_unavailable", Description: "ESIA-007008: overloaded"})
		return nil
	}
	e := problem.New(status, code, title)
	e.RetryAfter = time.Second
	return e
}

// choose decides what happens to a request. The counter moves in a transaction,
// so two processes never draw the same lot.
func choose(r *http.Request, db *store.DB, memo *store.Memo[struct{}, state]) (kind, time.Duration, string, error) {
	ctx := r.Context()
	s, err := memo.Get(ctx, db, struct{}{}, nil, func(ctx context.Context, tx *sql.Tx) (state, error) {
		return load(ctx, tx)
	})
	if err != nil || !s.set || !strings.HasPrefix(r.URL.Path, s.setup.Path) {
		return none, 0, "", err
	}
	slow := time.Duration(s.setup.SlowMS) * time.Millisecond
	if s.setup.Down {
		return refuse, slow, "", nil
	}
	answer := s.setup.Answer != "" && strings.HasPrefix(r.URL.Path, "/api/gusmev/")
	if s.setup.LoseReply+s.setup.Refuse+s.setup.Status503+s.setup.Status429 <= 0 && !answer {
		return none, slow, "", nil
	}
	k := none
	err = db.Write(ctx, func(tx *sql.Tx) error {
		s, err := load(ctx, tx)
		if err != nil {
			return err
		}
		if s.setup.Count > 0 && s.done >= s.setup.Count {
			return nil
		}
		if k = draw(s); k == none && answer {
			k = answered
		}
		faulted := 0
		if k != none {
			faulted = 1
		}
		_, err = tx.ExecContext(ctx, "UPDATE faults SET seen = seen + 1, done = done + ? WHERE id = 1", faulted)
		return err
	})
	return k, slow, s.setup.Answer, err
}

// statusOf is the status that an error code of API ЕПГУ comes with (SPEC-1.13, section
// 2.5).
func statusOf(code string) int {
	switch code {
	case gusmev.ErrBadRequest, gusmev.ErrNotFound, gusmev.ErrServiceNotFound:
		return http.StatusBadRequest
	case gusmev.ErrCancelNotAllowed:
		return http.StatusMethodNotAllowed
	case gusmev.ErrLimitation:
		return http.StatusTooManyRequests
	case gusmev.ErrInternal:
		return http.StatusInternalServerError
	}
	return http.StatusForbidden
}

func draw(s state) kind {
	lot := room.Draw(s.setup.Seed, "fault", uint64(s.seen)).Float64()
	for _, share := range []struct {
		of kind
		p  float64
	}{{loseReply, s.setup.LoseReply}, {refuse, s.setup.Refuse}, {status503, s.setup.Status503}, {status429, s.setup.Status429}} {
		if lot < share.p {
			return share.of
		}
		lot -= share.p
	}
	return none
}

// lost is an answer that goes nowhere.
type lost struct{ header http.Header }

// Header implements http.ResponseWriter.
func (l *lost) Header() http.Header { return l.header }

// WriteHeader implements http.ResponseWriter.
func (l *lost) WriteHeader(int) {}

// Write implements http.ResponseWriter.
func (l *lost) Write(b []byte) (int, error) { return io.Discard.Write(b) }

// Flush implements http.Flusher.
func (l *lost) Flush() {}
