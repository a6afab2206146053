package keys

import (
	"testing"
	"unicode/utf8"
)

func TestEveryKeyOfTheRussianLayoutHasItsLatinOne(t *testing.T) {
	if utf8.RuneCountInString(cyrillic) != len(latin) {
		t.Fatalf("%d Cyrillic keys, %d Latin", utf8.RuneCountInString(cyrillic), len(latin))
	}
	for _, c := range []struct{ pressed, want string }{
		{"й", "q"}, {"Й", "Q"}, {"о", "j"}, {"л", "k"}, {"ё", "`"}, {"ю", "."}, {"Ж", ":"},
		{"ctrl+с", "ctrl+c"}, {"alt+ctrl+я", "alt+ctrl+z"},
		{"enter", "enter"}, {"q", "q"}, {"+", "+"}, {"ctrl++", "ctrl++"}, {"", ""}, {"日", "日"}, {"йц", "йц"}, {"?", "?"},
	} {
		if got := Latin(c.pressed); got != c.want {
			t.Errorf("%q: got %q, want %q", c.pressed, got, c.want)
		}
	}
}

func FuzzLatinNeverChangesALatinKey(f *testing.F) {
	f.Add("ctrl+c")
	f.Fuzz(func(t *testing.T, key string) {
		got := Latin(key)
		if Latin(got) != got {
			t.Fatalf("%q: not stable", key)
		}
		for _, r := range key {
			if r >= 0x80 {
				return
			}
		}
		if got != key {
			t.Fatalf("%q became %q", key, got)
		}
	})
}
