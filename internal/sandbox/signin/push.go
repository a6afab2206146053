package signin

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/devices"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// sendPush asks the person's devices.
func (f *Flow) sendPush(ctx context.Context, tx *sql.Tx, now time.Time) (*problem.Error, error) {
	p, refusal, err := devices.BeginPush(ctx, tx, devices.Push{OID: f.OID, Kind: devices.PushSignIn, Ref: f.ID,
		Client: f.Approved.Client.Name, Agent: f.Agent, Address: f.Address}, now)
	if refusal != nil || err != nil {
		return refusal, err
	}
	f.code, f.codeKind, f.sent = p.Number, kindPush, now
	f.sends++
	return nil, nil
}

// Push returns the push that the sign-in waits for; nil when it waits for none.
func (f *Flow) Push(ctx context.Context, q store.Queryer, now time.Time) (*cabinet.Push, error) {
	if f.codeKind != kindPush || f.code == "" {
		return nil, nil
	}
	p, err := devices.PushFor(ctx, q, f.ID, now)
	return p.Asked(), err
}

// checkPush looks whether the push with this number was decided.
func (f *Flow) checkPush(ctx context.Context, q store.Queryer, number string, now time.Time) (decided bool, refusal *problem.Error, err error) {
	if f.codeKind != kindPush || f.code == "" || f.code != number {
		return false, errKind(), nil
	}
	p, err := devices.PushFor(ctx, q, f.ID, now)
	if err != nil {
		return false, nil, err
	}
	switch p.State {
	case devices.Pending:
		return false, nil, nil
	case devices.Approved:
		return true, nil, nil
	}
	return false, problem.New(http.StatusUnauthorized, "signin.push_expired", i18n.Say("На устройстве никто не ответил вовремя", "Nobody answered on the device in time")).
		WithHint(i18n.Say("пошлите запрос ещё раз или выберите другой способ", "send the request again or choose another way")), nil
}

// endDenied ends a sign-in that the person has denied on a device: no other
// way leads on from there.
func (f *Flow) endDenied(ctx context.Context, tx *sql.Tx, now time.Time) (*problem.Error, error) {
	p, err := devices.PushFor(ctx, tx, f.ID, now)
	if err != nil || p.State != devices.Denied {
		return nil, err
	}
	return problem.New(http.StatusForbidden, "signin.push_denied", i18n.Say("Вход отклонён на вашем устройстве", "The sign-in was denied on your device")).
		WithHint(i18n.Say("если отклонили не вы, смените пароль и проверьте устройства: epgu auth devices list",
			"if it was not you who denied it, change the password and look at your devices: epgu auth devices list")), Drop(ctx, tx, f)
}

// DecidePush takes the answer of a device. A denied sign-in is written into the
// history as suspicious: somebody knows the password. As with Password, a
// refusal's effects must be committed.
func DecidePush(ctx context.Context, tx *sql.Tx, d devices.Device, id string, in cabinet.DeviceDecision, now time.Time) (devices.Push, *problem.Error, error) {
	push, fresh, refusal, err := devices.Decide(ctx, tx, d, id, in, now)
	if err != nil || !fresh || push.State != devices.Denied {
		return push, refusal, err
	}
	p, err := people.ByOID(ctx, tx, d.OID)
	if err != nil {
		return push, refusal, err
	}
	var client, approved string
	if push.Kind == devices.PushSignIn {
		err := tx.QueryRowContext(ctx, "SELECT approved FROM flows WHERE id = ?", push.Ref).Scan(&approved)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return push, refusal, err
		}
		var a grant.Approved
		if err == nil {
			if err := json.Unmarshal([]byte(approved), &a); err != nil {
				return push, refusal, err
			}
		}
		client = a.Client.ID
	}
	if err := remember(ctx, tx, Entry{At: now, OID: d.OID, ClientID: client, Method: "PWD", Agent: push.Agent, Address: push.Address,
		Outcome: "push_denied", Suspicious: true}); err != nil {
		return push, refusal, err
	}
	data, err := json.Marshal(map[string]any{"agent": push.Agent, "address": push.Address, "device": d.Name, "suspicious": true})
	if err != nil {
		return push, refusal, err
	}
	if _, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security.push_denied", OID: d.OID, Ref: push.ID, Data: string(data)}); err != nil {
		return push, refusal, err
	}
	return push, refusal, notify(ctx, tx, p, "sms", now, "", i18n.Text{
		RU: "Запрос отклонён на устройстве «%s». Если входили не вы, кто-то знает ваш пароль: смените его.",
		EN: "A request was denied on the device %q. If it was not yours, somebody knows your password: change it."}.With(d.Name))
}
