package forms

import (
	"math/big"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// failure is one assertion that a value does not meet.
type failure struct {
	field   string // "" is the whole form
	keyword string
	names   []string // of missing or unknown fields
	got     int      // length
	want    int
	limit   *big.Rat
	format  string
	types   []string
	allowed []any
}

// judge appends what v fails. The value of a field is a scalar; only the form
// itself is an object.
func (r *rule) judge(field string, v any, out *[]failure) {
	fail := func(f failure) {
		f.field = field
		*out = append(*out, f)
	}
	if r.never {
		fail(failure{keyword: "false"})
		return
	}
	if len(r.types) > 0 && !slices.ContainsFunc(r.types, func(t string) bool { return isType(v, t) }) {
		fail(failure{keyword: "type", types: r.types})
		return
	}
	for _, enum := range r.enums {
		if !slices.ContainsFunc(enum, func(e any) bool { return equal(e, v) }) {
			fail(failure{keyword: "enum", allowed: enum})
		}
	}
	switch x := v.(type) {
	case map[string]any:
		r.judgeObject(x, fail, out)
	case string:
		r.judgeText(x, fail)
	default:
		if n, ok := rational(v); ok {
			r.judgeNumber(n, fail)
		}
	}
	r.judgeTogether(field, v, fail, out)
}

func (r *rule) judgeObject(x map[string]any, fail func(failure), out *[]failure) {
	var missing, unknown []string
	for _, name := range r.required {
		if _, ok := x[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		fail(failure{keyword: "required", names: missing})
	}
	if r.closed {
		for name := range x {
			if _, ok := r.properties[name]; !ok {
				unknown = append(unknown, name)
			}
		}
		if slices.Sort(unknown); len(unknown) > 0 {
			fail(failure{keyword: "additionalProperties", names: unknown})
		}
	}
	for _, name := range r.order {
		if v, ok := x[name]; ok {
			r.properties[name].judge(name, v, out)
		}
	}
}

func (r *rule) judgeText(s string, fail func(failure)) {
	n := utf8.RuneCountInString(s)
	if r.minLength != nil && n < *r.minLength {
		fail(failure{keyword: "minLength", got: n, want: *r.minLength})
	}
	if r.maxLength != nil && n > *r.maxLength {
		fail(failure{keyword: "maxLength", got: n, want: *r.maxLength})
	}
	if r.pattern != nil && !r.pattern.MatchString(s) {
		fail(failure{keyword: "pattern"})
	}
	if !hasFormat(s, r.format) {
		fail(failure{keyword: "format", format: r.format})
	}
}

func (r *rule) judgeNumber(n *big.Rat, fail func(failure)) {
	for _, b := range r.bounds {
		c := n.Cmp(b.limit)
		ok := b.keyword == "minimum" && c >= 0 || b.keyword == "maximum" && c <= 0 ||
			b.keyword == "exclusiveMinimum" && c > 0 || b.keyword == "exclusiveMaximum" && c < 0
		if !ok {
			fail(failure{keyword: b.keyword, limit: b.limit})
		}
	}
}

// judgeTogether handles the assertions that are made of others.
func (r *rule) judgeTogether(field string, v any, fail func(failure), out *[]failure) {
	for _, s := range r.allOf {
		s.judge(field, v, out)
	}
	count := func(rules []*rule) (n int, allowed []any) {
		for _, s := range rules {
			if s.holds(field, v) {
				n++
			}
			allowed = append(allowed, slices.Concat(s.enums...)...)
		}
		return n, allowed
	}
	if len(r.anyOf) > 0 {
		if n, allowed := count(r.anyOf); n == 0 {
			fail(failure{keyword: "anyOf", allowed: allowed})
		}
	}
	if len(r.oneOf) > 0 {
		if n, allowed := count(r.oneOf); n != 1 {
			fail(failure{keyword: "oneOf", allowed: allowed})
		}
	}
	if r.not != nil && r.not.holds(field, v) {
		fail(failure{keyword: "not"})
	}
	if r.when == nil {
		return
	}
	if r.when.holds(field, v) {
		if r.then != nil {
			r.then.judge(field, v, out)
		}
	} else if r.otherwise != nil {
		r.otherwise.judge(field, v, out)
	}
}

// holds reports whether v meets the rule.
func (r *rule) holds(field string, v any) bool {
	var out []failure
	r.judge(field, v, &out)
	return len(out) == 0
}

func isType(v any, t string) bool {
	switch t {
	case "string":
		_, ok := v.(string)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "null":
		return v == nil
	case "object":
		_, ok := v.(map[string]any)
		return ok
	case "number":
		_, ok := rational(v)
		return ok
	case "integer":
		n, ok := rational(v)
		return ok && n.IsInt()
	}
	return false
}

// equal compares two scalars as JSON does: 1 and 1.0 are the same number.
func equal(a, b any) bool {
	x, okx := rational(a)
	y, oky := rational(b)
	if okx || oky {
		return okx && oky && x.Cmp(y) == 0
	}
	switch a := a.(type) {
	case string:
		s, ok := b.(string)
		return ok && a == s
	case bool:
		t, ok := b.(bool)
		return ok && a == t
	case nil:
		return b == nil
	}
	return false
}

// hasFormat checks the formats that forms use; an unknown one says nothing.
func hasFormat(s, format string) bool {
	switch format {
	case "date":
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	case "email":
		a, err := mail.ParseAddress(s)
		return err == nil && a.Address == s && !strings.ContainsAny(s, "<> ")
	}
	return true
}
