package apply

import (
	"context"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The arguments of the screen besides the code of a service.
const (
	argTemplates = "templates " // and a code: its form, filled by a template that is chosen
	argRepeat    = "repeat "    // and a number: filled as this application was
)

// opening is what an argument asks for.
type opening struct {
	start  Start
	choose bool // a template
}

func asked(arg string) opening {
	if number, ok := strings.CutPrefix(arg, argRepeat); ok {
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			return opening{start: Start{Repeat: n}}
		}
	}
	code, choose := strings.CutPrefix(arg, argTemplates)
	return opening{Start{Code: code}, choose}
}

// templateMsg is the end of keeping a template.
type templateMsg struct {
	by   *wizard
	desk *desk
	name string
	kept wire.Template
	err  error
}

func (w *wizard) templates() []wire.Template {
	if w.data.Value == nil {
		return nil
	}
	return w.data.Value.task.Templates
}

func noTemplates() i18n.Message {
	return i18n.Say("шаблонов для этой услуги ещё нет; Ctrl-G сохранит ответы как шаблон", "there are no templates for this service yet; Ctrl-G keeps the answers as one")
}

// chooseTemplate asks by which template the form is to be filled, and fills it.
func (w *wizard) chooseTemplate() tea.Cmd {
	if len(w.templates()) == 0 {
		return func() tea.Msg { return screen.TellMsg{Text: noTemplates(), Bad: true} }
	}
	all := slices.Clone(w.templates())
	d := &picker{head: i18n.Text{RU: "Заполнить по шаблону", EN: "Fill by a template"}, over: func() { w.pick = nil }}
	d.find = func(_ context.Context, text string) ([]forms.Option, bool, error) {
		var out []forms.Option
		for _, t := range all {
			if strings.Contains(strings.ToLower(t.Name.Raw()), strings.ToLower(strings.TrimSpace(text))) {
				out = append(out, forms.Option{Value: t.Name.Raw(), Title: t.Name})
			}
		}
		return out, false, nil
	}
	d.chosen = func(o forms.Option) tea.Cmd {
		name, _ := o.Value.(string)
		code := w.code
		return func() tea.Msg { return fillMsg{w, Start{Code: code, Template: name}} }
	}
	w.pick = d
	return screen.Ask(d)
}

// fillMsg asks for the form filled from something else.
type fillMsg struct {
	by    *wizard
	start Start
}

// fill begins anew; what was answered before stays among the drafts.
func (w *wizard) fill(e *screen.Env, from Start) tea.Cmd {
	ran := tea.Cmd(nil)
	if from.Template != "" {
		ran = screen.Ran("epgu application create --from-template " + kit.Shell(from.Template))
	}
	return tea.Batch(ran, w.load(e, from))
}

// flush keeps what the next answers would have been kept with, when the form is left
// for another.
func (w *wizard) flush(e *screen.Env) tea.Cmd {
	if w.desk == nil || w.state != filling || !w.dirty {
		return nil
	}
	d, src, saver, service := w.draft, w.src, w.saver, w.data.Value.task.Service
	if !w.saving {
		saver = nil
	}
	d.Version = w.desk.x.Form().Version
	ctx := context.WithoutCancel(e.Ctx)
	return func() tea.Msg {
		if saver != nil {
			if before := saver(); before.err == nil {
				d.ID, d.ETag = before.draft.ID, before.draft.ETag
			}
		}
		if _, err := src.Save(ctx, service, d); err != nil {
			return screen.FailMsg{Err: err}
		}
		return nil
	}
}

// filled tells what the form was filled from, and keeps that as a draft: as after the
// command, it can be gone on with.
func (w *wizard) filled(e *screen.Env) tea.Cmd {
	t := w.data.Value.task
	var cmds []tea.Cmd
	if !w.start.goesOn() && !w.start.Fresh {
		w.draft.Values, w.dirty = w.seen.values, true
		cmds = append(cmds, w.save(e))
	}
	switch len(t.Told) {
	case 0:
	case 1:
		cmds = append(cmds, screen.Tell(t.Told[0]))
	default:
		cmds = append(cmds, screen.Ask(&kit.Notice{Head: i18n.Text{RU: "Чем заполнено", EN: "What it is filled from"}, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame {
			var out view.Frame
			for _, m := range t.Told {
				out = append(out, view.Wrap(theme.Plain, e.Say(m), cols)...)
			}
			return out
		}}))
	}
	if w.choosing {
		w.choosing = false
		cmds = append(cmds, w.chooseTemplate())
	}
	return tea.Batch(cmds...)
}

// mostName bounds the name of a template, characters.
const mostName = 100

// askTemplate asks under which name the answers are kept.
func (w *wizard) askTemplate(e *screen.Env) tea.Cmd {
	ctx, given := e.Ctx, w.start.Template
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Сохранить как шаблон", EN: "Keep as a template"}, Given: given,
		Lines: func(e *screen.Env, cols int) view.Frame {
			return view.Wrap(theme.Plain, e.T("То, что портал знает сам, и секретное в шаблон не попадает: оно каждый раз берётся заново.", "What the portal knows itself, and what is secret, is no part of a template: it is taken anew each time."), cols)
		},
		Ask: i18n.Say("Имя шаблона:", "Name of the template:"),
		Accept: func(name string) i18n.Localised {
			switch n := len([]rune(strings.TrimSpace(name))); {
			case n == 0:
				return i18n.Say("нужно имя", "a name is needed")
			case n > mostName:
				return i18n.Text{RU: "знаков: %d, а можно не больше %d", EN: "%d characters, at most %d are allowed"}.With(n, mostName)
			}
			return nil
		},
		Do: func(name string) tea.Cmd { return w.keepTemplate(ctx, strings.TrimSpace(name), false) }})
}

func (w *wizard) keepTemplate(ctx context.Context, name string, replace bool) tea.Cmd {
	task, desk, values := w.data.Value.task, w.desk, w.seen.values
	return func() tea.Msg {
		kept, err := w.src.KeepTemplate(ctx, task, name, values, replace)
		return templateMsg{w, desk, name, kept, err}
	}
}

// templateKept takes what became of a template.
func (w *wizard) templateKept(e *screen.Env, m templateMsg) tea.Cmd {
	ctx := e.Ctx
	if f := fault.Of(m.err); f != nil && f.Exit == exitcode.Conflict && m.desk == w.desk {
		return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Заменить шаблон?", EN: "Replace the template?"}, ByItself: true,
			Text: i18n.Text{RU: "Шаблон «%s» уже есть. Его ответы заменят эти.", EN: "There is a template %q already. These answers replace its own."}.With(untrusted.Text(m.name)), Yes: i18n.Text{RU: "Заменить", EN: "Replace it"},
			Do: func() tea.Cmd { return w.keepTemplate(ctx, m.name, true) }})
	}
	if m.err != nil {
		return screen.Fail(m.err)
	}
	if m.desk == w.desk {
		t := w.data.Value.task
		t.Templates = append(slices.DeleteFunc(t.Templates, func(x wire.Template) bool { return x.ID == m.kept.ID }), m.kept)
	}
	return tea.Batch(screen.Ran(w.templateCommand(m.name)), screen.Tell(i18n.Text{RU: "Шаблон «%s» сохранён: Ctrl-T заполнит по нему", EN: "The template %q is kept: Ctrl-T fills by it"}.With(m.kept.Name)))
}

// templateCommand is the command that keeps the same.
func (w *wizard) templateCommand(name string) string {
	s := "epgu application template save " + kit.Shell(name)
	if w.draft.ID != "" {
		return s + " --draft " + w.draft.ID
	}
	return s + " --service " + w.name() + " --from answers.yaml"
}
