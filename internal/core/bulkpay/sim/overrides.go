package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// This file is the worlds of people who pay one debt by hand, and pay it again on
// purpose: with a reason, which makes it one intention however often the command is
// cut off and repeated. The portal does not know which debt a payment without УИН is
// for, so it guards nothing.

// deskWorld is a world of single payments. It uses the clerks of bank worlds.
type deskWorld struct {
	*bankWorld
	tried map[intention]bool
}

// intention is what a person means to do: to pay a debt, the first time or again.
type intention struct {
	debt   int
	reason string // "" the first time
}

func newDeskWorld(seed uint64, trace *[]string) *deskWorld {
	b := newBankWorld(seed, trace)
	b.bank.guard = false
	b.opts.chaos = 20 + b.rnd.IntN(150)
	return &deskWorld{bankWorld: b, tried: map[intention]bool{}}
}

// pays starts a command that pays.
func (d *deskWorld) pays(i intention) *clerk {
	d.tried[i] = true
	return d.begin(d.offices[0], fmt.Sprintf("pay %d %q", i.debt, i.reason), func(ctx context.Context, c *clerk) error {
		e := &billing.Engine{Portal: &teller{c}, Journal: mortal{c}, Clock: (*clock)(d.world), Profile: "sim"}
		req := billing.ManualRequest{Requisites: requisitesOf(i.debt), AmountKopecks: 100_000 + int64(i.debt), Method: "account", Payer: "7707083893"}
		if i.reason != "" {
			req.Override = &journal.Override{Reason: i.reason, Who: "a person"}
		}
		q, err := e.QuoteRequisites(ctx, req)
		if err != nil {
			return err
		}
		_, err = e.Pay(ctx, q)
		return err
	})
}

func requisitesOf(debt int) cabinet.Requisites {
	return cabinet.Requisites{Purpose: "Налог", Period: fmt.Sprintf("МС.%02d.2026", debt+1),
		Payee: cabinet.Payee{Name: "УФК по г. Москве", Account: "03100643000000017300", BIK: "004525988", KBK: "18210301000010000110", OKTMO: "45328000"}}
}

// teller is a clerk's connection to the portal.
type teller struct{ c *clerk }

func (l *teller) Pay(ctx context.Context, req cabinet.PaymentRequest) (*cabinet.Payment, error) {
	b := l.c.w.bank
	have, err := l.c.journal.Payment(ctx, req.ID)
	if err != nil || have.State != journal.Sending && !l.c.zombie {
		b.w.broken("a request left while its payment is %s: %w", have.State, err)
	}
	l.c.pause("before a payment is sent")
	x := b.w.paying(req.ID)
	n := b.w.rnd.IntN(20)
	if b.calm {
		n = 19
	}
	switch {
	case n < 2: // lost on the way there
		return nil, x.fail(transport.Lost)
	case n < 4: // still on the way there
		b.late = append(b.late, req)
		return nil, x.fail(transport.Lost)
	}
	answer, no := b.take(req)
	l.c.pause("after a payment was made")
	switch {
	case n < 6: // lost on the way back
		return nil, x.fail(transport.Lost)
	case no != nil:
		return nil, x.own(*no)
	}
	return answer, nil
}

func (l *teller) Payment(_ context.Context, id string, _ time.Duration) (*cabinet.Payment, error) {
	l.c.pause("a payment is asked about")
	b := l.c.w.bank
	x := b.w.asking(id)
	if !b.calm && b.w.rnd.IntN(6) == 0 {
		return nil, x.fail(transport.Lost)
	}
	if e := b.paid[id]; e != nil {
		return e.answer(), nil
	}
	return nil, x.own(absent)
}

var errNone = errors.New("simulated: not in these worlds")

func (l *teller) Charge(context.Context, string) (*cabinet.Charge, error) { return nil, errNone }
func (l *teller) ConfirmPayment(context.Context, string, string) (*cabinet.Payment, error) {
	return nil, errNone
}
func (l *teller) PaymentMethods(context.Context) ([]cabinet.PaymentMethod, error) {
	return nil, errNone
}

// ByKey and ByUIN are what paying by hand needs of a clerk's journal besides.
func (m mortal) ByKey(ctx context.Context, key string) ([]journal.Payment, error) {
	m.c.pause("by key")
	return m.c.journal.ByKey(ctx, key)
}

func (m mortal) ByUIN(ctx context.Context, uin string) ([]journal.Payment, error) {
	return m.c.journal.ByUIN(ctx, uin)
}

// live runs the world: commands are given, cut off and repeated, and in calm each is
// repeated until nothing cuts it off.
func (d *deskWorld) live() error {
	defer d.leave()
	reasons := []string{"", "", "the first was for another car", "by request of the court"}
	for range d.opts.chaos {
		if d.fault != nil {
			return d.fault
		}
		switch n := d.rnd.IntN(40); {
		case n < 3 && len(d.clerks) > 0:
			d.clerks[d.rnd.IntN(len(d.clerks))].crash()
		case n < 5:
			d.bank.arrive()
		case n < 7:
			d.bank.clear()
		case n < 8:
			d.now = d.now.Add(time.Duration(d.rnd.IntN(7200)-1800) * time.Second)
		case n < 9 && d.opts.zombies && len(d.clerks) > 0:
			c := d.clerks[d.rnd.IntN(len(d.clerks))]
			c.zombie, d.dead[c.owner] = true, true
		case len(d.clerks) < 2 && n < 20:
			d.pays(intention{d.rnd.IntN(2), reasons[d.rnd.IntN(len(reasons))]})
		case len(d.clerks) > 0:
			d.clerks[d.rnd.IntN(len(d.clerks))].turn()
		}
	}
	d.log("calm")
	d.disk.faults, d.bank.calm = false, true
	for len(d.clerks) > 0 {
		d.clerks[0].crash()
	}
	for len(d.bank.late) > 0 {
		d.bank.arrive()
	}
	for debt := range 2 {
		for _, reason := range reasons[1:] {
			if i := (intention{debt, reason}); d.tried[i] {
				for range 3 {
					c := d.pays(i)
					for d.lives(c) {
						c.turn()
					}
				}
			}
		}
	}
	if d.fault != nil {
		return d.fault
	}
	return d.once()
}

// once holds that every intention has moved money at most once, and that what the bank
// has is what the journal says.
func (d *deskWorld) once() error {
	ctx := context.Background()
	j := ledger.New(&handle{d.disk, "00000000-0000-7000-8000-00000000ffff"}, "00000000-0000-7000-8000-00000000ffff")
	defer j.Close()
	if report, err := j.Verify(ctx); err != nil {
		return fmt.Errorf("the journal does not hold: %w (%+v)", err, report)
	}
	moved := map[string]string{}
	for _, e := range d.bank.order {
		if e.state == "refused" {
			continue
		}
		p, err := j.Payment(ctx, e.req.ID)
		if err != nil {
			return fmt.Errorf("the bank has a payment that the journal does not know: %w", err)
		}
		if p.State.Frees() {
			return fmt.Errorf("%s was made, and the journal says %s", p.ID, p.State)
		}
		what := e.key + ", again: " + p.Again()
		if first := moved[what]; first != "" {
			return fmt.Errorf("%q was paid twice: %s and %s", what, first, p.ID)
		}
		moved[what] = p.ID
	}
	return nil
}
