package tracking

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// FollowOptions say which applications are followed, and until when.
type FollowOptions struct {
	// IDs are the only applications that are followed; none is every application of
	// the owner, new ones too.
	IDs []int64
	// Until ends the following of an application at the first event it accepts; nil is
	// a final status. Where every application is followed, the first event that Until
	// accepts ends it all, and nil goes on.
	Until func(Event) bool
	// Timeout ends it after so long with exit code Pending; 0 is no end.
	Timeout time.Duration
	// Details asks the portal about each application that has changed: the comment,
	// what is to be paid, and the statuses in between. It costs a request a change.
	Details bool
	// From is where it begins when every application is followed.
	// A cursor without Seen begins at its moment, although the stream reaches further
	// back.
	From gusmev.Cursor
	// Once tells what has changed since From, and ends.
	Once bool
}

// Follow reports what happens to many applications. Its requests are in proportion to
// what changes, not to how many there are: one stream tells of all of them. What was
// told is told once, although the stream reaches back (see gusmev.Overlap). It returns
// where the stream stands, to go on from later.
func (w *Watcher) Follow(ctx context.Context, o FollowOptions, emit func(Event) error) (gusmev.Cursor, error) {
	limited := ctx
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, o.Timeout)
		defer cancel()
	}
	f := &following{w: w, o: o, emit: emit, last: map[int64]wire.ShortStatus{}, pending: map[int64]bool{}}
	if o.Timeout > 0 {
		f.deadline = w.Clock.Now().Add(o.Timeout)
	}
	err := f.run(limited)
	var cursor gusmev.Cursor
	if f.feed != nil {
		cursor = f.feed.Cursor()
	}
	if errors.Is(err, errDeadline) || err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = f.timeUp()
	}
	return cursor, err
}

// following is one Follow under way.
type following struct {
	w        *Watcher
	o        FollowOptions
	emit     func(Event) error
	deadline time.Time
	feed     *gusmev.Feed
	from     time.Time                  // what changed before it is no news; zero has no such bound
	last     map[int64]wire.ShortStatus // what was told of an application last
	pending  map[int64]bool             // those of o.IDs that are still followed
	missed   []int64                    // ended otherwise than was waited for
	ended    bool                       // Until has accepted an event of all
}

func (f *following) run(ctx context.Context) error {
	if len(f.o.IDs) == 0 {
		if f.o.From.After.IsZero() {
			f.o.From.After = f.w.Clock.Now()
		}
		if f.from = f.o.From.After; len(f.o.From.Seen) > 0 {
			f.from = time.Time{} // the cursor itself knows what was told
		}
		f.feed = f.w.Portal.Feed(f.o.From)
	} else if err := f.begin(ctx); err != nil {
		return err
	}
	if f.o.Once {
		updates, err := f.feed.Next(ctx, 0)
		if err != nil {
			return err
		}
		return f.tell(ctx, updates)
	}
	for len(f.o.IDs) == 0 && !f.ended || len(f.pending) > 0 {
		updates, _, err := f.w.news(ctx, f.feed, f.deadline, time.Second, f.wanted)
		if err != nil {
			return err
		}
		if err := f.tell(ctx, updates); err != nil {
			return err
		}
	}
	if len(f.missed) > 0 {
		return fault.New(exitcode.Pending, "application.ended_otherwise", i18n.Text{
			RU: "завершены иначе, чем ожидалось: %s", EN: "ended otherwise than was waited for: %s"}.With(numbers(f.missed)))
	}
	return nil
}

// begin tells how the applications stand, and opens the stream there.
func (f *following) begin(ctx context.Context) error {
	for _, id := range f.o.IDs {
		f.pending[id] = true
	}
	now, err := f.w.Portal.Statuses(ctx, f.o.IDs)
	if err != nil {
		return err
	}
	var unknown []int64
	newest := time.Time{}
	for _, u := range now {
		if u.Status == nil {
			unknown = append(unknown, u.OrderID)
			continue
		}
		if at, err := gusmev.ParseTime(u.Status.Updated); err == nil && at.After(newest) {
			newest = at
		}
	}
	if len(unknown) > 0 {
		return fault.New(exitcode.NotFound, "application.not_found", i18n.Text{RU: "на портале нет заявлений: %s", EN: "the portal has no applications: %s"}.With(numbers(unknown))).
			AdviseRun("epgu application list")
	}
	if newest.IsZero() {
		newest = f.w.Clock.Now()
	}
	f.feed = f.w.Portal.Feed(gusmev.Cursor{After: newest})
	for _, u := range now {
		if err := f.put(u, shortEvent(u)); err != nil {
			return err
		}
	}
	return nil
}

// wanted reports whether an update is news of an application that is followed.
func (f *following) wanted(u wire.OrderStatus) bool {
	if u.Status == nil || len(f.o.IDs) > 0 && !f.pending[u.OrderID] {
		return false
	}
	if at, err := gusmev.ParseTime(u.Status.Updated); err == nil && at.Before(f.from) {
		return false
	}
	last, told := f.last[u.OrderID]
	return !told || last.StatusID != u.Status.StatusID || last.Updated != u.Status.Updated
}

func (f *following) tell(ctx context.Context, updates []wire.OrderStatus) error {
	for _, u := range updates {
		if !f.wanted(u) {
			continue
		}
		events := []Event{shortEvent(u)}
		if f.o.Details {
			d, err := f.w.Portal.Order(ctx, u.OrderID, true)
			if err != nil {
				return err
			}
			if full := f.since(eventsOf(d.Order), u); len(full) > 0 {
				events = full
			}
		}
		if err := f.put(u, events...); err != nil {
			return err
		}
		if f.ended {
			return nil
		}
	}
	return nil
}

// since keeps the events that follow what was told of an application last; where
// nothing was, the one that the update is about.
func (f *following) since(all []event, u wire.OrderStatus) []Event {
	last, told := f.last[u.OrderID]
	from := time.Time{}
	if told {
		from, _ = gusmev.ParseTime(last.Updated) // told once, so it could be read then
	}
	var out []Event
	for _, e := range all {
		if told && e.At.Truncate(time.Millisecond).After(from) {
			out = append(out, e.Event)
		}
	}
	if !told && len(all) > 0 {
		out = append(out, all[len(all)-1].Event)
	}
	return out
}

// put tells events of one application and notes what it is waiting for.
func (f *following) put(u wire.OrderStatus, events ...Event) error {
	f.last[u.OrderID] = *u.Status
	for _, e := range events {
		if err := f.emit(e); err != nil {
			return err
		}
		until := f.o.Until
		if until == nil {
			until = func(e Event) bool { return e.Final && len(f.o.IDs) > 0 }
		}
		switch {
		case len(f.o.IDs) == 0:
			if f.ended = until(e); f.ended {
				return nil
			}
		case until(e):
			delete(f.pending, e.OrderID)
			return nil
		case e.Final:
			delete(f.pending, e.OrderID)
			f.missed = append(f.missed, e.OrderID)
			return nil
		}
	}
	return nil
}

func (f *following) timeUp() error {
	if len(f.o.IDs) == 0 {
		return fault.New(exitcode.Pending, "application.pending", i18n.Say("время ожидания вышло", "the time is up"))
	}
	var left []int64
	for _, id := range f.o.IDs {
		if f.pending[id] {
			left = append(left, id)
		}
	}
	return fault.New(exitcode.Pending, "application.pending", i18n.Text{
		RU: "время ожидания вышло, ещё не завершены: %s", EN: "the time is up; not decided yet: %s"}.With(numbers(left))).
		Advise(i18n.Say("повторите команду позже или дайте больше времени: --timeout", "repeat the command later or give it more time: --timeout"))
}

// maxNumbers is how many applications a sentence names.
const maxNumbers = 10

func numbers(ids []int64) string {
	words := make([]string, 0, maxNumbers)
	for _, id := range ids[:min(len(ids), maxNumbers)] {
		words = append(words, strconv.FormatInt(id, 10))
	}
	s := strings.Join(words, ", ")
	if n := len(ids) - maxNumbers; n > 0 {
		s += " … +" + strconv.Itoa(n)
	}
	return s
}

// finals are the statuses after which nothing follows (protocol.md, 2.6): a list of
// statuses does not say so itself.
func finals() []int { return []int{3, 4, 5, 10, 24} }

// shortEvent is what a list of statuses tells.
func shortEvent(u wire.OrderStatus) Event {
	at, err := gusmev.ParseTime(u.Status.Updated)
	if err != nil {
		at = time.Time{}
	}
	return Event{OrderID: u.OrderID, At: at, StatusID: u.Status.StatusID, Title: u.Status.StatusName, Final: slices.Contains(finals(), u.Status.StatusID)}
}
