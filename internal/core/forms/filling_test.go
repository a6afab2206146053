package forms

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// family has all that a deep form has: pages, a group, a repeated group with a
// condition of its own, a dictionary, masks, computed values and rules.
const family = `{
 "$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"title":"Семья",
 "required":["kind","applicant","children"],
 "x-epgu":{"steps":[{"key":"what","title":"Что нужно"},{"key":"kids","title":"Дети"}],
  "fees":[{"title":"Пошлина","kopecks":30000,"when":{"field":"kind","in":["paper"]}}],
  "rules":[{"kind":"unique","at":"children[].snils","message":"СНИЛС повторяется"},
   {"kind":"notAfter","at":"children[].birthDate","of":"today","message":"день ещё не наступил"},
   {"kind":"sum","at":"children[].share","equals":100,"message":"доли должны дать 100"}]},
 "properties":{
  "kind":{"type":"string","title":"Вид","enum":["paper","online"],"x-epgu":{"order":1,"step":"what","labels":{"paper":"На бумаге","online":"Электронно"}}},
  "office":{"type":"string","title":"Отделение","minLength":1,"x-epgu":{"order":2,"step":"what","required":true,"when":{"field":"kind","in":["paper"]},"dictionary":{"code":"OFFICES"}}},
  "applicant":{"type":"object","title":"Заявитель","additionalProperties":false,"required":["mobile"],"x-epgu":{"order":3,"step":"what"},"properties":{
    "mobile":{"type":"string","title":"Телефон","pattern":"^\\+7[0-9]{10}$","examples":["+79000000000"],"x-epgu":{"order":1,"mask":"phone"}},
    "birthDate":{"type":"string","format":"date","title":"Дата рождения","x-epgu":{"order":2}},
    "age":{"type":"integer","title":"Возраст","readOnly":true,"x-epgu":{"order":3,"compute":{"kind":"age","of":"applicant.birthDate"}}}}},
  "children":{"type":"array","title":"Дети","minItems":1,"maxItems":3,"x-epgu":{"order":4,"step":"kids","item":"Ребёнок"},"items":{
    "type":"object","additionalProperties":false,"required":["name"],"properties":{
     "name":{"type":"string","title":"Имя ребёнка","minLength":1,"x-epgu":{"order":1}},
     "birthDate":{"type":"string","format":"date","title":"Дата рождения ребёнка","x-epgu":{"order":2}},
     "snils":{"type":"string","title":"СНИЛС","x-epgu":{"order":3,"mask":"snils","check":"snils"}},
     "needs":{"type":"boolean","title":"Особая программа","default":false,"x-epgu":{"order":4}},
     "report":{"type":"string","title":"Номер заключения","x-epgu":{"order":5,"required":true,"when":{"field":"children[].needs","in":["true"]}}},
     "share":{"type":"integer","title":"Доля","x-epgu":{"order":6}}},
    "if":{"properties":{"needs":{"enum":[true]}},"required":["needs"]},"then":{"required":["report"]}}},
  "count":{"type":"integer","title":"Сколько детей","readOnly":true,"x-epgu":{"order":5,"step":"kids","compute":{"kind":"count","of":"children"}}}},
 "allOf":[{"if":{"properties":{"kind":{"enum":["paper"]}},"required":["kind"]},"then":{"required":["office"]}}]}`

type offices struct{}

func (offices) Entry(_ context.Context, _, value string) (DictionaryEntry, bool, error) {
	e, ok := map[string]DictionaryEntry{"7": {Value: "7", Title: "Учебное отделение № 7"}, "8": {Value: "8", Title: "Учебное отделение № 8"}}[value]
	return e, ok, nil
}

func (o offices) Find(ctx context.Context, code, _, text string, limit int) (out []DictionaryEntry, more bool, err error) {
	for _, v := range []string{"7", "8"} {
		e, _, _ := o.Entry(ctx, code, v)
		if strings.Contains(e.Title.Raw(), text) {
			out = append(out, e)
		}
	}
	return out, false, nil
}

func familyForm(t *testing.T) *Form {
	t.Helper()
	f, err := Parse("900", "1", []byte(family))
	if err != nil {
		t.Fatal(err)
	}
	f.Today, f.Lang = "2026-11-01", i18n.RU
	return f
}

func paths(entries []Entry) string {
	var out []string
	for _, e := range entries {
		mark := ""
		if e.Required {
			mark = "*"
		}
		out = append(out, e.Path+mark)
	}
	return strings.Join(out, " ")
}

func TestAnAnswerOpensWhatItAsksFor(t *testing.T) {
	ctx := t.Context()
	x := familyForm(t).Fill(Known{Values: map[string]any{"applicant": map[string]any{"birthDate": "1990-11-02"}},
		Sources: map[string]untrusted.Text{"applicant.birthDate": "профиль"}}, nil, offices{})
	steps := x.Steps()
	if len(steps) != 2 || steps[0].Title != "Что нужно" || steps[1].Title != "Дети" {
		t.Fatalf("%+v", steps)
	}
	if got := paths(steps[0].Entries); got != "kind* applicant* applicant.mobile* applicant.birthDate applicant.age" {
		t.Error(got)
	}
	if e := steps[0].Entries[3]; e.Source != "профиль" || e.Text != "02.11.1990" {
		t.Errorf("%+v", e)
	}
	if e := steps[0].Entries[4]; e.Text != "35" { // 36 tomorrow
		t.Errorf("age %q", e.Text)
	}
	if err := x.Set(ctx, "kind", "На бумаге"); err != nil {
		t.Fatal(err)
	}
	if got := paths(x.Steps()[0].Entries); got != "kind* office* applicant* applicant.mobile* applicant.birthDate applicant.age" {
		t.Error(got)
	}
	if fee := x.Fee(); fee == nil || fee.Kopecks != 30000 {
		t.Errorf("%+v", fee)
	}
	for _, step := range []error{
		x.Set(ctx, "office", "отделение № 8"), x.Set(ctx, "applicant.mobile", "8 (900) 000-00-01"),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	at, err := x.AddItem("children", &Suggestion{Values: map[string]any{"name": "Зоя"}})
	if err != nil || at != "children[0]" {
		t.Fatal(at, err)
	}
	if err := x.Set(ctx, "children[0].needs", "да"); err != nil {
		t.Fatal(err)
	}
	if got := paths(x.Steps()[1].Entries); got != "children children[0] children[0].name* children[0].birthDate children[0].snils children[0].needs children[0].report* children[0].share count" {
		t.Error(got)
	}
	if err := x.Check(ctx); err == nil || fault.Of(err).Fields[0].Name != "children[0].report" {
		t.Fatal(err)
	}
	if err := x.Set(ctx, "children[0].needs", "нет"); err != nil {
		t.Fatal(err)
	}
	if err := x.Check(ctx); err != nil {
		t.Fatal(err)
	}
	values, left := x.Values()
	want := map[string]any{"kind": "paper", "office": "8", "applicant": map[string]any{"mobile": "+79000000001", "birthDate": "1990-11-02", "age": json.Number("35")},
		"children": []any{map[string]any{"name": "Зоя", "needs": false}}, "count": json.Number("1")}
	if d := cmp.Diff(want, values); d != "" || len(left) > 0 {
		t.Error(d, left)
	}
	rows, err := x.Review(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range rows {
		lines = append(lines, strings.Repeat(" ", r.Depth)+r.Title.String()+": "+r.Text)
	}
	if got := strings.Join(lines, "\n"); !strings.Contains(got, " Отделение: Учебное отделение № 8\n") || !strings.Contains(got, "  Ребёнок: \n   Имя ребёнка: Зоя") {
		t.Error(got)
	}
}

func TestAWrongAnswerIsNotKeptAndSaysWhatIsExpected(t *testing.T) {
	ctx := t.Context()
	x := familyForm(t).Fill(Known{}, map[string]any{"children": []any{map[string]any{"name": "А", "snils": "112-233-445 95"}, map[string]any{"name": "Б"}}}, offices{})
	for _, tc := range []struct{ path, text, want string }{
		{"applicant.mobile", "12", "wrong form (+7XXXXXXXXXX); for example: +79000000000"},
		{"kind", "third", "no such value; use one of: paper (На бумаге), online (Электронно)"},
		{"children[1].snils", "112 233 445 96", "the check digits do not match: look for a misprint"},
		{"children[1].snils", "112 233 445 95", "СНИЛС повторяется"},
		{"children[0].birthDate", "02.11.2026", "день ещё не наступил"},
		{"children[0].share", "много", "must be a whole number"},
		{"children[7].name", "В", "the numbers go one by one from 0: the next one is [2]"},
		{"children", "x", "this is a group of fields: answer each of them"},
		{"count", "2", "this is reckoned by itself"},
		{"applicant.mobil", "x", "no such field; did you mean mobile?"},
		{"office", "отделение", "several fit, choose one: 7 (Учебное отделение № 7), 8 (Учебное отделение № 8)"},
		{"office", "нигде", "dictionary OFFICES has no such entry: the code or a word"},
		{"kind", "a\x1b[31m", "an invisible control character"},
	} {
		err := x.Set(ctx, tc.path, tc.text)
		if err == nil || !strings.HasPrefix(fault.Of(err).Message.In(i18n.EN), tc.want) {
			t.Errorf("%s = %q: %v, want %s", tc.path, tc.text, err, tc.want)
		}
	}
	if v, ok := get(x.Draft(), path{{name: "applicant"}, {name: "mobile"}}); ok {
		t.Errorf("kept %v", v)
	}
}

func TestItemsAreAddedUpToTheBoundAndCloseTheGapWhenRemoved(t *testing.T) {
	x := familyForm(t).Fill(Known{}, map[string]any{"children": []any{map[string]any{"name": "А"}, map[string]any{"name": "Б"}, map[string]any{"name": "В"}}}, nil)
	if _, err := x.AddItem("children", nil); err == nil || !strings.Contains(err.Error(), "no more than 3") {
		t.Error(err)
	}
	if err := x.RemoveItem("children[1]"); err != nil {
		t.Fatal(err)
	}
	list, _ := get(x.Draft(), path{{name: "children"}})
	if d := cmp.Diff([]any{map[string]any{"name": "А"}, map[string]any{"name": "В"}}, list); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{"children[5]", "children", "kind", "children[x]"} {
		if err := x.RemoveItem(bad); err == nil {
			t.Errorf("%s was removed", bad)
		}
	}
}

func TestEverythingWrongInATreeIsToldWithItsPath(t *testing.T) {
	f := familyForm(t)
	var lines []string
	for _, w := range f.Validate(f.Coerce(map[string]any{
		"kind": "paper", "applicant": map[string]any{"mobile": "1"},
		"children": []any{map[string]any{"nam": "x", "share": "60", "needs": "да"}, "text", map[string]any{"name": "Б", "share": "60"}},
	})) {
		lines = append(lines, w.Name+": "+w.Message.In(i18n.EN))
	}
	want := []string{
		"office: missing: Отделение",
		"applicant.mobile: wrong form (+7XXXXXXXXXX); for example: +79000000000",
		"children[0].name: missing: Имя ребёнка",
		"children[0].report: missing: Номер заключения",
		"children[0].nam: no such field; did you mean name?",
		"children[1]: must be a group of fields, name: value",
		"children[2].share: доли должны дать 100",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestWhatIsNotAskedIsLeftOutAndNamed(t *testing.T) {
	f := familyForm(t)
	got, left := f.Settle(f.Coerce(map[string]any{"kind": "online", "office": "7", "applicant": map[string]any{"mobile": "89000000001"}, "children": []any{map[string]any{"name": "А", "report": "1"}}}))
	if d := cmp.Diff([]string{"office", "children[0].report"}, left); d != "" {
		t.Error(d)
	}
	if wrong := f.Validate(got); len(wrong) > 0 {
		t.Error(wrong)
	}
}

func TestAssignmentsBuildATree(t *testing.T) {
	got, err := Assignments([]string{"a.b=1", "children[0].name=А=Б", "children[1].name=В", "children[0].x.y=", "plain=да"})
	want := map[string]any{"a": map[string]any{"b": "1"}, "plain": "да",
		"children": []any{map[string]any{"name": "А=Б", "x": map[string]any{"y": ""}}, map[string]any{"name": "В"}}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for pair, want := range map[string]string{
		"a[1].b=x": "the numbers go one by one from 0", "[0]=x": "the brackets are out of place", "a..b=x": "a name in the path is empty", "a[-1]=x": "0 to 999",
		"a[0]b=x": "a dot must follow", "a[01]=x": "0 to 999", "a[]=x": "a number is needed", "=x": "must be name=value", "x": "must be name=value",
		strings.Repeat("a.", 40) + "b=x": "nested deeper", strings.Repeat("a", 600) + "=x": "more than 512 bytes",
	} {
		_, err := Assignments([]string{pair})
		if f := fault.Of(err); f == nil || !strings.Contains(f.Fields[0].Message.In(i18n.EN), want) {
			t.Errorf("%.20q: %v, want %s", pair, err, want)
		}
	}
	if _, err := Assignments([]string{"a=1", "a.b=2"}); err == nil {
		t.Error("a value became a group")
	}
}

func TestLayersAreMergedItemByItem(t *testing.T) {
	a := map[string]any{"children": []any{map[string]any{"name": "А", "x": "1"}, map[string]any{"name": "Б"}}, "g": map[string]any{"p": "1", "q": "2"}}
	got := Merge(a, map[string]any{"children": []any{map[string]any{"name": "В"}}, "g": map[string]any{"q": "3"}})
	want := map[string]any{"children": []any{map[string]any{"name": "В", "x": "1"}, map[string]any{"name": "Б"}}, "g": map[string]any{"p": "1", "q": "3"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if name, _ := get(a, path{{name: "children"}, {index: 0}, {name: "name"}}); name != "А" {
		t.Error("a layer was changed")
	}
}

// regions is a dictionary of two levels under a country.
type regions struct{ offices }

func (regions) Entry(_ context.Context, _, value string) (DictionaryEntry, bool, error) {
	all := map[string]DictionaryEntry{
		"ru": {Value: "ru"}, "77": {Value: "77", Parent: "ru", Title: "Москва"}, "78": {Value: "78", Parent: "ru", Title: "Петербург"},
		"77-1": {Value: "77-1", Parent: "77", Title: "Первый отдел"}, "loop": {Value: "loop", Parent: "loop"},
	}
	e, ok := all[value]
	return e, ok, nil
}

// An office of another region is refused where it is chosen, and when the region
// is changed afterwards: not first by the portal.
func TestAnEntryMustBeUnderTheOneThatIsChosenAboveIt(t *testing.T) {
	f, err := Parse("900", "1", []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{
	  "region":{"type":"string","title":"Регион","x-epgu":{"order":1,"dictionary":{"code":"R"}}},
	  "office":{"type":"string","title":"Отдел","x-epgu":{"order":2,"dictionary":{"code":"R","parent":"region"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	x := f.Fill(Known{}, map[string]any{"region": "78"}, regions{})
	err = x.Set(t.Context(), "office", "77-1")
	if e := fault.Of(err); e == nil || !strings.Contains(e.Fields[0].Message.In(i18n.EN), `"Регион" is 78`) {
		t.Errorf("%v", err)
	}
	for region, ok := range map[string]bool{"77": true, "ru": true, "": true, "78": false, "loop": false} {
		wrong, err := f.Fill(Known{}, map[string]any{"region": region, "office": "77-1"}, regions{}).Problems(t.Context())
		if err != nil || (len(wrong) == 0) != ok {
			t.Errorf("region %q: %v %v", region, wrong, err)
		}
	}
	if err := x.Set(t.Context(), "office", "loop"); err == nil {
		t.Error("an entry of a loop is under a region")
	}
}

// An example of a day that the rules about today refuse is no example.
func TestAnExampleIsADayThatTheRulesTake(t *testing.T) {
	const schema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"required":["born","day","until","past"],
 "x-epgu":{"rules":[{"kind":"notAfter","at":"born","of":"today","message":"Не из будущего"},{"kind":"notBefore","at":"born","of":"today-1y","message":"Не старше года"},
  {"kind":"notBefore","at":"day","of":"today+1m","message":"Через месяц"},{"kind":"notAfter","at":"past","of":"today","message":"В прошлом"}]},
 "properties":{
  "born":{"type":"string","format":"date","title":"Родился","examples":["2019-09-01"],"x-epgu":{"order":1}},
  "day":{"type":"string","format":"date","title":"День","examples":["2026-06-12"],"x-epgu":{"order":2}},
  "until":{"type":"string","format":"date","title":"До","examples":["2030-01-01"],"x-epgu":{"order":3}},
  "past":{"type":"string","format":"date","title":"Было","examples":["2027-01-01"],"x-epgu":{"order":4}}}}`
	form, err := Parse("900", "1", []byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	form.Today = "2026-11-30"
	x := form.Fill(Known{}, nil, nil)
	got := map[string]string{}
	for _, e := range x.Steps()[0].Entries {
		got[e.Path] = e.Example.In(i18n.RU)
	}
	want := map[string]string{"born": "31.05.2026", "day": "29.01.2027", "until": "01.01.2030", "past": "31.10.2026"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, f := range form.Validate(map[string]any{"born": "вчера"}) {
		if f.Name == "born" && !strings.HasSuffix(f.Message.In(i18n.RU), "например: 31.05.2026") {
			t.Error(f.Message.In(i18n.RU))
		}
	}
}

// tree is a dictionary with offices below regions.
type tree struct{}

func (tree) Entry(_ context.Context, _, value string) (DictionaryEntry, bool, error) {
	e, ok := map[string]DictionaryEntry{"63": {Value: "63", Title: "Самарская область"}, "63-1": {Value: "63-1", Title: "Отдел, Самарская область", Parent: "63", Leaf: true}}[value]
	return e, ok, nil
}

func (d tree) Find(ctx context.Context, code, _, _ string, _ int) (out []DictionaryEntry, more bool, err error) {
	for _, v := range []string{"63", "63-1"} {
		e, _, _ := d.Entry(ctx, code, v)
		out = append(out, e)
	}
	return out, false, nil
}

func TestAPartOfADictionaryIsNoAnswerWhereAnEntryInItIsWanted(t *testing.T) {
	const schema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"required":["office"],
 "properties":{"office":{"type":"string","title":"Отдел","x-epgu":{"order":1,"dictionary":{"code":"OFFICES","leaf":true}}}}}`
	form, err := Parse("900", "1", []byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	x := form.Fill(Known{}, nil, tree{})
	if err := x.Set(t.Context(), "office", "63"); err == nil || !strings.Contains(err.Error(), "a part of the dictionary") {
		t.Error(err)
	}
	if list, _, err := x.Choices(t.Context(), "office", "", 5); err != nil || len(list) != 1 || list[0].Value != "63-1" {
		t.Error(list, err)
	}
	if err := x.Set(t.Context(), "office", "Самарская"); err != nil || x.Draft()["office"] != "63-1" {
		t.Error(x.Draft(), err)
	}
	x = form.Fill(Known{}, map[string]any{"office": "63"}, tree{})
	if wrong, err := x.Problems(t.Context()); err != nil || len(wrong) != 1 || wrong[0].Name != "office" {
		t.Error(wrong, err)
	}
}

func TestWhatAWrongAnswerMakesOfASumIsNoSecondMistake(t *testing.T) {
	f, err := Parse("900", "1", []byte(`{"type":"object","additionalProperties":false,"properties":{
	  "incomes":{"type":"array","maxItems":5,"items":{"type":"object","properties":{"roubles":{"type":"integer"}}}},
	  "total":{"type":"integer","maximum":100,"readOnly":true,"x-epgu":{"compute":{"kind":"sum","of":"incomes[].roubles"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for roubles, want := range map[string]string{"5.5": "incomes[0].roubles", "5": "", "101": "total"} {
		x := f.Fill(Known{}, map[string]any{"incomes": []any{map[string]any{"roubles": roubles}}}, nil)
		wrong, err := x.Problems(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, w := range wrong {
			names = append(names, w.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q is wrong, want %q", roubles, got, want)
		}
	}
}
