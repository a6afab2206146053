package apply

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// savedMsg is the end of keeping a draft.
type savedMsg struct {
	by    *wizard
	desk  *desk
	draft Draft
	err   error
}

// save keeps the answers, once at a time; what changed meanwhile is kept after it.
func (w *wizard) save(e *screen.Env) tea.Cmd {
	if w.saving || !w.dirty {
		return nil
	}
	w.saving, w.dirty = true, false
	d, desk, service := w.draft, w.desk, w.data.Value.task.Service
	d.Version = desk.x.Form().Version
	// Leaving the screen must not lose what was answered last.
	ctx := context.WithoutCancel(e.Ctx)
	return func() tea.Msg {
		kept, err := w.src.Save(ctx, service, d)
		return savedMsg{w, desk, kept, err}
	}
}

func (w *wizard) saved(e *screen.Env, m savedMsg) tea.Cmd {
	if m.desk != w.desk {
		return nil
	}
	w.saving, w.saveErr = false, m.err
	if m.err != nil {
		exit := fault.ExitOf(m.err)
		w.dirty = true
		if w.draft.ID != "" && (exit == exitcode.Conflict || exit == exitcode.NotFound) && !w.drop {
			// Somebody else has changed or removed it: theirs stays, ours becomes another.
			w.draft.ID, w.draft.ETag = "", ""
			return tea.Batch(screen.Tell(i18n.Say("Черновик изменён в другом месте: ваши ответы — в новом черновике", "The draft was changed elsewhere: your answers are in a new one")), w.save(e))
		}
		return nil
	}
	w.draft.ID, w.draft.ETag, w.draft.At = m.draft.ID, m.draft.ETag, m.draft.At
	if w.drop {
		return w.discard(e)
	}
	return w.save(e)
}

// discard removes the draft of an application that is in.
func (w *wizard) discard(e *screen.Env) tea.Cmd {
	w.dirty, w.drop = false, true
	if w.saving || w.draft.ID == "" {
		return nil
	}
	ctx, id := context.WithoutCancel(e.Ctx), w.draft.ID
	w.draft.ID = ""
	return func() tea.Msg {
		if w.src.Remove(ctx, id) != nil {
			return screen.TellMsg{Text: i18n.Text{RU: "Заявление подано, но черновик %s остался.", EN: "The application is in, but draft %s stayed."}.With(id)}
		}
		return nil
	}
}
