package devices

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/vault"
)

// portal is a portal of one account, with what it was asked.
type portal struct {
	Portal
	asked    []wire.DeviceBindingRequest
	waiting  bool // nobody has confirmed the code yet
	gone     bool // the code or the token does not work any more
	used     []string
	decided  wire.DeviceDecision
	devices  []wire.Device
	removed  string
	requests []wire.DeviceRequest
}

func refused(exit exitcode.Code) error {
	return fault.New(exit, "test.refused", i18n.Say("нет", "no"))
}

func (p *portal) AskDeviceCode(_ context.Context, req wire.DeviceBindingRequest) (*wire.DeviceBinding, error) {
	p.asked = append(p.asked, req)
	return &wire.DeviceBinding{ID: "b-1", Code: "1234-5678", Secret: "secret", ExpiresAt: time.Now().Add(time.Minute)}, nil
}

func (p *portal) TakeDeviceToken(_ context.Context, id, secret string, _ time.Duration) (*wire.DeviceToken, error) {
	switch {
	case p.gone || id != "b-1" || secret != "secret":
		return nil, refused(exitcode.NotFound)
	case p.waiting:
		return &wire.DeviceToken{State: "waiting"}, nil
	}
	return &wire.DeviceToken{State: "done", Device: &wire.Device{ID: "d-1", Name: "Phone"}, Token: "token"}, nil
}

func (p *portal) ThisDevice(_ context.Context, token string) (*wire.Device, error) {
	p.used = append(p.used, token)
	return &wire.Device{ID: "d-1", Name: "Phone"}, nil
}

func (p *portal) DeviceRequests(_ context.Context, token string, _ time.Duration) ([]wire.DeviceRequest, error) {
	if p.gone {
		return nil, refused(exitcode.Auth)
	}
	p.used = append(p.used, token)
	return p.requests, nil
}

func (p *portal) DecideDeviceRequest(_ context.Context, token, id string, d wire.DeviceDecision) (*wire.DeviceRequest, error) {
	p.used, p.decided = append(p.used, token), d
	return &wire.DeviceRequest{ID: id, State: "approved"}, nil
}

func (p *portal) Devices(context.Context) ([]wire.Device, error) { return p.devices, nil }

func (p *portal) RemoveDevice(_ context.Context, id string) error { p.removed = id; return nil }

func service(t *testing.T, p Portal, offered ...wire.Capability) (*Service, *vault.Vault) {
	t.Helper()
	v := vault.Open(vault.Options{Profile: "phone", Dir: filepath.Join(t.TempDir(), "vault"), Prefer: vault.File, Getenv: func(string) string { return "" }})
	return &Service{Portal: p, Vault: v, Origins: "https://portal.example", Capabilities: func(context.Context) (*wire.Capabilities, error) {
		return &wire.Capabilities{Portal: "x", Capabilities: offered}, nil
	}}, v
}

func TestABoundDeviceKeepsItsTokenInTheVaultAndUsesItAtOnce(t *testing.T) {
	p := &portal{waiting: true}
	s, v := service(t, p, wire.CapDevices)
	ctx := t.Context()
	code, err := s.Ask(ctx, "Phone", false)
	if err != nil || code.Code != "1234-5678" || code.Replaces {
		t.Fatalf("%+v, %v", code, err)
	}
	if _, ok, err := s.Take(ctx, 0); ok || err != nil {
		t.Fatalf("bound before anybody confirmed: %v", err)
	}
	p.waiting = false
	d, ok, err := s.Take(ctx, 0)
	if err != nil || !ok || d.ID != "d-1" {
		t.Fatalf("%+v, %v, %v", d, ok, err)
	}
	if len(p.used) != 1 || p.used[0] != "token" {
		t.Errorf("the token was not used at once: %v", p.used)
	}
	if id, name, err := s.This(ctx); id != "d-1" || name != "Phone" || err != nil {
		t.Errorf("%s %s %v", id, name, err)
	}
	sec, err := v.Load(ctx)
	if err != nil || !strings.Contains(sec.Extra[keptDevice], "token") || sec.Extra[keptBinding] != "" || sec.HasTokens() {
		t.Errorf("the vault holds a session or the spent code: %v", err)
	}
	if _, _, err := s.Take(ctx, 0); fault.ExitOf(err) != exitcode.NotFound {
		t.Errorf("a code twice: %v", err)
	}
	if _, err := s.Decide(ctx, "p-1", true, " 42 "); err != nil || p.decided != (wire.DeviceDecision{Approve: true, Number: "42"}) {
		t.Errorf("%+v, %v", p.decided, err)
	}
}

func TestABoundProfileIsBoundAnewOnlyWhenAskedToAndKeepsItsPlace(t *testing.T) {
	p := &portal{}
	s, _ := service(t, p, wire.CapDevices)
	ctx := t.Context()
	if _, err := s.Ask(ctx, "", true); fault.ExitOf(err) != exitcode.Auth {
		t.Errorf("bound anew without ever having been bound: %v", err)
	}
	if _, err := s.Ask(ctx, "Phone", false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Take(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ask(ctx, "Again", false); fault.ExitOf(err) != exitcode.Conflict {
		t.Errorf("%v", err)
	}
	code, err := s.Ask(ctx, "", true)
	if err != nil || !code.Replaces || code.Name != "Phone" {
		t.Errorf("%+v, %v", code, err)
	}
	if last := p.asked[len(p.asked)-1]; last != (wire.DeviceBindingRequest{Name: "Phone", Replaces: "d-1"}) {
		t.Errorf("%+v", last)
	}
}

func TestADevicesTokenGoesToNoOtherPortal(t *testing.T) {
	p := &portal{}
	s, v := service(t, p, wire.CapDevices)
	ctx := t.Context()
	if _, err := s.Ask(ctx, "Phone", false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Take(ctx, 0); err != nil {
		t.Fatal(err)
	}
	p.used = nil
	other := &Service{Portal: p, Vault: v, Capabilities: s.Capabilities, Origins: "https://other.example"}
	if _, err := other.Requests(ctx, 0); fault.ExitOf(err) != exitcode.Auth || len(p.used) != 0 {
		t.Errorf("%v, used %v", err, p.used)
	}
	if id, _, _ := other.This(ctx); id != "" {
		t.Errorf("this profile is %s of another portal", id)
	}
}

func TestATokenThatThePortalDoesNotTakeAnyMoreIsForgotten(t *testing.T) {
	p := &portal{}
	s, _ := service(t, p, wire.CapDevices)
	ctx := t.Context()
	if _, err := s.Ask(ctx, "Phone", false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Take(ctx, 0); err != nil {
		t.Fatal(err)
	}
	p.gone = true
	if _, err := s.Requests(ctx, 0); fault.ExitOf(err) != exitcode.Auth {
		t.Errorf("%v", err)
	}
	if id, _, err := s.This(ctx); id != "" || err != nil {
		t.Errorf("still %s, %v", id, err)
	}
	p.gone = false
	if _, err := s.Ask(ctx, "Phone", false); err != nil {
		t.Errorf("not bound again: %v", err)
	}
	p.gone = true
	if _, _, err := s.Take(ctx, 0); fault.ExitOf(err) != exitcode.NotFound {
		t.Errorf("%v", err)
	}
}

func TestARefusedTokenTakesNoNewerOneWithIt(t *testing.T) {
	p := &portal{}
	s, _ := service(t, p, wire.CapDevices)
	ctx := t.Context()
	if _, err := s.Ask(ctx, "Phone", false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Take(ctx, 0); err != nil {
		t.Fatal(err)
	}
	// Another process asked with an earlier token of this profile.
	if err := s.ended(ctx, "earlier", refused(exitcode.Auth)); fault.ExitOf(err) != exitcode.Auth {
		t.Errorf("%v", err)
	}
	if id, _, err := s.This(ctx); id != "d-1" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
}

func TestADeviceIsFoundByWhatAPersonTypes(t *testing.T) {
	p := &portal{devices: []wire.Device{{ID: "aaaa-1", Name: "Phone"}, {ID: "aaaa-2", Name: "Phone"}, {ID: "bbbb-3", Name: "Планшет"}}}
	s, _ := service(t, p, wire.CapDevices)
	for word, want := range map[string]any{"aaaa-1": "aaaa-1", "bbbb": "bbbb-3", "планшет": "bbbb-3", "Phone": exitcode.Usage, "aaaa": exitcode.Usage, "bbb": exitcode.NotFound, "": exitcode.NotFound} {
		d, err := s.Find(t.Context(), word)
		var got any = d.ID
		if err != nil {
			got = fault.ExitOf(err)
		}
		if got != want {
			t.Errorf("%q: %v, want %v (%v)", word, got, want, err)
		}
	}
}

func TestAPortalThatOffersNoDevicesIsRefusedByName(t *testing.T) {
	s, _ := service(t, &portal{}, wire.CapAccount)
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"ask":      func() error { _, err := s.Ask(ctx, "x", false); return err },
		"take":     func() error { _, _, err := s.Take(ctx, 0); return err },
		"list":     func() error { _, err := s.List(ctx); return err },
		"claim":    func() error { _, err := s.Claim(ctx, "1", ""); return err },
		"remove":   func() error { return s.Remove(ctx, "x") },
		"requests": func() error { _, err := s.Requests(ctx, 0); return err },
	} {
		if err := call(); fault.ExitOf(err) != exitcode.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAWayThatIsNotThereNamesThoseThatAre(t *testing.T) {
	factors := []wire.Factor{{Kind: "sms"}, {Kind: "push"}}
	if f, err := Kind(factors, ""); err != nil || f.Kind != "sms" {
		t.Errorf("%v %v", f, err)
	}
	if f, err := Kind(factors, "push"); err != nil || f.Kind != "push" {
		t.Errorf("%v %v", f, err)
	}
	var f *fault.Error
	if _, err := Kind(factors, "email"); !errors.As(err, &f) || f.Exit != exitcode.Usage || !strings.Contains(f.Message.In(i18n.EN), "sms, push") {
		t.Errorf("%v", err)
	}
	if _, err := Kind(nil, ""); fault.ExitOf(err) != exitcode.Usage {
		t.Errorf("%v", err)
	}
}
