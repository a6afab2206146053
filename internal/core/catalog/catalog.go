// Package catalog finds services and their forms. Commands and the TUI use it.
package catalog

import (
	"context"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Query narrows the catalogue; zero fields do not narrow.
type Query struct {
	Text       string // free text: word forms and typos are the portal's business
	Topic      string
	Department string
	Cursor     string // of the page to read, from the page before
	Limit      int    // most services to return; 0 is the portal's page
}

// Portal is what this package needs of the cabinet API.
type Portal interface {
	ServicesPage(ctx context.Context, q Query) (cabinet.Page[cabinet.Service], error)
	Service(ctx context.Context, code string) (cabinet.ServiceDetails, error)
	Form(ctx context.Context, code string) (cabinet.Form, error)
}

// Service answers questions about the catalogue.
type Service struct{ Portal Portal }

// Find returns services, best match first, at most limit of them (0 is all),
// and how many there are.
func (s *Service) Find(ctx context.Context, q Query, limit int) ([]cabinet.Service, int, error) {
	var out []cabinet.Service
	for {
		q.Limit = 100
		if limit > 0 {
			q.Limit = min(100, limit-len(out))
		}
		page, err := s.Portal.ServicesPage(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, page.Items...)
		if page.NextCursor == "" || len(page.Items) == 0 || limit > 0 && len(out) >= limit {
			return out, page.Total, nil
		}
		q.Cursor = page.NextCursor
	}
}

// View returns one service by its code or short name.
func (s *Service) View(ctx context.Context, code string) (cabinet.ServiceDetails, error) {
	return s.Portal.Service(ctx, code)
}

// Form returns the form of a service and what the portal already knows of the
// person.
func (s *Service) Form(ctx context.Context, code string) (*forms.Form, map[string]any, error) {
	w, err := s.Portal.Form(ctx, code)
	if err != nil {
		return nil, nil, err
	}
	f, err := forms.Parse(w.Service, w.Version, w.Schema)
	if err != nil {
		return nil, nil, err
	}
	return f, w.Prefill, nil
}
