package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Date is a calendar day: "2006-01-02" for machines; the zero Date is none.
type Date time.Time

// Day is a day as the wire has it, YYYY-MM-DD, for people as their language writes it.
// What is no day stays the text that it is.
func Day(s string) any {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return untrusted.Text(s)
	}
	return Date(t)
}

// reader is who reads: the language and the zone.
type reader struct {
	lang i18n.Lang
	zone *time.Location
}

func isNil(v any) bool {
	if v == nil {
		return true
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return rv.IsNil()
	}
	return false
}

// machine returns v as encoding/json is to write it: times as RFC 3339, money
// as integer kopecks, texts in the language of the reader.
func (r reader) machine(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case string, bool, int, int64:
		return v
	case Dual:
		return r.machine(v.Machine)
	case i18n.Money:
		return int64(v)
	case untrusted.Text:
		return string(v)
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.Format(time.RFC3339)
	case *time.Time: // would be taken for a json.Marshaler, which writes nanoseconds
		if v == nil {
			return nil
		}
		return r.machine(*v)
	case Date:
		if time.Time(v).IsZero() {
			return nil
		}
		return time.Time(v).Format(time.DateOnly)
	case json.Marshaler:
		if isNil(v) {
			return nil
		}
		return v
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Pointer:
		if rv.IsNil() {
			return nil
		}
		return r.machine(rv.Elem().Interface())
	case reflect.String:
		return rv.String()
	case reflect.Slice:
		if rv.Type().Elem().Kind() == reflect.Uint8 {
			return v
		}
		out := make([]any, rv.Len()) // nil becomes [], so that a list is always a list
		for i := range out {
			out[i] = r.machine(rv.Index(i).Interface())
		}
		return out
	}
	if loc, ok := v.(i18n.Localised); ok {
		return loc.In(r.lang)
	}
	return v
}

// appendJSON appends the value as JSON that no terminal can act on.
func (r reader) appendJSON(dst []byte, v any) ([]byte, error) {
	m := r.machine(v)
	switch m := m.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, m), nil
	case int:
		return strconv.AppendInt(dst, int64(m), 10), nil
	case int64:
		return strconv.AppendInt(dst, m, 10), nil
	case string:
		if plainString(m) {
			return append(append(append(dst, '"'), m...), '"'), nil
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return dst, fmt.Errorf("encode JSON: %w", err)
	}
	return append(dst, untrusted.EscapeJSON(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))...), nil
}

// plainString reports whether s is JSON as it stands, between quotes: the
// case of nearly every value, worth sparing the encoder.
func plainString(s string) bool {
	for _, r := range s {
		if r == '"' || r == '\\' || r < ' ' || r >= 0x7f && (r < 0xa0 || r > 0x5ff) {
			return false
		}
	}
	return true
}

// cell returns v as text for machines: the JSON value without its quotes,
// lists joined by ", ", none as the empty string. It is not cleaned yet.
func (r reader) cell(v any) string {
	switch v := r.machine(v).(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = r.cell(v[i])
		}
		return strings.Join(parts, ", ")
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		var s string
		if json.Unmarshal(b, &s) == nil {
			return s
		}
		return string(b)
	}
}

// human returns v as people read it, cleaned; if lines is set line feeds stay,
// and the items of a list get a line each.
func (r reader) human(v any, lines bool) string {
	if !lines {
		return untrusted.Clean(r.words(v))
	}
	if parts, ok := r.items(v); ok {
		for i := range parts {
			parts[i] = untrusted.Clean(parts[i])
		}
		return strings.Join(parts, "\n")
	}
	return untrusted.CleanLines(r.words(v))
}

// items returns the words of each item when v is a list.
func (r reader) items(v any) (parts []string, ok bool) {
	if d, isDual := v.(Dual); isDual {
		v = d.Human
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice || rv.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	parts = make([]string, rv.Len())
	for i := range parts {
		parts[i] = r.words(rv.Index(i).Interface())
	}
	return parts, true
}

func (r reader) words(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case untrusted.Text:
		return string(v) // cleaned by human, which knows whether lines stay
	case bool:
		if v {
			return i18n.Text{RU: "да", EN: "yes"}.In(r.lang)
		}
		return i18n.Text{RU: "нет", EN: "no"}.In(r.lang)
	case Dual:
		return r.words(v.Human)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		if r.zone != nil {
			v = v.In(r.zone)
		}
		return i18n.Moment(v).In(r.lang)
	case *time.Time:
		if v == nil {
			return ""
		}
		return r.words(*v)
	case Date:
		if time.Time(v).IsZero() {
			return ""
		}
		return i18n.Day(v).In(r.lang)
	case i18n.Localised:
		if isNil(v) {
			return ""
		}
		return v.In(r.lang)
	case fmt.Stringer:
		if isNil(v) {
			return ""
		}
		return v.String()
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Pointer:
		if rv.IsNil() {
			return ""
		}
		return r.words(rv.Elem().Interface())
	case reflect.Slice:
		if parts, ok := r.items(v); ok {
			return strings.Join(parts, ", ")
		}
	}
	return r.cell(v)
}

// isNumber reports whether a column of such values reads best aligned right.
func isNumber(v any) bool {
	switch v := v.(type) {
	case Dual:
		return isNumber(v.Human)
	case i18n.Money:
		return true
	case nil, string, untrusted.Text, time.Time, i18n.Localised:
		return false
	}
	switch reflect.ValueOf(v).Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return true
	}
	return false
}
