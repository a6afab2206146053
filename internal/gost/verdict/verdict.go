// Package verdict holds the outcome of checking a signature or a certificate:
// valid, invalid, or cannot tell, with the reasons. It is a leaf for the
// packages under internal/gost and for whoever shows their results.
package verdict

import (
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Status is the outcome of a check. The zero value is CannotTell, so that a
// check that was never made is never mistaken for a passed one.
type Status int

// The outcomes, from least to most decided.
const (
	CannotTell Status = iota // something needed for the answer is missing
	Valid                    // every check was made and passed
	Invalid                  // a check was made and failed
)

// String returns the stable word for JSON: "cannot-tell", "valid", "invalid".
func (s Status) String() string {
	switch s {
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	}
	return "cannot-tell"
}

// Text returns the word for people.
func (s Status) Text() i18n.Text {
	switch s {
	case Valid:
		return i18n.Text{RU: "действительна", EN: "valid"}
	case Invalid:
		return i18n.Text{RU: "недействительна", EN: "invalid"}
	}
	return i18n.Text{RU: "проверить нельзя", EN: "cannot tell"}
}

// MarshalText writes the stable word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reason is one thing that keeps a check from passing.
type Reason struct {
	Status  Status       // Invalid or CannotTell: what the reason alone leads to
	Code    string       // stable dotted word for scripts: "certificate.expired"
	Message i18n.Message // one sentence for people, no final full stop
}

// Failed is a reason that makes the outcome Invalid.
func Failed(code string, m i18n.Message) Reason {
	return Reason{Status: Invalid, Code: code, Message: m}
}

// Unsure is a reason that makes the outcome CannotTell at best.
func Unsure(code string, m i18n.Message) Reason {
	return Reason{Status: CannotTell, Code: code, Message: m}
}

// Of returns the outcome that reasons lead to: Invalid if one failed, else
// CannotTell if one is unsure, else Valid. Call it only when every check ran.
func Of(reasons []Reason) Status {
	status := Valid
	for _, r := range reasons {
		if r.Status == Invalid {
			return Invalid
		}
		status = CannotTell
	}
	return status
}

// Has reports whether a reason with the code is among reasons.
func Has(reasons []Reason, code string) bool {
	for _, r := range reasons {
		if r.Code == code {
			return true
		}
	}
	return false
}
