package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestATextIsSplitAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]string{
		"2-НДФЛ": "2 ндфл", "3НДФЛ": "3 ндфл", "Ребёнка в Сад!": "ребенка в сад", "в/у": "ву", "а/б/в": "аб в", "и́йод": "ийод", "и\u0306од": "йод",
		"003-В/у": "003 ву", "": "", "…": "", "СТД-Р": "стд р",
	} {
		if got := strings.Join(Words(Fold(text)), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Snowball leaves two letters of these words; they stand for themselves.
func TestAStemOfTwoLettersIsNotBelieved(t *testing.T) {
	for _, w := range []string{"заем", "наем", "дом", "ип", "сад"} {
		if s := Stem(w); utf8.RuneCountInString(s) < minStem && s != w {
			t.Errorf("%s: %s", w, s)
		}
	}
	if Stem("паспорта") != Stem("паспорт") || Stem(Fold("ребёнка")) != Stem("ребенка") {
		t.Error("forms of a word have different stems")
	}
}

func TestTheOtherLayoutIsReadBothWays(t *testing.T) {
	for typed, want := range map[string]string{"ghfdf": "права", "j,vty": "обмен", "зфыызщке": "passport", "`kr": "елк", "123": "123"} {
		if got, _ := swapLayout(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// slow is the distance by its definition.
func slow(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range b {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

func TestTheDistanceAndItsShortCutAgreeWithTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // made-up data
	word := func() []rune {
		w := make([]rune, r.IntN(8))
		for i := range w {
			w[i] = 'а' + rune(r.IntN(4))
		}
		return w
	}
	for range 20000 {
		a, b := word(), word()
		want := slow(a, b)
		for limit := range 4 {
			got := distance(a, b, limit)
			if got != min(want, limit+1) && (want <= limit || got <= limit) {
				t.Fatalf("%s %s limit %d: %d, want %d", string(a), string(b), limit, got, want)
			}
			if want <= limit && !mayBeNear(mask(string(a)), mask(string(b)), limit) {
				t.Fatalf("%s and %s are passed over, %d apart", string(a), string(b), want)
			}
		}
	}
}

func docs() []Doc {
	texts := []string{"Замена паспорта", "Регистрация автомобиля", "Детский сад", "Образовательная лицензия", "Справка о доходах", "Заём предпринимателю", "Запись к врачу"}
	out := make([]Doc, len(texts))
	for i, t := range texts {
		out[i] = Doc{Prior: 50, Fields: []Field{{Text: t, Weight: 100, Title: true}}}
	}
	return out
}

func TestEachWayOfAskingFindsTheDocument(t *testing.T) {
	ix := New(docs(), Dictionary{Stop: []string{"о", "к", "в"}, Weak: []string{"получить"}, Synonyms: []Synonym{{Say: []string{"тачка", "тачку на учет"}, Means: []string{"регистрация автомобиля"}}}})
	for query, want := range map[string]int{
		"паспорта": 0, "паспортом": 0, "паспрот": 0, "gfcgjhn": 0, "pasport": 0, "пас": 0, "получить паспорт": 0,
		"тачка": 1, "тачку на учет": 1, "автомобили": 1, "детсад": 2, "детский сад": 2, "детскийсад": 2, "дет ский сад": 2,
		"образование": 3, "дохoд": 4, "заем": 5, "заём": 5, "pfgbcm r dhfxe": 6, "vrach": 6, "квантовый": -1, "": -1,
	} {
		hits, total := ix.Search(query, nil, 3)
		got := -1
		if len(hits) > 0 {
			got = hits[0].Doc
		}
		if got != want || total < len(hits) {
			t.Errorf("%q: %v, want %d", query, hits, want)
		}
	}
}

func TestTheFirstOfManyAreTheFirstOfAll(t *testing.T) {
	var many []Doc
	for i := range 500 {
		many = append(many, Doc{Prior: i % 100, Fields: []Field{{Text: fmt.Sprintf("Справка %d о доходах", i%7), Weight: 50 + i%50, Title: true}}})
	}
	ix := New(many, Dictionary{})
	all, total := ix.Search("справка о дох", nil, 0)
	few, same := ix.Search("справка о дох", nil, 10)
	if total != same || len(all) != total || !slices.Equal(all[:10], few) {
		t.Errorf("%d %d\n%v\n%v", total, same, all[:10], few)
	}
	odd, n := ix.Search("справка", func(doc int) bool { return doc%2 == 1 }, 0)
	if n == 0 || slices.ContainsFunc(odd, func(h Hit) bool { return h.Doc%2 == 0 }) {
		t.Error("what the caller does not take is found")
	}
}

func TestWhatIsPackedIsTheSameIndex(t *testing.T) {
	p := Pack(docs(), Dictionary{})
	a, _ := New(docs(), Dictionary{}).Search("регистрация", nil, 0)
	b, _ := Unpack(p).Search("регистрация", nil, 0)
	if len(a) == 0 || !slices.Equal(a, b) {
		t.Error(a, b)
	}
}

func FuzzAQueryNeverFails(f *testing.F) {
	ix := New(docs(), Dictionary{Stop: []string{"о"}, Synonyms: []Synonym{{Say: []string{"тачка"}, Means: []string{"автомобиль"}}}})
	for _, q := range []string{"паспорт", "d", "в/у/", "\xff\xfe", "тачка", "ёёёёёё", "a'b;c", strings.Repeat("я", 500)} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		a, n := ix.Search(q, nil, 0)
		b, m := ix.Search(q, nil, 0)
		if n != m || len(a) != n || !slices.Equal(a, b) {
			t.Fatal(a, b)
		}
	})
}

func TestOneWordOfALongPhraseWeighsLessThanAWholeName(t *testing.T) {
	ix := New([]Doc{
		{Fields: []Field{{Text: "Сведения о лечении", Weight: 100, Title: true}}, Aliases: []string{"чужие визиты в карте", "штраф клинике за приписки в карте"}, Prior: 40},
		{Fields: []Field{{Text: "Поездки", Weight: 100, Title: true}}, Aliases: []string{"штраф"}},
	}, Dictionary{})
	if hits, _ := ix.Search("штраф пришёл", nil, 0); len(hits) != 2 || hits[0].Doc != 1 {
		t.Errorf("%v", hits)
	}
}

// «скачать» differs from «начать» by two letters, the first among them: that is
// another word, and what is known of the rest of the query decides.
func TestAnotherWordIsNoTypo(t *testing.T) {
	docs := []Doc{
		{Fields: []Field{{Text: "Уведомление о том, что дом решили начать", Weight: 100, Title: true}}},
		{Fields: []Field{{Text: "Трудовая книжка", Weight: 30}}},
	}
	if hits, _ := New(docs, Dictionary{}).Search("трудовую скачать", nil, 0); len(hits) == 0 || hits[0].Doc != 1 {
		t.Errorf("%v", hits)
	}
}

func TestThreeLettersOfAnUnknownWordAreNoCertainty(t *testing.T) {
	docs := []Doc{
		{Fields: []Field{{Text: "пени", Weight: 100, Title: true}}},
		{Fields: []Field{{Text: "пенсия", Weight: 100, Title: true}}, Prior: 90},
	}
	if hits, _ := New(docs, Dictionary{}).Search("пенися ", nil, 0); len(hits) != 2 {
		t.Errorf("«пенися» finds %v", hits)
	}
}

// A document with most of the words of a query is not thrown far behind by one
// rare word that it lacks.
func TestARareWordDoesNotOutweighTheRest(t *testing.T) {
	docs := []Doc{
		{Fields: []Field{{Text: "Путёвка ребёнку в лагерь", Weight: 100, Title: true}}},
		{Fields: []Field{{Text: "Лечение пенсионера", Weight: 100, Title: true}, {Text: "на море", Weight: 18}}},
	}
	for range 30 {
		docs = append(docs, Doc{Fields: []Field{{Text: "Путёвка", Weight: 20}, {Text: "ребёнок", Weight: 20}}})
	}
	hits, _ := New(docs, Dictionary{}).Search("путёвка ребёнку на море", nil, 0)
	if len(hits) == 0 || hits[0].Doc != 0 {
		t.Errorf("%v", hits)
	}
}

func TestACompoundIsItsBeginningAndTheRest(t *testing.T) {
	list := []Doc{
		{Fields: []Field{{Text: "Лицензия на перевозку", Weight: 100, Title: true}}, Prior: 90},
		{Fields: []Field{{Text: "Лицензия на медицинскую деятельность", Weight: 100, Title: true}}},
		{Fields: []Field{{Text: "Медаль", Weight: 100, Title: true}}},
	}
	ix := New(list, Dictionary{Clipped: []Clipped{{"мед", "медицинский"}}})
	for query, want := range map[string]int32{"медлицензия": 1, "медлицензию": 1, "медаль": 2, "медали": 2} {
		if hits, _ := ix.Search(query, nil, 1); len(hits) == 0 || int32(hits[0].Doc) != want { //nolint:gosec // three documents
			t.Errorf("%s: %v, want %d", query, hits, want)
		}
	}
	if hits, _ := New(list, Dictionary{}).Search("медлицензия", nil, 1); len(hits) != 0 {
		t.Errorf("found without the beginning being known: %v", hits)
	}
}

// A misspelt name of one document is still its name.
func TestAMisspeltNameIsTheName(t *testing.T) {
	list := []Doc{
		{Fields: []Field{{Text: "Обжалование штрафа", Weight: 100, Title: true}}, Aliases: []string{"апелляция по штрафу"}, Prior: 100},
		{Fields: []Field{{Text: "Жалоба в суд второй ступени", Weight: 100, Title: true}}, Aliases: []string{"апелляция"}},
	}
	ix := New(list, Dictionary{})
	for _, query := range []string{"апелляция", "апилляция", "апеляция", "аппеляция"} {
		if hits, _ := ix.Search(query, nil, 1); len(hits) == 0 || hits[0].Doc != 1 {
			t.Errorf("%s: %v", query, hits)
		}
	}
}
