package catalog

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/dictionaries"
)

// Bounds of repeated groups.
const (
	defaultMaxItems = 20
	maxItems        = 1000
)

// FieldProblem is one field or document at fault.
type FieldProblem struct {
	Field   string // path: children[0].lastName
	Code    string // "required", "pattern", "choice", "range", "date", "length", "email", "unknown", "check", "items", "dictionary", "rule"
	Message i18n.Message
}

func jsonNumber(v string) json.Number { return json.Number(v) }

// Validate checks the values of an application as a department's intake does
// and returns every problem, in the order of the form. Values are texts by
// path: "true"/"false", decimal integers, dates as yyyy-mm-dd. Partial forgives
// what is missing, for drafts. Today, yyyy-mm-dd, is what ages and terms are
// reckoned from; ages that were sent are replaced by the right ones.
func (s *Service) Validate(values map[string]string, partial bool, today string) []FieldProblem {
	v := &intake{s: s, values: values, partial: partial, today: today}
	v.compute(s.Fields, "")
	v.fields(s.Fields, "", true)
	for i := range s.Rules {
		v.rule(&s.Rules[i])
	}
	var unknown []string
	for name := range values {
		if f := s.Field(name); f == nil || f.Type == "object" || f.Type == "list" || strings.Count(name, "[") != strings.Count(name, "]") {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		v.add(name, "unknown", i18n.Say("в форме услуги нет такого поля", "the form has no such field"))
	}
	return v.out
}

// intake is one check under way.
type intake struct {
	s       *Service
	values  map[string]string
	partial bool
	today   string
	out     []FieldProblem
}

func (v *intake) add(path, code string, m i18n.Message) {
	v.out = append(v.out, FieldProblem{path, code, m})
}

// begun reports whether anything under a path is filled in.
func (v *intake) begun(path string) bool {
	for name, text := range v.values {
		if strings.TrimSpace(text) != "" && strings.HasPrefix(name, path) && len(name) > len(path) && (name[len(path)] == '.' || name[len(path)] == '[') {
			return true
		}
	}
	return false
}

// items counts the items of a list; ok is false when their numbers have a gap.
func (v *intake) items(path string) (n int, ok bool) {
	seen := map[int]bool{}
	last := -1
	for name := range v.values {
		rest, found := strings.CutPrefix(name, path+"[")
		if !found {
			continue
		}
		text, _, found := strings.Cut(rest, "]")
		i, err := strconv.Atoi(text)
		if !found || err != nil || i < 0 || i >= maxItems {
			return 0, false
		}
		seen[i] = true
		last = max(last, i)
	}
	return last + 1, last+1 == len(seen)
}

// fields checks those of one object. Needed says that the object itself must be
// there.
func (v *intake) fields(fields []Field, at string, needed bool) {
	for i := range fields {
		f := &fields[i]
		path := join(at, f.Name)
		asked := f.When.holds(v.values, path)
		required := f.Required && asked && needed && !v.partial
		switch f.Type {
		case "object":
			if begun := v.begun(path); asked && (f.Required || begun) {
				v.fields(f.Fields, path, needed && (f.Required || begun))
			}
		case "list":
			if asked {
				v.list(f, path, required)
			}
		default:
			text := strings.TrimSpace(v.values[path])
			if text == "" {
				if required && f.Compute == nil {
					v.add(path, "required", textRequired.With(f.Title))
				}
				continue
			}
			if code, m := f.check(text, path, v.values); code != "" {
				v.add(path, code, m)
			}
		}
	}
}

func (v *intake) list(f *Field, path string, required bool) {
	n, ok := v.items(path)
	if !ok {
		v.add(path, "items", textGap.With(f.Title))
		return
	}
	if n > f.maxItems() {
		v.add(path, "items", textItems.With(f.Title, n, f.minItems(), f.maxItems()))
		return
	}
	if least := f.minItems(); n < least && (required || n > 0 && !v.partial) {
		v.add(path, "items", textItems.With(f.Title, n, least, f.maxItems()))
	}
	for i := range n {
		v.fields(f.Fields, fmt.Sprintf("%s[%d]", path, i), true)
	}
}

func (f *Field) minItems() int {
	if f.MinItems == 0 && f.Required {
		return 1
	}
	return f.MinItems
}

func (f *Field) maxItems() int {
	if f.MaxItems == 0 {
		return defaultMaxItems
	}
	return f.MaxItems
}

// check judges one value; path is where it stands.
func (f *Field) check(v, path string, values map[string]string) (string, i18n.Message) {
	if n := utf8.RuneCountInString(v); n > f.MaxLength {
		return "length", textTooLong.With(f.Title, n, f.MaxLength)
	}
	switch f.Type {
	case "date":
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "date", textDate.With(f.Title)
		}
	case "integer":
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return "range", textInteger.With(f.Title)
		}
		if f.Min != nil && n < *f.Min || f.Max != nil && n > *f.Max {
			return "range", f.rangeText()
		}
	case "boolean":
		if v != "true" && v != "false" {
			return "choice", textBoolean.With(f.Title)
		}
	case "choice":
		known := make([]string, len(f.Choices))
		for i, c := range f.Choices {
			known[i] = c.Value
		}
		if !slices.Contains(known, v) {
			return "choice", textChoice.With(f.Title, strings.Join(known, ", "))
		}
	}
	if f.re != nil && !f.re.MatchString(v) {
		return "pattern", textPattern.With(f.Title, f.Example)
	}
	if f.Format == "email" {
		if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
			return "email", textEmail.With(f.Title)
		}
	}
	if f.Dictionary != nil {
		all, err := dictionaries.All()
		d := all[f.Dictionary.Code]
		if err != nil || d == nil {
			return "dictionary", textDictionary.With(f.Title, f.Dictionary.Code)
		}
		parent := ""
		if f.Dictionary.Parent != "" {
			parent = values[beside(f.Dictionary.Parent, path)]
		}
		if e := d.Entry(v); e == nil || !d.Under(e, parent) || f.Dictionary.Leaf && !d.Leaf(v) {
			return "dictionary", textDictionary.With(f.Title, f.Dictionary.Code)
		}
	}
	return f.checkDigits(v, path, values)
}

func (f *Field) rangeText() i18n.Message {
	switch {
	case f.Min != nil && f.Max != nil:
		return textRange.With(f.Title, *f.Min, *f.Max)
	case f.Min != nil:
		return textAtLeast.With(f.Title, *f.Min)
	default:
		return textAtMost.With(f.Title, *f.Max)
	}
}

// The texts of problems; a struct-free block because each is shown as it is.
var (
	textRequired   = i18n.Text{RU: "«%s»: поле не заполнено", EN: "%s: not filled in"}
	textTooLong    = i18n.Text{RU: "«%s»: %d знаков, можно не больше %d", EN: "%s: %d characters, at most %d"}
	textDate       = i18n.Text{RU: "«%s»: нужна дата вида 2026-01-31", EN: "%s: a date like 2026-01-31 is needed"}
	textInteger    = i18n.Text{RU: "«%s»: нужно целое число", EN: "%s: a whole number is needed"}
	textBoolean    = i18n.Text{RU: "«%s»: нужно true или false", EN: "%s: true or false is needed"}
	textChoice     = i18n.Text{RU: "«%s»: такого варианта нет; есть: %s", EN: "%s: no such choice; there are: %s"}
	textPattern    = i18n.Text{RU: "«%s»: неверный вид; образец: %s", EN: "%s: wrong form; for example: %s"}
	textEmail      = i18n.Text{RU: "«%s»: это не адрес электронной почты", EN: "%s: not an e-mail address"}
	textRange      = i18n.Text{RU: "«%s»: нужно от %d до %d", EN: "%s: must be from %d to %d"}
	textAtLeast    = i18n.Text{RU: "«%s»: нужно не меньше %d", EN: "%s: must be at least %d"}
	textAtMost     = i18n.Text{RU: "«%s»: нужно не больше %d", EN: "%s: must be at most %d"}
	textCheck      = i18n.Text{RU: "«%s»: контрольные цифры не сходятся", EN: "%s: the check digits do not match"}
	textDictionary = i18n.Text{RU: "«%s»: такого значения нет в справочнике %s", EN: "%s: no such value in dictionary %s"}
	textItems      = i18n.Text{RU: "«%s»: указано %d, нужно от %d до %d", EN: "%s: %d given, from %d to %d are needed"}
	textGap        = i18n.Text{RU: "«%s»: номера должны идти подряд с нуля", EN: "%s: the numbers must go one by one from zero"}
	textComputed   = i18n.Text{RU: "«%s»: выходит %s", EN: "%s: it comes to %s"}
)
