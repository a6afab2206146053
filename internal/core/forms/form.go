// Package forms turns the form of a service into values that the portal will
// take: it lists the fields, prefills them, reads what the user gave and
// reports everything that is wrong with it at once. No portal, no terminal.
package forms

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// MaxSchemaBytes bounds a form's schema, bytes.
const MaxSchemaBytes = 1 << 20

// Form is the parsed form of a service.
type Form struct {
	Service string
	Version string
	schema  any
	fields  []Field
	rule    *rule
}

// Field is one field of a form, in the order in which a person fills it.
type Field struct {
	Name     string         `json:"name"`
	Title    untrusted.Text `json:"title"`
	Hint     untrusted.Text `json:"hint,omitempty"`
	Group    untrusted.Text `json:"group,omitempty"`
	Type     string         `json:"type"` // JSON type: string, integer, number, boolean
	Format   string         `json:"format,omitempty"`
	Pattern  string         `json:"pattern,omitempty"`
	Required bool           `json:"required"`
	Secret   bool           `json:"secret,omitempty"`
	Options  []Option       `json:"options,omitempty"` // the only values allowed, when the form says so
	Default  any            `json:"default,omitempty"`

	order int
}

// Option is one allowed value of a field.
type Option struct {
	Value any            `json:"value"`
	Title untrusted.Text `json:"title"`
}

// property is what the form's schema says of one field.
type property struct {
	Type        any             `json:"type"`
	Title       untrusted.Text  `json:"title"`
	Description untrusted.Text  `json:"description"`
	Format      string          `json:"format"`
	Pattern     string          `json:"pattern"`
	Enum        []any           `json:"enum"`
	OneOf       []constOption   `json:"oneOf"`
	Default     any             `json:"default"`
	Epgu        *epguExtensions `json:"x-epgu"`
}

type constOption struct {
	Const any            `json:"const"`
	Title untrusted.Text `json:"title"`
}

type epguExtensions struct {
	Labels map[string]untrusted.Text `json:"labels"` // of the values of an enum
	Order  int                       `json:"order"`
	Group  untrusted.Text            `json:"group"`
	Hint   untrusted.Text            `json:"hint"`
	Secret bool                      `json:"secret"`
}

// Parse reads a form's JSON Schema (2020-12, one flat object).
func Parse(service, version string, schema []byte) (*Form, error) {
	if len(schema) > MaxSchemaBytes {
		return nil, fmt.Errorf("the form of %s has %d bytes, at most %d are read", service, len(schema), MaxSchemaBytes)
	}
	var head struct {
		Properties map[string]property `json:"properties"`
		Required   []string            `json:"required"`
	}
	if err := decode(schema, &head); err != nil {
		return nil, fmt.Errorf("the form of %s is not a JSON Schema: %w", service, err)
	}
	var doc any
	if err := decode(schema, &doc); err != nil {
		return nil, fmt.Errorf("the form of %s is not JSON: %w", service, err)
	}
	r, err := compile(doc, 0)
	if err != nil {
		return nil, fmt.Errorf("the form of %s cannot be used: %w", service, err)
	}
	f := &Form{Service: service, Version: version, schema: doc, rule: r}
	for name, p := range head.Properties {
		f.fields = append(f.fields, field(name, p, slices.Contains(head.Required, name)))
	}
	slices.SortFunc(f.fields, func(a, b Field) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Name, b.Name))
	})
	return f, nil
}

func field(name string, p property, required bool) Field {
	f := Field{Name: name, Title: p.Title, Hint: p.Description, Format: p.Format, Pattern: p.Pattern,
		Required: required, Default: p.Default, Type: jsonType(p.Type)}
	if f.Title == "" {
		f.Title = untrusted.Text(name)
	}
	for _, v := range p.Enum {
		o := Option{v, untrusted.Text(fmt.Sprint(v))}
		if p.Epgu != nil && p.Epgu.Labels[o.Title.Raw()] != "" {
			o.Title = p.Epgu.Labels[o.Title.Raw()]
		}
		f.Options = append(f.Options, o)
	}
	for _, o := range p.OneOf {
		if o.Const != nil {
			f.Options = append(f.Options, Option{o.Const, o.Title})
		}
	}
	if x := p.Epgu; x != nil {
		f.order, f.Group, f.Secret = x.Order, x.Group, x.Secret
		if x.Hint != "" {
			f.Hint = x.Hint
		}
	}
	return f
}

// jsonType picks the one type that a value is read as; a list of types reads
// as its first that is not null.
func jsonType(t any) string {
	switch t := t.(type) {
	case string:
		return t
	case []any:
		for _, v := range t {
			if s, ok := v.(string); ok && s != "null" {
				return s
			}
		}
	}
	return "string"
}

// Fields lists the fields in the order in which a person fills them.
func (f *Form) Fields() []Field { return f.fields }

// Field returns the field with this name.
func (f *Form) Field(name string) (Field, bool) {
	i := slices.IndexFunc(f.fields, func(x Field) bool { return x.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return f.fields[i], true
}

// Defaults returns the values that stand unless somebody says otherwise.
func (f *Form) Defaults() map[string]any {
	out := map[string]any{}
	for _, fd := range f.fields {
		if fd.Default != nil {
			out[fd.Name] = fd.Default
		}
	}
	return out
}

// Schema returns the form as the portal gave it.
func (f *Form) Schema() any { return f.schema }

// decode is json.Unmarshal that keeps numbers exact.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(v)
}
