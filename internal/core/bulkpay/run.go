package bulkpay

import (
	"context"
	"iter"
	"runtime/debug"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what a run needs of the cabinet API.
type Portal interface {
	Charge(ctx context.Context, uin string) (*cabinet.Charge, error)
	// Pay sends a payment once; its ID is the idempotency key.
	Pay(ctx context.Context, req cabinet.PaymentRequest) (*cabinet.Payment, error)
	Payment(ctx context.Context, id string, wait time.Duration) (*cabinet.Payment, error)
}

// Ledger is what a run needs of the journal.
type Ledger interface {
	Records
	Begin(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error)
}

// Records is what every road of a plan needs of the journal.
type Records interface {
	Owner() string
	Plan(ctx context.Context, payments []journal.Payment) ([]journal.PlanResult, error)
	Take(ctx context.Context, payments []journal.Payment, lease time.Duration) ([]journal.PlanResult, error)
	Claim(ctx context.Context, claim journal.Claim) ([]journal.Payment, error)
	Move(ctx context.Context, transitions []journal.Transition) error
	Recover(ctx context.Context) (journal.Recovered, error)
	Payment(ctx context.Context, id string) (journal.Payment, error)
	ByUINs(ctx context.Context, uins []string) ([]journal.Payment, error)
	List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error]
	Counts(ctx context.Context, run string) (journal.Counts, error)
}

// Plan is the plan that a run executes; *planfile.Plan is one.
type Plan interface {
	Head() *planfile.Header
	Sum() *planfile.Totals
	ToPay(n int) iter.Seq2[*planfile.Row, error]
	// Vouch holds a payment that is about to be sent against its row of the plan, and
	// returns the proof for the portal.
	Vouch(row int, req *cabinet.PaymentRequest) (*cabinet.PaymentProof, error)
}

// Options bound a run.
type Options struct {
	// Concurrency is the most requests at once; 0 is DefaultConcurrency.
	Concurrency int
	// Group is how many rows one commit journals; 0 is DefaultGroup.
	Group int
	// MaxKopecks stops before the sum of what this call sends exceeds it; 0 does not.
	MaxKopecks int64
	// Until stops sending at this moment; zero does not.
	Until time.Time
	// Wait is how long accepted payments are followed until they are paid.
	Wait time.Duration
	// Recheck asks for a charge again before paying when it was looked at longer
	// ago; 0 never does.
	Recheck time.Duration
	// Want chooses rows by number; nil takes all.
	Want func(row int) bool
	// NewID makes the ID of a payment, a UUIDv7; nil takes a fresh one.
	NewID func() (string, error)
	// Events is told what happens, in the loop's goroutine; nil is not.
	Events func(Event)
}

// Defaults of Options.
const (
	DefaultConcurrency = 16
	DefaultGroup       = 512
	MaxConcurrency     = 256
)

// How garbage is collected while a process runs a plan. Little of what a run holds
// lives long, so it may grow to four times what lives between two collections, which
// saves a sixth of the processor's time, but not beyond mostHeap, which keeps the
// whole process within 64 MiB (its code takes some twenty).
const (
	garbagePercent = 300
	mostHeap       = 24 << 20
	rowHeap        = 2 // bytes: a plan's blocks take less than one a row
)

// SaveMemory collects garbage as a run of a plan with so many rows needs it until
// restore is called.
func SaveMemory(rows int) (restore func()) {
	percent, limit := debug.SetGCPercent(garbagePercent), debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(limit, mostHeap+rowHeap*int64(rows)))
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// Run executes one plan by the portal.
type Run struct {
	Portal  Portal
	Journal Ledger
	Plan    Plan
	Clock   clock.Clock
	Sched   Scheduler
	Options Options
	// Authorisation is the envelope that the portal counts every payment of this
	// run against; "" when the portal keeps none.
	Authorisation string

	lately lately // what Precheck has just looked at
}

// Event is something that happened to one payment or to the run.
type Event struct {
	At      time.Time     `json:"at"`
	Kind    EventKind     `json:"kind"`
	Row     int           `json:"row,omitempty"`
	ID      string        `json:"id,omitempty"`
	UIN     string        `json:"uin,omitempty"`
	Kopecks int64         `json:"amountKopecks,omitempty"`
	From    journal.State `json:"from,omitempty"`
	To      journal.State `json:"to,omitempty"`
	Code    string        `json:"code,omitempty"`
	Text    string        `json:"text,omitempty"` // from outside: untrusted
	Wait    time.Duration `json:"waitNs,omitempty"`
}

// EventKind is what an event tells.
type EventKind string

// The kinds of events.
const (
	Resumed  EventKind = "resumed"  // the run had been begun before; Row is the last journalled one
	Moved    EventKind = "moved"    // a payment went from a state to another, durably
	Skipped  EventKind = "skipped"  // a row is not paid: ID is the payment that holds its key
	Held     EventKind = "held"     // the portal asked for a pause
	Stopping EventKind = "stopping" // nothing new is sent; what is on its way is awaited
	Asking   EventKind = "asking"   // the portal is asked about what is not final
	Disputed EventKind = "disputed" // a record could not be written: another owner moved the payment
)

// Title is the kind for people.
func (k EventKind) Title() i18n.Text {
	switch k {
	case Resumed:
		return i18n.Text{RU: "продолжение", EN: "resumed"}
	case Moved:
		return i18n.Text{RU: "платёж", EN: "payment"}
	case Skipped:
		return i18n.Text{RU: "пропуск", EN: "skipped"}
	case Held:
		return i18n.Text{RU: "пауза по просьбе портала", EN: "pause asked by the portal"}
	case Stopping:
		return i18n.Text{RU: "остановка", EN: "stopping"}
	case Asking:
		return i18n.Text{RU: "вопрос порталу", EN: "asking the portal"}
	case Disputed:
		return i18n.Text{RU: "спор за запись", EN: "disputed"}
	}
	return i18n.Text{RU: string(k), EN: string(k)}
}

// Report is how a run ended.
type Report struct {
	Counts     journal.Counts // of the whole run, by state
	Unbegun    planfile.Sum   // rows to pay that the journal does not hold for this run
	Waiting    int            // rows whose day has not come
	Duplicates int            // rows whose key another payment holds, met by this call
	Sent       planfile.Sum   // by this call
	Stop       *Stop          // why it ended early; nil when it did not
}

// Stop is why a run ended before its rows did.
type Stop struct {
	Reason StopReason
	Err    error // the failure behind it, if there is one
}

// StopReason says why a run stopped.
type StopReason string

// The reasons.
const (
	Interrupted StopReason = "interrupted"
	TimeIsUp    StopReason = "until"
	SumReached  StopReason = "max-sum"
	Unreachable StopReason = "unreachable" // the portal or the network, several times in a row
	AboutUs     StopReason = "about-us"    // the session or the powers: every row would be refused
	Refusals    StopReason = "refusals"    // too many refusals in a row, or no money
	StoreFailed StopReason = "journal"
	PlanFailed  StopReason = "plan"
)

// Execute runs the plan until nothing is left to send, or something stops it.
// When ctx ends, nothing new is sent, what is on its way is awaited and written
// down, and the report says so. The error is that of a run which could not begin,
// or of a scheduler that was told to die.
func (r *Run) Execute(ctx context.Context) (*Report, error) {
	if _, err := r.Journal.Recover(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	e := &engine{Run: r, ctx: ctx, pace: newPace(r.concurrency())}
	if err := e.open(); err != nil {
		return nil, err
	}
	defer e.close()
	if err := e.loop(); err != nil {
		return nil, err
	}
	return e.report()
}

func (r *Run) concurrency() int {
	if r.Options.Concurrency <= 0 {
		return DefaultConcurrency
	}
	return min(r.Options.Concurrency, MaxConcurrency)
}

func (r *Run) group() int {
	if r.Options.Group <= 0 {
		return DefaultGroup
	}
	return min(r.Options.Group, journal.MaxGroup)
}

func (r *Run) tell(e Event) {
	if r.Options.Events != nil {
		e.At = r.Clock.Now()
		r.Options.Events(e)
	}
}

// Day returns the day of a moment as plans write it.
func Day(t time.Time) string { return t.In(clock.Moscow()).Format(time.DateOnly) }

func (e *engine) report() (*Report, error) {
	ctx := context.WithoutCancel(e.ctx)
	head := e.Plan.Head()
	counts, err := e.Journal.Counts(ctx, head.ID)
	if err != nil {
		return nil, err
	}
	out := &Report{Counts: counts, Waiting: e.waiting, Duplicates: e.duplicates, Sent: e.sent, Stop: e.stop}
	out.Unbegun = e.Plan.Sum().Pay
	for _, c := range counts {
		out.Unbegun.N -= c.N
		out.Unbegun.Kopecks -= c.AmountKopecks
	}
	out.Unbegun.N -= e.duplicates
	out.Unbegun.Kopecks -= e.duplicateKopecks
	return out, nil
}
