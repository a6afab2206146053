package launch

import (
	"slices"
	"strings"
	"testing"
)

func TestWordsAreSplitAsAPersonExpectsAndNothingIsExpanded(t *testing.T) {
	for in, want := range map[string][]string{
		"less -R":                              {"less", "-R"},
		`"C:\Program Files\b.exe" --new`:       {`C:\Program Files\b.exe`, "--new"},
		`firefox '--profile x' %s`:             {"firefox", "--profile x", "%s"},
		`a\ b "c\"d" ''`:                       {"a b", `c"d`, ""},
		"  x  ":                                {"x"},
		"less; rm -rf $HOME `id` | sh > /tmp/": {"less;", "rm", "-rf", "$HOME", "`id`", "|", "sh", ">", "/tmp/"},
		"":                                     nil,
	} {
		got, err := Words(in)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
	if _, err := Words(`less "`); err == nil {
		t.Error("an open quote passed")
	}
}

func TestSecretsDoNotReachAChild(t *testing.T) {
	got := Environ([]string{"PATH=/bin", "EPGU_TOKEN=secret", "epgu_pin=1", "HOME=/h"})
	if strings.Join(got, " ") != "PATH=/bin HOME=/h" {
		t.Errorf("got %q", got)
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`a "b c" 'd' \e \`)
	f.Fuzz(func(t *testing.T, s string) {
		words, err := Words(s)
		if err != nil {
			return
		}
		n := 0
		for _, w := range words {
			n += len(w)
		}
		if n > 3*len(s) { // invalid UTF-8 may become U+FFFD, three bytes for one
			t.Fatalf("%q grew to %q", s, words)
		}
	})
}
