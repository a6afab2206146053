package apply

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// sentMsg is the end of a submission.
type sentMsg struct {
	by      *wizard
	receipt applications.Receipt
	err     error
}

// quoted makes one word of a shell of s.
func quoted(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("-_./=:,@%+~", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// command is the command that submits the same.
func (w *wizard) command() string {
	s := "epgu application create " + w.name() + " --from answers.yaml --submit"
	if w.draft.ID != "" {
		s = "epgu application submit " + w.draft.ID
	}
	for _, d := range w.seen.docs {
		if f, ok := w.files[d.Name]; ok {
			s += " --attach " + quoted(d.Name+"="+f.path)
		}
	}
	if w.sent != nil && w.sent.Certificate != "" {
		s += " --sign " + quoted(w.sent.Certificate)
	}
	return s
}

// name is how a command names the service.
func (w *wizard) name() string {
	if b := w.data.Value; b != nil && b.task.Service.Slug != "" {
		return b.task.Service.Slug
	}
	return w.code
}

// Actions is what can be done now.
func (w *wizard) Actions(e *screen.Env) []screen.Action {
	var off i18n.Localised
	switch {
	case w.desk == nil:
		off = i18n.Say("форма ещё не загружена", "the form is not loaded yet")
	case w.state == sending:
		off = i18n.Say("заявление отправляется", "the application is being sent")
	case w.state == unknown:
		off = i18n.Say("сначала узнайте, дошло ли заявление: F8", "find out first whether the application arrived: F8")
	case w.state == submitted:
		off = i18n.Say("заявление уже подано", "the application is in")
	}
	here, _ := w.current()
	orOff := func(ok bool, m i18n.Message) i18n.Localised {
		if off != nil || ok {
			return off
		}
		return m
	}
	item, inItem := w.item()
	list, inList := w.list()
	submit := screen.Action{ID: "apply.submit", Title: i18n.Text{RU: "подать", EN: "submit"}, Keys: []string{"f8"}, Command: "epgu application create " + w.name() + " --from answers.yaml --submit", Off: off, Footer: true,
		Run: func() tea.Cmd { return w.submit(e) }}
	if w.desk != nil {
		submit.Command = "" // told when it is known, by Ran
		if off == nil && w.data.Value.task.TooLow != nil {
			submit.Off = messageOf(w.data.Value.task.TooLow)
		}
	}
	if w.state == unknown {
		submit.Title, submit.Off = i18n.Text{RU: "спросить портал", EN: "ask the portal"}, nil
		submit.Run = func() tea.Cmd { return w.send(e, *w.sent) }
	}
	fresh := off
	if w.state == submitted {
		fresh = nil
	}
	return []screen.Action{
		{ID: "apply.next", Title: i18n.Text{RU: "дальше", EN: "next"}, Keys: []string{"ctrl+n"}, Off: orOff(w.page < w.pages()-1, i18n.Say("это последняя страница", "this is the last page")), Footer: true,
			Run: func() tea.Cmd { return w.turn(e, 1) }},
		{ID: "apply.previous", Title: i18n.Text{RU: "назад на шаг", EN: "previous step"}, Keys: []string{"ctrl+p"}, Off: orOff(w.page > 0, i18n.Say("это первая страница", "this is the first page")), Footer: true,
			Run: func() tea.Cmd { return w.turn(e, -1) }},
		{ID: "apply.review", Title: i18n.Text{RU: "проверить всё", EN: "review all"}, Keys: []string{"f6"}, Off: off, Footer: true,
			Run: func() tea.Cmd { return w.review(e) }},
		submit,
		{ID: "apply.choose", Title: i18n.Text{RU: "выбрать из списка, найти файл", EN: "choose from the list, find a file"}, Keys: []string{"ctrl+l"},
			Off: orOff(here.kind == rowFile || here.kind == rowField && choices(here.entry), i18n.Say("здесь не выбирают из списка", "nothing is chosen from a list here")),
			Run: func() tea.Cmd { return w.choose(e, here, "") }},
		{ID: "apply.add", Title: i18n.Text{RU: "добавить ещё одного", EN: "add one more"}, Keys: []string{"ctrl+o"}, Off: orOff(inList && list.entry.CanAdd, i18n.Say("здесь добавлять нечего", "there is nothing to add here")),
			Run: func() tea.Cmd { return w.commit(e, func(e *screen.Env) tea.Cmd { return w.add(e, list) }) }},
		{ID: "apply.remove", Title: i18n.Text{RU: "убрать этого", EN: "remove this one"}, Keys: []string{"ctrl+x"}, Off: orOff(inItem && item.entry.CanDrop, i18n.Say("убирать здесь нечего", "there is nothing to remove here")),
			Run: func() tea.Cmd { return w.remove(e, item) }},
		{ID: "apply.explain", Title: i18n.Text{RU: "всё о поле", EN: "all about the field"}, Keys: []string{"f7"}, Off: orOff(here.kind == rowField || here.kind == rowList, i18n.Say("курсор не на поле", "the cursor is on no field")),
			Run: func() tea.Cmd { return w.explain(here) }},
		{ID: "apply.save", Title: i18n.Text{RU: "сохранить черновик", EN: "keep the draft"}, Keys: []string{"ctrl+s"}, Command: w.draftCommand(), Off: off,
			Run: func() tea.Cmd { return w.commit(e, w.saveNow) }},
		{ID: "apply.template", Title: i18n.Text{RU: "заполнить по шаблону", EN: "fill by a template"}, Keys: []string{"ctrl+t"}, Command: "epgu application template list", Off: orOff(len(w.templates()) > 0, noTemplates()),
			Run: func() tea.Cmd { return w.commit(e, func(*screen.Env) tea.Cmd { return w.chooseTemplate() }) }},
		{ID: "apply.keep", Title: i18n.Text{RU: "сохранить как шаблон", EN: "keep as a template"}, Keys: []string{"ctrl+g"}, Off: off,
			Run: func() tea.Cmd { return w.commit(e, w.askTemplate) }},
		{ID: "apply.fresh", Title: i18n.Text{RU: "начать заново", EN: "begin anew"}, Keys: []string{"ctrl+y"}, Off: fresh,
			Run: func() tea.Cmd { return w.fresh(e) }},
	}
}

func (w *wizard) draftCommand() string {
	if w.desk == nil {
		return "epgu application draft"
	}
	return "epgu application create " + w.name() + " --from answers.yaml"
}

func (w *wizard) saveNow(e *screen.Env) tea.Cmd {
	w.draft.Values, w.dirty = w.seen.values, true
	return w.save(e)
}

// fresh begins without the answers of the draft, which stays where it is.
func (w *wizard) fresh(e *screen.Env) tea.Cmd {
	if w.state == submitted {
		return w.load(e, Start{Code: w.code, Fresh: true})
	}
	return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Начать заново", EN: "Begin anew"},
		Text: i18n.Say("Прежний черновик останется среди черновиков: epgu application draft.", "The draft stays among the drafts: epgu application draft."), Yes: i18n.Text{RU: "Начать заново", EN: "Begin anew"},
		Do: func() tea.Cmd { return w.load(e, Start{Code: w.code, Fresh: true}) }})
}

// item is the row of the item in which the cursor stands.
func (w *wizard) item() (row, bool) {
	here, ok := w.current()
	if !ok {
		return row{}, false
	}
	for i := w.cursor; i >= 0; i-- {
		if r := w.rows[i]; r.kind == rowItem && (here.path == r.path || strings.HasPrefix(here.path, r.path+".")) {
			return r, true
		}
	}
	return row{}, false
}

// list is the row of the repeated group in which the cursor stands.
func (w *wizard) list() (row, bool) {
	here, ok := w.current()
	if !ok {
		return row{}, false
	}
	for i := w.cursor; i >= 0; i-- {
		if r := w.rows[i]; r.kind == rowList && (here.path == r.path || strings.HasPrefix(here.path, r.path+"[")) {
			return r, true
		}
	}
	return row{}, false
}

// explain says everything about the field under the cursor.
func (w *wizard) explain(r row) tea.Cmd {
	lines := w.desk.x.Form().Explain(r.entry.Field)
	return screen.Ask(&kit.Notice{Head: i18n.Text{RU: "%s", EN: "%s"}.With(r.title), Lines: func(e *screen.Env, cols int) view.Frame {
		var out view.Frame
		for _, l := range lines {
			out = append(out, view.Wrap(theme.Plain, e.Say(l), cols)...)
		}
		return out
	}})
}

// review shows the last page with everything that is wrong.
func (w *wizard) review(e *screen.Env) tea.Cmd {
	return w.commit(e, func(e *screen.Env) tea.Cmd {
		w.show(e, w.pages()-1)
		return w.check(e, nil)
	})
}

// check judges answers and files together. then runs when nothing is wrong.
func (w *wizard) check(e *screen.Env, then func(e *screen.Env, s Sending) tea.Cmd) tea.Cmd {
	task, desk := w.data.Value.task, w.desk
	var given []string
	for name, f := range w.files {
		given = append(given, name+"="+f.path)
	}
	slices.Sort(given)
	s := Sending{Service: task.Service}
	var problems []fault.Field
	return w.do(e, job{do: func(ctx context.Context, x *forms.Filling) error {
		var err error
		if problems, err = x.Problems(ctx); err != nil {
			return err
		}
		docs, err := catalog.Asked(x, desk.docs)
		if err != nil {
			return err
		}
		s.Attached, err = applications.CheckAttachments(given, docs)
		if f := fault.Of(err); f != nil && f.Exit == exitcode.Usage {
			problems = append(problems, f.Fields...)
			err = nil
		}
		s.Values, _ = x.Values()
		return err
	}, then: func(e *screen.Env, err error) tea.Cmd {
		if err != nil {
			return screen.Fail(err)
		}
		w.checked, w.problems = true, problems
		w.lay(e)
		if then == nil || len(problems) > 0 {
			if w.page == w.pages()-1 && len(problems) > 0 {
				w.cursor = 0
				w.lay(e)
			}
			if then == nil {
				return nil
			}
			w.show(e, w.pages()-1)
			return screen.Tell(i18n.Text{RU: "Ничего не отправлено. Сначала исправьте: %d", EN: "Nothing was sent. To be mended first: %d"}.With(len(problems)))
		}
		return then(e, s)
	}})
}

// submit checks the whole, asks once more, has it signed and sends it.
func (w *wizard) submit(e *screen.Env) tea.Cmd {
	if low := w.data.Value.task.TooLow; low != nil {
		return screen.Fail(low)
	}
	return w.commit(e, func(e *screen.Env) tea.Cmd {
		return w.check(e, func(e *screen.Env, s Sending) tea.Cmd { return screen.Ask(w.confirm(e, s)) })
	})
}

// confirm names what will be done. Nothing is sent without it.
func (w *wizard) confirm(e *screen.Env, s Sending) screen.Dialog {
	text := i18n.Text{RU: "Заявление «%s» уйдёт в ведомство. Файлов: %d. %s", EN: "The application %q will go to the department. Files: %d. %s"}.With(s.Service.Title, len(s.Attached), w.feeText())
	if w.data.Value.task.Open.State != "" {
		text = i18n.Text{RU: "%s\n\n%s", EN: "%s\n\n%s"}.With(text, openText())
	}
	return &kit.Confirm{Head: i18n.Text{RU: "Подать заявление?", EN: "Submit the application?"}, Text: text, Yes: i18n.Text{RU: "Подать", EN: "Submit"}, ByItself: true,
		Do: func() tea.Cmd {
			if s.Service.Signature == "qualified" {
				return w.sign(e, s)
			}
			return w.send(e, s)
		}}
}

// sign asks which certificate signs, and its PIN.
func (w *wizard) sign(e *screen.Env, s Sending) tea.Cmd {
	return func() tea.Msg {
		names, err := w.src.Certificates()
		if err == nil && len(names) == 0 {
			err = fault.New(exitcode.Usage, "cert.none", i18n.Say("сертификатов ещё нет, а услуга требует квалифицированной подписи", "there are no certificates yet, and the service demands a qualified signature")).
				Advise(i18n.Say("создайте (epgu cert new) или импортируйте (epgu cert import); ответы сохранены в черновике", "make one (epgu cert new) or import one (epgu cert import); the answers are kept in the draft"))
		}
		if err != nil {
			return screen.FailMsg{Err: err}
		}
		pin := func(name string) screen.Dialog {
			return &kit.Typed{Head: i18n.Text{RU: "Подпись", EN: "Signature"}, Ask: i18n.Text{RU: "PIN к «%s»", EN: "PIN of %q"}.With(name), Secret: true, ByItself: true,
				Accept: func(answer string) i18n.Localised {
					if answer == "" {
						return i18n.Say("наберите PIN", "type the PIN")
					}
					return nil
				},
				Do: func(answer string) tea.Cmd {
					signed := s
					signed.Certificate, signed.PIN = name, answer
					return w.send(e, signed)
				}}
		}
		if len(names) == 1 {
			return screen.AskMsg{Dialog: pin(names[0])}
		}
		d := &kit.Choice{Head: i18n.Text{RU: "Чем подписать", EN: "Sign with"}, Do: func(i int) tea.Cmd { return screen.Ask(pin(names[i])) }}
		for _, name := range names {
			d.Options = append(d.Options, kit.Option{Title: i18n.Text{RU: "%s", EN: "%s"}.With(name)})
		}
		return screen.AskMsg{Dialog: d}
	}
}

// send sends, or asks what became of it when it was sent before. What is sent is
// what was confirmed: from here on nothing can be changed until it is known.
func (w *wizard) send(e *screen.Env, s Sending) tea.Cmd {
	if w.state == sending || w.state == submitted {
		return nil
	}
	w.state, w.sent = sending, &s
	// Leaving the screen does not end it: the engine writes down what becomes of it.
	ctx := context.WithoutCancel(e.Ctx)
	return func() tea.Msg {
		r, err := w.src.Submit(ctx, s)
		return sentMsg{w, r, err}
	}
}

// arrived takes the outcome.
func (w *wizard) arrived(e *screen.Env, m sentMsg) tea.Cmd {
	w.receipt, w.failed = m.receipt, m.err
	ran := screen.Ran(w.command())
	switch {
	case m.err == nil:
		w.state = submitted
		w.sent.PIN = ""
		w.cursor = 0
		return tea.Batch(ran, w.discard(e))
	case fault.ExitOf(m.err) == exitcode.Unknown:
		w.state = unknown
		return ran
	}
	w.state, w.sent = filling, nil
	w.show(e, w.pages()-1)
	w.checked = true
	w.lay(e)
	return screen.Fail(m.err)
}

// after are the rows below the outcome.
func (w *wizard) after(e *screen.Env) []row {
	switch w.state {
	case unknown:
		return []row{{kind: rowLink, path: "ask", title: e.T("Спросить портал, дошло ли (F8)", "Ask the portal whether it arrived (F8)"), do: func(e *screen.Env) tea.Cmd { return w.send(e, *w.sent) }}}
	case submitted:
		number := strconv.FormatInt(w.receipt.OrderID, 10)
		out := []row{{kind: rowLink, path: "application", title: e.T("Открыть заявление № ", "Open application no. ") + number, do: func(*screen.Env) tea.Cmd { return screen.Go("application", number) }}}
		for _, uin := range w.unpaid() {
			out = append(out, row{kind: rowLink, path: uin, title: e.T("Оплатить начисление ", "Pay the charge ") + uin, do: func(*screen.Env) tea.Cmd { return screen.Go("charge", uin) }})
		}
		return out
	}
	return nil
}

func (w *wizard) unpaid() []string {
	var out []string
	if o := w.receipt.Order; o != nil {
		for _, p := range o.Payments {
			if !p.Paid {
				out = append(out, p.UIN)
			}
		}
	}
	return out
}

// keyAfter takes keys when the form is not filled any more.
func (w *wizard) keyAfter(msg tea.Msg) (tea.Cmd, bool) {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	switch keymap.Name(tea.Key(k)) {
	case "down", "j", "tab":
		w.cursor = min(w.cursor+1, max(len(w.rows)-1, 0))
	case "up", "k", "shift+tab":
		w.cursor = max(w.cursor-1, 0)
	case "enter":
		if w.cursor < len(w.rows) && w.rows[w.cursor].do != nil {
			return w.rows[w.cursor].do(nil), true
		}
	default:
		return nil, false
	}
	return nil, true
}

// drawAfter draws how the sending stands.
func (w *wizard) drawAfter(e *screen.Env, size view.Size) view.Frame {
	out := w.outcome(e, size.W-2)
	out = append(out, view.Blank())
	w.rows = w.after(e)
	w.cursor = max(0, min(w.cursor, len(w.rows)-1))
	for range out {
		w.lines = append(w.lines, -1)
	}
	for i, r := range w.rows {
		for _, l := range w.draw(e, r, i == w.cursor, size.W, len(out)) {
			out = append(out, l)
			w.lines = append(w.lines, i)
		}
	}
	return out.Fit(size)
}

// outcome says how the sending stands.
func (w *wizard) outcome(e *screen.Env, cols int) view.Frame {
	out := view.Frame{view.Blank()}
	say := func(role theme.Role, s string) {
		for _, l := range view.Wrap(role, s, max(cols-2, 8)) {
			out = append(out, view.Of(view.Text(theme.Plain, "  ")).With(l.Spans...))
		}
	}
	switch w.state {
	case sending:
		say(theme.Accent, e.T("Отправляем…", "Sending…"))
		say(theme.Plain, e.T("Экран можно покинуть: заявление записано в журнал, второго не будет.", "You may leave the screen: the application is in the journal, there will be no second one."))
	case unknown:
		say(theme.Warning, e.T("НЕИЗВЕСТНО, дошло ли заявление", "UNKNOWN whether the application arrived"))
		f := fault.Of(w.failed)
		say(theme.Plain, e.Say(f.Message))
		if w.receipt.OrderID != 0 {
			say(theme.Plain, e.Say(i18n.Text{RU: "Номер: %d", EN: "Number: %d"}.With(w.receipt.OrderID)))
		}
		out = append(out, view.Blank())
		say(theme.Plain, e.T("Второе заявление отсюда не уйдёт: F8 сначала спросит портал про это. Менять ответы нельзя, пока это неизвестно; они в черновике, и сюда можно вернуться.",
			"No second application goes from here: F8 asks the portal about this one first. Answers cannot be changed while it is unknown; they are in the draft, and you may come back."))
	case submitted:
		say(theme.Good, "✓ "+e.Say(i18n.Text{RU: "Заявление подано: № %d", EN: "The application is in: no. %d"}.With(w.receipt.OrderID)))
		if w.receipt.Resumed {
			say(theme.Plain, e.T("Завершено то, что было начато раньше: второго заявления нет.", "What had been begun before was completed: there is no second application."))
		}
		if o := w.receipt.Order; o != nil && o.OrderStatusName != "" {
			say(theme.Plain, e.T("Статус: ", "Status: ")+o.OrderStatusName.String())
		}
		if n := len(w.unpaid()); n > 0 {
			say(theme.Plain, e.Say(i18n.Text{RU: "К оплате начислений: %d.", EN: "Charges to pay: %d."}.With(n)))
		}
	}
	return out
}

// said is the page as it is read line by line.
func (w *wizard) said(e *screen.Env) screen.Spoken {
	var out screen.Spoken
	if w.desk == nil {
		return out
	}
	const wide = 110
	if w.state != filling {
		out.Lines = kit.Said(w.outcome(e, wide))
		w.rows = w.after(e)
	} else {
		out.Lines = kit.Said(w.heading(e, wide))
	}
	var places []int
	for i, r := range w.rows {
		if r.chosen() {
			places = append(places, i)
		}
	}
	out.Rows = len(places)
	out.Row = func(i int) string {
		r := w.rows[places[i]]
		s := r.title
		switch {
		case r.entry.Required || r.kind == rowFile && r.doc.Required:
			s += e.T(", обязательно", ", required")
		}
		switch {
		case r.kind == rowFile:
			s += ": " + w.fileText(e, r.doc)
		case r.kind == rowField && r.entry.Field.Type == "boolean":
			s += ": " + map[string]string{"true": e.T("да", "yes"), "false": e.T("нет", "no")}[fmt.Sprint(r.entry.Value)]
		case r.value != "":
			s += ": " + r.value
		}
		if r.entry.Source != "" {
			s += ", " + e.T("подставлено: ", "filled in from: ") + r.entry.Source.String()
		}
		switch {
		case w.wrongAt != "" && w.wrongAt == r.path && w.wrong != nil:
			s += ". " + e.Say(w.wrong)
		case !r.entry.Problem.IsZero():
			s += ". " + e.Say(r.entry.Problem)
		}
		return s
	}
	out.Point = func(i int) {
		w.cursor = places[i]
		w.edit(e)
	}
	return out
}
