package sqlite

// The schema of the journal. A later version adds steps to migrations; a version
// that an older programme can still write to keeps compat as it is.
const (
	schemaVersion = 4
	schemaCompat  = 4 // version 3 calls a payment whose key has an act code impossible
)

// migrations[i] brings version i to i+1.
func migrations() []string {
	return []string{`
CREATE TABLE meta (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	version INTEGER NOT NULL, -- of the schema
	compat  INTEGER NOT NULL  -- the oldest version whose programmes may still write
) STRICT;

CREATE TABLE events (
	seq      INTEGER PRIMARY KEY,
	at       INTEGER NOT NULL, -- microseconds since 1970
	subject  BLOB    NOT NULL, -- UUID
	kind     TEXT    NOT NULL,
	previous INTEGER NOT NULL, -- the subject's event before
	body     BLOB    NOT NULL,
	hash     BLOB    NOT NULL
) STRICT;
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_keep BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TABLE entries (
	first      INTEGER PRIMARY KEY, -- its first event
	last       INTEGER NOT NULL,    -- its last event
	id         BLOB    NOT NULL,    -- UUID
	kind       INTEGER NOT NULL,    -- 1 payment, 2 application
	key        TEXT    NOT NULL,
	attempt    INTEGER NOT NULL CHECK (attempt >= 1),
	overridden INTEGER NOT NULL,
	run        TEXT    NOT NULL,
	row        INTEGER NOT NULL,
	amount     INTEGER NOT NULL,    -- kopecks
	state      TEXT    NOT NULL,
	owner      TEXT    NOT NULL,
	lease      INTEGER NOT NULL,    -- microseconds since 1970
	live       BLOB
) STRICT;
CREATE UNIQUE INDEX entries_id ON entries (id);
CREATE UNIQUE INDEX entries_key ON entries (key, attempt);
CREATE INDEX entries_open ON entries (run, state, kind, row) WHERE state NOT IN ('paid', 'refused');
CREATE INDEX entries_owned ON entries (owner, lease) WHERE state IN ('claimed', 'sending');

-- One record that is not refused per key, unless a decision is recorded. An index
-- over the open keys would say the same at twice the cost of planning.
CREATE TRIGGER entries_one BEFORE INSERT ON entries
	WHEN NEW.attempt > 1 AND NEW.overridden = 0
	AND EXISTS (SELECT 1 FROM entries WHERE key = NEW.key AND state <> 'refused')
BEGIN SELECT RAISE(ABORT, 'the key is taken'); END;
CREATE TRIGGER entries_final BEFORE UPDATE OF state ON entries WHEN OLD.state IN ('paid', 'refused')
BEGIN SELECT RAISE(ABORT, 'the record is final'); END;
CREATE TRIGGER entries_fixed BEFORE UPDATE OF id, kind, key, attempt, overridden, run, row, amount ON entries
BEGIN SELECT RAISE(ABORT, 'the record is fixed'); END;
CREATE TRIGGER entries_keep BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'records are kept'); END;

CREATE TABLE tallies (
	kind   INTEGER NOT NULL,
	run    TEXT    NOT NULL,
	state  TEXT    NOT NULL,
	n      INTEGER NOT NULL,
	amount INTEGER NOT NULL, -- kopecks
	first  INTEGER NOT NULL, -- the lowest and the highest entries.first
	last   INTEGER NOT NULL,
	PRIMARY KEY (kind, run, state)
) STRICT, WITHOUT ROWID;
`, `
-- Money that comes back frees its key, and a paid payment may move to that state.
DROP TRIGGER entries_one;
CREATE TRIGGER entries_one BEFORE INSERT ON entries
	WHEN NEW.attempt > 1 AND NEW.overridden = 0
	AND EXISTS (SELECT 1 FROM entries WHERE key = NEW.key AND state NOT IN ('refused', 'returned'))
BEGIN SELECT RAISE(ABORT, 'the key is taken'); END;
DROP TRIGGER entries_final;
CREATE TRIGGER entries_final BEFORE UPDATE OF state ON entries
	WHEN OLD.state IN ('refused', 'returned') OR OLD.state = 'paid' AND NEW.state NOT IN ('paid', 'returned')
BEGIN SELECT RAISE(ABORT, 'the record is final'); END;
`, `
-- A payment may begin as sending, by one event. Whatever is refused ends the whole
-- transaction, which the programme would do itself: so SQLite need not copy the pages
-- that a statement changes only to undo that statement alone.
DROP TRIGGER entries_one;
CREATE TRIGGER entries_one BEFORE INSERT ON entries
	WHEN NEW.attempt > 1 AND NEW.overridden = 0
	AND EXISTS (SELECT 1 FROM entries WHERE key = NEW.key AND state NOT IN ('refused', 'returned'))
BEGIN SELECT RAISE(ROLLBACK, 'the key is taken'); END;
DROP TRIGGER entries_final;
CREATE TRIGGER entries_final BEFORE UPDATE OF state ON entries
	WHEN OLD.state IN ('refused', 'returned') OR OLD.state = 'paid' AND NEW.state NOT IN ('paid', 'returned')
BEGIN SELECT RAISE(ROLLBACK, 'the record is final'); END;
`, `
-- A key may have an act code: the tables stay as they are.
`}
}
