package signin

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/vault"
)

// Status is what is known of the session without asking the portal.
type Status struct {
	Profile  string
	SignedIn bool
	Store    vault.Description
	OID      string
	OrgOID   string
	Person   *Person // as the portal told last; nil when it was never asked
	Scopes   []string
	Expires  time.Time // of the marker; it is refreshed by itself
	Renews   bool      // there is a refresh marker, or something kept to sign in with
	Expired  bool
	Kept     []string // what is kept by choice: "totp", "password", "apiKey"
}

// Status reads the vault; the portal is not asked.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st := Status{Profile: s.Profile}
	var err error
	if st.Store, err = s.Vault.Describe(ctx); err != nil {
		return st, err
	}
	sec, err := s.Vault.Load(ctx)
	if errors.Is(err, vault.ErrNotFound) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	st.SignedIn, st.Scopes, st.Expires = sec.HasTokens(), sec.Scopes, sec.Expires
	if sec.TOTPSeed != "" {
		st.Kept = append(st.Kept, "totp")
	}
	if sec.Extra[keptPassword] != "" {
		st.Kept = append(st.Kept, "password")
	}
	if sec.Extra[keptAPIKey] != "" {
		st.Kept = append(st.Kept, "apiKey")
	}
	st.Renews = sec.Refresh != ""
	if c, err := esia.Peek(sec.Access); err == nil {
		st.OID, st.OrgOID = formatOID(c.SubjectID), formatOID(c.OrgOID)
		if st.Expires.IsZero() && c.ExpiresAt != 0 {
			st.Expires = time.Unix(c.ExpiresAt, 0)
		}
		st.Person = remembered(sec, c)
		alone := sec.Extra[keptAPIKey] != "" || sec.TOTPSeed != "" && sec.Extra[keptPassword] != ""
		st.Renews = st.Renews || alone && sec.Extra[keptOID] == st.OID
	}
	st.Expired = !st.Expires.IsZero() && !st.Expires.After(s.Clock.Now())
	return st, nil
}
