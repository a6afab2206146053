package signin

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Entry is one line of the history of sign-ins.
type Entry struct {
	At         time.Time
	OID        int64
	ClientID   string
	Method     string // "PWD", "DS", "KEY"
	Agent      string
	Address    string
	Outcome    string // "done", "wrong_password", "wrong_code", "locked", "push_denied", "device_bound", "device_rebound", "device_removed", "device_blocked"
	Suspicious bool   // from a program and place never seen before, or denied by the person himself
}

// Remember writes a line of the history.
func Remember(ctx context.Context, q store.Queryer, e Entry) error { return remember(ctx, q, e) }

func remember(ctx context.Context, q store.Queryer, e Entry) error {
	_, err := q.ExecContext(ctx, `INSERT INTO signin_history(at_us, oid, client_id, method, agent, address, outcome, suspicious)
		VALUES(?,?,?,?,?,?,?,?)`, e.At.UnixMicro(), e.OID, e.ClientID, e.Method, e.Agent, e.Address, e.Outcome, e.Suspicious)
	return err
}

// unfamiliar reports whether a person who has signed in before never did so by
// this program from this address.
func unfamiliar(ctx context.Context, q store.Queryer, e Entry) (bool, error) {
	var before, same int
	err := q.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE agent = ? AND address = ?)
		FROM signin_history WHERE oid = ? AND outcome = 'done'`, e.Agent, e.Address, e.OID).Scan(&before, &same)
	return before > 0 && same == 0, err
}

// History returns the latest entries of a person, newest first.
func History(ctx context.Context, q store.Queryer, oid int64, limit int) ([]Entry, error) {
	rows, err := q.QueryContext(ctx, `SELECT at_us, oid, client_id, method, agent, address, outcome, suspicious
		FROM signin_history WHERE oid = ? ORDER BY id DESC LIMIT ?`, oid, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&at, &e.OID, &e.ClientID, &e.Method, &e.Agent, &e.Address, &e.Outcome, &e.Suspicious); err != nil {
			return nil, err
		}
		e.At = time.UnixMicro(at).UTC()
		out = append(out, e)
	}
	return out, rows.Err()
}

// ForgetHistory deletes the entries of a person that are older than before and
// returns how many there were.
func ForgetHistory(ctx context.Context, q store.Queryer, oid int64, before time.Time) (int, error) {
	r, err := q.ExecContext(ctx, "DELETE FROM signin_history WHERE oid = ? AND at_us < ?", oid, before.UnixMicro())
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}
