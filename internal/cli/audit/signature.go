package audit

import (
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/fault"
)

// signature is what a script learns of the signature under a decision.
type signature struct {
	Holds       bool      `json:"holds"`
	Signed      bool      `json:"signed"`
	By          string    `json:"by,omitempty"`
	Certificate string    `json:"certificate,omitempty"` // Streebog-256, hex
	At          time.Time `json:"at,omitzero"`
	Why         string    `json:"why,omitempty"` // a stable code of why it does not hold
}

func signatureOf(s *reconcile.Signed) signature {
	out := signature{Holds: s.Holds, Signed: !errors.Is(s.Err, reconcile.ErrUnsigned), By: s.By.Name, Certificate: s.By.Certificate, At: s.At}
	var why *fault.Error
	if errors.As(s.Err, &why) {
		out.Why = why.Code
	}
	return out
}
