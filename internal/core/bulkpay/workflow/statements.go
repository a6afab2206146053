package workflow

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/statement"
)

// Told is what statements have said, once for each payment.
type Told struct {
	closed []reconcile.Finding         // what nobody else is asked about
	at     map[string]int              // where in closed, by the payment's ID
	open   map[string][]reconcile.Says // the rest, by the payment's ID
}

// add takes what a line of a statement says; q is as the payment is now.
func (t *Told) add(f reconcile.Finding, now journal.State) {
	id := f.Payment.ID
	if now == journal.Unknown || now == journal.Accepted || now == journal.Sending {
		if t.open == nil {
			t.open = map[string][]reconcile.Says{}
		}
		t.open[id] = further(t.open[id], f.Says)
		return
	}
	if i, ok := t.at[id]; ok {
		c := &t.closed[i]
		c.Says = further(c.Says, f.Says)
		if f.To != "" {
			c.Payment.State, c.To = f.Payment.State, f.To
		}
		return
	}
	if t.at == nil {
		t.at = map[string]int{}
	}
	t.at[id] = len(t.closed)
	if before, ok := t.open[id]; ok { // it was open until now
		f.Says = further(before, f.Says)
		delete(t.open, id)
	}
	t.closed = append(t.closed, f)
}

// further adds what is said; a notice of a bank that says the same again is left out,
// for some banks say everything twice.
func further(said, more []reconcile.Says) []reconcile.Says {
	for _, s := range more {
		if s.Witness != journal.Bank || !slices.ContainsFunc(said, func(o reconcile.Says) bool { return o.Witness == journal.Bank && o.What == s.What && o.Code == s.Code }) {
			said = append(said, s)
		}
	}
	return said
}

// Before yields what statements have settled, then what the other witnesses say, with
// the statements' word before theirs.
func (t *Told) Before(rest iter.Seq2[reconcile.Finding, error]) iter.Seq2[reconcile.Finding, error] {
	return func(yield func(reconcile.Finding, error) bool) {
		for _, f := range t.closed {
			if !yield(f, nil) {
				return
			}
		}
		for f, err := range rest {
			f.Says = append(t.open[f.Payment.ID], f.Says...)
			if !yield(f, err) {
				return
			}
		}
	}
}

// Statement settles what a statement proves, whichever plan it belongs to, and notes
// what it says of this one's payments.
func (d *Desk) Statement(ctx context.Context, p *planfile.Plan, path string, dry bool, said *Told) (err error) {
	j, err := d.Journal(ctx)
	if err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		exit := exitcode.Usage
		if errors.Is(err, os.ErrNotExist) {
			exit = exitcode.NotFound // as pay import has it
		}
		return fault.New(exit, "statement.open", i18n.Text{RU: "выписку %s не открыть", EN: "statement %s cannot be opened"}.With(path)).Because(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r, err := bankfiles.Import(ctx, j, p.Header.Profile, filepath.Base(path), in, bankfiles.How{Dry: dry})
	if err != nil {
		return err
	}
	return d.stated(ctx, j, p, filepath.Base(path), r, said)
}

// Heard notes what a bank has told: of a statement what it says of this plan's
// payments, of a notice the word about the payment, which has been moved already.
func (d *Desk) Heard(ctx context.Context, p *planfile.Plan, bank string, t *directbank.Told, said *Told) error {
	j, err := d.Journal(ctx)
	if err != nil {
		return err
	}
	if t.Report != nil {
		return d.stated(ctx, j, p, bank, t.Report, said)
	}
	if t.Payment == nil || t.Payment.Run != p.Header.ID {
		return nil
	}
	now, err := j.Payment(ctx, t.Payment.ID)
	if err != nil {
		return err
	}
	said.add(reconcile.Finding{Payment: *t.Payment, To: t.To, Says: []reconcile.Says{{Witness: journal.Bank, Rank: reconcile.RankOf(journal.Bank), What: string(t.Word), Code: t.Code}}}, now.State)
	return nil
}

// stated notes what a statement says of this plan's payments.
func (d *Desk) stated(ctx context.Context, j journal.Journal, p *planfile.Plan, name string, r *bankfiles.Report, said *Told) error {
	d.Note(i18n.Text{RU: "Выписка %s: проведено %d, было проведено %d, требует внимания %d", EN: "Statement %s: %d settled, %d settled before, %d need a look"}.
		With(name, r.Settled, r.Already, r.Doubts))
	for _, f := range slices.Concat(r.Faults, r.Notes) {
		d.Note(f.Told())
	}
	for i := range r.Found {
		f := &r.Found[i]
		ids := slices.Concat(f.Candidates, []string{f.Payment}) // the one it was is a candidate, too
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			if id == "" {
				continue
			}
			q, err := j.Payment(ctx, id)
			if err != nil {
				return err
			}
			if q.Run == p.Header.ID {
				said.add(stated(f, q), q.State)
			}
		}
	}
	return nil
}

// stated is what a line of a statement says of a payment; q is as it is now.
func stated(f *bankfiles.Found, q journal.Payment) reconcile.Finding {
	says := reconcile.Says{Witness: journal.Statement, Rank: reconcile.RankOf(journal.Statement), What: "paid"}
	out := reconcile.Finding{Payment: q}
	switch {
	case f.Outcome != statement.Matched:
		says.What = string(f.Outcome)
	case !f.Already:
		out.Payment.State, out.To = f.Was, journal.Paid
	}
	out.Says = []reconcile.Says{says}
	return out
}

// Settled says what is still open after a reconciliation: exit code 7 with an
// unknown outcome, 10 with something not settled yet. dry is one that moved nothing.
func (d *Desk) Settled(ctx context.Context, p *planfile.Plan, dry bool) error {
	j, err := d.Journal(ctx)
	if err != nil {
		return err
	}
	counts, err := j.Counts(ctx, p.Header.ID)
	if err != nil {
		return err
	}
	// What is still being sent after the dead have been cleared away is in the hands
	// of somebody who lives.
	unknown, pending := counts[journal.Unknown].N, counts[journal.Accepted].N+counts[journal.Sending].N
	if dry {
		unknown, pending = unknown+counts[journal.Sending].N, counts[journal.Accepted].N
	}
	if unknown > 0 {
		return fault.New(exitcode.Unknown, "batch.unknown", i18n.Text{RU: "исход всё ещё неизвестен: %d", EN: "still unknown: %d"}.With(unknown)).
			Advise(i18n.Say("повторите позже, приложите выписку (--statement) или решите сами (--decide)", "repeat later, give a statement (--statement), or decide yourself (--decide)"))
	}
	if pending > 0 {
		return fault.New(exitcode.Pending, "batch.pending", i18n.Text{RU: "ещё не проведено: %d", EN: "not settled yet: %d"}.With(pending)).
			Advise(i18n.Say("повторите позже; ушедшее через банк закроет выписка: --statement", "repeat later; what went by a bank is settled by its statement: --statement"))
	}
	return nil
}
