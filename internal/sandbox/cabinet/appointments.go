package cabinet

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rsc.io/qr"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/appointments"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/receipts"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// waitTerm is how long a place in a waiting list lasts when no last day is named,
// months.
const waitTerm = 3

// mountAppointments adds the reception.
func (f *face) mountAppointments(signed func(method, path string, h problem.Handler)) {
	signed("GET", "/appointment-subjects", f.appointmentSubjects)
	signed("GET", "/appointment-subjects/{id}/places", f.appointmentPlaces)
	signed("GET", "/appointment-subjects/{id}/places/{place}/slots", f.appointmentSlots)
	signed("GET", "/appointments", f.listAppointments)
	signed("POST", "/appointments", f.holdAppointment)
	signed("GET", "/appointments/{id}", f.getAppointment)
	signed("PUT", "/appointments/{id}/confirmation", f.confirmAppointment)
	signed("PUT", "/appointments/{id}/slot", f.moveAppointment)
	signed("PUT", "/appointments/{id}/cancellation", f.cancelAppointment)
	signed("GET", "/appointments/{id}/coupon", f.appointmentCoupon)
	signed("GET", "/appointment-waits", f.listAppointmentWaits)
	signed("POST", "/appointment-waits", f.joinAppointmentWait)
	signed("DELETE", "/appointment-waits/{id}", f.leaveAppointmentWait)
}

func (f *face) reception() appointments.Reception { return appointments.Reception{Seed: f.deps.Seed} }

func appointmentOwner(c session.Caller) appointments.Owner {
	return appointments.Owner{OID: c.OID, OrgOID: c.OrgOID}
}

// received refuses who is not known well enough to be received.
func received(r *http.Request) (appointments.Owner, error) {
	who := caller(r)
	if !who.AtLeast(wire.LevelStandard) {
		return appointments.Owner{}, problem.New(http.StatusForbidden, "level.too_low", i18n.Say("Записаться может стандартная или подтверждённая учётная запись", "An account of the standard or confirmed level may book")).
			WithHint(i18n.Say("Повысьте уровень: epgu profile level", "Raise the level: epgu profile level"))
	}
	return appointmentOwner(who), nil
}

func wireSubject(s appointments.Subject, l i18n.Lang) wire.AppointmentSubject {
	kind := "department"
	if s.Doctor {
		kind = "doctor"
	}
	return wire.AppointmentSubject{ID: s.ID, Kind: kind, Title: text(s.Title, l), Service: s.Service, Minutes: int(s.Length / time.Minute)}
}

func wirePlace(p appointments.Place, l i18n.Lang) wire.AppointmentPlace {
	return wire.AppointmentPlace{ID: p.ID, Region: p.Region, Title: text(p.Title, l), Address: text(p.Address, l), TimeZone: p.Zone.Name}
}

func wireSlot(s appointments.Slot) wire.AppointmentSlot {
	return wire.AppointmentSlot{ID: s.ID, Start: s.Start, End: s.End()}
}

func wireAppointment(b *appointments.Booking, now time.Time, l i18n.Lang) wire.Appointment {
	out := wire.Appointment{ID: b.ID, Number: wire.Text(b.Number()), State: b.State(now), Subject: wireSubject(b.Slot.Subject, l), Place: wirePlace(b.Slot.Place, l), Slot: wireSlot(b.Slot),
		MovesLeft: b.MovesLeft(), Reason: wire.Text(b.Reason), Sequence: b.Version - 1, CreatedAt: b.Created, UpdatedAt: b.Updated}
	optional := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	out.MoveUntil, out.CancelUntil = optional(b.MoveUntil(now)), optional(b.CancelUntil(now))
	if out.State == appointments.Held {
		out.HoldUntil = &b.Until
	}
	return out
}

// pageFrom cuts a page out of a list that is at hand whole.
func pageFrom[A, B any](q url.Values, all []A, as func(A) (B, error)) (wire.Page[B], error) {
	limit, offset, err := pageOf(q)
	if err != nil {
		return wire.Page[B]{}, err
	}
	var items []B
	for _, a := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		b, err := as(a)
		if err != nil {
			return wire.Page[B]{}, err
		}
		items = append(items, b)
	}
	return page(items, len(all), offset), nil
}

// appointmentSubjects is GET /appointment-subjects.
func (f *face) appointmentSubjects(w http.ResponseWriter, r *http.Request) error {
	p, err := pageFrom(r.URL.Query(), appointments.Subjects(), func(s appointments.Subject) (wire.AppointmentSubject, error) {
		return wireSubject(s, problem.Lang(r)), nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, p)
	return nil
}

func subjectOf(r *http.Request) (appointments.Subject, error) {
	s, ok := appointments.Find(r.PathValue("id"))
	if !ok {
		return s, problem.NotFound("appointment_subject.not_found")
	}
	return s, nil
}

// appointmentPlaces is GET /appointment-subjects/{id}/places.
func (f *face) appointmentPlaces(w http.ResponseWriter, r *http.Request) error {
	s, err := subjectOf(r)
	if err != nil {
		return err
	}
	places, err := s.Places(r.URL.Query().Get("region"))
	if err != nil {
		return err
	}
	var p wire.Page[wire.AppointmentPlace]
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		p, err = pageFrom(r.URL.Query(), places, func(place appointments.Place) (wire.AppointmentPlace, error) {
			out := wirePlace(place, problem.Lang(r))
			free, err := appointments.Free(r.Context(), tx, f.deps.Seed, s, place, time.Time{}, appointments.Horizon+1, 1, now)
			if len(free) > 0 {
				next := wireSlot(free[0])
				out.NextFree = &next
			}
			return out, err
		})
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, p)
	return nil
}

// appointmentSlots is GET /appointment-subjects/{id}/places/{place}/slots.
func (f *face) appointmentSlots(w http.ResponseWriter, r *http.Request) error {
	s, err := subjectOf(r)
	if err != nil {
		return err
	}
	place, ok, err := s.Place(r.PathValue("place"))
	if err != nil {
		return err
	}
	if !ok {
		return problem.NotFound("appointment_place.not_found")
	}
	q := r.URL.Query()
	from, err := plainDay("from", q.Get("from"))
	if err != nil {
		return err
	}
	days := 7
	if v := q.Get("days"); v != "" {
		if days, err = strconv.Atoi(v); err != nil || days < 1 || days > appointments.Horizon+1 {
			return problem.BadRequest(i18n.Text{RU: "days: от 1 до %d", EN: "days: from 1 to %d"}.With(appointments.Horizon + 1))
		}
	}
	var p wire.Page[wire.AppointmentSlot]
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		free, err := appointments.Free(r.Context(), tx, f.deps.Seed, s, place, from, days, -1, now)
		if err != nil {
			return err
		}
		p, err = pageFrom(q, free, func(s appointments.Slot) (wire.AppointmentSlot, error) { return wireSlot(s), nil })
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, p)
	return nil
}

// plainDay reads a day by the calendar of a place, which has no zone yet; empty is none.
func plainDay(name, v string) (time.Time, error) {
	if v == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return day, problem.BadRequest(i18n.Text{RU: "%s: день в виде 2026-12-31", EN: "%s: a day like 2026-12-31"}.With(name))
	}
	return day, nil
}

// listAppointments is GET /appointments.
func (f *face) listAppointments(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	state, err := oneOf(q, "state", "upcoming", "over")
	if err != nil {
		return err
	}
	var p wire.Page[wire.Appointment]
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		list, total, err := appointments.List(r.Context(), tx, appointmentOwner(caller(r)), state, limit, offset, now)
		if err != nil {
			return err
		}
		var items []wire.Appointment
		for _, b := range list {
			items = append(items, wireAppointment(b, now, problem.Lang(r)))
		}
		p = page(items, total, offset)
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, p)
	return nil
}

func answerAppointment(w http.ResponseWriter, r *http.Request, status int, b *appointments.Booking, now time.Time) {
	w.Header().Set("ETag", b.ETag())
	if status == http.StatusCreated {
		w.Header().Set("Location", wire.Base+"/appointments/"+b.ID)
	}
	problem.JSON(w, status, wireAppointment(b, now, problem.Lang(r)))
}

// change does something to an appointment of the caller and answers with it.
func (f *face) changeAppointment(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, tx *sql.Tx, who appointments.Owner, now time.Time) (*appointments.Booking, bool, error)) error {
	who, err := received(r)
	if err != nil {
		return err
	}
	var b *appointments.Booking
	var now time.Time
	made := false
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		if now, err = f.deps.Calendar.Now(r.Context(), tx); err != nil {
			return err
		}
		b, made, err = do(r.Context(), tx, who, now)
		return err
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	answerAppointment(w, r, status, b, now)
	return nil
}

// holdAppointment is POST /appointments.
func (f *face) holdAppointment(w http.ResponseWriter, r *http.Request) error {
	var in wire.AppointmentRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if err := checkKey(in.ID, r.Header.Get("Idempotency-Key")); err != nil {
		return err
	}
	return f.changeAppointment(w, r, func(ctx context.Context, tx *sql.Tx, who appointments.Owner, now time.Time) (*appointments.Booking, bool, error) {
		return f.reception().Hold(ctx, tx, who, in.ID, in.Slot, now)
	})
}

// getAppointment is GET /appointments/{id}.
func (f *face) getAppointment(w http.ResponseWriter, r *http.Request) error {
	b, now, err := f.appointment(r)
	if err != nil {
		return err
	}
	answerAppointment(w, r, http.StatusOK, b, now)
	return nil
}

func (f *face) appointment(r *http.Request) (b *appointments.Booking, now time.Time, err error) {
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		if now, err = f.deps.Calendar.Now(r.Context(), tx); err != nil {
			return err
		}
		b, err = appointments.Get(r.Context(), tx, appointmentOwner(caller(r)), r.PathValue("id"))
		return err
	})
	return b, now, err
}

// confirmAppointment is PUT /appointments/{id}/confirmation.
func (f *face) confirmAppointment(w http.ResponseWriter, r *http.Request) error {
	return f.changeAppointment(w, r, func(ctx context.Context, tx *sql.Tx, who appointments.Owner, now time.Time) (*appointments.Booking, bool, error) {
		b, err := f.reception().Confirm(ctx, tx, who, r.PathValue("id"), now)
		return b, false, err
	})
}

// moveAppointment is PUT /appointments/{id}/slot with If-Match.
func (f *face) moveAppointment(w http.ResponseWriter, r *http.Request) error {
	match := r.Header.Get("If-Match")
	if match == "" {
		return problem.NoMatch()
	}
	var in wire.AppointmentMove
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return f.changeAppointment(w, r, func(ctx context.Context, tx *sql.Tx, who appointments.Owner, now time.Time) (*appointments.Booking, bool, error) {
		b, err := f.reception().Move(ctx, tx, who, r.PathValue("id"), in.Slot, func(etag string) error {
			if matches(match, etag) {
				return nil
			}
			return problem.New(http.StatusPreconditionFailed, "appointment.changed", i18n.Say("Запись успели изменить", "The appointment was changed meanwhile")).
				WithHint(i18n.Say("Посмотрите её снова и повторите", "Look at it again and repeat"))
		}, now)
		return b, false, err
	})
}

// cancelAppointment is PUT /appointments/{id}/cancellation.
func (f *face) cancelAppointment(w http.ResponseWriter, r *http.Request) error {
	var in wire.AppointmentCancellation
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return f.changeAppointment(w, r, func(ctx context.Context, tx *sql.Tx, who appointments.Owner, now time.Time) (*appointments.Booking, bool, error) {
		b, err := f.reception().Cancel(ctx, tx, who, r.PathValue("id"), in.Reason, now)
		return b, false, err
	})
}

// appointmentCoupon is GET /appointments/{id}/coupon.
func (f *face) appointmentCoupon(w http.ResponseWriter, r *http.Request) error {
	b, now, err := f.appointment(r)
	if err != nil {
		return err
	}
	if b.State(now) != appointments.Booked {
		return problem.New(http.StatusConflict, "appointment.no_coupon", i18n.Say("Талон есть только у подтверждённой записи, время которой впереди", "Only a confirmed appointment to come has a coupon"))
	}
	l := problem.Lang(r)
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(l) }
	at := b.Slot.Start.Format("02.01.2006 15:04 (-07:00)")
	code, err := qr.Encode("EPGU-APPOINTMENT|"+b.Number()+"|"+b.Slot.Start.Format(time.RFC3339)+"|"+b.Slot.Place.ID, qr.M)
	if err != nil {
		return err
	}
	pdf, err := receipts.Print(receipts.Document{Title: say("Талон на приём", "Appointment coupon"), At: b.Updated, Lang: l, QR: code.PNG(),
		Lines: []receipts.Line{
			{Name: say("Запись", "Appointment"), Value: b.Number()}, {Name: say("Куда", "For"), Value: b.Slot.Subject.Title.In(l)},
			{Name: say("Когда", "When"), Value: at}, {Name: say("Где", "Where"), Value: b.Slot.Place.Title.In(l)}, {Name: say("Адрес", "Address"), Value: b.Slot.Place.Address.In(l)},
		},
		Notes: []string{say("Это учебный талон: принимать по нему не будут.", "This is a training coupon: nobody will be received by it.")}})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="coupon-`+strconv.FormatInt(b.Seq, 10)+`.pdf"`)
	_, err = w.Write(pdf)
	return err
}

func wireWait(w *appointments.Wait, l i18n.Lang) (wire.AppointmentWait, error) {
	out := wire.AppointmentWait{ID: w.ID, Subject: wireSubject(w.Subject, l), Place: wirePlace(w.Place, l), From: w.From, To: w.To, CreatedAt: w.Created}
	if !w.Told.IsZero() {
		slot, ok, err := appointments.ParseSlot(w.Offered)
		if err != nil {
			return out, err
		}
		if offered := wireSlot(slot); ok {
			out.Offered, out.ToldAt = &offered, &w.Told
		}
	}
	return out, nil
}

// listAppointmentWaits is GET /appointment-waits.
func (f *face) listAppointmentWaits(w http.ResponseWriter, r *http.Request) error {
	var p wire.Page[wire.AppointmentWait]
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		list, err := appointments.Waits(r.Context(), tx, appointmentOwner(caller(r)))
		if err != nil {
			return err
		}
		p, err = pageFrom(r.URL.Query(), list, func(w *appointments.Wait) (wire.AppointmentWait, error) { return wireWait(w, problem.Lang(r)) })
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, p)
	return nil
}

// joinAppointmentWait is POST /appointment-waits.
func (f *face) joinAppointmentWait(w http.ResponseWriter, r *http.Request) error {
	who, err := received(r)
	if err != nil {
		return err
	}
	var in wire.AppointmentWaitRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if err := checkKey(in.ID, r.Header.Get("Idempotency-Key")); err != nil {
		return err
	}
	s, ok := appointments.Find(in.Subject)
	if !ok {
		return problem.NotFound("appointment_subject.not_found")
	}
	place, ok, err := s.Place(in.Place)
	if err != nil {
		return err
	}
	if !ok {
		return problem.NotFound("appointment_place.not_found")
	}
	var out wire.AppointmentWait
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		today := now.In(place.Zone.Location())
		from, to, err := period(in.From, in.To, today)
		if err != nil {
			return err
		}
		wait, err := f.reception().Join(r.Context(), tx, appointments.Wait{ID: in.ID, Owner: who, Subject: s, Place: place, From: from, To: to}, now)
		if err != nil {
			return err
		}
		out, err = wireWait(wait, problem.Lang(r))
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusCreated, out)
	return nil
}

// period reads the days between which a time is wanted.
func period(from, to string, today time.Time) (string, string, error) {
	first, err := plainDay("from", from)
	if err != nil {
		return "", "", err
	}
	last, err := plainDay("to", to)
	if err != nil {
		return "", "", err
	}
	if from == "" {
		first = today
	}
	if to == "" {
		last = today.AddDate(0, waitTerm, 0)
	}
	a, b, now := first.Format(time.DateOnly), last.Format(time.DateOnly), today.Format(time.DateOnly)
	switch {
	case b < a:
		return "", "", problem.Invalid(problem.Field{Name: "to", Code: "range", Message: i18n.Say("не раньше первого дня", "not before the first day")})
	case b < now || b > today.AddDate(1, 0, 0).Format(time.DateOnly):
		return "", "", problem.Invalid(problem.Field{Name: "to", Code: "range", Message: i18n.Say("день от сегодняшнего до года вперёд", "a day from today to a year ahead")})
	}
	return max(a, now), b, nil
}

// leaveAppointmentWait is DELETE /appointment-waits/{id}.
func (f *face) leaveAppointmentWait(w http.ResponseWriter, r *http.Request) error {
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		return appointments.Leave(r.Context(), tx, appointmentOwner(caller(r)), r.PathValue("id"))
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
