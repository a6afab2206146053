package directbank

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
)

// Pay sends the orders of quotes, a packet for each, and returns those whose packet
// the bank has or may have. Everything wrong with any order is reported before
// anything is journalled. An order is journalled as sent before it leaves; one that
// the bank did not take ends the call, and its debt is free again.
func (d *Desk) Pay(ctx context.Context, engine *billing.Engine, book bankfiles.Book, quotes []*billing.Quote) ([]bankfiles.Issued, error) {
	day := d.Clock.Now().In(clock.Moscow())
	numbers := bankfiles.NewNumbers(book)
	taken, err := numbers.Take(ctx, d.Section.Payer.Account, day, len(quotes))
	if err != nil {
		return nil, err
	}
	orders := make([]onec.Order, len(quotes))
	var faults []fault.Field
	for i, q := range quotes {
		s := bankfiles.OfCharge(q.Charge, q.AmountKopecks)
		if q.Requisites != nil {
			s = bankfiles.Subject{Kopecks: q.AmountKopecks, Requisites: *q.Requisites}
		}
		orders[i] = s.Order(d.Section.Payer, taken[i], day)
		for _, f := range orders[i].Document().Check() {
			faults = append(faults, f.AsField())
		}
	}
	if len(faults) > 0 {
		e := fault.New(exitcode.Usage, "order.invalid", i18n.Say("платёжное поручение не составить; в журнал ничего не записано", "the payment order cannot be made; nothing was journalled"))
		e.Fields = faults
		return nil, e
	}
	if err := d.Ready(ctx, wire.KindOrder); err != nil {
		return nil, err
	}
	var out []bankfiles.Issued
	for i, q := range quotes {
		q.Via = journal.ViaDirectBank
		packetID := uuid.NewString()
		c := &q.Carried
		c.Number, c.PayerAccount, c.Day, c.Bank, c.Packet, c.BankStatus = taken[i], d.Section.Payer.Account, day.Format(time.DateOnly), d.Section.Name, packetID, ""
		c.Sendings++
		p, err := engine.Hand(ctx, q)
		if err != nil {
			return out, err
		}
		one := bankfiles.Issued{Payment: p, Number: taken[i]}
		err = d.one(context.WithoutCancel(ctx), engine, numbers, packetID, &one, orders[i])
		if one.Payment.State != journal.Refused {
			out = append(out, one)
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// one sends the order of a payment that is journalled as sending.
func (d *Desk) one(ctx context.Context, engine *billing.Engine, numbers *bankfiles.Numbers, packetID string, one *bankfiles.Issued, o onec.Order) error {
	p := &one.Payment
	if ours, err := numbers.Ours(ctx, []journal.Payment{*p}); err != nil || !ours {
		if err == nil {
			err = bankfiles.NumbersTaken()
		}
		return errors.Join(err, engine.TakeBack(ctx, p))
	}
	packet, err := d.Orders(ctx, packetID, []Order{{ID: p.ID, Order: o}})
	if err != nil {
		return errors.Join(err, engine.TakeBack(ctx, p))
	}
	bankID, fate, err := d.Send(ctx, packet)
	t := journal.Transition{ID: p.ID, From: journal.Sending, To: journal.Accepted, Evidence: journal.Evidence{Witness: journal.Engine}}
	switch fate {
	case client.NotTaken:
		return errors.Join(err, engine.TakeBack(ctx, p))
	case client.Received:
		var bad error
		if t.Evidence.Details, bad = json.Marshal(map[string]string{"bankId": journal.Cut(bankID, 128)}); bad != nil {
			return bad
		}
		err = nil
	default:
		t.To, t.Reason = journal.Unknown, journal.Reason{Code: "directbank.lost"}
		err = fault.New(exitcode.Unknown, "directbank.lost", i18n.Text{RU: "поручение ушло в банк %s, а понятного ответа нет: получил ли его банк, неизвестно", EN: "the order left for bank %s and no usable answer came back: whether the bank has it is unknown"}.With(d.Section.Name)).
			Advise(i18n.Text{RU: "не платите снова; узнайте, что с ним: epgu bank status %s", EN: "do not pay again; ask what became of it: epgu bank status %s"}.With(d.Section.Name)).Because(err)
	}
	if bad := engine.Journal.Move(ctx, []journal.Transition{t}); bad != nil {
		return errors.Join(err, bad)
	}
	p.State = t.To
	return err
}
