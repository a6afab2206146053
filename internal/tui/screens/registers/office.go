package registers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// tellEvery is how often the screen is told how a run goes, at most.
const tellEvery = 200 * time.Millisecond

// endWithin bounds how long the end of the program waits for the answers to what is
// on its way. What is not answered by then is unknown in the journal, and asked
// about later.
const endWithin = time.Minute

// office runs one plan at a time and outlives the screens: leaving one ends no run.
type office struct {
	src  Source
	run  *run
	turn int // of the message waited for
	// moved counts how often a run has ended, so that screens are loaded anew.
	moved int
}

// run is a run under way. What the engine tells goes into it, many times a second;
// the screen hears of it now and then.
type run struct {
	how     Running
	asks    questions
	pay     int       // rows of the plan
	sending time.Time // since when payments are sent, zero before that
	cancel  context.CancelFunc
	rang    chan struct{}   // something is to be told
	over    context.Context // ends with the run

	mu    sync.Mutex
	step  Step
	notes []i18n.Localised
	ended error
	err   error
}

// progressed is the message that a run has something to tell, or is over.
type progressed struct {
	office *office
	run    *run
	turn   int
	over   bool
	asks   *question // what the person has to answer first
}

func (r *run) tell(s Step) {
	r.mu.Lock()
	r.step = s
	r.mu.Unlock()
	select {
	case r.rang <- struct{}{}:
	default:
	}
}

// now is how the run stands.
func (r *run) now() Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.step
}

// begin runs a plan.
func (o *office) begin(e *screen.Env, how Running, pay int) tea.Cmd {
	// Leaving the screen ends nothing, and the end of the program lets what is on its
	// way be answered.
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.Ctx))
	r := &run{how: how, asks: make(questions), pay: pay, cancel: cancel, rang: make(chan struct{}, 1)}
	over, end := context.WithCancel(context.Background())
	r.over = over
	o.run = r
	go func() {
		defer end()
		defer cancel()
		notes, ended, err := o.src.Run(ctx, how, r.asks.ask, r.tell)
		r.mu.Lock()
		r.notes, r.ended, r.err = notes, ended, err
		r.mu.Unlock()
	}()
	return o.next(e, r)
}

// next waits for the next thing that a run tells.
func (o *office) next(e *screen.Env, r *run) tea.Cmd {
	o.turn++
	turn, clock := o.turn, e.Clock
	return func() tea.Msg {
		select {
		case <-r.over.Done():
			return progressed{o, r, turn, true, nil}
		case q := <-r.asks:
			return progressed{o, r, turn, false, &q}
		case <-r.rang:
		}
		return progressed{o, r, turn, clock.Sleep(r.over, tellEvery) != nil, nil}
	}
}

// take takes the messages of a run; each screen passes them on, one is heard.
func (o *office) take(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(progressed)
	if !ok || m.office != o {
		return nil, false
	}
	if m.turn != o.turn || m.run != o.run {
		return nil, true
	}
	if m.run.sending.IsZero() && m.run.now().Sending {
		m.run.sending = e.Clock.Now()
	}
	if !m.over {
		cmd := o.next(e, m.run)
		if m.asks != nil {
			cmd = tea.Batch(cmd, m.asks.dialog())
		}
		return cmd, true
	}
	o.run = nil
	o.turn++
	o.moved++
	return o.result(m.run), true
}

// result tells how a run ended.
func (o *office) result(r *run) tea.Cmd {
	err := r.err
	if err == nil {
		err = r.ended
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Code == workflow.CodeEnded && r.err != nil {
		return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Срок суммы прошёл", EN: "Sums no longer hold"}, Text: f.Message, ByItself: true,
			Yes: i18n.Text{RU: "Оплатить остальное", EN: "Pay the rest"},
			Do:  func() tea.Cmd { return func() tea.Msg { how := r.how; how.LeaveEnded = true; return again{o, how} } }})
	}
	head := i18n.Text{RU: "Выполнение плана", EN: "Running the plan"}
	if f != nil && f.Exit == exitcode.Pending { // nothing has failed: it is on its way
		told := append(r.notes, f.Message)
		if !f.Hint.IsZero() {
			told = append(told, f.Hint)
		}
		return tellAll(head, told)
	}
	if err != nil { // in one window: of two that open by themselves nobody knows which is on top
		return screen.Fail(err, r.notes...)
	}
	cmds := []tea.Cmd{tellAll(head, r.notes)}
	if r.how.Via.ByBank() {
		return tea.Batch(append(cmds, screen.Tell(i18n.Say("Поручения составлены; оплаченными их сделает выписка", "The orders are made; a statement makes them paid")))...)
	}
	return tea.Batch(append(cmds, screen.Tell(i18n.Say("План выполнен: всё оплачено", "The plan is done: all is paid")))...)
}

// again asks for a run without the rows whose sum no longer holds.
type again struct {
	office *office
	how    Running
}

// stop ends a run: nothing new is sent.
func (o *office) stop() {
	if o.run != nil {
		o.run.cancel()
	}
}

// end stops a run at the end of the program and lets what is on its way be answered.
func (o *office) end() {
	if o.run == nil {
		return
	}
	o.run.cancel()
	select {
	case <-o.run.over.Done():
	case <-time.After(endWithin):
	}
}

// busy says that a run is under way.
func (o *office) busy() i18n.Localised {
	if o.run == nil {
		return nil
	}
	return i18n.Say("план выполняется; новое не отправится, ответов на отправленное программа дождётся, а остальное оплатит следующий запуск: дважды ничего не уйдёт",
		"a plan is being run; nothing new will be sent, the answers to what was sent are awaited, and the next run pays the rest: nothing is sent twice")
}

// lines say how the run of a plan goes; nil when it does not run here.
func (o *office) lines(e *screen.Env, plan string, cols int) view.Frame {
	r := o.run
	if r == nil || plan != "" && r.how.Plan != plan {
		return nil
	}
	s := r.now()
	say := func(role theme.Role, ru, en string) view.Line { return view.Say(role, "  "+e.T(ru, en)) }
	if !s.Sending {
		return view.Frame{say(theme.Accent, fmt.Sprintf("Проверяем план и начисления… %d", s.Looking), fmt.Sprintf("Looking at the plan and the charges… %d", s.Looking))}
	}
	bar := kit.Progress{Done: int64(s.Resumed + s.Answers), Of: int64(r.pay), Since: r.sending, Before: int64(s.Resumed)}
	out := view.Frame{view.Of(view.Text(theme.Plain, "  ")).With(bar.View(e, cols-3).Spans...)}
	if r.how.Via.ByBank() {
		out = append(out, view.Say(theme.Accent, fmt.Sprintf(e.T("  передано в банк: %d", "  handed to the bank: %d"), s.Handed)))
	}
	count := view.Of(view.Text(theme.Good, fmt.Sprintf("  %s %d", e.Say(billing.StateTitle(journal.Paid)), s.Paid)))
	if s.Refused > 0 {
		count = count.With(view.Text(theme.Bad, fmt.Sprintf(" · %s %d", e.Say(billing.StateTitle(journal.Refused)), s.Refused)))
	}
	if s.Unknown > 0 {
		count = count.With(view.Text(theme.Warning, fmt.Sprintf(" · %s %d", e.Say(billing.StateTitle(journal.Unknown)), s.Unknown)))
	}
	switch {
	case s.Ending:
		count = count.With(view.Text(theme.Accent, e.T(" · останавливаемся: ждём ответов", " · stopping: waiting for answers")))
	case s.Held:
		count = count.With(view.Text(theme.Accent, e.T(" · портал просит паузу", " · the portal asks for a pause")))
	case s.Asking:
		count = count.With(view.Text(theme.Accent, e.T(" · отправлено всё, ждём проведения", " · all is sent, waiting for settlement")))
	}
	return append(out, count.Fit(cols))
}

// tellAll shows what a step has told, in a dialog; nil when it told nothing.
func tellAll(head i18n.Localised, notes []i18n.Localised) tea.Cmd {
	if len(notes) == 0 {
		return nil
	}
	return screen.Ask(&kit.Notice{Head: head, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame { return linesOf(e, notes, cols) }})
}

func linesOf(e *screen.Env, notes []i18n.Localised, cols int) view.Frame {
	var out view.Frame
	for _, m := range notes {
		out = append(out, view.Wrap(theme.Plain, e.Say(m), cols)...)
	}
	return out
}

func rubles(e *screen.Env, kopecks int64) string { return i18n.Rubles(e.Lang, kopecks) }

// sumTyped judges a typed sum of a confirmation.
func sumTyped(want int64) func(string) i18n.Localised {
	return func(answer string) i18n.Localised {
		k, err := billing.ParseRubles(answer)
		if err != nil {
			return messageOf(err)
		}
		if k != want {
			return i18n.Text{RU: "набрано %s, а нужно %s; ничего не сделано", EN: "you typed %s, but it is %s; nothing was done"}.With(i18n.Money(k), i18n.Money(want))
		}
		return nil
	}
}

func messageOf(err error) i18n.Localised {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(err.Error()))
}
