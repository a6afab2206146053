package forms

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// rule is one schema, ready to judge values. It covers what a form may say: the
// assertions of JSON Schema 2020-12 on objects, lists and scalars, without
// references to other schemas. A schema with any other assertion is refused as a whole, because a rule that is passed
// over would let through what the portal then refuses.
//
// It is our own because the library that covers all of JSON Schema spends
// several milliseconds at every start of the program; the tests hold it to that
// library's judgement.
type rule struct {
	types      []string
	properties map[string]*rule
	order      []string // of properties, for a stable report
	required   []string
	items      *rule
	minItems   *int
	maxItems   *int
	unique     bool
	closed     bool    // additionalProperties: false
	enums      [][]any // the value must be in each: enum, const
	pattern    *regexp.Regexp
	format     string
	minLength  *int
	maxLength  *int
	bounds     []bound
	allOf      []*rule
	anyOf      []*rule
	oneOf      []*rule
	not        *rule
	when, then *rule
	otherwise  *rule
	never      bool    // the schema false
	ordered    []*rule // properties in order
	compound   bool    // it is made of other rules
}

// bound is a limit of a number.
type bound struct {
	keyword string // minimum, maximum, exclusiveMinimum, exclusiveMaximum
	limit   *big.Rat
	small   int64 // the limit, when whole
	whole   bool
}

// maxDepth bounds the nesting of a form's schema.
const maxDepth = 32

// compile turns a decoded schema into a rule.
func compile(doc any, depth int) (*rule, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if b, ok := doc.(bool); ok {
		return &rule{never: !b}, nil
	}
	m, ok := doc.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a schema must be an object, not %T", doc)
	}
	r := &rule{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if err := r.take(key, m[key], depth); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	for _, name := range r.order {
		r.ordered = append(r.ordered, r.properties[name])
	}
	r.compound = len(r.allOf)+len(r.anyOf)+len(r.oneOf) > 0 || r.not != nil || r.when != nil
	return r, nil
}

func (r *rule) take(key string, v any, depth int) (err error) {
	sub := func(into **rule) error {
		*into, err = compile(v, depth+1)
		return err
	}
	list := func(into *[]*rule) error {
		items, ok := v.([]any)
		if !ok || len(items) == 0 {
			return fmt.Errorf("a list of schemas is needed")
		}
		for _, item := range items {
			s, err := compile(item, depth+1)
			if err != nil {
				return err
			}
			*into = append(*into, s)
		}
		return nil
	}
	switch key {
	case "type":
		r.types, err = stringsOf(v)
	case "required":
		r.required, err = stringsOf(v)
	case "properties":
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("an object is needed")
		}
		r.properties = make(map[string]*rule, len(m))
		r.order = slices.Sorted(maps.Keys(m))
		for _, name := range r.order {
			if r.properties[name], err = compile(m[name], depth+1); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	case "additionalProperties":
		b, ok := v.(bool)
		if !ok {
			return fmt.Errorf("only true or false is understood")
		}
		r.closed = !b
	case "items":
		err = sub(&r.items)
	case "minItems":
		r.minItems, err = whole(v)
	case "maxItems":
		r.maxItems, err = whole(v)
	case "uniqueItems":
		b, ok := v.(bool)
		if !ok {
			return fmt.Errorf("true or false is needed")
		}
		r.unique = b
	case "enum":
		values, ok := v.([]any)
		if !ok {
			return fmt.Errorf("a list is needed")
		}
		r.enums = append(r.enums, values)
	case "const":
		r.enums = append(r.enums, []any{v})
	case "pattern":
		s, ok := v.(string)
		if !ok {
			return fmt.Errorf("a text is needed")
		}
		r.pattern, err = regexp.Compile(s)
	case "format":
		s, ok := v.(string)
		if !ok {
			return fmt.Errorf("a text is needed")
		}
		r.format = s
	case "minLength":
		r.minLength, err = whole(v)
	case "maxLength":
		r.maxLength, err = whole(v)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		n, ok := rational(v)
		if !ok {
			return fmt.Errorf("a number is needed")
		}
		b := bound{keyword: key, limit: n}
		if n.IsInt() && n.Num().IsInt64() {
			b.small, b.whole = n.Num().Int64(), true
		}
		r.bounds = append(r.bounds, b)
	case "allOf":
		err = list(&r.allOf)
	case "anyOf":
		err = list(&r.anyOf)
	case "oneOf":
		err = list(&r.oneOf)
	case "not":
		err = sub(&r.not)
	case "if":
		err = sub(&r.when)
	case "then":
		err = sub(&r.then)
	case "else":
		err = sub(&r.otherwise)
	case "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly":
		// They say something to people, nothing about values.
	default:
		if !strings.HasPrefix(key, "x-") {
			return fmt.Errorf("this form needs a newer version of the program")
		}
	}
	return err
}

func stringsOf(v any) ([]string, error) {
	if s, ok := v.(string); ok {
		return []string{s}, nil
	}
	items, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("a list of texts is needed")
	}
	out := make([]string, len(items))
	for i, item := range items {
		if out[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("a list of texts is needed")
		}
	}
	return out, nil
}

func whole(v any) (*int, error) {
	r, ok := rational(v)
	if !ok || !r.IsInt() || !r.Num().IsInt64() || r.Sign() < 0 {
		return nil, fmt.Errorf("a whole number is needed")
	}
	n := int(r.Num().Int64())
	return &n, nil
}

// maxNumber bounds the digits of a number: an exponent could make it huge.
const maxNumber = 64

// rational reads a JSON number exactly.
func rational(v any) (*big.Rat, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case int:
		return new(big.Rat).SetInt64(int64(v)), true
	case int64:
		return new(big.Rat).SetInt64(v), true
	case float64:
		return new(big.Rat).SetFloat64(v), true
	default:
		return nil, false
	}
	if len(text) > maxNumber || strings.ContainsAny(text, "eE/") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
