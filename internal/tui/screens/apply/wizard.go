package apply

import (
	"context"
	"errors"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/catalog"
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

// ID names the screen; its argument is the code of a service.
const ID = "apply"

// Entry is the screen of this package.
func Entry(src Source) screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Подача заявления", EN: "Applying"}, Card: true, New: func() screen.Screen { return &wizard{src: src} }}
}

// wizard is a form being filled and sent.
type wizard struct {
	src  Source
	code string
	data screen.Load[*began]
	desk *desk
	seen shot

	page   int // of pages: the steps of the form, the files, the review
	rows   []row
	cursor int // in rows
	top    int
	lines  []int // the row of each line that was drawn last
	x, y   int   // of the text cursor, in the last Draw
	caret  bool

	field   kit.Field
	editing string // the path or document whose text is in field; "" is none
	was     string // its text before anybody typed
	wrongAt string
	wrong   i18n.Localised
	pick    *picker

	working bool // a job is under way
	queue   []job
	typed   []tea.Msg // keys that came meanwhile

	draft   Draft
	dirty   bool // not kept yet
	saving  bool
	saveErr error
	drop    bool // the draft is no longer needed when it is saved

	files    map[string]file // by the document's name
	checked  bool
	problems []fault.Field

	state   state
	sent    *Sending
	receipt applications.Receipt
	failed  error // why the outcome is unknown

	spoken bool      // read line by line
	lang   i18n.Lang // of the texts in rows
}

// state is how far the sending is.
type state int

const (
	filling state = iota
	sending
	unknown // whether it arrived; nothing may be changed before that is known
	submitted
)

// file is what was given for a document.
type file struct {
	path string
	kept applications.Attachment
}

// began is a task with its first look.
type began struct {
	task *Task
	seen shot
}

// desk is the form under work. Answering may wait for a dictionary, so it is done
// in the background, one job at a time, and the screen draws what was seen last.
type desk struct {
	mu   sync.Mutex
	x    *forms.Filling
	docs []wire.Document
}

// shot is how the form stood after a job.
type shot struct {
	steps  []forms.Step
	review []forms.Row
	unread error             // why there is no review
	titles map[string]string // of values from dictionaries, by path
	fee    *forms.Fee
	docs   []wire.Document
	values map[string]any // for a draft
}

func (d *desk) look(ctx context.Context) (shot, error) {
	s := shot{steps: d.x.Steps(), fee: d.x.Fee(), values: d.x.Draft(), titles: map[string]string{}}
	var err error
	if s.docs, err = catalog.Asked(d.x, d.docs); err != nil {
		return s, err
	}
	// A dictionary that is away leaves codes where titles would be.
	s.review, s.unread = d.x.Review(ctx)
	for _, r := range s.review {
		if r.Path != "" && r.Text != "" {
			s.titles[r.Path] = r.Text
		}
	}
	return s, nil
}

// job is one thing done to the form. then runs on the loop of messages.
type job struct {
	do      func(ctx context.Context, x *forms.Filling) error
	then    func(e *screen.Env, err error) tea.Cmd
	changes bool
}

// workedMsg is the end of a job.
type workedMsg struct {
	desk *desk
	by   *wizard
	job  job
	seen shot
	err  error // of the job
	bad  error // of the look
}

// savedMsg is the end of keeping a draft.
type savedMsg struct {
	by    *wizard
	desk  *desk
	draft Draft
	err   error
}

// do queues a job.
func (w *wizard) do(e *screen.Env, j job) tea.Cmd {
	w.queue = append(w.queue, j)
	if w.working {
		return nil
	}
	return w.work(e)
}

func (w *wizard) work(e *screen.Env) tea.Cmd {
	j := w.queue[0]
	w.queue = w.queue[1:]
	w.working = true
	d, ctx := w.desk, e.Ctx
	return func() tea.Msg {
		d.mu.Lock()
		defer d.mu.Unlock()
		m := workedMsg{desk: d, by: w, job: j}
		m.err = j.do(ctx, d.x)
		m.seen, m.bad = d.look(ctx)
		return m
	}
}

// worked takes the end of a job, and the keys that came meanwhile.
func (w *wizard) worked(e *screen.Env, m workedMsg) tea.Cmd {
	if m.desk != w.desk {
		return nil // of a form that was left
	}
	w.working = false
	if m.bad == nil {
		w.seen = m.seen
	}
	var cmds []tea.Cmd
	if m.job.changes && m.err == nil {
		w.draft.Values = m.seen.values
		w.dirty, w.checked, w.problems = true, false, nil
		cmds = append(cmds, w.save(e))
	}
	w.lay(e)
	cmds = append(cmds, m.job.then(e, m.err), screen.Fail(m.bad))
	if len(w.queue) > 0 && !w.working {
		cmds = append(cmds, w.work(e))
	}
	for len(w.typed) > 0 && !w.working {
		next := w.typed[0]
		w.typed = w.typed[1:]
		cmd, _ := w.Update(e, next)
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
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

// Open begins with a service, or goes on with the form that is being filled.
func (w *wizard) Open(e *screen.Env, code string) tea.Cmd {
	switch {
	case code == "" && (w.data.Known() || w.data.Loading):
		return nil // what is being filled is loaded anew by nobody
	case w.state == sending && code != w.code:
		return screen.Tell(i18n.Say("Прежнее заявление ещё отправляется", "The application before it is still being sent"))
	case code != "" && code == w.code && w.data.Known() && w.state != submitted:
		return nil
	}
	if code != "" {
		w.code = code
	}
	return w.load(e, false)
}

func (w *wizard) load(e *screen.Env, fresh bool) tea.Cmd {
	w.data.Stop()
	*w = wizard{src: w.src, code: w.code, spoken: w.spoken, data: w.data}
	w.data.Value, w.data.At, w.data.Err = nil, time.Time{}, nil
	code := w.code
	return w.data.Start(e, "", func(ctx context.Context) (*began, error) {
		t, err := w.src.Begin(ctx, code, fresh)
		if err != nil {
			return nil, err
		}
		d := &desk{x: t.Filling, docs: t.Service.Documents}
		seen, err := d.look(ctx)
		return &began{t, seen}, err
	})
}

// Close ends a load. What was answered is kept already, and what is on its way goes on.
func (w *wizard) Close(*screen.Env) { w.data.Stop() }

// AsOf says why the form could not be loaded.
func (w *wizard) AsOf() (time.Time, bool, error) { return time.Time{}, w.data.Loading, w.data.Err }

// Title is that of the service.
func (w *wizard) Title(*screen.Env) i18n.Localised {
	if w.data.Value == nil {
		return i18n.Text{RU: "Подача заявления", EN: "Applying"}
	}
	return i18n.Text{RU: "Подача заявления: %s", EN: "Applying: %s"}.With(w.data.Value.task.Service.Title)
}

// Typing says that letters are text: they always are while a form is filled.
func (w *wizard) Typing() bool { return w.desk != nil && w.state == filling }

// Cursor is where the text goes in.
func (w *wizard) Cursor() (x, y int, ok bool) { return w.x, w.y, w.caret }

// Busy says what would be cut off.
func (w *wizard) Busy(*screen.Env) i18n.Localised {
	switch {
	case w.state == sending:
		return i18n.Say("Заявление отправляется. В журнале оно записано: на обратном пути станет видно, дошло ли, и второго не будет.",
			"An application is being sent. It is in the journal: on return it shows whether it arrived, and there is no second one.")
	case w.state == filling && w.changed():
		return i18n.Say("То, что набрано в поле, ещё не принято: Enter примет.", "What is typed in the field is not taken yet: Enter takes it.")
	case w.saving || w.dirty:
		return i18n.Say("Последние ответы ещё не сохранены в черновике.", "The last answers are not kept in the draft yet.")
	}
	return nil
}

// changed reports whether the field holds something that nobody has taken yet.
func (w *wizard) changed() bool { return w.editing != "" && w.field.Value() != w.was }

// Update takes data, keys and pastes.
func (w *wizard) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if w.data.Take(msg) {
		if b := w.data.Value; b != nil && w.desk == nil {
			w.desk, w.seen, w.draft = &desk{x: b.task.Filling, docs: b.task.Service.Documents}, b.seen, b.task.Draft
			w.files = map[string]file{}
			w.show(e, 0)
		}
		return nil, true
	}
	switch m := msg.(type) {
	case workedMsg:
		if m.by != w {
			return nil, false
		}
		return w.worked(e, m), true
	case savedMsg:
		if m.by != w {
			return nil, false
		}
		return w.saved(e, m), true
	case sentMsg:
		if m.by != w {
			return nil, false
		}
		return w.arrived(e, m), true
	case answeredMsg:
		if m.by != w {
			return nil, false
		}
		if doc, ok := w.document(m.path); ok {
			return w.attach(e, doc, m.answer, w.moving(1)), true
		}
		return w.answer(e, m.path, func(ctx context.Context, x *forms.Filling) error { return x.Set(ctx, m.path, m.answer) }, w.moving(1)), true
	case foundMsg:
		if m.by != w.pick {
			return nil, false
		}
		m.by.take(m)
		return nil, true
	case tea.KeyPressMsg, tea.PasteMsg:
		if w.desk == nil {
			return nil, false
		}
		if w.state != filling {
			return w.keyAfter(msg)
		}
		return w.input(e, msg)
	}
	return nil, false
}

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
	if paste, ok := msg.(tea.PasteMsg); ok {
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
	path := filePath(typed)
	var a applications.Attachment
	var m i18n.Message
	return w.do(e, job{do: func(context.Context, *forms.Filling) error {
		if path == "" {
			return nil
		}
		if a, m = applications.Inspect(doc, path); !m.IsZero() {
			return errNoFile
		}
		return nil
	}, then: func(e *screen.Env, err error) tea.Cmd {
		w.checked, w.problems = false, nil
		switch {
		case err != nil:
			w.wrongAt, w.wrong = fileKey(doc), m
			return nil
		case path == "":
			delete(w.files, doc.Name)
		default:
			w.files[doc.Name] = file{path, a}
		}
		w.wrongAt, w.wrong = "", nil
		w.lay(e)
		w.edit(e)
		return then(e)
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
	d := &picker{head: i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(r.title)), over: func() { w.pick = nil }}
	switch {
	case r.kind == rowFile:
		doc := r.doc
		d.find = func(_ context.Context, text string) ([]forms.Option, bool, error) { return listing(text, mostChoices) }
		d.chosen = func(o forms.Option) (tea.Cmd, bool) {
			path, _ := o.Value.(string)
			if isFolder(path) {
				return nil, true
			}
			return w.attach(e, doc, path, w.moving(1)), false
		}
		d.query.Set(w.field.Value())
	case r.kind == rowField && choices(r.entry):
		desk := w.desk
		path := r.path
		d.find = func(ctx context.Context, text string) ([]forms.Option, bool, error) {
			desk.mu.Lock()
			defer desk.mu.Unlock()
			return desk.x.Choices(ctx, path, text, mostChoices)
		}
		d.chosen = func(o forms.Option) (tea.Cmd, bool) {
			return w.answer(e, path, func(ctx context.Context, x *forms.Filling) error { return x.SetValue(ctx, path, o.Value) }, w.moving(1)), false
		}
		d.typed = func(text string) tea.Cmd {
			return w.answer(e, path, func(ctx context.Context, x *forms.Filling) error { return x.Set(ctx, path, text) }, nil)
		}
		d.query.Insert(text)
	default:
		return nil
	}
	w.pick = d
	return tea.Batch(screen.Ask(d), d.search(e))
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

// answeredMsg is an answer that was given line by line.
type answeredMsg struct {
	by           *wizard
	path, answer string
}

// Spoken reads the rows of the page with their numbers.
func (w *wizard) Spoken(e *screen.Env) screen.Spoken {
	w.spoken = true
	return w.said(e)
}
