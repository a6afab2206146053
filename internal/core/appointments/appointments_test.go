package appointments

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// reception is a portal with two subjects and one visit at most.
type reception struct {
	visit *wire.Appointment
	taken bool
	did   []string
}

func all[T any](items ...T) *wire.Page[T] { return &wire.Page[T]{Items: items, Total: len(items)} }

func slot(hour int) wire.AppointmentSlot {
	at := time.Date(2026, 12, 2, hour, 0, 0, 0, time.FixedZone("", 7*3600))
	return wire.AppointmentSlot{ID: "s" + at.Format("15"), Start: at, End: at.Add(15 * time.Minute)}
}

func (r *reception) AppointmentSubjects(context.Context, cabinet.PageQuery) (*wire.Page[wire.AppointmentSubject], error) {
	return all(wire.AppointmentSubject{ID: "doctor-dentist", Title: "Стоматолог"}, wire.AppointmentSubject{ID: "doctor-child-dentist", Title: "Детский стоматолог"}, wire.AppointmentSubject{ID: "marriage", Title: "Регистрация брака"}), nil
}
func (r *reception) AppointmentPlaces(context.Context, string, string, cabinet.PageQuery) (*wire.Page[wire.AppointmentPlace], error) {
	return all(wire.AppointmentPlace{ID: "22-P1"}), nil
}
func (r *reception) AppointmentSlots(context.Context, string, string, cabinet.SlotQuery) (*wire.Page[wire.AppointmentSlot], error) {
	return all(slot(10), slot(14)), nil
}
func (r *reception) Appointments(context.Context, string, cabinet.PageQuery) (*wire.Page[wire.Appointment], error) {
	if r.visit == nil {
		return all[wire.Appointment](), nil
	}
	return all(*r.visit), nil
}
func (r *reception) Appointment(_ context.Context, id string) (*cabinet.Appointment, error) {
	r.did = append(r.did, "get "+id)
	return &cabinet.Appointment{Appointment: wire.Appointment{ID: id, Number: "ЗП-000001"}}, nil
}
func (r *reception) HoldAppointment(_ context.Context, req wire.AppointmentRequest) (*cabinet.Appointment, error) {
	r.did = append(r.did, "hold "+req.Slot)
	if r.visit != nil || r.taken {
		return nil, fault.New(exitcode.Conflict, "slot.taken", i18n.Say("занято", "taken"))
	}
	r.visit = &wire.Appointment{ID: req.ID, State: "held", Slot: wire.AppointmentSlot{ID: req.Slot}}
	return &cabinet.Appointment{Appointment: *r.visit}, nil
}
func (r *reception) ConfirmAppointment(_ context.Context, _ string) (*cabinet.Appointment, error) {
	r.did = append(r.did, "confirm")
	r.visit.State = "booked"
	return &cabinet.Appointment{Appointment: *r.visit}, nil
}
func (r *reception) MoveAppointment(context.Context, string, string, string) (*cabinet.Appointment, error) {
	return nil, errors.ErrUnsupported
}
func (r *reception) CancelAppointment(ctx context.Context, _, _ string) (*cabinet.Appointment, error) {
	r.did = append(r.did, "cancel")
	return nil, ctx.Err()
}
func (r *reception) AppointmentCoupon(_ context.Context, _ string, w io.Writer) (int64, error) {
	n, err := io.WriteString(w, "%PDF-1.7")
	return int64(n), err
}
func (r *reception) AppointmentWaits(context.Context, cabinet.PageQuery) (*wire.Page[wire.AppointmentWait], error) {
	return all[wire.AppointmentWait](), nil
}
func (r *reception) JoinAppointmentWait(context.Context, wire.AppointmentWaitRequest) (*wire.AppointmentWait, error) {
	return &wire.AppointmentWait{}, nil
}
func (r *reception) LeaveAppointmentWait(context.Context, string) error { return nil }

func serviceOf(r *reception, caps ...wire.Capability) *Service {
	return &Service{Portal: r, Capabilities: func(context.Context) (*wire.Capabilities, error) {
		return &wire.Capabilities{Portal: "x", Capabilities: caps}, nil
	}}
}

func codeOf(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

func TestASubjectIsFoundByItsNameAndByAPartOfItsTitle(t *testing.T) {
	s := serviceOf(&reception{}, wire.CapAppointments)
	for what, want := range map[string]string{"marriage": "marriage", "БРАК": "marriage", "стоматолог": "doctor-dentist", "детский": "doctor-child-dentist"} {
		if got, err := s.Subject(t.Context(), what); err != nil || got.ID != want {
			t.Errorf("%s: %s %v", what, got.ID, err)
		}
	}
	for what, code := range map[string]string{"томатолог": "appointment_subject.ambiguous", "нотариус": "appointment_subject.not_found"} {
		if _, err := s.Subject(t.Context(), what); codeOf(err) != code {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := serviceOf(&reception{}).Subject(t.Context(), "marriage"); codeOf(err) != "capability.missing" {
		t.Error(err)
	}
}

func TestATimeIsGivenByTheClockOfThePlace(t *testing.T) {
	s := serviceOf(&reception{}, wire.CapAppointments)
	for _, at := range []string{"2026-12-02 14:00", "2026-12-02T14:00", " 2026-12-02 14:00 "} {
		if got, err := s.At(t.Context(), "doctor-dentist", "22-P1", at); err != nil || got.ID != "s14" {
			t.Errorf("%s: %v %v", at, got, err)
		}
	}
	_, err := s.At(t.Context(), "doctor-dentist", "22-P1", "2026-12-02 11:00")
	if f := fault.Of(err); f == nil || f.Code != "slot.taken" || len(f.Fields) != 2 || f.Fields[0].Name != "s10" {
		t.Errorf("%+v", err)
	}
	if _, err := s.At(t.Context(), "doctor-dentist", "22-P1", "14:00"); codeOf(err) != "flag.value" {
		t.Error(err)
	}
}

func TestATimeIsHeldLookedAtAndBookedOrGivenBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		agree func(*wire.Appointment) (bool, error)
		had   *wire.Appointment
		taken bool
		want  []string
		code  string
		state string
	}{
		{name: "without a question", want: []string{"hold s10", "confirm"}, state: "booked"},
		{name: "yes", agree: func(*wire.Appointment) (bool, error) { return true, nil }, want: []string{"hold s10", "confirm"}, state: "booked"},
		{name: "no", agree: func(*wire.Appointment) (bool, error) { return false, nil }, want: []string{"hold s10", "cancel"}},
		{name: "broken off", agree: func(*wire.Appointment) (bool, error) { return false, context.Canceled }, want: []string{"hold s10", "cancel"}},
		{name: "held before the answer was lost", had: &wire.Appointment{State: "held", Slot: wire.AppointmentSlot{ID: "s10"}}, want: []string{"hold s10", "confirm"}, state: "booked"},
		{name: "booked already", had: &wire.Appointment{State: "booked", Slot: wire.AppointmentSlot{ID: "s10"}}, want: []string{"hold s10"}, state: "booked"},
		{name: "another time of one's own", had: &wire.Appointment{State: "booked", Slot: wire.AppointmentSlot{ID: "s14"}}, want: []string{"hold s10"}, code: "slot.taken"},
		{name: "somebody else's", taken: true, want: []string{"hold s10"}, code: "slot.taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &reception{visit: c.had, taken: c.taken}
			a, err := serviceOf(r, wire.CapAppointments).Book(t.Context(), "s10", c.agree)
			if codeOf(err) != c.code || !slices.Equal(r.did, c.want) {
				t.Errorf("%v, %q", err, r.did)
			}
			if c.state != "" && (a == nil || a.State != c.state) {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestACouponIsSavedUnderTheNumberWholeOrNotAtAll(t *testing.T) {
	r := &reception{}
	s := serviceOf(r, wire.CapAppointments)
	a, err := s.Get(t.Context(), "зп-000001")
	if err != nil || r.did[0] != "get ЗП-000001" {
		t.Fatal(err, r.did)
	}
	dir := t.TempDir()
	for range 2 { // a name that is taken gets a number
		path, size, err := s.SaveCoupon(t.Context(), a, dir)
		if err != nil || size != 8 || !strings.Contains(path, "coupon-ЗП-000001") {
			t.Errorf("%s %d %v", path, size, err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%v %v", files, err)
	}
}
