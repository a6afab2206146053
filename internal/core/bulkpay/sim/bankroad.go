package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	moscow "github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/fileset"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// This file is the worlds of the road by bank files: two machines with a folder each
// and one journal, an accountant who loads files into the bank whenever they see one
// and may take them away, a bank that executes or refuses orders and gives statements,
// and a portal by which a second plan of the same list is paid at the same time.
// Processes die at every step: before and after each call to the journal and to the
// folder.

// bankWorld is a world with a bank that takes files.
type bankWorld struct {
	*world
	offices  []*office
	clerks   []*clerk
	executed []*execution          // in the order in which the bank did it
	shown    map[string]string     // key of a debt → the file whose order for it was shown
	loaded   map[string]bool       // files that the accountant has loaded
	carries  bool                  // the accountant takes files away once they are loaded
	most     int                   // so many clerks at once, which may share an office
	debts    map[string]*execution // by key
	payers   *papers               // the file of the accounts that pay
	drawn    string                // the account that the first order shown is drawn on, with its owner and bank
	spoiled  int                   // events there were when somebody edited the journal; -1: nobody has
}

// execution is an order that the bank has done.
type execution struct {
	order onec.Order
	day   time.Time
	key   string
}

// office is one machine's folder for the bank.
type office struct {
	w    *bankWorld
	n    int
	sets map[string]*pile
	ids  int
}

// pile is a set of files in an office.
type pile struct {
	id    string
	owner *clerk
	files map[string]*bytes.Buffer
	order []string
	at    pileState
}

type pileState int

const (
	staged pileState = iota
	shown
	withdrawn
	removed
)

// clerk is one run of the programme that is no run by the portal: it writes files or
// reads a statement. It gives the turn to the world before and after whatever it does.
type clerk struct {
	w       *bankWorld
	owner   string
	office  *office
	what    string
	journal *ledger.Ledger
	yield   func(struct{}) bool
	next    func() (struct{}, bool)
	stop    func()
	gone    bool // it died: nothing that still runs of it has any effect
	zombie  bool
	at      string // the step that it waits before
	result  *bankroad.Result
	err     error
}

func newBankWorld(seed uint64, trace *[]string) *bankWorld {
	w := newWorld(seed, trace, plant{})
	b := &bankWorld{world: w, shown: map[string]string{}, loaded: map[string]bool{}, debts: map[string]*execution{}, spoiled: -1, carries: w.rnd.IntN(2) == 0}
	w.opts.rows = 2 + w.rnd.IntN(9)
	w.opts.chaos = 30 + w.rnd.IntN(250)
	w.opts.editors, w.shelves = 0, nil
	w.plans = []*planfile.Plan{b.list(), b.list()}
	for n := range 1 + w.rnd.IntN(2) {
		b.offices = append(b.offices, &office{w: b, n: n, sets: map[string]*pile{}})
	}
	b.payers = newPayers(w)
	b.most = len(b.offices) + w.rnd.IntN(2)
	w.log("bank world: %d offices, %d clerks, carries %v", len(b.offices), b.most, b.carries)
	return b
}

// list writes a plan of payments that a bank takes. Every plan of a world is of the
// same debts.
func (b *bankWorld) list() *planfile.Plan {
	w := b.world
	id, _ := w.newID()
	var buf bytes.Buffer
	pw, err := planfile.NewWriter(&buf, planfile.Header{ID: id, CreatedAt: w.now, Profile: "sim", Method: "account", Payer: "7707083893"})
	if err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	for n := range w.opts.rows {
		r := planfile.Row{Status: planfile.Pay, Kopecks: int64(600000 + n), Payer: "7707083893", Purpose: "Госпошлина",
			Payee: &planfile.Payee{Name: "УФК по г. Москве", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300",
				Bank: "ГУ БАНКА РОССИИ ПО ЦФО//УФК по г. Москве", BIK: "004525988", CorrAccount: "40102810545370000003"},
			Budget: &planfile.Budget{Drawer: "08", KBK: "18210301000010000110", OKTMO: "45328000", Basis: "0", Period: fmt.Sprintf("МС.%02d.%d", n%12+1, 2024+n/12), DocNo: "0", DocDate: "0"}}
		if err := pw.Write(&r); err != nil {
			panic(err)
		}
	}
	if _, err := pw.Close(); err != nil {
		panic(err)
	}
	return w.lay(buf.Bytes())
}

func bankPayer() bankfiles.Payer {
	return bankfiles.Payer{Name: "ООО «Три кита»", INN: "7707083893", KPP: "773001001", Account: "40702810138250123017",
		BIK: "044525225", Bank: "ПАО СБЕРБАНК", Corr: "30101810400000000225"}
}

// begin starts a clerk.
func (b *bankWorld) begin(o *office, what string, work func(context.Context, *clerk) error) *clerk {
	owner, _ := b.newID()
	c := &clerk{w: b, owner: owner, office: o, what: what}
	c.journal = ledger.New(&handle{b.disk, owner}, owner)
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		defer func() {
			if r := recover(); r != nil && r != errDied {
				panic(r)
			}
		}()
		c.pause("begins")
		c.err = work(context.Background(), c)
	})
	b.log("%s in office %d: %s", what, o.n, owner[30:])
	b.clerks = append(b.clerks, c)
	c.turn()
	return c
}

// road writes the files of the first plan.
func (b *bankWorld) road(o *office) *clerk {
	files := 1 + b.rnd.IntN(4)
	return b.begin(o, "road", func(ctx context.Context, c *clerk) (err error) {
		payers, err := b.payers.accounts()
		if err != nil {
			return err
		}
		r := &bankroad.Road{Journal: mortal{c}, Plan: b.plans[0], Clock: (*clock)(b.world), Dir: "/bank", Shelf: desk{c}, Payers: payers, MaxOrders: files}
		c.result, err = r.Write(ctx)
		return err
	})
}

// reading reads a statement of all that the bank has done.
func (b *bankWorld) reading(o *office) *clerk {
	text := b.statement()
	return b.begin(o, "statement", func(ctx context.Context, c *clerk) error {
		_, err := bankfiles.Import(ctx, mortal{c}, "sim", "statement.txt", strings.NewReader(text), bankfiles.How{})
		return err
	})
}

// pause gives the turn to the world, which may let the process die here.
func (c *clerk) pause(where string) {
	c.at = where
	if c.gone || !c.yield(struct{}{}) {
		c.gone = true
		panic(errDied)
	}
	c.w.log("%s: %s", c.owner[30:], where)
}

// handing reports whether a clerk has just marked rows as sent by files that nobody
// can see yet: where a death leaves most to clear up.
func (c *clerk) handing() bool { return c.at == "after "+markSent }

// markSent is how the call to the journal is named that marks rows as sent.
const markSent = "move claimed to sending"

func (c *clerk) turn() {
	if _, alive := c.next(); !alive {
		c.end()
	}
}

// end takes a clerk that is over out of the world.
func (c *clerk) end() {
	b := c.w
	b.log("%s ended: %v, died %v", c.owner[30:], c.err, c.gone)
	b.dead[c.owner] = true
	if err := c.journal.Close(); err != nil {
		b.broken("close: %w", err)
	}
	b.clerks = slices.DeleteFunc(b.clerks, func(q *clerk) bool { return q == c })
	b.ends++
	if c.gone {
		b.crashes++
	}
}

func (c *clerk) crash() {
	c.gone = true
	c.stop()
	c.end()
}

// mortal is a clerk's journal.
type mortal struct{ c *clerk }

func around[T any](c *clerk, what string, f func() (T, error)) (T, error) {
	c.pause("before " + what)
	v, err := f()
	c.pause("after " + what)
	return v, err
}

func (m mortal) Owner() string { return m.c.owner }

// named gives payments ids that are the same each time a seed is run.
func (m mortal) named(ps []journal.Payment) {
	for i := range ps {
		if ps[i].ID == "" {
			ps[i].ID, _ = m.c.w.newID()
		}
	}
}

func (m mortal) Plan(ctx context.Context, ps []journal.Payment) ([]journal.PlanResult, error) {
	m.named(ps)
	return around(m.c, "plan", func() ([]journal.PlanResult, error) { return m.c.journal.Plan(ctx, ps) })
}

func (m mortal) Take(ctx context.Context, ps []journal.Payment, lease time.Duration) ([]journal.PlanResult, error) {
	m.named(ps)
	return around(m.c, "take", func() ([]journal.PlanResult, error) { return m.c.journal.Take(ctx, ps, lease) })
}

func (m mortal) Claim(ctx context.Context, claim journal.Claim) ([]journal.Payment, error) {
	return around(m.c, "claim", func() ([]journal.Payment, error) { return m.c.journal.Claim(ctx, claim) })
}

func (m mortal) Move(ctx context.Context, ts []journal.Transition) error {
	_, err := around(m.c, fmt.Sprintf("move %s to %s", ts[0].From, ts[0].To), func() (struct{}, error) { return struct{}{}, m.c.journal.Move(ctx, ts) })
	return err
}

func (m mortal) Recover(ctx context.Context) (journal.Recovered, error) {
	return around(m.c, "recover", func() (journal.Recovered, error) { return m.c.journal.Recover(ctx) })
}

func (m mortal) Payment(ctx context.Context, id string) (journal.Payment, error) {
	return m.c.journal.Payment(ctx, id)
}

func (m mortal) ByUINs(ctx context.Context, uins []string) ([]journal.Payment, error) {
	return m.c.journal.ByUINs(ctx, uins)
}

func (m mortal) List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error] {
	m.c.pause("list")
	return m.c.journal.List(ctx, f)
}

func (m mortal) Counts(ctx context.Context, run string) (journal.Counts, error) {
	return m.c.journal.Counts(ctx, run)
}

func (m mortal) Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error] {
	m.c.pause("events")
	return m.c.journal.Events(ctx, f)
}

// desk is a clerk's sight of its office: the shelf of the simulated machine, which
// keeps the promises of package fileset and no other.
type desk struct{ c *clerk }

func (d desk) Begin(_, tag string, _ bool) (bankfiles.Stage, error) {
	d.c.pause("before a set is begun")
	o := d.c.office
	o.ids++
	p := &pile{id: fmt.Sprintf("%s-%d-%d", tag, o.n, o.ids), owner: d.c, files: map[string]*bytes.Buffer{}}
	o.sets[p.id] = p
	d.c.pause("after a set is begun")
	return &tray{d.c, p}, nil
}

func (d desk) Settle(_, id, name string) (fileset.Fate, string, error) {
	d.c.pause("before a set is settled")
	p := d.c.office.sets[id]
	fate := fileset.Gone
	switch {
	case p == nil || p.files[name] == nil || p.at == removed:
	case p.at == shown && !d.c.w.loaded[d.c.w.name(d.c.office, p, name)+" away"]:
		fate = fileset.Published
	case p.at == staged && p.owner != nil && !p.owner.gone && d.c.w.lives(p.owner):
		fate = fileset.Alive
	case p.at == staged || p.at == withdrawn:
		p.at, fate = withdrawn, fileset.Withdrawn
	}
	d.c.w.log("%s: set %s is %v", d.c.owner[30:], id, fate)
	d.c.pause("after a set is settled")
	return fate, id + "/" + name, nil
}

func (b *bankWorld) lives(c *clerk) bool { return slices.Contains(b.clerks, c) }

func (d desk) Left(_, prefix string) ([]string, error) {
	d.c.pause("before a look at what is left")
	var out []string
	for _, id := range slices.Sorted(maps.Keys(d.c.office.sets)) {
		if p := d.c.office.sets[id]; strings.HasPrefix(id, prefix) && d.c.w.left(p) {
			out = append(out, id)
		}
	}
	d.c.pause("after a look at what is left")
	return out, nil
}

// left reports whether nobody who lives has a set in hand that is not shown.
func (b *bankWorld) left(p *pile) bool {
	return p.at == withdrawn || p.at == staged && !(p.owner != nil && b.lives(p.owner))
}

func (d desk) Remove(_, id string) error {
	d.c.pause("before a set is removed")
	if p := d.c.office.sets[id]; d.c.w.left(p) {
		p.at = removed
		d.c.w.log("set %s is removed", id)
	}
	d.c.pause("after a set is removed")
	return nil
}

func (d desk) Open(path string) (io.ReadCloser, error) {
	id, name, _ := strings.Cut(path, "/")
	return io.NopCloser(bytes.NewReader(d.c.office.sets[id].files[name].Bytes())), nil
}

// tray is a set that a clerk writes.
type tray struct {
	c *clerk
	p *pile
}

func (t *tray) ID() string  { return t.p.id }
func (t *tray) Dir() string { return "/bank" }

func (t *tray) Create(name string) (io.WriteCloser, error) {
	t.c.pause("before a file is begun")
	buf := &bytes.Buffer{}
	t.p.files[name], t.p.order = buf, append(t.p.order, name)
	return nopCloser{buf}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func (t *tray) Publish() (string, error) {
	t.c.pause("before the files are shown")
	if t.p.at != staged {
		return "", fmt.Errorf("simulated: the set is no longer there")
	}
	t.p.at = shown
	t.c.w.show(t.c.office, t.p)
	t.c.pause("after the files are shown")
	return t.p.id, nil
}

func (t *tray) Leave() error {
	t.c.pause("a set is left")
	t.p.owner = nil
	return nil
}

func (t *tray) Drop() error {
	if t.p.at == staged {
		t.c.pause("a set is dropped")
		t.p.at = removed
	}
	return nil
}

// name is a file as the whole world knows it.
func (b *bankWorld) name(o *office, p *pile, file string) string {
	return fmt.Sprintf("%d/%s/%s", o.n, p.id, file)
}

// show is called when a set appears: no order in it may be for a debt whose order was
// shown before, or which the portal has taken, and all of a plan are drawn on one
// account, whatever has become of the file of payers.
func (b *bankWorld) show(o *office, p *pile) {
	for _, f := range p.order {
		for _, x := range orders(p.files[f].Bytes()) {
			key := "requisites " + string(x.Payee.Account) + " " + x.Budget.TaxPeriod
			name := b.name(o, p, f)
			b.log("shown: order %s for %s in %s", x.Number, key, name)
			if first := b.shown[key]; first != "" {
				b.broken("%s is in two files: %s and %s", key, first, name)
			}
			b.shown[key] = name
			from := x.Payer.INN + " " + string(x.Payer.Account) + " " + string(x.Payer.BIK)
			if b.drawn == "" {
				b.drawn = from
			}
			if b.drawn != from {
				b.broken("order %s for %s is drawn on %s, those before on %s", x.Number, key, from, b.drawn)
			}
		}
	}
}

func orders(text []byte) []onec.Order {
	var out []onec.Order
	r := onec.NewReader(bytes.NewReader(text))
	for {
		var d onec.Document
		if err := r.Next(&d); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			panic(err) // the road writes what it cannot read
		}
		o, _ := d.Order()
		out = append(out, o)
	}
}

// load lets the accountant load one file that can be seen into the bank.
func (b *bankWorld) load() bool {
	for _, o := range b.offices {
		for _, id := range slices.Sorted(maps.Keys(o.sets)) {
			p := o.sets[id]
			for _, f := range p.order {
				name := b.name(o, p, f)
				if p.at != shown || b.loaded[name] {
					continue
				}
				b.loaded[name] = true
				b.log("loaded %s", name)
				for _, x := range orders(p.files[f].Bytes()) {
					key := "requisites " + string(x.Payee.Account) + " " + x.Budget.TaxPeriod
					if b.rnd.IntN(12) == 0 {
						b.log("bank refuses order %s", x.Number)
						continue
					}
					e := &execution{order: x, day: b.now.In(moscow.Moscow()), key: key}
					if e.day.Before(x.Date) { // the bank's clock does not jump with ours
						e.day = x.Date
					}
					if b.debts[key] != nil {
						b.broken("the bank has executed two orders for %s", key)
					}
					b.debts[key], b.executed = e, append(b.executed, e)
					b.log("bank executes order %s of %s on %s", x.Number, key, e.day.Format(time.DateOnly))
				}
				if b.carries && b.rnd.IntN(2) == 0 {
					b.log("%s is taken away", name)
					b.loaded[name+" away"] = true
				}
				return true
			}
		}
	}
	return false
}

// statement is what the bank says it has done.
func (b *bankWorld) statement() string {
	var buf bytes.Buffer
	w := onec.NewWriter(&buf, onec.WriteOptions{Sender: "bank", Created: b.now, From: b.now.AddDate(-1, 0, 0), To: b.now, Accounts: []string{bankPayer().Account}})
	for _, e := range b.executed {
		d := e.order.Document()
		d.Set(onec.DebitedOn, e.day.Format("02.01.2006"))
		if err := w.Write(d); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.String()
}

// live runs the world: first with faults, then in calm until all is certain that can
// become so.
func (b *bankWorld) live() error {
	defer b.leave()
	for range b.opts.chaos {
		if b.fault != nil {
			return b.fault
		}
		b.chance()
		if b.spoiled >= 0 {
			return b.refusing()
		}
	}
	b.log("calm")
	b.payers.settle(b.drawn)
	b.disk.faults, b.bank.calm = false, true
	for len(b.clerks) > 0 {
		b.clerks[0].crash()
	}
	for len(b.procs) > 0 {
		b.procs[0].crash()
	}
	for len(b.bank.late) > 0 {
		b.bank.arrive()
	}
	for round := range 2 {
		for _, o := range b.offices {
			for _, begin := range []func(*office) *clerk{b.road, b.reading} {
				c := begin(o)
				for b.lives(c) {
					c.turn()
				}
				if c.err != nil && !(round == 0 && payersChanged(c.err)) {
					return fmt.Errorf("%s on a sound disk: %w", c.what, c.err)
				}
				for b.load() {
				}
			}
		}
		p := b.start(b.plans[1], nil)
		for steps := 0; b.running(p); steps++ {
			if steps > 100_000 {
				return errors.New("a run does not end")
			}
			p.step()
		}
		for range 3 * b.opts.rows {
			b.bank.clear()
		}
		if b.fault != nil {
			return b.fault
		}
	}
	return b.settled()
}

// leave ends what still runs in a world that is over.
func (b *bankWorld) leave() {
	for len(b.clerks) > 0 {
		b.clerks[0].crash()
	}
	b.world.leave()
}

// chance lets one thing happen.
func (b *bankWorld) chance() {
	if len(b.clerks) < b.most && b.rnd.IntN(3) > 0 {
		o := b.offices[b.rnd.IntN(len(b.offices))]
		if b.rnd.IntN(5) == 0 && len(b.executed) > 0 {
			b.reading(o)
		} else {
			b.road(o)
		}
		return
	}
	if len(b.procs) == 0 && b.rnd.IntN(8) == 0 {
		b.start(b.plans[1], b.part())
		return
	}
	switch n := b.rnd.IntN(100); {
	case n < 4 && len(b.clerks) > 0:
		b.clerks[b.rnd.IntN(len(b.clerks))].crash()
	case n < 24 && slices.ContainsFunc(b.clerks, (*clerk).handing):
		b.clerks[slices.IndexFunc(b.clerks, (*clerk).handing)].crash()
	case n < 6 && len(b.procs) > 0:
		b.procs[0].crash()
	case n < 12:
		b.load()
	case n < 14:
		b.bank.arrive()
	case n < 16:
		b.bank.clear()
	case n < 18: // the clock jumps, either way
		b.now = b.now.Add(time.Duration(b.rnd.IntN(7200)-1800) * time.Second)
	case n < 19:
		b.now = b.now.Add(time.Duration(b.rnd.IntN(40)) * time.Hour)
	case n < 20 && b.opts.zombies && len(b.clerks) > 0:
		c := b.clerks[b.rnd.IntN(len(b.clerks))]
		b.log("%s is taken for dead and lives", c.owner[30:])
		c.zombie, b.dead[c.owner] = true, true
	case n < 21 && b.rnd.IntN(4) == 0:
		b.spoil()
	case n < 35 && len(b.procs) > 0:
		b.procs[0].step()
	case len(b.clerks) > 0:
		b.clerks[b.rnd.IntN(len(b.clerks))].turn()
	}
}

// settled holds what must be true of a world at its end.
func (b *bankWorld) settled() error {
	ctx := context.Background()
	j := ledger.New(&handle{b.disk, "00000000-0000-7000-8000-00000000ffff"}, "00000000-0000-7000-8000-00000000ffff")
	defer j.Close()
	if report, err := j.Verify(ctx); err != nil {
		return fmt.Errorf("the journal does not hold: %w (%+v)", err, report)
	}
	// No debt settles twice, by whichever road.
	for _, e := range b.bank.order {
		if e.state == "refused" {
			continue
		}
		if other := b.debts[e.key]; other != nil || b.shown[e.key] != "" {
			return fmt.Errorf("%s went by the portal (%s) and by %s", e.key, e.req.ID, b.shown[e.key])
		}
	}
	for _, plan := range b.plans {
		rows := map[int]journal.Payment{}
		for p, err := range j.List(ctx, journal.Filter{Run: plan.Header.ID}) {
			if err != nil {
				return err
			}
			if have, twice := rows[p.Row]; twice {
				return fmt.Errorf("row %d has two payments: %s and %s", p.Row, have.ID, p.ID)
			}
			rows[p.Row] = p
			if p.Via == journal.ViaBankFile {
				if err := b.agrees(&p); err != nil {
					return err
				}
			}
		}
		for r, err := range plan.ToPay(1) {
			if err != nil {
				return err
			}
			if _, ok := rows[r.N]; ok {
				continue
			}
			q := r.Payment(plan.Head(), journal.ViaBankFile)
			holders, err := j.ByKey(ctx, q.Key())
			if err != nil {
				return err
			}
			if len(holders) == 0 {
				return fmt.Errorf("row %d was forgotten", r.N)
			}
		}
	}
	return nil
}

// agrees holds a payment by a bank file against what was shown and done.
func (b *bankWorld) agrees(p *journal.Payment) error {
	c := billing.CarriedOf(p)
	key := "requisites " + p.PayeeAccount + " " + p.Period
	done, file := b.debts[key] != nil, b.shown[key]
	right := false
	switch p.State {
	case journal.Accepted: // refused by the bank, which a person settles
		right = file != "" && !done
	case journal.Paid:
		right = done
	case journal.Unknown: // its file was taken away before anybody could tell
		right = file != "" && b.carries && b.loaded[file+" away"] && !done
	case journal.Refused:
		right = file == ""
	}
	if !right {
		return fmt.Errorf("row %d, %s in %s (%s): the journal says %s, the order is in %q, executed %v", p.Row, p.ID, c.File, c.Set, p.State, file, done)
	}
	return nil
}
