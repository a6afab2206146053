package report

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Paid is a payment as papers for accounting show it: what the journal knows, and
// what the register said where there is one.
type Paid struct {
	N         int // row of the plan, 0 for a single payment
	ID        string
	UIN       string
	ActCode   string // in field 22 of a payment to a court deposit
	Kopecks   int64
	Payer     string // ИНН, СНИЛС or the portal's identifier
	PayerName string
	Account   string // the payer's
	Payee     planfile.Payee
	Budget    planfile.Budget
	Purpose   string
	Document  string // the portal's number of the payment, or that of the order
	At        time.Time
}

// PaidOf takes a line of a report.
func PaidOf(l *Line) Paid {
	r := l.Row
	p := Paid{N: r.N, UIN: r.UIN, ActCode: r.ActCode, Kopecks: r.Kopecks, Payer: r.Payer, PayerName: r.PayerName, Account: r.Account, Purpose: r.Purpose}
	if l.Payment != nil {
		p = PaidBy(l.Payment)
		p.N, p.PayerName, p.ActCode = r.N, r.PayerName, r.ActCode
		if p.Account == "" {
			p.Account = r.Account
		}
		if p.Purpose == "" {
			p.Purpose = r.Purpose
		}
	}
	if r.Payee != nil {
		p.Payee = *r.Payee
	}
	if r.Budget != nil {
		p.Budget = *r.Budget
	}
	return p
}

// PaidBy takes a payment of the journal.
func PaidBy(q *journal.Payment) Paid {
	c := billing.CarriedOf(q)
	p := Paid{N: q.Row, ID: q.ID, UIN: q.UIN, Kopecks: q.AmountKopecks, Payer: q.Payer, Account: c.PayerAccount, Purpose: q.Purpose,
		Payee:  planfile.Payee{Name: q.PayeeName, Account: q.PayeeAccount, BIK: q.BIK},
		Budget: planfile.Budget{KBK: q.KBK, OKTMO: q.OKTMO, Period: q.Period}, Document: q.PortalPaymentID, At: q.UpdatedAt}
	if c.Number != "" {
		p.Document = c.Number
	}
	if r := c.Requisites; r != nil {
		p.ActCode = r.ActCode
		p.Payee.INN, p.Payee.KPP, p.Payee.CorrAccount, p.Payee.Bank = r.Payee.INN, r.Payee.KPP, r.Payee.CorrAccount, r.Payee.BankName.Raw()
		p.Budget.Drawer, p.Budget.Basis, p.Budget.DocNo, p.Budget.DocDate = r.Status, r.Basis, r.DocNo, r.DocDate
	}
	return p
}

// Stories tells what stands behind a payment.
type Stories interface {
	Story(ctx context.Context, uinOrID string) ([]journal.Story, error)
}

// DebitedOn returns the day on which a paid payment's money left: the day of the
// statement that proves it, or the day on which the journal learned of it.
func DebitedOn(ctx context.Context, j Stories, q *journal.Payment) (time.Time, error) {
	day := q.UpdatedAt.In(clock.Moscow())
	if !q.PaidAt.IsZero() {
		day = q.PaidAt.In(clock.Moscow())
	}
	if d := q.SettledBy; d != nil && d.Moved != "" {
		if t, err := time.ParseInLocation(time.DateOnly, d.Moved, clock.Moscow()); err == nil {
			return t, nil
		}
	}
	if !q.Via.ByBank() {
		return day, nil
	}
	stories, err := j.Story(ctx, q.ID)
	if err != nil {
		return day, err
	}
	for _, s := range stories {
		for _, e := range s.Events {
			var c journal.Change
			var seen struct {
				Date string `json:"date"`
			}
			if e.Kind != journal.PaymentMoved || json.Unmarshal(e.Body, &c) != nil || c.Witness != journal.Statement || json.Unmarshal(c.Details, &seen) != nil {
				continue
			}
			if t, err := time.ParseInLocation(time.DateOnly, seen.Date, clock.Moscow()); err == nil {
				day = t
			}
		}
	}
	return day, nil
}

// OneCOptions say what a file for 1C holds apart from its documents.
type OneCOptions struct {
	Charset onec.Charset
	From    time.Time // the first and the last day
	To      time.Time
	Created time.Time
	// Payers are the organisation's accounts: documents name the one that paid, or
	// the first.
	Payers []bankfiles.Payer
}

// OneC writes paid payments as executed payment orders in 1CClientBankExchange.
type OneC struct {
	w *onec.Writer
	o OneCOptions
}

// NewOneC begins a file.
func NewOneC(w io.Writer, o OneCOptions) *OneC {
	var accounts []string
	for _, p := range o.Payers {
		accounts = append(accounts, p.Account)
	}
	return &OneC{onec.NewWriter(w, onec.WriteOptions{Charset: o.Charset, Sender: "epgu", Created: o.Created.In(clock.Moscow()), From: o.From.In(clock.Moscow()), To: o.To.In(clock.Moscow()), Accounts: accounts}), o}
}

// Write adds a payment that was debited on a day.
func (o *OneC) Write(p Paid, debited time.Time) error {
	order := onec.Order{Number: number(p), Date: debited, Kopecks: p.Kopecks, UIN: p.UIN, Purpose: untrusted.Clean(p.Purpose), Payer: o.payer(&p),
		Payee: onec.Party{Name: untrusted.Clean(p.Payee.Name), INN: p.Payee.INN, KPP: p.Payee.KPP, Account: requisites.Account(p.Payee.Account),
			BIK: requisites.BIK(p.Payee.BIK), Bank: untrusted.Clean(p.Payee.Bank), CorrAccount: p.Payee.CorrAccount}}
	if order.UIN == "" {
		order.UIN = p.ActCode
	}
	if b := p.Budget; b.KBK != "" {
		order.Budget = &onec.Budget{DrawerStatus: b.Drawer, KBK: b.KBK, OKTMO: b.OKTMO, Basis: b.Basis, TaxPeriod: b.Period, DocNo: b.DocNo, DocDate: b.DocDate}
	}
	d := order.Document()
	d.Set(onec.DebitedOn, debited.Format("02.01.2006"))
	return o.w.Write(d)
}

// number is the order's own, or the row's where the portal keeps numbers of
// another form.
func number(p Paid) string {
	const digits = 6 // of field 3
	if len(p.Document) > 0 && len(p.Document) <= digits {
		return p.Document
	}
	if p.N > 0 && p.N < 1_000_000 {
		return strconv.Itoa(p.N)
	}
	return ""
}

func (o *OneC) payer(p *Paid) onec.Party {
	for _, own := range o.o.Payers {
		if own.Account == p.Account || p.Account == "" {
			return onec.Party{Name: own.Name, INN: own.INN, KPP: own.KPP, Account: requisites.Account(own.Account), BIK: requisites.BIK(own.BIK), Bank: own.Bank, CorrAccount: own.Corr}
		}
	}
	party := onec.Party{Name: untrusted.Clean(p.PayerName), Account: requisites.Account(p.Account)}
	if n := len(p.Payer); n == 10 || n == 12 {
		party.INN = p.Payer
	}
	return party
}

// Close ends the file. It does not close the underlying writer.
func (o *OneC) Close() error { return o.w.Close() }
