package tracking_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// office holds many applications; a waiting question brings the next round of changes.
type office struct {
	at      map[int64]time.Time
	status  map[int64]int
	rounds  [][]change
	now     time.Time
	shift   time.Duration // the portal takes updatedAfter for a time of another zone
	asked   int
	details int
}

type change struct {
	id     int64
	status int
}

func newOffice(n int) *office {
	o := &office{at: map[int64]time.Time{}, status: map[int64]int{}, now: begin}
	for id := int64(1); id <= int64(n); id++ {
		o.at[id], o.status[id] = begin.Add(-24*time.Hour), 6
	}
	return o
}

func (o *office) short(id int64) wire.OrderStatus {
	if o.status[id] == 0 {
		return wire.OrderStatus{OrderID: id, OrderSearchStatus: "NOT_FOUND"}
	}
	return wire.OrderStatus{OrderID: id, OrderSearchStatus: "FOUND", Status: &wire.ShortStatus{StatusID: o.status[id], StatusName: "шаг", Updated: o.at[id].In(clock.Moscow()).Format(wire.LocalTimeLayout)}}
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked++
	q := r.URL.Query()
	var list []wire.OrderStatus
	switch r.URL.Path {
	case wire.PathOrdersStatus:
		for s := range strings.SplitSeq(q.Get("orderIds"), ",") {
			id, _ := strconv.ParseInt(s, 10, 64)
			list = append(list, o.short(id))
		}
	case wire.PathUpdatedAfter:
		if r.Header.Get("Prefer") != "" && len(o.rounds) > 0 {
			o.now = o.now.Add(time.Minute)
			for _, c := range o.rounds[0] {
				o.at[c.id], o.status[c.id] = o.now, c.status
			}
			o.rounds = o.rounds[1:]
		}
		after, err := time.ParseInLocation(wire.LocalTimeLayout, q.Get("updatedAfter"), clock.Moscow())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		after = after.Add(o.shift)
		for id, at := range o.at {
			if at.After(after) {
				list = append(list, o.short(id))
			}
		}
		slices.SortFunc(list, func(a, b wire.OrderStatus) int {
			return strings.Compare(a.Status.Updated+fmt.Sprintf("%09d", a.OrderID), b.Status.Updated+fmt.Sprintf("%09d", b.OrderID))
		})
	default:
		o.details++
		id, _ := strconv.ParseInt(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], 10, 64)
		b, _ := json.Marshal(wire.Order{ID: id, Statuses: []wire.Status{{ID: int64(o.status[id]), OrderID: id, StatusID: o.status[id], Comment: "пояснение",
			FinalStatus: o.status[id] == 3, Date: o.at[id].Format(wire.TimeLayout)}}})
		text := string(b)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(wire.DetailsEnvelope{Code: wire.CodeDone, Order: &text})
		return
	}
	num, _ := strconv.Atoi(q.Get("pageNum"))
	size, _ := strconv.Atoi(q.Get("pageSize"))
	from := min(num*size, len(list))
	part := list[from:min(from+size, len(list))]
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(wire.StatusList{Count: len(part), TotalCount: len(list), Content: part})
}

func follow(t *testing.T, office *office, o tracking.FollowOptions) (told []string, cursor gusmev.Cursor, err error) {
	t.Helper()
	srv := httptest.NewServer(office)
	t.Cleanup(srv.Close)
	c := clock.NewManual(begin)
	tr, err := transport.New(transport.Options{Origins: []string{srv.URL}, Clock: c, Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdle)
	w := &tracking.Watcher{Portal: gusmev.New(tr, gusmev.Options{Base: srv.URL}), Clock: c}
	cursor, err = w.Follow(t.Context(), o, func(e tracking.Event) error {
		s := fmt.Sprintf("%d:%d", e.OrderID, e.StatusID)
		if e.Comment != "" {
			s += "!"
		}
		told = append(told, s)
		return nil
	})
	return told, cursor, err
}

func TestSeveralApplicationsAreFollowedUntilEachIsDecided(t *testing.T) {
	o := newOffice(50)
	o.rounds = [][]change{{{7, 3}, {20, 7}}, {{8, 7}}, {{8, 3}}}
	told, _, err := follow(t, o, tracking.FollowOptions{IDs: []int64{7, 8}, Details: true})
	if got := strings.Join(told, " "); err != nil || got != "7:6 8:6 7:3! 8:7! 8:3!" {
		t.Errorf("%s: %v", got, err)
	}
	if o.details != 3 {
		t.Errorf("%d requests for the details of three changes", o.details)
	}
}

func TestNewsOfOthersDoNotMakeAWatchSlow(t *testing.T) {
	o := newOffice(50)
	for i := range 20 {
		o.rounds = append(o.rounds, []change{{int64(10 + i), 7}})
	}
	o.rounds = append(o.rounds, []change{{7, 3}})
	if _, _, err := follow(t, o, tracking.FollowOptions{IDs: []int64{7, 8}, Timeout: 30 * time.Second, Until: func(e tracking.Event) bool { return e.StatusID == 3 || e.OrderID == 8 }}); err != nil {
		t.Error(err)
	}
}

func TestAnApplicationThatEndsOtherwiseIsNamedAtTheEnd(t *testing.T) {
	o := newOffice(9)
	o.rounds = [][]change{{{7, 4}}, {{8, 3}}}
	_, _, err := follow(t, o, tracking.FollowOptions{IDs: []int64{7, 8}, Until: func(e tracking.Event) bool { return e.StatusID == 3 }})
	wantExit(t, err, exitcode.Pending)
	if !strings.Contains(err.Error(), "7") || strings.Contains(err.Error(), "8") {
		t.Error(err)
	}
	_, _, err = follow(t, newOffice(9), tracking.FollowOptions{IDs: []int64{7, 77}})
	wantExit(t, err, exitcode.NotFound)
	_, _, err = follow(t, newOffice(9), tracking.FollowOptions{IDs: []int64{7}, Timeout: 10 * time.Minute})
	wantExit(t, err, exitcode.Pending)
}

func TestFollowingCostsRequestsByChangesNotByApplications(t *testing.T) {
	o := newOffice(10_000)
	for i := range 4 {
		var round []change
		for j := range 25 {
			round = append(round, change{int64(i*2000 + j + 1), 7})
		}
		o.rounds = append(o.rounds, round)
	}
	n := 0
	told, cursor, err := follow(t, o, tracking.FollowOptions{From: gusmev.Cursor{After: begin}, Until: func(tracking.Event) bool { n++; return n == 100 }})
	if err != nil || len(told) != 100 || o.asked > 12 {
		t.Fatalf("%d events for %d requests: %v", len(told), o.asked, err)
	}
	slices.Sort(told)
	if len(slices.Compact(told)) != 100 {
		t.Error("a change was told twice")
	}
	// What was told is not told again by a later run, and costs a page or two.
	before := o.asked
	if told, _, err = follow(t, o, tracking.FollowOptions{From: cursor, Once: true}); err != nil || len(told) != 0 || o.asked-before > 2 {
		t.Errorf("%v after %d requests: %v", told, o.asked-before, err)
	}
}

func TestWhatChangedBeforeTheBeginningIsNoNews(t *testing.T) {
	o := newOffice(5)
	o.at[1], o.at[2] = begin.Add(-time.Hour), begin.Add(-3*time.Hour)
	o.rounds = [][]change{{{3, 7}}}
	told, cursor, err := follow(t, o, tracking.FollowOptions{From: gusmev.Cursor{After: begin.Add(-2 * time.Hour)}, Until: func(e tracking.Event) bool { return e.OrderID == 3 }})
	if got := strings.Join(told, " "); err != nil || got != "1:6 3:7" {
		t.Errorf("%s, %v", got, err)
	}
	place := &tracking.Place{Dir: t.TempDir() + "/a/b"}
	if _, found, err := place.Read("7"); found || err != nil {
		t.Errorf("before: %v, %v", found, err)
	}
	if err := place.Write("7", cursor); err != nil {
		t.Fatal(err)
	}
	back, found, err := place.Read("7")
	if err != nil || !found || !back.After.Equal(cursor.After) || len(back.Seen) != len(cursor.Seen) {
		t.Errorf("%+v, %v, %v", back, found, err)
	}
}

func TestADisputeAboutTheZoneOfUpdatedAfterLosesAndRepeatsNothing(t *testing.T) {
	for _, shift := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		o := newOffice(5)
		o.at[1] = begin.Add(-time.Hour)
		o.rounds = [][]change{{{2, 7}}, {{2, 3}}}
		o.shift = shift
		n := 0
		told, _, err := follow(t, o, tracking.FollowOptions{From: gusmev.Cursor{After: begin.Add(-2 * time.Hour)}, Until: func(tracking.Event) bool { n++; return n == 3 }})
		if got := strings.Join(told, " "); err != nil || got != "1:6 2:7 2:3" {
			t.Errorf("shifted by %v: %s, %v", shift, got, err)
		}
	}
}
