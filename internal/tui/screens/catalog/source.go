// Package catalog is the screens of the services that can be asked for: the
// catalogue, searched while a person types, and the page of one service.
package catalog

import (
	"context"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Source is what these screens need of the core.
type Source interface {
	// Services returns the whole catalogue, the person's own services first.
	Services(ctx context.Context) ([]wire.Service, error)
	// Search returns the codes of the services that a text being typed may mean, in
	// either language, best first. The names kept here stand in for a portal that is
	// slow or away.
	Search(ctx context.Context, text string) ([]string, error)
	Service(ctx context.Context, code string) (*wire.ServiceDetails, error)
	// Keep keeps a service among the person's own, or no longer.
	Keep(ctx context.Context, code string, keep bool) error
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) Services(ctx context.Context) ([]wire.Service, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn.Catalog.Refresh(ctx)
	all, _, err := conn.Catalog.Find(ctx, catalog.Query{}, 0)
	return all, err
}

// mostMeant bounds what one search returns; what says the words comes after.
const mostMeant = 100

func (c core) Search(ctx context.Context, text string) ([]string, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Catalog.Meant(ctx, text, mostMeant)
}

func (c core) Service(ctx context.Context, code string) (*wire.ServiceDetails, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Catalog.View(ctx, code)
}

func (c core) Keep(ctx context.Context, code string, keep bool) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	if keep {
		return conn.Catalog.Save(ctx, code)
	}
	return conn.Catalog.Forget(ctx, code)
}
