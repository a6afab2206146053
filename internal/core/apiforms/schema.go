package apiforms

import (
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// field is one field of a form.
type field struct {
	name     string
	title    i18n.Text
	hint     i18n.Text
	group    i18n.Text
	kind     string // JSON type; "" is string, "date", "bool"
	required bool
	when     *when // asked only then
	max      int   // characters
	pattern  string
	example  string
	check    string // snils, bik, account:FIELD
	mask     string
	choices  []choice
	items    []field // of a repeated group
	item     i18n.Text
	most     int // items
}

type choice struct {
	value string
	title i18n.Text
}

// when is a condition: the field has one of the values.
type when struct {
	field  string
	values []string
}

type object []field

// document renders the form for core/forms.
func (o object) document(code, version string, lang i18n.Lang) []byte {
	doc := o.schema(lang)
	doc["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	doc["$id"] = "urn:epgu:api:form:" + code + ":" + version
	b, err := json.Marshal(doc)
	if err != nil {
		panic("apiforms: " + err.Error()) // maps of texts and numbers always encode
	}
	return b
}

func (o object) schema(lang i18n.Lang) map[string]any {
	properties := map[string]any{}
	var required []string
	var conditions []any
	for i, f := range o {
		properties[f.name] = f.schema(i+1, lang)
		switch {
		case !f.required:
		case f.when == nil:
			required = append(required, f.name)
		default:
			conditions = append(conditions, map[string]any{
				"if":   map[string]any{"properties": map[string]any{f.when.field: map[string]any{"enum": f.when.values}}, "required": []string{f.when.field}},
				"then": map[string]any{"required": []string{f.name}},
			})
		}
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		out["required"] = required
	}
	if conditions != nil {
		out["allOf"] = conditions
	}
	return out
}

func (f field) schema(order int, lang i18n.Lang) map[string]any {
	x := map[string]any{"order": order}
	put := func(to map[string]any, key string, value any, there bool) {
		if there {
			to[key] = value
		}
	}
	p := map[string]any{"type": "string", "title": f.title.In(lang), "x-epgu": x}
	switch {
	case f.items != nil:
		p["type"], p["items"] = "array", object(f.items).schema(lang)
		put(p, "maxItems", f.most, f.most > 0)
		put(p, "minItems", 1, f.required)
		put(x, "item", f.item.In(lang), !f.item.IsZero())
	case f.kind == "date":
		p["format"] = "date"
	case f.kind == "bool":
		p["type"] = "boolean"
	}
	put(p, "maxLength", f.max, f.max > 0)
	put(p, "minLength", 1, f.required && f.items == nil && f.kind == "" && f.choices == nil)
	put(p, "pattern", f.pattern, f.pattern != "")
	put(p, "examples", []string{f.example}, f.example != "")
	if f.choices != nil {
		values, labels := make([]string, len(f.choices)), map[string]string{}
		for i, c := range f.choices {
			values[i], labels[c.value] = c.value, c.title.In(lang)
		}
		p["enum"], x["labels"] = values, labels
	}
	put(x, "hint", f.hint.In(lang), !f.hint.IsZero())
	put(x, "group", f.group.In(lang), !f.group.IsZero())
	put(x, "check", f.check, f.check != "")
	put(x, "mask", f.mask, f.mask != "")
	if f.when != nil {
		x["when"] = map[string]any{"field": f.when.field, "in": f.when.values}
		put(x, "required", true, f.required)
	}
	return p
}
