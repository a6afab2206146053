package profile

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// line is one value that changed, with the change that it belongs to: a change
// of three values is three lines with one id.
type line struct {
	wire.Change
	field wire.ChangeField
}

func lines(list []wire.Change) []line {
	var out []line
	for _, c := range list {
		if len(c.Fields) == 0 {
			out = append(out, line{Change: c})
		}
		for _, f := range c.Fields {
			out = append(out, line{c, f})
		}
	}
	return out
}

func historyView() output.View[line] {
	return output.View[line]{Fields: []output.Field[line]{
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(l line) any { return l.At }},
		{Name: "kind", Title: i18n.Text{RU: "Что", EN: "What"}, Value: func(l line) any { return kind(l.Kind) }},
		{Name: "author", Title: i18n.Text{RU: "Кто", EN: "Who"}, Value: func(l line) any { return l.Author.Name }, Wide: true},
		{Name: "authorKind", Title: i18n.Text{RU: "Вид автора", EN: "Kind of author"}, Value: func(l line) any { return l.Author.Kind }},
		{Name: "clientId", Title: i18n.Text{RU: "Через систему", EN: "Through the system"}, Value: func(l line) any { return l.Author.ClientID }},
		{Name: "field", Title: i18n.Text{RU: "Поле", EN: "Field"}, Value: func(l line) any { return output.Dual{Machine: l.field.Field, Human: l.field.Title} }},
		{Name: "old", Title: i18n.Text{RU: "Было", EN: "Was"}, Value: func(l line) any { return l.field.Old }, Wide: true},
		{Name: "new", Title: i18n.Text{RU: "Стало", EN: "Became"}, Value: func(l line) any { return l.field.New }, Wide: true},
		{Name: "revertible", Title: i18n.Text{RU: "Можно отменить", EN: "Can be undone"}, Value: func(l line) any { return l.Revertible }},
		{Name: "reverts", Title: i18n.Text{RU: "Отменяет", EN: "Undoes"}, Value: func(l line) any { return l.Reverts }},
		{Name: "revertedBy", Title: i18n.Text{RU: "Отменено", EN: "Undone by"}, Value: func(l line) any { return l.RevertedBy }},
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "Id"}, Value: func(l line) any { return l.ID }},
	}, Default: []string{"at", "kind", "field", "old", "new", "author", "id"}}
}

// kind names a kind of changes.
func kind(k string) output.Dual {
	t := i18n.Text{RU: k, EN: k}
	switch k {
	case "profile.edit":
		t = i18n.Text{RU: "правка", EN: "edit"}
	case "profile.revert":
		t = i18n.Text{RU: "отмена", EN: "undo"}
	case "contact":
		t = i18n.Text{RU: "контакт", EN: "contact"}
	case "level":
		t = i18n.Text{RU: "уровень", EN: "level"}
	case "privacy":
		t = i18n.Text{RU: "конфиденциальность", EN: "privacy"}
	case "deletion":
		t = i18n.Text{RU: "удаление данных", EN: "deletion"}
	case "consent.given":
		t = i18n.Text{RU: "согласие дано", EN: "consent given"}
	case "consent.withdrawn":
		t = i18n.Text{RU: "согласие отозвано", EN: "consent withdrawn"}
	case "password":
		t = i18n.Text{RU: "пароль", EN: "password"}
	case "security":
		t = i18n.Text{RU: "защита входа", EN: "sign-in security"}
	case "powers":
		t = i18n.Text{RU: "полномочия", EN: "powers"}
	}
	return output.Dual{Machine: k, Human: t}
}

func newHistory(f *factory.Factory) *cobra.Command {
	var out output.Options
	var limit int
	var all bool
	var only string
	cmd := &cobra.Command{
		Use:   "history",
		Short: i18n.Text{RU: "Все изменения учётной записи: когда, кто, что было и стало", EN: "Every change of the account: when, who, what was and became"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Новые сверху; изменение нескольких полей занимает несколько строк с одним номером. Личные значения портал скрывает. Для выгрузки: --all --csv, --json или --ndjson.",
			EN: "The newest first; a change of several fields takes several lines with one id. The portal masks personal values. To export: --all --csv, --json or --ndjson."}.In(f.Lang),
		Example: "  epgu profile history\n  epgu profile history --kind contact\n  epgu profile history --all --csv > history.csv",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			most := limit
			if all {
				most = 0
			}
			list, total, err := c.Account.Changes(cmd.Context(), only, most)
			if err != nil {
				return err
			}
			page := output.Page{}
			if total > len(list) { // lines are not changes: how many lines there are nobody knows
				page = output.Page{Total: -1, HasMore: true}
			}
			return output.List(f.IO, &out, historyView(), lines(list), page)
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().IntVarP(&limit, "limit", "L", 50, say("показать не больше стольких изменений", "show at most this many changes"))
	cmd.Flags().BoolVar(&all, "all", false, say("показать все", "show all"))
	cmd.Flags().StringVar(&only, "kind", "", say("только изменения этого `вида`, как в --json kind", "only changes of this `kind`, as in --json kind"))
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	output.AddFlags(cmd, &out, historyView(), f.Lang)
	return cmd
}
