// Package orgs is acting for organisations and sole traders: whom a person may
// act for, who else may, and handing powers over. Taking a role on is signing
// in anew and so in core/signin. Commands and the TUI use it.
package orgs

import (
	"context"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what organisations need of a portal; *cabinet.Client is one.
type Portal interface {
	Organisations(ctx context.Context) ([]wire.Organisation, error)
	Members(ctx context.Context, org string) ([]wire.Member, error)
	GivePowers(ctx context.Context, org string, in wire.MemberInput) (*wire.Member, error)
	TakePowers(ctx context.Context, org, person string) error
}

// Service works on one portal. Every method fails with exit code 4 where the
// portal does not offer it.
type Service struct {
	Portal       Portal
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
}

func (s *Service) offered(ctx context.Context) error {
	caps, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	return cabinet.Require(caps, wire.CapAccount)
}

// List returns the organisations that the person acts for.
func (s *Service) List(ctx context.Context) ([]wire.Organisation, error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	return s.Portal.Organisations(ctx)
}

// Find returns the one organisation that what names: its number at ЕСИА, its
// ИНН or ОГРН, or a part of its name.
func (s *Service) Find(ctx context.Context, what string) (wire.Organisation, error) {
	list, err := s.List(ctx)
	if err != nil {
		return wire.Organisation{}, err
	}
	var found []wire.Organisation
	for _, o := range list {
		if what == o.OID || what == o.INN || what == o.OGRN {
			return o, nil
		}
		if strings.Contains(strings.ToLower(o.Name.Raw()), strings.ToLower(what)) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return wire.Organisation{}, fault.New(exitcode.NotFound, "org.not_found", i18n.Text{
			RU: "вы не представляете организацию «%s»", EN: "you do not act for an organisation %q"}.With(wire.Text(what))).AdviseRun("epgu org list")
	}
	return wire.Organisation{}, fault.New(exitcode.Usage, "org.ambiguous", i18n.Text{
		RU: "под «%s» подходит несколько организаций: назовите ИНН или номер", EN: "several organisations fit %q: give the ИНН or the number"}.With(wire.Text(what))).AdviseRun("epgu org list")
}

// Members lists who may act for an organisation.
func (s *Service) Members(ctx context.Context, org string) ([]wire.Member, error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	return s.Portal.Members(ctx, org)
}

// Delegate gives a person powers in an organisation.
func (s *Service) Delegate(ctx context.Context, org string, in wire.MemberInput) (*wire.Member, error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	return s.Portal.GivePowers(ctx, org, in)
}

// Revoke takes the powers of a person in an organisation back.
func (s *Service) Revoke(ctx context.Context, org, person string) error {
	if err := s.offered(ctx); err != nil {
		return err
	}
	return s.Portal.TakePowers(ctx, org, person)
}
