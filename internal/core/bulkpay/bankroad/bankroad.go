// Package bankroad runs a payment plan by files of payment orders for a bank
// (1CClientBankExchange). A row is journalled as sent by its file before anybody
// can see the file, and is settled only by the bank's statement. cli/batch
// imports it.
package bankroad

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Road writes the files of one plan.
type Road struct {
	Journal Ledger
	Plan    bulkpay.Plan
	Clock   clock.Clock
	Dir     string
	Shelf   bankfiles.Shelf   // where Dir is; the system's disk when nil
	Payers  []bankfiles.Payer // by account; the first pays for rows that name none
	Charset onec.Charset
	// MaxOrders and MaxKopecks bound one file; 0 is DefaultOrders, and no bound.
	MaxOrders  int
	MaxKopecks int64
	// Budget stops before the sum of what this call sends exceeds it; 0 does not.
	Budget int64
	// Until stops issuing files at this moment; zero does not.
	Until time.Time
	// Want chooses rows by number; nil takes all.
	Want func(row int) bool
	// OtherAccounts lets the rest of a plan be drawn on other accounts than what has
	// gone before.
	OtherAccounts bool

	numbers *bankfiles.Numbers
	spent   int64 // of Budget, kopecks
}

// Ledger is what the road needs of the journal.
type Ledger interface {
	bulkpay.Records
	Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error]
}

// DefaultOrders is how many orders a file holds at most.
const DefaultOrders = 1_000

// attempts is how often numbers are drawn anew when others take the same ones at
// the same time.
const attempts = 5

// File is a file that was written.
type File struct {
	Path    string `json:"path"`
	Account string `json:"account"`
	Orders  int    `json:"orders"`
	Kopecks int64  `json:"kopecks"`
	First   string `json:"first"` // numbers of the first and the last order
	Last    string `json:"last"`
}

// Result is what a call did.
type Result struct {
	Files    []File
	Finished bankfiles.Finished // what earlier calls that died have left
	Skipped  int                // rows whose debt another payment holds
	Waiting  int                // rows whose day has not come, or whose term is over
	Left     int                // rows that Budget or Until left for another call
	Counts   journal.Counts
}

// draft is a file that fills up.
type draft struct {
	payer bankfiles.Payer
	rows  []*planfile.Row
	sum   int64
}

// Write writes the orders of every row that is not sent yet, as one set of files that
// appears as a whole. The same call again finishes or withdraws what a call that died
// has left, and writes only what is left.
func (r *Road) Write(ctx context.Context) (*Result, error) {
	if len(r.Payers) == 0 {
		return nil, fault.New(exitcode.Usage, "bankroad.no_payer", i18n.Say("не сказано, с какого счёта платить", "no account to pay from is given"))
	}
	if r.Shelf == nil {
		r.Shelf = bankfiles.Disk{}
	}
	finished, err := bankfiles.Resume(ctx, r.Journal, r.Shelf, journal.Filter{Run: r.Plan.Head().ID}, r.Dir, r.tag()+"-")
	if err != nil {
		return nil, err
	}
	if err := r.sameAccounts(ctx); err != nil {
		return nil, err
	}
	r.numbers = bankfiles.NewNumbers(r.Journal)
	for range attempts {
		out, again, err := r.attempt(ctx)
		out.Finished = finished
		if err != nil {
			return out, err
		}
		if !again {
			out.Counts, err = r.Journal.Counts(ctx, r.Plan.Head().ID)
			return out, err
		}
	}
	return nil, bankfiles.NumbersTaken()
}

// tag begins the IDs of this plan's sets.
func (r *Road) tag() string { id := r.Plan.Head().ID; return id[len(id)-8:] }

// attempt writes the set once; again says that others took its numbers at the same
// time, and that nothing was seen by anybody.
func (r *Road) attempt(ctx context.Context) (out *Result, again bool, err error) {
	out = &Result{}
	r.spent = 0
	s := &set{road: r}
	defer func() { err = errors.Join(err, s.end()) }()
	if err := r.gather(ctx, s, out); err != nil {
		return out, false, s.back(ctx, err)
	}
	if len(s.files) == 0 {
		return out, false, nil
	}
	again, err = s.issue(context.WithoutCancel(ctx))
	if err == nil && !again {
		out.Files = s.files
	}
	return out, again, err
}

// gather goes through the plan and puts the orders of what is not sent yet into the
// files of a set.
func (r *Road) gather(ctx context.Context, s *set, out *Result) error {
	today := bulkpay.Day(r.Clock.Now())
	drafts := map[string]*draft{}
	var order []string // of accounts, as they came
	for row, err := range r.Plan.ToPay(1) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if r.Want != nil && !r.Want(row.N) {
			continue
		}
		if row.NotBefore > today || row.NotAfter != "" && row.NotAfter < today {
			out.Waiting++
			continue
		}
		payer, err := r.payer(row)
		if err != nil {
			return err
		}
		if r.over() {
			out.Left++
			continue
		}
		d := drafts[payer.Account]
		if d == nil {
			d = &draft{payer: payer}
			drafts[payer.Account] = d
			order = append(order, payer.Account)
		}
		if r.full(d, row) {
			if err := r.fill(ctx, s, d, out); err != nil {
				return err
			}
			d.rows, d.sum = nil, 0
		}
		d.rows = append(d.rows, row)
		d.sum += row.Kopecks
	}
	for _, account := range order {
		if err := r.fill(ctx, s, drafts[account], out); err != nil {
			return err
		}
	}
	return nil
}

// over reports whether no more orders may be issued by this call.
func (r *Road) over() bool {
	return r.Budget > 0 && r.spent >= r.Budget || !r.Until.IsZero() && !r.Clock.Now().Before(r.Until)
}

func (r *Road) full(d *draft, row *planfile.Row) bool {
	most := r.MaxOrders
	if most <= 0 {
		most = DefaultOrders
	}
	return len(d.rows) >= min(most, journal.MaxGroup) || r.MaxKopecks > 0 && len(d.rows) > 0 && d.sum+row.Kopecks > r.MaxKopecks
}

func (r *Road) payer(row *planfile.Row) (bankfiles.Payer, error) {
	for _, p := range r.Payers {
		if p.Account == row.Account || row.Account == "" {
			return p, nil
		}
	}
	return bankfiles.Payer{}, fault.New(exitcode.Usage, "bankroad.unknown_account", i18n.Text{
		RU: "строка %d: счёта %s нет среди счетов плательщика", EN: "row %d: account %s is not among the payer's"}.With(row.N, row.Account))
}

// fill claims a draft's rows and writes their orders into a file of the set.
func (r *Road) fill(ctx context.Context, s *set, d *draft, out *Result) error {
	if len(d.rows) == 0 {
		return nil
	}
	if r.over() {
		out.Left += len(d.rows)
		return nil
	}
	if err := r.check(d); err != nil {
		return err
	}
	rows, payments, err := r.claim(ctx, d, out)
	for i := range payments {
		s.payments = append(s.payments, item{id: payments[i].ID})
	}
	if err != nil || len(rows) == 0 {
		return err
	}
	numbers, err := r.numbers.Take(ctx, d.payer.Account, r.day(), len(rows))
	if err != nil {
		return err
	}
	return s.file(d.payer, rows, numbers)
}

// check finds everything wrong with a draft's orders before anything is
// journalled.
func (r *Road) check(d *draft) error {
	var fields []fault.Field
	for _, row := range d.rows {
		o := r.order(d.payer, row, "1")
		for _, f := range o.Document().Check() {
			field := f.AsField()
			fields = append(fields, fault.Placed(i18n.Text{RU: "строка %d, %s", EN: "row %d, %s"}.With(row.N, field.Place()), field.Message))
		}
		if len(fields) > 200 {
			break
		}
	}
	if len(fields) == 0 {
		return nil
	}
	e := fault.New(exitcode.Usage, "bankroad.order", i18n.Say("поручения не составить; в журнал ничего не записано", "the orders cannot be made; nothing was journalled"))
	e.Fields = fields
	return e
}

// claim journals the rows and takes those that are ours to send.
func (r *Road) claim(ctx context.Context, d *draft, out *Result) (rows []*planfile.Row, payments []journal.Payment, err error) {
	var plan []journal.Payment
	byRow := map[int]*planfile.Row{}
	for _, row := range d.rows {
		p := row.Payment(r.Plan.Head(), journal.ViaBankFile)
		byRow[row.N] = row
		plan = append(plan, p)
	}
	holders, err := bulkpay.Holders(ctx, r.Journal, plan)
	if err != nil {
		return nil, nil, err
	}
	free := make([]journal.Payment, 0, len(plan))
	for i, p := range plan {
		if holders[i] != nil {
			out.Skipped++
			continue
		}
		free = append(free, p)
	}
	if plan = free; len(plan) == 0 {
		return nil, nil, nil
	}
	results, err := r.Journal.Plan(ctx, plan)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for i, res := range results {
		p := &res.Payment
		ours := p.Run == plan[i].Run && p.Row == plan[i].Row && p.Via == journal.ViaBankFile
		switch {
		case res.Outcome != journal.Duplicate, ours && p.State == journal.Planned:
			if r.Budget > 0 && r.spent+p.AmountKopecks > r.Budget {
				out.Left++
				r.spent = r.Budget
				continue
			}
			r.spent += p.AmountKopecks
			ids = append(ids, p.ID)
		case !ours:
			out.Skipped++
		}
	}
	if len(ids) == 0 {
		return nil, nil, nil
	}
	payments, err = r.Journal.Claim(ctx, journal.Claim{Run: r.Plan.Head().ID, IDs: ids})
	for _, p := range payments {
		rows = append(rows, byRow[p.Row])
	}
	return rows, payments, err
}

// orders writes the file's content and returns its sum.
func (r *Road) orders(f io.Writer, payer bankfiles.Payer, rows []*planfile.Row, numbers []string) (sum int64, err error) {
	day := r.day()
	w := onec.NewWriter(f, onec.WriteOptions{Charset: r.Charset, Sender: "epgu", Created: day, From: day, To: day, Accounts: []string{payer.Account}})
	for i, row := range rows {
		o := r.order(payer, row, numbers[i])
		if err := w.Write(o.Document()); err != nil {
			return 0, err
		}
		sum += row.Kopecks
	}
	return sum, w.Close()
}

func (r *Road) day() time.Time { return r.Clock.Now().In(clock.Moscow()) }

// order lays a row out.
func (r *Road) order(payer bankfiles.Payer, row *planfile.Row, number string) onec.Order {
	return Order(payer, row, number, r.day())
}

// Order lays a row of a plan out as a payment order of the payer.
func Order(payer bankfiles.Payer, row *planfile.Row, number string, day time.Time) onec.Order {
	s := bankfiles.Subject{UIN: row.UIN, Kopecks: row.Kopecks, Requisites: cabinet.Requisites{Purpose: row.Purpose, ActCode: row.ActCode}}
	if p := row.Payee; p != nil {
		s.Requisites.Payee = cabinet.Payee{Name: cabinet.Text(p.Name), INN: p.INN, KPP: p.KPP, Account: p.Account, BankName: cabinet.Text(p.Bank), BIK: p.BIK, CorrAccount: p.CorrAccount}
	}
	if b := row.Budget; b != nil {
		q := &s.Requisites
		q.Payee.KBK, q.Payee.OKTMO = b.KBK, b.OKTMO
		q.Status, q.Basis, q.Period, q.DocNo, q.DocDate = b.Drawer, b.Basis, b.Period, b.DocNo, b.DocDate
	}
	return s.Order(payer, number, day)
}
