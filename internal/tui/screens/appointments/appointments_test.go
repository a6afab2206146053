package appointments

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// reception is a portal with two doctors.
type reception struct {
	visits []wire.Appointment
	did    []string
	taken  bool
	none   bool
	many   int // places
}

func slot(hour int) wire.AppointmentSlot {
	at := time.Date(2026, 12, 2, hour, 0, 0, 0, time.FixedZone("", 7*3600))
	return wire.AppointmentSlot{ID: fmt.Sprintf("doctor-dentist.22-P1.20261202T%02d00", hour), Start: at, End: at.Add(15 * time.Minute)}
}

func visit(n int, state string, hour int) wire.Appointment {
	a := wire.Appointment{ID: fmt.Sprintf("01a2-demo-%d", n), Number: wire.Text(fmt.Sprintf("ЗП-%06d", n)), State: state, MovesLeft: 2, Slot: slot(hour),
		Subject: wire.AppointmentSubject{ID: "doctor-dentist", Title: "Стоматолог"}, Place: wire.AppointmentPlace{ID: "22-P1", Title: "Учебная поликлиника № 1", Address: "Алтайский край, ул. Учебная, 10"}}
	if state == "booked" || state == "held" {
		until := a.Slot.Start.Add(-time.Hour)
		a.MoveUntil, a.CancelUntil = &until, &until
	}
	return a
}

func demo() *reception {
	return &reception{visits: []wire.Appointment{visit(3, "booked", 11), visit(2, "held", 12), visit(1, "cancelled", 9)}}
}

func (r *reception) Visits(context.Context) ([]wire.Appointment, error) { return r.visits, nil }
func (r *reception) Subjects(context.Context) ([]wire.AppointmentSubject, error) {
	return []wire.AppointmentSubject{{ID: "doctor-therapist", Title: "Терапевт"}, {ID: "doctor-dentist", Title: "Стоматолог"}}, nil
}
func (r *reception) Places(context.Context, string) ([]wire.AppointmentPlace, error) {
	next := slot(10)
	if r.many > 0 {
		var list []wire.AppointmentPlace
		for n := range r.many {
			list = append(list, wire.AppointmentPlace{ID: fmt.Sprintf("22-P%d", n+1), Title: wire.Text(fmt.Sprintf("Учебная поликлиника № %d", n+1)), Address: "Алтайский край", NextFree: &next})
		}
		return list, nil
	}
	return []wire.AppointmentPlace{{ID: "22-P1", Title: "Учебная поликлиника № 1", Address: "Алтайский край", NextFree: &next}, {ID: "22-P2", Title: "Учебная поликлиника № 2", Address: "Алтайский край"}}, nil
}
func (r *reception) Slots(_ context.Context, subject, place string) ([]wire.AppointmentSlot, error) {
	r.did = append(r.did, "slots "+subject+" "+place)
	if r.none {
		return nil, nil
	}
	return []wire.AppointmentSlot{slot(10), slot(14)}, nil
}
func (r *reception) Hold(_ context.Context, id string) (*wire.Appointment, error) {
	r.did = append(r.did, "hold "+id)
	if r.taken {
		return nil, fault.New(exitcode.Conflict, "slot.taken", i18n.Say("это время уже занято", "this time is taken already"))
	}
	a := visit(9, "held", 14)
	return &a, nil
}
func (r *reception) Confirm(_ context.Context, id string) (*wire.Appointment, error) {
	r.did = append(r.did, "confirm "+id)
	a := visit(9, "booked", 14)
	return &a, nil
}
func (r *reception) Move(_ context.Context, id, slot string) (*wire.Appointment, error) {
	r.did = append(r.did, "move "+id+" "+slot)
	a := visit(3, "booked", 14)
	return &a, nil
}
func (r *reception) Cancel(_ context.Context, id string) error {
	r.did = append(r.did, "cancel "+id)
	return nil
}
func (r *reception) Coupon(context.Context, string) (string, error) { return "coupon-3.pdf", nil }

func start(t *testing.T, r *reception, lang i18n.Lang, cols, rows int) *drive.Driver {
	return drive.Start(t, drive.Simple(now, lang, Entry(r)), cols, rows)
}

func TestVisitsInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			start(t, demo(), lang, size[0], size[1]).Golden(fmt.Sprintf("list.%s.%dx%d", lang, size[0], size[1]))
		}
	}
}

func TestATimeIsChosenLookedAtAndBookedByKeyboard(t *testing.T) {
	r := demo()
	start(t, r, i18n.RU, 100, 30).Press("n").Sees("На что записать?", "Стоматолог").Pause().Press("2").Sees("Где: Стоматолог", "времени нет").
		Pause().Press("enter").Sees("Когда, по местным часам", "02.12.2026 14:00").Pause().Press("down", "enter").Sees("Записать?", "держится за вами десять минут").
		Pause().Press("y", "enter").Sees("Вы записаны: ЗП-000009, 02.12.2026 14:00")
	if want := []string{"slots doctor-dentist 22-P1", "hold doctor-dentist.22-P1.20261202T1400", "confirm 01a2-demo-9"}; !slices.Equal(r.did, want) {
		t.Errorf("%q, want %q", r.did, want)
	}
}

func TestATimeThatSomebodyTookMeanwhileIsTold(t *testing.T) {
	r := demo()
	r.taken = true
	start(t, r, i18n.RU, 100, 30).Press("n").Pause().Press("2").Pause().Press("enter").Pause().Press("enter").Sees("это время уже занято")
	r = demo()
	r.none = true
	start(t, r, i18n.RU, 100, 30).Press("n").Pause().Press("2").Pause().Press("enter").Sees("Свободного времени нет", "epgu appointment wait join")
}

func TestAVisitIsMovedGivenUpAndItsCouponSaved(t *testing.T) {
	r := demo()
	start(t, r, i18n.EN, 100, 30).Press("m").Sees("When, by the clock of the place").Pause().Press("down", "enter").Sees("Moved: ЗП-000003").
		Press("r").Sees("The coupon: coupon-3.pdf").
		Press("d").Sees("Cancel the appointment?").Press("y", "enter").Sees("The appointment is cancelled").
		Press("down", "y").Sees("You are booked: ЗП-000009")
	if want := []string{"slots doctor-dentist 22-P1", "move 01a2-demo-3 doctor-dentist.22-P1.20261202T1400", "cancel 01a2-demo-3", "confirm 01a2-demo-2"}; !slices.Equal(r.did, want) {
		t.Errorf("%q, want %q", r.did, want)
	}
	r = demo()
	r.visits = r.visits[2:]
	start(t, r, i18n.EN, 100, 30).Press("m").Sees("the appointment is over or not confirmed")
}

// script answers questions in order and hears everything.
type script struct {
	answers []string
	heard   strings.Builder
}

func (s *script) Say(line string) { s.heard.WriteString(line + "\n") }

func (s *script) Ask(_ context.Context, label string, _ bool) (string, error) {
	s.heard.WriteString("? " + label + "\n")
	if len(s.answers) == 0 {
		return "", io.EOF
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

func TestLineByLineAChoiceOfManyIsReadInPartsAndSearched(t *testing.T) {
	r := demo()
	r.many = 50
	s := &script{answers: []string{"new", "2", "n", "нет такой", "№ 45", "45", "2", "2"}}
	if err := tui.RunLines(t.Context(), s, drive.Simple(now, i18n.RU, Entry(r))); err != nil {
		t.Fatal(err)
	}
	heard := s.heard.String()
	for _, want := range []string{"Всего 50; n — дальше, слово — найти", "40. Учебная поликлиника № 40", "Такого номера нет.", "45. Учебная поликлиника № 45", "Вы записаны: ЗП-000009"} {
		if !strings.Contains(heard, want) {
			t.Errorf("%q was not said:\n%s", want, heard)
		}
	}
	if strings.Contains(heard, "41. ") {
		t.Errorf("all of the places were read:\n%s", heard)
	}
	if want := []string{"slots doctor-dentist 22-P45", "hold doctor-dentist.22-P1.20261202T1400", "confirm 01a2-demo-9"}; !slices.Equal(r.did, want) {
		t.Errorf("%q, want %q", r.did, want)
	}
}
