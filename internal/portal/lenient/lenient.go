// Package lenient decodes the JSON of a portal whose published description and
// whose answers disagree about types: a number where a text was promised, "Y" for
// true, null or one object for a list. One field of another shape never costs the
// rest of the answer. The clients of ЕСИА and API ЕПГУ use it; money of the cabinet
// API, whose contract is ours, is decoded strictly.
package lenient

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshal is json.Unmarshal that converts neighbouring types: texts, numbers and
// truth values into each other where nothing is lost by it, null into nothing, one
// value into a list of one. A field that cannot be converted stays empty and the
// others are kept. What is no JSON, or not even an object where one is wanted, is
// an error.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if err == nil || !json.Valid(data) {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var answer any
	if dec.Decode(&answer) != nil {
		return err
	}
	target := reflect.ValueOf(v).Elem()
	target.SetZero()
	if !fit(answer, target) {
		return err
	}
	return nil
}

// fit puts a value into a target, and reports whether it could.
func fit(v any, target reflect.Value) bool {
	if v == nil {
		return true
	}
	if target.Type() == reflect.TypeFor[json.RawMessage]() {
		raw, err := json.Marshal(v)
		target.SetBytes(raw)
		return err == nil
	}
	if target.Type() == reflect.TypeFor[json.Number]() {
		s, ok := text(v)
		if _, isNumber := new(big.Rat).SetString(s); !ok || !isNumber {
			return false
		}
		target.SetString(s)
		return true
	}
	switch target.Kind() {
	case reflect.Pointer:
		inner := reflect.New(target.Type().Elem())
		if !fit(v, inner.Elem()) {
			return false
		}
		target.Set(inner)
		return true
	case reflect.Struct:
		return object(v, target)
	case reflect.Slice:
		return list(v, target)
	case reflect.Map:
		return table(v, target)
	case reflect.String:
		s, ok := text(v)
		target.SetString(s)
		return ok
	case reflect.Bool:
		b, ok := truth(v)
		target.SetBool(b)
		return ok
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := whole(v)
		if !ok || target.OverflowInt(n) {
			return false
		}
		target.SetInt(n)
		return true
	case reflect.Float32, reflect.Float64:
		s, _ := text(v)
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return false
		}
		target.SetFloat(f)
		return true
	case reflect.Interface:
		if target.NumMethod() > 0 {
			return false
		}
		target.Set(reflect.ValueOf(v))
		return true
	}
	return false
}

// object fills the fields of a struct by their names in JSON.
func object(v any, target reflect.Value) bool {
	members, ok := v.(map[string]any)
	if !ok {
		return false
	}
	kind := target.Type()
	for i := range kind.NumField() {
		f := kind.Field(i)
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			object(v, target.Field(i))
			continue
		case name == "":
			name = f.Name
		}
		if value, ok := member(members, name); ok && !fit(value, target.Field(i)) {
			target.Field(i).SetZero()
		}
	}
	return true
}

// member finds a name as encoding/json does: as it is, else in whatever case.
func member(members map[string]any, name string) (any, bool) {
	if v, ok := members[name]; ok {
		return v, true
	}
	for k, v := range members {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return nil, false
}

// list takes an array, or one value for an array of one. Elements that do not fit
// are left out.
func list(v any, target reflect.Value) bool {
	elements, ok := v.([]any)
	if !ok {
		if s, isText := v.(string); isText && s == "" {
			return true
		}
		elements = []any{v}
	}
	out := reflect.MakeSlice(target.Type(), 0, len(elements))
	for _, e := range elements {
		item := reflect.New(target.Type().Elem()).Elem()
		if e != nil && fit(e, item) {
			out = reflect.Append(out, item)
		}
	}
	target.Set(out)
	return ok || out.Len() > 0
}

func table(v any, target reflect.Value) bool {
	members, ok := v.(map[string]any)
	if !ok || target.Type().Key().Kind() != reflect.String {
		return false
	}
	out := reflect.MakeMapWithSize(target.Type(), len(members))
	for k, e := range members {
		item := reflect.New(target.Type().Elem()).Elem()
		if fit(e, item) {
			out.SetMapIndex(reflect.ValueOf(k).Convert(target.Type().Key()), item)
		}
	}
	target.Set(out)
	return true
}

// text writes a value as text: identifiers that come as numbers keep every digit.
// An object that is an error says its message.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case map[string]any:
		for _, name := range []string{"message", "text", "title"} {
			if s, ok := v[name].(string); ok && s != "" {
				return s, true
			}
		}
	case []any:
		if len(v) == 1 {
			return text(v[0])
		}
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}

func truth(v any) (value, ok bool) {
	s, _ := text(v)
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "y", "yes", "1", "да":
		return true, true
	case "false", "n", "no", "0", "", "нет":
		return false, true
	}
	return false, false
}

// whole reads a number without a fraction.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string, json.Number:
		s, _ := text(v)
		s = strings.TrimSpace(s)
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, true
		}
		if s == "" {
			return 0, true
		}
		if len(s) > 40 || strings.ContainsAny(s, "/_xX") {
			return 0, false
		}
		f, _, err := big.ParseFloat(s, 10, 128, big.ToNearestEven)
		if err != nil || !f.IsInt() {
			return 0, false
		}
		n, exact := f.Int64()
		return n, exact == big.Exact
	}
	return 0, false
}
