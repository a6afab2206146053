// Package kit is what screens are made of: lists, text fields, forms, dialogs,
// progress. Each is a plain struct that takes keys and draws itself; none knows
// the domain. Packages under internal/tui import it.
package kit

import (
	"path/filepath"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxText bounds what one field takes, characters.
const maxText = 100_000

// Field is a line of text that is being typed.
type Field struct {
	text []rune
	at   int // in text
	// Secret shows dots instead of the text.
	Secret bool
	// Max is the most characters, 0 for the bound of every field.
	Max int
	// Lines lets a paste keep its line breaks; else they become spaces.
	Lines bool
}

// Value is the text, composed (NFC).
func (f *Field) Value() string { return norm.NFC.String(string(f.text)) }

// Set replaces the text and goes to its end.
func (f *Field) Set(s string) {
	f.text = []rune(s)
	f.at = len(f.text)
}

// Key takes a key press; false means that the key is none of a text field's.
// The text of a key is never taken for the key it stands on.
func (f *Field) Key(k tea.Key) bool {
	mod := k.Mod &^ (tea.ModCapsLock | tea.ModNumLock | tea.ModScrollLock)
	if k.Text != "" && mod&^tea.ModShift == 0 {
		f.Insert(k.Text)
		return true
	}
	k.Mod = mod
	switch k.Keystroke() {
	case "left", "ctrl+b":
		f.at = f.before()
	case "right", "ctrl+f":
		f.at = f.after()
	case "home", "ctrl+a":
		f.at = 0
	case "end", "ctrl+e":
		f.at = len(f.text)
	case "ctrl+left", "alt+left", "alt+b":
		f.at = f.word(-1)
	case "ctrl+right", "alt+right", "alt+f":
		f.at = f.word(1)
	case "backspace", "ctrl+h":
		f.cut(f.before(), f.at)
	case "delete", "ctrl+d":
		f.cut(f.at, f.after())
	case "ctrl+w", "alt+backspace":
		f.cut(f.word(-1), f.at)
	case "ctrl+u":
		f.cut(0, f.at)
	default:
		return false
	}
	return true
}

// Insert puts text in at the cursor, as typing and pasting do. Characters that
// drive a terminal do not get in.
func (f *Field) Insert(s string) {
	if f.Lines {
		s = untrusted.CleanLines(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
	} else {
		s = untrusted.Clean(strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\r\n", "\n"))
	}
	// A combining mark belongs to what stands before the cursor.
	add := []rune(s)
	most := f.Max
	if most == 0 {
		most = maxText
	}
	if room := most - len(f.text); len(add) > room {
		add = add[:max(room, 0)]
	}
	text := make([]rune, 0, len(f.text)+len(add))
	text = append(append(append(text, f.text[:f.at]...), add...), f.text[f.at:]...)
	f.text, f.at = text, f.at+len(add)
}

// Drop puts in what was pasted where a path is asked for. A whole path, as a terminal
// types it when a file is dropped on its window, stands instead of what was there.
func (f *Field) Drop(s string) {
	if whole := strings.TrimSpace(s); whole != "" && !strings.ContainsAny(whole, "\r\n") && (filepath.IsAbs(Path(whole)) || whole[0] == '\'' || whole[0] == '"') {
		f.Set("")
		s = whole
	}
	f.Insert(s)
}

func (f *Field) cut(from, to int) {
	f.text = append(f.text[:from:from], f.text[to:]...)
	f.at = from
}

// joins reports whether a rune belongs to the character before it.
func joins(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) || r == 0x200d || r >= 0xfe00 && r <= 0xfe0f
}

func (f *Field) before() int {
	i := f.at
	for i > 0 {
		i--
		if !joins(f.text[i]) {
			break
		}
	}
	return i
}

func (f *Field) after() int {
	i := f.at
	if i < len(f.text) {
		i++
	}
	for i < len(f.text) && joins(f.text[i]) {
		i++
	}
	return i
}

func (f *Field) word(step int) int {
	i := f.at
	letter := func(i int) bool { return unicode.IsLetter(f.text[i]) || unicode.IsDigit(f.text[i]) }
	if step < 0 {
		for i > 0 && !letter(i-1) {
			i--
		}
		for i > 0 && letter(i-1) {
			i--
		}
		return i
	}
	for i < len(f.text) && !letter(i) {
		i++
	}
	for i < len(f.text) && letter(i) {
		i++
	}
	return i
}

// Draw returns the field as exactly cols columns, and the column of the cursor.
func (f *Field) Draw(cols int, focused bool) (line view.Line, cursor int) {
	role := theme.Field
	if focused {
		role = theme.Focus
	}
	shown, at := string(f.text), string(f.text[:f.at])
	if f.Secret {
		shown, at = strings.Repeat("•", len(f.text)), strings.Repeat("•", f.at)
	}
	flat := strings.NewReplacer("\n", "⏎")
	shown, at = flat.Replace(shown), flat.Replace(at)
	row := view.Of(view.Text(role, shown)).On(role)
	cursor = width.String(at)
	if over := cursor - (cols - 1); over > 0 {
		row = row.Skip(over)
		cursor -= over
	}
	if row.Width() > cols { // no mark of a cut in a field: it scrolls
		row = trim(row, cols)
	}
	return row.Fit(cols), cursor
}

func trim(l view.Line, cols int) view.Line {
	text := l.String()
	for width.String(text) > cols {
		r := []rune(text)
		text = string(r[:len(r)-1])
	}
	return view.Of(view.Span{Text: text, Role: l.Spans[0].Role}).On(l.Base)
}
