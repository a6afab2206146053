package account

import (
	"context"

	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// TwoFactorPortal is what the second factor needs of a portal; *cabinet.Client
// is one.
type TwoFactorPortal interface {
	SecondFactor(ctx context.Context) (*wire.SecondFactor, error)
	ChooseSecondFactor(ctx context.Context, change wire.SecondFactorChange) error
	NewTOTP(ctx context.Context, password string) (*wire.TOTPSetup, error)
	ChangeTOTP(ctx context.Context, change wire.TOTPChange) error
	NewRecoveryCodes(ctx context.Context, password string) (*wire.RecoveryCodes, error)
}

// TwoFactor is how a person confirms sign-ins. Every method fails with exit
// code 4 where the portal does not offer it.
type TwoFactor struct {
	Portal       TwoFactorPortal
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
}

func (s *TwoFactor) offers(ctx context.Context) error {
	caps, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	return cabinet.Require(caps, wire.CapDevices)
}

// Status tells what is set up and what is offered first.
func (s *TwoFactor) Status(ctx context.Context) (*wire.SecondFactor, error) {
	if err := s.offers(ctx); err != nil {
		return nil, err
	}
	return s.Portal.SecondFactor(ctx)
}

// Prefer chooses what is offered first; "" leaves it to the portal.
func (s *TwoFactor) Prefer(ctx context.Context, kind, password string) error {
	if err := s.offers(ctx); err != nil {
		return err
	}
	return s.Portal.ChooseSecondFactor(ctx, wire.SecondFactorChange{Preferred: kind, Password: password})
}

// SetUpTOTP makes a secret for an application on a phone; it works from
// ConfirmTOTP on. It takes the present password.
func (s *TwoFactor) SetUpTOTP(ctx context.Context, password string) (*wire.TOTPSetup, error) {
	if err := s.offers(ctx); err != nil {
		return nil, err
	}
	return s.Portal.NewTOTP(ctx, password)
}

// ConfirmTOTP turns the application on by the first code of the new secret.
func (s *TwoFactor) ConfirmTOTP(ctx context.Context, code string) error {
	if err := s.offers(ctx); err != nil {
		return err
	}
	return s.Portal.ChangeTOTP(ctx, wire.TOTPChange{Code: code})
}

// TurnOffTOTP turns the application off by its code or a recovery code.
func (s *TwoFactor) TurnOffTOTP(ctx context.Context, code string) error {
	if err := s.offers(ctx); err != nil {
		return err
	}
	return s.Portal.ChangeTOTP(ctx, wire.TOTPChange{Code: code, Off: true})
}

// NewRecoveryCodes makes new recovery codes; the earlier ones stop working.
func (s *TwoFactor) NewRecoveryCodes(ctx context.Context, password string) ([]string, error) {
	if err := s.offers(ctx); err != nil {
		return nil, err
	}
	out, err := s.Portal.NewRecoveryCodes(ctx, password)
	if err != nil {
		return nil, err
	}
	return out.Codes, nil
}
