package compile_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog/compile"
)

const data = "../data"

func TestTheEmbeddedCatalogueIsCurrent(t *testing.T) {
	w, err := compile.Whole(os.DirFS(data))
	if err != nil {
		t.Fatal(err)
	}
	blob, err := catalog.Compile(w)
	if err != nil {
		t.Fatal(err)
	}
	if old, err := os.ReadFile("../catalog.bin"); err != nil || !bytes.Equal(old, blob) {
		t.Error("catalog.bin is not current: run go run ./cmd/catalogue")
	}
}

// files copies the data into memory, so that a mistake can be put into them.
func files(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for _, dir := range []string{".", "forms", "services"} {
		list, err := os.ReadDir(data + "/" + dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.IsDir() {
				continue
			}
			b, err := os.ReadFile(data + "/" + dir + "/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimPrefix(dir+"/"+e.Name(), "./")] = &fstest.MapFile{Data: b}
		}
	}
	return out
}

func TestAMistakeIsNamedWithItsFileAndLine(t *testing.T) {
	cases := []struct{ name, file, old, new, want string }{
		{"an unknown key", "services/rospatent.yaml", "popularity: 47", "popularityy: 47", "line 23: field popularityy not found"},
		{"broken YAML", "services/rospatent.yaml", "services:", "services: [", "services/rospatent.yaml"},
		{"an unknown topic", "services/rospatent.yaml", "topic: business", "topic: busines", "services/rospatent.yaml:18: trademark: topic \"busines\" is none of"},
		{"a text in one language", "services/rospatent.yaml", ", en: \"Registration of a trademark\"", "", "services/rospatent.yaml:20: trademark: title: a text in both languages"},
		{"Russian in the English text", "services/rospatent.yaml", "en: \"Registration of a trademark\"", "en: \"Registration товарного знака\"", "services/rospatent.yaml:20: trademark: title: the English text"},
		{"a source that is not known", "services/rospatent.yaml", "source: training, title: {ru: \"Пошлины за заявку и экспертизу\"", "source: memory, title: {ru: \"Пошлины за заявку и экспертизу\"", "no source \"memory\""},
		{"a fee without a source", "services/rospatent.yaml", "source: training, title: {ru: \"Пошлины за заявку и экспертизу\"", "title: {ru: \"Пошлины за заявку и экспертизу\"", "trademark: no source \"\" in shared.yaml"},
		{"a term without a source", "services/rospatent.yaml", "  termSource: training\n", "", "services/rospatent.yaml:17: trademark: no source \"\" in shared.yaml"},
		{"a source without its day", "shared.yaml", "training: {kind: training, date: \"2026-11-29\"", "training: {kind: training, date: \"\"", "shared.yaml"},
		{"an act that is not known", "services/rospatent.yaml", "acts: [gk-4]", "acts: [gk-5]", "no act \"gk-5\" in shared.yaml"},
		{"a document that is not known", "services/rospatent.yaml", "documents: [evidence]", "documents: [proof]", "services/rospatent.yaml:24: trademark: no document \"proof\""},
		{"a code that is taken", "services/rospatent.yaml", "\"90000126002\"", "\"90000126001\"", "is there twice"},
		{"a term that is missing", "services/rospatent.yaml", "days: 180", "days: 0", "the term is missing"},
		{"a season of a service that has none", "services/rospatent.yaml", "popularity: 47", "popularity: 47\n    season: \"01-01 / 02-02\"", "a seasonal service, and no other"},
		{"a successor that is not there", "services/sfr.yaml", "successor: unified-benefit", "successor: unified", "an obsolete service, and no other, names the slug of its successor"},
		{"popularity beyond the scale", "services/rospatent.yaml", "popularity: 47", "popularity: 470", "services/rospatent.yaml:23: trademark: popularity is 1 to 100"},
		{"a form that is not there", "services/rospatent.yaml", "form: general-business", "form: special", "no form \"special\""},
		{"a field that depends on nothing", "forms/licence-permit.yaml", "when: {field: act, in: [prolong]}", "when: {field: acts, in: [prolong]}", "forms/licence-permit.yaml:13: licence-permit: field prolongTo depends on the unknown field \"acts\""},
		{"a rule about a field that is not there", "forms/licence-permit.yaml", "{kind: notBefore, at: prolongTo", "{kind: notBefore, at: prolongedTo", "forms/licence-permit.yaml:39: licence-permit: a rule is about the unknown field \"prolongedTo\""},
		{"a dictionary with nothing below a region", "fields.yaml", "dictionary: {code: REGIONS, parent: region}, example: \"77-R1\"", "dictionary: {code: OKVED, parent: region}, example: \"62.01\"", "fields.yaml:78: licence-permit: field otherPremises[].place.district: dictionary OKVED has nothing below 02, 04"},
		{"an example that its pattern refuses", "forms/licence-permit.yaml", "example: \"Л035-00115-77/00000001\"", "example: \"77\"", "does not fit the pattern"},
		{"a date without an example", "forms/licence-permit.yaml", ", example: \"2031-12-31\"", "", "forms/licence-permit.yaml:13: licence-permit: field prolongTo: an example is wanted"},
		{"a change of a service that is not there", "changes.yaml", "service: driving-licence", "service: driving-license", "no service \"driving-license\""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			fs := files(t)
			for name := range fs { // the other services say nothing here and take time
				if strings.HasPrefix(name, "services/") && name != "services/rospatent.yaml" && name != "services/regional.yaml" && name != tc.file {
					delete(fs, name)
				}
			}
			old := string(fs[tc.file].Data)
			if !strings.Contains(old, tc.old) {
				t.Fatalf("%s has no %q", tc.file, tc.old)
			}
			fs[tc.file] = &fstest.MapFile{Data: []byte(strings.Replace(old, tc.old, tc.new, 1))}
			if _, err := compile.Whole(fs); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	fs := files(t)
	s := string(fs["services/rospatent.yaml"].Data)
	s = strings.Replace(s, "popularity: 47", "popularity: 0", 1)
	s = strings.Replace(s, "popularity: 36", "popularity: 101", 1)
	fs["services/rospatent.yaml"] = &fstest.MapFile{Data: []byte(s)}
	_, err := compile.Whole(fs)
	if err == nil || strings.Count(err.Error(), "popularity is 1 to 100") != 2 {
		t.Error(err)
	}
}
