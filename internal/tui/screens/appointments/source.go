// Package appointments is the screens of visits to departments and doctors: those to
// come and those that were, booking, moving and giving up, and the calendar of all that
// is to come.
package appointments

import (
	"context"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/appointments"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Source is what these screens need of the core.
type Source interface {
	// Visits lists all visits, the latest first.
	Visits(ctx context.Context) ([]wire.Appointment, error)
	Subjects(ctx context.Context) ([]wire.AppointmentSubject, error)
	Places(ctx context.Context, subject string) ([]wire.AppointmentPlace, error)
	Slots(ctx context.Context, subject, place string) ([]wire.AppointmentSlot, error)
	// Hold keeps a time for ten minutes, Confirm books it.
	Hold(ctx context.Context, slot string) (*wire.Appointment, error)
	Confirm(ctx context.Context, id string) (*wire.Appointment, error)
	Move(ctx context.Context, id, slot string) (*wire.Appointment, error)
	Cancel(ctx context.Context, id string) error
	// Coupon saves the coupon into the current folder and returns its path.
	Coupon(ctx context.Context, id string) (string, error)
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) service(ctx context.Context) (*appointments.Service, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Appointments, nil
}

// with does something with the service of the portal in force.
func with[T any](ctx context.Context, c core, do func(*appointments.Service) (T, error)) (T, error) {
	s, err := c.service(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return do(s)
}

func (c core) Visits(ctx context.Context) ([]wire.Appointment, error) {
	return with(ctx, c, func(s *appointments.Service) ([]wire.Appointment, error) {
		all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Appointment], error) { return s.List(ctx, "", q) })
		return all, err
	})
}

func (c core) Subjects(ctx context.Context) ([]wire.AppointmentSubject, error) {
	return with(ctx, c, func(s *appointments.Service) ([]wire.AppointmentSubject, error) { return s.Subjects(ctx) })
}

func (c core) Places(ctx context.Context, subject string) ([]wire.AppointmentPlace, error) {
	return with(ctx, c, func(s *appointments.Service) ([]wire.AppointmentPlace, error) { return s.Places(ctx, subject, "") })
}

func (c core) Slots(ctx context.Context, subject, place string) ([]wire.AppointmentSlot, error) {
	return with(ctx, c, func(s *appointments.Service) ([]wire.AppointmentSlot, error) {
		return s.Slots(ctx, subject, place, "", 0)
	})
}

func (c core) Hold(ctx context.Context, slot string) (*wire.Appointment, error) {
	return with(ctx, c, func(s *appointments.Service) (*wire.Appointment, error) { return plain(s.Hold(ctx, slot)) })
}

func (c core) Confirm(ctx context.Context, id string) (*wire.Appointment, error) {
	return with(ctx, c, func(s *appointments.Service) (*wire.Appointment, error) { return plain(s.Confirm(ctx, id)) })
}

func (c core) Move(ctx context.Context, id, slot string) (*wire.Appointment, error) {
	return with(ctx, c, func(s *appointments.Service) (*wire.Appointment, error) {
		a, err := s.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		return plain(s.Move(ctx, a, slot))
	})
}

func plain(a *cabinet.Appointment, err error) (*wire.Appointment, error) {
	if err != nil {
		return nil, err
	}
	return &a.Appointment, nil
}

func (c core) Cancel(ctx context.Context, id string) error {
	s, err := c.service(ctx)
	if err != nil {
		return err
	}
	_, err = s.Cancel(ctx, id, "")
	return err
}

func (c core) Coupon(ctx context.Context, id string) (string, error) {
	return with(ctx, c, func(s *appointments.Service) (string, error) {
		a, err := s.Get(ctx, id)
		if err != nil {
			return "", err
		}
		path, _, err := s.SaveCoupon(ctx, a, ".")
		return path, err
	})
}
