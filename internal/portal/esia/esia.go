// Package esia is the client of ЕСИА: it builds signed authorisation requests,
// exchanges codes, refresh markers and API keys for markers, verifies every
// marker it gets, and reads person data. Where markers are kept is the vault's
// business. core/signin and internal/app may import it.
package esia

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// Signer signs in the name of the information system.
type Signer interface {
	// SignRaw signs message and returns s‖r, each 32 bytes big-endian
	// (protocol v2).
	SignRaw(ctx context.Context, message []byte) ([]byte, error)
	// SignCMS returns a detached CMS SignedData over message in DER, with the
	// certificate inside (protocol v1 and API keys).
	SignCMS(ctx context.Context, message []byte) ([]byte, error)
	// CertificateHash is the Streebog-256 of the certificate's DER in upper
	// case hexadecimal.
	CertificateHash() string
}

// Version is the version of the sign-in protocol.
type Version int

// The versions.
const (
	V2 Version = iota // v2/ac and v3/te, raw signature
	V1                // ac and te, CMS
)

// RefreshString says which of the two disputed strings a refresh signs.
type RefreshString int

// The strings. Public clients that are said to work use either.
const (
	// RefreshRedirect signs client_id, scope, scope_org, timestamp, state,
	// redirect_uri, and sends redirect_uri and the certificate hash.
	RefreshRedirect RefreshString = iota
	// RefreshMarker signs client_id, scope, timestamp, state, refresh_token,
	// and sends neither.
	RefreshMarker
)

// Options configure a Client.
type Options struct {
	// Base is the address of ЕСИА, "https://esia.gosuslugi.ru".
	Base string
	// ClientID is the mnemonic of the information system.
	ClientID string
	// RedirectURI is registered for the system; the code comes back to it.
	RedirectURI string
	// PasteURI is registered, too, for people who copy the address that the
	// browser was led back to; empty is RedirectURI.
	PasteURI string
	// Scopes of the person.
	Scopes []string
	// OrgScopes are asked for besides when the person acts for an organisation,
	// bound to it; an employee's marker needs org_ogrn (SPEC-1.13, section 1.1).
	OrgScopes []string
	// OrgScopesAlways asks for them also while the organisation is not known,
	// because the person chooses it on the page. ЕСИА refuses it to people who
	// have none (ESIA-007194).
	OrgScopesAlways bool
	// Permissions are the consents that the person is asked for.
	Permissions []wire.Permission
	// PersonFilter narrows who may sign in: "conf_acc", "acc_kid", "acc_not_kid".
	PersonFilter string
	// Online asks for no refresh marker.
	Online bool
	// Version of the protocol.
	Version Version
	// Refresh chooses the string of a refresh.
	Refresh RefreshString
	// Zone of timestamps; nil is GMT+3.
	Zone *time.Location
	// Cookie is sent with the API-key exchange; the test portal wants one.
	Cookie string
	// Signer signs; nil allows only what needs no signature.
	Signer Signer
	// Markers says which markers are genuine.
	Markers Trust
}

// Client speaks ЕСИА. It is safe for concurrent use.
type Client struct {
	t     *transport.Client
	opts  Options
	newID func() (uuid.UUID, error) // version 4
}

// New returns a client that sends through t.
func New(t *transport.Client, opts Options) *Client {
	opts.Base = strings.TrimSuffix(opts.Base, "/")
	if opts.Zone == nil {
		opts.Zone = time.FixedZone("", 3*60*60)
	}
	return &Client{t: t, opts: opts, newID: uuid.NewRandom}
}

// Redirects returns the registered addresses that a code may come back to: to
// a program that listens, and to a person who copies it.
func (c *Client) Redirects() (listen, paste string) {
	if c.opts.PasteURI != "" {
		return c.opts.RedirectURI, c.opts.PasteURI
	}
	return c.opts.RedirectURI, c.opts.RedirectURI
}

// Hosts returns the hosts whose pages sign people in.
func (c *Client) Hosts() []string {
	u, err := url.Parse(c.opts.Base)
	if err != nil {
		return nil
	}
	return []string{u.Host}
}

// LogoutURL returns the address that ends the browser's session at ЕСИА and
// leads back to redirect (may be empty).
func (c *Client) LogoutURL(redirect string) string {
	q := url.Values{"client_id": {c.opts.ClientID}}
	if redirect != "" {
		q.Set("redirect_url", redirect) // not redirect_uri
	}
	return c.opts.Base + wire.PathLogout + "?" + q.Encode()
}

// stamp returns the timestamp and the state of a new request.
func (c *Client) stamp() (timestamp, state string, err error) {
	id, err := c.newID()
	if err != nil {
		return "", "", err
	}
	return c.t.Clock().Now().In(c.opts.Zone).Format(wire.TimestampLayout), id.String(), nil
}

// secret signs the string that client_secret stands for.
func (c *Client) secret(ctx context.Context, parts ...string) (string, error) {
	if c.opts.Signer == nil {
		return "", noSigner()
	}
	sign := c.opts.Signer.SignRaw
	if c.opts.Version == V1 {
		sign = c.opts.Signer.SignCMS
	}
	sig, err := sign(ctx, []byte(strings.Join(parts, "")))
	if err != nil {
		return "", signerFailed(err)
	}
	return base64.RawURLEncoding.EncodeToString(sig), nil
}
