package forms

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
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
	for _, bad := range []string{"- a\n- b\n", "{\"a\":", "a: b: c\n"} {
		if _, err := ReadValues(strings.NewReader(bad), "x"); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestAFileOfValuesIsNeverTakenInPart(t *testing.T) {
	for text, want := range map[string]string{
		"reason: first\nreason: lost\n":         "line 2: field reason is given twice",
		"{\"reason\":\"a\",\n\"reason\":\"b\"}": "line 2: field reason is given twice",
		"reason: a\n---\noffice: b\n":           "several YAML documents",
		"- a\n- b\n":                            "no pairs of field and value",
		"{\"reason\":\"a\"} {\"office\":\"b\"}": "pairs of field and value",
		"a: &x [1]\nb: *x\n":                    "it has mistakes: 2",
		"a: &a [*a]\n":                          "line 1: references of YAML",
		"a: !!binary aGk=\n":                    "line 1: the tag !!binary is not read",
		"<<: {a: 1}\n":                          "line 1: merges of YAML (<<) are not read",
		"lastName: Null\n":                      "line 1: Null without quotes is nothing in YAML",
		"account: 4.0817810938e+19\n":           "looks like a rounded number",
		"x: 'a\nb: 2\n":                         "is no YAML",
		"reason: \xff\n":                        "not text in UTF-8",
		strings.Repeat("a", MaxValuesBytes+1):   "larger than 4 MiB",
	} {
		_, err := ReadValues(strings.NewReader(text), "x")
		if fault.ExitOf(err) != exitcode.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	v, err := ReadValues(strings.NewReader("\ufeff{\"a\":\"\\ud83d\\ude00\",\"b\":null}\r\n"), "x")
	if d := cmp.Diff(map[string]any{"a": "😀"}, v); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if v, err := ReadValues(strings.NewReader("# nothing yet\n"), "x"); err != nil || len(v) != 0 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestInvisibleCharactersAreNotSilentlyChangedOnTheWayToTheDepartment(t *testing.T) {
	form, err := Parse("900", "1", []byte(`{"type":"object","properties":{"note":{"type":"string"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"a\x01b": "U+0001", "a\x1b[31m": "U+001B", "a\u202eb": "U+202E", "a\u2066b": "U+2066", "a\u0085b": "U+0085", "a\xff": "UTF-8",
		"две\nстроки\tи «кавычки» <&> 😀": "",
	} {
		fields := form.Validate(map[string]any{"note": text})
		if want == "" && len(fields) == 0 {
			continue
		}
		if len(fields) != 1 || fields[0].Name != "note" || want == "" || !strings.Contains(fields[0].Message.In(i18n.EN), want) {
			t.Errorf("%q: %v, want %q", text, fields, want)
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

func TestWhatHasAnotherShapeIsNoUnknownField(t *testing.T) {
	f := familyForm(t)
	cases := map[string]string{
		"children":           "this is a repeated group of fields, for example: children[0].name",
		"children[0]":        "this is a repeated group of fields, for example: children[0].name",
		"applicant":          "this is a group of fields, for example: applicant.mobile",
		"kind.a":             "kind is one value, not a group of fields",
		"children[1].name.x": "children[1].name is one value, not a group of fields",
		"children[0].nmae":   "no such field; did you mean name?",
		"knd":                "no such field; did you mean kind?",
	}
	for path, want := range cases {
		if got := f.Unknown(path).Message.In(i18n.EN); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		if ru := f.Unknown(path).Message.In(i18n.RU); ru == "" || strings.HasPrefix(ru, want) {
			t.Errorf("%s: %s", path, ru)
		}
	}
}

// What was typed may be a secret and may be long: only the name is repeated, and
// only its beginning.
func TestAMistakeOfSetRepeatsNoValue(t *testing.T) {
	long := strings.Repeat("a.", 50_000)
	_, err := Assignments([]string{"codeWord.[0=tayna", long + "=tayna", "x[0=tayna"})
	e := fault.Of(err)
	if e == nil || len(e.Fields) != 3 {
		t.Fatal(err)
	}
	for _, w := range e.Fields {
		if text := w.Name + w.Message.In(i18n.EN); strings.Contains(text, "tayna") || len(text) > 300 {
			t.Errorf("%d bytes: %.200s", len(text), text)
		}
	}
}

func TestAFileInUTF16SaysSo(t *testing.T) {
	for _, b := range []string{"\xff\xfea\x00:\x00 \x001\x00", "\xfe\xff\x00a\x00:\x00 \x001"} {
		if _, err := ReadValues(strings.NewReader(b), "x.yaml"); err == nil || !strings.Contains(err.Error(), "UTF-16") {
			t.Error(err)
		}
	}
}
