package bank

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Order asks for a payment: by a charge, or by requisites.
type Order struct {
	ID     string
	Hash   []byte // of everything below as the client sent it
	Owner  Owner
	UIN    string
	Amount int64 // kopecks
	Method string
	// Without a charge:
	Payee      catalog.Payee
	Purpose    string
	Requisites *Requisites
	// Authorisation is what the payment is to be counted against; "" when nothing.
	Authorisation string
	Proof         Proof
}

// ErrKeyReused means that the payment's id was used for something else.
var ErrKeyReused = errors.New("the payment's id stands for another payment")

// ErrNoCharge means that no charge has this УИН.
var ErrNoCharge = errors.New("no charge by this УИН")

// ErrNoMethod means that the payer has no such way to pay.
var ErrNoMethod = errors.New("no such way to pay")

// DuplicateError means that the charge is paid, or being paid, by another
// payment.
type DuplicateError struct{ PaymentID string }

// Error names the other payment.
func (e *DuplicateError) Error() string { return "paid by payment " + e.PaymentID }

// AmountError means that the sum is not what is due today.
type AmountError struct{ Due int64 }

// Error names the sum.
func (e *AmountError) Error() string { return fmt.Sprintf("due are %d kopecks", e.Due) }

// Bank makes payments.
type Bank struct{ deps room.Deps }

// New returns the bank of the portal.
func New(deps room.Deps) *Bank { return &Bank{deps} }

// Pay makes a payment, or returns the one that the id stands for already
// (created is false then). A payment that the bank will not make is made all
// the same, in the state Refused with its reason.
func (b *Bank) Pay(ctx context.Context, tx *sql.Tx, o Order, now time.Time) (p *Payment, created bool, err error) {
	came := b.deps.Clock.Now()
	there, err := look(ctx, tx, o)
	if err != nil {
		return nil, false, err
	}
	if there.known {
		earlier, err := Get(ctx, tx, o.ID)
		switch {
		case err != nil:
			return nil, false, err
		case !earlier.Forgotten(came) && o.Owner.Owns(earlier) && bytes.Equal(earlier.Hash, o.Hash):
			return earlier, false, nil
		case !earlier.Forgotten(came):
			return nil, false, ErrKeyReused
		}
		if err := forget(ctx, tx, earlier); err != nil {
			return nil, false, err
		}
		if there, err = look(ctx, tx, o); err != nil {
			return nil, false, err
		}
	}
	method, ok := MethodFor(o.Owner, o.Method)
	if !ok {
		return nil, false, ErrNoMethod
	}
	var agreed signed
	if o.Authorisation != "" {
		if err := b.covers(ctx, tx, o.Owner, o.Authorisation, &agreed); err != nil {
			return nil, false, err
		}
	}
	p = &Payment{ID: o.ID, OID: o.Owner.OID, OrgOID: o.Owner.OrgOID, Hash: o.Hash, UIN: o.UIN, Method: method.ID, Amount: o.Amount, Fee: method.fee(o.Amount), Created: now, Came: came}
	p.Authorisation, p.PlanRow, p.Serial = o.Authorisation, o.Proof.Row, there.serial
	if p.PayerName, err = payerName(ctx, tx, o.Owner); err != nil {
		return nil, false, err
	}
	var why *Reason
	if o.UIN != "" {
		why, err = byCharge(ctx, tx, p, there.ofCharge, now)
	} else {
		p.Payee, p.Purpose, p.Requisites = o.Payee, o.Purpose, o.Requisites
		p.Title = i18n.Text{RU: o.Purpose, EN: o.Purpose}
	}
	if err != nil {
		return nil, false, err
	}
	if o.Authorisation != "" {
		if err := agreed.covers(p, o.Proof); err != nil {
			return nil, false, err
		}
		if err := rowIsFree(ctx, tx, p); err != nil {
			return nil, false, err
		}
	}
	if why == nil {
		why, err = b.take(ctx, tx, p, method)
		if err != nil {
			return nil, false, err
		}
	}
	if why == nil {
		if err := spend(ctx, tx, p); err != nil {
			return nil, false, err
		}
	}
	switch {
	case why != nil:
		p.State, p.Reason = Refused, why
	case method.Confirm != "":
		p.State, p.Next = Confirming, now.Add(confirmTerm)
		if method.Page {
			p.PageKey = b.pageKey(p.ID)
		}
		if err := b.sendCode(ctx, tx, p); err != nil {
			return nil, false, err
		}
	default:
		p.State, p.Next = Accepted, now.Add(clearing)
	}
	if p.State != Refused && p.UIN != "" {
		if err := charges.Reserve(ctx, tx, p.UIN, p.ID); err != nil {
			return nil, false, err
		}
	}
	if err := save(ctx, tx, p); err != nil {
		return nil, false, err
	}
	return p, true, event(ctx, tx, p, now)
}

// sight is what the payments tell before one more is made.
type sight struct {
	known    bool   // there is one by this id
	serial   int64  // of the next one
	ofCharge string // the one that pays or has paid the charge; "" when there is none
}

// look asks for all of it at once: a statement costs more than what it looks up.
func look(ctx context.Context, tx *sql.Tx, o Order) (s sight, err error) {
	err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM payments WHERE id = ?), (SELECT coalesce(max(serial), 0) + 1 FROM payments), coalesce((SELECT id FROM payments"+ofCharge+"), '')",
		o.ID, o.UIN).Scan(&s.known, &s.serial, &s.ofCharge)
	return s, err
}

// Memory is how long the portal knows a payment by its id, by the wall clock.
const Memory = 30 * 24 * time.Hour

// Forgotten reports whether the portal no longer answers about the payment by
// its id. It stays in the payer's list, with its receipt.
func (p *Payment) Forgotten(now time.Time) bool { return now.Sub(p.Came) > Memory }

// forget frees the id of a payment for another one.
func forget(ctx context.Context, tx *sql.Tx, p *Payment) error {
	kept := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "payment %d %s", p.Serial, p.ID)).String()
	_, err := tx.ExecContext(ctx, "UPDATE payments SET id = ? WHERE serial = ?", kept, p.Serial)
	return err
}

// byCharge fills a payment from its charge, which an earlier one may have paid.
func byCharge(ctx context.Context, tx *sql.Tx, p *Payment, earlier string, now time.Time) (*Reason, error) {
	c, err := charges.Get(ctx, tx, p.UIN)
	if errors.Is(err, charges.ErrNotFound) {
		return nil, ErrNoCharge
	}
	if err != nil {
		return nil, err
	}
	p.Title, p.Purpose, p.Payee = c.Title, c.Purpose.RU, c.Payee
	if earlier != "" {
		return nil, &DuplicateError{earlier}
	}
	if c.State == charges.Annulled {
		return &Reason{"charge_annulled",
			i18n.Text{RU: "Начисление аннулировано", EN: "The charge was annulled"},
			i18n.Text{RU: "Платить ничего не нужно", EN: "There is nothing to pay"}}, nil
	}
	if due := c.Due(now); due != p.Amount {
		return nil, &AmountError{due}
	}
	return nil, nil
}

// take takes the money from the account, or says why not.
func (b *Bank) take(ctx context.Context, tx *sql.Tx, p *Payment, m Method) (*Reason, error) {
	if p.Amount > m.Limit {
		return &Reason{"limit",
			i18n.Text{RU: "Сумма больше предела для этого способа: " + i18n.Rubles(i18n.RU, m.Limit), EN: "The sum is over the limit of this way to pay: " + i18n.Rubles(i18n.EN, m.Limit)},
			i18n.Text{RU: "Заплатите со счёта", EN: "Pay from the account"}}, nil
	}
	o := Owner{p.OID, p.OrgOID}
	// What is there and is enough is taken at one stroke.
	done, err := tx.ExecContext(ctx, "UPDATE balances SET kopecks = kopecks - ? WHERE owner = ? AND method = ? AND kopecks >= ?",
		p.Amount+p.Fee, o.key(), m.ID, p.Amount+p.Fee)
	if err != nil {
		return nil, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		return nil, err
	}
	balance, err := m.Balance(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if balance < p.Amount+p.Fee {
		return &Reason{"insufficient_funds",
			i18n.Text{RU: "Недостаточно денег: есть " + i18n.Rubles(i18n.RU, balance), EN: "Not enough money: there is " + i18n.Rubles(i18n.EN, balance)},
			i18n.Text{RU: "Выберите другой способ оплаты или пополните счёт", EN: "Choose another way to pay or top up"}}, nil
	}
	return nil, setBalance(ctx, tx, o, m.ID, balance-p.Amount-p.Fee)
}

// giveBack returns the money of a payment that came to nothing and frees its charge.
func giveBack(ctx context.Context, tx *sql.Tx, p *Payment) error {
	o := Owner{p.OID, p.OrgOID}
	m, ok := MethodFor(o, p.Method)
	if !ok {
		return fmt.Errorf("payment %s: no method %s", p.ID, p.Method)
	}
	balance, err := m.Balance(ctx, tx, o)
	if err != nil {
		return err
	}
	if err := setBalance(ctx, tx, o, m.ID, balance+p.Amount+p.Fee); err != nil {
		return err
	}
	if err := unspend(ctx, tx, p); err != nil {
		return err
	}
	if p.UIN == "" {
		return nil
	}
	return charges.Reserve(ctx, tx, p.UIN, "")
}

func event(ctx context.Context, tx *sql.Tx, p *Payment, now time.Time) error {
	_, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "payment." + p.State, OID: p.OID, OrgOID: p.OrgOID, Ref: p.ID})
	return err
}

func payerName(ctx context.Context, q store.Queryer, o Owner) (string, error) {
	if o.OrgOID != 0 {
		org, err := people.OrgByOID(ctx, q, o.OrgOID)
		return org.ShortName, err
	}
	return people.NameOf(ctx, q, o.OID)
}
