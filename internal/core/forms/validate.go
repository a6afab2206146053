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
// the form's fields; nothing when the portal can take them. Groups that must be
// there are looked into even when nothing of them is given, and what is not
// asked is not judged: see Settle.
func (f *Form) Validate(values map[string]any) []fault.Field {
	settled, _ := f.Settle(values)
	return f.validate(settled)
}

func (f *Form) validate(tree map[string]any) []fault.Field {
	t := &trial{}
	f.rule.judge(t, any(tree))
	var wrong []mistake
	add := func(at path, m i18n.Message) { wrong = append(wrong, mistake{at: slices.Clone(at), message: m}) }
	f.look(f.fields, tree, tree, nil, add)
	for _, x := range t.out {
		f.explain(x, add)
	}
	for i := range f.rules {
		r := &f.rules[i]
		for _, at := range r.broken(f, tree) {
			add(at, both(r.Message))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	for i := range wrong {
		wrong[i].name, wrong[i].place = wrong[i].at.String(), f.place(wrong[i].at)
	}
	slices.SortStableFunc(wrong, func(a, b mistake) int { return slices.Compare(a.place, b.place) })
	var out []fault.Field
	for _, w := range wrong {
		n := len(out)
		// One field can fail in several branches of the schema for one reason, and a
		// number that does not have the right form has no check digits.
		if n > 0 && out[n-1].Name == w.name && (w.second || out[n-1].Message.In(i18n.EN) == w.message.In(i18n.EN)) {
			continue
		}
		out = append(out, fault.Field{Name: w.name, Message: w.message})
	}
	return out
}

// mistake is one thing that is wrong.
type mistake struct {
	at      path
	name    string
	place   []int
	message i18n.Message
	second  bool // to be told only when nothing else is wrong with the field
}

// place is where a path stands in the form, for sorting.
func (f *Form) place(at path) []int {
	out := make([]int, 0, len(at))
	fields := f.fields
	for _, e := range at {
		if e.name == "" {
			out = append(out, e.index)
			continue
		}
		i := slices.IndexFunc(fields, func(x Field) bool { return x.Name == e.name })
		if i < 0 {
			return append(out, 1<<30)
		}
		out = append(out, i)
		fields = fields[i].Fields
	}
	return out
}

// look finds what JSON Schema does not: texts that cannot be written down, and
// check digits.
func (f *Form) look(fields []Field, root, m map[string]any, at path, add func(path, i18n.Message)) {
	for i := range fields {
		fd := &fields[i]
		v, ok := m[fd.Name]
		if !ok {
			continue
		}
		here := append(at, elem{name: fd.Name})
		switch v := v.(type) {
		case string:
			if msg := unwritable(v); !msg.IsZero() {
				add(here, msg)
			} else if fd.Check != "" && (fd.rule == nil || (&trial{}).holds(fd.rule, v)) {
				if msg := fd.checkDigits(v, root, here); !msg.IsZero() {
					add(here, f.withExample(msg, fd))
				}
			}
		case map[string]any:
			f.look(fd.Fields, root, v, here, add)
		case []any:
			for i, item := range v {
				if sub, ok := item.(map[string]any); ok {
					f.look(fd.Fields, root, sub, append(here, elem{index: i}), add)
				} else if s, ok := item.(string); ok {
					if msg := unwritable(s); !msg.IsZero() {
						add(append(here, elem{index: i}), msg)
					}
				}
			}
		}
	}
}

// withExample adds a value that fits.
func (f *Form) withExample(m i18n.Message, fd *Field) i18n.Message {
	if fd == nil || fd.Example == "" || fd.Secret {
		return m
	}
	return i18n.Text{RU: "%s; например: %s", EN: "%s; for example: %s"}.With(m, sample(fd, f.fitting(fd)))
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
func (f *Form) explain(x failure, add func(path, i18n.Message)) {
	fd := f.byPath[x.at.schema()]
	switch x.keyword {
	case "required":
		for _, missing := range x.names {
			at := x.at.child(missing)
			title := untrusted.Text(missing)
			sub := f.byPath[at.schema()]
			if sub != nil {
				title = sub.Title
			}
			add(at, f.withExample(i18n.Text{RU: "не заполнено: %s", EN: "missing: %s"}.With(title), sub))
		}
	case "additionalProperties":
		for _, p := range x.names {
			add(x.at.child(p), f.unknownField(x.at.child(p)))
		}
	case "minItems", "maxItems", "uniqueItems":
		add(x.at, message(x, fd))
	default:
		if m, ok := optionsMessage(fd); ok {
			add(x.at, m)
			return
		}
		add(x.at, f.withExample(message(x, fd), fd))
	}
}

// maxNamed bounds how many allowed values a message lists.
const maxNamed = 12

// optionsMessage lists the allowed values of a field that has only some.
func optionsMessage(fd *Field) (i18n.Message, bool) {
	if fd == nil || len(fd.Options) == 0 {
		return i18n.Message{}, false
	}
	var b strings.Builder
	for i, o := range fd.Options {
		if i == maxNamed {
			b.WriteString(", …")
			break
		}
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

// unknownField names the field that was probably meant: one of the same group,
// else any of the form.
func (f *Form) unknownField(at path) i18n.Message {
	if m := f.misshapen(at); !m.IsZero() {
		return m
	}
	last := at[len(at)-1].name
	var beside, all []string
	for _, fd := range f.all {
		if slices.Equal(fd.path[:len(fd.path)-1], schemaPath(at[:len(at)-1])) {
			beside = append(beside, fd.Name)
		}
		all = append(all, fd.Path)
	}
	near := spelling.Nearest(last, beside)
	if near == "" {
		near = spelling.Nearest(at.schema(), all)
	}
	if near == "" { // the right name in the wrong group
		for _, fd := range f.all {
			if strings.EqualFold(fd.Name, last) {
				near = fd.Path
				break
			}
		}
	}
	if near != "" {
		return i18n.Text{RU: "такого поля нет; может быть, %s?", EN: "no such field; did you mean %s?"}.With(near)
	}
	return i18n.Text{RU: "такого поля нет; все поля: epgu service form %s --fields", EN: "no such field; all fields: epgu service form %s --fields"}.With(f.Service)
}

// misshapen says what stands at a place where a field of the form is, but of
// another shape: a value for a group, a group for a value. Else it says nothing.
func (f *Form) misshapen(at path) i18n.Message {
	for n := len(at); n > 0; n-- {
		fd := f.byPath[at[:n].schema()]
		if fd == nil {
			continue
		}
		leaf := ""
		if len(fd.Fields) > 0 {
			leaf = fd.Fields[0].Name
		}
		switch here := at[:n].String(); {
		case len(fd.Fields) == 0 && fd.Type == List && n < len(at):
			return i18n.Text{RU: "%s — список простых значений", EN: "%s is a list of plain values"}.With(here)
		case len(fd.Fields) == 0 && n < len(at):
			return f.withExample(i18n.Text{RU: "%s — одно значение, а не группа полей", EN: "%s is one value, not a group of fields"}.With(here), fd)
		case len(fd.Fields) > 0 && n == len(at) && fd.Type == Object:
			return i18n.Text{RU: "это группа полей, например: %s.%s", EN: "this is a group of fields, for example: %s.%s"}.With(here, leaf)
		case len(fd.Fields) > 0 && fd.Type == List && (n == len(at) || n+1 == len(at) && at[n].name == ""):
			return i18n.Text{RU: "это повторяемая группа полей, например: %s[0].%s", EN: "this is a repeated group of fields, for example: %s[0].%s"}.With(here, leaf)
		}
		return i18n.Message{}
	}
	return i18n.Message{}
}

// Unknown is the mistake of a path that is no field, with the nearest one named.
func (f *Form) Unknown(at string) fault.Field {
	p, err := parsePath(at)
	if err != nil {
		return fault.Field{Name: short(at), Message: pathMessage(err)}
	}
	return fault.Field{Name: at, Message: f.unknownField(p)}
}

// Strangers lists the answers to which the form has no field.
func (f *Form) Strangers(values map[string]any) []Leaf {
	var out []Leaf
	for _, leaf := range Leaves(values) {
		p, err := parsePath(leaf.Path)
		if err != nil {
			out = append(out, leaf)
			continue
		}
		fd := f.byPath[p.schema()]
		if fd == nil && len(p) > 0 && p[len(p)-1].name == "" { // an item of a list of scalars
			fd = f.byPath[p[:len(p)-1].schema()]
		}
		if fd == nil || len(fd.Fields) > 0 {
			out = append(out, leaf)
		}
	}
	return out
}

func schemaPath(p path) path {
	q := slices.Clone(p)
	for i := range q {
		if q[i].name == "" {
			q[i].index = anyItem
		}
	}
	return q
}

func message(x failure, fd *Field) i18n.Message {
	var hint untrusted.Text
	if fd != nil {
		hint = fd.Hint
		if hint == "" && fd.Mask != "" {
			hint = untrusted.Text(fd.picture())
		}
	}
	withHint := func(ru, en string, args ...any) i18n.Message {
		if hint != "" {
			ru, en, args = ru+" (%s)", en+" (%s)", append(args, hint)
		}
		return i18n.Text{RU: ru, EN: en}.With(args...)
	}
	switch x.keyword {
	case "type":
		return i18n.Text{RU: "нужно %s", EN: "must be %s"}.With(typeName(x.types[0]))
	case "minItems":
		return i18n.Text{RU: "указано %d, нужно не меньше %d", EN: "%d given, at least %d are needed"}.With(x.got, x.want)
	case "maxItems":
		return i18n.Text{RU: "указано %d, можно не больше %d", EN: "%d given, at most %d are allowed"}.With(x.got, x.want)
	case "uniqueItems":
		return i18n.Text{RU: "значение № %d уже есть в списке", EN: "value no. %d is in the list already"}.With(x.got + 1)
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
	case Object:
		return i18n.Text{RU: "группа полей «имя: значение»", EN: "a group of fields, name: value"}
	case List:
		return i18n.Text{RU: "список", EN: "a list"}
	default:
		return i18n.Text{RU: "текст", EN: "text"}
	}
}
