// Package bank moves the money of the embedded portal: accounts of the demo
// people, ways to pay with their limits, payments that are never made twice,
// and their way from accepted to paid. Only packages under internal/sandbox
// may import it.
package bank

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// States of a payment.
const (
	Confirming = "confirming" // waits for a code
	Accepted   = "accepted"   // the bank is at it
	Paid       = "paid"
	Refused    = "refused"
)

// clearing is the time from accepted to paid, calendar.
const clearing = 3 * time.Second

// confirmTerm is how long a code is awaited, calendar.
const confirmTerm = 15 * time.Minute

// maxAttempts is how many wrong codes a payment survives.
const maxAttempts = 5

// ErrNotFound means that there is no such payment.
var ErrNotFound = errors.New("no such payment")

// Schema is what this package keeps.
func Schema() store.Schema {
	return store.Schema{Name: "bank", Migrations: []string{`
CREATE TABLE payments(
	id         TEXT PRIMARY KEY,             -- made by the client
	serial     INTEGER NOT NULL UNIQUE,
	oid        INTEGER NOT NULL,
	org_oid    INTEGER NOT NULL,
	hash       BLOB NOT NULL,                -- SHA-256 of the request
	uin        TEXT NOT NULL,
	method     TEXT NOT NULL,
	amount     INTEGER NOT NULL,             -- kopecks
	fee        INTEGER NOT NULL,
	state      TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	next_us    INTEGER,
	data       TEXT NOT NULL                 -- JSON
) STRICT;
CREATE INDEX payments_by_payer ON payments(oid, org_oid, serial);
CREATE INDEX payments_by_org ON payments(org_oid, serial) WHERE org_oid <> 0;
CREATE INDEX payments_due ON payments(next_us) WHERE next_us IS NOT NULL;
-- One charge is paid once, whoever pays and however many processes serve.
CREATE UNIQUE INDEX payments_one_per_charge ON payments(uin) WHERE uin <> '' AND state <> 'refused';
CREATE TABLE balances(
	owner   TEXT NOT NULL,                   -- "p" or "o" and the OID
	method  TEXT NOT NULL,
	kopecks INTEGER NOT NULL CHECK (kopecks >= 0),
	PRIMARY KEY(owner, method)
) STRICT;
`, authorisationSchema, `
-- When the request came, by the wall clock: an id is known for thirty days of it.
ALTER TABLE payments ADD COLUMN came_us INTEGER NOT NULL DEFAULT 0;
UPDATE payments SET came_us = created_us;
`, provenSchema}}
}

// Room is the bank with its worker.
func Room() room.Room {
	schema := Schema()
	return room.Room{Name: "bank", Schema: &schema, Mount: func(_ *http.ServeMux, deps room.Deps) error {
		deps.Calendar.Register(worker())
		return nil
	}}
}

// Owner is whose money moves: a citizen's, or an organisation's.
type Owner struct{ OID, OrgOID int64 }

func (o Owner) key() string {
	if o.OrgOID != 0 {
		return fmt.Sprintf("o%d", o.OrgOID)
	}
	return fmt.Sprintf("p%d", o.OID)
}

// Payment is one payment. Times are the portal's calendar.
type Payment struct {
	ID      string
	Serial  int64
	OID     int64
	OrgOID  int64
	Hash    []byte
	UIN     string
	Method  string
	Amount  int64 // kopecks
	Fee     int64 // kopecks, on top
	State   string
	Created time.Time
	Next    time.Time
	Came    time.Time // wall clock
	Data
}

// Data is the part of a payment that is never searched.
type Data struct {
	Title      i18n.Text     `json:"title"`
	Purpose    string        `json:"purpose"`
	Payee      catalog.Payee `json:"payee"`
	PayerName  string        `json:"payerName"`
	PaidAt     time.Time     `json:"paidAt,omitzero"`
	UIP        string        `json:"uip,omitempty"`
	Reason     *Reason       `json:"reason,omitempty"`
	Code       string        `json:"code,omitempty"`
	Target     string        `json:"target,omitempty"` // masked phone
	Attempts   int           `json:"attempts,omitempty"`
	Sent       int           `json:"sent,omitempty"`
	CodeUntil  time.Time     `json:"codeUntil,omitzero"` // wall clock
	Requisites *Requisites   `json:"requisites,omitempty"`
	PageKey    string        `json:"pageKey,omitempty"` // opens the payment page of this payment
	ToldAt     time.Time     `json:"toldAt,omitzero"`   // when the payee was told
	// Authorisation is what the payment is counted against; "" when nothing.
	Authorisation string `json:"authorisation,omitempty"`
	// PlanRow is the row of the authorised plan that it pays; 0 for none.
	PlanRow int64 `json:"planRow,omitempty"`
}

// Requisites are the fields of a payment order that a charge does not need.
type Requisites struct {
	Period  string `json:"period,omitempty"`
	Status  string `json:"status,omitempty"`
	Basis   string `json:"basis,omitempty"`
	DocNo   string `json:"docNo,omitempty"`
	DocDate string `json:"docDate,omitempty"`
	ActCode string `json:"actCode,omitempty"`
}

// Reason is why a payment was refused and what helps.
type Reason struct {
	Code   string    `json:"code"`
	Text   i18n.Text `json:"text"`
	Advice i18n.Text `json:"advice"`
}

// Owns reports whether the owner may see the payment.
func (o Owner) Owns(p *Payment) bool {
	if o.OrgOID != 0 || p.OrgOID != 0 {
		return o.OrgOID == p.OrgOID
	}
	return o.OID == p.OID
}

const columns = "id, serial, oid, org_oid, hash, uin, method, amount, fee, state, created_us, next_us, came_us, data"

func scan(row interface{ Scan(...any) error }) (*Payment, error) {
	var p Payment
	var created, came int64
	var next sql.NullInt64
	var data string
	err := row.Scan(&p.ID, &p.Serial, &p.OID, &p.OrgOID, &p.Hash, &p.UIN, &p.Method, &p.Amount, &p.Fee, &p.State, &created, &next, &came, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	p.Created, p.Came = time.UnixMicro(created).UTC(), time.UnixMicro(came).UTC()
	if next.Valid {
		p.Next = time.UnixMicro(next.Int64).UTC()
	}
	if err := p.Data.decode([]byte(data)); err != nil {
		return nil, fmt.Errorf("payment %s: %w", p.ID, err)
	}
	return &p, nil
}

// Get returns a payment; ErrNotFound when there is none.
func Get(ctx context.Context, q store.Queryer, id string) (*Payment, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM payments WHERE id = ?", id))
}

// OfCharge returns the payment that pays or has paid a charge; ErrNotFound when
// there is none.
func OfCharge(ctx context.Context, q store.Queryer, uin string) (*Payment, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM payments"+ofCharge, uin))
}

// ofCharge narrows payments to the one that pays or has paid a charge.
const ofCharge = " WHERE uin = ? AND uin <> '' AND state <> 'refused'"

// List returns a page of somebody's payments, latest first, and how many there
// are in all; uin and state narrow it.
func List(ctx context.Context, q store.Queryer, o Owner, uin, state string, limit, offset int) ([]*Payment, int, error) {
	where, args := " FROM payments WHERE oid = ? AND org_oid = 0", []any{o.OID}
	if o.OrgOID != 0 {
		where, args = " FROM payments WHERE org_oid = ?", []any{o.OrgOID}
	}
	if uin != "" {
		where += " AND uin = ?"
		args = append(args, uin)
	}
	if state != "" {
		where += " AND state = ?"
		args = append(args, state)
	}
	var total int
	if err := q.QueryRowContext(ctx, "SELECT count(*)"+where, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	rows, err := q.QueryContext(ctx, "SELECT "+columns+where+" ORDER BY serial DESC LIMIT ? OFFSET ?", append(args, limit, offset)...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var out []*Payment
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, p)
	}
	return out, total, rows.Err()
}

func save(ctx context.Context, tx *sql.Tx, p *Payment) error {
	data, err := p.Data.encode()
	if err != nil {
		return err
	}
	var next any
	if !p.Next.IsZero() {
		next = p.Next.UnixMicro()
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO payments(`+columns+`, authorisation, plan_row) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT(id) DO UPDATE SET state=excluded.state, next_us=excluded.next_us, data=excluded.data`,
		p.ID, p.Serial, p.OID, p.OrgOID, p.Hash, p.UIN, p.Method, p.Amount, p.Fee, p.State, p.Created.UnixMicro(), next, p.Came.UnixMicro(), string(data), p.Authorisation, p.PlanRow)
	if err != nil {
		return fmt.Errorf("write payment %s: %w", p.ID, err)
	}
	return nil
}
