package charges

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// States of a dispute.
const (
	Filed    = "filed"
	Granted  = "granted" // the charge is annulled
	Rejected = "rejected"
)

// answerTerm is how long the department takes to answer, calendar (training
// data: КоАП, art. 30.5 gives ten days).
const answerTerm = 10 * day

// ErrDisputeReused means that the id of a dispute stands for another one.
var ErrDisputeReused = errors.New("the id stands for another dispute")

// DisputedError means that the charge is disputed already.
type DisputedError struct{ ID string }

// Error names the open dispute.
func (e *DisputedError) Error() string { return "disputed already: " + e.ID }

// Dispute is one dispute of a charge.
type Dispute struct {
	ID       string
	UIN      string
	State    string
	Filed    time.Time
	AnswerBy time.Time
	disputeData
}

type disputeData struct {
	Reason string    `json:"reason"`
	Text   string    `json:"text"`
	Answer i18n.Text `json:"answer,omitzero"`
}

// File files a dispute under the id that the client made; the same id with the
// same words returns what was filed.
func File(ctx context.Context, tx *sql.Tx, id string, hash []byte, c *Charge, reason, text string, now time.Time) (d *Dispute, created bool, err error) {
	var known []byte
	switch err := tx.QueryRowContext(ctx, "SELECT hash FROM disputes WHERE id = ?", id).Scan(&known); {
	case err == nil && bytes.Equal(known, hash):
		d, err := scanDispute(tx.QueryRowContext(ctx, "SELECT "+disputeColumns+" FROM disputes WHERE id = ?", id))
		return d, false, err
	case err == nil:
		return nil, false, ErrDisputeReused
	case !errors.Is(err, sql.ErrNoRows):
		return nil, false, err
	}
	if open, err := LatestDispute(ctx, tx, c.UIN); err == nil && open.State == Filed {
		return nil, false, &DisputedError{open.ID}
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, false, err
	}
	d = &Dispute{ID: id, UIN: c.UIN, State: Filed, Filed: now, AnswerBy: now.Add(answerTerm), disputeData: disputeData{Reason: reason, Text: text}}
	data, err := json.Marshal(d.disputeData)
	if err != nil {
		return nil, false, err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO disputes(id, uin, oid, state, hash, filed_us, answer_us, data) VALUES(?,?,?,?,?,?,?,?)",
		id, c.UIN, c.OID, Filed, hash, now.UnixMicro(), d.AnswerBy.UnixMicro(), string(data)); err != nil {
		return nil, false, err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "charge.disputed", OID: c.OID, OrgOID: c.OrgOID, Ref: c.UIN})
	return d, true, err
}

const disputeColumns = "id, uin, state, filed_us, answer_us, data"

func scanDispute(row interface{ Scan(...any) error }) (*Dispute, error) {
	var d Dispute
	var filed, answer int64
	var data string
	if err := row.Scan(&d.ID, &d.UIN, &d.State, &filed, &answer, &data); err != nil {
		return nil, errNoRow(err)
	}
	d.Filed, d.AnswerBy = moment(filed), moment(answer)
	return &d, json.Unmarshal([]byte(data), &d.disputeData)
}

// LatestDispute returns the latest dispute of a charge; ErrNotFound when there
// is none.
func LatestDispute(ctx context.Context, q store.Queryer, uin string) (*Dispute, error) {
	return scanDispute(q.QueryRowContext(ctx, "SELECT "+disputeColumns+" FROM disputes WHERE uin = ? ORDER BY filed_us DESC, id DESC LIMIT 1", uin))
}

// disputeWorker answers disputes when their time has come.
func disputeWorker() calendar.Worker {
	return calendar.Worker{
		Name: "disputes",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var at sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(answer_us) FROM disputes WHERE state = ?", Filed).Scan(&at)
			return time.UnixMicro(at.Int64).UTC(), at.Valid, err
		},
		Run: func(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
			d, err := scanDispute(tx.QueryRowContext(ctx, "SELECT "+disputeColumns+" FROM disputes WHERE state = ? AND answer_us <= ? ORDER BY answer_us, id LIMIT 1", Filed, now.UnixMicro()))
			if errors.Is(err, ErrNotFound) {
				return 0, nil
			}
			if err != nil {
				return 0, err
			}
			return 1, decide(ctx, tx, d, now)
		},
	}
}

// decide grants what is not the payer's or paid already, if nobody has paid
// meanwhile, and rejects the rest.
func decide(ctx context.Context, tx *sql.Tx, d *Dispute, now time.Time) error {
	d.State, d.Answer = Rejected, i18n.Text{RU: "Оснований для отмены не найдено (учебное решение)", EN: "No grounds to annul it were found (training decision)"}
	if d.Reason == "not-mine" || d.Reason == "paid" {
		if err := Annul(ctx, tx, d.UIN, now); err != nil {
			return err
		}
		c, err := Get(ctx, tx, d.UIN)
		if err != nil {
			return err
		}
		if c.State == Annulled {
			d.State, d.Answer = Granted, i18n.Text{RU: "Начисление отменено (учебное решение)", EN: "The charge is annulled (training decision)"}
		}
	}
	data, err := json.Marshal(d.disputeData)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE disputes SET state = ?, data = ? WHERE id = ?", d.State, string(data), d.ID)
	return err
}
