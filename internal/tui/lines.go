package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/keys"
)

// Console is where the line-based interface reads and writes. Nothing on it is
// ever drawn over.
type Console interface {
	Say(line string)
	// Ask asks for a line. io.EOF ends the interface.
	Ask(ctx context.Context, label string, secret bool) (string, error)
}

// rowsAtOnce is how many rows of a list are read out before one asks for more.
const rowsAtOnce = 20

// reader uses the same root and screens line by line: everything is read out once
// and answered by numbers and words, for screen readers and braille lines.
type reader struct {
	root    *Root
	console Console
	came    chan tea.Msg
	pending int
	quit    bool
	from    int // the first row to be read
	said    string
}

// RunLines shows the interface line by line until it is left.
func RunLines(ctx context.Context, c Console, o Options) error {
	if o.Clipboard == nil {
		o.Clipboard = func(text string) { c.Say(text) }
	}
	o.Retry = 0 // what is read out has no line that changes by itself
	r := &reader{root: New(o), console: c, came: make(chan tea.Msg, 64)}
	defer r.root.Close()
	r.root.size = view.Size{W: 100, H: 200}
	r.run(r.root.Init())
	for !r.quit {
		if err := r.settle(ctx); err != nil {
			return err
		}
		if r.quit {
			break
		}
		err := r.turn(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	r.pending++
	go func() { r.came <- ended{cmd()} }()
}

// ended is the end of a command.
type ended struct{ msg tea.Msg }

func (r *reader) take(msg tea.Msg) {
	switch m := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			r.run(c)
		}
	case tea.QuitMsg:
		r.quit = true
	default:
		_, cmd := r.root.Update(msg)
		r.run(cmd)
	}
}

// settle waits until nothing is under way, or something is asked. Whoever waits
// is told so once.
func (r *reader) settle(ctx context.Context) error {
	e := r.root.env
	told := time.After(1500 * time.Millisecond)
	for r.pending > 0 && len(r.root.dialogs) == 0 && !r.quit {
		select {
		case m := <-r.came:
			r.pending--
			r.take(m.(ended).msg)
		case <-told:
			r.read()
			r.console.Say(e.T("Ждём ответа портала…", "Waiting for the portal…"))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for len(r.came) > 0 {
		m := <-r.came
		r.pending--
		r.take(m.(ended).msg)
	}
	return nil
}

// turn reads what there is and takes one answer.
func (r *reader) turn(ctx context.Context) error {
	if n := len(r.root.dialogs); n > 0 {
		return r.dialog(ctx, r.root.dialogs[n-1])
	}
	spoken := r.read()
	if t := r.root.toast; t != nil {
		r.console.Say(r.root.env.Say(t.Text))
		r.root.toast = nil
	}
	if len(spoken.Ask) > 0 {
		return r.questions(ctx, spoken)
	}
	line, err := r.console.Ask(ctx, r.root.env.T("Номер строки, действие или ? ", "Row number, action or ? "), false)
	if err != nil {
		return err
	}
	return r.command(ctx, spoken, strings.TrimSpace(line))
}

// spoken is what the screen on top says.
func (r *reader) spoken() screen.Spoken {
	top := r.root.top()
	if top == nil {
		return screen.Spoken{}
	}
	if s, ok := top.screen.(screen.Speaking); ok {
		return s.Spoken(r.root.env)
	}
	return screen.Spoken{Lines: kit.Said(top.screen.Draw(r.root.env, view.Size{W: 100, H: 200}))}
}

// read says the screen: its title, its lines and rows, and what can be done. What
// was just said is not said again.
func (r *reader) read() screen.Spoken {
	e, s := r.root.env, r.spoken()
	var out []string
	if top := r.root.top(); top != nil {
		title := e.Say(top.entry.Title)
		if t, ok := top.screen.(screen.Titled); ok {
			title = e.Say(t.Title(e))
		}
		if d, ok := top.screen.(screen.Dated); ok {
			at, loading, err := d.AsOf()
			if when := r.root.asOf(at, loading); when != "" {
				title += ", " + when
			}
			if err != nil {
				title += ". " + e.T("Не обновлено: ", "Not refreshed: ") + e.Say(faultOf(err).Message)
			}
		}
		out = append(out, title)
	}
	out = append(out, s.Lines...)
	r.from = max(0, min(r.from, s.Rows-1))
	for i := r.from; i < min(r.from+rowsAtOnce, s.Rows); i++ {
		out = append(out, fmt.Sprintf("%d. %s", i+1, s.Row(i)))
	}
	if s.Rows > r.from+rowsAtOnce {
		out = append(out, fmt.Sprintf(e.T("Строк всего %d; n — дальше, p — назад", "%d rows in all; n goes on, p goes back"), s.Rows))
	}
	if text := strings.Join(out, "\n"); text != r.said {
		r.said = text
		r.console.Say("")
		for _, l := range out {
			r.console.Say(l)
		}
	}
	return s
}

// questions asks for everything that has to be typed. An empty first answer leads
// to the actions instead.
func (r *reader) questions(ctx context.Context, s screen.Spoken) error {
	e := r.root.env
	var answers []string
	for i, q := range s.Ask {
		label := ""
		if q.Hint != "" {
			label = " (" + q.Hint + ")"
		}
		others := ""
		switch {
		case q.Given != "" && i == 0:
			label, others = label+e.T("; пусто — оставить, ? — другие действия", "; empty keeps it, ? lists other actions"), "?"
		case q.Given != "":
			label += e.T("; пусто — оставить", "; empty keeps it")
		case i == 0:
			label += e.T("; пусто — другие действия", "; empty: other actions")
		}
		a, err := r.ask(ctx, q, label)
		if err != nil {
			return err
		}
		if i == 0 && a == others {
			return r.actions(ctx)
		}
		if a == "" {
			a = q.Given
		}
		answers = append(answers, a)
	}
	cmd, _ := s.Answer(e, answers)
	r.run(cmd)
	return nil
}

// ask asks one question. What is there already is read out with it, a secret only
// as being there.
func (r *reader) ask(ctx context.Context, q screen.Question, more string) (string, error) {
	if q.Wrong != "" {
		r.console.Say(q.Wrong)
	}
	label := q.Label
	switch {
	case q.Given != "" && q.Secret:
		label += " [" + r.root.env.T("уже введено", "given already") + "]"
	case q.Given != "":
		label += " [" + q.Given + "]"
	}
	return r.console.Ask(ctx, label+more, q.Secret)
}

// dialog reads a dialog and takes its answer.
func (r *reader) dialog(ctx context.Context, l *layer) error {
	e := r.root.env
	r.said = ""
	r.console.Say("")
	r.console.Say(e.Say(l.Title(e)))
	sp, ok := l.Dialog.(screen.Speaking)
	if !ok {
		for _, line := range kit.Said(l.Draw(e, view.Size{W: 100, H: 200})) {
			r.console.Say(line)
		}
		r.root.drop(l)
		return nil
	}
	s := sp.Spoken(e)
	for _, line := range s.Lines {
		r.console.Say(line)
	}
	switch {
	case len(s.Ask) > 0:
		var answers []string
		for _, q := range s.Ask {
			label := e.T(" (пусто — ничего не делать)", " (empty does nothing)")
			if q.Given != "" {
				label = e.T(" (пусто — оставить, - — ничего не делать)", " (empty keeps it, - does nothing)")
			}
			a, err := r.ask(ctx, q, label)
			if err != nil {
				return err
			}
			switch a = strings.TrimSpace(a); {
			case a == "" && q.Given != "":
				a = q.Given
			case a == "-" && q.Given != "":
				a = ""
			}
			answers = append(answers, a)
		}
		cmd, done := s.Answer(e, answers)
		r.close(l, cmd, done)
	case s.Choose != nil:
		i, err := r.number(ctx, s)
		if err != nil {
			return err
		}
		if i < 0 {
			r.root.drop(l)
			return nil
		}
		cmd, done := s.Choose(i)
		r.close(l, cmd, done)
	default:
		r.root.drop(l)
	}
	return nil
}

func (r *reader) close(l *layer, cmd tea.Cmd, done bool) {
	if done {
		r.root.drop(l)
	}
	r.run(cmd)
}

// number asks for one of the rows; -1 is none. Of many rows the first are read, "n"
// reads the next ones, and a word those that have it; a row keeps its number.
func (r *reader) number(ctx context.Context, s screen.Spoken) (int, error) {
	e := r.root.env
	seen, from := make([]int, s.Rows), 0
	for i := range seen {
		seen[i] = i
	}
	all := seen
	read := func() {
		for _, i := range seen[from:min(from+rowsAtOnce, len(seen))] {
			r.console.Say(fmt.Sprintf("%d. %s", i+1, s.Row(i)))
		}
		if len(seen) > from+rowsAtOnce {
			r.console.Say(fmt.Sprintf(e.T("Всего %d; n — дальше, слово — найти", "%d in all; n goes on, a word finds"), len(seen)))
		}
	}
	read()
	for {
		a, err := r.console.Ask(ctx, r.root.env.T("Номер (пусто — ничего не делать)", "Number (empty does nothing)"), false)
		if err != nil {
			return 0, err
		}
		if a = strings.TrimSpace(a); a == "" {
			return -1, nil
		}
		if n, err := strconv.Atoi(a); err == nil && n >= 1 && n <= s.Rows {
			return n - 1, nil
		}
		if a == "n" && len(seen) > from+rowsAtOnce {
			from += rowsAtOnce
			read()
			continue
		}
		var found []int
		for _, i := range all {
			if len(all) > rowsAtOnce && strings.Contains(strings.ToLower(s.Row(i)), strings.ToLower(a)) {
				found = append(found, i)
			}
		}
		if len(found) == 0 {
			r.console.Say(e.T("Такого номера нет.", "There is no such number."))
			continue
		}
		seen, from = found, 0
		read()
	}
}

// word is what one types for an action: its letter, else the end of its name.
func word(e *screen.Env, a screen.Action) string {
	for _, k := range e.Keys.Of(a.ID, a.Keys) {
		if len(k) == 1 && (k[0] >= 'a' && k[0] <= 'z' || k[0] >= '0' && k[0] <= '9') && k != "n" {
			return k
		}
	}
	return a.ID[strings.LastIndexByte(a.ID, '.')+1:]
}

// all are the actions of the screen and of the whole interface.
func (r *reader) all() []screen.Action {
	var out []screen.Action
	if top := r.root.top(); top != nil {
		out = append(out, top.screen.Actions(r.root.env)...)
	}
	for _, a := range r.root.global() {
		switch a.ID {
		case "palette", "theme", "mouse", "help": // of the screen only
		default:
			out = append(out, a)
		}
	}
	return out
}

// command does what was typed: a number points at a row and opens it, a word does
// an action, both together do it with that row.
func (r *reader) command(ctx context.Context, s screen.Spoken, line string) error {
	e := r.root.env
	r.said = ""
	if query, ok := strings.CutPrefix(line, "/"); ok {
		return r.search(query)
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	asked := ""
	for _, w := range words {
		if n, err := strconv.Atoi(w); err == nil && s.Rows > 0 {
			if n < 1 || n > s.Rows {
				r.console.Say(e.T("Такого номера нет.", "There is no such number."))
				return nil
			}
			s.Point(n - 1)
			continue
		}
		asked = strings.ToLower(otherLayout(w))
	}
	switch {
	case asked == "?" || asked == "help":
		return r.actions(ctx)
	case asked == "n" && s.Rows > 0:
		r.from += rowsAtOnce
		return nil
	case asked == "p" && s.Rows > rowsAtOnce && r.from > 0:
		r.from -= rowsAtOnce
		return nil
	}
	for _, a := range r.all() {
		if asked == "" && hasEnter(e, a) || asked != "" && (asked == word(e, a) || asked == a.ID || e.Keys.Has(asked, a.ID, a.Keys)) {
			r.run(r.root.run(a))
			return nil
		}
	}
	if asked == "" { // a list without an action on Enter opens its rows itself
		_, cmd := r.root.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
		r.run(cmd)
		return nil
	}
	r.console.Say(e.T("Непонятно: ", "Not understood: ") + keys.Latin(asked) + e.T(". ? покажет действия.", ". ? lists the actions."))
	return nil
}

func hasEnter(e *screen.Env, a screen.Action) bool { return e.Keys.Has("enter", a.ID, a.Keys) }

// search filters the list of the screen.
func (r *reader) search(query string) error {
	top := r.root.top()
	if top == nil {
		return nil
	}
	r.from = 0
	_, cmd := r.root.Update(tea.KeyPressMsg{Code: '/', Text: "/"})
	r.run(cmd)
	_, cmd = r.root.Update(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl})
	r.run(cmd)
	_, cmd = r.root.Update(tea.PasteMsg{Content: query})
	r.run(cmd)
	_, cmd = r.root.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	r.run(cmd)
	return nil
}

// actions lists what can be done and does what is chosen by its number.
func (r *reader) actions(ctx context.Context) error {
	e := r.root.env
	all := r.all()
	s := screen.Spoken{Rows: len(all), Row: func(i int) string {
		a := all[i]
		out := word(e, a) + " — " + a.Title.In(e.Lang)
		if a.Command != "" {
			out += " (" + a.Command + ")"
		}
		if a.Off != nil {
			out += ": " + e.T("сейчас нельзя: ", "not now: ") + e.Say(a.Off)
		}
		return out
	}}
	r.console.Say(e.T("Действия. / и текст — поиск в списке.", "Actions. / and a text filter the list."))
	i, err := r.number(ctx, s)
	if err != nil || i < 0 {
		return err
	}
	r.said = ""
	r.run(r.root.run(all[i]))
	return nil
}
