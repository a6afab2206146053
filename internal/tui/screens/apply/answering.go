package apply

import (
	"context"
	"errors"
	"path/filepath"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// mostTyped bounds the keys that are kept while an answer is looked at.
const mostTyped = 10_000

// input takes a key or paste while the form is filled.
func (w *wizard) input(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	k, isKey := msg.(tea.KeyPressMsg)
	name := ""
	if isKey {
		name = keymap.Name(tea.Key(k))
	}
	if w.pick != nil { // it was asked for, and is not on the screen yet
		cmd, _ := w.pick.Update(e, msg)
		return cmd, true
	}
	if name == "esc" {
		if w.changed() && w.wrong == nil {
			return w.commit(e, func(*screen.Env) tea.Cmd { return screen.Back() }), true
		}
		return nil, false
	}
	if w.working {
		if len(w.typed) < mostTyped {
			w.typed = append(w.typed, msg)
		}
		return nil, true
	}
	r, ok := w.current()
	if !ok {
		return nil, false
	}
	switch name {
	case "enter":
		return w.enter(e, r), true
	case "tab", "down":
		return w.commit(e, w.moving(1)), true
	case "shift+tab", "up":
		return w.commit(e, w.moving(-1)), true
	case "pgdown":
		return w.turn(e, 1), true
	case "pgup":
		return w.turn(e, -1), true
	}
	if w.editing == "" {
		return w.keyOnChoice(e, r, msg, name)
	}
	if paste, ok := msg.(tea.PasteMsg); ok && r.kind == rowFile {
		w.field.Drop(paste.Content)
	} else if ok {
		w.field.Insert(paste.Content)
	} else if !w.field.Key(tea.Key(k)) {
		return nil, false
	}
	w.wrongAt, w.wrong = "", nil
	return nil, true
}

// keyOnChoice takes a key on a field that is not typed into.
func (w *wizard) keyOnChoice(e *screen.Env, r row, msg tea.Msg, name string) (tea.Cmd, bool) {
	if r.kind != rowField || r.entry.Field.Computed != nil {
		return nil, false
	}
	switch name {
	case "backspace", "delete":
		return w.answer(e, r.path, func(ctx context.Context, x *forms.Filling) error { return x.Set(ctx, r.path, "") }, nil), true
	}
	if r.entry.Field.Type == "boolean" {
		switch name {
		case "space", "left", "right":
			yes, _ := r.entry.Value.(bool)
			return w.answer(e, r.path, func(ctx context.Context, x *forms.Filling) error { return x.SetValue(ctx, r.path, !yes) }, nil), true
		}
		return nil, false
	}
	switch m := msg.(type) {
	case tea.PasteMsg:
		return w.choose(e, r, m.Content), true
	case tea.KeyPressMsg:
		if name == "space" {
			return w.choose(e, r, ""), true
		}
		if m.Text != "" && m.Mod&^(tea.ModShift|tea.ModCapsLock|tea.ModNumLock) == 0 {
			return w.choose(e, r, m.Text), true
		}
	}
	return nil, false
}

// answer changes the form and says what was wrong with the change.
func (w *wizard) answer(e *screen.Env, path string, do func(context.Context, *forms.Filling) error, then func(e *screen.Env) tea.Cmd) tea.Cmd {
	return w.do(e, job{do: do, changes: true, then: func(e *screen.Env, err error) tea.Cmd {
		if err != nil {
			return w.complain(path, err)
		}
		if w.wrongAt == path {
			w.wrongAt, w.wrong = "", nil
		}
		w.edit(e)
		if then == nil {
			return nil
		}
		return then(e)
	}})
}

// complain says at a field what is wrong with it; what is no fault of the answer
// is told in a dialog.
func (w *wizard) complain(path string, err error) tea.Cmd {
	f := fault.Of(err)
	if f == nil || f.Exit != exitcode.Usage {
		return screen.Fail(err)
	}
	w.wrongAt, w.wrong = path, f.Message
	return nil
}

func messageOf(err error) i18n.Localised {
	if f := fault.Of(err); f != nil {
		return f.Message
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(err.Error()))
}

// commit takes what is typed in the field, if anything is, and goes on when it
// fits.
func (w *wizard) commit(e *screen.Env, then func(e *screen.Env) tea.Cmd) tea.Cmd {
	if w.working {
		return w.do(e, job{do: func(context.Context, *forms.Filling) error { return nil }, then: func(e *screen.Env, _ error) tea.Cmd { return w.commit(e, then) }})
	}
	if !w.changed() {
		return then(e)
	}
	text, path := w.field.Value(), w.editing
	if doc, ok := w.document(path); ok {
		return w.attach(e, doc, text, then)
	}
	return w.answer(e, path, func(ctx context.Context, x *forms.Filling) error { return x.Set(ctx, path, text) }, then)
}

// errNoFile is a file that does not fit its document.
var errNoFile = errors.New("the file does not fit")

// attach looks at a file and takes it for a document.
func (w *wizard) attach(e *screen.Env, doc wire.Document, typed string, then func(e *screen.Env) tea.Cmd) tea.Cmd {
	path, whole := kit.Path(typed), ""
	var a applications.Attachment
	var m i18n.Message
	return w.do(e, job{do: func(context.Context, *forms.Filling) error {
		if path == "" {
			return nil
		}
		if a, m = applications.Inspect(doc, path); !m.IsZero() {
			return errNoFile
		}
		var err error
		whole, err = filepath.Abs(path) // the draft is gone on with from another folder, too
		return err
	}, then: func(e *screen.Env, err error) tea.Cmd {
		w.checked, w.problems = false, nil
		switch {
		case errors.Is(err, errNoFile):
			w.wrongAt, w.wrong = fileKey(doc), m
			return nil
		case err != nil:
			w.wrongAt, w.wrong = fileKey(doc), i18n.Text{RU: "%s", EN: "%s"}.With(err.Error())
			return nil
		case path == "":
			delete(w.files, doc.Name)
		default:
			w.files[doc.Name] = file{path, a}
		}
		w.wrongAt, w.wrong = "", nil
		w.lay(e)
		w.edit(e)
		return tea.Batch(w.keepFile(e, doc.Name, whole), then(e))
	}})
}

// enter does what Enter does on a row.
func (w *wizard) enter(e *screen.Env, r row) tea.Cmd {
	switch {
	case r.do != nil:
		return w.commit(e, func(e *screen.Env) tea.Cmd { return r.do(e) })
	case r.to != "":
		w.jump(e, r.to)
		return nil
	case r.kind == rowList && r.entry.CanAdd:
		return w.add(e, r)
	case r.kind == rowField && choices(r.entry):
		return w.choose(e, r, "")
	case w.spoken && r.kind == rowField && r.entry.Field.Type == "boolean":
		yes, _ := r.entry.Value.(bool)
		return w.answer(e, r.path, func(ctx context.Context, x *forms.Filling) error { return x.SetValue(ctx, r.path, !yes) }, nil)
	case w.spoken && w.editing != "":
		return screen.Ask(w.question(r))
	}
	return w.commit(e, w.moving(1))
}

// question asks for one answer where there is no screen to type on.
func (w *wizard) question(r row) screen.Dialog {
	path, secret := w.editing, w.field.Secret
	return &kit.Typed{Head: i18n.Text{RU: "%s", EN: "%s"}.With(r.title), Ask: i18n.Text{RU: "%s", EN: "%s"}.With(r.title), Secret: secret,
		Accept: func(string) i18n.Localised { return nil },
		Do: func(answer string) tea.Cmd {
			return func() tea.Msg { return answeredMsg{w, path, answer} }
		}}
}

// moving goes to the next row that can be chosen, or the one before.
func (w *wizard) moving(step int) func(e *screen.Env) tea.Cmd {
	return func(e *screen.Env) tea.Cmd {
		for i := w.cursor + step; i >= 0 && i < len(w.rows); i += step {
			if w.rows[i].chosen() {
				w.cursor = i
				break
			}
		}
		w.edit(e)
		return nil
	}
}

// turn goes to another page.
func (w *wizard) turn(e *screen.Env, step int) tea.Cmd {
	return w.commit(e, func(e *screen.Env) tea.Cmd {
		to := max(0, min(w.page+step, w.pages()-1))
		if to == w.page {
			return nil
		}
		w.show(e, to)
		if w.page == w.pages()-1 {
			return w.check(e, nil)
		}
		return nil
	})
}

// show shows a page from its beginning.
func (w *wizard) show(e *screen.Env, page int) {
	w.page, w.cursor, w.top = page, 0, 0
	w.editing = ""
	w.lay(e)
	w.edit(e)
}

// choose opens the list of choices of a field, or the files of a folder.
func (w *wizard) choose(e *screen.Env, r row, text string) tea.Cmd {
	head, over := i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(r.title)), func() { w.pick = nil }
	switch {
	case r.kind == rowFile:
		doc := r.doc
		d := &kit.Files{Head: head, Given: w.field.Value(), Over: over, Do: func(path string) tea.Cmd { return w.attach(e, doc, path, w.moving(1)) }}
		w.pick = d
		return kit.AskFile(d)
	case r.kind == rowField && choices(r.entry):
		d := &picker{head: head, over: over}
		desk := w.desk
		path := r.path
		d.find = func(ctx context.Context, text string) ([]forms.Option, bool, error) {
			desk.mu.Lock()
			defer desk.mu.Unlock()
			return desk.x.Choices(ctx, path, text, mostChoices)
		}
		d.chosen = func(o forms.Option) tea.Cmd {
			return w.answer(e, path, func(ctx context.Context, x *forms.Filling) error { return x.SetValue(ctx, path, o.Value) }, w.moving(1))
		}
		d.typed = func(text string) tea.Cmd {
			return w.answer(e, path, func(ctx context.Context, x *forms.Filling) error { return x.Set(ctx, path, text) }, nil)
		}
		d.query.Insert(text)
		w.pick = d
		return screen.Ask(d)
	}
	return nil
}

// add puts an item into a repeated group, from a register when there is one.
func (w *wizard) add(e *screen.Env, r row) tea.Cmd {
	put := func(from *forms.Suggestion) tea.Cmd {
		var item string
		return w.answer(e, r.path, func(_ context.Context, x *forms.Filling) (err error) {
			item, err = x.AddItem(r.path, from)
			return err
		}, func(e *screen.Env) tea.Cmd {
			w.focus(item)
			return w.moving(1)(e)
		})
	}
	known := w.desk.x.Suggestions(r.path) // never changes
	if len(known) == 0 {
		return put(nil)
	}
	d := &kit.Choice{Head: i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(r.title)), Do: func(i int) tea.Cmd {
		if i < len(known) {
			return put(&known[i])
		}
		return put(nil)
	}}
	for _, s := range known {
		d.Options = append(d.Options, kit.Option{Title: i18n.Text{RU: "%s (%s)", EN: "%s (%s)"}.With(s.Title, s.Source)})
	}
	d.Options = append(d.Options, kit.Option{Title: i18n.Say("Заполнить самому", "Fill it in myself")})
	return screen.Ask(d)
}

// remove takes the item out in which the cursor stands.
func (w *wizard) remove(e *screen.Env, item row) tea.Cmd {
	return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(item.title)),
		Text: i18n.Say("Всё, что в нём заполнено, пропадёт.", "Everything that is filled in it will be gone."), Yes: i18n.Text{RU: "Убрать", EN: "Remove"},
		Do: func() tea.Cmd {
			w.editing = ""
			return w.answer(e, item.path, func(_ context.Context, x *forms.Filling) error { return x.RemoveItem(item.path) }, nil)
		}})
}
