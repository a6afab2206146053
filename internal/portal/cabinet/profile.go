package cabinet

import (
	"context"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Profile is a profile with its version.
type Profile struct {
	wire.Profile
	ETag string // for EditProfile
}

// Profile returns all that the portal keeps about the person.
func (c *Client) Profile(ctx context.Context) (*Profile, error) {
	var p Profile
	resp, err := c.get(ctx, c.call(http.MethodGet, "/me/profile", transport.Safe), &p.Profile)
	if err != nil {
		return nil, err
	}
	p.ETag = resp.Header.Get("ETag")
	return &p, nil
}

// EditProfile changes a profile that is still of version etag; exit code 9
// means that it has changed meanwhile, and the fields of the fault say how.
func (c *Client) EditProfile(ctx context.Context, etag string, edit wire.ProfileEdit) (*wire.ProfileEdited, error) {
	call := c.call(http.MethodPatch, "/me/profile", transport.Idempotent)
	call.Header = http.Header{"If-Match": {etag}}
	for _, d := range edit.Documents {
		call.Secrets = append(call.Secrets, d.Number)
	}
	return created[wire.ProfileEdited](ctx, c, call, edit)
}

// Changes returns one page of the history of the account, newest first; kind
// "" is every kind.
func (c *Client) Changes(ctx context.Context, kind string, q PageQuery) (*wire.Page[wire.Change], error) {
	return page[wire.Change](ctx, c, "/me/changes", transport.AuthRequired, q, query("kind", kind))
}

// RevertChange undoes a change.
func (c *Client) RevertChange(ctx context.Context, id string, withLater bool) (*wire.ProfileEdited, error) {
	return created[wire.ProfileEdited](ctx, c, withID(c.call(http.MethodPost, "/me/changes/{id}/revert", transport.Idempotent), "id", id),
		wire.RevertRequest{WithLater: withLater})
}

// ChangeContact begins to change the phone or the e-mail: a code goes there.
func (c *Client) ChangeContact(ctx context.Context, req wire.ContactChangeRequest) (*wire.ContactChange, error) {
	call := c.call(http.MethodPost, "/me/contact-changes", transport.Idempotent)
	call.Secrets = []string{req.Password}
	return created[wire.ContactChange](ctx, c, call, req)
}

// ConfirmContact confirms a new contact by its code; an empty one asks for a
// new code to be sent. It is sent once: wrong codes are counted.
func (c *Client) ConfirmContact(ctx context.Context, id, code string) (*wire.ContactChange, error) {
	call := withID(c.call(http.MethodPost, "/me/contact-changes/{id}/code", transport.Once), "id", id)
	call.Secrets = []string{code}
	var out wire.ContactChange
	if _, err := c.send(ctx, call, wire.ContactCode{Code: code}, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// Privacy is what may be done with a person's data, with its version.
type Privacy struct {
	wire.Privacy
	ETag string // for EditPrivacy
}

// Privacy returns what may be done with the person's data.
func (c *Client) Privacy(ctx context.Context) (*Privacy, error) {
	var p Privacy
	resp, err := c.get(ctx, c.call(http.MethodGet, "/me/privacy", transport.Safe), &p.Privacy)
	if err != nil {
		return nil, err
	}
	p.ETag = resp.Header.Get("ETag")
	return &p, nil
}

// EditPrivacy changes a choice that is still of version etag; exit code 9 means
// that it has changed meanwhile.
func (c *Client) EditPrivacy(ctx context.Context, etag string, edit wire.PrivacyEdit) (*wire.Privacy, error) {
	call := c.call(http.MethodPatch, "/me/privacy", transport.Idempotent)
	call.Header = http.Header{"If-Match": {etag}}
	return created[wire.Privacy](ctx, c, call, edit)
}

// DeletionRequests returns the requests to delete outdated data, newest first.
func (c *Client) DeletionRequests(ctx context.Context) ([]wire.DeletionRequest, error) {
	return whole[wire.DeletionRequest](ctx, c, "/me/deletion-requests")
}

// RequestDeletion asks to delete outdated data.
func (c *Client) RequestDeletion(ctx context.Context, what string) (*wire.DeletionRequest, error) {
	return created[wire.DeletionRequest](ctx, c, c.call(http.MethodPost, "/me/deletion-requests", transport.Idempotent), wire.DeletionInput{What: what})
}
