package bank

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/charges"
)

// Settlement is a payment of a charge whose money a bank has moved already, by an
// order that came past the portal.
type Settlement struct {
	ID        string // of the order; a UUID that the customer made
	Owner     Owner
	PayerName string
	Charge    *charges.Charge
}

// Executed notes that the charge of a settlement is paid. It reports false, and does
// nothing, when another payment of the charge is known or the id is taken: the money
// has moved all the same, and it is for people to get it back.
func Executed(ctx context.Context, tx *sql.Tx, s Settlement, now time.Time) (bool, error) {
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM payments"+ofCharge+") + (SELECT count(*) FROM payments WHERE id = ?)", s.Charge.UIN, s.ID).Scan(&n); err != nil || n > 0 {
		return false, err
	}
	hash := sha256.Sum256([]byte("order " + s.ID))
	p := &Payment{ID: s.ID, OID: s.Owner.OID, OrgOID: s.Owner.OrgOID, Hash: hash[:], UIN: s.Charge.UIN, Method: "account", State: Paid, Created: now, Came: now,
		Data: Data{Title: s.Charge.Title, Purpose: s.Charge.Purpose.RU, Payee: s.Charge.Payee, PayerName: s.PayerName, PaidAt: now}}
	p.Amount = s.Charge.Due(now)
	if p.Amount <= 0 {
		return false, errors.New("the charge is not due")
	}
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(serial), 0) + 1 FROM payments").Scan(&p.Serial); err != nil {
		return false, err
	}
	p.UIP = uip(p.Serial, now)
	if err := save(ctx, tx, p); err != nil {
		return false, err
	}
	if err := charges.Settle(ctx, tx, p.UIN, p.ID, now); err != nil {
		return false, err
	}
	return true, event(ctx, tx, p, now)
}
