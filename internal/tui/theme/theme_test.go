package theme

import (
	"math"
	"strings"
	"testing"
)

// luminance is the relative luminance of WCAG 2.2.
func luminance(c string) float64 {
	r, g, b := RGB(c)
	ch := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*ch(r) + 0.7152*ch(g) + 0.0722*ch(b)
}

func ratio(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func TestContrastRatioIsThatOfWCAG(t *testing.T) {
	// Known pairs of the specification's own examples.
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#ff0000", "#ffffff", 4.00}} {
		if got := ratio(c.a, c.b); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s on %s: %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// Text needs 4.5:1 (AA, 1.4.3), frames 3:1 (1.4.11), the high-contrast theme
// 7:1 (AAA, 1.4.6).
func TestEveryColourThemePassesWCAG(t *testing.T) {
	for _, th := range []*Theme{dark(), light(), contrast()} {
		for _, r := range Roles() {
			l, need := th.Look(r), 4.5
			if r == Shade {
				need = 3
			}
			if th.Name == "contrast" {
				need = 7
			}
			if l.FG == "" || l.BG == "" {
				t.Errorf("%s: role %d leaves a colour to the terminal, so its contrast is unknown", th.Name, r)
				continue
			}
			if got := ratio(l.FG, l.BG); got < need {
				t.Errorf("%s: role %d has %.2f:1, needs %.1f:1", th.Name, r, got, need)
			}
		}
	}
}

func TestWithoutColourNoThemeSaysAnythingByColour(t *testing.T) {
	th := Choose("auto", func(k string) string {
		return map[string]string{"NO_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}[k]
	})
	for _, r := range Roles() {
		if s := th.SGR(r); strings.Contains(s, "38;") || strings.Contains(s, "48;") || strings.ContainsAny(strings.TrimPrefix(s, "\x1b["), "3") {
			t.Errorf("NO_COLOR: role %d begins with %q", r, s)
		}
	}
}

func TestTheThemeFollowsTheEnvironmentAndAsksTheTerminalNothing(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"TERM": "xterm-256color"}, "dark"},
		{map[string]string{"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"},
		{map[string]string{"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, "dark"},
		{map[string]string{"TERM": "linux"}, "ansi"},
		{map[string]string{"TERM": "screen"}, "ansi"},
		{map[string]string{"TERM": "vt100"}, "plain"},
		{map[string]string{"TERM": "xterm-256color", "NO_COLOR": "1"}, "plain"},
	} {
		if got := Choose("auto", func(k string) string { return c.env[k] }).Name; got != c.want {
			t.Errorf("%v: %s, want %s", c.env, got, c.want)
		}
	}
	for _, n := range Names() {
		if got := Choose(n, func(string) string { return "" }).Name; got != n {
			t.Errorf("asked for %s, got %s", n, got)
		}
	}
}
