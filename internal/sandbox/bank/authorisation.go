package bank

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// authorisationSchema holds the bounds and, beside them, what is used: both are
// written by the transaction that moves the money.
const authorisationSchema = `
CREATE TABLE authorisations(
	id           TEXT PRIMARY KEY,           -- made by the client
	oid          INTEGER NOT NULL,
	org_oid      INTEGER NOT NULL,
	plan         TEXT NOT NULL,              -- SHA-256, hex
	most         INTEGER NOT NULL,
	kopecks      INTEGER NOT NULL,
	used         INTEGER NOT NULL CHECK (used >= 0 AND used <= most),
	used_kopecks INTEGER NOT NULL CHECK (used_kopecks >= 0 AND used_kopecks <= kopecks),
	made_us      INTEGER NOT NULL,           -- wall clock
	until_us     INTEGER NOT NULL,           -- wall clock
	signers      TEXT NOT NULL               -- JSON
) STRICT;
`

// provenSchema binds each payment to what was signed of it.
const provenSchema = `
ALTER TABLE authorisations ADD COLUMN root BLOB NOT NULL DEFAULT x'';     -- Merkle tree hash over the plan's rows
ALTER TABLE authorisations ADD COLUMN plan_rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN authorisation TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN plan_row INTEGER NOT NULL DEFAULT 0;
-- What was signed of a row is paid once.
CREATE UNIQUE INDEX payments_one_per_row ON payments(authorisation, plan_row) WHERE authorisation <> '' AND state <> 'refused';
`

// Authorisation bounds what the payments of one plan may spend. Times are the
// wall clock's: signatures are made by people and not by the training calendar.
type Authorisation struct {
	ID          string
	Owner       Owner
	Plan        string // SHA-256, hex
	Root        string // of the plan's payments, SHA-256, hex
	Rows        int64  // of the plan
	Count       int64
	Kopecks     int64
	UsedCount   int64
	UsedKopecks int64
	Made        time.Time
	Until       time.Time
	Signers     []Signer
}

// Signer is an approver whose signature was found good.
type Signer struct {
	Name        string    `json:"name"`
	Certificate string    `json:"certificate"` // Streebog-256, hex
	At          time.Time `json:"at"`
	Trust       string    `json:"trust"`
}

// ErrNotAuthorised means that there is no such authorisation of this payer.
var ErrNotAuthorised = errors.New("no such authorisation")

// ErrAuthorisationReused means that the authorisation's id stands for other bounds.
var ErrAuthorisationReused = errors.New("the authorisation's id stands for another one")

// EndedError means that the authorisation's term is over.
type EndedError struct{ Until time.Time }

// Error names the end.
func (e *EndedError) Error() string { return "the authorisation ended at " + e.Until.String() }

// ExceededError means that a payment goes beyond the authorisation.
type ExceededError struct{ Count, Kopecks int64 } // what is left of it

// Error names what is left.
func (e *ExceededError) Error() string {
	return fmt.Sprintf("%d payments and %d kopecks are left of the authorisation", e.Count, e.Kopecks)
}

// GetAuthorisation returns an authorisation of the owner; ErrNotAuthorised when
// there is none.
func GetAuthorisation(ctx context.Context, q store.Queryer, o Owner, id string) (*Authorisation, error) {
	a := &Authorisation{}
	var made, until int64
	var signers string
	var root []byte
	err := q.QueryRowContext(ctx, `SELECT id, oid, org_oid, plan, root, plan_rows, most, kopecks, used, used_kopecks, made_us, until_us, signers
		FROM authorisations WHERE id = ?`, id).
		Scan(&a.ID, &a.Owner.OID, &a.Owner.OrgOID, &a.Plan, &root, &a.Rows, &a.Count, &a.Kopecks, &a.UsedCount, &a.UsedKopecks, &made, &until, &signers)
	if errors.Is(err, sql.ErrNoRows) || err == nil && a.Owner.key() != o.key() {
		return nil, ErrNotAuthorised
	}
	if err != nil {
		return nil, err
	}
	a.Root = hex.EncodeToString(root)
	a.Made, a.Until = time.UnixMicro(made).UTC(), time.UnixMicro(until).UTC()
	if err := json.Unmarshal([]byte(signers), &a.Signers); err != nil {
		return nil, fmt.Errorf("authorisation %s: %w", a.ID, err)
	}
	return a, nil
}

// Authorise keeps an authorisation, or returns the one that the id stands for
// already (created is false then). Its signatures are the caller's to check.
func Authorise(ctx context.Context, tx *sql.Tx, a *Authorisation) (kept *Authorisation, created bool, err error) {
	switch earlier, err := GetAuthorisation(ctx, tx, a.Owner, a.ID); {
	case err == nil && earlier.Plan == a.Plan && earlier.Root == a.Root && earlier.Rows == a.Rows && earlier.Count == a.Count && earlier.Kopecks == a.Kopecks && earlier.Until.Equal(a.Until):
		return earlier, false, nil
	case err == nil:
		return nil, false, ErrAuthorisationReused
	case !errors.Is(err, ErrNotAuthorised):
		return nil, false, err
	}
	signers, err := json.Marshal(a.Signers)
	if err != nil {
		return nil, false, err
	}
	root, err := hex.DecodeString(a.Root)
	if err != nil {
		return nil, false, err
	}
	done, err := tx.ExecContext(ctx, `INSERT INTO authorisations(id, oid, org_oid, plan, root, plan_rows, most, kopecks, used, used_kopecks, made_us, until_us, signers)
		VALUES(?,?,?,?,?,?,?,?,0,0,?,?,?) ON CONFLICT(id) DO NOTHING`,
		a.ID, a.Owner.OID, a.Owner.OrgOID, a.Plan, root, a.Rows, a.Count, a.Kopecks, a.Made.UnixMicro(), a.Until.UnixMicro(), string(signers))
	if err != nil {
		return nil, false, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 { // somebody else's
		return nil, false, errors.Join(err, ErrAuthorisationReused)
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: a.Made, Kind: "payment.authorised", OID: a.Owner.OID, OrgOID: a.Owner.OrgOID, Ref: a.ID})
	return a, true, err
}

// covers checks that a payment of the owner may be made under an authorisation.
// s is filled with what its payments have to be proven by.
func (b *Bank) covers(ctx context.Context, tx *sql.Tx, o Owner, id string, s *signed) error {
	var of Owner
	var until int64
	err := tx.QueryRowContext(ctx, "SELECT oid, org_oid, until_us, root, plan_rows FROM authorisations WHERE id = ?", id).Scan(&of.OID, &of.OrgOID, &until, &s.root, &s.rows)
	if errors.Is(err, sql.ErrNoRows) || err == nil && of.key() != o.key() {
		return ErrNotAuthorised
	}
	if end := time.UnixMicro(until).UTC(); err == nil && !b.deps.Clock.Now().Before(end) {
		return &EndedError{end}
	}
	return err
}

// spend counts a payment against its authorisation, or says what is left of it.
func spend(ctx context.Context, tx *sql.Tx, p *Payment) error {
	if p.Authorisation == "" {
		return nil
	}
	done, err := tx.ExecContext(ctx, `UPDATE authorisations SET used = used + 1, used_kopecks = used_kopecks + ?
		WHERE id = ? AND used < most AND used_kopecks + ? <= kopecks`, p.Amount, p.Authorisation, p.Amount)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		return err
	}
	var left ExceededError
	if err := tx.QueryRowContext(ctx, "SELECT most - used, kopecks - used_kopecks FROM authorisations WHERE id = ?", p.Authorisation).
		Scan(&left.Count, &left.Kopecks); err != nil {
		return err
	}
	return &left
}

// unspend gives back what a payment took of its authorisation.
func unspend(ctx context.Context, tx *sql.Tx, p *Payment) error {
	if p.Authorisation == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "UPDATE authorisations SET used = used - 1, used_kopecks = used_kopecks - ? WHERE id = ?", p.Amount, p.Authorisation)
	return err
}

// State of an authorisation at a moment: "open", "used" or "ended".
func (a *Authorisation) State(now time.Time) string {
	switch {
	case !now.Before(a.Until):
		return "ended"
	case a.UsedCount >= a.Count:
		return "used"
	}
	return "open"
}

// Left says what is left, for people.
func (e *ExceededError) Left() i18n.Localised {
	return i18n.Text{RU: "осталось платежей %d на %s", EN: "%d payments and %s are left"}.With(e.Count, i18n.Money(e.Kopecks))
}
