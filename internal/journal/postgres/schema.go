package postgres

// The schema of the journal. A later version adds steps to migrations; a version
// that an older programme can still write to keeps compat as it is, so that the
// machines that share the journal may be updated one after another.
const (
	schemaVersion = 5
	schemaCompat  = 5 // version 4 calls a payment whose key has an act code impossible
)

// migrations[i] brings version i to i+1.
func migrations() []string {
	return []string{`
CREATE TABLE events (
	seq      bigint PRIMARY KEY,
	at       bigint NOT NULL, -- microseconds since 1970
	subject  uuid   NOT NULL,
	kind     text   NOT NULL,
	previous bigint NOT NULL, -- the subject's event before
	body     bytea  NOT NULL,
	hash     bytea  NOT NULL
);

-- The end of the chain a second time, and the one row that writers queue at.
CREATE TABLE head (
	one  integer PRIMARY KEY CHECK (one = 1),
	seq  bigint  NOT NULL,
	hash bytea   NOT NULL
);
INSERT INTO head (one, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

CREATE TABLE entries (
	first      bigint  PRIMARY KEY, -- its first event
	last       bigint  NOT NULL,    -- its last event
	id         uuid    NOT NULL,
	kind       integer NOT NULL,    -- 1 payment, 2 application
	key        text    COLLATE "C" NOT NULL,
	attempt    integer NOT NULL CHECK (attempt >= 1),
	overridden boolean NOT NULL,
	run        text    COLLATE "C" NOT NULL,
	line       bigint  NOT NULL,    -- the row of the register
	amount     bigint  NOT NULL,    -- kopecks
	state      text    COLLATE "C" NOT NULL,
	owner      text    COLLATE "C" NOT NULL,
	lease      bigint  NOT NULL,    -- microseconds since 1970
	live       bytea
);
CREATE UNIQUE INDEX entries_id ON entries (id);
CREATE UNIQUE INDEX entries_key ON entries (key, attempt);
-- One record that is not refused per key, unless a decision is recorded.
CREATE UNIQUE INDEX entries_one ON entries (key) WHERE state <> 'refused' AND NOT overridden;
CREATE INDEX entries_open ON entries (run, state, kind, line, first) WHERE state NOT IN ('paid', 'refused');
CREATE INDEX entries_owned ON entries (owner, lease) WHERE state IN ('claimed', 'sending');

CREATE TABLE tallies (
	kind   integer NOT NULL,
	run    text COLLATE "C" NOT NULL,
	state  text COLLATE "C" NOT NULL,
	n      bigint NOT NULL,
	amount bigint NOT NULL, -- kopecks
	first  bigint NOT NULL, -- the lowest and the highest entries.first
	last   bigint NOT NULL,
	PRIMARY KEY (kind, run, state)
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'journal: % of % is refused', TG_OP, TG_TABLE_NAME; END $$;
CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER entries_keep BEFORE DELETE OR TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER entries_fixed BEFORE UPDATE OF id, kind, key, attempt, overridden, run, line, amount ON entries
	FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER entries_final BEFORE UPDATE ON entries FOR EACH ROW
	WHEN (OLD.state IN ('paid', 'refused') AND NEW.state <> OLD.state) EXECUTE FUNCTION refuse();
`, `
-- Money that comes back frees its key, and a paid payment may move to that state.
DROP INDEX entries_one;
CREATE UNIQUE INDEX entries_one ON entries (key) WHERE state NOT IN ('refused', 'returned') AND NOT overridden;
DROP TRIGGER entries_final ON entries;
CREATE TRIGGER entries_final BEFORE UPDATE ON entries FOR EACH ROW
	WHEN (NEW.state <> OLD.state AND (OLD.state IN ('refused', 'returned') OR OLD.state = 'paid' AND NEW.state <> 'returned')) EXECUTE FUNCTION refuse();
`, `
-- Rows change only together with a new event, and the triggers that hold them fire
-- whatever the role of the session says. Whoever takes them away leaves a trace in the
-- catalogue, which meta.guard does not have: see mark.go.
ALTER TABLE meta ADD COLUMN guard text NOT NULL DEFAULT '';
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT seq FROM head) >= (SELECT coalesce(max(seq), 0) FROM events) THEN
		RAISE EXCEPTION 'journal: % of % without an event is refused', TG_OP, TG_TABLE_NAME;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER entries_told AFTER INSERT OR UPDATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION told();
CREATE TRIGGER tallies_told AFTER INSERT OR UPDATE OR DELETE ON tallies FOR EACH STATEMENT EXECUTE FUNCTION told();
CREATE TRIGGER tallies_keep BEFORE TRUNCATE ON tallies FOR EACH STATEMENT EXECUTE FUNCTION refuse();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_stay;
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_keep;
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_fixed;
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_final;
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_told;
ALTER TABLE tallies ENABLE ALWAYS TRIGGER tallies_told;
ALTER TABLE tallies ENABLE ALWAYS TRIGGER tallies_keep;
`, `
-- A payment may begin as sending, by one event: the tables stay as they are.
`, `
-- A key may have an act code: the tables stay as they are.
`}
}
