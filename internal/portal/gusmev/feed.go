package gusmev

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

const (
	// Overlap is how far back every question reaches: SPEC-1.13 reads
	// updatedAfter as GMT+3 and 1.12.1 as UTC, three hours apart.
	Overlap = 3 * time.Hour
	// slack is added to it for clocks that differ.
	slack = time.Minute
	// statusPage is how many orders one page of a status list holds.
	statusPage = 100
	// maxPages bounds a list that never ends.
	maxPages = 10_000
)

// Cursor is how far a profile has followed its orders. It is plain data: keep
// it as JSON between runs.
type Cursor struct {
	// After is the newest update that was seen, in the portal's own time.
	After time.Time `json:"after"`
	// Seen are the updates within the overlap before After that were already
	// returned: "order/status/updated".
	Seen []string `json:"seen,omitempty"`
}

// Feed is one stream of the updates of all orders of a marker's owner. It is
// not safe for concurrent use.
type Feed struct {
	c      *Client
	cursor Cursor
	seen   map[string]time.Time
}

// Feed returns the stream of updates after cursor. A cursor with only After
// set begins there.
func (c *Client) Feed(cursor Cursor) *Feed {
	f := &Feed{c: c, cursor: cursor, seen: make(map[string]time.Time, len(cursor.Seen))}
	for _, key := range cursor.Seen {
		at, err := ParseTime(key[strings.LastIndexByte(key, '/')+1:])
		if err == nil {
			f.seen[key] = at
		}
	}
	return f
}

// Cursor returns where the feed stands, to continue later.
func (f *Feed) Cursor() Cursor {
	out := Cursor{After: f.cursor.After, Seen: make([]string, 0, len(f.seen))}
	for key := range f.seen {
		out.Seen = append(out.Seen, key)
	}
	slices.Sort(out.Seen)
	return out
}

// Next returns the updates that were not returned before, oldest first. When
// there are none and wait is positive, the portal is asked to answer only once
// there is one, or after wait; then Next may return none.
func (f *Feed) Next(ctx context.Context, wait time.Duration) ([]wire.OrderStatus, error) {
	fresh, err := f.sweep(ctx, f.cursor.After.Add(-Overlap-slack), 0)
	if err != nil || len(fresh) > 0 || wait <= 0 {
		return fresh, err
	}
	// A waiting question must not reach back: it would be answered at once.
	return f.sweep(ctx, f.cursor.After, wait)
}

// UpdatedAfter returns every update since the given moment, oldest first and
// without repetitions, asking three hours further back; see Feed for
// following. A positive wait asks the portal to wait for an update when there
// is none.
func (c *Client) UpdatedAfter(ctx context.Context, since time.Time, wait time.Duration) ([]wire.OrderStatus, error) {
	return c.Feed(Cursor{After: since}).Next(ctx, wait)
}

func (f *Feed) sweep(ctx context.Context, after time.Time, wait time.Duration) ([]wire.OrderStatus, error) {
	var fresh []wire.OrderStatus
	newest := f.cursor.After
	found := make(map[string]time.Time)
	query := url.Values{"updatedAfter": {after.In(clock.Moscow()).Format(wire.LocalTimeLayout)}}
	err := f.c.pages(ctx, wire.PathUpdatedAfter, query, wait, func(o wire.OrderStatus) {
		if o.Status == nil {
			return
		}
		key := strconv.FormatInt(o.OrderID, 10) + "/" + strconv.Itoa(o.Status.StatusID) + "/" + o.Status.Updated
		if _, old := f.seen[key]; old {
			return
		}
		if _, old := found[key]; old {
			return
		}
		at, err := ParseTime(o.Status.Updated)
		if err != nil { // an update without a readable time is news once per feed
			at = newest
		}
		found[key] = at
		if at.After(newest) {
			newest = at
		}
		fresh = append(fresh, o)
	})
	if err != nil {
		return nil, err // nothing is marked as seen: the next question brings it again
	}
	f.cursor.After = newest
	for key, at := range found {
		f.seen[key] = at
	}
	// What lies before the reach of the next question cannot come again.
	horizon := newest.Add(-Overlap - 2*slack)
	for key, at := range f.seen {
		if at.Before(horizon) {
			delete(f.seen, key)
		}
	}
	slices.SortStableFunc(fresh, func(a, b wire.OrderStatus) int { return strings.Compare(a.Status.Updated, b.Status.Updated) })
	return fresh, nil
}

// Statuses returns the current status of each order, in the order of ids; an
// unknown one has OrderSearchStatus "NOT_FOUND" and no Status.
func (c *Client) Statuses(ctx context.Context, ids []int64) ([]wire.OrderStatus, error) {
	got := make(map[int64]wire.OrderStatus, len(ids))
	for batch := range slices.Chunk(ids, statusPage) {
		list := make([]string, len(batch))
		for i, id := range batch {
			list[i] = strconv.FormatInt(id, 10)
		}
		query := url.Values{"orderIds": {strings.Join(list, ",")}}
		if err := c.pages(ctx, wire.PathOrdersStatus, query, 0, func(o wire.OrderStatus) { got[o.OrderID] = o }); err != nil {
			return nil, err
		}
	}
	out := make([]wire.OrderStatus, len(ids))
	for i, id := range ids {
		o, ok := got[id]
		if !ok {
			o = wire.OrderStatus{OrderID: id, OrderSearchStatus: "NOT_FOUND"}
		}
		out[i] = o
	}
	return out, nil
}

// pages walks a status list. The specification does not say whether pages
// count from 0 or from 1, so the walk begins at 0 and drops what comes twice:
// a portal that takes 0 for the first page costs one repeated page, a portal
// that refuses 0 is asked from 1.
func (c *Client) pages(ctx context.Context, path string, query url.Values, wait time.Duration, each func(wire.OrderStatus)) error {
	type key struct {
		id      int64
		status  int
		updated string
	}
	seen := make(map[key]struct{})
	for page := 0; page < maxPages; page++ {
		call := c.call(http.MethodGet, path)
		call.Query = url.Values{"pageNum": {strconv.Itoa(page)}, "pageSize": {strconv.Itoa(statusPage)}}
		for name, values := range query {
			call.Query[name] = values
		}
		call.Policy = transport.Safe
		if page == 0 {
			call.Wait = wait
		}
		var list wire.StatusList
		resp, err := c.t.JSON(ctx, call, &list)
		if te := transport.AsError(err); page == 0 && te != nil && te.Status == http.StatusBadRequest {
			continue
		}
		if err != nil {
			return Explain(err)
		}
		if resp.Status == http.StatusNoContent || len(list.Content) == 0 {
			return nil
		}
		for _, o := range list.Content {
			k := key{id: o.OrderID}
			if o.Status != nil {
				k.updated, k.status = o.Status.Updated, o.Status.StatusID
			}
			if _, twice := seen[k]; !twice {
				seen[k] = struct{}{}
				each(o)
			}
		}
		if len(seen) >= list.TotalCount {
			return nil
		}
	}
	return fmt.Errorf("gusmev: %s goes on after %d pages", path, maxPages)
}
