package apply

import (
	"context"
	"maps"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/forms"
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
	d.Version, d.Files = desk.x.Form().Version, maps.Clone(w.draft.Files)
	// Leaving the screen must not lose what was answered last.
	ctx := context.WithoutCancel(e.Ctx)
	w.saver = sync.OnceValue(func() savedMsg {
		kept, err := w.src.Save(ctx, service, d)
		return savedMsg{w, desk, kept, err}
	})
	save := w.saver
	return func() tea.Msg { return save() }
}

func (w *wizard) saved(e *screen.Env, m savedMsg) tea.Cmd {
	if m.desk != w.desk {
		return nil
	}
	w.saving, w.saveErr = false, m.err
	w.draft.ID, w.draft.ETag, w.draft.At = m.draft.ID, m.draft.ETag, m.draft.At
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

// held is what was filled in and no draft has when the program ends.
type held struct {
	Values map[string]any    `json:"values,omitempty"` // nil when the draft has them all
	Path   string            `json:"path,omitempty"`   // the field that is typed into, "" for none
	Text   string            `json:"text,omitempty"`   // what stands in it
	Files  map[string]string `json:"files,omitempty"`  // paths by the document's name
}

// endWithin bounds how long the end of the program waits for the draft to be kept.
// What is not kept by then is held.
const endWithin = 5 * time.Second

// End brings what was answered last into the draft.
func (w *wizard) End(e *screen.Env) {
	if w.desk == nil || w.state != filling {
		return
	}
	ctx, stop := context.WithTimeout(e.Ctx, endWithin)
	defer stop()
	end := *e
	end.Ctx = ctx
	before, ended := w.holding(), make(chan struct{})
	go func() {
		defer close(ended)
		if w.working {
			w.finish(&end, w.worked(&end, w.worker()))
		}
		if w.changed() {
			w.finish(&end, w.commit(&end, func(*screen.Env) tea.Cmd { return nil }))
		}
		if w.saving {
			w.finish(&end, w.saved(&end, w.saver()))
		}
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		w.cut = before
	}
}

// finish does at once what a command would bring later.
func (w *wizard) finish(e *screen.Env, cmd tea.Cmd) {
	if cmd == nil || e.Ctx.Err() != nil {
		return
	}
	switch m := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range m {
			w.finish(e, c)
		}
	case workedMsg:
		w.finish(e, w.worked(e, m))
	case savedMsg:
		w.finish(e, w.saved(e, m))
	}
}

// Held is what no draft has, by the code of its service.
func (w *wizard) Held() any {
	all := w.cut
	if all == nil {
		all = w.holding()
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func (w *wizard) holding() map[string]held {
	all := map[string]held{}
	maps.Copy(all, w.held)
	if w.desk == nil || w.state != filling {
		return all
	}
	var h held
	if w.dirty || w.saving || w.working {
		h.Values = w.draft.Values
	}
	if w.changed() && !w.field.Secret {
		h.Path, h.Text = w.editing, w.field.Value()
	}
	for doc, f := range w.files {
		if h.Files == nil {
			h.Files = map[string]string{}
		}
		h.Files[doc] = f.path
	}
	if h.Values != nil || h.Path != "" || h.Files != nil {
		all[w.code] = h
	}
	return all
}

// GiveBack takes what was held, perhaps of a form that is open already.
func (w *wizard) GiveBack(e *screen.Env, read func(into any) bool) tea.Cmd {
	all := map[string]held{}
	if !read(&all) {
		return nil
	}
	w.held = all
	if _, ok := all[w.code]; ok && w.code != "" {
		return w.load(e, Start{Code: w.code})
	}
	return nil
}

// attachKept takes the files that were kept with the draft, here or by a command. One
// that does not fit any more is shown as such at its document.
func (w *wizard) attachKept(e *screen.Env) tea.Cmd {
	var cmds []tea.Cmd
	for _, doc := range w.seen.docs {
		if path := w.draft.Files[doc.Name]; path != "" {
			cmds = append(cmds, w.attach(e, doc, path, func(*screen.Env) tea.Cmd { return nil }))
		}
	}
	return tea.Batch(cmds...)
}

// keepFile keeps with the draft where the file of a document lies; "" for none any more.
func (w *wizard) keepFile(e *screen.Env, name, path string) tea.Cmd {
	if w.draft.Files[name] == path {
		return nil
	}
	w.draft.Files = maps.Clone(w.draft.Files) // one that is being kept at this moment stays as it is
	if path == "" {
		delete(w.draft.Files, name)
	} else {
		if w.draft.Files == nil {
			w.draft.Files = map[string]string{}
		}
		w.draft.Files[name] = path
	}
	w.dirty = true
	return w.save(e)
}

// goOn puts back what was held of the form that has just been loaded.
func (w *wizard) goOn(e *screen.Env) tea.Cmd {
	h, ok := w.held[w.code]
	if !ok || !w.start.goesOn() {
		return nil
	}
	delete(w.held, w.code)
	var cmds []tea.Cmd
	if h.Values != nil {
		w.draft.Values, w.dirty = h.Values, true
		cmds = append(cmds, w.save(e))
	}
	stay := func(*screen.Env) tea.Cmd { return nil }
	for _, doc := range w.seen.docs {
		if path := h.Files[doc.Name]; path != "" {
			cmds = append(cmds, w.attach(e, doc, path, stay))
		}
	}
	if h.Path != "" { // after the files: looking at them moves the cursor
		cmds = append(cmds, w.do(e, job{do: func(context.Context, *forms.Filling) error { return nil }, then: func(e *screen.Env, _ error) tea.Cmd {
			w.jump(e, h.Path)
			if w.editing == h.Path {
				w.field.Set(h.Text)
			}
			return nil
		}}))
	}
	return tea.Batch(append(cmds, screen.Tell(i18n.Say("Вот что вы заполняли, когда программа закончилась", "Here is what you were filling in when the program ended")))...)
}
