package esia

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/lenient"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// maxTokens bounds the answer of the token endpoint, bytes.
const maxTokens = 256 << 10

// Tokens are markers that were verified.
type Tokens struct {
	Access    string
	ID        string // empty when scope has no openid
	Refresh   string // empty when access_type was online
	ExpiresAt time.Time
	Claims    wire.AccessClaims
	Person    *wire.IDClaims // nil without ID
}

// Exchange turns an authorisation code into markers. The code is spent by the
// attempt, so the request goes out once; after a failure sign in anew.
func (c *Client) Exchange(ctx context.Context, a *Authorization, code string) (*Tokens, error) {
	form, state, err := c.form("authorization_code", a.Scope)
	if err != nil {
		return nil, err
	}
	form.Set("code", code)
	form.Set("redirect_uri", a.RedirectURI)
	if c.opts.Version != V1 && a.ScopeOrg != "" {
		form.Set("scope_org", a.ScopeOrg)
	}
	if a.CodeVerifier != "" {
		form.Set("code_verifier", a.CodeVerifier)
	}
	if err := c.sign(ctx, form, form.Get("scope_org"), form.Get("timestamp"), state, a.RedirectURI, code); err != nil {
		return nil, err
	}
	return c.tokens(ctx, form, state, code, a.CodeVerifier)
}

// Refresh turns a refresh marker into new markers; the portal may rotate it,
// and then the old one must not be used again. The request goes out once: use
// of a spent marker ends the whole session. AsError(err).MayHaveHappened tells
// a marker that may be spent from one that is whole. granted are the scopes of
// the marker that ends: those of an organisation are asked for again.
func (c *Client) Refresh(ctx context.Context, refresh string, granted []string) (*Tokens, error) {
	scope, org := strings.Join(c.opts.Scopes, " "), c.orgScopesIn(granted)
	if c.opts.Version == V1 {
		scope, org = strings.TrimSpace(scope+" "+org), ""
	}
	form, state, err := c.form("refresh_token", scope)
	if err != nil {
		return nil, err
	}
	form.Set("refresh_token", refresh)
	if c.opts.Version != V1 && c.opts.Refresh == RefreshMarker {
		err = c.sign(ctx, form, form.Get("timestamp"), state, refresh)
		form.Del("client_certificate_hash")
	} else {
		if org != "" {
			form.Set("scope_org", org)
		}
		form.Set("redirect_uri", c.opts.RedirectURI)
		err = c.sign(ctx, form, org, form.Get("timestamp"), state, c.opts.RedirectURI)
	}
	if err != nil {
		return nil, err
	}
	return c.tokens(ctx, form, state, refresh)
}

// orgScopesIn picks the scopes of an organisation that this client asks for
// among those of a marker, each with its "?org_oid=".
func (c *Client) orgScopesIn(granted []string) string {
	var out []string
	for _, s := range granted {
		name, bound, _ := strings.Cut(s, "?")
		if strings.HasPrefix(bound, "org_oid=") && slices.ContainsFunc(c.opts.OrgScopes, func(o string) bool { return o == name }) {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// Standing returns a marker for a person whose consent to this system still
// stands, without the person (grant client_credentials).
func (c *Client) Standing(ctx context.Context, oid string) (*Tokens, error) {
	form, state, err := c.form("client_credentials", "prm_chg?oid="+oid)
	if err != nil {
		return nil, err
	}
	form.Set("redirect_uri", c.opts.RedirectURI)
	if err := c.sign(ctx, form, form.Get("timestamp"), state, c.opts.RedirectURI); err != nil {
		return nil, err
	}
	return c.tokens(ctx, form, state)
}

// form begins a token request; every one has a state of its own.
func (c *Client) form(grant, scope string) (url.Values, string, error) {
	timestamp, state, err := c.stamp()
	if err != nil {
		return nil, "", err
	}
	return url.Values{"client_id": {c.opts.ClientID}, "grant_type": {grant}, "scope": {scope}, "state": {state},
		"timestamp": {timestamp}, "token_type": {"Bearer"}}, state, nil
}

// sign puts client_secret into the form: over client_id, scope and the given
// parts, or in the first version over the same four parts for every grant.
func (c *Client) sign(ctx context.Context, form url.Values, parts ...string) error {
	all := append([]string{c.opts.ClientID, form.Get("scope")}, parts...)
	if c.opts.Version == V1 {
		all = []string{form.Get("scope"), form.Get("timestamp"), c.opts.ClientID, form.Get("state")}
	}
	secret, err := c.secret(ctx, all...)
	if err != nil {
		return err
	}
	form.Set("client_secret", secret)
	if c.opts.Version != V1 {
		form.Set("client_certificate_hash", c.opts.Signer.CertificateHash())
	}
	return nil
}

func (c *Client) tokens(ctx context.Context, form url.Values, state string, secrets ...string) (*Tokens, error) {
	path := wire.PathToken
	if c.opts.Version == V1 {
		path = wire.PathTokenV1
	}
	call := &transport.Call{Method: http.MethodPost, Base: c.opts.Base, Path: path, Body: transport.Form(form),
		Policy: transport.Once, Auth: transport.AuthNone, MaxBody: maxTokens, Decode: lenient.Unmarshal, Secrets: secrets,
		Judge: func(e *transport.Error) transport.Proof { return proofOf(e, state) }}
	var answer wire.TokenResponse
	resp, err := c.t.JSON(ctx, call, &answer)
	if err != nil {
		return nil, explain(err)
	}
	if subtle.ConstantTimeCompare([]byte(answer.State), []byte(state)) != 1 {
		return nil, strangeState()
	}
	if answer.TokenType != "" && !strings.EqualFold(answer.TokenType, "Bearer") || answer.AccessToken == "" {
		return nil, strangeAnswer(resp.RequestID)
	}
	return c.verified(ctx, answer)
}

// verified checks the markers of an answer.
func (c *Client) verified(ctx context.Context, answer wire.TokenResponse) (*Tokens, error) {
	claims, err := c.VerifyAccess(ctx, answer.AccessToken)
	if err != nil {
		return nil, err
	}
	t := &Tokens{Access: answer.AccessToken, ID: answer.IDToken, Refresh: answer.RefreshToken, Claims: *claims, ExpiresAt: time.Unix(claims.ExpiresAt, 0)}
	if answer.IDToken == "" {
		return t, nil
	}
	if t.Person, err = c.VerifyID(ctx, answer.IDToken); err != nil {
		return nil, err
	}
	if t.Person.Person.OID != claims.SubjectID {
		return nil, badMarker(errSubject)
	}
	return t, nil
}

// APIKey turns the API key of an organisation's employee into a marker (REG-1.8,
// APIKEY-3.3): the key itself is signed with a certificate of the organisation.
// There is no refresh marker; ask again when it expires.
func (c *Client) APIKey(ctx context.Context, key string) (*Tokens, error) {
	if c.opts.Signer == nil {
		return nil, noSigner()
	}
	sig, err := c.opts.Signer.SignCMS(ctx, []byte(key))
	if err != nil {
		return nil, signerFailed(err)
	}
	call := &transport.Call{Method: http.MethodGet, Base: c.opts.Base, Path: wire.PathAPIKey, PathParams: map[string]string{"key": key},
		Query:  url.Values{"signature": {base64.RawURLEncoding.EncodeToString(sig)}},
		Policy: transport.Safe, Auth: transport.AuthNone, MaxBody: maxTokens, Decode: lenient.Unmarshal, Secrets: []string{key}}
	if c.opts.Cookie != "" {
		call.Header = http.Header{"Cookie": {c.opts.Cookie}}
	}
	var answer wire.APIKeyResponse
	resp, err := c.t.JSON(ctx, call, &answer)
	if err != nil {
		return nil, explainAPIKey(err)
	}
	if answer.AccessToken == "" {
		return nil, strangeAnswer(resp.RequestID)
	}
	// Such a marker is issued to the system the key was made for, whose name
	// this client may not know.
	claims, err := c.verifyAccess(ctx, answer.AccessToken, "")
	if err != nil {
		return nil, err
	}
	return &Tokens{Access: answer.AccessToken, Claims: *claims, ExpiresAt: time.Unix(claims.ExpiresAt, 0)}, nil
}
