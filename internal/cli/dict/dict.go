// Package dict is the noun "dict": the dictionaries of API ЕПГУ, from which forms
// and documents take their values.
package dict

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/dictionaries"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dict",
		Short: i18n.Text{RU: "Справочники портала: отделения, банки, коды", EN: "Dictionaries of the portal: offices, banks, codes"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{newList(f), newGet(f)} })
	return cmd
}

func entryView() output.View[dictionaries.Entry] {
	return output.View[dictionaries.Entry]{Fields: []output.Field[dictionaries.Entry]{
		{Name: "value", Title: i18n.Text{RU: "Значение", EN: "Value"}, Value: func(e dictionaries.Entry) any { return e.Value }},
		{Name: "title", Title: i18n.Text{RU: "Название", EN: "Title"}, Value: func(e dictionaries.Entry) any { return e.Title }, Wide: true},
		{Name: "parent", Title: i18n.Text{RU: "Внутри", EN: "Under"}, Value: func(e dictionaries.Entry) any { return e.Parent }},
		{Name: "leaf", Title: i18n.Text{RU: "Последний уровень", EN: "Lowest level"}, Value: func(e dictionaries.Entry) any { return e.Leaf }},
		{Name: "attributes", Title: i18n.Text{RU: "Ещё сведения", EN: "Attributes"}, Value: func(e dictionaries.Entry) any {
			if e.Attributes == nil {
				return nil
			}
			return e.Attributes
		}, Wide: true},
	}, Default: []string{"value", "title"}}
}

type listOptions struct {
	out          output.Options
	parent, find string
	limit        int
	all, refresh bool
}

func newList(f *factory.Factory) *cobra.Command {
	o := &listOptions{}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   say("list СПРАВОЧНИК", "list DICTIONARY"),
		Short: say("Строки справочника", "The entries of a dictionary"),
		Long: say("Строки справочника; вход не нужен. Список хранится на этой машине неделю и служит дальше, когда портала нет. Известны: BIC, EXTERNAL_BIC (банки), TO_PFR (отделения СФР), VKSP_FSSP (отделы приставов), FNS_ZAGS_ORGANIZATION (ЗАГС), PFR_OKSM_FULL_v4 (страны), MVDR23_OFFICE (МВД); полного перечня портал не публикует.",
			"The entries of a dictionary; no sign-in is needed. The list is kept on this machine for a week, and serves on when the portal is away. Known ones: BIC, EXTERNAL_BIC (banks), TO_PFR (offices of СФР), VKSP_FSSP (bailiffs), FNS_ZAGS_ORGANIZATION (registry offices), PFR_OKSM_FULL_v4 (countries), MVDR23_OFFICE (МВД); the portal publishes no full list."),
		Example: "  epgu dict list TO_PFR --find Самара\n  epgu dict list EXTERNAL_BIC --all --json value,title,attributes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), f, args[0])
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.find, "find", "", say("только со всеми этими `словами`", "only those with all these `words`"))
	fl.StringVar(&o.parent, "parent", "", say("только внутри строки с этим `значением`", "only below the entry of this `value`"))
	fl.IntVarP(&o.limit, "limit", "L", 30, say("показать не больше", "show at most this many"))
	fl.BoolVar(&o.all, "all", false, say("показать все", "show all"))
	fl.BoolVar(&o.refresh, "refresh", false, say("спросить портал, даже если список свежий", "ask the portal even when the list is fresh"))
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	output.AddFlags(cmd, &o.out, entryView(), f.Lang)
	return cmd
}

func (o *listOptions) run(ctx context.Context, f *factory.Factory, code string) error {
	c, err := f.Connect(ctx)
	if err != nil {
		return err
	}
	if o.refresh {
		c.Dictionaries.Forget(code)
	}
	most := o.limit
	if o.all {
		most = dictionaries.MaxEntries
	}
	entries, more, err := c.Dictionaries.List(ctx, code, o.parent, o.find, most)
	if err != nil {
		return err
	}
	total, err := c.Dictionaries.Count(ctx, code, o.parent, o.find)
	if err != nil {
		return err
	}
	return output.List(f.IO, &o.out, entryView(), entries, output.Page{Total: total, HasMore: more})
}

func newGet(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "get СПРАВОЧНИК ЗНАЧЕНИЕ", EN: "get DICTIONARY VALUE"}.In(f.Lang),
		Short:   i18n.Text{RU: "Одна строка справочника со всеми сведениями", EN: "One entry of a dictionary with all its attributes"}.In(f.Lang),
		Example: "  epgu dict get EXTERNAL_BIC 044525225",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			e, ok, err := c.Dictionaries.Get(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			if !ok {
				return fault.New(exitcode.NotFound, "dictionary.no_entry", i18n.Text{RU: "в справочнике %s нет строки «%s»", EN: "dictionary %s has no entry %q"}.With(untrusted.Text(args[0]), untrusted.Text(args[1]))).
					Advise(i18n.Text{RU: "поиск по словам: epgu dict list %s --find СЛОВА", EN: "search by words: epgu dict list %s --find WORDS"}.With(untrusted.Text(args[0])))
			}
			return output.Object(f.IO, &out, entryView(), e)
		},
	}
	output.AddFlags(cmd, &out, entryView(), f.Lang)
	return cmd
}
