package width

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestColumnsAreCountedAsATerminalShowsThem(t *testing.T) {
	for s, want := range map[string]int{
		"":                     0,
		"abc":                  3,
		"Заявление":            9,
		"日本語":                  6,
		"и\u0306":              1, // a combining breve
		"6\u00a0000,00\u00a0₽": 10,
		"…":                    1,
		"№":                    1,
		"👩‍👧":                  2,
	} {
		if got := String(s); got != want {
			t.Errorf("%q: got %d, want %d", s, got, want)
		}
	}
}

func TestCuttingNeverSplitsACharacterAndFits(t *testing.T) {
	for _, c := range []struct {
		s    string
		cols int
		want string
	}{
		{"Заявление", 9, "Заявление"},
		{"Заявление", 8, "Заявлен…"},
		{"Заявление", 1, "…"},
		{"Заявление", 0, ""},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"йцукен", 3, "йц…"},
		{"", 5, ""},
	} {
		if got := Truncate(c.s, c.cols); got != c.want {
			t.Errorf("%q to %d: got %q, want %q", c.s, c.cols, got, c.want)
		}
	}
}

func TestPaddingCountsColumnsNotBytes(t *testing.T) {
	if got := Left("日本", 6) + "|" + Right("да", 4) + "|" + Left("длиннее", 3); got != "日本  |  да|длиннее" {
		t.Errorf("got %q", got)
	}
}

func TestLinesBreakAtSpacesAndLongWordsInside(t *testing.T) {
	for _, c := range []struct {
		s    string
		cols int
		want []string
	}{
		{"мама мыла раму", 9, []string{"мама мыла", "раму"}},
		{"мама мыла раму", 4, []string{"мама", "мыла", "раму"}},
		{"достопримечательность", 8, []string{"достопри", "мечатель", "ность"}},
		{"одна\n\nдве", 10, []string{"одна", "", "две"}},
		{"", 10, []string{""}},
		{"日本語", 1, []string{"日本語"}}, // nothing fits: better whole than lost
		{"  с отступом", 20, []string{"  с отступом"}},
	} {
		if got := Wrap(c.s, c.cols); !slices.Equal(got, c.want) {
			t.Errorf("%q to %d: got %q, want %q", c.s, c.cols, got, c.want)
		}
	}
}

func FuzzTruncateAndWrapFit(f *testing.F) {
	f.Add("Заявление 日本語 👩‍👧 e\u0301", 5)
	f.Fuzz(func(t *testing.T, s string, cols int) {
		if !utf8.ValidString(s) || cols < 2 || cols > 200 {
			return
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 && r != '\n' }) {
			return // not clean text
		}
		if got := Truncate(s, cols); String(got) > cols {
			t.Fatalf("%q to %d: %q takes %d", s, cols, got, String(got))
		}
		words := strings.Join(strings.Fields(s), "")
		lines := Wrap(s, cols)
		for _, l := range lines {
			if String(l) > cols {
				t.Fatalf("%q to %d: line %q takes %d", s, cols, l, String(l))
			}
		}
		if got := strings.Join(strings.Fields(strings.Join(lines, " ")), ""); got != words {
			t.Fatalf("%q to %d: text was lost: %q", s, cols, lines)
		}
	})
}
