package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// object is a JSON object whose keys encoding/json sorts, so that a schema is
// the same bytes every time.
type object = map[string]any

// Schema returns the form of s as JSON Schema 2020-12 with titles in language
// l: one flat object, each property with "x-epgu" (order, group, hint,
// prefill, secret, example).
func (c *Catalog) Schema(s *Service, l i18n.Lang) (json.RawMessage, error) {
	properties := object{}
	required := []string{}
	var rules []object
	for i := range s.Fields {
		f := &s.Fields[i]
		properties[f.Name] = c.property(f, i+1, l)
		if !f.Required {
			continue
		}
		if f.When == nil {
			required = append(required, f.Name)
			continue
		}
		rules = append(rules, object{
			"if": object{
				"properties": object{f.When.Field: object{"enum": conditionValues(s, f.When)}},
				"required":   []string{f.When.Field},
			},
			"then": object{"required": []string{f.Name}},
		})
	}
	schema := object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"$id":                  "urn:epgu:sandbox:form:" + s.Code + ":" + s.Version,
		"title":                s.Title.In(l),
		"description":          s.Summary.In(l),
		"type":                 "object",
		"properties":           properties,
		"required":             required,
		"additionalProperties": false,
	}
	if len(rules) > 0 {
		schema["allOf"] = rules
	}
	raw, err := json.Marshal(schema)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", s.Code, err)
	}
	return raw, nil
}

// conditionValues gives the values of a condition in the JSON type of its field.
func conditionValues(s *Service, w *Condition) []any {
	out := make([]any, 0, len(w.In))
	boolean := false
	if f := s.Field(w.Field); f != nil {
		boolean = f.Type == "boolean"
	}
	for _, v := range w.In {
		if boolean {
			out = append(out, v == "true")
		} else {
			out = append(out, v)
		}
	}
	return out
}

func (c *Catalog) property(f *Field, order int, l i18n.Lang) object {
	p := object{"title": f.Title.In(l)}
	x := object{"order": order, "group": c.Vocabulary.Groups[f.Group].In(l)}
	if !f.Hint.IsZero() {
		p["description"] = f.Hint.In(l)
		x["hint"] = f.Hint.In(l)
	}
	if f.Prefill != "" {
		x["prefill"] = f.Prefill
	}
	if f.Secret {
		x["secret"] = true
	}
	if f.Example != "" {
		p["examples"] = []string{f.Example}
	}
	if f.When != nil {
		x["when"] = object{"field": f.When.Field, "in": f.When.In}
	}
	if f.Check != "" {
		x["check"] = f.Check
	}
	switch f.Type {
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
	case "choice":
		p["type"] = "string"
		values := make([]string, len(f.Choices))
		labels := object{}
		for i, ch := range f.Choices {
			values[i] = ch.Value
			labels[ch.Value] = ch.Title.In(l)
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
	p["x-epgu"] = x
	return p
}
