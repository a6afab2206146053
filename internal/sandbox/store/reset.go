package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// KeptSetting begins the names of settings that Reset leaves alone.
const KeptSetting = "portal."

// Reset empties every table but the kept ones and fills the schemas anew, in
// one transaction: another process sees the old portal or the new one.
func (db *DB) Reset(ctx context.Context) error {
	return db.writer.write(ctx, true, func(tx *sql.Tx) error {
		keep := []string{"schema_versions", "settings"}
		for _, s := range db.schemas {
			keep = append(keep, s.Keep...)
		}
		// Rows go in any order; references are checked when all is done.
		if _, err := tx.ExecContext(ctx, "PRAGMA defer_foreign_keys = 1"); err != nil {
			return err
		}
		tables, err := userTables(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if slices.Contains(keep, t) {
				continue
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM "`+t+`"`); err != nil {
				return fmt.Errorf("empty %s: %w", t, err)
			}
			// Numbers begin anew as well, so a reset portal repeats itself.
			if _, err := tx.ExecContext(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", t); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM settings WHERE name NOT LIKE ?", KeptSetting+"%"); err != nil {
			return err
		}
		for _, s := range db.schemas {
			if s.Fill == nil {
				continue
			}
			if err := s.Fill(ctx, tx); err != nil {
				return fmt.Errorf("fill schema %s: %w", s.Name, err)
			}
		}
		return nil
	})
}

// userTables lists the tables that hold rows of their own: the shadow tables
// of a full-text index are emptied through the index.
func userTables(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx,
		"SELECT name, sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all, virtual []string
	for rows.Next() {
		var name string
		var isVirtual bool
		if err := rows.Scan(&name, &isVirtual); err != nil {
			return nil, err
		}
		all = append(all, name)
		if isVirtual {
			virtual = append(virtual, name)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(name string) bool {
		return slices.ContainsFunc(virtual, func(v string) bool { return strings.HasPrefix(name, v+"_") })
	}), nil
}
