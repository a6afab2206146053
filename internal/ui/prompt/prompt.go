// Package prompt asks a person at the terminal: a line, a password, yes or
// no, a choice, or a confirmation that has to be typed. Questions go to
// stderr, since stdout carries data only. Where nobody can answer, a question
// becomes a usage error that names the flag to pass, and nothing ever hangs.
// cli may import it; core must not.
package prompt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Question is what is asked.
type Question struct {
	Label    i18n.Localised            // "Логин": no colon, no question mark needed
	Flag     string                    // the flag that answers instead: "--login"
	Default  string                    // taken for an empty line; shown in brackets
	Validate func(answer string) error // says what is wrong; the question is asked again
	Empty    bool                      // an empty line is an answer to Password too
}

// Prompter asks over the streams of one run. It is not for several goroutines
// at once.
type Prompter struct{ ios *iostreams.IOStreams }

// New returns a prompter. It asks nothing of the terminal yet.
func New(ios *iostreams.IOStreams) *Prompter { return &Prompter{ios} }

// attempts is how many times a wrong answer may be mended.
const attempts = 5

// Input asks for a line of text and returns it without surrounding spaces. An
// empty line gives the default.
func (p *Prompter) Input(ctx context.Context, q Question) (string, error) {
	if err := p.mayAsk(q); err != nil {
		return "", err
	}
	label := p.ios.Say(q.Label)
	if q.Default != "" {
		label += " [" + untrusted.Clean(q.Default) + "]"
	}
	return p.ask(ctx, q, label+": ", func(line string) (string, error) {
		if line == "" {
			line = q.Default
		}
		if q.Validate != nil {
			return line, q.Validate(line)
		}
		return line, nil
	})
}

// Confirm asks yes or no; an empty line gives byDefault. Russian and English
// answers are both understood.
func (p *Prompter) Confirm(ctx context.Context, q Question, byDefault bool) (bool, error) {
	if err := p.mayAsk(q); err != nil {
		return false, err
	}
	choice := i18n.Text{RU: " [д/Н] ", EN: " [y/N] "}
	if byDefault {
		choice = i18n.Text{RU: " [Д/н] ", EN: " [Y/n] "}
	}
	yes := byDefault
	_, err := p.ask(ctx, q, p.ios.Say(q.Label)+choice.In(p.ios.Lang), func(line string) (string, error) {
		switch strings.ToLower(line) {
		case "":
		case "y", "yes", "д", "да":
			yes = true
		case "n", "no", "н", "нет":
			yes = false
		default:
			return "", says(i18n.Say("ответьте «да» или «нет»", "answer yes or no"))
		}
		return "", nil
	})
	return yes && err == nil, err
}

// Typed is a confirmation that cannot be given by habit: the total of a
// payment or the name of what will be destroyed has to be typed.
type Typed struct {
	Label    i18n.Localised           // what is about to happen
	Expected string                   // what has to be typed, as it is shown
	Accept   func(answer string) bool // nil: the answer is exactly Expected
	Flag     string                   // the flag that confirms instead: "--yes"
}

// TypedConfirm returns nil when what is expected was typed, and a usage fault
// otherwise: the caller has done nothing yet.
func (p *Prompter) TypedConfirm(ctx context.Context, c Typed) error {
	q := Question{Label: c.Label, Flag: c.Flag}
	if err := p.mayAsk(q); err != nil {
		return err
	}
	p.ios.Note(c.Label)
	label := p.ios.Say(i18n.Text{RU: "чтобы подтвердить, введите %s: ", EN: "to confirm, type %s: "}.With(untrusted.Text(c.Expected)))
	line, err := p.line(ctx, label)
	if err != nil {
		return err
	}
	accept := c.Accept
	if accept == nil {
		accept = func(answer string) bool { return answer == c.Expected }
	}
	if line == "" || !accept(line) {
		return fault.New(exitcode.Usage, "prompt.not_confirmed",
			i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
	}
	return nil
}

// Option is one choice of Select.
type Option struct {
	Label i18n.Localised
	Value string // what the flag would take; may be typed instead of the number
}

// Select asks for one of the options by number and returns its index. An
// empty line takes the option whose value is the default of q.
func (p *Prompter) Select(ctx context.Context, q Question, options []Option) (int, error) {
	if len(options) == 0 {
		return 0, fault.New(exitcode.NotFound, "prompt.no_options", i18n.Text{RU: "не из чего выбрать: %s", EN: "nothing to choose from: %s"}.With(q.Label))
	}
	if err := p.mayAsk(q); err != nil {
		return 0, err
	}
	var b strings.Builder
	b.WriteString(p.ios.Say(q.Label) + "\n")
	suggested := -1
	for i, o := range options {
		fmt.Fprintf(&b, "%3d. %s\n", i+1, p.ios.Say(o.Label))
		if q.Default != "" && o.Value == q.Default {
			suggested = i
		}
	}
	if _, err := fmt.Fprint(p.ios.ErrOut, b.String()); err != nil {
		return 0, err
	}
	label := p.ios.Say(i18n.Say("номер", "number"))
	if suggested >= 0 {
		label += fmt.Sprintf(" [%d]", suggested+1)
	}
	chosen := suggested
	_, err := p.ask(ctx, q, label+": ", func(line string) (string, error) {
		if line == "" && suggested >= 0 {
			return "", nil
		}
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(options) {
			chosen = n - 1
			return "", nil
		}
		for i, o := range options {
			if line != "" && line == o.Value {
				chosen = i
				return "", nil
			}
		}
		return "", says(i18n.Text{RU: "введите число от 1 до %d", EN: "type a number from 1 to %d"}.With(len(options)))
	})
	return chosen, err
}

// ask reads lines until accept takes one.
func (p *Prompter) ask(ctx context.Context, q Question, label string, accept func(string) (string, error)) (string, error) {
	for range attempts {
		line, err := p.line(ctx, label)
		if err != nil {
			return "", err
		}
		answer, err := accept(line)
		if err == nil {
			return answer, nil
		}
		p.complain(err)
	}
	return "", fault.New(exitcode.Usage, "prompt.no_answer",
		i18n.Text{RU: "нет подходящего ответа: %s", EN: "no suitable answer: %s"}.With(q.Label)).Advise(passFlag(q.Flag))
}

// complain shows why an answer was not taken, in the reader's language.
func (p *Prompter) complain(err error) {
	var f *fault.Error
	if errors.As(err, &f) {
		p.ios.Note(f.Message)
		if !f.Hint.IsZero() {
			p.ios.Note(f.Hint)
		}
		return
	}
	text := err.Error()
	p.ios.Note(i18n.Text{RU: text, EN: text})
}

// says makes a message an error that complain shows.
func says(m i18n.Message) error { return fault.New(exitcode.Usage, "prompt.answer", m) }

func passFlag(flag string) i18n.Message {
	if flag == "" {
		return i18n.Message{}
	}
	return i18n.Text{RU: "передайте ответ флагом %s", EN: "pass the answer with %s"}.With(flag)
}

// mayAsk returns the usage fault for a question that nobody can answer.
func (p *Prompter) mayAsk(q Question) error {
	if p.ios.CanPrompt() {
		return nil
	}
	return p.cannot(q)
}

func (p *Prompter) cannot(q Question) error {
	why := i18n.Text{RU: "нужен ответ, а терминала нет: %s", EN: "an answer is needed and there is no terminal: %s"}
	if p.ios.NoInput {
		why = i18n.Text{RU: "нужен ответ, а с --no-input вопросы не задаются: %s", EN: "an answer is needed and --no-input forbids questions: %s"}
	}
	return fault.New(exitcode.Usage, "prompt.no_terminal", why.With(q.Label)).Advise(passFlag(q.Flag))
}

// interrupted is what Ctrl-C, the end of input and a signal lead to.
func interrupted() error {
	return fault.New(exitcode.Interrupted, "interrupted", i18n.Say("прервано", "interrupted"))
}

// line shows a label and reads one line, without surrounding spaces.
func (p *Prompter) line(ctx context.Context, label string) (string, error) {
	if _, err := fmt.Fprint(p.ios.ErrOut, label); err != nil {
		return "", err
	}
	ctx, stop := withSignals(ctx)
	defer stop()
	line, err := readLine(ctx, p.ios.In)
	if err != nil {
		fmt.Fprintln(p.ios.ErrOut) // the next message starts on its own line
		return "", err
	}
	line = strings.TrimSpace(line)
	if !utf8.ValidString(line) {
		return "", fault.New(exitcode.Usage, "prompt.encoding", i18n.Say("терминал прислал не UTF-8", "the terminal sent something that is not UTF-8"))
	}
	return line, nil
}

// withSignals ends ctx on the signals that end the program, so that a prompt
// gives the terminal back before the program goes.
func withSignals(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}
