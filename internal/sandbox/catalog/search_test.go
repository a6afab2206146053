package catalog

import (
	"slices"
	"testing"
)

func TestSearchUnderstandsWordFormsAndTypos(t *testing.T) {
	c := mustLoad(t)
	cases := []struct{ query, first string }{
		{"загранпаспорт", "zagranpasport"},
		{"загранпаспорта", "zagranpasport"},
		{"загранпаспрот", "zagranpasport"}, // letters swapped
		{"згранпаспорт", "zagranpasport"},  // a letter lost
		{"загран", "zagranpasport"},
		{"заграничный паспорт", "zagranpasport"},
		{"ЗАГРАНПАСПОРТ", "zagranpasport"},
		{"пенсии", "pension-delivery"},
		{"доставка пенсий", "pension-delivery"},
		{"пособия на детей", "benefit"},
		{"ребёнок в детский сад", "kindergarten"},
		{"ребенка в садик", "kindergarten"},
		{"водительское удостоверние", "driving-licence"},
		{"замена прав", "driving-licence"},
		{"прописка", "residence-registration"},
		{"справка о доходах", "income-certificate"},
		{"2-НДФЛ", "income-certificate"},
		{"несудимость", "no-conviction"},
		{"регистрация машины", "vehicle-registration"},
		{"открыть ИП", "business-registration"},
		{"жалоба", "public-request"},
		{"foreign passport", "zagranpasport"},
		{"driving license", "driving-licence"},
		{"90000000004", "no-conviction"},
		{"kindergarten", "kindergarten"},
	}
	for _, tc := range cases {
		found := c.Search(Filter{Query: tc.query})
		if len(found) == 0 || found[0].Slug != tc.first {
			var got []string
			for _, s := range found {
				got = append(got, s.Slug)
			}
			t.Errorf("%q: %v, want %s first", tc.query, got, tc.first)
		}
	}
	if found := c.Search(Filter{Query: "квантовая хромодинамика"}); len(found) != 0 {
		t.Errorf("nonsense finds %s", found[0].Slug)
	}
}

func TestFiltersNarrowTheList(t *testing.T) {
	c := mustLoad(t)
	all := c.Search(Filter{})
	if len(all) != len(c.Services()) || all[0].Slug != "zagranpasport" {
		t.Fatalf("%d services, first %s", len(all), all[0].Slug)
	}
	for _, s := range c.Search(Filter{Topic: "транспорт"}) {
		if s.Department != "gibdd" {
			t.Errorf("transport: %s", s.Slug)
		}
	}
	if found := c.Search(Filter{Department: "росреестр"}); len(found) != 1 || found[0].Slug != "property-registration" {
		t.Errorf("%d found", len(found))
	}
	if found := c.Search(Filter{Query: "справка", Topic: "transport"}); len(found) != 0 {
		t.Errorf("%d found", len(found))
	}
}

func TestAnUnknownCodeNamesTheNearestThree(t *testing.T) {
	c := mustLoad(t)
	cases := map[string]string{
		"9000000001":            "zagranpasport",
		"zagranpassport":        "zagranpasport",
		"kindergarden":          "kindergarten",
		"pension":               "pension-delivery",
		"driving-license":       "driving-licence",
		"10000000190":           "pension-delivery",
		"":                      "",
		"\x00\x1b[31m\u202e???": "",
	}
	for key, want := range cases {
		got := c.Nearest(key, 3)
		if len(got) != 3 {
			t.Fatalf("%q: %d services", key, len(got))
		}
		if want != "" && !slices.ContainsFunc(got, func(s *Service) bool { return s.Slug == want }) {
			t.Errorf("%q: %s, %s, %s", key, got[0].Slug, got[1].Slug, got[2].Slug)
		}
	}
}

func FuzzSearchNeverFails(f *testing.F) {
	c := mustLoad(f)
	for _, s := range []string{"загранпаспорт", "", "ё", "a b c", "\xff", "пас порт", "йцукенгшщзхъ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		if len(q) > 200 {
			return
		}
		if n := len(c.Search(Filter{Query: q})); n > len(c.services) {
			t.Fatal(n)
		}
		if n := len(c.Nearest(q, 3)); n != 3 {
			t.Fatal(n)
		}
	})
}

func BenchmarkSearchOfAMisspeltWord(b *testing.B) {
	c := mustLoad(b)
	c.words()
	for b.Loop() {
		if len(c.Search(Filter{Query: "загранпаспрот"})) == 0 {
			b.Fatal("nothing found")
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
