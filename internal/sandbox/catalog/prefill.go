package catalog

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Knowledge is what the portal knows of who fills a form.
type Knowledge struct {
	// Values are by the words of "prefill": person.lastName.
	Values map[string]string
	// Entries are of registers, by the words of "known"; each by the words of
	// "prefill".
	Entries map[string][]map[string]string
	// Earlier are applications of the same person, the latest first.
	Earlier []Earlier
	// Repeat is the application that is asked for once more; nil is none.
	Repeat *Earlier
}

// Earlier is an application that was sent before.
type Earlier struct {
	Service *Service          // as it is now
	Values  map[string]string // by path
	Title   i18n.Text         // which one it is, for people
}

// Prefilled is a value that is known, with where it is from.
type Prefilled struct {
	Path    string
	Value   any
	Source  i18n.Text
	Earlier bool // from an earlier application, not from the profile or a register
}

// Suggested is an item of a repeated group that a register or an earlier
// application knows.
type Suggested struct {
	Title  string
	Source i18n.Text
	Values map[string]any
}

// Superseded is an answer of the repeated application in place of which the
// profile or a register says another.
type Superseded struct {
	Path string
	Was  any
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
// form: of the profile and registers first; then of the application that is
// repeated; then, for what says the same of a person whenever it is asked
// ("reuse"), of the latest application that answers the same question. A value
// that the form would not take is left out.
func (s *Service) Prefill(k Knowledge) ([]Prefilled, []Superseded) {
	p := &prefilling{service: s, known: k}
	if k.Repeat != nil {
		p.again = s.Current(k.Repeat.Values)
	}
	p.fields(s.Fields, "", "", false)
	return p.out, p.superseded
}

type prefilling struct {
	service    *Service
	known      Knowledge
	again      map[string]string // values of the repeated application
	out        []Prefilled
	superseded []Superseded
}

// fields looks at those of one object: at is its place in the values, form the
// one in the form.
func (p *prefilling) fields(fields []Field, at, form string, item bool) {
	for i := range fields {
		f := &fields[i]
		path, inForm := join(at, f.Name), join(form, f.Name)
		switch f.Type {
		case "object":
			p.fields(f.Fields, path, inForm, item)
			continue
		case "list":
			for n := range itemsOf(p.again, path) {
				p.fields(f.Fields, path+"["+strconv.Itoa(n)+"]", inForm+"[]", true)
			}
			continue
		}
		if f.Compute != nil {
			continue
		}
		var v string
		var from i18n.Text
		said := false
		if !item { // the registers' words for an item stand for one of several
			v, from = p.known.Values[f.Prefill], origin(f.Prefill)
			said = v != ""
		}
		if before := p.again[path]; before != "" && !f.Secret {
			if v == "" {
				v, from = before, p.known.Repeat.Title
			} else if code, _ := f.check(before, path, nil); letters(v) != letters(before) && code == "" {
				p.superseded = append(p.superseded, Superseded{path, f.typed(before)})
			}
		}
		if v == "" && f.Reuse && !item && !f.Secret {
			v, from = p.reused(f, inForm)
		}
		if v == "" {
			continue
		}
		if code, _ := f.check(v, path, nil); code == "" {
			p.out = append(p.out, Prefilled{path, f.typed(v), from, !said})
		}
	}
}

// letters leaves of a value what tells it from another: a number may be written
// with dashes and without.
func letters(v string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, v)
}

// reused is the answer of the latest application that was asked the same.
func (p *prefilling) reused(f *Field, path string) (string, i18n.Text) {
	for _, e := range p.known.Earlier {
		if e.Service.Code != p.service.Code && !f.asks(e.Service.Field(path)) {
			continue
		}
		for _, name := range append([]string{path}, f.Was...) {
			if v := e.Values[name]; v != "" {
				return v, e.Title
			}
		}
	}
	return "", i18n.Text{}
}

// asks reports whether a field of another form means the same by the same name.
func (f *Field) asks(g *Field) bool {
	if g == nil || g.Type != f.Type || g.Pattern != f.Pattern || g.Check != f.Check || g.Format != f.Format || g.Secret || len(g.Choices) != len(f.Choices) {
		return false
	}
	for i := range f.Choices {
		if g.Choices[i].Value != f.Choices[i].Value {
			return false
		}
	}
	if f.Dictionary == nil || g.Dictionary == nil {
		return f.Dictionary == g.Dictionary
	}
	return f.Dictionary.Code == g.Dictionary.Code
}

// Current gives values of an earlier version of the form under the paths that
// they have now; what is not asked any more is left out.
func (s *Service) Current(values map[string]string) map[string]string {
	out := make(map[string]string, len(values))
	for path, v := range values {
		if f := s.Field(path); f != nil && f.Type != "object" && f.Type != "list" {
			out[path] = v
		}
	}
	for path, v := range values {
		if to := renamed(s.Fields, "", path); to != "" && out[to] == "" && s.Field(path) == nil {
			out[to] = v
		}
	}
	return out
}

// renamed finds the place of an answer whose field had another path before.
func renamed(fields []Field, at, path string) string {
	for i := range fields {
		f := &fields[i]
		here := join(at, f.Name)
		if slices.Contains(f.Was, anyIndex(path)) && f.Type != "object" && f.Type != "list" {
			to := beside(here, path)
			if !strings.Contains(to, "[]") {
				return to
			}
		}
		sub := here
		if f.Type == "list" {
			sub += "[]"
		}
		if to := renamed(f.Fields, sub, path); to != "" {
			return to
		}
	}
	return ""
}

// itemsOf counts the items of a list among values.
func itemsOf(values map[string]string, path string) int {
	n := 0
	for name := range values {
		rest, found := strings.CutPrefix(name, path+"[")
		if !found {
			continue
		}
		text, _, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(text); err == nil && i >= n && i < maxItems {
			n = i + 1
		}
	}
	return n
}

// maxSuggested bounds what is offered for one repeated group.
const maxSuggested = 20

// Suggest returns what registers and earlier applications know for the repeated
// groups of the form, by the path of each.
func (s *Service) Suggest(k Knowledge) map[string][]Suggested {
	out := map[string][]Suggested{}
	s.suggest(s.Fields, "", k, out)
	return out
}

func (s *Service) suggest(fields []Field, at string, k Knowledge, out map[string][]Suggested) {
	for i := range fields {
		f := &fields[i]
		path := join(at, f.Name)
		if f.Type == "object" {
			s.suggest(f.Fields, path, k, out)
		}
		if f.Type != "list" {
			continue
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
		for _, e := range k.Earlier {
			g := e.Service.Field(path)
			if e.Service.Code != s.Code && (g == nil || !alike(f, g)) {
				continue
			}
			for n := range itemsOf(e.Values, path) {
				item := Suggested{Source: e.Title, Values: map[string]any{}}
				itemOf(f.Fields, path+"["+strconv.Itoa(n)+"]", e.Values, item.Values, &item.Title)
				same := func(o Suggested) bool { return o.Title == item.Title }
				if len(item.Values) > 0 && item.Title != "" && len(out[path]) < maxSuggested && !slices.ContainsFunc(out[path], same) {
					out[path] = append(out[path], item)
				}
			}
		}
	}
}

// alike reports whether two repeated groups ask the same.
func alike(f, g *Field) bool {
	if g.Type != "list" || len(f.Fields) != len(g.Fields) {
		return false
	}
	for i := range f.Fields {
		a, b := &f.Fields[i], &g.Fields[i]
		if a.Name != b.Name || !a.asks(b) {
			return false
		}
	}
	return true
}

// itemOf reads an item of an earlier application; its first two texts name it.
func itemOf(fields []Field, at string, values map[string]string, into map[string]any, title *string) {
	for i := range fields {
		f := &fields[i]
		path := join(at, f.Name)
		switch {
		case f.Type == "object":
			sub := map[string]any{}
			var ignored string
			itemOf(f.Fields, path, values, sub, &ignored)
			if len(sub) > 0 {
				into[f.Name] = sub
			}
			continue
		case f.Type == "list", f.Secret, f.Compute != nil, values[path] == "":
			continue
		}
		v := values[path]
		if code, _ := f.check(v, path, nil); code != "" {
			continue
		}
		into[f.Name] = f.typed(v)
		if (f.Type == "string") && strings.Count(*title, " ") < 1 && f.Dictionary == nil {
			*title = strings.TrimSpace(*title + " " + v)
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
