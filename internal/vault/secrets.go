package vault

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Secrets is everything secret that one profile holds. It prints, logs and
// marshals as "[secret]": only the vault itself can write the values.
type Secrets struct {
	Access         string            `json:"access,omitempty"`        // marker for the portal's APIs
	Refresh        string            `json:"refresh,omitempty"`       // exchanged for a new Access; rotates
	ID             string            `json:"id,omitempty"`            // OpenID Connect identity marker
	TokenType      string            `json:"tokenType,omitempty"`     // as the portal says: "Bearer"
	Expires        time.Time         `json:"expires,omitzero"`        // end of Access; zero when unknown
	RefreshExpires time.Time         `json:"refreshExpires,omitzero"` // end of Refresh; zero when unknown
	Scopes         []string          `json:"scopes,omitempty"`        // what Access allows
	TOTPSeed       string            `json:"totpSeed,omitempty"`      // second factor, only by the user's explicit choice
	Extra          map[string]string `json:"extra,omitempty"`         // other secrets by name: API key, password of a certificate, …
}

// redacted stands for Secrets wherever they are shown.
const redacted = "[secret]"

// String returns "[secret]".
func (Secrets) String() string { return redacted }

// GoString returns "[secret]".
func (Secrets) GoString() string { return redacted }

// Format writes "[secret]" for every verb.
func (Secrets) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue returns "[secret]".
func (Secrets) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns "[secret]" as a JSON string.
func (Secrets) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// HasTokens reports whether there is anything to sign in with.
func (s Secrets) HasTokens() bool { return s.Access != "" || s.Refresh != "" }

// WithoutTokens returns what survives a sign-out of the session: the TOTP seed
// and the extra secrets.
func (s Secrets) WithoutTokens() Secrets { return Secrets{TOTPSeed: s.TOTPSeed, Extra: s.Extra} }

// IsZero reports whether there is nothing at all.
func (s Secrets) IsZero() bool {
	return !s.HasTokens() && s.ID == "" && s.TOTPSeed == "" && len(s.Extra) == 0
}

// Clone returns a copy that shares nothing with s.
func (s Secrets) Clone() Secrets {
	s.Scopes = slices.Clone(s.Scopes)
	s.Extra = maps.Clone(s.Extra)
	return s
}

// sameTokens reports whether two bags hold the same session.
func (s Secrets) sameTokens(o Secrets) bool { return s.Access == o.Access && s.Refresh == o.Refresh }

// version is the version of the record. A reader refuses a newer one.
const version = 1

// plainSecrets has the fields of Secrets and none of its shyness.
type plainSecrets Secrets

// record is what lies encrypted in the file.
type record struct {
	Version int          `json:"v"`
	Profile string       `json:"profile"`
	Why     string       `json:"why,omitempty"` // the keyring.Reason for not using the keyring
	Saved   time.Time    `json:"saved"`
	Secrets plainSecrets `json:"secrets"`
}

func (v *Vault) encode(s Secrets, why string) ([]byte, error) {
	return json.Marshal(record{Version: version, Profile: v.o.Profile, Why: why, Saved: v.o.Clock.Now().UTC(), Secrets: plainSecrets(s)})
}

func (v *Vault) decode(plain []byte) (record, error) {
	var r record
	if err := json.Unmarshal(plain, &r); err != nil {
		// The error of json could quote a value.
		return record{}, v.damaged(errNotRecord)
	}
	if r.Version > version {
		return record{}, v.newer(r.Version)
	}
	if r.Version < 1 || r.Profile != v.o.Profile {
		return record{}, v.damaged(errNotRecord)
	}
	return r, nil
}
