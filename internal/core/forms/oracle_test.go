package forms

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// The rules are held to the judgement of a library that knows the whole of JSON
// Schema: whatever schema and values come up, both say yes or both say no.
func TestRulesJudgeAsTheLibraryDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := map[string]any{"type": "object", "properties": properties(t), "additionalProperties": rapid.Bool().Draw(t, "open")}
		if rapid.Bool().Draw(t, "has required") {
			doc["required"] = []any{name(t)}
		}
		if rapid.Bool().Draw(t, "has rules") {
			doc["allOf"] = []any{map[string]any{
				"if":   map[string]any{"properties": map[string]any{name(t): scalarSchema(t)}, "required": []any{name(t)}},
				"then": map[string]any{"required": []any{name(t)}},
				"else": map[string]any{"not": map[string]any{"required": []any{name(t)}}},
			}}
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse("900", "1", b)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource("form:x", decoded(t, b)); err != nil {
			t.Fatal(err)
		}
		sch, err := c.Compile("form:x")
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "values") {
			values[name(t)] = anyValue(t, 2)
		}
		raw, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		v := decoded(t, raw)
		want := sch.Validate(v) == nil
		full := &trial{}
		f.rule.judge(full, v)
		got := len(full.out) == 0
		if quick := (&trial{}).holds(f.rule, v); quick != got {
			t.Fatalf("schema %s\nvalues %s\nthe full judgement says %v, the quick one %v", b, raw, got, quick)
		}
		if got != want {
			t.Fatalf("schema %s\nvalues %s\nwe say %v, the library %v", b, raw, got, sch.Validate(v))
		}
	})
}

func decoded(t *rapid.T, b []byte) any {
	var v any
	if err := decode(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func name(t *rapid.T) string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name") }

func scalar(t *rapid.T) any {
	return rapid.OneOf(
		rapid.Just[any](true), rapid.Just[any](false), rapid.Just[any](nil), rapid.Just[any](5), rapid.Just[any](5.0), rapid.Just[any](2.5), rapid.Just[any](-3),
		rapid.SampledFrom([]any{"", "a", "аб", "1990-12-31", "1990-02-30", "x@example.org", "x@", "123456"}),
	).Draw(t, "scalar")
}

func properties(t *rapid.T) map[string]any {
	out := map[string]any{}
	for range rapid.IntRange(1, 3).Draw(t, "fields") {
		out[name(t)] = anySchema(t, 2)
	}
	return out
}

// anyValue is a scalar, or a small object or list.
func anyValue(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 4).Draw(t, "kind of value"); {
	case kind == 0 && depth > 0:
		m := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "pairs") {
			m[name(t)] = anyValue(t, depth-1)
		}
		return m
	case kind == 1 && depth > 0:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			list = append(list, anyValue(t, depth-1))
		}
		return list
	}
	return scalar(t)
}

// anySchema is of a scalar, or of a group, or of a repeated group with a
// condition inside.
func anySchema(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 4).Draw(t, "kind of schema"); {
	case kind == 0 && depth > 0:
		s := map[string]any{"type": "object", "properties": map[string]any{name(t): anySchema(t, depth-1), name(t): anySchema(t, depth-1)}}
		if rapid.Bool().Draw(t, "group is closed") {
			s["additionalProperties"] = false
		}
		if rapid.Bool().Draw(t, "group has required") {
			s["required"] = []any{name(t)}
		}
		if rapid.Bool().Draw(t, "group has a condition") {
			s["if"] = map[string]any{"properties": map[string]any{name(t): map[string]any{"enum": []any{scalar(t), scalar(t)}}}, "required": []any{name(t)}}
			s["then"] = map[string]any{"required": []any{name(t)}}
		}
		return s
	case kind == 1 && depth > 0:
		s := map[string]any{"type": "array", "items": anySchema(t, depth-1)}
		if rapid.Bool().Draw(t, "list has bounds") {
			s["minItems"], s["maxItems"] = rapid.IntRange(0, 2).Draw(t, "fewest"), rapid.IntRange(0, 3).Draw(t, "most")
		}
		if rapid.Bool().Draw(t, "list is of different ones") {
			s["uniqueItems"] = true
		}
		return s
	}
	return scalarSchema(t)
}

func scalarSchema(t *rapid.T) any {
	s := map[string]any{}
	add := func(key string, v any) {
		if rapid.IntRange(0, 3).Draw(t, "has "+key) == 0 {
			s[key] = v
		}
	}
	add("type", rapid.SampledFrom([]any{"string", "integer", "number", "boolean", "null", []any{"string", "null"}}).Draw(t, "type"))
	add("enum", []any{scalar(t), scalar(t), fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "n"))})
	add("const", scalar(t))
	add("pattern", rapid.SampledFrom([]string{"^[0-9]{6}$", "а", "^$"}).Draw(t, "pattern"))
	add("format", rapid.SampledFrom([]string{"date", "unknown-format"}).Draw(t, "format"))
	add("minLength", rapid.IntRange(0, 3).Draw(t, "min"))
	add("maxLength", rapid.IntRange(0, 3).Draw(t, "max"))
	add("minimum", rapid.IntRange(-5, 5).Draw(t, "least"))
	add("exclusiveMaximum", rapid.IntRange(-5, 9).Draw(t, "below"))
	if rapid.IntRange(0, 5).Draw(t, "has choice") == 0 {
		s["oneOf"] = []any{map[string]any{"const": scalar(t)}, map[string]any{"const": scalar(t)}}
	}
	return s
}
