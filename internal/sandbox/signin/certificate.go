package signin

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/certificates"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// FactorCertificate is the kind of a signature by a certificate of the account:
// instead of a password, or after it.
const FactorCertificate = "certificate"

// maxSignature bounds a signature of a challenge, bytes of base64.
const maxSignature = 256 << 10

// Challenge is the text that a certificate signs to sign in. It names the
// sign-in, which is new each time, and what the client itself chose, so that a
// signature is good for nothing else.
func (f *Flow) Challenge(issuer string) string {
	return fmt.Sprintf("epgu sign-in 1\nportal %s\nclient %s\nstate %s\nsign-in %s\nuntil %s\n", issuer,
		f.Approved.Client.ID, f.Approved.Request.State, f.ID, f.Expires.UTC().Format(time.RFC3339))
}

// ByCertificate makes a sign-in that has just begun one without a password.
func (f *Flow) ByCertificate(ctx context.Context, tx *sql.Tx) error {
	f.Stage = StageCertificate
	return f.Save(ctx, tx)
}

// Certificate takes the signature of the challenge (base64 of a detached CMS in
// DER): of a sign-in without a password the account is that of the certificate,
// after a password it must be the same. As with Password, a refusal's effects
// must be committed.
func Certificate(ctx context.Context, tx *sql.Tx, f *Flow, issuer, signature string, now time.Time) (*problem.Error, error) {
	if f.Stage != StageFactor && f.Stage != StageCertificate {
		return errNoFlow(), nil
	}
	if refusal, err := f.endDenied(ctx, tx, now); refusal != nil || err != nil {
		return refusal, err
	}
	signer, refusal, err := f.signer(ctx, tx, issuer, signature, now)
	if err != nil {
		return nil, err
	}
	var owner certificates.Owner
	if refusal == nil {
		owner, refusal, err = f.owner(ctx, tx, signer, now)
	}
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		return f.countTry(ctx, tx, refusal)
	}
	if f.Stage == StageCertificate {
		// The role is the one asked for, else the one that the certificate is for.
		f.OID = owner.OID
		org := f.OrgOID
		if implied := f.Approved.ImpliedOrg(); implied != 0 {
			org = implied
		}
		if org == 0 {
			org = owner.OrgOID
		}
		if refusal := f.Choose(ctx, tx, org, now); refusal != nil {
			return refusal, Drop(ctx, tx, f)
		}
	}
	f.code, f.Stage, f.Method = "", StageRole, "DS"
	if _, err := tx.ExecContext(ctx, "UPDATE credentials SET failures = 0 WHERE oid = ?", f.OID); err != nil {
		return nil, err
	}
	return nil, f.Save(ctx, tx)
}

// countTry ends the sign-in after as many bad signatures as bad codes. The
// account is not locked by them: whoever has no key cannot guess one, and could
// only shut the owner out.
func (f *Flow) countTry(ctx context.Context, tx *sql.Tx, refusal *problem.Error) (*problem.Error, error) {
	f.tries++
	if f.tries >= maxTries {
		f.Stage = StageDone
	}
	return refusal, f.Save(ctx, tx)
}

// signer checks the signature and returns the certificate that made it.
func (f *Flow) signer(ctx context.Context, q store.Queryer, issuer, signature string, now time.Time) (*cert.Certificate, *problem.Error, error) {
	broken := problem.New(http.StatusUnauthorized, "signin.certificate_signature",
		i18n.Say("Подпись не принята", "The signature is not accepted"))
	if len(signature) > maxSignature {
		return nil, broken, nil
	}
	der, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return nil, broken.WithDetail(i18n.Say("это не base64", "it is not base64")), nil
	}
	cas, err := pki.All(ctx, q, pki.CA)
	if err != nil {
		return nil, nil, err
	}
	o := cms.VerifyOptions{Chain: cert.ChainOptions{Time: now}}
	for _, ca := range cas {
		o.Chain.Roots = append(o.Chain.Roots, ca.Certificate)
	}
	result, err := cms.VerifyDetached(ctx, der, strings.NewReader(f.Challenge(issuer)), &o)
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err != nil || len(result.Signatures) != 1 || result.Signatures[0].Certificate == nil {
		return nil, broken.WithDetail(i18n.Say("нужна одна откреплённая подпись CMS с сертификатом внутри", "one detached CMS signature with its certificate inside is needed")), nil //nolint:nilerr // the refusal says it
	}
	s := result.Signatures[0]
	return s.Certificate, certificateRefusal(s.Reasons), nil
}

// certificateRefusal words the first reason against a signature, the most
// telling one first.
func certificateRefusal(reasons []verdict.Reason) *problem.Error {
	if verdict.Of(reasons) == verdict.Valid {
		return nil
	}
	for _, c := range []struct {
		code   string
		status int
		as     string
		title  i18n.Text
		hint   i18n.Text
	}{
		{"certificate.expired", http.StatusForbidden, "signin.certificate_expired", i18n.Text{RU: "Срок сертификата истёк", EN: "The certificate has expired"},
			i18n.Text{RU: "получите новый и привяжите его: epgu cert request, epgu cert bind", EN: "get a new one and bind it: epgu cert request, epgu cert bind"}},
		{"certificate.not_yet_valid", http.StatusForbidden, "signin.certificate_early", i18n.Text{RU: "Срок сертификата ещё не начался", EN: "The certificate is not valid yet"},
			i18n.Text{RU: "проверьте часы", EN: "check the clock"}},
		{"chain.untrusted", http.StatusForbidden, "signin.certificate_untrusted", i18n.Text{RU: "Портал не доверяет тому, кто выдал сертификат", EN: "The portal does not trust the certificate's issuer"},
			i18n.Text{RU: "получите сертификат у портала: epgu cert request ИМЯ --send", EN: "get a certificate from the portal: epgu cert request NAME --send"}},
	} {
		if verdict.Has(reasons, c.code) {
			return problem.New(c.status, c.as, c.title).WithHint(c.hint)
		}
	}
	return problem.New(http.StatusUnauthorized, "signin.certificate_signature", i18n.Say("Подпись не принята", "The signature is not accepted")).
		WithDetail(reasons[0].Message)
}

// owner finds whose account the certificate is bound to.
func (f *Flow) owner(ctx context.Context, q store.Queryer, c *cert.Certificate, now time.Time) (certificates.Owner, *problem.Error, error) {
	owners, err := certificates.BoundTo(ctx, q, c)
	if err != nil {
		return certificates.Owner{}, nil, err
	}
	if len(owners) == 0 {
		return certificates.Owner{}, problem.New(http.StatusForbidden, "signin.certificate_unbound",
			i18n.Say("Сертификат не привязан к учётной записи", "The certificate is not bound to an account")).
			WithHint(i18n.Say("войдите паролем и привяжите его: epgu cert bind ИМЯ", "sign in by password and bind it: epgu cert bind NAME")), nil
	}
	found := owners[0]
	for _, o := range owners {
		if f.Stage == StageFactor && o.OID == f.OID {
			found = o
		}
		if f.Stage == StageCertificate && o.OID != found.OID {
			return certificates.Owner{}, problem.New(http.StatusForbidden, "signin.certificate_shared",
				i18n.Say("Сертификат привязан к нескольким людям, и кто входит, неизвестно", "The certificate is bound to several people, and who signs in is not known")).
				WithHint(i18n.Say("войдите паролем", "sign in by password")), nil
		}
	}
	if f.Stage == StageFactor && found.OID != f.OID {
		return certificates.Owner{}, problem.New(http.StatusForbidden, "signin.certificate_foreign",
			i18n.Say("Сертификат привязан к чужой учётной записи", "The certificate is bound to somebody else's account")), nil
	}
	k, err := loadCredentials(ctx, q, found.OID)
	if err != nil {
		return found, nil, err
	}
	if now.Before(k.lockedUntil) {
		return found, errLocked(k, now), nil
	}
	return found, nil, nil
}

// certified reports whether the person has a certificate to confirm a sign-in
// with.
func certified(ctx context.Context, q store.Queryer, p people.Person) (bool, error) {
	n, err := certificates.CountBound(ctx, q, p.OID)
	return n > 0, err
}
