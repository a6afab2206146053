package catalog

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
)

// The file of queries: what people type, a tab, the service that must be among
// the first three, or several that may be, with | between them.
func TestPeopleFindTheServiceAmongTheFirstThree(t *testing.T) {
	c := mustLoad(t)
	f, err := os.Open("testdata/queries.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, first := 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		query, want, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			continue
		}
		wanted := strings.Split(want, "|")
		for _, w := range wanted {
			if c.Find(w) == nil {
				t.Fatalf("%q: no service %s", query, w)
			}
		}
		n++
		found, err := c.Search(Filter{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range found[:min(3, len(found))] {
			got = append(got, b.Slug)
		}
		if !slices.ContainsFunc(got, func(s string) bool { return slices.Contains(wanted, s) }) {
			t.Errorf("%q: %v of %d, want %s", query, got, len(found), want)
		} else if slices.Contains(wanted, got[0]) {
			first++
		}
	}
	if n < 200 {
		t.Errorf("only %d queries", n)
	}
	t.Logf("%d queries, %d first", n, first)
}

func TestNonsenseFindsNothing(t *testing.T) {
	c := mustLoad(t)
	for _, q := range []string{"квантовая хромодинамика", "", "   ", "…", "\xff", "ыыыыыыы", "🦆"} {
		found, err := c.Search(Filter{Query: q})
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(q) != "" && len(found) != 0 {
			t.Errorf("%q finds %s and %d more", q, found[0].Slug, len(found)-1)
		}
	}
}

// Snowball makes «за» of «заем» and «на» of «наем»; two letters are the
// beginning of half the catalogue.
func TestAShortStemIsNoPrefix(t *testing.T) {
	c := mustLoad(t)
	for _, q := range []string{"заём", "заем", "наём", "наем"} {
		found, err := c.Search(Filter{Query: q})
		if err != nil || len(found) == 0 || len(found) > 20 {
			t.Errorf("%q: %d of %d services, %v", q, len(found), len(c.Briefs()), err)
		}
	}
}

// Whoever types on after a name has not meant another service yet: a word that is
// hardly begun may become anything.
func TestTheNextWordBegunPushesNothingAside(t *testing.T) {
	c := mustLoad(t)
	for query, want := range map[string]string{"паспорт": "passport", "снилс": "snils", "загранпаспорт": "zagranpasport", "развод": "divorce", "самозапрет": "credit-ban"} {
		lost := []string{}
		for _, a := range "бвгдзклмнпрст" {
			for _, b := range "аеио" {
				typed := query + " " + string([]rune{a, b})
				found, err := c.Search(Filter{Query: typed})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(found[:min(3, len(found))], func(b *Brief) bool { return b.Slug == want }) {
					lost = append(lost, typed)
				}
			}
		}
		if len(lost) > 0 {
			t.Errorf("%s is not among the first three for %q", want, lost)
		}
	}
}

func TestTheSameQueryAlwaysGivesTheSameOrder(t *testing.T) {
	one, two := mustLoad(t), mustLoad(t)
	for _, q := range []string{"справка", "регистрация", "пособие ребенку", "ghfdf", "лицензия на", "п"} {
		a, _ := one.Search(Filter{Query: q})
		for range 3 {
			b, _ := two.Search(Filter{Query: q})
			if !slices.EqualFunc(a, b, func(x, y *Brief) bool { return x.Slug == y.Slug }) {
				t.Errorf("%q: two orders", q)
			}
		}
	}
}

func TestFiltersNarrowTheList(t *testing.T) {
	c := mustLoad(t)
	list := func(f Filter) []*Brief {
		t.Helper()
		out, err := c.Search(f)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	all := list(Filter{})
	if all[0].Slug != "zagranpasport" || slices.ContainsFunc(all, func(b *Brief) bool { return b.State == Obsolete }) {
		t.Fatalf("%d services, first %s", len(all), all[0].Slug)
	}
	if n := len(list(Filter{Obsolete: true})); n <= len(all) {
		t.Errorf("%d with the obsolete ones", n)
	}
	cases := []struct {
		name string
		f    Filter
		ok   func(b *Brief) bool
	}{
		{"topic by a part of its name", Filter{Topic: "трансп"}, func(b *Brief) bool { return b.Topic == "transport" }},
		{"topic in English", Filter{Topic: "Pensions"}, func(b *Brief) bool { return b.Topic == "pensions" }},
		{"life situation", Filter{Situation: "birth"}, func(b *Brief) bool { return slices.Contains(b.Situations, "birth") }},
		{"department by its key", Filter{Department: "rosreestr"}, func(b *Brief) bool { return b.Department == "rosreestr" }},
		{"department by its name", Filter{Department: "росреестр"}, func(b *Brief) bool { return b.Department == "rosreestr" }},
		{"region", Filter{Region: "якутия"}, func(b *Brief) bool { return len(b.Regions) == 0 || slices.Contains(b.Regions, "14") }},
		{"kind of person", Filter{Person: Organisation}, func(b *Brief) bool { return b.Orgs }},
		{"level", Filter{Level: LevelSimplified}, func(b *Brief) bool { return b.Level == LevelSimplified }},
		{"free", Filter{Fee: Free}, func(b *Brief) bool { return b.FeeKopecks == 0 }},
		{"paid", Filter{Fee: Paid}, func(b *Brief) bool { return b.FeeKopecks > 0 }},
		{"a query within a topic", Filter{Query: "права", Topic: "transport"}, func(b *Brief) bool { return b.Topic == "transport" }},
	}
	for _, tc := range cases {
		got := list(tc.f)
		if len(got) == 0 || len(got) >= len(all) {
			t.Errorf("%s: %d of %d", tc.name, len(got), len(all))
		}
		for _, b := range got {
			if !tc.ok(b) {
				t.Errorf("%s: %s", tc.name, b.Slug)
			}
		}
	}
	for name, f := range map[string]Filter{"unknown topic": {Topic: "ядерная физика"}, "unknown region": {Region: "99"}} {
		if got := list(f); len(got) != 0 {
			t.Errorf("%s: %d", name, len(got))
		}
	}
	own := list(Filter{First: map[string]int{"90000000012": 2, "90000000006": 5}})
	if own[0].Slug != "kindergarten" || own[1].Slug != "public-request" || own[2].Slug != "zagranpasport" || len(own) != len(all) {
		t.Errorf("%s, %s, %s", own[0].Slug, own[1].Slug, own[2].Slug)
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
		if want != "" && !slices.ContainsFunc(got, func(s *Brief) bool { return s.Slug == want }) {
			t.Errorf("%q: %s, %s, %s", key, got[0].Slug, got[1].Slug, got[2].Slug)
		}
	}
}

func FuzzSearchNeverFails(f *testing.F) {
	c := mustLoad(f)
	for _, s := range []string{"загранпаспорт", "", "ё", "a b c", "\xff", "пас порт", "йцукенгшщзхъ", "в/у 2ндфл", "j,vty ghfd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		found, err := c.Search(Filter{Query: q, Obsolete: true})
		if err != nil || len(found) > len(c.briefs) {
			t.Fatal(len(found), err)
		}
		if len(q) < 200 {
			if n := len(c.Nearest(q, 3)); n != 3 {
				t.Fatal(n)
			}
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	c := mustLoad(b)
	for name, q := range map[string]string{"misspelt": "загранпаспрот", "exact": "справка о доходах", "prefix": "рег", "layout": "pfuhfygfcgjhn"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if found, err := c.Search(Filter{Query: q}); err != nil || len(found) == 0 {
					b.Fatal("nothing found")
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		c, err := Load()
		if err != nil || c.Find("passport") == nil {
			b.Fatal(err)
		}
	}
}
