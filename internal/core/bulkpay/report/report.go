// Package report gives a register back with what became of each row: the
// original columns untouched, the result in columns of its own. The report can be
// fed into planning again; rows that are settled are skipped then. cli/batch
// imports it.
package report

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/money"
)

// Plan is what a report reads of a plan; *planfile.Plan is one.
type Plan interface {
	Head() *planfile.Header
	Rows(n int) iter.Seq2[*planfile.Row, error]
}

// Ledger is what a report reads of the journal.
type Ledger interface {
	List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error]
	Payment(ctx context.Context, id string) (journal.Payment, error)
}

// Columns are the headings that a report adds.
func Columns() []string {
	return []string{planning.ColumnState, planning.ResultPrefix + "payment", planning.ResultPrefix + "amount", planning.ResultPrefix + "uip",
		planning.ResultPrefix + "receipt", planning.ResultPrefix + "reason", planning.ResultPrefix + "time"}
}

// Line is one row with its result.
type Line struct {
	Row     *planfile.Row
	Payment *journal.Payment // nil when nothing was sent for the row
	State   string           // the payment's state, else the row's status, else "unsent"
}

// Unsent is the state of a row that was to be paid and was not begun.
const Unsent = "unsent"

// Lines yields every row of a plan with what the journal knows of it. Both are
// walked in the order of rows, so memory does not depend on their number.
func Lines(ctx context.Context, p Plan, j Ledger) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		next, stop := iter.Pull2(j.List(ctx, journal.Filter{Run: p.Head().ID}))
		defer stop()
		have, err, more := next()
		for r, rowErr := range p.Rows(1) {
			if rowErr != nil {
				yield(Line{}, rowErr)
				return
			}
			l := Line{Row: r, State: string(r.Status)}
			if r.Status == planfile.Pay {
				l.State = Unsent
			}
			// The last attempt of a row is the one that counts.
			for more && err == nil && have.Row <= r.N {
				if have.Row == r.N {
					q := have
					l.Payment, l.State = &q, string(q.State)
				}
				have, err, more = next()
			}
			if err == nil && l.Payment == nil && journal.IsUUID(r.Holder) {
				// Somebody else's payment holds the debt; its state is the row's. A
				// number of the portal's own is no record of this journal.
				if q, missing := j.Payment(ctx, r.Holder); missing == nil {
					l.Payment, l.State = &q, string(q.State)
				}
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// Cells returns the row of a report: the original cells, padded to their columns,
// and the result.
func (l *Line) Cells(columns int) []string {
	out := make([]string, columns, columns+len(Columns()))
	copy(out, l.Row.Cells)
	var id, amount, uip, receipt, reason, at string
	reason = l.Row.Why
	if p := l.Payment; p != nil {
		id, uip, receipt, at = p.ID, p.PortalPaymentID, p.ReceiptID, p.UpdatedAt.UTC().Format(time.RFC3339)
		amount = money.Format(p.AmountKopecks, ',')
		if p.Reason.Code != "" {
			reason = strings.TrimSpace(p.Reason.Code + " " + p.Reason.Text)
		}
	} else if l.Row.Status == planfile.Pay {
		amount = money.Format(l.Row.Kopecks, ',')
	}
	return append(out, l.State, id, amount, uip, receipt, reason, at)
}

// Headings returns the headings of a source's report: its own, without result
// columns of an earlier report, and how to take the cells that go under them.
func Headings(s *planfile.Source) (headings []string, keep []int) {
	for i, c := range s.Columns {
		if !strings.HasPrefix(c, planning.ResultPrefix) {
			headings, keep = append(headings, c), append(keep, i)
		}
	}
	return append(headings, Columns()...), keep
}

// Table yields the rows of one source's report, ready to be written.
func Table(ctx context.Context, p Plan, j Ledger, file int) iter.Seq2[[]string, error] {
	head := p.Head()
	return func(yield func([]string, error) bool) {
		if file < 0 || file >= len(head.Sources) {
			return
		}
		headings, keep := Headings(&head.Sources[file])
		if !yield(headings, nil) {
			return
		}
		for l, err := range Lines(ctx, p, j) {
			if err != nil {
				yield(nil, err)
				return
			}
			if l.Row.File != file {
				continue
			}
			cells := make([]string, len(keep))
			for i, k := range keep {
				if k < len(l.Row.Cells) {
					cells[i] = l.Row.Cells[k]
				}
			}
			row := *l.Row
			row.Cells = cells
			l.Row = &row
			if !yield(l.Cells(len(keep)), nil) {
				return
			}
		}
	}
}

var _ Plan = (*planfile.Plan)(nil)
