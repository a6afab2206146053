// Package tracking follows applications: what happened to each, as it happens,
// until it is decided or needs its owner. One cursor serves all applications of
// a profile. Commands and the TUI use it.
package tracking

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// Portal is what this package needs of API ЕПГУ; portal/gusmev.Client has it.
type Portal interface {
	Order(ctx context.Context, id int64, history bool) (*gusmev.OrderInfo, error)
	Statuses(ctx context.Context, ids []int64) ([]wire.OrderStatus, error)
	Feed(cursor gusmev.Cursor) *gusmev.Feed
}

// Watcher follows applications.
type Watcher struct {
	Portal Portal
	Clock  clock.Clock
}

// Event is one thing that happened to an application.
type Event struct {
	OrderID  int64     `json:"orderId"`
	At       time.Time `json:"at"`
	StatusID int       `json:"statusId"`
	Title    wire.Text `json:"title"`
	Comment  wire.Text `json:"comment,omitempty"`
	Final    bool      `json:"final"`
	// Unpaid holds the УИН of duties that hold the application.
	Unpaid []string `json:"unpaid,omitempty"`
	// Message is what the department wrote with this status, or after it.
	Message wire.Text `json:"message,omitempty"`
}

// StatusWaiting is the status in which a department waits for something else.
const StatusWaiting = 14

// StatusCorrection is the status in which a department waits for a mended
// application.
const StatusCorrection = 15

// Options say when to stop.
type Options struct {
	// Until ends the watch at the first event it accepts; nil waits for a final
	// status.
	Until func(Event) bool
	// Timeout ends it after so long with exit code Pending; 0 is no end.
	Timeout time.Duration
	// Patient goes on when the application waits for its owner: a duty to pay, a
	// correction to send.
	Patient bool
	// Paid reports whether a duty is known to be paid although the portal still
	// asks for it: its flag lags. Nil knows nothing.
	Paid func(ctx context.Context, uin string) (bool, error)
	// CaughtUp is called once, when what had happened before the watch is told.
	CaughtUp func()
}

// longPoll is how long the portal may keep an answer back.
const longPoll = 25 * time.Second

// Watch reports what has happened to the application and then what happens,
// until o says stop.
func (w *Watcher) Watch(ctx context.Context, orderID int64, o Options, emit func(Event) error) error {
	until := o.Until
	if until == nil {
		until = func(e Event) bool { return e.Final }
	}
	if o.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		if err := w.watch(limited, orderID, o, until, emit); limited.Err() == nil || ctx.Err() != nil || fault.ExitOf(err) == exitcode.OK {
			return err
		}
		return timeUp(orderID) // in the middle of a request, or of its answer
	}
	return w.watch(ctx, orderID, o, until, emit)
}

func (w *Watcher) watch(ctx context.Context, orderID int64, o Options, until func(Event) bool, emit func(Event) error) error {
	var deadline time.Time
	if o.Timeout > 0 {
		deadline = w.Clock.Now().Add(o.Timeout)
	}
	seen := map[int64]bool{}
	var feed *gusmev.Feed
	pause := time.Second
	for {
		d, err := w.Portal.Order(ctx, orderID, true)
		if err != nil {
			return err
		}
		events := eventsOf(d.Order)
		fresh := false
		for _, e := range events {
			if seen[e.id] {
				continue
			}
			seen[e.id], fresh = true, true
			if err := emit(e.Event); err != nil {
				return err
			}
			if until(e.Event) {
				return nil
			}
		}
		if o.CaughtUp != nil {
			o.CaughtUp()
			o.CaughtUp = nil
		}
		if fresh {
			pause = time.Second
		}
		if n := len(events); n > 0 {
			last := events[n-1].Event
			if feed == nil {
				feed = w.Portal.Feed(gusmev.Cursor{After: last.At})
			}
			switch {
			case last.Final:
				// Decided, but not as the caller asked to see it.
				return pendingFault(orderID, last, i18n.Text{RU: "заявление № %d завершено: %s", EN: "application no. %d has ended: %s"})
			case !o.Patient && last.StatusID == StatusCorrection:
				return pendingFault(orderID, last, i18n.Text{RU: "заявление № %d ждёт исправления: %s", EN: "application no. %d waits for a correction: %s"}).
					Advise(i18n.Text{RU: "исправьте и отправьте снова: epgu application edit %d --set поле=значение", EN: "mend and send it again: epgu application edit %d --set field=value"}.With(orderID))
			case !o.Patient && last.StatusID == StatusWaiting && last.Message != "" && len(last.Unpaid) == 0:
				return pendingFault(orderID, last, i18n.Text{RU: "заявление № %d ждёт вас: %s", EN: "application no. %d waits for you: %s"}).
					Advise(i18n.Text{RU: "приложите документ: epgu application attach %d ФАЙЛ; ответьте: epgu application message %d --text ТЕКСТ", EN: "attach the document: epgu application attach %d FILE; answer: epgu application message %d --text TEXT"}.With(orderID, orderID))
			case !o.Patient && len(last.Unpaid) > 0:
				due, err := o.stillDue(ctx, last.Unpaid)
				if err != nil {
					return err
				}
				if due == "" {
					break
				}
				return pendingFault(orderID, last, i18n.Text{RU: "заявление № %d ждёт оплаты пошлины: %s", EN: "application no. %d waits for its duty: %s"}).
					AdviseRun("epgu pay " + due)
			}
		}
		if feed == nil { // the portal is still making the order
			feed = w.Portal.Feed(gusmev.Cursor{After: w.Clock.Now()})
		}
		if pause, err = w.wait(ctx, orderID, feed, deadline, pause); err != nil {
			return err
		}
	}
}

// stillDue returns the first duty that nobody is known to have paid, or "".
func (o *Options) stillDue(ctx context.Context, uins []string) (string, error) {
	for _, uin := range uins {
		if o.Paid == nil {
			return uin, nil
		}
		paid, err := o.Paid(ctx, uin)
		if err != nil {
			return "", err
		}
		if !paid {
			return uin, nil
		}
	}
	return "", nil
}

// History returns what has happened to the application, oldest first.
func (w *Watcher) History(ctx context.Context, orderID int64) ([]Event, error) {
	d, err := w.Portal.Order(ctx, orderID, true)
	if err != nil {
		return nil, err
	}
	events := eventsOf(d.Order)
	out := make([]Event, len(events))
	for i, e := range events {
		out[i] = e.Event
	}
	return out, nil
}

// wait returns when the portal has news of the order, or may have.
func (w *Watcher) wait(ctx context.Context, orderID int64, feed *gusmev.Feed, deadline time.Time, pause time.Duration) (time.Duration, error) {
	_, pause, err := w.news(ctx, feed, deadline, pause, func(u wire.OrderStatus) bool { return u.OrderID == orderID })
	if errors.Is(err, errDeadline) {
		err = timeUp(orderID)
	}
	return pause, err
}

// errDeadline says that the time to wait is over.
var errDeadline = errors.New("the time is up")

// news waits until the portal tells of updates that are wanted, and returns those.
func (w *Watcher) news(ctx context.Context, feed *gusmev.Feed, deadline time.Time, pause time.Duration, want func(wire.OrderStatus) bool) ([]wire.OrderStatus, time.Duration, error) {
	for {
		wait := longPoll
		if !deadline.IsZero() {
			left := deadline.Sub(w.Clock.Now())
			if left <= 0 {
				return nil, pause, errDeadline
			}
			wait = min(wait, left)
		}
		began := w.Clock.Now()
		updates, err := feed.Next(ctx, wait)
		if err != nil && fault.ExitOf(err) != exitcode.Unavailable {
			return nil, pause, err
		}
		came := len(updates)
		if updates = slices.DeleteFunc(updates, func(u wire.OrderStatus) bool { return !want(u) }); len(updates) > 0 {
			return updates, pause, nil
		}
		if came > 0 { // news of others, each told once: the portal is not idle
			pause = time.Second
			continue
		}
		// A portal that does not hold answers back is asked less and less often.
		if rest := pause - w.Clock.Now().Sub(began); rest > 0 {
			if err := w.Clock.Sleep(ctx, rest); err != nil {
				return nil, pause, err
			}
		}
		pause = min(2*pause, time.Minute)
	}
}

func timeUp(orderID int64) *fault.Error {
	return fault.New(exitcode.Pending, "application.pending", i18n.Text{
		RU: "время ожидания вышло, заявление № %d ещё не завершено", EN: "the time is up and application no. %d is not decided yet"}.With(orderID)).
		Advise(i18n.Say("повторите команду позже или дайте больше времени: --timeout", "repeat the command later or give it more time: --timeout"))
}

func pendingFault(orderID int64, e Event, text i18n.Text) *fault.Error {
	what := e.Title
	if e.Comment != "" {
		what = e.Comment
	}
	return fault.New(exitcode.Pending, "application.needs_owner", text.With(orderID, what))
}

type event struct {
	Event
	id int64
}

// eventsOf turns an order's history into events, oldest first.
func eventsOf(o *wire.Order) []event {
	if o == nil {
		return nil
	}
	statuses := o.Statuses
	if len(statuses) == 0 && o.CurrentStatusHistory != nil {
		statuses = []wire.Status{*o.CurrentStatusHistory}
	}
	out := make([]event, 0, len(statuses))
	for _, s := range statuses {
		at, err := gusmev.ParseTime(s.Date)
		if err != nil {
			at = time.Time{}
		}
		out = append(out, event{Event{OrderID: o.ID, At: at, StatusID: s.StatusID, Title: s.Title, Comment: s.Comment, Final: s.FinalStatus}, s.ID})
	}
	slices.SortStableFunc(out, func(a, b event) int { return a.At.Compare(b.At) })
	if n := len(out); n > 0 {
		for _, m := range o.TextMessages {
			if at, err := gusmev.ParseTime(m.Date); err == nil && !at.Before(out[n-1].At) {
				out[n-1].Message = m.Text
			}
		}
	}
	if n := len(out); n > 0 && o.HasNoPaidPayment {
		for _, p := range o.Payments {
			if !p.Paid {
				out[n-1].Unpaid = append(out[n-1].Unpaid, p.UIN)
			}
		}
		if len(out[n-1].Unpaid) == 0 && o.UIN != "" {
			out[n-1].Unpaid = []string{o.UIN}
		}
	}
	return out
}
