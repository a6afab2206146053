package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func personText(s string) untrusted.Text { return untrusted.Text(s) }

// global is what can be done on every screen.
func (r *Root) global() []screen.Action {
	do := func(f func() tea.Cmd) func() tea.Cmd { return f }
	out := []screen.Action{
		{ID: "palette", Title: i18n.Text{RU: "команды", EN: "commands"}, Keys: []string{"ctrl+k"}, Footer: true, Run: r.openPalette},
		{ID: "help", Title: i18n.Text{RU: "клавиши", EN: "keys"}, Keys: []string{"?", ",", "f1"}, Footer: true, Run: do(func() tea.Cmd { r.ask(r.keysDialog()); return nil })},
		{ID: "back", Title: i18n.Text{RU: "назад", EN: "back"}, Keys: []string{"esc", "backspace"}, Run: r.back},
		{ID: "reload", Title: i18n.Text{RU: "обновить", EN: "refresh"}, Keys: []string{"ctrl+r", "f5"}, Run: r.reload},
		{ID: "language", Title: i18n.Text{RU: "английский язык (English)", EN: "Russian language (русский)"}, Keys: []string{"f2"}, Run: r.language},
		{ID: "theme", Title: i18n.Text{RU: "другая тема", EN: "another theme"}, Keys: []string{"f3"}, Run: do(func() tea.Cmd { r.nextTheme(); return nil })},
		{ID: "mouse", Title: i18n.Text{RU: "мышь: программе или терминалу", EN: "mouse: for the program or the terminal"}, Keys: []string{"f4"}, Run: do(func() tea.Cmd { r.toggleMouse(); return nil })},
		{ID: "quit", Title: i18n.Text{RU: "выйти", EN: "quit"}, Keys: []string{"q", "ctrl+q"}, Footer: true, Run: r.quit},
	}
	if r.o.SignOut != nil && r.signed {
		out = append(out, screen.Action{ID: "signout", Title: i18n.Text{RU: "завершить сеанс", EN: "sign out"}, Keys: []string{"f9"}, Command: "epgu auth logout", Run: r.askSignOut})
	}
	for _, e := range r.o.Entries {
		if e.Card || e.Training && !r.env.Training {
			continue
		}
		var keys []string
		if e.Key != "" {
			keys = []string{e.Key}
		}
		out = append(out, screen.Action{ID: "open." + e.ID, Title: e.Title, Keys: keys, Run: do(func() tea.Cmd { return r.open(e.ID, "") })})
	}
	return out
}

// askSignOut asks before the session is ended, and names what that would cut off.
func (r *Root) askSignOut() tea.Cmd {
	var text i18n.Localised = i18n.Say("Сеанс завершится на этой машине и у портала.", "The session ends on this machine and at the portal.")
	if what := r.busy(); what != nil {
		text = i18n.Text{RU: "%s\n\n%s", EN: "%s\n\n%s"}.With(text, what)
	}
	r.ask(&kit.Confirm{Head: i18n.Text{RU: "Завершить сеанс", EN: "Sign out"}, Text: text,
		Yes: i18n.Text{RU: "Завершить сеанс", EN: "Sign out"}, Do: func() tea.Cmd {
			ctx := r.env.Ctx
			return func() tea.Msg {
				if err := r.o.SignOut(ctx); err != nil {
					return screen.FailMsg{Err: err}
				}
				return screen.SignedMsg{In: false}
			}
		}})
	return nil
}

// language switches the language; what the portal says is loaded anew in it.
func (r *Root) language() tea.Cmd {
	if r.env.Lang == i18n.RU {
		r.env.Lang = i18n.EN
	} else {
		r.env.Lang = i18n.RU
	}
	if r.o.InLanguage == nil {
		return nil
	}
	r.env.Ctx = r.o.InLanguage(r.ctx, r.env.Lang)
	return r.reload()
}

func (r *Root) nextTheme() {
	names := theme.Names()
	at := slices.Index(names, r.theme.Name)
	r.setTheme(names[(at+1)%len(names)])
}

func (r *Root) setTheme(name string) {
	r.theme = theme.Choose(name, r.o.Getenv)
	r.toast = &screen.TellMsg{Text: i18n.Text{RU: "Тема: %s", EN: "Theme: %s"}.With(r.theme.Title)}
}

func (r *Root) toggleMouse() {
	r.mouse = !r.mouse
	t := i18n.Say("Мышь снова у терминала: выделяйте текст как обычно.", "The mouse is the terminal's again: select text as usual.")
	if r.mouse {
		t = i18n.Say("Мышь у программы; выделить текст — с Shift, вернуть терминалу — F4.", "The mouse is the program's; select text with Shift, give it back by F4.")
	}
	r.toast = &screen.TellMsg{Text: t}
}

// keysDialog lists what the keys do here: those of the screen, of its list or
// fields, and those that work everywhere.
func (r *Root) keysDialog() screen.Dialog {
	return &kit.Notice{Head: i18n.Text{RU: "Клавиши", EN: "Keys"}, Lines: func(e *screen.Env, cols int) view.Frame {
		var out view.Frame
		if top := r.top(); top != nil {
			out = append(out, view.Say(theme.Strong, top.entry.Title.In(e.Lang)))
			out = append(out, r.keyLines(top.screen.Actions(e), cols)...)
			out = append(out,
				keyLine("↑ ↓ j k · PgUp PgDn · g G", e.T("двигаться", "move"), "", cols),
				keyLine("/", e.T("искать в списке", "filter the list"), "", cols), view.Blank())
		}
		out = append(out, view.Say(theme.Strong, e.T("Везде", "Everywhere")))
		out = append(out, r.keyLines(r.global(), cols)...)
		out = append(out, keyLine("Ctrl-C", e.T("выйти сразу", "quit at once"), "", cols), keyLine("Ctrl-Z", e.T("в фон", "into the background"), "", cols))
		return append(out, view.Blank(), view.Say(theme.Muted, e.T("Клавиши работают и в русской раскладке.", "The keys work on the Russian layout, too.")))
	}}
}

func (r *Root) keyLines(actions []screen.Action, cols int) view.Frame {
	var out view.Frame
	for _, a := range actions {
		var names string
		for i, k := range r.env.Keys.Of(a.ID, a.Keys) {
			if k == "," && a.ID == "help" || k == "." { // the same key on the other layout
				continue
			}
			if i > 0 {
				names += " "
			}
			names += keymap.Title(k)
		}
		if names == "" {
			names = "—"
		}
		out = append(out, keyLine(names, a.Title.In(r.env.Lang), a.Command, cols))
	}
	return out
}

func keyLine(keys, what, command string, cols int) view.Line {
	l := view.Of(view.Text(theme.Accent, width.Left(keys, 12)+" "), view.Text(theme.Plain, what))
	if command != "" && l.Width()+4+width.String(command) <= cols {
		l = l.With(view.Text(theme.Muted, "  "+command))
	}
	return l
}
