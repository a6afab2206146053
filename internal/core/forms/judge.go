package forms

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/big"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// failure is one assertion that a value does not meet.
type failure struct {
	at      path // empty is the whole form
	keyword string
	names   []string // of missing or unknown fields
	got     int      // length, number of items, or the item that is there twice
	want    int
	limit   *big.Rat
	format  string
	types   []string
	allowed []any
}

// trial is one judgement under way: where it stands in the tree and what has
// failed. A trial that asks only whether something holds keeps no failures.
type trial struct {
	at    []elem
	out   []failure
	fails int
	mute  int
}

func (t *trial) fail(f failure) {
	t.fails++
	if t.mute > 0 {
		return
	}
	f.at = slices.Clone(t.at)
	t.out = append(t.out, f)
}

// holds reports whether v meets the rule.
func (t *trial) holds(r *rule, v any) bool {
	before := t.fails
	t.mute++
	r.judge(t, v)
	t.mute--
	ok := t.fails == before
	t.fails = before
	return ok
}

// judge notes what v fails.
func (r *rule) judge(t *trial, v any) {
	if r.never {
		t.fail(failure{keyword: "false"})
		return
	}
	if len(r.types) > 0 && !anyType(v, r.types) {
		t.fail(failure{keyword: "type", types: r.types})
		return
	}
	for _, enum := range r.enums {
		if !slices.ContainsFunc(enum, func(e any) bool { return equal(e, v) }) {
			t.fail(failure{keyword: "enum", allowed: enum})
		}
	}
	switch x := v.(type) {
	case map[string]any:
		r.judgeObject(t, x)
	case []any:
		r.judgeList(t, x)
	case string:
		r.judgeText(t, x)
	default:
		if len(r.bounds) > 0 {
			r.judgeNumber(t, v)
		}
	}
	if r.compound {
		r.judgeTogether(t, v)
	}
}

func anyType(v any, types []string) bool {
	for _, name := range types {
		if isType(v, name) {
			return true
		}
	}
	return false
}

func (r *rule) judgeObject(t *trial, x map[string]any) {
	var missing, unknown []string
	for _, name := range r.required {
		if _, ok := x[name]; !ok {
			if t.mute > 0 {
				t.fails++
				return
			}
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		t.fail(failure{keyword: "required", names: missing})
	}
	if r.closed {
		for name := range x {
			if _, ok := r.properties[name]; !ok {
				unknown = append(unknown, name)
			}
		}
		if slices.Sort(unknown); len(unknown) > 0 {
			t.fail(failure{keyword: "additionalProperties", names: unknown})
		}
	}
	if len(r.properties) == 0 {
		return
	}
	here := len(t.at)
	t.at = append(t.at, elem{})
	for i, name := range r.order {
		if v, ok := x[name]; ok {
			t.at[here] = elem{name: name}
			r.ordered[i].judge(t, v)
			t.at = t.at[:here+1]
		}
	}
	t.at = t.at[:here]
}

func (r *rule) judgeList(t *trial, x []any) {
	if r.minItems != nil && len(x) < *r.minItems {
		t.fail(failure{keyword: "minItems", got: len(x), want: *r.minItems})
	}
	if r.maxItems != nil && len(x) > *r.maxItems {
		t.fail(failure{keyword: "maxItems", got: len(x), want: *r.maxItems})
	}
	if r.unique {
		for i, a := range x {
			if slices.ContainsFunc(x[:i], func(b any) bool { return equal(a, b) }) {
				t.fail(failure{keyword: "uniqueItems", got: i})
				break
			}
		}
	}
	if r.items == nil {
		return
	}
	here := len(t.at)
	t.at = append(t.at, elem{})
	for i, v := range x {
		t.at[here] = elem{index: i}
		r.items.judge(t, v)
		t.at = t.at[:here+1]
	}
	t.at = t.at[:here]
}

func (r *rule) judgeText(t *trial, s string) {
	if r.minLength != nil || r.maxLength != nil {
		n := utf8.RuneCountInString(s)
		if r.minLength != nil && n < *r.minLength {
			t.fail(failure{keyword: "minLength", got: n, want: *r.minLength})
		}
		if r.maxLength != nil && n > *r.maxLength {
			t.fail(failure{keyword: "maxLength", got: n, want: *r.maxLength})
		}
	}
	if r.pattern != nil && !r.pattern.MatchString(s) {
		t.fail(failure{keyword: "pattern"})
	}
	if r.format != "" && !hasFormat(s, r.format) {
		t.fail(failure{keyword: "format", format: r.format})
	}
}

func (r *rule) judgeNumber(t *trial, v any) {
	small, quick := smallInt(v)
	var n *big.Rat
	for _, b := range r.bounds {
		var c int
		if quick && b.whole {
			c = cmp.Compare(small, b.small)
		} else {
			if n == nil {
				var ok bool
				if n, ok = rational(v); !ok {
					return
				}
			}
			c = n.Cmp(b.limit)
		}
		ok := b.keyword == "minimum" && c >= 0 || b.keyword == "maximum" && c <= 0 ||
			b.keyword == "exclusiveMinimum" && c > 0 || b.keyword == "exclusiveMaximum" && c < 0
		if !ok {
			t.fail(failure{keyword: b.keyword, limit: b.limit})
		}
	}
}

// judgeTogether handles the assertions that are made of others.
func (r *rule) judgeTogether(t *trial, v any) {
	for _, s := range r.allOf {
		s.judge(t, v)
	}
	count := func(rules []*rule) (n int, allowed []any) {
		for _, s := range rules {
			if t.holds(s, v) {
				n++
			}
			allowed = append(allowed, slices.Concat(s.enums...)...)
		}
		return n, allowed
	}
	if len(r.anyOf) > 0 {
		if n, allowed := count(r.anyOf); n == 0 {
			t.fail(failure{keyword: "anyOf", allowed: allowed})
		}
	}
	if len(r.oneOf) > 0 {
		if n, allowed := count(r.oneOf); n != 1 {
			t.fail(failure{keyword: "oneOf", allowed: allowed})
		}
	}
	if r.not != nil && t.holds(r.not, v) {
		t.fail(failure{keyword: "not"})
	}
	if r.when == nil {
		return
	}
	if t.holds(r.when, v) {
		if r.then != nil {
			r.then.judge(t, v)
		}
	} else if r.otherwise != nil {
		r.otherwise.judge(t, v)
	}
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
	case "array":
		_, ok := v.([]any)
		return ok
	case "number":
		if _, ok := smallInt(v); ok {
			return true
		}
		_, ok := rational(v)
		return ok
	case "integer":
		if _, ok := smallInt(v); ok {
			return true
		}
		n, ok := rational(v)
		return ok && n.IsInt()
	}
	return false
}

// smallInt reads a number that is written as a whole one of at most 18 digits:
// nearly all that forms have.
func smallInt(v any) (int64, bool) {
	switch v := v.(type) {
	case json.Number:
		digits := strings.TrimPrefix(string(v), "-")
		if digits == "" || len(digits) > 18 {
			return 0, false
		}
		var n int64
		for i := range len(digits) {
			c := digits[i]
			if c < '0' || c > '9' {
				return 0, false
			}
			n = n*10 + int64(c-'0')
		}
		if len(digits) < len(v) {
			n = -n
		}
		return n, true
	case int:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

// equal compares two values as JSON does: 1 and 1.0 are the same number.
func equal(a, b any) bool {
	switch a := a.(type) {
	case string:
		s, ok := b.(string)
		return ok && a == s
	case bool:
		t, ok := b.(bool)
		return ok && a == t
	case nil:
		return b == nil
	case []any:
		t, ok := b.([]any)
		return ok && slices.EqualFunc(a, t, equal)
	case map[string]any:
		t, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, t, equal)
	}
	x, okx := rational(a)
	y, oky := rational(b)
	return okx && oky && x.Cmp(y) == 0
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
