package sim

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// This file is what stands between a process and the portal and answers in the
// portal's place: filters, gateways, caches. What an answer is worth is judged by
// the client's own code, so it is the bytes that count here and not a kind.

// exchange is one request on its way and what is said about it.
type exchange struct {
	w    *world
	call *transport.Call
	id   string // its X-Request-Id
}

func (w *world) exchange(call *transport.Call) *exchange {
	w.requests++
	return &exchange{w: w, call: call, id: fmt.Sprintf("request-%d", w.requests)}
}

func (w *world) paying(id string) *exchange {
	return w.exchange(&transport.Call{Method: "POST", Path: wire.Base + "/payments", Policy: transport.Once, IdempotencyKey: id})
}

func (w *world) asking(id string) *exchange {
	return w.exchange(&transport.Call{Method: "GET", Path: wire.Base + "/payments/{id}", Policy: transport.Safe, PathParams: map[string]string{"id": id}})
}

// saying is a refusal of the portal.
type saying struct {
	status int
	code   string
	after  time.Duration
}

// raw is an answer as it travels.
type raw struct {
	status     int
	kind, body string
	after      time.Duration
}

// problem is the portal's own answer to a request; about is what the request names.
func problem(s saying, request, about string) raw {
	b, err := json.Marshal(wire.Problem{Title: "Нет", Status: s.status, Code: s.code, RequestID: request, Subject: about})
	if err != nil {
		panic(err) // plain fields
	}
	return raw{s.status, "application/problem+json", string(b), s.after}
}

// own is what the portal itself says of this request.
func (x *exchange) own(s saying) error {
	about := x.call.IdempotencyKey
	if about == "" {
		about = x.call.PathParams["id"]
	}
	r := problem(s, x.id, about)
	x.w.overheard = append(x.w.overheard, r)
	return x.read(r)
}

// read is the client's reading of an answer: its own judge, unless a mistake is
// planted in its place.
func (x *exchange) read(r raw) error {
	e := &transport.Error{Kind: transport.Status, Status: r.status, Policy: x.call.Policy, Host: "sim", ContentType: r.kind, Body: []byte(r.body),
		SentID: x.id, RequestID: x.id, RetryAfter: r.after}
	switch {
	case r.status < 400:
		e.Kind = transport.BadAnswer
	case x.w.plant.believe != nil:
		e.Proof = x.w.plant.believe(x.call, e)
	default:
		e.Proof = cabinet.Judge(x.call)(e)
	}
	return cabinet.Explain(e.Fault())
}

// statuses are all that something on the way answers with; 200 is a page.
var statuses = [...]int{200, 302, 400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 423, 429, 451, 500, 501, 502, 503, 504}

// between is an answer of something on the way.
func (x *exchange) between() error {
	rnd := x.w.rnd
	s := statuses[rnd.IntN(len(statuses))]
	after := time.Duration(rnd.IntN(2)) * time.Second
	var r raw
	switch n := rnd.IntN(5); {
	case n == 0 && len(x.w.overheard) > 0: // what the portal said to somebody else, or earlier
		r = x.w.overheard[rnd.IntN(len(x.w.overheard))]
	case n == 1: // a gateway that speaks of problems, and repeats what it saw in the headers
		b, _ := json.Marshal(map[string]any{"type": "about:blank", "title": "Blocked", "status": s, "code": "gateway.blocked", "requestId": x.id})
		r = raw{s, "application/problem+json", string(b), after}
	case n == 2:
		r = raw{s, "", "", after}
	default:
		r = raw{s, "text/html", "<html>Доступ ограничен</html>", after}
	}
	x.w.log("net: something on the way answers %d %s", r.status, r.kind)
	return x.read(r)
}

// strange is an answer that belongs to another request.
func (x *exchange) strange() error {
	return cabinet.Explain((&transport.Error{Kind: transport.BadAnswer, Status: 200, Policy: x.call.Policy, Host: "sim", ContentType: "application/json", SentID: x.id, Err: errWire}).Fault())
}

// intercept lets something on the way answer a payment: before it is forwarded,
// after, or while it is still on its way. ok is false when nothing does.
func (l *line) intercept(x *exchange, req wire.PaymentRequest) (answer *wire.Payment, err error, ok bool) {
	b := l.b
	if b.w.opts.between == 0 || b.w.rnd.IntN(b.w.opts.between) > 0 {
		return nil, nil, false
	}
	switch n := b.w.rnd.IntN(12); {
	case n < 3: // it goes no further
	case n < 8: // it is carried out
		_, _ = b.take(req)
	case n < 10: // it arrives later
		b.late = append(b.late, req)
	case n < 11: // it arrives twice, and the first answer is the portal's
		answer, no := b.take(req)
		if no == nil {
			b.late = append(b.late, req)
			return answer, nil, true
		}
		return nil, x.own(*no), true
	default: // the answer of another payment
		_, _ = b.take(req)
		if len(b.order) == 0 {
			return nil, x.strange(), true
		}
		other := b.order[b.w.rnd.IntN(len(b.order))]
		if other.req.ID == req.ID {
			return other.answer(), nil, true
		}
		if b.w.plant.anyAnswer { // taken as it comes
			p := other.answer()
			p.ID, p.AmountKopecks = req.ID, req.AmountKopecks
			return p, nil, true
		}
		return other.answer(), nil, true // the engine looks at whose it is
	}
	return nil, x.between(), true
}

// interceptQuestion is intercept of a question.
func (l *line) interceptQuestion(x *exchange) (answer *wire.Payment, err error, ok bool) {
	b := l.b
	if b.w.opts.between == 0 || b.w.rnd.IntN(b.w.opts.between) > 0 {
		return nil, nil, false
	}
	if n := len(b.order); n > 0 && b.w.rnd.IntN(4) == 0 {
		return b.order[b.w.rnd.IntN(n)].answer(), nil, true // of another question
	}
	return nil, x.between(), true
}

// plant is a mistake put in on purpose, to see that the simulation finds it.
type plant struct {
	// believe takes the place of the client's judge.
	believe func(*transport.Call, *transport.Error) transport.Proof
	// anyAnswer takes a good answer for one about the payment that was sent.
	anyAnswer bool
}
