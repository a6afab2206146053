package cabinet

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// SlotQuery asks for free times.
type SlotQuery struct {
	PageQuery
	From string // yyyy-mm-dd at the place; today when empty
	Days int    // 0 is the portal's own choice, a week
}

// AppointmentSubjects returns one page of what somebody may be received for.
func (c *Client) AppointmentSubjects(ctx context.Context, q PageQuery) (*wire.Page[wire.AppointmentSubject], error) {
	return page[wire.AppointmentSubject](ctx, c, "/appointment-subjects", transport.AuthRequired, q, query())
}

// AppointmentPlaces returns one page of the places for a subject; region is the code
// of a subject of the federation, "" is all of them.
func (c *Client) AppointmentPlaces(ctx context.Context, subject, region string, q PageQuery) (*wire.Page[wire.AppointmentPlace], error) {
	return paged[wire.AppointmentPlace](ctx, c, withID(c.call(http.MethodGet, "/appointment-subjects/{id}/places", transport.Safe), "id", subject), q, query("region", region))
}

// AppointmentSlots returns one page of the free times of a place, the nearest first.
func (c *Client) AppointmentSlots(ctx context.Context, subject, place string, q SlotQuery) (*wire.Page[wire.AppointmentSlot], error) {
	days := ""
	if q.Days > 0 {
		days = strconv.Itoa(q.Days)
	}
	call := c.call(http.MethodGet, "/appointment-subjects/{id}/places/{place}/slots", transport.Safe)
	call.PathParams = map[string]string{"id": subject, "place": place}
	return paged[wire.AppointmentSlot](ctx, c, call, q.PageQuery, query("from", q.From, "days", days))
}

// Appointments returns one page of visits; state is "upcoming", the nearest first,
// "over", or "" for all, the latest first.
func (c *Client) Appointments(ctx context.Context, state string, q PageQuery) (*wire.Page[wire.Appointment], error) {
	return page[wire.Appointment](ctx, c, "/appointments", transport.AuthRequired, q, query("state", state))
}

// Appointment is a visit with its version.
type Appointment struct {
	wire.Appointment
	ETag string // for MoveAppointment
}

// Appointment returns a visit by its id or its number.
func (c *Client) Appointment(ctx context.Context, id string) (*Appointment, error) {
	return c.appointment(ctx, withID(c.call(http.MethodGet, "/appointments/{id}", transport.Safe), "id", id), nil)
}

// HoldAppointment keeps a slot for ten minutes. It may be repeated: a hold is known by
// its id. Exit code 9 means that the slot is taken; the fault names others.
func (c *Client) HoldAppointment(ctx context.Context, req wire.AppointmentRequest) (*Appointment, error) {
	call := c.call(http.MethodPost, "/appointments", transport.Idempotent)
	call.IdempotencyKey = req.ID
	return c.appointment(ctx, call, req)
}

// ConfirmAppointment books what is held; booking it again changes nothing.
func (c *Client) ConfirmAppointment(ctx context.Context, id string) (*Appointment, error) {
	call := withID(c.call(http.MethodPut, "/appointments/{id}/confirmation", transport.Idempotent), "id", id)
	return c.appointment(ctx, call, nil)
}

// MoveAppointment takes a visit that is still of version etag to another slot; exit
// code 9 means that the visit was changed meanwhile or the slot is taken. It is sent
// once: a repetition would meet its own change.
func (c *Client) MoveAppointment(ctx context.Context, id, etag, slot string) (*Appointment, error) {
	call := withID(c.call(http.MethodPut, "/appointments/{id}/slot", transport.Once), "id", id)
	call.Header = http.Header{"If-Match": {etag}}
	return c.appointment(ctx, call, wire.AppointmentMove{Slot: slot})
}

// CancelAppointment gives a visit up; giving it up again changes nothing.
func (c *Client) CancelAppointment(ctx context.Context, id, reason string) (*Appointment, error) {
	call := withID(c.call(http.MethodPut, "/appointments/{id}/cancellation", transport.Idempotent), "id", id)
	return c.appointment(ctx, call, wire.AppointmentCancellation{Reason: reason})
}

func (c *Client) appointment(ctx context.Context, call *transport.Call, body any) (*Appointment, error) {
	var a Appointment
	var resp *transport.Response
	var err error
	if body == nil {
		resp, err = c.get(ctx, call, &a.Appointment)
	} else {
		resp, err = c.send(ctx, call, body, &a.Appointment)
	}
	if err != nil {
		return nil, err
	}
	a.ETag = resp.Header.Get("ETag")
	return &a, nil
}

// AppointmentCoupon streams the PDF coupon of a visit to w, at most 20 MiB, and
// returns how many bytes were written.
func (c *Client) AppointmentCoupon(ctx context.Context, id string, w io.Writer) (int64, error) {
	call := withID(c.call(http.MethodGet, "/appointments/{id}/coupon", transport.Safe), "id", id)
	return c.document(ctx, call, w, maxReceipt)
}

// AppointmentWaits returns one page of the waiting lists that the person is in.
func (c *Client) AppointmentWaits(ctx context.Context, q PageQuery) (*wire.Page[wire.AppointmentWait], error) {
	return page[wire.AppointmentWait](ctx, c, "/appointment-waits", transport.AuthRequired, q, query())
}

// JoinAppointmentWait joins a waiting list. It may be repeated: a place in a list is
// known by its id.
func (c *Client) JoinAppointmentWait(ctx context.Context, req wire.AppointmentWaitRequest) (*wire.AppointmentWait, error) {
	call := c.call(http.MethodPost, "/appointment-waits", transport.Idempotent)
	call.IdempotencyKey = req.ID
	var out wire.AppointmentWait
	if _, err := c.send(ctx, call, req, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// LeaveAppointmentWait leaves a waiting list.
func (c *Client) LeaveAppointmentWait(ctx context.Context, id string) error {
	return c.remove(ctx, withID(c.call(http.MethodDelete, "/appointment-waits/{id}", transport.Idempotent), "id", id))
}
