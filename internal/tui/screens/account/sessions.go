package account

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// sessions is the list of living sessions.
type sessions struct {
	kit.Records[wire.Session]
	src Source
}

func sessionColumns() []kit.Column {
	return []kit.Column{
		{Width: 16}, {Width: 12, Role: theme.Accent}, {Width: 20, Role: theme.Muted, Least: 90}, {Share: 1}, {Width: 15, Role: theme.Muted, Least: 50},
	}
}

func newSessions(src Source) *sessions {
	s := &sessions{src: src}
	s.Records = kit.Records[wire.Session]{
		Key: "sessions", Fetch: src.Sessions,
		Cells: func(v wire.Session) []string { return []string{v.ID, v.Agent.String(), v.Address.String()} },
		Head: func(e *screen.Env, cols int) view.Line {
			return kit.Row(sessionColumns(), cols, []string{e.T("Начат", "Begun"), "", e.T("Способ", "Method"), e.T("Программа", "Program"), e.T("Откуда", "From")},
				theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
		},
		Line: func(e *screen.Env, v wire.Session, cols int) view.Line {
			this := ""
			if v.Current {
				this = e.T("этот сеанс", "this one")
			}
			return kit.Row(sessionColumns(), cols, []string{moment(e, v.CreatedAt), this, account.MethodTitle(v.Method).In(e.Lang), v.Agent.String(), e.Say(account.AddressTitle(v.Address))})
		},
		Empty: i18n.Text{RU: "Сеансов нет.", EN: "There are no sessions."},
	}
	return s
}

// Open loads the list.
func (s *sessions) Open(e *screen.Env, _ string) tea.Cmd { return s.Load(e) }

// Update takes data and keys.
func (s *sessions) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(did); ok && m.by == s {
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return tea.Batch(screen.Tell(m.said), s.Load(e)), true
	}
	return s.Records.Update(e, msg)
}

// Draw draws the list.
func (s *sessions) Draw(e *screen.Env, size view.Size) view.Frame { return s.View(e, size) }

// Actions is what can be done with sessions.
func (s *sessions) Actions(e *screen.Env) []screen.Action {
	v, ok := s.Current()
	var off, others i18n.Localised
	switch {
	case !ok:
		off = i18n.Say("сеанс не выбран", "no session is chosen")
	case v.Current:
		off = i18n.Say("это ваш сеанс: выход — на главной", "this is your own session: sign out on the home screen")
	}
	if !slices.ContainsFunc(s.All(), func(v wire.Session) bool { return !v.Current }) {
		others = i18n.Say("других сеансов не видно", "no other sessions are seen")
	}
	return []screen.Action{
		{ID: "sessions.end", Title: i18n.Text{RU: "завершить", EN: "end"}, Keys: []string{"d", "delete"}, Command: "epgu auth sessions end " + v.ID, Off: off, Footer: true,
			Run: func() tea.Cmd {
				return screen.Ask(&kit.Confirm{Head: i18n.Say("Завершить сеанс?", "End the session?"),
					Text: i18n.Text{RU: "%s, %s. Его маркеры перестанут действовать сразу.", EN: "%s, %s. Its markers stop working at once."}.With(v.Agent, account.AddressTitle(v.Address)),
					Yes:  i18n.Text{RU: "Завершить сеанс", EN: "End the session"},
					Do: func() tea.Cmd {
						return do(e, s, i18n.Say("Сеанс завершён", "The session has ended"), func(ctx context.Context) error { return s.src.EndSession(ctx, v.ID) })
					}})
			}},
		{ID: "sessions.end-others", Title: i18n.Text{RU: "завершить все, кроме этого", EN: "end all but this one"}, Keys: []string{"D"}, Command: "epgu auth sessions end --others", Off: others, Footer: true,
			Run: func() tea.Cmd {
				return screen.Ask(&kit.Confirm{Head: i18n.Say("Завершить все сеансы, кроме этого?", "End all sessions but this one?"),
					Text: i18n.Text{RU: "Программы и устройства, где вы вошли, выйдут.", EN: "Programs and devices where you are signed in will be signed out."}.With(),
					Yes:  i18n.Text{RU: "Завершить остальные", EN: "End the others"},
					Do: func() tea.Cmd {
						return do(e, s, i18n.Say("Остальные сеансы завершены", "The other sessions have ended"), s.src.EndOtherSessions)
					}})
			}},
		{ID: "sessions.history", Title: i18n.Text{RU: "история входов", EN: "history"}, Keys: []string{"i"}, Command: "epgu auth history", Footer: true,
			Run: func() tea.Cmd { return screen.Go(SignInsID, "") }},
		{ID: "sessions.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Footer: true,
			Run: func() tea.Cmd { s.Filter(); return nil }},
	}
}

// signIns is the history of sign-ins.
type signIns struct {
	kit.Records[wire.SignInEntry]
}

func signInColumns() []kit.Column {
	return []kit.Column{{Width: 16}, {Share: 3}, {Width: 20, Role: theme.Muted, Least: 90}, {Share: 2}, {Width: 15, Role: theme.Muted, Least: 50}}
}

func newSignIns(src Source) *signIns {
	return &signIns{kit.Records[wire.SignInEntry]{
		Key: "signins", Fetch: src.SignIns,
		Cells: func(v wire.SignInEntry) []string {
			return []string{v.At.UTC().Format("2006-01-02T15:04:05.000000000"), v.Agent.String(), v.Address.String()}
		},
		Head: func(e *screen.Env, cols int) view.Line {
			return kit.Row(signInColumns(), cols, []string{e.T("Когда", "When"), e.T("Исход", "Outcome"), e.T("Способ", "Method"), e.T("Программа", "Program"), e.T("Откуда", "From")},
				theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
		},
		Line: func(e *screen.Env, v wire.SignInEntry, cols int) view.Line {
			outcome, role := account.OutcomeTitle(v.Outcome).In(e.Lang), theme.Plain
			if v.Suspicious {
				outcome, role = "! "+outcome, theme.Warning
			}
			return kit.Row(signInColumns(), cols, []string{moment(e, v.At), outcome, account.MethodTitle(v.Method).In(e.Lang), v.Agent.String(), e.Say(account.AddressTitle(v.Address))}, theme.Plain, role)
		},
		Empty: i18n.Text{RU: "Входов ещё не было.", EN: "Nobody has signed in yet."},
	}}
}

// Open loads the history.
func (s *signIns) Open(e *screen.Env, _ string) tea.Cmd { return s.Load(e) }

// Draw draws the history.
func (s *signIns) Draw(e *screen.Env, size view.Size) view.Frame { return s.View(e, size) }

// Actions is what can be done here.
func (s *signIns) Actions(*screen.Env) []screen.Action {
	return []screen.Action{
		{ID: "signins.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Footer: true,
			Run: func() tea.Cmd { s.Filter(); return nil }},
	}
}
