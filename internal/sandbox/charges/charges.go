// Package charges keeps the charges (начисления) of the embedded portal:
// duties of applications, fines with their discounts, taxes and debts, and
// when each counts as paid. It knows nothing of banks and departments: they
// call it. Only packages under internal/sandbox may import it.
package charges

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Kinds of charges.
const (
	Duty = "duty"
	Fine = "fine"
	Tax  = "tax"
	Debt = "debt"
)

// States of a charge.
const (
	Unpaid     = "unpaid"
	PartlyPaid = "partly-paid"
	Clarified  = "clarified" // corrected by the department, still to be paid
	Paid       = "paid"
	Annulled   = "annulled"
	Forced     = "forcibly-settled"
)

// Due is, as the State of a Filter, every state that money is still due in.
const Due = "due"

// payable is the states that money is due in, for queries.
const payable = "('" + Unpaid + "', '" + PartlyPaid + "', '" + Clarified + "')"

// Payable reports whether money is still due on the charge.
func (c *Charge) Payable() bool {
	return c.State == Unpaid || c.State == PartlyPaid || c.State == Clarified
}

// SettingPaidLag names the setting with the seconds of the calendar that pass
// between a payment and the paid flag of its charge: departments learn of
// money later than banks do.
const SettingPaidLag = room.SettingPaidLag

// defaultPaidLag holds until somebody decides otherwise.
const defaultPaidLag = 10 * time.Second

// ErrNotFound means that there is no such charge.
var ErrNotFound = errors.New("no such charge")

// Schema is what this package keeps.
func Schema() store.Schema {
	return store.Schema{Name: "charges", Migrations: []string{`
CREATE TABLE charges(
	uin         TEXT PRIMARY KEY,
	oid         INTEGER NOT NULL,            -- the payer
	org_oid     INTEGER NOT NULL,            -- the paying organisation; 0 for a citizen
	order_id    INTEGER NOT NULL DEFAULT 0,
	kind        TEXT NOT NULL,
	state       TEXT NOT NULL,
	issued_us   INTEGER NOT NULL,
	until_us    INTEGER NOT NULL DEFAULT 0,
	flag_us     INTEGER,                     -- when the paid flag will be set; NULL when it will not
	payment_id  TEXT NOT NULL DEFAULT '',
	data        TEXT NOT NULL                -- JSON
) STRICT;
-- In the order of List, so that a page of a long list costs what it shows.
CREATE INDEX charges_by_payer ON charges(oid, org_oid, state DESC, until_us, uin);
CREATE INDEX charges_by_org ON charges(org_oid, state DESC, until_us, uin) WHERE org_oid <> 0;
CREATE INDEX charges_by_order ON charges(order_id) WHERE order_id <> 0;
CREATE INDEX charges_flagged ON charges(flag_us) WHERE flag_us IS NOT NULL;
`, `
-- What stands on paper about a charge, to find it by.
CREATE TABLE charge_keys(
	kind  TEXT NOT NULL,
	value TEXT NOT NULL,
	uin   TEXT NOT NULL,
	PRIMARY KEY(kind, value, uin)
) STRICT, WITHOUT ROWID;
CREATE TABLE disputes(
	id        TEXT PRIMARY KEY,
	uin       TEXT NOT NULL,
	oid       INTEGER NOT NULL,
	state     TEXT NOT NULL,
	hash      BLOB NOT NULL,               -- of what was asked
	filed_us  INTEGER NOT NULL,
	answer_us INTEGER NOT NULL,
	data      TEXT NOT NULL                -- JSON
) STRICT;
CREATE UNIQUE INDEX disputes_open ON disputes(uin) WHERE state = 'filed';
CREATE INDEX disputes_by_charge ON disputes(uin, filed_us);
CREATE INDEX disputes_due ON disputes(answer_us) WHERE state = 'filed';
`}}
}

// Charge is one charge. Amounts are kopecks, times the portal's calendar.
type Charge struct {
	UIN       string
	OID       int64
	OrgOID    int64
	OrderID   int64
	Kind      string
	State     string
	Issued    time.Time
	Until     time.Time // last day to pay; zero when there is none
	PaymentID string    // the payment that settled it, or that is on its way
	Flagged   bool      // paid for, but the flag is still to come
	Data
}

// Data is the part of a charge that is never searched.
type Data struct {
	Title       i18n.Text     `json:"title"`
	Purpose     i18n.Text     `json:"purpose"`
	Amount      int64         `json:"amount"`
	Discounted  int64         `json:"discounted,omitempty"` // the sum while the discount lasts; 0 when there is none
	DiscountDay time.Time     `json:"discountDay,omitzero"` // its last day, inclusive, in Moscow
	Payee       catalog.Payee `json:"payee"`
	PayerName   string        `json:"payerName"`
	PayerID     string        `json:"payerId"`
	PaidAt      time.Time     `json:"paidAt,omitzero"`
	PaidBefore  int64         `json:"paidBefore,omitempty"` // paid of it past this portal, kopecks
	Details     *Details      `json:"details,omitempty"`
}

// DiscountLasts reports whether the discount is still given at now.
func (c *Charge) DiscountLasts(now time.Time) bool {
	return c.Discounted > 0 && now.In(clock.Moscow()).Format(time.DateOnly) <= c.DiscountDay.In(clock.Moscow()).Format(time.DateOnly)
}

// Due returns what is to be paid at now.
func (c *Charge) Due(now time.Time) int64 {
	switch {
	case !c.Payable():
		return 0
	case c.DiscountLasts(now):
		return max(c.Discounted-c.PaidBefore, 0)
	default:
		return max(c.Amount-c.PaidBefore, 0)
	}
}

// Bill is what a charge is made of.
type Bill struct {
	OID, OrgOID int64
	OrderID     int64
	Kind        string
	Number      uint64 // makes the УИН: the order number, or the serial number of the charge
	Chapter     string // administrator, three digits
	Issued      time.Time
	Until       time.Time
	State       string // Unpaid when empty
	Data
}

// Issue writes a charge with an УИН that depends only on the portal's seed,
// the kind and the number, and tells of it by an event.
func Issue(ctx context.Context, tx *sql.Tx, seed uint64, b Bill) (*Charge, error) {
	w, err := newWriter(ctx, tx, seed)
	if err != nil {
		return nil, err
	}
	defer w.close()
	return w.issue(ctx, b)
}

// writer issues charges by prepared statements: a portal may be asked for
// many at once.
type writer struct {
	tx     *sql.Tx
	seed   uint64
	insert *sql.Stmt
	key    *sql.Stmt
}

func newWriter(ctx context.Context, tx *sql.Tx, seed uint64) (*writer, error) {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO charges(uin, oid, org_oid, order_id, kind, state, issued_us, until_us, data)
		VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(uin) DO NOTHING`)
	if err != nil {
		return nil, err
	}
	key, err := tx.PrepareContext(ctx, "INSERT INTO charge_keys(kind, value, uin) VALUES(?,?,?) ON CONFLICT DO NOTHING")
	if err != nil {
		_ = insert.Close()
		return nil, err
	}
	return &writer{tx: tx, seed: seed, insert: insert, key: key}, nil
}

func (w *writer) close() {
	_ = w.insert.Close() // the transaction decides, not the statement
	_ = w.key.Close()
}

func (w *writer) issue(ctx context.Context, b Bill) (*Charge, error) {
	if b.PayerName == "" {
		var err error
		if b.PayerName, b.PayerID, err = payer(ctx, w.tx, b.OID, b.OrgOID); err != nil {
			return nil, err
		}
	}
	if b.Kind == Fine && b.Details == nil {
		var err error
		if b.Details, err = detailsFor(ctx, w.tx, b.OID, b.OrgOID, b.Number, b.Issued); err != nil {
			return nil, err
		}
	}
	data, err := json.Marshal(b.Data)
	if err != nil {
		return nil, err
	}
	state := b.State
	if state == "" {
		state = Unpaid
	}
	draw := room.Draw(w.seed, "uin."+b.Kind, b.Number)
	for {
		uin, err := makeUIN(fmt.Sprintf("%s%s%015d", b.Chapter, kindDigit(b.Kind), draw.Int64N(1e15)))
		if err != nil {
			return nil, err
		}
		r, err := w.insert.ExecContext(ctx, uin, b.OID, b.OrgOID, b.OrderID, b.Kind, state, b.Issued.UnixMicro(), micro(b.Until), string(data))
		if err != nil {
			return nil, fmt.Errorf("write a charge: %w", err)
		}
		if n, err := r.RowsAffected(); err != nil {
			return nil, err
		} else if n == 0 {
			continue // the number is taken: draw another
		}
		if err := w.index(ctx, uin, b.Details); err != nil {
			return nil, err
		}
		if _, err := store.AddEvent(ctx, w.tx, store.Event{At: b.Issued, Kind: "charge.issued", OID: b.OID, OrgOID: b.OrgOID, Ref: uin}); err != nil {
			return nil, err
		}
		return &Charge{UIN: uin, OID: b.OID, OrgOID: b.OrgOID, OrderID: b.OrderID, Kind: b.Kind, State: state, Issued: b.Issued, Until: b.Until, Data: b.Data}, nil
	}
}

// makeUIN appends the check digit to a prefix of 19 digits. It is
// requisites.MakeUIN without the explanations of the nine digits that do not
// fit, which cost most of the time of issuing many charges.
func makeUIN(prefix string) (string, error) {
	for d := byte('0'); d <= '9'; d++ {
		if u := prefix + string(d); requisites.ValidUIN(u) {
			return u, nil
		}
	}
	_, err := requisites.MakeUIN(prefix)
	return "", fmt.Errorf("make a УИН: %w", err)
}

// kindDigit keeps the УИН of different kinds apart.
func kindDigit(kind string) string {
	switch kind {
	case Duty:
		return "0"
	case Fine:
		return "1"
	case Tax:
		return "2"
	default:
		return "3"
	}
}

// payer returns the name and the ГИС ГМП identifier of who pays.
func payer(ctx context.Context, q store.Queryer, oid, orgOID int64) (name, id string, err error) {
	if orgOID != 0 {
		o, err := people.OrgByOID(ctx, q, orgOID)
		if err != nil {
			return "", "", fmt.Errorf("the paying organisation: %w", err)
		}
		if o.KPP == "" {
			return o.ShortName, string(requisites.PayerOfTrader(requisites.INN(o.INN))), nil
		}
		return o.ShortName, string(requisites.PayerOfCompany(requisites.INN(o.INN), requisites.KPP(o.KPP))), nil
	}
	p, err := people.ByOID(ctx, q, oid)
	if err != nil {
		return "", "", fmt.Errorf("the payer: %w", err)
	}
	if s, err := requisites.ParseSNILS(p.SNILS); err == nil {
		return p.FullName(), string(requisites.PayerOfSNILS(s)), nil
	}
	if i, err := requisites.ParseINN(p.INN); err == nil && i.Person() {
		return p.FullName(), string(requisites.PayerOfPerson(i)), nil
	}
	return p.FullName(), "", nil
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

const columns = "uin, oid, org_oid, order_id, kind, state, issued_us, until_us, flag_us IS NOT NULL, payment_id, data"

func scan(row interface{ Scan(...any) error }) (*Charge, error) {
	var c Charge
	var issued, until int64
	var data string
	err := row.Scan(&c.UIN, &c.OID, &c.OrgOID, &c.OrderID, &c.Kind, &c.State, &issued, &until, &c.Flagged, &c.PaymentID, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	c.Issued, c.Until = moment(issued), moment(until)
	if err := c.Data.decode([]byte(data)); err != nil {
		return nil, fmt.Errorf("charge %s: %w", c.UIN, err)
	}
	return &c, nil
}

// Get returns the charge with this УИН; ErrNotFound when there is none.
func Get(ctx context.Context, q store.Queryer, uin string) (*Charge, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM charges WHERE uin = ?", uin))
}

// OfOrder returns the charges of an application, oldest first.
func OfOrder(ctx context.Context, q store.Queryer, orderID int64) ([]*Charge, error) {
	return list(ctx, q, "SELECT "+columns+" FROM charges WHERE order_id = ? AND order_id <> 0 ORDER BY issued_us, uin", orderID)
}

// Filter narrows a list of charges; empty members narrow nothing.
type Filter struct {
	State   string
	UIN     string
	OrderID int64
}

// List returns a page of somebody's charges, the nearest term first, and how
// many there are in all.
func List(ctx context.Context, q store.Queryer, oid, orgOID int64, f Filter, limit, offset int) ([]*Charge, int, error) {
	where, args := " FROM charges WHERE oid = ? AND org_oid = 0", []any{oid}
	if orgOID != 0 {
		where, args = " FROM charges WHERE org_oid = ? AND org_oid <> 0", []any{orgOID}
	}
	switch f.State {
	case "":
	case Due:
		where += " AND state IN " + payable
	default:
		where += " AND state = ?"
		args = append(args, f.State)
	}
	if f.UIN != "" {
		where += " AND uin = ?"
		args = append(args, f.UIN)
	}
	if f.OrderID != 0 {
		where += " AND order_id = ?"
		args = append(args, f.OrderID)
	}
	var total int
	if err := q.QueryRowContext(ctx, "SELECT count(*)"+where, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	// By the alphabet unpaid is the last of the states.
	out, err := list(ctx, q, "SELECT "+columns+where+" ORDER BY state DESC, until_us, uin LIMIT ? OFFSET ?", append(args, limit, offset)...)
	return out, total, err
}

func list(ctx context.Context, q store.Queryer, query string, args ...any) ([]*Charge, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*Charge
	for rows.Next() {
		c, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// Annul annuls a charge that nobody has paid or is paying.
func Annul(ctx context.Context, tx *sql.Tx, uin string, now time.Time) error {
	r, err := tx.ExecContext(ctx, "UPDATE charges SET state = ? WHERE uin = ? AND state IN "+payable+" AND payment_id = ''", Annulled, uin)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "charge.annulled", Ref: uin})
	return err
}

// Reserve notes that a payment is on its way to the charge; "" frees it.
func Reserve(ctx context.Context, tx *sql.Tx, uin, paymentID string) error {
	_, err := tx.ExecContext(ctx, "UPDATE charges SET payment_id = ? WHERE uin = ? AND state IN "+payable, paymentID, uin)
	return err
}

// Settle notes that the money for a charge has moved at now; the paid flag
// follows after the lag.
func Settle(ctx context.Context, tx *sql.Tx, uin, paymentID string, now time.Time) error {
	lag, err := paidLag(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE charges SET payment_id = ?, flag_us = ? WHERE uin = ? AND state IN "+payable,
		paymentID, now.Add(lag).UnixMicro(), uin)
	return err
}
