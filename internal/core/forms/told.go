package forms

import (
	"fmt"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Told says in sentences what became of answers to the form's version of then, ""
// when nobody knows it.
func (m Migration) Told(then string, form *Form) []i18n.Message {
	var out []i18n.Message
	if then != "" && then != form.Version {
		out = append(out, i18n.Text{RU: "Форма с тех пор изменилась: была %s, теперь %s.", EN: "The form has changed since: it was %s, it is %s now."}.With(untrusted.Text(then), untrusted.Text(form.Version)))
	}
	for _, x := range m.Moved {
		out = append(out, i18n.Text{RU: "Перенесено: %s → %s", EN: "Moved: %s → %s"}.With(untrusted.Text(x.From), untrusted.Text(x.To)))
	}
	for _, leaf := range m.Lost {
		out = append(out, i18n.Text{RU: "В форме больше нет поля %s, ответ был: %s", EN: "The form has no field %s any more, its answer was: %s"}.With(untrusted.Text(leaf.Path), Answer(leaf.Value)))
	}
	return out
}

// Answer is an answer in a sentence.
func Answer(v any) i18n.Message {
	return i18n.Text{RU: "«%s»", EN: "%q"}.With(untrusted.Text(fmt.Sprint(v)))
}
