package pay

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
)

// mostAtOnce bounds "pay --all-due": more is work for a register.
const mostAtOnce = 200

// due lists what is to be paid by the --before date: what falls due by then,
// or is cheaper until then.
func (o *payOptions) due(ctx context.Context, c *factory.Connection) ([]string, error) {
	until := time.Time{}
	if o.before != "" {
		var err error
		for _, layout := range []string{time.DateOnly, "02.01.2006"} {
			if until, err = time.ParseInLocation(layout, o.before, clock.Moscow()); err == nil {
				break
			}
		}
		if err != nil {
			return nil, fault.New(exitcode.Usage, "flag.value", i18n.Say("--before: дата вида 2026-12-31 или 31.12.2026", "--before: a date like 2026-12-31 or 31.12.2026"))
		}
		until = until.AddDate(0, 0, 1)
	}
	var uins []string
	for charge, err := range c.Cabinet.AllCharges(ctx, cabinet.ChargeQuery{State: "due"}) {
		if err != nil {
			return nil, err
		}
		soon := until.IsZero() || charge.PayUntil != nil && charge.PayUntil.Before(until) || charge.Discount != nil && charge.Discount.LastDay.Before(until)
		if !soon || charge.DueKopecks == 0 {
			continue
		}
		if len(uins) == mostAtOnce {
			return nil, fault.New(exitcode.Usage, "pay.too_many", i18n.Text{RU: "к оплате больше %d начислений: сузьте --before или платите реестром", EN: "more than %d charges are due: narrow --before or pay by a register"}.With(mostAtOnce)).
				AdviseRun("epgu batch --help")
		}
		uins = append(uins, charge.UIN)
	}
	if len(uins) == 0 {
		o.f.IO.Note(i18n.Say("Платить нечего.", "There is nothing to pay."))
	}
	return uins, nil
}
