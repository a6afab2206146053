// Package departments moves applications along as departments do: registration,
// check of documents, the wait for the duty, approval, decision, closing. When
// and what they decide depends only on the seed and the number of the
// application. Only packages under internal/sandbox may import it.
package departments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

// correctionTerm is how long a mended archive is awaited, calendar.
const correctionTerm = 60 * 24 * time.Hour

// closingPause is the time between the decision and the closing of the file.
const closingPause = 24 * time.Hour

// cancelPause is how long a department takes to cancel.
const cancelPause = time.Minute

// Room is the departments at work: they have no face, only a worker.
func Room() room.Room {
	return room.Room{Name: "departments", Mount: mount}
}

// Departments decides on applications.
type Departments struct {
	deps    room.Deps
	catalog func() (*catalog.Catalog, error)
}

// New returns the departments of the portal.
func New(deps room.Deps) *Departments {
	return &Departments{deps: deps, catalog: catalog.Shared}
}

// Worker does what departments have to do by the calendar.
func (d *Departments) Worker() calendar.Worker {
	return calendar.Worker{Name: "departments", Next: orders.NextDue, Run: d.run}
}

func (d *Departments) run(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
	due, err := orders.Due(ctx, tx, now, 50)
	if err != nil {
		return 0, err
	}
	for _, o := range due {
		if err := d.step(ctx, tx, o, now); err != nil {
			return 0, fmt.Errorf("application %d, %s: %w", o.ID, o.Phase, err)
		}
	}
	return len(due), nil
}

// step does the next thing with one application.
func (d *Departments) step(ctx context.Context, tx *sql.Tx, o *orders.Order, now time.Time) error {
	c, err := d.catalog()
	if err != nil {
		return err
	}
	s := c.Find(o.Service)
	if s == nil {
		return errors.New("the service is gone from the catalogue")
	}
	seed, err := d.deps.OutcomeSeed(ctx, tx)
	if err != nil {
		return err
	}
	w := &work{ctx: ctx, tx: tx, order: o, service: s, plan: planFor(seed, o.ID, s), now: now, wall: d.deps.Clock.Now()}
	o.Next = time.Time{}
	switch o.Phase {
	case orders.Intake:
		err = w.intake()
	case orders.Registration:
		err = w.register()
	case orders.Check:
		err = w.check()
	case orders.Approval:
		err = w.approve()
	case orders.Decision:
		err = w.decide()
	case orders.Mending:
		err = w.giveUp()
	case orders.Asked:
		err = w.noDocument()
	case orders.Closing:
		o.Phase, o.Closed = orders.Closed, true
	case orders.Cancelling:
		err = w.cancelled()
	default:
		return errors.New("nothing is due in this phase")
	}
	if err != nil {
		return err
	}
	return orders.Save(ctx, tx, o)
}

// work is one step with one application.
type work struct {
	ctx     context.Context
	tx      *sql.Tx
	order   *orders.Order
	service *catalog.Service
	plan    plan
	now     time.Time // the portal's calendar
	wall    time.Time // the clock that certificates go by
}

func (w *work) status(id int, comment i18n.Localised, stateCode string) error {
	text := i18n.Text{RU: comment.In(i18n.RU), EN: comment.In(i18n.EN)}
	return orders.AddStatus(w.ctx, w.tx, w.order, orders.Status{StatusID: id, StatusData: orders.StatusData{
		Comment: text, Sender: w.service.Dept().Name, Responsible: w.service.Dept().Officer,
		HasResult: w.order.HasResult, StateCode: stateCode,
	}}, w.now)
}

// next names the phase and how long it takes to get there.
func (w *work) next(p orders.Phase, in time.Duration) {
	w.order.Phase, w.order.Next = p, w.now.Add(in)
}

func (w *work) intake() error {
	done, failed := orders.StepIntake(w.order, w.now)
	switch {
	case done:
		w.next(orders.Registration, w.plan.registration)
		return w.status(orders.Sent, i18n.Say("Архив проверен, заявление передано в ведомство", "The archive is checked, the application is handed to the department"), "SENT")
	case failed && w.order.Correction != nil:
		// The mended archive is no better; the department still waits.
		w.order.Phase, w.order.Next = orders.Mending, w.order.Correction.Until
		return nil
	case failed:
		w.order.Phase, w.order.Closed = orders.Closed, true
		return w.status(orders.Failed, w.order.Message, "INTAKE_FAILED")
	}
	return nil
}

func (w *work) register() error {
	w.order.Correction = nil
	if err := orders.Confirm(w.ctx, w.tx, w.order, w.now); err != nil {
		return err
	}
	w.next(orders.Check, w.plan.check)
	return w.status(orders.Received, i18n.Say("Заявление зарегистрировано в ведомстве, документы проверяют", "Registered at the department, the documents are being checked"), "REGISTERED")
}

func (w *work) check() error {
	if w.plan.outcome == correct && w.order.Accepted == 1 {
		return w.askToMend()
	}
	if w.plan.document && w.order.Wanted == nil {
		return w.askForDocument()
	}
	if err := orders.Confirm(w.ctx, w.tx, w.order, w.now); err != nil {
		return err
	}
	if err := w.status(orders.Considered, i18n.Say("Документы проверены, замечаний нет", "The documents are in order"), "CHECKED"); err != nil {
		return err
	}
	unpaid, err := w.unpaid()
	if err != nil {
		return err
	}
	if unpaid == nil {
		w.next(orders.Approval, w.plan.approval)
		return nil
	}
	w.order.Phase = orders.Held
	return w.status(orders.Waiting, i18n.Text{
		RU: "Ждём оплату госпошлины: УИН %s, %s. После оплаты рассмотрение продолжится",
		EN: "Waiting for the duty: УИН %s, %s. The work goes on once it is paid",
	}.With(unpaid.UIN, i18n.Money(unpaid.Due(w.now))), "AWAITING_PAYMENT")
}

func (w *work) unpaid() (*charges.Charge, error) {
	if w.order.UIN == "" {
		return nil, nil
	}
	c, err := charges.Get(w.ctx, w.tx, w.order.UIN)
	if err != nil || c.State != charges.Unpaid {
		return nil, err
	}
	return c, nil
}

func (w *work) askToMend() error {
	k := w.plan.correction(w.service, w.order.Values)
	w.order.Correction = &orders.Correction{
		Text:   k.Text,
		Fields: []orders.Note{{Field: k.Field, Code: "correction", Text: k.Text}},
		Until:  w.now.Add(correctionTerm),
	}
	w.order.Phase, w.order.Next = orders.Mending, w.order.Correction.Until
	return w.status(orders.NeedsMending, k.Text, "CORRECTION")
}

func (w *work) giveUp() error {
	w.order.Correction = nil
	w.order.Phase, w.order.Closed = orders.Closed, true
	return w.status(orders.Refused, i18n.Say("Исправленное заявление не поступило в срок", "No mended application came in time"), "CORRECTION_EXPIRED")
}

func (w *work) approve() error {
	if w.plan.invite && !w.order.Invited {
		return w.inviteOwner()
	}
	w.next(orders.Decision, w.plan.decision)
	return w.status(orders.Intermediate, i18n.Say("Проверки пройдены, готовится решение", "The checks are passed, the decision is being prepared"), "APPROVAL")
}

func (w *work) decide() error {
	w.next(orders.Closing, closingPause)
	if w.plan.outcome == refuse {
		reason := w.plan.refusal(w.service)
		return w.status(orders.Refused, reason, "REFUSED")
	}
	w.order.HasResult = true
	if err := w.status(orders.Done, i18n.Text{RU: "Решение принято: %s", EN: "Decided: %s"}.With(w.service.Result), "DONE"); err != nil {
		return err
	}
	return w.result()
}

func (w *work) cancelled() error {
	w.order.Phase, w.order.Closed = orders.Closed, true
	return w.status(orders.Withdrawn, i18n.Say("Заявление отменено по вашей просьбе", "Cancelled at your request"), "CANCELLED")
}

// DutyPaid moves a held application on; it is told of every paid charge.
func (d *Departments) DutyPaid(ctx context.Context, tx *sql.Tx, c *charges.Charge, now time.Time) error {
	if c.OrderID == 0 {
		return nil
	}
	o, err := orders.Get(ctx, tx, c.OrderID)
	if err != nil {
		return err
	}
	if o.Phase != orders.Held {
		return nil
	}
	all, err := d.catalog()
	if err != nil {
		return err
	}
	s := all.Find(o.Service)
	seed, err := d.deps.OutcomeSeed(ctx, tx)
	if err != nil || s == nil {
		return err
	}
	w := &work{ctx: ctx, tx: tx, order: o, service: s, plan: planFor(seed, o.ID, s), now: now, wall: d.deps.Clock.Now()}
	w.next(orders.Approval, w.plan.approval)
	if err := w.status(orders.Considered, i18n.Say("Пошлина оплачена, рассмотрение продолжено", "The duty is paid, the work goes on"), "PAID"); err != nil {
		return err
	}
	return orders.Save(ctx, tx, o)
}

// ErrNotCancellable means that it is too late, or that nothing was sent.
var ErrNotCancellable = errors.New("the application cannot be cancelled now")

// Cancel begins the cancelling of an application; an unpaid duty is annulled.
func (d *Departments) Cancel(ctx context.Context, tx *sql.Tx, o *orders.Order, reason string, now time.Time) error {
	if !orders.Cancellable(o.StatusID) || o.Phase == orders.Cancelling {
		return ErrNotCancellable
	}
	if o.UIN != "" {
		if err := charges.Annul(ctx, tx, o.UIN, now); err != nil {
			return err
		}
	}
	o.Correction = nil
	o.Phase, o.Next = orders.Cancelling, now.Add(cancelPause)
	comment := i18n.Text{RU: "Причина: " + reason, EN: "Reason: " + reason}
	if err := orders.AddStatus(ctx, tx, o, orders.Status{StatusID: orders.Withdrawing, StatusData: orders.StatusData{Comment: comment}}, now); err != nil {
		return err
	}
	return orders.Save(ctx, tx, o)
}
