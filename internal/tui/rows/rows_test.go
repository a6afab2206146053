package rows

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// naive is the plainest possible search, over the text as a person would say it.
func naive(all []string, query string) []uint32 {
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ё", "е") }
	var out []uint32
	for i, s := range all {
		ok := true
		for _, w := range strings.Fields(fold(query)) {
			ok = ok && strings.Contains(fold(s), w)
		}
		if ok {
			out = append(out, uint32(i))
		}
	}
	return out
}

func TestFindFindsWhatThePlainestSearchFinds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := []string{"Штраф", "ГИБДД", "пошлина", "Ёлкин", "елкин", "МФЦ", "№ 12", "паспорт", "VIN", "ПОДЪЁМ", "я", "1881", "日本", "ж"}
	r := &Rows{}
	var all []string
	for range 6000 {
		var cells []string
		for range 1 + rnd.IntN(4) {
			cells = append(cells, words[rnd.IntN(len(words))])
		}
		r.Append(cells...)
		all = append(all, strings.Join(cells, "\x1f"))
	}
	var before *Found
	for range 60 {
		q := words[rnd.IntN(len(words))]
		for range rnd.IntN(3) {
			q += " " + words[rnd.IntN(len(words))]
		}
		cut := []rune(q)[:1+rnd.IntN(len([]rune(q)))]
		before = r.Find(t.Context(), string(cut), nil)
		if want := naive(all, string(cut)); !slices.Equal(before.Hits, want) && len(cut) > 0 && len(strings.Fields(string(cut))) > 0 {
			t.Fatalf("%q: %d hits, want %d", string(cut), len(before.Hits), len(want))
		}
		after := r.Find(t.Context(), q, before)
		if want := naive(all, q); !slices.Equal(after.Hits, want) {
			t.Fatalf("%q after %q: %d hits, want %d", q, string(cut), len(after.Hits), len(want))
		}
	}
}

func TestRowsThatCameAfterAnAnswerAreFoundByTheNextOne(t *testing.T) {
	r := &Rows{}
	for i := range 5000 {
		r.Append(fmt.Sprintf("row %d", i))
	}
	first := r.Find(t.Context(), "row 49", nil)
	for i := range 5000 {
		r.Append(fmt.Sprintf("row %d", 5000+i))
	}
	second := r.Find(t.Context(), "row 499", first)
	if want := r.Find(t.Context(), "row 499", nil); !slices.Equal(second.Hits, want.Hits) || len(want.Hits) != 20 {
		t.Errorf("hits %v, want %v", second.Hits, want.Hits)
	}
}

func TestAWordAcrossTwoRowsIsInNeither(t *testing.T) {
	r := &Rows{}
	r.Append("штр")
	r.Append("аф")
	if got := r.Find(t.Context(), "штраф", nil); len(got.Hits) != 0 {
		t.Errorf("hits %v", got.Hits)
	}
}

func TestTheShortIIsOneLetterHoweverItIsWritten(t *testing.T) {
	r := &Rows{}
	r.Append("Выи\u0306ти") // и and a combining breve
	for _, q := range []string{"выйти", "выи\u0306ти", "ВЫЙ"} {
		if got := r.Find(t.Context(), q, nil); len(got.Hits) != 1 {
			t.Errorf("%q finds %d rows", q, len(got.Hits))
		}
	}
}

func TestTheShortIIsFoundAfterTheLetterThatItBeginsWith(t *testing.T) {
	r := &Rows{}
	r.Append("клей")
	r.Append("или")
	before := r.Find(t.Context(), "и", nil)
	if got := r.Find(t.Context(), "и\u0306", before); len(got.Hits) != 1 || got.Hits[0] != 0 {
		t.Errorf("й after и finds %v", got.Hits)
	}
}

func TestAPartOfTheRowsIsSearchedInItsOwnOrder(t *testing.T) {
	r := &Rows{}
	for i := range 3 * perBlock {
		r.Append(fmt.Sprintf("row %d", i))
	}
	part := Only(r, []uint32{9000, 5, 42, 7001})
	for query, want := range map[string][]uint32{"": {9000, 5, 42, 7001}, " ": {9000, 5, 42, 7001}, "row": {9000, 5, 42, 7001}, "00": {9000, 7001}, "row 5": {5}, "8": {}} {
		if got := r.Find(t.Context(), query, part); !slices.Equal(got.Hits, want) {
			t.Errorf("%q: %v, want %v", query, got.Hits, want)
		}
	}
	none := r.Find(t.Context(), "nothing", part)
	if got := r.Find(t.Context(), "nothing of it", none); len(got.Hits) != 0 {
		t.Errorf("found %v among nothing", got.Hits)
	}
	if got := r.Find(t.Context(), "row 1", Only(r, nil)); len(got.Hits) != 0 {
		t.Errorf("found %v in an empty part", got.Hits)
	}
}

func TestRowsAreFoundByTheValueOfACell(t *testing.T) {
	r := &Rows{}
	for i := range 2 * perBlock {
		r.Append(fmt.Sprint(i), fmt.Sprint(i%10))
	}
	got := r.Places(0, map[string]bool{"3": true, "5000": true, "none": true})
	if len(got) != 2 || got["3"] != 3 || got["5000"] != 5000 || !r.CellIs(5000, 0, "5000") || r.CellIs(5000, 1, "5000") {
		t.Errorf("places %v", got)
	}
}

func TestASearchThatIsNoLongerWantedEndsWithoutAnAnswer(t *testing.T) {
	r := &Rows{}
	for range 10000 {
		r.Append("x")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := r.Find(ctx, "x", nil); got != nil {
		t.Error("an answer came")
	}
}

func TestAViewStaysWhileTheListGrows(t *testing.T) {
	r := &Rows{}
	for i := range perBlock + 10 {
		r.Append(fmt.Sprint(i), "b")
	}
	v := r.View()
	for range perBlock {
		r.Append("new")
	}
	if v.Len() != perBlock+10 || v.Cell(perBlock+9, 0) != fmt.Sprint(perBlock+9) || v.Cell(3, 1) != "b" || v.Cell(3, 2) != "" || r.Len() != 2*perBlock+10 {
		t.Errorf("view of %d rows, last %q", v.Len(), v.Cell(v.Len()-1, 0))
	}
}

func TestAMillionRowsCostLittleMoreThanTheirBytes(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := &Rows{}
	for i := range 200_000 {
		r.Append(fmt.Sprintf("188101771703251%05d", i), "Штраф за превышение скорости", "500,00 ₽", "к оплате")
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	cost := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if ratio := float64(cost) / float64(r.Bytes()); ratio > 1.2 {
		t.Errorf("%.2f bytes for each byte of text", ratio)
	}
	runtime.KeepAlive(r)
}

func BenchmarkFindInAMillionRows(b *testing.B) {
	r := &Rows{}
	for i := range 1_000_000 {
		r.Append(fmt.Sprintf("188101771703251%05d", i%100000), "Штраф за превышение скорости", fmt.Sprintf("%d,00 ₽", 500+i%977), "к оплате")
	}
	for _, q := range []string{"ш", "штраф 812", "скорости 977", "нет такого"} {
		b.Run(q, func(b *testing.B) {
			for b.Loop() {
				r.Find(b.Context(), q, nil)
			}
		})
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Ёлка ПОДЪЁМ Abc \xd0")
	f.Fuzz(func(t *testing.T, s string) {
		out := make([]byte, len(s))
		Fold(out, []byte(s))
		again := make([]byte, len(s))
		Fold(again, out)
		if string(out) != string(again) {
			t.Errorf("%q folds to %q and then to %q", s, out, again)
		}
	})
}
