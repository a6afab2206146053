package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// This file is the worlds of applications: submitted under a reserved number and in one
// step, once more on purpose, and withdrawn, while requests get lost, arrive late and
// are answered by something on the way, and commands are cut off at each step. The
// portal knows nothing by which to tell a repetition from another application.

// counterWorld is a world of applications. It uses the clerks of bank worlds.
type counterWorld struct {
	*bankWorld
	outbox   string
	orders   []*order
	tried    map[wish]bool
	late     []parcel
	withdraw map[int64]bool // asked for
}

// wish is what a person means to apply for, the first time or again.
type wish struct {
	service int // 0 and 1: under a number; 2 and 3: in one step, of one service
	reason  string
}

func (w wish) oneStep() bool { return w.service >= 2 }

// order is an application at the portal, or a number that waits for one.
type order struct {
	id      int64
	service string
	made    time.Time
	status  int
	content []string // of the archives that came: the submissions' IDs
}

// parcel is a push on its way, which arrives before it is too late: a gateway that gave
// up on it has it at work for minutes at most.
type parcel struct {
	number  int64 // 0: in one step
	service string
	name    string
	until   time.Time
}

const (
	asDraft, asSubmitted, asWithdrawn = 0, 2, 10
	longestWay                        = 9 * time.Minute
)

func newCounterWorld(seed uint64, trace *[]string, outbox string) *counterWorld {
	b := newBankWorld(seed, trace)
	b.opts.chaos = 30 + b.rnd.IntN(200)
	b.opts.zombies = false
	return &counterWorld{bankWorld: b, outbox: outbox, tried: map[wish]bool{}, withdraw: map[int64]bool{}}
}

func serviceOf(w wish) string {
	if w.oneStep() {
		return "90000000008"
	}
	return fmt.Sprintf("9000000000%d", w.service)
}

// applies starts a command that submits.
func (d *counterWorld) applies(w wish) *clerk {
	d.tried[w] = true
	return d.begin(d.offices[0], fmt.Sprintf("apply %d %q", w.service, w.reason), func(ctx context.Context, c *clerk) error {
		s := &applications.Submitter{Portal: &counter{d: d, c: c}, Journal: mortal{c}, Clock: (*clock)(d.world), Profile: "sim", Outbox: d.outbox}
		_, err := s.Submit(ctx, applications.Request{Applicant: "1", Title: "Услуга", TargetCode: "-1", Region: "45000000000", OneStep: w.oneStep(),
			Content: applications.Content{ServiceCode: serviceOf(w), Values: map[string]any{"year": 2020 + w.service}}, Again: w.reason, Who: "a person"})
		return err
	})
}

// withdraws starts a command that withdraws an application.
func (d *counterWorld) withdraws(id int64) {
	d.withdraw[id] = true
	d.begin(d.offices[0], fmt.Sprintf("withdraw %d", id), func(ctx context.Context, c *clerk) error {
		l := &counter{d: d, c: c}
		err := applications.Withdraw(ctx, l, id, "передумал")
		gone := d.order(id).status == asWithdrawn
		switch exit := fault.ExitOf(err); {
		case err == nil && !gone:
			d.broken("%d is said to be withdrawn, and is not", id)
		case exit != exitcode.Unknown && err != nil && l.did:
			d.broken("%d was withdrawn, and exit %d says that it was not: %w", id, exit, err)
		}
		return err
	})
}

// Prepare, MoveSubmissions and ListSubmissions are what applications need of a clerk's
// journal.
func (m mortal) Prepare(ctx context.Context, s journal.Submission) (journal.SubmissionResult, error) {
	s.ID, _ = m.c.w.newID()
	return around(m.c, "prepare", func() (journal.SubmissionResult, error) { return m.c.journal.Prepare(ctx, s) })
}

func (m mortal) MoveSubmissions(ctx context.Context, ts []journal.SubmissionTransition) error {
	_, err := around(m.c, fmt.Sprintf("application from %s to %s", ts[0].From, ts[0].To), func() (struct{}, error) {
		return struct{}{}, m.c.journal.MoveSubmissions(ctx, ts)
	})
	return err
}

func (m mortal) ListSubmissions(ctx context.Context, f journal.SubmissionFilter) iter.Seq2[journal.Submission, error] {
	m.c.pause("list of applications")
	return m.c.journal.ListSubmissions(ctx, f)
}

// counter is a clerk's connection to API ЕПГУ.
type counter struct {
	d   *counterWorld
	c   *clerk
	did bool // its withdrawal was carried out
}

func (d *counterWorld) order(id int64) *order {
	i := slices.IndexFunc(d.orders, func(o *order) bool { return o.id == id })
	if i < 0 {
		return nil
	}
	return d.orders[i]
}

func (d *counterWorld) make(service string, at time.Time) *order {
	o := &order{id: 1000 + int64(len(d.orders)), service: service, made: at}
	d.orders = append(d.orders, o)
	return o
}

// arrives lets an archive reach the portal; nil is its consent.
func (d *counterWorld) arrives(p parcel, at time.Time) (int64, *wire.Error) {
	o := d.order(p.number)
	switch {
	case p.number == 0:
		o = d.make(p.service, at)
	case o == nil:
		return 0, &wire.Error{Code: wire.ErrNotFound}
	case o.status != asDraft:
		return 0, &wire.Error{Code: wire.ErrPushDenied, Message: "уже подано"}
	}
	o.status, o.content = asSubmitted, append(o.content, p.name)
	d.log("portal: application %d of %s", o.id, p.name)
	return o.id, nil
}

// due lets parcels arrive whose time is up at a moment.
func (d *counterWorld) due(at time.Time) {
	d.late = slices.DeleteFunc(d.late, func(p parcel) bool {
		if p.until.After(at) {
			return false
		}
		_, _ = d.arrives(p, p.until)
		return true
	})
}

func (l *counter) call(path string, policy transport.Policy) *exchange {
	return l.d.exchange(&transport.Call{Method: "POST", Path: path, Policy: policy})
}

// said is an answer as the client reads it.
func said(x *exchange, r raw) error {
	e := &transport.Error{Kind: transport.Status, Status: r.status, Policy: x.call.Policy, Host: "sim", ContentType: r.kind, Body: []byte(r.body), SentID: x.id}
	if r.status < 400 {
		e.Kind = transport.BadAnswer
	} else {
		e.Proof = gusmev.Judge(e)
	}
	return gusmev.Explain(e.Fault())
}

func refusedBy(x *exchange, no *wire.Error) error {
	body, err := json.Marshal(no)
	if err != nil {
		panic(err) // plain fields
	}
	status := 403
	if no.Code == wire.ErrNotFound {
		status = 404
	}
	return said(x, raw{status: status, kind: "application/json", body: string(body)})
}

// onTheWay is an answer in the portal's place.
func (l *counter) onTheWay(x *exchange) error {
	s := statuses[l.d.rnd.IntN(len(statuses))]
	r := raw{status: s, kind: "text/html", body: "<html>Доступ ограничен</html>"}
	switch l.d.rnd.IntN(3) {
	case 0:
		r = raw{status: s, kind: "application/json", body: `{"code":"gateway_blocked","message":"blocked"}`}
	case 1:
		r = raw{status: s}
	}
	l.d.log("net: something on the way answers %d %s", r.status, r.kind)
	return said(x, r)
}

// push carries an archive over a network that does what networks do.
func (l *counter) push(number int64, service, name string) (int64, error) {
	d := l.d
	l.c.pause("before an archive is sent")
	x := l.call(wire.PathPush, transport.Once)
	p := parcel{number, service, name, d.now.Add(longestWay)}
	n := d.rnd.IntN(20)
	if d.bank.calm {
		n = 19
	}
	switch {
	case n < 1:
		return 0, x.fail(transport.NeverSent)
	case n < 3:
		return 0, x.fail(transport.Lost)
	case n < 5:
		d.late = append(d.late, p)
		return 0, x.fail(transport.Lost)
	case n < 7:
		return 0, l.onTheWay(x)
	case n < 8:
		d.late = append(d.late, p)
		return 0, l.onTheWay(x)
	}
	id, no := d.arrives(p, d.now)
	l.c.pause("after an archive has come")
	switch {
	case n < 10:
		return 0, x.fail(transport.Lost)
	case n < 12:
		return 0, l.onTheWay(x)
	case no != nil:
		return 0, refusedBy(x, no)
	}
	return id, nil
}

// Reserve gives a number; one whose answer is lost stays a draft that nobody uses.
func (l *counter) Reserve(_ context.Context, meta wire.Meta) (int64, error) {
	l.c.pause("before a number is asked for")
	x := l.call(wire.PathOrder, transport.Once)
	o := l.d.make(meta.ServiceCode, l.d.now)
	l.c.pause("after a number was given")
	if !l.d.bank.calm {
		switch l.d.rnd.IntN(8) {
		case 0:
			return 0, x.fail(transport.Lost)
		case 1:
			return 0, l.onTheWay(x)
		}
	}
	return o.id, nil
}

// Push submits in one step.
func (l *counter) Push(_ context.Context, meta wire.Meta, _ io.ReaderAt, _ int64, name string) (int64, error) {
	return l.push(0, meta.ServiceCode, name)
}

// PushChunked submits under a number; the archives of these worlds fit into one part.
func (l *counter) PushChunked(_ context.Context, meta wire.Meta, orderID int64, _ io.ReaderAt, _ int64, opts gusmev.ChunkOptions) error {
	_, err := l.push(orderID, meta.ServiceCode, opts.Name)
	return err
}

// asks lets a question fail; nil lets it be answered.
func (l *counter) asks(x *exchange) error {
	if l.d.bank.calm {
		return nil
	}
	switch l.d.rnd.IntN(12) {
	case 0:
		return x.fail(transport.Lost)
	case 1:
		return l.onTheWay(x)
	}
	return nil
}

// Order is the question about a number.
func (l *counter) Order(_ context.Context, id int64, _ bool) (*gusmev.OrderInfo, error) {
	l.c.pause("an application is asked about")
	x := l.call(wire.PathOrderDetails, transport.Safe)
	if err := l.asks(x); err != nil {
		return nil, err
	}
	o := l.d.order(id)
	if o == nil {
		return nil, refusedBy(x, &wire.Error{Code: wire.ErrNotFound})
	}
	return &gusmev.OrderInfo{Code: wire.CodeOK, Order: &wire.Order{ID: o.id, EserviceID: o.service, OrderStatusID: o.status, OrderDate: o.made.Format(wire.TimeLayout),
		CurrentStatusHistory: &wire.Status{CancelAllowed: o.status == asSubmitted}}}, nil
}

// UpdatedAfter lists what was changed since a moment.
func (l *counter) UpdatedAfter(_ context.Context, since time.Time, _ time.Duration) ([]wire.OrderStatus, error) {
	l.c.pause("the news are asked for")
	x := l.call(wire.PathUpdatedAfter, transport.Safe)
	if err := l.asks(x); err != nil {
		return nil, err
	}
	var out []wire.OrderStatus
	for _, o := range l.d.orders {
		if o.status != asDraft && !o.made.Before(since.Add(-time.Minute)) {
			out = append(out, wire.OrderStatus{OrderID: o.id, Status: &wire.ShortStatus{StatusID: o.status}})
		}
	}
	return out, nil
}

// Cancel withdraws; its answers have no body.
func (l *counter) Cancel(_ context.Context, id int64, _ string) error {
	l.c.pause("before a withdrawal is sent")
	x := l.call(wire.PathOrderCancel, transport.Once)
	n := l.d.rnd.IntN(10)
	switch {
	case l.d.bank.calm:
	case n < 2:
		return x.fail(transport.Lost)
	case n < 3:
		return l.onTheWay(x)
	}
	o := l.d.order(id)
	if o == nil || o.status != asSubmitted {
		return refusedBy(x, &wire.Error{Code: wire.ErrCancelNotAllowed})
	}
	o.status, l.did = asWithdrawn, true
	l.d.log("portal: %d is withdrawn", id)
	l.c.pause("after a withdrawal has come")
	if !l.d.bank.calm && n < 5 {
		return l.onTheWay(x)
	}
	return nil
}

// live runs the world: commands are given, cut off and repeated, and in calm each is
// repeated until nothing cuts it off.
func (d *counterWorld) live() error {
	defer d.leave()
	defer func() { _ = os.RemoveAll(d.outbox) }()
	reasons := []string{"", "", "for the other office"}
	pass := func(by time.Duration) {
		d.now = d.now.Add(by)
		d.due(d.now)
	}
	for range d.opts.chaos {
		if d.fault != nil {
			return d.fault
		}
		switch n := d.rnd.IntN(40); {
		case n < 3 && len(d.clerks) > 0:
			d.clerks[d.rnd.IntN(len(d.clerks))].crash()
		case n < 5 && len(d.late) > 0:
			p := d.late[0]
			d.late = d.late[1:]
			_, _ = d.arrives(p, d.now)
		case n < 7:
			pass(time.Duration(d.rnd.IntN(15*60)) * time.Second)
		case n < 9 && len(d.orders) > 0:
			if o := d.orders[d.rnd.IntN(len(d.orders))]; o.status == asSubmitted && len(d.clerks) < 2 && d.rnd.IntN(3) == 0 {
				d.withdraws(o.id)
			}
		case len(d.clerks) < 2 && n < 20:
			d.applies(wish{d.rnd.IntN(4), reasons[d.rnd.IntN(len(reasons))]})
		case len(d.clerks) > 0:
			d.clerks[d.rnd.IntN(len(d.clerks))].turn()
		}
	}
	d.log("calm")
	d.disk.faults, d.bank.calm = false, true
	for len(d.clerks) > 0 {
		d.clerks[0].crash()
	}
	pass(time.Hour)
	for range 2 {
		for service := range 4 {
			for _, reason := range reasons[1:] {
				if w := (wish{service, reason}); d.tried[w] {
					c := d.applies(w)
					for d.lives(c) {
						c.turn()
					}
					d.log("%v ended: %v", w, fault.ExitOf(c.err))
				}
			}
		}
		pass(time.Hour) // what nobody has seen by now was never there
	}
	if d.fault != nil {
		return d.fault
	}
	return d.once()
}

// once holds that each wish has made one application at most, that the journal knows
// which, and that nothing was forgotten.
func (d *counterWorld) once() error {
	ctx := context.Background()
	j := ledger.New(&handle{d.disk, "00000000-0000-7000-8000-00000000ffff"}, "00000000-0000-7000-8000-00000000ffff")
	defer j.Close()
	if report, err := j.Verify(ctx); err != nil {
		return fmt.Errorf("the journal does not hold: %w (%+v)", err, report)
	}
	made := map[string]int{} // by what was wanted: the key of the content, and the reason
	has := map[string]bool{} // by submission: a refused one may be wanted and made once more, by another
	numbers := map[int64]string{}
	wants := map[string]string{}
	for s, err := range j.ListSubmissions(ctx, journal.SubmissionFilter{}) {
		if err != nil {
			return err
		}
		wants[s.ID] = s.ContentKey + ", again: " + s.Again()
		if s.State == journal.Accepted {
			o := d.order(s.OrderID)
			if o == nil || o.status == asDraft {
				return fmt.Errorf("the journal says that %s is submitted as %d, and the portal has no such application", s.ID, s.OrderID)
			}
			if other := numbers[s.OrderID]; other != "" {
				return fmt.Errorf("%d is taken for %s and for %s", s.OrderID, other, s.ID)
			}
			numbers[s.OrderID] = s.ID
		}
	}
	for _, o := range d.orders {
		for _, name := range o.content {
			what := wants[name]
			has[name] = true
			if what == "" {
				return fmt.Errorf("the portal has an application that the journal does not know: %s", name)
			}
			if made[what]++; made[what] > 1 {
				return fmt.Errorf("%q was submitted %d times", what, made[what])
			}
		}
		if o.status == asWithdrawn && !d.withdraw[o.id] {
			return fmt.Errorf("%d was withdrawn, and nobody wanted that", o.id)
		}
	}
	for s, err := range j.ListSubmissions(ctx, journal.SubmissionFilter{}) {
		if err != nil {
			return err
		}
		switch n := made[wants[s.ID]]; {
		case s.State == journal.Accepted && n != 1, s.State == journal.Refused && has[s.ID] && numbers[s.OrderID] == "":
			return fmt.Errorf("the journal says that %s is %s, and the portal has %d of it", s.ID, s.State, n)
		case s.State == journal.Unknown && s.Service != serviceOf(wish{service: 2}): // in one step several may be told apart by nobody
			return fmt.Errorf("%s is unknown, although nothing keeps anybody from asking", s.ID)
		}
	}
	return nil
}
