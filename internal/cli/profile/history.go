package profile

import (
	"context"
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
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
		{Name: "authorKind", Title: i18n.Text{RU: "Вид автора", EN: "Kind of author"}, Value: func(l line) any { return output.Dual{Machine: l.Author.Kind, Human: authorKind(l.Author.Kind)} }},
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
	var only string
	cmd := &cobra.Command{
		Use:   "history",
		Short: i18n.Text{RU: "Все изменения учётной записи: когда, кто, что было и стало", EN: "Every change of the account: when, who, what was and became"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Новые сверху; изменение нескольких полей занимает несколько строк с одним номером, а --limit считает изменения. Личные значения портал скрывает. Для выгрузки: --all --csv, --json или --ndjson.",
			EN: "The newest first; a change of several fields takes several lines with one id, and --limit counts changes. The portal masks personal values. To export: --all --csv, --json or --ndjson."}.In(f.Lang),
		Example: "  epgu profile history\n  epgu profile history --kind contact\n  epgu profile history --all --csv > history.csv",
	}
	cmd.Flags().StringVar(&only, "kind", "", i18n.Text{RU: "только изменения этого `вида`, как в --json kind", EN: "only changes of this `kind`, as in --json kind"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[line]{
		View: historyView(), Limit: 50,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]line, output.Page, error) {
			list, total, err := c.Account.Changes(ctx, only, limit)
			page := output.Page{}
			if total > len(list) { // lines are not changes: how many lines there are nobody knows
				page = output.Page{Total: -1, HasMore: true}
			}
			return lines(list), page, err
		},
	})
}

func authorKind(kind string) i18n.Text {
	switch kind {
	case "person":
		return i18n.Text{RU: "человек", EN: "person"}
	case "portal":
		return i18n.Text{RU: "портал", EN: "portal"}
	}
	return i18n.Text{RU: kind, EN: kind}
}
