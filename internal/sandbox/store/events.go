package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ownMigrations are the tables that every package may use through this one.
func ownMigrations() []string {
	return []string{`
CREATE TABLE events(
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	at_us  INTEGER NOT NULL,              -- the portal's calendar, microseconds since 1970
	kind   TEXT NOT NULL,
	oid    INTEGER NOT NULL DEFAULT 0,
	org_oid INTEGER NOT NULL DEFAULT 0,
	ref    TEXT NOT NULL DEFAULT '',
	data   TEXT NOT NULL DEFAULT '{}'     -- JSON
) STRICT;
CREATE INDEX events_by_person ON events(oid, id);
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`}
}

// Event is something that happened at the portal. It is a row first; notices,
// letters and counters are made from the rows, never by a call from one face
// of the portal into another.
type Event struct {
	ID     int64     // given by the database, ascending
	At     time.Time // the portal's calendar
	Kind   string    // dotted: "order.status", "charge.issued", "payment.paid"
	OID    int64     // the person concerned
	OrgOID int64     // the organisation concerned; 0 for a citizen
	Ref    string    // the thing's own id: order number, УИН, payment id
	Data   string    // JSON, what the notice needs; "" is {}
}

// AddEvent writes an event and returns its id.
func AddEvent(ctx context.Context, q Queryer, e Event) (int64, error) {
	if e.Data == "" {
		e.Data = "{}"
	}
	r, err := q.ExecContext(ctx, `INSERT INTO events(at_us, kind, oid, org_oid, ref, data) VALUES(?,?,?,?,?,?)`,
		e.At.UnixMicro(), e.Kind, e.OID, e.OrgOID, e.Ref, e.Data)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// EventsAfter returns up to limit events with an id above after, oldest first.
func EventsAfter(ctx context.Context, q Queryer, after int64, limit int) ([]Event, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT id, at_us, kind, oid, org_oid, ref, data FROM events WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Event
	for rows.Next() {
		var e Event
		var at int64
		if err := rows.Scan(&e.ID, &at, &e.Kind, &e.OID, &e.OrgOID, &e.Ref, &e.Data); err != nil {
			return nil, err
		}
		e.At = time.UnixMicro(at).UTC()
		out = append(out, e)
	}
	return out, rows.Err()
}

// Setting returns a setting of the portal, "" when it was never set.
func Setting(ctx context.Context, q Queryer, name string) (string, error) {
	var v string
	err := q.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// SetSetting keeps a setting of the portal.
func SetSetting(ctx context.Context, q Queryer, name, value string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO settings(name, value) VALUES(?, ?)
		ON CONFLICT(name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}
