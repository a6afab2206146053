package i18n

import (
	"math"
	"testing"
)

func TestRussianPluralsFollowTheLastDigits(t *testing.T) {
	files := Plural{One: "файл", Few: "файла", Many: "файлов", Sing: "file", Plur: "files"}
	for n, want := range map[int]string{
		0: "0 файлов", 1: "1 файл", 2: "2 файла", 4: "4 файла", 5: "5 файлов", 11: "11 файлов", 12: "12 файлов",
		14: "14 файлов", 21: "21 файл", 22: "22 файла", 101: "101 файл", 111: "111 файлов", 112: "112 файлов", 1002: "1002 файла",
	} {
		if got := files.Count(n).In(RU); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if got := files.Count(1).In(EN); got != "1 file" {
		t.Errorf("got %q", got)
	}
	if got := files.Count(0).In(EN); got != "0 files" {
		t.Errorf("got %q", got)
	}
}

func TestRublesAreExactAtBothEndsOfTheRange(t *testing.T) {
	for _, c := range []struct {
		k      int64
		ru, en string
	}{
		{0, "0,00\u00a0₽", "0.00 RUB"},
		{5, "0,05\u00a0₽", "0.05 RUB"},
		{600000, "6\u00a0000,00\u00a0₽", "6,000.00 RUB"},
		{-123456789, "-1\u00a0234\u00a0567,89\u00a0₽", "-1,234,567.89 RUB"},
		{math.MinInt64, "-92\u00a0233\u00a0720\u00a0368\u00a0547\u00a0758,08\u00a0₽", "-92,233,720,368,547,758.08 RUB"},
	} {
		if got := Rubles(RU, c.k); got != c.ru {
			t.Errorf("ru %d: got %q, want %q", c.k, got, c.ru)
		}
		if got := Rubles(EN, c.k); got != c.en {
			t.Errorf("en %d: got %q, want %q", c.k, got, c.en)
		}
	}
}

func TestMessageRendersNestedTextsInTheLanguageOfTheWhole(t *testing.T) {
	inner := Text{RU: "внутри", EN: "inside"}
	m := Text{RU: "всё %s: %s", EN: "all %s: %s"}.With(inner, Money(100))
	if got := m.In(RU); got != "всё внутри: 1,00\u00a0₽" {
		t.Errorf("got %q", got)
	}
	if got := m.In(EN); got != "all inside: 1.00 RUB" {
		t.Errorf("got %q", got)
	}
}

func TestLanguageIsTheFlagThenTheLocale(t *testing.T) {
	env := func(m map[string]string) func(string) string { return func(k string) string { return m[k] } }
	for _, c := range []struct {
		explicit string
		env      map[string]string
		want     Lang
	}{
		{"", nil, EN},
		{"ru", map[string]string{"LANG": "en_US.UTF-8"}, RU},
		{"en", map[string]string{"LANG": "ru_RU.UTF-8"}, EN},
		{"", map[string]string{"LANG": "ru_RU.UTF-8"}, RU},
		{"", map[string]string{"LC_ALL": "C", "LANG": "ru_RU.UTF-8"}, EN},
	} {
		if got := Choose(c.explicit, env(c.env)); got != c.want {
			t.Errorf("%q %v: got %s, want %s", c.explicit, c.env, got, c.want)
		}
	}
}
