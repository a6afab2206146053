package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/term"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// Options are what the root is made of.
type Options struct {
	Env     *screen.Env
	Entries []screen.Entry
	// First is the screen to begin with, Guest the one for somebody who is not
	// signed in.
	First, Guest string
	// Begin says who is signed in; it runs in the background at the start and after
	// every sign-in.
	Begin func(ctx context.Context) (Session, error)
	// SignOut ends the session; nil when there is no way to.
	SignOut func(ctx context.Context) error
	// Theme is the name of the theme, "auto" for what the environment says.
	Theme  string
	Getenv func(string) string
	Mouse  bool
	// Retry is how long after the network has failed a load is tried again for the
	// first time; each time the wait doubles. 0 leaves it to the person.
	Retry time.Duration
	// Clipboard copies a text to the clipboard of the terminal; nil when it has none.
	Clipboard func(text string)
	// InLanguage is a context in which the portal answers in another language; nil
	// when it cannot be asked to.
	InLanguage func(ctx context.Context, lang i18n.Lang) context.Context
	// Held keeps what a person has typed and nothing else has, until that person is
	// signed in again; nil keeps none.
	Held screen.Cache
}

// Session says who uses the interface.
type Session struct {
	SignedIn bool
	Person   string
	// Owner tells one person from another and from the same person in another role;
	// letters and digits, "" while it is not known.
	Owner    string
	Training bool
	Profile  string
}

// Root is the only model: it shows one screen of a stack, dialogs over it, and
// gives keys to whoever they are for. It runs nothing that waits.
type Root struct {
	env     *screen.Env
	o       Options
	theme   *theme.Theme
	size    view.Size
	screens map[string]screen.Screen
	stack   []place
	dialogs []*layer
	toast   *screen.TellMsg
	mouse   bool
	known   bool // the answer of Begin has come
	signed  bool
	ctx     context.Context // ends with the program; env.Ctx has the language besides
	owner   string          // whose the screens are; they stay so when the session ends by itself
	stop    context.CancelFunc
	hints   []hint
	again   waiting
	origin  [2]int // column and row of the inside of the dialog drawn last
}

// place is a screen on the stack with what it was opened for.
type place struct {
	entry  screen.Entry
	screen screen.Screen
}

// layer is a dialog over the screen.
type layer struct {
	screen.Dialog
	opened, last time.Time // last is the latest key that came too early
	awake        bool      // keys are for the dialog now
}

// A dialog that opens by itself takes no keys until they have been quiet for so
// long, so that no key typed for something else answers it; but at the latest
// after so long.
const (
	graceQuiet = 425 * time.Millisecond
	graceMost  = 1500 * time.Millisecond
)

// began is the message that Begin has answered.
type began struct {
	session Session
	err     error
}

// New returns the root.
func New(o Options) *Root {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	r := &Root{env: o.Env, o: o, theme: theme.Choose(o.Theme, o.Getenv), size: view.Size{W: 80, H: 24}, screens: map[string]screen.Screen{}, mouse: o.Mouse}
	r.env.Entries = o.Entries
	ctx, stop := context.WithCancel(o.Env.Ctx)
	r.env.Ctx, r.ctx, r.stop = ctx, ctx, stop
	return r
}

// Close ends whatever the screens have under way and puts by what they hold.
func (r *Root) Close() {
	end := *r.env
	end.Ctx = context.WithoutCancel(r.env.Ctx)
	for _, s := range r.screens {
		if c, ok := s.(screen.Closer); ok {
			sparing(func() { c.Close(r.env) })
		}
	}
	r.stop()
	for id, s := range r.screens {
		if c, ok := s.(screen.Ender); ok {
			sparing(func() { c.End(&end) })
		}
		sparing(func() { r.keep(id, s)() })
	}
	if r.known && !r.signed && r.env.Cache != nil {
		r.env.Cache.Clear() // the end may have come before who signed out was forgotten
	}
}

// Init opens the first screen and asks who is signed in.
func (r *Root) Init() tea.Cmd {
	return tea.Batch(r.open(r.o.First, ""), r.begin())
}

func (r *Root) begin() tea.Cmd {
	if r.o.Begin == nil {
		return nil
	}
	return func() tea.Msg {
		s, err := r.o.Begin(r.env.Ctx)
		return began{s, err}
	}
}

// Update takes a message. It never waits.
func (r *Root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := r.update(msg)
	if more := r.palette(); more != nil {
		cmd = tea.Batch(cmd, more)
	}
	if wait := r.retry(); wait != nil {
		cmd = tea.Batch(cmd, wait)
	}
	return r, cmd
}

func (r *Root) update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case nil:
		return nil
	case tea.WindowSizeMsg:
		r.size = view.Size{W: m.Width, H: m.Height}
		return nil
	case tea.KeyPressMsg:
		return r.key(m)
	case tea.PasteMsg:
		return r.paste(m)
	case tea.MouseClickMsg:
		return r.click(tea.Mouse(m))
	case tea.MouseWheelMsg:
		return r.wheel(tea.Mouse(m))
	case screen.GoMsg:
		return r.open(m.ID, m.Arg)
	case screen.BackMsg:
		return r.back()
	case screen.TellMsg:
		r.toast = &m
		return nil
	case screen.FailMsg:
		return r.fail(m.Err, m.Also...)
	case screen.AskMsg:
		r.ask(m.Dialog)
		if o, ok := m.Dialog.(screen.Opening); ok {
			return o.Opened(r.env)
		}
		return nil
	case screen.CopyMsg:
		r.copy(m.Text)
		return nil
	case screen.RanMsg:
		r.env.Log.Add(r.env.Clock.Now(), m.Command)
		return nil
	case screen.SignedMsg:
		return r.signedChanged(m.In)
	case began:
		return r.began(m)
	case givenBack:
		return r.giveBack(m)
	case retried:
		return r.retried(m)
	}
	return r.broadcast(msg)
}

// broadcast gives a message to every screen and dialog: each knows its own.
func (r *Root) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, l := range r.dialogs {
		if cmd, done := l.Update(r.env, msg); cmd != nil || done {
			cmds = append(cmds, cmd)
			if done {
				defer r.drop(l)
			}
		}
	}
	for _, e := range r.o.Entries {
		if s := r.screens[e.ID]; s != nil {
			if cmd, _ := s.Update(r.env, msg); cmd != nil {
				cmds = append(cmds, cmd)
			}
		}
	}
	return tea.Batch(cmds...)
}

func (r *Root) began(m began) tea.Cmd {
	r.known = true
	if m.err != nil {
		return r.fail(m.err)
	}
	r.signed = m.session.SignedIn
	r.env.Training, r.env.Profile = m.session.Training, m.session.Profile
	r.env.Person = ""
	if r.signed {
		r.env.Person, r.owner = personText(m.session.Person), m.session.Owner
		return r.restoreAll()
	}
	var guest tea.Cmd
	if top := r.top(); top != nil && !top.entry.Public && r.o.Guest != "" {
		guest = r.open(r.o.Guest, "")
	}
	return r.forgetting(guest)
}

// forgetting forgets what was shown, and goes on when that is done: what is loaded then
// is kept again.
func (r *Root) forgetting(then tea.Cmd) tea.Cmd {
	cache := r.env.Cache
	if cache == nil {
		return then
	}
	return func() tea.Msg {
		cache.Clear()
		if then == nil {
			return nil
		}
		return then()
	}
}

// signedChanged follows somebody signing in or out: nothing of the one before is
// left on any screen. What one had typed when the session ended by itself is put by;
// who signs out leaves nothing.
func (r *Root) signedChanged(in bool) tea.Cmd {
	var writes []func()
	for id, s := range r.screens {
		if c, ok := s.(screen.Closer); ok {
			c.Close(r.env)
		}
		if in {
			writes = append(writes, r.keep(id, s))
		}
	}
	r.screens, r.stack = map[string]screen.Screen{}, nil
	r.signed, r.env.Person, r.owner = in, "", ""
	to := r.o.Guest
	if in || to == "" {
		to = r.o.First
	}
	begin := r.begin()
	return r.forgetting(tea.Batch(r.open(to, ""), func() tea.Msg {
		for _, write := range writes {
			write()
		}
		if begin == nil {
			return nil
		}
		return begin() // after the writing: it may be the same person
	}))
}

func (r *Root) entry(id string) (screen.Entry, bool) {
	for _, e := range r.o.Entries {
		if e.ID == id {
			return e, true
		}
	}
	return screen.Entry{}, false
}

func (r *Root) top() *place {
	if len(r.stack) == 0 {
		return nil
	}
	return &r.stack[len(r.stack)-1]
}

// open shows a screen. A screen that is on the stack already comes to the top.
func (r *Root) open(id, arg string) tea.Cmd {
	e, ok := r.entry(id)
	if !ok {
		return nil
	}
	if r.known && !r.signed && !e.Public && r.o.Guest != "" {
		e, _ = r.entry(r.o.Guest)
		arg = ""
	}
	s, back := r.screen(e)
	for i, p := range r.stack {
		if p.entry.ID == e.ID {
			r.stack = append(r.stack[:i:i], r.stack[i+1:]...)
			break
		}
	}
	r.stack = append(r.stack, place{e, s})
	r.toast = nil
	command := e.Command
	if command != "" && arg == "" {
		r.env.Log.Add(r.env.Clock.Now(), command)
	}
	return tea.Batch(s.Open(r.env, arg), back)
}

// screen is the screen of an entry, made when it is not there yet. The command gives
// it what it held.
func (r *Root) screen(e screen.Entry) (screen.Screen, tea.Cmd) {
	if s := r.screens[e.ID]; s != nil {
		return s, nil
	}
	s := e.New()
	r.screens[e.ID] = s
	return s, r.restore(e.ID, s)
}

func (r *Root) back() tea.Cmd {
	if len(r.stack) < 2 {
		return nil
	}
	top := r.top()
	if c, ok := top.screen.(screen.Closer); ok {
		c.Close(r.env)
	}
	r.stack = r.stack[:len(r.stack)-1]
	r.toast = nil
	return r.reload() // what was done above it may have changed it
}

// reload loads the screen on top anew; it keeps to what it shows.
func (r *Root) reload() tea.Cmd {
	if top := r.top(); top != nil {
		return top.screen.Open(r.env, "")
	}
	return nil
}

func (r *Root) ask(d screen.Dialog) {
	now := r.env.Clock.Now()
	unasked := false
	if u, ok := d.(screen.Unasked); ok {
		unasked = u.Unasked()
	}
	r.dialogs = append(r.dialogs, &layer{Dialog: d, opened: now, last: now, awake: !unasked})
}

func (r *Root) drop(l *layer) {
	for i, x := range r.dialogs {
		if x == l {
			r.dialogs = append(r.dialogs[:i:i], r.dialogs[i+1:]...)
			return
		}
	}
}

// fail shows an error. What the person waits for is told in a dialog, which opens
// by itself: the answer came when it came.
func (r *Root) fail(err error, also ...i18n.Localised) tea.Cmd {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	f := faultOf(err)
	if f.Exit == exitcode.Auth && r.o.Guest != "" {
		if top := r.top(); top == nil || !top.entry.Public {
			r.signed, r.known = false, true
			r.toast = &screen.TellMsg{Text: f.Message, Bad: true}
			cmd := r.open(r.o.Guest, "")
			r.toast = &screen.TellMsg{Text: f.Message, Bad: true}
			return cmd
		}
	}
	r.ask(&kit.Notice{Head: i18n.Text{RU: "Не получилось", EN: "It did not work"}, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame {
		out := view.Wrap(theme.Bad, e.Say(f.Message), cols)
		for _, fl := range f.Fields {
			out = append(out, view.Wrap(theme.Plain, "· "+e.Say(fl.Told()), cols)...)
		}
		if !f.Hint.IsZero() {
			out = append(out, view.Blank())
			out = append(out, view.Wrap(theme.Plain, e.Say(f.Hint), cols)...)
		}
		for _, m := range also {
			out = append(out, view.Blank())
			out = append(out, view.Wrap(theme.Plain, e.Say(m), cols)...)
		}
		if f.RequestID != "" {
			out = append(out, view.Say(theme.Muted, "X-Request-Id: "+f.RequestID))
		}
		return out
	}})
	return nil
}

// copy copies to the clipboard. What is copied is what was seen.
func (r *Root) copy(text string) {
	first, _, _ := strings.Cut(text, "\n")
	if r.o.Clipboard == nil {
		r.toast = &screen.TellMsg{Bad: true, Text: i18n.Text{RU: "У этого терминала нет буфера обмена: %s", EN: "This terminal has no clipboard: %s"}.With(first)}
		return
	}
	r.o.Clipboard(text)
	r.toast = &screen.TellMsg{Text: i18n.Text{RU: "Скопировано: %s", EN: "Copied: %s"}.With(first)}
}

// faultOf is the fault in err, or a plain one around it.
func faultOf(err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(exitcode.Failure, "unexpected", i18n.Text{RU: "непредвиденная ошибка: %s", EN: "unexpected failure: %s"}.With(err.Error()))
}

// quit ends the program, at once when nothing is under way.
func (r *Root) quit() tea.Cmd {
	if what := r.busy(); what != nil {
		r.ask(&kit.Confirm{Head: i18n.Text{RU: "Выйти?", EN: "Quit?"}, Text: what, Yes: i18n.Text{RU: "Выйти", EN: "Quit"}, Do: func() tea.Cmd { return tea.Quit }})
		return nil
	}
	return tea.Quit
}

// busy is what an end would cut off now; nil when nothing is under way.
func (r *Root) busy() i18n.Localised {
	for _, e := range r.o.Entries {
		if b, ok := r.screens[e.ID].(screen.Busy); ok {
			if what := b.Busy(r.env); what != nil {
				return what
			}
		}
	}
	return nil
}

// key gives a key press to whoever it is for: the dialog on top, the actions of
// the screen, the screen itself, the root.
func (r *Root) key(m tea.KeyPressMsg) tea.Cmd {
	k := tea.Key(m)
	name := keymap.Name(k)
	switch name {
	case "ctrl+c":
		return tea.Quit
	case "ctrl+z":
		return func() tea.Msg { return term.Suspend{} }
	}
	if n := len(r.dialogs); n > 0 {
		return r.forDialog(r.dialogs[n-1], m)
	}
	r.toast = nil
	top := r.top()
	if top == nil {
		return nil
	}
	// While text is typed, whatever may be text is the screen's first; Esc ends the
	// typing before it ends anything else.
	if text := k.Text != "" || !strings.Contains(name, "+") && !isFunction(name); text && isTyping(top.screen) {
		cmd, handled := top.screen.Update(r.env, m)
		if handled || cmd != nil || name != "esc" {
			return cmd
		}
		if cmd, ok := r.act(name, top.screen.Actions(r.env)); ok {
			return cmd
		}
		cmd, _ = r.act(name, r.global())
		return cmd
	}
	if cmd, ok := r.act(name, top.screen.Actions(r.env)); ok {
		return cmd
	}
	if cmd, handled := top.screen.Update(r.env, m); handled || cmd != nil {
		return cmd
	}
	cmd, _ := r.act(name, r.global())
	return cmd
}

// act does the action whose key was pressed.
func (r *Root) act(name string, actions []screen.Action) (tea.Cmd, bool) {
	for _, a := range actions {
		if r.env.Keys.Has(name, a.ID, a.Keys) {
			return r.run(a), true
		}
	}
	return nil, false
}

func isFunction(name string) bool {
	return len(name) > 1 && name[0] == 'f' && name[1] >= '1' && name[1] <= '9'
}

func isTyping(s any) bool {
	t, ok := s.(screen.Typing)
	return ok && t.Typing()
}

// forDialog gives a key or a click to a dialog, unless it has opened by itself just now.
func (r *Root) forDialog(l *layer, m tea.Msg) tea.Cmd {
	if !l.awake {
		now := r.env.Clock.Now()
		if now.Sub(l.last) < graceQuiet && now.Sub(l.opened) < graceMost {
			l.last = now
			return nil
		}
		l.awake = true
	}
	cmd, done := l.Update(r.env, m)
	if done {
		r.drop(l)
	}
	return cmd
}

// run does an action, or says why it cannot be done now.
func (r *Root) run(a screen.Action) tea.Cmd {
	if a.Off != nil {
		r.toast = &screen.TellMsg{Text: a.Off, Bad: true}
		return nil
	}
	r.env.Log.Add(r.env.Clock.Now(), a.Command)
	return a.Run()
}

func (r *Root) paste(m tea.PasteMsg) tea.Cmd {
	if n := len(r.dialogs); n > 0 {
		l := r.dialogs[n-1]
		if !l.awake {
			return nil
		}
		cmd, done := l.Update(r.env, m)
		if done {
			r.drop(l)
		}
		return cmd
	}
	if top := r.top(); top != nil {
		cmd, _ := top.screen.Update(r.env, m)
		return cmd
	}
	return nil
}

// Top is the ID of the screen that is seen, "" before there is one. For tests.
func (r *Root) Top() string {
	if top := r.top(); top != nil {
		return top.entry.ID
	}
	return ""
}

// Opened is the screen of an entry, nil before it was opened. For tests.
func (r *Root) Opened(id string) screen.Screen { return r.screens[id] }
