package forms

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestASkeletonIsValidOnceFilledIn(t *testing.T) {
	f := familyForm(t)
	text := string(f.Skeleton(nil, nil, i18n.EN))
	if _, err := ReadValues(strings.NewReader(text), "x.yaml"); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, fill := range [][2]string{{"kind:\n", "kind: online\n"}, {"  mobile:\n", "  mobile: \"+79000000001\"\n"}, {"    name:\n", "    name: Зоя\n"}} {
		if !strings.Contains(text, fill[0]) {
			t.Fatalf("no %q in\n%s", fill[0], text)
		}
		text = strings.Replace(text, fill[0], fill[1], 1)
	}
	v, err := ReadValues(strings.NewReader(text), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if wrong := f.Validate(f.Coerce(v)); len(wrong) > 0 {
		t.Errorf("%v\n%s", wrong, text)
	}
	for _, fd := range f.Flat() {
		if fd.Computed == nil && !strings.Contains(text, fd.Name+":") {
			t.Errorf("%s is not in it", fd.Path)
		}
	}
}

func TestASkeletonOfADraftGivesTheDraftAndItsCommentsBack(t *testing.T) {
	f := familyForm(t)
	values := map[string]any{"kind": "paper", "office": "7", "applicant": map[string]any{"mobile": "+79000000001", "birthDate": "1990-01-31"},
		"children": []any{map[string]any{"name": "no"}, map[string]any{"name": "А: \"Б\" # в", "snils": "112-233-445 95"}}}
	comments := map[string]string{"": "# семья", "office": "# ближе к дому", "children[1].name": "# как в свидетельстве"}
	text := f.Skeleton(values, comments, i18n.RU)
	got, err := ReadValues(strings.NewReader(string(text)), "x.yaml")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if d := cmp.Diff(values, got); d != "" {
		t.Errorf("%s\n%s", d, text)
	}
	if d := cmp.Diff(comments, Comments(text)); d != "" {
		t.Errorf("%s\n%s", d, text)
	}
}

func TestExplainTellsRuleConditionAndExample(t *testing.T) {
	f := familyForm(t)
	for path, want := range map[string]string{
		"office":             "required when «Вид»: На бумаге",
		"children[0].report": "required when Особая программа is yes",
		"children[].snils":   "form: XXX-XXX-XXX XX",
		"applicant.mobile":   "example: +79000000000",
		"children":           "a repeated group: 1 to 3",
		"count":              "reckoned by itself",
	} {
		fd, ok := f.Field(path)
		var lines []string
		for _, m := range f.Explain(fd) {
			lines = append(lines, m.In(i18n.EN))
		}
		want = strings.NewReplacer("«Вид»:", "Вид is").Replace(want)
		if text := strings.Join(lines, "; "); !ok || !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %s", path, text, want)
		}
	}
}

func FuzzFormTakesAnyFile(f *testing.F) {
	for _, seed := range []string{"kind: paper\nchildren:\n  - name: А\n", `{"children":[{"name":1e9}]}`, "a: &a [*a]\n", strings.Repeat("[", 100), "kind: !!binary x\n", "children: {0: {name: x}}\n"} {
		f.Add(seed)
	}
	form, err := Parse("900", "1", []byte(family))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ReadValues(strings.NewReader(text), "x")
		if err != nil {
			return
		}
		v = form.Coerce(v)
		settled, _ := form.Settle(v)
		form.Validate(v)
		if len(form.Validate(settled)) == 0 {
			again, err := ReadValues(strings.NewReader(string(form.Skeleton(settled, nil, i18n.EN))), "x")
			if err != nil {
				t.Fatalf("the skeleton of %q cannot be read: %v", text, err)
			}
			if wrong := form.Validate(form.Coerce(again)); len(wrong) > 0 {
				t.Fatalf("the skeleton of %q became wrong: %v", text, wrong)
			}
		}
		Comments([]byte(text))
	})
}

func TestAnswersWithoutAFieldAreNamed(t *testing.T) {
	f := familyForm(t)
	values := map[string]any{"kind": "paper", "colour": "red", "applicant": map[string]any{"mobile": "+79000000001", "fax": "1"},
		"children": []any{map[string]any{"name": "А"}, map[string]any{"nick": "Б"}, "В"}}
	want := []Leaf{{"applicant.fax", "1"}, {"children[1].nick", "Б"}, {"children[2]", "В"}, {"colour", "red"}}
	if d := cmp.Diff(want, f.Strangers(values)); d != "" {
		t.Error(d)
	}
}
