// Package directroad runs a payment plan by orders sent to a bank by DirectBank. A
// row is journalled as sent by its packet, and the packet is kept byte by byte, before
// the bank can see it; a lost answer leaves the rows of that packet unknown, and only
// the bank's notices and statements tell what became of them. workflow imports it.
package directroad

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
)

// Bank is what the road needs of a bank; *directbank.Desk is one.
type Bank interface {
	// Ready fails when the bank would not take orders, before anything is journalled.
	Ready(ctx context.Context, kind wire.Kind) error
	// Orders makes a packet and keeps it durably.
	Orders(ctx context.Context, packetID string, orders []directbank.Order) ([]byte, error)
	// Send sends it once.
	Send(ctx context.Context, packet []byte) (bankID string, fate client.Fate, err error)
}

// Ledger is what the road needs of the journal.
type Ledger interface {
	bulkpay.Records
	Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error]
}

// Road sends the orders of one plan.
type Road struct {
	Journal Ledger
	Plan    bulkpay.Plan
	Clock   clock.Clock
	Bank    Bank
	Name    string // of the bank's section
	Payer   bankfiles.Payer
	// MaxOrders bounds one packet; 0 is DefaultOrders.
	MaxOrders int
	// Budget stops before the sum of what this call sends exceeds it, kopecks; 0 does not.
	Budget int64
	// Until sends nothing after this moment; zero does not bound.
	Until time.Time
	// Want chooses rows by number; nil takes all.
	Want func(row int) bool
	// Sent is told of every packet; it may be nil.
	Sent func(p Packet)

	numbers *bankfiles.Numbers
	spent   int64
	lost    int // packets in a row whose answer was lost
}

// mostLost is how many answers in a row may be lost before the call ends: what goes on
// then only adds to what nobody can tell.
const mostLost = 3

// DefaultOrders is how many orders a packet holds at most. One keeps a bank's refusal
// of a packet from touching other payments.
const DefaultOrders = 1

// MaxOrders is the most that a packet may be told to hold.
const MaxOrders = 1_000

// attempts is how often numbers are drawn anew when others take the same ones at the
// same time.
const attempts = 5

// Packet is what became of one packet.
type Packet struct {
	ID      string        `json:"id"`
	BankID  string        `json:"bankId,omitempty"`
	Orders  int           `json:"orders"`
	Kopecks int64         `json:"kopecks"`
	First   string        `json:"first"` // numbers of the first and the last order
	Last    string        `json:"last"`
	State   journal.State `json:"state"` // of its payments: accepted, unknown, planned
}

// Result is what a call did.
type Result struct {
	Packets []Packet
	Skipped int // rows whose debt another payment holds
	Waiting int // rows whose day has not come, or whose term is over
	Left    int // rows that a bound left for another call
	Counts  journal.Counts
}

// Send sends the orders of every row that is not sent yet. The same call again goes
// on where a call that died broke off; what that one may have sent is unknown and not
// sent again. It ends at the first packet that the bank did not take, whose rows are
// planned again.
func (r *Road) Send(ctx context.Context) (*Result, error) {
	if r.MaxOrders <= 0 {
		r.MaxOrders = DefaultOrders
	}
	r.MaxOrders = min(r.MaxOrders, MaxOrders)
	out := &Result{}
	if _, err := r.Journal.Recover(ctx); err != nil {
		return out, err
	}
	if err := r.Bank.Ready(ctx, wire.KindOrder); err != nil {
		return out, err
	}
	defer r.room()()
	r.numbers = bankfiles.NewNumbers(r.Journal)
	err := r.gather(ctx, out)
	counts, cerr := r.Journal.Counts(context.WithoutCancel(ctx), r.Plan.Head().ID)
	out.Counts = counts
	return out, errors.Join(err, cerr)
}

// orderHeap is what an order takes while its packet is made, bytes: as a document, in
// base64 and in the packet.
const orderHeap = 12 << 10

// room lets the heap grow by a packet where it is bounded (bulkpay.SaveMemory), until
// the function that it returns is called.
func (r *Road) room() func() {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return func() {}
	}
	debug.SetMemoryLimit(limit + orderHeap*int64(r.MaxOrders))
	return func() { debug.SetMemoryLimit(limit) }
}

func (r *Road) gather(ctx context.Context, out *Result) error {
	today := bulkpay.Day(r.Clock.Now())
	var rows []*planfile.Row
	for row, err := range r.Plan.ToPay(1) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		switch {
		case r.Want != nil && !r.Want(row.N):
			continue
		case row.NotBefore > today || row.NotAfter != "" && row.NotAfter < today:
			out.Waiting++
			continue
		case row.Account != "" && row.Account != r.Payer.Account:
			return fault.New(exitcode.Usage, "directroad.other_account", i18n.Text{
				RU: "строка %d платит со счёта %s, а счёт банка %s — %s", EN: "row %d pays from account %s, and that of bank %s is %s"}.With(row.N, row.Account, r.Name, r.Payer.Account)).
				Advise(i18n.Say("разделите план (--only) или заведите раздел банка с этим счётом: epgu bank add", "divide the plan (--only), or make a section for that account: epgu bank add"))
		case r.over(), r.lost >= mostLost:
			out.Left++
			continue
		}
		if rows = append(rows, row); len(rows) == r.MaxOrders {
			if err := r.packet(ctx, rows, out); err != nil {
				return err
			}
			rows = nil
		}
	}
	if r.lost >= mostLost {
		out.Left += len(rows)
		return nil
	}
	return r.packet(ctx, rows, out)
}

func (r *Road) over() bool {
	return r.Budget > 0 && r.spent >= r.Budget || !r.Until.IsZero() && !r.Clock.Now().Before(r.Until)
}

// packet sends the orders of some rows, as far as they are still to be sent.
func (r *Road) packet(ctx context.Context, rows []*planfile.Row, out *Result) error {
	if len(rows) == 0 {
		return nil
	}
	if err := r.check(rows); err != nil {
		return err
	}
	mine, payments, err := r.claim(ctx, rows, out)
	if err != nil || len(payments) == 0 {
		return err
	}
	ctx = context.WithoutCancel(ctx) // what was begun is brought to an end that is written down
	for range attempts {
		again, err := r.attempt(ctx, mine, payments, out)
		if err != nil || !again {
			return err
		}
	}
	return errors.Join(bankfiles.NumbersTaken(), r.move(ctx, payments, journal.Claimed, journal.Planned, nil, journal.Reason{}))
}

// attempt makes the packet under numbers of its own and sends it. again says that
// others took the numbers at the same time; nothing has left then, and the payments
// are claimed.
func (r *Road) attempt(ctx context.Context, rows []*planfile.Row, payments []journal.Payment, out *Result) (again bool, err error) {
	back := func(from journal.State, why error) error {
		return errors.Join(why, r.move(ctx, payments, from, journal.Planned, nil, journal.Reason{}))
	}
	numbers, err := r.numbers.Take(ctx, r.Payer.Account, r.day(), len(rows))
	if err != nil {
		return false, back(journal.Claimed, err)
	}
	p := Packet{ID: uuid.NewString(), Orders: len(rows), First: numbers[0], Last: numbers[len(numbers)-1]}
	orders := make([]directbank.Order, len(rows))
	extras := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		orders[i] = directbank.Order{ID: payments[i].ID, Order: r.order(row, numbers[i])}
		p.Kopecks += row.Kopecks
		c := billing.CarriedOf(&payments[i])
		c.Number, c.Day, c.PayerAccount, c.NotAfter, c.Checked = numbers[i], r.day().Format(time.DateOnly), r.Payer.Account, row.NotAfter, row.Checked
		c.Bank, c.Packet, c.BankStatus, c.Sendings = r.Name, p.ID, "", c.Sendings+1
		if extras[i], err = c.Extra(); err != nil {
			return false, back(journal.Claimed, err)
		}
	}
	raw, err := r.Bank.Orders(ctx, p.ID, orders)
	if err != nil {
		return false, back(journal.Claimed, err)
	}
	// From this commit on the rows count as sent by this packet, whether or not the
	// next step is reached.
	if err := r.move(ctx, payments, journal.Claimed, journal.Sending, extras, journal.Reason{}); err != nil {
		return false, back(journal.Claimed, err)
	}
	if ours, err := r.numbers.Ours(ctx, payments); err != nil {
		return false, r.unsent(ctx, payments, err)
	} else if !ours {
		return true, r.reclaim(ctx, payments)
	}
	var fate client.Fate
	p.BankID, fate, err = r.Bank.Send(ctx, raw)
	return false, r.sent(ctx, &p, payments, fate, err, out)
}

// sent writes down what is known of a packet that was sent.
func (r *Road) sent(ctx context.Context, p *Packet, payments []journal.Payment, fate client.Fate, why error, out *Result) error {
	var err error
	switch fate {
	case client.Received:
		p.State = journal.Accepted
		err = r.move(ctx, payments, journal.Sending, journal.Accepted, nil, journal.Reason{}, p.BankID)
		why = nil
	case client.NotTaken:
		p.State = journal.Planned
		err = r.unsent(ctx, payments, why)
		why = nil // it is in err
	default:
		p.State = journal.Unknown
		err = r.move(ctx, payments, journal.Sending, journal.Unknown, nil, journal.Reason{Code: "directbank.lost", Text: words(why)})
		why = nil // the counts tell; other packets may go on
		r.lost++
	}
	if fate != client.Uncertain {
		r.lost = 0
	}
	out.Packets = append(out.Packets, *p)
	if r.Sent != nil {
		r.Sent(*p)
	}
	return errors.Join(err, why)
}

func words(err error) string {
	if b := client.AsBankError(err); b != nil {
		return b.Code + " " + b.Words().Raw()
	}
	return ""
}

// unsent returns payments whose packet the bank has not: they never went out, so the
// sending does not count and the numbers are given back.
func (r *Road) unsent(ctx context.Context, payments []journal.Payment, why error) error {
	extras := make([]json.RawMessage, len(payments))
	for i := range payments {
		c := billing.CarriedOf(&payments[i]) // as before this packet
		var err error
		if extras[i], err = c.Unsent(); err != nil {
			return errors.Join(why, err)
		}
	}
	return errors.Join(why, r.move(ctx, payments, journal.Sending, journal.Planned, extras, journal.Reason{}))
}

// reclaim gives numbers back that somebody else took first and claims the payments
// again.
func (r *Road) reclaim(ctx context.Context, payments []journal.Payment) error {
	if err := r.unsent(ctx, payments, nil); err != nil {
		return err
	}
	ids := make([]string, len(payments))
	for i := range payments {
		ids[i] = payments[i].ID
	}
	got, err := r.Journal.Claim(ctx, journal.Claim{Run: r.Plan.Head().ID, IDs: ids})
	if err != nil {
		return err
	}
	if len(got) == len(payments) {
		return nil
	}
	return errors.Join(bankfiles.NumbersTaken(), r.move(ctx, got, journal.Claimed, journal.Planned, nil, journal.Reason{}))
}

// move moves all payments of a packet in one commit.
func (r *Road) move(ctx context.Context, payments []journal.Payment, from, to journal.State, extras []json.RawMessage, why journal.Reason, bankID ...string) error {
	ts := make([]journal.Transition, len(payments))
	for i := range payments {
		ts[i] = journal.Transition{ID: payments[i].ID, From: from, To: to, Evidence: journal.Evidence{Witness: journal.Engine}, Reason: journal.CutReason(why)}
		if extras != nil {
			ts[i].Extra = extras[i]
		}
		if len(bankID) > 0 {
			details, err := json.Marshal(map[string]string{"bankId": journal.Cut(bankID[0], 128)})
			if err != nil {
				return err
			}
			ts[i].Evidence.Details = details
		}
	}
	if len(ts) == 0 {
		return nil
	}
	return r.Journal.Move(ctx, ts)
}

// check finds everything wrong with the orders before anything is journalled.
func (r *Road) check(rows []*planfile.Row) error {
	var fields []fault.Field
	for _, row := range rows {
		o := r.order(row, "1")
		for _, f := range o.Document().Check() {
			field := f.AsField()
			fields = append(fields, fault.Placed(i18n.Text{RU: "строка %d, %s", EN: "row %d, %s"}.With(row.N, field.Place()), field.Message))
		}
	}
	if len(fields) == 0 {
		return nil
	}
	e := fault.New(exitcode.Usage, "bankroad.order", i18n.Say("поручения не составить; из этого пакета ничего не отправлено", "the orders cannot be made; nothing of this packet was sent"))
	e.Fields = fields
	return e
}

// claim journals the rows and takes those that are ours to send.
func (r *Road) claim(ctx context.Context, rows []*planfile.Row, out *Result) (mine []*planfile.Row, payments []journal.Payment, err error) {
	plan := make([]journal.Payment, len(rows))
	byRow := make(map[int]*planfile.Row, len(rows))
	for i, row := range rows {
		plan[i] = row.Payment(r.Plan.Head(), journal.ViaDirectBank)
		byRow[row.N] = row
	}
	holders, err := bulkpay.Holders(ctx, r.Journal, plan)
	if err != nil {
		return nil, nil, err
	}
	free := plan[:0:0]
	for i := range plan {
		if holders[i] != nil {
			out.Skipped++
			continue
		}
		free = append(free, plan[i])
	}
	if len(free) == 0 {
		return nil, nil, nil
	}
	// What is new is taken in the commit that journals it, unless some of it may have to
	// be left.
	journalled := func() ([]journal.PlanResult, error) { return r.Journal.Take(ctx, free, 0) }
	if r.Budget > 0 {
		journalled = func() ([]journal.PlanResult, error) { return r.Journal.Plan(ctx, free) }
	}
	results, err := journalled()
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for i := range results {
		p := &results[i].Payment
		ours := p.Run == free[i].Run && p.Row == free[i].Row && p.Via == journal.ViaDirectBank
		switch {
		case results[i].Outcome != journal.Duplicate, ours && p.State == journal.Planned:
			if r.Budget > 0 && r.spent+p.AmountKopecks > r.Budget {
				out.Left++
				r.spent = r.Budget
				continue
			}
			r.spent += p.AmountKopecks
			if p.State == journal.Claimed {
				payments = append(payments, *p)
				continue
			}
			ids = append(ids, p.ID)
		case !ours:
			out.Skipped++
		}
	}
	if len(ids) > 0 {
		var left []journal.Payment
		left, err = r.Journal.Claim(ctx, journal.Claim{Run: r.Plan.Head().ID, IDs: ids})
		payments = append(payments, left...)
	}
	for i := range payments {
		mine = append(mine, byRow[payments[i].Row])
	}
	return mine, payments, err
}

func (r *Road) day() time.Time { return r.Clock.Now().In(clock.Moscow()) }

// order lays a row out.
func (r *Road) order(row *planfile.Row, number string) onec.Order {
	return bankroad.Order(r.Payer, row, number, r.day())
}
