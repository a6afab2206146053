package application

import (
	"slices"
	"testing"

	"maps"

	"github.com/epgu-cli/epgu/internal/core/forms"
)

const flats = `{
 "$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"title":"Заявление","required":["early","people","purpose"],
 "x-epgu":{"steps":[{"key":"early","title":"Раньше"},{"key":"people","title":"Люди"},{"key":"last","title":"Цель"}]},
 "properties":{
  "early":{"type":"array","title":"Раньше","minItems":1,"maxItems":3,"x-epgu":{"order":1,"step":"early"},"items":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","minLength":1,"title":"Имя","x-epgu":{"order":1}}}}},
  "people":{"type":"array","title":"Люди","minItems":1,"maxItems":3,"x-epgu":{"order":2,"step":"people"},"items":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","minLength":1,"title":"Имя","x-epgu":{"order":1}}}}},
  "purpose":{"type":"string","title":"Цель","minLength":1,"x-epgu":{"order":3,"step":"last"}}}}`

func TestWhoWasInterruptedAtAListIsAskedForMoreOfItAgain(t *testing.T) {
	form, err := forms.Parse("900", "1", []byte(flats))
	if err != nil {
		t.Fatal(err)
	}
	one := []any{map[string]any{"name": "Иван"}}
	for name, c := range map[string]struct {
		values map[string]any
		want   []string
	}{
		"nothing yet":          {map[string]any{}, nil},
		"in an item":           {map[string]any{"early": one, "people": []any{map[string]any{}}}, []string{"early", "people"}},
		"at the list":          {map[string]any{"early": one, "people": one}, []string{"people"}},
		"only files are asked": {map[string]any{"early": one, "people": one, "purpose": "x"}, nil},
	} {
		q := &interview{x: form.Fill(forms.Known{}, c.values, nil), begun: map[string]bool{}}
		q.resume()
		if got := slices.Sorted(maps.Keys(q.begun)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
