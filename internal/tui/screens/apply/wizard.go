package apply

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// ID names the screen; its argument is the code of a service, "templates CODE" to
// choose a template for it first, or "repeat NUMBER" to fill it as an earlier
// application was.
const ID = "apply"

// Entry is the screen of this package.
func Entry(src Source) screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Подача заявления", EN: "Applying"}, Card: true, New: func() screen.Screen { return &wizard{src: src} }}
}

// wizard is a form being filled and sent.
type wizard struct {
	src    Source // read by commands that are under way, so it is never written again
	data   screen.Load[*began]
	held   map[string]held // of the program before, by service, not given back to their forms yet
	spoken bool            // read line by line

	sheet
}

// sheet is what every load begins anew.
type sheet struct {
	code     string
	start    Start // what the form was filled from
	choosing bool  // a template is to be chosen when the form is there
	desk     *desk
	seen     shot

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
	pick    screen.Dialog // asked for; it takes keys even before it is on the screen

	working bool // a job is under way
	worker  func() workedMsg
	queue   []job
	typed   []tea.Msg // keys that came meanwhile

	draft   Draft
	dirty   bool // not kept yet
	saving  bool
	saver   func() savedMsg
	saveErr error
	drop    bool // the draft is no longer needed when it is saved

	files    map[string]file // by the document's name
	checked  bool
	problems []fault.Field

	state   state
	sent    *Sending
	receipt applications.Receipt
	failed  error // why the outcome is unknown

	cut map[string]held // what was held when the end of the program could not wait longer

	lang    i18n.Lang    // of the texts in rows
	wording i18n.Lang    // of the form itself
	words   *rewordedMsg // the form in another language, not taken yet
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

// Open begins with a service, or goes on with the form that is being filled.
func (w *wizard) Open(e *screen.Env, arg string) tea.Cmd {
	want := asked(arg)
	here := want.start.Code == w.code && want.start.Repeat == 0 && w.code != ""
	switch {
	case arg == "" && (w.data.Known() || w.data.Loading):
		return w.reword(e) // what is being filled is loaded anew by nobody
	case arg == "":
		return w.load(e, w.start)
	case w.state == sending && !here:
		return screen.Tell(i18n.Say("Прежнее заявление ещё отправляется", "The application before it is still being sent"))
	case here && w.data.Known() && w.state != submitted:
		if want.choose && w.state == filling {
			return tea.Batch(w.reword(e), w.chooseTemplate())
		}
		return w.reword(e)
	}
	cmd := w.load(e, want.start)
	w.choosing = want.choose
	return cmd
}

func (w *wizard) load(e *screen.Env, from Start) tea.Cmd {
	w.data.Stop()
	flush := w.flush(e)
	w.sheet = sheet{code: from.Code, start: from, wording: e.Lang}
	w.data.Value, w.data.At, w.data.Err = nil, time.Time{}, nil
	if h, ok := w.held[from.Code]; ok && from.goesOn() {
		from.Held = h.Values
	}
	return tea.Batch(flush, w.data.Start(e, "", func(ctx context.Context) (*began, error) {
		t, err := w.src.Begin(ctx, from)
		if err != nil {
			return nil, err
		}
		d := &desk{x: t.Filling, docs: t.Service.Documents}
		seen, err := d.look(ctx)
		return &began{t, seen}, err
	}))
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
	cmd, handled := w.update(e, msg)
	if w.words != nil {
		cmd = tea.Batch(cmd, w.adopt(e))
	}
	return cmd, handled
}

func (w *wizard) update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if w.data.Take(msg) {
		if b := w.data.Value; b != nil && w.desk == nil {
			w.desk, w.seen, w.draft = &desk{x: b.task.Filling, docs: b.task.Service.Documents}, b.seen, b.task.Draft
			w.files = map[string]file{}
			if w.code == "" { // an earlier application has named the service
				w.code = b.task.Service.Code
			}
			w.show(e, 0)
			return tea.Batch(w.attachKept(e), w.filled(e), w.goOn(e), w.reword(e)), true
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
	case rewordedMsg:
		if m.by != w {
			return nil, false
		}
		return w.reworded(e, m), true
	case templateMsg:
		if m.by != w {
			return nil, false
		}
		return w.templateKept(e, m), true
	case fillMsg:
		if m.by != w {
			return nil, false
		}
		return w.fill(e, m.start), true
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
	case tea.KeyPressMsg, tea.PasteMsg:
		if w.desk == nil {
			return nil, false
		}
		if w.state != filling {
			return w.keyAfter(msg)
		}
		return w.input(e, msg)
	}
	if w.pick != nil { // what it found before it is on the screen
		cmd, _ := w.pick.Update(e, msg)
		return cmd, false
	}
	return nil, false
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
