// Package appointment is the noun "appointment": being received at departments and
// by doctors.
package appointment

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/appointments"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "appointment",
		Short: i18n.Text{RU: "Запись на приём: ведомства и врачи", EN: "Appointments: departments and doctors"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newSubjects(f), newPlaces(f), newSlots(f), newCreate(f), newList(f), newView(f), newMove(f), newCancel(f), newCoupon(f), newWait(f)}
	})
	return cmd
}

// at is a time at a place: in the zone of the place for people, whole for machines.
func at(t time.Time) output.Dual { return output.Dual{Machine: t, Human: i18n.Moment(t)} }

func optional(t *time.Time, zone *time.Location) any {
	if t == nil {
		return nil
	}
	return at(t.In(zone))
}

func newSubjects(f *factory.Factory) *cobra.Command {
	kind := func(s wire.AppointmentSubject) output.Dual {
		t := i18n.Text{RU: "ведомство", EN: "department"}
		if s.Kind == "doctor" {
			t = i18n.Text{RU: "врач", EN: "doctor"}
		}
		return output.Dual{Machine: s.Kind, Human: t}
	}
	view := output.View[wire.AppointmentSubject]{Fields: []output.Field[wire.AppointmentSubject]{
		{Name: "id", Title: i18n.Text{RU: "Имя", EN: "Name"}, Value: func(s wire.AppointmentSubject) any { return untrusted.Text(s.ID) }},
		{Name: "kind", Title: i18n.Text{RU: "Куда", EN: "Where"}, Value: func(s wire.AppointmentSubject) any { return kind(s) }},
		{Name: "title", Title: i18n.Text{RU: "На что записывают", EN: "Appointments for"}, Value: func(s wire.AppointmentSubject) any { return s.Title }, Wide: true},
		{Name: "minutes", Title: i18n.Text{RU: "Минут", EN: "Minutes"}, Value: func(s wire.AppointmentSubject) any { return s.Minutes }},
		{Name: "service", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(s wire.AppointmentSubject) any { return untrusted.Text(s.Service) }},
	}}
	return listing.Command(f, &cobra.Command{
		Use:   "subjects",
		Short: i18n.Text{RU: "На что можно записаться", EN: "What one can be received for"}.In(f.Lang),
	}, listing.List[wire.AppointmentSubject]{View: view, Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.AppointmentSubject, error) {
		return c.Appointments.Subjects(ctx)
	})})
}

func newPlaces(f *factory.Factory) *cobra.Command {
	what, region := "", ""
	view := output.View[wire.AppointmentPlace]{Fields: []output.Field[wire.AppointmentPlace]{
		{Name: "id", Title: i18n.Text{RU: "Место", EN: "Place"}, Value: func(p wire.AppointmentPlace) any { return untrusted.Text(p.ID) }},
		{Name: "title", Title: i18n.Text{RU: "Название", EN: "Title"}, Value: func(p wire.AppointmentPlace) any { return p.Title }, Wide: true},
		{Name: "address", Title: i18n.Text{RU: "Адрес", EN: "Address"}, Value: func(p wire.AppointmentPlace) any { return p.Address }, Wide: true},
		{Name: "nextFree", Title: i18n.Text{RU: "Ближайшее время", EN: "Nearest time"}, Value: func(p wire.AppointmentPlace) any {
			if p.NextFree == nil {
				return nil
			}
			return at(p.NextFree.Start)
		}},
		{Name: "region", Title: i18n.Text{RU: "Регион", EN: "Region"}, Value: func(p wire.AppointmentPlace) any { return untrusted.Text(p.Region) }},
		{Name: "timeZone", Title: i18n.Text{RU: "Часовой пояс", EN: "Time zone"}, Value: func(p wire.AppointmentPlace) any { return untrusted.Text(p.TimeZone) }},
	}, Default: []string{"id", "title", "address", "nextFree"}}
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "places ЧТО", EN: "places WHAT"}.In(f.Lang),
		Short:   i18n.Text{RU: "Где принимают и когда ближайшее время", EN: "Where one is received, and the nearest time"}.In(f.Lang),
		Example: "  epgu appointment places doctor-dentist --region 77",
		Args:    cobra.ExactArgs(1),
		PreRun:  func(_ *cobra.Command, args []string) { what = args[0] },
	}
	cmd.Flags().StringVar(&region, "region", "", i18n.Text{RU: "`код` региона: 77", EN: "`code` of the region: 77"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.AppointmentPlace]{View: view, Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.AppointmentPlace, error) {
		s, err := c.Appointments.Subject(ctx, what)
		if err != nil {
			return nil, err
		}
		return c.Appointments.Places(ctx, s.ID, region)
	})})
}

// dayFlag reads a day, yyyy-mm-dd; empty is none.
func dayFlag(name, v string) error {
	if v == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, v); err != nil {
		return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s: день в виде 2026-12-31", EN: "--%s: a day like 2026-12-31"}.With(name))
	}
	return nil
}

func newSlots(f *factory.Factory) *cobra.Command {
	what, place, from, days := "", "", "", 0
	view := output.View[wire.AppointmentSlot]{Fields: []output.Field[wire.AppointmentSlot]{
		{Name: "start", Title: i18n.Text{RU: "Начало", EN: "Start"}, Value: func(s wire.AppointmentSlot) any { return at(s.Start) }},
		{Name: "end", Title: i18n.Text{RU: "Конец", EN: "End"}, Value: func(s wire.AppointmentSlot) any { return at(s.End) }},
		{Name: "id", Title: i18n.Text{RU: "Слот", EN: "Slot"}, Value: func(s wire.AppointmentSlot) any { return untrusted.Text(s.ID) }},
	}}
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "slots ЧТО --place МЕСТО", EN: "slots WHAT --place PLACE"}.In(f.Lang),
		Short:   i18n.Text{RU: "Свободное время, по местным часам", EN: "Free times, by the clock of the place"}.In(f.Lang),
		Example: "  epgu appointment slots doctor-dentist --place 77-P1 --from 2026-12-07 --days 3",
		Args:    cobra.ExactArgs(1),
		PreRunE: func(_ *cobra.Command, args []string) error {
			what = args[0]
			return dayFlag("from", from)
		},
	}
	cmd.Flags().StringVar(&place, "place", "", i18n.Text{RU: "`место` из «places»", EN: "`place` of \"places\""}.In(f.Lang))
	cmd.Flags().StringVar(&from, "from", "", i18n.Text{RU: "с этого `дня`, 2026-12-07", EN: "from this `day` on, 2026-12-07"}.In(f.Lang))
	cmd.Flags().IntVar(&days, "days", 7, i18n.Text{RU: "дней вперёд", EN: "days ahead"}.In(f.Lang))
	_ = cmd.MarkFlagRequired("place") // fails only for a flag that is not there
	return listing.Command(f, cmd, listing.List[wire.AppointmentSlot]{View: view, Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.AppointmentSlot, error) {
		s, err := c.Appointments.Subject(ctx, what)
		if err != nil {
			return nil, err
		}
		return c.Appointments.Slots(ctx, s.ID, place, from, days)
	})})
}

func view() output.View[wire.Appointment] {
	return output.View[wire.Appointment]{Fields: []output.Field[wire.Appointment]{
		{Name: "number", Title: i18n.Text{RU: "Запись", EN: "Appointment"}, Value: func(a wire.Appointment) any { return a.Number }},
		{Name: "start", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(a wire.Appointment) any { return at(a.Slot.Start) }},
		{Name: "subject", Title: i18n.Text{RU: "На что", EN: "For"}, Value: func(a wire.Appointment) any { return a.Subject.Title }, Wide: true},
		{Name: "place", Title: i18n.Text{RU: "Где", EN: "Where"}, Value: func(a wire.Appointment) any { return a.Place.Title }, Wide: true},
		{Name: "address", Title: i18n.Text{RU: "Адрес", EN: "Address"}, Value: func(a wire.Appointment) any { return a.Place.Address }, Wide: true},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(a wire.Appointment) any {
			return output.Dual{Machine: untrusted.Text(a.State), Human: appointments.StateTitle(a.State)}
		}},
		{Name: "end", Title: i18n.Text{RU: "Конец", EN: "End"}, Value: func(a wire.Appointment) any { return at(a.Slot.End) }},
		{Name: "timeZone", Title: i18n.Text{RU: "Часовой пояс", EN: "Time zone"}, Value: func(a wire.Appointment) any { return untrusted.Text(a.Place.TimeZone) }},
		{Name: "moveUntil", Title: i18n.Text{RU: "Перенести можно до", EN: "May be moved until"}, Value: func(a wire.Appointment) any { return optional(a.MoveUntil, a.Slot.Start.Location()) }},
		{Name: "movesLeft", Title: i18n.Text{RU: "Переносов осталось", EN: "Moves left"}, Value: func(a wire.Appointment) any { return a.MovesLeft }},
		{Name: "cancelUntil", Title: i18n.Text{RU: "Отменить можно до", EN: "May be cancelled until"}, Value: func(a wire.Appointment) any { return optional(a.CancelUntil, a.Slot.Start.Location()) }},
		{Name: "reason", Title: i18n.Text{RU: "Причина отмены", EN: "Why cancelled"}, Value: func(a wire.Appointment) any { return a.Reason }},
		{Name: "subjectId", Title: i18n.Text{RU: "Имя", EN: "Name"}, Value: func(a wire.Appointment) any { return untrusted.Text(a.Subject.ID) }},
		{Name: "placeId", Title: i18n.Text{RU: "Место", EN: "Place"}, Value: func(a wire.Appointment) any { return untrusted.Text(a.Place.ID) }},
		{Name: "slot", Title: i18n.Text{RU: "Слот", EN: "Slot"}, Value: func(a wire.Appointment) any { return untrusted.Text(a.Slot.ID) }},
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(a wire.Appointment) any { return untrusted.Text(a.ID) }},
	}, Default: []string{"number", "start", "subject", "place", "address", "state"}}
}

func newList(f *factory.Factory) *cobra.Command {
	state := ""
	cmd := &cobra.Command{
		Use:     "list",
		Short:   i18n.Text{RU: "Мои записи; прошлые и отменённые: --state over", EN: "My appointments; past and cancelled ones: --state over"}.In(f.Lang),
		Aliases: []string{"history"},
		PreRunE: func(*cobra.Command, []string) error {
			switch state {
			case appointments.Upcoming, appointments.Over:
				return nil
			case "all":
				state = ""
				return nil
			}
			return fault.New(exitcode.Usage, "flag.value", i18n.Say("--state: upcoming, over или all", "--state: upcoming, over or all"))
		},
	}
	cmd.Flags().StringVar(&state, "state", appointments.Upcoming, i18n.Text{RU: "какие: upcoming, over, all", EN: "which: upcoming, over, all"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.Appointment]{View: view(), Limit: 50, Get: listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.Appointment], error) {
		return c.Appointments.List(ctx, state, q)
	})})
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "view ЗАПИСЬ", EN: "view APPOINTMENT"}.In(f.Lang),
		Short: i18n.Text{RU: "Одна запись", EN: "One appointment"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			a, err := get(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), a.Appointment)
		},
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

// get returns an appointment, or says where all of them are.
func get(ctx context.Context, c *factory.Connection, id string) (*cabinet.Appointment, error) {
	a, err := c.Appointments.Get(ctx, id)
	if f := fault.Of(err); f != nil && f.Code == "appointment.not_found" {
		return nil, f.AdviseRun("epgu appointment list --state all")
	}
	return a, err
}
