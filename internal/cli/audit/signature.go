package audit

import (
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
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

// signatureTitle says in words whether a decision's signature holds.
func signatureTitle(s *reconcile.Signed) i18n.Message {
	switch {
	case s.Holds:
		return i18n.Text{RU: "подпись верна: %s, сертификат %s", EN: "the signature holds: %s, certificate %s"}.With(untrusted.Text(s.By.Name), s.By.Certificate)
	case errors.Is(s.Err, reconcile.ErrUnsigned):
		return i18n.Say("решение не подписано", "the decision bears no signature")
	}
	return i18n.Say("ПОДПИСЬ НЕДЕЙСТВИТЕЛЬНА", "THE SIGNATURE DOES NOT HOLD")
}
