// Package appointments is being received at departments and by doctors: what for,
// where and when, booking a time, moving and giving it up, and waiting for one.
// Commands and the TUI use it.
package appointments

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/spelling"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Portal is what this package needs of a portal; *cabinet.Client is one.
type Portal interface {
	AppointmentSubjects(ctx context.Context, q cabinet.PageQuery) (*wire.Page[wire.AppointmentSubject], error)
	AppointmentPlaces(ctx context.Context, subject, region string, q cabinet.PageQuery) (*wire.Page[wire.AppointmentPlace], error)
	AppointmentSlots(ctx context.Context, subject, place string, q cabinet.SlotQuery) (*wire.Page[wire.AppointmentSlot], error)
	Appointments(ctx context.Context, state string, q cabinet.PageQuery) (*wire.Page[wire.Appointment], error)
	Appointment(ctx context.Context, id string) (*cabinet.Appointment, error)
	HoldAppointment(ctx context.Context, req wire.AppointmentRequest) (*cabinet.Appointment, error)
	ConfirmAppointment(ctx context.Context, id string) (*cabinet.Appointment, error)
	MoveAppointment(ctx context.Context, id, etag, slot string) (*cabinet.Appointment, error)
	CancelAppointment(ctx context.Context, id, reason string) (*cabinet.Appointment, error)
	AppointmentCoupon(ctx context.Context, id string, w io.Writer) (int64, error)
	AppointmentWaits(ctx context.Context, q cabinet.PageQuery) (*wire.Page[wire.AppointmentWait], error)
	JoinAppointmentWait(ctx context.Context, req wire.AppointmentWaitRequest) (*wire.AppointmentWait, error)
	LeaveAppointmentWait(ctx context.Context, id string) error
}

// Service works on one portal. Every method fails with exit code 4 where the portal
// does not offer it.
type Service struct {
	Portal       Portal
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
}

func (s *Service) offered(ctx context.Context) error {
	caps, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	return cabinet.Require(caps, wire.CapAppointments)
}

// Subjects lists what somebody may be received for.
func (s *Service) Subjects(ctx context.Context) ([]wire.AppointmentSubject, error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.AppointmentSubject], error) {
		return s.Portal.AppointmentSubjects(ctx, q)
	})
	return all, err
}

// Subject returns the one that what names: its id, or a part of its title. None is a
// fault with exit code 5 that names the nearest, several a usage fault.
func (s *Service) Subject(ctx context.Context, what string) (wire.AppointmentSubject, error) {
	all, err := s.Subjects(ctx)
	if err != nil {
		return wire.AppointmentSubject{}, err
	}
	var found []wire.AppointmentSubject
	var names []string
	for _, x := range all {
		if x.ID == what || strings.EqualFold(x.Title.Raw(), strings.TrimSpace(what)) {
			return x, nil
		}
		if strings.Contains(strings.ToLower(x.Title.Raw()), strings.ToLower(strings.TrimSpace(what))) {
			found = append(found, x)
		}
		names = append(names, x.ID, x.Title.Raw())
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		f := fault.New(exitcode.NotFound, "appointment_subject.not_found", i18n.Text{RU: "на «%s» не записывают", EN: "there are no appointments for %q"}.With(untrusted.Text(what)))
		if near := spelling.Nearest(what, names); near != "" {
			return wire.AppointmentSubject{}, f.Advise(i18n.Text{RU: "может быть, «%s»; всё, на что записывают: epgu appointment subjects", EN: "did you mean %q; everything that has appointments: epgu appointment subjects"}.With(untrusted.Text(near)))
		}
		return wire.AppointmentSubject{}, f.AdviseRun("epgu appointment subjects")
	}
	return wire.AppointmentSubject{}, fault.New(exitcode.Usage, "appointment_subject.ambiguous", i18n.Text{
		RU: "под «%s» подходит несколько, например %s и %s", EN: "several fit %q, for example %s and %s"}.With(untrusted.Text(what), untrusted.Text(found[0].ID), untrusted.Text(found[1].ID))).AdviseRun("epgu appointment subjects")
}

// Places lists where somebody is received; region narrows them to a subject of the
// federation, "" does not.
func (s *Service) Places(ctx context.Context, subject, region string) ([]wire.AppointmentPlace, error) {
	all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.AppointmentPlace], error) {
		return s.Portal.AppointmentPlaces(ctx, subject, region, q)
	})
	return all, err
}

// allDays is how far ahead times are looked for.
const allDays = 15

// Slots lists the free times of a place from a day on (yyyy-mm-dd there, "" is today);
// 0 days are as many as can be booked.
func (s *Service) Slots(ctx context.Context, subject, place, from string, days int) ([]wire.AppointmentSlot, error) {
	if days <= 0 {
		days = allDays
	}
	all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.AppointmentSlot], error) {
		return s.Portal.AppointmentSlots(ctx, subject, place, cabinet.SlotQuery{PageQuery: q, From: from, Days: days})
	})
	return all, err
}

// Layout is how a time at a place is given: "2026-12-02 09:15".
const Layout = "2006-01-02 15:04"

// shown is how many other times a fault names.
const shown = 5

// At returns the free time of a place that begins at a local time, "2026-12-02 09:15"
// or "2026-12-02T09:15". When it is not free, the fault (exit code 9) names others of
// that day and later.
func (s *Service) At(ctx context.Context, subject, place, at string) (wire.AppointmentSlot, error) {
	at = strings.Replace(strings.TrimSpace(at), "T", " ", 1)
	t, err := time.Parse(Layout, at)
	if err != nil {
		return wire.AppointmentSlot{}, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "время «%s»: нужно «2026-12-02 09:15», по местному времени", EN: "time %q: \"2026-12-02 09:15\" is needed, in local time"}.With(untrusted.Text(at)))
	}
	free, err := s.Slots(ctx, subject, place, t.Format(time.DateOnly), 0)
	if err != nil {
		return wire.AppointmentSlot{}, err
	}
	f := fault.New(exitcode.Conflict, "slot.taken", i18n.Text{RU: "время %s занято или приёма нет", EN: "the time %s is taken, or nobody receives then"}.With(at))
	for _, slot := range free {
		if slot.Start.Format(Layout) == at {
			return slot, nil
		}
		if len(f.Fields) < shown {
			f.Fields = append(f.Fields, fault.Field{Name: untrusted.Clean(slot.ID), Message: i18n.Text{RU: "%s", EN: "%s"}.With(i18n.Moment(slot.Start))})
		}
	}
	return wire.AppointmentSlot{}, f.AdviseRun("epgu appointment slots " + subject + " --place " + place)
}

// Book holds a time and books it when agree says yes; it gives the time back when
// agree says no or fails. A nil agree is yes. A time that is the caller's already is
// gone on with: two bookings of one time are one.
func (s *Service) Book(ctx context.Context, slot string, agree func(*wire.Appointment) (bool, error)) (*cabinet.Appointment, error) {
	held, err := s.Hold(ctx, slot)
	if err != nil {
		return nil, err
	}
	if held.State == "booked" {
		return held, nil
	}
	if agree != nil {
		yes, err := agree(&held.Appointment)
		if err != nil || !yes {
			// A question that was left by a signal has ended the context.
			_, giveBack := s.Portal.CancelAppointment(context.WithoutCancel(ctx), held.ID, "")
			return nil, errors.Join(err, giveBack)
		}
	}
	return s.Confirm(ctx, held.ID)
}

// Hold keeps a time for ten minutes, so that it can be looked at before it is booked. A
// time that is the caller's already is returned as it is.
func (s *Service) Hold(ctx context.Context, slot string) (*cabinet.Appointment, error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	held, err := s.Portal.HoldAppointment(ctx, wire.AppointmentRequest{ID: id.String(), Slot: slot})
	if f := fault.Of(err); f != nil && (f.Code == "appointment.exists" || f.Code == "slot.taken") {
		return s.own(ctx, slot, err)
	}
	return held, err
}

// Confirm books what is held; booking it again changes nothing.
func (s *Service) Confirm(ctx context.Context, id string) (*cabinet.Appointment, error) {
	return s.Portal.ConfirmAppointment(ctx, id)
}

// own returns the visit of this very time when it is the caller's: he repeats what was
// broken off. Otherwise the refusal stays.
func (s *Service) own(ctx context.Context, slot string, refused error) (*cabinet.Appointment, error) {
	list, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Appointment], error) {
		return s.Portal.Appointments(ctx, Upcoming, q)
	})
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.Slot.ID == slot {
			return &cabinet.Appointment{Appointment: a}, nil
		}
	}
	return nil, refused
}

// Upcoming and Over are which visits List shows; "" is all.
const (
	Upcoming = "upcoming"
	Over     = "over"
)

// List returns one page of visits.
func (s *Service) List(ctx context.Context, state string, q cabinet.PageQuery) (*wire.Page[wire.Appointment], error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	return s.Portal.Appointments(ctx, state, q)
}

// Get returns a visit by its id or its number.
func (s *Service) Get(ctx context.Context, id string) (*cabinet.Appointment, error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	return s.Portal.Appointment(ctx, strings.ToUpper(id[:prefix(id)])+id[prefix(id):])
}

// prefix is how many bytes of a number are letters: people type them small, too.
func prefix(id string) int {
	if n := strings.IndexByte(id, '-'); n == len("ЗП") {
		return n
	}
	return 0
}

// Move takes a visit to another time of its subject and place, or of another place.
func (s *Service) Move(ctx context.Context, a *cabinet.Appointment, slot string) (*cabinet.Appointment, error) {
	return s.Portal.MoveAppointment(ctx, a.ID, a.ETag, slot)
}

// Cancel gives a visit up.
func (s *Service) Cancel(ctx context.Context, id, reason string) (*cabinet.Appointment, error) {
	return s.Portal.CancelAppointment(ctx, id, reason)
}

// SaveCoupon saves the coupon of a visit, a PDF, into dir, whole or not at all, and
// returns where and how many bytes; a name that is taken gets a number.
func (s *Service) SaveCoupon(ctx context.Context, a *cabinet.Appointment, dir string) (path string, size int64, err error) {
	d, err := safepath.OpenDir(dir)
	if err != nil {
		return "", 0, err
	}
	defer d.Close()
	w, err := d.Create("coupon-"+safepath.SanitizeName(a.Number.Raw())+".pdf", safepath.Number)
	if err != nil {
		return "", 0, err
	}
	defer w.Close()
	if size, err = s.Portal.AppointmentCoupon(ctx, a.ID, w); err != nil {
		return "", 0, err
	}
	path, err = w.Commit()
	return path, size, err
}

// Waits lists the waiting lists that the person is in.
func (s *Service) Waits(ctx context.Context) ([]wire.AppointmentWait, error) {
	if err := s.offered(ctx); err != nil {
		return nil, err
	}
	all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.AppointmentWait], error) {
		return s.Portal.AppointmentWaits(ctx, q)
	})
	return all, err
}

// Wait joins the waiting list of a place; from and to are days there, "" leaves them
// to the portal.
func (s *Service) Wait(ctx context.Context, subject, place, from, to string) (*wire.AppointmentWait, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return s.Portal.JoinAppointmentWait(ctx, wire.AppointmentWaitRequest{ID: id.String(), Subject: subject, Place: place, From: from, To: to})
}

// Leave leaves a waiting list.
func (s *Service) Leave(ctx context.Context, id string) error {
	if err := s.offered(ctx); err != nil {
		return err
	}
	return s.Portal.LeaveAppointmentWait(ctx, id)
}

// StateTitle names a state of a visit for people.
func StateTitle(state string) i18n.Text {
	switch state {
	case "held":
		return i18n.Text{RU: "не подтверждена", EN: "not confirmed"}
	case "booked":
		return i18n.Text{RU: "подтверждена", EN: "confirmed"}
	case "past":
		return i18n.Text{RU: "прошла", EN: "over"}
	case "lapsed":
		return i18n.Text{RU: "не подтверждена вовремя", EN: "not confirmed in time"}
	case "cancelled":
		return i18n.Text{RU: "отменена", EN: "cancelled"}
	}
	return i18n.Text{RU: state, EN: state}
}
