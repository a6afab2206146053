package bank

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
)

// bankBIK begins every УИП that the training bank gives out.
const bankBIK = "044525225"

func worker() calendar.Worker {
	return calendar.Worker{
		Name: "bank",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var at sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(next_us) FROM payments WHERE next_us IS NOT NULL").Scan(&at)
			return time.UnixMicro(at.Int64).UTC(), at.Valid, err
		},
		Run: func(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
			due, err := dueAt(ctx, tx, now)
			if err != nil {
				return 0, err
			}
			for _, p := range due {
				if err := step(ctx, tx, p, now); err != nil {
					return 0, fmt.Errorf("payment %s: %w", p.ID, err)
				}
			}
			return len(due), nil
		},
	}
}

func dueAt(ctx context.Context, tx *sql.Tx, now time.Time) ([]*Payment, error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+columns+" FROM payments WHERE next_us <= ? ORDER BY next_us, serial LIMIT 100", now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*Payment
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func step(ctx context.Context, tx *sql.Tx, p *Payment, now time.Time) error {
	switch p.State {
	case Confirming:
		return refuse(ctx, tx, p, now, &Reason{"code_expired",
			i18n.Text{RU: "Код не ввели вовремя", EN: "No code came in time"},
			i18n.Text{RU: "Начните оплату заново", EN: "Begin the payment anew"}})
	case Accepted:
		p.State, p.PaidAt, p.Next = Paid, now, time.Time{}
		p.UIP = uip(p.Serial, now)
		if err := save(ctx, tx, p); err != nil {
			return err
		}
		if p.UIN != "" {
			if err := charges.Settle(ctx, tx, p.UIN, p.ID, now); err != nil {
				return err
			}
		}
		return event(ctx, tx, p, now)
	}
	return fmt.Errorf("nothing is due in the state %s", p.State)
}

// uip is the number of a payment in ГИС ГМП, 32 digits: kind 1, БИК, number of
// the order, its date and a serial number.
func uip(serial int64, at time.Time) string {
	return fmt.Sprintf("1%s%06d%s%08d", bankBIK, serial%1_000_000, at.In(clock.Moscow()).Format("02012006"), serial%100_000_000)
}
