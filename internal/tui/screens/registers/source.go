// Package registers is the screens of payment registers: checking one with its
// errors by cell, the plan made of it with what differs, approving it by a
// signature, running it, settling what is uncertain, and closing a month. The
// steps are those of "epgu batch", by the same engine.
package registers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/bank"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/directroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/month"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Source is what these screens need of the core.
type Source interface {
	// Plans are the plan files of the current folder and those named, newest first.
	Plans(ctx context.Context, also []string) ([]Plan, error)
	// Check checks a register; what is wrong comes in the order of the file.
	Check(ctx context.Context, path string) (*Checked, error)
	// Make makes a plan of a register; progress is told the rows looked at.
	Make(ctx context.Context, m Making, progress func(rows int)) ([]i18n.Localised, error)
	// Rows goes through the rows of a plan.
	Rows(ctx context.Context, plan string, each func(*planfile.Row) error) error
	// Stand says how a plan stands.
	Stand(ctx context.Context, plan string) (*Standing, error)
	// Approve begins an approval.
	Approve(ctx context.Context, plan string) (Approval, error)
	// Certificates are those that can sign, by name, with whose they are.
	Certificates(ctx context.Context) ([]kit.Key, error)
	// Banks names the banks of the config that take payments straight.
	Banks(ctx context.Context) ([]string, error)
	// Run pays until nothing is left or ctx ends; tell is told of every step. ended
	// is what it came to, err why it could not begin.
	Run(ctx context.Context, r Running, ask Asker, tell func(Step)) (notes []i18n.Localised, ended, err error)
	// Reconcile asks every witness about what is not final, the banks too; statement is
	// the file of a bank's statement or "". open is what is still not known afterwards.
	Reconcile(ctx context.Context, plan, statement string, ask Asker) (found []reconcile.Finding, notes []i18n.Localised, open, err error)
	// Decide records a person's signed word about a payment.
	Decide(ctx context.Context, plan string, d Decision) error
	// Report gives the register back with the results, or a file for 1C, or a
	// printed register: the extension says which.
	Report(ctx context.Context, plan, output string) (rows int, err error)
	// Close collects a month into a new folder; the sum of its manifest comes back.
	Close(ctx context.Context, c Closing, progress func(n int)) (*month.Summary, string, error)
}

// Closing says which month to close, and where to.
type Closing struct {
	Month, Folder string
	Early         bool // although it is not over
	Open          bool // although payments are not settled
}

// Plan is a plan in the list.
type Plan struct {
	Path      string       `json:"path"`
	ID        string       `json:"id"` // the run of the journal
	Made      time.Time    `json:"made"`
	Rows      int          `json:"rows"`
	Pay       planfile.Sum `json:"pay"`
	Approvals int          `json:"approvals"`
	Paid      int          `json:"paid"`
	Unknown   int          `json:"unknown"`
	Unbegun   int          `json:"unbegun"`
	Running   bool         `json:"running"`
}

// Checked is a register that was checked.
type Checked struct {
	Summary  registers.Summary
	Findings []registers.Finding // the first mostFindings
	More     int                 // findings that are not among them; NAME.err has all
}

// Making says what plan to make.
type Making struct {
	Register, Output string
	// SkipBad leaves rows with errors unpaid.
	SkipBad bool
}

// Standing is how a plan stands.
type Standing struct {
	Head      planfile.Header
	SHA256    string
	Totals    planfile.Totals
	Counts    journal.Counts
	Running   bool // by some process of this machine
	Unbegun   int
	Need, Has int            // signatures
	Refused   i18n.Localised // why it must not be run yet; nil when it may
}

// Left is the sum that is neither paid nor given up, kopecks.
func (s *Standing) Left() int64 {
	left := s.Totals.Pay.Kopecks
	for state, c := range s.Counts {
		if state != journal.Planned && state != journal.Claimed {
			left -= c.AmountKopecks
		}
	}
	return left
}

// Approval is a plan that is being approved.
type Approval interface {
	Lines() []i18n.Localised
	Kopecks() int64
	// By opens a key and holds the plan against it.
	By(ctx context.Context, certificate, pin string) (notes []i18n.Localised, err error)
	Sign(ctx context.Context) (notes []i18n.Localised, err error)
	Close() error
}

// Running says how to run a plan.
type Running struct {
	Plan string
	// Via is the road; "" is the portal.
	Via    journal.Via
	Payers string // by bank files: the file of the payer's accounts,
	Folder string // and the folder that the files go to
	Bank   string // by DirectBank: the bank's name in the config
	// LeaveEnded leaves out rows whose sum held until a day that has passed.
	LeaveEnded bool
}

// Step is what a run tells, as it stands after it.
type Step struct {
	Looking int  // charges asked for again, before the first payment
	Sending bool // payments have begun
	Resumed int  // rows begun by an earlier run
	Answers int  // payments answered by this one
	Handed  int  // orders that a bank has taken
	Paid    int
	Refused int
	Unknown int
	Held    bool // the portal asks for a pause
	Asking  bool // everything is sent; settlement is awaited
	Ending  bool // nothing new is sent
}

// Decision is a person's word about a payment.
type Decision struct {
	Payment          string
	To               journal.State
	Why              string
	Certificate, PIN string
}

// bankWait is how long a bank's answers are awaited, as by the command.
const bankWait = time.Minute

// mostFindings bounds what is kept of a check.
const mostFindings = 20_000

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

// notes gathers what a step tells.
type notes struct {
	mu   sync.Mutex
	list []i18n.Localised
}

func (n *notes) add(m i18n.Localised) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, m)
}

func (c core) desk() (*workflow.Desk, *notes) {
	n := &notes{}
	return &workflow.Desk{Clock: c.f.Clock, Settings: c.f.Settings, Journal: c.f.Journal, Note: n.add,
		Portal: func(ctx context.Context) (*workflow.Portal, error) {
			conn, err := c.f.Connect(ctx)
			if err != nil {
				return nil, err
			}
			return &workflow.Portal{Cabinet: conn.Cabinet, SignIn: conn.SignIn}, nil
		}}, n
}

func (c core) Plans(ctx context.Context, also []string) ([]Plan, error) {
	here, err := filepath.Glob("*.plan")
	if err != nil {
		return nil, err
	}
	for i, p := range here {
		if abs, err := filepath.Abs(p); err == nil {
			here[i] = abs
		}
	}
	paths := slices.Concat(here, also)
	slices.Sort(paths)
	desk, _ := c.desk()
	var out []Plan
	for _, path := range slices.Compact(paths) {
		s, err := desk.Stand(ctx, path)
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			continue // no plan, or one that has gone: it is named when it is opened
		}
		out = append(out, Plan{Path: path, ID: s.Plan.Header.ID, Made: s.Plan.Header.CreatedAt, Rows: s.Plan.Totals.Rows, Pay: s.Plan.Totals.Pay, Approvals: s.Approvals,
			Paid: s.Counts[journal.Paid].N, Unknown: s.Counts[journal.Unknown].N, Unbegun: s.Unbegun(), Running: s.Running})
		if err := s.Plan.Close(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b Plan) int { return b.Made.Compare(a.Made) })
	return out, nil
}

func (c core) Check(ctx context.Context, path string) (*Checked, error) {
	out := &Checked{}
	sum, err := registers.Check(ctx, registers.Options{Files: []string{path}, ErrFiles: true, Lang: c.f.Language(ctx), Day: c.f.Clock.Now().In(clock.Moscow())}, func(f registers.Finding) error {
		if len(out.Findings) < mostFindings {
			out.Findings = append(out.Findings, f)
		} else {
			out.More++
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	out.Summary = *sum
	return out, nil
}

func (c core) Make(ctx context.Context, m Making, progress func(rows int)) ([]i18n.Localised, error) {
	desk, told := c.desk()
	_, err := desk.Make(ctx, workflow.Making{Files: []string{m.Register}, Output: m.Output, SkipBad: m.SkipBad, Progress: progress})
	return told.list, err
}

func (c core) Rows(ctx context.Context, plan string, each func(*planfile.Row) error) error {
	p, err := workflow.Open(plan)
	if err != nil {
		return err
	}
	defer p.Close()
	for r, err := range p.Rows(1) {
		if err == nil {
			err = errors.Join(each(r), ctx.Err())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c core) Stand(ctx context.Context, plan string) (*Standing, error) {
	desk, _ := c.desk()
	s, err := desk.Stand(ctx, plan)
	if err != nil {
		return nil, err
	}
	defer s.Plan.Close()
	out := &Standing{Head: s.Plan.Header, SHA256: s.Plan.SHA256, Totals: s.Plan.Totals, Counts: s.Counts, Running: s.Running, Unbegun: s.Unbegun()}
	rules, err := desk.Rules("")
	if err != nil {
		return nil, err
	}
	result, err := rules.Check(ctx, plan, s.Plan)
	if err != nil {
		out.Refused = workflow.ReasonOf(err)
	}
	if result != nil {
		out.Need, out.Has = result.Need, result.Good
	}
	return out, nil
}

func (c core) Approve(ctx context.Context, plan string) (Approval, error) {
	desk, told := c.desk()
	a, err := desk.Approve(ctx, plan, "")
	if err != nil {
		return nil, err
	}
	return &approving{a, c, told}, nil
}

type approving struct {
	*workflow.Approving
	c    core
	told *notes
}

func (a *approving) By(ctx context.Context, certificate, pin string) ([]i18n.Localised, error) {
	s, err := a.c.open(ctx, certificate, pin)
	if err != nil {
		return nil, err
	}
	a.told.list = nil
	err = a.Approving.By(ctx, s.Signer, false)
	return a.told.list, err
}

func (a *approving) Sign(ctx context.Context) ([]i18n.Localised, error) {
	a.told.list = nil
	err := a.Approving.Sign(ctx, "")
	return a.told.list, err
}

func (c core) open(ctx context.Context, certificate, pin string) (*signing.Signer, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, certificate, "", func(context.Context, string) ([]byte, error) { return []byte(pin), nil })
}

func (c core) Certificates(context.Context) ([]kit.Key, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, err
	}
	all, err := store.List()
	if err != nil {
		return nil, err
	}
	var out []kit.Key
	for _, e := range all {
		if e.Certificate != nil && e.HasKey {
			out = append(out, kit.Key{Name: e.Name, Subject: e.Subject().String()})
		}
	}
	return out, nil
}

func (c core) Banks(context.Context) ([]string, error) {
	s, err := c.f.Settings()
	if err != nil {
		return nil, err
	}
	return s.BankNames(), nil
}

func (c core) Run(ctx context.Context, r Running, ask Asker, tell func(Step)) (_ []i18n.Localised, ended, err error) {
	desk, told := c.desk()
	var at Step
	via := r.Via
	if via == "" {
		via = journal.ViaPortal
	}
	x := &workflow.Execution{Path: r.Plan, Via: via, MaxAge: workflow.DefaultMaxAge, LeaveEnded: r.LeaveEnded,
		Looking: func(n int) { at.Looking = n; tell(at) },
		Sending: func() { at.Sending = true; tell(at) }}
	x.Options.Wait, x.Options.Recheck = workflow.DefaultWait, workflow.DefaultRecheck
	x.Options.Events = func(e bulkpay.Event) { at.take(e); tell(at) }
	if err := desk.Begin(ctx, x); err != nil {
		return told.list, nil, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	switch via {
	case journal.ViaBankFile:
		ended, err = c.byFiles(ctx, x, r, told)
	case journal.ViaDirectBank:
		flags := c.bank(ask)
		var d *directbank.Desk
		if d, err = flags.Desk(ctx, r.Bank); err != nil {
			return told.list, nil, err
		}
		x.Sending()
		_, ended, err = x.ByDirectBank(ctx, workflow.Direct{Bank: d, Sent: func(p directroad.Packet) {
			switch p.State {
			case journal.Accepted:
				at.Handed += p.Orders
			case journal.Unknown:
				at.Unknown += p.Orders
			}
			at.Answers += p.Orders
			tell(at)
		}})
	default:
		_, ended, err = x.ByPortal(ctx)
	}
	return told.list, ended, err
}

// byFiles writes the orders of a plan into files and tells which there are.
func (c core) byFiles(ctx context.Context, x *workflow.Execution, r Running, told *notes) (ended, err error) {
	payers, err := workflow.ReadPayers(r.Payers)
	if err != nil {
		return nil, err
	}
	written, ended, err := x.ByBankFiles(ctx, workflow.BankFiles{Payers: payers, Dir: r.Folder, MaxOrders: bankroad.DefaultOrders})
	if err != nil {
		return nil, err
	}
	for _, f := range written.Files {
		told.add(i18n.Text{RU: "Записан %s: поручений %d на %s", EN: "Written: %s, %d orders, %s"}.With(untrusted.Text(f.Path), f.Orders, i18n.Money(f.Kopecks)))
	}
	return ended, nil
}

// bank is how banks are talked to; secrets are asked on the screen.
func (c core) bank(ask Asker) bank.Flags {
	flags := bank.NewFlags(c.f)
	flags.Who.Secret = ask
	return flags
}

// take follows an event of the engine.
func (s *Step) take(e bulkpay.Event) {
	switch e.Kind {
	case bulkpay.Resumed:
		s.Resumed = e.Row
	case bulkpay.Moved:
		s.Held = false
		if e.From == journal.Sending {
			s.Answers++
		}
		switch e.To {
		case journal.Paid:
			s.Paid++
		case journal.Refused:
			s.Refused++
		case journal.Unknown:
			s.Unknown++
		}
		if e.From == journal.Unknown {
			s.Unknown--
		}
	case bulkpay.Held:
		s.Held = true
	case bulkpay.Asking:
		s.Asking = true
	case bulkpay.Stopping:
		s.Ending = true
	}
}

func (c core) Reconcile(ctx context.Context, plan, statement string, ask Asker) (found []reconcile.Finding, _ []i18n.Localised, open, err error) {
	desk, told := c.desk()
	p, err := workflow.Open(plan)
	if err != nil {
		return nil, nil, nil, err
	}
	defer p.Close()
	said := &workflow.Told{}
	if statement != "" {
		if err := desk.Statement(ctx, p, statement, false, said); err != nil {
			return nil, told.list, nil, err
		}
	}
	flags := c.bank(ask)
	if err := flags.Settle(ctx, desk, p, said, bankWait); err != nil {
		return nil, told.list, nil, err
	}
	j, err := c.f.Journal(ctx)
	if err != nil {
		return nil, told.list, nil, err
	}
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, told.list, nil, err
	}
	witnesses := &reconcile.Desk{Journal: j, Clock: c.f.Clock, Portal: conn.Cabinet}
	for x, err := range said.Before(witnesses.Run(ctx, p.Header.ID)) {
		if err != nil {
			return found, told.list, nil, err
		}
		found = append(found, x)
	}
	return found, told.list, desk.Settled(ctx, p, false), nil
}

func (c core) Decide(ctx context.Context, plan string, d Decision) error {
	p, err := workflow.Open(plan)
	if err != nil {
		return err
	}
	defer p.Close()
	j, err := c.f.Journal(ctx)
	if err != nil {
		return err
	}
	if _, err := workflow.OfPlan(ctx, j, p, d.Payment); err != nil {
		return err
	}
	key, err := c.open(ctx, d.Certificate, d.PIN)
	if err != nil {
		return err
	}
	desk := &reconcile.Desk{Journal: j, Clock: c.f.Clock}
	_, err = desk.Decide(ctx, reconcile.Decision{ID: d.Payment, To: d.To, Why: strings.TrimSpace(d.Why)}, approval.GOST{Key: key.Signer})
	return err
}

func (c core) Report(ctx context.Context, plan, path string) (int, error) {
	desk, _ := c.desk()
	w, err := desk.Report(ctx, workflow.Reporting{Plan: plan, Path: path, BOM: true, Lang: c.f.Language(ctx), Guard: output.Guard, Training: c.training(ctx)})
	if err != nil {
		return 0, err
	}
	return w.Rows, nil
}

// training tells whether the portal is a training one, so that papers say so.
func (c core) training(ctx context.Context) bool {
	s, err := c.f.Settings()
	if err != nil {
		return false
	}
	if workflow.TrainingAddress(s.Get("portal").Value) {
		return true
	}
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return false
	}
	caps, err := conn.Capabilities(ctx)
	return err == nil && caps.Kind == "sandbox"
}

func (c core) Close(ctx context.Context, how Closing, progress func(n int)) (*month.Summary, string, error) {
	m, err := month.Parse(how.Month)
	if err != nil {
		return nil, "", err
	}
	s, err := c.f.Settings()
	if err != nil {
		return nil, "", err
	}
	j, err := c.f.Journal(ctx)
	if err != nil {
		return nil, "", err
	}
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, "", err
	}
	closing := &month.Closing{Month: m, Dir: how.Folder, Early: how.Early, Open: how.Open, Profile: s.ProfileName(), Journal: j, Portal: conn.Cabinet, Clock: c.f.Clock, Lang: c.f.Language(ctx),
		Programme: "epgu " + c.f.Build.Version, Guard: output.Guard, Training: c.training(ctx), Progress: progress}
	sum, err := closing.Close(ctx)
	if err != nil {
		return nil, "", err
	}
	v, err := month.Verify(ctx, how.Folder) // what was written is read back
	if err != nil {
		return nil, "", err
	}
	if len(v.Flaws) > 0 {
		return nil, "", workflow.ChangedMonth(v)
	}
	return sum, v.Manifest, nil
}

// exists reports whether something is there.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
