// Package session knows who is calling the embedded portal: it issues and
// verifies markers (JWT signed by the portal's GOST key), remembers sessions
// and revokes them, and puts the caller into the request's context. Only
// packages under internal/sandbox may import it.
package session

import (
	"context"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Caller is who a request comes from, as its marker says.
type Caller struct {
	OID         int64         // the person
	OrgOID      int64         // the organisation the person acts for; 0 for a citizen
	Level       cabinet.Level // of the person's account
	Scopes      []string      // without "?oid=" parts
	Permissions []string      // sysnames of the consents in the marker: "APIPGU"
	ClientID    string        // mnemonic of the information system
	SessionID   string        // the marker's session
	Chief       bool          // chief of OrgOID
	Powers      []string      // what the person may do for OrgOID: "orders", "payments"; a chief may do everything
	Ended       bool          // the person acted for OrgOID and does not any more: the term is over, or the powers were taken back
}

// Has reports whether the marker carries the scope.
func (c Caller) Has(scope string) bool { return slices.Contains(c.Scopes, scope) }

// May reports whether the caller has the power: a citizen has every power over
// himself, a chief every power over the organisation.
func (c Caller) May(power string) bool {
	return c.OrgOID == 0 || c.Chief || slices.Contains(c.Powers, power)
}

// Consented reports whether the marker carries the consent, for example "APIPGU".
func (c Caller) Consented(sysname string) bool { return slices.Contains(c.Permissions, sysname) }

// AtLeast reports whether the caller's account has the level or a higher one.
func (c Caller) AtLeast(level cabinet.Level) bool { return Rank(c.Level) >= Rank(level) }

// Rank orders the levels of an account: 1 simplified, 2 standard, 3 confirmed;
// 0 for an unknown word.
func Rank(level cabinet.Level) int {
	switch level {
	case cabinet.LevelSimplified:
		return 1
	case cabinet.LevelStandard:
		return 2
	case cabinet.LevelConfirmed:
		return 3
	}
	return 0
}

// scopeName cuts the "?oid=…" and "?org_oid=…" that a marker adds to a scope.
func scopeName(s string) string {
	name, _, _ := strings.Cut(s, "?")
	return name
}

type callerKey struct{}

// With returns a context of a request by c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From returns the caller; false when nobody signed in.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
