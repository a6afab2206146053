// Package theme says how the roles of text look: colours and attributes for
// light, dark and high-contrast screens, for terminals of sixteen colours and
// for those without any. A theme paints its own background, so its contrast does
// not depend on the terminal's and nothing is asked of it. Packages under
// internal/tui import it.
package theme

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Role is what a piece of text is, not how it looks.
type Role uint8

// The roles. Every one of them has a meaning that can be seen without colour:
// by a word, a sign or an attribute beside it.
const (
	Plain    Role = iota // text
	Muted                // what matters less
	Strong               // headings, sums
	Accent               // names of keys, links
	Good                 // done, paid
	Warning              // ends soon, look here
	Bad                  // failed, refused
	Selected             // the row under the cursor
	Bar                  // header and footer
	BarKey               // a key in the footer
	Field                // a text field
	Focus                // the text field that is being typed into
	Shade                // frames, rules
	Code                 // a code for a camera: dark on light whatever the theme
	roles
)

// Roles lists every role, for tests and pictures.
func Roles() []Role {
	out := make([]Role, roles)
	for i := range out {
		out[i] = Role(i)
	}
	return out
}

// Look is how one role looks. Colours are "#rrggbb", "0" … "15" for the
// terminal's sixteen, or "" for the terminal's own.
type Look struct {
	FG, BG               string
	Bold, Under, Reverse bool
}

// Theme is one set of looks.
type Theme struct {
	Name  string
	Title i18n.Text
	looks [roles]Look
	sgr   [roles]string
}

// Names are the themes that a user may choose, in the order in which the key
// goes through them.
func Names() []string { return []string{"dark", "light", "contrast", "ansi", "plain"} }

// Choose returns the theme of a name. "auto" and "" take what the environment
// says: NO_COLOR and few colours come first, then COLORFGBG, else dark.
func Choose(name string, getenv func(string) string) *Theme {
	if name == "" || name == "auto" {
		name = guess(getenv)
	}
	for _, t := range []func() *Theme{dark, light, contrast, ansi16, plain} {
		if th := t(); th.Name == name {
			return th
		}
	}
	return dark()
}

func guess(getenv func(string) string) string {
	term := getenv("TERM")
	switch {
	case getenv("NO_COLOR") != "" || getenv("EPGU_COLOR") == "never" || term == "dumb" || strings.HasPrefix(term, "vt"):
		return "plain"
	case getenv("COLORTERM") == "" && !strings.Contains(term, "256color") && !strings.Contains(term, "direct") &&
		!strings.Contains(term, "kitty") && !strings.Contains(term, "ghostty") && !strings.Contains(term, "alacritty"):
		return "ansi"
	}
	// COLORFGBG is "foreground;background" in the sixteen colours (rxvt, konsole).
	if v := getenv("COLORFGBG"); v != "" {
		bg := v[strings.LastIndexByte(v, ';')+1:]
		if n, err := strconv.Atoi(bg); err == nil && (n == 7 || n > 8) {
			return "light"
		}
	}
	return "dark"
}

// Look returns how a role looks.
func (t *Theme) Look(r Role) Look { return t.looks[r] }

// SGR returns the control sequence that begins a role; it resets what was before.
func (t *Theme) SGR(r Role) string { return t.sgr[r] }

func build(name string, title i18n.Text, looks [roles]Look) *Theme {
	t := &Theme{Name: name, Title: title, looks: looks}
	for i, l := range looks {
		t.sgr[i] = sgr(l)
	}
	return t
}

func sgr(l Look) string {
	codes := []string{"0"}
	for _, a := range []struct {
		on   bool
		code string
	}{{l.Bold, "1"}, {l.Under, "4"}, {l.Reverse, "7"}} {
		if a.on {
			codes = append(codes, a.code)
		}
	}
	if c := colour(l.FG, 30, 38); c != "" {
		codes = append(codes, c)
	}
	if c := colour(l.BG, 40, 48); c != "" {
		codes = append(codes, c)
	}
	return "\x1b[" + strings.Join(codes, ";") + "m"
}

func colour(c string, base, extended int) string {
	switch {
	case c == "":
		return ""
	case c[0] == '#':
		r, g, b := RGB(c)
		return fmt.Sprintf("%d;2;%d;%d;%d", extended, r, g, b)
	}
	n, err := strconv.Atoi(c)
	if err != nil || n > 15 {
		return ""
	}
	if n > 7 {
		return strconv.Itoa(base + 60 + n - 8)
	}
	return strconv.Itoa(base + n)
}

// RGB reads "#rrggbb".
func RGB(c string) (r, g, b uint8) {
	n, err := strconv.ParseUint(strings.TrimPrefix(c, "#"), 16, 32)
	if err != nil {
		return 0, 0, 0
	}
	return uint8(n >> 16), uint8(n >> 8), uint8(n)
}
