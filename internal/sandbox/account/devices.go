package account

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/devices"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
)

// bindDevice serves POST /device-bindings: a device asks for its code.
func (f face) bindDevice(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.DeviceBindingRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.DeviceBinding
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		out, err = devices.Ask(r.Context(), tx, in,
			devices.Asker{Agent: short(r.UserAgent()), Address: signin.Host(r)}, f.Clock.Now())
		return err
	})
	return created(w, "/device-bindings/"+out.ID, out, err)
}

func short(s string) string { return s[:min(len(s), 200)] }

// deviceToken serves POST /device-bindings/{id}/token.
func (f face) deviceToken(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.DeviceTokenRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.DeviceToken
	wait := waiting.Asked(r)
	err := waiting.Until(r.Context(), f.Deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.DB.Write(ctx, func(tx *sql.Tx) (err error) {
			out, err = devices.Collect(ctx, tx, r.PathValue("id"), in.Secret, f.Clock.Now())
			return err
		})
		return out.State == "done", false, err
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// devices serves GET /devices.
func (f face) devices(w http.ResponseWriter, r *http.Request) error {
	var out []cabinet.Device
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		all, err := devices.Of(r.Context(), tx, caller(r).OID)
		for _, d := range all {
			out = append(out, d.Wire())
		}
		return err
	})
	if err != nil {
		return err
	}
	page(w, out)
	return nil
}

// claimDevice serves POST /devices: the code that a device shows is typed.
func (f face) claimDevice(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.DeviceClaim
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.DeviceConfirmation
	err := f.committed(r, func(tx *sql.Tx) (*problem.Error, error) {
		ctx, now := r.Context(), f.Clock.Now()
		b, blocked, refusal, err := devices.Claim(ctx, tx, caller(r).OID, in, r.Header.Get("Idempotency-Key"), now)
		if err != nil {
			return nil, err
		}
		if blocked {
			if err := f.note(ctx, tx, who(r), "device_blocked", "", true, now); err != nil {
				return nil, err
			}
		}
		if refusal != nil {
			return refusal, nil
		}
		out, err = f.confirmation(ctx, tx, b, now)
		return nil, err
	})
	return created(w, "/devices/"+out.ID, out, err)
}

func (f face) confirmation(ctx context.Context, tx *sql.Tx, b devices.Binding, now time.Time) (cabinet.DeviceConfirmation, error) {
	p, err := people.ByOID(ctx, tx, b.OID)
	if err != nil {
		return cabinet.DeviceConfirmation{}, err
	}
	offered, err := devices.Offered(ctx, tx, p)
	if err != nil {
		return cabinet.DeviceConfirmation{}, err
	}
	return b.Wire(ctx, tx, offered, now)
}

// note writes what happened to a device into the history of sign-ins.
func (f face) note(ctx context.Context, tx *sql.Tx, by signin.Who, outcome, device string, suspicious bool, now time.Time) error {
	err := signin.Remember(ctx, tx, signin.Entry{At: now, OID: by.OID, ClientID: by.ClientID, Method: "PWD", Agent: short(by.Agent), Address: by.Address,
		Outcome: outcome, Suspicious: suspicious})
	if err != nil {
		return err
	}
	data, err := json.Marshal(map[string]any{"device": device, "agent": short(by.Agent), "address": by.Address, "suspicious": suspicious})
	if err != nil {
		return err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security." + outcome, OID: by.OID, Data: string(data)})
	return err
}

// confirmDevice serves POST /devices/{id}/confirmation; one that waits for a
// push holds its answer as long as it is asked to.
func (f face) confirmDevice(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.FactorAnswer
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	id := r.PathValue("id")
	wait, err := f.awaitPush(r, in, id)
	if err != nil {
		return err
	}
	var out cabinet.DeviceConfirmation
	err = f.committed(r, func(tx *sql.Tx) (*problem.Error, error) {
		ctx, now, by := r.Context(), f.Clock.Now(), who(r)
		b, err := devices.FindClaimed(ctx, tx, by.OID, id, now)
		if err != nil {
			return nil, err
		}
		p, err := people.ByOID(ctx, tx, by.OID)
		if err != nil {
			return nil, err
		}
		done, refusal, err := devices.Confirm(ctx, tx, &b, p, in, now)
		if err != nil {
			return nil, err
		}
		switch {
		case done.Blocked:
			err = f.note(ctx, tx, by, "device_blocked", b.Name, true, now)
		case done.Anew:
			err = f.note(ctx, tx, by, "device_rebound", b.Name, false, now)
		case done.Bound:
			err = f.note(ctx, tx, by, "device_bound", b.Name, false, now)
		}
		if refusal != nil || err != nil {
			return refusal, err
		}
		out, err = f.confirmation(ctx, tx, b, now)
		return nil, err
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// awaitPush waits until the push of a sign-in or a binding is decided, as long
// as the request is willing to, and returns that time.
func (f face) awaitPush(r *http.Request, in cabinet.FactorAnswer, ref string) (time.Duration, error) {
	wait := waiting.Asked(r)
	if in.Kind != "push" || in.Code == "" || wait == 0 {
		return 0, nil
	}
	return wait, waiting.Until(r.Context(), f.Deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.DB.Read(ctx, func(tx *sql.Tx) error {
			p, err := devices.PushFor(ctx, tx, ref, f.Clock.Now())
			done = p.State != devices.Pending || p.Number != in.Code
			return err
		})
		return done, false, err
	})
}

// removeDevice serves DELETE /devices/{id}.
func (f face) removeDevice(w http.ResponseWriter, r *http.Request) error {
	return noContent(w, f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		by := who(r)
		d, err := devices.Remove(r.Context(), tx, by.OID, r.PathValue("id"))
		if err != nil {
			return err
		}
		return f.note(r.Context(), tx, by, "device_removed", d.Name, false, f.Clock.Now())
	}))
}

// byDevice serves a request that carries a device's token.
func (f face) byDevice(serve func(w http.ResponseWriter, r *http.Request, d devices.Device) error) problem.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token := r.Header.Get(cabinet.DeviceTokenHeader)
		if token == "" {
			return problem.New(http.StatusUnauthorized, "device.token", i18n.Say("Нужен токен устройства", "A device's token is needed")).
				WithHint(i18n.Say("привяжите устройство: epgu auth devices bind", "bind the device: epgu auth devices bind"))
		}
		var d devices.Device
		err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
			d, err = devices.ByToken(r.Context(), tx, token, f.Clock.Now())
			return err
		})
		if err != nil {
			return err
		}
		return serve(w, r, d)
	}
}

// device serves GET /device: what the portal knows of the asker.
func (f face) device(w http.ResponseWriter, _ *http.Request, d devices.Device) error {
	problem.JSON(w, http.StatusOK, d.Wire())
	return nil
}

// deviceRequests serves GET /device-requests; a waiting request holds its
// answer until there is something to decide.
func (f face) deviceRequests(w http.ResponseWriter, r *http.Request, d devices.Device) error {
	var out []cabinet.DeviceRequest
	wait := waiting.Asked(r)
	err := waiting.Until(r.Context(), f.Deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.DB.Read(ctx, func(tx *sql.Tx) error {
			all, err := devices.Waiting(ctx, tx, d.OID, f.Clock.Now())
			out = nil
			for _, p := range all {
				out = append(out, p.Shown())
			}
			return err
		})
		return len(out) > 0, false, err
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	page(w, out)
	return nil
}

// decideRequest serves PUT /device-requests/{id}.
func (f face) decideRequest(w http.ResponseWriter, r *http.Request, d devices.Device) error {
	var in cabinet.DeviceDecision
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.DeviceRequest
	err := f.committed(r, func(tx *sql.Tx) (*problem.Error, error) {
		push, refusal, err := signin.DecidePush(r.Context(), tx, d, r.PathValue("id"), in, f.Clock.Now())
		out = push.Shown()
		return refusal, err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}
