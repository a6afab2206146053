package grant

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// TokenRequest is the form of v3/te.
type TokenRequest struct {
	ClientID        string
	ClientSecret    string
	CertificateHash string
	GrantType       string
	Code            string
	RefreshToken    string
	RedirectURI     string
	Scope           string
	ScopeOrg        string
	State           string
	Timestamp       string
	TokenType       string
	Verifier        string // PKCE
	Old             bool
}

// TokenFromForm reads a token request from its form. A parameter given twice is
// ESIA-007003.
func TokenFromForm(f url.Values) (TokenRequest, *Error) {
	for name, values := range f {
		if len(values) > 1 {
			return TokenRequest{}, fail(CodeBadParameter, "duplicate parameter "+name)
		}
	}
	return TokenRequest{
		ClientID: f.Get("client_id"), ClientSecret: f.Get("client_secret"), CertificateHash: f.Get("client_certificate_hash"),
		GrantType: f.Get("grant_type"), Code: f.Get("code"), RefreshToken: f.Get("refresh_token"),
		RedirectURI: f.Get("redirect_uri"), Scope: f.Get("scope"), ScopeOrg: f.Get("scope_org"), State: f.Get("state"),
		Timestamp: f.Get("timestamp"), TokenType: f.Get("token_type"), Verifier: f.Get("code_verifier"),
	}, nil
}

// accepted returns the strings that client_secret may sign. Public sources
// disagree about the one of a refresh, so both are taken.
func (r TokenRequest) accepted() []string {
	if r.Old {
		return []string{r.Scope + r.Timestamp + r.ClientID + r.State}
	}
	base := r.ClientID + r.Scope + r.ScopeOrg + r.Timestamp + r.State + r.RedirectURI
	switch r.GrantType {
	case "authorization_code":
		return []string{base + r.Code}
	case "refresh_token":
		return []string{base, r.ClientID + r.Scope + r.Timestamp + r.State + r.RefreshToken}
	}
	return []string{base}
}

// Issuer issues markers.
type Issuer struct {
	Sessions *session.Sessions
}

// Exchange answers a token request. The *Error is the refusal; the error is a
// failure of the portal itself. A refusal may have consequences (a stolen
// refresh marker ends its session), so the transaction is committed either way.
func (i Issuer) Exchange(ctx context.Context, tx *sql.Tx, r TokenRequest, now time.Time) (esia.TokenResponse, *Error, error) {
	var none esia.TokenResponse
	client, refusal, err := checkToken(ctx, tx, r, now)
	if err != nil || refusal != nil {
		return none, refusal, err
	}
	var g Grant
	switch r.GrantType {
	case "authorization_code":
		g, refusal, err = redeemCode(ctx, tx, r, client, now)
	case "refresh_token":
		g, refusal, err = redeemRefresh(ctx, tx, r, client, now)
	case "client_credentials":
		g, refusal, err = standing(ctx, tx, r, client, now)
	}
	if err != nil || refusal != nil {
		return none, refusal, err
	}
	out, err := i.issue(ctx, tx, g, now)
	out.State = r.State
	return out, nil, err
}

func checkToken(ctx context.Context, tx *sql.Tx, r TokenRequest, now time.Time) (Client, *Error, error) {
	need := []struct{ name, value string }{
		{"client_id", r.ClientID}, {"client_secret", r.ClientSecret}, {"grant_type", r.GrantType},
		{"state", r.State}, {"timestamp", r.Timestamp},
	}
	switch r.GrantType {
	case "authorization_code":
		need = append(need, []struct{ name, value string }{{"code", r.Code}, {"redirect_uri", r.RedirectURI}}...)
		if !r.Old {
			need = append(need, struct{ name, value string }{"client_certificate_hash", r.CertificateHash})
		}
	case "refresh_token":
		need = append(need, struct{ name, value string }{"refresh_token", r.RefreshToken})
	case "client_credentials":
		need = append(need, struct{ name, value string }{"scope", r.Scope})
	case "":
	default:
		return Client{}, fail(CodeMethodUnsupported, "grant_type"), nil
	}
	for _, p := range need {
		if p.value == "" {
			return Client{}, fail(CodeMissingParameter, p.name), nil
		}
	}
	if !isUUID(r.State) {
		return Client{}, fail(CodeBadParameter, "state must be a UUID"), nil
	}
	if r.TokenType != "" && !strings.EqualFold(r.TokenType, "Bearer") {
		return Client{}, fail(CodeBadParameter, "token_type must be Bearer"), nil
	}
	if e := checkTime(r.Timestamp, now); e != nil {
		return Client{}, e, nil
	}
	client, err := LoadClient(ctx, tx, r.ClientID)
	if errors.Is(err, ErrNoClient) {
		return client, fail(CodeClientFailed, "unknown client_id"), nil
	}
	if err != nil {
		return client, nil, err
	}
	if r.RedirectURI != "" && !client.MayRedirect(r.RedirectURI) {
		return client, fail(CodeForeignRedirect, "redirect_uri is not registered for "+r.ClientID), nil
	}
	return client, client.checkSecret(r.Old, r.CertificateHash, r.ClientSecret, now, r.accepted()...), nil
}

func redeemCode(ctx context.Context, tx *sql.Tx, r TokenRequest, c Client, now time.Time) (Grant, *Error, error) {
	g, used, ok, err := find(ctx, tx, "codes", r.Code, now)
	if err != nil {
		return g, nil, err
	}
	if !ok || g.ClientID != c.ID || g.RedirectURI != r.RedirectURI {
		return g, fail(CodeExpired, "the code is invalid or has expired"), nil
	}
	if used {
		// Somebody has it besides the client (RFC 6749, section 4.1.2).
		return g, fail(CodeExpired, "the code was used already; its session has been ended"), session.Revoke(ctx, tx, g.SessionID, now)
	}
	// Whatever comes of it, this code is spent.
	if err := use(ctx, tx, "codes", r.Code, now); err != nil {
		return g, nil, err
	}
	if g.Challenge != "" {
		sum := sha256.Sum256([]byte(r.Verifier))
		if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(g.Challenge)) != 1 {
			return g, fail(CodeBadVerifier, "code_verifier does not fit code_challenge"), nil
		}
	}
	living, err := alive(ctx, tx, g.SessionID)
	if err == nil && !living {
		return g, fail(CodeExpired, "the session has ended"), nil
	}
	return g, nil, err
}

func redeemRefresh(ctx context.Context, tx *sql.Tx, r TokenRequest, c Client, now time.Time) (Grant, *Error, error) {
	g, used, ok, err := find(ctx, tx, "refresh", r.RefreshToken, now)
	if err != nil {
		return g, nil, err
	}
	if !ok || g.ClientID != c.ID {
		return g, fail(CodeExpired, "refresh_token is invalid or has expired"), nil
	}
	if used {
		// A marker of the family was used twice: one of the two users is a
		// thief, and the portal cannot tell which.
		return g, fail(CodeExpired, "refresh_token was used already; its session has been ended"), session.Revoke(ctx, tx, g.SessionID, now)
	}
	living, err := alive(ctx, tx, g.SessionID)
	if err != nil {
		return g, nil, err
	}
	if !living {
		return g, fail(CodeExpired, "the session has ended"), nil
	}
	// A refresh may ask for less, never for more.
	if asked := strings.Fields(r.Scope); len(asked) > 0 {
		asked = append(asked, strings.Fields(r.ScopeOrg)...)
		for _, s := range asked {
			if !g.granted(s) {
				return g, fail(CodeBadScope, "scope was not granted: "+s), nil
			}
		}
	}
	return g, nil, use(ctx, tx, "refresh", r.RefreshToken, now)
}

// granted reports whether a scope is within the grant, with or without the
// organisation that it is bound to.
func (g Grant) granted(scope string) bool {
	name, bound, isBound := strings.Cut(scope, "?")
	if isBound && bound != "org_oid="+strconv.FormatInt(g.OrgOID, 10) {
		return false
	}
	return slices.ContainsFunc(g.Scopes, func(s string) bool {
		known, _, _ := strings.Cut(s, "?")
		return known == name
	})
}

// standing answers client_credentials: a marker for a person whose consent to
// this client still stands, without the person (scope prm_chg?oid=…).
func standing(ctx context.Context, tx *sql.Tx, r TokenRequest, c Client, now time.Time) (Grant, *Error, error) {
	if !c.mayAsk(ScopePermission) {
		return Grant{}, fail(CodeClientMayNot, "client_credentials is not allowed for "+c.ID), nil
	}
	value, ok := strings.CutPrefix(r.Scope, ScopePermission+"?oid=")
	oid, err := strconv.ParseInt(value, 10, 64)
	if !ok || err != nil {
		return Grant{}, fail(CodeBadScope, "client_credentials takes the scope prm_chg?oid={oid} only"), nil
	}
	consents, err := ConsentsOf(ctx, tx, oid, now)
	if err != nil {
		return Grant{}, nil, err
	}
	i := slices.IndexFunc(consents, func(k Consent) bool { return k.ClientID == c.ID && k.Sysname != "" })
	if i < 0 {
		return Grant{}, fail(CodeNoConsentType, "the person has no consent to this system that stands"), nil
	}
	k := consents[i]
	g := Grant{ClientID: c.ID, OID: oid, OrgOID: k.OrgOID, SessionID: session.NewID(),
		Scopes: append([]string{ScopePermission}, k.Scopes...), Consents: []string{k.Sysname}, Method: "DS", AuthTime: now}
	return g, nil, session.Begin(ctx, tx, session.Session{ID: g.SessionID, OID: oid, OrgOID: g.OrgOID, ClientID: c.ID, Method: "DS", Created: now})
}

// issue makes the markers of a grant.
func (i Issuer) issue(ctx context.Context, tx *sql.Tx, g Grant, now time.Time) (esia.TokenResponse, error) {
	out := esia.TokenResponse{TokenType: "Bearer", ExpiresIn: int64(MarkerTerm / time.Second)}
	access, err := i.access(ctx, tx, g, now)
	if err != nil {
		return out, err
	}
	out.AccessToken = access
	if slices.Contains(g.Scopes, ScopeOpenID) {
		if out.IDToken, err = i.identity(ctx, tx, g, now); err != nil {
			return out, err
		}
	}
	if g.Offline {
		out.RefreshToken, err = keep(ctx, tx, "refresh", g, now.Add(RefreshTerm))
	}
	return out, err
}

func (i Issuer) access(ctx context.Context, tx *sql.Tx, g Grant, now time.Time) (string, error) {
	claims := esia.AccessClaims{
		NotBefore: now.Unix(), IssuedAt: now.Unix(), ExpiresAt: now.Add(MarkerTerm).Unix(),
		ClientID: g.ClientID, SessionID: g.SessionID, SubjectID: g.OID, OrgOID: g.OrgOID,
	}
	var scopes []string
	for _, s := range g.Scopes {
		switch {
		case strings.Contains(s, "?"):
		case g.OrgOID != 0 && strings.Contains(s, "org_"):
			s += "?org_oid=" + strconv.FormatInt(g.OrgOID, 10)
		default:
			s += "?oid=" + strconv.FormatInt(g.OID, 10)
		}
		scopes = append(scopes, s)
	}
	claims.Scope = strings.Join(scopes, " ")
	if len(g.Consents) > 0 {
		standing, err := ConsentsOf(ctx, tx, g.OID, now)
		if err != nil {
			return "", err
		}
		// A consent that was taken back or has run out is not in the marker.
		var list []esia.Sysname
		for _, c := range g.Consents {
			if slices.ContainsFunc(standing, func(k Consent) bool { return k.Sysname == c && k.ClientID == g.ClientID }) {
				list = append(list, esia.Sysname{Sysname: c})
			}
		}
		if len(list) > 0 {
			b, err := json.Marshal(list)
			if err != nil {
				return "", err
			}
			claims.Permissions = string(b)
		}
	}
	return i.Sessions.IssueAccess(ctx, tx, claims)
}

func (i Issuer) identity(ctx context.Context, tx *sql.Tx, g Grant, now time.Time) (string, error) {
	p, err := people.ByOID(ctx, tx, g.OID)
	if err != nil {
		return "", err
	}
	claims := esia.IDClaims{
		Audience: g.ClientID, Subject: json.Number(strconv.FormatInt(g.OID, 10)),
		NotBefore: now.Unix(), IssuedAt: now.Unix(), ExpiresAt: now.Add(MarkerTerm).Unix(), AuthTime: g.AuthTime.Unix(),
		Methods: g.Method, SessionID: g.SessionID,
		Person: esia.IDPerson{Type: "P", OID: g.OID, Name: "OID." + strconv.FormatInt(g.OID, 10), Level: "P"},
	}
	if p.Level == cabinet.LevelConfirmed {
		claims.Person.Trusted, claims.Person.Level = true, "PR"
	}
	return i.Sessions.IssueIdentity(ctx, tx, claims)
}
