package templates

import (
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ToldAgain says that a form is filled as an earlier application was, and what is
// otherwise by now.
func ToldAgain(order int64, known forms.Known, superseded []wire.Superseded) []i18n.Message {
	out := []i18n.Message{i18n.Text{RU: "Заполнено как заявление № %d.", EN: "Filled as application no. %d."}.With(order)}
	now := map[string]any{}
	for _, leaf := range forms.Leaves(known.Values) {
		now[leaf.Path] = leaf.Value
	}
	for _, x := range superseded {
		out = append(out, i18n.Text{RU: "%s: тогда было %s, теперь %s (%s)", EN: "%s: it was %s then, it is %s now (%s)"}.With(
			untrusted.Text(x.Path), forms.Answer(x.Was), forms.Answer(now[x.Path]), known.Sources[x.Path]))
	}
	return out
}

// ToldLaid says that a form is filled by a template, and what became of its answers.
func ToldLaid(t *wire.Template, form *forms.Form, m forms.Migration) []i18n.Message {
	return append([]i18n.Message{i18n.Text{RU: "Заполнено по шаблону «%s».", EN: "Filled by the template %q."}.With(t.Name)}, m.Told(t.FormVersion, form)...)
}
