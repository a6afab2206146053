package profile

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// seen is a person and all that the portal keeps about him; the profile is nil
// where the portal shows programs the person only.
type seen struct {
	signin.Person
	profile *wire.Profile
}

// kept gives a field that only a whole profile has.
func kept(get func(p *wire.Profile) any) func(s seen) any {
	return func(s seen) any {
		if s.profile == nil {
			return nil
		}
		return get(s.profile)
	}
}

func view() output.View[seen] {
	return output.View[seen]{Fields: []output.Field[seen]{
		{Name: "oid", Title: i18n.Text{RU: "Номер в ЕСИА", EN: "ЕСИА number"}, Value: func(p seen) any { return p.OID }},
		{Name: "lastName", Title: i18n.Text{RU: "Фамилия", EN: "Last name"}, Value: func(p seen) any { return p.LastName }},
		{Name: "firstName", Title: i18n.Text{RU: "Имя", EN: "First name"}, Value: func(p seen) any { return p.FirstName }},
		{Name: "middleName", Title: i18n.Text{RU: "Отчество", EN: "Middle name"}, Value: func(p seen) any { return p.MiddleName }},
		{Name: "birthDate", Title: i18n.Text{RU: "Дата рождения", EN: "Date of birth"}, Value: func(p seen) any { return day(p.BirthDate) }},
		{Name: "gender", Title: i18n.Text{RU: "Пол", EN: "Sex"}, Value: kept(func(p *wire.Profile) any { return gender(p.Gender) })},
		{Name: "birthPlace", Title: i18n.Text{RU: "Место рождения", EN: "Place of birth"}, Value: kept(func(p *wire.Profile) any { return p.BirthPlace })},
		{Name: "citizenship", Title: i18n.Text{RU: "Гражданство", EN: "Citizenship"}, Value: kept(func(p *wire.Profile) any { return p.Citizenship })},
		{Name: "snils", Title: i18n.Text{RU: "СНИЛС", EN: "СНИЛС"}, Value: func(p seen) any { return p.SNILS }},
		{Name: "inn", Title: i18n.Text{RU: "ИНН", EN: "ИНН"}, Value: func(p seen) any { return p.INN }},
		{Name: "mobile", Title: i18n.Text{RU: "Телефон", EN: "Phone"}, Value: func(p seen) any { return p.Mobile }},
		{Name: "email", Title: i18n.Text{RU: "Почта", EN: "E-mail"}, Value: func(p seen) any { return p.Email }},
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Account level"}, Value: func(p seen) any { return service.Level(p.Level) }},
		{Name: "recheck", Title: i18n.Text{RU: "Данные проверяются", EN: "Data being checked"}, Value: kept(func(p *wire.Profile) any { return p.Recheck })},
		{Name: "addresses", Title: i18n.Text{RU: "Адреса", EN: "Addresses"}, Lines: true, Value: kept(func(p *wire.Profile) any {
			return output.Dual{Machine: p.Addresses, Human: each(p.Addresses, addressLine)}
		})},
		{Name: "documents", Title: i18n.Text{RU: "Документы", EN: "Documents"}, Lines: true, Value: kept(func(p *wire.Profile) any {
			return output.Dual{Machine: p.Documents, Human: each(p.Documents, documentLine)}
		})},
		{Name: "children", Title: i18n.Text{RU: "Дети", EN: "Children"}, Lines: true, Value: kept(func(p *wire.Profile) any {
			return output.Dual{Machine: p.Children, Human: each(p.Children, childLine)}
		})},
		{Name: "vehicles", Title: i18n.Text{RU: "Транспорт", EN: "Vehicles"}, Lines: true, Value: kept(func(p *wire.Profile) any {
			return output.Dual{Machine: p.Vehicles, Human: each(p.Vehicles, vehicleLine)}
		})},
		{Name: "role", Title: i18n.Text{RU: "Роль", EN: "Role"}, Value: func(p seen) any {
			t := i18n.Text{RU: "гражданин", EN: "citizen"}
			if p.Role.Kind == "organisation" {
				t = i18n.Text{RU: "представитель организации", EN: "acts for an organisation"}
			}
			return output.Dual{Machine: p.Role.Kind, Human: t}
		}},
		{Name: "orgOid", Title: i18n.Text{RU: "Номер организации", EN: "Organisation's number"}, Value: func(p seen) any { return p.Role.OrgOID }},
		{Name: "orgName", Title: i18n.Text{RU: "Организация", EN: "Organisation"}, Value: func(p seen) any { return p.Role.Name }},
	}}
}

func each[T any](list []T, line func(T) i18n.Message) []i18n.Message {
	out := make([]i18n.Message, len(list))
	for i, v := range list {
		out[i] = line(v)
	}
	return out
}

func gender(s string) any {
	switch s {
	case "M":
		return output.Dual{Machine: s, Human: i18n.Text{RU: "мужской", EN: "male"}}
	case "F":
		return output.Dual{Machine: s, Human: i18n.Text{RU: "женский", EN: "female"}}
	case "":
		return nil
	}
	return s
}

func addressLine(a wire.Address) i18n.Message {
	title := i18n.Text{RU: "проживание: %s", EN: "living: %s"}
	if a.Type == wire.AddressRegistered {
		title = i18n.Text{RU: "регистрация: %s", EN: "registered: %s"}
	}
	return title.With(wire.Text(account.AddressLine(a)))
}

func documentLine(d wire.ProfileDocument) i18n.Message {
	number := wire.Text(strings.TrimSpace(d.Series + " " + d.Number))
	if d.Verified {
		return i18n.Text{RU: "%s: %s, проверен", EN: "%s: %s, checked"}.With(account.DocumentTitle(d.Type), number)
	}
	return i18n.Text{RU: "%s: %s, не проверен", EN: "%s: %s, not checked"}.With(account.DocumentTitle(d.Type), number)
}

func childLine(c wire.ProfileChild) i18n.Message {
	return i18n.Text{RU: "%s %s %s, %s", EN: "%s %s %s, %s"}.With(c.LastName, c.FirstName, c.MiddleName, i18n.ISODay(c.BirthDate))
}

func vehicleLine(v wire.ProfileVehicle) i18n.Message {
	return i18n.Text{RU: "%s %s, СТС %s", EN: "%s %s, СТС %s"}.With(v.Name, wire.Text(v.Plate), wire.Text(v.STS))
}

func day(s string) any {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil
	}
	return output.Date(t)
}

// see reads the person and, where the portal shows it, the whole profile.
func see(ctx context.Context, c *factory.Connection) (seen, error) {
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return seen{}, err
	}
	p, err := c.Account.Profile(ctx)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == "capability.missing" {
		return seen{Person: me}, nil // ЕСИА has told all that there is
	}
	if err != nil {
		return seen{}, err
	}
	// Contacts and level are those of the profile, whatever the marker lets ЕСИА tell.
	me.SNILS, me.INN, me.Mobile, me.Email, me.Level = p.SNILS, p.INN, wire.Text(p.Mobile), wire.Text(p.Email), p.Level
	return seen{me, &p.Profile}, nil
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "view",
		Short: i18n.Text{RU: "Что портал знает о вас", EN: "What the portal knows about you"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Личные данные, контакты, адреса, документы, дети, транспорт, уровень и роль. Вывод --json можно сохранить, поправить и вернуть: epgu profile edit --file.",
			EN: "Personal data, contacts, addresses, documents, children, vehicles, level and role. What --json prints may be saved, edited and given back: epgu profile edit --file."}.In(f.Lang),
		Example: "  epgu profile view\n  epgu profile view --json mobile,email,addresses",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			s, err := see(cmd.Context(), c)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), s)
		},
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

// whole reads the profile to be edited; exit code 4 where programs do not see it.
func whole(ctx context.Context, c *factory.Connection) (*cabinet.Profile, error) {
	p, err := c.Account.Profile(ctx)
	if err != nil {
		return nil, err
	}
	if p.ETag == "" {
		return nil, fault.New(exitcode.Unavailable, "profile.no_version", i18n.Say("портал не назвал версию профиля: править его вслепую нельзя", "the portal named no version of the profile: it cannot be edited blindly"))
	}
	return p, nil
}
