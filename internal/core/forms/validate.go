package forms

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/spelling"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Validate returns everything that is wrong with the values, in the order of
// the form's fields; nothing when the portal can take them.
func (f *Form) Validate(values map[string]any) []fault.Field {
	var failed []failure
	f.rule.judge("", toAny(values), &failed)
	var out []fault.Field
	for name, v := range values {
		if text, ok := v.(string); ok {
			if m := unwritable(text); !m.IsZero() {
				out = append(out, fault.Field{Name: name, Message: m})
			}
		}
	}
	for _, x := range failed {
		f.explain(x, &out)
	}
	position := func(name string) int {
		i := slices.IndexFunc(f.fields, func(x Field) bool { return x.Name == name })
		if i < 0 {
			return len(f.fields)
		}
		return i
	}
	slices.SortStableFunc(out, func(a, b fault.Field) int { return position(a.Name) - position(b.Name) })
	// One field can fail in several branches of the schema for one reason.
	return slices.CompactFunc(out, func(a, b fault.Field) bool {
		return a.Name == b.Name && a.Message.In(i18n.EN) == b.Message.In(i18n.EN)
	})
}

// unwritable says why a text cannot stand in an application, or nothing: XML 1.0
// has no place for control characters, and a direction override would show the
// clerk another text than the one that was sent.
func unwritable(text string) i18n.Message {
	if !utf8.ValidString(text) {
		return i18n.Say("это не текст в UTF-8", "this is not text in UTF-8")
	}
	for _, r := range text {
		control := unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r == '\ufffe' || r == '\uffff'
		if control || unicode.Is(unicode.Bidi_Control, r) {
			return i18n.Text{RU: "невидимый управляющий символ %U: уберите его", EN: "an invisible control character, %U: remove it"}.With(r)
		}
	}
	return i18n.Message{}
}

// Check is Validate as one error that names every field at fault.
func (f *Form) Check(values map[string]any) error {
	if fields := f.Validate(values); len(fields) > 0 {
		return Invalid(f.Service, fields)
	}
	return nil
}

// Invalid is the error for values that do not fit a form.
func Invalid(service string, fields []fault.Field) *fault.Error {
	count := i18n.Plural{One: "поле", Few: "поля", Many: "полей", Sing: "field", Plur: "fields"}.Count(len(fields))
	e := fault.New(exitcode.Usage, "form.invalid", i18n.Text{
		RU: "форма услуги %s заполнена не так: %s с ошибками", EN: "the form of service %s is not right: %s at fault"}.With(service, count)).
		Advise(i18n.Text{RU: "задайте поля через --set имя=значение; все поля: epgu service form %s", EN: "set fields with --set name=value; all fields: epgu service form %s"}.With(service))
	e.Fields = fields
	return e
}

// explain turns a failed assertion into words about each field that it is about.
func (f *Form) explain(x failure, out *[]fault.Field) {
	add := func(name string, m i18n.Message) { *out = append(*out, fault.Field{Name: name, Message: m}) }
	switch x.keyword {
	case "required":
		for _, missing := range x.names {
			title := untrusted.Text(missing)
			if fd, ok := f.Field(missing); ok {
				title = fd.Title
			}
			add(missing, i18n.Text{RU: "не заполнено: %s", EN: "missing: %s"}.With(title))
		}
	case "additionalProperties":
		for _, p := range x.names {
			add(p, f.unknownField(p))
		}
	default:
		if m, ok := f.optionsMessage(x.field); ok && x.keyword != "required" {
			add(x.field, m)
			return
		}
		add(x.field, message(x, f.hint(x.field)))
	}
}

func (f *Form) hint(name string) untrusted.Text {
	fd, _ := f.Field(name)
	return fd.Hint
}

// optionsMessage lists the allowed values of a field that has only some.
func (f *Form) optionsMessage(name string) (i18n.Message, bool) {
	fd, ok := f.Field(name)
	if !ok || len(fd.Options) == 0 {
		return i18n.Message{}, false
	}
	var b strings.Builder
	for i, o := range fd.Options {
		if i > 0 {
			b.WriteString(", ")
		}
		v := untrusted.Clean(fmt.Sprint(o.Value))
		b.WriteString(v)
		if t := o.Title.String(); t != v {
			b.WriteString(" (" + t + ")")
		}
	}
	return i18n.Text{RU: "такого значения нет; подходит: %s", EN: "no such value; use one of: %s"}.With(b.String()), true
}

func (f *Form) unknownField(name string) i18n.Message {
	var names []string
	for _, fd := range f.fields {
		names = append(names, fd.Name)
	}
	if near := spelling.Nearest(name, names); near != "" {
		return i18n.Text{RU: "такого поля нет; может быть, %s?", EN: "no such field; did you mean %s?"}.With(near)
	}
	return i18n.Say("такого поля нет", "no such field")
}

func message(x failure, hint untrusted.Text) i18n.Message {
	withHint := func(ru, en string, args ...any) i18n.Message {
		if hint != "" {
			ru, en, args = ru+" (%s)", en+" (%s)", append(args, hint)
		}
		return i18n.Text{RU: ru, EN: en}.With(args...)
	}
	switch x.keyword {
	case "type":
		return i18n.Text{RU: "нужно %s", EN: "must be %s"}.With(typeName(x.types[0]))
	case "format":
		switch x.format {
		case "date":
			return withHint("нужна дата в виде ГГГГ-ММ-ДД или ДД.ММ.ГГГГ", "must be a date, YYYY-MM-DD or DD.MM.YYYY")
		case "email":
			return withHint("это не адрес электронной почты", "this is not an e-mail address")
		}
	case "pattern":
		return withHint("не тот вид", "wrong form")
	case "minLength":
		if x.want == 1 {
			return withHint("не может быть пустым", "cannot be empty")
		}
		return withHint("слишком коротко: знаков %d, нужно не меньше %d", "too short: %d characters, at least %d are needed", x.got, x.want)
	case "maxLength":
		return withHint("слишком длинно: знаков %d, можно не больше %d", "too long: %d characters, at most %d are allowed", x.got, x.want)
	case "minimum":
		return withHint("не может быть меньше %s", "cannot be less than %s", number(x.limit))
	case "maximum":
		return withHint("не может быть больше %s", "cannot be more than %s", number(x.limit))
	case "exclusiveMinimum":
		return withHint("должно быть больше %s", "must be more than %s", number(x.limit))
	case "exclusiveMaximum":
		return withHint("должно быть меньше %s", "must be less than %s", number(x.limit))
	case "enum":
		if len(x.allowed) == 1 {
			return withHint("должно быть %v", "must be %v", untrusted.Text(fmt.Sprint(x.allowed[0])))
		}
	}
	return withHint("не подходит", "does not fit")
}

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(6), "0")
}

func typeName(t string) i18n.Text {
	switch t {
	case "integer":
		return i18n.Text{RU: "целое число", EN: "a whole number"}
	case "number":
		return i18n.Text{RU: "число", EN: "a number"}
	case "boolean":
		return i18n.Text{RU: "да или нет", EN: "yes or no"}
	default:
		return i18n.Text{RU: "текст", EN: "text"}
	}
}

// toAny gives the validator plain JSON values.
func toAny(m map[string]any) any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
