package cabinet

import (
	"context"
	"net/http"
	"strconv"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func ofOrder(call *transport.Call, id int64) *transport.Call {
	return withID(call, "orderId", strconv.FormatInt(id, 10))
}

// Messages returns what an applicant and a department wrote to each other, oldest
// first.
func (c *Client) Messages(ctx context.Context, orderID int64) ([]wire.Message, error) {
	var p wire.Page[wire.Message]
	_, err := c.get(ctx, ofOrder(c.call(http.MethodGet, "/applications/{orderId}/messages", transport.Safe), orderID), &p)
	return p.Items, err
}

// WriteMessage sends a message to the department of an application. A repetition with
// the same key writes it once.
func (c *Client) WriteMessage(ctx context.Context, orderID int64, key, text string) (*wire.Message, error) {
	call := ofOrder(c.call(http.MethodPost, "/applications/{orderId}/messages", transport.Idempotent), orderID)
	call.IdempotencyKey, call.FreshKey = key, true
	var m wire.Message
	if _, err := c.send(ctx, call, wire.MessageInput{Text: text}, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// Versions are the states of an application, and the tag that a change of the last one
// needs.
type Versions struct {
	Items []wire.Version
	ETag  string
}

// Versions returns the states of an application, oldest first.
func (c *Client) Versions(ctx context.Context, orderID int64) (*Versions, error) {
	return c.versions(ctx, ofOrder(c.call(http.MethodGet, "/applications/{orderId}/versions", transport.Safe), orderID), nil)
}

// ChangeApplication changes fields of an application that is still of the version etag;
// exit code 9 means that it has changed meanwhile.
func (c *Client) ChangeApplication(ctx context.Context, orderID int64, etag string, values map[string]any) (*Versions, error) {
	return c.changed(ctx, "/applications/{orderId}/versions", orderID, etag, wire.ChangeInput{Values: values})
}

// RevertApplication goes back to the last version that the department has confirmed.
func (c *Client) RevertApplication(ctx context.Context, orderID int64, etag string) (*Versions, error) {
	return c.changed(ctx, "/applications/{orderId}/reversions", orderID, etag, nil)
}

// AddDocument adds a document to an application, or replaces the file of that name.
func (c *Client) AddDocument(ctx context.Context, orderID int64, d wire.DocumentInput) (*Versions, error) {
	return c.changed(ctx, "/applications/{orderId}/documents", orderID, "", d)
}

func (c *Client) changed(ctx context.Context, path string, orderID int64, etag string, body any) (*Versions, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	call := ofOrder(c.call(http.MethodPost, path, transport.Idempotent), orderID)
	call.IdempotencyKey, call.FreshKey = key, true
	if etag != "" {
		call.Header = http.Header{"If-Match": {etag}}
	}
	return c.versions(ctx, call, body)
}

func (c *Client) versions(ctx context.Context, call *transport.Call, body any) (*Versions, error) {
	var p wire.Page[wire.Version]
	var resp *transport.Response
	var err error
	if body == nil {
		resp, err = c.get(ctx, call, &p)
	} else {
		resp, err = c.send(ctx, call, body, &p)
	}
	if err != nil {
		return nil, err
	}
	return &Versions{Items: p.Items, ETag: resp.Header.Get("ETag")}, nil
}

// RateApplication rates how it went; the last rating counts.
func (c *Client) RateApplication(ctx context.Context, orderID int64, in wire.RatingInput) (*wire.Rating, error) {
	var r wire.Rating
	if _, err := c.send(ctx, ofOrder(c.call(http.MethodPut, "/applications/{orderId}/rating", transport.Idempotent), orderID), in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// PublicApplications returns one page of the public register; no sign-in is needed.
func (c *Client) PublicApplications(ctx context.Context, q ApplicationQuery, orderID int64) (*wire.Page[wire.PublicApplication], error) {
	params := q.params()
	if orderID != 0 {
		params.Set("orderId", strconv.FormatInt(orderID, 10))
	}
	return page[wire.PublicApplication](ctx, c, "/public-applications", transport.AuthNone, q.PageQuery, params)
}
