package appointment

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// timing is how a time is named: by its slot, by the clock of a place, or chosen from
// a list on a terminal.
type timing struct {
	place, region, slot, at string
}

func (t *timing) flags(f *factory.Factory, cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.place, "place", "", i18n.Text{RU: "`место` из «places»", EN: "`place` of \"places\""}.In(f.Lang))
	cmd.Flags().StringVar(&t.region, "region", "", i18n.Text{RU: "предлагать места этого региона, `код`", EN: "offer places of this region, a `code`"}.In(f.Lang))
	cmd.Flags().StringVar(&t.slot, "slot", "", i18n.Text{RU: "`слот` из «slots»", EN: "`slot` of \"slots\""}.In(f.Lang))
	cmd.Flags().StringVar(&t.at, "at", "", i18n.Text{RU: "`время` по местным часам: «2026-12-02 09:15»", EN: "`time` by the clock of the place: \"2026-12-02 09:15\""}.In(f.Lang))
	cmd.MarkFlagsMutuallyExclusive("slot", "at")
	cmd.MarkFlagsMutuallyExclusive("slot", "place")
}

// offered is how many times one list on a terminal has.
const offered = 40

// choose returns the slot that was named or is chosen; place is where to look when the
// flags name none, "" asks.
func (t *timing) choose(ctx context.Context, f *factory.Factory, c *factory.Connection, subject wire.AppointmentSubject, place string) (string, error) {
	if t.slot != "" {
		return t.slot, nil
	}
	if t.place != "" {
		place = t.place
	}
	ask := prompt.New(f.IO)
	if place == "" {
		places, err := c.Appointments.Places(ctx, subject.ID, t.region)
		if err != nil {
			return "", err
		}
		options := make([]prompt.Option, len(places))
		for i, p := range places {
			options[i] = prompt.Option{Value: p.ID, Label: i18n.Text{RU: "%s, %s: мест нет", EN: "%s, %s: nothing free"}.With(p.Title, p.Address)}
			if p.NextFree != nil {
				options[i].Label = i18n.Text{RU: "%s, %s: с %s", EN: "%s, %s: from %s"}.With(p.Title, p.Address, i18n.Moment(p.NextFree.Start))
			}
		}
		n, err := ask.Select(ctx, prompt.Question{Label: i18n.Text{RU: "Где: %s", EN: "Where: %s"}.With(subject.Title), Flag: "--place"}, options)
		if err != nil {
			return "", err
		}
		place = places[n].ID
	}
	if t.at != "" {
		slot, err := c.Appointments.At(ctx, subject.ID, place, t.at)
		return slot.ID, err
	}
	free, err := c.Appointments.Slots(ctx, subject.ID, place, "", 0)
	if err != nil {
		return "", err
	}
	if len(free) == 0 {
		return "", fault.New(exitcode.NotFound, "slot.none", i18n.Say("свободного времени здесь нет", "there is no free time here")).
			AdviseRun("epgu appointment wait join " + subject.ID + " --place " + place)
	}
	options := make([]prompt.Option, min(len(free), offered))
	for i := range options {
		options[i] = prompt.Option{Value: free[i].ID, Label: i18n.Text{RU: "%s", EN: "%s"}.With(i18n.Moment(free[i].Start))}
	}
	n, err := ask.Select(ctx, prompt.Question{Label: i18n.Say("Когда", "When"), Flag: "--at"}, options)
	if err != nil {
		return "", err
	}
	return free[n].ID, nil
}

func newCreate(f *factory.Factory) *cobra.Command {
	var out output.Options
	var when timing
	yes := false
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "create ЧТО", EN: "create WHAT"}.In(f.Lang),
		Short: i18n.Text{RU: "Записаться", EN: "Book an appointment"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Время держится десять минут, пока вы подтверждаете; отказ или Ctrl-C его отпускают. Занятое время — код 9, рядом названо другое.\nБез --place и --at на терминале место и время выбирают из списка.",
			EN: "The time is held for ten minutes while you confirm; no or Ctrl-C lets it go. A time that is taken is exit code 9, with other times named.\nWithout --place and --at the place and the time are chosen from a list on a terminal."}.In(f.Lang),
		Example: "  epgu appointment create doctor-dentist --place 77-P1 --at \"2026-12-02 09:15\" --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			subject, err := c.Appointments.Subject(ctx, args[0])
			if err != nil {
				return err
			}
			slot, err := when.choose(ctx, f, c, subject, "")
			if err != nil {
				return err
			}
			var agree func(*wire.Appointment) (bool, error)
			if !yes {
				agree = func(a *wire.Appointment) (bool, error) {
					return prompt.New(f.IO).Confirm(ctx, prompt.Question{Flag: "--yes", Label: i18n.Text{RU: "Записать: %s, %s, %s (%s)?", EN: "Book %s, %s, %s (%s)?"}.
						With(a.Subject.Title, i18n.Moment(a.Slot.Start), a.Place.Title, a.Place.Address)}, true)
				}
			}
			a, err := c.Appointments.Book(ctx, slot, agree)
			if err != nil {
				return err
			}
			if a == nil {
				return notConfirmed()
			}
			if !out.Machine() {
				f.IO.Note(i18n.Text{RU: "Вы записаны. Талон: epgu appointment coupon %s", EN: "You are booked. The coupon: epgu appointment coupon %s"}.With(a.Number))
			}
			return output.Object(f.IO, &out, view(), a.Appointment)
		},
	}
	when.flags(f, cmd)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "записать, не спрашивая", EN: "book without asking"}.In(f.Lang))
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

func notConfirmed() error {
	return fault.New(exitcode.Usage, "prompt.not_confirmed", i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
}

func newMove(f *factory.Factory) *cobra.Command {
	var out output.Options
	var when timing
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "move ЗАПИСЬ", EN: "move APPOINTMENT"}.In(f.Lang),
		Short:   i18n.Text{RU: "Перенести на другое время", EN: "Move to another time"}.In(f.Lang),
		Long:    i18n.Text{RU: "Прежнее время освобождается в тот же миг; если новое занято, запись остаётся как была.", EN: "The earlier time becomes free at the same moment; when the new one is taken, the appointment stays as it was."}.In(f.Lang),
		Example: "  epgu appointment move ЗП-000001 --at \"2026-12-03 11:00\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			a, err := get(ctx, c, args[0])
			if err != nil {
				return err
			}
			slot, err := when.choose(ctx, f, c, a.Subject, a.Place.ID)
			if err != nil {
				return err
			}
			moved, err := c.Appointments.Move(ctx, a, slot)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), moved.Appointment)
		},
	}
	when.flags(f, cmd)
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

func newCancel(f *factory.Factory) *cobra.Command {
	var out output.Options
	reason, yes := "", false
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "cancel ЗАПИСЬ", EN: "cancel APPOINTMENT"}.In(f.Lang),
		Short: i18n.Text{RU: "Отменить запись", EN: "Cancel an appointment"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			a, err := get(ctx, c, args[0])
			if err != nil {
				return err
			}
			if !yes {
				sure, err := prompt.New(f.IO).Confirm(ctx, prompt.Question{Flag: "--yes", Label: i18n.Text{RU: "Отменить %s: %s, %s?", EN: "Cancel %s: %s, %s?"}.With(a.Number, a.Subject.Title, i18n.Moment(a.Slot.Start))}, false)
				if err != nil {
					return err
				}
				if !sure {
					return notConfirmed()
				}
			}
			gone, err := c.Appointments.Cancel(ctx, a.ID, reason)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), gone.Appointment)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", i18n.Text{RU: "`причина`, до 200 знаков", EN: "`why`, at most 200 characters"}.In(f.Lang))
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "отменить, не спрашивая", EN: "cancel without asking"}.In(f.Lang))
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

// saved is a file that was written.
type saved struct {
	path string
	size int64
}

func newCoupon(f *factory.Factory) *cobra.Command {
	var out output.Options
	dir := ""
	files := output.View[saved]{Fields: []output.Field[saved]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(s saved) any { return s.path }},
		{Name: "bytes", Title: i18n.Text{RU: "Байт", EN: "Bytes"}, Value: func(s saved) any { return s.size }},
	}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "coupon ЗАПИСЬ", EN: "coupon APPOINTMENT"}.In(f.Lang),
		Short: i18n.Text{RU: "Сохранить талон: PDF с QR-кодом", EN: "Save the coupon: a PDF with a QR code"}.In(f.Lang),
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
			path, size, err := c.Appointments.SaveCoupon(cmd.Context(), a, dir)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, files, saved{path, size})
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файла", EN: "`folder` for the file"}.In(f.Lang))
	output.AddFlags(cmd, &out, files, f.Lang)
	return cmd
}

// day is a day as the portal writes it, yyyy-mm-dd.
func day(v string) any {
	t, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return untrusted.Text(v)
	}
	return output.Date(t)
}

func waitView() output.View[wire.AppointmentWait] {
	return output.View[wire.AppointmentWait]{Fields: []output.Field[wire.AppointmentWait]{
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(w wire.AppointmentWait) any { return untrusted.Text(w.ID) }},
		{Name: "subject", Title: i18n.Text{RU: "На что", EN: "For"}, Value: func(w wire.AppointmentWait) any { return w.Subject.Title }, Wide: true},
		{Name: "place", Title: i18n.Text{RU: "Где", EN: "Where"}, Value: func(w wire.AppointmentWait) any { return w.Place.Title }, Wide: true},
		{Name: "from", Title: i18n.Text{RU: "С", EN: "From"}, Value: func(w wire.AppointmentWait) any { return day(w.From) }},
		{Name: "to", Title: i18n.Text{RU: "По", EN: "To"}, Value: func(w wire.AppointmentWait) any { return day(w.To) }},
		{Name: "offered", Title: i18n.Text{RU: "Освободилось", EN: "Has become free"}, Value: func(w wire.AppointmentWait) any {
			if w.Offered == nil {
				return nil
			}
			return at(w.Offered.Start)
		}},
		{Name: "slot", Title: i18n.Text{RU: "Слот", EN: "Slot"}, Value: func(w wire.AppointmentWait) any {
			if w.Offered == nil {
				return nil
			}
			return untrusted.Text(w.Offered.ID)
		}},
	}, Default: []string{"id", "subject", "place", "from", "to", "offered"}}
}

// newWait is the noun inside the noun: waiting lists.
func newWait(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "wait",
		Short: i18n.Text{RU: "Листы ожидания: список, встать, выйти", EN: "Waiting lists: list, join, leave"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newWaitList(f), newWaitJoin(f), newWaitLeave(f))
	return cmd
}

func newWaitList(f *factory.Factory) *cobra.Command {
	return listing.Command(f, &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Где вы ждёте и что освободилось", EN: "Where you wait, and what has become free"}.In(f.Lang),
	}, listing.List[wire.AppointmentWait]{View: waitView(), Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.AppointmentWait, error) {
		return c.Appointments.Waits(ctx)
	})})
}

func newWaitJoin(f *factory.Factory) *cobra.Command {
	var out output.Options
	place, from, to := "", "", ""
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "join ЧТО --place МЕСТО", EN: "join WHAT --place PLACE"}.In(f.Lang),
		Short:   i18n.Text{RU: "Встать в лист ожидания: когда время освободится, придёт письмо", EN: "Join a waiting list: a letter comes when a time becomes free"}.In(f.Lang),
		Example: "  epgu appointment wait join doctor-cardiologist --place 77-P1 --to 2026-12-25",
		Args:    cobra.ExactArgs(1),
		PreRunE: func(*cobra.Command, []string) error {
			if err := dayFlag("from", from); err != nil {
				return err
			}
			return dayFlag("to", to)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			subject, err := c.Appointments.Subject(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			w, err := c.Appointments.Wait(cmd.Context(), subject.ID, place, from, to)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, waitView(), *w)
		},
	}
	cmd.Flags().StringVar(&place, "place", "", i18n.Text{RU: "`место` из «places»", EN: "`place` of \"places\""}.In(f.Lang))
	cmd.Flags().StringVar(&from, "from", "", i18n.Text{RU: "не раньше этого `дня`", EN: "not before this `day`"}.In(f.Lang))
	cmd.Flags().StringVar(&to, "to", "", i18n.Text{RU: "не позже этого `дня`; без него — три месяца", EN: "not after this `day`; three months without it"}.In(f.Lang))
	_ = cmd.MarkFlagRequired("place") // fails only for a flag that is not there
	output.AddFlags(cmd, &out, waitView(), f.Lang)
	return cmd
}

func newWaitLeave(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   i18n.Text{RU: "leave НОМЕР", EN: "leave ID"}.In(f.Lang),
		Short: i18n.Text{RU: "Выйти из листа ожидания", EN: "Leave a waiting list"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			err = c.Appointments.Leave(cmd.Context(), args[0])
			if e := fault.Of(err); e != nil && e.Code == "appointment_wait.not_found" {
				return e.AdviseRun("epgu appointment wait list")
			}
			if err == nil {
				f.IO.Note(i18n.Say("Вы больше не в этом листе ожидания.", "You are in this waiting list no more."))
			}
			return err
		},
	}
}
