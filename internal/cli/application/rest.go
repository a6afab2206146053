package application

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// left is something that the questions passed over: it may be left out, or it has
// an answer that stands unless the person says otherwise.
type left struct {
	entry forms.Entry
	label i18n.Message
}

// rest offers what the questions passed over, so that nobody sends "was not married
// before" without having seen it, until the person says that it is all. False means
// that it is.
func (q *interview) rest(ctx context.Context) (bool, error) {
	list := q.passedOver()
	options := []prompt.Option{
		{Label: i18n.Say("Готово", "Done"), Value: "."},
		{Label: i18n.Say("Посмотреть все ответы", "See all answers"), Value: "?"},
	}
	for _, l := range list {
		options = append(options, prompt.Option{Label: l.label})
	}
	label := i18n.Say("Обязательное заполнено. Остальное — по желанию", "All that is required is there. The rest is up to you")
	fmt.Fprintln(q.in.f.IO.ErrOut)
	n, err := q.p.Select(ctx, prompt.Question{Label: label, Default: "."}, options)
	switch {
	case err != nil || n == 0:
		return false, err
	case n == 1:
		return true, q.review(ctx)
	}
	chosen := list[n-2].entry
	if chosen.Kind == forms.KindList {
		q.begun[chosen.Path], q.passed[chosen.Path] = true, false
		return true, q.add(ctx, chosen)
	}
	q.passed["default "+chosen.Path] = true
	return true, q.ask(ctx, chosen)
}

// passedOver lists what rest offers, in the order of the form.
func (q *interview) passedOver() []left {
	var out []left
	for _, s := range q.x.Steps() {
		var heads []forms.Entry // what the entry at hand is inside of, outermost first
		for _, e := range s.Entries {
			for len(heads) > 0 && heads[len(heads)-1].Depth >= e.Depth {
				heads = heads[:len(heads)-1]
			}
			if l, ok := q.offer(e, heads); ok {
				out = append(out, l)
			}
			if e.Kind != forms.KindField {
				heads = append(heads, e)
			}
		}
	}
	return out
}

func (q *interview) offer(e forms.Entry, heads []forms.Entry) (left, bool) {
	name := e.Field.Title.String()
	for i := len(heads) - 1; i >= 0; i-- {
		switch h := heads[i]; h.Kind {
		case forms.KindGroup:
			name = h.Field.Title.String() + ": " + name
		case forms.KindItem:
			title := h.Field.Item
			if title == "" {
				title = h.Field.Title
			}
			name = fmt.Sprintf("%s %d: %s", title.String(), h.Number, name)
		}
	}
	switch {
	case e.Kind == forms.KindList && e.CanAdd && !e.Required:
		return left{e, i18n.Text{RU: "%s: добавить", EN: "%s: add"}.With(name)}, true
	case e.Kind != forms.KindField || e.Field.Computed != nil || e.Required && e.Value == nil:
		return left{}, false
	case e.Value == nil:
		return left{e, i18n.Text{RU: "%s", EN: "%s"}.With(name)}, true
	case e.Field.Default != nil && reflect.DeepEqual(e.Value, e.Field.Default) && e.Source == "" && !q.passed["default "+e.Path]:
		return left{e, i18n.Text{RU: "%s — %s", EN: "%s: %s"}.With(name, answered(&e.Field, e.Text))}, true
	}
	return left{}, false
}

// review prints the answers, with where those come from that the person has not given.
func (q *interview) review(ctx context.Context) error {
	rows, err := q.x.Review(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if line := q.in.f.IO.Say(reviewed(q.x.Form(), r)); line != "" {
			fmt.Fprintf(q.in.f.IO.ErrOut, "%s%s\n", strings.Repeat("  ", r.Depth), line)
		}
	}
	return nil
}
