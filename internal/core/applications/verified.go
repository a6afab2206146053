package applications

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
)

// verified waits for the portal's own check of the archive and records it.
func (r *run) verified(ctx context.Context) (Receipt, error) {
	receipt := Receipt{SubmissionID: r.rec.ID, OrderID: r.rec.OrderID}
	deadline := r.s.Clock.Now().Add(r.s.VerifyFor)
	pause := 200 * time.Millisecond
	var d *gusmev.OrderInfo
	for {
		var err error
		if d, err = r.s.Portal.Order(ctx, r.rec.OrderID, false); err == nil {
			receipt.Code, receipt.Order = d.Code, d.Order
			if d.Stage() != gusmev.Processing {
				break
			}
		}
		if (err != nil && fault.ExitOf(err) != exitcode.Unavailable) || !r.s.Clock.Now().Before(deadline) {
			// The archive is through; only the check is not known. The number stands.
			return receipt, r.accept(ctx, receipt.Code)
		}
		if err := r.s.Clock.Sleep(ctx, pause); err != nil {
			return receipt, errors.Join(err, r.accept(ctx, receipt.Code))
		}
		pause = min(2*pause, 5*time.Second)
	}
	if d.Stage() == gusmev.HandedOn {
		return receipt, r.accept(ctx, d.Code)
	}
	exit, next := d.NextStep()
	e := fault.New(exit, "application.rejected", i18n.Text{
		RU: "портал не принял заявление № %d: %s", EN: "the portal did not take application no. %d: %s"}.With(r.rec.OrderID, d.Explain())).Advise(next.With())
	if d.Message != "" {
		e.Fields = []fault.Field{{Name: d.Code, Message: i18n.Text{RU: "%s", EN: "%s"}.With(d.Message)}}
	}
	if r.rec.State == journal.Sending {
		if err := r.move(ctx, journal.Refused, journal.SubmissionTransition{Reason: journal.Reason{Code: d.Code, Text: d.Message.Raw()}}); err != nil {
			return receipt, err
		}
	}
	return receipt, e
}

func (r *run) accept(ctx context.Context, code string) error {
	if r.rec.State == journal.Accepted {
		return nil
	}
	details, _ := json.Marshal(map[string]any{"code": code, "orderId": r.rec.OrderID})
	return r.move(ctx, journal.Accepted, journal.SubmissionTransition{OrderID: r.rec.OrderID,
		Evidence: journal.Evidence{Witness: journal.Engine, Details: details}})
}
