package bankfiles

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/statement"
	"github.com/epgu-cli/epgu/internal/untrusted"
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
	Back    bool          // this import recorded that its money came back
}

// Title is the outcome for people.
func (r Found) Title() i18n.Text {
	switch r.Outcome {
	case statement.Matched:
		if r.Already {
			return i18n.Text{RU: "проведён раньше", EN: "settled before"}
		}
		return i18n.Text{RU: "найден", EN: "matched"}
	case statement.Ambiguous:
		return i18n.Text{RU: "неоднозначно", EN: "ambiguous"}
	case statement.Conflict:
		return i18n.Text{RU: "противоречие", EN: "conflict"}
	case statement.Doubtful:
		return i18n.Text{RU: "неясно, исполнен ли", EN: "doubtful"}
	case statement.Returned:
		if r.Back || r.Already {
			return i18n.Text{RU: "возврат записан", EN: "return recorded"}
		}
		return i18n.Text{RU: "деньги вернулись", EN: "money came back"}
	case statement.Repeated:
		return i18n.Text{RU: "повтор", EN: "repeated"}
	case statement.Ignored:
		return i18n.Text{RU: "не платёж", EN: "no payment"}
	}
	return i18n.Text{RU: "не наш платёж", EN: "not ours"}
}

// Report is what an import found out.
type Report struct {
	Format   string // "1c", "csv" or "xlsx"
	Found    []Found
	Faults   []fault.Field // entries that could not be read
	Notes    []fault.Field // what the file says beyond its format
	Settled  int
	Already  int
	Returned int // payments whose return was recorded now
	Doubts   int // entries that a person must look at
}

// How says what an import may do.
type How struct {
	Dry bool // only look
	// Returned names payments of which a person has decided, having seen it in the
	// statement, that their money came back.
	Returned []string
}

// maxEntries bounds the entries of one statement: matching looks at all of
// them together.
const maxEntries = 1_000_000

// Import reads a statement, finds the journal's payments in it and, unless
// dry, settles those that exactly one entry proves. Nothing is settled on
// likeness: see statement.Match. The statement is read to its end before
// anything moves, so one that was cut settles nothing. Money that came back is
// recorded only for the payments that how names.
func Import(ctx context.Context, j Ledger, profile, name string, in io.Reader, how How) (*Report, error) {
	r, err := statement.NewReader(in)
	if err != nil {
		return nil, err
	}
	rep := &Report{Format: r.Format()}
	entries, err := readAll(ctx, r)
	rep.Faults, rep.Notes = r.Faults(), r.Notes()
	if err != nil {
		return rep, err
	}
	if !how.Dry {
		if _, err := j.Recover(ctx); err != nil {
			return rep, err
		}
	}
	known, candidates, refused, err := open(ctx, j, profile)
	if err != nil {
		return rep, err
	}
	for _, result := range statement.Match(entries, candidates) {
		if id := result.Entry.OwnID; refused[id] && result.Outcome == statement.Unmatched {
			result.Outcome, result.Candidates = statement.Conflict, []string{id}
			result.Reason = i18n.Say("банк исполнил поручение, которое отклонил: деньги ушли, хотя платёж записан как отклонённый", "the bank executed an order that it had refused: the money left although the payment is recorded as refused")
		}
		rep.Found = append(rep.Found, Found{Result: result})
	}
	if err := how.check(rep.Found); err != nil {
		return rep, err
	}
	// What left comes before what came back, in whatever order the rows stand.
	for i := range rep.Found {
		f := &rep.Found[i]
		switch f.Outcome {
		case statement.Ambiguous, statement.Conflict, statement.Doubtful:
			rep.Doubts++
		case statement.Matched:
			p := known[f.Payment]
			if err := rep.settle(ctx, j, &p, f, name, how.Dry); err != nil {
				return rep, err
			}
			known[f.Payment] = p
		}
	}
	for i := range rep.Found {
		if f := &rep.Found[i]; f.Outcome == statement.Returned {
			if err := rep.takeBack(ctx, j, known, f, name, how); err != nil {
				return rep, err
			}
		}
	}
	return rep, nil
}

// check refuses a decision about money of whose return the statement says nothing.
func (h How) check(found []Found) error {
	for _, id := range h.Returned {
		if !slices.ContainsFunc(found, func(f Found) bool { return f.Outcome == statement.Returned && slices.Contains(f.Candidates, id) }) {
			return fault.New(exitcode.NotFound, "statement.no_return", i18n.Text{
				RU: "в выписке нет возврата по платежу %s", EN: "the statement has no return of payment %s"}.With(untrusted.Text(id))).
				Advise(i18n.Say("возвраты показывает та же команда без этого флага", "the same command without this flag shows the returns"))
		}
	}
	return nil
}

// settle records that the entry proves its payment.
func (rep *Report) settle(ctx context.Context, j Ledger, p *journal.Payment, f *Found, name string, dry bool) error {
	f.Was = p.State
	already := p.State == journal.Paid || p.State == journal.Returned
	if already {
		f.Already = true
		rep.Already++
	}
	if dry || p.State == journal.Returned || already && p.SettledBy != nil {
		return nil
	}
	err := move(ctx, j, p, journal.Paid, &f.Result, name)
	var stale *journal.StaleError
	if errors.As(err, &stale) && stale.Actual == journal.Paid {
		// Another import, or the portal, was quicker: by this document, or by another?
		p.State = journal.Paid
		if !already {
			f.Already, already = true, true
			rep.Already++
		}
		err = move(ctx, j, p, journal.Paid, &f.Result, name)
	}
	var other *journal.DocumentError
	if errors.As(err, &other) {
		f.Outcome, f.Payment, f.Reason = statement.Ambiguous, "", i18n.Text{RU: "платёж уже проведён другим документом банка (%s): возможно, оплачено дважды", EN: "another document of the bank has settled the payment (%s): it may have been paid twice"}.
			With(untrusted.Text(other.Have.String()))
		rep.Doubts++
		return nil
	}
	if err != nil {
		return err
	}
	if !already {
		f.Settled = true
		rep.Settled++
	}
	return nil
}

// takeBack records that the money of a payment came back, if a person has said
// that it did; otherwise it is theirs to say.
func (rep *Report) takeBack(ctx context.Context, j Ledger, known map[string]journal.Payment, f *Found, name string, how How) error {
	at := slices.IndexFunc(f.Candidates, func(id string) bool { return slices.Contains(how.Returned, id) })
	if at < 0 {
		if f.Payment != "" {
			f.Was = known[f.Payment].State
		}
		rep.Doubts++
		return nil
	}
	f.Payment = f.Candidates[at]
	p := known[f.Payment]
	if f.Was = p.State; p.State == journal.Returned || how.Dry {
		f.Already = p.State == journal.Returned
		return nil
	}
	if p.State != journal.Paid { // what came back had left
		if err := move(ctx, j, &p, journal.Paid, nil, name); err != nil {
			return err
		}
	}
	if err := move(ctx, j, &p, journal.Returned, &f.Result, name); err != nil {
		return err
	}
	known[f.Payment] = p
	f.Back = true
	rep.Returned++
	return nil
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
// refused are those that no entry should be of.
func open(ctx context.Context, j Ledger, profile string) (known map[string]journal.Payment, out []statement.Candidate, refused map[string]bool, err error) {
	known, refused = map[string]journal.Payment{}, map[string]bool{}
	for p, err := range j.List(ctx, journal.Filter{Profile: profile}) {
		if err != nil {
			return nil, nil, nil, err
		}
		if p.State == journal.Refused {
			refused[p.ID] = true
			continue
		}
		if _, twice := known[p.ID]; twice {
			continue
		}
		known[p.ID] = p
		c := billing.CarriedOf(&p)
		out = append(out, statement.Candidate{ID: p.ID, UIN: journal.NormalUIN(p.UIN), Kopecks: p.AmountKopecks, PayeeAccount: p.PayeeAccount,
			PayerAccount: c.PayerAccount, Number: c.Number, NotBefore: made(&p, c),
			Paid: p.State == journal.Paid || p.State == journal.Returned, Settled: documentOf(p.SettledBy), Returned: documentOf(p.ReturnedBy)})
	}
	return known, out, refused, nil
}

// made is the day before which no entry can be of a payment: that on which it was
// journalled, or of its order when the clock was set back in between.
func made(p *journal.Payment, c billing.Carried) time.Time {
	at := p.CreatedAt.In(clock.Moscow())
	if day, err := time.ParseInLocation(time.DateOnly, c.Day, clock.Moscow()); err == nil && day.Before(at) {
		return day
	}
	return at
}

// documentOf is a document of the journal as matching takes it.
func documentOf(d *journal.Document) *statement.Document {
	if d == nil {
		return nil
	}
	out := &statement.Document{Number: d.Number, BankID: d.BankID, Kopecks: d.Kopecks}
	// The journal lets no other form in, and no day is the zero time.
	out.Day, _ = time.Parse(time.DateOnly, d.Day)
	out.Moved, _ = time.Parse(time.DateOnly, d.Moved)
	return out
}

// journalled is the document of an entry as the journal keeps it.
func journalled(e *statement.Entry, name string) *journal.Document {
	d := &journal.Document{Number: journal.Cut(untrusted.Clean(e.Number), 64), Moved: e.Date.Format(time.DateOnly), BankID: journal.Cut(untrusted.Clean(e.BankID), 64), Kopecks: e.Kopecks,
		File: journal.Cut(name, 256), Line: e.Line}
	if !e.OrderDay.IsZero() {
		d.Day = e.OrderDay.Format(time.DateOnly)
	}
	if d.Account = e.PayerAccount; e.Direction == statement.In {
		d.Account = e.PayeeAccount
	}
	d.Account = journal.Cut(d.Account, 64)
	return d
}

// move records what an entry proves about a payment, which it brings up to date;
// without an entry the statement as a whole speaks.
func move(ctx context.Context, j Ledger, p *journal.Payment, to journal.State, r *statement.Result, name string) error {
	t := journal.Transition{ID: p.ID, From: p.State, To: to, Evidence: journal.Evidence{Witness: journal.Statement}}
	said := struct {
		File     string               `json:"file"`
		Line     int                  `json:"line,omitempty"`
		Date     string               `json:"date,omitempty"`
		Number   string               `json:"number,omitempty"`
		Status   string               `json:"status,omitempty"`
		Kopecks  int64                `json:"amountKopecks,omitempty"`
		Evidence []statement.Evidence `json:"evidence,omitempty"`
	}{File: journal.Cut(name, 512)}
	if r != nil {
		said.Line, said.Date, said.Number, said.Kopecks, said.Evidence = r.Entry.Line, r.Entry.Date.Format(time.DateOnly), journal.Cut(r.Entry.Number, 64), r.Entry.Kopecks, r.Evidence
		said.Status = journal.Cut(r.Entry.StatusText, 64)
		t.Document = journalled(&r.Entry, name)
	}
	var err error
	if t.Evidence.Details, err = json.Marshal(said); err != nil {
		return err
	}
	if err := j.Move(ctx, []journal.Transition{t}); err != nil {
		return err
	}
	p.State = to
	return nil
}
