package sim

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// bank is the model of the portal and the bank behind it. It keeps the published
// promise and no other: one ID is one payment. Whether it also refuses a second
// payment of the same charge is up to the seed, so that exactly once is proven of
// the engine and not of the bank's kindness.
type bank struct {
	w     *world
	guard bool
	paid  map[string]*entry // by ID
	order []*entry
	late  []cabinet.PaymentRequest // requests that wander about in the network
	storm int                      // so many requests are answered by 429
	calm  bool                     // no more faults
}

type entry struct {
	req   cabinet.PaymentRequest
	key   string
	state string
}

// key is what a payment is for.
func keyOf(req cabinet.PaymentRequest) string {
	if req.UIN != "" {
		return "uin " + req.UIN
	}
	return "requisites " + req.Requisites.Payee.Account + " " + req.Requisites.Period
}

func same(a, b cabinet.PaymentRequest) bool {
	return a.ID == b.ID && a.UIN == b.UIN && a.AmountKopecks == b.AmountKopecks && a.Method == b.Method && (a.Requisites == nil) == (b.Requisites == nil)
}

// What the portal says when it says no. The first keeps no note; the fourth is about
// another payment of the same charge.
var (
	refused  = saying{422, "payment.amount_mismatch", 0}
	absent   = saying{404, "payment.not_found", 0}
	reused   = saying{409, "payment.key_reused", 0}
	taken    = saying{409, "payment.duplicate", 0}
	atWork   = saying{409, "payment.in_progress", time.Second}
	failed   = saying{500, "internal", 0}
	errWire  = errors.New("simulated: connection reset")
	gateways = raw{502, "text/html", "<html>Bad Gateway</html>", 0}
)

func busy(after time.Duration) saying   { return saying{429, "portal.too_many_requests", after} }
func closed(after time.Duration) saying { return saying{503, "portal.unavailable", after} }

func (x *exchange) fail(kind transport.Kind) error {
	return (&transport.Error{Kind: kind, Policy: x.call.Policy, Host: "sim", Err: errWire}).Fault()
}

// take is a request that has arrived.
func (b *bank) take(req cabinet.PaymentRequest) (*cabinet.Payment, *saying) {
	if e := b.paid[req.ID]; e != nil {
		if !same(e.req, req) {
			return nil, &reused
		}
		return e.answer(), nil
	}
	key := keyOf(req)
	if b.guard {
		for _, e := range b.order {
			if e.key == key && e.state != "refused" {
				return nil, &taken
			}
		}
	}
	e := &entry{req: req, key: key, state: "accepted"}
	if b.w.rnd.IntN(b.w.opts.denials) == 0 { // said no, and keeps no note of it
		return nil, &refused
	}
	switch n := b.w.rnd.IntN(20); {
	case n == 1:
		e.state = "refused"
	case n < 8:
		e.state = "paid"
	}
	b.paid[req.ID], b.order = e, append(b.order, e)
	b.w.log("bank: %s %s %s", key, req.ID[24:], e.state)
	return e.answer(), nil
}

func (e *entry) answer() *cabinet.Payment {
	p := &cabinet.Payment{ID: e.req.ID, State: e.state, UIN: e.req.UIN, AmountKopecks: e.req.AmountKopecks}
	switch e.state {
	case "paid":
		p.ReceiptID, p.UIP = e.req.ID, "uip"
	case "refused":
		p.Reason = &cabinet.Reason{Code: "limit", Text: "over the limit"}
	}
	return p
}

// clear settles one accepted payment.
func (b *bank) clear() {
	for _, e := range b.order {
		if e.state == "accepted" {
			e.state = "paid"
			if b.w.rnd.IntN(10) == 0 {
				e.state = "refused"
			}
			b.w.log("bank: cleared %s %s", e.key, e.state)
			return
		}
	}
}

// arrive lets one wandering request reach the bank.
func (b *bank) arrive() {
	if len(b.late) == 0 {
		return
	}
	i := b.w.rnd.IntN(len(b.late))
	req := b.late[i]
	b.late = append(b.late[:i], b.late[i+1:]...)
	b.w.log("net: late request %s arrives", req.ID[24:])
	_, _ = b.take(req) // nobody waits for this answer
}

// line is a process's connection to the portal.
type line struct {
	b *bank
	p *process
}

func (l *line) latency() {
	l.b.w.now = l.b.w.now.Add(time.Duration(1+l.b.w.rnd.IntN(400)) * time.Millisecond)
}

// Pay sends a payment over a network that does what networks do.
func (l *line) Pay(_ context.Context, req cabinet.PaymentRequest) (*cabinet.Payment, error) {
	b := l.b
	l.latency()
	b.w.leaves(l.p, req)
	x := b.w.paying(req.ID)
	carryOut := func() (*cabinet.Payment, error) {
		answer, no := b.take(req)
		if no != nil {
			return nil, x.own(*no)
		}
		return answer, nil
	}
	if b.calm {
		return carryOut()
	}
	if answer, err, ok := l.intercept(x, req); ok {
		return answer, err
	}
	if b.storm > 0 {
		b.storm--
		return nil, x.own(busy(time.Duration(b.w.rnd.IntN(30)) * time.Second))
	}
	switch n := b.w.rnd.IntN(100); {
	case n < 3:
		return nil, x.fail(transport.NeverSent)
	case n < 7: // lost on the way there
		return nil, x.fail(transport.Lost)
	case n < 13: // still on the way there
		b.late = append(b.late, req)
		return nil, x.fail(transport.Lost)
	case n < 18: // lost on the way back
		_, _ = b.take(req)
		return nil, x.fail(transport.Lost)
	case n < 21: // duplicated by the network; a refusal that leaves no note is the same for both
		answer, err := carryOut()
		if err == nil {
			b.late = append(b.late, req)
		}
		return answer, err
	case n < 23:
		return nil, x.own(failed)
	case n < 25:
		_, _ = b.take(req)
		return nil, x.read(gateways)
	case n < 26:
		return nil, x.own(closed(5 * time.Second))
	case n < 27: // an earlier copy is at work this moment
		b.late = append(b.late, req)
		return nil, x.own(atWork)
	case n < 28:
		b.storm = 1 + b.w.rnd.IntN(12)
		return nil, x.own(busy(0))
	}
	return carryOut()
}

// Payment is the question by ID.
func (l *line) Payment(_ context.Context, id string, _ time.Duration) (*cabinet.Payment, error) {
	b := l.b
	l.latency()
	x := b.w.asking(id)
	if !b.calm {
		if answer, err, ok := l.interceptQuestion(x); ok {
			return answer, err
		}
		switch n := b.w.rnd.IntN(20); {
		case n < 2:
			return nil, x.fail(transport.Lost)
		case n < 3:
			return nil, x.own(closed(time.Second))
		case n < 4:
			return nil, x.own(busy(time.Second))
		}
	}
	e := b.paid[id]
	if e == nil {
		return nil, x.own(absent)
	}
	return e.answer(), nil
}

// Charge shows the charge as it was; nothing here rechecks.
func (l *line) Charge(_ context.Context, uin string) (*cabinet.Charge, error) {
	x := l.b.w.exchange(&transport.Call{Path: "/charges/{uin}", Policy: transport.Safe, PathParams: map[string]string{"uin": uin}})
	return nil, x.fail(transport.Lost)
}
