package appointments

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/appointments"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ID names the screen.
const ID = "appointments"

// Entry is the screen in the registry.
func Entry(src Source) screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Запись на приём", EN: "Appointments"}, Command: "epgu appointment list --state all",
		New: func() screen.Screen { return newVisits(src) }}
}

// visits is the list of visits.
type visits struct {
	kit.Records[wire.Appointment]
	src  Source
	busy bool
}

// did is the message that something asked of the portal has ended.
type did struct {
	by   *visits
	said i18n.Localised
	ask  screen.Dialog // what is asked next; nil when it is over
	err  error
}

func columns() []kit.Column {
	return []kit.Column{{Width: 16}, {Share: 2, Role: theme.Strong}, {Share: 3, Role: theme.Muted, Least: 70}, {Width: 22}, {Width: 10, Role: theme.Muted, Least: 100}}
}

func newVisits(src Source) *visits {
	v := &visits{src: src}
	v.Records = kit.Records[wire.Appointment]{
		Key: "appointments", Fetch: src.Visits,
		Cells: func(a wire.Appointment) []string {
			return []string{a.ID, a.Number.String(), a.Subject.Title.String(), a.Place.Title.String(), a.Place.Address.String()}
		},
		Head: func(e *screen.Env, cols int) view.Line {
			return kit.Row(columns(), cols, []string{e.T("Когда", "When"), e.T("На что", "For"), e.T("Где", "Where"), e.T("Состояние", "State"), e.T("Запись", "Number")},
				theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
		},
		Line: func(e *screen.Env, a wire.Appointment, cols int) view.Line {
			return kit.Row(columns(), cols, []string{e.Say(i18n.Moment(a.Slot.Start)), a.Subject.Title.String(), a.Place.Title.String() + ", " + a.Place.Address.String(), e.Say(appointments.StateTitle(a.State)), a.Number.String()},
				theme.Plain, theme.Plain, theme.Plain, role(a.State))
		},
		Empty: i18n.Text{RU: "Вы никуда не записаны.", EN: "You have no appointments."},
	}
	return v
}

func role(state string) theme.Role {
	switch state {
	case "booked":
		return theme.Good
	case "held":
		return theme.Warning
	}
	return theme.Muted
}

// Open loads the list.
func (v *visits) Open(e *screen.Env, _ string) tea.Cmd { return v.Load(e) }

// Update takes answers, data and keys.
func (v *visits) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(did)
	if !ok || m.by != v {
		return v.Records.Update(e, msg)
	}
	v.busy = false
	switch {
	case m.err != nil:
		return tea.Batch(screen.Fail(m.err), v.Load(e)), true
	case m.ask != nil:
		return screen.Ask(m.ask), true
	}
	return tea.Batch(screen.Tell(m.said), v.Load(e)), true
}

// Draw draws the list.
func (v *visits) Draw(e *screen.Env, size view.Size) view.Frame { return v.View(e, size) }

// do asks the portal for something.
func (v *visits) do(e *screen.Env, what func(ctx context.Context) did) tea.Cmd {
	v.busy = true
	ctx := e.Ctx
	return func() tea.Msg {
		d := what(ctx)
		d.by = v
		return d
	}
}

// Actions is what can be done with visits.
func (v *visits) Actions(e *screen.Env) []screen.Action {
	a, ok := v.Current()
	var off, still, moved i18n.Localised
	switch {
	case !ok:
		off = i18n.Say("запись не выбрана", "no appointment is chosen")
	case a.State != "booked":
		off = i18n.Say("записи уже нет или она не подтверждена", "the appointment is over or not confirmed")
	}
	if still = off; ok && a.CancelUntil != nil {
		still = nil
	}
	if moved = off; off == nil && (a.MoveUntil == nil || a.MovesLeft == 0) {
		moved = i18n.Say("её больше нельзя переносить", "it may not be moved any more")
	}
	return []screen.Action{
		{ID: "appointments.new", Title: i18n.Text{RU: "записаться", EN: "book"}, Keys: []string{"n"}, Command: "epgu appointment create", Footer: true,
			Run: func() tea.Cmd { return v.subject(e) }},
		{ID: "appointments.confirm", Title: i18n.Text{RU: "подтвердить", EN: "confirm"}, Keys: []string{"y"}, Command: confirming(a), Off: unheld(a, ok), Footer: ok && a.State == "held",
			Run: func() tea.Cmd { return v.confirm(e, a) }},
		{ID: "appointments.move", Title: i18n.Text{RU: "перенести", EN: "move"}, Keys: []string{"m"}, Command: "epgu appointment move " + a.Number.String(), Off: moved, Footer: true,
			Run: func() tea.Cmd { return v.move(e, a) }},
		{ID: "appointments.cancel", Title: i18n.Text{RU: "отменить", EN: "cancel"}, Keys: []string{"d", "delete"}, Command: "epgu appointment cancel " + a.Number.String(), Off: still, Footer: true,
			Run: func() tea.Cmd { return v.cancel(e, a) }},
		{ID: "appointments.coupon", Title: i18n.Text{RU: "талон", EN: "coupon"}, Keys: []string{"r"}, Command: "epgu appointment coupon " + a.Number.String(), Off: off, Footer: true,
			Run: func() tea.Cmd {
				return v.do(e, func(ctx context.Context) did {
					path, err := v.src.Coupon(ctx, a.ID)
					return did{said: i18n.Text{RU: "Талон: %s", EN: "The coupon: %s"}.With(untrusted.Text(path)), err: err}
				})
			}},
		{ID: "appointments.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Footer: true,
			Run: func() tea.Cmd { v.Filter(); return nil }},
	}
}

// confirming is the command that books what is held.
func confirming(a wire.Appointment) string {
	if a.Slot.ID == "" {
		return "epgu appointment create"
	}
	return "epgu appointment create " + kit.Shell(a.Subject.ID) + " --slot " + kit.Shell(a.Slot.ID)
}

func unheld(a wire.Appointment, ok bool) i18n.Localised {
	if ok && a.State == "held" {
		return nil
	}
	return i18n.Say("подтверждать нечего", "there is nothing to confirm")
}

// subject begins a booking: what for, where, when, and a look at it.
func (v *visits) subject(e *screen.Env) tea.Cmd {
	return v.do(e, func(ctx context.Context) did {
		list, err := v.src.Subjects(ctx)
		if err != nil {
			return did{err: err}
		}
		return did{ask: choice(i18n.Say("На что записать?", "An appointment for what?"), list, func(s wire.AppointmentSubject) i18n.Localised { return i18n.Text{RU: "%s", EN: "%s"}.With(s.Title) }, func(s wire.AppointmentSubject) tea.Cmd {
			return v.place(e, s)
		})}
	})
}

func (v *visits) place(e *screen.Env, s wire.AppointmentSubject) tea.Cmd {
	return v.do(e, func(ctx context.Context) did {
		list, err := v.src.Places(ctx, s.ID)
		if err != nil {
			return did{err: err}
		}
		return did{ask: choice(i18n.Text{RU: "Где: %s", EN: "Where: %s"}.With(s.Title), list, func(p wire.AppointmentPlace) i18n.Localised {
			if p.NextFree == nil {
				return i18n.Text{RU: "%s, %s: времени нет", EN: "%s, %s: nothing free"}.With(p.Title, p.Address)
			}
			return i18n.Text{RU: "%s, %s: с %s", EN: "%s, %s: from %s"}.With(p.Title, p.Address, i18n.Moment(p.NextFree.Start))
		}, func(p wire.AppointmentPlace) tea.Cmd {
			return v.slot(e, s.ID, p.ID, func(slot wire.AppointmentSlot) tea.Cmd {
				return v.do(e, func(ctx context.Context) did {
					held, err := v.src.Hold(ctx, slot.ID)
					if err != nil {
						return did{err: err}
					}
					if held.State == "booked" {
						return did{said: booked(held)}
					}
					return did{ask: v.sure(e, held)}
				})
			})
		})}
	})
}

func (v *visits) slot(e *screen.Env, subject, place string, chosen func(wire.AppointmentSlot) tea.Cmd) tea.Cmd {
	return v.do(e, func(ctx context.Context) did {
		list, err := v.src.Slots(ctx, subject, place)
		if err != nil {
			return did{err: err}
		}
		if len(list) == 0 {
			return did{ask: &kit.Notice{Head: i18n.Text{RU: "Свободного времени нет", EN: "There is no free time"}, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame {
				return view.Wrap(theme.Plain, e.T("Можно встать в лист ожидания: ", "One can join the waiting list: ")+"epgu appointment wait join "+subject+" --place "+place, cols)
			}}}
		}
		return did{ask: choice(i18n.Say("Когда, по местным часам", "When, by the clock of the place"), list, func(s wire.AppointmentSlot) i18n.Localised { return i18n.Moment(s.Start) }, chosen)}
	})
}

// choice asks for one of a list that has just come.
func choice[T any](head i18n.Localised, list []T, title func(T) i18n.Localised, chosen func(T) tea.Cmd) *kit.Choice {
	options := make([]kit.Option, len(list))
	for i, x := range list {
		options[i].Title = title(x)
	}
	return &kit.Choice{Head: head, Options: options, ByItself: true, Do: func(i int) tea.Cmd { return chosen(list[i]) }}
}

// sure asks whether what is held is to be booked. It stays held when nobody answers.
func (v *visits) sure(e *screen.Env, held *wire.Appointment) screen.Dialog {
	return &kit.Confirm{Head: i18n.Text{RU: "Записать?", EN: "Book it?"}, ByItself: true, Yes: i18n.Text{RU: "Записать", EN: "Book it"},
		Text: i18n.Text{RU: "%s, %s, %s (%s). Время держится за вами десять минут.", EN: "%s, %s, %s (%s). The time is held for you for ten minutes."}.
			With(held.Subject.Title, i18n.Moment(held.Slot.Start), held.Place.Title, held.Place.Address),
		Do: func() tea.Cmd { return v.confirm(e, *held) }}
}

func (v *visits) confirm(e *screen.Env, a wire.Appointment) tea.Cmd {
	command := screen.Ran(confirming(a))
	return tea.Batch(command, v.do(e, func(ctx context.Context) did {
		b, err := v.src.Confirm(ctx, a.ID)
		if err != nil {
			return did{err: err}
		}
		return did{said: booked(b)}
	}))
}

func booked(a *wire.Appointment) i18n.Localised {
	return i18n.Text{RU: "Вы записаны: %s, %s", EN: "You are booked: %s, %s"}.With(a.Number, i18n.Moment(a.Slot.Start))
}

func (v *visits) move(e *screen.Env, a wire.Appointment) tea.Cmd {
	return v.slot(e, a.Subject.ID, a.Place.ID, func(slot wire.AppointmentSlot) tea.Cmd {
		return tea.Batch(screen.Ran("epgu appointment move "+kit.Shell(a.Number.String())+" --slot "+kit.Shell(slot.ID)), v.do(e, func(ctx context.Context) did {
			b, err := v.src.Move(ctx, a.ID, slot.ID)
			if err != nil {
				return did{err: err}
			}
			return did{said: i18n.Text{RU: "Перенесено: %s, %s", EN: "Moved: %s, %s"}.With(b.Number, i18n.Moment(b.Slot.Start))}
		}))
	})
}

func (v *visits) cancel(e *screen.Env, a wire.Appointment) tea.Cmd {
	return screen.Ask(&kit.Confirm{Head: i18n.Say("Отменить запись?", "Cancel the appointment?"), Yes: i18n.Text{RU: "Отменить запись", EN: "Cancel the appointment"},
		Text: i18n.Text{RU: "%s, %s, %s. Время освободится сразу.", EN: "%s, %s, %s. The time is free at once."}.With(a.Subject.Title, i18n.Moment(a.Slot.Start), a.Place.Title),
		Do: func() tea.Cmd {
			return v.do(e, func(ctx context.Context) did {
				return did{said: i18n.Say("Запись отменена", "The appointment is cancelled"), err: v.src.Cancel(ctx, a.ID)}
			})
		}})
}

// AsOf says how old the list is.
func (v *visits) AsOf() (time.Time, bool, error) {
	at, loading, err := v.Records.AsOf()
	return at, loading || v.busy, err
}
