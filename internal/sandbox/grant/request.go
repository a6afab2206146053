// Package grant is the ЕСИА of the embedded portal without its pages: it knows
// the registered information systems, checks their signed authorisation
// requests, keeps authorisation codes, refresh families and consents, and
// issues markers. The HTTP faces esia and signin use it; only packages under
// internal/sandbox may import it.
package grant

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// Request is an authorisation request: the query of v2/ac, or the same inside
// a sign-in in the terminal.
type Request struct {
	ClientID        string
	ClientSecret    string
	CertificateHash string
	RedirectURI     string
	Scope           string
	ScopeOrg        string
	ResponseType    string
	State           string
	AccessType      string
	Timestamp       string
	Permissions     string
	PersonFilter    string
	Challenge       string // PKCE
	ChallengeMethod string
	Old             bool // the old address: v1 string, CMS signature
}

// MaxSkew is how far the timestamp of a request may be from the portal's wall
// clock.
const MaxSkew = 5 * time.Minute

// FromQuery reads a request from the query of ac. A parameter given twice is
// ESIA-007003.
func FromQuery(q url.Values) (Request, *Error) {
	for name, values := range q {
		if len(values) > 1 {
			return Request{}, fail(CodeBadParameter, "duplicate parameter "+name)
		}
	}
	return Request{
		ClientID: q.Get("client_id"), ClientSecret: q.Get("client_secret"),
		CertificateHash: q.Get("client_certificate_hash"), RedirectURI: q.Get("redirect_uri"),
		Scope: q.Get("scope"), ScopeOrg: q.Get("scope_org"), ResponseType: q.Get("response_type"),
		State: q.Get("state"), AccessType: q.Get("access_type"), Timestamp: q.Get("timestamp"),
		Permissions: q.Get("permissions"), PersonFilter: q.Get("person_filter"),
		Challenge: q.Get("code_challenge"), ChallengeMethod: q.Get("code_challenge_method"),
	}, nil
}

// FromWire reads a request from a sign-in in the terminal.
func FromWire(a cabinet.AuthorizationRequest) Request {
	return Request{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret, CertificateHash: a.ClientCertificateHash,
		RedirectURI: a.RedirectURI, Scope: a.Scope, ScopeOrg: a.ScopeOrg, ResponseType: "code",
		State: a.State, AccessType: a.AccessType, Timestamp: a.Timestamp, Permissions: a.Permissions,
		PersonFilter: a.PersonFilter, Old: a.Protocol == cabinet.ProtocolV1,
	}
}

// signed returns the string that client_secret signs.
func (r Request) signed() string {
	if r.Old {
		return r.Scope + r.Timestamp + r.ClientID + r.State
	}
	return r.ClientID + r.Scope + r.ScopeOrg + r.Timestamp + r.State + r.RedirectURI
}

// Approved is a request whose client proved itself.
type Approved struct {
	Request     Request
	Client      Client
	Scopes      []string // of the person
	OrgScopes   []string // of the organisation
	Permissions []esia.Permission
}

// Check checks a request up to the signature. A *Error with Page set must be
// shown to the person and never be sent to the redirect address.
func Check(r Request, client Client, known bool, now time.Time) (Approved, *Error) {
	if r.ClientID == "" {
		return Approved{}, fail(CodeMissingParameter, "client_id").onPage()
	}
	if !known {
		return Approved{}, fail(CodeClientFailed, "unknown client_id").onPage()
	}
	if r.RedirectURI == "" {
		return Approved{}, fail(CodeMissingParameter, "redirect_uri").onPage()
	}
	if !client.MayRedirect(r.RedirectURI) {
		return Approved{}, fail(CodeForeignRedirect, "redirect_uri is not registered for "+r.ClientID).onPage()
	}
	for _, p := range []struct{ name, value string }{
		{"client_secret", r.ClientSecret}, {"response_type", r.ResponseType},
		{"state", r.State}, {"timestamp", r.Timestamp},
	} {
		if p.value == "" {
			return Approved{}, fail(CodeMissingParameter, p.name)
		}
	}
	if !r.Old && r.CertificateHash == "" {
		return Approved{}, fail(CodeMissingParameter, "client_certificate_hash")
	}
	if r.ResponseType != "code" {
		return Approved{}, fail(CodeTypeUnsupported, "response_type must be code")
	}
	if !isUUID(r.State) {
		return Approved{}, fail(CodeBadParameter, "state must be a UUID")
	}
	if r.AccessType != "" && r.AccessType != "offline" && r.AccessType != "online" {
		return Approved{}, fail(CodeBadParameter, "access_type must be offline or online")
	}
	if err := checkTime(r.Timestamp, now); err != nil {
		return Approved{}, err
	}
	if err := checkChallenge(r.Challenge, r.ChallengeMethod); err != nil {
		return Approved{}, err
	}
	if err := client.checkSecret(r.Old, r.CertificateHash, r.ClientSecret, now, r.signed()); err != nil {
		return Approved{}, err
	}
	a := Approved{Request: r, Client: client, Scopes: strings.Fields(r.Scope), OrgScopes: strings.Fields(r.ScopeOrg)}
	if len(a.Scopes) == 0 {
		return Approved{}, fail(CodeNoScope, "scope")
	}
	for _, s := range slices.Concat(a.Scopes, a.OrgScopes) {
		name, _, _ := strings.Cut(s, "?")
		if !KnownScope(name) {
			return Approved{}, fail(CodeBadScope, "unknown scope "+name)
		}
		if !client.mayAsk(name) {
			return Approved{}, fail(CodeNoPermission, "scope "+name+" is not allowed for "+r.ClientID)
		}
	}
	if _, err := filterOf(r.PersonFilter); err != nil {
		return Approved{}, err
	}
	var err *Error
	if a.Permissions, err = parsePermissions(r.Permissions); err != nil {
		return a, err
	}
	for _, p := range a.Permissions {
		for _, s := range p.Scopes {
			if !client.mayAsk(s.Sysname) {
				return a, fail(CodeConsentScopeForbidden, "scope "+s.Sysname+" is not allowed for "+r.ClientID)
			}
		}
	}
	return a, nil
}

// The values of person_filter.
const (
	filterConfirmed = "conf_acc"
	filterKids      = "acc_kid"
	filterNoKids    = "acc_not_kid"
)

// filterOf reads person_filter, base64 of one word; "" is none.
func filterOf(parameter string) (string, *Error) {
	word, ok := decodeBase64(parameter)
	switch s := string(word); {
	case ok && (s == "" || s == filterConfirmed || s == filterKids || s == filterNoKids):
		return s, nil
	}
	return "", fail(CodeBadParameter, "person_filter must be base64 of conf_acc, acc_kid or acc_not_kid")
}

func checkTime(timestamp string, now time.Time) *Error {
	t, err := time.Parse(esia.TimestampLayout, timestamp)
	if err != nil {
		return fail(CodeBadParameter, "timestamp must look like 2024.12.29 15:30:45 +0300")
	}
	if d := now.Sub(t); d > MaxSkew || d < -MaxSkew {
		return fail(CodeWrongTime, "timestamp differs from the portal's clock by more than 5 minutes")
	}
	return nil
}

func checkChallenge(challenge, method string) *Error {
	if challenge == "" && method == "" {
		return nil
	}
	if method != "S256" || len(challenge) != 43 {
		return fail(CodeBadChallenge, "code_challenge must be S256, 43 characters")
	}
	return nil
}

// decodeBase64 accepts the four spellings of base64 that clients send:
// URL-safe and standard, padded or not (the real ЕСИА is as lenient).
func decodeBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	b, err := base64.RawURLEncoding.DecodeString(s)
	return b, err == nil
}

func sameHash(sent, kept string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.ToUpper(sent)), []byte(kept)) == 1
}

func looksLikeHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
			continue
		}
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// ImpliedOrg returns the organisation that the request itself names
// (org_ogrn?org_oid=…), 0 when it names none.
func (a Approved) ImpliedOrg() int64 {
	for _, s := range slices.Concat(a.Scopes, a.OrgScopes) {
		_, query, ok := strings.Cut(s, "?org_oid=")
		if !ok {
			continue
		}
		if oid, err := strconv.ParseInt(query, 10, 64); err == nil {
			return oid
		}
	}
	return 0
}

// CheckPerson checks what depends on who signed in: a filter on confirmed
// accounts and organisation scopes of somebody who has no organisation.
func (a Approved) CheckPerson(confirmed, employee bool) *Error {
	filter, err := filterOf(a.Request.PersonFilter)
	switch {
	case err != nil:
		return err
	case filter == filterConfirmed && !confirmed:
		return fail(CodeNotConfirmed, "the account is not confirmed")
	case filter == filterKids:
		return fail(CodeWrongUser, "the account is not a child's") // nobody here is a child
	}
	if (len(a.OrgScopes) > 0 || a.ImpliedOrg() != 0) && !employee {
		return fail(CodeNotEmployee, "organisation scopes were asked of a person without an organisation")
	}
	return nil
}

// Asked returns the names of all scopes that the person is asked for, in the
// order of Scopes, without repeats; those of an organisation only when it is
// acted for.
func (a Approved) Asked(forOrg bool) []string {
	asked := slices.Clone(a.Scopes)
	if forOrg {
		asked = append(asked, a.OrgScopes...)
	}
	for _, p := range a.Permissions {
		for _, s := range p.Scopes {
			asked = append(asked, s.Sysname)
		}
	}
	var out []string
	for _, known := range Scopes() {
		if slices.ContainsFunc(asked, func(s string) bool {
			name, _, _ := strings.Cut(s, "?")
			return name == known.Name
		}) {
			out = append(out, known.Name)
		}
	}
	return out
}
