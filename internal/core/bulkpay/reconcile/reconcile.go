// Package reconcile clears up what a run has left uncertain: it asks every
// witness about every payment that is not final, shows what each says and how
// much that proves, and moves only what is proven. core/bulkpay/workflow and cli/batch import it.
package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what reconciling asks.
type Portal interface {
	Payment(ctx context.Context, id string, wait time.Duration) (*cabinet.Payment, error)
	Charge(ctx context.Context, uin string) (*cabinet.Charge, error)
}

// Ledger is what reconciling needs of the journal.
type Ledger interface {
	List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error]
	Move(ctx context.Context, transitions []journal.Transition) error
	Recover(ctx context.Context) (journal.Recovered, error)
	Payment(ctx context.Context, id string) (journal.Payment, error)
}

// Says is what one witness said.
type Says struct {
	Witness journal.Witness `json:"witness"`
	Rank    int             `json:"rank"`           // 1 proves most
	What    string          `json:"what"`           // "paid", "refused", "accepted", "not-found", "unpaid", "no-answer", "ambiguous", "conflict"
	Code    string          `json:"code,omitempty"` // the stable code of why there is no answer
	Err     error           `json:"-"`
}

// RankOf says how much a witness proves, 1 the most (docs/batch.md).
func RankOf(w journal.Witness) int {
	switch w {
	case journal.PortalByID, journal.Engine:
		return 1
	case journal.Statement, journal.Bank:
		return 2
	case journal.ChargeFlag:
		return 3
	}
	return 4
}

// Finding is a payment with what was said of it.
type Finding struct {
	Payment journal.Payment
	Says    []Says
	To      journal.State // what it was moved to; "" when nothing was proven
}

// Desk reconciles.
type Desk struct {
	Portal  Portal // nil when there is none to ask
	Journal Ledger
	Clock   clock.Clock
	Dry     bool // ask and show, move nothing
}

// Run asks about every uncertain payment of a run, one after the other, and
// yields what was found. A question that fails is a witness that says nothing.
func (d *Desk) Run(ctx context.Context, run string) iter.Seq2[Finding, error] {
	return func(yield func(Finding, error) bool) {
		if !d.Dry {
			if _, err := d.Journal.Recover(ctx); err != nil {
				yield(Finding{}, err)
				return
			}
		}
		states := []journal.State{journal.Unknown, journal.Accepted, journal.Sending}
		for p, err := range d.Journal.List(ctx, journal.Filter{Run: run, States: states}) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Finding{}, err)
				return
			}
			f, err := d.Ask(ctx, p)
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// Ask asks every witness about one payment and moves it when one proves enough.
// A payment that another process is sending at this moment is left alone.
func (d *Desk) Ask(ctx context.Context, p journal.Payment) (Finding, error) {
	f := Finding{Payment: p}
	if d.Portal == nil || p.State == journal.Sending {
		return f, nil
	}
	if p.Via == journal.ViaPortal {
		if err := d.byID(ctx, &f); err != nil || f.To != "" {
			return f, err
		}
	}
	return f, d.byFlag(ctx, &f)
}

func (d *Desk) byID(ctx context.Context, f *Finding) error {
	s := Says{Witness: journal.PortalByID, Rank: RankOf(journal.PortalByID)}
	answer, err := d.Portal.Payment(ctx, f.Payment.ID, 0)
	var t journal.Transition
	ok := false
	switch {
	case err == nil:
		s.What = answer.State
		if t, ok, err = billing.Answered(&f.Payment, answer, journal.PortalByID); err != nil {
			s.What, s.Err, ok = "strange", err, false
		}
	case fault.ExitOf(err) == exitcode.NotFound:
		s.What = "not-found"
		if t, ok, err = billing.NotFound(&f.Payment, d.Clock.Now()); err != nil {
			return err
		}
	default:
		s.What, s.Code, s.Err = "no-answer", codeOf(err), err
	}
	f.Says = append(f.Says, s)
	if !ok {
		return nil
	}
	return d.move(ctx, f, t)
}

// byFlag looks at the charge. "Unpaid" proves nothing: the flag lags by days.
func (d *Desk) byFlag(ctx context.Context, f *Finding) error {
	if journal.NormalUIN(f.Payment.UIN) == "" {
		return nil
	}
	s := Says{Witness: journal.ChargeFlag, Rank: RankOf(journal.ChargeFlag)}
	c, err := d.Portal.Charge(ctx, f.Payment.UIN)
	switch {
	case err == nil:
		s.What = c.State
	case fault.ExitOf(err) == exitcode.NotFound:
		s.What = "not-found"
	default:
		s.What, s.Code, s.Err = "no-answer", codeOf(err), err
	}
	f.Says = append(f.Says, s)
	if s.What != "paid" {
		return nil
	}
	details, err := json.Marshal(map[string]string{"uin": c.UIN, "state": c.State, "paymentId": journal.Cut(c.PaymentID, 64)})
	if err != nil {
		return err
	}
	return d.move(ctx, f, journal.Transition{ID: f.Payment.ID, From: f.Payment.State, To: journal.Paid,
		Evidence: journal.Evidence{Witness: journal.ChargeFlag, Details: details}})
}

func (d *Desk) move(ctx context.Context, f *Finding, t journal.Transition) error {
	if d.Dry {
		f.To = t.To
		return nil
	}
	err := d.Journal.Move(context.WithoutCancel(ctx), []journal.Transition{t})
	var stale *journal.StaleError
	if errors.As(err, &stale) { // somebody else has just moved it
		f.To = stale.Actual
		return nil
	}
	if err == nil {
		f.To = t.To
	}
	return err
}

// codeOf is the stable code of a failure.
func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}
