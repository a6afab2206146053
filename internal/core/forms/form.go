package forms

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// MaxSchemaBytes bounds a form's schema, bytes.
const MaxSchemaBytes = 1 << 20

// Types of a field.
const (
	Object = "object" // a group of fields
	List   = "array"  // a repeated group, or a list of scalars
)

// Form is the parsed form of a service.
type Form struct {
	Service string
	Version string
	Title   untrusted.Text
	// Today is the day of filling, yyyy-mm-dd: ages and terms are reckoned from it.
	// Without it they are left to the portal.
	Today string
	// Lang is the language that dates are written in for people.
	Lang   i18n.Lang
	schema any
	fields []Field // of the root
	all    []*Field
	byPath map[string]*Field
	steps  []stepTitle
	rules  []crossRule
	fees   []Fee
	rule   *rule
}

type stepTitle struct {
	Key   string         `json:"key"`
	Title untrusted.Text `json:"title"`
}

// Field is one field of a form, in the order in which a person fills it.
type Field struct {
	Name     string         `json:"name"` // its last part
	Path     string         `json:"path"` // from the root; [] stands for any item: children[].lastName
	Title    untrusted.Text `json:"title"`
	Hint     untrusted.Text `json:"hint,omitempty"`
	Group    untrusted.Text `json:"group,omitempty"`
	Step     string         `json:"step,omitempty"`
	Type     string         `json:"type"` // JSON type: string, integer, number, boolean, object, array
	Format   string         `json:"format,omitempty"`
	Pattern  string         `json:"pattern,omitempty"`
	Mask     string         `json:"mask,omitempty"`    // snils, inn, phone, passport, or nines and signs: "99 99 999999"
	Check    string         `json:"check,omitempty"`   // snils, inn, bik, account:FIELD (the БИК's)
	Example  string         `json:"example,omitempty"` // a value that fits
	Required bool           `json:"required"`          // where it is asked
	Secret   bool           `json:"secret,omitempty"`
	Options  []Option       `json:"options,omitempty"` // the only values allowed, when the form says so
	Default  any            `json:"default,omitempty"`
	When     *Condition     `json:"when,omitempty"` // asked only then

	// Dictionary is the portal's list that the value is from.
	Dictionary *DictionaryRef `json:"dictionary,omitempty"`
	// Computed says that the value follows from others and is not asked.
	Computed *Computation `json:"computed,omitempty"`

	Fields    []Field        `json:"fields,omitempty"` // of a group, or of an item of a repeated one
	Item      untrusted.Text `json:"item,omitempty"`   // what one item is called
	MinItems  int            `json:"minItems,omitempty"`
	MaxItems  int            `json:"maxItems,omitempty"` // 0 is as many as the program can hold
	MinLength int            `json:"minLength,omitempty"`
	MaxLength int            `json:"maxLength,omitempty"` // characters; 0 is no bound
	Minimum   *json.Number   `json:"minimum,omitempty"`
	Maximum   *json.Number   `json:"maximum,omitempty"`
	Was       []string       `json:"was,omitempty"` // paths that it had in earlier versions of the form

	order int
	path  path
	rule  *rule
}

// Option is one allowed value of a field.
type Option struct {
	Value any            `json:"value"`
	Title untrusted.Text `json:"title"`
}

// DictionaryRef names a dictionary of /api/nsi. Parent is the field (path in
// the form) whose value the entries are under; "" is the whole dictionary. Leaf
// wants an entry with nothing below it.
type DictionaryRef struct {
	Code   string `json:"code"`
	Parent string `json:"parent,omitempty"`
	Leaf   bool   `json:"leaf,omitempty"`
}

// Computation says how a value follows from others.
type Computation struct {
	Kind string `json:"kind"` // age (full years on the day of filling), count (items of a list), sum (of a field over a list)
	Of   string `json:"of"`   // path in the form
}

// Fee is what the service costs for some answers, kopecks.
type Fee struct {
	Title   untrusted.Text `json:"title"`
	Kopecks int64          `json:"kopecks"`
	When    *Condition     `json:"when,omitempty"`
}

// property is what the form's schema says of one field.
type property struct {
	Type        any                 `json:"type"`
	Title       untrusted.Text      `json:"title"`
	Description untrusted.Text      `json:"description"`
	Format      string              `json:"format"`
	Pattern     string              `json:"pattern"`
	Enum        []any               `json:"enum"`
	OneOf       []constOption       `json:"oneOf"`
	Default     any                 `json:"default"`
	Examples    []any               `json:"examples"`
	ReadOnly    bool                `json:"readOnly"`
	MinLength   *int                `json:"minLength"`
	MaxLength   *int                `json:"maxLength"`
	Minimum     *json.Number        `json:"minimum"`
	Maximum     *json.Number        `json:"maximum"`
	MinItems    *int                `json:"minItems"`
	MaxItems    *int                `json:"maxItems"`
	Properties  map[string]property `json:"properties"`
	Required    []string            `json:"required"`
	Items       *property           `json:"items"`
	Epgu        *epguExtensions     `json:"x-epgu"`
}

type constOption struct {
	Const any            `json:"const"`
	Title untrusted.Text `json:"title"`
}

// epguExtensions is "x-epgu" of a field.
type epguExtensions struct {
	Labels     map[string]untrusted.Text `json:"labels"` // of the values of an enum
	Order      int                       `json:"order"`
	Group      untrusted.Text            `json:"group"`
	Step       string                    `json:"step"`
	Hint       untrusted.Text            `json:"hint"`
	Secret     bool                      `json:"secret"`
	Required   bool                      `json:"required"` // where its condition holds
	When       *Condition                `json:"when"`
	Mask       string                    `json:"mask"`
	Check      string                    `json:"check"`
	Item       untrusted.Text            `json:"item"`
	Dictionary *DictionaryRef            `json:"dictionary"`
	Compute    *Computation              `json:"compute"`
	Was        []string                  `json:"was"`
	Steps      []stepTitle               `json:"steps"` // of the root, as the next two
	Rules      []crossRule               `json:"rules"`
	Fees       []Fee                     `json:"fees"`
}

// Parse reads a form's JSON Schema (2020-12): an object of fields, groups
// (objects) and repeated groups (arrays of objects).
func Parse(service, version string, schema []byte) (*Form, error) {
	if len(schema) > MaxSchemaBytes {
		return nil, fmt.Errorf("the form of %s has %d bytes, at most %d are read", service, len(schema), MaxSchemaBytes)
	}
	var doc any
	if err := decode(schema, &doc); err != nil {
		return nil, fmt.Errorf("the form of %s is not JSON: %w", service, err)
	}
	r, err := compile(doc, 0)
	if err != nil {
		return nil, fmt.Errorf("the form of %s cannot be used: %w", service, err)
	}
	var head property
	if err := decode(schema, &head); err != nil {
		return nil, fmt.Errorf("the form of %s is not a JSON Schema: %w", service, err)
	}
	f := &Form{Service: service, Version: version, Title: head.Title, schema: doc, rule: r, byPath: map[string]*Field{}}
	if x := head.Epgu; x != nil {
		f.steps, f.rules, f.fees = x.Steps, x.Rules, x.Fees
	}
	f.fields = fieldsOf(head, nil, r)
	f.index(f.fields)
	for i := range f.rules {
		if err := f.rules[i].check(f); err != nil {
			return nil, fmt.Errorf("the form of %s cannot be used: %w", service, err)
		}
	}
	return f, nil
}

func (f *Form) index(list []Field) {
	for i := range list {
		fd := &list[i]
		f.all = append(f.all, fd)
		f.byPath[fd.Path] = fd
		f.index(fd.Fields)
	}
}

// fieldsOf reads the fields of an object.
func fieldsOf(p property, at path, r *rule) []Field {
	out := make([]Field, 0, len(p.Properties))
	for name, sub := range p.Properties {
		var sr *rule
		if r != nil {
			sr = r.properties[name]
		}
		out = append(out, field(name, sub, slices.Contains(p.Required, name), at, sr))
	}
	slices.SortFunc(out, func(a, b Field) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func field(name string, p property, required bool, at path, r *rule) Field {
	f := Field{Name: name, Title: p.Title, Hint: p.Description, Format: p.Format, Pattern: p.Pattern,
		Required: required, Default: p.Default, Type: jsonType(p.Type), path: at.child(name), rule: r,
		Minimum: p.Minimum, Maximum: p.Maximum, MinLength: value(p.MinLength), MaxLength: value(p.MaxLength),
		MinItems: value(p.MinItems), MaxItems: value(p.MaxItems)}
	f.Path = f.path.String()
	if f.Title == "" {
		f.Title = untrusted.Text(name)
	}
	if len(p.Examples) > 0 {
		f.Example = plain(p.Examples[0])
	}
	f.Options = options(p)
	if x := p.Epgu; x != nil {
		f.order, f.Group, f.Secret, f.Step, f.When = x.Order, x.Group, x.Secret, x.Step, x.When
		f.Mask, f.Check, f.Item, f.Dictionary, f.Computed, f.Was = x.Mask, x.Check, x.Item, x.Dictionary, x.Compute, x.Was
		f.Required = f.Required || x.Required
		if x.Hint != "" {
			f.Hint = x.Hint
		}
	}
	switch f.Type {
	case Object:
		f.Fields = fieldsOf(p, f.path, r)
	case List:
		if p.Items == nil {
			break
		}
		item := f.path.item(anyItem)
		var ir *rule
		if r != nil {
			ir = r.items
		}
		if jsonType(p.Items.Type) == Object {
			f.Fields = fieldsOf(*p.Items, item, ir)
		} else {
			f.Options = options(*p.Items)
		}
	}
	return f
}

func options(p property) []Option {
	var out []Option
	for _, v := range p.Enum {
		o := Option{v, untrusted.Text(fmt.Sprint(v))}
		if p.Epgu != nil && p.Epgu.Labels[o.Title.Raw()] != "" {
			o.Title = p.Epgu.Labels[o.Title.Raw()]
		}
		out = append(out, o)
	}
	for _, o := range p.OneOf {
		if o.Const != nil {
			out = append(out, Option{o.Const, o.Title})
		}
	}
	return out
}

func value(n *int) int {
	if n == nil {
		return 0
	}
	return *n
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

// Fields lists the fields of the root in the order in which a person fills
// them; groups hold their own.
func (f *Form) Fields() []Field { return f.fields }

// Flat lists every field that takes a value, groups opened, in order.
func (f *Form) Flat() []Field {
	var out []Field
	for _, fd := range f.all {
		if len(fd.Fields) == 0 {
			out = append(out, *fd)
		}
	}
	return out
}

// Field returns the field at a path; indexes of items do not matter.
func (f *Form) Field(at string) (Field, bool) {
	fd := f.find(at)
	if fd == nil {
		return Field{}, false
	}
	return *fd, true
}

func (f *Form) find(at string) *Field {
	if fd := f.byPath[at]; fd != nil {
		return fd
	}
	p, err := parsePath(at)
	if err != nil {
		return nil
	}
	return f.byPath[p.schema()]
}

// Defaults returns the values that stand unless somebody says otherwise.
func (f *Form) Defaults() map[string]any { return defaults(f.fields) }

// defaults are those of the fields of one object, groups that must be there
// included.
func defaults(list []Field) map[string]any {
	out := map[string]any{}
	for i := range list {
		fd := &list[i]
		switch {
		case fd.Default != nil:
			out[fd.Name] = clone(fd.Default)
		case fd.Type == Object && fd.Required:
			if sub := defaults(fd.Fields); len(sub) > 0 {
				out[fd.Name] = sub
			}
		}
	}
	return out
}

// Schema returns the form as the portal gave it.
func (f *Form) Schema() any { return f.schema }

// plain writes a scalar as people type it.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return fmt.Sprint(v)
}

// decode is json.Unmarshal that keeps numbers exact.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(v)
}

// both makes a text of the portal, which is in one language already, fit for a
// message.
func both(t untrusted.Text) i18n.Message { return i18n.Text{RU: "%s", EN: "%s"}.With(t) }
