package gusmev

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Bounds of a page of statuses.
const (
	defaultPage = 50
	maxPage     = 1000
	maxPageNum  = 100_000
)

// ordersStatus is GET /api/gusmev/order/getOrdersStatus (SPEC-1.13, section 2.3).
func (f *face) ordersStatus(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	q := r.URL.Query()
	num, size, err := page(q)
	if err != nil {
		return err
	}
	var ids []int64
	for part := range strings.SplitSeq(strings.Join(q["orderIds"], ","), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil || len(ids) == maxPage {
			return badRequest("orderIds: до %d номеров через запятую", "orderIds: up to %d numbers with commas", maxPage)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return badRequest("нужен параметр orderIds", "the parameter orderIds is needed")
	}
	found := map[int64]*orders.Order{}
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		list, _, err := orders.List(r.Context(), tx, owner(c), orders.Filter{IDs: ids}, maxPage, 0)
		for _, o := range list {
			found[o.ID] = o
		}
		return err
	})
	if err != nil {
		return err
	}
	out := wire.StatusList{TotalCount: len(ids), Content: []wire.OrderStatus{}}
	from := min(num*size, len(ids))
	for _, id := range ids[from:min(from+size, len(ids))] {
		st := wire.OrderStatus{OrderID: id, OrderSearchStatus: "NOT_FOUND"}
		if o := found[id]; o != nil {
			st = short(o, problem.Lang(r))
		}
		out.Content = append(out.Content, st)
	}
	out.Count = len(out.Content)
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// updatedAfter is GET /api/gusmev/order/getUpdatedAfter (SPEC-1.13, section
// 2.3). The parameter updatedAfter has no zone: it is GMT+3. With Prefer: wait
// the answer is held while it would be empty.
func (f *face) updatedAfter(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	q := r.URL.Query()
	num, size, err := page(q)
	if err != nil {
		return err
	}
	after, err := localTime(q.Get("updatedAfter"))
	if err != nil {
		return err
	}
	wait := waiting.Asked(r)
	var out wire.StatusList
	err = waiting.Until(r.Context(), f.deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.deps.DB.Read(ctx, func(tx *sql.Tx) error {
			list, total, err := orders.List(ctx, tx, owner(c), orders.Filter{After: after, Sort: orders.Oldest}, size, num*size)
			out = wire.StatusList{Count: len(list), TotalCount: total, Content: []wire.OrderStatus{}}
			for _, o := range list {
				out.Content = append(out.Content, short(o, problem.Lang(r)))
			}
			return err
		})
		return out.TotalCount > 0, true, err
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// short is a status in a list. Its time is cut to milliseconds, so a client
// that asks again with what it got must not get the same order again: the
// portal compares at the precision that it tells.
func short(o *orders.Order, l i18n.Lang) wire.OrderStatus {
	return wire.OrderStatus{OrderID: o.ID, OrderSearchStatus: "FOUND", Status: &wire.ShortStatus{
		StatusID: o.StatusID, StatusName: untrusted.Text(orders.Title(o.StatusID).In(l)),
		Updated: o.Updated.In(clock.Moscow()).Format(wire.LocalTimeLayout),
	}}
}

func localTime(s string) (time.Time, error) {
	for _, layout := range []string{wire.LocalTimeLayout, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, clock.Moscow()); err == nil {
			// To the end of the millisecond, see short.
			return t.Truncate(time.Millisecond).Add(time.Millisecond - time.Microsecond), nil
		}
	}
	return time.Time{}, badRequest("updatedAfter: нужно время вида 2022-12-10T12:31:42.000", "updatedAfter: a time like 2022-12-10T12:31:42.000 is needed")
}

// page reads pageNum (from 0) and pageSize.
func page(q url.Values) (num, size int, err error) {
	size = defaultPage
	if v := q.Get("pageNum"); v != "" {
		if num, err = strconv.Atoi(v); err != nil || num < 0 || num > maxPageNum {
			return 0, 0, badRequest("pageNum: от 0 до %d", "pageNum: from 0 to %d", maxPageNum)
		}
	}
	if v := q.Get("pageSize"); v != "" {
		if size, err = strconv.Atoi(v); err != nil || size < 1 || size > maxPage {
			return 0, 0, badRequest("pageSize: от 1 до %d", "pageSize: from 1 to %d", maxPage)
		}
	}
	return num, size, nil
}
