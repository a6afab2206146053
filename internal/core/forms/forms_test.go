package forms

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

const schema = `{
 "$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,
 "required":["lastName","birthDate","kind","children","agree"],
 "properties":{
  "lastName":{"type":"string","title":"Фамилия","minLength":1,"x-epgu":{"order":1}},
  "birthDate":{"type":"string","format":"date","title":"Дата рождения","x-epgu":{"order":2}},
  "kind":{"type":"string","title":"Вид","oneOf":[{"const":"first","title":"Впервые"},{"const":"change","title":"Замена"}],"x-epgu":{"order":3}},
  "old":{"type":"string","title":"Старый номер","pattern":"^[0-9]{6}$","x-epgu":{"order":4,"hint":"6 цифр"}},
  "children":{"type":"integer","title":"Детей","minimum":0,"maximum":20,"x-epgu":{"order":5}},
  "agree":{"type":"boolean","const":true,"title":"Согласие","x-epgu":{"order":6}}},
 "if":{"properties":{"kind":{"const":"change"}},"required":["kind"]},"then":{"required":["old"]}}`

func form(t *testing.T) *Form {
	t.Helper()
	f, err := Parse("900", "1", []byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryWrongFieldIsNamedAtOnceInTheOrderOfTheForm(t *testing.T) {
	f := form(t)
	got := f.Validate(f.Coerce(map[string]any{"lastName": "", "kind": "change", "old": "12", "children": "21", "agree": "нет", "lastname": "x"}))
	var lines []string
	for _, x := range got {
		lines = append(lines, x.Name+": "+x.Message.In(i18n.RU))
	}
	want := []string{
		"lastName: не может быть пустым",
		"birthDate: не заполнено: Дата рождения",
		"old: не тот вид (6 цифр)",
		"children: не может быть больше 20",
		"agree: должно быть true",
		"lastname: такого поля нет; может быть, lastName?",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestAConditionalFieldIsAskedForOnlyWhenItApplies(t *testing.T) {
	f := form(t)
	base := map[string]any{"lastName": "Примеров", "birthDate": "31.12.1990", "kind": "Впервые", "children": "0", "agree": "да"}
	v := f.Coerce(base)
	if err := f.Check(v); err != nil {
		t.Fatalf("%v", err)
	}
	if v["birthDate"] != "1990-12-31" || v["kind"] != "first" || v["agree"] != true || v["children"] != json.Number("0") {
		t.Errorf("got %v", v)
	}
	v["kind"] = "change"
	if got := f.Validate(v); len(got) != 1 || got[0].Name != "old" {
		t.Errorf("got %v", got)
	}
}

func TestAWrongChoiceListsTheRightOnes(t *testing.T) {
	f := form(t)
	got := f.Validate(f.Coerce(map[string]any{"lastName": "A", "birthDate": "1990-12-31", "kind": "third", "children": 1, "agree": true}))
	if len(got) != 1 || got[0].Message.In(i18n.EN) != "no such value; use one of: first (Впервые), change (Замена)" {
		t.Errorf("got %v", got)
	}
}

func TestValuesOfYAMLStayAsTyped(t *testing.T) {
	v, err := ReadValues(strings.NewReader("lastName: Примеров\nseries: 0012\nagree: да\nnothing: ~\n"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"lastName": "Примеров", "series": "0012", "agree": "да"}, v); d != "" {
		t.Error(d)
	}
	if v, err = ReadValues(strings.NewReader(`{"n": 12345678901234567890}`), "x.json"); err != nil || v["n"] != json.Number("12345678901234567890") {
		t.Errorf("got %v, %v", v, err)
	}
	for _, bad := range []string{"- a\n- b\n", "a: [1]\n", "{\"a\":", "a: b: c\n"} {
		if _, err := ReadValues(strings.NewReader(bad), "x"); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestAFormCannotMakeTheClientFetchAnything(t *testing.T) {
	_, err := Parse("900", "1", []byte(`{"type":"object","properties":{"a":{"$ref":"https://example.org/x.json"}}}`))
	if err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("got %v", err)
	}
}

func FuzzReadValues(f *testing.F) {
	f.Add("a: 1\nb: \"x\"\n")
	f.Add(`{"a":1}`)
	f.Add("a: &x 1\nb: *x\n")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ReadValues(strings.NewReader(s), "x")
		if err == nil && v == nil {
			t.Fatal("neither values nor an error")
		}
	})
}
