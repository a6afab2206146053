package cabinet

import "time"

// CapAppointments is being received at departments and by doctors:
// /appointment-subjects, /appointments, /appointment-waits.
const CapAppointments Capability = "appointments"

// AppointmentSubject is what somebody is received for: GET /appointment-subjects →
// Page.
type AppointmentSubject struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"` // "department" or "doctor"
	Title   Text   `json:"title"`
	Service string `json:"service"` // short name in the catalogue
	Minutes int    `json:"minutes"` // length of a visit
}

// AppointmentPlace is where somebody is received: GET
// /appointment-subjects/{id}/places?region=77 → Page.
type AppointmentPlace struct {
	ID       string           `json:"id"`
	Region   string           `json:"region"` // code of the subject of the federation
	Title    Text             `json:"title"`
	Address  Text             `json:"address"`
	TimeZone string           `json:"timeZone"`           // of the IANA database
	NextFree *AppointmentSlot `json:"nextFree,omitempty"` // the nearest time that can be booked
}

// AppointmentSlot is a time at which one visitor is received: GET
// /appointment-subjects/{id}/places/{place}/slots?from=2026-12-01&days=7 → Page.
type AppointmentSlot struct {
	ID    string    `json:"id"`
	Start time.Time `json:"start"` // with the offset of the place
	End   time.Time `json:"end"`
}

// AppointmentRequest holds a slot for ten minutes: POST /appointments with
// Idempotency-Key equal to ID. Another time of the place stands in the fields of the
// refusal 409 "slot.taken" (code "alternative", name the slot).
type AppointmentRequest struct {
	ID   string `json:"id"`   // UUID made by the client
	Slot string `json:"slot"` // AppointmentSlot.ID
}

// Appointment is a visit: GET /appointments → Page, GET /appointments/{id} (or its
// number), with ETag. PUT /appointments/{id}/confirmation books what is held.
type Appointment struct {
	ID          string             `json:"id"`
	Number      Text               `json:"number"` // what people call it
	State       string             `json:"state"`  // held, booked, past, lapsed, cancelled
	Subject     AppointmentSubject `json:"subject"`
	Place       AppointmentPlace   `json:"place"`
	Slot        AppointmentSlot    `json:"slot"`
	HoldUntil   *time.Time         `json:"holdUntil,omitempty"`   // while held: when it lapses
	MoveUntil   *time.Time         `json:"moveUntil,omitempty"`   // absent: it may not be moved
	CancelUntil *time.Time         `json:"cancelUntil,omitempty"` // absent: it may not be cancelled
	MovesLeft   int                `json:"movesLeft"`
	Reason      Text               `json:"reason,omitempty"` // of the cancellation
	Sequence    int64              `json:"sequence"`         // grows with every change (RFC 5545, 3.8.7.4)
	CreatedAt   time.Time          `json:"createdAt"`
	UpdatedAt   time.Time          `json:"updatedAt"`
}

// AppointmentMove takes a visit to another time: PUT /appointments/{id}/slot with
// If-Match.
type AppointmentMove struct {
	Slot string `json:"slot"`
}

// AppointmentCancellation gives a visit up: PUT /appointments/{id}/cancellation.
type AppointmentCancellation struct {
	Reason string `json:"reason,omitempty"` // at most 200 characters
}

// AppointmentWaitRequest joins a waiting list: POST /appointment-waits with
// Idempotency-Key equal to ID.
type AppointmentWaitRequest struct {
	ID      string `json:"id"` // UUID made by the client
	Subject string `json:"subject"`
	Place   string `json:"place"`
	From    string `json:"from,omitempty"` // yyyy-mm-dd at the place; today when empty
	To      string `json:"to,omitempty"`   // three months from today when empty
}

// AppointmentWait is a place in a waiting list: GET /appointment-waits → Page; DELETE
// /appointment-waits/{id} leaves it. When a time becomes free, the first who waits is
// written to.
type AppointmentWait struct {
	ID        string             `json:"id"`
	Subject   AppointmentSubject `json:"subject"`
	Place     AppointmentPlace   `json:"place"`
	From      string             `json:"from"` // yyyy-mm-dd
	To        string             `json:"to"`
	Offered   *AppointmentSlot   `json:"offered,omitempty"` // the time that has become free
	ToldAt    *time.Time         `json:"toldAt,omitempty"`
	CreatedAt time.Time          `json:"createdAt"`
}
