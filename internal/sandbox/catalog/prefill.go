package catalog

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Knowledge is what the portal knows of who fills a form.
type Knowledge struct {
	// Values are by the words of "prefill": person.lastName.
	Values map[string]string
	// Entries are of registers, by the words of "known"; each by the words of
	// "prefill".
	Entries map[string][]map[string]string
	// Earlier are the values of the last application for the service.
	Earlier map[string]string
	// EarlierTitle says which one that was.
	EarlierTitle i18n.Text
}

// Prefilled is a value that is known, with where it is from.
type Prefilled struct {
	Path   string
	Value  any
	Source i18n.Text
}

// Suggested is an item of a repeated group that a register knows.
type Suggested struct {
	Title  string
	Source i18n.Text
	Values map[string]any
}

// origin says where the words of a prefill come from.
func origin(word string) i18n.Text {
	head, _, _ := strings.Cut(word, ".")
	switch head {
	case "child", "children":
		return i18n.Text{RU: "реестр ЗАГС", EN: "register of civil acts"}
	case "vehicle", "vehicles":
		return i18n.Text{RU: "реестр транспорта", EN: "register of vehicles"}
	case "org":
		return i18n.Text{RU: "ЕГРЮЛ", EN: "register of companies"}
	case "role":
		return i18n.Text{RU: "ваша роль", EN: "your role"}
	}
	return i18n.Text{RU: "профиль", EN: "profile"}
}

// Prefill returns the values that are known already, in the JSON types of the
// form. A value that the form would not take is left out.
func (s *Service) Prefill(k Knowledge) []Prefilled {
	var out []Prefilled
	prefill(s.Fields, "", k, &out)
	return out
}

func prefill(fields []Field, at string, k Knowledge, out *[]Prefilled) {
	for i := range fields {
		f := &fields[i]
		path := join(at, f.Name)
		if f.Type == "object" {
			prefill(f.Fields, path, k, out)
			continue
		}
		v, from := k.Values[f.Prefill], origin(f.Prefill)
		if v == "" && f.Reuse {
			v, from = k.Earlier[path], k.EarlierTitle
		}
		if v == "" || f.Type == "list" || f.Compute != nil {
			continue
		}
		if code, _ := f.check(v, path, nil); code == "" {
			*out = append(*out, Prefilled{path, f.typed(v), from})
		}
	}
}

// Suggest returns what registers know for the repeated groups of the form, by
// the path of each.
func (s *Service) Suggest(k Knowledge) map[string][]Suggested {
	out := map[string][]Suggested{}
	suggest(s.Fields, "", k, out)
	return out
}

func suggest(fields []Field, at string, k Knowledge, out map[string][]Suggested) {
	for i := range fields {
		f := &fields[i]
		path := join(at, f.Name)
		if f.Type == "object" {
			suggest(f.Fields, path, k, out)
		}
		for _, entry := range k.Entries[f.Known] {
			item := Suggested{Title: entry["title"], Source: origin(f.Known), Values: map[string]any{}}
			for j := range f.Fields {
				sub := &f.Fields[j]
				v := entry[sub.Prefill]
				if v == "" || sub.Type == "object" || sub.Type == "list" {
					continue
				}
				if code, _ := sub.check(v, path+"[0]."+sub.Name, nil); code == "" {
					item.Values[sub.Name] = sub.typed(v)
				}
			}
			if len(item.Values) > 0 {
				out[path] = append(out[path], item)
			}
		}
	}
}

// typed gives a value in the JSON type of its field.
func (f *Field) typed(v string) any {
	switch f.Type {
	case "boolean":
		return v == "true"
	case "integer":
		return jsonNumber(v)
	}
	return v
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
