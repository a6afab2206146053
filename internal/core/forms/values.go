package forms

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Assignments reads "path=value" pairs: a.b=1, children[0].lastName=Учебный.
// Items of a list are given in order.
func Assignments(pairs []string) (map[string]any, error) {
	values := map[string]any{}
	var fields []fault.Field
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=") // the value may be a secret, and long
		bad := func(m i18n.Message) { fields = append(fields, fault.Field{Name: short(name), Message: m}) }
		if !ok || strings.TrimSpace(name) == "" {
			bad(i18n.Say("нужно имя=значение", "must be name=value"))
			continue
		}
		p, err := parsePath(strings.TrimSpace(name))
		if err == nil {
			err = put(values, p, value)
		}
		if err != nil {
			bad(pathMessage(err))
		}
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "values.assignment", i18n.Say("--set понят не полностью", "--set could not be read"))
		e.Fields = fields
		return nil, e
	}
	return values, nil
}

// maxTold bounds, in characters, how much of a name is repeated to who gave it.
const maxTold = 80

func short(name string) string {
	if r := []rune(name); len(r) > maxTold {
		return string(r[:maxTold]) + "…"
	}
	return name
}

func pathMessage(err error) i18n.Message {
	if p, ok := err.(*pathError); ok {
		return p.message
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(err.Error())
}

// Merge lays the layers over each other, the last one on top. Groups are merged
// field by field and lists item by item, so that one answer of an item can be
// given beside a file.
func Merge(layers ...map[string]any) map[string]any {
	out := map[string]any{}
	for _, l := range layers {
		merge(out, l)
	}
	return out
}

func merge(into, from map[string]any) {
	for name, v := range from {
		into[name] = merged(into[name], v)
	}
}

func merged(old, v any) any {
	switch v := v.(type) {
	case map[string]any:
		into, ok := old.(map[string]any)
		if !ok {
			into = map[string]any{}
		}
		merge(into, v)
		return into
	case []any:
		into, _ := old.([]any)
		into = slices.Clone(into)
		for i, x := range v {
			if i < len(into) {
				into[i] = merged(into[i], x)
			} else {
				into = append(into, clone(x))
			}
		}
		return into
	}
	return v
}

// Coerce turns what people write into what the form's types want: "5" into a
// number where a number is meant, "да" into true, 31.12.2026 into 2026-12-31, a
// number into the form that its mask wants. What cannot be turned stays as it
// is, for Validate to name.
func (f *Form) Coerce(values map[string]any) map[string]any {
	out, _ := coerceObject(f.fields, values).(map[string]any)
	return out
}

func coerceObject(fields []Field, v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		if i := slices.IndexFunc(fields, func(x Field) bool { return x.Name == name }); i >= 0 {
			v = fields[i].coerce(v)
		}
		out[name] = v
	}
	return out
}

func (fd *Field) coerce(v any) any {
	switch fd.Type {
	case Object:
		return coerceObject(fd.Fields, v)
	case List:
		list, ok := v.([]any)
		if s, isText := v.(string); isText && len(fd.Fields) == 0 {
			ok = true
			for part := range strings.SplitSeq(s, ",") {
				if part = strings.TrimSpace(part); part != "" {
					list = append(list, part)
				}
			}
		}
		if !ok {
			return v
		}
		out := make([]any, len(list))
		for i, x := range list {
			out[i] = coerceObject(fd.Fields, x)
			if s, ok := x.(string); ok && len(fd.Fields) == 0 {
				out[i] = fd.option(s)
			}
		}
		return out
	}
	s, isText := v.(string)
	switch fd.Type {
	case "integer", "number":
		if isText {
			n := json.Number(strings.NewReplacer("\u00a0", "", "\u202f", "", " ", "", ",", ".").Replace(strings.TrimSpace(s)))
			if _, err := n.Float64(); err == nil && json.Valid([]byte(n)) {
				return n
			}
		}
	case "boolean":
		if isText {
			switch strings.ToLower(strings.TrimSpace(s)) {
			case "true", "yes", "y", "1", "да", "д", "on":
				return true
			case "false", "no", "n", "0", "нет", "н", "off":
				return false
			}
		}
	default:
		switch x := v.(type) {
		case json.Number:
			// 4.08178e19 has lost digits before it came here: it stays a number, which is
			// no text.
			if strings.ContainsAny(x.String(), "eE.") {
				return x
			}
			return fd.coerce(x.String())
		case string:
			x = strings.TrimSpace(x)
			if fd.Format == "date" {
				if d, err := time.Parse("02.01.2006", x); err == nil {
					return d.Format(time.DateOnly)
				}
			}
			return fd.option(fd.dressed(x))
		}
	}
	return v
}

// option gives the value of an option whose title was typed in its place.
func (fd *Field) option(s string) any {
	for _, o := range fd.Options {
		if ov, ok := o.Value.(string); ok && ov != s && strings.EqualFold(o.Title.Raw(), s) {
			return ov
		}
	}
	return s
}
