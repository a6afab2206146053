package cabinet

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func device() wire.Device {
	return wire.Device{ID: "d-1", Name: "Телефон", Agent: "epgu/1", Address: "192.0.2.1", BoundAt: moment()}
}

func confirmation(state string) wire.DeviceConfirmation {
	return wire.DeviceConfirmation{ID: "b-1", State: state, Name: "Телефон", Agent: "epgu/1", Address: "192.0.2.1", AskedAt: moment(), ExpiresAt: moment(),
		Factors: []wire.Factor{{Kind: "sms", Target: "+7 *** ***-00-02"}, {Kind: "push"}}, Sent: "push", Push: &wire.Push{Number: "42", State: "pending", ExpiresAt: moment()}}
}

func request(state string) wire.DeviceRequest {
	return wire.DeviceRequest{ID: "p-1", Kind: "sign-in", Client: "epgu", Agent: "epgu/1", Address: "192.0.2.1", CreatedAt: moment(), ExpiresAt: moment(), State: state}
}

// deviceReplies are the answers about devices and the second factor.
func deviceReplies() map[string][]reply {
	return map[string][]reply{
		"askDeviceCode":       {{status: 201, body: wire.DeviceBinding{ID: "b-1", Code: "1234-5678", Secret: "s3cret", ExpiresAt: moment()}}},
		"takeDeviceToken":     {{status: 200, body: wire.DeviceToken{State: "done", Device: new(device()), Token: "t0ken"}}},
		"listDevices":         {{status: 200, body: wire.Page[wire.Device]{Items: []wire.Device{device()}, Total: 1}}},
		"claimDevice":         {{status: 201, body: confirmation("confirm")}},
		"confirmDevice":       {{status: 200, body: confirmation("done")}},
		"removeDevice":        {{status: 204}},
		"thisDevice":          {{status: 200, body: device()}},
		"listDeviceRequests":  {{status: 200, body: wire.Page[wire.DeviceRequest]{Items: []wire.DeviceRequest{request("pending")}, Total: 1}}},
		"decideDeviceRequest": {{status: 200, body: request("approved")}},
		"getSecondFactor":     {{status: 200, body: wire.SecondFactor{Preferred: "push", Factors: []wire.Factor{{Kind: "push"}}, Devices: 1}}},
		"chooseSecondFactor":  {{status: 204}},
		"newTotp":             {{status: 201, body: wire.TOTPSetup{Secret: "JBSWY3DPEHPK3PXP", URI: "otpauth://totp/x"}}},
		"changeTotp":          {{status: 204}},
		"newRecoveryCodes":    {{status: 201, body: wire.RecoveryCodes{Codes: []string{"abcde-fgh23"}}}},
	}
}

// deviceCalls makes every call about devices and the second factor.
func deviceCalls(t *testing.T, c *Client) {
	t.Helper()
	ctx := t.Context()
	for name, call := range map[string]func() (bool, error){
		"ask": func() (bool, error) {
			v, err := c.AskDeviceCode(ctx, wire.DeviceBindingRequest{Name: "x"})
			return err == nil && v.Code == "1234-5678", err
		},
		"take": func() (bool, error) {
			v, err := c.TakeDeviceToken(ctx, "b-1", "s3cret", time.Second)
			return err == nil && v.Token == "t0ken", err
		},
		"list": func() (bool, error) { v, err := c.Devices(ctx); return len(v) == 1, err },
		"claim": func() (bool, error) {
			v, err := c.ClaimDevice(ctx, wire.DeviceClaim{Code: "1234-5678"})
			return err == nil && v.Push.Number == "42", err
		},
		"confirm": func() (bool, error) {
			v, err := c.ConfirmDevice(ctx, "b-1", wire.FactorAnswer{Kind: "push", Code: "42"}, time.Second)
			return err == nil && v.State == "done", err
		},
		"remove":   func() (bool, error) { return true, c.RemoveDevice(ctx, "d-1") },
		"this":     func() (bool, error) { v, err := c.ThisDevice(ctx, "t0ken"); return err == nil && v.ID == "d-1", err },
		"requests": func() (bool, error) { v, err := c.DeviceRequests(ctx, "t0ken", time.Second); return len(v) == 1, err },
		"decide": func() (bool, error) {
			v, err := c.DecideDeviceRequest(ctx, "t0ken", "p-1", wire.DeviceDecision{Approve: true, Number: "42"})
			return err == nil && v.State == "approved", err
		},
		"second": func() (bool, error) { v, err := c.SecondFactor(ctx); return err == nil && v.Preferred == "push", err },
		"choose": func() (bool, error) {
			return true, c.ChooseSecondFactor(ctx, wire.SecondFactorChange{Preferred: "sms", Password: "p"})
		},
		"totp":    func() (bool, error) { v, err := c.NewTOTP(ctx, "Present-1"); return err == nil && v.Secret != "", err },
		"totp on": func() (bool, error) { return true, c.ChangeTOTP(ctx, wire.TOTPChange{Code: "123456"}) },
		"codes": func() (bool, error) {
			v, err := c.NewRecoveryCodes(ctx, "p")
			return err == nil && len(v.Codes) == 1, err
		},
	} {
		if ok, err := call(); err != nil || !ok {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

func TestThePushOfASignInIsAskedAboutByItsNumber(t *testing.T) {
	c, f := portal(t, map[string][]reply{"answerFactor": {{status: 200, body: wire.SignIn{ID: "s-1", State: "factor", ExpiresAt: moment(), Push: &wire.Push{Number: "42", State: "pending", ExpiresAt: moment()}}}}})
	if s, err := c.PushAnswer(t.Context(), "s-1", "42", time.Second); err != nil || s.Push == nil || s.Push.Number != "42" {
		t.Errorf("%+v, %v", s, err)
	}
	if got := f.request().Header.Get("Prefer"); got != "wait=1" || f.times("answerFactor") != 1 {
		t.Errorf("Prefer %q, %d questions", got, f.times("answerFactor"))
	}
}

func TestADevicesTokenNeverTravelsWithAMarker(t *testing.T) {
	c, f := portal(t, map[string][]reply{"listDeviceRequests": {{status: 200, body: wire.Page[wire.DeviceRequest]{Items: []wire.DeviceRequest{}}}}})
	if _, err := c.DeviceRequests(t.Context(), "t0ken", 0); err != nil {
		t.Fatal(err)
	}
	if h := f.request().Header; h.Get("Authorization") != "" || h.Get(wire.DeviceTokenHeader) != "t0ken" {
		t.Errorf("%v", h)
	}
}

func TestALostAnswerAboutADeviceSaysThatRepeatingTells(t *testing.T) {
	c, f := portal(t, map[string][]reply{"confirmDevice": {{lost: true}}})
	_, err := c.ConfirmDevice(t.Context(), "b-1", wire.FactorAnswer{Kind: "sms", Code: "123456"}, 0)
	if fault.ExitOf(err) != exitcode.Unavailable || f.times("confirmDevice") != 1 {
		t.Errorf("exit %v after %d: %v", fault.ExitOf(err), f.times("confirmDevice"), err)
	}
}

// Wrong numbers are counted, and the third denies the request: one that was typed once
// must not count three times because answers were lost.
func TestANumberIsSentOnceHoweverItsAnswerIsLost(t *testing.T) {
	c, f := portal(t, map[string][]reply{"decideDeviceRequest": {{lost: true}}})
	_, err := c.DecideDeviceRequest(t.Context(), "t0ken", "p-1", wire.DeviceDecision{Approve: true, Number: "42"})
	told := &fault.Error{}
	if !errors.As(err, &told) || told.Exit != exitcode.Unavailable || told.Code != "push.lost" || f.times("decideDeviceRequest") != 1 {
		t.Errorf("approved %d times: %v", f.times("decideDeviceRequest"), err)
	}
	if !strings.Contains(told.Hint.In(i18n.EN)+told.Run, "p-1") {
		t.Errorf("the request is not named: %q %q", told.Hint.In(i18n.EN), told.Run)
	}
	// A denial has no number, and is the same however often it is sent.
	if _, err := c.DecideDeviceRequest(t.Context(), "t0ken", "p-1", wire.DeviceDecision{}); err == nil || f.times("decideDeviceRequest") < 3 {
		t.Errorf("denied %d times: %v", f.times("decideDeviceRequest"), err)
	}
}

func TestABlockOfBindingIsAConflictWithItsTerm(t *testing.T) {
	c, _ := portal(t, map[string][]reply{"claimDevice": {{status: http.StatusLocked, after: "3600",
		body: wire.Problem{Title: "Закрыто", Status: http.StatusLocked, Code: "device.blocked", Detail: "до 12:00", RetryAfterMS: 3600000}}}})
	_, err := c.ClaimDevice(t.Context(), wire.DeviceClaim{Code: "1"})
	if fault.ExitOf(err) != exitcode.Conflict {
		t.Errorf("%v", err)
	}
}

func TestAPortalWithoutACabinetIsNeverAskedForDevices(t *testing.T) {
	c, f := portal(t, nil)
	c.Without("prod")
	if _, err := c.Devices(t.Context()); fault.ExitOf(err) != exitcode.Refused {
		t.Errorf("%v", err)
	}
	if _, err := c.AskDeviceCode(t.Context(), wire.DeviceBindingRequest{Name: "x"}); fault.ExitOf(err) != exitcode.Refused || len(f.seen) != 0 {
		t.Errorf("%v, asked %v", err, f.seen)
	}
}
