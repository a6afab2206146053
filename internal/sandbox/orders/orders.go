// Package orders keeps the applications of the embedded portal: their
// numbers, archives, processing states, status history and files, and checks
// the archives as the portal's intake does. Departments move applications on;
// faces show them. Only packages under internal/sandbox may import it.
package orders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// ErrNotFound means that there is no such application.
var ErrNotFound = errors.New("no such application")

// firstID is the number of the first application.
const firstID = 2_350_000_001

// Phase is what happens to an application next; departments own the order.
type Phase string

// The phases of an application.
const (
	Reserved     Phase = "reserved"     // the number is given out, nothing came
	Intake       Phase = "intake"       // the portal checks the archive
	Registration Phase = "registration" // on the way to the department
	Check        Phase = "check"        // documents are being checked
	Held         Phase = "held"         // waits for the duty
	Approval     Phase = "approval"     //
	Decision     Phase = "decision"     //
	Mending      Phase = "mending"      // waits for a mended archive
	Asked        Phase = "asked"        // waits for a document that the department has asked for
	Closing      Phase = "closing"      // the result is out, the file is not closed yet
	Cancelling   Phase = "cancelling"   //
	Closed       Phase = "closed"       //
)

// Schema is what this package keeps.
func Schema() store.Schema {
	return store.Schema{Name: "orders", Migrations: []string{`
CREATE TABLE orders(
	id           INTEGER PRIMARY KEY,
	oid          INTEGER NOT NULL,
	org_oid      INTEGER NOT NULL,           -- 0 for a citizen
	service      TEXT NOT NULL,
	phase        TEXT NOT NULL,
	status_id    INTEGER NOT NULL,
	history_id   INTEGER NOT NULL DEFAULT 0, -- the current row of order_statuses
	created_us   INTEGER NOT NULL,
	updated_us   INTEGER NOT NULL,
	submitted_us INTEGER NOT NULL DEFAULT 0,
	next_us      INTEGER,                    -- when the department does the next thing
	data         TEXT NOT NULL               -- JSON
) STRICT;
CREATE INDEX orders_by_owner ON orders(oid, org_oid, updated_us);
CREATE INDEX orders_by_org ON orders(org_oid, updated_us) WHERE org_oid <> 0;
CREATE INDEX orders_submitted ON orders(oid, service, submitted_us);
CREATE INDEX orders_due ON orders(next_us) WHERE next_us IS NOT NULL;
CREATE TABLE order_statuses(
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	order_id  INTEGER NOT NULL REFERENCES orders(id),
	status_id INTEGER NOT NULL,
	at_us     INTEGER NOT NULL,
	data      TEXT NOT NULL                  -- JSON
) STRICT;
CREATE INDEX order_statuses_by_order ON order_statuses(order_id, id);
CREATE TABLE order_files(
	object_id INTEGER NOT NULL,              -- the order for what came, the status for what went out
	type      INTEGER NOT NULL,              -- 2 came with the application, 3 is a result
	name      TEXT NOT NULL,
	order_id  INTEGER NOT NULL REFERENCES orders(id),
	mime      TEXT NOT NULL,
	kind      TEXT NOT NULL,                 -- "REQUEST", "ATTACHMENT"
	signed    INTEGER NOT NULL,
	content   BLOB NOT NULL,
	PRIMARY KEY(object_id, type, name)
) STRICT;
CREATE INDEX order_files_by_order ON order_files(order_id);
CREATE TABLE order_chunks(
	order_id INTEGER NOT NULL REFERENCES orders(id),
	chunk    INTEGER NOT NULL,
	chunks   INTEGER NOT NULL,
	at_us    INTEGER NOT NULL,               -- wall clock
	size     INTEGER NOT NULL,
	hash     BLOB NOT NULL,                  -- SHA-256
	content  BLOB,                           -- NULL once the archive is put together
	PRIMARY KEY(order_id, chunk)
) STRICT;
INSERT INTO sqlite_sequence(name, seq) VALUES('order_statuses', 71000000);
`, messagesSchema + versionsSchema}}
}

// Order is one application. Times are the portal's calendar.
type Order struct {
	ID        int64
	OID       int64
	OrgOID    int64
	Service   string // code
	Phase     Phase
	StatusID  int
	HistoryID int64 // id of the current status; files of the result hang on it
	Created   time.Time
	Updated   time.Time // of the latest status
	Submitted time.Time // zero until an archive came
	Next      time.Time // zero when nothing is due
	Data
}

// Data is the part of an application that is never searched.
type Data struct {
	ClientID   string            `json:"clientId"`
	Region     string            `json:"region"`
	Target     string            `json:"target"`
	Code       string            `json:"code"`              // processing state of API ЕПГУ
	Message    i18n.Text         `json:"message,omitzero"`  // of a failed check
	Step       int               `json:"step"`              // inside the intake
	Retry      bool              `json:"retry,omitempty"`   // the intake passes through RETRY
	Verdict    string            `json:"verdict,omitempty"` // what the intake will say
	Verdicts   i18n.Text         `json:"verdicts,omitzero"`
	Attempt    int               `json:"attempt"` // archives that came whole
	Accepted   int               `json:"accepted"`
	Values     map[string]string `json:"values,omitempty"`
	UIN        string            `json:"uin,omitempty"`
	Expected   time.Time         `json:"expected,omitzero"`
	Correction *Correction       `json:"correction,omitempty"`
	Final      bool              `json:"final"`
	Closed     bool              `json:"closed"`
	HasResult  bool              `json:"hasResult"`
	Version    int               `json:"version,omitempty"` // of order_versions
	Wanted     *Wanted           `json:"wanted,omitempty"`  // a document that the department has asked for
	Invited    bool              `json:"invited,omitempty"` // to come with the originals
	Rating     *Rating           `json:"rating,omitempty"`
}

// Wanted is a document that a department has asked for.
type Wanted struct {
	Document string    `json:"document"` // its name in the service's list, or ExtraDocument
	Title    i18n.Text `json:"title"`
	Until    time.Time `json:"until"`
	Received bool      `json:"received,omitempty"`
}

// ExtraDocument is the name of a document that the service's list does not have.
const ExtraDocument = "extra"

// Correction is what a department wants mended.
type Correction struct {
	Text   i18n.Text `json:"text"`
	Fields []Note    `json:"fields"`
	Until  time.Time `json:"until"`
}

// Note is one field or document to mend.
type Note struct {
	Field string    `json:"field"`
	Code  string    `json:"code"`
	Text  i18n.Text `json:"text"`
}

// Owner is who an application belongs to: a citizen, or an organisation for
// which a person acts.
type Owner struct {
	OID, OrgOID int64
}

// Owns reports whether o may see and change the application.
func (w Owner) Owns(o *Order) bool {
	if w.OrgOID != 0 || o.OrgOID != 0 {
		return w.OrgOID == o.OrgOID
	}
	return w.OID == o.OID
}

const columns = "id, oid, org_oid, service, phase, status_id, history_id, created_us, updated_us, submitted_us, next_us, data"

func scan(row interface{ Scan(...any) error }) (*Order, error) {
	var o Order
	var created, updated, submitted int64
	var next sql.NullInt64
	var data string
	err := row.Scan(&o.ID, &o.OID, &o.OrgOID, &o.Service, &o.Phase, &o.StatusID, &o.HistoryID, &created, &updated, &submitted, &next, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	o.Created, o.Updated, o.Submitted = moment(created), moment(updated), moment(submitted)
	if next.Valid {
		o.Next = moment(next.Int64)
	}
	if err := json.Unmarshal([]byte(data), &o.Data); err != nil {
		return nil, fmt.Errorf("application %d: %w", o.ID, err)
	}
	return &o, nil
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Get returns an application; ErrNotFound when there is none.
func Get(ctx context.Context, q store.Queryer, id int64) (*Order, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM orders WHERE id = ?", id))
}

// Save writes what has changed in an application.
func Save(ctx context.Context, tx *sql.Tx, o *Order) error {
	data, err := json.Marshal(o.Data)
	if err != nil {
		return err
	}
	var next any
	if !o.Next.IsZero() {
		next = o.Next.UnixMicro()
	}
	_, err = tx.ExecContext(ctx, `UPDATE orders SET phase=?, status_id=?, history_id=?, updated_us=?, submitted_us=?, next_us=?, data=? WHERE id=?`,
		o.Phase, o.StatusID, o.HistoryID, micro(o.Updated), micro(o.Submitted), next, string(data), o.ID)
	if err != nil {
		return fmt.Errorf("write application %d: %w", o.ID, err)
	}
	return nil
}

// Filter narrows a list of applications; empty members narrow nothing.
type Filter struct {
	IDs     []int64   // these only
	After   time.Time // changed later than this
	Service string
	State   string // "active", "final", "correction", "unpaid"
	Status  int    // a status code
	Region  string // ОКАТО, or the digits it begins with
	From    time.Time
	Until   time.Time // created from From on and before Until
	Sent    bool      // leave reserved numbers out
	Sort    Sort
}

// Sort is the order of a list.
type Sort string

// The orders of a list; the zero value is the newest number first. Numbers part what
// is equal.
const (
	ByUpdated  Sort = "updated"  // the latest change first
	ByExpected Sort = "expected" // the nearest term first, those without one last
	ByStatus   Sort = "status"
	Oldest     Sort = "oldest" // the least recent change first
)

func (s Sort) sql() string {
	switch s {
	case ByUpdated:
		return " ORDER BY updated_us DESC, id DESC"
	case ByExpected:
		return " ORDER BY status_id IN (3, 4, 5, 10, 24) OR json_extract(data, '$.expected') IS NULL, unixepoch(json_extract(data, '$.expected')), id"
	case ByStatus:
		return " ORDER BY status_id, id DESC"
	case Oldest:
		return " ORDER BY updated_us, id"
	}
	return " ORDER BY id DESC"
}

// List returns a page of somebody's applications and how many there are in all.
func List(ctx context.Context, q store.Queryer, w Owner, f Filter, limit, offset int) ([]*Order, int, error) {
	where, args := " FROM orders WHERE oid = ? AND org_oid = 0", []any{w.OID}
	if w.OrgOID != 0 {
		where, args = " FROM orders WHERE org_oid = ?", []any{w.OrgOID}
	}
	return list(ctx, q, where, args, f, limit, offset)
}

func list(ctx context.Context, q store.Queryer, where string, args []any, f Filter, limit, offset int) ([]*Order, int, error) {
	if len(f.IDs) > 0 {
		ids, err := json.Marshal(f.IDs)
		if err != nil {
			return nil, 0, err
		}
		where += " AND id IN (SELECT value FROM json_each(?))"
		args = append(args, string(ids))
	}
	if !f.After.IsZero() {
		where += " AND updated_us > ?"
		args = append(args, f.After.UnixMicro())
	}
	if f.Service != "" {
		where += " AND service = ?"
		args = append(args, f.Service)
	}
	if f.Sent {
		where += " AND submitted_us <> 0"
	}
	if f.Status != 0 {
		where += " AND status_id = ?"
		args = append(args, f.Status)
	}
	if f.Region != "" {
		where += " AND substr(json_extract(data, '$.region'), 1, length(?)) = ?"
		args = append(args, f.Region, f.Region)
	}
	if !f.From.IsZero() {
		where += " AND created_us >= ?"
		args = append(args, f.From.UnixMicro())
	}
	if !f.Until.IsZero() {
		where += " AND created_us < ?"
		args = append(args, f.Until.UnixMicro())
	}
	switch f.State {
	case "active":
		where += " AND status_id NOT IN (3, 4, 5, 10, 24)"
	case "final":
		where += " AND status_id IN (3, 4, 5, 10, 24)"
	case "correction":
		where += " AND status_id = 15"
	case "unpaid":
		where += " AND phase = 'held'"
	}
	var total int
	if err := q.QueryRowContext(ctx, "SELECT count(*)"+where, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	rows, err := q.QueryContext(ctx, "SELECT "+columns+where+f.Sort.sql()+" LIMIT ? OFFSET ?", append(args, limit, offset)...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var out []*Order
	for rows.Next() {
		o, err := scan(rows)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, o)
	}
	return out, total, rows.Err()
}

// Due returns up to limit applications whose next thing is due at now, in the
// order in which it is due.
func Due(ctx context.Context, tx *sql.Tx, now time.Time, limit int) ([]*Order, error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+columns+" FROM orders WHERE next_us <= ? ORDER BY next_us, id LIMIT ?", now.UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*Order
	for rows.Next() {
		o, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// NextDue returns when the next thing is due; false when nothing is.
func NextDue(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
	var at sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT min(next_us) FROM orders WHERE next_us IS NOT NULL").Scan(&at)
	return moment(at.Int64), at.Valid, err
}

// Reserve gives out a number for an application that is to come.
func Reserve(ctx context.Context, tx *sql.Tx, w Owner, d Data, service string, now time.Time) (*Order, error) {
	var id int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(id), ?) + 1 FROM orders", firstID-1).Scan(&id); err != nil {
		return nil, err
	}
	o := &Order{ID: id, OID: w.OID, OrgOID: w.OrgOID, Service: service, Phase: Reserved, Created: now, Updated: now, Data: d}
	if _, err := tx.ExecContext(ctx, `INSERT INTO orders(id, oid, org_oid, service, phase, status_id, created_us, updated_us, data) VALUES(?,?,?,?,?,0,?,?,'{}')`,
		o.ID, o.OID, o.OrgOID, o.Service, o.Phase, now.UnixMicro(), now.UnixMicro()); err != nil {
		return nil, fmt.Errorf("reserve a number: %w", err)
	}
	if err := AddStatus(ctx, tx, o, Status{StatusID: Draft}, now); err != nil {
		return nil, err
	}
	return o, Save(ctx, tx, o)
}

// SubmittedSince counts the applications of a person for a service that were
// sent after a moment of the calendar.
func SubmittedSince(ctx context.Context, q store.Queryer, oid int64, service string, since time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, "SELECT count(*) FROM orders WHERE oid = ? AND service = ? AND submitted_us > ?", oid, service, since.UnixMicro()).Scan(&n)
	return n, err
}
