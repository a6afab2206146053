// Package devices is what a person does with bound devices: a device asks for a
// code and keeps its token in the vault of its profile, a signed-in person
// confirms, removes and binds it anew, and a bound device confirms sign-ins.
// Commands and the TUI use it.
package devices

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
	"github.com/epgu-cli/epgu/internal/vault"
)

// Portal is what devices need of a portal; *cabinet.Client is one.
type Portal interface {
	AskDeviceCode(ctx context.Context, req wire.DeviceBindingRequest) (*wire.DeviceBinding, error)
	TakeDeviceToken(ctx context.Context, binding, secret string, wait time.Duration) (*wire.DeviceToken, error)
	Devices(ctx context.Context) ([]wire.Device, error)
	ClaimDevice(ctx context.Context, claim wire.DeviceClaim) (*wire.DeviceConfirmation, error)
	ConfirmDevice(ctx context.Context, id string, answer wire.FactorAnswer, wait time.Duration) (*wire.DeviceConfirmation, error)
	RemoveDevice(ctx context.Context, id string) error
	ThisDevice(ctx context.Context, token string) (*wire.Device, error)
	DeviceRequests(ctx context.Context, token string, wait time.Duration) ([]wire.DeviceRequest, error)
	DecideDeviceRequest(ctx context.Context, token, id string, decision wire.DeviceDecision) (*wire.DeviceRequest, error)
}

// Service works on one portal with the vault of one profile. Every method fails
// with exit code 4 where the portal does not offer it.
type Service struct {
	Portal       Portal
	Vault        *vault.Vault
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
	// Origins are the addresses of the portal: a device's token goes nowhere else.
	Origins string
}

func (s *Service) offers(ctx context.Context) error {
	caps, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	return cabinet.Require(caps, wire.CapDevices)
}

// The names of this package's secrets in the vault.
const (
	keptDevice  = "device"        // JSON of bound
	keptBinding = "deviceBinding" // JSON of binding
)

// bound is this profile as a bound device.
type bound struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Token   string `json:"token"`
	Origins string `json:"origins"`
}

// binding is a code that waits to be confirmed.
type binding struct {
	ID      string    `json:"id"`
	Secret  string    `json:"secret"`
	Code    string    `json:"code"`
	Name    string    `json:"name"`
	Expires time.Time `json:"expires"`
	Origins string    `json:"origins"`
}

// load reads this package's secrets; zero values when there are none.
func (s *Service) load(ctx context.Context) (d bound, b binding, err error) {
	sec, err := s.Vault.Load(ctx)
	if errors.Is(err, vault.ErrNotFound) {
		return d, b, nil
	}
	if err != nil {
		return d, b, err
	}
	// What another version wrote and this one cannot read is as good as none.
	if json.Unmarshal([]byte(sec.Extra[keptDevice]), &d) != nil {
		d = bound{}
	}
	if json.Unmarshal([]byte(sec.Extra[keptBinding]), &b) != nil {
		b = binding{}
	}
	return d, b, nil
}

// keep lays values into the vault; nil removes.
func (s *Service) keep(ctx context.Context, values map[string]any) error {
	return s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		if loadErr != nil && !errors.Is(loadErr, vault.ErrNotFound) {
			return loadErr
		}
		if sec.Extra == nil {
			sec.Extra = map[string]string{}
		}
		for name, v := range values {
			if v == nil {
				delete(sec.Extra, name)
				continue
			}
			text, err := json.Marshal(v)
			if err != nil {
				return err
			}
			sec.Extra[name] = string(text)
		}
		return nil
	})
}

// Code is what a device shows.
type Code struct {
	ID, Code, Name string
	Replaces       bool // the device is bound anew
	Expires        time.Time
}

// Ask asks for the code that binds this profile as a device. One that is bound
// already must say anew, and keeps its place; its earlier token dies when the
// code is confirmed.
func (s *Service) Ask(ctx context.Context, name string, anew bool) (Code, error) {
	if err := s.offers(ctx); err != nil {
		return Code{}, err
	}
	d, _, err := s.load(ctx)
	if err != nil {
		return Code{}, err
	}
	req := wire.DeviceBindingRequest{Name: name}
	here := d.Token != "" && d.Origins == s.Origins
	switch {
	case here && !anew:
		return Code{}, fault.New(exitcode.Conflict, "device.bound_already", i18n.Text{
			RU: "этот профиль уже привязан как «%s»", EN: "this profile is bound already, as %q"}.With(untrusted.Text(d.Name))).
			Advise(i18n.Say("привяжите его заново: epgu auth devices rebind", "bind it anew: epgu auth devices rebind"))
	case here:
		req.Replaces = d.ID
		if req.Name == "" {
			req.Name = d.Name
		}
	case anew:
		return Code{}, NotBound()
	}
	got, err := s.Portal.AskDeviceCode(ctx, req)
	if err != nil {
		return Code{}, err
	}
	b := binding{ID: got.ID, Secret: got.Secret, Code: got.Code, Name: req.Name, Expires: got.ExpiresAt, Origins: s.Origins}
	if err := s.keep(ctx, map[string]any{keptBinding: b}); err != nil {
		return Code{}, err
	}
	return Code{ID: b.ID, Code: b.Code, Name: b.Name, Replaces: req.Replaces != "", Expires: b.Expires}, nil
}

// Take takes the token of the code that was shown last, waiting at most so long
// for somebody to confirm it. ok is false while nobody has.
func (s *Service) Take(ctx context.Context, wait time.Duration) (d wire.Device, ok bool, err error) {
	if err := s.offers(ctx); err != nil {
		return d, false, err
	}
	_, b, err := s.load(ctx)
	if err != nil {
		return d, false, err
	}
	if b.ID == "" || b.Origins != s.Origins {
		return d, false, fault.New(exitcode.NotFound, "device.no_binding", i18n.Say("этот профиль не ждёт привязки", "this profile does not wait to be bound")).
			AdviseRun("epgu auth devices bind")
	}
	d, ok, err = s.take(ctx, b, wait)
	if fault.ExitOf(err) == exitcode.Auth {
		// Something on the way asked twice, and the portal gave another token: the first
		// one died unused, and a third may be taken.
		d, ok, err = s.take(ctx, b, wait)
	}
	return d, ok, err
}

// take is one try of Take. The code is kept until its token was used.
func (s *Service) take(ctx context.Context, b binding, wait time.Duration) (d wire.Device, ok bool, err error) {
	got, err := s.Portal.TakeDeviceToken(ctx, b.ID, b.Secret, wait)
	if err != nil {
		if fault.ExitOf(err) == exitcode.NotFound {
			return d, false, errors.Join(err, s.forget(ctx, keptBinding, func(kept string) bool {
				var x binding
				return json.Unmarshal([]byte(kept), &x) == nil && x.ID == b.ID
			}))
		}
		return d, false, err
	}
	if got.State != "done" || got.Device == nil || got.Token == "" {
		return d, false, nil
	}
	if err := s.keep(ctx, map[string]any{keptDevice: bound{ID: got.Device.ID, Name: got.Device.Name.Raw(), Token: got.Token, Origins: s.Origins}}); err != nil {
		return d, false, err
	}
	// From its first use on the token cannot be taken by anybody else.
	this, err := s.Portal.ThisDevice(ctx, got.Token)
	if err != nil {
		return *got.Device, true, s.ended(ctx, got.Token, err)
	}
	return *this, true, s.keep(ctx, map[string]any{keptBinding: nil})
}

// NotBound says that this profile is no bound device.
func NotBound() *fault.Error {
	return fault.New(exitcode.Auth, "device.not_bound", i18n.Say("этот профиль не привязан как устройство", "this profile is no bound device")).
		AdviseRun("epgu auth devices bind")
}

// This returns the id and the name of this profile as a device, without asking
// the portal; empty when it is none.
func (s *Service) This(ctx context.Context) (id, name string, err error) {
	d, _, err := s.load(ctx)
	if err != nil || d.Token == "" || d.Origins != s.Origins {
		return "", "", err
	}
	return d.ID, d.Name, nil
}

// token returns the device's token for this portal.
func (s *Service) token(ctx context.Context) (string, error) {
	if err := s.offers(ctx); err != nil {
		return "", err
	}
	d, _, err := s.load(ctx)
	if err != nil {
		return "", err
	}
	if d.Token == "" || d.Origins != s.Origins {
		return "", NotBound()
	}
	return d.Token, nil
}

// Requests returns what this device is asked to confirm, newest first, waiting
// at most so long for something.
func (s *Service) Requests(ctx context.Context, wait time.Duration) ([]wire.DeviceRequest, error) {
	token, err := s.token(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.Portal.DeviceRequests(ctx, token, wait)
	return list, s.ended(ctx, token, err)
}

// Decide answers a request. Approving takes the number that is shown where
// somebody signs in.
func (s *Service) Decide(ctx context.Context, id string, approve bool, number string) (*wire.DeviceRequest, error) {
	token, err := s.token(ctx)
	if err != nil {
		return nil, err
	}
	out, err := s.Portal.DecideDeviceRequest(ctx, token, id, wire.DeviceDecision{Approve: approve, Number: strings.TrimSpace(number)})
	return out, s.ended(ctx, token, err)
}

// ended forgets the token that the portal does not take any more, and no other:
// this profile may have been bound anew meanwhile.
func (s *Service) ended(ctx context.Context, token string, err error) error {
	if fault.ExitOf(err) != exitcode.Auth {
		return err
	}
	return errors.Join(err, s.forget(ctx, keptDevice, func(kept string) bool {
		var d bound
		return json.Unmarshal([]byte(kept), &d) == nil && d.Token == token
	}))
}

// forget removes a value from the vault when it is the one meant.
func (s *Service) forget(ctx context.Context, name string, meant func(kept string) bool) error {
	return s.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		if errors.Is(loadErr, vault.ErrNotFound) {
			return nil
		}
		if loadErr == nil && meant(sec.Extra[name]) {
			delete(sec.Extra, name)
		}
		return loadErr
	})
}

// List returns the bound devices, newest first.
func (s *Service) List(ctx context.Context) ([]wire.Device, error) {
	if err := s.offers(ctx); err != nil {
		return nil, err
	}
	return s.Portal.Devices(ctx)
}

// Find returns the device that a person means: by its id, the beginning of the
// id or the name.
func (s *Service) Find(ctx context.Context, word string) (wire.Device, error) {
	all, err := s.List(ctx)
	if err != nil {
		return wire.Device{}, err
	}
	var found []wire.Device
	for _, d := range all {
		if d.ID == word {
			return d, nil
		}
		if strings.EqualFold(d.Name.Raw(), word) || len(word) >= 4 && strings.HasPrefix(d.ID, word) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return wire.Device{}, fault.New(exitcode.NotFound, "device.not_found", i18n.Text{RU: "устройства «%s» нет", EN: "there is no device %q"}.With(untrusted.Text(word))).
			AdviseRun("epgu auth devices list")
	}
	var ids []string
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	return wire.Device{}, fault.New(exitcode.Usage, "device.ambiguous", i18n.Text{RU: "под «%s» подходит несколько устройств: %s", EN: "%q fits several devices: %s"}.
		With(untrusted.Text(word), untrusted.Text(strings.Join(ids, ", "))))
}

// Remove unbinds a device; when it is this profile, its token is forgotten.
func (s *Service) Remove(ctx context.Context, id string) error {
	if err := s.offers(ctx); err != nil {
		return err
	}
	if err := s.Portal.RemoveDevice(ctx, id); err != nil {
		return err
	}
	if this, _, err := s.This(ctx); err != nil || this != id {
		return err
	}
	return s.forget(ctx, keptDevice, func(kept string) bool {
		var d bound
		return json.Unmarshal([]byte(kept), &d) == nil && d.ID == id
	})
}

// Claim names the device that shows a code; replaces is the id of the device
// that it takes the place of, empty for none.
func (s *Service) Claim(ctx context.Context, code, replaces string) (*wire.DeviceConfirmation, error) {
	if err := s.offers(ctx); err != nil {
		return nil, err
	}
	return s.Portal.ClaimDevice(ctx, wire.DeviceClaim{Code: code, Replaces: replaces})
}

// Confirm confirms a claimed device by a code of a kind; an empty code asks for
// one to be sent. The code of a push is its number, and wait is how long its
// decision is waited for.
func (s *Service) Confirm(ctx context.Context, id, kind, code string, wait time.Duration) (*wire.DeviceConfirmation, error) {
	return s.Portal.ConfirmDevice(ctx, id, wire.FactorAnswer{Kind: kind, Code: strings.TrimSpace(code)}, wait)
}

// Kind picks the way to confirm: the one asked for, or the best.
func Kind(factors []wire.Factor, want string) (wire.Factor, error) {
	i := 0
	if want != "" {
		i = slices.IndexFunc(factors, func(f wire.Factor) bool { return f.Kind == want })
	}
	if i >= 0 && i < len(factors) {
		return factors[i], nil
	}
	var kinds []string
	for _, f := range factors {
		kinds = append(kinds, f.Kind)
	}
	return wire.Factor{}, fault.New(exitcode.Usage, "device.factor", i18n.Text{RU: "так подтвердить нельзя; подходит: %s", EN: "this way is not available; use: %s"}.
		With(untrusted.Text(strings.Join(kinds, ", "))))
}
