package bank

import (
	"context"
	"database/sql"
	"errors"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Method is a way to pay. Amounts are kopecks.
type Method struct {
	ID       string // and its kind
	Title    i18n.Text
	Confirm  string // "", "sms" or "token", a one-time code of the wallet's application
	Page     bool   // may be confirmed on the payment page of the portal
	Limit    int64  // for one payment
	FeeBasis int64  // commission, hundredths of a percent
	Start    int64  // what a demo person has at first
	StartOrg int64  // what a demo organisation has at first; 0 is no such way
}

// Methods lists the ways to pay, the usual one first. Limits and commissions
// are training data.
func Methods() []Method {
	return []Method{
		{ID: "account", Title: i18n.Text{RU: "Счёт в учебном банке", EN: "Account in the training bank"}, Limit: 1_000_000_000_00, Start: 250_000_00, StartOrg: 50_000_000_00},
		{ID: "card", Title: i18n.Text{RU: "Учебная карта •• 0001", EN: "Training card •• 0001"}, Confirm: "sms", Page: true, Limit: 100_000_00, Start: 80_000_00, StartOrg: 500_000_00},
		{ID: "wallet", Title: i18n.Text{RU: "Учебный кошелёк", EN: "Training wallet"}, Confirm: "token", Limit: 15_000_00, Start: 3_000_00},
		{ID: "mobile", Title: i18n.Text{RU: "Счёт мобильного телефона", EN: "Mobile phone account"}, Confirm: "sms", Limit: 5_000_00, FeeBasis: 150, Start: 1_500_00},
	}
}

// MethodFor returns a way to pay by its id, if the owner has it.
func MethodFor(o Owner, id string) (Method, bool) {
	for _, m := range Methods() {
		if m.ID == id && (o.OrgOID == 0 || m.StartOrg > 0) {
			return m, true
		}
	}
	return Method{}, false
}

// Balance returns how much the owner has there.
func (m Method) Balance(ctx context.Context, q store.Queryer, o Owner) (int64, error) {
	var n int64
	err := q.QueryRowContext(ctx, "SELECT kopecks FROM balances WHERE owner = ? AND method = ?", o.key(), m.ID).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		if o.OrgOID != 0 {
			return m.StartOrg, nil
		}
		return m.Start, nil
	}
	return n, err
}

func setBalance(ctx context.Context, tx *sql.Tx, o Owner, method string, kopecks int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO balances(owner, method, kopecks) VALUES(?,?,?)
		ON CONFLICT(owner, method) DO UPDATE SET kopecks = excluded.kopecks`, o.key(), method, kopecks)
	return err
}

// fee returns the commission for an amount, rounded up to a kopeck.
func (m Method) fee(amount int64) int64 {
	return (amount*m.FeeBasis + 9999) / 10000
}
