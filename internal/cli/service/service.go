// Package service is the noun "service": the catalogue, one service, its form
// and fees.
package service

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: i18n.Text{RU: "Каталог услуг", EN: "The catalogue of services"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newList(f), newSearch(f), newView(f), newForm(f), newFees(f), newSave(f), newUpdates(f), newAPI(f)}
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
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Account level"}, Value: func(s cabinet.Service) any { return unlessAPI(s, Level(s.Level)) }},
		{Name: "forOrgs", Title: i18n.Text{RU: "Для организаций", EN: "For organisations"}, Value: func(s cabinet.Service) any { return s.ForOrgs }},
		{Name: "feeKopecks", Title: i18n.Text{RU: "Пошлина", EN: "Fee"}, Value: func(s cabinet.Service) any { return unlessAPI(s, i18n.Money(s.FeeKopecks)) }},
		{Name: "termDays", Title: i18n.Text{RU: "Срок, дней", EN: "Term, days"}, Value: func(s cabinet.Service) any { return unlessAPI(s, s.TermDays) }},
		{Name: "situations", Title: i18n.Text{RU: "Жизненные ситуации", EN: "Life situations"}, Value: func(s cabinet.Service) any { return s.Situations }},
		{Name: "persons", Title: i18n.Text{RU: "Кому", EN: "For whom"}, Value: func(s cabinet.Service) any {
			return output.Dual{Machine: s.Persons, Human: persons(s.Persons)}
		}},
		{Name: "regions", Title: i18n.Text{RU: "Только в регионах", EN: "Only in regions"}, Value: func(s cabinet.Service) any { return s.Regions }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(s cabinet.Service) any { return state(s) }},
		{Name: "season", Title: i18n.Text{RU: "Сезон (месяц-день)", EN: "Season (month-day)"}, Value: func(s cabinet.Service) any { return s.Season }},
		{Name: "successor", Title: i18n.Text{RU: "Вместо неё", EN: "Successor"}, Value: func(s cabinet.Service) any { return s.Successor }},
		{Name: "online", Title: i18n.Text{RU: "Через портал", EN: "Online"}, Value: func(s cabinet.Service) any { return s.Online }},
		{Name: "saved", Title: i18n.Text{RU: "Сохранена", EN: "Kept"}, Value: func(s cabinet.Service) any { return s.Saved }},
		{Name: "used", Title: i18n.Text{RU: "Вы подавали", EN: "Your applications"}, Value: func(s cabinet.Service) any { return s.Used }},
		{Name: "popularity", Title: i18n.Text{RU: "Популярность", EN: "Popularity"}, Value: func(s cabinet.Service) any { return s.Popularity }},
		{Name: "obsolete", Title: i18n.Text{RU: "Устарела", EN: "Obsolete"}, Value: func(s cabinet.Service) any { return s.Obsolete }},
	}, Default: []string{"code", "slug", "title", "department", "feeKopecks", "termDays"}}
}

// unlessAPI is a value that only a portal's catalogue knows: nothing for a service
// of the client's own list.
func unlessAPI(s cabinet.Service, value any) any {
	if s.State == catalog.StateAPI {
		return nil
	}
	return value
}

// state tells whether and when a service is rendered.
func state(s cabinet.Service) output.Dual {
	switch s.State {
	case catalog.StateAPI:
		return output.Dual{Machine: s.State, Human: i18n.Text{RU: "доступна по API ЕПГУ (на 12.08.2026)", EN: "taken by API ЕПГУ (as of 2026-08-12)"}}
	case "seasonal":
		from, to, _ := strings.Cut(s.Season, " / ")
		return output.Dual{Machine: s.State, Human: i18n.Text{RU: "сезонная: с %s по %s", EN: "seasonal: %s to %s"}.With(monthDay(from), monthDay(to))}
	case "obsolete":
		return output.Dual{Machine: s.State, Human: i18n.Text{RU: "больше не оказывается, вместо неё %s", EN: "no longer rendered, %s stands for it"}.With(untrusted.Text(s.Successor))}
	}
	return output.Dual{Machine: s.State, Human: i18n.Text{RU: "оказывается", EN: "rendered"}}
}

// monthDay turns 06-01 into 01.06.
func monthDay(s string) untrusted.Text {
	month, day, ok := strings.Cut(s, "-")
	if !ok {
		return untrusted.Text(s)
	}
	return untrusted.Text(day + "." + month)
}

func persons(kinds []string) []i18n.Text {
	out := make([]i18n.Text, len(kinds))
	for i, k := range kinds {
		switch k {
		case "person":
			out[i] = i18n.Text{RU: "гражданину", EN: "citizens"}
		case "entrepreneur":
			out[i] = i18n.Text{RU: "предпринимателю", EN: "sole traders"}
		case "organisation":
			out[i] = i18n.Text{RU: "организации", EN: "organisations"}
		case "foreigner":
			out[i] = i18n.Text{RU: "иностранному гражданину", EN: "foreign citizens"}
		default:
			out[i] = i18n.Text{RU: k, EN: k}
		}
	}
	return out
}

// Level is an account level: its word for machines, its title for people.
func Level(l cabinet.Level) output.Dual {
	return output.Dual{Machine: string(l), Human: account.Title(l)}
}
