package forms_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// deep are the services whose forms go all the way: steps, branches, repeated
// groups, rules about several fields.
func deep(c *catalog.Catalog) []*catalog.Service {
	var out []*catalog.Service
	for _, s := range c.Services() {
		if len(s.Pages) >= 2 && hasList(s.Fields) {
			out = append(out, s)
		}
	}
	return out
}

func hasList(fields []catalog.Field) bool {
	for i := range fields {
		if fields[i].Type == "list" || hasList(fields[i].Fields) {
			return true
		}
	}
	return false
}

func TestAtLeastTwentyFiveServicesHaveDeepForms(t *testing.T) {
	list := deep(load(t))
	if len(list) < 25 {
		t.Errorf("%d deep forms", len(list))
	}
	for _, s := range list {
		branches := false
		var look func([]catalog.Field)
		look = func(fields []catalog.Field) {
			for i := range fields {
				branches = branches || fields[i].When != nil
				look(fields[i].Fields)
			}
		}
		look(s.Fields)
		if !branches && s.Slug != "income-certificate" {
			t.Errorf("%s has no branches", s.Slug)
		}
	}
}

// The special services, each a full path: its form is deep, and its documents go by
// the answers. In brackets: an answer, and a document that then, and only then, is asked.
func TestEverySpecialServiceIsAFullPathWithItsDocuments(t *testing.T) {
	c := load(t)
	for slug, papers := range map[string][]struct{ field, value, document string }{
		"passport":               {{"", "", "photo"}},
		"driving-licence":        {{"reason", "expired", "medical"}},
		"no-conviction":          {{"", "", "passportScan"}},
		"property-registration":  {{"", "", "contract"}},
		"school-enrolment":       {{"", "", "birthCertificate"}},
		"kindergarten":           {{"", "", "birthCertificate"}},
		"benefit":                nil,
		"business-registration":  nil,
		"ooo-registration":       {{"charterKind", "own", "charter"}, {"", "", "minutes"}},
		"ip-registration":        {{"", "", "passportScan"}},
		"licence-report":         {{"format", "xml", "reportFile"}},
		"licence-permit":         {{"act", "new", "staff"}},
		"medical-licence":        {{"", "", "staff"}},
		"income-certificate":     nil,
		"residence-registration": nil,
		"vehicle-registration":   nil,
		"pension-delivery":       nil, // 10000000109 of API ЕПГУ
	} {
		s := c.Find(slug)
		if s == nil {
			t.Errorf("no service %s", slug)
			continue
		}
		if len(s.Pages) < 2 || !hasList(s.Fields) || s.Result.RU == "" || len(s.LegalActs) == 0 || len(s.Steps) < 2 || len(s.Refusals) == 0 {
			t.Errorf("%s is no full path: %d pages, %d steps, result %q", slug, len(s.Pages), len(s.Steps), s.Result.RU)
		}
		for _, p := range papers {
			d := s.Document(p.document)
			if d == nil {
				t.Errorf("%s takes no %s", slug, p.document)
				continue
			}
			if p.field == "" {
				if !d.When.Holds(nil) {
					t.Errorf("%s asks for %s only at times", slug, p.document)
				}
				continue
			}
			if f := s.Field(p.field); f == nil || !d.Required || !d.When.Holds(map[string]string{p.field: p.value}) || d.When.Holds(map[string]string{p.field: ""}) {
				t.Errorf("%s: %s does not go by %s", slug, p.document, p.field)
			}
		}
	}
	late := c.Find("licence-report").Validate(map[string]string{"periodFrom": "2026-04-01", "periodTo": "2026-01-01"}, true, "2026-11-01")
	if len(late) != 1 || late[0].Field != "periodTo" {
		t.Errorf("a period that ends before it begins: %v", late)
	}
	// A heading of a dictionary is no answer to the intake either.
	heading := c.Find("ooo-registration").Validate(map[string]string{"okved": "62"}, true, "2026-11-01")
	if len(heading) != 1 || heading[0].Code != "dictionary" {
		t.Errorf("a section of ОКВЭД: %v", heading)
	}
}

// examples answers a form with its own examples: every field that is asked, the
// first choice that is not taken yet, one item of each list and more where more
// are needed.
type examples struct {
	x     *forms.Filling
	pick  int
	shown map[string]bool
}

func (e *examples) run(t *testing.T) {
	for range 400 {
		if !e.next(t) {
			return
		}
	}
	t.Fatal("the form asks without end")
}

func (e *examples) next(t *testing.T) bool {
	for _, s := range e.x.Steps() {
		for _, f := range s.Entries {
			switch {
			case f.Kind == forms.KindList && (f.Required || !e.shown[f.Path]) && f.CanAdd:
				e.shown[f.Path] = true
				if _, err := e.x.AddItem(f.Path, nil); err != nil {
					t.Fatal(err)
				}
				return true
			case f.Kind == forms.KindField && f.Value == nil && f.Field.Computed == nil && (f.Required || f.Field.Example != "") && !e.shown[f.Path]:
				e.shown[f.Path] = true
				e.answer(t, f)
				return true
			}
		}
	}
	return false
}

func (e *examples) answer(t *testing.T, f forms.Entry) {
	typed := f.Field.Example
	switch {
	case len(f.Field.Options) > 0:
		typed = fmt.Sprint(f.Field.Options[e.pick%len(f.Field.Options)].Value)
	case f.Field.Type == "boolean":
		typed = fmt.Sprint(e.pick%2 == 0)
	case typed == "" && f.Field.Format == "date":
		typed = "2026-09-01"
	case typed == "" && f.Field.Type == "integer":
		typed = "3"
		if f.Field.Minimum != nil {
			typed = f.Field.Minimum.String()
		}
	case typed == "":
		typed = "Учебное значение"
	}
	if err := e.x.Set(t.Context(), f.Path, typed); err != nil {
		// Examples of several fields need not go together: two people with one number.
		if f.Required && !strings.Contains(err.Error(), "уже") {
			t.Logf("%s = %q: %v", f.Path, typed, err)
		}
	}
}

// What the client finds good, by the schema and x-epgu that it was given, the
// portal's own intake finds good, and a JSON Schema library too; what one
// refuses, the others do. All deep forms are answered in several ways, and
// spoiled field by field.
func TestClientAndIntakeJudgeDeepFormsAlike(t *testing.T) {
	c := load(t)
	good := 0
	for _, s := range deep(c) {
		raw, err := c.Schema(s, i18n.RU)
		if err != nil {
			t.Fatal(err)
		}
		library := compiled2020(t, raw)
		for pick := range 4 {
			form, err := forms.Parse(s.Code, s.Version, raw)
			if err != nil {
				t.Fatalf("%s: %v", s.Slug, err)
			}
			form.Today = "2026-11-01"
			e := &examples{x: form.Fill(forms.Known{}, nil, nil), pick: pick, shown: map[string]bool{}}
			e.run(t)
			values, _ := e.x.Values()
			if wrong := form.Validate(values); len(wrong) == 0 {
				good++
				text := form.Skeleton(values, nil, i18n.RU)
				again, err := forms.ReadValues(bytes.NewReader(text), "skeleton.yaml")
				if err != nil {
					t.Fatalf("%s: %v\n%s", s.Slug, err, text)
				}
				if wrong := form.Validate(form.Coerce(again)); len(wrong) > 0 {
					t.Errorf("%s: its skeleton became wrong: %v", s.Slug, wrong)
				}
			}
			alike(t, s, form, library, values)
			for _, leaf := range forms.Leaves(values) {
				for _, spoiled := range []any{nil, "", "нет такого", "9999-99-99"} {
					other := forms.Merge(values)
					if err := put(other, leaf.Path, spoiled); err != nil {
						t.Fatal(err)
					}
					alike(t, s, form, library, other)
				}
			}
		}
	}
	if good < 60 {
		t.Errorf("only %d answers are good", good)
	}
}

// put sets a value of a tree by its path.
func put(tree map[string]any, path string, v any) error {
	var at any = tree
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	for i, name := range parts {
		last := i == len(parts)-1
		switch x := at.(type) {
		case map[string]any:
			if last && v == nil {
				delete(x, name)
				return nil
			}
			if last {
				x[name] = v
				return nil
			}
			at = x[name]
		case []any:
			var n int
			if _, err := fmt.Sscan(name, &n); err != nil || n >= len(x) {
				return fmt.Errorf("%s: no item", path)
			}
			at = x[n]
		default:
			return fmt.Errorf("%s: nothing at %s", path, name)
		}
	}
	return nil
}

func compiled2020(t *testing.T, raw []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("form.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("form.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func alike(t *testing.T, s *catalog.Service, form *forms.Form, library *jsonschema.Schema, values map[string]any) {
	t.Helper()
	values, _ = form.Settle(form.Coerce(values))
	client := form.Validate(values)
	flat := map[string]string{}
	for _, leaf := range forms.Leaves(values) {
		flat[leaf.Path] = fmt.Sprint(leaf.Value)
	}
	var portal []catalog.FieldProblem
	for _, p := range s.Validate(flat, false, "2026-11-01") {
		if p.Code != "dictionary" { // looked up by the client beside the schema
			portal = append(portal, p)
		}
	}
	if (len(client) == 0) != (len(portal) == 0) {
		t.Errorf("%s: the client says %v, the intake %v\n%v", s.Slug, client, portal, values)
	}
	b, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := library.Validate(doc); err != nil && len(client) == 0 {
		t.Errorf("%s: the client says nothing, the library %v", s.Slug, err)
	}
}
