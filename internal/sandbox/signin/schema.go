// Package signin is how a person proves who he is to the embedded portal:
// password, second factor, limits and locks, the history of sign-ins, and the
// account's own life (registration, recovery, levels). The pages of esia and
// the terminal face share it. Only packages under internal/sandbox may import
// it.
package signin

import (
	"context"
	"database/sql"

	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Schema is what this package keeps; times are of the wall clock.
func Schema() store.Schema {
	return store.Schema{
		Name: "signin",
		Migrations: []string{`
CREATE TABLE credentials(
	oid         INTEGER PRIMARY KEY,
	password    TEXT NOT NULL,            -- argon2id$salt$hash
	totp        TEXT NOT NULL DEFAULT '', -- base32; '' is none
	totp_step   INTEGER NOT NULL DEFAULT 0, -- the last step used: a code works once
	failures    INTEGER NOT NULL DEFAULT 0,
	locked_us   INTEGER NOT NULL DEFAULT 0, -- locked until
	lock_number TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE flows(
	id         TEXT PRIMARY KEY,
	approved   TEXT NOT NULL,             -- JSON of grant.Approved
	stage      TEXT NOT NULL,             -- password, factor, role, consent, done
	oid        INTEGER NOT NULL DEFAULT 0,
	org_oid    INTEGER NOT NULL DEFAULT 0,
	browser    BLOB,                      -- hash of the browser's secret
	code       TEXT NOT NULL DEFAULT '',
	code_kind  TEXT NOT NULL DEFAULT '',
	sent_us    INTEGER NOT NULL DEFAULT 0,
	sends      INTEGER NOT NULL DEFAULT 0,
	tries      INTEGER NOT NULL DEFAULT 0,
	agent      TEXT NOT NULL,
	address    TEXT NOT NULL,
	expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE signin_history(
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	at_us      INTEGER NOT NULL,
	oid        INTEGER NOT NULL,
	client_id  TEXT NOT NULL,
	method     TEXT NOT NULL,
	agent      TEXT NOT NULL,
	address    TEXT NOT NULL,
	outcome    TEXT NOT NULL,             -- done, wrong_password, wrong_code, locked, push_denied, device_…
	suspicious INTEGER NOT NULL
) STRICT;
CREATE INDEX history_by_person ON signin_history(oid, id);
`, `
CREATE TABLE challenges(
	id             TEXT PRIMARY KEY,
	kind           TEXT NOT NULL,         -- registration, recovery
	oid            INTEGER NOT NULL,      -- 0: nobody (yet)
	data           TEXT NOT NULL,         -- JSON of people.Person
	code           TEXT NOT NULL,
	recipient      TEXT NOT NULL,
	recipient_kind TEXT NOT NULL,
	sent_us        INTEGER NOT NULL,
	sends          INTEGER NOT NULL,
	tries          INTEGER NOT NULL,
	expires_us     INTEGER NOT NULL
) STRICT;
CREATE TABLE level_requests(
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	oid        INTEGER NOT NULL,
	level      TEXT NOT NULL,
	data       TEXT NOT NULL,             -- JSON of cabinet.LevelRequestInput
	created_us INTEGER NOT NULL,          -- the portal's calendar
	due_us     INTEGER NOT NULL,
	state      TEXT NOT NULL,
	reason     TEXT NOT NULL
) STRICT;
CREATE INDEX level_requests_due ON level_requests(state, due_us);
`, `
ALTER TABLE credentials ADD COLUMN totp_next TEXT NOT NULL DEFAULT ''; -- a secret that waits for its first code
`, `
ALTER TABLE credentials ADD COLUMN preferred TEXT NOT NULL DEFAULT ''; -- the factor that is offered first
CREATE TABLE recovery_codes(
	oid     INTEGER NOT NULL,
	code    BLOB NOT NULL,                -- hash
	used_us INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY(oid, code)
) STRICT;
`},
		Fill: func(ctx context.Context, tx *sql.Tx) error {
			for _, d := range people.DemoPeople() {
				if err := SetPassword(ctx, tx, d.OID, d.Password); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, "UPDATE credentials SET totp = ? WHERE oid = ?", d.TOTPSecret, d.OID); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// SetPassword gives a person a password.
func SetPassword(ctx context.Context, q store.Queryer, oid int64, password string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO credentials(oid, password) VALUES(?, ?)
		ON CONFLICT(oid) DO UPDATE SET password = excluded.password`, oid, hashPassword(password))
	return err
}
