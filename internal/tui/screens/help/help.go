// Package help is the screen that explains the interface: its screens with their
// keys and commands, and what works everywhere.
package help

import (
	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// ID names the screen.
const ID = "guide"

// Entry is the screen in the registry.
func Entry() screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Справка", EN: "Help"}, Key: "0", Command: "epgu --help", Public: true, New: func() screen.Screen { return &Help{} }}
}

// Help is the screen.
type Help struct{ top, height int }

// Open begins at the top.
func (h *Help) Open(*screen.Env, string) tea.Cmd { h.top = 0; return nil }

// Update scrolls.
func (h *Help) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	switch keymap.Name(tea.Key(k)) {
	case "down", "j":
		h.top++
	case "up", "k":
		h.top--
	case "pgdown", "space":
		h.top += h.height
	case "pgup":
		h.top -= h.height
	case "home", "g":
		h.top = 0
	case "end", "G":
		h.top = 1 << 20
	default:
		return nil, false
	}
	return nil, true
}

// Click does nothing.
func (h *Help) Click(*screen.Env, int, int) tea.Cmd { return nil }

// Scroll scrolls.
func (h *Help) Scroll(_ *screen.Env, lines int) tea.Cmd { h.top += lines; return nil }

// Actions are none of its own.
func (h *Help) Actions(*screen.Env) []screen.Action { return nil }

// Draw draws the text.
func (h *Help) Draw(e *screen.Env, size view.Size) view.Frame {
	out := h.text(e, size.W)
	h.height = size.H
	h.top = max(0, min(h.top, len(out)-size.H))
	return out[h.top:]
}

func (h *Help) text(e *screen.Env, cols int) view.Frame {
	var out view.Frame
	para := func(s string) {
		for _, l := range view.Wrap(theme.Plain, s, max(cols-4, 10)) {
			out = append(out, view.Of(view.Text(theme.Plain, "  ")).With(l.Spans...))
		}
		out = append(out, view.Blank())
	}
	head := func(s string) { out = append(out, view.Say(theme.Strong, "  "+s)) }
	para(e.T("Это тот же кабинет, что и в командной строке: каждое действие равно команде, и экран её называет.", "This is the same cabinet as on the command line: every action equals a command, and the screen names it."))
	head(e.T("Экраны", "Screens"))
	for _, x := range e.Entries {
		if x.Card || x.Training && !e.Training {
			continue
		}
		key := "—"
		if ks := e.Keys.Of("open."+x.ID, []string{x.Key}); len(ks) > 0 && ks[0] != "" {
			key = keymap.Title(ks[0])
		}
		l := view.Of(view.Text(theme.Accent, "  "+width.Left(key, 5)), view.Text(theme.Plain, width.Left(x.Title.In(e.Lang), 26)))
		if x.Command != "" {
			l = l.With(view.Text(theme.Muted, x.Command))
		}
		out = append(out, l)
	}
	out = append(out, view.Blank())
	head(e.T("Как найти что угодно", "How to find anything"))
	para(e.T("Ctrl-K открывает список всех команд и всего, что загружено: наберите начало названия, УИН или номер. ? показывает клавиши экрана. / ищет в списке.",
		"Ctrl-K opens the list of all commands and of everything loaded: type the beginning of a title, an УИН or a number. ? shows the keys of the screen. / filters a list."))
	head(e.T("Деньги", "Money"))
	para(e.T("Ничего не уходит, пока не набрана сумма. Платёж записан в журнал до отправки: если выйти посередине, он не потеряется и не уйдёт дважды.",
		"Nothing is sent until the sum is typed. A payment is in the journal before it is sent: leaving in the middle loses nothing and pays nothing twice."))
	head(e.T("Мышь, тема, язык", "Mouse, theme, language"))
	para(e.T("F2 — язык, F3 — тема, F4 — отдать мышь терминалу, чтобы выделять текст (или выделяйте с Shift). Скринридеру подходит построчный режим: ACCESSIBLE=1 epgu.",
		"F2 changes the language, F3 the theme, F4 gives the mouse to the terminal so that text can be selected (or select with Shift). With a screen reader use the line mode: ACCESSIBLE=1 epgu."))
	return out
}
