package statement

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func paid(number string, kopecks int64, uin string) Entry {
	return Entry{Line: 1, Date: date(5), Kopecks: kopecks, Direction: Out, Posted: true, Number: number, UIN: uin, PayerAccount: ourAccount, PayeeAccount: treasury}
}

func waiting(id string, kopecks int64, uin string) Candidate {
	return Candidate{ID: id, UIN: uin, Kopecks: kopecks, PayeeAccount: treasury, NotBefore: date(4)}
}

func TestMatchingNamesItsEvidenceAndNeverGuesses(t *testing.T) {
	const otherUIN = "32117072411021588933"
	early, late, elsewhere, incoming := paid("1", 100, goodUIN), paid("1", 100, ""), paid("1", 100, goodUIN), paid("1", 100, goodUIN)
	early.Date, late.Date = date(3), date(25)
	elsewhere.PayeeAccount = "03100643000000019500"
	incoming.Direction = In
	salary := incoming
	salary.Kopecks = 77
	part := Entry{Line: 1, Date: date(6), Kopecks: 40, Direction: In, Posted: true, PayerAccount: treasury, PayeeAccount: ourAccount, Purpose: "Возврат части по п/п 7 от 04.03.2026"}
	nameless, more := part, part
	nameless.Purpose, more.Kopecks = "Возврат излишне уплаченного", 400
	numberedPaid := waiting("a", 100, "")
	numberedPaid.Number = "7"
	numbered := waiting("b", 100, "")
	numbered.Number = "7"
	noUIN := paid("2", 100, "")
	noUIN.Line = 2
	for _, c := range []struct {
		name       string
		entries    []Entry
		candidates []Candidate
		want       string // outcome and payment of each entry
		evidence   string // of the first
		ru         string // part of the first reason
	}{
		{"УИН and amount", []Entry{paid("1", 100, goodUIN)}, []Candidate{waiting("a", 100, goodUIN), waiting("b", 100, "")}, "matched a", "uin amount", "УИН, сумма"},
		{"another amount", []Entry{paid("1", 90, goodUIN)}, []Candidate{waiting("a", 100, goodUIN)}, "conflict ", "uin", "0,90"},
		{"another account of the payee", []Entry{elsewhere}, []Candidate{waiting("a", 100, goodUIN)}, "conflict ", "uin", "другой счёт"},
		{"before the payment was made", []Entry{early}, []Candidate{waiting("a", 100, goodUIN)}, "conflict ", "uin", "другим путём"},
		{"another УИН", []Entry{paid("1", 100, otherUIN)}, []Candidate{waiting("a", 100, goodUIN)}, "unmatched ", "", "ни один"},
		{"two payments of one УИН", []Entry{paid("1", 100, goodUIN)}, []Candidate{waiting("a", 100, goodUIN), waiting("b", 100, goodUIN)}, "ambiguous ", "uin amount", "a, b"},
		{"no УИН, all three traits", []Entry{paid("1", 100, "")}, []Candidate{waiting("a", 100, goodUIN)}, "matched a", "amount payee date", "счёт получателя"},
		{"no УИН, too late", []Entry{late}, []Candidate{waiting("a", 100, "")}, "unmatched ", "", ""},
		{"no УИН, payment without a day", []Entry{paid("1", 100, "")}, []Candidate{{ID: "a", Kopecks: 100, PayeeAccount: treasury}}, "unmatched ", "", ""},
		{"no УИН, two fit", []Entry{paid("1", 100, "")}, []Candidate{waiting("a", 100, ""), waiting("b", 100, "")}, "ambiguous ", "amount payee date", "a, b"},
		{"the number singles one out", []Entry{paid("7", 100, "")}, []Candidate{waiting("a", 100, ""), numbered}, "matched b", "number amount payee date", "номер"},
		{"two documents, one payment", []Entry{paid("1", 100, goodUIN), paid("2", 100, goodUIN)}, []Candidate{waiting("a", 100, goodUIN)}, "ambiguous , ambiguous ", "uin amount", "дважды"},
		{"the same document twice", []Entry{paid("1", 100, goodUIN), paid("1", 100, goodUIN)}, []Candidate{waiting("a", 100, goodUIN)}, "matched a, repeated ", "uin amount", ""},
		{"a УИН takes its payment first", []Entry{noUIN, paid("1", 100, goodUIN)}, []Candidate{waiting("a", 100, goodUIN), waiting("b", 100, "")}, "matched b, matched a", "amount payee date", ""},
		{"incoming money", []Entry{incoming}, []Candidate{waiting("a", 100, goodUIN)}, "returned a", "amount uin", "вернулись"},
		{"a part comes back by number", []Entry{part}, []Candidate{numberedPaid}, "doubtful ", "", "0,40"},
		{"a part comes back from the payee", []Entry{nameless}, []Candidate{waiting("a", 100, "")}, "doubtful ", "", "часть"},
		{"more than was paid comes back", []Entry{more}, []Candidate{numberedPaid}, "ignored ", "", "возврат"},
		{"incoming money of another sum", []Entry{salary}, []Candidate{waiting("a", 100, goodUIN)}, "ignored ", "", "поступление"},
	} {
		results := Match(c.entries, c.candidates)
		var got []string
		for _, r := range results {
			got = append(got, string(r.Outcome)+" "+r.Payment)
			if r.Reason.In(i18n.RU) == "" || strings.Contains(r.Reason.In(i18n.EN), "%!") {
				t.Errorf("%s: no reason", c.name)
			}
		}
		var evidence []string
		for _, e := range results[0].Evidence {
			evidence = append(evidence, string(e))
		}
		if strings.Join(got, ", ") != c.want || strings.Join(evidence, " ") != c.evidence || !strings.Contains(results[0].Reason.In(i18n.RU), c.ru) {
			t.Errorf("%s: got %q on %q (%s)", c.name, strings.Join(got, ", "), evidence, results[0].Reason.In(i18n.RU))
		}
	}
}

func TestNoPaymentIsSettledTwiceAndOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uins := []string{"", "0", goodUIN, "32117072411021588933"}
		var entries []Entry
		for i := range rapid.IntRange(0, 6).Draw(t, "entries") {
			e := paid(fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "number")), int64(rapid.IntRange(1, 2).Draw(t, "sum")), present(rapid.SampledFrom(uins).Draw(t, "uin")))
			e.Line = i + 1
			entries = append(entries, e)
		}
		var candidates []Candidate
		for i := range rapid.IntRange(0, 5).Draw(t, "payments") {
			candidates = append(candidates, waiting(fmt.Sprint("p", i), int64(rapid.IntRange(1, 2).Draw(t, "sum")), rapid.SampledFrom(uins).Draw(t, "uin")))
		}
		ids := Settled(Match(entries, candidates))
		if len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Fatalf("settled twice: %v", ids)
		}
		slices.Reverse(entries)
		slices.Reverse(candidates)
		if again := Settled(Match(entries, candidates)); !slices.Equal(ids, again) {
			t.Fatalf("%v, and in reverse %v", ids, again)
		}
	})
}

func TestAHundredThousandEqualPaymentsAreMatchedWithoutComparingAllWithAll(t *testing.T) {
	const n = 100_000
	entries, candidates := make([]Entry, n), make([]Candidate, n)
	for i := range n {
		entries[i] = paid(fmt.Sprint(i), 100, "")
		entries[i].Line = i + 1
		candidates[i] = waiting(fmt.Sprint("p", i), 100, "")
		if i%2 == 0 {
			candidates[i].Number = fmt.Sprint(i)
		}
	}
	results := Match(entries, candidates)
	for i, r := range results {
		if i%2 == 0 && (r.Outcome != Matched || r.Payment != candidates[i].ID) || i%2 == 1 && (r.Outcome != Ambiguous || len(r.Candidates) != candidateLimit) {
			t.Fatalf("entry %d: %s %s", i, r.Outcome, r.Payment)
		}
	}
}
