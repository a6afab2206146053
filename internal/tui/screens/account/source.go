// Package account is the screens of a person's account: the profile, sessions,
// the history of sign-ins, and bound devices with what they are asked to confirm.
package account

import (
	"context"
	"errors"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/fault"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
)

// Source is what these screens need of the core.
type Source interface {
	Profile(ctx context.Context) (*person, error)
	Sessions(ctx context.Context) ([]wire.Session, error)
	EndSession(ctx context.Context, id string) error
	EndOtherSessions(ctx context.Context) error
	SignIns(ctx context.Context) ([]wire.SignInEntry, error)
	Devices(ctx context.Context) ([]wire.Device, error)
	RemoveDevice(ctx context.Context, id string) error
	// Requests is what this device is asked to confirm; empty where it is not bound.
	Requests(ctx context.Context) ([]wire.DeviceRequest, error)
	Decide(ctx context.Context, id string, approve bool, number string) error
	// Roles are those in whose name the person may act, nil when there is no choice;
	// Act takes one on.
	Roles(ctx context.Context) ([]kit.Role, error)
	Act(ctx context.Context, oid string) error
}

// person is what is known of a person: by ЕСИА, and by the cabinet where the
// portal has one.
type person struct {
	Person  signin.Person `json:"person"`
	Profile *wire.Profile `json:"profile,omitempty"`
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

// at calls what with an open portal.
func at[T any](ctx context.Context, c core, what func(*factory.Connection) (T, error)) (T, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return what(conn)
}

func (c core) Profile(ctx context.Context) (*person, error) {
	return at(ctx, c, func(conn *factory.Connection) (*person, error) {
		me, err := conn.SignIn.Me(ctx)
		if err != nil {
			return nil, err
		}
		p, err := conn.Account.Profile(ctx)
		if code(err) == "capability.missing" {
			return &person{Person: me}, nil // ЕСИА has told all that there is
		}
		if err != nil {
			return nil, err
		}
		return &person{me, &p.Profile}, nil
	})
}

func (c core) Sessions(ctx context.Context) ([]wire.Session, error) {
	return at(ctx, c, func(conn *factory.Connection) ([]wire.Session, error) { return conn.Account.Sessions(ctx) })
}

func (c core) EndSession(ctx context.Context, id string) error {
	_, err := at(ctx, c, func(conn *factory.Connection) (struct{}, error) {
		return struct{}{}, conn.Account.EndSession(ctx, id)
	})
	return err
}

func (c core) EndOtherSessions(ctx context.Context) error {
	_, err := at(ctx, c, func(conn *factory.Connection) (struct{}, error) {
		return struct{}{}, conn.Account.EndOtherSessions(ctx)
	})
	return err
}

func (c core) SignIns(ctx context.Context) ([]wire.SignInEntry, error) {
	return at(ctx, c, func(conn *factory.Connection) ([]wire.SignInEntry, error) { return conn.Account.History(ctx) })
}

func (c core) Devices(ctx context.Context) ([]wire.Device, error) {
	return at(ctx, c, func(conn *factory.Connection) ([]wire.Device, error) { return conn.Devices.List(ctx) })
}

func (c core) RemoveDevice(ctx context.Context, id string) error {
	_, err := at(ctx, c, func(conn *factory.Connection) (struct{}, error) {
		return struct{}{}, conn.Devices.Remove(ctx, id)
	})
	return err
}

func (c core) Requests(ctx context.Context) ([]wire.DeviceRequest, error) {
	return at(ctx, c, func(conn *factory.Connection) ([]wire.DeviceRequest, error) {
		list, err := conn.Devices.Requests(ctx, 0)
		if code(err) == "device.not_bound" {
			return nil, nil // nobody asks a device that is not bound
		}
		return list, err
	})
}

func (c core) Decide(ctx context.Context, id string, approve bool, number string) error {
	_, err := at(ctx, c, func(conn *factory.Connection) (*wire.DeviceRequest, error) {
		return conn.Devices.Decide(ctx, id, approve, number)
	})
	return err
}

func (c core) Roles(ctx context.Context) ([]kit.Role, error) {
	return at(ctx, c, func(conn *factory.Connection) ([]kit.Role, error) {
		list, err := conn.Orgs.List(ctx)
		return kit.Roles(list), err
	})
}

func (c core) Act(ctx context.Context, oid string) error {
	_, err := at(ctx, c, func(conn *factory.Connection) (struct{}, error) {
		if err := conn.SignIn.SwitchRole(ctx, oid); err != nil {
			return struct{}{}, err
		}
		// The role is taken on, even if the portal does not say now whose it is.
		_, _ = conn.SignIn.Remember(ctx)
		return struct{}{}, nil
	})
	return err
}

func code(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}
