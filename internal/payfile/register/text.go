package register

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
)

// text checks a field of free text: its length, and that it can travel to a
// bank.
func (s *step) text(t *text) {
	if t.column >= len(s.r.Cells) {
		return
	}
	raw := s.r.Cells[t.column]
	m := &s.c.memo[t.field]
	if m.is(raw) {
		s.r.states[t.field] = m.state
		return
	}
	if kind := s.r.kindAt(t.column); kind > xlsx.Number && t.field != Reference && s.cellKind(t.field, kind, raw) {
		return
	}
	v := cell.Text(raw)
	n, bad := inspect(v)
	if bad != 0 || n > t.limit {
		s.badText(t, n, bad)
		return
	}
	s.r.keep(t.field, v, false)
	m.set(raw, asIs)
}

func (s *step) badText(t *text, n int, bad rune) {
	f := t.field
	if n > t.limit {
		s.put(Problem{Code: "register.text.length", Field: f, Message: i18n.Text{RU: "%d знаков при пределе %d", EN: "%d characters, the limit is %d"}.With(n, t.limit),
			Hint: i18n.Say("сократите текст", "shorten the text")})
	}
	switch {
	case bad == 0:
	case bad == utf8.RuneError:
		s.put(Problem{Code: "register.text.bytes", Field: f, Message: i18n.Say("в тексте есть байты, которых нет в его кодировке", "the text has bytes that its encoding does not know"),
			Hint: i18n.Say("сохраните файл заново в UTF-8 или укажите кодировку в карте", "save the file again as UTF-8, or name the encoding in a map")})
	case bad < ' ' || bad == 0x7f:
		s.put(Problem{Code: "register.text.control", Field: f, Message: i18n.Text{RU: "в тексте есть управляющий знак U+%04X", EN: "the text has the control character U+%04X"}.With(bad),
			Hint: i18n.Say("удалите его: скорее всего, это перенос строки внутри ячейки", "delete it: most likely a line break inside the cell")})
	default:
		s.put(Problem{Severity: Warning, Code: "register.text.charset", Field: f,
			Message: i18n.Text{RU: "знака «%c» (U+%04X) нет в кодировке банков (Windows-1251)", EN: "the character \"%c\" (U+%04X) is not in the banks' encoding (Windows-1251)"}.With(bad, bad),
			Hint:    i18n.Say("замените его: в файл для банка такой текст не запишется", "replace it: a file for a bank cannot hold such a text")})
	}
}

// inspect counts characters and returns the first that cannot travel. Plain
// ASCII and Russian letters, which is nearly all there is, are told by their
// bytes: А–п are D0 90…BF, р–я are D1 80…8F.
func inspect(s string) (n int, bad rune) {
	for i := 0; i < len(s); n++ {
		c := s[i]
		if c >= ' ' && c < 0x7f {
			i++
			continue
		}
		if i+1 < len(s) && (c == 0xd0 && s[i+1] >= 0x90 && s[i+1] <= 0xbf || c == 0xd1 && s[i+1] >= 0x80 && s[i+1] <= 0x8f) {
			i += 2
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if bad == 0 && !travels(r) {
			bad = r
		}
	}
	return n, bad
}

// travels reports whether a character can stand in a file for a bank.
func travels(r rune) bool {
	if r < ' ' || r == 0x7f || r == utf8.RuneError {
		return false
	}
	_, ok := charmap.Windows1251.EncodeRune(r)
	return ok
}
