package departments

import (
	"context"
	"database/sql"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

// Terms of what passes between a department and an applicant, calendar.
const (
	replyTerm    = 20 * time.Hour // from a message to its answer
	documentTerm = 10 * 24 * time.Hour
	visitTerm    = 3 * 24 * time.Hour
	visitHour    = 10 // of Moscow
)

// Clerk answers what applicants write.
func (d *Departments) Clerk() calendar.Worker {
	return calendar.Worker{Name: "department-replies", Next: orders.NextReply, Run: d.reply}
}

// ReplyAt is when a message that comes at now will be answered.
func ReplyAt(now time.Time) time.Time { return now.Add(replyTerm) }

// reply answers the message that is due: what it says follows from the seed, the
// number and how many messages there are.
func (d *Departments) reply(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
	o, n, err := orders.TakeReply(ctx, tx, now)
	if err != nil {
		return 0, err
	}
	seed, err := d.deps.OutcomeSeed(ctx, tx)
	if err != nil {
		return 0, err
	}
	all := answers(o)
	text := all[room.Draw(seed, "reply", uint64(o.ID)<<16|uint64(n)).IntN(len(all))] //nolint:gosec // both are positive
	_, err = orders.Write(ctx, tx, o, orders.Message{At: now, Text: text}, time.Time{})
	return 1, err
}

func answers(o *orders.Order) []i18n.Text {
	if o.Final {
		return []i18n.Text{{RU: "Решение по заявлению уже принято, оно в карточке заявления.", EN: "The application is decided; see the decision in it."}}
	}
	day := o.Expected.In(clock.Moscow()).Format("02.01.2006")
	return []i18n.Text{
		{RU: "Сообщение получено и приобщено к заявлению. Решение будет до " + day + ".", EN: "Your message is received and filed with the application. The decision comes by " + day + "."},
		{RU: "Здравствуйте! Сведений достаточно, ничего присылать не нужно. Срок решения — " + day + ".", EN: "Hello! We have all we need, nothing more is to be sent. The term of the decision is " + day + "."},
		{RU: "Вопрос передан сотруднику, который рассматривает заявление; он учтёт его до решения, не позже " + day + ".", EN: "Your question went to the officer who is at the application and will be considered before the decision, by " + day + "."},
	}
}

// askForDocument holds the application until one more document comes.
func (w *work) askForDocument() error {
	wanted := orders.Wanted{Document: orders.ExtraDocument, Until: w.now.Add(documentTerm),
		Title: i18n.Text{RU: "документ, подтверждающий сведения заявления", EN: "a document that confirms what the application says"}}
	have, err := orders.Files(w.ctx, w.tx, w.order.ID)
	if err != nil {
		return err
	}
	for i := range w.service.Documents {
		d := &w.service.Documents[i]
		if !d.Required && d.When.Holds(w.order.Values) && !named(have, d.Name) {
			wanted.Document, wanted.Title = d.Name, d.Title
			break
		}
	}
	w.order.Wanted = &wanted
	w.order.Phase, w.order.Next = orders.Asked, wanted.Until
	text := i18n.Text{
		RU: "Нужен дополнительный документ: %s. Пришлите до %s",
		EN: "One more document is needed: %s. Send it by %s",
	}.With(wanted.Title, wanted.Until.In(clock.Moscow()).Format("02.01.2006"))
	if err := w.say(text); err != nil {
		return err
	}
	return w.status(orders.Waiting, text, "AWAITING_DOCUMENT")
}

func named(files []orders.File, document string) bool {
	for _, f := range files {
		if f.Type == orders.TypeAttachment && len(f.Name) > len(document) && f.Name[:len(document)] == document && f.Name[len(document)] == '.' {
			return true
		}
	}
	return false
}

func (w *work) say(text i18n.Localised) error {
	_, err := orders.Write(w.ctx, w.tx, w.order, orders.Message{At: w.now, Text: i18n.Text{RU: text.In(i18n.RU), EN: text.In(i18n.EN)}}, time.Time{})
	return err
}

func (w *work) noDocument() error {
	w.order.Phase, w.order.Closed = orders.Closed, true
	return w.status(orders.Refused, i18n.Say("Дополнительный документ не поступил в срок", "The document that was asked for did not come in time"), "DOCUMENT_EXPIRED")
}

// inviteOwner asks the applicant to come; the work goes on after the visit.
func (w *work) inviteOwner() error {
	w.order.Invited = true
	day := w.now.Add(visitTerm).In(clock.Moscow())
	visit := time.Date(day.Year(), day.Month(), day.Day(), visitHour, 0, 0, 0, clock.Moscow())
	w.order.Next = visit
	text := i18n.Text{
		RU: "Приглашаем %s в %s с оригиналами документов: %s",
		EN: "You are invited on %s at %s with the originals of the documents: %s",
	}.With(visit.Format("02.01.2006"), visit.Format("15:04"), w.service.Dept().Name)
	if err := w.say(text); err != nil {
		return err
	}
	return w.status(orders.Intermediate, text, "INVITED")
}

// DocumentCame moves an application on that has waited for a document.
func (d *Departments) DocumentCame(ctx context.Context, tx *sql.Tx, o *orders.Order, now time.Time) error {
	if o.Wanted == nil || o.Wanted.Received {
		return nil
	}
	o.Wanted.Received = true
	if o.Phase != orders.Asked {
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
	w.next(orders.Check, time.Hour)
	return w.status(orders.Considered, i18n.Say("Дополнительный документ получен, рассмотрение продолжено", "The document has come, the work goes on"), "DOCUMENT_RECEIVED")
}
