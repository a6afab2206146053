package workflow

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The usual bounds of a run.
const (
	DefaultWait    = 2 * time.Minute
	DefaultMaxAge  = 7 * 24 * time.Hour
	DefaultRecheck = 24 * time.Hour
)

// Execution is one run of an approved plan.
type Execution struct {
	Path   string // of the plan
	Via    journal.Via
	Policy string // the file of the approval policy; "" takes the setting
	// MaxAge is how old a plan may be.
	MaxAge time.Duration
	// LeaveEnded leaves out rows whose sum held until a day that has passed.
	LeaveEnded bool
	// Unbounded does not hand the approvals to the portal, where the policy lets it.
	Unbounded bool
	Options   bulkpay.Options
	// Looking is told how many charges were asked for again before the first
	// payment, Looked that this is over, and Sending that payments begin. Each may
	// be nil.
	Looking func(done int)
	Looked  func()
	Sending func()

	// Plan and Approved are there once the execution has begun.
	Plan     *planfile.Plan
	Approved *approval.Result

	desk  *Desk
	rules *approval.Rules
	done  func() error // gives up the lock
}

// Begin makes this process the one that runs the plan, and refuses a plan that must
// not be run now. Nothing has been sent. An execution that has begun is to be
// closed.
func (d *Desk) Begin(ctx context.Context, x *Execution) (err error) {
	x.desk = d
	if x.Plan, err = Open(x.Path); err != nil {
		return err
	}
	if x.done, err = take(x.Path, string(x.Via), d.Clock); err != nil {
		return errors.Join(err, x.Plan.Close())
	}
	if err = x.fresh(ctx); err == nil {
		err = x.whole(ctx)
	}
	if err != nil {
		return errors.Join(err, x.Close())
	}
	return nil
}

// Close gives up the plan.
func (x *Execution) Close() error { return errors.Join(x.done(), x.Plan.Close()) }

// ByPortal pays by the portal until nothing is left to send or something stops it.
// ended is what the report comes to, with the road that closes what is left open;
// err is that of a run which could not begin.
func (x *Execution) ByPortal(ctx context.Context) (report *bulkpay.Report, ended, err error) {
	defer bulkpay.SaveMemory(x.Plan.Totals.Rows)()
	c, err := x.desk.Portal(ctx)
	if err != nil {
		return nil, nil, err
	}
	j, err := x.desk.Journal(ctx)
	if err != nil {
		return nil, nil, err
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return nil, nil, err
	}
	// The portal pays from the account of whoever is signed in: that must be the one
	// for whom the plan was made and approved.
	if who, of := payerOf(me), x.Plan.Header.Payer; of != "" && who != of {
		return nil, nil, fault.New(exitcode.Conflict, "batch.other_payer", i18n.Text{
			RU: "план — за плательщика %s, а вы вошли за %s: деньги ушли бы не с того счёта", EN: "the plan is for payer %s, and you are signed in for %s: the money would leave the wrong account"}.With(untrusted.Text(of), who)).
			Advise(i18n.Say("войдите тем, за кого составлен план (epgu auth login), или смените роль: epgu org switch", "sign in as the one for whom the plan was made (epgu auth login), or change the role: epgu org switch"))
	}
	r := &bulkpay.Run{Portal: c.Cabinet, Journal: j, Plan: x.Plan, Clock: x.desk.Clock, Sched: bulkpay.NewGoroutines(x.Options.Concurrency), Options: x.Options}
	if err := x.precheck(ctx, r); err != nil {
		return nil, nil, err
	}
	if err := x.afford(ctx, c, j, x.Plan); err != nil {
		return nil, nil, err
	}
	if r.Authorisation, err = x.authorise(ctx, c, x.Plan); err != nil {
		return nil, nil, err
	}
	if x.Sending != nil {
		x.Sending()
	}
	if report, err = r.Execute(ctx); err != nil {
		return nil, nil, err
	}
	return report, x.closing(context.WithoutCancel(ctx), j, report.Err()), nil
}

// fresh refuses a plan that must not be run now.
func (x *Execution) fresh(ctx context.Context) error {
	s, err := x.desk.Settings()
	if err != nil {
		return err
	}
	if name := s.ProfileName(); name != x.Plan.Header.Profile {
		return fault.New(exitcode.Conflict, "batch.other_profile", i18n.Text{
			RU: "план составлен для профиля %s, а выбран %s", EN: "the plan was made for profile %s, and %s is chosen"}.With(untrusted.Text(x.Plan.Header.Profile), name)).
			Advise(i18n.Text{RU: "добавьте --profile %s", EN: "add --profile %s"}.With(untrusted.Text(x.Plan.Header.Profile)))
	}
	rules, err := x.desk.Rules(x.Policy)
	if err != nil {
		return err
	}
	if x.Approved, err = rules.Check(ctx, x.Path, x.Plan); err != nil {
		return err
	}
	unruled(rules, x.desk.Note)
	x.rules = rules
	for _, v := range x.Approved.Verdicts {
		if v.Err == nil && v.Approval.Unchecked {
			x.desk.Note(i18n.Text{RU: "За сертификат, которым одобрил %s, никто не ручается: подписано с --without-check", EN: "Nobody vouches for the certificate by which %s has approved: signed with --without-check"}.With(untrusted.Text(v.Approval.By.Name)))
		}
	}
	now := x.desk.Clock.Now()
	stale := i18n.Say("составьте и одобрите план заново; уже отправленное второй раз не уйдёт", "make and approve the plan again; what was sent is not sent twice")
	if age := now.Sub(x.Plan.Header.CreatedAt); age > x.MaxAge {
		return fault.New(exitcode.Conflict, "batch.stale", i18n.Text{
			RU: "план устарел: составлен %s", EN: "the plan is stale: it was made on %s"}.With(i18n.Moment(x.Plan.Header.CreatedAt.Local()))).Advise(stale)
	}
	return nil
}

// whole reads all of a plan that was never begun, so that a damaged row is named
// before anything is paid. A run that goes on does not wait for that: every row is
// held against what was signed when it is read.
func (x *Execution) whole(ctx context.Context) error {
	j, err := x.desk.Journal(ctx)
	if err != nil {
		return err
	}
	counts, err := j.Counts(ctx, x.Plan.Header.ID)
	if err != nil || len(counts) > 0 {
		return err
	}
	return x.Plan.Verify()
}

// closing points a run that has left something open to the road that closes it: the
// portal knows nothing of what a bank file has begun.
func (x *Execution) closing(ctx context.Context, j journal.Journal, end error) error {
	var f *fault.Error
	if !errors.As(end, &f) || f.Code != bulkpay.CodePending && f.Code != bulkpay.CodeRefused {
		return end
	}
	via := journal.ViaBankFile
	byBank := func(state journal.State) (found bool, err error) {
		for _, road := range [...]journal.Via{journal.ViaBankFile, journal.ViaDirectBank} {
			for _, err := range j.List(ctx, journal.Filter{Run: x.Plan.Header.ID, Via: road, States: []journal.State{state}, N: 1}) {
				via = road
				return err == nil, err
			}
		}
		return false, nil
	}
	sent, err := byBank(journal.Accepted)
	begun, err2 := byBank(journal.Planned)
	switch {
	case err != nil || err2 != nil:
		return errors.Join(end, err, err2)
	case begun && via == journal.ViaDirectBank:
		f.Advise(i18n.Text{RU: "строки, начатые через DirectBank, доводит он же: epgu batch run %s --via directbank --bank ИМЯ", EN: "rows begun by DirectBank are finished by it: epgu batch run %s --via directbank --bank NAME"}.With(x.Path))
	case sent && via == journal.ViaDirectBank:
		f.Advise(i18n.Text{RU: "ушедшее в банк закроет его выписка: epgu batch reconcile %s", EN: "what went to a bank is settled by its statement: epgu batch reconcile %s"}.With(x.Path))
	case begun:
		f.Advise(i18n.Text{RU: "строки, начатые файлом в банк, доводит он же: epgu batch run %s --via bank-file", EN: "rows begun by a bank file are finished by one: epgu batch run %s --via bank-file"}.With(x.Path))
	case sent:
		f.Advise(i18n.Text{RU: "ушедшее файлом в банк закроет выписка: epgu batch reconcile %s --statement ВЫПИСКА", EN: "what went by a bank file is settled by the bank's statement: epgu batch reconcile %s --statement STATEMENT"}.With(x.Path))
	}
	return end
}
