package billing

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// codeDuplicate is the portal's refusal of a payment of a charge that is paid, or is
// being paid.
const codeDuplicate = "payment.duplicate"

// Elsewhere returns the move of a payment that is sending and was refused because
// somebody else has paid its charge, once the charge itself says so: the debt is
// settled, and that holds its key for ever. ok is false in any other case; err is what
// the sending came back with.
func Elsewhere(ctx context.Context, portal interface {
	Charge(ctx context.Context, uin string) (*cabinet.Charge, error)
}, p *journal.Payment, err error) (t journal.Transition, ok bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != codeDuplicate || journal.NormalUIN(p.UIN) == "" {
		return t, false
	}
	c, err := portal.Charge(ctx, p.UIN)
	if err != nil || c.State != "paid" {
		return t, false
	}
	return journal.Transition{ID: p.ID, From: journal.Sending, To: journal.Paid, Evidence: FlagEvidence(c)}, true
}

// FlagEvidence is what a charge's own flag shows.
func FlagEvidence(c *cabinet.Charge) journal.Evidence {
	details, err := json.Marshal(struct {
		UIN     string `json:"uin"`
		State   string `json:"state"`
		Payment string `json:"paymentId,omitempty"`
	}{c.UIN, c.State, journal.Cut(c.PaymentID, 64)})
	if err != nil {
		details = nil
	}
	return journal.Evidence{Witness: journal.ChargeFlag, Details: details}
}
