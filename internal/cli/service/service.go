// Package service is the noun "service": the catalogue, one service, its form
// and fees.
package service

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: i18n.Text{RU: "Каталог услуг", EN: "The catalogue of services"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newList(f), newSearch(f), newView(f), newForm(f), newFees(f)}
	})
	return cmd
}

func listView() output.View[cabinet.Service] {
	return output.View[cabinet.Service]{Fields: []output.Field[cabinet.Service]{
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(s cabinet.Service) any { return s.Code }},
		{Name: "slug", Title: i18n.Text{RU: "Имя", EN: "Name"}, Value: func(s cabinet.Service) any { return s.Slug }},
		{Name: "title", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(s cabinet.Service) any { return s.Title }, Wide: true},
		{Name: "summary", Title: i18n.Text{RU: "Коротко", EN: "In short"}, Value: func(s cabinet.Service) any { return s.Summary }, Wide: true},
		{Name: "department", Title: i18n.Text{RU: "Ведомство", EN: "Department"}, Value: func(s cabinet.Service) any { return s.Department }, Wide: true},
		{Name: "topic", Title: i18n.Text{RU: "Тема", EN: "Topic"}, Value: func(s cabinet.Service) any { return s.Topic }},
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Account level"}, Value: func(s cabinet.Service) any { return Level(s.Level) }},
		{Name: "forOrgs", Title: i18n.Text{RU: "Для организаций", EN: "For organisations"}, Value: func(s cabinet.Service) any { return s.ForOrgs }},
		{Name: "feeKopecks", Title: i18n.Text{RU: "Пошлина", EN: "Fee"}, Value: func(s cabinet.Service) any { return i18n.Money(s.FeeKopecks) }},
		{Name: "termDays", Title: i18n.Text{RU: "Срок, дней", EN: "Term, days"}, Value: func(s cabinet.Service) any { return s.TermDays }},
		{Name: "obsolete", Title: i18n.Text{RU: "Устарела", EN: "Obsolete"}, Value: func(s cabinet.Service) any { return s.Obsolete }},
	}, Default: []string{"code", "slug", "title", "department", "feeKopecks", "termDays"}}
}

// Level is an account level: its word for machines, its title for people.
func Level(l cabinet.Level) output.Dual {
	return output.Dual{Machine: string(l), Human: account.Title(l)}
}
