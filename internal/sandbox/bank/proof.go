package bank

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Proof shows which row of an authorised plan a payment is (docs/payment-proof.md).
type Proof struct {
	Row  int64  // from 1
	Path []byte // hashes of 32 bytes each, lowest first
}

// ErrNotSigned means that nobody has signed this payment.
var ErrNotSigned = errors.New("the payment is not among those that were signed")

// RowPaidError means that what was signed of the row is paid, or being paid.
type RowPaidError struct{ PaymentID string }

// Error names the other payment.
func (e *RowPaidError) Error() string { return "the row is paid by payment " + e.PaymentID }

// signed is what the approvers of an authorisation have agreed to.
type signed struct {
	root []byte
	rows int64
}

// covers checks that p, with the payee whom it will really reach, is the leaf that the
// proof leads from. Of a charge the approvers may have seen the payee or not.
func (s *signed) covers(p *Payment, by Proof) error {
	if by.Row < 1 || by.Row > s.rows || len(by.Path)%sha256.Size != 0 {
		return ErrNotSigned
	}
	if s.leads(contents(p, by.Row, true), by) || p.UIN != "" && s.leads(contents(p, by.Row, false), by) {
		return nil
	}
	return ErrNotSigned
}

// contents is what a leaf holds of a payment: nineteen netstrings, and a twentieth
// with the code of an act where there is one.
func contents(p *Payment, row int64, payee bool) []byte {
	var to, about [6]string
	var name, bankName, corr string
	if payee {
		name, bankName, corr = p.Payee.Name, p.Payee.BankName, p.Payee.CorrAccount
		to = [6]string{p.Payee.INN, p.Payee.KPP, p.Payee.Account, p.Payee.BIK, p.Payee.KBK, p.Payee.OKTMO}
	}
	if q := p.Requisites; p.UIN == "" && q != nil {
		about = [6]string{p.Purpose, q.Period, q.Status, q.Basis, q.DocNo, q.DocDate}
	}
	var out bytes.Buffer
	for _, field := range []string{"epgu payment 1", fmt.Sprint(row), fmt.Sprint(p.Amount), p.UIN,
		name, to[0], to[1], to[2], bankName, to[3], corr, to[4], to[5],
		about[0], about[1], about[2], about[3], about[4], about[5]} {
		fmt.Fprintf(&out, "%d:%s,", len(field), field)
	}
	if q := p.Requisites; p.UIN == "" && q != nil && q.ActCode != "" {
		fmt.Fprintf(&out, "%d:%s,", len(q.ActCode), q.ActCode)
	}
	return out.Bytes()
}

// leads follows an inclusion proof as RFC 9162, section 2.1.3.2, has it.
func (s *signed) leads(leaf []byte, by Proof) bool {
	r := sha256.Sum256(append([]byte{0}, leaf...))
	fn, sn := by.Row-1, s.rows-1
	for path := by.Path; len(path) > 0; path = path[sha256.Size:] {
		if sn == 0 {
			return false
		}
		p := path[:sha256.Size]
		if fn&1 == 1 || fn == sn {
			r = sha256.Sum256(slices.Concat([]byte{1}, p, r[:]))
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			r = sha256.Sum256(slices.Concat([]byte{1}, r[:], p))
		}
		fn, sn = fn>>1, sn>>1
	}
	return sn == 0 && bytes.Equal(r[:], s.root)
}

// rowIsFree refuses a second payment of what was signed once.
func rowIsFree(ctx context.Context, tx *sql.Tx, p *Payment) error {
	var id string
	err := tx.QueryRowContext(ctx, "SELECT id FROM payments WHERE authorisation = ? AND authorisation <> '' AND plan_row = ? AND state <> 'refused'", p.Authorisation, p.PlanRow).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return &RowPaidError{id}
}
