package apply

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// rewordedMsg is the form that is being filled, in the words of another language.
type rewordedMsg struct {
	by   *wizard
	desk *desk // the one whose words it is to replace
	lang i18n.Lang
	task *Task
	err  error
}

// reword asks for the form anew when the language has changed since it was read. What
// was answered stays on the screen and goes on being answered meanwhile.
func (w *wizard) reword(e *screen.Env) tea.Cmd {
	if w.desk == nil || w.state != filling || w.wording == e.Lang {
		return nil
	}
	from, desk, lang, ctx := w.start, w.desk, e.Lang, e.Ctx
	return func() tea.Msg {
		t, err := w.src.Begin(ctx, from)
		return rewordedMsg{w, desk, lang, t, err}
	}
}

// reworded takes the words.
func (w *wizard) reworded(e *screen.Env, m rewordedMsg) tea.Cmd {
	switch {
	case m.desk != w.desk || m.lang != e.Lang: // another form by now, or another language again
	case m.err != nil:
		return screen.Tell(i18n.Text{RU: "Вопросы остались на прежнем языке: %s", EN: "The questions stay in the language before: %s"}.With(messageOf(m.err)))
	default:
		w.words = &m
		return w.adopt(e)
	}
	return nil
}

// adopt lays the answers on the form in its new words, once nothing is under way with
// the form in the old ones: a job, a draft being kept, a list of choices.
func (w *wizard) adopt(e *screen.Env) tea.Cmd {
	m := w.words
	if m == nil || w.working || len(w.queue) > 0 || w.saving || w.pick != nil {
		return nil
	}
	w.words = nil
	if m.desk != w.desk || m.lang != e.Lang || w.state != filling {
		return nil
	}
	values := w.seen.values
	w.wording, w.desk = m.lang, &desk{x: m.task.Filling, docs: m.task.Service.Documents}
	w.data.Value = &began{task: m.task, seen: w.data.Value.seen}
	return w.do(e, job{do: func(_ context.Context, x *forms.Filling) error {
		x.Replace(values)
		return nil
	}, then: func(e *screen.Env, _ error) tea.Cmd {
		if !w.checked {
			return nil
		}
		return w.check(e, nil)
	}})
}
