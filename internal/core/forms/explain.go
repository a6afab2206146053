package forms

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Explain says everything about a field, a line each: what it is, when it is
// asked, which values it takes, an example.
func (f *Form) Explain(fd Field) []i18n.Message {
	var out []i18n.Message
	add := func(ru, en string, args ...any) { out = append(out, i18n.Text{RU: ru, EN: en}.With(args...)) }
	if fd.Hint != "" {
		add("%s", "%s", fd.Hint)
	}
	switch {
	case fd.Computed != nil:
		add("считается само, заполнять не нужно", "reckoned by itself, not to be filled in")
	case fd.When != nil && fd.Required:
		add("обязательно, когда %s", "required when %s", f.words(fd.When))
	case fd.When != nil:
		add("по желанию; спрашивают, когда %s", "optional; asked when %s", f.words(fd.When))
	case fd.Required:
		add("обязательно", "required")
	default:
		add("по желанию", "optional")
	}
	switch {
	case fd.Type == List && len(fd.Fields) > 0:
		switch {
		case fd.MaxItems > 0:
			add("повторяемая группа: от %d до %d", "a repeated group: %d to %d", fd.MinItems, fd.MaxItems)
		default:
			add("повторяемая группа: не меньше %d", "a repeated group: at least %d", fd.MinItems)
		}
	case len(fd.Options) > 0:
		for _, o := range fd.Options {
			add("%s — %s", "%s: %s", untrusted.Text(plain(o.Value)), o.Title)
		}
	case fd.Dictionary != nil:
		add("значение из справочника %s", "a value of dictionary %s", fd.Dictionary.Code)
	case fd.Format == "date":
		add("дата: ГГГГ-ММ-ДД или ДД.ММ.ГГГГ", "a date: YYYY-MM-DD or DD.MM.YYYY")
	default:
		add("%s", "%s", i18n.Localised(typeName(fd.Type)))
	}
	if fd.Mask != "" {
		add("вид: %s", "form: %s", fd.picture())
	}
	if fd.MaxLength > 0 && fd.MaxLength < 500 && fd.Format == "" && len(fd.Options) == 0 {
		add("не больше %d знаков", "at most %d characters", fd.MaxLength)
	}
	if fd.Minimum != nil {
		add("не меньше %s", "at least %s", fd.Minimum.String())
	}
	if fd.Maximum != nil {
		add("не больше %s", "at most %s", fd.Maximum.String())
	}
	if fd.Check != "" {
		add("проверяются контрольные цифры", "check digits are verified")
	}
	for _, r := range f.rules {
		if r.At == fd.Path {
			out = append(out, both(r.Message))
		}
	}
	if fd.Example != "" {
		add("пример: %s", "example: %s", sample(&fd, f.fitting(&fd)))
	}
	return out
}

// words writes a condition for people.
func (f *Form) words(c *Condition) i18n.Message {
	var parts []i18n.Message
	if c.Field != "" {
		title := untrusted.Text(c.Field)
		fd := f.byPath[c.Field]
		if fd != nil {
			title = fd.Title
		}
		named := func(values []string) string {
			out := make([]string, len(values))
			for i, v := range values {
				out[i] = untrusted.Clean(v)
				if fd == nil {
					continue
				}
				for _, o := range fd.Options {
					if plain(o.Value) == v {
						out[i] = o.Title.String()
					}
				}
			}
			return strings.Join(out, ", ")
		}
		boolean := fd != nil && fd.Type == "boolean" && len(c.In) == 1
		switch {
		case boolean && c.In[0] == "true":
			parts = append(parts, i18n.Text{RU: "«%s» — да", EN: "%s is yes"}.With(title))
		case boolean:
			parts = append(parts, i18n.Text{RU: "«%s» — нет", EN: "%s is no"}.With(title))
		case len(c.In) > 0:
			parts = append(parts, i18n.Text{RU: "«%s»: %s", EN: "%s is %s"}.With(title, named(c.In)))
		}
		if len(c.NotIn) > 0 {
			parts = append(parts, i18n.Text{RU: "«%s» — не %s", EN: "%s is not %s"}.With(title, named(c.NotIn)))
		}
		if c.Min != nil {
			parts = append(parts, i18n.Text{RU: "«%s» от %d", EN: "%s is %d or more"}.With(title, *c.Min))
		}
		if c.Max != nil {
			parts = append(parts, i18n.Text{RU: "«%s» до %d", EN: "%s is %d or less"}.With(title, *c.Max))
		}
	}
	for i := range c.All {
		parts = append(parts, f.words(&c.All[i]))
	}
	if len(c.Any) > 0 {
		var or i18n.Message
		for i := range c.Any {
			w := f.words(&c.Any[i])
			if i == 0 {
				or = w
			} else {
				or = i18n.Text{RU: "%s или %s", EN: "%s or %s"}.With(or, w)
			}
		}
		parts = append(parts, or)
	}
	if len(parts) == 0 {
		return i18n.Say("всегда", "always")
	}
	out := parts[0]
	for _, p := range parts[1:] {
		out = i18n.Text{RU: "%s и %s", EN: "%s and %s"}.With(out, p)
	}
	return out
}
