package spelling

import (
	"strings"
	"testing"
)

func TestDistanceCountsSwapsOnceAndLettersNotBytes(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"portl", "portal", 1}, {"protal", "portal", 1}, {"портла", "портал", 1},
		{"abc", "xyz", 3}, {strings.Repeat("a", 65), "a", 64},
	} {
		if got := Distance(c.a, c.b); got != c.want || Distance(c.b, c.a) != c.want {
			t.Errorf("%q, %q: %d, want %d both ways", c.a, c.b, got, c.want)
		}
	}
}

func TestNearestNamesAtMostOneCandidateTwoMistakesAway(t *testing.T) {
	names := []string{"portal", "profile", "store"}
	for word, want := range map[string]string{"portl": "portal", "PORTAL": "portal", "stroe": "store", "x": "", "quite-other": ""} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
