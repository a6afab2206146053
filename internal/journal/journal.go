package journal

import (
	"context"
	"io"
	"iter"
	"time"
)

// Journal is the open journal. All methods may be called from several
// goroutines; writers that call at the same time share one durable commit.
// Nobody else implements it than the stores and the model in journaltest;
// a caller that needs two methods declares its own interface of two methods.
type Journal interface {
	// Owner is the ID of this open journal.
	Owner() string

	// Plan journals payments, at most MaxGroup, as planned; all or none. A
	// duplicate is not an error: it is reported with the record that holds the key.
	// A record that is itself wrong gives *InvalidError.
	Plan(ctx context.Context, payments []Payment) ([]PlanResult, error)
	// Take is Plan, and Claim of what it has journalled, in one commit: the new
	// payments are claimed for this owner, for so long (DefaultLease when 0).
	Take(ctx context.Context, payments []Payment, lease time.Duration) ([]PlanResult, error)
	// Begin is Take, and the move of what it has claimed to sending, in one commit: the
	// new payments may be sent as soon as it has returned.
	Begin(ctx context.Context, payments []Payment) ([]PlanResult, error)
	// Move makes the transitions in order; all or none. Errors: *StaleError,
	// *IllegalError, *OwnerError, *InvalidError, *NotFoundError.
	Move(ctx context.Context, transitions []Transition) error
	// Claim takes planned payments for this owner. None left is no error.
	Claim(ctx context.Context, claim Claim) ([]Payment, error)
	// Recover makes sending payments and applications of dead owners unknown and
	// returns claimed payments of dead owners, or with an ended lease, to planned.
	Recover(ctx context.Context) (Recovered, error)

	// Payment returns one payment, or *NotFoundError.
	Payment(ctx context.Context, id string) (Payment, error)
	// ByKey returns the payments of a business key, oldest attempt first.
	ByKey(ctx context.Context, key string) ([]Payment, error)
	// ByKeys is ByKey for several, at most MaxGroup, in one look, in the order of keys.
	ByKeys(ctx context.Context, keys []string) ([]Payment, error)
	// ByUIN returns the payments of an УИН by whichever payer.
	ByUIN(ctx context.Context, uin string) ([]Payment, error)
	// ByUINs is ByUIN for several, at most MaxGroup, in one look; what is no УИН has
	// no payments.
	ByUINs(ctx context.Context, uins []string) ([]Payment, error)
	// List streams payments. It reads in pages and holds no transaction while the
	// caller works: a payment that moves meanwhile is seen as before, as after, or
	// (with several States) as both.
	List(ctx context.Context, f Filter) iter.Seq2[Payment, error]
	// Counts returns the state of a run at the cost of a few rows.
	Counts(ctx context.Context, run string) (Counts, error)

	// Prepare journals an application, or returns the unfinished or accepted one
	// with the same content.
	Prepare(ctx context.Context, s Submission) (SubmissionResult, error)
	// MoveSubmissions is Move for applications.
	MoveSubmissions(ctx context.Context, transitions []SubmissionTransition) error
	// Submission returns one application, or *NotFoundError.
	Submission(ctx context.Context, id string) (Submission, error)
	// SubmissionsByKey returns the applications with this content, oldest first.
	SubmissionsByKey(ctx context.Context, contentKey string) ([]Submission, error)
	// ListSubmissions streams applications, as List does.
	ListSubmissions(ctx context.Context, f SubmissionFilter) iter.Seq2[Submission, error]

	// Events streams the chain.
	Events(ctx context.Context, f EventFilter) iter.Seq2[Event, error]
	// Verify recomputes the chain and what follows from it. A journal that does
	// not hold gives a Report with Bad set and *CorruptError; it writes nothing.
	Verify(ctx context.Context) (Report, error)
	// Export writes the chain as NDJSON, one event a line, with the hashes.
	Export(ctx context.Context, w io.Writer) error
	// Story returns everything about one payment or application (by ID) or all
	// payments of an УИН, oldest first.
	Story(ctx context.Context, uinOrID string) ([]Story, error)

	// Close ends the work in hand and gives up ownership: sending records that are
	// left become unknown at the next Recover.
	Close() error
}

// MaxGroup is the largest number of records or transitions in one call.
const MaxGroup = 10_000

// Story is one record with all that happened to it. One of Payment and
// Submission is set.
type Story struct {
	Payment    *Payment
	Submission *Submission
	Events     []Event
}
