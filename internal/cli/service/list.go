package service

import (
	"context"
	"slices"
	"strings"

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

func newList(f *factory.Factory) *cobra.Command {
	var q catalog.Query
	return found(f, &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Все услуги: свои и частые сначала", EN: "All services: your own and popular ones first"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Услуги портала: сначала сохранённые и те, что вы подавали, затем частые.",
			EN: "The services of the portal: first those that you keep or have asked for, then popular ones."}.In(f.Lang),
		Example: "  epgu service list --situation birth --fee free\n  epgu service list --for organisation --topic licences --csv",
	}, &q)
}

func newSearch(f *factory.Factory) *cobra.Command {
	var q catalog.Query
	return found(f, &cobra.Command{
		Use:     i18n.Text{RU: "search СЛОВА…", EN: "search WORDS…"}.In(f.Lang),
		Short:   i18n.Text{RU: "Найти услугу по словам", EN: "Find a service by words"}.In(f.Lang),
		Example: "  epgu service search загранпаспорт\n  epgu service search права --topic transport",
		Args:    cobra.MinimumNArgs(1),
		PreRun:  func(_ *cobra.Command, words []string) { q.Text = strings.Join(words, " ") },
	}, &q)
}

// found makes cmd list what the query finds.
func found(f *factory.Factory, cmd *cobra.Command, q *catalog.Query) *cobra.Command {
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl := cmd.Flags()
	fl.StringVar(&q.Topic, "topic", "", say("только эта `тема` (часть названия)", "only this `topic` (a part of its name)"))
	fl.StringVar(&q.Situation, "situation", "", say("только эта жизненная `ситуация` (часть названия)", "only this life `situation` (a part of its name)"))
	fl.StringVar(&q.Department, "department", "", say("только это `ведомство` (часть названия)", "only this `department` (a part of its name)"))
	fl.StringVar(&q.Region, "region", "", say("что оказывают в этом `регионе` (код или часть названия)", "what is rendered in this `region` (its code or a part of its name)"))
	fl.StringVar(&q.Person, "for", "", say("для `кого`: person, entrepreneur, organisation, foreigner", "for `whom`: person, entrepreneur, organisation, foreigner"))
	fl.StringVar(&q.Level, "level", "", say("что доступно учётной записи `уровня` simplified, standard, confirmed", "what an account of this `level` may ask for: simplified, standard, confirmed"))
	fl.StringVar(&q.Fee, "fee", "", say("`пошлина`: free — без неё, paid — с ней", "`duty`: free or paid"))
	fl.BoolVar(&q.Online, "online", false, say("только то, что можно подать через портал", "only what can be asked for through the portal"))
	fl.BoolVar(&q.Obsolete, "obsolete", false, say("и то, что больше не оказывается", "also what is no longer rendered"))
	choices := []choice{
		{"for", &q.Person, []string{"person", "entrepreneur", "organisation", "foreigner"}},
		{"level", &q.Level, []string{"simplified", "standard", "confirmed"}},
		{"fee", &q.Fee, []string{"free", "paid"}},
	}
	for _, c := range choices {
		_ = cmd.RegisterFlagCompletionFunc(c.flag, cobra.FixedCompletions(c.values, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
	}
	before := cmd.PreRun
	cmd.PreRun, cmd.PreRunE = nil, func(cmd *cobra.Command, args []string) error {
		if before != nil {
			before(cmd, args)
		}
		for _, c := range choices {
			if err := c.check(); err != nil {
				return err
			}
		}
		return nil
	}
	return listing.Command(f, cmd, listing.List[cabinet.Service]{
		View: listView(), Limit: 30,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]cabinet.Service, output.Page, error) {
			items, total, err := c.Catalog.Find(ctx, *q, limit)
			if err == nil {
				c.Catalog.Refresh(ctx)
			}
			return items, output.Page{Total: total, HasMore: len(items) < total}, err
		},
	})
}

// choice is a flag that takes one of a few values.
type choice struct {
	flag   string
	value  *string
	values []string
}

func (c choice) check() error {
	if *c.value == "" || slices.Contains(c.values, *c.value) {
		return nil
	}
	return fault.New(exitcode.Usage, "usage.bad_value", i18n.Text{
		RU: "--%s: «%s» — не значение; есть: %s", EN: "--%s: %q is no value; there are: %s"}.With(c.flag, *c.value, strings.Join(c.values, ", ")))
}
