package cabinet

import (
	"context"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Template is a template with its version.
type Template struct {
	wire.Template
	ETag string // for PutTemplate
}

// Templates returns one page of templates, by name.
func (c *Client) Templates(ctx context.Context, q PageQuery) (*wire.Page[wire.Template], error) {
	return page[wire.Template](ctx, c, "/application-templates", transport.AuthRequired, q, query())
}

// Template returns one template.
func (c *Client) Template(ctx context.Context, id string) (*Template, error) {
	var t Template
	resp, err := c.get(ctx, withID(c.call(http.MethodGet, "/application-templates/{id}", transport.Safe), "id", id), &t.Template)
	if err != nil {
		return nil, err
	}
	t.ETag = resp.Header.Get("ETag")
	return &t, nil
}

// CreateTemplate keeps a template. A name that is there already is a conflict,
// exit code 9. It may be repeated: the request carries a key.
func (c *Client) CreateTemplate(ctx context.Context, in wire.TemplateInput) (*Template, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	call := c.call(http.MethodPost, "/application-templates", transport.Idempotent)
	call.IdempotencyKey, call.FreshKey = key, true
	return c.template(ctx, call, in)
}

// PutTemplate replaces a template that is still of version etag; exit code 9
// means that it has changed meanwhile. It is sent once: a repetition would meet
// its own change.
func (c *Client) PutTemplate(ctx context.Context, id, etag string, in wire.TemplateInput) (*Template, error) {
	call := withID(c.call(http.MethodPut, "/application-templates/{id}", transport.Once), "id", id)
	call.Header = http.Header{"If-Match": {etag}}
	return c.template(ctx, call, in)
}

func (c *Client) template(ctx context.Context, call *transport.Call, in wire.TemplateInput) (*Template, error) {
	var t Template
	resp, err := c.send(ctx, call, in, &t.Template)
	if err != nil {
		return nil, err
	}
	t.ETag = resp.Header.Get("ETag")
	return &t, nil
}

// DeleteTemplate throws a template away.
func (c *Client) DeleteTemplate(ctx context.Context, id string) error {
	return c.remove(ctx, withID(c.call(http.MethodDelete, "/application-templates/{id}", transport.Idempotent), "id", id))
}
