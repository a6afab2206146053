package cabinet

import (
	"context"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Draft is a draft with its version.
type Draft struct {
	wire.Draft
	ETag string // for PutDraft
}

func (c *Client) draft(ctx context.Context, call *transport.Call, body any) (*Draft, error) {
	var d Draft
	var resp *transport.Response
	var err error
	if body == nil {
		resp, err = c.get(ctx, call, &d.Draft)
	} else {
		resp, err = c.send(ctx, call, body, &d.Draft)
	}
	if err != nil {
		return nil, err
	}
	d.ETag = resp.Header.Get("ETag")
	return &d, nil
}

// Draft returns one draft.
func (c *Client) Draft(ctx context.Context, id string) (*Draft, error) {
	return c.draft(ctx, withID(c.call(http.MethodGet, "/drafts/{id}", transport.Safe), "id", id), nil)
}

// CreateDraft keeps a draft. It may be repeated: the request carries a key.
func (c *Client) CreateDraft(ctx context.Context, in wire.DraftInput) (*Draft, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	call := c.call(http.MethodPost, "/drafts", transport.Idempotent)
	call.IdempotencyKey, call.FreshKey = key, true
	return c.draft(ctx, call, in)
}

// PutDraft replaces a draft that is still of version etag; exit code 9 means
// that it has changed meanwhile. It is sent once: a repetition would meet its
// own change.
func (c *Client) PutDraft(ctx context.Context, id, etag string, in wire.DraftInput) (*Draft, error) {
	call := withID(c.call(http.MethodPut, "/drafts/{id}", transport.Once), "id", id)
	call.Header = http.Header{"If-Match": {etag}}
	return c.draft(ctx, call, in)
}

// DeleteDraft throws a draft away.
func (c *Client) DeleteDraft(ctx context.Context, id string) error {
	return c.remove(ctx, withID(c.call(http.MethodDelete, "/drafts/{id}", transport.Idempotent), "id", id))
}
