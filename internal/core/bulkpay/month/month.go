// Package month closes a month: everything that the journal knows of its payments
// goes into one folder, with a manifest of hashes by which anybody can tell later
// that nothing in it was changed. core/bulkpay/workflow and cli/batch import it.
package month

import (
	"context"
	"iter"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/report"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Month is a calendar month in Moscow.
type Month struct {
	From, Until time.Time // Until is the first moment of the next month
}

// Parse reads "2026-07".
func Parse(s string) (Month, error) {
	t, err := time.ParseInLocation("2006-01", s, clock.Moscow())
	if err != nil {
		return Month{}, fault.New(exitcode.Usage, "month.invalid", i18n.Text{RU: "«%s» — не месяц; пишите так: 2026-07", EN: "%q is no month; write 2026-07"}.With(s))
	}
	return Month{t, t.AddDate(0, 1, 0)}, nil
}

// String is the month as Parse reads it.
func (m Month) String() string { return m.From.Format("2006-01") }

// Has reports whether a moment lies in the month.
func (m Month) Has(t time.Time) bool { return !t.Before(m.From) && t.Before(m.Until) }

// Ledger is what closing a month reads in the journal.
type Ledger interface {
	report.Ledger
	report.Stories
	Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error]
}

// Plan is a plan whose register's results go into the folder.
type Plan struct {
	Name string // of its file, without the folder
	*planfile.Plan
}

// Closing says what to put where.
type Closing struct {
	Month     Month
	Dir       string // must not exist
	Profile   string
	Journal   Ledger
	Portal    report.Portal // gives the receipts; nil leaves them out
	Plans     []Plan
	Payers    []bankfiles.Payer // for the file for 1C
	Training  bool              // a training portal: papers say so
	Clock     clock.Clock
	Lang      i18n.Lang
	Programme string // "epgu 1.2.3"
	// Early closes a month that is not over; Open closes one with payments whose
	// end is not known. Both are said in the folder.
	Early, Open bool
	// Guard makes a cell of CSV that came from outside harmless to spreadsheets.
	Guard func(string) string
	// Progress is told the number of payments looked at now and then; it may be nil.
	Progress func(n int)
}

// Summary is what a month came to.
type Summary struct {
	Version  int              `json:"epguMonth"`
	Month    string           `json:"month"`
	Profile  string           `json:"profile"`
	Training bool             `json:"training,omitempty"`
	At       time.Time        `json:"closedAt"`
	By       string           `json:"madeBy"`
	Early    bool             `json:"monthNotOver,omitempty"`
	Paid     planfile.Sum     `json:"paid"`     // within the month
	Refused  planfile.Sum     `json:"refused"`  // within the month
	Returned planfile.Sum     `json:"returned"` // money that came back within the month, whenever it was paid
	Open     planfile.Sum     `json:"open"`     // begun before its end and not final when it was closed
	Runs     []RunSummary     `json:"runs"`
	ByPayee  []planfile.Group `json:"byPayee"`
	ByKBK    []planfile.Group `json:"byKbk"`
	Receipts int              `json:"receipts"`
	Missing  []string         `json:"receiptsMissing,omitempty"` // payments whose receipt the portal does not have
	Journal  Slice            `json:"journal"`
	Files    []File           `json:"files"`
}

// RunSummary is one run that had to do with the month; "" are payments made one by
// one.
type RunSummary struct {
	Run  string       `json:"run"`
	File string       `json:"file"`
	All  planfile.Sum `json:"all"`
	Paid planfile.Sum `json:"paid"` // within the month
}

// Slice is the part of the journal's chain that belongs to the month. Before is the
// hash that its first event follows, After that of its last.
type Slice struct {
	First  int64        `json:"first"` // 0 when nothing happened
	Last   int64        `json:"last"`
	Before journal.Hash `json:"before"`
	After  journal.Hash `json:"after"`
}

// File is a file of the folder.
type File struct {
	Path     string `json:"path"` // with slashes
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Streebog string `json:"streebog256"` // ГОСТ Р 34.11-2012, 256 bits
}

// Version is the version of the folder's layout.
const Version = 1

// The files that every folder has.
const (
	ManifestName = "MANIFEST.json"
	SumsName     = "SHA256SUMS"
	paidName     = "paid.csv"
	openName     = "open.csv"
	returnedName = "returned.csv"
	totalsName   = "totals.csv"
	pdfName      = "register.pdf"
	onecName     = "paid-1c.txt"
	receiptsName = "receipts.zip"
	journalName  = "journal.ndjson"
)

// ready refuses a month that cannot be closed yet.
func (c *Closing) ready(ctx context.Context) error {
	if now := c.Clock.Now(); now.Before(c.Month.Until) && !c.Early {
		return fault.New(exitcode.Conflict, "month.not_over", i18n.Text{RU: "%s ещё не кончился", EN: "%s is not over"}.With(c.Month.String())).
			Advise(i18n.Say("закройте его после последнего дня или добавьте --early", "close it after its last day, or add --early"))
	}
	if c.Open {
		return nil
	}
	var unknown, accepted int
	for p, err := range c.Journal.List(ctx, journal.Filter{Profile: c.Profile, States: []journal.State{journal.Sending, journal.Accepted, journal.Unknown}}) {
		if err != nil {
			return err
		}
		switch {
		case !p.CreatedAt.Before(c.Month.Until):
		case p.State == journal.Accepted:
			accepted++
		default:
			unknown++
		}
	}
	advice := i18n.Say("узнайте исход: epgu batch reconcile ПЛАН (по банку — с выпиской); закрыть так: --open", "find out: epgu batch reconcile PLAN (of a bank with its statement); to close it so: --open")
	switch {
	case unknown > 0:
		return fault.New(exitcode.Unknown, "month.unknown", i18n.Text{RU: "исход неизвестен, платежей: %d", EN: "payments with an unknown outcome: %d"}.With(unknown)).Advise(advice)
	case accepted > 0:
		return fault.New(exitcode.Pending, "month.pending", i18n.Text{RU: "приняты, но не проведены, платежей: %d", EN: "payments accepted and not settled: %d"}.With(accepted)).Advise(advice)
	}
	return nil
}
