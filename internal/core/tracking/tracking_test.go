package tracking_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

var begin = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// portal tells one order's story a step at a time: a waiting question brings
// the next step.
type portal struct {
	steps  []wire.Status
	shown  int
	unpaid string
	waits  int
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	at := func(i int) time.Time { return begin.Add(time.Duration(i) * 24 * time.Hour) }
	if r.URL.Path == wire.PathUpdatedAfter {
		if r.Header.Get("Prefer") != "" {
			p.waits++
			p.shown = min(p.shown+1, len(p.steps))
		}
		answer(wire.StatusList{Count: 1, TotalCount: 1, Content: []wire.OrderStatus{{OrderID: 7, OrderSearchStatus: "FOUND",
			Status: &wire.ShortStatus{StatusID: p.steps[p.shown-1].StatusID, Updated: at(p.shown).In(clock.Moscow()).Format(wire.LocalTimeLayout)}}}})
		return
	}
	o := wire.Order{ID: 7}
	for i, s := range p.steps[:p.shown] {
		s.ID, s.OrderID, s.Date = int64(i+1), 7, at(i).Format(wire.TimeLayout)
		o.Statuses = append(o.Statuses, s)
	}
	if p.unpaid != "" {
		o.HasNoPaidPayment, o.Payments = true, []wire.OrderPayment{{UIN: p.unpaid}}
	}
	b, _ := json.Marshal(o)
	text := string(b)
	answer(wire.DetailsEnvelope{Code: wire.CodeDone, Order: &text})
}

func watcher(t *testing.T, p *portal) *tracking.Watcher {
	t.Helper()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := clock.NewManual(begin)
	tr, err := transport.New(transport.Options{Origins: []string{srv.URL}, Clock: c, Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdle)
	return &tracking.Watcher{Portal: gusmev.New(tr, gusmev.Options{Base: srv.URL}), Clock: c}
}

func watch(t *testing.T, p *portal, o tracking.Options) (told string, err error) {
	t.Helper()
	err = watcher(t, p).Watch(t.Context(), 7, o, func(e tracking.Event) error {
		told += fmt.Sprintf("%d ", e.StatusID)
		return nil
	})
	return told, err
}

func story(ids ...int) []wire.Status {
	var out []wire.Status
	for _, id := range ids {
		out = append(out, wire.Status{StatusID: id, Title: "шаг", FinalStatus: id == 3 || id == 4})
	}
	return out
}

func wantExit(t *testing.T, err error, code exitcode.Code) {
	t.Helper()
	if got := fault.ExitOf(err); got != code {
		t.Fatalf("exit %d, want %d: %v", got, code, err)
	}
}

func TestEveryEventIsToldOnceAndTheWatchEndsAtTheDecision(t *testing.T) {
	p := &portal{steps: story(17, 21, 6, 3), shown: 2}
	told, err := watch(t, p, tracking.Options{})
	if err != nil || told != "17 21 6 3 " || p.waits != 2 {
		t.Errorf("%q, %v, %d waits", told, err, p.waits)
	}
}

func TestACorrectionEndsTheWatchAndNamesTheCommand(t *testing.T) {
	told, err := watch(t, &portal{steps: story(17, 15), shown: 1}, tracking.Options{})
	wantExit(t, err, exitcode.Pending)
	var f *fault.Error
	if told != "17 15 " || !errors.As(err, &f) || f.Hint.In(i18n.EN) != "mend and send it again: epgu application edit 7 --set field=value" {
		t.Errorf("%q, %v", told, err)
	}
}

func TestAnUnpaidDutyEndsTheWatchUnlessItIsKnownToBePaid(t *testing.T) {
	_, err := watch(t, &portal{steps: story(17, 3), shown: 1, unpaid: "18810177170325189254"}, tracking.Options{})
	wantExit(t, err, exitcode.Pending)
	var f *fault.Error
	if !errors.As(err, &f) || f.Hint.In(i18n.EN) != "run: epgu pay 18810177170325189254" {
		t.Errorf("%v", err)
	}
	told, err := watch(t, &portal{steps: story(17, 3), shown: 1, unpaid: "18810177170325189254"}, tracking.Options{
		Paid: func(_ context.Context, uin string) (bool, error) { return uin == "18810177170325189254", nil }})
	if err != nil || told != "17 3 " {
		t.Errorf("%q, %v", told, err)
	}
}

func TestADeadlineEndsTheWatchAsPending(t *testing.T) {
	p := &portal{steps: story(17), shown: 1}
	_, err := watch(t, p, tracking.Options{Timeout: 10 * time.Minute})
	wantExit(t, err, exitcode.Pending)
	if p.waits > 40 {
		t.Errorf("%d questions in ten minutes of silence", p.waits)
	}
}

func TestAnotherDecisionThanAwaitedIsNotASuccess(t *testing.T) {
	_, err := watch(t, &portal{steps: story(17, 4), shown: 1}, tracking.Options{Until: func(e tracking.Event) bool { return e.StatusID == 3 }})
	wantExit(t, err, exitcode.Pending)
}
