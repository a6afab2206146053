package cabinet

import (
	"context"
	"errors"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// ChangeQuery asks for changes in services.
type ChangeQuery struct {
	PageQuery
	Since string // from this day on, yyyy-mm-dd; with Saved and nothing here, since each was saved
	Saved bool   // only in services that the person keeps
}

// SavedServices returns one page of the services that the person keeps.
func (c *Client) SavedServices(ctx context.Context, q PageQuery) (*wire.Page[wire.Service], error) {
	return page[wire.Service](ctx, c, "/saved-services", transport.AuthRequired, q, query())
}

// SaveService keeps a service; keeping it again changes nothing.
func (c *Client) SaveService(ctx context.Context, code string) error {
	return c.keep(ctx, http.MethodPut, code)
}

// ForgetService keeps a service no longer.
func (c *Client) ForgetService(ctx context.Context, code string) error {
	return c.keep(ctx, http.MethodDelete, code)
}

func (c *Client) keep(ctx context.Context, method, code string) error {
	call := withID(c.call(method, "/saved-services/{code}", transport.Idempotent), "code", code)
	call.Auth = transport.AuthRequired
	_, err := c.get(ctx, call, nil)
	return err
}

// ServiceChanges returns one page of changes in services, latest first.
func (c *Client) ServiceChanges(ctx context.Context, q ChangeQuery) (*wire.Page[wire.ServiceChange], error) {
	saved, auth := "", transport.AuthOptional
	if q.Saved {
		saved, auth = "true", transport.AuthRequired
	}
	return page[wire.ServiceChange](ctx, c, "/service-changes", auth, q.PageQuery, query("since", q.Since, "saved", saved))
}

// ServiceIndex returns the names of all services and the tag of this state of
// them. When the portal's state still has the tag given, the index is nil.
func (c *Client) ServiceIndex(ctx context.Context, tag string) (*wire.ServiceIndex, string, error) {
	call := c.call(http.MethodGet, "/service-index", transport.Safe)
	call.Auth = transport.AuthNone
	if tag != "" {
		call.Header = http.Header{"If-None-Match": {tag}}
	}
	var out wire.ServiceIndex
	if err := c.offered(call); err != nil {
		return nil, "", err
	}
	resp, err := c.t.JSON(ctx, call, &out)
	var e *transport.Error
	if errors.As(err, &e) && e.Status == http.StatusNotModified {
		return nil, tag, nil
	}
	if err != nil {
		return nil, "", Explain(err)
	}
	return &out, resp.Header.Get("ETag"), nil
}
