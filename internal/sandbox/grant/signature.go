package grant

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// checkCMS verifies the v1 form of client_secret: a detached CMS over the
// string, by the registered certificate.
func (c Client) checkCMS(sig []byte, signed string, now time.Time) *Error {
	registered, err := cert.Parse(c.Certificate)
	if err != nil {
		return fail(CodeInternal, "the registered certificate cannot be read")
	}
	o := cms.VerifyOptions{Certificates: []*cert.Certificate{registered},
		Chain: cert.ChainOptions{Roots: []*cert.Certificate{registered}, Time: now}}
	result, err := cms.VerifyDetached(context.Background(), sig, strings.NewReader(signed), &o)
	if err != nil {
		return fail(CodeBadSecret, "client_secret must be a detached CMS in DER")
	}
	if result.Status() != verdict.Valid || len(result.Signatures) != 1 {
		return fail(CodeClientFailed, "the signature in client_secret does not fit")
	}
	if !result.Signatures[0].Certificate.Equal(registered) {
		return fail(CodeCertificateMismatch, "client_secret is signed by another certificate")
	}
	return nil
}

// ExchangeKey turns an API-Key and a detached CMS over it into an access
// marker. The signer's certificate must be issued by the portal's CA and name
// the organisation of the key.
func (i Issuer) ExchangeKey(ctx context.Context, tx *sql.Tx, k APIKey, signature string, who Who, now time.Time) (string, *Error, error) {
	sig, ok := decodeBase64(signature)
	if !ok || len(sig) == 0 {
		return "", fail(CodeBadSecret, "signature must be base64url of a detached CMS"), nil
	}
	ca, err := pki.Load(ctx, tx, pki.CA)
	if err != nil {
		return "", nil, err
	}
	o := cms.VerifyOptions{Chain: cert.ChainOptions{Roots: []*cert.Certificate{ca.Certificate}, Time: now}}
	result, err := cms.VerifyDetached(ctx, sig, strings.NewReader(k.Key), &o)
	if err != nil {
		return "", fail(CodeBadSecret, "signature must be base64url of a detached CMS"), nil //nolint:nilerr // the refusal says it
	}
	if result.Status() != verdict.Valid || len(result.Signatures) != 1 {
		return "", fail(CodeClientFailed, "the signature does not fit"), nil
	}
	org, err := people.OrgByOID(ctx, tx, k.OrgOID)
	if err != nil {
		return "", nil, err
	}
	subject := result.Signatures[0].Certificate.Subject
	if !slices.Contains([]string{subject.OGRN.Raw(), subject.OGRNIP.Raw()}, org.OGRN) {
		return "", fail(CodeCertificateMismatch, "the certificate does not name the organisation of the key"), nil
	}
	if _, err := people.MemberOf(ctx, tx, k.OID, k.OrgOID, now); errors.Is(err, people.ErrNotFound) {
		return "", fail(CodeNotEmployee, "the employee of the key does not act for the organisation any more"), nil
	} else if err != nil {
		return "", nil, err
	}
	g := Grant{ClientID: k.ClientID, OID: k.OID, OrgOID: k.OrgOID, SessionID: session.NewID(), Method: "DS", AuthTime: now,
		Scopes: []string{ScopeOpenID, "fullname", "usr_org", "org_inn", "org_fullname", ScopeOrgOGRN, ScopeOrder}}
	if err := session.Begin(ctx, tx, session.Session{ID: g.SessionID, OID: k.OID, OrgOID: k.OrgOID, ClientID: k.ClientID,
		Method: "KEY", Agent: who.Agent, Address: who.Address, Created: now}); err != nil {
		return "", nil, err
	}
	marker, err := i.access(ctx, tx, g, now)
	return marker, nil, err
}

// inTerm reports whether a certificate is in its term.
func inTerm(crt *x509.Certificate, now time.Time) bool {
	return !now.Before(crt.NotBefore) && !now.After(crt.NotAfter)
}
