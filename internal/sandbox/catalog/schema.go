package catalog

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// object is a JSON object whose keys encoding/json sorts, so that a schema is
// the same bytes every time.
type object = map[string]any

// Schema returns the form of s as JSON Schema 2020-12 with titles in language
// l: an object of fields, groups (objects) and repeated groups (arrays of
// objects), each with "x-epgu" (docs/api/forms.md says what is in it).
func (c *Catalog) Schema(s *Service, l i18n.Lang) (json.RawMessage, error) {
	w := &schemaWriter{c: c, s: s, l: l}
	schema := w.object(s.Fields, "")
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["$id"] = "urn:epgu:sandbox:form:" + s.Code + ":" + s.Version
	schema["title"] = s.Title.In(l)
	schema["description"] = s.Summary.In(l)
	x := object{}
	if len(s.Pages) > 0 {
		pages := make([]object, len(s.Pages))
		for i, p := range s.Pages {
			pages[i] = object{"key": p.Key, "title": p.Title.In(l)}
		}
		x["steps"] = pages
	}
	var rules []object
	for i := range s.Rules {
		r := &s.Rules[i]
		o := object{"kind": r.Kind, "at": r.At, "message": r.Message.In(l)}
		if r.Of != "" {
			o["of"] = r.Of
		}
		if r.Equals != nil {
			o["equals"] = *r.Equals
		}
		if len(r.Fields) > 0 {
			o["fields"] = r.Fields
		}
		if r.When != nil {
			o["when"] = r.When.wire()
		}
		rules = append(rules, o)
	}
	if len(rules) > 0 {
		x["rules"] = rules
	}
	var fees []object
	for i := range s.Fees {
		fee := &s.Fees[i]
		o := object{"title": fee.Title.In(l), "kopecks": fee.Kopecks}
		if fee.When != nil {
			o["when"] = fee.When.wire()
		}
		fees = append(fees, o)
	}
	if len(fees) > 0 {
		x["fees"] = fees
	}
	if len(x) > 0 {
		schema["x-epgu"] = x
	}
	raw, err := json.Marshal(schema)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", s.Code, err)
	}
	return raw, nil
}

// wire is a condition as forms and documents tell it.
func (c *Condition) wire() object {
	o := object{}
	if c.Field != "" {
		o["field"] = c.Field
	}
	if len(c.In) > 0 {
		o["in"] = c.In
	}
	if len(c.NotIn) > 0 {
		o["notIn"] = c.NotIn
	}
	if c.Min != nil {
		o["min"] = *c.Min
	}
	if c.Max != nil {
		o["max"] = *c.Max
	}
	for key, list := range map[string][]Condition{"all": c.All, "any": c.Any} {
		var out []object
		for i := range list {
			out = append(out, list[i].wire())
		}
		if len(out) > 0 {
			o[key] = out
		}
	}
	return o
}

// Wire is the condition as JSON, for clients; nil for none.
func (c *Condition) Wire() json.RawMessage {
	if c == nil {
		return nil
	}
	raw, err := json.Marshal(c.wire())
	if err != nil {
		return nil // texts and numbers alone
	}
	return raw
}

type schemaWriter struct {
	c *Catalog
	s *Service
	l i18n.Lang
}

// object writes the schema of fields whose paths begin with at ("" or a group,
// or a list with []).
func (w *schemaWriter) object(fields []Field, at string) object {
	properties := object{}
	required := []string{}
	for i := range fields {
		f := &fields[i]
		properties[f.Name] = w.property(f, i+1, join(at, f.Name))
		if f.Required && f.When == nil && f.Compute == nil {
			required = append(required, f.Name)
		}
	}
	out := object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	if at == "" || strings.HasSuffix(at, "[]") {
		if rules := w.rules(fields, at, at); len(rules) > 0 {
			out["allOf"] = rules
		}
	}
	return out
}

// rules writes what is required under a condition, for the fields at a path and
// below whose condition is best told at the object scope: the item of a list
// when all that the condition looks at is in the item, else the root.
func (w *schemaWriter) rules(fields []Field, at, scope string) []object {
	var out []object
	for i := range fields {
		f := &fields[i]
		path := join(at, f.Name)
		if f.Required && f.When != nil && f.Compute == nil && f.When.scope(at) == scope {
			then := object{"required": []string{f.Name}}
			rest := strings.TrimPrefix(strings.TrimPrefix(at, scope), ".")
			out = append(out, object{"if": w.condition(f.When, scope), "then": wrap(rest, then)})
		}
		switch f.Type {
		case "object":
			out = append(out, w.rules(f.Fields, path, scope)...)
		case "list":
			if scope == "" {
				out = append(out, w.rules(f.Fields, path+"[]", scope)...)
			}
		}
	}
	return out
}

// scope is the innermost item, of those that the place at is in, that holds all
// fields of the condition; "" is the root.
func (c *Condition) scope(at string) string {
	for {
		i := strings.LastIndex(at, "[]")
		if i < 0 {
			return ""
		}
		item := at[:i+2]
		if c.inside(item + ".") {
			return item
		}
		at = at[:i]
	}
}

func (c *Condition) inside(prefix string) bool {
	if c.Field != "" && !strings.HasPrefix(c.Field, prefix) {
		return false
	}
	for _, list := range [][]Condition{c.All, c.Any} {
		for i := range list {
			if !list[i].inside(prefix) {
				return false
			}
		}
	}
	return true
}

// wrap puts a schema under a path: groups as properties, [] as items.
func wrap(path string, schema object) object {
	if path == "" {
		return schema
	}
	head, rest, _ := strings.Cut(path, ".")
	sub := wrap(rest, schema)
	if name, isList := strings.CutSuffix(head, "[]"); isList {
		return object{"properties": object{name: object{"items": sub}}}
	}
	return object{"properties": object{head: sub}}
}

// condition writes a condition as a schema of the object at scope.
func (w *schemaWriter) condition(c *Condition, scope string) object {
	var all []any
	if c.Field != "" {
		rel := c.Field
		if scope != "" {
			rel = strings.TrimPrefix(c.Field, scope+".")
		}
		test := object{}
		if len(c.In) > 0 {
			test["enum"] = w.typed(c.Field, c.In)
		}
		if len(c.NotIn) > 0 {
			test["not"] = object{"enum": w.typed(c.Field, c.NotIn)}
		}
		if c.Min != nil {
			test["minimum"] = *c.Min
		}
		if c.Max != nil {
			test["maximum"] = *c.Max
		}
		all = append(all, there(rel, test))
	}
	for i := range c.All {
		all = append(all, w.condition(&c.All[i], scope))
	}
	if len(c.Any) > 0 {
		var any []any
		for i := range c.Any {
			any = append(any, w.condition(&c.Any[i], scope))
		}
		all = append(all, object{"anyOf": any})
	}
	if len(all) == 1 {
		return all[0].(object) // each is one
	}
	return object{"allOf": all}
}

// there wants a value at a path that passes a test.
func there(path string, test object) object {
	head, rest, more := strings.Cut(path, ".")
	if more {
		test = there(rest, test)
	}
	return object{"properties": object{head: test}, "required": []string{head}}
}

// typed gives the values of a condition in the JSON type of its field.
func (w *schemaWriter) typed(path string, values []string) []any {
	f := w.s.Field(path)
	out := make([]any, 0, len(values))
	for _, v := range values {
		if f == nil {
			out = append(out, v)
			continue
		}
		out = append(out, f.typed(v))
	}
	return out
}

func (w *schemaWriter) property(f *Field, order int, path string) object {
	l := w.l
	p := object{"title": f.Title.In(l)}
	x := object{"order": order}
	if f.Group != "" {
		x["group"] = w.c.Vocabulary.Groups[f.Group].In(l)
	}
	if f.Page != "" {
		x["step"] = f.Page
	}
	if !f.Hint.IsZero() {
		p["description"] = f.Hint.In(l)
		x["hint"] = f.Hint.In(l)
	}
	texts := map[string]string{"prefill": f.Prefill, "check": f.Check, "mask": f.Mask}
	for key, v := range texts {
		if v != "" {
			x[key] = v
		}
	}
	if f.Secret {
		x["secret"] = true
	}
	if f.Example != "" {
		p["examples"] = []any{f.typed(f.Example)}
	}
	if f.When != nil {
		x["when"] = f.When.wire()
		if f.Required {
			x["required"] = true
		}
	}
	if len(f.Was) > 0 {
		x["was"] = f.Was
	}
	if f.Dictionary != nil {
		d := object{"code": f.Dictionary.Code}
		if f.Dictionary.Parent != "" {
			d["parent"] = f.Dictionary.Parent
		}
		if f.Dictionary.Leaf {
			d["leaf"] = true
		}
		x["dictionary"] = d
	}
	if f.Compute != nil {
		p["readOnly"] = true
		x["compute"] = object{"kind": f.Compute.Kind, "of": f.Compute.Of}
	}
	w.shape(f, p, x, path)
	p["x-epgu"] = x
	return p
}

// shape writes what values a field takes.
func (w *schemaWriter) shape(f *Field, p, x object, path string) {
	switch f.Type {
	case "object":
		for key, v := range w.object(f.Fields, path) {
			p[key] = v
		}
	case "list":
		p["type"] = "array"
		p["items"] = w.object(f.Fields, path+"[]")
		p["maxItems"] = f.maxItems()
		if n := f.minItems(); n > 0 {
			p["minItems"] = n
		}
		if !f.Item.IsZero() {
			x["item"] = f.Item.In(w.l)
		}
	case "boolean":
		p["type"] = "boolean"
		if f.Default != "" {
			p["default"] = f.Default == "true"
		}
	case "integer":
		p["type"] = "integer"
		if f.Min != nil {
			p["minimum"] = *f.Min
		}
		if f.Max != nil {
			p["maximum"] = *f.Max
		}
		if f.Default != "" {
			p["default"] = jsonNumber(f.Default)
		}
	case "choice":
		p["type"] = "string"
		values := make([]string, len(f.Choices))
		labels := object{}
		for i, ch := range f.Choices {
			values[i] = ch.Value
			labels[ch.Value] = ch.Title.In(w.l)
		}
		p["enum"] = values
		x["labels"] = labels
		if f.Default != "" {
			p["default"] = f.Default
		}
	default:
		p["type"] = "string"
		if f.Required {
			p["minLength"] = 1
		}
		if f.Type == "date" {
			p["format"] = "date"
		} else {
			p["maxLength"] = f.MaxLength
		}
		if f.Format != "" {
			p["format"] = f.Format
		}
		if f.Pattern != "" {
			p["pattern"] = f.Pattern
		}
		if f.Default != "" {
			p["default"] = f.Default
		}
	}
}
