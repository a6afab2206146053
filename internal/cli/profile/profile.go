// Package profile is the noun "profile": who you are at the portal, the level
// of the account and the consents given.
package profile

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/core/signin"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: i18n.Text{RU: "Ваши данные, уровень учётной записи, согласия", EN: "Your data, the level of the account, consents"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newView(f), newLevel(f), newConsents(f)}
	})
	return cmd
}

func view() output.View[signin.Person] {
	return output.View[signin.Person]{Fields: []output.Field[signin.Person]{
		{Name: "oid", Title: i18n.Text{RU: "Номер в ЕСИА", EN: "ЕСИА number"}, Value: func(p signin.Person) any { return p.OID }},
		{Name: "lastName", Title: i18n.Text{RU: "Фамилия", EN: "Last name"}, Value: func(p signin.Person) any { return p.LastName }},
		{Name: "firstName", Title: i18n.Text{RU: "Имя", EN: "First name"}, Value: func(p signin.Person) any { return p.FirstName }},
		{Name: "middleName", Title: i18n.Text{RU: "Отчество", EN: "Middle name"}, Value: func(p signin.Person) any { return p.MiddleName }},
		{Name: "birthDate", Title: i18n.Text{RU: "Дата рождения", EN: "Date of birth"}, Value: func(p signin.Person) any { return day(p.BirthDate) }},
		{Name: "snils", Title: i18n.Text{RU: "СНИЛС", EN: "СНИЛС"}, Value: func(p signin.Person) any { return p.SNILS }},
		{Name: "inn", Title: i18n.Text{RU: "ИНН", EN: "ИНН"}, Value: func(p signin.Person) any { return p.INN }},
		{Name: "mobile", Title: i18n.Text{RU: "Телефон", EN: "Phone"}, Value: func(p signin.Person) any { return p.Mobile }},
		{Name: "email", Title: i18n.Text{RU: "Почта", EN: "E-mail"}, Value: func(p signin.Person) any { return p.Email }},
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Account level"}, Value: func(p signin.Person) any { return service.Level(p.Level) }},
		{Name: "role", Title: i18n.Text{RU: "Роль", EN: "Role"}, Value: func(p signin.Person) any {
			t := i18n.Text{RU: "гражданин", EN: "citizen"}
			if p.Role.Kind == "organisation" {
				t = i18n.Text{RU: "представитель организации", EN: "acts for an organisation"}
			}
			return output.Dual{Machine: p.Role.Kind, Human: t}
		}},
		{Name: "orgOid", Title: i18n.Text{RU: "Номер организации", EN: "Organisation's number"}, Value: func(p signin.Person) any { return p.Role.OrgOID }},
		{Name: "orgName", Title: i18n.Text{RU: "Организация", EN: "Organisation"}, Value: func(p signin.Person) any { return p.Role.Name }},
	}}
}

func day(s string) any {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil
	}
	return output.Date(t)
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "view",
		Short: i18n.Text{RU: "Что портал знает о вас", EN: "What the portal knows about you"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			me, err := c.SignIn.Me(cmd.Context())
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), me)
		},
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

func consentView() output.View[wire.Consent] {
	return output.View[wire.Consent]{Fields: []output.Field[wire.Consent]{
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "Id"}, Value: func(c wire.Consent) any { return c.ID }},
		{Name: "responsible", Title: i18n.Text{RU: "Кому", EN: "To whom"}, Value: func(c wire.Consent) any { return c.Responsible }, Wide: true},
		{Name: "clientId", Title: i18n.Text{RU: "Система", EN: "System"}, Value: func(c wire.Consent) any { return c.ClientID }},
		{Name: "sysname", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(c wire.Consent) any { return c.Sysname }},
		{Name: "scopes", Title: i18n.Text{RU: "Что разрешено", EN: "What is allowed"}, Value: func(c wire.Consent) any { return c.Scopes }, Wide: true},
		{Name: "givenAt", Title: i18n.Text{RU: "Дано", EN: "Given"}, Value: func(c wire.Consent) any { return c.GivenAt }},
		{Name: "until", Title: i18n.Text{RU: "До", EN: "Until"}, Value: func(c wire.Consent) any { return c.Until }},
	}, Default: []string{"id", "responsible", "clientId", "sysname", "givenAt", "until"}}
}

func newConsents(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "consents",
		Short: i18n.Text{RU: "Какие согласия вы дали", EN: "Which consents you gave"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			list, err := c.Account.Consents(cmd.Context())
			if err != nil {
				return err
			}
			return output.List(f.IO, &out, consentView(), list, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, consentView(), f.Lang)
	cmd.AddCommand(newRevoke(f))
	return cmd
}

func newRevoke(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   i18n.Text{RU: "revoke НОМЕР", EN: "revoke ID"}.In(f.Lang),
		Short: i18n.Text{RU: "Отозвать согласие", EN: "Take a consent back"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Новые маркеры согласия уже не несут; выданный раньше действует до конца своего срока. Чтобы снова подавать заявления, войдите и дайте согласие заново.",
			EN: "New markers do not carry the consent any more; one issued before is good for the rest of its term. To submit applications again, sign in and give the consent anew."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			return c.Account.RevokeConsent(cmd.Context(), args[0])
		},
	}
}
