package register

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// text checks a field of free text: its length, and that it can travel to a
// bank.
func (s *step) text(t *text) {
	if t.column >= len(s.r.Cells) {
		return
	}
	raw := s.r.Cells[t.column]
	m := &s.c.memo[t.field]
	if raw == m.raw {
		s.r.values[t.field] = m.value
		return
	}
	if kind := s.r.kindAt(t.column); kind > xlsx.Number && t.field != Reference && s.cellKind(t.field, kind, raw) {
		return
	}
	v := bare(raw)
	n, bad := inspect(v)
	if bad != 0 || n > t.limit {
		s.badText(t, n, bad)
		return
	}
	s.r.values[t.field] = v
	m.raw, m.value = raw, v
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

// inspect counts characters and returns the first that cannot travel.
func inspect(s string) (n int, bad rune) {
	for _, r := range s {
		n++
		if r >= ' ' && r < 0x7f || r >= 'А' && r <= 'я' || bad != 0 {
			continue
		}
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			bad = r
			continue
		}
		if _, ok := charmap.Windows1251.EncodeRune(r); !ok {
			bad = r
		}
	}
	return n, bad
}
