package service

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// newSave keeps services, keeps them no longer, or lists those kept.
func newSave(f *factory.Factory) *cobra.Command {
	var remove bool
	var codes []string
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "save [УСЛУГА…]", EN: "save [SERVICE…]"}.In(f.Lang),
		Short: i18n.Text{RU: "Сохранить услуги; без аргументов — сохранённые", EN: "Keep services; without arguments, those kept"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Сохранённые услуги стоят первыми в service list, а service updates говорит, что в них изменилось.",
			EN: "Services that you keep stand first in service list, and service updates tells what has changed in them."}.In(f.Lang),
		Example:           "  epgu service save zagranpasport kindergarten\n  epgu service save --remove kindergarten",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: f.CompleteServices,
		PreRunE: func(_ *cobra.Command, args []string) error {
			codes = args
			if remove && len(args) == 0 {
				return fault.New(exitcode.Usage, "usage.missing_argument", i18n.Say("назовите услугу, которую больше не хранить", "name the service to keep no longer"))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&remove, "remove", false, i18n.Text{RU: "больше не хранить", EN: "keep no longer"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[cabinet.Service]{
		View: listView(), Limit: 30,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]cabinet.Service, output.Page, error) {
			change := c.Catalog.Save
			if remove {
				change = c.Catalog.Forget
			}
			for _, code := range codes {
				if err := change(ctx, code); err != nil {
					return nil, output.Page{}, err
				}
			}
			items, total, err := c.Catalog.Saved(ctx, limit)
			return items, output.Page{Total: total, HasMore: len(items) < total}, err
		},
	})
}

func changesView() output.View[cabinet.ServiceChange] {
	return output.View[cabinet.ServiceChange]{Fields: []output.Field[cabinet.ServiceChange]{
		{Name: "date", Title: i18n.Text{RU: "С какого дня", EN: "From"}, Value: func(x cabinet.ServiceChange) any { return output.Day(x.Date) }},
		{Name: "service", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(x cabinet.ServiceChange) any { return x.Service }},
		{Name: "slug", Title: i18n.Text{RU: "Имя", EN: "Name"}, Value: func(x cabinet.ServiceChange) any { return x.Slug }},
		{Name: "title", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(x cabinet.ServiceChange) any { return x.Title }, Wide: true},
		{Name: "kind", Title: i18n.Text{RU: "Что", EN: "What"}, Value: func(x cabinet.ServiceChange) any {
			return output.Dual{Machine: x.Kind, Human: changeKind(x.Kind)}
		}},
		{Name: "text", Title: i18n.Text{RU: "Изменение", EN: "Change"}, Value: func(x cabinet.ServiceChange) any { return x.Text }, Wide: true},
	}, Default: []string{"date", "title", "kind", "text"}}
}

func changeKind(kind string) i18n.Text {
	switch kind {
	case "fee":
		return i18n.Text{RU: "пошлина", EN: "fee"}
	case "form":
		return i18n.Text{RU: "форма", EN: "form"}
	case "law":
		return i18n.Text{RU: "закон", EN: "law"}
	case "term":
		return i18n.Text{RU: "срок", EN: "term"}
	case "new":
		return i18n.Text{RU: "новая услуга", EN: "new service"}
	case "obsolete":
		return i18n.Text{RU: "больше не оказывается", EN: "no longer rendered"}
	}
	return i18n.Text{RU: kind, EN: kind}
}

// newUpdates tells what has changed in the services that are kept.
func newUpdates(f *factory.Factory) *cobra.Command {
	var since string
	var every bool
	cmd := &cobra.Command{
		Use:   "updates",
		Short: i18n.Text{RU: "Что изменилось в сохранённых услугах", EN: "What has changed in the services that you keep"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Пошлины, формы, сроки и законы, которые изменились в сохранённых услугах с того дня, как вы их сохранили. --since берёт другой день, --catalogue — весь каталог (тогда входить не нужно).",
			EN: "Fees, forms, terms and laws that have changed in the services you keep since the day you kept them. --since takes another day, --catalogue the whole catalogue (no sign-in is needed then)."}.In(f.Lang),
		Example: "  epgu service updates\n  epgu service updates --catalogue --since 2025-01-01",
		PreRunE: func(*cobra.Command, []string) error {
			if _, err := time.Parse(time.DateOnly, since); since != "" && err != nil {
				return fault.New(exitcode.Usage, "usage.bad_date", i18n.Text{RU: "--since: нужна дата вида 2026-01-31, а не «%s»", EN: "--since: a day like 2026-01-31, not %q"}.With(since))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&since, "since", "", i18n.Text{RU: "с какого `дня` (2026-01-31)", EN: "from which `day` on (2026-01-31)"}.In(f.Lang))
	cmd.Flags().BoolVar(&every, "catalogue", false, i18n.Text{RU: "во всех услугах, а не только в сохранённых", EN: "in all services, not only in those kept"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[cabinet.ServiceChange]{
		View: changesView(), Limit: 30,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]cabinet.ServiceChange, output.Page, error) {
			items, total, err := c.Catalog.Changes(ctx, since, every, limit)
			return items, output.Page{Total: total, HasMore: len(items) < total}, err
		},
	})
}

func apiView() output.View[catalog.APIService] {
	return output.View[catalog.APIService]{Fields: []output.Field[catalog.APIService]{
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(x catalog.APIService) any { return x.Code }},
		{Name: "targetCode", Title: i18n.Text{RU: "Код цели", EN: "Target code"}, Value: func(x catalog.APIService) any { return x.TargetCode() }},
		{Name: "title", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(x catalog.APIService) any { return x.Title }, Wide: true},
		{Name: "persons", Title: i18n.Text{RU: "Кому", EN: "For whom"}, Value: func(x catalog.APIService) any {
			return output.Dual{Machine: x.Persons, Human: persons(x.Persons)}
		}},
		{Name: "powers", Title: i18n.Text{RU: "Полномочия", EN: "Powers"}, Value: func(x catalog.APIService) any {
			return output.Dual{Machine: x.Powers, Human: x.PowersText()}
		}, Wide: true},
		{Name: "form", Title: i18n.Text{RU: "Есть форма", EN: "Has a form"}, Value: func(x catalog.APIService) any { return x.HasForm() }},
		{Name: "files", Title: i18n.Text{RU: "Файлы архива", EN: "Files of the archive"}, Value: func(x catalog.APIService) any { return x.Files }, Wide: true},
		{Name: "signature", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(x catalog.APIService) any {
			return output.Dual{Machine: x.Signature, Human: apiSignature(x.Signature)}
		}},
		{Name: "spec", Title: i18n.Text{RU: "Спецификация", EN: "Specification"}, Value: func(x catalog.APIService) any { return x.Spec }},
		{Name: "known", Title: i18n.Text{RU: "Откуда известно", EN: "Known from"}, Value: func(x catalog.APIService) any {
			t := i18n.Text{RU: "открытый клиент", EN: "a public client"}
			if x.Known == "official" {
				t = i18n.Text{RU: "официальный документ", EN: "the official document"}
			}
			return output.Dual{Machine: x.Known, Human: t}
		}},
	}, Default: []string{"code", "title", "files", "signature", "spec"}}
}

// newAPI lists the services of API ЕПГУ, which the program knows itself.
func newAPI(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "api",
		Short: i18n.Text{RU: "Услуги API ЕПГУ: известны без портала", EN: "Services of API ЕПГУ, known without a portal"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Услуги, которые настоящий портал принимает от программ по API ЕПГУ, по состоянию на 29.11.2026. Портал своего каталога программам не показывает, поэтому список программа знает сама: ни портал, ни сеть не нужны.",
			EN: "The services that the real portal takes from programs by API ЕПГУ, as of 2026-11-29. The portal shows its catalogue to no program, so this list is the program's own: neither portal nor network is needed."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := catalog.APIServices()
			if err != nil {
				return err
			}
			return output.List(f.IO, &out, apiView(), list, output.Page{Total: len(list)})
		},
	}
	output.AddFlags(cmd, &out, apiView(), f.Lang)
	return cmd
}

func apiSignature(s string) i18n.Text {
	switch s {
	case "none":
		return i18n.Text{RU: "не нужна", EN: "not needed"}
	case "detached":
		return i18n.Text{RU: "отсоединённая", EN: "detached"}
	}
	return i18n.Text{RU: "зависит от заявителя", EN: "by the applicant"}
}
