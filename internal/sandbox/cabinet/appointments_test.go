package cabinet_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/appointments"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

func slotsOf(p *portaltest.Portal, who *session.Caller, subject, place, query string) []wire.AppointmentSlot {
	var list wire.Page[wire.AppointmentSlot]
	p.Get(who, base+"/appointment-subjects/"+subject+"/places/"+place+"/slots"+query).Want(http.StatusOK).Into(&list)
	return list.Items
}

func hold(p *portaltest.Portal, who *session.Caller, n int, slot string) *portaltest.Answer {
	return p.Post(who, base+"/appointments", wire.AppointmentRequest{ID: payID(n), Slot: slot}, "Idempotency-Key", payID(n))
}

func confirm(p *portaltest.Portal, who *session.Caller, n int) *portaltest.Answer {
	return p.Do(who, http.MethodPut, base+"/appointments/"+payID(n)+"/confirmation", nil)
}

func giveUp(p *portaltest.Portal, who *session.Caller, n int, reason string) *portaltest.Answer {
	return p.Do(who, http.MethodPut, base+"/appointments/"+payID(n)+"/cancellation", []byte(`{"reason":"`+reason+`"}`), "Content-Type", "application/json")
}

// book holds and confirms.
func book(t *testing.T, p *portaltest.Portal, who *session.Caller, n int, slot string) (v wire.Appointment) {
	t.Helper()
	hold(p, who, n, slot).Want(http.StatusCreated)
	confirm(p, who, n).Want(http.StatusOK).Into(&v)
	if v.State != "booked" {
		t.Fatalf("%+v", v)
	}
	return v
}

func TestEverySubjectIsAServiceOfTheCatalogueAndHasPlaces(t *testing.T) {
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range appointments.Subjects() {
		if c.Find(s.Service) == nil {
			t.Errorf("%s: no service %q", s.ID, s.Service)
		}
		places, err := s.Places("77")
		if err != nil || len(places) == 0 {
			t.Errorf("%s: no place in Moscow, %v", s.ID, err)
		}
	}
}

func TestAVisitIsHeldConfirmedMovedAndGivenUp(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	free := slotsOf(p, who, "doctor-therapist", "77-P1", "?days=15")
	if len(free) < 20 {
		t.Fatalf("%d free times in two weeks", len(free))
	}
	for _, s := range free {
		if d := s.Start.Weekday(); d == time.Saturday || d == time.Sunday || s.Start.Hour() < 9 || s.End.Sub(s.Start) != 15*time.Minute {
			t.Errorf("%+v", s)
		}
	}
	last := free[len(free)-1]
	v := book(t, p, who, 1, last.ID)
	if v.Number != "ЗП-000001" || v.MovesLeft != 2 || v.MoveUntil == nil || !v.Slot.Start.Equal(last.Start) || v.Sequence != 1 {
		t.Errorf("%+v", v)
	}
	if slices.ContainsFunc(slotsOf(p, who, "doctor-therapist", "77-P1", "?days=15"), func(s wire.AppointmentSlot) bool { return s.ID == last.ID }) {
		t.Error("a booked time is offered")
	}
	path := base + "/appointments/" + v.ID
	if code := hold(p, who, 2, free[0].ID).Want(http.StatusConflict).Code(); code != "appointment.exists" {
		t.Error(code)
	}
	p.Get(portaltest.Chief(), path).Want(http.StatusNotFound)

	move := func(slot, etag string) *portaltest.Answer {
		return p.Do(who, http.MethodPut, path+"/slot", []byte(`{"slot":"`+slot+`"}`), "Content-Type", "application/json", "If-Match", etag)
	}
	etag := p.Get(who, path).Want(http.StatusOK).Header.Get("ETag")
	p.Do(who, http.MethodPut, path+"/slot", []byte(`{"slot":"`+free[1].ID+`"}`), "Content-Type", "application/json").Want(http.StatusPreconditionRequired)
	if code := move(free[1].ID, `"99"`).Want(http.StatusPreconditionFailed).Code(); code != "appointment.changed" {
		t.Error(code)
	}
	if code := move(last.ID, etag).Want(http.StatusConflict).Code(); code != "appointment.same" {
		t.Error(code)
	}
	near := free[len(free)-3]
	etag = move(near.ID, etag).Want(http.StatusOK).Header.Get("ETag")
	if !slices.ContainsFunc(slotsOf(p, who, "doctor-therapist", "77-P1", "?days=15"), func(s wire.AppointmentSlot) bool { return s.ID == last.ID }) {
		t.Error("the time that was left is not free again")
	}
	etag = move(last.ID, etag).Want(http.StatusOK).Header.Get("ETag")
	if code := move(near.ID, etag).Want(http.StatusConflict).Code(); code != "appointment.moved_enough" {
		t.Error(code)
	}
	pdf := p.Get(who, path+"/coupon").Want(http.StatusOK)
	if body := string(pdf.Body); !strings.HasPrefix(body, "%PDF-") {
		t.Errorf("%.20q", body)
	}
	var gone wire.Appointment
	giveUp(p, who, 1, "заболел").Want(http.StatusOK).Into(&gone)
	if gone.State != "cancelled" || gone.CancelUntil != nil || gone.Reason != "заболел" {
		t.Errorf("%+v", gone)
	}
	giveUp(p, who, 1, "").Want(http.StatusOK)
	p.Get(who, path+"/coupon").Want(http.StatusConflict)
	if code := confirm(p, who, 1).Want(http.StatusConflict).Code(); code != "appointment.cancelled" {
		t.Error(code)
	}
}

func TestOfManyWhoRaceForOneTimeExactlyOneGetsItAndTheOthersAreToldOfOthers(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	slot := slotsOf(p, who, "doctor-dentist", "77-P2", "")[0]
	const racers = 200
	answers := make([]*portaltest.Answer, racers)
	var wg sync.WaitGroup
	for n := range racers {
		wg.Go(func() {
			racer := *who
			if n%2 == 1 { // another person
				racer = *portaltest.Chief()
				racer.OrgOID = 0
			}
			answers[n] = hold(p, &racer, 100+n, slot.ID)
		})
	}
	wg.Wait()
	won := 0
	for _, a := range answers {
		switch {
		case a.Status == http.StatusCreated:
			won++
		case a.Code() == "slot.taken":
			var q wire.Problem
			a.Into(&q)
			if len(q.Fields) != 3 || q.Fields[0].Code != "alternative" || q.Fields[0].Field == slot.ID {
				t.Fatalf("%+v", q)
			}
		default:
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d got the time", won, racers)
	}
}

func TestATimeThatIsNotConfirmedIsFreeAgainAfterTenMinutes(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	slot := slotsOf(p, who, "doctor-surgeon", "77-P1", "")[5]
	hold(p, who, 1, slot.ID).Want(http.StatusCreated)
	hold(p, who, 1, slot.ID).Want(http.StatusCreated) // the first answer again
	other := *portaltest.Chief()
	other.OrgOID = 0
	hold(p, &other, 2, slot.ID).Want(http.StatusConflict)
	p.Clock.Advance(11 * time.Minute)
	if code := confirm(p, who, 1).Want(http.StatusConflict).Code(); code != "appointment.lapsed" {
		t.Error(code)
	}
	book(t, p, &other, 2, slot.ID)
}

func TestWhatCannotBeBookedIsRefusedWithItsReason(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	for _, c := range []struct{ slot, code string }{
		{"doctor-dentist.77-P1.20260905T0900", "slot.not_found"}, // a Saturday
		{"doctor-dentist.77-P1.20260902T1315", "slot.not_found"}, // dinner
		{"doctor-dentist.77-P1.20260902T0907", "slot.not_found"},
		{"doctor-witch.77-P1.20260902T0900", "slot.not_found"},
		{"doctor-dentist.77-P9.20260902T0900", "slot.not_found"},
		{"doctor-dentist.77-P1", "slot.not_found"},
		{"doctor-dentist.77-P1.20260901T0900", "slot.closed"}, // past
		{"doctor-dentist.77-P1.20261201T0900", "slot.closed"}, // in three months
	} {
		if code := hold(p, who, 1, c.slot).Code(); code != c.code {
			t.Errorf("%s: %s, want %s", c.slot, code, c.code)
		}
	}
	slot := slotsOf(p, who, "doctor-dentist", "77-P1", "")[0]
	org := portaltest.Chief()
	if code := hold(p, org, 1, slot.ID).Want(http.StatusForbidden).Code(); code != "appointment.personal" {
		t.Error(code)
	}
	low := *who
	low.Level = wire.LevelSimplified
	if code := hold(p, &low, 1, slot.ID).Want(http.StatusForbidden).Code(); code != "level.too_low" {
		t.Error(code)
	}
	p.Post(who, base+"/appointments", wire.AppointmentRequest{ID: payID(1), Slot: slot.ID}, "Idempotency-Key", payID(2)).Want(http.StatusBadRequest)
	p.Get(nil, base+"/appointments").Want(http.StatusUnauthorized)
	p.Get(who, base+"/appointment-subjects/x/places").Want(http.StatusNotFound)
	p.Get(who, base+"/appointment-subjects/doctor-dentist/places/77-P1/slots?days=99").Want(http.StatusBadRequest)
	for n := range 5 {
		subject := appointments.Subjects()[n].ID
		free := slotsOf(p, who, subject, "77-P1", fmt.Sprintf("?from=2026-09-%02d&days=1", 7+n))
		book(t, p, who, 10+n, free[0].ID)
	}
	if code := hold(p, who, 20, slotsOf(p, who, "marriage", "77-Z1", "")[0].ID).Want(http.StatusConflict).Code(); code != "appointment.too_many" {
		t.Error(code)
	}
}

func TestWhoWaitsFirstIsWrittenToWhenATimeIsFreeAndEverybodyTheDayBefore(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	waiting := *portaltest.Chief()
	waiting.OrgOID = 0
	free := slotsOf(p, who, "doctor-cardiologist", "77-P1", "?days=15")
	last := free[len(free)-1]
	book(t, p, who, 1, last.ID)
	join := func(n int, from, to string) *portaltest.Answer {
		return p.Post(&waiting, base+"/appointment-waits", wire.AppointmentWaitRequest{ID: payID(n), Subject: "doctor-cardiologist", Place: "77-P1", From: from, To: to}, "Idempotency-Key", payID(n))
	}
	join(5, "2026-10-01", "2026-09-30").Want(http.StatusUnprocessableEntity)
	join(5, "yesterday", "").Want(http.StatusBadRequest)
	join(5, "", "").Want(http.StatusCreated)
	if code := join(6, "", "").Want(http.StatusConflict).Code(); code != "appointment_wait.exists" {
		t.Error(code)
	}
	giveUp(p, who, 1, "").Want(http.StatusOK)
	var waits wire.Page[wire.AppointmentWait]
	p.Get(&waiting, base+"/appointment-waits").Want(http.StatusOK).Into(&waits)
	if len(waits.Items) != 1 || waits.Items[0].Offered == nil || waits.Items[0].Offered.ID != last.ID {
		t.Fatalf("%+v", waits.Items)
	}
	book(t, p, &waiting, 7, last.ID)
	p.Do(&waiting, http.MethodDelete, base+"/appointment-waits/"+payID(5), nil).Want(http.StatusNoContent)
	p.Do(&waiting, http.MethodDelete, base+"/appointment-waits/"+payID(5), nil).Want(http.StatusNotFound)

	p.Clock.Advance(last.Start.Sub(portaltest.Start()) - 23*time.Hour)
	p.Get(&waiting, base+"/appointments?state=upcoming").Want(http.StatusOK)
	letters := p.Letters("Кардиолог")
	if len(letters) != 2 || !strings.Contains(letters[0], "Завтра") || !strings.Contains(letters[1], last.ID) {
		t.Errorf("%q", letters)
	}
	p.Clock.Advance(23 * time.Hour)
	var over wire.Page[wire.Appointment]
	p.Get(&waiting, base+"/appointments?state=over").Want(http.StatusOK).Into(&over)
	if len(over.Items) != 1 || over.Items[0].State != "past" {
		t.Errorf("%+v", over.Items)
	}
}
