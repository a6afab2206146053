package templates

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// shelf is a portal that keeps templates, two to a page.
type shelf struct {
	kept   []wire.Template
	wanted string // the etag that the last PutTemplate named
	err    error
}

func (s *shelf) Templates(_ context.Context, q cabinet.PageQuery) (*wire.Page[wire.Template], error) {
	if s.err != nil {
		return nil, s.err
	}
	from := len(q.Cursor)
	to := min(from+2, len(s.kept))
	p := &wire.Page[wire.Template]{Items: s.kept[from:to], Total: len(s.kept)}
	if to < len(s.kept) {
		p.NextCursor = strings.Repeat("x", to)
	}
	return p, nil
}

func (s *shelf) Template(_ context.Context, id string) (*cabinet.Template, error) {
	for _, t := range s.kept {
		if t.ID == id {
			return &cabinet.Template{Template: t, ETag: "etag of " + id}, nil
		}
	}
	return nil, fault.New(exitcode.NotFound, "template.unknown", i18n.Say("нет", "none"))
}

func (s *shelf) CreateTemplate(_ context.Context, in wire.TemplateInput) (*cabinet.Template, error) {
	if s.err != nil {
		return nil, s.err
	}
	for _, t := range s.kept {
		if strings.EqualFold(t.Name.Raw(), in.Name) {
			return nil, fault.New(exitcode.Conflict, "template.exists", i18n.Say("уже есть", "there already"))
		}
	}
	t := wire.Template{ID: "t-" + in.Name, Name: untrusted.Text(in.Name), Service: in.Service, Data: in.Data, FormVersion: in.FormVersion}
	s.kept = append(s.kept, t)
	return &cabinet.Template{Template: t}, nil
}

func (s *shelf) PutTemplate(_ context.Context, id, etag string, in wire.TemplateInput) (*cabinet.Template, error) {
	s.wanted = etag
	for i := range s.kept {
		if s.kept[i].ID == id {
			s.kept[i].Data, s.kept[i].FormVersion = in.Data, in.FormVersion
			return &cabinet.Template{Template: s.kept[i]}, nil
		}
	}
	return nil, errors.New("no such template")
}

func (s *shelf) DeleteTemplate(context.Context, string) error { return nil }

func quarters() *shelf {
	return &shelf{kept: []wire.Template{
		{ID: "1", Name: "Квартал", Service: "900"}, {ID: "2", Name: "Год", Service: "900"}, {ID: "3", Name: "Дача", Service: "901"},
	}}
}

const report = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{
  "inn":{"type":"string","title":"ИНН","x-epgu":{"order":1}},
  "period":{"type":"string","title":"Период","x-epgu":{"order":2,"was":["quarter"]}},
  "word":{"type":"string","title":"Кодовое слово","writeOnly":true,"x-epgu":{"order":3,"secret":true}},
  "phone":{"type":"string","title":"Телефон","x-epgu":{"order":4}}}}`

func reportForm(t *testing.T) *forms.Form {
	t.Helper()
	f, err := forms.Parse("900", "2", []byte(report))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAllTemplatesAreListedPageByPageOrThoseOfOneService(t *testing.T) {
	s := &Service{Portal: quarters()}
	for service, want := range map[string][]string{"": {"1", "2", "3"}, "900": {"1", "2"}, "901": {"3"}, "902": nil} {
		all, err := s.All(t.Context(), service)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range all {
			got = append(got, x.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", service, got, want)
		}
	}
}

func TestATemplateIsFoundByItsNameWhateverTheCase(t *testing.T) {
	s := &Service{Portal: quarters()}
	for _, name := range []string{"Дача", "дача", " ДАЧА "} {
		if got, err := s.Find(t.Context(), name); err != nil || got.ID != "3" || got.ETag == "" {
			t.Errorf("%q: %v %v", name, got, err)
		}
	}
}

func TestAnUnknownNameNamesTheNearestOne(t *testing.T) {
	s := &Service{Portal: quarters()}
	cases := map[string]string{"Кварталл": "Квартал", "совсем другое": "epgu application template list", "\x1b[31mГодд\x07": "epgu application template list"}
	for name, want := range cases {
		_, err := s.Find(t.Context(), name)
		f := fault.Of(err)
		if f == nil || f.Exit != exitcode.NotFound || f.Code != "template.not_found" {
			t.Fatalf("%q: %v", name, err)
		}
		for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
			if !strings.Contains(f.Hint.In(lang), want) {
				t.Errorf("%q: %s", name, f.Hint.In(lang))
			}
			if text := f.Message.In(lang); strings.ContainsAny(text, "\x1b\x07") {
				t.Errorf("%q reaches the terminal: %q", name, text)
			}
		}
	}
}

func TestATemplateKeepsNeitherSecretsNorWhatTheProfileSaysAnyway(t *testing.T) {
	shelf := quarters()
	known := forms.Known{Values: map[string]any{"inn": "7700000005", "phone": "+7 900 000-00-01"}}
	kept, err := (&Service{Portal: shelf}).Keep(t.Context(), "Новый", reportForm(t), known, map[string]any{
		"inn": "7700000005", "quarter": "III", "word": "тайна", "phone": "+7 900 000-00-02",
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"period": "III", "phone": "+7 900 000-00-02"}, kept.Data); d != "" {
		t.Error(d)
	}
	if kept.Service != "900" || kept.FormVersion != "2" {
		t.Errorf("%+v", kept.Template)
	}
}

func TestANameThatIsTakenIsReplacedOnlyWhenAskedTo(t *testing.T) {
	shelf := quarters()
	s := &Service{Portal: shelf}
	answers := map[string]any{"period": "IV"}
	_, err := s.Keep(t.Context(), "квартал", reportForm(t), forms.Known{}, answers, false)
	f := fault.Of(err)
	if f == nil || f.Exit != exitcode.Conflict || !strings.Contains(f.Hint.In(i18n.EN), "--replace") {
		t.Fatal(err)
	}
	if shelf.kept[0].Data != nil {
		t.Fatalf("replaced without being asked: %v", shelf.kept[0])
	}
	if _, err := s.Keep(t.Context(), "квартал", reportForm(t), forms.Known{}, answers, true); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(answers, shelf.kept[0].Data); d != "" || shelf.wanted != "etag of 1" || len(shelf.kept) != 3 {
		t.Errorf("%s, etag %q, %d templates", d, shelf.wanted, len(shelf.kept))
	}
}

func TestWhatThePortalSaysElseIsHandedOn(t *testing.T) {
	gone := errors.New("portal is gone")
	s := &Service{Portal: &shelf{err: gone}}
	if _, err := s.All(t.Context(), ""); !errors.Is(err, gone) {
		t.Error(err)
	}
	if _, err := s.Find(t.Context(), "Год"); !errors.Is(err, gone) {
		t.Error(err)
	}
	if _, err := s.Keep(t.Context(), "Год", reportForm(t), forms.Known{}, nil, true); !errors.Is(err, gone) {
		t.Error(err)
	}
}

func TestATemplateLiesOverWhatIsKnownAndIsNamedAsTheSource(t *testing.T) {
	known := forms.Known{
		Values:  map[string]any{"inn": "7700000005", "phone": "+7 900 000-00-01"},
		Sources: map[string]untrusted.Text{"inn": "профиль", "phone": "профиль"},
		Reused:  []string{"inn"},
	}
	got, migration, err := Lay(reportForm(t), known, &wire.Template{
		Name: "Квартал", Service: "900", Data: map[string]any{"quarter": "III", "phone": "+7 900 000-00-02", "gone": "x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"inn": "7700000005", "phone": "+7 900 000-00-02", "period": "III"}
	if d := cmp.Diff(want, got.Values); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]untrusted.Text{"inn": "профиль", "phone": "«Квартал»", "period": "«Квартал»"}, got.Sources); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"inn", "period", "phone"}, got.Reused); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(forms.Migration{Moved: []forms.Moved{{From: "quarter", To: "period", Value: "III"}}, Lost: []forms.Leaf{{Path: "gone", Value: "x"}}}, migration); d != "" {
		t.Error(d)
	}
	if known.Values["phone"] != "+7 900 000-00-01" || known.Sources["phone"] != "профиль" || len(known.Reused) != 1 {
		t.Errorf("what was known is changed: %+v", known)
	}
}

func TestATemplateOfAnotherServiceIsRefused(t *testing.T) {
	known := forms.Known{Values: map[string]any{"inn": "1"}}
	got, _, err := Lay(reportForm(t), known, &wire.Template{Name: "Дача", Service: "901", Title: "Дом"})
	f := fault.Of(err)
	if f == nil || f.Exit != exitcode.Usage || f.Code != "template.other_service" || !strings.Contains(f.Hint.In(i18n.EN), "--from-template") {
		t.Fatal(err)
	}
	if d := cmp.Diff(known.Values, got.Values); d != "" {
		t.Error(d)
	}
}
