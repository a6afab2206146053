package orders

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

const messagesSchema = `
CREATE TABLE order_messages(
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	order_id  INTEGER NOT NULL REFERENCES orders(id),
	at_us     INTEGER NOT NULL,
	own       INTEGER NOT NULL,              -- 1 is the applicant's
	text_ru   TEXT NOT NULL,
	text_en   TEXT NOT NULL,
	reply_us  INTEGER                        -- when the department answers it; NULL when it has, or will not
) STRICT;
CREATE INDEX order_messages_by_order ON order_messages(order_id, id);
CREATE INDEX order_messages_to_answer ON order_messages(reply_us) WHERE reply_us IS NOT NULL;
`

// MaxMessage bounds a message, characters.
const MaxMessage = 4000

// Message is one message between an applicant and a department.
type Message struct {
	ID   int64
	At   time.Time
	Own  bool // the applicant's
	Text i18n.Text
}

// Conversable reports whether the applicant may write to the department.
func Conversable(o *Order) bool { return !o.Submitted.IsZero() && !o.Final && o.Phase != Cancelling }

// Write adds a message and an event. A reply is due at reply; zero when none is.
func Write(ctx context.Context, tx *sql.Tx, o *Order, m Message, reply time.Time) (Message, error) {
	var due any
	if !reply.IsZero() {
		due = reply.UnixMicro()
	}
	res, err := tx.ExecContext(ctx, "INSERT INTO order_messages(order_id, at_us, own, text_ru, text_en, reply_us) VALUES(?,?,?,?,?,?)",
		o.ID, m.At.UnixMicro(), m.Own, m.Text.RU, m.Text.EN, due)
	if err != nil {
		return m, err
	}
	if m.ID, err = res.LastInsertId(); err != nil {
		return m, err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: m.At, Kind: "order.message", OID: o.OID, OrgOID: o.OrgOID, Ref: strconv.FormatInt(o.ID, 10), Data: "{}"})
	return m, err
}

// Messages returns the messages of an application, oldest first.
func Messages(ctx context.Context, q store.Queryer, orderID int64) ([]Message, error) {
	rows, err := q.QueryContext(ctx, "SELECT id, at_us, own, text_ru, text_en FROM order_messages WHERE order_id = ? ORDER BY id", orderID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Message
	for rows.Next() {
		var m Message
		var at int64
		if err := rows.Scan(&m.ID, &at, &m.Own, &m.Text.RU, &m.Text.EN); err != nil {
			return nil, err
		}
		m.At = moment(at)
		out = append(out, m)
	}
	return out, rows.Err()
}

// NextReply returns when a department answers next; false when nothing waits.
func NextReply(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
	var at sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT min(reply_us) FROM order_messages WHERE reply_us IS NOT NULL").Scan(&at)
	return moment(at.Int64), at.Valid, err
}

// TakeReply returns the application whose message is to be answered now, and how many
// messages it has; the message is answered from then on.
func TakeReply(ctx context.Context, tx *sql.Tx, now time.Time) (o *Order, n int, err error) {
	var id, order int64
	if err := tx.QueryRowContext(ctx, "SELECT id, order_id FROM order_messages WHERE reply_us <= ? ORDER BY reply_us, id LIMIT 1", now.UnixMicro()).Scan(&id, &order); err != nil {
		return nil, 0, err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE order_messages SET reply_us = NULL WHERE id = ?", id); err != nil {
		return nil, 0, err
	}
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM order_messages WHERE order_id = ?", order).Scan(&n); err != nil {
		return nil, 0, err
	}
	o, err = Get(ctx, tx, order)
	return o, n, err
}
