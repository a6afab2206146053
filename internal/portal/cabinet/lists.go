package cabinet

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// maxLimit is the largest page of the API.
const maxLimit = 200

// errPaging says that a portal's pages lead nowhere.
var errPaging = errors.New("cabinet: the portal's pages repeat themselves")

// PageQuery asks for one page of a list.
type PageQuery struct {
	Limit  int    // entries per page, at most 200; 0 is the portal's own choice
	Cursor string // NextCursor of the page before
}

// ServiceQuery asks for services.
type ServiceQuery struct {
	PageQuery
	Query      string // as a person would type it
	Topic      string // key or part of the name
	Situation  string // life situation: key or part of the name
	Department string // key or part of the name
	Region     string // code of the subject or part of its name
	Person     string // "person", "entrepreneur", "organisation", "foreigner"
	Level      string // what an account of this level may ask for
	Fee        string // "free" or "paid"
	Online     bool   // only what can be asked for through the portal
	Obsolete   bool   // also what is no longer rendered
}

func (q ServiceQuery) params() url.Values {
	flag := func(on bool) string {
		if on {
			return "true"
		}
		return ""
	}
	return query("query", q.Query, "topic", q.Topic, "situation", q.Situation, "department", q.Department, "region", q.Region,
		"person", q.Person, "level", q.Level, "fee", q.Fee, "online", flag(q.Online), "obsolete", flag(q.Obsolete))
}

// ChargeQuery asks for charges.
type ChargeQuery struct {
	PageQuery
	State   string // of wire.Charge, or "due" for every state in which money is still due
	UIN     string
	OrderID int64
}

// PaymentQuery asks for payments.
type PaymentQuery struct {
	PageQuery
	UIN   string
	State string // "accepted", "confirming", "paid", "refused"
}

// ApplicationQuery asks for applications.
type ApplicationQuery struct {
	PageQuery
	State    string // "active", "final", "correction", "unpaid"
	Service  string // code or slug
	StatusID int
	Region   string // ОКАТО, or the digits it begins with
	From, To string // days of Moscow on which they were created, yyyy-mm-dd
	Sort     string // "created", "updated", "expected", "status"
}

func (q ApplicationQuery) params() url.Values {
	status := ""
	if q.StatusID != 0 {
		status = strconv.Itoa(q.StatusID)
	}
	return query("state", q.State, "service", q.Service, "statusId", status, "region", q.Region, "createdFrom", q.From, "createdTo", q.To, "sort", q.Sort)
}

// Services returns one page of services.
func (c *Client) Services(ctx context.Context, q ServiceQuery) (*wire.Page[wire.Service], error) {
	return page[wire.Service](ctx, c, "/services", transport.AuthOptional, q.PageQuery, q.params())
}

// AllServices yields every service, page by page. The sequence ends after the
// first error.
func (c *Client) AllServices(ctx context.Context, q ServiceQuery) iter.Seq2[wire.Service, error] {
	return all(q.PageQuery, func(p PageQuery) (*wire.Page[wire.Service], error) {
		q.PageQuery = p
		return c.Services(ctx, q)
	})
}

// Drafts returns one page of drafts, latest first.
func (c *Client) Drafts(ctx context.Context, q PageQuery) (*wire.Page[wire.Draft], error) {
	return page[wire.Draft](ctx, c, "/drafts", transport.AuthRequired, q, query())
}

// AllDrafts yields every draft.
func (c *Client) AllDrafts(ctx context.Context) iter.Seq2[wire.Draft, error] {
	return all(PageQuery{}, func(p PageQuery) (*wire.Page[wire.Draft], error) { return c.Drafts(ctx, p) })
}

// Charges returns one page of charges, the nearest term first.
func (c *Client) Charges(ctx context.Context, q ChargeQuery) (*wire.Page[wire.Charge], error) {
	order := ""
	if q.OrderID != 0 {
		order = strconv.FormatInt(q.OrderID, 10)
	}
	return page[wire.Charge](ctx, c, "/charges", transport.AuthRequired, q.PageQuery, query("state", q.State, "uin", q.UIN, "orderId", order))
}

// AllCharges yields every charge.
func (c *Client) AllCharges(ctx context.Context, q ChargeQuery) iter.Seq2[wire.Charge, error] {
	return all(q.PageQuery, func(p PageQuery) (*wire.Page[wire.Charge], error) {
		q.PageQuery = p
		return c.Charges(ctx, q)
	})
}

// Payments returns one page of payments, latest first.
func (c *Client) Payments(ctx context.Context, q PaymentQuery) (*wire.Page[wire.Payment], error) {
	return page[wire.Payment](ctx, c, "/payments", transport.AuthRequired, q.PageQuery, query("uin", q.UIN, "state", q.State))
}

// AllPayments yields every payment.
func (c *Client) AllPayments(ctx context.Context, q PaymentQuery) iter.Seq2[wire.Payment, error] {
	return all(q.PageQuery, func(p PageQuery) (*wire.Page[wire.Payment], error) {
		q.PageQuery = p
		return c.Payments(ctx, q)
	})
}

// Applications returns one page of applications, latest first.
func (c *Client) Applications(ctx context.Context, q ApplicationQuery) (*wire.Page[wire.Application], error) {
	return page[wire.Application](ctx, c, "/applications", transport.AuthRequired, q.PageQuery, q.params())
}

// AllApplications yields every application.
func (c *Client) AllApplications(ctx context.Context, q ApplicationQuery) iter.Seq2[wire.Application, error] {
	return all(q.PageQuery, func(p PageQuery) (*wire.Page[wire.Application], error) {
		q.PageQuery = p
		return c.Applications(ctx, q)
	})
}

func page[T any](ctx context.Context, c *Client, path string, auth transport.Auth, q PageQuery, params url.Values) (*wire.Page[T], error) {
	call := c.call(http.MethodGet, path, transport.Safe)
	call.Auth = auth
	return paged[T](ctx, c, call, q, params)
}

func paged[T any](ctx context.Context, c *Client, call *transport.Call, q PageQuery, params url.Values) (*wire.Page[T], error) {
	call.Query = params
	if q.Limit > 0 {
		params.Set("limit", strconv.Itoa(min(q.Limit, maxLimit)))
	}
	if q.Cursor != "" {
		params.Set("cursor", q.Cursor)
	}
	var p wire.Page[T]
	if _, err := c.get(ctx, call, &p); err != nil {
		return nil, err
	}
	return &p, nil
}

// all walks the pages from q's cursor on.
func all[T any](q PageQuery, fetch func(PageQuery) (*wire.Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q := q
		if q.Limit == 0 {
			q.Limit = maxLimit
		}
		seen := make(map[string]struct{})
		for {
			p, err := fetch(q)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			if p.NextCursor == "" {
				return
			}
			if _, twice := seen[p.NextCursor]; twice {
				var none T
				yield(none, errPaging)
				return
			}
			seen[p.NextCursor] = struct{}{}
			q.Cursor = p.NextCursor
		}
	}
}
