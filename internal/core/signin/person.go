package signin

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/esia"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wireesia "github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/untrusted"
	"github.com/epgu-cli/epgu/internal/vault"
)

// Factor is one way to confirm a sign-in.
type Factor = wire.Factor

// Person is who acts.
type Person struct{ wire.Me }

// Name is the full name, or that of the organisation acted for.
func (p Person) Name() untrusted.Text {
	if p.Role.Kind == "organisation" {
		return p.Role.Name
	}
	return p.FullName()
}

// FullName is the person's own name, whoever is acted for.
func (p Person) FullName() untrusted.Text {
	parts := []string{p.LastName.Raw(), p.FirstName.Raw(), p.MiddleName.Raw()}
	return untrusted.Text(strings.TrimSpace(strings.Join(parts, " ")))
}

// Applicant identifies who applies: a person, or a person for an organisation.
func (p Person) Applicant() string {
	if p.Role.OrgOID != "" {
		return p.OID + "/" + p.Role.OrgOID
	}
	return p.OID
}

// Me asks the portal who is signed in: the cabinet where there is one, else
// ЕСИА.
func (s *Service) Me(ctx context.Context) (Person, error) {
	if err := s.offers(ctx, wire.CapProfile); err == nil {
		me, err := s.Cabinet.Me(ctx)
		if err != nil {
			return Person{}, err
		}
		return Person{*me}, nil
	}
	token, err := s.Token(ctx, "")
	if err != nil {
		return Person{}, err
	}
	if token == "" {
		return Person{}, NotSignedIn()
	}
	claims, err := esia.Peek(token)
	if err != nil {
		return Person{}, err
	}
	c, err := s.ESIA(ctx)
	if err != nil {
		return Person{}, err
	}
	p, err := c.Person(ctx, formatOID(claims.SubjectID))
	if err != nil {
		return Person{}, err
	}
	me := fromESIA(claims, p)
	if claims.OrgOID != 0 {
		me.Role = wire.Role{Kind: "organisation", OrgOID: formatOID(claims.OrgOID)}
		org, err := c.Org(ctx, me.Role.OrgOID)
		if err != nil {
			return Person{}, err
		}
		me.Role.Name, me.Role.INN, me.Role.KPP = org.ShortName, org.INN, org.KPP
	}
	return Person{me}, nil
}

func fromESIA(claims *wireesia.AccessClaims, p *wireesia.Person) wire.Me {
	me := wire.Me{OID: formatOID(claims.SubjectID), LastName: p.LastName, FirstName: p.FirstName, MiddleName: p.MiddleName,
		SNILS: p.SNILS, INN: p.INN, Role: wire.Role{Kind: "person"}}
	if born, err := time.Parse("02.01.2006", p.BirthDate); err == nil {
		me.BirthDate = born.Format(time.DateOnly)
	}
	switch esia.LevelOf(p) {
	case esia.Confirmed:
		me.Level = wire.LevelConfirmed
	case esia.Standard:
		me.Level = wire.LevelStandard
	default:
		me.Level = wire.LevelSimplified
	}
	return me
}

// Remember asks the portal who is signed in and keeps the answer in the vault,
// so that Status can tell it without asking.
func (s *Service) Remember(ctx context.Context) (Person, error) {
	p, err := s.Me(ctx)
	if err != nil {
		return Person{}, err
	}
	known, err := json.Marshal(p.Me)
	if err != nil {
		return p, err
	}
	if d, err := s.Vault.Describe(ctx); err == nil && (d.Kind == vault.Env || d.Kind == vault.Command) {
		return p, nil // a vault that only reads
	}
	return p, s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		if loadErr != nil {
			return loadErr
		}
		extra(sec, keptPerson, string(known))
		return nil
	})
}

// LevelFor returns the level of the account: the one remembered when it is
// enough, since levels seldom fall, else the one that the portal tells now.
func (s *Service) LevelFor(ctx context.Context, enough func(wire.Level) bool) (wire.Level, error) {
	if st, err := s.Status(ctx); err == nil && st.Person != nil && enough(st.Person.Level) {
		return st.Person.Level, nil
	}
	p, err := s.Remember(ctx)
	return p.Level, err
}

// remembered is the person of Remember, if it is still the marker's.
func remembered(sec vault.Secrets, claims *wireesia.AccessClaims) *Person {
	var me wire.Me
	if sec.Extra[keptPerson] == "" || json.Unmarshal([]byte(sec.Extra[keptPerson]), &me) != nil ||
		me.OID != formatOID(claims.SubjectID) || me.Role.OrgOID != formatOID(claims.OrgOID) {
		return nil
	}
	return &Person{me}
}

func formatOID(oid int64) string {
	if oid == 0 {
		return ""
	}
	return strconv.FormatInt(oid, 10)
}
