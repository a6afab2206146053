package esia

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/portal/lenient"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// DefaultSkew is how far the portal's clock may be from ours.
const DefaultSkew = 2 * time.Minute

// CertificateSource gives the certificates that the portal signs markers with,
// PEM or DER, one after another. ЕСИА changes its certificate every year: fresh
// asks to look again where they come from, because a marker did not fit.
type CertificateSource func(ctx context.Context, fresh bool) ([]byte, error)

// Trust says which markers are genuine.
type Trust struct {
	// Issuers are the accepted values of "iss", "http://esia.gosuslugi.ru/".
	Issuers []string
	// Certificates of the portal.
	Certificates CertificateSource
	// Skew is how far the portal's clock may be from ours; 0 is DefaultSkew.
	Skew time.Duration
}

var (
	errAlgorithm = errors.New("algorithm of the marker is not " + wire.AlgGOST)
	errKind      = errors.New("marker is of another kind")
	errIssuer    = errors.New("marker is of another issuer")
	errAudience  = errors.New("marker is for another system")
	errSubject   = errors.New("markers are of different people")
	errExpired   = errors.New("marker has expired")
	errEarly     = errors.New("marker is not valid yet")
)

// VerifyAccess checks an access marker that was issued to this system and
// returns its claims.
func (c *Client) VerifyAccess(ctx context.Context, token string) (*wire.AccessClaims, error) {
	return c.verifyAccess(ctx, token, c.opts.ClientID)
}

func (c *Client) verifyAccess(ctx context.Context, token, clientID string) (*wire.AccessClaims, error) {
	var claims wire.AccessClaims
	if err := c.signed(ctx, token, "access", &claims); err != nil {
		return nil, err
	}
	if clientID != "" && claims.ClientID != clientID {
		return nil, badMarker(errAudience)
	}
	if err := c.current(claims.Issuer, claims.NotBefore, claims.ExpiresAt); err != nil {
		return nil, err
	}
	return &claims, nil
}

// VerifyID checks an id marker and returns its claims.
func (c *Client) VerifyID(ctx context.Context, token string) (*wire.IDClaims, error) {
	var claims wire.IDClaims
	if err := c.signed(ctx, token, "id", &claims); err != nil {
		return nil, err
	}
	if claims.Audience != c.opts.ClientID {
		return nil, badMarker(errAudience)
	}
	if err := c.current(claims.Issuer, claims.NotBefore, claims.ExpiresAt); err != nil {
		return nil, err
	}
	return &claims, nil
}

// Peek reads the claims of an access marker without checking anything: for
// showing what is kept, never for deciding.
func Peek(token string) (*wire.AccessClaims, error) {
	parts := strings.Split(token, ".")
	if len(token) > maxTokens || len(parts) != 3 {
		return nil, gost.ErrToken
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, gost.ErrToken
	}
	var claims wire.AccessClaims
	if err := lenient.Unmarshal(b, &claims); err != nil {
		return nil, gost.ErrToken
	}
	return &claims, nil
}

// signed checks the algorithm, the kind and the signature of a marker against
// each certificate, and once more after asking for fresh ones.
func (c *Client) signed(ctx context.Context, token, kind string, claims any) error {
	if c.opts.Markers.Certificates == nil {
		return noCertificates(nil)
	}
	var last error
	for _, fresh := range []bool{false, true} {
		raw, err := c.opts.Markers.Certificates(ctx, fresh)
		if err != nil {
			return noCertificates(err)
		}
		certificates, err := cert.ParseAll(raw)
		if err != nil {
			return noCertificates(err)
		}
		t, err := byAny(certificates, token)
		if err != nil {
			last = err
			continue
		}
		var header struct {
			Kind string `json:"sbt"`
			Alg  string `json:"alg"`
		}
		if err := lenient.Unmarshal(t.Header, &header); err != nil {
			return badMarker(err)
		}
		if header.Alg != wire.AlgGOST {
			return badMarker(errAlgorithm)
		}
		if header.Kind != "" && header.Kind != kind {
			return badMarker(fmt.Errorf("%w: %q", errKind, header.Kind))
		}
		if err := lenient.Unmarshal(t.Claims, claims); err != nil {
			return badMarker(err)
		}
		return nil
	}
	return badMarker(last)
}

func byAny(certificates []*cert.Certificate, token string) (*gost.Token, error) {
	err := gost.ErrSignature
	for _, certificate := range certificates {
		if certificate.Key == nil {
			continue
		}
		t, e := gost.VerifyJWT(certificate.Key, token)
		if e == nil {
			return t, nil
		}
		err = e
	}
	return nil, err
}

// current checks the issuer and the term of a marker.
func (c *Client) current(issuer string, notBefore, expires int64) error {
	if !slices.Contains(c.opts.Markers.Issuers, issuer) {
		return badMarker(fmt.Errorf("%w: %.100q", errIssuer, issuer))
	}
	skew := c.opts.Markers.Skew
	if skew <= 0 {
		skew = DefaultSkew
	}
	now := c.t.Clock().Now()
	if expires <= 0 || !now.Before(time.Unix(expires, 0).Add(skew)) {
		return badMarker(errExpired)
	}
	if now.Add(skew).Before(time.Unix(notBefore, 0)) {
		return badMarker(errEarly)
	}
	return nil
}
