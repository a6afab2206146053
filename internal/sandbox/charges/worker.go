package charges

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// PaidFunc is told, in the same transaction, that a charge became paid.
type PaidFunc func(ctx context.Context, tx *sql.Tx, c *Charge, now time.Time) error

func paidLag(ctx context.Context, q store.Queryer) (time.Duration, error) {
	v, err := store.Setting(ctx, q, SettingPaidLag)
	if err != nil || v == "" {
		return defaultPaidLag, err
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("setting %s: %q is no number of seconds", SettingPaidLag, v)
	}
	return time.Duration(n) * time.Second, nil
}

// Worker sets the paid flags that fall due and calls onPaid for each.
func Worker(onPaid ...PaidFunc) calendar.Worker {
	return calendar.Worker{
		Name: "charges",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var at sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(flag_us) FROM charges WHERE flag_us IS NOT NULL").Scan(&at)
			return time.UnixMicro(at.Int64).UTC(), at.Valid, err
		},
		Run: func(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
			due, err := list(ctx, tx, "SELECT "+columns+" FROM charges WHERE flag_us <= ? ORDER BY flag_us, uin LIMIT 100", now.UnixMicro())
			if err != nil {
				return 0, err
			}
			for _, c := range due {
				if err := flag(ctx, tx, c, now, onPaid); err != nil {
					return 0, err
				}
			}
			return len(due), nil
		},
	}
}

func flag(ctx context.Context, tx *sql.Tx, c *Charge, now time.Time, onPaid []PaidFunc) error {
	c.State, c.Flagged, c.PaidAt = Paid, false, now
	data, err := json.Marshal(c.Data)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE charges SET state = ?, flag_us = NULL, data = ? WHERE uin = ?", Paid, string(data), c.UIN); err != nil {
		return err
	}
	if _, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "charge.paid", OID: c.OID, OrgOID: c.OrgOID, Ref: c.UIN}); err != nil {
		return err
	}
	for _, f := range onPaid {
		if err := f(ctx, tx, c, now); err != nil {
			return fmt.Errorf("charge %s is paid: %w", c.UIN, err)
		}
	}
	return nil
}
