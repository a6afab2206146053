package esia

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// maxCallback bounds what a person pastes, bytes.
const maxCallback = 16 << 10

// Authorization is a signed authorisation request. It may be kept as JSON
// while the person signs in elsewhere; it is good for a few minutes.
type Authorization struct {
	Address       string `json:"address"` // of the authorisation page, without the query
	ClientID      string `json:"clientId"`
	Secret        string `json:"secret"`
	Hash          string `json:"hash,omitempty"`
	RedirectURI   string `json:"redirectUri"`
	Scope         string `json:"scope"`
	ScopeOrg      string `json:"scopeOrg,omitempty"`
	State         string `json:"state"`
	Timestamp     string `json:"timestamp"`
	AccessType    string `json:"accessType"`
	Permissions   string `json:"permissions,omitempty"`
	PersonFilter  string `json:"personFilter,omitempty"`
	V1            bool   `json:"v1,omitempty"` // the first version of the protocol
	CodeVerifier  string `json:"codeVerifier,omitempty"`
	CodeChallenge string `json:"codeChallenge,omitempty"`
}

// AuthorizeOptions change one request.
type AuthorizeOptions struct {
	// PKCE binds the code to this process (RFC 7636, S256). Not for a terminal
	// sign-in, which never leaves the process.
	PKCE bool
	// OrgOID asks for the scopes of this organisation.
	OrgOID string
	// RedirectURI is where the code comes back to, when it is not
	// Options.RedirectURI: a loopback listener on a port of its own.
	RedirectURI string
}

// Authorize builds and signs an authorisation request.
func (c *Client) Authorize(ctx context.Context, opts AuthorizeOptions) (*Authorization, error) {
	timestamp, state, err := c.stamp()
	if err != nil {
		return nil, err
	}
	a := &Authorization{Address: c.opts.Base + wire.PathAuthorize, ClientID: c.opts.ClientID, RedirectURI: c.opts.RedirectURI,
		Scope: strings.Join(c.opts.Scopes, " "), State: state, Timestamp: timestamp, AccessType: "offline"}
	if opts.OrgOID != "" || c.opts.OrgScopesAlways {
		a.ScopeOrg = orgScopes(c.opts.OrgScopes, opts.OrgOID)
	}
	if c.opts.Online {
		a.AccessType = "online"
	}
	if opts.RedirectURI != "" {
		a.RedirectURI = opts.RedirectURI
	}
	if a.Permissions, err = EncodePermissions(c.opts.Permissions); err != nil {
		return nil, err
	}
	if c.opts.PersonFilter != "" {
		a.PersonFilter = base64.StdEncoding.EncodeToString([]byte(c.opts.PersonFilter))
	}
	if opts.PKCE {
		if a.CodeVerifier, a.CodeChallenge, err = challenge(); err != nil {
			return nil, err
		}
	}
	if c.opts.Version == V1 {
		// The first version has no scope_org: scopes of both kinds go together.
		a.Address, a.V1 = c.opts.Base+wire.PathAuthorizeV1, true
		a.Scope, a.ScopeOrg = strings.TrimSpace(a.Scope+" "+a.ScopeOrg), ""
		a.Secret, err = c.secret(ctx, a.Scope, a.Timestamp, a.ClientID, a.State)
	} else if a.Secret, err = c.secret(ctx, a.ClientID, a.Scope, a.ScopeOrg, a.Timestamp, a.State, a.RedirectURI); err == nil {
		a.Hash = c.opts.Signer.CertificateHash()
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// URL returns the address to open in a browser.
func (a *Authorization) URL() string {
	q := url.Values{"client_id": {a.ClientID}, "client_secret": {a.Secret}, "redirect_uri": {a.RedirectURI}, "scope": {a.Scope},
		"response_type": {"code"}, "state": {a.State}, "access_type": {a.AccessType}, "timestamp": {a.Timestamp}}
	for name, value := range map[string]string{"scope_org": a.ScopeOrg, "client_certificate_hash": a.Hash, "permissions": a.Permissions,
		"person_filter": a.PersonFilter, "code_challenge": a.CodeChallenge} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if a.CodeChallenge != "" {
		q.Set("code_challenge_method", "S256")
	}
	return a.Address + "?" + q.Encode()
}

// Terminal returns the same request for a sign-in in the terminal
// (cabinet.SignInRequest).
func (a *Authorization) Terminal() cabinet.AuthorizationRequest {
	r := cabinet.AuthorizationRequest{ClientID: a.ClientID, ClientSecret: a.Secret, ClientCertificateHash: a.Hash, RedirectURI: a.RedirectURI,
		Scope: a.Scope, ScopeOrg: a.ScopeOrg, State: a.State, Timestamp: a.Timestamp, AccessType: a.AccessType, Permissions: a.Permissions,
		PersonFilter: a.PersonFilter}
	if a.V1 {
		r.Protocol = cabinet.ProtocolV1
	}
	return r
}

// Callback is what came back from the sign-in page.
type Callback struct {
	Code string
	// StateChecked is false when only a bare code was pasted: then nothing
	// proves that it belongs to this request (but PKCE, if it was asked for).
	StateChecked bool
}

// ParseCallback reads what the portal sent back: the redirected address, its
// query, or a bare code. A refusal by the portal, and a state that is not this
// request's, are faults.
func (a *Authorization) ParseCallback(pasted string) (Callback, error) {
	s := strings.TrimSpace(pasted)
	s = strings.Trim(s, `"'<>`)
	if s == "" || len(s) > maxCallback || strings.ContainsFunc(s, func(r rune) bool { return r <= 0x20 || r == 0x7f }) {
		return Callback{}, badCallback()
	}
	query := ""
	switch {
	case strings.Contains(s, "://"):
		u, err := url.Parse(s)
		if err != nil || !sameAddress(u, a.RedirectURI) {
			return Callback{}, foreignCallback(a.RedirectURI)
		}
		query = u.RawQuery
	case strings.HasPrefix(s, "?"):
		query = s[1:]
	case strings.Contains(s, "code=") || strings.Contains(s, "error="):
		query = s
	default:
		return Callback{Code: s}, nil
	}
	q, err := url.ParseQuery(query)
	if err != nil || len(q["code"]) > 1 || len(q["state"]) > 1 {
		return Callback{}, badCallback()
	}
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(a.State)) != 1 {
		return Callback{}, strangeState()
	}
	if q.Get("error") != "" {
		return Callback{}, refused(wire.ErrorResponse{Error: q.Get("error"), Description: q.Get("error_description")}, nil)
	}
	if q.Get("code") == "" {
		return Callback{}, badCallback()
	}
	return Callback{Code: q.Get("code"), StateChecked: true}, nil
}

// sameAddress reports whether u is the redirect address with some query.
func sameAddress(u *url.URL, redirect string) bool {
	want, err := url.Parse(redirect)
	return err == nil && u.User == nil && strings.EqualFold(u.Scheme, want.Scheme) && strings.EqualFold(u.Host, want.Host) &&
		strings.TrimSuffix(u.EscapedPath(), "/") == strings.TrimSuffix(want.EscapedPath(), "/")
}

// orgScopes binds the scopes to one organisation.
func orgScopes(scopes []string, oid string) string {
	if oid == "" {
		return strings.Join(scopes, " ")
	}
	out := make([]string, len(scopes))
	for i, s := range scopes {
		name, _, _ := strings.Cut(s, "?")
		out[i] = name + "?org_oid=" + oid
	}
	return strings.Join(out, " ")
}

// EncodePermissions returns the permissions parameter: base64url without
// padding of the JSON; empty for none.
func EncodePermissions(list []wire.Permission) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("encode permissions: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Consent is what a person is asked to agree to, as the settings say it.
type Consent struct {
	Responsible                string // responsibleObject: who is responsible for the data
	Sysname                    string // type of the consent, "APIPGU"
	Minutes                    int    // how long it stands
	Actions, Purposes, Covered []string
}

// Permission is the consent as the parameter permissions holds it.
func (c Consent) Permission() wire.Permission {
	names := func(list []string) []wire.Sysname {
		out := make([]wire.Sysname, len(list))
		for i, s := range list {
			out[i] = wire.Sysname{Sysname: s}
		}
		return out
	}
	return wire.Permission{ResponsibleObject: c.Responsible, Sysname: c.Sysname, Expire: c.Minutes,
		Actions: names(c.Actions), Purposes: names(c.Purposes), Scopes: names(c.Covered)}
}

func challenge() (verifier, hash string, err error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", "", fmt.Errorf("code verifier: %w", err)
	}
	verifier = base64.RawURLEncoding.EncodeToString(b[:])
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
