package workflow

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Making is what a plan is made of.
type Making struct {
	Files  []string // registers
	Output string   // the file of the plan
	Method string   // the way to pay; "" takes the portal's first
	Payer  string   // the payer of rows that name none, an ИНН; "" takes who is signed in
	Policy string   // the file of the approval policy; "" takes the setting
	Map    *register.Mapping
	Sheet  string
	// Again is the reason for paying also what the journal holds as paid or sent.
	Again string
	// AcceptChanged pays what is due where the register says another sum, AfterTerm
	// what is past its term; SkipBad leaves rows with errors unpaid.
	AcceptChanged, AfterTerm, SkipBad bool
	// Offline does not ask the portal: sums and payees are the register's.
	Offline bool
	Expect  registers.Expectations
	// Progress is told how many rows were looked at; nil is not.
	Progress func(rows int)
}

// Make makes a plan. The file appears only when it is whole.
func (d *Desk) Make(ctx context.Context, m Making) (made *planning.Made, err error) {
	path, err := d.policyPath(m.Policy)
	if err != nil {
		return nil, err
	}
	policy, err := approval.LoadPolicy(path)
	if err != nil {
		return nil, err
	}
	settings, err := d.Settings()
	if err != nil {
		return nil, err
	}
	j, err := d.Journal(ctx)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	head := planfile.Header{ID: id.String(), CreatedAt: d.Clock.Now().UTC(), Profile: settings.ProfileName(), Method: m.Method, Payer: m.Payer, Policy: policy.SHA256,
		Maker: planfile.Person{Login: login()}}
	p := &planning.Planner{Journal: j, Clock: d.Clock, AcceptChanged: m.AcceptChanged, AfterTerm: m.AfterTerm, Expect: m.Expect, Progress: m.Progress}
	if !m.Offline {
		if p.Portal, err = d.asked(ctx, &head); err != nil {
			return nil, err
		}
	} else {
		head.Maker.Name = head.Maker.Login
	}
	if head.Payer == "" {
		return nil, fault.New(exitcode.Usage, "plan.no_payer", i18n.Say("кто платит? нужен --payer ИНН", "who pays? --payer ИНН is needed"))
	}
	if m.Again != "" {
		p.Again = &journal.Override{Reason: m.Again, Who: head.Maker.Name, At: head.CreatedAt}
	}
	files := &planning.Registers{Paths: m.Files, Options: register.Options{Map: m.Map, Sheet: m.Sheet}, SkipBad: m.SkipBad}
	defer func() { err = errors.Join(err, files.Close()) }()
	if head.Sources, err = files.Sources(); err != nil {
		return nil, err
	}
	if made, err = write(ctx, p, m.Output, head, files); err != nil {
		return nil, err
	}
	d.tell(made)
	return made, nil
}

// asked gives the planner what it asks, and names the maker.
func (d *Desk) asked(ctx context.Context, head *planfile.Header) (planning.Portal, error) {
	c, err := d.Portal(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.Cabinet.Offers(ctx, wire.CapPayments); err != nil {
		return nil, err
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return nil, err
	}
	head.Maker.Name, head.Maker.OID, head.Maker.SNILS = me.FullName().Raw(), me.OID, me.SNILS
	if head.Payer == "" {
		head.Payer = payerOf(me)
	}
	return c.Cabinet, nil
}

func write(ctx context.Context, p *planning.Planner, path string, head planfile.Header, files *planning.Registers) (made *planning.Made, err error) {
	w, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if made, err = p.Make(ctx, w, head, files.Rows()); err != nil {
		return nil, err
	}
	return made, w.Commit()
}

// tell says what stands in the way of paying everything at once.
func (d *Desk) tell(made *planning.Made) {
	t := &made.Totals
	if short, ok := tooShort(t, &made.Seen); ok {
		d.Note(short)
	}
	if n := t.Warnings[planning.WarnLimit]; n > 0 {
		d.Note(i18n.Text{RU: "Не берутся строки больше предела одного платежа (%s): %d", EN: "Rows above the limit of one payment (%s) are left out: %d"}.
			With(i18n.Money(made.Limit), n))
	}
	if made.PerMinute > 0 && t.Pay.N > 0 {
		d.Note(i18n.Text{RU: "Портал принимает %d запросов в минуту: оплата займёт не меньше %s", EN: "The portal takes %d requests a minute: paying will last %s at least"}.
			With(made.PerMinute, Lasting(made.Seen.ETA)))
	}
}

// tooShort names what the account lacked when the plan was made.
func tooShort(t *planfile.Totals, seen *planfile.Seen) (m i18n.Message, ok bool) {
	short := seen.Short(t)
	if short <= 0 {
		return m, false
	}
	return i18n.Text{RU: "Внимание: на счёте было %s, а к оплате %s — не хватает %s", EN: "Note: the account held %s, the plan asks for %s: %s is missing"}.
		With(i18n.Money(*seen.Balance), i18n.Money(t.Pay.Kopecks), i18n.Money(short)), true
}
