package catalog

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// FieldProblem is one field or document at fault.
type FieldProblem struct {
	Field   string
	Code    string // "required", "pattern", "choice", "range", "date", "length", "email", "unknown", "check"
	Message i18n.Message
}

// Validate checks the values of an application as a department's intake does
// and returns every problem, in the order of the form. Values are texts:
// "true"/"false", decimal integers, dates as yyyy-mm-dd. Partial forgives what
// is missing, for drafts.
func (s *Service) Validate(values map[string]string, partial bool) []FieldProblem {
	var out []FieldProblem
	for i := range s.Fields {
		f := &s.Fields[i]
		v := strings.TrimSpace(values[f.Name])
		if v == "" {
			if f.Required && !partial && f.When.Holds(values) {
				out = append(out, FieldProblem{f.Name, "required", textRequired.With(f.Title)})
			}
			continue
		}
		if code, m := f.check(v, values); code != "" {
			out = append(out, FieldProblem{f.Name, code, m})
		}
	}
	var unknown []string
	for name := range values {
		if s.Field(name) == nil {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		out = append(out, FieldProblem{name, "unknown", i18n.Say("в форме услуги нет такого поля", "the form has no such field")})
	}
	return out
}

func (f *Field) check(v string, values map[string]string) (string, i18n.Message) {
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
	return f.checkDigits(v, values)
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
	textRequired = i18n.Text{RU: "«%s»: поле не заполнено", EN: "%s: not filled in"}
	textTooLong  = i18n.Text{RU: "«%s»: %d знаков, можно не больше %d", EN: "%s: %d characters, at most %d"}
	textDate     = i18n.Text{RU: "«%s»: нужна дата вида 2026-01-31", EN: "%s: a date like 2026-01-31 is needed"}
	textInteger  = i18n.Text{RU: "«%s»: нужно целое число", EN: "%s: a whole number is needed"}
	textBoolean  = i18n.Text{RU: "«%s»: нужно true или false", EN: "%s: true or false is needed"}
	textChoice   = i18n.Text{RU: "«%s»: такого варианта нет; есть: %s", EN: "%s: no such choice; there are: %s"}
	textPattern  = i18n.Text{RU: "«%s»: неверный вид; образец: %s", EN: "%s: wrong form; for example: %s"}
	textEmail    = i18n.Text{RU: "«%s»: это не адрес электронной почты", EN: "%s: not an e-mail address"}
	textRange    = i18n.Text{RU: "«%s»: нужно от %d до %d", EN: "%s: must be from %d to %d"}
	textAtLeast  = i18n.Text{RU: "«%s»: нужно не меньше %d", EN: "%s: must be at least %d"}
	textAtMost   = i18n.Text{RU: "«%s»: нужно не больше %d", EN: "%s: must be at most %d"}
	textCheck    = i18n.Text{RU: "«%s»: контрольные цифры не сходятся", EN: "%s: the check digits do not match"}
)
