package esia

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/epgu-cli/epgu/internal/portal/lenient"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// maxElements bounds a collection.
const maxElements = 500

// Person returns the person with this OID; the marker must have the scopes.
func (c *Client) Person(ctx context.Context, oid string) (*wire.Person, error) {
	var p wire.Person
	if err := c.read(ctx, c.opts.Base, wire.PathPerson, map[string]string{"oid": oid}, nil, &p); err != nil {
		return nil, err
	}
	return &p, nil
}

// Org returns an organisation.
func (c *Client) Org(ctx context.Context, oid string) (*wire.Org, error) {
	var o wire.Org
	if err := c.read(ctx, c.opts.Base, wire.PathOrg, map[string]string{"oid": oid}, nil, &o); err != nil {
		return nil, err
	}
	return &o, nil
}

// Contacts returns the person's addresses of e-mail and telephones.
func (c *Client) Contacts(ctx context.Context, oid string) ([]wire.Contact, error) {
	return collection[wire.Contact](ctx, c, oid, wire.CollectionContacts)
}

// Addresses returns the person's addresses.
func (c *Client) Addresses(ctx context.Context, oid string) ([]wire.Address, error) {
	return collection[wire.Address](ctx, c, oid, wire.CollectionAddresses)
}

// Documents returns the person's documents.
func (c *Client) Documents(ctx context.Context, oid string) ([]wire.Document, error) {
	return collection[wire.Document](ctx, c, oid, wire.CollectionDocuments)
}

// Kids returns the person's children.
func (c *Client) Kids(ctx context.Context, oid string) ([]wire.Kid, error) {
	return collection[wire.Kid](ctx, c, oid, wire.CollectionKids)
}

// Vehicles returns the person's vehicles.
func (c *Client) Vehicles(ctx context.Context, oid string) ([]wire.Vehicle, error) {
	return collection[wire.Vehicle](ctx, c, oid, wire.CollectionVehicles)
}

// Roles returns the person's memberships in organisations.
func (c *Client) Roles(ctx context.Context, oid string) ([]wire.Role, error) {
	return collection[wire.Role](ctx, c, oid, wire.CollectionRoles)
}

// collection reads a list under a person. The portal is asked for objects; an
// element that is an address all the same is fetched, from ЕСИА only.
func collection[T any](ctx context.Context, c *Client, oid, name string) ([]T, error) {
	var list wire.Collection
	err := c.read(ctx, c.opts.Base, wire.PathPerson+"/"+name, map[string]string{"oid": oid}, url.Values{"embed": {"(elements)"}}, &list)
	if err != nil {
		return nil, err
	}
	if len(list.Elements) > maxElements {
		return nil, tooMany(name, len(list.Elements))
	}
	out := make([]T, 0, len(list.Elements))
	for _, raw := range list.Elements {
		var item T
		var address string
		if json.Unmarshal(raw, &address) == nil {
			base, path, err := c.within(address)
			if err != nil {
				return nil, err
			}
			if err := c.read(ctx, base, path, nil, nil, &item); err != nil {
				return nil, err
			}
		} else if err := lenient.Unmarshal(raw, &item); err != nil {
			return nil, strangeElement(name, err)
		}
		out = append(out, item)
	}
	return out, nil
}

// within splits the address of an element; only person data of this ЕСИА will do.
func (c *Client) within(address string) (base, path string, err error) {
	u, err := url.Parse(address)
	home, err2 := url.Parse(c.opts.Base)
	if err != nil || err2 != nil || u.User != nil || !strings.EqualFold(u.Scheme, home.Scheme) || !strings.EqualFold(u.Host, home.Host) ||
		!strings.HasPrefix(u.Path, "/rs/") || strings.Contains(u.Path, "..") || strings.ContainsAny(u.Path, "{}") {
		return "", "", strangeElement("elements", fmt.Errorf("address %.200q is not of ЕСИА", address))
	}
	return c.opts.Base, u.EscapedPath(), nil
}

func (c *Client) read(ctx context.Context, base, path string, params map[string]string, query url.Values, out any) error {
	_, err := c.t.JSON(ctx, &transport.Call{Method: http.MethodGet, Base: base, Path: path, PathParams: params, Query: query, Policy: transport.Safe, Decode: lenient.Unmarshal}, out)
	return explain(err)
}

// Level is the level of an account.
type Level int

// The levels.
const (
	Simplified Level = iota + 1 // упрощённая
	Standard                    // стандартная
	Confirmed                   // подтверждённая
)

// LevelOf tells the level of a person's account.
func LevelOf(p *wire.Person) Level {
	switch {
	case p.Trusted:
		return Confirmed
	case p.RIDDoc != 0:
		return Standard
	}
	return Simplified
}
