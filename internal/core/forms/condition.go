package forms

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Condition says when a field is asked. What is set of it must hold together.
type Condition struct {
	Field string      `json:"field,omitempty"` // path in the form
	In    []string    `json:"in,omitempty"`    // the value, as text, is one of these
	NotIn []string    `json:"notIn,omitempty"` // it is there and none of these
	Min   *int64      `json:"min,omitempty"`   // the number is not less
	Max   *int64      `json:"max,omitempty"`   // the number is not more
	All   []Condition `json:"all,omitempty"`
	Any   []Condition `json:"any,omitempty"`

	path path
}

// UnmarshalJSON reads a condition and the path in it.
func (c *Condition) UnmarshalJSON(b []byte) error {
	type bare Condition
	if err := json.Unmarshal(b, (*bare)(c)); err != nil {
		return err
	}
	if c.Field == "" {
		return nil
	}
	p, err := parsePath(c.Field)
	if err != nil {
		return fmt.Errorf("a condition on %q: %w", c.Field, err)
	}
	c.path = p
	return nil
}

// near puts the indexes of the place at into a path of the form: what is
// asked of children[2] depends on the answers of children[2].
func near(p, at path) path {
	if !slices.ContainsFunc(p, func(e elem) bool { return e.name == "" && e.index == anyItem }) {
		return p
	}
	out := slices.Clone(p)
	for i := range out {
		if i >= len(at) || out[i].name != at[i].name {
			break
		}
		if out[i].name == "" {
			out[i].index = at[i].index
		}
	}
	return out
}

// holds reports whether the condition is met for what stands at a place of the
// tree; nil always is.
func (c *Condition) holds(tree map[string]any, at path) bool {
	if c == nil {
		return true
	}
	if c.path != nil {
		v, ok := get(tree, near(c.path, at))
		ok = ok && v != nil && v != ""
		if len(c.In) > 0 && !(ok && slices.Contains(c.In, plain(v))) {
			return false
		}
		if len(c.NotIn) > 0 && (!ok || slices.Contains(c.NotIn, plain(v))) {
			return false
		}
		if c.Min != nil || c.Max != nil {
			n, number := rational(v)
			if !ok || !number || c.Min != nil && n.Cmp(new(big.Rat).SetInt64(*c.Min)) < 0 || c.Max != nil && n.Cmp(new(big.Rat).SetInt64(*c.Max)) > 0 {
				return false
			}
		}
	}
	for i := range c.All {
		if !c.All[i].holds(tree, at) {
			return false
		}
	}
	return len(c.Any) == 0 || slices.ContainsFunc(c.Any, func(a Condition) bool { return a.holds(tree, at) })
}

// crossRule is a rule about several fields, which JSON Schema cannot say. The
// words are the portal's.
type crossRule struct {
	// Kind is notBefore and notAfter (At, a date or a number, against Of), different
	// (At and Of), unique (At over the items of its list), sum (of At over the list
	// is Equals), any (one of Fields is filled).
	Kind    string         `json:"kind"`
	At      string         `json:"at"` // the field that is blamed
	Of      string         `json:"of,omitempty"`
	Equals  *json.Number   `json:"equals,omitempty"`
	Fields  []string       `json:"fields,omitempty"`
	Message untrusted.Text `json:"message"`
	When    *Condition     `json:"when,omitempty"`

	at, of path
	fields []path
}

func (r *crossRule) check(f *Form) (err error) {
	known := func(name string) (path, error) {
		if f.byPath[name] == nil {
			return nil, fmt.Errorf("rule %s is about %q, which is no field of it", r.Kind, name)
		}
		return parsePath(name)
	}
	if r.at, err = known(r.At); err != nil {
		return err
	}
	switch r.Kind {
	case "notBefore", "notAfter":
		if strings.HasPrefix(r.Of, "today") {
			_, err = relative(r.Of, time.Time{})
			return err
		}
		r.of, err = known(r.Of)
	case "different":
		r.of, err = known(r.Of)
	case "unique":
	case "sum":
		if r.Equals == nil {
			return fmt.Errorf("rule sum of %q has no value", r.At)
		}
	case "any":
		for _, name := range r.Fields {
			p, err := known(name)
			if err != nil {
				return err
			}
			r.fields = append(r.fields, p)
		}
	default:
		return fmt.Errorf("rule %q: this form needs a newer version of the program", r.Kind)
	}
	return err
}

// relative reads today, today-14y, today+30d, today-3m against a day.
func relative(s string, today time.Time) (time.Time, error) {
	rest := strings.TrimPrefix(s, "today")
	if rest == "" {
		return today, nil
	}
	n, err := strconv.Atoi(rest[:len(rest)-1])
	if err != nil || n < -200_000 || n > 200_000 {
		return today, fmt.Errorf("%q is no day", s)
	}
	switch rest[len(rest)-1] {
	case 'y':
		return today.AddDate(n, 0, 0), nil
	case 'm':
		return today.AddDate(0, n, 0), nil
	case 'd':
		return today.AddDate(0, 0, n), nil
	}
	return today, fmt.Errorf("%q is no day", s)
}

// places lists the places of the tree that a path of the form stands for.
func places(tree any, p path) []path {
	out := []path{nil}
	for _, e := range p {
		var next []path
		for _, at := range out {
			if e.name != "" {
				next = append(next, at.child(e.name))
				continue
			}
			v, _ := get(tree, at)
			list, _ := v.([]any)
			for i := range list {
				next = append(next, at.item(i))
			}
		}
		out = next
	}
	return out
}

// broken lists the places at which the rule is not met. What is not filled in
// or not of the right type is no matter of this rule.
func (r *crossRule) broken(f *Form, tree map[string]any) []path {
	filled := func(p path) (any, bool) {
		v, ok := get(tree, p)
		return v, ok && v != nil && v != ""
	}
	var out []path
	switch r.Kind {
	case "any":
		if r.When.holds(tree, r.at) && !slices.ContainsFunc(r.fields, func(p path) bool { _, ok := filled(p); return ok }) {
			out = append(out, r.at)
		}
		return out
	case "unique", "sum":
		return r.brokenOver(tree)
	}
	for _, at := range places(tree, r.at) {
		v, ok := filled(at)
		if !ok || !r.When.holds(tree, at) {
			continue
		}
		var other any
		if r.of != nil {
			if other, ok = filled(near(r.of, at)); !ok {
				continue
			}
		} else {
			today, err := time.Parse(time.DateOnly, f.Today)
			if err != nil {
				continue // nobody said what day it is
			}
			day, _ := relative(r.Of, today) // it was read when the form was
			other = day.Format(time.DateOnly)
		}
		if !f.mayBe(at, v) || r.of != nil && !f.mayBe(near(r.of, at), other) {
			continue // it is no date: that is said already
		}
		c, ok := compare(v, other)
		if ok && (r.Kind == "notBefore" && c < 0 || r.Kind == "notAfter" && c > 0 || r.Kind == "different" && c == 0) {
			out = append(out, at)
		}
	}
	return out
}

// mayBe reports whether v can stand at a place as far as dates go.
func (f *Form) mayBe(at path, v any) bool {
	fd := f.byPath[at.schema()]
	if fd == nil || fd.Format != "date" {
		return true
	}
	s, ok := v.(string)
	_, err := time.Parse(time.DateOnly, s)
	return ok && err == nil
}

// brokenOver judges a rule about a field of all items of a list.
func (r *crossRule) brokenOver(tree map[string]any) []path {
	var out []path
	seen := map[string]bool{}
	sum, n := new(big.Rat), 0
	for _, at := range places(tree, r.at) {
		v, ok := get(tree, at)
		if !ok || v == nil || v == "" || !r.When.holds(tree, at) {
			continue
		}
		if r.Kind == "unique" {
			key := strings.ToLower(plain(v))
			if seen[key] {
				out = append(out, at)
			}
			seen[key] = true
			continue
		}
		x, ok := rational(v)
		if !ok {
			return nil
		}
		sum.Add(sum, x)
		n++
		out = []path{at}
	}
	if r.Kind == "sum" {
		if want, ok := rational(*r.Equals); n == 0 || ok && sum.Cmp(want) == 0 {
			return nil
		}
	}
	return out
}

// compare orders two values: numbers by value, texts (dates among them) by
// their letters.
func compare(a, b any) (int, bool) {
	x, okx := rational(a)
	y, oky := rational(b)
	if okx && oky {
		return x.Cmp(y), true
	}
	s, oks := a.(string)
	t, okt := b.(string)
	return strings.Compare(s, t), oks && okt
}

// compute sets every value that follows from others, wherever its group is.
func (f *Form) compute(tree map[string]any) {
	for _, fd := range f.all {
		if fd.Computed == nil {
			continue
		}
		of, err := parsePath(fd.Computed.Of)
		if err != nil {
			continue
		}
		for _, at := range places(tree, fd.path) {
			if up, ok := get(tree, at[:len(at)-1]); !ok || up == nil {
				continue
			}
			// What a wrong answer makes of it is no second mistake.
			if v, ok := f.computed(fd.Computed.Kind, tree, near(of, at)); ok && (fd.Type != "integer" || isWhole(v)) {
				_ = put(tree, at, v) // its group is there
			} else {
				remove(tree, at)
			}
		}
	}
}

func isWhole(v any) bool {
	x, ok := rational(v)
	return ok && x.IsInt()
}

func (f *Form) computed(kind string, tree map[string]any, of path) (any, bool) {
	v, ok := get(tree, of)
	switch kind {
	case "age":
		s, isText := v.(string)
		born, err := time.Parse(time.DateOnly, s)
		today, err2 := time.Parse(time.DateOnly, f.Today)
		if !ok || !isText || err != nil || err2 != nil || born.After(today) {
			return nil, false
		}
		return json.Number(strconv.Itoa(years(born, today))), true
	case "count":
		list, _ := v.([]any)
		return json.Number(strconv.Itoa(len(list))), true
	case "sum":
		sum, n := new(big.Rat), 0
		for _, at := range places(tree, of) {
			v, ok := get(tree, at)
			if !ok {
				continue
			}
			x, ok := rational(v)
			if !ok {
				return nil, false
			}
			sum.Add(sum, x)
			n++
		}
		return json.Number(number(sum)), n > 0
	}
	return nil, false
}

// years counts full years; who is born on 29 February grows older on 1 March of
// a common year.
func years(born, today time.Time) int {
	n := today.Year() - born.Year()
	if today.Month() < born.Month() || today.Month() == born.Month() && today.Day() < born.Day() {
		n--
	}
	return n
}

// Settle makes of the answers what can be sent: values that follow from others
// are set, groups that must be there are made, empty ones and answers to
// questions that are not asked are left out; the paths of the latter are
// returned.
func (f *Form) Settle(values map[string]any) (settled map[string]any, left []string) {
	tree := cloneTree(values)
	f.compute(tree)
	f.settle(f.fields, tree, tree, nil, &left)
	f.compute(tree)
	return tree, left
}

func (f *Form) settle(fields []Field, root, m map[string]any, at path, left *[]string) {
	for i := range fields {
		fd := &fields[i]
		here := at.child(fd.Name)
		v, there := m[fd.Name]
		if there && (v == nil || v == "" && !fd.Required) {
			delete(m, fd.Name)
			there = false
		}
		if !fd.When.holds(root, here) {
			if there {
				delete(m, fd.Name)
				if fd.Computed == nil && !equal(v, fd.Default) && !blank(v) {
					*left = append(*left, here.String())
				}
			}
			continue
		}
		switch {
		case fd.Type == Object:
			sub, ok := v.(map[string]any)
			if !there && fd.Required {
				sub, ok = map[string]any{}, true
				m[fd.Name] = sub
			}
			if ok {
				f.settle(fd.Fields, root, sub, here, left)
				if len(sub) == 0 && !fd.Required {
					delete(m, fd.Name)
				}
			}
		case fd.Type == List && len(fd.Fields) > 0:
			list, ok := v.([]any)
			if there && !ok {
				continue
			}
			// Items that were added and never begun are no items.
			for len(list) > 0 && blank(list[len(list)-1]) && (!fd.Required || len(list) > fd.MinItems) {
				list = list[:len(list)-1]
			}
			for fd.Required && len(list) < fd.MinItems {
				list = append(list, map[string]any{})
			}
			if len(list) > 0 {
				m[fd.Name] = list
			}
			for i, item := range list {
				if sub, ok := item.(map[string]any); ok {
					f.settle(fd.Fields, root, sub, here.item(i), left)
				}
			}
			if len(list) == 0 {
				delete(m, fd.Name)
			}
		}
	}
}

// blank reports whether nothing is written in a value.
func blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		for _, x := range v {
			if !blank(x) {
				return false
			}
		}
		return true
	case []any:
		return !slices.ContainsFunc(v, func(x any) bool { return !blank(x) })
	}
	return false
}

// FeeFor returns what the service costs for these answers, nil when it is free
// or the form does not say.
func (f *Form) FeeFor(values map[string]any) *Fee {
	for i := range f.fees {
		if f.fees[i].When.holds(values, nil) && f.fees[i].Kopecks > 0 {
			return &f.fees[i]
		}
	}
	return nil
}
