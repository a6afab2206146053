package application

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// interview asks a person, line by line, for everything that a form requires
// and nobody has given yet.
type interview struct {
	in        *input
	p         *prompt.Prompter
	x         *forms.Filling
	documents []wire.Document
	step      string
	passed    map[string]bool // lists that the person has said are complete
	begun     map[string]bool // lists of which an item was added here
	unkept    bool            // something was given that no draft holds yet
	asked     bool            // the person was asked something
}

// run asks until nothing that is required is missing; whoever was asked something is
// offered what may be left out, too.
func (q *interview) run(ctx context.Context) error {
	q.begun = map[string]bool{}
	if q.in.resumed {
		q.resume()
	}
	for {
		again, err := q.next(ctx)
		if err != nil {
			return err
		}
		if again {
			q.asked = true
			if err := q.keep(ctx); err != nil {
				return err
			}
			continue
		}
		if err := q.attachments(ctx); err != nil || !q.asked {
			return err
		}
		if more, err := q.rest(ctx); err != nil || !more {
			return err
		}
		if err := q.keep(ctx); err != nil {
			return err
		}
	}
}

// resume takes the lists where the person was interrupted for not complete yet: those of
// the first step that lacks something, and of the one before it. A draft does not say
// whether "one more?" was answered.
func (q *interview) resume() {
	steps := q.x.Steps()
	n := slices.IndexFunc(steps, func(s forms.Step) bool { return slices.ContainsFunc(s.Entries, lacking) })
	if n < 0 {
		return
	}
	for _, s := range steps[max(n-1, 0) : n+1] {
		for _, e := range s.Entries {
			if e.Kind == forms.KindItem {
				q.begun[e.Path[:strings.LastIndexByte(e.Path, '[')]] = true
			}
		}
	}
}

// lacking reports whether e has to be given before the form can be sent.
func lacking(e forms.Entry) bool {
	return e.Required && (e.Kind == forms.KindList || e.Kind == forms.KindField && e.Value == nil)
}

func (q *interview) keep(ctx context.Context) error {
	q.unkept = false
	if q.in.keep == nil {
		return nil
	}
	return q.in.keep(ctx, q.x)
}

// asking keeps what was given with the command before the first question, so that an
// interruption there does not lose it.
func (q *interview) asking(ctx context.Context) error {
	if !q.unkept {
		return nil
	}
	return q.keep(ctx)
}

// next asks one question; false means that there is none left.
func (q *interview) next(ctx context.Context) (bool, error) {
	steps := q.x.Steps()
	for i, s := range steps {
		for k, e := range s.Entries {
			switch {
			case e.Kind == forms.KindList && e.Required:
				if err := q.asking(ctx); err != nil {
					return false, err
				}
				q.heading(i, len(steps), s)
				q.begun[e.Path] = true
				return true, q.add(ctx, e)
			case e.Kind == forms.KindField && (e.Required && e.Value == nil || !e.Problem.IsZero() && !q.passed["bad "+e.Path]):
				if err := q.asking(ctx); err != nil {
					return false, err
				}
				q.heading(i, len(steps), s)
				q.group(s.Entries[:k], e)
				if !e.Problem.IsZero() {
					q.passed["bad "+e.Path] = true
					q.in.f.IO.Note(i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(e.Field.Title, e.Problem))
				}
				return true, q.ask(ctx, e)
			}
		}
		for _, e := range s.Entries {
			if e.Kind != forms.KindList || !e.CanAdd || !q.begun[e.Path] || q.passed[e.Path] {
				continue
			}
			q.heading(i, len(steps), s)
			more, err := q.p.Confirm(ctx, prompt.Question{Label: i18n.Text{RU: "%s: добавить ещё?", EN: "%s: add one more?"}.With(e.Field.Title)}, false)
			if err != nil {
				return false, err
			}
			if !more {
				q.passed[e.Path] = true
				return true, nil
			}
			return true, q.add(ctx, e)
		}
	}
	return false, nil
}

// heading tells which step of the form begins.
func (q *interview) heading(i, n int, s forms.Step) {
	if n < 2 || q.step == s.Key || s.Title == "" {
		return
	}
	q.step = s.Key
	q.title(i18n.Text{RU: "Шаг %d из %d. %s", EN: "Step %d of %d. %s"}.With(i+1, n, s.Title))
}

// title is a line with an empty one above it.
func (q *interview) title(m i18n.Localised) {
	fmt.Fprintln(q.in.f.IO.ErrOut)
	q.in.f.IO.Note(m)
}

// group tells which groups and items a question is in, when it is the first there.
func (q *interview) group(before []forms.Entry, e forms.Entry) {
	for _, head := range before {
		rest, inside := strings.CutPrefix(e.Path, head.Path)
		if head.Kind == forms.KindField || !inside || rest == "" || rest[0] != '.' && rest[0] != '[' || q.passed["head "+head.Path] {
			continue
		}
		q.passed["head "+head.Path] = true
		switch {
		case head.Kind == forms.KindList: // its items say what they are
		case head.Kind == forms.KindItem && head.Field.Item != "":
			q.in.f.IO.Note(i18n.Text{RU: "%s %d", EN: "%s %d"}.With(head.Field.Item, head.Number))
		case head.Kind == forms.KindItem:
			q.in.f.IO.Note(i18n.Text{RU: "%s %d", EN: "%s %d"}.With(head.Field.Title, head.Number))
		default:
			q.in.f.IO.Note(i18n.Text{RU: "%s", EN: "%s"}.With(head.Field.Title))
		}
	}
}

// add puts one more item into a list, from a register when the person says so.
func (q *interview) add(ctx context.Context, e forms.Entry) error {
	known := q.x.Suggestions(e.Path)
	var from *forms.Suggestion
	if len(known) > 0 {
		options := make([]prompt.Option, 0, len(known)+1)
		for _, s := range known {
			options = append(options, prompt.Option{Label: i18n.Text{RU: "%s (%s)", EN: "%s (%s)"}.With(s.Title, s.Source)})
		}
		options = append(options, prompt.Option{Label: i18n.Say("Заполнить самому", "Fill it in myself")})
		n, err := q.p.Select(ctx, prompt.Question{Label: i18n.Text{RU: "%s", EN: "%s"}.With(e.Field.Title), Flag: "--set " + e.Path + "[0].…=…"}, options)
		if err != nil {
			return err
		}
		if n < len(known) {
			from = &known[n]
		}
	}
	_, err := q.x.AddItem(e.Path, from)
	return err
}

// maxListed is how many choices are listed; of more the person types a word.
const maxListed = 20

func (q *interview) ask(ctx context.Context, e forms.Entry) error {
	question := prompt.Question{Label: i18n.Text{RU: "%s", EN: "%s"}.With(e.Field.Title), Flag: "--set " + e.Path + "=…"}
	if e.Field.Type == "boolean" {
		yes, err := q.p.Confirm(ctx, question, e.Value == true)
		if err != nil {
			return err
		}
		return q.x.SetValue(ctx, e.Path, yes)
	}
	list, more, err := q.x.Choices(ctx, e.Path, "", maxListed)
	if err != nil {
		return err
	}
	if len(list) > 0 && !more {
		options := make([]prompt.Option, len(list))
		for i, o := range list {
			v, _ := o.Value.(string)
			options[i] = prompt.Option{Label: i18n.Text{RU: "%s", EN: "%s"}.With(o.Title), Value: v}
		}
		question.Default, _ = e.Value.(string)
		n, err := q.p.Select(ctx, question, options)
		if err != nil {
			return err
		}
		return q.x.SetValue(ctx, e.Path, list[n].Value)
	}
	hint := e.Field.Hint
	if hint == "" && more {
		question.Label = i18n.Text{RU: "%s (слово из названия или код)", EN: "%s (a word of the name, or the code)"}.With(e.Field.Title)
	}
	if hint != "" {
		question.Label = i18n.Text{RU: "%s (%s)", EN: "%s (%s)"}.With(e.Field.Title, hint)
	} else if !e.Example.IsZero() && !more {
		question.Label = i18n.Text{RU: "%s (например, %s)", EN: "%s (for example %s)"}.With(e.Field.Title, e.Example)
	}
	question.Validate = func(answer string) error {
		switch {
		case answer != "":
			return q.x.Set(ctx, e.Path, answer)
		case e.Required && e.Value == nil:
			return q.needed()
		}
		return nil // it stays as it is
	}
	if e.Field.Secret {
		_, err = q.p.Password(ctx, question)
		return err
	}
	_, err = q.p.Input(ctx, question)
	return err
}

// attachments asks for the files that are required and not given yet.
func (q *interview) attachments(ctx context.Context) error {
	asked, err := catalog.Asked(q.x, q.documents)
	if err != nil {
		return err
	}
	q.vanished(asked)
	missing := applications.Missing(q.in.attach, asked)
	for i, d := range missing {
		if i == 0 {
			if err := q.asking(ctx); err != nil {
				return err
			}
			q.asked = true
			q.title(i18n.Say("Вложения", "Attachments"))
		}
		question := prompt.Question{Flag: "--attach " + d.Name + "=…",
			Label: i18n.Text{RU: "%s — путь к файлу (%s, до %d МБ)", EN: "%s, path of the file (%s, up to %d MB)"}.With(d.Title, applications.Formats(d.Types), max(d.MaxBytes>>20, 1)),
			Validate: func(typed string) error {
				if typed == "" {
					return q.needed()
				}
				_, m := applications.Inspect(d, safepath.Typed(typed))
				if m.IsZero() {
					return nil
				}
				return told(m)
			}}
		typed, err := q.p.Input(ctx, question)
		if err != nil {
			return err
		}
		q.in.attach = append(q.in.attach, d.Name+"="+safepath.Typed(typed))
		if err := q.keep(ctx); err != nil {
			return err
		}
	}
	return nil
}

// vanished leaves out the files that do not fit, and says why: they are asked for
// again, or are not needed any more.
func (q *interview) vanished(asked []wire.Document) {
	paths := applications.Matched(q.in.attach, asked)
	for _, d := range asked {
		path, given := paths[d.Name]
		if !given || !d.Required {
			continue
		}
		if _, m := applications.Inspect(d, path); !m.IsZero() {
			q.in.f.IO.Note(m)
			q.in.attach = slices.DeleteFunc(q.in.attach, func(g string) bool { return applications.Matched([]string{g}, asked)[d.Name] == path })
		}
	}
}

// needed says of an empty answer why it cannot be.
func (q *interview) needed() error {
	return told(i18n.Say("без этого заявление не подать; прервать и продолжить потом: Ctrl-C", "the application cannot be sent without it; to stop and go on later: Ctrl-C"))
}

// told makes a message an error that the prompt shows before it asks again.
func told(m i18n.Message) error { return fault.New(exitcode.Usage, "prompt.answer", m) }
