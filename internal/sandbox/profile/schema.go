package profile

import "github.com/epgu-cli/epgu/internal/sandbox/store"

// Schema is what this package keeps; the profile itself and its history are in
// people.
func Schema() store.Schema {
	return store.Schema{Name: "profile", Migrations: []string{`
CREATE TABLE contact_changes(
	id         TEXT PRIMARY KEY,         -- UUIDv7
	oid        INTEGER NOT NULL,
	kind       TEXT NOT NULL,            -- "mobile" or "email"
	value      TEXT NOT NULL,
	code       TEXT NOT NULL,
	sent_us    INTEGER NOT NULL,         -- wall clock
	sends      INTEGER NOT NULL,
	tries      INTEGER NOT NULL,
	expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE deletion_requests(
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT NOT NULL UNIQUE,     -- UUIDv7
	oid        INTEGER NOT NULL,
	what       TEXT NOT NULL,
	state      TEXT NOT NULL,
	created_us INTEGER NOT NULL,         -- the portal's calendar
	due_us     INTEGER NOT NULL,
	deleted    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX deletion_requests_by_person ON deletion_requests(oid, seq);
CREATE INDEX deletion_requests_open ON deletion_requests(due_us) WHERE state = 'accepted';
`}}
}
