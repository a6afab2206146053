package keymap

import (
	"testing"

	uv "github.com/charmbracelet/ultraviolet"

	tea "charm.land/bubbletea/v2"
)

// Each key of the ЙЦУКЕН layout, as terminals send it.
func TestEveryRussianLetterIsTheKeyItStandsOn(t *testing.T) {
	const ru, en = "ёйцукенгшщзхъфывапролджэячсмитьбюЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ", "`qwertyuiop[]asdfghjkl;'zxcvbnm,.~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>"
	want := []rune(en)
	for i, r := range []rune(ru) {
		if got := pressed(t, string(r)); got != string(want[i]) {
			t.Errorf("%c: %q, want %q", r, got, string(want[i]))
		}
	}
}

func TestControlKeysWorkOnBothLayouts(t *testing.T) {
	for _, c := range []struct{ bytes, want string }{
		{"\x11", "ctrl+q"},              // the usual code
		{"\x1b[1081::113;5u", "ctrl+q"}, // kitty, Ctrl+й with the base key q
		{"\x1b[1081;5u", "ctrl+q"},      // the same without the base key
		{"\x1b[1083::107;5u", "ctrl+k"}, // Ctrl+л
		{"\x1b[1089::99;5u", "ctrl+c"},  // Ctrl+с, Cyrillic
		{"\x1b[1089;5u", "ctrl+c"},      //
		{"и\u0306", "q"},                // й as и and a combining breve
		{"\x1b[A", "up"},                //
		{"\r", "enter"}, {" ", "space"}, //
		{"\x1b[1082:1050:114;2u", "R"},     // kitty, Shift+к
		{"G", "G"}, {"П", "G"}, {"/", "/"}, //
	} {
		if got := pressed(t, c.bytes); got != c.want {
			t.Errorf("%q: %q, want %q", c.bytes, got, c.want)
		}
	}
}

func pressed(t *testing.T, bytes string) string {
	t.Helper()
	var d uv.EventDecoder
	n, e := d.Decode([]byte(bytes))
	k, ok := e.(uv.KeyPressEvent)
	if !ok || n != len(bytes) {
		t.Fatalf("%q is no single key: %T, %d bytes", bytes, e, n)
	}
	return Name(tea.Key(k))
}

func TestTheUsersKeysReplaceTheUsualOnes(t *testing.T) {
	m := New(map[string][]string{"charges.pay": {"f9"}, "charges.basket": {}})
	if !m.Has("f9", "charges.pay", []string{"p"}) || m.Has("p", "charges.pay", []string{"p"}) || m.Has("b", "charges.basket", []string{"b"}) || !m.Has("q", "quit", []string{"q"}) {
		t.Error("the user's keys are not in force")
	}
}

func TestOnlyKeysThatCanBePressedAreAccepted(t *testing.T) {
	for _, good := range []string{"p", "P", "ctrl+p", "f12", "enter", "alt+x", "+", "shift+tab", "ctrl+shift+a"} {
		if !Valid(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{"", "ctrl+", "hyper+p", "ctrl", "й", "f13", "ctrl p"} {
		if Valid(bad) {
			t.Errorf("%q is accepted", bad)
		}
	}
}
