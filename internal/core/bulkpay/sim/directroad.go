package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/directroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
)

// This file is the worlds of the road by DirectBank: one or two machines with a box of
// packets each and one journal, two plans of the same debts, and commands that send
// orders, hear what the bank says, ask, recall and fetch statements. The real road,
// client, packets and ear run over a network of this package; processes die before and
// after each call to the journal, to the box and to the bank.

// directWorld is a world with a bank that speaks DirectBank.
type directWorld struct {
	*bankWorld
	bank     *direct
	boxes    []*box
	executed []*placed // in the order in which the bank did it
	bare     bool      // statements do not repeat our ids
	trusted  bool      // the section says that the bank knows repeats
	naive    bool      // it takes a copy that the client sends for a second document
}

func newDirectWorld(seed uint64, trace *[]string) *directWorld {
	w := newWorld(seed, trace, plant{})
	d := &directWorld{bankWorld: &bankWorld{world: w, shown: map[string]string{}, loaded: map[string]bool{}, spoiled: -1}}
	w.opts.rows = 1 + w.rnd.IntN(4)
	w.opts.chaos = 20 + w.rnd.IntN(100)
	w.opts.editors, w.shelves = 0, nil
	w.plans = []*planfile.Plan{d.bankWorld.list(), d.bankWorld.list()}
	for n := range 1 + w.rnd.IntN(2) {
		d.offices = append(d.offices, &office{w: d.bankWorld, n: n})
		d.boxes = append(d.boxes, &box{sent: map[string][]byte{}, fetched: map[string][]byte{}, done: map[string]bool{}})
	}
	d.most = 1 + w.rnd.IntN(2)
	d.bare, d.trusted = w.rnd.IntN(3) == 0, w.rnd.IntN(2) == 0
	d.naive = !d.trusted && seed%4 == 0
	d.bank = newDirect(d)
	w.log("direct world: %d offices, %d clerks, keeps repeats %v, believed to %v", len(d.offices), d.most, d.bank.keeps, d.trusted)
	return d
}

// desk is what a command of an office has in hand.
func (d *directWorld) desk(c *clerk) (*directbank.Desk, *directbank.Ear, error) {
	t, err := transport.New(transport.Options{Base: wireTo{d.bank, c}, InProcess: true, Origins: []string{"http://bank.example"}, Clock: (*clock)(d.world), MaxAttempts: 1,
		NewRequestID: func() string { return "request" }})
	if err != nil {
		return nil, nil, err
	}
	cl, err := client.New(client.Options{Address: "http://bank.example/db", Customer: "1", Version: wire.NewestVersion, Transport: t, Clock: (*clock)(d.world),
		Login: func(context.Context) (string, string, error) { return "login", "parol", nil }})
	if err != nil {
		return nil, nil, err
	}
	s := &directbank.Section{Name: "demo", Customer: "1", Payer: bankPayer(), KeepsRepeats: d.trusted}
	b := boxOf{c, d.boxes[c.office.n]}
	return &directbank.Desk{Section: s, Client: cl, Box: b, Clock: (*clock)(d.world)},
		&directbank.Ear{Bank: s.Name, Profile: "sim", Journal: mortal{c}, Box: b}, nil
}

// sending runs a plan.
func (d *directWorld) sending(o *office, plan *planfile.Plan) *clerk {
	orders := 1 + d.rnd.IntN(3)
	return d.begin(o, "send", func(ctx context.Context, c *clerk) error {
		desk, _, err := d.desk(c)
		if err != nil {
			return err
		}
		r := &directroad.Road{Journal: mortal{c}, Plan: plan, Clock: (*clock)(d.world), Bank: desk, Name: "demo", Payer: bankPayer(), MaxOrders: orders}
		_, err = r.Send(ctx)
		return err
	})
}

// hearing fetches what the bank has, and asks about what is unknown when it is to.
func (d *directWorld) hearing(o *office, ask bool) *clerk {
	return d.begin(o, "hear", func(ctx context.Context, c *clerk) error {
		desk, ear, err := d.desk(c)
		if err != nil {
			return err
		}
		if _, err := (mortal{c}).Recover(ctx); err != nil {
			return err
		}
		if _, err := desk.Fetch(ctx, ear.Take); err != nil || !ask {
			return err
		}
		var ids []string
		for p, err := range (mortal{c}).List(ctx, journal.Filter{Via: journal.ViaDirectBank}) {
			if err != nil {
				return err
			}
			if p.State == journal.Unknown {
				ids = append(ids, p.ID)
			}
		}
		for _, id := range ids {
			if ok, err := ear.Again(ctx, desk, id); err != nil {
				return err
			} else if ok {
				continue
			}
			if _, err := desk.AskStatus(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// recalling asks the bank not to execute an order.
func (d *directWorld) recalling(o *office, id string) *clerk {
	return d.begin(o, "recall", func(ctx context.Context, c *clerk) error {
		desk, _, err := d.desk(c)
		if err != nil {
			return err
		}
		_, err = desk.Recall(ctx, id, "reason")
		return err
	})
}

// stating asks for a statement; it is heard later.
func (d *directWorld) stating(o *office, kind string) *clerk {
	return d.begin(o, "statement", func(ctx context.Context, c *clerk) error {
		desk, _, err := d.desk(c)
		if err != nil {
			return err
		}
		_, err = desk.AskStatement(ctx, kind, "2026-01-01", "2026-12-31")
		return err
	})
}

// order holds an order that leaves against the journal and the plan.
func (l wireTo) order(ctx context.Context, packet string, doc *wire.Document) {
	w := l.d.w
	raw, err := client.Open(doc)
	var o wire.PayDocRu
	if err == nil {
		err = client.Decode(raw, &o)
	}
	p, missing := l.c.journal.Payment(ctx, doc.ID)
	if err != nil || missing != nil {
		w.broken("%w: %v %v", errNoPayment, err, missing)
		return
	}
	w.log("%s: sends order %s of row %d, %s", l.c.owner[30:], o.Data.Number, p.Row, tail(p.ID))
	c := billing.CarriedOf(&p)
	sum, err := money.Rubles(o.Data.Sum)
	switch {
	case err != nil, sum != p.AmountKopecks, o.Data.Payee.Account != p.PayeeAccount, o.Data.Budget.Period != p.Period:
		w.broken("row %d: an order of %s to %s left for a payment of %d to %s", p.Row, o.Data.Sum, o.Data.Payee.Account, p.AmountKopecks, p.PayeeAccount)
	case c.Packet != packet, c.Number != o.Data.Number, c.Bank != "demo":
		w.broken("row %d leaves in another packet or under another number than is journalled: %+v", p.Row, c)
	case l.c.zombie:
	case p.State != journal.Sending && p.State != journal.Unknown, p.State == journal.Sending && p.Owner != l.c.owner:
		w.broken("an order left while its payment is %s of %s", p.State, p.Owner)
	}
}

// live runs the world: first with faults, then in calm until all is certain that can
// become so.
func (d *directWorld) live() error {
	defer d.bankWorld.leave()
	for range d.opts.chaos {
		if d.fault != nil {
			return d.fault
		}
		d.chance()
	}
	d.log("calm")
	d.disk.faults, d.bank.calm = false, true
	for len(d.clerks) > 0 {
		d.clerks[0].crash()
	}
	for len(d.bank.late) > 0 {
		d.bank.arrive()
	}
	for range 2 {
		for _, begin := range []func(*office) *clerk{
			func(o *office) *clerk { return d.sending(o, d.plans[0]) },
			func(o *office) *clerk { return d.sending(o, d.plans[1]) },
			func(o *office) *clerk { return d.hearing(o, true) },
			func(o *office) *clerk { return d.stating(o, wire.StatementFinal) },
			func(o *office) *clerk { return d.hearing(o, false) },
		} {
			for _, o := range d.offices {
				c := begin(o)
				for d.lives(c) {
					c.turn()
				}
				if d.fault != nil {
					return d.fault
				}
				if c.err != nil {
					return fmt.Errorf("%s on a sound disk: %w", c.what, c.err)
				}
			}
			for n := 0; d.bank.work(); n++ {
				if n > 100_000 {
					return fmt.Errorf("the bank does not come to an end")
				}
			}
		}
	}
	return d.settled()
}

// chance lets one thing happen.
func (d *directWorld) chance() {
	o := d.offices[d.rnd.IntN(len(d.offices))]
	if len(d.clerks) < d.most && d.rnd.IntN(3) == 0 {
		switch n := d.rnd.IntN(12); {
		case n < 5:
			d.sending(o, d.plans[d.rnd.IntN(2)])
		case n < 10:
			d.hearing(o, n < 8)
		case n < 11 && len(d.bank.orders) > 0:
			d.recalling(o, d.bank.orders[d.rnd.IntN(len(d.bank.orders))].id)
		default:
			d.stating(o, []string{wire.StatementFinal, wire.StatementIntermediate}[d.rnd.IntN(2)])
		}
		return
	}
	switch n := d.rnd.IntN(100); {
	case n < 5 && len(d.clerks) > 0:
		d.clerks[d.rnd.IntN(len(d.clerks))].crash()
	case n < 8:
		d.bank.arrive()
	case n < 9:
		d.bank.restart()
	case n < 30:
		d.bank.work()
	case n < 32: // the clock jumps, either way
		d.now = d.now.Add(time.Duration(d.rnd.IntN(7200)-1800) * time.Second)
	case n < 33:
		d.now = d.now.Add(time.Duration(d.rnd.IntN(40)) * time.Hour)
	case n < 34 && d.opts.zombies && len(d.clerks) > 0:
		c := d.clerks[d.rnd.IntN(len(d.clerks))]
		d.log("%s is taken for dead and lives", c.owner[30:])
		c.zombie, d.dead[c.owner] = true, true
	case len(d.clerks) > 0:
		d.clerks[d.rnd.IntN(len(d.clerks))].turn()
	default:
		d.bank.work()
	}
}

// settled holds what must be true of a world at its end.
func (d *directWorld) settled() error {
	ctx := context.Background()
	j := ledger.New(&handle{d.disk, "00000000-0000-7000-8000-00000000ffff"}, "00000000-0000-7000-8000-00000000ffff")
	defer j.Close()
	if report, err := j.Verify(ctx); err != nil {
		return fmt.Errorf("the journal does not hold: %w (%+v)", err, report)
	}
	paid := map[string]string{}
	for _, p := range d.executed {
		if first := paid[p.key]; first != "" {
			return fmt.Errorf("%s was executed twice: %s and %s", p.key, first, p.id)
		}
		paid[p.key] = p.id
	}
	known := map[string]bool{}
	for _, plan := range d.plans {
		rows := map[int]bool{}
		for p, err := range j.List(ctx, journal.Filter{Run: plan.Header.ID}) {
			if err != nil {
				return err
			}
			if rows[p.Row] {
				return fmt.Errorf("row %d has two payments", p.Row)
			}
			rows[p.Row], known[p.ID] = true, true
			if err := d.agrees(&p); err != nil {
				return err
			}
		}
		for r, err := range plan.ToPay(1) {
			if err != nil {
				return err
			}
			q := r.Payment(plan.Head(), journal.ViaDirectBank)
			if holders, err := j.ByKey(ctx, q.Key()); err != nil || !rows[r.N] && len(holders) == 0 {
				return fmt.Errorf("row %d was forgotten: %w", r.N, err)
			}
		}
	}
	for _, p := range d.bank.orders {
		if !known[p.id] {
			return fmt.Errorf("the bank has an order that the journal does not know: %s", p.id)
		}
	}
	return nil
}

// agrees holds a payment against the bank.
func (d *directWorld) agrees(p *journal.Payment) error {
	c := billing.CarriedOf(p)
	at := d.bank.order(p.ID)
	right := false
	switch p.State {
	case journal.Paid:
		right = at != nil && at.status == wire.StatusExecuted
	case journal.Refused:
		right = at != nil && at.gone()
	case journal.Accepted: // a refusal of what went more than once is for a person to judge
		right = at != nil && at.gone() && c.Sendings > 1
	case journal.Unknown: // the same, or it never arrived, and nobody can tell
		right = at == nil || at.gone() && c.Sendings > 1
	}
	if !right {
		have := "nothing"
		if at != nil {
			have = "it: " + at.status + " " + at.failure
		}
		return fmt.Errorf("row %d, %s, sent %d times: the journal says %s, the bank has %s", p.Row, p.ID, c.Sendings, p.State, have)
	}
	return nil
}

// box keeps the packets of a machine. What was put is there, whoever dies.
type box struct {
	sent, fetched map[string][]byte
	order         []string
	done          map[string]bool
	mark          string
	holder        *clerk
}

// boxOf is a process's sight of its machine's box.
type boxOf struct {
	c *clerk
	b *box
}

func (b boxOf) Lock(context.Context) (func() error, error) {
	for b.b.holder != nil && !b.b.holder.gone && b.c.w.lives(b.b.holder) {
		b.c.pause("waits for the box")
	}
	b.b.holder = b.c
	return func() error { b.b.holder = nil; return nil }, nil
}

func (b boxOf) PutSent(id string, packet []byte) error {
	b.c.pause("before a packet is kept")
	b.b.sent[id] = slices.Clone(packet)
	b.c.pause("after a packet is kept")
	return nil
}

// No letters are written here.
func (b boxOf) PutLetter(string, []byte) error { return nil }
func (b boxOf) Letters() ([]string, error)     { return nil, nil }
func (b boxOf) Letter(string) ([]byte, error)  { return nil, nil }

func (b boxOf) Sent(id string) ([]byte, error) { return b.b.sent[id], nil }

func (b boxOf) Known(id string) (bool, error) { return b.b.fetched[id] != nil, nil }

func (b boxOf) PutFetched(id string, packet []byte) error {
	b.c.pause("before what was fetched is kept")
	if b.b.fetched[id] == nil {
		b.b.order = append(b.b.order, id)
	}
	b.b.fetched[id] = slices.Clone(packet)
	return nil
}

func (b boxOf) Fetched() ([]string, error) {
	return slices.DeleteFunc(slices.Clone(b.b.order), func(id string) bool { return b.b.done[id] }), nil
}

func (b boxOf) Open(id string) ([]byte, error) { return b.b.fetched[id], nil }

func (b boxOf) Done(id string) error {
	b.c.pause("before a packet is done with")
	b.b.done[id] = true
	return nil
}

func (b boxOf) Mark() (string, error) { return b.b.mark, nil }

func (b boxOf) SetMark(mark string) error {
	b.c.pause("before the mark is set")
	b.b.mark = mark
	b.c.pause("after the mark is set")
	return nil
}
