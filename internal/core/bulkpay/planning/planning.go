// Package planning makes a payment plan from the rows of a register: it looks at
// every charge and at the journal, decides what is to be paid, how much and until
// which day, and writes the plan. It sends nothing. core/bulkpay/workflow and cli/batch import it.
package planning

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Source is the rows of a register, checked: File, Line, Asked, Cells and what
// the register says of payer and payee are set, nothing else.
type Source = iter.Seq2[*planfile.Row, error]

// Portal is what planning asks of the portal.
type Portal interface {
	Charge(ctx context.Context, uin string) (*cabinet.Charge, error)
	PaymentMethods(ctx context.Context) ([]cabinet.PaymentMethod, error)
	Capabilities(ctx context.Context) (*cabinet.Capabilities, error)
}

// Ledger is what planning reads in the journal.
type Ledger interface {
	ByKeys(ctx context.Context, keys []string) ([]journal.Payment, error)
	ByUINs(ctx context.Context, uins []string) ([]journal.Payment, error)
}

// Planner makes plans.
type Planner struct {
	Portal  Portal // nil when the portal offers no charges: sums are the register's
	Journal Ledger
	Clock   clock.Clock
	// Concurrency is how many charges are asked for at once; 0 is 8.
	Concurrency int
	// AcceptChanged pays what is due where the register says another sum.
	AcceptChanged bool
	// AfterTerm pays charges whose term of payment is over.
	AfterTerm bool
	// Expect are the control totals that the registers must come to, by what they
	// ask for and by the КБК that the charges say; otherwise there is no plan.
	Expect registers.Expectations
	// Again is a recorded decision to pay rows whose key the journal holds.
	Again *journal.Override
	// Progress is called now and then with the number of rows done; nil is not.
	Progress func(rows int)
}

// Stable codes of warnings.
const (
	WarnDiscountEnds = "discount.ends_soon" // within two days
	WarnDiscountLost = "discount.ended"
	WarnTermEnds     = "term.ends_soon"
	WarnTermOver     = "term.over"
	WarnSingleTax    = "kbk.single_tax" // a duty sent there is lost for its payer
	WarnNotChecked   = "charge.not_checked"
	WarnRequisites   = "payee.differs" // the register names another payee, КБК or ОКТМО than the charge
	WarnLimit        = "method.limit"  // more than the way to pay takes at once
)

const (
	soon         = 48 * time.Hour
	singleTaxKBK = "18201061201010000510"
	usual        = 8
	keyBytes     = 16
	// requestsPerRow is what a payment costs: sending it and asking once what
	// became of it.
	requestsPerRow = 2
	progressEvery  = 256
)

// Made is a finished plan.
type Made struct {
	SHA256 string
	Totals planfile.Totals
	Seen   planfile.Seen
	Limit  int64 // of the way to pay for one payment, kopecks; 0 when there is none
	// PerMinute is how many requests a minute the portal allows; 0 when it does not
	// say.
	PerMinute int
}

// Make writes the plan of rows to w. The header's Method is chosen when it is
// empty.
func (p *Planner) Make(ctx context.Context, w io.Writer, head planfile.Header, rows Source) (made *Made, err error) {
	limit, balance, err := p.method(ctx, &head)
	if err != nil {
		return nil, err
	}
	perMinute, err := p.perMinute(ctx)
	if err != nil {
		return nil, err
	}
	out, err := planfile.NewWriter(w, head)
	if err != nil {
		return nil, err
	}
	began, resolved, n := p.Clock.Now(), 0, 0
	seen := &firsts{}
	defer func() {
		if closing := seen.close(); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
	var asked registers.Totals
	for r, err := range p.looked(ctx, &head, rows) {
		if err != nil {
			return nil, err
		}
		if n++; p.Progress != nil && n%progressEvery == 0 {
			p.Progress(n)
		}
		if !r.Checked.IsZero() {
			resolved++
		}
		if r.Why != planfile.WhySettled {
			asked.Add(kbkOf(r), cmp.Or(r.Asked, r.Kopecks))
		}
		if r.Status == planfile.Pay && limit > 0 && r.Kopecks > limit {
			r.Status, r.Why = planfile.Excluded, WarnLimit
			r.Warn = append(r.Warn, WarnLimit)
		}
		if r.Status == planfile.Pay {
			first, err := seen.add(keyHash(r, &head), n)
			if err != nil {
				return nil, err
			}
			if first != 0 {
				r.Status, r.Holder = planfile.Duplicate, rowName(first)
			}
		}
		if err := out.Write(r); err != nil {
			return nil, err
		}
	}
	if err := p.expected(&asked); err != nil {
		return nil, err
	}
	t := out.Totals()
	made = &Made{Limit: limit, PerMinute: perMinute}
	out.Seen = planfile.Seen{Balance: balance, ETA: estimate(t.Pay.N, resolved, p.Clock.Now().Sub(began), perMinute)}
	made.Seen = out.Seen
	if made.SHA256, err = out.Close(); err != nil {
		return nil, err
	}
	made.Totals = *t
	return made, nil
}

// expected compares the control totals.
func (p *Planner) expected(asked *registers.Totals) error {
	missed := p.Expect.Compare(asked)
	if len(missed) == 0 {
		return nil
	}
	e := fault.New(exitcode.Usage, "plan.totals", i18n.Say("итоги не те, что ожидались; план не составлен", "the totals are not the expected ones; no plan was made")).
		Advise(missed[0].Hint)
	for _, m := range missed {
		e.Fields = append(e.Fields, fault.Field{Name: m.Code, At: i18n.Say("реестр", "register"), Message: m.Message})
	}
	return e
}

func kbkOf(r *planfile.Row) string {
	if r.Budget == nil {
		return ""
	}
	return r.Budget.KBK
}

// estimate returns how many seconds paying will take. The portal was just asked
// about charges at the pace it allows, and a payment costs requestsPerRow times as
// much; a stated limit of requests is kept whatever the pace was.
func estimate(rows, resolved int, took time.Duration, perMinute int) int64 {
	seconds := 0.0
	if resolved > 0 {
		seconds = took.Seconds() * requestsPerRow * float64(rows) / float64(resolved)
	}
	if perMinute > 0 {
		seconds = max(seconds, float64(rows)*requestsPerRow*60/float64(perMinute))
	}
	return int64(math.Ceil(seconds))
}

// perMinute asks the portal how many requests a minute it allows.
func (p *Planner) perMinute(ctx context.Context) (int, error) {
	if p.Portal == nil {
		return 0, nil
	}
	caps, err := p.Portal.Capabilities(ctx)
	if err != nil || caps.Limits == nil {
		return 0, err
	}
	return caps.Limits.RequestsPerMinute, nil
}

// method chooses the way to pay and returns its limit and balance.
func (p *Planner) method(ctx context.Context, head *planfile.Header) (limit int64, balance *int64, err error) {
	if p.Portal == nil {
		return 0, nil, nil
	}
	methods, err := p.Portal.PaymentMethods(ctx)
	if err != nil {
		return 0, nil, err
	}
	chosen := -1
	for i, m := range methods {
		switch {
		case head.Method != "" && m.ID == head.Method, head.Method == "" && m.Confirm == "" && (chosen < 0 || m.Default):
			chosen = i
		}
	}
	if chosen < 0 {
		return 0, nil, fault.New(exitcode.Refused, "payment.no_method", i18n.Say(
			"портал не предлагает такого способа оплаты", "the portal offers no such way to pay")).AdviseRun("epgu pay methods")
	}
	m := methods[chosen]
	if m.Confirm != "" {
		return 0, nil, fault.New(exitcode.Refused, "payment.needs_code", i18n.Text{
			RU: "способ %s просит код для каждого платежа, для пакета не годится", EN: "way %s asks a code for every payment and is no good for a batch"}.With(m.ID)).
			AdviseRun("epgu pay methods")
	}
	head.Method = m.ID
	return m.LimitKopecks, m.BalanceKopecks, nil
}

// looked yields the rows in their order, each with its charge and the journal
// looked at.
func (p *Planner) looked(ctx context.Context, head *planfile.Header, rows Source) Source {
	many := p.Concurrency
	if many <= 0 {
		many = usual
	}
	// The journal is asked about several rows at once: about many where nothing else
	// takes time, about no more than the portal is where every row has to wait for it.
	size := knownTogether
	if p.Portal != nil {
		size = many
		rows = p.asked(ctx, head, many, rows)
	} else {
		rows = p.ahead(ctx, head, rows)
	}
	return func(yield func(*planfile.Row, error) bool) {
		group := make([]*planfile.Row, 0, size)
		flush := func() bool {
			if err := p.known(ctx, head, group); err != nil {
				yield(nil, err)
				return false
			}
			for _, r := range group {
				if !yield(r, nil) {
					return false
				}
			}
			group = group[:0]
			return true
		}
		for r, err := range rows {
			if err != nil {
				if flush() {
					yield(nil, err)
				}
				return
			}
			if group = append(group, r); len(group) == size && !flush() {
				return
			}
		}
		flush()
	}
}

// knownTogether is how many rows the journal is asked about at once.
const knownTogether = 512

// ahead reads rows in a goroutine of its own, a few groups ahead of their writing.
func (p *Planner) ahead(ctx context.Context, head *planfile.Header, rows Source) Source {
	type answer struct {
		rows []*planfile.Row
		err  error
	}
	return func(yield func(*planfile.Row, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan answer, 2)
		go func() {
			defer close(queue)
			var group []*planfile.Row
			give := func(err error) bool {
				select {
				case queue <- answer{group, err}:
					group = nil
					return err == nil
				case <-ctx.Done():
					return false
				}
			}
			for r, err := range rows {
				if err != nil {
					give(err)
					return
				}
				row := *r // the source may use its row again
				if err := p.look(ctx, head, &row); err != nil {
					give(err)
					return
				}
				if group = append(group, &row); len(group) == knownTogether && !give(nil) {
					return
				}
			}
			give(nil)
		}()
		// Whoever leaves early stops the reader and waits for it.
		defer func() {
			cancel()
			for range queue {
				continue
			}
		}()
		for a := range queue {
			for _, r := range a.rows {
				if !yield(r, nil) {
					return
				}
			}
			if a.err != nil {
				yield(nil, a.err)
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// asked yields the rows in their order, each with its charge; the portal is asked
// about several together.
func (p *Planner) asked(ctx context.Context, head *planfile.Header, many int, rows Source) Source {
	type answer struct {
		row *planfile.Row
		err error
	}
	return func(yield func(*planfile.Row, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan chan answer, many)
		go func() {
			defer close(queue)
			for r, err := range rows {
				slot := make(chan answer, 1)
				select {
				case queue <- slot:
				case <-ctx.Done():
					return
				}
				if err != nil {
					slot <- answer{nil, err}
					return
				}
				row := *r // the source may use its row again
				go func() { slot <- answer{&row, p.look(ctx, head, &row)} }()
			}
		}()
		// Whoever leaves early stops the reader and waits for what is under way.
		defer func() {
			cancel()
			for slot := range queue {
				<-slot
			}
		}()
		for slot := range queue {
			a := <-slot
			if !yield(a.row, a.err) || a.err != nil {
				return
			}
		}
	}
}

// look decides what is to be done with one row.
func (p *Planner) look(ctx context.Context, head *planfile.Header, r *planfile.Row) error {
	now := p.Clock.Now()
	if r.Payer == "" {
		r.Payer = head.Payer
	}
	if r.Status != "" { // the register has said: settled, or wrong
		return nil
	}
	r.Status, r.Kopecks = planfile.Pay, r.Asked
	if r.UIN != "" && p.Portal != nil {
		// A plan's texts go into documents for banks: they are Russian in every language.
		look := p.Portal.Charge
		if bank, ok := p.Portal.(interface {
			ChargeForBank(ctx context.Context, uin string) (*cabinet.Charge, error)
		}); ok {
			look = bank.ChargeForBank
		}
		c, err := look(ctx, r.UIN)
		switch {
		case fault.ExitOf(err) == exitcode.NotFound && err != nil:
			r.Status = planfile.Absent
			return nil
		case err != nil:
			return err
		}
		p.charge(r, c, now)
	} else {
		r.Warn = append(r.Warn, WarnNotChecked)
	}
	if r.Status == planfile.Pay && r.Kopecks <= 0 {
		r.Status, r.Why = planfile.Wrong, planfile.WhyNoAmount
	}
	return nil
}

// charge takes over what the portal says.
func (p *Planner) charge(r *planfile.Row, c *cabinet.Charge, now time.Time) {
	r.Checked = now.UTC().Truncate(time.Second)
	r.Kopecks = c.DueKopecks
	if c.PayerID != "" {
		r.Payer = c.PayerID
	}
	r.Differs = differences(r, c)
	r.Payee = &planfile.Payee{Name: c.Payee.Name.Raw(), INN: c.Payee.INN, KPP: c.Payee.KPP, Account: c.Payee.Account,
		Bank: c.Payee.BankName.Raw(), BIK: c.Payee.BIK, CorrAccount: c.Payee.CorrAccount}
	b := planfile.Budget{}
	if r.Budget != nil {
		b = *r.Budget
	}
	b.KBK, b.OKTMO = c.Payee.KBK, c.Payee.OKTMO
	r.Budget = &b
	if r.Purpose == "" {
		r.Purpose = c.Purpose.Raw()
	}
	warn := func(code string) { r.Warn = append(r.Warn, code) }
	if d := c.Discount; d != nil && c.DueKopecks == d.DueKopecks {
		r.NotAfter = bulkpay.Day(d.LastDay)
		if d.LastDay.Sub(now) < soon {
			warn(WarnDiscountEnds)
		}
	}
	if c.Kind == "duty" && c.Payee.KBK == singleTaxKBK {
		warn(WarnSingleTax)
	}
	switch {
	case c.State == "paid":
		r.Status, r.Holder = planfile.Paid, c.PaymentID
	case c.State == "annulled":
		r.Status = planfile.Annulled
	case c.DueKopecks <= 0:
		r.Status, r.Why = planfile.Paid, planfile.WhyNothingDue
	case c.PayUntil != nil && bulkpay.Day(*c.PayUntil) < bulkpay.Day(now):
		warn(WarnTermOver)
		if !p.AfterTerm {
			r.Status = planfile.Ended
		}
	case c.PayUntil != nil && c.PayUntil.Sub(now) < soon:
		warn(WarnTermEnds)
	}
	if r.Status == planfile.Pay && r.Asked != 0 && r.Asked != c.DueKopecks {
		if c.Discount == nil && r.Asked < c.DueKopecks {
			warn(WarnDiscountLost)
		}
		if !p.AcceptChanged {
			r.Status = planfile.Changed
		}
	}
	if len(r.Differs) > 0 && (r.Status == planfile.Pay || r.Status == planfile.Changed) {
		warn(WarnRequisites)
		if !p.AcceptChanged {
			if r.Status == planfile.Pay {
				r.Why = planfile.WhyRequisites
			}
			r.Status = planfile.Changed
		}
	}
}

// differences are the requisites that the register gives and the charge has otherwise.
func differences(r *planfile.Row, c *cabinet.Charge) (out []planfile.Difference) {
	compare := func(field, register, charge string, same func(a, b string) bool) {
		if a, b := compact(register), compact(charge); a != "" && b != "" && !same(a, b) {
			out = append(out, planfile.Difference{Field: field, Register: register, Charge: charge})
		}
	}
	equal := func(a, b string) bool { return a == b }
	if q := r.Payee; q != nil {
		compare(planfile.FieldAccount, q.Account, c.Payee.Account, equal)
		compare(planfile.FieldPayeeINN, q.INN, c.Payee.INN, equal)
	}
	if b := r.Budget; b != nil {
		compare(planfile.FieldKBK, b.KBK, c.Payee.KBK, equal)
		// Eleven digits name a settlement within the eight of its municipality; 0 is
		// what an order for the single tax account has there.
		compare(planfile.FieldOKTMO, b.OKTMO, c.Payee.OKTMO, func(a, b string) bool {
			return a == "0" || b == "0" || strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
		})
	}
	return out
}

// compact is a code without what people put between its digits.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' || r == '-' {
			return -1
		}
		return r
	}, s)
}

// known looks for the rows' keys in the journal.
func (p *Planner) known(ctx context.Context, head *planfile.Header, rows []*planfile.Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var uins, keys []string
	byKey := make([][]string, len(rows)) // of rows without УИН
	for i, r := range rows {
		if r.Status != planfile.Pay {
			continue
		}
		if uin := journal.NormalUIN(r.UIN); uin != "" {
			uins = append(uins, uin)
			continue
		}
		q := r.Payment(head, journal.ViaPortal)
		byKey[i] = q.Keys()
		keys = append(keys, byKey[i]...)
	}
	// The first whose money is or may be away, by УИН and by key.
	held := map[string]*journal.Payment{}
	note := func(have []journal.Payment, name func(*journal.Payment) string) {
		for i := range have {
			q := &have[i]
			if k := name(q); !q.State.Frees() && held[k] == nil {
				held[k] = q
			}
		}
	}
	if len(uins) > 0 {
		have, err := p.Journal.ByUINs(ctx, uins)
		if err != nil {
			return err
		}
		// Whoever pays: a charge is paid once.
		note(have, func(q *journal.Payment) string { return "uin " + q.UIN })
	}
	if len(keys) > 0 {
		have, err := p.Journal.ByKeys(ctx, keys)
		if err != nil {
			return err
		}
		note(have, func(q *journal.Payment) string { return q.BusinessKey })
	}
	if len(held) == 0 {
		return nil
	}
	for i, r := range rows {
		if r.Status != planfile.Pay {
			continue
		}
		var q *journal.Payment
		for _, key := range byKey[i] {
			q = cmp.Or(q, held[key])
		}
		if byKey[i] == nil {
			q = held["uin "+journal.NormalUIN(r.UIN)]
		}
		switch {
		case q == nil:
			continue
		case q.State == journal.Paid:
			r.Status, r.Holder = planfile.Paid, q.ID
		default:
			r.Status, r.Holder, r.Why = planfile.InFlight, q.ID, "journal."+string(q.State)
		}
		if p.Again != nil {
			r.Status, r.Why, r.Override = planfile.Pay, "", p.Again
		}
	}
	return nil
}

// keyHash is the row's business key, short enough to keep a million of them.
func keyHash(r *planfile.Row, head *planfile.Header) (k [keyBytes]byte) {
	p := r.Payment(head, journal.ViaPortal)
	sum := sha256.Sum256([]byte(p.Key()))
	copy(k[:], sum[:])
	return k
}

func rowName(n int) string { return "row " + strconv.Itoa(n) }
