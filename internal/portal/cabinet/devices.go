package cabinet

import (
	"context"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// AskDeviceCode asks for the code that binds this device; nobody needs to be
// signed in.
func (c *Client) AskDeviceCode(ctx context.Context, req wire.DeviceBindingRequest) (*wire.DeviceBinding, error) {
	call := c.call(http.MethodPost, "/device-bindings", transport.Idempotent)
	call.Auth = transport.AuthNone
	return created[wire.DeviceBinding](ctx, c, call, req)
}

// TakeDeviceToken takes the token of a binding once it was confirmed; a positive
// wait lets the portal hold the answer until then. It may be repeated: until the
// token was used the portal gives another one and forgets the earlier. Exit code
// 5 means that the code has expired.
func (c *Client) TakeDeviceToken(ctx context.Context, binding, secret string, wait time.Duration) (*wire.DeviceToken, error) {
	call := waiting(withID(c.call(http.MethodPost, "/device-bindings/{id}/token", transport.Safe), "id", binding), wait)
	call.Auth, call.Secrets = transport.AuthNone, []string{secret}
	var t wire.DeviceToken
	if _, err := c.send(ctx, call, wire.DeviceTokenRequest{Secret: secret}, &t); err != nil {
		return nil, err
	}
	return &t, nil
}

// Devices returns the bound devices of the person, newest first.
func (c *Client) Devices(ctx context.Context) ([]wire.Device, error) {
	var p wire.Page[wire.Device]
	if _, err := c.get(ctx, c.call(http.MethodGet, "/devices", transport.Safe), &p); err != nil {
		return nil, err
	}
	return p.Items, nil
}

// ClaimDevice names a device by the code that it shows. Exit code 9 with
// "device.blocked" or "device.limit" says why it cannot be bound now.
func (c *Client) ClaimDevice(ctx context.Context, claim wire.DeviceClaim) (*wire.DeviceConfirmation, error) {
	call := c.call(http.MethodPost, "/devices", transport.Idempotent)
	call.Secrets = []string{claim.Code}
	return created[wire.DeviceConfirmation](ctx, c, call, claim)
}

// ConfirmDevice confirms a device; an empty code asks for one, or for a push, to
// be sent. The code of a push is its number: a positive wait lets the portal hold
// the answer until it is decided. After a lost answer ClaimDevice tells whether
// the device is bound.
func (c *Client) ConfirmDevice(ctx context.Context, id string, answer wire.FactorAnswer, wait time.Duration) (*wire.DeviceConfirmation, error) {
	call := waiting(withID(c.call(http.MethodPost, "/devices/{id}/confirmation", transport.Once), "id", id), wait)
	call.Secrets = []string{answer.Code}
	var out wire.DeviceConfirmation
	if _, err := c.send(ctx, call, answer, &out); err != nil {
		return nil, lostConfirmation(err)
	}
	return &out, nil
}

// lostConfirmation softens an unknown outcome: asking again tells it.
func lostConfirmation(err error) error {
	te := transport.AsError(err)
	if te == nil || !te.MayHaveHappened() {
		return err
	}
	f := fault.New(exitcode.Unavailable, "device.lost", i18n.Say("ответ портала потерян", "the portal's answer was lost")).
		Advise(i18n.Say("повторите команду: портал скажет, привязано ли устройство", "repeat the command: the portal tells whether the device is bound"))
	f.RequestID = te.RequestID
	return f.Because(te)
}

// RemoveDevice unbinds a device; its token dies.
func (c *Client) RemoveDevice(ctx context.Context, id string) error {
	return c.remove(ctx, withID(c.call(http.MethodDelete, "/devices/{id}", transport.Idempotent), "id", id))
}

// asDevice makes a call carry a device's token instead of a marker.
func (c *Client) asDevice(call *transport.Call, token string) *transport.Call {
	call.Auth, call.Secrets = transport.AuthNone, []string{token}
	call.Header = http.Header{wire.DeviceTokenHeader: {token}}
	return call
}

// ThisDevice returns the device that a token belongs to; exit code 3 when it
// does not work any more.
func (c *Client) ThisDevice(ctx context.Context, token string) (*wire.Device, error) {
	var d wire.Device
	if _, err := c.get(ctx, c.asDevice(c.call(http.MethodGet, "/device", transport.Safe), token), &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// DeviceRequests returns what a device is asked to confirm, newest first; a
// positive wait lets the portal hold the answer until there is something.
func (c *Client) DeviceRequests(ctx context.Context, token string, wait time.Duration) ([]wire.DeviceRequest, error) {
	var p wire.Page[wire.DeviceRequest]
	call := waiting(c.asDevice(c.call(http.MethodGet, "/device-requests", transport.Safe), token), wait)
	if _, err := c.get(ctx, call, &p); err != nil {
		return nil, err
	}
	return p.Items, nil
}

// DecideDeviceRequest approves or denies a request. An approval is not repeated by
// itself: wrong numbers are counted, and the third denies the request.
func (c *Client) DecideDeviceRequest(ctx context.Context, token, id string, decision wire.DeviceDecision) (*wire.DeviceRequest, error) {
	policy := transport.Idempotent
	if decision.Number != "" {
		policy = transport.Once
	}
	call := c.asDevice(withID(c.call(http.MethodPut, "/device-requests/{id}", policy), "id", id), token)
	var out wire.DeviceRequest
	if _, err := c.send(ctx, call, decision, &out); err != nil {
		return nil, lostDecision(err, id)
	}
	return &out, nil
}

// lostDecision softens an unknown outcome: the same approval once more is answered by
// what was decided.
func lostDecision(err error, id string) error {
	te := transport.AsError(err)
	if te == nil || !te.MayHaveHappened() {
		return err
	}
	f := fault.New(exitcode.Unavailable, "push.lost", i18n.Say("ответ портала потерян: подтверждён ли запрос, неизвестно", "the portal's answer was lost: whether the request is approved is unknown")).
		Advise(i18n.Text{RU: "подтвердите ещё раз, назвав запрос: epgu auth devices approve %s --number ЧИСЛО; уже подтверждённому это не повредит, а неверное число засчитается", EN: "approve once more and name the request: epgu auth devices approve %s --number NUMBER; that does no harm to one that is approved, and a wrong number counts"}.With(id))
	f.RequestID = te.RequestID
	return f.Because(te)
}

// PushAnswer asks whether the push of a sign-in was decided; a positive wait
// lets the portal hold the answer until then.
func (c *Client) PushAnswer(ctx context.Context, signIn, number string, wait time.Duration) (*wire.SignIn, error) {
	call := waiting(withID(c.call(http.MethodPost, "/sign-ins/{id}/factor", transport.Once), "id", signIn), wait)
	call.Auth = transport.AuthNone
	var s wire.SignIn
	if _, err := c.send(ctx, call, wire.FactorAnswer{Kind: "push", Code: number}, &s); err != nil {
		return nil, lostFactor(err)
	}
	return &s, nil
}
