package registers

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// Asker asks the person for a secret that turns out to be needed on the way: a bank's
// password, its one-time code, a PIN.
type Asker func(ctx context.Context, label i18n.Localised) (string, error)

// questions take what is asked in the background to the screen.
type questions chan question

// question is one of them. The channel is closed when nobody answers.
type question struct {
	label  i18n.Localised
	answer chan string
}

// ask waits for a person's answer; it is an Asker.
func (q questions) ask(ctx context.Context, label i18n.Localised) (string, error) {
	one := question{label, make(chan string, 1)}
	select {
	case q <- one:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	select {
	case a, ok := <-one.answer:
		if !ok {
			return "", fault.New(exitcode.Usage, "prompt.no_answer", i18n.Text{RU: "не отвечено: %s", EN: "not answered: %s"}.With(label)).
				Advise(i18n.Say("ничего не отправлено; повторите, когда будет ответ", "nothing was sent; repeat when you have the answer"))
		}
		return a, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// dialog asks it.
func (q question) dialog() tea.Cmd {
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Банк", EN: "Bank"}, Secret: true, ByItself: true, Ask: q.label, Accept: something,
		Do:      func(v string) tea.Cmd { q.answer <- v; return nil },
		OnLeave: func(*screen.Env) tea.Cmd { close(q.answer); return nil }})
}

func something(v string) i18n.Localised {
	if v == "" {
		return i18n.Say("здесь пусто", "nothing was typed")
	}
	return nil
}
