package forms_test

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
)

const births = `{
 "$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"title":"Рождение","required":["children","wedding"],
 "x-epgu":{"rules":[{"kind":"notBefore","at":"children[].born","of":"today-1y","message":"прошёл год"}]},
 "properties":{
  "children":{"type":"array","title":"Дети","minItems":1,"x-epgu":{"order":1},"items":{"type":"object","additionalProperties":false,"required":["born"],"properties":{
   "born":{"type":"string","format":"date","title":"Родился","examples":["2019-09-01"],"x-epgu":{"order":1}}}}},
  "wedding":{"type":"string","format":"date","title":"Брак","examples":["2018-05-06"],"x-epgu":{"order":2}}}}`

func TestAnExampleIsOneThatTheFormTakesInThePersonsLanguage(t *testing.T) {
	for lang, want := range map[i18n.Lang]string{i18n.RU: "06.05.2018", i18n.EN: "2018-05-06"} {
		form, err := forms.Parse("900", "1", []byte(births))
		if err != nil {
			t.Fatal(err)
		}
		for _, today := range []string{"2020-01-01", "2026-12-01"} {
			form.Today, form.Lang = today, lang
			x := form.Fill(forms.Known{}, map[string]any{"children": []any{map[string]any{}}}, nil)
			for _, e := range x.Steps()[0].Entries {
				switch e.Path {
				case "children[0].born":
					if err := x.Set(t.Context(), e.Path, e.Example.In(lang)); err != nil {
						t.Errorf("on %s the example of the birth, %q, is refused: %v", today, e.Example.In(lang), err)
					}
				case "wedding":
					if got := e.Example.In(lang); got != want {
						t.Errorf("%s: %q, want %q", lang, got, want)
					}
				}
			}
			if err := x.Set(t.Context(), "wedding", want); err != nil {
				t.Errorf("its own example is refused: %v", err)
			}
			for _, e := range x.Steps()[0].Entries {
				if e.Path == "wedding" && e.Text != want {
					t.Errorf("%s: shown as %q, want %q", lang, e.Text, want)
				}
			}
		}
	}
}
