// Package report gives a register back with what became of each row: the
// original columns untouched, the result in columns of its own. The report can be
// fed into planning again; rows that are settled are skipped then. cli/batch
// imports it.
package report

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/payfile/register"
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
	return []string{register.ColumnState, register.ResultPrefix + "payment", register.ResultPrefix + "amount", register.ResultPrefix + "uip",
		register.ResultPrefix + "receipt", register.ResultPrefix + "reason", register.ResultPrefix + "time"}
}

// Line is one row with its result.
type Line struct {
	Row     *planfile.Row
	Payment *journal.Payment // nil when nothing was sent for the row
	State   string           // the payment's state, else the row's status, else "unsent"
}

// Unsent is the state of a row that was to be paid and was not begun.
const Unsent = "unsent"

// Settled is the state, in totals and papers, of a row that something else than
// its own payment paid: an earlier run, another plan, somebody else.
const Settled = "settled"

// Ours reports whether the line's payment is its own, made by this run.
func (l *Line) Ours() bool { return l.Row.Status == planfile.Pay && l.Payment != nil }

// Standing is the line's state as totals and papers have it.
func (l *Line) Standing() string {
	if l.State == string(journal.Paid) && !l.Ours() {
		return Settled
	}
	return l.State
}

// Lines yields every row of a plan with what the journal knows of it. Both are
// walked in the order of rows, so memory depends on the number of those payments
// alone that were journalled out of it: by calls for some rows only, by several
// machines, or by another attempt at a row.
func Lines(ctx context.Context, p Plan, j Ledger) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		late, err := outOfOrder(ctx, p.Head().ID, j)
		if err != nil {
			yield(Line{}, err)
			return
		}
		next, stop := iter.Pull2(inOrder(j.List(ctx, journal.Filter{Run: p.Head().ID})))
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
			if id := late[r.N]; err == nil && id != "" {
				var q journal.Payment
				if q, err = j.Payment(ctx, id); err == nil {
					l.Payment, l.State = &q, string(q.State)
				}
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

// inOrder leaves out what outOfOrder returns.
func inOrder(payments iter.Seq2[journal.Payment, error]) iter.Seq2[journal.Payment, error] {
	return func(yield func(journal.Payment, error) bool) {
		last := 0
		for q, err := range payments {
			if err == nil && q.Row <= last {
				continue
			}
			last = q.Row
			if !yield(q, err) {
				return
			}
		}
	}
}

// outOfOrder returns, by row, the last of the payments that were journalled after
// one of the same or a later row.
func outOfOrder(ctx context.Context, run string, j Ledger) (map[int]string, error) {
	late, last := map[int]string{}, 0
	for q, err := range j.List(ctx, journal.Filter{Run: run}) {
		if err != nil {
			return nil, err
		}
		if q.Row <= last {
			late[q.Row] = q.ID
		}
		last = max(last, q.Row)
	}
	return late, nil
}

// Cells returns the row of a report: the original cells, padded to their columns,
// and the result. Nothing unpaid is without a reason.
func (l *Line) Cells(columns int, lang i18n.Lang) []string {
	out := make([]string, columns, columns+len(Columns()))
	copy(out, l.Row.Cells)
	var id, amount, uip, receipt, reason, at string
	reason = l.reason(lang)
	if p := l.Payment; p != nil {
		id, uip, receipt, at = p.ID, p.PortalPaymentID, p.ReceiptID, p.UpdatedAt.UTC().Format(time.RFC3339)
		amount = money.Format(p.AmountKopecks, ',')
	} else if l.Row.Status == planfile.Pay {
		amount = money.Format(l.Row.Kopecks, ',')
	}
	return append(out, l.State, id, amount, uip, receipt, reason, at)
}

// reason is why the row is not paid, or why it is without a payment of its own: the
// portal's or the journal's words where there are any, its code where it gave no
// words, else ours.
func (l *Line) reason(lang i18n.Lang) string {
	if p := l.Payment; p != nil && p.Reason.Code != "" {
		if text := strings.TrimSpace(p.Reason.Text); text != "" {
			return text
		}
		return p.Reason.Code
	}
	if why := l.Row.Reason(); why != nil {
		return why.In(lang)
	}
	switch p := l.Payment; {
	case p == nil:
		return i18n.Text{RU: "до неё ещё не дошло: epgu batch run", EN: "not begun yet: epgu batch run"}.In(lang)
	case p.State == journal.Paid:
		return ""
	case p.State == journal.Unknown, p.State == journal.Sending:
		return i18n.Text{RU: "исход неизвестен: epgu batch reconcile", EN: "the outcome is unknown: epgu batch reconcile"}.In(lang)
	default:
		return billing.StateTitle(p.State).In(lang)
	}
}

// Headings returns the headings of a source's report: its own, without result
// columns of an earlier report, and how to take the cells that go under them. A
// source without headings gets the numbers of its columns, so that a map by
// numbers reads the report, too; columns is how many its rows have.
func Headings(s *planfile.Source, columns int) (headings []string, keep []int) {
	for i := range max(columns, len(s.Columns)) {
		c := strconv.Itoa(i + 1)
		if i < len(s.Columns) {
			c = s.Columns[i]
		} else if len(s.Columns) > 0 {
			c = ""
		}
		if !strings.HasPrefix(c, register.ResultPrefix) {
			headings, keep = append(headings, c), append(keep, i)
		}
	}
	return append(headings, Columns()...), keep
}

// Table yields the rows of one source's report, ready to be written, the headings
// first. Told is called with every line before its row; it may be nil.
func Table(ctx context.Context, p Plan, j Ledger, file int, lang i18n.Lang, told func(*Line)) iter.Seq2[[]string, error] {
	head := p.Head()
	return func(yield func([]string, error) bool) {
		if file < 0 || file >= len(head.Sources) {
			return
		}
		var keep []int
		begun := false
		begin := func(columns int) bool {
			var headings []string
			headings, keep = Headings(&head.Sources[file], columns)
			begun = true
			return yield(headings, nil)
		}
		for l, err := range Lines(ctx, p, j) {
			if err != nil {
				yield(nil, err)
				return
			}
			if l.Row.File != file {
				continue
			}
			if !begun && !begin(len(l.Row.Cells)) {
				return
			}
			if told != nil {
				told(&l)
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
			if !yield(l.Cells(len(keep), lang), nil) {
				return
			}
		}
		if !begun {
			begin(0)
		}
	}
}

var _ Plan = (*planfile.Plan)(nil)
