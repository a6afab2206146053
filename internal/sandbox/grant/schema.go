package grant

import (
	"context"
	"database/sql"

	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// The training client: what epgu itself signs in with at this portal.
const (
	TrainingClient = "EPGU_TRAINING"
	// TrainingRedirect stands for every port of the loopback address.
	TrainingRedirect = "http://127.0.0.1/callback"
	// TrainingPaste is for people who paste the redirected address; the page
	// behind it shows the code.
	TrainingPaste = "https://epgu-sandbox.invalid/callback"
)

// Schema is what this package keeps. Codes and refresh markers are kept as
// hashes: whoever reads the file learns none of them.
func Schema() store.Schema {
	return store.Schema{Name: "grant", Keep: []string{"clients", "api_keys"}, Fill: fill, Migrations: []string{`
CREATE TABLE clients(
	id          TEXT PRIMARY KEY,
	name        TEXT NOT NULL,
	certificate BLOB NOT NULL,
	redirects   TEXT NOT NULL,           -- JSON list
	scopes      TEXT NOT NULL            -- JSON list; [] is everything
) STRICT;
CREATE TABLE codes(
	hash       BLOB PRIMARY KEY,
	session_id TEXT NOT NULL,
	data       TEXT NOT NULL,            -- JSON of Grant
	expires_us INTEGER NOT NULL,         -- wall clock
	used_us    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE refresh(
	hash       BLOB PRIMARY KEY,
	session_id TEXT NOT NULL,            -- the family: one sign-in
	data       TEXT NOT NULL,
	expires_us INTEGER NOT NULL,
	used_us    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX refresh_by_session ON refresh(session_id);
CREATE TABLE consents(
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	oid        INTEGER NOT NULL,
	org_oid    INTEGER NOT NULL,
	client_id  TEXT NOT NULL,
	sysname    TEXT NOT NULL,            -- type of the consent; '' is the plain one to scopes
	scopes     TEXT NOT NULL,            -- separated by spaces
	responsible TEXT NOT NULL,
	given_us   INTEGER NOT NULL,
	until_us   INTEGER NOT NULL,         -- 0 is no end
	revoked_us INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX consents_by_person ON consents(oid, client_id);
CREATE TABLE api_keys(
	key       TEXT PRIMARY KEY,          -- UUID
	oid       INTEGER NOT NULL,
	org_oid   INTEGER NOT NULL,
	client_id TEXT NOT NULL
) STRICT;
`}}
}

// fill registers the training client and gives the demo organisation's people
// an API-Key each.
func fill(ctx context.Context, tx *sql.Tx) error {
	pair, err := pki.Load(ctx, tx, pki.Client)
	if err != nil {
		return err
	}
	err = SaveClient(ctx, tx, Client{ID: TrainingClient, Name: "epgu", Certificate: pair.Certificate.Raw,
		Redirects: []string{TrainingRedirect, TrainingPaste}})
	if err != nil {
		return err
	}
	kept, err := APIKeys(ctx, tx)
	if err != nil || len(kept) > 0 {
		return err // a reset leaves what a client may have written down
	}
	for _, oid := range []int64{people.OIDAccountant, people.OIDChief} {
		if err := SaveAPIKey(ctx, tx, APIKey{Key: session.NewID(), OID: oid, OrgOID: people.OIDCompany, ClientID: TrainingClient}); err != nil {
			return err
		}
	}
	return nil
}
