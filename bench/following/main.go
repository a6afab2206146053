// Command following measures what it costs to follow 10,000 applications of which 100
// change: how many requests, and how much longer than a bare loop that sends the same
// requests and reads the same answers, in turn in one run.
//
//	go run ./bench/following
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

const (
	applications = 10_000
	changes      = 100
	waves        = 4 // in which the changes come
)

func main() {
	rounds := flag.Int("rounds", 41, "runs of each kind")
	most := flag.Float64("most", 1.5, "fail when the ratio of the medians is above this; 0 only prints")
	flag.Parse()
	if err := run(*rounds, *most); err != nil {
		fmt.Fprintln(os.Stderr, "following:", err)
		os.Exit(1)
	}
}

// portal is a portal with many applications. It answers by hand, so that what is
// measured is the client; what it has once answered it can answer again, in order.
type portal struct {
	mu      sync.Mutex
	orders  []wire.OrderStatus // the least recent change first
	now     time.Time
	waves   int
	asked   []*http.Request
	answers [][]byte
	replay  int // the next answer to repeat; -1 makes new ones
}

func newPortal(now time.Time) *portal {
	p := &portal{now: now, replay: -1}
	for id := range int64(applications) {
		p.orders = append(p.orders, status(id+1, 6, now.Add(-24*time.Hour)))
	}
	return p
}

func status(id int64, code int, at time.Time) wire.OrderStatus {
	return wire.OrderStatus{OrderID: id, OrderSearchStatus: "FOUND", Status: &wire.ShortStatus{StatusID: code, StatusName: "Заявление принято к рассмотрению", Updated: at.In(clock.Moscow()).Format(wire.LocalTimeLayout)}}
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if p.replay >= 0 {
		if p.replay >= len(p.answers) {
			http.Error(w, "more was asked than before", http.StatusTeapot)
			return
		}
		p.replay++
		_, _ = w.Write(p.answers[p.replay-1]) // a reader that has gone is nobody's error
		return
	}
	body, err := p.answer(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.asked, p.answers = append(p.asked, r.Clone(context.WithoutCancel(r.Context()))), append(p.answers, body)
	_, _ = w.Write(body) // as above
}

func (p *portal) answer(r *http.Request) ([]byte, error) {
	if r.Header.Get("Prefer") != "" && p.waves < waves {
		p.now = p.now.Add(time.Minute)
		for i := range changes / waves {
			id := int64(p.waves*2000 + i + 1)
			p.orders = slices.DeleteFunc(p.orders, func(o wire.OrderStatus) bool { return o.OrderID == id })
			p.orders = append(p.orders, status(id, 7, p.now))
		}
		p.waves++
	}
	q := r.URL.Query()
	after, err := time.ParseInLocation(wire.LocalTimeLayout, q.Get("updatedAfter"), clock.Moscow())
	num, err1 := strconv.Atoi(q.Get("pageNum"))
	size, err2 := strconv.Atoi(q.Get("pageSize"))
	if err := errors.Join(err, err1, err2); err != nil {
		return nil, err
	}
	since := after.Format(wire.LocalTimeLayout)
	found := p.orders[slices.IndexFunc(append(slices.Clone(p.orders), wire.OrderStatus{}), func(o wire.OrderStatus) bool { return o.Status == nil || o.Status.Updated > since }):]
	part := found[min(num*size, len(found)):min((num+1)*size, len(found))]
	return json.Marshal(wire.StatusList{Count: len(part), TotalCount: len(found), Content: part})
}

func run(rounds int, most float64) error {
	begin := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	p := newPortal(begin)
	srv := httptest.NewServer(p)
	defer srv.Close()
	follow := func() error {
		t, err := transport.New(transport.Options{Origins: []string{srv.URL}, Clock: clock.NewManual(begin), Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
		if err != nil {
			return err
		}
		defer t.CloseIdle()
		w := tracking.Watcher{Portal: gusmev.New(t, gusmev.Options{Base: srv.URL}), Clock: clock.NewManual(begin)}
		told := map[int64]bool{}
		_, err = w.Follow(context.Background(), tracking.FollowOptions{From: gusmev.Cursor{After: begin}, Until: func(tracking.Event) bool { return len(told) == changes }}, func(e tracking.Event) error {
			if told[e.OrderID] {
				return fmt.Errorf("application %d was told of twice", e.OrderID)
			}
			told[e.OrderID] = true
			return nil
		})
		if err == nil && len(told) != changes {
			err = fmt.Errorf("%d changes were told of", len(told))
		}
		return err
	}
	if err := follow(); err != nil {
		return err
	}
	bare := func() error {
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for _, asked := range p.asked {
			req, err := http.NewRequest(asked.Method, srv.URL+asked.URL.String(), nil)
			if err != nil {
				return err
			}
			req.Header = asked.Header.Clone()
			if err := read(client, req); err != nil {
				return err
			}
		}
		return nil
	}
	var ours, theirs []time.Duration
	for range rounds {
		for _, kind := range []struct {
			do   func() error
			into *[]time.Duration
		}{{follow, &ours}, {bare, &theirs}} {
			p.replay = 0
			from := time.Now()
			if err := kind.do(); err != nil {
				return err
			}
			*kind.into = append(*kind.into, time.Since(from))
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	ratio := float64(ours[rounds/2]) / float64(theirs[rounds/2])
	fmt.Printf("following %d applications with %d changes: %d requests; median of %d runs %.2f × the bare requests (fastest: %.2f ×)\n",
		applications, changes, len(p.asked), rounds, ratio, float64(ours[0])/float64(theirs[0]))
	if len(p.asked) > 12 {
		return fmt.Errorf("%d requests, at most 12 are allowed", len(p.asked))
	}
	if most > 0 && ratio > most {
		return fmt.Errorf("%.2f × the bare requests, at most %.2f × is allowed", ratio, most)
	}
	return nil
}

// read sends one request and reads its answer whole.
func read(client *http.Client, req *http.Request) error {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var list wire.StatusList
	err = json.NewDecoder(resp.Body).Decode(&list)
	_, rest := io.Copy(io.Discard, resp.Body)
	return errors.Join(err, rest)
}
