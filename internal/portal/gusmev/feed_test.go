package gusmev

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// statusPortal serves getUpdatedAfter over a list of updates.
type statusPortal struct {
	t     *testing.T
	mu    sync.Mutex
	zone  *time.Location // how updatedAfter is read and updated is written
	base  int            // number of the first page; -1 refuses 0 and counts from 1
	log   []wire.OrderStatus
	at    []time.Time
	pages int
	waits []string
}

func (p *statusPortal) add(order int64, status int, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, at)
	p.log = append(p.log, wire.OrderStatus{OrderID: order, OrderSearchStatus: "FOUND",
		Status: &wire.ShortStatus{StatusID: status, StatusName: "x", Updated: at.In(p.zone).Format(wire.LocalTimeLayout)}})
}

func (p *statusPortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages++
	if prefer := r.Header.Get("Prefer"); prefer != "" {
		p.waits = append(p.waits, prefer)
	}
	q := r.URL.Query()
	page, err1 := strconv.Atoi(q.Get("pageNum"))
	size, err2 := strconv.Atoi(q.Get("pageSize"))
	if err1 != nil || err2 != nil {
		p.t.Errorf("%s", r.URL)
	}
	switch p.base {
	case -1:
		if page == 0 {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"code":"bad_request","message":"pageNum"}`)
			return
		}
		page--
	case 1:
		page = max(page-1, 0)
	}
	var match []wire.OrderStatus
	if ids := q.Get("orderIds"); ids != "" {
		for id := range strings.SplitSeq(ids, ",") {
			n, _ := strconv.ParseInt(id, 10, 64)
			found := wire.OrderStatus{OrderID: n, OrderSearchStatus: "NOT_FOUND"}
			for _, o := range p.log {
				if o.OrderID == n {
					found = o
				}
			}
			match = append(match, found)
		}
	} else {
		after, err := time.ParseInLocation(wire.LocalTimeLayout, q.Get("updatedAfter"), p.zone)
		if err != nil {
			p.t.Error(err)
		}
		for i, at := range p.at {
			if at.After(after) {
				match = append(match, p.log[i])
			}
		}
	}
	from, to := min(page*size, len(match)), min((page+1)*size, len(match))
	_ = json.NewEncoder(w).Encode(wire.StatusList{Count: to - from, TotalCount: len(match), Content: match[from:to]})
}

func feedPortal(t *testing.T, p *statusPortal) *Client {
	t.Helper()
	p.t = t
	mux := http.NewServeMux()
	mux.Handle("GET /api/gusmev/order/getUpdatedAfter", p)
	mux.Handle("GET /api/gusmev/order/getOrdersStatus", p)
	c, _ := portal(t, mux, Options{})
	return c
}

func TestEveryUpdateIsSeenOnceWhateverTheZoneAndThePageNumbering(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, zone := range []*time.Location{clock.Moscow(), time.UTC} {
		for _, base := range []int{0, 1, -1} {
			p := &statusPortal{zone: zone, base: base}
			c := feedPortal(t, p)
			feed := c.Feed(Cursor{After: start})
			seen := map[string]int{}
			take := func() {
				got, err := feed.Next(t.Context(), 0)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range got {
					seen[fmt.Sprint(o.OrderID, o.Status.StatusID)]++
				}
				// Between runs the cursor lives as JSON.
				b, err := json.Marshal(feed.Cursor())
				if err != nil {
					t.Fatal(err)
				}
				var cursor Cursor
				if err := json.Unmarshal(b, &cursor); err != nil {
					t.Fatal(err)
				}
				feed = c.Feed(cursor)
			}
			want := 0
			for round := range 8 {
				for i := range 130 { // more than a page
					p.add(int64(i), round, start.Add(time.Duration(round)*50*time.Minute+time.Duration(i)*time.Second))
					want++
				}
				take()
				take()
			}
			if len(seen) != want {
				t.Errorf("%s base %d: %d of %d updates seen", zone, base, len(seen), want)
			}
			for key, n := range seen {
				if n != 1 {
					t.Errorf("%s base %d: %s seen %d times", zone, base, key, n)
				}
			}
			if n := len(feed.Cursor().Seen); n > 130*5 {
				t.Errorf("the cursor keeps %d updates", n)
			}
		}
	}
}

func TestWaitingAsksOnlyForWhatIsNew(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := &statusPortal{zone: clock.Moscow()}
	c := feedPortal(t, p)
	p.add(1, 17, start.Add(time.Minute))
	feed := c.Feed(Cursor{After: start})
	if got, err := feed.Next(t.Context(), 30*time.Second); err != nil || len(got) != 1 || len(p.waits) != 0 {
		t.Fatalf("%v %v, waits %v", got, err, p.waits)
	}
	if got, err := feed.Next(t.Context(), 30*time.Second); err != nil || len(got) != 0 {
		t.Fatalf("%v %v", got, err)
	}
	if fmt.Sprint(p.waits) != "[wait=30]" {
		t.Errorf("waits %v", p.waits)
	}
}

func TestAFailedQuestionLosesNothing(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := &statusPortal{zone: clock.Moscow()}
	p.t = t
	for i := range 150 {
		p.add(int64(i), 17, start.Add(time.Duration(i)*time.Second))
	}
	broken := true
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/gusmev/order/getUpdatedAfter", func(w http.ResponseWriter, r *http.Request) {
		if broken && r.URL.Query().Get("pageNum") == "1" {
			w.WriteHeader(503)
			return
		}
		p.ServeHTTP(w, r)
	})
	c, _ := portal(t, mux, Options{})
	feed := c.Feed(Cursor{After: start})
	if got, err := feed.Next(t.Context(), 0); err == nil || len(got) != 0 {
		t.Fatalf("half a list was returned: %d %v", len(got), err)
	}
	broken = false
	if got, err := feed.Next(t.Context(), 0); err != nil || len(got) != 150 {
		t.Errorf("%d updates after the failure, %v", len(got), err)
	}
}

func TestStatusesComeInTheOrderAsked(t *testing.T) {
	p := &statusPortal{zone: clock.Moscow()}
	c := feedPortal(t, p)
	ids := make([]int64, 0, 250)
	for i := range int64(250) {
		ids = append(ids, 1000-i)
		if i%2 == 0 {
			p.add(1000-i, int(i), time.Now())
		}
	}
	got, err := c.Statuses(t.Context(), ids)
	if err != nil || len(got) != 250 {
		t.Fatalf("%d %v", len(got), err)
	}
	for i, o := range got {
		if o.OrderID != ids[i] || (o.Status != nil) != (i%2 == 0) || (o.OrderSearchStatus == "FOUND") != (i%2 == 0) {
			t.Errorf("%d: %+v", i, o)
		}
	}
	if p.pages != 3 {
		t.Errorf("%d requests for 250 orders", p.pages)
	}
}
