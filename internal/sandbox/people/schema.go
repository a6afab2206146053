package people

import "github.com/epgu-cli/epgu/internal/sandbox/store"

// Schema is what this package keeps; it is born with the demo people.
func Schema() store.Schema {
	return store.Schema{Name: "people", Fill: fill, Migrations: []string{`
CREATE TABLE persons(
	oid         INTEGER PRIMARY KEY,
	last_name   TEXT NOT NULL,
	first_name  TEXT NOT NULL,
	middle_name TEXT NOT NULL,
	birth_date  TEXT NOT NULL,
	gender      TEXT NOT NULL,
	birth_place TEXT NOT NULL,
	citizenship TEXT NOT NULL,
	snils       TEXT UNIQUE,
	inn         TEXT UNIQUE,
	email       TEXT UNIQUE,
	mobile      TEXT UNIQUE,
	level       TEXT NOT NULL,
	data        TEXT NOT NULL            -- JSON: documents, addresses, kids, vehicles
) STRICT;
CREATE TABLE orgs(
	oid        INTEGER PRIMARY KEY,
	type       TEXT NOT NULL,
	short_name TEXT NOT NULL,
	full_name  TEXT NOT NULL,
	inn        TEXT NOT NULL UNIQUE,
	kpp        TEXT NOT NULL,
	ogrn       TEXT NOT NULL UNIQUE,
	email      TEXT NOT NULL,
	phone      TEXT NOT NULL,
	address    TEXT NOT NULL             -- JSON
) STRICT;
CREATE TABLE members(
	person_oid INTEGER NOT NULL REFERENCES persons(oid),
	org_oid    INTEGER NOT NULL REFERENCES orgs(oid),
	position   TEXT NOT NULL,
	chief      INTEGER NOT NULL,
	powers     TEXT NOT NULL,            -- JSON list
	until_us   INTEGER NOT NULL,         -- wall clock; 0 is no end
	PRIMARY KEY(person_oid, org_oid)
) STRICT;
CREATE TABLE outbox(
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	at_us     INTEGER NOT NULL,
	oid       INTEGER NOT NULL,
	recipient TEXT NOT NULL,
	kind      TEXT NOT NULL,
	text      TEXT NOT NULL,
	text_en   TEXT NOT NULL,
	code      TEXT NOT NULL,
	purpose   TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_by_person ON outbox(oid, id);
`, `
CREATE TABLE profile_changes(
	seq         INTEGER PRIMARY KEY AUTOINCREMENT,
	id          TEXT NOT NULL UNIQUE,    -- UUIDv7
	oid         INTEGER NOT NULL,
	at_us       INTEGER NOT NULL,        -- the portal's calendar
	kind        TEXT NOT NULL,
	author      TEXT NOT NULL,           -- JSON
	fields      TEXT NOT NULL,           -- JSON list; values to show are masked
	reverts     TEXT NOT NULL DEFAULT '',
	reverted_by TEXT NOT NULL DEFAULT '',
	before      TEXT NOT NULL DEFAULT '',
	after       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX profile_changes_by_person ON profile_changes(oid, seq);
CREATE TABLE privacy(
	oid     INTEGER PRIMARY KEY,
	version INTEGER NOT NULL,
	data    TEXT NOT NULL                -- JSON
) STRICT;
`}}
}
