package bulkpay

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// move makes the transitions in one commit. When one of them can no longer be
// made, because another owner has moved the payment, they are made one by one,
// and lost names those that were not made. An error is the store's own.
func move(ctx context.Context, j Ledger, ts []journal.Transition) (lost map[string]error, err error) {
	if err = j.Move(ctx, ts); err == nil || !disputed(err) {
		return nil, err
	}
	lost = map[string]error{}
	for i := range ts {
		err := moveOne(ctx, j, ts[i])
		if err != nil && !disputed(err) {
			return nil, err
		}
		if err != nil {
			lost[ts[i].ID] = err
		}
	}
	return lost, nil
}

// moveOne makes one transition. A reply that comes after its sender was taken for
// dead is still the portal's word about that very payment.
func moveOne(ctx context.Context, j Ledger, t journal.Transition) error {
	err := j.Move(ctx, []journal.Transition{t})
	var stale *journal.StaleError
	if !errors.As(err, &stale) {
		return err
	}
	switch {
	case stale.Actual == t.To && !t.To.Owned():
		return nil // said already; a "sending" that is there is somebody else's
	case stale.Actual == journal.Unknown && t.From == journal.Sending && firm(&t):
		t.From = journal.Unknown
		if t.Evidence.Witness == journal.Engine {
			t.Evidence.Witness = journal.PortalByID
		}
		return j.Move(ctx, []journal.Transition{t})
	}
	return err
}

// firm reports whether a reply holds for every sending of the payment's ID, and not
// only for the one that it answers: others may have sent it meanwhile. The portal
// keeps what it has accepted, paid or refused under the ID and shows it, so there is
// evidence; of a mere denial it keeps nothing.
func firm(t *journal.Transition) bool {
	switch t.To {
	case journal.Accepted, journal.Paid:
		return true
	case journal.Refused:
		return len(t.Evidence.Details) > 0
	}
	return false
}

// disputed reports whether err is about a record and not about the store.
func disputed(err error) bool {
	var stale *journal.StaleError
	var owner *journal.OwnerError
	var illegal *journal.IllegalError
	var absent *journal.NotFoundError
	return errors.As(err, &stale) || errors.As(err, &owner) || errors.As(err, &illegal) || errors.As(err, &absent)
}

// class says whom a failure is about.
type class int

const (
	passing    class = iota // the portal, the network or this row
	oursToMend              // the session or the powers of whoever runs
)

// judge returns what a failure asks for: a pause, or somebody to mend it.
func judge(err error) (wait time.Duration, c class) {
	e := transport.AsError(err)
	if e == nil {
		return 0, passing
	}
	if e.AboutCaller() || fault.ExitOf(err) == exitcode.Auth {
		return 0, oursToMend
	}
	return e.RetryAfter, passing
}

func errRefusals(r journal.Reason) error {
	return fault.New(exitcode.Refused, "batch.refusals", i18n.Text{
		RU: "портал отклоняет платежи: %s", EN: "the portal refuses the payments: %s"}.With(untrusted.Text(r.Text+" ("+r.Code+")")))
}
