package tui_test

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// word is a screen that shows what the portal said last.
type word struct{ screen.Load[string] }

func (w *word) Open(e *screen.Env, _ string) tea.Cmd {
	return w.Start(e, "", func(ctx context.Context) (string, error) {
		lang, _ := ctx.Value(spokenKey{}).(i18n.Lang)
		return "spoken " + string(lang), nil
	})
}
func (w *word) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) { return nil, w.Take(msg) }
func (w *word) Actions(*screen.Env) []screen.Action               { return nil }
func (w *word) Draw(_ *screen.Env, size view.Size) view.Frame {
	return view.Frame{view.Say(theme.Plain, w.Value)}.Fit(size)
}

type spokenKey struct{}

func TestWhatThePortalSaysFollowsTheLanguageToo(t *testing.T) {
	o := drive.Simple(now, i18n.RU, screen.Entry{ID: "word", Title: i18n.Text{RU: "Слово", EN: "Word"}, New: func() screen.Screen { return &word{} }})
	o.InLanguage = func(ctx context.Context, lang i18n.Lang) context.Context {
		return context.WithValue(ctx, spokenKey{}, lang)
	}
	drive.Start(t, o, 80, 24).Press("f2").Sees("Word", "spoken en").Press("f2").Sees("Слово", "spoken ru")
}
