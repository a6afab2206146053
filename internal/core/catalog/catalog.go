// Package catalog finds services and their forms. Commands and the TUI use it.
package catalog

import (
	"context"
	"errors"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what this package needs of the cabinet API; portal/cabinet.Client
// has it.
type Portal interface {
	Services(ctx context.Context, q cabinet.ServiceQuery) (*wire.Page[wire.Service], error)
	Service(ctx context.Context, code string) (*wire.ServiceDetails, error)
	Form(ctx context.Context, code string) (*wire.Form, error)
}

// Service answers questions about the catalogue.
type Service struct{ Portal Portal }

// Query narrows the catalogue; zero fields do not narrow.
type Query struct {
	Text       string // free text: word forms and typos are the portal's business
	Topic      string
	Department string
}

// Find returns services, best match first, at most limit of them (0 is all),
// and how many there are.
func (s *Service) Find(ctx context.Context, q Query, limit int) ([]wire.Service, int, error) {
	return cabinet.Take(limit, func(page cabinet.PageQuery) (*wire.Page[wire.Service], error) {
		return s.Portal.Services(ctx, cabinet.ServiceQuery{PageQuery: page, Query: q.Text, Topic: q.Topic, Department: q.Department})
	})
}

// View returns one service by its code or short name. An unknown one is an
// error that names the nearest.
func (s *Service) View(ctx context.Context, code string) (*wire.ServiceDetails, error) {
	d, err := s.Portal.Service(ctx, code)
	var f *fault.Error
	if errors.As(err, &f) && f.Exit == exitcode.NotFound && len(f.Fields) > 0 {
		f.Advise(i18n.Say("может быть, одна из этих; поиск по словам: epgu service search СЛОВА", "perhaps one of these; search by words: epgu service search WORDS"))
	}
	return d, err
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
