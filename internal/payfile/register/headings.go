package register

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed headings.tsv
var headingsFile string

// kopecksWord is how the data file marks amounts in kopecks.
const kopecksWord = "amountKopecks"

// heading is one text by which a column is recognised.
type heading struct {
	text    string // normalised
	field   Field
	kopecks bool
}

// headings is the data file and the fields' own names, ascending by text.
var headings = sync.OnceValue(func() []heading {
	var all []heading
	for _, i := range Fields() {
		for _, s := range []string{i.Title.RU, i.Title.EN, i.Name} {
			all = append(all, heading{normalHeading(s), i.Field, false})
		}
	}
	for line := range strings.Lines(headingsFile) {
		name, text, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		kopecks := name == kopecksWord
		if kopecks {
			name = Amount.String()
		}
		if f, ok := FieldNamed(name); ok {
			all = append(all, heading{text, f, kopecks})
		}
	}
	slices.SortFunc(all, func(a, b heading) int { return strings.Compare(a.text, b.text) })
	return slices.CompactFunc(all, func(a, b heading) bool { return a == b })
})

// recognise finds the field that a heading means, and whether it says that
// amounts are in kopecks.
func recognise(text string) (f Field, kopecks, ok bool) {
	if len(text) > 400 {
		return 0, false, false
	}
	text = normalHeading(text)
	all := headings()
	i, found := slices.BinarySearchFunc(all, text, func(h heading, t string) int { return strings.Compare(h.text, t) })
	if !found {
		return 0, false, false
	}
	return all[i].field, all[i].kopecks, true
}

// normalHeading brings headings to one form: lower case, ё as е, words parted
// by one blank ("payerInn" are two words), punctuation gone.
func normalHeading(s string) string {
	var b strings.Builder
	gap, lower := false, false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			upper := unicode.IsUpper(r)
			if b.Len() > 0 && (gap || upper && lower) {
				b.WriteByte(' ')
			}
			gap, lower = false, unicode.IsLower(r)
			if r = unicode.ToLower(r); r == 'ё' {
				r = 'е'
			}
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}
