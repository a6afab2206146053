package cabinet

import (
	"bytes"
	"net/http"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

const visitID = "0190c1f0-0000-7000-8000-000000000007"

func visit(state string) wire.Appointment {
	at := moment()
	slot := wire.AppointmentSlot{ID: "doctor-dentist.77-P1.20261202T0915", Start: at, End: at}
	return wire.Appointment{ID: visitID, Number: "ЗП-000001", State: state, Slot: slot, MovesLeft: 2, CreatedAt: at, UpdatedAt: at,
		Subject: wire.AppointmentSubject{ID: "doctor-dentist", Kind: "doctor", Title: "Стоматолог", Service: "doctor-appointment", Minutes: 15},
		Place:   wire.AppointmentPlace{ID: "77-P1", Region: "77", Title: "Поликлиника", Address: "ул. Учебная", TimeZone: "Europe/Moscow", NextFree: &slot}}
}

// appointmentReplies are the answers that appointmentCalls gets.
func appointmentReplies() map[string][]reply {
	v := visit("held")
	wait := wire.AppointmentWait{ID: visitID, Subject: v.Subject, Place: v.Place, From: "2026-12-01", To: "2026-12-31", Offered: &v.Slot, ToldAt: &v.CreatedAt, CreatedAt: v.CreatedAt}
	one := func(status int, state, etag string) []reply {
		return []reply{{status: status, body: visit(state), etag: etag}}
	}
	return map[string][]reply{
		"listAppointmentSubjects": {{status: 200, body: wire.Page[wire.AppointmentSubject]{Items: []wire.AppointmentSubject{v.Subject}, Total: 1}}},
		"listAppointmentPlaces":   {{status: 200, body: wire.Page[wire.AppointmentPlace]{Items: []wire.AppointmentPlace{v.Place}, Total: 1}}},
		"listAppointmentSlots":    {{status: 200, body: wire.Page[wire.AppointmentSlot]{Items: []wire.AppointmentSlot{v.Slot}, Total: 1}}},
		"listAppointments":        {{status: 200, body: wire.Page[wire.Appointment]{Items: []wire.Appointment{v}, Total: 1}}},
		"holdAppointment":         one(201, "held", `"1"`),
		"getAppointment":          one(200, "held", `"1"`),
		"confirmAppointment":      one(200, "booked", `"2"`),
		"moveAppointment":         one(200, "booked", `"3"`),
		"cancelAppointment":       one(200, "cancelled", `"4"`),
		"getAppointmentCoupon":    {{status: 200, body: []byte("%PDF-1.7")}},
		"listAppointmentWaits":    {{status: 200, body: wire.Page[wire.AppointmentWait]{Items: []wire.AppointmentWait{wait}, Total: 1}}},
		"joinAppointmentWait":     {{status: 201, body: wait}},
		"leaveAppointmentWait":    {{status: 204}},
	}
}

// appointmentCalls makes every call about appointments.
func appointmentCalls(t *testing.T, c *Client, f *fake) {
	t.Helper()
	ctx := t.Context()
	check := func(what string, err error, ok bool) {
		t.Helper()
		if err != nil || !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	subjects, err := c.AppointmentSubjects(ctx, PageQuery{})
	check("subjects", err, err == nil && len(subjects.Items) == 1)
	places, err := c.AppointmentPlaces(ctx, "doctor-dentist", "77", PageQuery{})
	check("places", err, err == nil && places.Items[0].ID == "77-P1" && f.request().URL.Query().Get("region") == "77")
	slots, err := c.AppointmentSlots(ctx, "doctor-dentist", "77-P1", SlotQuery{From: "2026-12-01", Days: 3})
	check("slots", err, err == nil && len(slots.Items) == 1 && f.request().URL.Query().Get("days") == "3")
	list, err := c.Appointments(ctx, "upcoming", PageQuery{})
	check("list", err, err == nil && list.Items[0].ID == visitID)
	held, err := c.HoldAppointment(ctx, wire.AppointmentRequest{ID: visitID, Slot: slots.Items[0].ID})
	check("hold", err, err == nil && held.ETag == `"1"` && f.request().Header.Get("Idempotency-Key") == visitID)
	booked, err := c.ConfirmAppointment(ctx, visitID)
	check("confirm", err, err == nil && booked.State == "booked")
	got, err := c.Appointment(ctx, visitID)
	check("get", err, err == nil && got.ETag == `"1"`)
	moved, err := c.MoveAppointment(ctx, visitID, `"2"`, "doctor-dentist.77-P1.20261202T0930")
	check("move", err, err == nil && moved.ETag == `"3"` && f.request().Header.Get("If-Match") == `"2"`)
	gone, err := c.CancelAppointment(ctx, visitID, "заболел врач")
	check("cancel", err, err == nil && gone.State == "cancelled")
	var pdf bytes.Buffer
	_, err = c.AppointmentCoupon(ctx, visitID, &pdf)
	check("coupon", err, pdf.String() == "%PDF-1.7")
	waits, err := c.AppointmentWaits(ctx, PageQuery{})
	check("waits", err, err == nil && len(waits.Items) == 1)
	_, err = c.JoinAppointmentWait(ctx, wire.AppointmentWaitRequest{ID: visitID, Subject: "doctor-dentist", Place: "77-P1", From: "2026-12-01"})
	check("join", err, f.request().Header.Get("Idempotency-Key") == visitID)
	check("leave", c.LeaveAppointmentWait(ctx, visitID), f.request().Method == http.MethodDelete)
}
