package devices

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Device is a bound device.
type Device struct {
	ID, Name       string
	OID            int64
	Agent, Address string // of the program that asked to be bound
	Bound, Seen    time.Time
}

// Wire returns the device as it travels.
func (d Device) Wire() cabinet.Device {
	w := cabinet.Device{ID: d.ID, Name: untrusted.Text(d.Name), Agent: untrusted.Text(d.Agent), Address: untrusted.Text(d.Address), BoundAt: d.Bound}
	if !d.Seen.IsZero() {
		w.SeenAt = &d.Seen
	}
	return w
}

const deviceColumns = "id, oid, name, agent, address, bound_us, seen_us"

func scanDevice(row interface{ Scan(...any) error }) (Device, error) {
	var d Device
	var bound, seen int64
	err := row.Scan(&d.ID, &d.OID, &d.Name, &d.Agent, &d.Address, &bound, &seen)
	d.Bound = micro(bound)
	if seen != 0 {
		d.Seen = micro(seen)
	}
	return d, err
}

// Of returns a person's devices, newest first.
func Of(ctx context.Context, q store.Queryer, oid int64) ([]Device, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE oid = ? ORDER BY bound_us DESC, id", oid)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Device
	for rows.Next() {
		d, err := scanDevice(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// Count returns how many devices a person has bound.
func Count(ctx context.Context, q store.Queryer, oid int64) (n int, err error) {
	err = q.QueryRowContext(ctx, "SELECT count(*) FROM devices WHERE oid = ?", oid).Scan(&n)
	return n, err
}

// find returns a person's device; 404 when it is somebody else's or nobody's.
func find(ctx context.Context, q store.Queryer, oid int64, id string) (Device, error) {
	d, err := scanDevice(q.QueryRowContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE id = ? AND oid = ?", id, oid))
	if errors.Is(err, sql.ErrNoRows) {
		return d, problem.NotFound("device.not_found").
			WithHint(i18n.Say("привязанные устройства: epgu auth devices list", "bound devices: epgu auth devices list"))
	}
	return d, err
}

// Remove unbinds a device and returns what it was; its token dies at once.
func Remove(ctx context.Context, tx *sql.Tx, oid int64, id string) (Device, error) {
	d, err := find(ctx, tx, oid, id)
	if err != nil {
		return d, err
	}
	for _, drop := range []string{"DELETE FROM devices WHERE id = ?", "DELETE FROM device_bindings WHERE device = ?"} {
		if _, err := tx.ExecContext(ctx, drop, id); err != nil {
			return d, err
		}
	}
	return d, nil
}

// RemoveAll unbinds every device of a person and returns how many there were.
func RemoveAll(ctx context.Context, tx *sql.Tx, oid int64) (int64, error) {
	if _, err := tx.ExecContext(ctx, "DELETE FROM device_bindings WHERE device IN (SELECT id FROM devices WHERE oid = ?)", oid); err != nil {
		return 0, err
	}
	r, err := tx.ExecContext(ctx, "DELETE FROM devices WHERE oid = ?", oid)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// ByToken returns the device whose token it is; 401 when there is none. The
// first use says that the token has arrived, so it cannot be taken again.
func ByToken(ctx context.Context, tx *sql.Tx, token string, now time.Time) (Device, error) {
	none := problem.New(http.StatusUnauthorized, "device.token", i18n.Say("Токен устройства не действует", "The device's token does not work")).
		WithHint(i18n.Say("устройство отвязано или привязано заново; привяжите его снова: epgu auth devices bind",
			"the device was removed or bound anew; bind it again: epgu auth devices bind"))
	if token == "" || len(token) > 128 {
		return Device{}, none
	}
	d, err := scanDevice(tx.QueryRowContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE token = ?", hash(token)))
	if errors.Is(err, sql.ErrNoRows) {
		return d, none
	}
	if err != nil {
		return d, err
	}
	d.Seen = now.UTC()
	if _, err := tx.ExecContext(ctx, "UPDATE devices SET seen_us = ? WHERE id = ?", now.UnixMicro(), d.ID); err != nil {
		return d, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM device_bindings WHERE device = ?", d.ID)
	return d, err
}
