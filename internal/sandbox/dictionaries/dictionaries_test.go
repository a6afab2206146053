package dictionaries

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestEveryEntryHasItsPlaceAndATitleInBothLanguages(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for code, d := range all {
		for i := range d.Entries {
			e := &d.Entries[i]
			if e.Parent != "" && d.Entry(e.Parent) == nil {
				t.Errorf("%s: %s is below %s, which is not there", code, e.Value, e.Parent)
			}
			if e.Title.RU == "" || e.Title.EN == "" || strings.ContainsFunc(e.Title.EN, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
				t.Errorf("%s: %s is called %q and %q", code, e.Value, e.Title.RU, e.Title.EN)
			}
			if d.Entry(e.Value) != e {
				t.Errorf("%s: %s is there twice", code, e.Value)
			}
		}
	}
	if n := len(all[regions].tops()); n < 83 {
		t.Errorf("%d regions", n)
	}
	samara := all["ZAGS"].Entry("63-Z2")
	if want := (i18n.Text{RU: "Учебный отдел ЗАГС № 2, Самарская область", EN: "Training registry office No. 2, Samara Region"}); samara == nil || samara.Title != want || samara.Parent != "63" {
		t.Errorf("%+v", samara)
	}
}

func TestAMistakeInTheListsIsNamedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"77 | Москва | Moscow\n":                    `lists.txt:1: no dictionary is begun`,
		"== REGIONS\n77 | Москва\n":                 "lists.txt:2: value | Russian title",
		"== REGIONS\n77 | Москва | Moscow | note\n": `lists.txt:2: NAME=attribute is wanted, not "note"`,
		"== REGIONS\n    77 | Москва | Moscow\n":    "lists.txt:2: deeper",
		"# x\n\n== A\n1 | а | a\n1 | б | b\n":       "lists.txt:5: 1 is there twice",
		"== A\n== A\n":                              "lists.txt:2: dictionary A is there twice",
		"== A each\n":                               `lists.txt:1: "== CODE"`,
		fmt.Sprintf("== A each %s of B\n", "many"):  "lists.txt:1: strconv",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
