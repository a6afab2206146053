package bank

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Settle hears what the banks of a plan's payments have to say: what is unknown is
// asked about by the document's id, and what is open is looked for in a statement.
// wait bounds how long answers of one bank are awaited.
func (o *Flags) Settle(ctx context.Context, at *workflow.Desk, p *planfile.Plan, said *workflow.Told, wait time.Duration) error {
	j, err := at.Journal(ctx)
	if err != nil {
		return err
	}
	open := map[string]bool{}
	var names []string
	for q, err := range j.List(ctx, journal.Filter{Run: p.Header.ID, Via: journal.ViaDirectBank}) {
		if err != nil {
			return err
		}
		if name := billing.CarriedOf(&q).Bank; name != "" && !open[name] && (q.State == journal.Unknown || q.State == journal.Accepted || q.State == journal.Sending) {
			open[name] = true
			names = append(names, name)
		}
	}
	for _, name := range names {
		c, err := o.Talk(ctx, name, bankfiles.How{}, wait)
		if err != nil {
			return err
		}
		c.Each = func(t *directbank.Told) error {
			if t.Words != "" && t.Payment != nil && t.Payment.Run == p.Header.ID {
				at.Note(i18n.Text{RU: "Банк %s о платеже %s: %s %s", EN: "Bank %s about payment %s: %s %s"}.With(name, t.Payment.ID, untrusted.Text(t.Code), t.Words))
			}
			return at.Heard(ctx, p, name, t, said)
		}
		if _, err := c.AskStatus(ctx, nil); err != nil {
			return err
		}
		if _, _, err := c.Statement(ctx, wire.StatementFinal, "", ""); err != nil { // what it does not tell now it tells later
			at.Note(i18n.Text{RU: "Банк %s: выписки пока нет: %s", EN: "Bank %s: no statement yet: %s"}.With(name, fault.Of(err).Message))
		}
	}
	return nil
}
