package template

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"text/template"
)

// builtins are the functions that every template has, with the meaning of
// text/template; and, or are part of the walk.
func builtins() map[string]Func {
	return map[string]Func{
		"and": nil, "or": nil,
		"not":      func(args ...any) (any, error) { v, err := one(args); return !truth(v), err },
		"len":      func(args ...any) (any, error) { v, err := one(args); return length(v, err) },
		"index":    index,
		"slice":    slice,
		"print":    func(args ...any) (any, error) { return fmt.Sprint(args...), nil },
		"println":  func(args ...any) (any, error) { return fmt.Sprintln(args...), nil },
		"printf":   printf,
		"html":     func(args ...any) (any, error) { return template.HTMLEscapeString(text(args)), nil },
		"js":       func(args ...any) (any, error) { return template.JSEscapeString(text(args)), nil },
		"urlquery": func(args ...any) (any, error) { return url.QueryEscape(text(args)), nil },
		"eq":       equalAny,
		"ne":       func(args ...any) (any, error) { same, err := pair(args, equal); return !same, err },
		"lt":       func(args ...any) (any, error) { return pair(args, less) },
		"le":       func(args ...any) (any, error) { return pair(args, lessOrEqual) },
		"gt":       func(args ...any) (any, error) { le, err := pair(args, lessOrEqual); return !le, err },
		"ge":       func(args ...any) (any, error) { lt, err := pair(args, less); return !lt, err },
	}
}

var (
	errCount   = errors.New("wrong number of arguments")
	errCompare = errors.New("incompatible types for comparison")
	errOrder   = errors.New("invalid type for comparison")
)

func one(args []any) (any, error) {
	if len(args) != 1 {
		return nil, errCount
	}
	return args[0], nil
}

// text is what html, js and urlquery work on.
func text(args []any) string {
	if len(args) == 1 {
		if s, ok := args[0].(string); ok {
			return s
		}
	}
	clean := make([]any, len(args))
	for i, a := range args {
		if clean[i] = a; a == nil {
			clean[i] = "<no value>"
		}
	}
	return fmt.Sprint(clean...)
}

func printf(args ...any) (any, error) {
	if len(args) == 0 {
		return nil, errCount
	}
	format, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("printf: want a format, got %T", args[0])
	}
	return fmt.Sprintf(format, args[1:]...), nil
}

// truth is what if and with look at: not nothing, zero, false or empty.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int:
		return v != 0
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

func length(v any, err error) (any, error) {
	switch v := v.(type) {
	case string:
		return len(v), err
	case []any:
		return len(v), err
	case map[string]any:
		return len(v), err
	}
	return 0, errors.Join(err, fmt.Errorf("len of type %T", v))
}

// index is the value at the keys or positions given, one in another.
func index(args ...any) (any, error) {
	if len(args) == 0 {
		return nil, errCount
	}
	v := args[0]
	if v == nil {
		return nil, errors.New("index of untyped nil")
	}
	for _, key := range args[1:] {
		switch in := v.(type) {
		case nil:
			return nil, errors.New("index of nil")
		case map[string]any:
			k, ok := key.(string)
			if !ok {
				return nil, fmt.Errorf("value has type %T; should be string", key)
			}
			v = in[k]
		case []any:
			n, err := position(key, len(in)-1)
			if err != nil {
				return nil, err
			}
			v = in[n]
		case string:
			n, err := position(key, len(in)-1)
			if err != nil {
				return nil, err
			}
			v = int(in[n])
		default:
			return nil, fmt.Errorf("can't index item of type %T", v)
		}
	}
	return v, nil
}

func position(key any, last int) (int, error) {
	n, ok := key.(int)
	switch {
	case !ok:
		return 0, fmt.Errorf("cannot index with type %T", key)
	case n < 0 || n > last:
		return 0, fmt.Errorf("index out of range: %d", n)
	}
	return n, nil
}

// slice is a part of a string or a list.
func slice(args ...any) (any, error) {
	if len(args) == 0 || len(args) > 3 {
		return nil, errCount
	}
	whole, ok := args[0].(string)
	list, isList := args[0].([]any)
	if !ok && !isList {
		return nil, fmt.Errorf("can't slice item of type %T", args[0])
	}
	bounds := [2]int{0, max(len(whole), len(list))}
	for i, a := range args[1:] {
		n, err := position(a, max(len(whole), len(list)))
		if err != nil {
			return nil, err
		}
		bounds[i] = n
	}
	if bounds[0] > bounds[1] {
		return nil, fmt.Errorf("invalid slice index: %d > %d", bounds[0], bounds[1])
	}
	if ok {
		return whole[bounds[0]:bounds[1]], nil
	}
	return list[bounds[0]:bounds[1]], nil
}

func pair(args []any, compare func(a, b any) (bool, error)) (bool, error) {
	if len(args) != 2 {
		return false, errCount
	}
	return compare(args[0], args[1])
}

// equalAny is eq: the first equals any of the others.
func equalAny(args ...any) (any, error) {
	if len(args) < 2 {
		return nil, errCount
	}
	for _, other := range args[1:] {
		if same, err := equal(args[0], other); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

func equal(a, b any) (bool, error) {
	switch a := a.(type) {
	case []any, map[string]any:
		return false, errors.New("non-comparable type")
	case nil:
		return b == nil, nil
	case *big.Int:
		if b, ok := b.(*big.Int); ok {
			return a.Cmp(b) == 0, nil
		}
		return false, errCompare
	}
	switch b.(type) {
	case []any, map[string]any:
		return false, errors.New("non-comparable type")
	case nil:
		return false, nil
	}
	x, y := number(a), number(b)
	if fmt.Sprintf("%T", x) != fmt.Sprintf("%T", y) {
		return false, errCompare
	}
	return x == y, nil
}

// number makes integers of one kind.
func number(v any) any {
	if n, ok := v.(int64); ok {
		return int(n)
	}
	return v
}

func less(a, b any) (bool, error) {
	c, err := order(a, b)
	return c < 0, err
}

func lessOrEqual(a, b any) (bool, error) {
	c, err := order(a, b)
	return c <= 0, err
}

func order(a, b any) (int, error) {
	a, b = number(a), number(b)
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			return cmp.Compare(x, y), nil
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y), nil
		}
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y), nil
		}
	case *big.Int:
		if y, ok := b.(*big.Int); ok {
			return x.Cmp(y), nil
		}
	default:
		return 0, errOrder
	}
	return 0, errCompare
}
