package forms

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const secondVersion = `{
 "$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{
  "familyName":{"type":"string","title":"Фамилия","x-epgu":{"order":1,"was":["lastName","surname"]}},
  "address":{"type":"object","title":"Адрес","x-epgu":{"order":2},"properties":{
   "street":{"type":"string","title":"Улица","x-epgu":{"order":1,"was":["address"]}},
   "flat":{"type":"string","title":"Квартира","x-epgu":{"order":2,"was":["flat"]}}}},
  "children":{"type":"array","title":"Дети","x-epgu":{"order":3,"was":["kids"]},"items":{"type":"object","properties":{
   "firstName":{"type":"string","title":"Имя","x-epgu":{"order":1,"was":["kids[].name","childName"]}},
   "birthDate":{"type":"string","format":"date","title":"Дата рождения","x-epgu":{"order":2}}}}},
  "okved":{"type":"array","title":"Коды","items":{"type":"string"},"x-epgu":{"order":4,"was":["codes"]}},
  "plain":{"type":"string","title":"Просто","x-epgu":{"order":5}}}}`

func second(t *testing.T) *Form {
	t.Helper()
	f, err := Parse("900", "2", []byte(secondVersion))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAnswersToAnEarlierVersionOfAFormGoWhereThisOneAsksForThem(t *testing.T) {
	old := map[string]any{
		"lastName": "Примеров", "address": "ул. Учебная", "flat": "7", "plain": "x", "codes": []any{"62.01", "62.02"},
		"kids":  []any{map[string]any{"name": "Анна", "birthDate": "2019-01-01", "nick": "А"}, map[string]any{"name": "Пётр"}},
		"agree": true,
	}
	got, m := second(t).Migrate(old)
	want := map[string]any{
		"familyName": "Примеров", "address": map[string]any{"street": "ул. Учебная", "flat": "7"}, "plain": "x", "okved": []any{"62.01", "62.02"},
		"children": []any{map[string]any{"firstName": "Анна", "birthDate": "2019-01-01"}, map[string]any{"firstName": "Пётр"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	moved := map[string]string{}
	for _, x := range m.Moved {
		moved[x.From] = x.To
	}
	wantMoved := map[string]string{
		"lastName": "familyName", "address": "address.street", "flat": "address.flat", "codes[0]": "okved[0]", "codes[1]": "okved[1]",
		"kids[0].name": "children[0].firstName", "kids[0].birthDate": "children[0].birthDate", "kids[1].name": "children[1].firstName",
	}
	if d := cmp.Diff(wantMoved, moved); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Leaf{{"agree", true}, {"kids[0].nick", "А"}}, m.Lost); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("Примеров", old["lastName"]); d != "" {
		t.Error("the answers that were given are changed")
	}
	if rest := second(t).Strangers(got); len(rest) > 0 {
		t.Errorf("%v", rest)
	}
}

func TestWhatIsAnsweredAlreadyIsNotOverwrittenByAnOldAnswer(t *testing.T) {
	got, m := second(t).Migrate(map[string]any{"familyName": "Новая", "surname": "Старая", "childName": "Анна", "okved": map[string]any{"a": "1"}, "children": "двое"})
	want := map[string]any{"familyName": "Новая", "children": []any{map[string]any{"firstName": "Анна"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Leaf{{"children", "двое"}, {"okved.a", "1"}, {"surname", "Старая"}}, m.Lost); d != "" {
		t.Error(d)
	}
	same := map[string]any{"plain": "x", "children": []any{}}
	if got, m := second(t).Migrate(same); len(m.Lost)+len(m.Moved) > 0 || !cmp.Equal(got, same) {
		t.Errorf("%v %v", got, m)
	}
}

func TestAnItemOfWhichNothingIsLeftLosesNoneAfterIt(t *testing.T) {
	got, m := second(t).Migrate(map[string]any{
		"kids":  []any{map[string]any{"nick": "А"}, map[string]any{"nick": "Б"}, map[string]any{"name": "Пётр"}, map[string]any{"nick": "В"}},
		"codes": []any{[]any{"нет"}, "62.01", "62.02"},
	})
	want := map[string]any{
		"children": []any{map[string]any{}, map[string]any{}, map[string]any{"firstName": "Пётр"}},
		"okved":    []any{"62.01", "62.02"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Moved{{"codes[1]", "okved[0]", "62.01"}, {"codes[2]", "okved[1]", "62.02"}, {"kids[2].name", "children[2].firstName", "Пётр"}}, m.Moved); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Leaf{{"codes[0][0]", "нет"}, {"kids[0].nick", "А"}, {"kids[1].nick", "Б"}, {"kids[3].nick", "В"}}, m.Lost); d != "" {
		t.Error(d)
	}
}
