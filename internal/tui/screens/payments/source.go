// Package payments is the screens of what was paid: the list, one payment with its
// receipt, and the payment QR code of a charge drawn in the terminal.
package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/rows"
)

// Source is what these screens need of the core.
type Source interface {
	// Payments goes through all payments, the newest first.
	Payments(ctx context.Context, each func(wire.Payment) error) error
	Payment(ctx context.Context, id string) (*wire.Payment, error)
	// Settle asks the portal about a payment that the journal still waits for.
	Settle(ctx context.Context, id string) (journal.Payment, error)
	// Receipt saves the receipt into the current folder and returns its path.
	Receipt(ctx context.Context, id string) (string, error)
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) Payments(ctx context.Context, each func(wire.Payment) error) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	for p, err := range conn.Cabinet.AllPayments(ctx, cabinet.PaymentQuery{}) {
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

func (c core) Payment(ctx context.Context, id string) (*wire.Payment, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Cabinet.Payment(ctx, id, 0)
}

func (c core) Settle(ctx context.Context, id string) (journal.Payment, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return journal.Payment{}, err
	}
	engine, err := conn.Billing(ctx)
	if err != nil {
		return journal.Payment{}, err
	}
	p, err := engine.Journal.Payment(ctx, id)
	if err != nil || p.State != journal.Accepted && p.State != journal.Unknown {
		return p, err
	}
	return engine.Settle(ctx, p)
}

func (c core) Receipt(ctx context.Context, id string) (path string, err error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return "", err
	}
	path, _, err = billing.SaveReceipt(ctx, conn.Cabinet, id, ".")
	return path, err
}

// gone reports whether the journal does not know a payment: it was made elsewhere.
func gone(err error) bool { return err != nil && fault.ExitOf(err) == exitcode.NotFound }

// The cells of a row of the list.
const (
	cellID = iota
	cellTitle
	cellSum   // rubles as ParseRubles reads them
	cellState // of wire.Payment
	cellAt    // RFC 3339: paid, else made
	cellUIN
	cells
)

// mostKept is how many payments are kept for the next start.
const mostKept = 200

// list is all payments, in little memory.
type list struct{ rows *rows.Rows }

func (l *list) add(p wire.Payment) {
	at := p.CreatedAt
	if p.PaidAt != nil {
		at = *p.PaidAt
	}
	title := p.Title.String()
	if title == "" {
		title = p.Payee.Name.String()
	}
	l.rows.Append(p.ID, title, billing.FormatRubles(p.AmountKopecks), p.State, at.Format(time.RFC3339), p.UIN)
}

// MarshalJSON writes the first rows for the next start.
func (l *list) MarshalJSON() ([]byte, error) {
	kept := make([][]string, 0, min(l.rows.Len(), mostKept))
	for i := range min(l.rows.Len(), mostKept) {
		kept = append(kept, l.rows.Cells(i))
	}
	return json.Marshal(kept)
}

// UnmarshalJSON reads them.
func (l *list) UnmarshalJSON(b []byte) error {
	var kept [][]string
	if err := json.Unmarshal(b, &kept); err != nil {
		return err
	}
	l.rows = &rows.Rows{}
	for i, r := range kept {
		if len(r) != cells {
			return fmt.Errorf("row %d has %d cells: %w", i, len(r), errors.ErrUnsupported)
		}
		l.rows.Append(r...)
	}
	return nil
}

// fetch reads all payments.
func fetch(src Source) func(ctx context.Context) (*list, error) {
	return func(ctx context.Context) (*list, error) {
		l := &list{rows: &rows.Rows{}}
		err := src.Payments(ctx, func(p wire.Payment) error {
			l.add(p)
			return ctx.Err()
		})
		return l, err
	}
}
