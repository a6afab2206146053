package session

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Schema is what this package keeps.
func Schema() store.Schema {
	return store.Schema{Name: "session", Migrations: []string{`
CREATE TABLE sessions(
	id         TEXT PRIMARY KEY,         -- urn:esia:sid
	oid        INTEGER NOT NULL,
	org_oid    INTEGER NOT NULL,
	client_id  TEXT NOT NULL,
	method     TEXT NOT NULL,            -- "PWD", "DS", "KEY"
	agent      TEXT NOT NULL,
	address    TEXT NOT NULL,
	created_us INTEGER NOT NULL,         -- wall clock
	revoked_us INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sessions_by_person ON sessions(oid, created_us);
`, `
ALTER TABLE sessions ADD COLUMN why TEXT NOT NULL DEFAULT ''; -- why it was ended: '' or 'consent'
`}}
}

// Session is one sign-in that markers belong to.
type Session struct {
	ID       string
	OID      int64
	OrgOID   int64
	ClientID string
	Method   string // "PWD" password, "DS" signature, "KEY" API-Key
	Agent    string // User-Agent of the sign-in
	Address  string // remote address of the sign-in
	Created  time.Time
	Revoked  time.Time // zero while it lives
	Why      string    // why it was ended, when that is worth telling: WhyConsent
}

// Sessions issues and verifies markers.
type Sessions struct {
	db     *store.DB
	clock  clock.Clock
	issuer string
	seen   seenMarkers
	known  store.Memo[[sha256.Size]byte, known]
}

// New returns the sessions kept in db; issuer is the "iss" of markers.
func New(db *store.DB, c clock.Clock, issuer string) *Sessions {
	return &Sessions{db: db, clock: c, issuer: issuer}
}

// ErrNoSession means that there is no such session.
var ErrNoSession = errors.New("no such session")

const columns = "id, oid, org_oid, client_id, method, agent, address, created_us, revoked_us"

// loaded are the columns of a session that is read.
const loaded = columns + ", why"

func scan(row interface{ Scan(...any) error }) (Session, error) {
	var s Session
	var created, revoked int64
	err := row.Scan(&s.ID, &s.OID, &s.OrgOID, &s.ClientID, &s.Method, &s.Agent, &s.Address, &created, &revoked, &s.Why)
	if errors.Is(err, sql.ErrNoRows) {
		return s, ErrNoSession
	}
	if err != nil {
		return s, err
	}
	s.Created = time.UnixMicro(created).UTC()
	if revoked != 0 {
		s.Revoked = time.UnixMicro(revoked).UTC()
	}
	return s, nil
}

// Begin records a session.
func Begin(ctx context.Context, q store.Queryer, s Session) error {
	_, err := q.ExecContext(ctx, "INSERT INTO sessions("+columns+") VALUES(?,?,?,?,?,?,?,?,0)",
		s.ID, s.OID, s.OrgOID, s.ClientID, s.Method, s.Agent, s.Address, s.Created.UnixMicro())
	return err
}

// Load returns a session; ErrNoSession when there is none.
func Load(ctx context.Context, q store.Queryer, id string) (Session, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+loaded+" FROM sessions WHERE id = ?", id))
}

// Of returns the living sessions of a person, newest first.
func Of(ctx context.Context, q store.Queryer, oid int64) ([]Session, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+loaded+
		" FROM sessions WHERE oid = ? AND revoked_us = 0 ORDER BY created_us DESC, id", oid)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Session
	for rows.Next() {
		s, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// Revoke ends a session; markers that belong to it stop working at once.
func Revoke(ctx context.Context, q store.Queryer, id string, now time.Time) error {
	_, err := q.ExecContext(ctx, "UPDATE sessions SET revoked_us = ? WHERE id = ? AND revoked_us = 0", now.UnixMicro(), id)
	return err
}

// WhyConsent is why a session ended: the consent to its system was taken back.
const WhyConsent = "consent"

// RevokeClient ends every session of a person with one system and returns how
// many; why is remembered for whoever brings a marker of theirs.
func RevokeClient(ctx context.Context, q store.Queryer, oid int64, client, why string, now time.Time) (int64, error) {
	r, err := q.ExecContext(ctx, "UPDATE sessions SET revoked_us = ?, why = ? WHERE oid = ? AND client_id = ? AND revoked_us = 0",
		now.UnixMicro(), why, oid, client)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return r.RowsAffected()
}

// RevokeAll ends every session of a person but the one named (may be empty)
// and returns how many.
func RevokeAll(ctx context.Context, q store.Queryer, oid int64, except string, now time.Time) (int64, error) {
	r, err := q.ExecContext(ctx, "UPDATE sessions SET revoked_us = ? WHERE oid = ? AND id <> ? AND revoked_us = 0",
		now.UnixMicro(), oid, except)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return r.RowsAffected()
}
