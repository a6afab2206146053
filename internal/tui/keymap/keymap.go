// Package keymap says which key does what: one map for the whole interface, the
// same on the Latin and on the ЙЦУКЕН layout, with the user's own keys over the
// usual ones. Packages under internal/tui import it.
package keymap

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/epgu-cli/epgu/internal/ui/keys"
)

// Name returns the name of a key press as the map knows it: "a", "A", "ctrl+k",
// "enter", "pgdown". A letter of the Russian layout is the key it stands on,
// however the terminal tells of it: as the letter, with Ctrl, or as и with a combining breve. Keys typed into a text field
// must not go through here.
func Name(k tea.Key) string {
	if k.BaseCode != 0 && k.Code > 0x7f && k.Code <= 0x10ffff {
		// kitty: the key on a Latin keyboard is told outright.
		k.Text, k.Code = "", k.BaseCode
		if k.Mod.Contains(tea.ModShift) && len(shifted(k.BaseCode)) > 0 {
			k.Text = shifted(k.BaseCode)
		}
		k.BaseCode = 0
	}
	mod := k.Mod &^ (tea.ModCapsLock | tea.ModNumLock | tea.ModScrollLock)
	if k.Text != "" && mod&^tea.ModShift == 0 {
		if k.Text == " " {
			return "space"
		}
		return keys.Latin(norm.NFC.String(k.Text))
	}
	if k.Code == tea.KeyExtended && k.Text != "" {
		return keys.Latin(norm.NFC.String(k.Text))
	}
	k.Mod, k.Text = mod, ""
	return keys.Latin(norm.NFC.String(k.Keystroke()))
}

// shifted is what a letter or sign of the Latin layout gives with Shift.
func shifted(r rune) string {
	const plain, shift = "`1234567890-=[]\\;',./", "~!@#$%^&*()_+{}|:\"<>?"
	if r >= 'a' && r <= 'z' {
		return string(r - 'a' + 'A')
	}
	if i := strings.IndexRune(plain, r); i >= 0 {
		return shift[i : i+1]
	}
	return ""
}

// Map holds the keys that a user gave to actions.
type Map struct{ own map[string][]string }

// New returns a map with the user's own keys by the action's name:
// "charges.pay" → "p", "ctrl+p". An empty list takes the keys away; the palette
// still reaches the action.
func New(own map[string][]string) *Map { return &Map{own} }

// Of returns the keys of an action: the user's, else the usual ones.
func (m *Map) Of(action string, usual []string) []string {
	if m != nil {
		if own, ok := m.own[action]; ok {
			return own
		}
	}
	return usual
}

// Has reports whether the key is one of the action's.
func (m *Map) Has(key, action string, usual []string) bool {
	return slices.Contains(m.Of(action, usual), key)
}

// Valid reports whether s can be a key: "p", "P", "ctrl+p", "f5", "enter".
func Valid(s string) bool {
	at := strings.LastIndexByte(s, '+') + 1
	if at == len(s) {
		return s == "+"
	}
	for m := range strings.SplitSeq(strings.TrimSuffix(s[:at], "+"), "+") {
		if m != "" && !slices.Contains([]string{"ctrl", "alt", "shift"}, m) {
			return false
		}
	}
	last := s[at:]
	if r := []rune(last); len(r) == 1 {
		return r[0] > ' ' && r[0] < 0x7f
	}
	return slices.Contains(named, last)
}

var named = []string{"enter", "space", "tab", "esc", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end", "pgup", "pgdown",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12"}

// Title writes a key for people: "Ctrl-K", "Enter", "↑", "/".
func Title(key string) string {
	at := strings.LastIndexByte(key, '+') + 1
	if at == len(key) {
		return key
	}
	last := key[at:]
	if t := title(last); t != "" {
		last = t
	} else if at > 0 && len(last) == 1 {
		last = strings.ToUpper(last)
	} else if len(last) > 1 {
		last = strings.ToUpper(last[:1]) + last[1:]
	}
	prefix := ""
	for m := range strings.SplitSeq(strings.TrimSuffix(key[:at], "+"), "+") {
		if m != "" {
			prefix += strings.ToUpper(m[:1]) + m[1:] + "-"
		}
	}
	return prefix + last
}

func title(key string) string {
	switch key {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "pgup":
		return "PgUp"
	case "pgdown":
		return "PgDn"
	}
	return ""
}
