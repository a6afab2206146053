package bankfiles

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/statement"
)

// Ledger is the part of the journal that an import needs.
type Ledger interface {
	List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error]
	Move(ctx context.Context, transitions []journal.Transition) error
	Recover(ctx context.Context) (journal.Recovered, error)
}

// Found is what became of one entry of a statement.
type Found struct {
	statement.Result
	Was     journal.State // of the payment before, if Matched
	Settled bool          // this import moved the payment to paid
	Already bool          // the journal knew that it was paid
}

// Report is what an import found out.
type Report struct {
	Format  string // "1c" or "csv"
	Found   []Found
	Faults  []fault.Field // entries that could not be read
	Settled int
	Already int
	Doubts  int // entries that a person must look at
}

// maxEntries bounds the entries of one statement: matching looks at all of
// them together.
const maxEntries = 1_000_000

// Import reads a statement, finds the journal's payments in it and, unless
// dry, settles those that exactly one entry proves. Nothing is settled on
// likeness: see statement.Match. The statement is read to its end before
// anything moves, so one that was cut settles nothing.
func Import(ctx context.Context, j Ledger, profile, name string, in io.Reader, dry bool) (*Report, error) {
	r, err := statement.NewReader(in)
	if err != nil {
		return nil, err
	}
	rep := &Report{Format: r.Format()}
	entries, err := readAll(ctx, r)
	rep.Faults = r.Faults()
	if err != nil {
		return rep, err
	}
	if !dry {
		if _, err := j.Recover(ctx); err != nil {
			return rep, err
		}
	}
	known, candidates, err := open(ctx, j, profile)
	if err != nil {
		return rep, err
	}
	for _, result := range statement.Match(entries, candidates) {
		rep.Found = append(rep.Found, Found{Result: result})
	}
	for i := range rep.Found {
		f := &rep.Found[i]
		switch f.Outcome {
		case statement.Ambiguous, statement.Conflict:
			rep.Doubts++
		case statement.Matched:
			p := known[f.Payment]
			f.Was = p.State
			if p.State == journal.Paid || p.State == journal.Returned {
				f.Already = true
				rep.Already++
				continue
			}
			if dry {
				continue
			}
			err := settle(ctx, j, p, f.Result, name)
			var stale *journal.StaleError
			if errors.As(err, &stale) && stale.Actual == journal.Paid {
				// Another import, or the portal, was quicker.
				f.Already = true
				rep.Already++
				continue
			}
			if err != nil {
				return rep, err
			}
			f.Settled = true
			rep.Settled++
		}
	}
	return rep, nil
}

func readAll(ctx context.Context, r *statement.Reader) ([]statement.Entry, error) {
	var entries []statement.Entry
	for {
		var e statement.Entry
		err := r.Next(&e)
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		if len(entries) == maxEntries {
			return nil, fault.New(exitcode.Usage, "statement.too_long", i18n.Text{
				RU: "в выписке больше %d записей: разделите её по дням", EN: "the statement has more than %d entries: split it by days"}.With(maxEntries))
		}
		if entries = append(entries, e); len(entries)%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// open lists the payments that an entry may prove. Paid and returned ones stand
// among them: an entry that was imported before must find its own payment again,
// never a like one.
func open(ctx context.Context, j Ledger, profile string) (map[string]journal.Payment, []statement.Candidate, error) {
	known := map[string]journal.Payment{}
	var out []statement.Candidate
	for p, err := range j.List(ctx, journal.Filter{Profile: profile}) {
		if err != nil {
			return nil, nil, err
		}
		if p.State == journal.Refused {
			continue
		}
		if _, twice := known[p.ID]; twice {
			continue
		}
		known[p.ID] = p
		c := billing.CarriedOf(&p)
		out = append(out, statement.Candidate{ID: p.ID, UIN: journal.NormalUIN(p.UIN), Kopecks: p.AmountKopecks, PayeeAccount: p.PayeeAccount,
			PayerAccount: c.PayerAccount, Number: c.Number, NotBefore: p.CreatedAt.In(clock.Moscow())})
	}
	return known, out, nil
}

// settle records what the entry proves.
func settle(ctx context.Context, j Ledger, p journal.Payment, r statement.Result, name string) error {
	details, err := json.Marshal(struct {
		File     string               `json:"file"`
		Line     int                  `json:"line"`
		Date     string               `json:"date"`
		Number   string               `json:"number,omitempty"`
		Kopecks  int64                `json:"amountKopecks"`
		Evidence []statement.Evidence `json:"evidence"`
	}{journal.Cut(name, 512), r.Entry.Line, r.Entry.Date.Format(time.DateOnly), journal.Cut(r.Entry.Number, 64), r.Entry.Kopecks, r.Evidence})
	if err != nil {
		return err
	}
	var document *journal.Document
	if r.Entry.Number != "" {
		document = &journal.Document{Number: journal.Cut(r.Entry.Number, 64), Moved: r.Entry.Date.Format(time.DateOnly),
			Kopecks: r.Entry.Kopecks, File: journal.Cut(name, 256), Line: r.Entry.Line}
	}
	return j.Move(ctx, []journal.Transition{{ID: p.ID, From: p.State, To: journal.Paid, Document: document, Evidence: journal.Evidence{Witness: journal.Statement, Details: details}}})
}
