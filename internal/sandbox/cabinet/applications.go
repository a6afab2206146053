package cabinet

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
)

func (f *face) applicationOf(ctx context.Context, tx *sql.Tx, o *orders.Order, l i18n.Lang) (wire.Application, error) {
	now, err := f.deps.Calendar.Now(ctx, tx)
	if err != nil {
		return wire.Application{}, err
	}
	out := wire.Application{
		OrderID: o.ID, Service: o.Service, StatusID: o.StatusID, StatusTitle: text(orders.Title(o.StatusID), l),
		Region: o.Region, Final: o.Final, CreatedAt: o.Created, UpdatedAt: o.Updated, HasResult: o.HasResult,
	}
	c, err := f.catalog()
	if err != nil {
		return out, err
	}
	if s := c.Find(o.Service); s != nil {
		out.ServiceTitle, out.Department = text(s.Title, l), text(s.Dept().Name, l)
	}
	if !o.Final && !o.Expected.IsZero() {
		out.ExpectedAt = &o.Expected
		if orders.Cancellable(o.StatusID) {
			out.CancelUntil = &o.Expected
		}
	}
	if orders.Changeable(o, now) {
		out.ChangeUntil = &o.Expected
	}
	if w := o.Wanted; w != nil && !w.Received && !o.Final {
		out.Wanted = &wire.WantedDocument{Document: w.Document, Title: text(w.Title, l), Until: w.Until}
	}
	if r := o.Rating; r != nil {
		out.Rating = &wire.Rating{Score: r.Score, Text: wire.Text(r.Text), At: r.At}
	}
	if k := o.Correction; k != nil && o.StatusID == orders.NeedsMending {
		out.Correction = &wire.Correction{Text: text(k.Text, l), Until: k.Until, Fields: []wire.FieldError{}}
		for _, n := range k.Fields {
			out.Correction.Fields = append(out.Correction.Fields, wire.FieldError{Field: n.Field, Code: n.Code, Message: text(n.Text, l)})
		}
	}
	list, err := charges.OfOrder(ctx, tx, o.ID)
	for _, ch := range list {
		if ch.State == charges.Unpaid {
			out.UnpaidUINs = append(out.UnpaidUINs, ch.UIN)
		}
	}
	return out, err
}

// filterOf reads what narrows and orders a list of applications.
func (f *face) filterOf(q url.Values) (orders.Filter, error) {
	filter := orders.Filter{Sent: true}
	var err error
	if filter.State, err = oneOf(q, "state", "active", "final", "correction", "unpaid"); err != nil {
		return filter, err
	}
	sort, err := oneOf(q, "sort", "created", string(orders.ByUpdated), string(orders.ByExpected), string(orders.ByStatus))
	if err != nil {
		return filter, err
	}
	filter.Sort = orders.Sort(sort)
	if v := q.Get("statusId"); v != "" {
		if filter.Status, err = strconv.Atoi(v); err != nil || filter.Status <= 0 {
			return filter, problem.BadRequest(i18n.Say("statusId: нужен код статуса", "statusId: a status code is needed"))
		}
	}
	if filter.Region = q.Get("region"); len(filter.Region) > 11 || strings.Trim(filter.Region, "0123456789") != "" {
		return filter, problem.BadRequest(i18n.Say("region: от 2 до 11 цифр ОКАТО", "region: 2 to 11 digits of an ОКАТО"))
	}
	if filter.From, err = dayOf(q, "createdFrom", 0); err != nil {
		return filter, err
	}
	if filter.Until, err = dayOf(q, "createdTo", 1); err != nil {
		return filter, err
	}
	if key := q.Get("service"); key != "" {
		c, err := f.catalog()
		if err != nil {
			return filter, err
		}
		s := c.Find(key)
		if s == nil {
			return filter, unknownService(c, key)
		}
		filter.Service = s.Code
	}
	return filter, nil
}

// listApplications is GET /applications.
func (f *face) listApplications(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	filter, err := f.filterOf(q)
	if err != nil {
		return err
	}
	var items []wire.Application
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		list, n, err := orders.List(r.Context(), tx, orderOwner(caller(r)), filter, limit, offset)
		if err != nil {
			return err
		}
		total = n
		for _, o := range list {
			a, err := f.applicationOf(r.Context(), tx, o, problem.Lang(r))
			if err != nil {
				return err
			}
			items = append(items, a)
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, total, offset))
	return nil
}

// dayOf reads a day of Moscow from a query, or so many days after it; zero when it is
// not there.
func dayOf(q url.Values, name string, after int) (time.Time, error) {
	v := q.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, v, clock.Moscow())
	if err != nil {
		return time.Time{}, problem.BadRequest(i18n.Text{RU: "%s: нужен день вида 2026-12-31", EN: "%s: a day like 2026-12-31 is needed"}.With(name))
	}
	return day.AddDate(0, 0, after), nil
}

// getApplication is GET /applications/{orderId}; with Prefer: wait it holds the
// answer until the status changes.
func (f *face) getApplication(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("orderId"), 10, 64)
	if err != nil {
		return problem.NotFound("application.not_found")
	}
	wait := waiting.Asked(r)
	var out wire.Application
	seen := int64(0)
	err = waiting.Until(r.Context(), f.deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.deps.DB.Read(ctx, func(tx *sql.Tx) error {
			o, err := orders.Get(ctx, tx, id)
			if errors.Is(err, orders.ErrNotFound) || err == nil && (!orderOwner(caller(r)).Owns(o) || o.Submitted.IsZero()) {
				return problem.NotFound("application.not_found")
			}
			if err != nil {
				return err
			}
			if seen == 0 {
				seen = o.HistoryID
			}
			done = o.HistoryID != seen || o.Final
			// What only the person can do, pay or mend, no waiting brings.
			skip = o.Phase != orders.Held && o.Phase != orders.Mending && o.Phase != orders.Asked
			out, err = f.applicationOf(ctx, tx, o, problem.Lang(r))
			return err
		})
		return done, skip, err
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	problem.JSON(w, http.StatusOK, out)
	return nil
}
