package orgs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/orgs"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// portal knows two organisations and remembers what it was asked.
type portal struct {
	asked []string
	fails error
}

func (p *portal) note(format string, args ...any) {
	p.asked = append(p.asked, fmt.Sprintf(format, args...))
}

func (p *portal) Organisations(context.Context) ([]wire.Organisation, error) {
	p.note("list")
	return []wire.Organisation{
		{OID: "101", Name: "ООО «Учебная ромашка»", INN: "9600000016", OGRN: "1000000000010"},
		{OID: "102", Name: "ИП Директоров О. П.", INN: "960000000557", OGRN: "300000000000015"},
	}, p.fails
}

func (p *portal) Members(_ context.Context, org string) ([]wire.Member, error) {
	p.note("members %s", org)
	return []wire.Member{{OID: "1"}}, p.fails
}

func (p *portal) GivePowers(_ context.Context, org string, in wire.MemberInput) (*wire.Member, error) {
	p.note("give %s %s", org, in.Login)
	return &wire.Member{OID: "1"}, p.fails
}

func (p *portal) TakePowers(_ context.Context, org, person string) error {
	p.note("take %s %s", org, person)
	return p.fails
}

func service(p *portal, offers ...wire.Capability) *orgs.Service {
	return &orgs.Service{Portal: p, Capabilities: func(context.Context) (*wire.Capabilities, error) {
		return &wire.Capabilities{Portal: "Портал", Capabilities: offers}, nil
	}}
}

func TestAnOrganisationIsFoundByItsNumbersOrAPartOfItsName(t *testing.T) {
	s := service(&portal{}, wire.CapAccount)
	for what, oid := range map[string]string{
		"101": "101", "9600000016": "101", "1000000000010": "101", "ромашка": "101", "РОМАШКА": "101", "ООО «Учебная ромашка»": "101",
		"102": "102", "960000000557": "102", "300000000000015": "102", "директоров": "102",
	} {
		if o, err := s.Find(t.Context(), what); err != nil || o.OID != oid {
			t.Errorf("%q: %q, %v", what, o.OID, err)
		}
	}
}

func TestAnUnknownOrAmbiguousOrganisationSaysWhereToLook(t *testing.T) {
	s := service(&portal{}, wire.CapAccount)
	for _, c := range []struct {
		what, code, ru, en string
		exit               exitcode.Code
	}{
		{"лютик", "org.not_found", "не представляете", "do not act for", exitcode.NotFound},
		{"960", "org.not_found", "не представляете", "do not act for", exitcode.NotFound}, // a part of a number is no number
		{"о", "org.ambiguous", "несколько", "several", exitcode.Usage},
		{"", "org.ambiguous", "несколько", "several", exitcode.Usage},
	} {
		_, err := s.Find(t.Context(), c.what)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != c.code || f.Exit != c.exit || !strings.Contains(f.Message.In(i18n.RU), c.ru) || !strings.Contains(f.Message.In(i18n.EN), c.en) ||
			!strings.Contains(f.Hint.In(i18n.EN), "epgu org list") {
			t.Errorf("%q: %v", c.what, err)
		}
	}
}

func TestAnOrganisationThatIsNotThereIsShownHarmless(t *testing.T) {
	_, err := service(&portal{}, wire.CapAccount).Find(t.Context(), "x\x1b]0;evil\x07\u202e")
	var f *fault.Error
	if !errors.As(err, &f) || strings.ContainsAny(f.Message.In(i18n.RU)+f.Message.In(i18n.EN), "\x1b\x07\u202e") {
		t.Errorf("%q", f.Message.In(i18n.RU))
	}
}

func TestEachVerbAsksThePortalOnceAndOnlyWhereItIsOffered(t *testing.T) {
	for _, c := range []struct {
		asked string
		call  func(ctx context.Context, s *orgs.Service) error
	}{
		{"list", func(ctx context.Context, s *orgs.Service) error { _, err := s.List(ctx); return err }},
		{"list", func(ctx context.Context, s *orgs.Service) error { _, err := s.Find(ctx, "101"); return err }},
		{"members 101", func(ctx context.Context, s *orgs.Service) error { _, err := s.Members(ctx, "101"); return err }},
		{"give 101 anna@example.org", func(ctx context.Context, s *orgs.Service) error {
			_, err := s.Delegate(ctx, "101", wire.MemberInput{Login: "anna@example.org"})
			return err
		}},
		{"take 101 1", func(ctx context.Context, s *orgs.Service) error { return s.Revoke(ctx, "101", "1") }},
	} {
		p := &portal{}
		if err := c.call(t.Context(), service(p, wire.CapAccount)); err != nil || strings.Join(p.asked, ";") != c.asked {
			t.Errorf("%s: %q %v", c.asked, p.asked, err)
		}
		p = &portal{}
		if err := c.call(t.Context(), service(p, wire.CapProfile)); fault.ExitOf(err) != exitcode.Refused || len(p.asked) > 0 {
			t.Errorf("%s is not offered: %q %v", c.asked, p.asked, err)
		}
		p = &portal{fails: fault.New(exitcode.Refused, "organisation.not_chief", i18n.Say("нет", "no"))}
		if err := c.call(t.Context(), service(p, wire.CapAccount)); !errors.Is(err, p.fails) {
			t.Errorf("%s: the portal's refusal became %v", c.asked, err)
		}
		away := &orgs.Service{Portal: &portal{}, Capabilities: func(context.Context) (*wire.Capabilities, error) { return nil, errors.New("away") }}
		if err := c.call(t.Context(), away); err == nil {
			t.Errorf("%s while the portal is away: no error", c.asked)
		}
	}
}
