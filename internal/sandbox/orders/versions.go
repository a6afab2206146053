package orders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

const versionsSchema = `
CREATE TABLE order_versions(
	order_id     INTEGER NOT NULL REFERENCES orders(id),
	version      INTEGER NOT NULL,
	at_us        INTEGER NOT NULL,
	origin       TEXT NOT NULL,
	confirmed_us INTEGER NOT NULL DEFAULT 0,   -- when the department took it for its work
	fields       TEXT NOT NULL,                -- JSON
	PRIMARY KEY(order_id, version)
) STRICT;
CREATE TABLE order_old_files(                  -- what stood in later versions' places
	order_id INTEGER NOT NULL REFERENCES orders(id),
	version  INTEGER NOT NULL,                 -- the last version that had it so
	name     TEXT NOT NULL,
	mime     TEXT NOT NULL,
	kind     TEXT NOT NULL,
	signed   INTEGER NOT NULL,
	content  BLOB,                             -- NULL: there was no such file
	PRIMARY KEY(order_id, version, name)
) STRICT;
`

// Origin is where a version of an application comes from.
type Origin string

// The origins of versions.
const (
	Original Origin = "sent"     // the archive that came first
	Mended   Origin = "mended"   // an archive that answers a correction
	Changed  Origin = "changed"  // fields that the applicant has changed
	Attached Origin = "attached" // a document that the applicant has added or replaced
	Reverted Origin = "reverted" // back to the last confirmed one
)

// Version is one state of an application. The files of earlier ones are kept.
type Version struct {
	Number    int // from 1
	At        time.Time
	Origin    Origin
	Confirmed time.Time // zero until the department took it for its work
	Values    map[string]string
	Files     []string // names of what was replaced, added or removed after it
}

// Changeable reports whether the applicant may change what was sent: as long as the
// department has not checked it, and its term is not over.
func Changeable(o *Order, now time.Time) bool {
	switch o.Phase {
	case Registration, Check, Held, Asked:
		return now.Before(o.Expected)
	}
	return false
}

// Versions returns the states of an application, oldest first.
func Versions(ctx context.Context, q store.Queryer, orderID int64) ([]Version, error) {
	rows, err := q.QueryContext(ctx, "SELECT version, at_us, origin, confirmed_us, fields FROM order_versions WHERE order_id = ? ORDER BY version", orderID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Version
	for rows.Next() {
		var v Version
		var at, confirmed int64
		var fields string
		if err := rows.Scan(&v.Number, &at, &v.Origin, &confirmed, &fields); err != nil {
			return nil, err
		}
		v.At, v.Confirmed = moment(at), moment(confirmed)
		if err := json.Unmarshal([]byte(fields), &v.Values); err != nil {
			return nil, fmt.Errorf("version %d of application %d: %w", v.Number, orderID, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return out, oldNames(ctx, q, orderID, out)
}

func oldNames(ctx context.Context, q store.Queryer, orderID int64, versions []Version) error {
	rows, err := q.QueryContext(ctx, "SELECT version, name FROM order_old_files WHERE order_id = ? ORDER BY version, name", orderID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		var name string
		if err := rows.Scan(&n, &name); err != nil {
			return err
		}
		for i := range versions {
			if versions[i].Number == n {
				versions[i].Files = append(versions[i].Files, name)
			}
		}
	}
	return rows.Err()
}

// AddVersion notes the state of an application as its next version.
func AddVersion(ctx context.Context, tx *sql.Tx, o *Order, origin Origin, now time.Time) error {
	fields, err := json.Marshal(o.Values)
	if err != nil {
		return err
	}
	o.Version++
	_, err = tx.ExecContext(ctx, "INSERT INTO order_versions(order_id, version, at_us, origin, fields) VALUES(?,?,?,?,?)", o.ID, o.Version, now.UnixMicro(), origin, string(fields))
	return err
}

// Confirm notes that the department has taken the application as it stands.
func Confirm(ctx context.Context, tx *sql.Tx, o *Order, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE order_versions SET confirmed_us = ? WHERE order_id = ? AND version = ? AND confirmed_us = 0", now.UnixMicro(), o.ID, o.Version)
	return err
}

// keepOld keeps a file of the version in force before it is replaced or removed, or
// that there is none before one is added.
func keepOld(ctx context.Context, tx *sql.Tx, o *Order, name string) error {
	res, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO order_old_files(order_id, version, name, mime, kind, signed, content)
		SELECT order_id, ?, name, mime, kind, signed, content FROM order_files WHERE order_id = ? AND type = ? AND name = ?`, o.Version, o.ID, TypeAttachment, name)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT OR IGNORE INTO order_old_files(order_id, version, name, mime, kind, signed, content) VALUES(?,?,?,'','',0,NULL)", o.ID, o.Version, name)
	return err
}

// keepAllOld keeps every file of the version in force before another archive takes its
// place.
func keepAllOld(ctx context.Context, tx *sql.Tx, o *Order, fresh []File) error {
	have, err := Files(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	for _, f := range append(have, fresh...) {
		if f.Type != TypeAttachment {
			continue
		}
		if err := keepOld(ctx, tx, o, f.Name); err != nil {
			return err
		}
	}
	return nil
}

// ReplaceFile puts a file into the place of one of the same name, or beside the
// others, and keeps the earlier one. A signature of the earlier one goes with it. The
// caller adds the version.
func ReplaceFile(ctx context.Context, tx *sql.Tx, o *Order, f File) error {
	have, err := Files(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	gone := []string{f.Name}
	for _, h := range have {
		if h.Type == TypeAttachment && h.Name == f.Name+".sig" {
			gone = append(gone, h.Name)
		}
	}
	for _, name := range gone {
		if err := keepOld(ctx, tx, o, name); err != nil {
			return err
		}
		if err := removeFile(ctx, tx, o.ID, name); err != nil {
			return err
		}
	}
	f.ObjectID, f.OrderID, f.Type = o.ID, o.ID, TypeAttachment
	return PutFile(ctx, tx, f)
}

func removeFile(ctx context.Context, tx *sql.Tx, orderID int64, name string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM order_files WHERE order_id = ? AND type = ? AND name = ?", orderID, TypeAttachment, name)
	return err
}

// ErrNothingToRevert means that nothing was changed since the department took the
// application for its work, or that it has not done so yet.
var ErrNothingToRevert = errors.New("nothing to revert")

// Revert puts an application back to the last version that the department has
// confirmed. What was undone stays as versions of its own.
func Revert(ctx context.Context, tx *sql.Tx, o *Order, now time.Time) error {
	all, err := Versions(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	to := -1
	for i := range all {
		if !all[i].Confirmed.IsZero() {
			to = i
		}
	}
	if to < 0 || to == len(all)-1 {
		return ErrNothingToRevert
	}
	// The earliest note of a file since then is how it was then.
	rows, err := tx.QueryContext(ctx, "SELECT name, min(version) FROM order_old_files WHERE order_id = ? AND version >= ? GROUP BY name", o.ID, all[to].Number)
	if err != nil {
		return err
	}
	then := map[string]int{}
	for rows.Next() {
		var name string
		var version int
		if err := rows.Scan(&name, &version); err != nil {
			return errors.Join(err, rows.Close())
		}
		then[name] = version
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for name, version := range then {
		if err := keepOld(ctx, tx, o, name); err != nil {
			return err
		}
		if err := removeFile(ctx, tx, o.ID, name); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO order_files(object_id, type, name, order_id, mime, kind, signed, content)
			SELECT order_id, ?, name, order_id, mime, kind, signed, content FROM order_old_files WHERE order_id = ? AND version = ? AND name = ? AND content IS NOT NULL`,
			TypeAttachment, o.ID, version, name); err != nil {
			return err
		}
	}
	o.Values = maps.Clone(all[to].Values)
	if err := AddVersion(ctx, tx, o, Reverted, now); err != nil {
		return err
	}
	return Confirm(ctx, tx, o, now)
}
